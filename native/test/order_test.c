/* The kernels of order and of scans, against plain loops; linked into kernels_test. */
#include "values.h"

/* Whether a comes before b; NaN is greatest. */
static int before(int dtype, struct value a, struct value b) {
  if (!is_floating(dtype)) {
    return a.i < b.i;
  }
  return isnan(a.d) ? 0 : isnan(b.d) || a.d < b.d;
}

static int same(int dtype, struct value a, struct value b) { return !before(dtype, a, b) && !before(dtype, b, a); }

/* A block of lines (outer, n, inner) in one of some layouts, and the description that the kernels take. */
struct block {
  struct run x;
  const char *start;
  ch_long lines[5], first;
};

static struct block make_block(int dtype, ch_long outer, ch_long n, ch_long inner, int layout) {
  struct block b = {make_run(dtype, 2 * outer * n * inner + 1, 1), NULL, {n, inner, n * inner, inner, 1}, 0};
  if (layout == 1) { /* the lines lie side by side */
    b.lines[3] = 1, b.lines[4] = n;
  } else if (layout == 2) {
    b.lines[2] *= 2, b.lines[3] *= 2, b.lines[4] *= 2;
  } else if (layout == 3) { /* backwards */
    b.first = outer * n * inner, b.lines[2] *= -1, b.lines[3] *= -1, b.lines[4] *= -1;
  }
  b.start = b.x.block + b.first * (ch_long)element_size(dtype);
  return b;
}

static ch_long place_of(const struct block *b, ch_long o, ch_long i, ch_long k) {
  return b->first + o * b->lines[2] + k * b->lines[3] + i * b->lines[4];
}

/* How many elements of a line come before its element k in a stable order. */
static ch_long rank_of(int dtype, int descending, const struct block *b, ch_long o, ch_long i, ch_long k) {
  const struct value v = get(dtype, b->x.block, place_of(b, o, i, k));
  ch_long rank = 0;
  for (ch_long j = 0; j < b->lines[0]; j++) {
    const struct value w = get(dtype, b->x.block, place_of(b, o, i, j));
    rank += descending ? before(dtype, v, w) : before(dtype, w, v);
    rank += j < k && same(dtype, v, w);
  }
  return rank;
}

#define GUARD 64

/* Scratch of exactly the bytes that are asked for, with a guard behind it. */
static char *guarded(ch_long bytes) {
  char *scratch = malloc((size_t)bytes + GUARD);
  memset(scratch, 0x33, (size_t)bytes + GUARD);
  return scratch;
}

static void check_guard(const char *what, int dtype, char *scratch, ch_long bytes) {
  int kept = 1;
  for (int i = 0; i < GUARD; i++) {
    kept &= scratch[bytes + i] == 0x33;
  }
  CHECK(kept, "%s %s wrote behind its scratch", what, dtype_names[dtype]);
  free(scratch);
}

static void test_sort(int dtype, int descending, ch_long outer, ch_long n, ch_long inner, int layout) {
  struct block b = make_block(dtype, outer, n, inner, layout);
  struct run values = make_run(dtype, outer * n * inner, 1), indices = make_run(CH_INT64, outer * n * inner, 1);
  const ch_long bytes = ch_sort_scratch(dtype, n);
  char *scratch = guarded(bytes);
  /* in two calls, as threads share the lines */
  const ch_long half = outer * inner / 2;
  for (int part = 0; part < 2; part++) {
    int status = ch_sort(dtype, descending, b.lines, part ? half : 0, part ? outer * inner : half, b.start, values.block,
                         (ch_long *)indices.block, scratch);
    CHECK(status == CH_OK, "sort %s: status %d", dtype_names[dtype], status);
  }
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      for (ch_long k = 0; k < n; k++) {
        const ch_long at = (o * n + k) * inner + i, from = ((ch_long *)indices.block)[at];
        const int inside = from >= 0 && from < n;
        CHECK(inside && rank_of(dtype, descending, &b, o, i, from) == k, "sort %s %s (%lld, %lld, %lld) layout %d: %lld at %lld",
              dtype_names[dtype], descending ? "descending" : "ascending", outer, n, inner, layout, from, k);
        const size_t size = element_size(dtype);
        CHECK(inside && !memcmp(values.block + at * (ch_long)size, b.x.block + place_of(&b, o, i, from) * (ch_long)size, size),
              "sort %s: another value at %lld", dtype_names[dtype], k);
      }
    }
  }
  check_guard("sort", dtype, scratch, bytes);
  free(b.x.block);
  free(values.block);
  free(indices.block);
}

