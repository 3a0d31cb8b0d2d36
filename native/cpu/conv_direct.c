/* Convolution without a matrix of patches: forward and back with a stride of 1, and the kernels' gradient with any. */
#include "fours.h"
#include "fused.h"
#include "types.h"
#include "windows.h"

/* Tiles by the number of registers: sums, one row of vectors of pixels, and one element of the kernels fit. */
#if defined(__AVX512F__)
#define DIRECT_TILE 8
#else
#define DIRECT_TILE 6
#endif
#if defined(__aarch64__)
#define DIRECT_VECTORS 4
#define EACH_DIRECT_VECTORS(X) X(1) X(2) X(3) X(4)
#else
#define DIRECT_VECTORS 2
#define EACH_DIRECT_VECTORS(X) X(1) X(2)
#endif
#define DIRECT_DEPTH_BYTES 2560         /* of a kernel in one pass: a tile and what it meets stay in the first cache */
#define DIRECT_ROWS (DIRECT_TILE * 16) /* of the kernels in one pass, which stay in the second */
#define SLOPE_BLOCK 128                /* places whose products one sum takes, of the gradient of kernels */

#define T float
#define S f32
#include "conv_direct_of.h"

#define T double
#define S f64
#include "conv_direct_of.h"

int ch_conv2d_pack(int dtype, const ch_long *geometry, ch_long features, int turned, const void *weight, void *packed) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: direct_pack_f32(&g, features, turned, weight, packed); return CH_OK;
    case CH_FLOAT64: direct_pack_f64(&g, features, turned, weight, packed); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_conv2d(int dtype, const ch_long *geometry, ch_long images, ch_long step_x, ch_long step_y, ch_long features,
              ch_long first, ch_long last, const void *x, const void *packed, const void *bias, void *y, void *work) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32:
      direct_f32(&g, images, step_x, step_y, features, first, last, x, packed, bias, y, work);
      return CH_OK;
    case CH_FLOAT64:
      direct_f64(&g, images, step_x, step_y, features, first, last, x, packed, bias, y, work);
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_conv2d_weight(int dtype, const ch_long *geometry, ch_long images, ch_long step_g, ch_long step_x, ch_long features,
                     const void *g, const void *x, void *gweight, void *work) {
  const struct geometry sizes = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: direct_slopes_f32(&sizes, images, step_g, step_x, features, g, x, gweight, work); return CH_OK;
    case CH_FLOAT64: direct_slopes_f64(&sizes, images, step_g, step_x, features, g, x, gweight, work); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
