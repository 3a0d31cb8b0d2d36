/*
 * Indexing: every index is checked before anything is written. Elements are moved by size; only what combines them looks
 * at them, in the type of the dtype (of bools the sum and the greatest are or, the product and the least and).
 *
 * Indices and masks may be memory that another thread is writing, against the rules: then the result is unspecified, but
 * no address outside the operands is touched. So an index is read once, and is in range whatever the check had seen.
 */
#include "convert.h"
#include "shapes.h"
#include "types.h"

#define STORES (CH_STORE_MIN + 1)

/* Whether all n indices, `step` apart, lie in [low, limit); the first that does not goes to *bad. */
static int within(ch_long n, const ch_long *index, ch_long step, ch_long low, ch_long limit, ch_long *bad) {
  int outside = 0;
  for (ch_long j = 0; j < n; j++) {
    outside |= (index[j * step] >= limit) | (index[j * step] < low);
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

/* The place that an index names, counted from the start; 0 for one that is out of range after all. */
INLINE ch_long place(const ch_long *index, ch_long n) {
  ch_long i = *(const volatile ch_long *)index;
  i += i < 0 ? n : 0;
  return (uint64_t)i < (uint64_t)n ? i : 0;
}

/*
 * The places of up to PLACES indices, `step` apart, in vectors. The barrier lies between reading and looking, so that the
 * compiler cannot read an index again for the place that it was checked to be.
 */
#define PLACES 64
INLINE void places(ch_long count, const ch_long *index, ch_long step, ch_long n, ch_long *at) {
  if (step == 1) {
    memcpy(at, index, (size_t)count * sizeof *at);
  } else {
    for (ch_long j = 0; j < count; j++) {
      at[j] = index[j * step];
    }
  }
  __asm__ volatile("" : : "r"(at) : "memory");
  for (ch_long j = 0; j < count; j++) {
    const ch_long i = at[j] + (at[j] < 0 ? n : 0);
    at[j] = (uint64_t)i < (uint64_t)n ? i : 0;
  }
}

/* A loop over p of places in `at`, PLACES at a time: the body has j, of which at[j] is p's place. */
#define EACH_PLACE(count, index, step, n, BODY)                                     \
  for (ch_long p0 = 0; p0 < (count); p0 += PLACES) {                                \
    ch_long at[PLACES];                                                             \
    const ch_long some = (count)-p0 < PLACES ? (count)-p0 : PLACES;                 \
    places(some, (index) + p0 * (step), step, n, at);                               \
    INDEPENDENT for (ch_long j = 0; j < some; j++) { BODY; }                        \
  }

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
/* One row of elements that an index names each, on an axis of n elements with stride sn in x or in y. */
typedef void (*index_kernel)(ch_long count, struct strides s, ch_long n, ch_long sn, const void *x,
                             const ch_long *index, void *y);

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
  static void scatter_##NAME##_##S(ch_long count, struct strides s, ch_long n, ch_long sn, const void *xv,     \
                                   const ch_long *index, void *yv) {                                           \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    for (ch_long p = 0; p < count; p++) {                                                                      \
      T *target = y + p * s.y + place(index + p * s.index, n) * sn;                                            \
      const WIDE a = READ(*target), b = READ(x[p * s.x]);                                                      \
      *target = WRITE(OF(a, b));                                                                               \
    }                                                                                                          \
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

/* ---- whole rows ------------------------------------------------------------------------------------------------------- */

#define SELECT_SINGLE(T)                                                                                       \
  static void select_##T(ch_long n, ch_long count, const T *x, const ch_long *index, T *y) {                   \
    EACH_PLACE(count, index, 1, n, y[p0 + j] = x[at[j]])                                                       \
  }                                                                                                            \
  static void put_##T(ch_long n, ch_long count, const T *x, const ch_long *index, T *y) {                      \
    for (ch_long j = 0; j < count; j++) {                                                                      \
      y[place(index + j, n)] = x[j];                                                                           \
    }                                                                                                          \
  }
SELECT_SINGLE(uint8_t)
SELECT_SINGLE(uint16_t)
SELECT_SINGLE(uint32_t)
SELECT_SINGLE(uint64_t)

static void select_single(size_t size, ch_long n, ch_long count, const void *x, const ch_long *index, void *y) {
  switch (size) {
    case 1: select_uint8_t(n, count, x, index, y); break;
    case 2: select_uint16_t(n, count, x, index, y); break;
    case 4: select_uint32_t(n, count, x, index, y); break;
    default: select_uint64_t(n, count, x, index, y); break;
  }
}

static void put_single(size_t size, ch_long n, ch_long count, const void *x, const ch_long *index, void *y) {
  switch (size) {
    case 1: put_uint8_t(n, count, x, index, y); break;
    case 2: put_uint16_t(n, count, x, index, y); break;
    case 4: put_uint32_t(n, count, x, index, y); break;
    default: put_uint64_t(n, count, x, index, y); break;
  }
}