/* The position in a line that a choice is, by its definition. */
static ch_long chosen(int dtype, int kind, int descending, ch_long k, const struct block *b, ch_long o, ch_long i) {
  const ch_long n = b->lines[0];
  ch_long nans = 0, best = -1, most = 0;
  for (ch_long j = 0; j < n; j++) {
    const struct value v = get(dtype, b->x.block, place_of(b, o, i, j));
    const int nan = is_floating(dtype) && isnan(v.d);
    nans += nan;
    ch_long equal = 0, last = j;
    for (ch_long l = 0; kind == CH_SELECT_MODE && l < n; l++) {
      if (l == j || (!nan && same(dtype, v, get(dtype, b->x.block, place_of(b, o, i, l))))) {
        equal++;
        last = l > last ? l : last;
      }
    }
    if (kind == CH_SELECT_MODE && last == j) {
      const struct value now = get(dtype, b->x.block, place_of(b, o, i, best < 0 ? j : best));
      if (best < 0 || equal > most || (equal == most && before(dtype, v, now))) {
        best = j;
        most = equal;
      }
    }
  }
  if (kind == CH_SELECT_MODE) {
    return best;
  }
  if (kind == CH_SELECT_MEDIAN || kind == CH_SELECT_NANMEDIAN) {
    k = nans == n || (nans > 0 && kind == CH_SELECT_MEDIAN) ? n - nans : (n - nans - 1) / 2;
  }
  for (ch_long j = 0; j < n; j++) {
    if (rank_of(dtype, descending, b, o, i, j) == k) {
      return j;
    }
  }
  return -1;
}

static void test_select(int dtype, int kind, int descending, ch_long k, ch_long outer, ch_long n, ch_long inner,
                        int layout) {
  struct block b = make_block(dtype, outer, n, inner, layout);
  const ch_long count = kind == CH_SELECT_FIRST ? k : 1;
  struct run values = make_run(dtype, outer * count * inner, 1), indices = make_run(CH_INT64, outer * count * inner, 1);
  const ch_long bytes = ch_sort_scratch(dtype, n);
  char *scratch = guarded(bytes);
  int status = ch_select(dtype, kind, descending, k, b.lines, 0, outer * inner, b.start, values.block,
                         (ch_long *)indices.block, scratch);
  CHECK(status == CH_OK, "select %d %s: status %d", kind, dtype_names[dtype], status);
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      for (ch_long c = 0; c < count; c++) {
        const ch_long at = (o * count + c) * inner + i, got = ((ch_long *)indices.block)[at];
        const ch_long expected = chosen(dtype, kind, descending, kind == CH_SELECT_FIRST ? c : k, &b, o, i);
        const ch_long size = (ch_long)element_size(dtype);
        const int right = kind == CH_SELECT_NTH /* of equal ones any will do */
                              ? got >= 0 && got < n && same(dtype, get(dtype, b.x.block, place_of(&b, o, i, got)),
                                                            get(dtype, b.x.block, place_of(&b, o, i, expected)))
                              : got == expected;
        CHECK(right && !memcmp(values.block + at * size, b.x.block + place_of(&b, o, i, got) * size, (size_t)size),
              "select %d of %s, k = %lld, (%lld, %lld, %lld) layout %d: %lld, expected %lld", kind, dtype_names[dtype], k,
              outer, n, inner, layout, got, expected);
      }
    }
  }
  check_guard("select", dtype, scratch, bytes);
  free(b.x.block);
  free(values.block);
  free(indices.block);
}

