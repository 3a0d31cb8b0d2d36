package dev.chagres.nn;

import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/** What is around an input of a convolution, where that is not zeros. */
record Border(PadMode mode, Conv2d.Padding fit, List<Long> padding, List<Long> dilation) {
  /** Whether there is one; zeros are a part of the convolution itself. */
  boolean isMade() {
    return mode != PadMode.CONSTANT;
  }

  /** Returns an input with its border, for kernels (out, in / groups, …). */
  Tensor around(Tensor x, Tensor weight) {
    int dims = padding.size();
    if (weight.dim() != dims + 2 || x.dim() < dims + 1) {
      return x; // which the convolution refuses
    }
    long[] pad = new long[2 * dims];
    for (int i = 0; i < dims; i++) {
      long before = padding.get(i);
      long behind = before;
      if (fit == Conv2d.Padding.SAME) {
        long all = span(dims, dilation.get(i), Math.max(weight.size(i + 2) - 1, 0));
        before = all / 2;
        behind = all - before;
      }
      pad[2 * (dims - 1 - i)] = before;
      pad[2 * (dims - 1 - i) + 1] = behind;
    }
    return Functional.pad(x, pad, mode);
  }

  private static long span(int dims, long dilation, long steps) {
    if (Math.multiplyHigh(dilation, steps) != 0 || dilation * steps < 0) {
      throw new IllegalArgumentException(
          "conv%dd: a kernel of %d elements with dilation %d is too long to count"
              .formatted(dims, steps + 1, dilation));
    }
    return dilation * steps;
  }

  /** What a layer prints of it. */
  String text() {
    return isMade() ? ", padding_mode=" + mode.name().toLowerCase(Locale.ROOT) : "";
  }
}
