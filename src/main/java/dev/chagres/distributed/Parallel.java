package dev.chagres.distributed;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@link DataParallel} is made of, as operations that gradients flow through: PyTorch's {@code
 * torch.nn.parallel.scatter}, {@code gather} and {@code comm.broadcast}.
 */
public final class Parallel {
  private Parallel() {}

  /**
   * Divides a tensor along its first dimension, as {@code chunk} does, and puts each part on a
   * device of its own; there may be fewer parts than devices.
   *
   * @throws IllegalArgumentException if the tensor has no dimension, or there is no device
   */
  public static List<Tensor> scatter(Tensor x, List<Device> devices) {
    given("scatter", "x", x);
    each("scatter", "a device", given("scatter", "devices", devices));
    if (x.dim() == 0) {
      throw new IllegalArgumentException("scatter: a number has no dimension to divide");
    }
    if (devices.isEmpty()) {
      throw new IllegalArgumentException("scatter: no devices");
    }
    devices.forEach(device -> check("scatter", device));
    List<Tensor> parts = x.size(0) == 0 ? List.of(x) : x.chunk(devices.size(), 0);
    List<Tensor> placed = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      placed.add(parts.get(i).to(devices.get(i)));
    }
    return placed;
  }

  /**
   * Joins tensors of several devices along their first dimension on one; numbers become a tensor of
   * one dimension.
   *
   * @throws IllegalArgumentException if there are none, or the shapes differ otherwise
   */
  public static Tensor gather(List<? extends Tensor> parts, Device device) {
    each("gather", "a tensor", given("gather", "parts", parts));
    given("gather", "device", device);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("gather: no tensors");
    }
    check("gather", device);
    List<Tensor> near = new ArrayList<>();
    for (Tensor part : parts) {
      Tensor moved = part.to(device);
      near.add(moved.dim() == 0 ? moved.unsqueeze(0) : moved);
    }
    return Tensor.cat(near, 0);
  }

  private static void check(String name, Device device) {
    if (device.isCuda()) {
      CudaRuntime.check(name, device);
    }
  }

  /**
   * Returns for each device the same tensors there: those of the first device, where they are,
   * themselves. Many small ones travel together.
   *
   * @throws IllegalArgumentException if a tensor is not on the first device, or the devices are not
   *     GPUs, each once
   */
  public static List<List<Tensor>> broadcast(List<? extends Tensor> tensors, List<Device> devices) {
    each("broadcast", "a tensor", given("broadcast", "tensors", tensors));
    Checks.devices("broadcast", given("broadcast", "devices", devices));
    for (Tensor x : tensors) {
      if (!x.device().equals(devices.getFirst())) {
        throw new IllegalArgumentException(
            "broadcast: a tensor is on " + x.device() + ", not on " + devices.getFirst());
      }
    }
    List<List<Tensor>> all = new ArrayList<>();
    all.add(List.copyOf(tensors));
    if (tensors.isEmpty() || devices.size() == 1) {
      for (int i = 1; i < devices.size(); i++) {
        all.add(List.of());
      }
      return all;
    }
    List<Tensor> copies = new Broadcast(List.copyOf(devices)).apply(tensors.toArray(Tensor[]::new));
    for (int from = 0; from < copies.size(); from += tensors.size()) {
      all.add(List.copyOf(copies.subList(from, from + tensors.size())));
    }
    return all;
  }
}
