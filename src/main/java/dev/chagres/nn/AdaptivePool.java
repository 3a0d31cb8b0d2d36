package dev.chagres.nn;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What pools to a wanted size have in common: to check it, and to print it. */
abstract sealed class AdaptivePool extends Module
    permits AdaptiveAvgPool1d,
        AdaptiveAvgPool2d,
        AdaptiveAvgPool3d,
        AdaptiveMaxPool1d,
        AdaptiveMaxPool2d,
        AdaptiveMaxPool3d {
  private final long[] sizes;

  AdaptivePool(long... sizes) {
    this.sizes = sizes;
    for (long size : sizes) {
      if (sizes.length == 1) {
        AdaptivePooling.checkLength(name(), size);
      } else {
        AdaptivePooling.check(name(), size);
      }
    }
  }

  @Override
  protected final String extraRepr() {
    return "output_size="
        + (Arrays.stream(sizes).distinct().count() == 1
            ? text(sizes[0])
            : Arrays.stream(sizes)
                .mapToObj(AdaptivePool::text)
                .collect(Collectors.joining(", ", "(", ")")));
  }

  private static String text(long size) {
    return size == AdaptiveAvgPool2d.SAME ? "None" : Long.toString(size);
  }
}
