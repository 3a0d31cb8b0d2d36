/* Copies, casts, fills and transposes. */
#include "convert.h"
#include "shapes.h"
#include "types.h"

typedef void (*cast_kernel)(ch_long n, const void *x, void *y);

#define AS_IS(x) (x)
#define TO_BOOL(x) ((x) != 0)
#define TO_HALF(x) to_half((float)(x))
#define TO_BFLOAT(x) to_bfloat((float)(x))
#define TO_I32(x) _Generic((x), float: int32_of_f32, default: int32_of_f64)(x)
#define TO_I64(x) _Generic((x), float: int64_of_f32, default: int64_of_f64)(x)

#define CAST(from, F, LOAD, to, T, STORE)                                   \
  static void from##_to_##to(ch_long n, const void *xv, void *yv) {         \
    const F *x = xv;                                                        \
    T *y = yv;                                                              \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                           \
      y[i] = STORE(LOAD(x[i]));                                             \
    }                                                                       \
  }

/* BYTE, NARROW and WIDE convert a value of the source to uint8, to the other integers of up to 32 bits, and to int64. */
#define CASTS_OF(from, F, LOAD, BYTE, NARROW, WIDE)                         \
  CAST(from, F, LOAD, bool, uint8_t, (uint8_t)TO_BOOL)                      \
  CAST(from, F, LOAD, u8, uint8_t, (uint8_t)BYTE)                           \
  CAST(from, F, LOAD, i8, int8_t, (int8_t)NARROW)                           \
  CAST(from, F, LOAD, i16, int16_t, (int16_t)NARROW)                        \
  CAST(from, F, LOAD, i32, int32_t, (int32_t)NARROW)                        \
  CAST(from, F, LOAD, i64, int64_t, (int64_t)WIDE)                          \
  CAST(from, F, LOAD, f16, half, TO_HALF)                                   \
  CAST(from, F, LOAD, bf16, bfloat, TO_BFLOAT)                              \
  CAST(from, F, LOAD, f32, float, (float)AS_IS)                             \
  CAST(from, F, LOAD, f64, double, (double)AS_IS)

/* PyTorch makes a uint8 of 64 bits: of a float that is the same, as the last 8 of the bits beyond 31 are 0. */
CASTS_OF(bool, uint8_t, TO_BOOL, AS_IS, AS_IS, AS_IS)
CASTS_OF(u8, uint8_t, AS_IS, AS_IS, AS_IS, AS_IS)
CASTS_OF(i8, int8_t, AS_IS, AS_IS, AS_IS, AS_IS)
CASTS_OF(i16, int16_t, AS_IS, AS_IS, AS_IS, AS_IS)
CASTS_OF(i32, int32_t, AS_IS, AS_IS, AS_IS, AS_IS)
CASTS_OF(i64, int64_t, AS_IS, AS_IS, AS_IS, AS_IS)
CASTS_OF(f16, half, from_half, TO_I32, TO_I32, TO_I64)
CASTS_OF(bf16, bfloat, from_bfloat, TO_I32, TO_I32, TO_I64)
CASTS_OF(f32, float, AS_IS, TO_I32, TO_I32, TO_I64)
CASTS_OF(f64, double, AS_IS, TO_I64, TO_I32, TO_I64)