int ch_index_select(int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long count, const void *x,
                    const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!within(count, index, 1, low, n, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const size_t row = size * (size_t)inner;
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += (size_t)n * row, to += (size_t)count * row) {
    if (inner == 1) {
      select_single(size, n, count, from, index, to);
      continue;
    }
    for (ch_long j = 0; j < count; j++) {
      memcpy(to + (size_t)j * row, from + (size_t)place(index + j, n) * row, row);
    }
  }
  return CH_OK;
}

int ch_index_put(int store, int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long count,
                 const void *x, const ch_long *index, void *y, ch_long *bad) {
  const size_t size = stored_size(store, dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!within(count, index, 1, low, n, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const size_t row = size * (size_t)inner;
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += (size_t)count * row, to += (size_t)n * row) {
    if (inner == 1 && store == CH_STORE_REPLACE) {
      put_single(size, n, count, from, index, to);
      continue;
    }
    for (ch_long j = 0; j < count; j++) {
      char *target = to + (size_t)place(index + j, n) * row;
      if (store == CH_STORE_REPLACE) {
        memcpy(target, from + (size_t)j * row, row);
      } else {
        combiners[store][dtype](inner, from + (size_t)j * row, target);
      }
    }
  }
  return CH_OK;
}

/* ---- one index per element ----------------------------------------------------------------------------------------------- */

#define GATHER(T)                                                                                              \
  static void gather_##T(ch_long count, struct strides s, ch_long n, ch_long sn, const void *xv,               \
                         const ch_long *index, void *yv) {                                                     \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    if (s.x == 0 && s.index == 1 && s.y == 1 && sn == 1) {                                                     \
      EACH_PLACE(count, index, 1, n, y[p0 + j] = x[at[j]])                                                     \
      return;                                                                                                  \
    }                                                                                                          \
    EACH_PLACE(count, index, s.index, n, y[(p0 + j) * s.y] = x[(p0 + j) * s.x + at[j] * sn])                   \
  }                                                                                                            \
  static void scatter_##T(ch_long count, struct strides s, ch_long n, ch_long sn, const void *xv,              \
                          const ch_long *index, void *yv) {                                                    \
    const T *x = xv;                                                                                           \
    T *y = yv;                                                                                                 \
    for (ch_long p = 0; p < count; p++) {                                                                      \
      y[p * s.y + place(index + p * s.index, n) * sn] = x[p * s.x];                                            \
    }                                                                                                          \
  }
GATHER(uint8_t)
GATHER(uint16_t)
GATHER(uint32_t)
GATHER(uint64_t)

#define BY_SIZE(NAME, size)                                                                                    \
  (size == 1 ? NAME##_uint8_t : size == 2 ? NAME##_uint16_t : size == 4 ? NAME##_uint32_t : NAME##_uint64_t)

/* Checks every index of a walk over (x, index, y). */
static int all_within(int ndim, const ch_long *dims, const size_t *sizes, ch_long low, ch_long n, char *index,
                      ch_long *bad) {
  struct walk w;
  char *at[3] = {index, index, index};
  const size_t still[3] = {0, sizes[1], 0};
  if (walk_begin(&w, ndim, dims, 3, still)) {
    do {
      if (!within(dims[ndim - 1], (const ch_long *)at[1], dims[3 * ndim - 1], low, n, bad)) {
        return 0;
      }
    } while (walk_next(&w, 3, at));
  }
  return 1;
}

/* Runs a kernel on every row, once all positions have been looked at; `size` is 0 where there is no kernel. */
static int each_row(index_kernel kernel, size_t size, int ndim, const ch_long *dims, ch_long n, ch_long low,
                    ch_long sn, const void *x, const ch_long *index, void *y, ch_long *bad) {
  const size_t sizes[3] = {size, sizeof(ch_long), size};
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!all_within(ndim, dims, sizes, low, n, (char *)index, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const struct strides s = {dims[2 * ndim - 1], dims[3 * ndim - 1], dims[4 * ndim - 1]};
  struct walk w;
  char *at[3] = {(char *)x, (char *)index, y};
  if (walk_begin(&w, ndim, dims, 3, sizes)) {
    do {
      kernel(dims[ndim - 1], s, n, sn, at[0], (const ch_long *)at[1], at[2]);
    } while (walk_next(&w, 3, at));
  }
  return CH_OK;
}

int ch_gather(int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn, const void *x,
              const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype);
  return each_row(BY_SIZE(gather, size), size, ndim, dims, n, low, sn, x, index, y, bad);
}

int ch_scatter(int store, int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn,
               const void *x, const ch_long *index, void *y, ch_long *bad) {
  const size_t size = stored_size(store, dtype);
  const index_kernel kernel = !size ? NULL : store == CH_STORE_REPLACE ? BY_SIZE(scatter, size) : scatterers[store][dtype];
  return each_row(kernel, size, ndim, dims, n, low, sn, x, index, y, bad);
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
