/* Elementwise operations of two operands: a table of contiguous loops, one per operation and dtype, made from ops.def. */
#include "convert.h"
#include "lookup.h"
#include "mathcalls.h"
#include "shapes.h"
#include "types.h"

#pragma GCC diagnostic ignored "-Wtype-limits"

typedef int (*binary_kernel)(int held, ch_long n, const void *a, const void *b, void *y);

#define floor_divide(a, b) FN(floor_divide)(a, b)
#define trunc_divide(a, b) FN(trunc_divide)(a, b)
#define remainder_of(a, b) FN(remainder_of)(a, b)
#define fmod_of(a, b) FN(fmod_of)(a, b)
#define pow_of(a, b) FN(pow_of)(a, b)
#define logaddexp(a, b) FN(logaddexp)(a, b)
#define logaddexp2(a, b) FN(logaddexp2)(a, b)
#define gcd(a, b) FN(gcd)(a, b)
#define lcm(a, b) FN(lcm)(a, b)
#define left_shift(a, b) FN(left_shift)(a, b)
#define right_shift(a, b) FN(right_shift)(a, b)
#define silu_slope(x) FN(silu_slope)(x)
#define gelu_slope(x) FN(gelu_slope)(x)
#define gelu_tanh_slope(x) FN(gelu_tanh_slope)(x)

/* Whether op(a, b) is op(b, a) to the bit, zeros of both signs included: then one loop serves whichever is held. */
INLINE int commutes(int op, int floating) {
  switch (op) {
    case BINARY_ADD: case BINARY_MUL: case BINARY_HYPOT: case BINARY_LOGADDEXP: case BINARY_LOGADDEXP2:
    case BINARY_GCD: case BINARY_LCM: case BINARY_EQ: case BINARY_NE: case BINARY_LOGICAL_AND:
    case BINARY_LOGICAL_OR: case BINARY_LOGICAL_XOR: case BINARY_BITWISE_AND: case BINARY_BITWISE_OR:
    case BINARY_BITWISE_XOR:
      return 1;
    case BINARY_MAXIMUM: case BINARY_MINIMUM: case BINARY_FMAX: case BINARY_FMIN:
      return !floating;
    default:
      return 0;
  }
}

/* The comparison that has the loop of one in the domain MP, with its operands exchanged. */
#define MIRROR_OF_LT GT
#define MIRROR_OF_LE GE

#define WRAP(value) ((value) != 0)
#define T uint8_t
#define S bool
#define KIND BOOLEAN
#include "binary_of.h"

#define WRAP(value) (value)
#define T uint8_t
#define S u8
#define KIND INTEGER
#define FORMULAS_INTEGER
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T int8_t
#define S i8
#define KIND INTEGER
#define FORMULAS_INTEGER
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T int16_t
#define S i16
#define KIND INTEGER
#define FORMULAS_INTEGER
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T int32_t
#define S i32
#define KIND INTEGER
#define FORMULAS_INTEGER
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T int64_t
#define S i64
#define KIND INTEGER
#define FORMULAS_INTEGER
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T float
#define S f32
#define KIND FLOATING
#define FORMULAS_FLOATING
#include "formulas_of.h"
#include "binary_of.h"

#define WRAP(value) (value)
#define T double
#define S f64
#define KIND FLOATING
#define FORMULAS_FLOATING
#define FORMULAS_ACTIVATIONS
#include "formulas_of.h"
#include "binary_of.h"

/* ---- float32 quotients too large for the vector code's fmod: those blocks go to libm, element by element ---- */

#define BLOCK 512
#undef fmod
#define fmod(a, b) fmodf(a, b)
#define T float
#define S libm
#define FORMULAS_FLOATING
#include "formulas_of.h"
#undef FN
#undef T
#undef S

