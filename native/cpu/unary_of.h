/*
 * The unary loops of one element type: T, its suffix S, its KIND (FLOATING, INTEGER or BOOLEAN) and, for the operations
 * whose result has T's type, the WRAP of a formula's value. Included by unary.c once per type; a loop walks contiguous
 * memory, in place or apart.
 */
#define SELECT_FLOATING(floating, integer, boolean) floating
#define SELECT_INTEGER(floating, integer, boolean) integer
#define SELECT_BOOLEAN(floating, integer, boolean) boolean
#define SELECT JOIN(SELECT, KIND)
#define READ SELECT(READ_NUMBER, READ_NUMBER, READ_TRUTH)

#define LOOP(NAME, R, VALUE)                                           \
  static void JOIN(NAME, S)(ch_long n, const void *xv, void *yv) {     \
    const T *x0 = xv;                                                  \
    R *y0 = yv;                                                        \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                      \
      T x = READ(x0[i]);                                               \
      y0[i] = (R)(VALUE);                                              \
    }                                                                  \
  }
#define NOTHING(NAME, R, VALUE)

#define UNARY_F(NAME, FORMULA) SELECT(LOOP, NOTHING, NOTHING)(NAME, T, FORMULA)
#define UNARY_N(NAME, FORMULA) SELECT(LOOP, LOOP, NOTHING)(NAME, T, FORMULA)
#define UNARY_I(NAME, FORMULA) SELECT(NOTHING, LOOP, LOOP)(NAME, T, WRAP(FORMULA))
#define UNARY_AP(NAME, FORMULA) LOOP(NAME, uint8_t, FORMULA)
#define UNARY_FP(NAME, FORMULA) SELECT(LOOP, NOTHING, NOTHING)(NAME, uint8_t, FORMULA)
#define UNARY(NAME, DOMAIN, FORMULA) UNARY_##DOMAIN(NAME, FORMULA)
#define BINARY(NAME, DOMAIN, FORMULA)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef UNARY_F
#undef UNARY_N
#undef UNARY_I
#undef UNARY_AP
#undef UNARY_FP
#undef LOOP
#undef NOTHING

#define ENTRY(NAME) [UNARY_##NAME] = JOIN(NAME, S),
#define NOTHING(NAME)
#define UNARY_F(NAME) SELECT(ENTRY, NOTHING, NOTHING)(NAME)
#define UNARY_N(NAME) SELECT(ENTRY, ENTRY, NOTHING)(NAME)
#define UNARY_I(NAME) SELECT(NOTHING, ENTRY, ENTRY)(NAME)
#define UNARY_AP(NAME) ENTRY(NAME)
#define UNARY_FP(NAME) SELECT(ENTRY, NOTHING, NOTHING)(NAME)
#define UNARY(NAME, DOMAIN, FORMULA) UNARY_##DOMAIN(NAME)
static const unary_kernel JOIN(table, S)[UNARY_OPS] = {
#include "../include/ops.def"
};
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
#undef UNARY_F
#undef UNARY_N
#undef UNARY_I
#undef UNARY_AP
#undef UNARY_FP
#undef ENTRY
#undef NOTHING
#undef SELECT
#undef READ
#undef SELECT_FLOATING
#undef SELECT_INTEGER
#undef SELECT_BOOLEAN
#undef FN
#undef T
#undef S
#undef KIND
#undef ALL_BITS
#undef WRAP
