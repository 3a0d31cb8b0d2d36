/* The kernels of positions, triangles and masks, against plain loops; linked into kernels_test. */
#include "values.h"

static double greater(double a, double b) { return a != a || a > b ? a : b; }

static int is_stored(int store, int dtype) {
  int half = dtype == CH_FLOAT16 || dtype == CH_BFLOAT16;
  return !half || (store != CH_STORE_ADD && store != CH_STORE_MULTIPLY);
}

/* What a write leaves; a NaN wins. */
static struct value stored(int store, int dtype, struct value old, struct value v) {
  uint64_t a = (uint64_t)old.i, b = (uint64_t)v.i;
  int wide = dtype == CH_FLOAT64, truth = dtype == CH_BOOL;
  switch (store) {
    case CH_STORE_REPLACE: return v;
    case CH_STORE_ADD: return (struct value){wide ? old.d + v.d : (double)((float)old.d + (float)v.d), (int64_t)(truth ? a | b : a + b)};
    case CH_STORE_MULTIPLY: return (struct value){wide ? old.d * v.d : (double)((float)old.d * (float)v.d), (int64_t)(a * b)};
    case CH_STORE_MAX: return (struct value){greater(old.d, v.d), old.i > v.i ? old.i : v.i};
    default: return (struct value){-greater(-old.d, -v.d), old.i < v.i ? old.i : v.i};
  }
}

static void test_rows(int dtype, ch_long outer, ch_long n, ch_long inner, ch_long count) {
  struct run x = make_run(dtype, outer * n * inner, 1), y = make_run(dtype, outer * count * inner, 1);
  ch_long *index = malloc((size_t)(count + 1) * sizeof *index), bad = 0;
  for (ch_long j = 0; j < count; j++) {
    index[j] = (ch_long)(random_word() % (uint32_t)(2 * n)) - n;
  }
  ch_index_select(dtype, outer, n, -n, inner, count, x.block, index, y.block, &bad);
  size_t size = element_size(dtype), row = size * (size_t)inner;
  int same = 1;
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long j = 0; j < count; j++) {
      ch_long from = index[j] < 0 ? index[j] + n : index[j];
      same &= !memcmp(y.block + (o * count + j) * (ch_long)row, x.block + (o * n + from) * (ch_long)row, row);
    }
  }
  CHECK(same, "index_select %s (%lld, %lld, %lld)", dtype_names[dtype], outer, n, inner);
  for (int store = CH_STORE_REPLACE; store <= CH_STORE_MIN; store++) {
    struct run expected = copy_of(&x), got = copy_of(&x);
    for (ch_long o = 0; o < outer; o++) {
      for (ch_long j = 0; j < count; j++) {
        for (ch_long i = 0; i < inner; i++) {
          ch_long to = (o * n + (index[j] < 0 ? index[j] + n : index[j])) * inner + i;
          struct value v = get(dtype, y.block, (o * count + j) * inner + i), old = get(dtype, expected.block, to);
          put(dtype, expected.block, to, stored(store, dtype, old, v));
        }
      }
    }
    int put = ch_index_put(store, dtype, outer, n, -n, inner, inner, count, y.block, index, got.block, &bad);
    CHECK(put == (is_stored(store, dtype) ? CH_OK : CH_NO_KERNEL), "index_put %d %s: %d", store, dtype_names[dtype], put);
    if (put != CH_OK) {
      free(expected.block), free(got.block);
      continue;
    }
    same = 1;
    for (ch_long i = 0; i < outer * n * inner; i++) {
      same &= close_to(dtype, get(dtype, got.block, i), get(dtype, expected.block, i), 0);
    }
    CHECK(same, "index_put %d %s (%lld, %lld, %lld)", store, dtype_names[dtype], outer, n, inner);
    if (outer == 1 && inner > 1) {
      /* The same in two parts of its columns. */
      struct run parts = copy_of(&x);
      ch_long width = inner / 2;
      put = ch_index_put(store, dtype, 1, n, -n, inner, width, count, y.block, index, parts.block, &bad);
      put |= ch_index_put(store, dtype, 1, n, -n, inner, inner - width, count, y.block + width * (ch_long)size, index,
                          parts.block + width * (ch_long)size, &bad);
      CHECK(put == CH_OK && !memcmp(parts.block, got.block, got.bytes), "index_put %d %s in columns", store, dtype_names[dtype]);
      free(parts.block);
    }
    ch_long last = index[count - 1];
    index[count - 1] = store ? n : -n - 1;
    int status = ch_index_put(store, dtype, outer, n, -n, inner, inner, count, y.block, index, got.block, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[count - 1], "index_put out of range: status %d, %lld", status, bad);
    status = ch_index_select(dtype, outer, n, -n, inner, count, x.block, index, y.block, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[count - 1], "index_select out of range: status %d, %lld", status, bad);
    index[count - 1] = -1;
    status = ch_index_put(store, dtype, outer, n, 0, inner, inner, 1, y.block, index + count - 1, got.block, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == -1, "index_put of a negative index: status %d, %lld", status, bad);
    status = ch_index_select(dtype, outer, n, 0, inner, 1, x.block, index + count - 1, y.block, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == -1, "index_select of a negative index: status %d, %lld", status, bad);
    index[count - 1] = last;
    ch_index_select(dtype, outer, n, -n, inner, count, x.block, index, y.block, &bad);
    free(expected.block), free(got.block);
  }
  free(x.block), free(y.block), free(index);
}