#define WITH_LARGE_QUOTIENTS(NAME, FORMULA)                                                                  \
  static int NAME##_any_f32(int held, ch_long n, const void *av, const void *bv, void *yv) {                 \
    const float *a = av, *b = bv;                                                                            \
    float *y = yv;                                                                                           \
    ch_long sa = held != 1, sb = held != 2;                                                                  \
    for (ch_long done = 0; done < n; done += BLOCK) {                                                        \
      ch_long count = n - done < BLOCK ? n - done : BLOCK;                                                   \
      const float *a0 = a + done * sa, *b0 = b + done * sb;                                                  \
      uint32_t near = 1;                                                                                     \
      if (held == 2) {                                                                                       \
        const float b1 = *b0;                                                                                \
        for (ch_long i = 0; i < count; i++) { near &= fmod_is_near(a0[i], b1) ? 1u : 0u; }                   \
      } else {                                                                                               \
        for (ch_long i = 0; i < count; i++) { near &= fmod_is_near(a0[i * sa], b0[i]) ? 1u : 0u; }           \
      }                                                                                                      \
      if (near) {                                                                                            \
        NAME##_f32(held, count, a0, b0, y + done);                                                           \
        continue;                                                                                            \
      }                                                                                                      \
      for (ch_long i = 0; i < count; i++) { y[done + i] = FORMULA##_libm(a0[i * sa], b0[i * sb]); }          \
    }                                                                                                        \
    return CH_OK;                                                                                            \
  }
WITH_LARGE_QUOTIENTS(FLOOR_DIVIDE, floor_divide)
WITH_LARGE_QUOTIENTS(REMAINDER, remainder_of)
WITH_LARGE_QUOTIENTS(FMOD, fmod_of)

/* ---- powers, by a shorter way: by tables where the processor looks them up, else for blocks that allow it ---- */

#if HAS_LOOKUP
static void pow_pairs_f32(ch_long n, const float *a, const float *b, float *y) { lookup_pow(n, a, b, y); }
#else
static void pow_pairs_f32(ch_long n, const float *a, const float *b, float *y) {
  for (ch_long done = 0; done < n; done += BLOCK) {
    ch_long count = n - done < BLOCK ? n - done : BLOCK;
    const float *a0 = a + done, *b0 = b + done;
    uint32_t base = 0, size = 0;
    for (ch_long i = 0; i < count; i++) {
      uint32_t base_i = base_of_pow(a0[i]), size_i = size_of_pow(a0[i], b0[i]);
      base = base_i > base ? base_i : base;
      size = size_i > size ? size_i : size;
    }
    if (UNLIKELY((base >= BASE_NEAR) | (size >= SIZE_NEAR))) {
      POW_f32(0, count, a0, b0, y + done);
      continue;
    }
    INDEPENDENT for (ch_long i = 0; i < count; i++) { y[done + i] = pow_near_f32(a0[i], b0[i]); }
  }
}
#endif

static void pow_pairs_f64(ch_long n, const double *a, const double *b, double *y) { POW_f64(0, n, a, b, y); }

/*
 * ---- powers with one exponent for all, the frequent ones by multiplication; sqrt differs from pow at -0 and -inf as in PyTorch.
 * The others, and a base for all, are read from a buffer, as compilers take what depends on a held operand alone out of the
 * loop and give up its vectors. ----
 */

