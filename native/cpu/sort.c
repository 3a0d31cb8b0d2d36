/*
 * Sorting and what needs an order: ranks, the most frequent element, the order of rows, search in sorted rows. Elements
 * become keys with positions in scratch memory of the caller's, so that nothing is compared that another thread may
 * change, and only positions made here lead back to the elements.
 */
#include "convert.h"
#include "keys.h"
#include "shapes.h"
#include "types.h"

#define RUN 24     /* records that are sorted by insertion */
#define RADIX 16   /* times the bytes of a key: records from which on they are sorted byte by byte */
#define FEW 256    /* records that are kept in order while a row passes */
#define CHUNK 1024 /* keys that are made at a time for that */
#define BLOCK 32   /* of these are looked at together */

/* Makes keys of n elements, sx apart, whose order is theirs or, complemented, the opposite. */
typedef void (*loader)(ch_long n, const void *x, ch_long sx, int complement, void *keys);

/* Keys of up to 32 bits, of rows whose positions fit in as many. */
#define FN(NAME) NAME##_narrow
#define RECORD uint64_t
#define WORD uint32_t
#define MAKE(key, i) ((uint64_t)(key) << 32 | (uint64_t)(i))
#define BEFORE(a, b) ((a) < (b))
#define POSITION(r) ((r) & 0xffffffffu)
#define KEY(r) (uint32_t)((r) >> 32)
#include "sort_of.h"

struct wide { uint64_t key, position; };

#define FN(NAME) NAME##_wide
#define RECORD struct wide
#define WORD uint64_t
#define MAKE(k, i) ((struct wide){(k), (uint64_t)(i)})
#define BEFORE(a, b) ((a).key < (b).key)
#define POSITION(r) ((r).position)
#define KEY(r) ((r).key)
#include "sort_of.h"

#define NARROW_ROW ((ch_long)1 << 32)

/* ---- keys of a row -------------------------------------------------------------------------------------------------- */

#define LOAD(S, U, WORD, WIDTH)                                                                                  \
  static void load_##S##_##WIDTH(ch_long n, const void *xv, ch_long sx, int complement, void *kv) {              \
    const U *x = xv, flip = complement ? (U)~(U)0 : 0;                                                           \
    WORD *keys = kv;                                                                                             \
    for (ch_long i = 0; i < n; i++) { keys[i] = (U)(key_##S(x[i * sx]) ^ flip); }                                \
  }
#define LOADS(S, U, D) LOAD(S, U, uint32_t, narrow) LOAD(S, U, uint64_t, wide)
EACH_KEYED(LOADS)

static const loader narrow_loaders[DTYPES] = {
#define ENTRY(S, U, D) [D] = load_##S##_narrow,
    EACH_KEYED(ENTRY)
#undef ENTRY
};
static const loader wide_loaders[DTYPES] = {
#define ENTRY(S, U, D) [D] = load_##S##_wide,
    EACH_KEYED(ENTRY)
#undef ENTRY
};

static int is_floating(int dtype) { return dtype >= CH_FLOAT16; }

/* How the rows of one call are taken: their keys' bytes, and whether their records are the wide ones. */
struct rows {
  int bytes, wide, complement;
  size_t size;
  loader load;
  ch_long n, inner, so, sn, si;
};

static struct rows rows_of(int dtype, int descending, const ch_long *lines) {
  struct rows r = {.bytes = (int)element_size(dtype), .size = element_size(dtype), .complement = descending};
  r.n = lines[0];
  r.inner = lines[1];
  r.so = lines[2];
  r.sn = lines[3];
  r.si = lines[4];
  r.wide = r.bytes > 4 || r.n > NARROW_ROW;
  r.load = (r.wide ? wide_loaders : narrow_loaders)[dtype];
  return r;
}

static const char *row_at(const struct rows *r, const void *x, ch_long row) {
  return (const char *)x + (row / r->inner * r->so + row % r->inner * r->si) * (ch_long)r->size;
}

ch_long ch_sort_scratch(int dtype, ch_long n) { return (element_size(dtype) > 4 || n > NARROW_ROW ? 32 : 16) * n; }

/* Writes the elements at the positions of `count` records, and these positions, where they are wanted. */
#define PUT(WIDTH, RECORD, POSITION)                                                                                 \
  static void put_##WIDTH(const struct rows *r, ch_long count, const RECORD *sorted, const void *x, void *values,    \
                          ch_long *indices, ch_long step) {                                                          \
    if (indices) {                                                                                                   \
      for (ch_long i = 0; i < count; i++) { indices[i * step] = (ch_long)POSITION(sorted[i]); }                      \
    }                                                                                                                \
    if (values) {                                                                                                    \
      switch (r->size) {                                                                                             \
        case 1: PUT_EACH(uint8_t, POSITION) break;                                                                   \
        case 2: PUT_EACH(uint16_t, POSITION) break;                                                                  \
        case 4: PUT_EACH(uint32_t, POSITION) break;                                                                  \
        default: PUT_EACH(uint64_t, POSITION) break;                                                                 \
      }                                                                                                              \
    }                                                                                                                \
  }