/* x (a, n, c) with the axis in the middle; index (a, count, c). */
static void test_gather(int dtype, ch_long a, ch_long n, ch_long c, ch_long count) {
  struct run x = make_run(dtype, a * n * c, 1), y = make_run(dtype, a * count * c, 1);
  ch_long *index = malloc((size_t)(a * count * c) * sizeof *index), bad = 0;
  for (ch_long i = 0; i < a * count * c; i++) {
    index[i] = (ch_long)(random_word() % (uint32_t)(2 * n)) - n;
  }
  ch_long dims[] = {a, count, c, n * c, 0, 1, count * c, c, 1, count * c, c, 1};
  int status = ch_gather(dtype, 3, dims, n, -n, c, x.block, index, y.block, &bad), same = 1;
  for (ch_long i = 0; i < a * count * c; i++) {
    ch_long k = index[i] < 0 ? index[i] + n : index[i];
    same &= close_to(dtype, get(dtype, y.block, i), get(dtype, x.block, (i / (count * c) * n + k) * c + i % c), 0);
  }
  CHECK(status == CH_OK && same, "gather %s", dtype_names[dtype]);
  for (int store = CH_STORE_REPLACE; store <= CH_STORE_MIN; store++) {
    struct run expected = copy_of(&x), got = copy_of(&x);
    for (ch_long i = 0; i < a * count * c; i++) {
      ch_long k = index[i] < 0 ? index[i] + n : index[i], to = (i / (count * c) * n + k) * c + i % c;
      struct value v = get(dtype, y.block, i), old = get(dtype, expected.block, to);
      put(dtype, expected.block, to, stored(store, dtype, old, v));
    }
    ch_long back[] = {a, count, c, count * c, c, 1, count * c, c, 1, n * c, 0, 1};
    status = ch_scatter(store, dtype, 3, back, n, -n, c, y.block, index, got.block, &bad);
    int known = is_stored(store, dtype);
    same = 1;
    for (ch_long i = 0; known && i < a * n * c; i++) {
      same &= close_to(dtype, get(dtype, got.block, i), get(dtype, expected.block, i), 0);
    }
    CHECK(status == (known ? CH_OK : CH_NO_KERNEL) && same, "scatter %d %s", store, dtype_names[dtype]);
    ch_long *end = index + a * count * c - 1, last = *end;
    *end = store ? n : -n - 1;
    status = ch_scatter(store, dtype, 3, back, n, -n, c, y.block, index, got.block, &bad);
    CHECK(!known || (status == CH_INDEX_OUT_OF_RANGE && bad == *end), "scatter %d out of range: status %d, %lld", store, status, bad);
    *end = last;
    free(expected.block), free(got.block);
  }
  index[a * count * c - 1] = n;
  status = ch_gather(dtype, 3, dims, n, -n, c, x.block, index, y.block, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == n, "gather out of range: status %d, %lld", status, bad);
  index[0] = -1;
  status = ch_gather(dtype, 3, dims, n, 0, c, x.block, index, y.block, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == -1, "gather at -1: status %d, %lld", status, bad);
  free(x.block), free(y.block), free(index);
}

