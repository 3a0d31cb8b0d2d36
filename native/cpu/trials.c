/* A draw for each element, with parameters of its own, as PyTorch's generator makes them. */
#include "generator.h"

#define STREAM struct twister
#include "trials.h"

/* ---- counts: a draw for each element, with parameters of its own ---------------------------------------------------------------- */

int ch_random_each(void *state, int trial, int dtype, ch_long n, const void *a, const void *b, void *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if (dtype < (trial == CH_BINOMIAL ? CH_FLOAT32 : CH_FLOAT16) || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  switch (trial) {
    case CH_BERNOULLI:
      for (ch_long i = 0; i < n; i++) {
        double drawn = dtype == CH_FLOAT64 ? uniform53(t) : (double)fraction24(draw32(t));
        store(dtype, y, i, drawn < load(dtype, a, i));
      }
      return CH_OK;
    case CH_POISSON:
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, poisson(t, load(dtype, a, i)));
      return CH_OK;
    case CH_BINOMIAL:
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, binomial(t, load(dtype, a, i), load(dtype, b, i)));
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

/* ---- categories ----------------------------------------------------------------------------------------------------------------- */

/* The slot of each 53-bit uniform in the cumulative distribution, whose last slot ends at 1 whatever rounding made of it. */
#define CHOICES(type)                                                                            \
  static void choices_##type(struct twister *t, ch_long slots, type *p, ch_long n, ch_long *y) { \
    type sum = 0;                                                                                \
    for (ch_long i = 0; i < slots; i++) p[i] = sum += p[i];                                      \
    for (ch_long i = 0; i < slots; i++) p[i] /= sum;                                             \
    p[slots - 1] = 1;                                                                            \
    for (ch_long i = 0; i < n; i++) {                                                            \
      double drawn = uniform53(t);                                                               \
      ch_long first = 0, past = slots;                                                           \
      while (first < past) {                                                                     \
        ch_long middle = first + (past - first) / 2;                                             \
        if ((double)p[middle] < drawn) {                                                         \
          first = middle + 1;                                                                    \
        } else {                                                                                 \
          past = middle;                                                                         \
        }                                                                                        \
      }                                                                                          \
      y[i] = first;                                                                              \
    }                                                                                            \
  }
CHOICES(float)
CHOICES(double)
#undef CHOICES

int ch_random_choices(void *state, int dtype, ch_long rows, ch_long slots, void *p, ch_long n, ch_long *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if ((dtype != CH_FLOAT32 && dtype != CH_FLOAT64) || slots < 1) return CH_NO_KERNEL;
  for (ch_long row = 0; row < rows; row++) {
    if (dtype == CH_FLOAT32) {
      choices_float(t, slots, (float *)p + row * slots, n, y + row * n);
    } else {
      choices_double(t, slots, (double *)p + row * slots, n, y + row * n);
    }
  }
  return CH_OK;
}