#define PUT_EACH(U, POSITION)                                                                                        \
  for (ch_long i = 0; i < count; i++) {                                                                              \
    ((U *)values)[i * step] = ((const U *)x)[(ch_long)POSITION(sorted[i]) * r->sn];                                  \
  }
#define NARROW_POSITION(record) ((record) & 0xffffffffu)
#define WIDE_POSITION(record) ((record).position)
PUT(narrow, uint64_t, NARROW_POSITION)
PUT(wide, struct wide, WIDE_POSITION)

/* Where row `row` of a contiguous result with `count` elements for each row begins. */
static ch_long result_at(const struct rows *r, ch_long count, ch_long row) {
  return row / r->inner * r->inner * count + row % r->inner;
}

static void *values_at(const struct rows *r, void *values, ch_long at) {
  return values ? (char *)values + at * (ch_long)r->size : NULL;
}

int ch_sort(int dtype, int descending, const ch_long *lines, ch_long from, ch_long to, const void *x, void *values,
            ch_long *indices, void *scratch) {
  if (!element_size(dtype)) {
    return CH_NO_KERNEL;
  }
  const struct rows r = rows_of(dtype, descending, lines);
  for (ch_long row = from; row < to; row++) {
    const char *x0 = row_at(&r, x, row);
    const ch_long at = result_at(&r, r.n, row);
    ch_long *indices0 = indices ? indices + at : NULL;
    if (r.wide) {
      struct wide *records = scratch;
      r.load(r.n, x0, r.sn, r.complement, records + r.n);
      const struct wide *sorted = sort_keys_wide(r.n, r.bytes, (uint64_t *)(records + r.n), records);
      put_wide(&r, r.n, sorted, x0, values_at(&r, values, at), indices0, r.inner);
    } else {
      uint64_t *records = scratch;
      r.load(r.n, x0, r.sn, r.complement, records + r.n);
      const uint64_t *sorted = sort_keys_narrow(r.n, r.bytes, (uint32_t *)(records + r.n), records);
      put_narrow(&r, r.n, sorted, x0, values_at(&r, values, at), indices0, r.inner);
    }
  }
  return CH_OK;
}

/* ---- ranks ----------------------------------------------------------------------------------------------------------- */

/* The position, in sorted order, of the middle of what is not NaN, or for MEDIAN of the first NaN if there is one. */
#define MIDDLE(WIDTH, WORD)                                                                       \
  static ch_long middle_##WIDTH(ch_long n, int kind, int floating, WORD nan, const WORD *keys) {  \
    ch_long nans = 0;                                                                             \
    for (ch_long i = 0; floating && i < n; i++) { nans += keys[i] == nan; }                       \
    if (nans > 0 && (kind == CH_SELECT_MEDIAN || nans == n)) { return n - nans; }                 \
    return (n - nans - 1) / 2;                                                                    \
  }
MIDDLE(narrow, uint32_t)
MIDDLE(wide, uint64_t)