/* Rows of c elements that one index names, as of an index that is expanded; `apart` is what lies between elements. */
static void test_expanded(int dtype, ch_long n, ch_long c, ch_long count, ch_long apart) {
  struct run x = make_run(dtype, n * c * apart, 1), y = make_run(dtype, count * c * apart, 1);
  ch_long *index = malloc((size_t)count * sizeof *index), bad = 0, row = c * apart;
  for (ch_long j = 0; j < count; j++) {
    index[j] = (ch_long)(random_word() % (uint32_t)(2 * n)) - n;
  }
  ch_long dims[] = {count, c, 0, apart, 1, 0, row, apart};
  int status = ch_gather(dtype, 2, dims, n, -n, row, x.block, index, y.block, &bad), same = 1;
  for (ch_long i = 0; i < count * c; i++) {
    ch_long k = index[i / c] < 0 ? index[i / c] + n : index[i / c], at = i % c * apart;
    same &= close_to(dtype, get(dtype, y.block, i / c * row + at), get(dtype, x.block, k * row + at), 0);
  }
  CHECK(status == CH_OK && same, "gather %s of rows", dtype_names[dtype]);
  for (int store = CH_STORE_REPLACE; store <= CH_STORE_MIN; store++) {
    struct run expected = copy_of(&x), got = copy_of(&x);
    for (ch_long i = 0; i < count * c; i++) {
      ch_long k = index[i / c] < 0 ? index[i / c] + n : index[i / c], at = i % c * apart;
      struct value v = get(dtype, y.block, i / c * row + at), old = get(dtype, expected.block, k * row + at);
      put(dtype, expected.block, k * row + at, stored(store, dtype, old, v));
    }
    ch_long back[] = {count, c, row, apart, 1, 0, 0, apart};
    status = ch_scatter(store, dtype, 2, back, n, -n, row, y.block, index, got.block, &bad);
    int known = is_stored(store, dtype);
    same = 1;
    for (ch_long i = 0; known && i < n * c; i++) {
      same &= close_to(dtype, get(dtype, got.block, i * apart), get(dtype, expected.block, i * apart), 0);
    }
    CHECK(status == (known ? CH_OK : CH_NO_KERNEL) && same, "scatter %d %s of rows", store, dtype_names[dtype]);
    ch_long last = index[count - 1];
    index[count - 1] = store ? n : -n - 1;
    status = ch_scatter(store, dtype, 2, back, n, -n, row, y.block, index, got.block, &bad);
    CHECK(!known || (status == CH_INDEX_OUT_OF_RANGE && bad == index[count - 1]), "scatter %d of rows out of range: status %d, %lld",
          store, status, bad);
    index[count - 1] = last;
    free(expected.block), free(got.block);
  }
  index[count - 1] = n;
  status = ch_gather(dtype, 2, dims, n, -n, row, x.block, index, y.block, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == n, "gather of rows out of range: status %d, %lld", status, bad);
  free(x.block), free(y.block), free(index);
}

/* An index out of range is found wherever it is, and the first of two. */
static void test_check(ch_long count, ch_long step) {
  ch_long *index = calloc((size_t)(count * step + 1), sizeof *index), bad = 0;
  float *x = calloc(5, sizeof *x), *y = calloc((size_t)count + 1, sizeof *y);
  ch_long dims[] = {count, step}, table[] = {3, count, 0, step}, gathered[] = {count, 0, step, 1};
  CHECK(ch_index_check(1, dims, 5, 0, index, &bad) == CH_OK, "index_check of %lld zeros", count);
  CHECK(ch_index_check(2, table, 5, 0, index, &bad) == CH_OK, "index_check of a table of zeros");
  for (ch_long j = 0; j < count; j++) {
    index[j * step] = j % 2 ? 5 : -6;
    int status = ch_index_check(1, dims, 5, -5, index, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[j * step], "index_check at %lld: %d, %lld", j, status, bad);
    status = ch_index_check(2, table, 5, -5, index, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[j * step], "index_check of a table: %d, %lld", status, bad);
    status = ch_gather(CH_FLOAT32, 1, gathered, 5, -5, 1, x, index, y, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[j * step], "gather's check at %lld: %d, %lld", j, status, bad);
    if (j + 1 < count) {
      index[(j + 1) * step] = 99;
      status = ch_index_check(1, dims, 5, -5, index, &bad);
      CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == index[j * step], "index_check of two: %d, %lld", status, bad);
      index[(j + 1) * step] = 0;
    }
    index[j * step] = -1;
    status = ch_index_check(1, dims, 5, 0, index, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == -1, "index_check of -1: %d, %lld", status, bad);
    index[j * step] = INT64_MIN;
    status = ch_gather(CH_FLOAT32, 1, gathered, 5, -5, 1, x, index, y, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == INT64_MIN, "gather far below range: %d, %lld", status, bad);
    index[j * step] = 0;
  }
  free(index), free(x), free(y);
}

