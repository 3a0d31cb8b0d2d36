/* Passes over gradients: all elements times a number, with an eye on those that are no numbers, and sums of squares. */
#include "../include/convert.h"
#include "types.h"

#define LANES 8 /* partial sums */

#define AS_IT_IS(x) (x)

/* Returns whether an element was infinite or NaN: such a one is not 0 when it is taken off itself. */
#define SCALE(S, T, V, READ, WRITE)                                  \
  static int scale_##S(ch_long n, T *x, V factor) {                  \
    int bad = 0;                                                     \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                    \
      const V value = READ(x[i]);                                    \
      bad |= !(value - value == 0);                                  \
      x[i] = WRITE(value * factor);                                  \
    }                                                                \
    return bad;                                                      \
  }                                                                  \
  static double squares_##S(ch_long n, const T *x) {                 \
    double lane[LANES] = {0};                                        \
    ch_long i = 0;                                                   \
    for (; i + LANES <= n; i += LANES) {                             \
      for (int j = 0; j < LANES; j++) {                              \
        const double value = (double)READ(x[i + j]);                 \
        lane[j] += value * value;                                    \
      }                                                              \
    }                                                                \
    for (int j = 0; i + j < n; j++) {                                \
      const double value = (double)READ(x[i + j]);                   \
      lane[j] += value * value;                                      \
    }                                                                \
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7])); \
  }
SCALE(f32, float, float, AS_IT_IS, AS_IT_IS)
SCALE(f64, double, double, AS_IT_IS, AS_IT_IS)
SCALE(f16, half, float, from_half, to_half)
SCALE(bf16, bfloat, float, from_bfloat, to_bfloat)

int ch_scale(int dtype, ch_long n, void *x, double factor, float *found) {
  int bad;
  switch (dtype) {
    case CH_FLOAT32: bad = scale_f32(n, x, (float)factor); break;
    case CH_FLOAT64: bad = scale_f64(n, x, factor); break;
    case CH_FLOAT16: bad = scale_f16(n, x, (float)factor); break;
    case CH_BFLOAT16: bad = scale_bf16(n, x, (float)factor); break;
    default: return CH_NO_KERNEL;
  }
  if (bad && found) {
    float one = 1;
    __atomic_store(found, &one, __ATOMIC_RELAXED); /* Other threads may find one too. */
  }
  return CH_OK;
}

int ch_squares(int dtype, ch_long n, const void *x, double *sum) {
  switch (dtype) {
    case CH_FLOAT32: *sum = squares_f32(n, x); return CH_OK;
    case CH_FLOAT64: *sum = squares_f64(n, x); return CH_OK;
    case CH_FLOAT16: *sum = squares_f16(n, x); return CH_OK;
    case CH_BFLOAT16: *sum = squares_bf16(n, x); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