#define SELECT(WIDTH, WORD, RECORD)                                                                                   \
  static void select_##WIDTH(const struct rows *r, int kind, ch_long k, int floating, const void *x, void *values,    \
                             ch_long *indices, void *scratch) {                                                       \
    const ch_long n = r->n;                                                                                           \
    const WORD nan = r->bytes == 8 ? (WORD)~(WORD)0 : (WORD)(((uint64_t)1 << (8 * r->bytes)) - 1);                    \
    RECORD *records = scratch, *behind = records + n;                                                                 \
    WORD *keys = scratch;                                                                                             \
    if (kind == CH_SELECT_FIRST && k <= FEW && k <= n / 8 && k * k <= n &&                                            \
        few_##WIDTH(n, k, r->load, x, r->sn, r->size, r->complement, records)) {                                      \
      put_##WIDTH(r, k, records, x, values, indices, r->inner);                                                       \
      return;                                                                                                         \
    }                                                                                                                 \
    if (kind == CH_SELECT_FIRST && k > n / 2) {                                                                       \
      r->load(n, x, r->sn, r->complement, behind);                                                                    \
      put_##WIDTH(r, k, sort_keys_##WIDTH(n, r->bytes, (WORD *)behind, records), x, values, indices, r->inner);       \
      return;                                                                                                         \
    }                                                                                                                 \
    if (kind == CH_SELECT_MODE) {                                                                                     \
      r->load(n, x, r->sn, 0, behind);                                                                                \
      const ch_long at = most_frequent_##WIDTH(n, r->bytes, floating, nan, (WORD *)behind, records);                  \
      records[0] = RECORD##_AT(at);                                                                                   \
      put_##WIDTH(r, 1, records, x, values, indices, r->inner);                                                       \
      return;                                                                                                         \
    }                                                                                                                 \
    r->load(n, x, r->sn, r->complement, keys);                                                                        \
    RECORD *apart = (RECORD *)(keys + 2 * n);                                                                         \
    if (kind == CH_SELECT_FIRST) {                                                                                    \
      put_##WIDTH(r, k, first_##WIDTH(n, r->bytes, k, keys, apart), x, values, indices, r->inner);                    \
      return;                                                                                                         \
    }                                                                                                                 \
    const ch_long place = kind == CH_SELECT_NTH                                                                       \
                              ? chosen_at_##WIDTH(n, r->bytes, k, keys, apart)                                        \
                              : position_at_##WIDTH(n, r->bytes, middle_##WIDTH(n, kind, floating, nan, keys), keys); \
    const RECORD found = RECORD##_AT(place);                                                                          \
    put_##WIDTH(r, 1, &found, x, values, indices, r->inner);                                                          \
  }
typedef uint64_t narrow_record;
typedef struct wide wide_record;
#define narrow_record_AT(i) ((uint64_t)(i))
#define wide_record_AT(i) ((struct wide){0, (uint64_t)(i)})
SELECT(narrow, uint32_t, narrow_record)
SELECT(wide, uint64_t, wide_record)

int ch_select(int dtype, int kind, int descending, ch_long k, const ch_long *lines, ch_long from, ch_long to,
              const void *x, void *values, ch_long *indices, void *scratch) {
  if (!element_size(dtype) || kind < CH_SELECT_FIRST || kind > CH_SELECT_MODE) {
    return CH_NO_KERNEL;
  }
  const struct rows r = rows_of(dtype, descending, lines);
  const ch_long count = kind == CH_SELECT_FIRST ? k : 1;
  if (count == 0) {
    return CH_OK;
  }
  for (ch_long row = from; row < to; row++) {
    const ch_long at = result_at(&r, count, row);
    (r.wide ? select_wide : select_narrow)(&r, kind, k, is_floating(dtype), row_at(&r, x, row),
                                           values_at(&r, values, at), indices ? indices + at : NULL, scratch);
  }
  return CH_OK;
}

/* ---- the order of rows ------------------------------------------------------------------------------------------------- */

#define ROWS(S, U, D)                                                                                          \
  static int follows_##S(ch_long n, const void *av, const void *bv) {                                          \
    const U *a = av, *b = bv;                                                                                  \
    for (ch_long i = 0; i < n; i++) {                                                                          \
      const U k = key_##S(a[i]), l = key_##S(b[i]);                                                            \
      if (k != l) { return k > l; }                                                                            \
    }                                                                                                          \
    return 0;                                                                                                  \
  }
EACH_KEYED(ROWS)