#define WITH_HELD_EXPONENT(T, S)                                                                             \
  static int pow_any_##S(int held, ch_long n, const void *av, const void *bv, void *yv) {                    \
    const T *a = av;                                                                                         \
    T *y = yv;                                                                                               \
    T b = held == 2 ? *(const T *)bv : 0;                                                                    \
    if (held == 0) {                                                                                         \
      pow_pairs_##S(n, a, bv, y);                                                                            \
    } else if (held == 1) {                                                                                  \
      T bases[STAGE];                                                                                        \
      ch_fill(sizeof(T), n < STAGE ? n : STAGE, av, bases, 1);                                               \
      for (ch_long done = 0; done < n; done += STAGE) {                                                      \
        pow_pairs_##S(n - done < STAGE ? n - done : STAGE, bases, (const T *)bv + done, y + done);           \
      }                                                                                                      \
    } else if (b == 2) {                                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = a[i] * a[i]; }                                    \
    } else if (b == (T)0.5) {                                                                                \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = sqrt(a[i]); }                                     \
    } else if (b == 1) {                                                                                     \
      ch_move(sizeof(T), n, av, 1, yv, 1);                                                                   \
    } else if (b == -1) {                                                                                    \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = 1 / a[i]; }                                       \
    } else if (b == 3) {                                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = a[i] * a[i] * a[i]; }                             \
    } else if (b == -2) {                                                                                    \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = 1 / (a[i] * a[i]); }                              \
    } else if (b == (T)-0.5) {                                                                               \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = 1 / sqrt(a[i]); }                                 \
    } else {                                                                                                 \
      T exponents[STAGE];                                                                                    \
      ch_fill(sizeof(T), n < STAGE ? n : STAGE, &b, exponents, 1);                                           \
      for (ch_long done = 0; done < n; done += STAGE) {                                                      \
        pow_pairs_##S(n - done < STAGE ? n - done : STAGE, a + done, exponents, y + done);                   \
      }                                                                                                      \
    }                                                                                                        \
    return CH_OK;                                                                                            \
  }
WITH_HELD_EXPONENT(float, f32)
WITH_HELD_EXPONENT(double, f64)

/* ---- neighbours in the half formats ---- */

#define NEXT_HALF(S, HALF, WIDE)                                                                             \
  static int NEXTAFTER_##S(int held, ch_long n, const void *av, const void *bv, void *yv) {                  \
    const HALF *a = av, *b = bv;                                                                             \
    HALF *y = yv;                                                                                            \
    for (ch_long i = 0; i < n; i++) {                                                                        \
      HALF from = a[held == 1 ? 0 : i], to = b[held == 2 ? 0 : i];                                           \
      y[i].bits = next_16(from.bits, WIDE(from), to.bits, WIDE(to));                                         \
    }                                                                                                        \
    return CH_OK;                                                                                            \
  }
NEXT_HALF(f16, half, from_half)
NEXT_HALF(bf16, bfloat, from_bfloat)

static const binary_kernel *const tables[DTYPES] = {
    [CH_BOOL] = table_bool, [CH_UINT8] = table_u8, [CH_INT8] = table_i8,     [CH_INT16] = table_i16,
    [CH_INT32] = table_i32, [CH_INT64] = table_i64, [CH_FLOAT32] = table_f32, [CH_FLOAT64] = table_f64};

/* The loops that stand in front of those of the tables. */
static binary_kernel guarded(int op, int dtype) {
  switch (op) {
    case BINARY_FLOOR_DIVIDE: return dtype == CH_FLOAT32 ? FLOOR_DIVIDE_any_f32 : NULL;
    case BINARY_REMAINDER: return dtype == CH_FLOAT32 ? REMAINDER_any_f32 : NULL;
    case BINARY_FMOD: return dtype == CH_FLOAT32 ? FMOD_any_f32 : NULL;
    case BINARY_POW: return dtype == CH_FLOAT32 ? pow_any_f32 : dtype == CH_FLOAT64 ? pow_any_f64 : NULL;
    default: return NULL;
  }
}

static binary_kernel kernel_of(int op, int dtype) {
  if (op == BINARY_NEXTAFTER && (dtype == CH_FLOAT16 || dtype == CH_BFLOAT16)) {
    return dtype == CH_FLOAT16 ? NEXTAFTER_f16 : NEXTAFTER_bf16;
  }
  if (op < 0 || op >= BINARY_OPS || dtype < 0 || dtype >= DTYPES || !tables[dtype]) {
    return NULL;
  }
  binary_kernel front = op > BINARY_DIV && op <= BINARY_POW ? guarded(op, dtype) : NULL;
  return front ? front : tables[dtype][op];
}

