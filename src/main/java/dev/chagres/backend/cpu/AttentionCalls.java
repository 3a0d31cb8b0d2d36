package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The door to the C kernels of attention. The rules are those of {@link Kernels}. */
final class AttentionCalls {
  private AttentionCalls() {}

  /** Returns how many queries a call takes at most. */
  static long rows() {
    return CH_ATTENTION_ROWS();
  }

  /** Returns what the struct of a call says of a mask. */
  static long maskKind(@Nullable Strided mask) {
    return mask == null
        ? CH_MASK_NONE()
        : mask.dtype() == DType.BOOL ? CH_MASK_BOOL() : CH_MASK_ADDED();
  }

  static void draw(MemorySegment generator, long rows, long keys, double p, MemorySegment bits) {
    Kernels.require();
    Kernels.check(ch_random_bits(generator, rows, keys, p, bits));
  }

  static void factors(
      DType dtype, long rows, long keys, double by, MemorySegment bits, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_attention_kept(dtype.ordinal(), rows, keys, by, bits, y));
  }

  static void forward(
      DType dtype,
      MemorySegment form,
      double scale,
      MemorySegment query,
      MemorySegment key,
      MemorySegment value,
      MemorySegment mask,
      MemorySegment kept,
      MemorySegment y,
      MemorySegment levels) {
    Kernels.require();
    Kernels.check(
        ch_attention(dtype.ordinal(), form, scale, query, key, value, mask, kept, y, levels));
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
      MemorySegment mask,
      MemorySegment kept,
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
            mask,
            kept,
            g,
            levels,
            dots,
            gquery,
            gkey,
            gvalue));
  }
}