static void test_sort_rows(int dtype, ch_long rows, ch_long n) {
  struct run x = make_run(dtype, rows * n, 1), indices = make_run(CH_INT64, rows, 1);
  for (ch_long i = 0; i < rows * n && n > 1; i++) { /* few different rows */
    put(dtype, x.block, i, (struct value){random_word() & 1, 0});
    if (!is_floating(dtype)) {
      put(dtype, x.block, i, (struct value){0, random_word() & 1});
    }
  }
  ch_long *scratch = malloc((size_t)(rows + 1) * sizeof *scratch);
  CHECK(ch_sort_rows(dtype, rows, n, x.block, (ch_long *)indices.block, scratch) == CH_OK, "sort_rows %s", dtype_names[dtype]);
  for (ch_long r = 0; r < rows; r++) {
    const ch_long row = ((ch_long *)indices.block)[r];
    ch_long rank = 0;
    for (ch_long other = 0; other < rows; other++) {
      ch_long c = 0;
      while (c < n && same(dtype, get(dtype, x.block, row * n + c), get(dtype, x.block, other * n + c))) {
        c++;
      }
      rank += c < n ? before(dtype, get(dtype, x.block, other * n + c), get(dtype, x.block, row * n + c)) : other < row;
    }
    CHECK(rank == r, "sort_rows %s (%lld, %lld): row %lld at %lld, expected at %lld", dtype_names[dtype], rows, n, row, r, rank);
  }
  free(scratch);
  free(x.block);
  free(indices.block);
}

static void test_search(int dtype, int right, ch_long rows, ch_long n, ch_long m, int ordered, int shared) {
  struct run sorted = make_run(dtype, rows * n, 1), x = make_run(dtype, rows * m, 1), y = make_run(CH_INT64, rows * m, 1);
  struct run order = make_run(CH_INT64, rows * n, 1), line = make_run(dtype, rows * n, 1);
  for (ch_long i = 0; i < rows * n && is_floating(dtype); i++) { /* no NaN in the sequence */
    const struct value v = get(dtype, sorted.block, i);
    put(dtype, sorted.block, i, isnan(v.d) ? (struct value){1, 0} : v);
  }
  const ch_long lines[] = {n, 1, n, 1, 1};
  char *scratch = guarded(ch_sort_scratch(dtype, n));
  ch_sort(dtype, 0, lines, 0, rows, sorted.block, line.block, (ch_long *)order.block, scratch);
  free(scratch);
  int status = ch_search(dtype, right, rows, n, m, ordered ? sorted.block : line.block, shared ? 0 : n,
                         ordered ? (ch_long *)order.block : NULL, x.block, (ch_long *)y.block);
  CHECK(status == CH_OK, "search %s: status %d", dtype_names[dtype], status);
  for (ch_long r = 0; r < rows; r++) {
    for (ch_long j = 0; j < m; j++) {
      const struct value v = get(dtype, x.block, r * m + j);
      ch_long expected = 0;
      for (ch_long k = 0; k < n; k++) {
        const struct value w = get(dtype, line.block, (shared ? 0 : r * n) + k);
        expected += before(dtype, w, v) || ((right || (is_floating(dtype) && isnan(v.d))) && same(dtype, w, v));
      }
      const ch_long got = ((ch_long *)y.block)[r * m + j];
      CHECK(got == expected, "search %s right %d in %lld: %lld, expected %lld", dtype_names[dtype], right, n, got, expected);
    }
  }
  /* positions outside of the row lead nowhere else */
  ((ch_long *)order.block)[0] = INT64_MAX;
  ((ch_long *)order.block)[rows * n - 1] = INT64_MIN;
  ch_search(dtype, right, rows, n, m, sorted.block, shared ? 0 : n, (ch_long *)order.block, x.block, (ch_long *)y.block);
  free(sorted.block);
  free(line.block);
  free(order.block);
  free(x.block);
  free(y.block);
}

