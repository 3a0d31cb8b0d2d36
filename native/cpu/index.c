/*
 * Indexing. Elements are moved by size; only what combines them looks at them, in the type of the dtype (of bools the sum and
 * the greatest are or, the product and the least and).
 *
 * What reads checks indices on its way. What writes has them checked before, by ch_index_check, as a bad one leaves everything
 * as it was, and looks once more: indices and masks may be memory that another thread is writing, against the rules. Then the
 * result is unspecified, but no address outside the operands is touched, as what is looked at is a copy.
 */
#include "convert.h"
#include "shapes.h"
#include "types.h"

#define STORES (CH_STORE_MIN + 1)

/* Whether all n indices, `step` apart, lie in [low, limit); the first that does not goes to *bad. */
static int within(ch_long n, const ch_long *index, ch_long step, ch_long low, ch_long limit, ch_long *bad) {
  int outside = 0;
  if (step == 1) {
    for (ch_long j = 0; j < n; j++) {
      outside |= (index[j] >= limit) | (index[j] < low);
    }
  } else {
    for (ch_long j = 0; j < n; j++) {
      outside |= (index[j * step] >= limit) | (index[j * step] < low);
    }
  }
  if (UNLIKELY(outside)) {
    *bad = limit;
    for (ch_long j = 0; j < n; j++) {
      ch_long found = *(const volatile ch_long *)(index + j * step);
      if (found >= limit || found < low) {
        *bad = found;
        break;
      }
    }
  }
  return !outside;
}

int ch_index_check(int ndim, const ch_long *dims, ch_long n, ch_long low, const ch_long *index, ch_long *bad) {
  const size_t size = sizeof *index;
  struct walk w;
  char *at = (char *)index;
  if (walk_begin(&w, ndim, dims, 1, &size)) {
    do {
      if (!within(dims[ndim - 1], (const ch_long *)at, dims[2 * ndim - 1], low, n, bad)) {
        return CH_INDEX_OUT_OF_RANGE;
      }
    } while (walk_next(&w, 1, &at));
  }
  return CH_OK;
}

/* An axis of n places, of which indices name one, from `low` to n - 1. */
struct axis {
  ch_long n, low, stride, *bad;
};

/* Vectors of indices; the compiler takes one that went through `held` for a new value, which it cannot read again. */
typedef ch_long longs __attribute__((vector_size(VECTOR_BYTES)));
#define LONGS (VECTOR_BYTES / (ch_long)sizeof(ch_long))
#if defined(__aarch64__)
#define HELD "+w"
#else
#define HELD "+x"
#endif
INLINE longs held(const ch_long *index) {
  longs x;
  memcpy(&x, index, sizeof x);
  __asm__("" : HELD(x));
  return x;
}

/*
 * The places, counted from the start, of up to PLACES indices that are `step` apart; false where one is out of range, which goes
 * to *bad. Each index is read once: what was looked at is what is used.
 */
#define PLACES 64
static int places_of(ch_long count, const ch_long *index, ch_long step, const struct axis *axis, ch_long *at) {
  const ch_long n = axis->n, low = axis->low;
  longs outside = {0};
  ch_long j = 0;
  int any = 0;
  if (step == 1) {
    for (; j + LONGS <= count; j += LONGS) {
      longs i = held(index + j);
      outside |= (longs)(i >= n) | (longs)(i < low);
      i += (longs)(i < 0) & n;
      memcpy(at + j, &i, sizeof i);
    }
  }
  for (; j < count; j++) {
    const ch_long i = *(const volatile ch_long *)(index + j * step);
    any |= (i >= n) | (i < low);
    at[j] = i + (i < 0 ? n : 0);
  }
  for (int lane = 0; lane < LONGS; lane++) {
    any |= outside[lane] != 0;
  }
  if (UNLIKELY(any)) {
    *axis->bad = n;
    within(count, index, step, low, n, axis->bad);
  }
  return !any;
}

/*
 * A loop over all indices, PLACES at a time: the body has p, the number of an index, and its `place`. It ends the function where
 * an index is out of range. A compiler that would make vectors of the body is kept from it: it takes longer to bring elements
 * from everywhere into a register, and to take places out of one, than to move them one by one.
 */
