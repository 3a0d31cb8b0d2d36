package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/** The door to the C kernels of attention. The rules are those of {@link Kernels}. */
final class AttentionCalls {
  private AttentionCalls() {}

  /** Returns how many queries a call takes at most. */
  static long rows() {
    return CH_ATTENTION_ROWS();
  }

  static void forward(
      DType dtype,
      MemorySegment form,
      double scale,
      MemorySegment query,
      MemorySegment key,
      MemorySegment value,
      MemorySegment y,
      MemorySegment levels) {
    Kernels.require();
    Kernels.check(ch_attention(dtype.ordinal(), form, scale, query, key, value, y, levels));
  }

  static void dots(
      DType dtype, MemorySegment form, MemorySegment g, MemorySegment y, MemorySegment dots) {
    Kernels.require();
    Kernels.check(ch_attention_dots(dtype.ordinal(), form, g, y, dots));
  }

  static void backward(
      DType dtype,
      MemorySegment form,
      MemorySegment part,
      double scale,
      MemorySegment query,
      MemorySegment key,
      MemorySegment value,
      MemorySegment g,
      MemorySegment levels,
      MemorySegment dots,
      MemorySegment gquery,
      MemorySegment gkey,
      MemorySegment gvalue) {
    Kernels.require();
    Kernels.check(
        ch_attention_backward(
            dtype.ordinal(),
            form,
            part,
            scale,
            query,
            key,
            value,
            g,
            levels,
            dots,
            gquery,
            gkey,
            gvalue));
  }
}
