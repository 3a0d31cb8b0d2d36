/* Maximum pooling, and its gradient. Contiguous operands. */
#include "types.h"
#include "windows.h"

/* Every second of the elements of two vectors, from the first or the second on. */
#if defined(__clang__)
#define EVERY_SECOND8(I, a, b, o) __builtin_shufflevector(a, b, o, o + 2, o + 4, o + 6, o + 8, o + 10, o + 12, o + 14)
#define EVERY_SECOND4(I, a, b, o) __builtin_shufflevector(a, b, o, o + 2, o + 4, o + 6)
#define EVERY_SECOND1(I, a, b, o) __builtin_shufflevector(a, b, o)
#else
#define EVERY_SECOND8(I, a, b, o) __builtin_shuffle(a, b, (I){o, o + 2, o + 4, o + 6, o + 8, o + 10, o + 12, o + 14})
#define EVERY_SECOND4(I, a, b, o) __builtin_shuffle(a, b, (I){o, o + 2, o + 4, o + 6})
#define EVERY_SECOND1(I, a, b, o) __builtin_shuffle(a, b, (I){o})
#endif

#define BETTER(I, one, two) ((I)(((two) > (one)) | ((two) != (two))))
#define CHOSEN(second, one, two) (((one) & ~(second)) | ((two) & (second)))

/*
 * N windows of 2 x 2 side by side in vectors of N; I is the integer of T's width. Of equal elements the first counts, but
 * of NaNs the last, as in PyTorch.
 */
#define PAIRS(N, S, T, I)                                                                                              \
  typedef T many##N##_##S __attribute__((vector_size(N * sizeof(T)), aligned(sizeof(T)), may_alias));                  \
  typedef I whole##N##_##S __attribute__((vector_size(N * sizeof(T))));                                                \
  typedef int64_t places##N##_##S __attribute__((vector_size(N * 8), aligned(8), may_alias));                          \
  INLINE void pairs##N##_##S(const T *top, const T *bottom, ch_long base, I width, T *y, int64_t *positions) {         \
    typedef many##N##_##S many;                                                                                        \
    typedef whole##N##_##S whole;                                                                                      \
    whole step, right, below, lower, at;                                                                               \
    for (int w = 0; w < N; w++) { step[w] = (I)(2 * w); }                                                              \
    many a = EVERY_SECOND##N(whole, *(const many *)top, *(const many *)(top + N), 0);                                  \
    many b = EVERY_SECOND##N(whole, *(const many *)top, *(const many *)(top + N), 1);                                  \
    many c = EVERY_SECOND##N(whole, *(const many *)bottom, *(const many *)(bottom + N), 0);                            \
    many d = EVERY_SECOND##N(whole, *(const many *)bottom, *(const many *)(bottom + N), 1);                            \
    right = BETTER(whole, a, b), below = BETTER(whole, c, d);                                                          \
    many high = (many)CHOSEN(right, (whole)a, (whole)b), low = (many)CHOSEN(below, (whole)c, (whole)d);                \
    lower = BETTER(whole, high, low);                                                                                  \
    at = step + CHOSEN(lower, right & 1, (below & 1) + width);                                                         \
    *(many *)y = (many)CHOSEN(lower, (whole)high, (whole)low);                                                         \
    *(places##N##_##S *)positions = __builtin_convertvector(at, places##N##_##S) + base;                               \
  }

#define MOST_WIDTH 1024 /* of images whose columns are looked at first */

