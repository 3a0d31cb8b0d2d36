/* Convolution as a matrix product: images to columns of patches and back. Contiguous operands. */
#include "types.h"
#include "windows.h"

#define CONVOLUTION(S, T, DTYPE)                                                                                   \
  static void im2col_##S(const struct geometry *g, ch_long step, const T *image, T *column) {                      \
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
          column += step;                                                                                          \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }                                                                                                                \
  static void col2im_##S(const struct geometry *g, ch_long step, const T *column, T *image) {                      \
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
          column += step;                                                                                          \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }
EACH_FLOATING(CONVOLUTION)

int ch_im2col(int dtype, const ch_long *geometry, ch_long step, const void *image, void *column) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: im2col_f32(&g, step, image, column); return CH_OK;
    case CH_FLOAT64: im2col_f64(&g, step, image, column); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_col2im(int dtype, const ch_long *geometry, ch_long step, const void *column, void *image) {
  const struct geometry g = geometry_of(geometry);
  switch (dtype) {
    case CH_FLOAT32: col2im_f32(&g, step, column, image); return CH_OK;
    case CH_FLOAT64: col2im_f64(&g, step, column, image); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