/* ---- scans ----------------------------------------------------------------------------------------------------------- */

static int scans(int op, int dtype) {
  if (op == CH_SCAN_MAX || op == CH_SCAN_MIN) {
    return !is_half(dtype);
  }
  return dtype == CH_FLOAT32 || dtype == CH_FLOAT64 || (dtype == CH_INT64 && op <= CH_SCAN_PROD);
}

/* One step of a scan in double or 64-bit integers. */
static struct value step(int op, int dtype, struct value y, struct value x, struct value a, ch_long i, ch_long *index) {
  const int floating = is_floating(dtype);
  switch (op) {
    case CH_SCAN_SUM: return (struct value){y.d + x.d, (int64_t)((uint64_t)y.i + (uint64_t)x.i)};
    case CH_SCAN_PROD:
      return i == 0 ? x : (struct value){y.d * x.d, (int64_t)((uint64_t)y.i * (uint64_t)x.i)};
    case CH_SCAN_MAX:
    case CH_SCAN_MIN: {
      const int reaches = op == CH_SCAN_MAX ? (floating ? x.d >= y.d : x.i >= y.i) : (floating ? x.d <= y.d : x.i <= y.i);
      const int wins = i == 0 || (floating && isnan(x.d)) || (!(floating && isnan(y.d)) && reaches);
      *index = wins ? i : *index;
      return wins ? x : y;
    }
    case CH_SCAN_LOGSUMEXP: {
      if (i == 0) { return x; }
      const double top = isnan(x.d) || isnan(y.d) ? NAN : fmax(x.d, y.d);
      return (struct value){isinf(top) || isnan(top) ? top : top + log(exp(x.d - top) + exp(y.d - top)), 0};
    }
    default: return (struct value){x.d + (i == 0 ? 0 : a.d * y.d), 0};
  }
}

static void test_scan(int op, int dtype, ch_long outer, ch_long n, ch_long inner, int layout, int back) {
  struct block x = make_block(dtype, outer, n, inner, layout), a = make_block(dtype, outer, n, inner, (layout + 1) % 4);
  const ch_long total = 2 * outer * n * inner + 1;
  for (ch_long i = 0; i < total && is_floating(dtype); i++) {
    const double d = get(dtype, x.x.block, i).d, c = get(dtype, a.x.block, i).d;
    const int wild = op == CH_SCAN_MAX || op == CH_SCAN_MIN || (op == CH_SCAN_LOGSUMEXP && !isnan(d) && fabs(d) != 3e38);
    const double tame = isfinite(d) && fabs(d) < 10 ? rint(d * 16) / 16 : 1;
    put(dtype, x.x.block, i, (struct value){wild ? d : op == CH_SCAN_PROD ? 1 + tame * 0.01 : tame, 0});
    put(dtype, a.x.block, i, (struct value){isfinite(c) && fabs(c) < 10 ? c / 8 : 0.5, 0});
  }
  struct run y = make_run(dtype, outer * n * inner, 1), indices = make_run(CH_INT64, outer * n * inner, 1);
  const ch_long size = (ch_long)element_size(dtype), last = back ? n - 1 : 0, sign = back ? -1 : 1;
  const int extreme = op == CH_SCAN_MAX || op == CH_SCAN_MIN, recurrence = op == CH_SCAN_RECURRENCE;
  const ch_long own[] = {n * inner, sign * inner, 1};
  ch_long strides[9];
  for (int i = 0; i < 3; i++) {
    strides[i] = x.lines[2 + i] * (i == 1 ? sign : 1);
    strides[3 + i] = recurrence ? a.lines[2 + i] * (i == 1 ? sign : 1) : own[i];
    strides[6 + i] = own[i];
  }
  int status = ch_scan(op, dtype, outer, n, inner, strides, x.start + last * x.lines[3] * size,
                       recurrence ? a.start + last * a.lines[3] * size : NULL, y.block + last * inner * size,
                       extreme ? (ch_long *)indices.block + last * inner : NULL);
  CHECK(status == (scans(op, dtype) ? CH_OK : CH_NO_KERNEL), "scan %d %s: status %d", op, dtype_names[dtype], status);
  for (ch_long o = 0; status == CH_OK && o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      struct value expected = {0, 0};
      double most = 0;
      ch_long index = 0;
      for (ch_long k = 0; k < n; k++) {
        const ch_long p = back ? n - 1 - k : k, at = (o * n + p) * inner + i;
        expected = step(op, dtype, expected, get(dtype, x.x.block, place_of(&x, o, i, p)),
                        get(dtype, a.x.block, place_of(&a, o, i, p)), k, &index);
        most = fmax(most, fabs(expected.d));
        const struct value got = get(dtype, y.block, at);
        const double unit = dtype == CH_FLOAT32 ? 0x1p-23 : 0x1p-52;
        const int near = is_floating(dtype) && !extreme && fabs(got.d - expected.d) <= (2 + (double)n) * unit * (1 + most);
        CHECK(near || close_to(dtype, got, expected, 0), "scan %d %s (%lld, %lld, %lld) layout %d back %d at %lld: %.17g/%lld, "
              "expected %.17g/%lld", op, dtype_names[dtype], outer, n, inner, layout, back, at, got.d, (long long)got.i,
              expected.d, (long long)expected.i);
        CHECK(!extreme || ((ch_long *)indices.block)[at] == index, "scan %d %s: index %lld, expected %lld", op,
              dtype_names[dtype], ((ch_long *)indices.block)[at], index);
      }
    }
  }
  free(x.x.block);
  free(a.x.block);
  free(y.block);
  free(indices.block);
}

