/* Elementwise operations of one operand: a table of contiguous loops, one per operation and dtype, made from ops.def. */
#include "lookup.h"
#include "mathcalls.h"
#include "shapes.h"
#include "types.h"

#pragma GCC diagnostic ignored "-Wtype-limits"

typedef void (*unary_kernel)(ch_long n, const void *x, void *y);

#define ALL_BITS 1
#define WRAP(value) ((value) != 0)
#define T uint8_t
#define S bool
#define KIND BOOLEAN
#include "unary_of.h"

#define ALL_BITS (-1)
#define WRAP(value) (value)
#define T uint8_t
#define S u8
#define KIND INTEGER
#include "unary_of.h"

#define ALL_BITS (-1)
#define WRAP(value) (value)
#define T int8_t
#define S i8
#define KIND INTEGER
#include "unary_of.h"

#define ALL_BITS (-1)
#define WRAP(value) (value)
#define T int16_t
#define S i16
#define KIND INTEGER
#include "unary_of.h"

#define ALL_BITS (-1)
#define WRAP(value) (value)
#define T int32_t
#define S i32
#define KIND INTEGER
#include "unary_of.h"

#define ALL_BITS (-1)
#define WRAP(value) (value)
#define T int64_t
#define S i64
#define KIND INTEGER
#include "unary_of.h"

/* float32's own versions of the activations stand in activations.h. */
#define sigmoid(x) FN(sigmoid)(x)
#define softplus(x) FN(softplus)(x)
#define silu(x) FN(silu)(x)
#define gelu(x) FN(gelu)(x)
#define gelu_tanh(x) FN(gelu_tanh)(x)

#define T float
#define S f32
#define KIND FLOATING
#define FN(name) JOIN(name, S)
#include "unary_of.h"

#define T double
#define S f64
#define KIND FLOATING
#define FORMULAS_ACTIVATIONS
#include "formulas_of.h"
#include "unary_of.h"

/* ---- angles beyond what the vector code reduces: those blocks go to libm, element by element ---- */

#define BLOCK 512

#define WITH_LARGE_ANGLES(NAME, S, T, MAGNITUDE, LARGEST, LIBM)                       \
  static void NAME##_any_##S(ch_long n, const void *xv, void *yv) {                   \
    const T *x = xv;                                                                  \
    T *y = yv;                                                                        \
    for (ch_long done = 0; done < n; done += BLOCK) {                                 \
      ch_long count = n - done < BLOCK ? n - done : BLOCK;                            \
      int beyond = 0;                                                                 \
      for (ch_long i = 0; i < count; i++) {                                           \
        beyond |= MAGNITUDE(x[done + i]) > LARGEST;                                   \
      }                                                                               \
      if (!UNLIKELY(beyond)) {                                                        \
        NAME##_##S(count, x + done, y + done);                                        \
        continue;                                                                     \
      }                                                                               \
      for (ch_long i = done; i < done + count; i++) {                                 \
        T value = x[i];                                                               \
        NAME##_##S(1, &value, y + i);                                                 \
        y[i] = MAGNITUDE(value) > LARGEST ? LIBM(value) : y[i];                       \
      }                                                                               \
    }                                                                                 \
  }
#undef sin
#undef cos
WITH_LARGE_ANGLES(SIN, f32, float, magnitude, LARGEST_ANGLE, sinf)
WITH_LARGE_ANGLES(COS, f32, float, magnitude, LARGEST_ANGLE, cosf)
WITH_LARGE_ANGLES(TAN, f32, float, magnitude, LARGEST_ANGLE, tanf)
WITH_LARGE_ANGLES(SIN, f64, double, magnitude_f64, LARGEST_ANGLE_F64, sin)
WITH_LARGE_ANGLES(COS, f64, double, magnitude_f64, LARGEST_ANGLE_F64, cos)

/* ---- float32's shorter ways: by tables where the processor looks them up, else for blocks that allow it ---- */

#if HAS_LOOKUP
LOOKUP(EXP, exp_16)
LOOKUP(LOG, log_16)
LOOKUP(TANH, tanh_16)
LOOKUP(ERF, erf_16)
LOOKUP(SIGMOID, sigmoid_16)
LOOKUP(SILU, silu_16)
LOOKUP(GELU, gelu_16)
LOOKUP(GELU_TANH, gelu_tanh_16)
#else
#define LOG_any_f32 LOG_f32
#define TANH_any_f32 TANH_f32
#define ERF_any_f32 ERF_f32

/* What else is in a block changes no element. */
#define WITH_NEAR(NAME, FORMULA, NEAR)                                                \
  static void NAME##_any_f32(ch_long n, const void *xv, void *yv) {                   \
    const float *x = xv;                                                              \
    float *y = yv;                                                                    \
    for (ch_long done = 0; done < n; done += BLOCK) {                                 \
      ch_long count = n - done < BLOCK ? n - done : BLOCK;                            \
      int beyond = 0;                                                                 \
      for (ch_long i = 0; i < count; i++) {                                           \
        beyond |= !(magnitude(x[done + i]) <= NEAR);                                  \
      }                                                                               \
      if (UNLIKELY(beyond)) {                                                         \
        float kept[BLOCK]; /* y may be x */                                           \
        memcpy(kept, x + done, (size_t)count * sizeof *kept);                         \
        NAME##_f32(count, kept, y + done);                                            \
        INDEPENDENT for (ch_long i = 0; i < count; i++) {                             \
          y[done + i] = magnitude(kept[i]) <= NEAR ? FORMULA(kept[i]) : y[done + i];  \
        }                                                                             \
        continue;                                                                     \
      }                                                                               \
      INDEPENDENT for (ch_long i = done; i < done + count; i++) {                     \
        y[i] = FORMULA(x[i]);                                                         \
      }                                                                               \
    }                                                                                 \
  }
