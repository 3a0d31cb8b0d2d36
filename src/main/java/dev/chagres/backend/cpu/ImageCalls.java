package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/** The door to the C kernels of convolution and pooling. The rules are those of {@link Kernels}. */
final class ImageCalls {
  private ImageCalls() {}

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