/* What follows an infinity in a line is infinite, what follows both NaN; and what precedes them is the sum all the same. */
static void test_infinite_sums(ch_long n, ch_long step) {
  float *x = calloc((size_t)n, sizeof *x), *y = calloc((size_t)n, sizeof *y);
  const ch_long strides[] = {0, step, 0, 0, step, 0, 0, step, 0}, first = step < 0 ? n - 1 : 0;
  for (ch_long at = 0; at < n; at++) {
    for (ch_long other = at; other < n; other++) {
      for (ch_long k = 0; k < n; k++) {
        x[first + k * step] = k == at ? INFINITY : k == other ? -INFINITY : 16777217.0f;
      }
      int status = ch_scan(CH_SCAN_SUM, CH_FLOAT32, 1, n, 1, strides, x + first, NULL, y + first, NULL), same = 1;
      for (ch_long k = 0; k < n; k++) {
        const float got = y[first + k * step];
        const float sum = (float)((double)(k + 1) * 16777216);
        same &= k < at ? got == sum : at == other || k < other ? got == INFINITY : isnan(got);
      }
      CHECK(status == CH_OK && same, "sums of %lld by %lld with infinities at %lld and %lld", n, step, at, other);
    }
  }
  free(x), free(y);
}

/* The running sums of n numbers as a line, as every second of one, from its end, and as the second of three columns. */
static void running_sums(ch_long n, const float *x, float *y) {
  enum { LAYOUTS = 4, MOST = 64 };
  static const ch_long inner[LAYOUTS] = {1, 1, 1, 3}, step[LAYOUTS] = {1, 2, -1, 3};
  for (int l = 0; l < LAYOUTS; l++) {
    float in[3 * MOST] = {0}, out[3 * MOST] = {0};
    const ch_long s = step[l], first = s < 0 ? n - 1 : 0, strides[] = {0, s, 1, 0, s, 1, 0, s, 1};
    float *from = in + first, *to = out + first;
    for (ch_long k = 0; k < n; k++) {
      from[k * s + (inner[l] == 3)] = x[k];
    }
    int status = ch_scan(CH_SCAN_SUM, CH_FLOAT32, 1, n, inner[l], strides, from, NULL, to, NULL), same = 1;
    for (ch_long k = 0; k < n; k++) {
      const float got = to[k * s + (inner[l] == 3)];
      same &= l == 0 || !memcmp(&got, y + k, sizeof got);
      y[k] = l == 0 ? got : y[k];
    }
    CHECK(status == CH_OK && same, "running sums of %lld in layout %d differ from those of a line", n, l);
  }
}