#define ROW(from)                                                                                          \
  {from##_to_bool, from##_to_u8,  from##_to_i8,   from##_to_i16, from##_to_i32,                            \
   from##_to_i64,  from##_to_f16, from##_to_bf16, from##_to_f32, from##_to_f64}
static const cast_kernel casts[DTYPES][DTYPES] = {ROW(bool), ROW(u8),  ROW(i8),   ROW(i16), ROW(i32),
                                                  ROW(i64),  ROW(f16), ROW(bf16), ROW(f32), ROW(f64)};

static void cast_row(int from, int to, ch_long n, const char *x, ch_long sx, char *y, ch_long sy) {
  size_t size = element_size(from), result = element_size(to);
  if (from == to) {
    ch_move(size, n, x, sx, y, sy);
    return;
  }
  cast_kernel cast = casts[from][to];
  STAGED(taken);
  STAGED(made);
  if ((sx == 1 && sy == 1) || n == 1) {
    cast(n, x, y);
  } else if (sx == 0) {
    cast(1, x, made);
    ch_fill(result, n, made, y, sy);
  } else {
    for (ch_long done = 0; done < n; done += STAGE) {
      ch_long count = n - done < STAGE ? n - done : STAGE;
      const char *source = x + done * sx * (ch_long)size;
      char *target = y + done * sy * (ch_long)result;
      if (sx != 1) {
        ch_move(size, count, source, sx, taken, 1);
        source = taken;
      }
      cast(count, source, sy == 1 ? target : made);
      if (sy != 1) {
        ch_move(result, count, made, 1, target, sy);
      }
    }
  }
}

int ch_copy_1d(int from, int to, ch_long n, const void *x, ch_long sx, void *y, ch_long sy) {
  if (!element_size(from) || !element_size(to)) {
    return CH_NO_KERNEL;
  }
  if (n > 0) {
    cast_row(from, to, n, x, sx, y, sy);
  }
  return CH_OK;
}

/* ---- transposes: y[r * yr + c] = x[r + c * xc], in square tiles whose rows and columns both stay in the first cache ---- */

#define TILE 32

#define TRANSPOSE(T)                                                                                              \
  static void transpose_##T(ch_long rows, ch_long columns, const T *x, ch_long xc, T *y, ch_long yr) {            \
    for (ch_long c0 = 0; c0 < columns; c0 += TILE) {                                                              \
      ch_long c1 = c0 + TILE < columns ? c0 + TILE : columns;                                                     \
      for (ch_long r0 = 0; r0 < rows; r0 += 8) {                                                                  \
        ch_long r1 = r0 + 8 < rows ? r0 + 8 : rows;                                                               \
        if (r1 - r0 == 8) {                                                                                       \
          for (ch_long c = c0; c < c1; c++) {                                                                     \
            const T *from = x + c * xc + r0;                                                                      \
            T *to = y + r0 * yr + c;                                                                              \
            T a = from[0], b = from[1], d = from[2], e = from[3];                                                 \
            T f = from[4], g = from[5], h = from[6], i = from[7];                                                 \
            to[0] = a, to[yr] = b, to[2 * yr] = d, to[3 * yr] = e;                                                \
            to[4 * yr] = f, to[5 * yr] = g, to[6 * yr] = h, to[7 * yr] = i;                                       \
          }                                                                                                       \
        } else {                                                                                                  \
          for (ch_long r = r0; r < r1; r++) {                                                                     \
            for (ch_long c = c0; c < c1; c++) { y[r * yr + c] = x[c * xc + r]; }                                  \
          }                                                                                                       \
        }                                                                                                         \
      }                                                                                                           \
    }                                                                                                             \
  }
TRANSPOSE(uint8_t)
TRANSPOSE(uint16_t)
TRANSPOSE(uint32_t)
TRANSPOSE(uint64_t)

static void transpose(size_t size, ch_long rows, ch_long columns, const void *x, ch_long xc, void *y, ch_long yr) {
  switch (size) {
    case 1: transpose_uint8_t(rows, columns, x, xc, y, yr); break;
    case 2: transpose_uint16_t(rows, columns, x, xc, y, yr); break;
    case 4: transpose_uint32_t(rows, columns, x, xc, y, yr); break;
    default: transpose_uint64_t(rows, columns, x, xc, y, yr); break;
  }
}

/* The axis, other than the last, along which x has unit stride while y has it along the last; or the other way round; -1 if none. */
static int crossing(int ndim, const ch_long *dims, const ch_long *unit, const ch_long *other) {
  int last = ndim - 1;
  if (unit[last] == 1 || other[last] != 1 || dims[last] < 4) {
    return -1;
  }
  for (int d = last - 1; d >= 0; d--) {
    if (unit[d] == 1 && dims[d] >= 4) {
      return d;
    }
  }
  return -1;
}