_Static_assert(BINARY_FLOOR_DIVIDE > BINARY_DIV && BINARY_POW > BINARY_FMOD, "the divisions stand between DIV and POW");

static int is_predicate(int op) { return op >= BINARY_EQ && op <= BINARY_LOGICAL_XOR; }

/* One inner row: sizes are those of an operand and of the result. */
struct rows {
  binary_kernel kernel;
  ch_long sa, sb, sy;
  size_t size, result;
};

static int strided(const struct rows *r, ch_long n, const char *a, const char *b, char *y) {
  STAGED(from_a);
  STAGED(from_b);
  STAGED(to);
  if (r->sa == 0 && r->sb == 0) {
    int status = r->kernel(0, 1, a, b, to);
    if (status == CH_OK) {
      ch_fill(r->result, n, to, y, r->sy);
    }
    return status;
  }
  int held = r->sa == 0 ? 1 : r->sb == 0 ? 2 : 0;
  for (ch_long done = 0; done < n; done += STAGE) {
    ch_long count = n - done < STAGE ? n - done : STAGE;
    const char *a0 = a + done * r->sa * (ch_long)r->size, *b0 = b + done * r->sb * (ch_long)r->size;
    char *y0 = y + done * r->sy * (ch_long)r->result;
    if (r->sa != 1 && held != 1) {
      ch_move(r->size, count, a0, r->sa, from_a, 1);
      a0 = from_a;
    }
    if (r->sb != 1 && held != 2) {
      ch_move(r->size, count, b0, r->sb, from_b, 1);
      b0 = from_b;
    }
    int status = r->kernel(held, count, a0, b0, r->sy == 1 ? y0 : to);
    if (status != CH_OK) {
      return status;
    }
    if (r->sy != 1) {
      ch_move(r->result, count, to, 1, y0, r->sy);
    }
  }
  return CH_OK;
}

INLINE int row(const struct rows *r, ch_long n, const char *a, const char *b, char *y) {
  if (n == 1) {
    return r->kernel(0, n, a, b, y);
  }
  if (r->sy == 1) {
    if (r->sa == 1 && r->sb == 1) {
      return r->kernel(0, n, a, b, y);
    }
    if (r->sa == 1 && r->sb == 0) {
      return r->kernel(2, n, a, b, y);
    }
    if (r->sa == 0 && r->sb == 1) {
      return r->kernel(1, n, a, b, y);
    }
  }
  return strided(r, n, a, b, y);
}

int ch_binary_1d(int op, int dtype, ch_long n, const void *a, ch_long sa, const void *b, ch_long sb, void *y,
                 ch_long sy) {
  struct rows r = {kernel_of(op, dtype), sa, sb, sy, element_size(dtype), 0};
  r.result = is_predicate(op) ? 1 : r.size;
  if (!r.kernel) {
    return CH_NO_KERNEL;
  }
  return n > 0 ? row(&r, n, a, b, y) : CH_OK;
}

int ch_binary_nd(int op, int dtype, int ndim, const ch_long *dims, const void *a, const void *b, void *y) {
  const ch_long *last = dims + ndim - 1;
  struct rows r = {kernel_of(op, dtype), last[ndim], last[2 * ndim], last[3 * ndim], element_size(dtype), 0};
  r.result = is_predicate(op) ? 1 : r.size;
  if (!r.kernel) {
    return CH_NO_KERNEL;
  }
  size_t sizes[3] = {r.size, r.size, r.result};
  struct walk w;
  char *at[3] = {(char *)a, (char *)b, y};
  int status = CH_OK;
  if (walk_begin(&w, ndim, dims, 3, sizes)) {
    do {
      status = row(&r, *last, at[0], at[1], at[2]);
    } while (status == CH_OK && walk_next(&w, 3, at));
  }
  return status;
}
