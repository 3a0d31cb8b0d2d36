/*
 * The binary loops of one element type, as unary_of.h does the unary ones. A loop walks contiguous operands; `held` says
 * which operand, if any, is one element held still: 0 neither, 1 the first, 2 the second.
 */
#define SELECT_FLOATING(floating, integer, boolean) floating
#define SELECT_INTEGER(floating, integer, boolean) integer
#define SELECT_BOOLEAN(floating, integer, boolean) boolean
#define SELECT JOIN(SELECT, KIND)
#define READ SELECT(READ_NUMBER, READ_NUMBER, READ_TRUTH)

#define LOOP(NAME, R, VALUE)                                                                     \
  static int JOIN(NAME, S)(int held, ch_long n, const void *av, const void *bv, void *yv) {      \
    const T *a0 = av, *b0 = bv;                                                                  \
    R *y0 = yv;                                                                                  \
    if (held == 0) {                                                                             \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                              \
        T a = READ(a0[i]), b = READ(b0[i]);                                                      \
        y0[i] = (R)(VALUE);                                                                      \
      }                                                                                          \
    } else if (held == 1 && !commutes(BINARY_##NAME, SELECT(1, 0, 0))) {                         \
      const T a = READ(*a0);                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                              \
        T b = READ(b0[i]);                                                                       \
        y0[i] = (R)(VALUE);                                                                      \
      }                                                                                          \
    } else {                                                                                     \
      const T b = READ(held == 1 ? *a0 : *b0);                                                   \
      const T *moving = held == 1 ? b0 : a0;                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                              \
        T a = READ(moving[i]);                                                                   \
        y0[i] = (R)(VALUE);                                                                      \
      }                                                                                          \
    }                                                                                            \
    return CH_OK;                                                                                \
  }
#define MIRROR(NAME) EXCHANGED(NAME, JOIN(MIRROR_OF, NAME))
#define EXCHANGED(NAME, OF)                                                                      \
  __attribute__((noinline)) static int JOIN(OF, S)(int, ch_long, const void *, const void *, void *); \
  static int JOIN(NAME, S)(int held, ch_long n, const void *a, const void *b, void *y) {         \
    return JOIN(OF, S)(held == 0 ? 0 : 3 - held, n, b, a, y);                                    \
  }
/* A divisor is read once, as another thread may be writing it against the rules; a zero is reported, never divided by. */
#define CHECKED(NAME, R, VALUE)                                                                  \
  static int JOIN(NAME, S)(int held, ch_long n, const void *av, const void *bv, void *yv) {      \
    const T *a0 = av;                                                                            \
    const volatile T *b0 = bv;                                                                   \
    R *y0 = yv;                                                                                  \
    ch_long sa = held != 1, sb = held != 2;                                                      \
    for (ch_long i = 0; i < n; i++) {                                                            \
      T a = a0[i * sa], b = b0[i * sb];                                                          \
      if (UNLIKELY(b == 0)) { return CH_DIVIDE_BY_ZERO; }                                        \
      y0[i] = (R)(VALUE);                                                                        \
    }                                                                                            \
    return CH_OK;                                                                                \
  }
#define NOTHING(NAME, R, VALUE)

#define BINARY_F(NAME, FORMULA) SELECT(LOOP, NOTHING, NOTHING)(NAME, T, FORMULA)
#define BINARY_N(NAME, FORMULA) SELECT(LOOP, LOOP, NOTHING)(NAME, T, FORMULA)
#define BINARY_D(NAME, FORMULA) SELECT(LOOP, CHECKED, NOTHING)(NAME, T, FORMULA)
#define BINARY_I(NAME, FORMULA) SELECT(NOTHING, LOOP, LOOP)(NAME, T, WRAP(FORMULA))
#define BINARY_Z(NAME, FORMULA) SELECT(NOTHING, LOOP, NOTHING)(NAME, T, FORMULA)
#define BINARY_A(NAME, FORMULA) LOOP(NAME, T, WRAP(FORMULA))
#define BINARY_AP(NAME, FORMULA) LOOP(NAME, uint8_t, FORMULA)
#define BINARY_MP(NAME, FORMULA) MIRROR(NAME)
#define BINARY(NAME, DOMAIN, FORMULA) BINARY_##DOMAIN(NAME, FORMULA)
#define UNARY(NAME, DOMAIN, FORMULA)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef BINARY
#undef BINARY_F
#undef BINARY_N
#undef BINARY_D
#undef BINARY_I
#undef BINARY_Z
#undef BINARY_A
#undef BINARY_AP
#undef BINARY_MP
#undef LOOP
#undef MIRROR
#undef EXCHANGED
#undef CHECKED
#undef NOTHING

#define ENTRY(NAME) [BINARY_##NAME] = JOIN(NAME, S),
#define NOTHING(NAME)
#define BINARY_F(NAME) SELECT(ENTRY, NOTHING, NOTHING)(NAME)
#define BINARY_N(NAME) SELECT(ENTRY, ENTRY, NOTHING)(NAME)
#define BINARY_D(NAME) SELECT(ENTRY, ENTRY, NOTHING)(NAME)
#define BINARY_I(NAME) SELECT(NOTHING, ENTRY, ENTRY)(NAME)
#define BINARY_Z(NAME) SELECT(NOTHING, ENTRY, NOTHING)(NAME)
#define BINARY_A(NAME) ENTRY(NAME)
#define BINARY_AP(NAME) ENTRY(NAME)
#define BINARY_MP(NAME) ENTRY(NAME)
#define BINARY(NAME, DOMAIN, FORMULA) BINARY_##DOMAIN(NAME)
static const binary_kernel JOIN(table, S)[BINARY_OPS] = {
#include "../include/ops.def"
};
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
#undef BINARY_F
#undef BINARY_N
#undef BINARY_D
#undef BINARY_I
#undef BINARY_Z
#undef BINARY_A
#undef BINARY_AP
#undef BINARY_MP
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
