/* Convolution of many images that lie side by side in vectors: forward and back with any stride, and the kernels' gradient. */
#include "fours.h"
#include "fused.h"
#include "types.h"
#include "windows.h"

/* Tiles by the number of registers: sums, one row of vectors of pixels, and one element of the kernels fit. */
#if defined(__AVX512F__)
#define BESIDE_TILE 8
#else
#define BESIDE_TILE 6
#endif
#if defined(__aarch64__)
#define BESIDE_VECTORS 4
#define EACH_BESIDE_VECTORS(X) X(1) X(2) X(3) X(4)
#else
#define BESIDE_VECTORS 2
#define EACH_BESIDE_VECTORS(X) X(1) X(2)
#endif
#define BESIDE_DEPTH 256      /* products of a sum in one pass: what they meet of images stays in the first cache */
#define BESIDE_KERNELS 640    /* of a row in one pass, which stay there too */
#define BESIDE_BAND 64        /* places of an image in one pass, at least, */
#define BESIDE_BAND_JOINED 96 /* and where a tile's kernels have to be turned for them */
#define BESIDE_DEEP 32        /* channels from which there is a gap between places */
#define BESIDE_SUM 128        /* products that one sum takes at least, of the gradient of kernels */
_Static_assert(CH_BESIDE_TAPS * CH_BESIDE_TAPS <= BESIDE_DEPTH, "one channel of any kernel is a pass at most");
_Static_assert(BESIDE_TILE * BESIDE_KERNELS * (int)sizeof(double) <= CH_BESIDE_BYTES / 2, "kernels have their place");

/* A tap of the kernel along one side, and where it meets the images. */
struct seen {
  ch_long tap, at;
};

/* Where a tap's kernels begin, and the images that they meet. */
struct meeting {
  ch_long kernels, images;
};

/* Runs of numbers of slopes and images that meet. */
struct runs {
  ch_long down, along, length, slopes_down, slopes_along, images_down, images_along;
};

/* The taps that a place has along one side: forward of the images' pixels, back of the results. */
static ch_long seen(int back, ch_long place, ch_long kernel, ch_long stride, ch_long pad, ch_long dilation, ch_long size,
                    struct seen *to) {
  ch_long count = 0;
  for (ch_long k = 0; k < kernel; k++) {
    ch_long at = back ? place + pad - k * dilation : place * stride - pad + k * dilation;
    if (back && at >= 0 && stride > 1) {
      at = at % stride == 0 ? at / stride : -1;
    }
    if (at >= 0 && at < size) {
      to[count].tap = k;
      to[count++].at = at;
    }
  }
  return count;
}

/* At most so many taps does any place see. */
static ch_long most_seen(int back, ch_long kernel, ch_long stride, ch_long size) {
  const ch_long taps = back ? (kernel + stride - 1) / stride : kernel;
  return taps < size ? taps : size;
}

#define T float
#define S f32
#include "conv_beside_of.h"

#define T double
#define S f64
#include "conv_beside_of.h"

int ch_conv2d_beside_rows(void) { return BESIDE_TILE; }

int ch_conv2d_beside_images(int dtype, ch_long channels, ch_long places, ch_long images, ch_long step, ch_long first,
                            ch_long last, const void *x, void *to) {
  switch (dtype) {
    case CH_FLOAT32: beside_images_f32(channels, places, images, step, first, last, x, to); return CH_OK;
    case CH_FLOAT64: beside_images_f64(channels, places, images, step, first, last, x, to); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_conv2d_beside_channels(int dtype, ch_long width, ch_long channels, ch_long places, ch_long images, ch_long step,
                              ch_long first, ch_long last, const void *x, void *to) {
  switch (dtype) {
    case CH_FLOAT32: beside_channels_f32(width, channels, places, images, step, first, last, x, to); return CH_OK;
    case CH_FLOAT64: beside_channels_f64(width, channels, places, images, step, first, last, x, to); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_conv2d_beside(int dtype, const ch_long *geometry, ch_long features, int back, ch_long images, ch_long step_y,
                     ch_long first, ch_long last, const void *x, const void *weight, const void *bias, void *y, void *work) {
  const struct geometry g = geometry_of(geometry);
  if (g.kernel_h > CH_BESIDE_TAPS || g.kernel_w > CH_BESIDE_TAPS) {
    return CH_NO_KERNEL;
  }
  switch (dtype) {
    case CH_FLOAT32:
      beside_f32(&g, features, back, images, step_y, first, last, x, weight, bias, y, work);
      return CH_OK;
    case CH_FLOAT64:
      beside_f64(&g, features, back, images, step_y, first, last, x, weight, bias, y, work);
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_conv2d_beside_weight(int dtype, const ch_long *geometry, ch_long features, ch_long images, ch_long first, ch_long last,
                            const void *g, const void *x, int added, void *gweight, void *work) {
  const struct geometry sizes = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: beside_slopes_f32(&sizes, features, images, first, last, g, x, added, gweight, work); return CH_OK;
    case CH_FLOAT64: beside_slopes_f64(&sizes, features, images, first, last, g, x, added, gweight, work); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