#define EACH_PLACE(LOOP, count, index, step, axis, ...)                              \
  for (ch_long p0 = 0; p0 < (count); p0 += PLACES) {                                 \
    _Alignas(64) ch_long at[PLACES];                                                 \
    const ch_long some = (count)-p0 < PLACES ? (count)-p0 : PLACES;                  \
    if (UNLIKELY(!places_of(some, (index) + p0 * (step), step, axis, at))) {         \
      return 0;                                                                      \
    }                                                                                \
    LOOP for (ch_long j = 0; j < some; j++) {                                        \
      const ch_long p = p0 + j;                                                      \
      ch_long place = at[j];                                                         \
      __asm__("" : "+r"(place));                                                     \
      __VA_ARGS__;                                                                   \
    }                                                                                \
  }
#define PLAIN
#define UNROLLED _Pragma("GCC unroll 8")

/* ---- what a write makes of the element that is there, a, and the one that comes, b -------------------------------------- */

#define SUM(a, b) ((a) + (b))
#define PRODUCT(a, b) ((a) * (b))
#define EITHER(a, b) ((a) | (b))
#define BOTH(a, b) ((a) & (b))
/* A NaN wins. */
#define GREATER(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define LESS(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))

/* The strides of x, index and y along one row, in elements. */
struct strides {
  ch_long x, index, y;
};

typedef void (*combine_kernel)(ch_long n, const void *x, void *y);
/* One row of elements that an index names each, on an axis of x or of y; false where an index is out of range. */
typedef int (*index_kernel)(ch_long count, struct strides s, const struct axis *axis, const void *x, const ch_long *index,
                            void *y);

/* A whole row, and elements that an index names each; WIDE is the type to compute in. */
#define COMBINED(NAME, S, T, WIDE, READ, WRITE, OF)                                                            \
  static void NAME##_##S(ch_long n, const void *xv, void *yv) {                                                \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                              \
      const WIDE a = READ(y[i]), b = READ(x[i]);                                                               \
      y[i] = WRITE(OF(a, b));                                                                                  \
    }                                                                                                          \
  }                                                                                                            \
  static int scatter_##NAME##_##S(ch_long count, struct strides s, const struct axis *axis, const void *xv,    \
                                  const ch_long *index, void *yv) {                                            \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    const ch_long step = axis->stride;                                                                         \
    if (s.index == 0 && s.x == 1 && s.y == 1) {                                                                \
      ch_long place;                                                                                           \
      if (!places_of(1, index, 1, axis, &place)) {                                                             \
        return 0;                                                                                              \
      }                                                                                                        \
      NAME##_##S(count, x, y + place * step);                                                                  \
      return 1;                                                                                                \
    }                                                                                                          \
    if (s.x == 1 && s.y == 0 && step == 1) {                                                                   \
      EACH_PLACE(PLAIN, count, index, s.index, axis, const WIDE a = READ(y[place]), b = READ(x[p]);            \
                        y[place] = WRITE(OF(a, b)))                                                            \
      return 1;                                                                                                \
    }                                                                                                          \
    EACH_PLACE(PLAIN, count, index, s.index, axis, T *target = y + p * s.y + place * step;                     \
               const WIDE a = READ(*target), b = READ(x[p * s.x]); *target = WRITE(OF(a, b)))                  \
    return 1;                                                                                                  \
  }
#define COMBINED_NUMBER(S, T, DTYPE)                            \
  COMBINED(add, S, T, T, READ_NUMBER, (T), SUM)                 \
  COMBINED(multiply, S, T, T, READ_NUMBER, (T), PRODUCT)        \
  COMBINED(greatest, S, T, T, READ_NUMBER, (T), GREATER)        \
  COMBINED(least, S, T, T, READ_NUMBER, (T), LESS)
#define COMBINED_HALF(S, T, READ, WRITE)                \
  COMBINED(greatest, S, T, float, READ, WRITE, GREATER) \
  COMBINED(least, S, T, float, READ, WRITE, LESS)
