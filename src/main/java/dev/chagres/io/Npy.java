package dev.chagres.io;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * One tensor in one file, in numpy's npy format (versions 1 to 3 are read, 1 is written). Row-major
 * and column-major ("Fortran") order, 0-d and empty arrays and both byte orders are read; row-major
 * little-endian is written. Arrays of objects, of records and of dates are refused, so that nothing
 * in a file is executed.
 *
 * <p>numpy has no bfloat16, so a tensor of it cannot be saved: convert it first. {@link Npz} has
 * several tensors in one file.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private Npy() {}

  /**
   * Saves a tensor; an existing file is replaced at the end, as a whole.
   *
   * @throws IllegalArgumentException if the dtype is bfloat16
   */
  public static void save(Tensor tensor, Path file) throws IOException {
    given("npy", "tensor", tensor);
    given("npy", "file", file);
    ByteBuffer start = start(tensor);
    AtomicFile.write(
        file,
        channel -> {
          AtomicFile.writeAll(channel, start);
          Elements.write(channel, tensor);
        });
  }

  /** Returns what stands before a tensor's elements. */
  static ByteBuffer start(Tensor tensor) {
    String shape =
        switch (tensor.dim()) {
          case 0 -> "()";
          case 1 -> "(" + tensor.size(0) + ",)";
          default -> tensor.shape().toString();
        };
    String header =
        "{'descr': '"
            + describe(tensor.dtype())
            + "', 'fortran_order': False, 'shape': "
            + shape
            + ", }";
    int length = Math.ceilDiv(MAGIC.length + 4 + header.length() + 1, 64) * 64;
    ByteBuffer start = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    start.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (length - MAGIC.length - 4));
    start.put(header.getBytes(StandardCharsets.US_ASCII));
    while (start.remaining() > 1) {
      start.put((byte) ' ');
    }
    start.put((byte) '\n');
    return start.flip();
  }

  /**
   * Loads a tensor.
   *
   * @throws FormatException if the file is not in this format, damaged, or of an element type that
   *     there is none for here
   */
  public static Tensor load(Path file) throws IOException {
    given("npy", "file", file);
    try (FileChannel channel = InputFile.open(file)) {
      return read(channel, channel.size(), file.toString());
    }
  }

  /** Reads an array that takes all of the {@code length} bytes that a channel has. */
  static Tensor read(ReadableByteChannel channel, long length, String file) throws IOException {
    NpyHeader header = NpyHeader.read(channel, file);
    DType dtype = header.dtype();
    long[] sizes = header.shape();
    long numel = count(file, sizes);
    long bytes = length - header.dataStart();
    if (Math.multiplyHigh(numel, dtype.size()) != 0 || numel * dtype.size() != bytes) {
      throw new FormatException(
          "npy: "
              + file
              + ": "
              + dtype
              + " "
              + Arrays.toString(sizes)
              + " does not have the "
              + bytes
              + " bytes behind the header");
    }
    Tensor tensor = Tensor.empty(Device.cpu(), dtype, header.fortran() ? reversed(sizes) : sizes);
    Elements.read(channel, tensor);
    if (numel > 0 && header.order() != ByteOrder.nativeOrder()) {
      swap(Elements.memory(tensor), dtype.size());
      Reference.reachabilityFence(tensor);
    }
    return header.fortran() ? tensor.permute(backwards(sizes.length)).contiguous() : tensor;
  }

  private static long count(String file, long[] sizes) throws FormatException {
    try {
      return Shape.of(sizes).numel();
    } catch (IllegalArgumentException e) {
      throw new FormatException("npy: " + file + ": " + e.getMessage(), e);
    }
  }

  private static String describe(DType dtype) {
    return switch (dtype) {
      case BOOL -> "|b1";
      case UINT8 -> "|u1";
      case INT8 -> "|i1";
      case INT16 -> "<i2";
      case INT32 -> "<i4";
      case INT64 -> "<i8";
      case FLOAT16 -> "<f2";
      case FLOAT32 -> "<f4";
      case FLOAT64 -> "<f8";
      case BFLOAT16 ->
          throw new IllegalArgumentException(
              "npy: numpy has no bfloat16; convert the tensor, as with to(FLOAT32)");
    };
  }

  private static long[] reversed(long[] sizes) {
    long[] result = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      result[i] = sizes[sizes.length - 1 - i];
    }
    return result;
  }

  private static int[] backwards(int count) {
    int[] dims = new int[count];
    for (int i = 0; i < count; i++) {
      dims[i] = count - 1 - i;
    }
    return dims;
  }

  private static void swap(MemorySegment elements, int size) {
    ByteOrder foreign =
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
            ? ByteOrder.BIG_ENDIAN
            : ByteOrder.LITTLE_ENDIAN;
    long count = elements.byteSize() / size;
    switch (size) {
      case 2 -> {
        var layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(foreign);
        for (long i = 0; i < count; i++) {
          elements.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, elements.getAtIndex(layout, i));
        }
      }
      case 4 -> {
        var layout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(foreign);
        for (long i = 0; i < count; i++) {
          elements.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, elements.getAtIndex(layout, i));
        }
      }
      case 8 -> {
        var layout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(foreign);
        for (long i = 0; i < count; i++) {
          elements.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, elements.getAtIndex(layout, i));
        }
      }
      default -> {
        // one byte has no order
      }
    }
  }
}