#define POOLING(S, T, I)                                                                                               \
  /* One row of results: the kernel's positions in the outer loops, so that the results grow side by side; those       \
   * that meet no pixel, of which a large kernel has many, are left out. */                                            \
  static void pool_##S(const struct geometry *g, const T *plane, T *y, int64_t *positions) {                           \
    for (ch_long h = 0; h < g->out_h; h++, y += g->out_w, positions += g->out_w) {                                     \
      for (ch_long w = 0; w < g->out_w; w++) {                                                                         \
        y[w] = -(T)INFINITY;                                                                                           \
        positions[w] = -1;                                                                                             \
      }                                                                                                                \
      ch_long top, bottom, first, last, reach = (g->out_w - 1) * g->stride_w;                                          \
      inside(g->kernel_h, g->height, g->dilation_h, h * g->stride_h - g->pad_h, &top, &bottom);                        \
      inside(g->kernel_w, g->width + reach, g->dilation_w, reach - g->pad_w, &first, &last);                           \
      for (ch_long kh = top; kh < bottom; kh++) {                                                                      \
        ch_long row = h * g->stride_h + kh * g->dilation_h - g->pad_h;                                                 \
        for (ch_long kw = first; kw < last; kw++) {                                                                    \
          ch_long left, right, dw = kw * g->dilation_w - g->pad_w;                                                     \
          inside(g->out_w, g->width, g->stride_w, dw, &left, &right);                                                  \
          const T *from = plane + row * g->width + dw;                                                                 \
          const ch_long base = row * g->width + dw;                                                                    \
          INDEPENDENT for (ch_long w = left; w < right; w++) {                                                         \
            T k = from[w * g->stride_w], best = y[w];                                                                  \
            int better = (k > best) | (k != k) | (positions[w] < 0);                                                   \
            y[w] = better ? k : best;                                                                                  \
            positions[w] = better ? base + w * g->stride_w : positions[w];                                             \
          }                                                                                                            \
        }                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  /* Windows from the greatest of each column within a row of windows, whose numbers lie side by side. */              \
  INLINE void across_##S(ch_long stride, ch_long dw, ch_long left, ch_long right, const T *column, const I *place, T *y, \
                         I *at) {                                                                                      \
    INDEPENDENT for (ch_long w = left; w < right; w++) {                                                               \
      const T k = column[w * stride + dw], best = y[w];                                                                \
      const I p = place[w * stride + dw], q = at[w];                                                                   \
      const I better = (q < 0) | (k > best) | ((k == best) & (p < q)) | ((k != k) & ((best == best) | (p > q)));       \
      y[w] = better ? k : best;                                                                                        \
      at[w] = better ? p : q;                                                                                          \
    }                                                                                                                  \
  }                                                                                                                    \
  static void columns_##S(const struct geometry *g, const T *plane, T *y, int64_t *positions) {                        \
    T column[MOST_WIDTH];                                                                                              \
    I place[MOST_WIDTH], at[MOST_WIDTH];                                                                               \
    for (ch_long h = 0; h < g->out_h; h++, y += g->out_w, positions += g->out_w) {                                     \
      ch_long top, bottom, first, last, reach = (g->out_w - 1) * g->stride_w;                                          \
      const ch_long start = h * g->stride_h - g->pad_h;                                                                \
      inside(g->kernel_h, g->height, g->dilation_h, start, &top, &bottom);                                             \
      inside(g->kernel_w, g->width + reach, g->dilation_w, reach - g->pad_w, &first, &last);                           \
      for (ch_long w = 0; w < g->out_w; w++) {                                                                         \
        y[w] = -(T)INFINITY;                                                                                           \
        at[w] = -1;                                                                                                    \
      }                                                                                                                \
      for (ch_long kh = top; kh < bottom; kh++) {                                                                      \
        const ch_long base = (start + kh * g->dilation_h) * g->width;                                                  \
        const T *from = plane + base;                                                                                  \
        if (kh == top) {                                                                                               \
          INDEPENDENT for (ch_long w = 0; w < g->width; w++) {                                                         \
            column[w] = from[w];                                                                                       \
            place[w] = (I)base + (I)w;                                                                                 \
          }                                                                                                            \
          continue;                                                                                                    \
        }                                                                                                              \
        INDEPENDENT for (ch_long w = 0; w < g->width; w++) {                                                           \
          const T k = from[w], best = column[w];                                                                       \
          const I p = (I)base + (I)w, q = place[w], better = (k > best) | (k != k);                                    \
          column[w] = better ? k : best;                                                                               \
          place[w] = better ? p : q;                                                                                   \
        }                                                                                                              \
      }                                                                                                                \
      for (ch_long kw = first; top < bottom && kw < last; kw++) {                                                      \
        ch_long left, right, dw = kw * g->dilation_w - g->pad_w;                                                       \
        inside(g->out_w, g->width, g->stride_w, dw, &left, &right);                                                    \
        if (g->stride_w == 1) {                                                                                        \
          across_##S(1, dw, left, right, column, place, y, at);                                                        \
        } else if (g->stride_w == 2) {                                                                                 \
          across_##S(2, dw, left, right, column, place, y, at);                                                        \
        } else {                                                                                                       \
          across_##S(g->stride_w, dw, left, right, column, place, y, at);                                              \
        }                                                                                                              \
      }                                                                                                                \
      for (ch_long w = 0; w < g->out_w; w++) { positions[w] = at[w]; }                                                 \
    }                                                                                                                  \
  }                                                                                                                    \
  PAIRS(8, S, T, I)                                                                                                    \
  PAIRS(4, S, T, I)                                                                                                    \
  PAIRS(1, S, T, I)                                                                                                    \
  /* The last few of a row come twice. */                                                                              \
  static void pairs_##S(const struct geometry *g, const T *plane, T *y, int64_t *positions) {                          \
    const ch_long n = g->out_w, step = n >= 8 && VECTOR_BYTES >= 8 * sizeof(T) ? 8 : n >= 4 ? 4 : 1;                   \
    for (ch_long h = 0; h < g->out_h; h++, y += n, positions += n) {                                                   \
      const ch_long row = 2 * h * g->width;                                                                            \
      for (ch_long next = 0; next < n; next += step) {                                                                 \
        const ch_long w = next + step <= n ? next : n - step, base = row + 2 * w;                                      \
        const T *top = plane + base, *bottom = top + g->width;                                                         \
        switch (step) {                                                                                                \
          case 8: pairs8_##S(top, bottom, base, (I)g->width, y + w, positions + w); break;                             \
          case 4: pairs4_##S(top, bottom, base, (I)g->width, y + w, positions + w); break;                             \
          default: pairs1_##S(top, bottom, base, (I)g->width, y + w, positions + w); break;                            \
        }                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  /* Each position is read once: what is checked is what is used. */                                                   \
  static void unpool_##S(ch_long in, ch_long out, const T *g, const ch_long *positions, T *plane) {                    \
    memset(plane, 0, (size_t)in * sizeof(T));                                                                          \
    for (ch_long i = 0; i < out; i++) {                                                                                \
      const ch_long at = *(const volatile ch_long *)(positions + i);                                                   \
      if (at >= 0 && at < in) { plane[at] += g[i]; }                                                                   \
    }                                                                                                                  \
  }
POOLING(f32, float, int32_t)
POOLING(f64, double, int64_t)

int ch_max_pool2d(int dtype, ch_long planes, const ch_long *geometry, const void *x, void *y, ch_long *positions) {
  const struct geometry g = geometry_of(geometry);
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  const ch_long in = g.height * g.width, out = g.out_h * g.out_w;
  const int pairs = g.kernel_h == 2 && g.kernel_w == 2 && g.stride_h == 2 && g.stride_w == 2 && g.pad_h == 0 &&
                    g.pad_w == 0 && g.dilation_h == 1 && g.dilation_w == 1 && 2 * g.out_h <= g.height &&
                    2 * g.out_w <= g.width && g.width < 1 << 30;
  const int columns = g.width <= MOST_WIDTH && g.out_w <= MOST_WIDTH && g.height <= INT32_MAX / MOST_WIDTH;
  for (ch_long p = 0; p < planes; p++) {
    int64_t *at = (int64_t *)positions + p * out;
    if (dtype == CH_FLOAT32) {
      (pairs ? pairs_f32 : columns ? columns_f32 : pool_f32)(&g, (const float *)x + p * in, (float *)y + p * out, at);
    } else {
      (pairs ? pairs_f64 : columns ? columns_f64 : pool_f64)(&g, (const double *)x + p * in, (double *)y + p * out, at);
    }
  }
  return CH_OK;
}

int ch_max_unpool2d(int dtype, ch_long planes, ch_long in, ch_long out, const void *g, const ch_long *positions, void *x) {
  for (ch_long p = 0; p < planes; p++, positions += out) {
    switch (dtype) {
      case CH_FLOAT32: unpool_f32(in, out, (const float *)g + p * out, positions, (float *)x + p * in); break;
      case CH_FLOAT64: unpool_f64(in, out, (const double *)g + p * out, positions, (double *)x + p * in); break;
      default: return CH_NO_KERNEL;
    }
  }
  return CH_OK;
}