int ch_copy_nd(int from, int to, int ndim, const ch_long *dims, const void *x, void *y) {
  const size_t sizes[2] = {element_size(from), element_size(to)};
  if (!sizes[0] || !sizes[1]) {
    return CH_NO_KERNEL;
  }
  const ch_long *sx = dims + ndim, *sy = sx + ndim;
  struct walk w;
  char *at[2] = {(char *)x, y};
  if (!walk_begin(&w, ndim, dims, 2, sizes)) {
    return CH_OK;
  }
  int last = ndim - 1;
  int across = from == to ? crossing(ndim, dims, sx, sy) : -1;
  int back = from == to && across < 0 ? crossing(ndim, dims, sy, sx) : -1;
  int axis = across >= 0 ? across : back;
  if (axis < 0) {
    do {
      cast_row(from, to, dims[last], at[0], sx[last], at[1], sy[last]);
    } while (walk_next(&w, 2, at));
    return CH_OK;
  }
  w.size[axis] = 1;
  do {
    if (across >= 0) {
      transpose(sizes[0], dims[axis], dims[last], at[0], sx[last], at[1], sy[axis]);
    } else {
      transpose(sizes[0], dims[last], dims[axis], at[0], sx[axis], at[1], sy[last]);
    }
  } while (walk_next(&w, 2, at));
  return CH_OK;
}

/* ---- triangles ------------------------------------------------------------------------------------------------ */

int ch_triangle(int upper, int dtype, ch_long first, ch_long count, ch_long rows, ch_long columns, ch_long diagonal,
                const void *xv, void *yv) {
  ch_long size = (ch_long)element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  for (ch_long row = first; row < first + count; row++) {
    ch_long border = row % rows + diagonal + !upper;
    border = border < 0 ? 0 : border > columns ? columns : border;
    ch_long from = upper ? border : 0, to = upper ? columns : border;
    const char *x = (const char *)xv + row * columns * size;
    char *y = (char *)yv + row * columns * size;
    memset(y, 0, (size_t)(from * size));
    if (x != y) {
      memcpy(y + from * size, x + from * size, (size_t)((to - from) * size));
    }
    memset(y + to * size, 0, (size_t)((columns - to) * size));
  }
  return CH_OK;
}

/* ---- ranges --------------------------------------------------------------------------------------------------- */

#define ARANGE_INTEGER(S, T, DTYPE)                                                                          \
  case DTYPE: {                                                                                              \
    T *y = yv;                                                                                               \
    for (ch_long i = 0; i < n; i++) { y[i] = (T)(istart + (first + i) * istep); }                            \
    return CH_OK;                                                                                            \
  }
#define ARANGE_FLOATING(T, DTYPE, ELEMENT)                                                                   \
  case DTYPE: {                                                                                              \
    T *y = yv;                                                                                               \
    for (ch_long i = 0; i < n; i++) { y[i] = ELEMENT(start, (double)(first + i), step); }                    \
    return CH_OK;                                                                                            \
  }

#define MAD(start, i, step) mad_f64(i, step, start)
#define MAD_HALF(start, i, step) TO_HALF(mad_f64(i, step, start))
#define MAD_BFLOAT(start, i, step) TO_BFLOAT(mad_f64(i, step, start))

int ch_arange(int dtype, ch_long n, ch_long first, double start, double step, ch_long istart, ch_long istep,
              void *yv) {
  switch (dtype) {
    EACH_INTEGER(ARANGE_INTEGER)
    ARANGE_FLOATING(half, CH_FLOAT16, MAD_HALF)
    ARANGE_FLOATING(bfloat, CH_BFLOAT16, MAD_BFLOAT)
    ARANGE_FLOATING(float, CH_FLOAT32, mad_once)
    ARANGE_FLOATING(double, CH_FLOAT64, MAD)
    default: return CH_NO_KERNEL;
  }
}
