package dev.chagres.io;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.channels.FileChannel;

/**
 * A tensor's elements as the bytes of a file: row-major, in native order. The memory is used for
 * the length of one transfer, so it is not exposed as a user's segment is.
 */
final class Elements {
  private Elements() {}

  /** Appends a tensor's elements to a file. */
  static void write(FileChannel channel, Tensor tensor) throws IOException {
    if (tensor.numel() == 0) {
      return;
    }
    Tensor source = tensor.detach();
    Tensor dense = source.to(Device.cpu()).contiguous();
    AtomicFile.writeAll(channel, memory(dense).asReadOnly());
    Reference.reachabilityFence(dense);
    if (!dense.storage().sharesMemory(source.storage())) {
      dense.storage().free();
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
