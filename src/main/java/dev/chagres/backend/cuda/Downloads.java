package dev.chagres.backend.cuda;

import dev.chagres.backend.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Single numbers that the host waits for. */
final class Downloads {
  private Downloads() {}

  /** Returns a 64-bit number when all work before it is done. */
  static long number(CudaDevice device, long address) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      MemorySegment memory = scratch.segment().asSlice(0, Long.BYTES);
      device.download(address, memory, Long.BYTES);
      return memory.get(ValueLayout.JAVA_LONG, 0);
    }
  }
}
