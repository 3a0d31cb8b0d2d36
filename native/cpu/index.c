/*
 * Indexing: every index is checked before anything is written. Elements are moved by size; only accumulation looks at
 * them, in the type of the dtype (the half formats through float32, bool as or).
 *
 * Indices and masks may be memory that another thread is writing, against the rules: then the result is unspecified, but
 * no address outside the operands is touched. So an index is read once, and is in range whatever the check had seen.
 */
#include "convert.h"
#include "shapes.h"
#include "types.h"

/* Whether all n indices, `step` apart, lie in [-limit, limit); the first that does not goes to *bad. */
static int within(ch_long n, const ch_long *index, ch_long step, ch_long limit, ch_long *bad) {
  int outside = 0;
  for (ch_long j = 0; j < n; j++) {
    outside |= (index[j * step] >= limit) | (index[j * step] < -limit);
  }
  if (UNLIKELY(outside)) {
    *bad = limit;
    for (ch_long j = 0; j < n; j++) {
      ch_long found = *(const volatile ch_long *)(index + j * step);
      if (found >= limit || found < -limit) {
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

/* ---- accumulation --------------------------------------------------------------------------------------------------- */

typedef void (*add_kernel)(ch_long n, const void *x, void *y);

#define ADDED(S, T, SUM)                                                    \
  static void add_##S(ch_long n, const void *xv, void *yv) {                \
    const T *x = xv;                                                        \
    T *y = yv;                                                              \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                           \
      y[i] = SUM(y[i], x[i]);                                               \
    }                                                                       \
  }
#define PLAIN_SUM(a, b) ((a) + (b))
#define OR_SUM(a, b) (((a) | (b)) != 0)
#define HALF_SUM(a, b) to_half(from_half(a) + from_half(b))
#define BFLOAT_SUM(a, b) to_bfloat(from_bfloat(a) + from_bfloat(b))
#define ADDED_NUMBER(S, T, DTYPE) ADDED(S, T, (T)PLAIN_SUM)
EACH_INTEGER(ADDED_NUMBER)
EACH_FLOATING(ADDED_NUMBER)
ADDED(bool, uint8_t, OR_SUM)
ADDED(f16, half, HALF_SUM)
ADDED(bf16, bfloat, BFLOAT_SUM)

static const add_kernel adders[DTYPES] = {add_bool, add_u8,  add_i8,   add_i16, add_i32,
                                          add_i64,  add_f16, add_bf16, add_f32, add_f64};

/* ---- whole rows ------------------------------------------------------------------------------------------------------- */

#define SELECT_SINGLE(T)                                                                                       \
  static void select_##T(ch_long n, ch_long count, const T *x, const ch_long *index, T *y) {                   \
    for (ch_long j = 0; j < count; j++) {                                                                      \
      y[j] = x[place(index + j, n)];                                                                       \
    }                                                                                                          \
  }                                                                                                            \
  static void put_##T(ch_long n, ch_long count, const T *x, const ch_long *index, T *y) {                      \
    for (ch_long j = 0; j < count; j++) {                                                                      \
      y[place(index + j, n)] = x[j];                                                                       \
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

int ch_index_select(int dtype, ch_long outer, ch_long n, ch_long inner, ch_long count, const void *x,
                    const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!within(count, index, 1, n, bad)) {
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

int ch_index_put(int accumulate, int dtype, ch_long outer, ch_long n, ch_long inner, ch_long count, const void *x,
                 const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!within(count, index, 1, n, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const size_t row = size * (size_t)inner;
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += (size_t)count * row, to += (size_t)n * row) {
    if (inner == 1 && !accumulate) {
      put_single(size, n, count, from, index, to);
      continue;
    }
    for (ch_long j = 0; j < count; j++) {
      char *target = to + (size_t)place(index + j, n) * row;
      if (accumulate) {
        adders[dtype](inner, from + (size_t)j * row, target);
      } else {
        memcpy(target, from + (size_t)j * row, row);
      }
    }
  }
  return CH_OK;
}

/* ---- one index per element ----------------------------------------------------------------------------------------------- */

/* The strides of x, index and y along one row, in elements. */
struct strides {
  ch_long x, index, y;
};

#define GATHER(T)                                                                                                  \
  static void gather_##T(ch_long count, struct strides s, ch_long n, ch_long sn, const T *x, const ch_long *index, \
                         T *y) {                                                                                   \
    for (ch_long p = 0; p < count; p++) {                                                                          \
      y[p * s.y] = x[p * s.x + place(index + p * s.index, n) * sn];                                            \
    }                                                                                                              \
  }                                                                                                                \
  static void scatter_##T(ch_long count, struct strides s, ch_long n, ch_long sn, const T *x,                      \
                          const ch_long *index, T *y) {                                                            \
    for (ch_long p = 0; p < count; p++) {                                                                          \
      y[p * s.y + place(index + p * s.index, n) * sn] = x[p * s.x];                                            \
    }                                                                                                              \
  }
GATHER(uint8_t)
GATHER(uint16_t)
GATHER(uint32_t)
GATHER(uint64_t)

#define SCATTER_ADD(S, T, SUM)                                                                              \
  static void scatter_add_##S(ch_long count, struct strides s, ch_long n, ch_long sn, const void *xv,       \
                              const ch_long *index, void *yv) {                                             \
    const T *x = xv;                                                                                        \
    T *y = yv;                                                                                              \
    for (ch_long p = 0; p < count; p++) {                                                                   \
      T *target = y + p * s.y + place(index + p * s.index, n) * sn;                                     \
      *target = SUM(*target, x[p * s.x]);                                                                   \
    }                                                                                                       \
  }
