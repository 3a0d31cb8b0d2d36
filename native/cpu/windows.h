/* Windows that slide over images, of convolution and pooling. */
#ifndef CHAGRES_WINDOWS_H
#define CHAGRES_WINDOWS_H

#include "target.h"

struct geometry {
  ch_long channels, height, width, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, out_h,
      out_w;
};

/* The outputs o in [*first, *last) whose input o * stride + offset lies in [0, size). Strides may be as great as a
 * long can be. */
INLINE void inside(ch_long outputs, ch_long size, ch_long stride, ch_long offset, ch_long *first, ch_long *last) {
  ch_long low = offset < 0 ? (-offset - 1) / stride + 1 : 0;
  ch_long high = size - offset > 0 ? (size - offset - 1) / stride + 1 : 0;
  *last = high < outputs ? high : outputs;
  *first = low < *last ? low : *last;
}

INLINE struct geometry geometry_of(const ch_long *g) {
  return (struct geometry){g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12]};
}

#endif