EACH_INTEGER(COMBINED_NUMBER)
EACH_FLOATING(COMBINED_NUMBER)
COMBINED_HALF(f16, half, from_half, to_half)
COMBINED_HALF(bf16, bfloat, from_bfloat, to_bfloat)
COMBINED(add, bool, uint8_t, uint8_t, READ_TRUTH, (uint8_t), EITHER)
COMBINED(multiply, bool, uint8_t, uint8_t, READ_TRUTH, (uint8_t), BOTH)
COMBINED(greatest, bool, uint8_t, uint8_t, READ_TRUTH, (uint8_t), EITHER)
COMBINED(least, bool, uint8_t, uint8_t, READ_TRUTH, (uint8_t), BOTH)

#define EACH_DTYPE(NAME, F16, BF16)                                                                        \
  {NAME##_bool, NAME##_u8, NAME##_i8, NAME##_i16, NAME##_i32, NAME##_i64, F16, BF16, NAME##_f32, NAME##_f64}
#define ROUNDED(NAME) EACH_DTYPE(NAME, NULL, NULL)
#define EXACT(NAME) EACH_DTYPE(NAME, NAME##_f16, NAME##_bf16)

/*
 * The rows of CH_STORE_REPLACE are empty: what replaces is moved. Halves are not added or multiplied, as the results would be
 * rounded at every step.
 */
static const combine_kernel combiners[STORES][DTYPES] = {
    {NULL}, ROUNDED(add), ROUNDED(multiply), EXACT(greatest), EXACT(least)};
static const index_kernel scatterers[STORES][DTYPES] = {
    {NULL}, ROUNDED(scatter_add), ROUNDED(scatter_multiply), EXACT(scatter_greatest), EXACT(scatter_least)};

/* Bytes of an element, or 0 where there is no such dtype, or no such way to write one. */
static size_t stored_size(int store, int dtype) {
  const size_t size = element_size(dtype);
  const int moved = store == CH_STORE_REPLACE, known = store >= 0 && store < STORES;
  return size && (moved || (known && combiners[store][dtype])) ? size : 0;
}

/* ---- one index per element ----------------------------------------------------------------------------------------------- */

/* Moves elements that lie side by side, all of which one index names a place of x or of y for. */
static int moved_row(size_t size, ch_long count, const ch_long *index, const struct axis *axis, const char *x, ch_long sx,
                     char *y, ch_long sy) {
  ch_long place;
  if (!places_of(1, index, 1, axis, &place)) {
    return 0;
  }
  memcpy(y + place * sy * (ch_long)size, x + place * sx * (ch_long)size, (size_t)count * size);
  return 1;
}

#define GATHER(T)                                                                                              \
  static int gather_##T(ch_long count, struct strides s, const struct axis *axis, const void *xv,              \
                        const ch_long *index, void *yv) {                                                      \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    const ch_long step = axis->stride;                                                                         \
    if (s.index == 0 && s.x == 1 && s.y == 1) {                                                                \
      return moved_row(sizeof(T), count, index, axis, xv, step, yv, 0);                                        \
    }                                                                                                          \
    if (s.x == 0 && s.y == 1 && step == 1) {                                                                   \
      EACH_PLACE(UNROLLED, count, index, s.index, axis, y[p] = x[place])                                       \
      return 1;                                                                                                \
    }                                                                                                          \
    EACH_PLACE(PLAIN, count, index, s.index, axis, y[p * s.y] = x[p * s.x + place * step])                     \
    return 1;                                                                                                  \
  }                                                                                                            \
  static int scatter_##T(ch_long count, struct strides s, const struct axis *axis, const void *xv,             \
                         const ch_long *index, void *yv) {                                                     \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    const ch_long step = axis->stride;                                                                         \
    if (s.index == 0 && s.x == 1 && s.y == 1) {                                                                \
      return moved_row(sizeof(T), count, index, axis, xv, 0, yv, step);                                        \
    }                                                                                                          \
    if (s.x == 1 && s.y == 0 && step == 1) {                                                                   \
      EACH_PLACE(UNROLLED, count, index, s.index, axis, y[place] = x[p])                                       \
      return 1;                                                                                                \
    }                                                                                                          \
    EACH_PLACE(PLAIN, count, index, s.index, axis, y[p * s.y + place * step] = x[p * s.x])                     \
    return 1;                                                                                                  \
  }
