/* Elementwise operations of three operands and a number: loops made from ops.def, for all but bool. */
#include "shapes.h"
#include "types.h"

#pragma GCC diagnostic ignored "-Wtype-limits"

struct number {
  double value;
  ch_long whole;
};

typedef void (*ternary_kernel)(int held, ch_long n, const struct number *number, const void *a, const void *b,
                               const void *c, void *y);

#define T uint8_t
#define S u8
#define KIND INTEGER
#include "ternary_of.h"

#define T int8_t
#define S i8
#define KIND INTEGER
#include "ternary_of.h"

#define T int16_t
#define S i16
#define KIND INTEGER
#include "ternary_of.h"

#define T int32_t
#define S i32
#define KIND INTEGER
#include "ternary_of.h"

#define T int64_t
#define S i64
#define KIND INTEGER
#include "ternary_of.h"

#define T float
#define S f32
#define KIND FLOATING
#include "ternary_of.h"

#define T double
#define S f64
#define KIND FLOATING
#include "ternary_of.h"

static const ternary_kernel *const tables[DTYPES] = {
    [CH_UINT8] = table_u8,  [CH_INT8] = table_i8,   [CH_INT16] = table_i16,   [CH_INT32] = table_i32,
    [CH_INT64] = table_i64, [CH_FLOAT32] = table_f32, [CH_FLOAT64] = table_f64};

static ternary_kernel kernel_of(int op, int dtype) {
  int known = op >= 0 && op < TERNARY_OPS && dtype >= 0 && dtype < DTYPES && tables[dtype];
  return known ? tables[dtype][op] : NULL;
}

/* What rows have in common; the strides are those of a, b, c and y along them. */
struct rows {
  ternary_kernel kernel;
  struct number number;
  size_t size;
  ch_long stride[4];
};

/* How many of the last operands are held still, or -1 where a row has to pass through buffers. */
INLINE int held_of(const ch_long *stride) {
  if (stride[0] != 1 || stride[3] != 1) {
    return -1;
  }
  return stride[2] == 1 ? (stride[1] == 1 ? 0 : -1) : stride[2] != 0 ? -1 : stride[1] == 1 ? 1 : stride[1] == 0 ? 2 : -1;
}

static void strided(const struct rows *r, ch_long n, char *const *at) {
  STAGED(a);
  STAGED(b);
  STAGED(c);
  STAGED(to);
  char *const stages[] = {a, b, c};
  ch_long size = (ch_long)r->size;
  for (ch_long done = 0; done < n; done += STAGE) {
    ch_long count = n - done < STAGE ? n - done : STAGE;
    const char *from[3];
    for (int o = 0; o < 3; o++) {
      from[o] = r->stride[o] == 1 ? at[o] + done * size : stages[o];
      if (r->stride[o] > 1 || r->stride[o] < 0 || (r->stride[o] == 0 && done == 0)) {
        ch_move(r->size, count, at[o] + done * r->stride[o] * size, r->stride[o], stages[o], 1);
      }
    }
    char *y = at[3] + done * r->stride[3] * size;
    r->kernel(0, count, &r->number, from[0], from[1], from[2], r->stride[3] == 1 ? y : to);
    if (r->stride[3] != 1) {
      ch_move(r->size, count, to, 1, y, r->stride[3]);
    }
  }
}

INLINE void row(const struct rows *r, ch_long n, char *const *at) {
  int held = n == 1 ? 0 : held_of(r->stride);
  if (held >= 0) {
    r->kernel(held, n, &r->number, at[0], at[1], at[2], at[3]);
  } else {
    strided(r, n, at);
  }
}

int ch_ternary_1d(int op, int dtype, double value, ch_long whole, ch_long n, const void *a, ch_long sa, const void *b,
                  ch_long sb, const void *c, ch_long sc, void *y, ch_long sy) {
  struct rows r = {kernel_of(op, dtype), {value, whole}, element_size(dtype), {sa, sb, sc, sy}};
  char *const at[4] = {(char *)a, (char *)b, (char *)c, y};
  if (!r.kernel) {
    return CH_NO_KERNEL;
  }
  if (n > 0) {
    row(&r, n, at);
  }
  return CH_OK;
}

int ch_ternary_nd(int op, int dtype, double value, ch_long whole, int ndim, const ch_long *dims, const void *a,
                  const void *b, const void *c, void *y) {
  const ch_long *last = dims + ndim - 1;
  struct rows r = {kernel_of(op, dtype), {value, whole}, element_size(dtype),
                   {last[ndim], last[2 * ndim], last[3 * ndim], last[4 * ndim]}};
  if (!r.kernel) {
    return CH_NO_KERNEL;
  }
  const size_t sizes[4] = {r.size, r.size, r.size, r.size};
  struct walk w;
  char *at[4] = {(char *)a, (char *)b, (char *)c, y};
  if (walk_begin(&w, ndim, dims, 4, sizes)) {
    do {
      row(&r, *last, at);
    } while (walk_next(&w, 4, at));
  }
  return CH_OK;
}
