/* Convolution as a matrix product: images to columns of patches and back; and maximum pooling. Contiguous operands. */
#include "types.h"

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

#define CONVOLUTION(S, T, DTYPE)                                                                                   \
  static void im2col_##S(const struct geometry *g, const T *image, T *column) {                                    \
    for (ch_long c = 0; c < g->channels; c++, image += g->height * g->width) {                                     \
      for (ch_long kh = 0; kh < g->kernel_h; kh++) {                                                               \
        for (ch_long kw = 0; kw < g->kernel_w; kw++) {                                                             \
          ch_long top, bottom, left, right;                                                                        \
          ch_long dh = kh * g->dilation_h - g->pad_h, dw = kw * g->dilation_w - g->pad_w;                          \
          inside(g->out_h, g->height, g->stride_h, dh, &top, &bottom);                                             \
          inside(g->out_w, g->width, g->stride_w, dw, &left, &right);                                              \
          memset(column, 0, (size_t)(top * g->out_w) * sizeof(T));                                                 \
          for (ch_long h = top; h < bottom; h++) {                                                                 \
            const T *from = image + (h * g->stride_h + dh) * g->width + dw;                                        \
            T *to = column + h * g->out_w;                                                                         \
            for (ch_long w = 0; w < left; w++) { to[w] = 0; }                                                      \
            if (g->stride_w == 1) {                                                                                \
              memcpy(to + left, from + left, (size_t)(right - left) * sizeof(T));                                  \
            } else {                                                                                               \
              for (ch_long w = left; w < right; w++) { to[w] = from[w * g->stride_w]; }                            \
            }                                                                                                      \
            for (ch_long w = right; w < g->out_w; w++) { to[w] = 0; }                                              \
          }                                                                                                        \
          memset(column + bottom * g->out_w, 0, (size_t)((g->out_h - bottom) * g->out_w) * sizeof(T));             \
          column += g->out_h * g->out_w;                                                                           \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }                                                                                                                \
  static void col2im_##S(const struct geometry *g, const T *column, T *image) {                                    \
    memset(image, 0, (size_t)(g->channels * g->height * g->width) * sizeof(T));                                    \
    for (ch_long c = 0; c < g->channels; c++, image += g->height * g->width) {                                     \
      for (ch_long kh = 0; kh < g->kernel_h; kh++) {                                                               \
        for (ch_long kw = 0; kw < g->kernel_w; kw++) {                                                             \
          ch_long top, bottom, left, right;                                                                        \
          ch_long dh = kh * g->dilation_h - g->pad_h, dw = kw * g->dilation_w - g->pad_w;                          \
          inside(g->out_h, g->height, g->stride_h, dh, &top, &bottom);                                             \
          inside(g->out_w, g->width, g->stride_w, dw, &left, &right);                                              \
          for (ch_long h = top; h < bottom; h++) {                                                                 \
            T *to = image + (h * g->stride_h + dh) * g->width + dw;                                                \
            const T *from = column + h * g->out_w;                                                                 \
            if (g->stride_w == 1) {                                                                                \
              INDEPENDENT for (ch_long w = left; w < right; w++) { to[w] += from[w]; }                             \
            } else {                                                                                               \
              for (ch_long w = left; w < right; w++) { to[w * g->stride_w] += from[w]; }                           \
            }                                                                                                      \
          }                                                                                                        \
          column += g->out_h * g->out_w;                                                                           \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }                                                                                                                \
  /* One row of results: the kernel's positions in the outer loops, so that the results grow side by side; those    \
   * that meet no pixel, of which a large kernel has many, are left out. */                                        \
  static void pool_##S(const struct geometry *g, const T *plane, T *y, int64_t *positions) {                       \
    for (ch_long h = 0; h < g->out_h; h++, y += g->out_w, positions += g->out_w) {                                 \
      for (ch_long w = 0; w < g->out_w; w++) {                                                                     \
        y[w] = -(T)INFINITY;                                                                                       \
        positions[w] = -1;                                                                                         \
      }                                                                                                            \
      ch_long top, bottom, first, last, reach = (g->out_w - 1) * g->stride_w;                                      \
      inside(g->kernel_h, g->height, g->dilation_h, h * g->stride_h - g->pad_h, &top, &bottom);                    \
      inside(g->kernel_w, g->width + reach, g->dilation_w, reach - g->pad_w, &first, &last);                       \
      for (ch_long kh = top; kh < bottom; kh++) {                                                                  \
        ch_long row = h * g->stride_h + kh * g->dilation_h - g->pad_h;                                             \
        for (ch_long kw = first; kw < last; kw++) {                                                                \
          ch_long left, right, dw = kw * g->dilation_w - g->pad_w;                                                 \
          inside(g->out_w, g->width, g->stride_w, dw, &left, &right);                                              \
          const T *from = plane + row * g->width + dw;                                                             \
          const ch_long base = row * g->width + dw;                                                                \
          INDEPENDENT for (ch_long w = left; w < right; w++) {                                                     \
            T k = from[w * g->stride_w], best = y[w];                                                              \
            int better = (((k > best) | (k != k)) & (best == best)) | (positions[w] < 0);                          \
            y[w] = better ? k : best;                                                                              \
            positions[w] = better ? base + w * g->stride_w : positions[w];                                         \
          }                                                                                                        \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }
EACH_FLOATING(CONVOLUTION)

static struct geometry geometry_of(const ch_long *g) {
  return (struct geometry){g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12]};
}

int ch_im2col(int dtype, const ch_long *geometry, const void *image, void *column) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: im2col_f32(&g, image, column); return CH_OK;
    case CH_FLOAT64: im2col_f64(&g, image, column); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_col2im(int dtype, const ch_long *geometry, const void *column, void *image) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: col2im_f32(&g, column, image); return CH_OK;
    case CH_FLOAT64: col2im_f64(&g, column, image); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_max_pool2d(int dtype, ch_long planes, const ch_long *geometry, const void *x, void *y, ch_long *positions) {
  const struct geometry g = geometry_of(geometry);
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  const ch_long in = g.height * g.width, out = g.out_h * g.out_w;
  for (ch_long p = 0; p < planes; p++) {
    int64_t *at = (int64_t *)positions + p * out;
    if (dtype == CH_FLOAT32) {
      pool_f32(&g, (const float *)x + p * in, (float *)y + p * out, at);
    } else {
      pool_f64(&g, (const double *)x + p * in, (double *)y + p * out, at);
    }
  }
  return CH_OK;
}
