/*
 * The ternary loops of one element type, as unary_of.h does the unary ones. A loop walks contiguous operands; `held` says how
 * many of the last ones are one element held still.
 */
#define SELECT_FLOATING(floating, integer) floating
#define SELECT_INTEGER(floating, integer) integer
#define SELECT JOIN(SELECT, KIND)

#define LOOP(NAME, VALUE)                                                                                     \
  static void JOIN(NAME, S)(int held, ch_long n, const struct number *number, const void *av, const void *bv, \
                            const void *cv, void *yv) {                                                       \
    const T *a0 = av, *b0 = bv, *c0 = cv;                                                                     \
    T *y0 = yv;                                                                                               \
    const T v = (T)SELECT(number->value, number->whole);                                                      \
    (void)v;                                                                                                  \
    if (held == 0) {                                                                                          \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                           \
        T a = a0[i], b = b0[i], c = c0[i];                                                                    \
        y0[i] = (T)(VALUE);                                                                                   \
      }                                                                                                       \
    } else if (held == 1) {                                                                                   \
      const T c = *c0;                                                                                        \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                           \
        T a = a0[i], b = b0[i];                                                                               \
        y0[i] = (T)(VALUE);                                                                                   \
      }                                                                                                       \
    } else {                                                                                                  \
      const T b = *b0, c = *c0;                                                                               \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                           \
        T a = a0[i];                                                                                          \
        y0[i] = (T)(VALUE);                                                                                   \
      }                                                                                                       \
    }                                                                                                         \
  }
#define NOTHING(NAME, VALUE)

#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY_F(NAME, FORMULA) SELECT(LOOP, NOTHING)(NAME, FORMULA)
#define TERNARY_N(NAME, FORMULA) LOOP(NAME, FORMULA)
#define TERNARY(NAME, DOMAIN, FORMULA) TERNARY_##DOMAIN(NAME, FORMULA)
#include "../include/ops.def"
#undef TERNARY
#undef TERNARY_F
#undef TERNARY_N
#undef LOOP
#undef NOTHING

#define ENTRY(NAME) [TERNARY_##NAME] = JOIN(NAME, S),
#define NOTHING(NAME)
#define TERNARY_F(NAME) SELECT(ENTRY, NOTHING)(NAME)
#define TERNARY_N(NAME) ENTRY(NAME)
#define TERNARY(NAME, DOMAIN, FORMULA) TERNARY_##DOMAIN(NAME)
static const ternary_kernel JOIN(table, S)[TERNARY_OPS] = {
#include "../include/ops.def"
};
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
#undef TERNARY_F
#undef TERNARY_N
#undef ENTRY
#undef NOTHING
#undef SELECT
#undef SELECT_FLOATING
#undef SELECT_INTEGER
#undef T
#undef S
#undef KIND