static void test_triangle(int dtype, ch_long matrices, ch_long rows, ch_long columns, ch_long diagonal) {
  ch_long each = rows * columns, n = matrices * each;
  for (int upper = 0; upper < 2; upper++) {
    struct run x = make_run(dtype, n, 1), y = make_run(dtype, n, 1), expected = copy_of(&y);
    for (ch_long i = 0; i < n; i++) {
      put(dtype, x.block, i, (struct value){1 + (double)(i % 100), 1 + i % 100});
      ch_long row = i % each / columns, column = i % columns;
      int kept = upper ? column >= row + diagonal : column <= row + diagonal;
      struct value zero = {0, 0};
      put(dtype, expected.block, i, kept ? get(dtype, x.block, i) : zero);
    }
    /* In two parts, of which one begins within a matrix; then in place. */
    ch_long part = matrices * rows / 2;
    int status = ch_triangle(upper, dtype, 0, part, rows, columns, diagonal, x.block, y.block);
    status |= ch_triangle(upper, dtype, part, matrices * rows - part, rows, columns, diagonal, x.block, y.block);
    CHECK(status == CH_OK && !memcmp(expected.block, y.block, y.bytes), "triangle %d %s", upper, dtype_names[dtype]);
    status = ch_triangle(upper, dtype, 0, matrices * rows, rows, columns, diagonal, x.block, x.block);
    CHECK(status == CH_OK && !memcmp(expected.block, x.block, x.bytes), "triangle in place %d %s", upper, dtype_names[dtype]);
    free(x.block), free(y.block), free(expected.block);
  }
}

/* Indices (a, b) of two axes, the first transposed, together. */
static void test_join(ch_long a, ch_long b) {
  enum { ROWS = 5, COLUMNS = 7 };
  ch_long *rows = malloc((size_t)(a * b) * sizeof *rows), *columns = malloc((size_t)(a * b) * sizeof *columns);
  ch_long *positions = calloc((size_t)(a * b), sizeof *positions), bad = 0;
  ch_long transposed[] = {a, b, 1, a, b, 1}, dense[] = {a, b, b, 1, b, 1};
  for (ch_long i = 0; i < a * b; i++) {
    rows[i] = (ch_long)(random_word() % (2 * ROWS)) - ROWS;
    columns[i] = (ch_long)(random_word() % (2 * COLUMNS)) - COLUMNS;
  }
  int status = ch_index_join(2, transposed, ROWS, rows, positions, &bad), same = 1;
  status |= ch_index_join(2, dense, COLUMNS, columns, positions, &bad);
  for (ch_long i = 0; i < a * b; i++) {
    ch_long row = (rows[i % b * a + i / b] + ROWS) % ROWS, column = (columns[i] + COLUMNS) % COLUMNS;
    same &= positions[i] == row * COLUMNS + column;
  }
  CHECK(status == CH_OK && same, "index_join (%lld, %lld)", a, b);
  columns[a * b - 1] = COLUMNS;
  status = ch_index_join(2, dense, COLUMNS, columns, positions, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == COLUMNS, "index_join out of range: status %d, %lld", status, bad);
  columns[0] = -COLUMNS - 1;
  status = ch_index_join(2, dense, COLUMNS, columns, positions, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == -COLUMNS - 1, "index_join below range: status %d, %lld", status, bad);
  columns[0] = INT64_MIN;
  status = ch_index_join(2, dense, COLUMNS, columns, positions, &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == INT64_MIN, "index_join far below range: status %d, %lld", status, bad);
  free(rows), free(columns), free(positions);
}

