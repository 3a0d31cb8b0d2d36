package dev.chagres.io;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A tensor's elements as the bytes of a file: row-major, in native order. The memory is used for
 * the length of one transfer, so it is not exposed as a user's segment is.
 */
final class Elements {
  private Elements() {}

  /** What reads a tensor's elements. */
  @FunctionalInterface
  interface Use {
    void of(MemorySegment elements) throws IOException;
  }

  /**
   * Appends a tensor's elements to a file.
   *
   * @throws IllegalStateException if the tensor's storage was freed, even while it was written
   */
  static void write(WritableByteChannel channel, Tensor tensor) throws IOException {
    use(tensor, elements -> AtomicFile.writeAll(channel, elements));
  }

  /**
   * Lends a tensor's elements, row-major and in the CPU's memory, to what reads them.
   *
   * @throws IllegalStateException if the tensor's storage was freed, even while it was read
   */
  static void use(Tensor tensor, Use use) throws IOException {
    if (tensor.numel() == 0) {
      use.of(MemorySegment.NULL);
      return;
    }
    Tensor source = tensor.detach();
    Tensor dense = source.to(Device.cpu()).contiguous();
    try {
      use.of(memory(dense).asReadOnly());
      // Another thread may have freed it meanwhile: then the file has what came after.
      Reference.reachabilityFence(RawMemory.of(source.storage()));
    } finally {
      Reference.reachabilityFence(dense);
      if (!dense.storage().sharesMemory(source.storage())) {
        dense.storage().free();
      }
    }
  }

  /** Fills a tensor that nobody else has yet with what a channel has next. */
  static void read(ReadableByteChannel channel, Tensor fresh) throws IOException {
    if (fresh.numel() > 0) {
      AtomicFile.readAll(channel, memory(fresh));
      Reference.reachabilityFence(fresh);
    }
  }

  /** Fills a tensor that nobody else has yet from a position of a file. */
  static void read(FileChannel channel, long position, Tensor fresh) throws IOException {
    if (fresh.numel() > 0) {
      AtomicFile.readAll(channel, position, memory(fresh));
      Reference.reachabilityFence(fresh);
    }
  }

  /** Returns the memory of a contiguous tensor with elements; the caller keeps it reachable. */
  static MemorySegment memory(Tensor dense) {
    int size = dense.dtype().size();
    return RawMemory.of(dense.storage())
        .asSlice(dense.layout().offset() * size, dense.numel() * size);
  }
}
