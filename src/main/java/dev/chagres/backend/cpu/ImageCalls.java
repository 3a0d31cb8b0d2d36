package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The door to the C kernels of convolution and pooling. The rules are those of {@link Kernels}. */
final class ImageCalls {
  private ImageCalls() {}

  /** Returns a geometry in native memory, for as long as the scratch is open. */
  static Scratch stored(long... geometry) {
    Scratch scratch = Scratch.take(geometry.length * (long) Long.BYTES);
    MemorySegment.copy(geometry, 0, scratch.segment(), ValueLayout.JAVA_LONG, 0, geometry.length);
    return scratch;
  }

  static void im2col(
      DType dtype, MemorySegment geometry, long step, MemorySegment image, MemorySegment column) {
    Kernels.require();
    Kernels.check(ch_im2col(dtype.ordinal(), geometry, step, image, column));
  }

  static void col2im(
      DType dtype, MemorySegment geometry, long step, MemorySegment column, MemorySegment image) {
    Kernels.require();
    Kernels.check(ch_col2im(dtype.ordinal(), geometry, step, column, image));
  }

  static void conv2dPack(
      DType dtype,
      MemorySegment geometry,
      long features,
      boolean turned,
      MemorySegment weight,
      MemorySegment packed) {
    Kernels.require();
    Kernels.check(
        ch_conv2d_pack(dtype.ordinal(), geometry, features, turned ? 1 : 0, weight, packed));
  }

  static void conv2d(
      DType dtype,
      MemorySegment geometry,
      long images,
      long stepX,
      long stepY,
      long features,
      long first,
      long last,
      MemorySegment x,
      MemorySegment packed,
      MemorySegment bias,
      MemorySegment y,
      MemorySegment work) {
    Kernels.require();
    int type = dtype.ordinal();
    Kernels.check(
        ch_conv2d(
            type, geometry, images, stepX, stepY, features, first, last, x, packed, bias, y, work));
  }

  static void conv2dWeight(
      DType dtype,
      MemorySegment geometry,
      long images,
      long stepG,
      long stepX,
      long features,
      MemorySegment g,
      MemorySegment x,
      MemorySegment gweight,
      MemorySegment work) {
    Kernels.require();
    int type = dtype.ordinal();
    Kernels.check(
        ch_conv2d_weight(type, geometry, images, stepG, stepX, features, g, x, gweight, work));
  }

  /** Returns how many rows of results have their kernels in one tile. */
  static int besideRows() {
    Kernels.require();
    return ch_conv2d_beside_rows();
  }

  /** Returns the greatest number of taps that kernels may have along a side. */
  static int besideTaps() {
    return CH_BESIDE_TAPS();
  }

  static long besideBytes() {
    return CH_BESIDE_BYTES();
  }

  static void besideImages(
      DType dtype,
      long channels,
      long places,
      long images,
      long step,
      long first,
      long last,
      MemorySegment x,
      MemorySegment to) {
    Kernels.require();
    Kernels.check(
        ch_conv2d_beside_images(
            dtype.ordinal(), channels, places, images, step, first, last, x, to));
  }

  static void besideChannels(
      DType dtype,
      long width,
      long channels,
      long places,
      long images,
      long step,
      long first,
      long last,
      MemorySegment x,
      MemorySegment to) {
    Kernels.require();
    Kernels.check(
        ch_conv2d_beside_channels(
            dtype.ordinal(), width, channels, places, images, step, first, last, x, to));
  }

  static void beside(
      DType dtype,
      MemorySegment geometry,
      long features,
      boolean back,
      long images,
      long stepY,
      long first,
      long last,
      MemorySegment x,
      MemorySegment weight,
      MemorySegment bias,
      MemorySegment y,
      MemorySegment work) {
    Kernels.require();
    int type = dtype.ordinal();
    int way = back ? 1 : 0;
    Kernels.check(
        ch_conv2d_beside(
            type, geometry, features, way, images, stepY, first, last, x, weight, bias, y, work));
  }

  static void besideWeight(
      DType dtype,
      MemorySegment geometry,
      long features,
      long images,
      long first,
      long last,
      MemorySegment g,
      MemorySegment x,
      boolean added,
      MemorySegment gweight,
      MemorySegment work) {
    Kernels.require();
    int type = dtype.ordinal();
    int sum = added ? 1 : 0;
    Kernels.check(
        ch_conv2d_beside_weight(
            type, geometry, features, images, first, last, g, x, sum, gweight, work));
  }

  static void maxPool2d(
      DType dtype,
      long planes,
      MemorySegment geometry,
      MemorySegment x,
      MemorySegment y,
      MemorySegment positions) {
    Kernels.require();
    Kernels.check(ch_max_pool2d(dtype.ordinal(), planes, geometry, x, y, positions));
  }

  static void maxUnpool2d(
      DType dtype,
      long planes,
      long in,
      long out,
      MemorySegment g,
      MemorySegment positions,
      MemorySegment x) {
    Kernels.require();
    Kernels.check(ch_max_unpool2d(dtype.ordinal(), planes, in, out, g, positions, x));
  }
}