static void test_masks(ch_long n) {
  uint8_t *mask = calloc((size_t)n + 1, 1);
  ch_long expected = 0;
  for (ch_long i = 0; i < n; i++) {
    mask[i] = random_word() % 3 == 0;
    expected += mask[i];
  }
  ch_long *positions = malloc((size_t)expected * sizeof *positions), found = 0;
  CHECK(ch_count_true(n, mask) == expected, "count_true of %lld", n);
  ch_positions(n, mask, expected, positions);
  int same = 1;
  for (ch_long i = 0; i < n; i++) {
    same &= !mask[i] || positions[found++] == i;
  }
  CHECK(same && found == expected, "positions of %lld", n);
  /* As if the mask had lost a true element, or won one, since they were counted. */
  ch_long *room = malloc((size_t)(expected + 1) * sizeof *room);
  room[expected] = -1;
  ch_positions(n, mask, expected + 1, room);
  CHECK(room[expected] == 0 && !memcmp(room, positions, (size_t)expected * sizeof *room), "positions of %lld, one less", n);
  if (expected > 0) {
    room[expected - 1] = -1;
    ch_positions(n, mask, expected - 1, room);
    CHECK(room[expected - 1] == -1, "positions of %lld, one more", n);
  }
  free(room);
  free(mask), free(positions);
}

static void test_repeats(void) {
  ch_long counts[] = {2, 0, 3, 1}, expected[] = {0, 0, 2, 2, 2, 3}, y[9];
  memset(y, 0x55, sizeof y);
  CHECK(ch_repeats(4, counts, 6, y) == CH_OK && !memcmp(y, expected, sizeof expected), "repeats");
  /* As if the counts had changed since they were summed: to more than there is room for, to less, to none. */
  memset(y, 0x55, sizeof y);
  ch_repeats(4, counts, 4, y);
  CHECK(!memcmp(y, expected, 4 * sizeof *y) && y[4] == 0x5555555555555555, "repeats in less room");
  ch_repeats(4, counts, 8, y);
  CHECK(!memcmp(y, expected, sizeof expected) && y[6] == 3 && y[7] == 3 && y[8] == 0x5555555555555555, "repeats in more room");
  counts[0] = INT64_MAX, counts[1] = INT64_MIN;
  ch_repeats(4, counts, 3, y);
  CHECK(y[0] == 0 && y[2] == 0 && y[3] == 2, "repeats of wild counts");
  ch_repeats(0, counts, 2, y);
  CHECK(y[0] == 0 && y[1] == 0, "repeats of no counts");
}

/* Two matrices of three exchanges of their five rows, against exchanges one by one. */
static void test_row_order(void) {
  int pivots[] = {3, 3, 5, 1, 5, 4};
  const ch_long expected[] = {2, 0, 4, 3, 1, 0, 4, 3, 2, 1};
  ch_long order[11], bad = 0;
  memset(order, 0x55, sizeof order);
  CHECK(ch_row_order(2, 3, 5, pivots, order, &bad) == CH_OK && !memcmp(order, expected, sizeof expected) &&
            order[10] == 0x5555555555555555,
        "row_order");
  const int wrong[] = {0, 6, INT32_MIN, INT32_MAX};
  for (int i = 0; i < 4; i++) {
    pivots[4] = wrong[i];
    int status = ch_row_order(2, 3, 5, pivots, order, &bad);
    CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == wrong[i], "row_order of %d: status %d, %lld", wrong[i], status, bad);
  }
  CHECK(ch_row_order(1, 0, 2, pivots, order, &bad) == CH_OK && order[0] == 0 && order[1] == 1, "row_order of no exchange");
}

void test_index(long *checked, long *failed) {
  for (int dtype = 0; dtype < DTYPES; dtype++) {
    test_rows(dtype, 1, 5, 1, 40);
    test_rows(dtype, 3, 4, 1, 9);
    test_rows(dtype, 2, 6, 7, 10);
    test_rows(dtype, 1, 6, 7, 100);
    test_gather(dtype, 1, 5, 1, 33);
    test_gather(dtype, 2, 4, 3, 8);
    test_gather(dtype, 1, 7, 1, 200);
    test_gather(dtype, 2, 5, 80, 3);
    test_expanded(dtype, 5, 9, 70, 1);
    test_expanded(dtype, 4, 3, 5, 2);
    for (ch_long diagonal = -4; diagonal <= 5; diagonal++) {
      test_triangle(dtype, 3, 4, 5, diagonal);
      test_triangle(dtype, 2, 4, 7, diagonal);
    }
  }
  for (ch_long count = 1; count < 20; count++) {
    test_check(count, 1);
    test_check(count, 3);
  }
  test_check(150, 1);
  test_join(1, 1);
  test_join(6, 11);
  for (ch_long n = 0; n < 70; n++) {
    test_masks(n);
  }
  test_masks(10000);
  test_repeats();
  test_row_order();
  *checked += checks;
  *failed += failures;
}