GATHER(uint8_t)
GATHER(uint16_t)
GATHER(uint32_t)
GATHER(uint64_t)

#define BY_SIZE(NAME, size)                                                                                    \
  (size == 1 ? NAME##_uint8_t : size == 2 ? NAME##_uint16_t : size == 4 ? NAME##_uint32_t : NAME##_uint64_t)

/* What writes one element; NULL where there is no such kernel. */
static index_kernel scatterer(int store, int dtype) {
  const size_t size = stored_size(store, dtype);
  return !size ? NULL : store == CH_STORE_REPLACE ? BY_SIZE(scatter, size) : scatterers[store][dtype];
}

/* Runs a kernel on every row. */
static int each_row(index_kernel kernel, size_t size, int ndim, const ch_long *dims, const struct axis *axis, const void *x,
                    const ch_long *index, void *y) {
  const size_t sizes[3] = {size, sizeof(ch_long), size};
  const struct strides s = {dims[2 * ndim - 1], dims[3 * ndim - 1], dims[4 * ndim - 1]};
  struct walk w;
  char *at[3] = {(char *)x, (char *)index, y};
  if (walk_begin(&w, ndim, dims, 3, sizes)) {
    do {
      if (!kernel(dims[ndim - 1], s, axis, at[0], (const ch_long *)at[1], at[2])) {
        return CH_INDEX_OUT_OF_RANGE;
      }
    } while (walk_next(&w, 3, at));
  }
  return CH_OK;
}

int ch_gather(int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn, const void *x,
              const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype);
  const struct axis axis = {n, low, sn, bad};
  return size ? each_row(BY_SIZE(gather, size), size, ndim, dims, &axis, x, index, y) : CH_NO_KERNEL;
}

int ch_scatter(int store, int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn,
               const void *x, const ch_long *index, void *y, ch_long *bad) {
  const index_kernel kernel = scatterer(store, dtype);
  const struct axis axis = {n, low, sn, bad};
  return kernel ? each_row(kernel, element_size(dtype), ndim, dims, &axis, x, index, y) : CH_NO_KERNEL;
}

/* ---- whole rows ------------------------------------------------------------------------------------------------------- */

static int select_rows(size_t row, ch_long count, const struct axis *axis, const char *x, const ch_long *index, char *y) {
  EACH_PLACE(PLAIN, count, index, 1, axis, memcpy(y + (size_t)p * row, x + (size_t)place * row, row))
  return 1;
}

int ch_index_select(int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long count, const void *x,
                    const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype), row = size * (size_t)inner;
  const struct strides single = {0, 1, 1};
  const struct axis axis = {n, low, 1, bad};
  if (!size) {
    return CH_NO_KERNEL;
  }
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += (size_t)n * row, to += (size_t)count * row) {
    if (!(inner == 1 ? BY_SIZE(gather, size)(count, single, &axis, from, index, to)
                     : select_rows(row, count, &axis, from, index, to))) {
      return CH_INDEX_OUT_OF_RANGE;
    }
  }
  return CH_OK;
}

/* Rows of `width` elements, `row` bytes from one to the next; `combine` is NULL where they are replaced. */
static int put_rows(combine_kernel combine, size_t size, ch_long width, size_t row, ch_long count, const struct axis *axis,
                    const char *x, const ch_long *index, char *y) {
  const size_t bytes = size * (size_t)width;
  if (!combine) {
    EACH_PLACE(PLAIN, count, index, 1, axis, memcpy(y + (size_t)place * row, x + (size_t)p * row, bytes))
    return 1;
  }
  EACH_PLACE(PLAIN, count, index, 1, axis, combine(width, x + (size_t)p * row, y + (size_t)place * row))
  return 1;
}