static void test_running_sums(void) {
  static const float cancelling[] = {1e30f, 1, -1e30f, 1}, tiny[] = {0x1p-24f, 0, 0, 0, 1, 0x1p-53f, 0x1p-53f, 0, 0, 0x1p-53f};
  float x[64], y[64];
  running_sums(4, cancelling, y);
  CHECK(y[2] == 0 && y[3] == 1, "the sum behind what cancels is %g", y[3]);
  running_sums(10, tiny, y);
  for (int i = 1; i < 10; i++) {
    CHECK(y[i] >= y[i - 1], "a sum of what is not negative falls at %d", i);
  }
  for (int round = 0; round < 200; round++) {
    const ch_long n = 1 + random_word() % 64;
    for (ch_long i = 0; i < n; i++) {
      x[i] = ldexpf((float)(random_word() % 1000), (int)(random_word() % 80) - 60);
    }
    running_sums(n, x, y);
    for (ch_long i = 1; i < n; i++) {
      CHECK(y[i] >= y[i - 1], "a sum of what is not negative falls, %lld of %lld: %.9g after %.9g", i, n, y[i], y[i - 1]);
    }
  }
}

void test_order(uint32_t share, long *checked, long *failed) {
  static const ch_long lengths[] = {1, 2, 3, 23, 24, 25, 47, 48, 49, 63, 64, 65, 100, 127, 128, 129, 300};
  for (int dtype = 0; dtype < DTYPES; dtype++) {
    for (int l = 0; l < 17; l++) {
      const ch_long n = lengths[l];
      for (int layout = 0; layout < 4; layout++) {
        for (int descending = 0; descending < 2; descending++) {
          if (random_word() % share == 0) {
            test_sort(dtype, descending, 2, n, 3, layout);
          }
          if (random_word() % share == 0) {
            test_select(dtype, CH_SELECT_FIRST, descending, random_word() % (n + 1), 2, n, 2, layout);
            test_select(dtype, CH_SELECT_NTH, descending, random_word() % n, 2, n, 2, layout);
          }
        }
        if (random_word() % share == 0) {
          for (int kind = CH_SELECT_MEDIAN; kind <= CH_SELECT_MODE; kind++) {
            test_select(dtype, kind, 0, 0, 1, n, 3, layout);
          }
        }
        for (int op = 0; op <= CH_SCAN_RECURRENCE; op++) {
          if (random_word() % share == 0) {
            test_scan(op, dtype, 2, n, 1 + random_word() % 4, layout, op != CH_SCAN_MAX && op != CH_SCAN_MIN && random_word() % 2);
          }
        }
      }
      if (n <= 100) {
        test_sort_rows(dtype, n, 1 + n % 7);
        test_search(dtype, n % 2, 2, n, 9, n % 3 == 0, n % 5 == 0);
      }
    }
    test_sort(dtype, 0, 1, 1000, 1, 0);
    test_select(dtype, CH_SELECT_NTH, 0, 500, 1, 1000, 1, 0);
    test_select(dtype, CH_SELECT_FIRST, 1, 5, 1, 1000, 1, 2);
    test_select(dtype, CH_SELECT_FIRST, 0, 9, 1, 3000, 2, 0); /* of several chunks of keys */
    test_select(dtype, CH_SELECT_FIRST, 1, 256, 1, 2100, 1, 1);
    for (int op = 0; op <= CH_SCAN_RECURRENCE; op++) {
      test_scan(op, dtype, 1, 5, 300, 0, 0); /* several strips of columns */
    }
  }
  for (ch_long n = 1; n < 14; n++) {
    test_infinite_sums(n, 1);
    test_infinite_sums(n, -1);
  }
  test_running_sums();
  *checked += checks;
  *failed += failures;
}
