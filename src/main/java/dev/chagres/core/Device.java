package dev.chagres.core;

import static dev.chagres.check.Given.given;

import java.util.Objects;

/**
 * Where a tensor's elements live: the CPU's memory, or that of one GPU. The operands that a
 * function sees while it is traced to be fused have no elements yet, and are on neither.
 */
public final class Device {
  /** The sort of a device. */
  public enum Type {
    CPU,
    CUDA,
    /** No memory: of tensors that stand for others while a function is traced. */
    TRACED
  }

  private static final Device CPU = new Device(Type.CPU, 0);
  private static final Device TRACED = new Device(Type.TRACED, 0);

  private final Type type;
  private final int index;

  private Device(Type type, int index) {
    this.type = type;
    this.index = index;
  }

  /** Returns the CPU. */
  public static Device cpu() {
    return CPU;
  }

  /** Returns the device of tensors without elements, which only the tracing of a function makes. */
  public static Device traced() {
    return TRACED;
  }

  /** Returns the CUDA device with this index, whether or not the machine has it. */
  public static Device cuda(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("cuda: the device index " + index + " is negative");
    }
    return new Device(Type.CUDA, index);
  }

  /**
   * Returns the device that a text names: {@code "cpu"}, {@code "cuda"} (the first one) or {@code
   * "cuda:1"}.
   */
  public static Device of(String text) {
    given("Device.of", "text", text);
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("cuda")) {
      return cuda(0);
    }
    if (text.startsWith("cuda:")) {
      try {
        return cuda(Integer.parseInt(text.substring(5)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("device: '" + text + "' has no device index", e);
      }
    }
    throw new IllegalArgumentException("device: '" + text + "' is neither cpu nor cuda nor cuda:N");
  }

  public Type type() {
    return type;
  }

  /** Returns the index among the devices of its type; 0 for the CPU. */
  public int index() {
    return index;
  }

  public boolean isCpu() {
    return type == Type.CPU;
  }

  public boolean isCuda() {
    return type == Type.CUDA;
  }

  public boolean isTraced() {
    return type == Type.TRACED;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof Device device && device.type == type && device.index == index;
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, index);
  }

  @Override
  public String toString() {
    return switch (type) {
      case CPU -> "cpu";
      case CUDA -> "cuda:" + index;
      case TRACED -> "traced";
    };
  }
}