int ch_index_put(int store, int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long width, ch_long count,
                 const void *x, const ch_long *index, void *y, ch_long *bad) {
  const size_t size = stored_size(store, dtype), row = size * (size_t)inner;
  const struct strides single = {1, 1, 0};
  const struct axis axis = {n, low, 1, bad};
  if (!size) {
    return CH_NO_KERNEL;
  }
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += (size_t)count * row, to += (size_t)n * row) {
    if (!(inner == 1 ? scatterer(store, dtype)(count, single, &axis, from, index, to)
                     : put_rows(combiners[store][dtype], size, width, row, count, &axis, from, index, to))) {
      return CH_INDEX_OUT_OF_RANGE;
    }
  }
  return CH_OK;
}

/* ---- several indices together ------------------------------------------------------------------------------------------ */

/* Each index is read once: what is checked is what is used. */
int ch_index_join(int ndim, const ch_long *dims, ch_long n, const ch_long *index, ch_long *positions, ch_long *bad) {
  const ch_long count = dims[ndim - 1], si = dims[2 * ndim - 1], sp = dims[3 * ndim - 1];
  const size_t sizes[2] = {sizeof(ch_long), sizeof(ch_long)};
  struct walk w;
  char *at[2] = {(char *)index, (char *)positions};
  int outside = 0;
  if (walk_begin(&w, ndim, dims, 2, sizes)) {
    do {
      const ch_long *from = (const ch_long *)at[0];
      ch_long *to = (ch_long *)at[1];
      for (ch_long p = 0; p < count; p++) {
        ch_long found = *(const volatile ch_long *)(from + p * si), i = found + (found < 0 ? n : 0);
        if (UNLIKELY((uint64_t)i >= (uint64_t)n && !outside)) {
          *bad = found;
          outside = 1;
        }
        to[p * sp] = to[p * sp] * n + i;
      }
    } while (walk_next(&w, 2, at));
  }
  return outside ? CH_INDEX_OUT_OF_RANGE : CH_OK;
}

/* ---- masks ----------------------------------------------------------------------------------------------------------------- */

ch_long ch_count_true(ch_long n, const void *maskv) {
  const uint8_t *mask = maskv;
  ch_long total = 0;
  for (ch_long done = 0; done < n; done += 4096) {
    ch_long count = n - done < 4096 ? n - done : 4096;
    uint32_t part = 0;
    for (ch_long i = 0; i < count; i++) {
      part += mask[done + i] != 0;
    }
    total += part;
  }
  return total;
}

/*
 * Every position is written, and the next one takes its place unless it was true: no branch depends on the mask. The room
 * is the count of true elements; where they have become fewer since, zeros fill it.
 */
int ch_positions(ch_long n, const void *maskv, ch_long room, ch_long *positions) {
  const uint8_t *mask = maskv;
  ch_long found = 0;
  for (ch_long i = 0; i < n && found < room; i++) {
    positions[found] = i;
    found += mask[i] != 0;
  }
  for (; found < room; found++) {
    positions[found] = 0;
  }
  return CH_OK;
}

int ch_repeats(ch_long n, const ch_long *counts, ch_long room, ch_long *y) {
  ch_long done = 0;
  for (ch_long j = 0; j < n; j++) {
    ch_long count = *(const volatile ch_long *)(counts + j);
    count = count > room - done ? room - done : count;
    for (ch_long i = 0; i < count; i++) {
      y[done + i] = j;
    }
    done += count > 0 ? count : 0;
  }
  for (; done < room; done++) {
    y[done] = n > 0 ? n - 1 : 0;
  }
  return CH_OK;
}

/* Each pivot is read once: what is checked is what is used. */
int ch_row_order(ch_long batch, ch_long k, ch_long n, const int *pivots, ch_long *order, ch_long *bad) {
  for (ch_long b = 0; b < batch; b++, pivots += k, order += n) {
    for (ch_long j = 0; j < n; j++) {
      order[j] = j;
    }
    for (ch_long j = 0; j < k; j++) {
      const ch_long other = *(const volatile int *)(pivots + j) - 1LL, held = order[j];
      if (UNLIKELY((uint64_t)other >= (uint64_t)n)) {
        *bad = other + 1;
        return CH_INDEX_OUT_OF_RANGE;
      }
      order[j] = order[other];
      order[other] = held;
    }
  }
  return CH_OK;
}