/* Merges runs of 1, 2, 4 ... positions; the comparisons may err where another thread writes, the positions stay ours. */
int ch_sort_rows(int dtype, ch_long rows, ch_long n, const void *x, ch_long *indices, ch_long *scratch) {
  static int (*const all[DTYPES])(ch_long, const void *, const void *) = {
#define ENTRY(S, U, D) [D] = follows_##S,
      EACH_KEYED(ENTRY)
#undef ENTRY
  };
  if (!element_size(dtype)) {
    return CH_NO_KERNEL;
  }
  int (*const follows)(ch_long, const void *, const void *) = all[dtype];
  const char *first = x;
  const ch_long bytes = n * (ch_long)element_size(dtype);
  ch_long *a = indices, *b = scratch;
  for (ch_long i = 0; i < rows; i++) {
    a[i] = i;
  }
  for (ch_long run = 1; run < rows; run *= 2) {
    for (ch_long i = 0; i < rows; i += 2 * run) {
      const ch_long middle = i + run < rows ? i + run : rows, end = i + 2 * run < rows ? i + 2 * run : rows;
      ch_long l = i, r = middle, to = i;
      while (l < middle && r < end) {
        const int right = follows(n, first + a[l] * bytes, first + a[r] * bytes);
        b[to++] = right ? a[r++] : a[l++];
      }
      while (l < middle) { b[to++] = a[l++]; }
      while (r < end) { b[to++] = a[r++]; }
    }
    ch_long *swap = a;
    a = b;
    b = swap;
  }
  if (a != indices) {
    memcpy(indices, a, (size_t)rows * sizeof *indices);
  }
  return CH_OK;
}

/* ---- search -------------------------------------------------------------------------------------------------------------- */

#define TOGETHER 8 /* elements that are looked for at once, so that none waits for another's memory */

/* What is in the row at a place; a position of `order` outside of the row counts as the nearest one inside. */
INLINE ch_long in_order(const ch_long *order, ch_long n, ch_long place) {
  const ch_long at = *(const volatile ch_long *)(order + place);
  return at < 0 ? 0 : at >= n ? n - 1 : at;
}

/*
 * Where each x would go into a sorted row of n: of the `left` places from low on, half are passed over or not, without a
 * branch. A comparison with NaN is false, and so leads past the row.
 */
#define SEARCH(S, T, READ)                                                                                        \
  INLINE void search_##S##_body(int right, int ordered, ch_long n, ch_long m, const T *sorted,                    \
                                const ch_long *order, const T *x, ch_long *y) {                                   \
    for (ch_long i = 0; i < m; i += TOGETHER) {                                                                   \
      const int count = m - i < TOGETHER ? (int)(m - i) : TOGETHER;                                               \
      ch_long low[TOGETHER] = {0};                                                                                \
      for (ch_long left = n, half; left > 0; left -= half) {                                                      \
        half = left > 1 ? left / 2 : 1;                                                                           \
        for (int j = 0; j < count; j++) {                                                                         \
          const ch_long place = low[j] + half - 1, at = ordered ? in_order(order, n, place) : place;              \
          const int before = right ? !(READ(sorted[at]) > READ(x[i + j])) : !(READ(sorted[at]) >= READ(x[i + j])); \
          low[j] += before ? half : 0;                                                                            \
        }                                                                                                         \
      }                                                                                                           \
      memcpy(y + i, low, (size_t)count * sizeof *y);                                                              \
    }                                                                                                             \
  }                                                                                                               \
  static void search_##S(int right, ch_long n, ch_long m, const void *row, const ch_long *order, const void *x,   \
                         ch_long *y) {                                                                            \
    if (order) {                                                                                                  \
      search_##S##_body(right, 1, n, m, row, order, x, y);                                                        \
    } else if (right) {                                                                                           \
      search_##S##_body(1, 0, n, m, row, order, x, y);                                                            \
    } else {                                                                                                      \
      search_##S##_body(0, 0, n, m, row, order, x, y);                                                            \
    }                                                                                                             \
  }
#define SEARCH_NUMBER(S, T, D) SEARCH(S, T, READ_NUMBER)
SEARCH(bool, uint8_t, READ_TRUTH)
EACH_INTEGER(SEARCH_NUMBER)
EACH_FLOATING(SEARCH_NUMBER)
SEARCH(f16, half, from_half)
SEARCH(bf16, bfloat, from_bfloat)

int ch_search(int dtype, int right, ch_long rows, ch_long n, ch_long m, const void *sorted, ch_long row_stride,
              const ch_long *order, const void *x, ch_long *y) {
  static void (*const all[DTYPES])(int, ch_long, ch_long, const void *, const ch_long *, const void *, ch_long *) = {
#define ENTRY(S, T, D) [D] = search_##S,
      EACH_TYPE(ENTRY)
#undef ENTRY
      [CH_FLOAT16] = search_f16, [CH_BFLOAT16] = search_bf16,
  };
  const ch_long size = (ch_long)element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  for (ch_long row = 0; row < rows; row++) {
    all[dtype](right, n, m, (const char *)sorted + row * row_stride * size, order ? order + row * row_stride : NULL,
               (const char *)x + row * m * size, y + row * m);
  }
  return CH_OK;
}