#define SCATTER_ADD_NUMBER(S, T, DTYPE) SCATTER_ADD(S, T, (T)PLAIN_SUM)
EACH_INTEGER(SCATTER_ADD_NUMBER)
EACH_FLOATING(SCATTER_ADD_NUMBER)
SCATTER_ADD(bool, uint8_t, OR_SUM)
SCATTER_ADD(f16, half, HALF_SUM)
SCATTER_ADD(bf16, bfloat, BFLOAT_SUM)

typedef void (*scatter_kernel)(ch_long count, struct strides s, ch_long n, ch_long sn, const void *x,
                               const ch_long *index, void *y);
static const scatter_kernel scatter_adders[DTYPES] = {
    scatter_add_bool, scatter_add_u8,  scatter_add_i8,   scatter_add_i16, scatter_add_i32,
    scatter_add_i64,  scatter_add_f16, scatter_add_bf16, scatter_add_f32, scatter_add_f64};

static void gather_row(size_t size, ch_long count, struct strides s, ch_long n, ch_long sn, char *const *at) {
  const ch_long *index = (const ch_long *)at[1];
  const void *x = at[0];
  void *y = at[2];
  switch (size) {
    case 1: gather_uint8_t(count, s, n, sn, x, index, y); break;
    case 2: gather_uint16_t(count, s, n, sn, x, index, y); break;
    case 4: gather_uint32_t(count, s, n, sn, x, index, y); break;
    default: gather_uint64_t(count, s, n, sn, x, index, y); break;
  }
}

static void scatter_row(size_t size, ch_long count, struct strides s, ch_long n, ch_long sn, char *const *at) {
  const ch_long *index = (const ch_long *)at[1];
  const void *x = at[0];
  void *y = at[2];
  switch (size) {
    case 1: scatter_uint8_t(count, s, n, sn, x, index, y); break;
    case 2: scatter_uint16_t(count, s, n, sn, x, index, y); break;
    case 4: scatter_uint32_t(count, s, n, sn, x, index, y); break;
    default: scatter_uint64_t(count, s, n, sn, x, index, y); break;
  }
}

/* Checks every index of a walk over (x, index, y). */
static int all_within(int ndim, const ch_long *dims, const size_t *sizes, ch_long n, char *index, ch_long *bad) {
  struct walk w;
  char *at[3] = {index, index, index};
  const size_t still[3] = {0, sizes[1], 0};
  if (walk_begin(&w, ndim, dims, 3, still)) {
    do {
      if (!within(dims[ndim - 1], (const ch_long *)at[1], dims[3 * ndim - 1], n, bad)) {
        return 0;
      }
    } while (walk_next(&w, 3, at));
  }
  return 1;
}

int ch_gather(int dtype, int ndim, const ch_long *dims, ch_long n, ch_long sn, const void *x, const ch_long *index,
              void *y, ch_long *bad) {
  const size_t size = element_size(dtype), sizes[3] = {size, sizeof(ch_long), size};
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!all_within(ndim, dims, sizes, n, (char *)index, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const struct strides s = {dims[2 * ndim - 1], dims[3 * ndim - 1], dims[4 * ndim - 1]};
  struct walk w;
  char *at[3] = {(char *)x, (char *)index, y};
  if (walk_begin(&w, ndim, dims, 3, sizes)) {
    do {
      gather_row(size, dims[ndim - 1], s, n, sn, at);
    } while (walk_next(&w, 3, at));
  }
  return CH_OK;
}

int ch_scatter(int accumulate, int dtype, int ndim, const ch_long *dims, ch_long n, ch_long sn, const void *x,
               const ch_long *index, void *y, ch_long *bad) {
  const size_t size = element_size(dtype), sizes[3] = {size, sizeof(ch_long), size};
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (!all_within(ndim, dims, sizes, n, (char *)index, bad)) {
    return CH_INDEX_OUT_OF_RANGE;
  }
  const struct strides s = {dims[2 * ndim - 1], dims[3 * ndim - 1], dims[4 * ndim - 1]};
  struct walk w;
  char *at[3] = {(char *)x, (char *)index, y};
  if (walk_begin(&w, ndim, dims, 3, sizes)) {
    do {
      if (accumulate) {
        scatter_adders[dtype](dims[ndim - 1], s, n, sn, at[0], (const ch_long *)at[1], at[2]);
      } else {
        scatter_row(size, dims[ndim - 1], s, n, sn, at);
      }
    } while (walk_next(&w, 3, at));
  }
  return CH_OK;
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
