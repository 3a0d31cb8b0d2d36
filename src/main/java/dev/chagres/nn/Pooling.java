package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.Rounding;
import org.jspecify.annotations.Nullable;

/** What pooling prints as; its windows' numbers differ from class to class. */
abstract sealed class Pooling extends Module
    permits MaxPool1d, MaxPool2d, MaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, LpPool {
  /** The text of windows whose greatest element is taken. */
  static String maxima(
      Object kernel, Object stride, Object padding, Object dilation, Rounding rounding) {
    return means(kernel, stride, padding)
        + ", dilation="
        + dilation
        + ", ceil_mode="
        + (rounding == Rounding.CEIL ? "True" : "False");
  }

  /** The text of windows whose mean is taken. */
  static String means(Object kernel, Object stride, Object padding) {
    return "kernel_size=" + kernel + ", stride=" + stride + ", padding=" + padding;
  }

  /** The text of windows whose norm is taken. */
  static String norms(double normType, Object kernel, @Nullable Object stride, Rounding rounding) {
    return "norm_type="
        + PythonNumber.text(normType)
        + ", kernel_size="
        + kernel
        + ", stride="
        + (stride == null ? "None" : stride)
        + ", ceil_mode="
        + (rounding == Rounding.CEIL ? "True" : "False");
  }
}