WITH_NEAR(EXP, exp_near_f32, EXP_NEAR)
WITH_NEAR(SIGMOID, sigmoid_near_f32, LOGISTIC_NEAR)
WITH_NEAR(SILU, silu_near_f32, LOGISTIC_NEAR)
WITH_NEAR(GELU, gelu_near_f32, GELU_NEAR)
WITH_NEAR(GELU_TANH, gelu_tanh_near_f32, GELU_TANH_NEAR)
#endif

static const unary_kernel *const tables[DTYPES] = {
    [CH_BOOL] = table_bool, [CH_UINT8] = table_u8, [CH_INT8] = table_i8,     [CH_INT16] = table_i16,
    [CH_INT32] = table_i32, [CH_INT64] = table_i64, [CH_FLOAT32] = table_f32, [CH_FLOAT64] = table_f64};

static unary_kernel shorter(int op) {
  switch (op) {
    case UNARY_EXP: return EXP_any_f32;
    case UNARY_LOG: return LOG_any_f32;
    case UNARY_TANH: return TANH_any_f32;
    case UNARY_ERF: return ERF_any_f32;
    case UNARY_SIGMOID: return SIGMOID_any_f32;
    case UNARY_SILU: return SILU_any_f32;
    case UNARY_GELU: return GELU_any_f32;
    case UNARY_GELU_TANH: return GELU_TANH_any_f32;
    default: return NULL;
  }
}

static unary_kernel kernel_of(int op, int dtype) {
  if (op < 0 || op >= UNARY_OPS || dtype < 0 || dtype >= DTYPES || !tables[dtype]) {
    return NULL;
  }
  if (dtype >= CH_FLOAT32 && op >= UNARY_SIN && op <= UNARY_TAN) {
    static const unary_kernel any[2][3] = {{SIN_any_f32, COS_any_f32, TAN_any_f32}, {SIN_any_f64, COS_any_f64, TAN_f64}};
    return any[dtype - CH_FLOAT32][op - UNARY_SIN];
  }
  unary_kernel front = dtype == CH_FLOAT32 ? shorter(op) : NULL;
  return front ? front : tables[dtype][op];
}

_Static_assert(UNARY_COS == UNARY_SIN + 1 && UNARY_TAN == UNARY_SIN + 2, "sin, cos and tan stand together in ops.def");

static int is_predicate(int op) {
  return op >= UNARY_LOGICAL_NOT && op <= UNARY_SIGNBIT;
}

/* Strided operands pass through buffers; a repeated one (sx = 0) is computed once. */
static void strided(unary_kernel kernel, const size_t *sizes, ch_long n, const char *x, ch_long sx, char *y,
                    ch_long sy) {
  STAGED(from);
  STAGED(to);
  if (sx == 0) {
    kernel(1, x, to);
    ch_fill(sizes[1], n, to, y, sy);
    return;
  }
  for (ch_long done = 0; done < n; done += STAGE) {
    ch_long count = n - done < STAGE ? n - done : STAGE;
    const char *source = x + done * sx * (ch_long)sizes[0];
    char *target = y + done * sy * (ch_long)sizes[1];
    if (sx != 1) {
      ch_move(sizes[0], count, source, sx, from, 1);
      source = from;
    }
    kernel(count, source, sy == 1 ? target : to);
    if (sy != 1) {
      ch_move(sizes[1], count, to, 1, target, sy);
    }
  }
}

INLINE void row(unary_kernel kernel, const size_t *sizes, ch_long n, const char *x, ch_long sx, char *y, ch_long sy) {
  if ((sx == 1 && sy == 1) || n == 1) {
    kernel(n, x, y);
  } else {
    strided(kernel, sizes, n, x, sx, y, sy);
  }
}

int ch_unary_1d(int op, int dtype, ch_long n, const void *x, ch_long sx, void *y, ch_long sy) {
  unary_kernel kernel = kernel_of(op, dtype);
  if (!kernel) {
    return CH_NO_KERNEL;
  }
  if (n > 0) {
    size_t sizes[2] = {element_size(dtype), is_predicate(op) ? 1 : element_size(dtype)};
    row(kernel, sizes, n, x, sx, y, sy);
  }
  return CH_OK;
}

int ch_unary_nd(int op, int dtype, int ndim, const ch_long *dims, const void *x, void *y) {
  unary_kernel kernel = kernel_of(op, dtype);
  if (!kernel) {
    return CH_NO_KERNEL;
  }
  size_t sizes[2] = {element_size(dtype), is_predicate(op) ? 1 : element_size(dtype)};
  struct walk w;
  char *at[2] = {(char *)x, y};
  if (walk_begin(&w, ndim, dims, 2, sizes)) {
    do {
      row(kernel, sizes, dims[ndim - 1], at[0], dims[2 * ndim - 1], at[1], dims[3 * ndim - 1]);
    } while (walk_next(&w, 2, at));
  }
  return CH_OK;
}
