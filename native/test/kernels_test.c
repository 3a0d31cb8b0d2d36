/*
 * Every kernel against a plain reference, over awkward sizes and strides.
 *
 *   kernels_test [share]
 *
 * takes one in `share` of the elementwise operations' and reductions' cases, 1 by default. native/Build.java compiles and runs it. This
 * file: the elementwise operations and copies; a file for each other family. Exits with 1 on a failure.
 */
#include "reference.h"

void test_reductions(uint32_t share, long *checked, long *failed);
void test_rows(long *checked, long *failed);
void test_images(long *checked, long *failed);
void test_optimizers(long *checked, long *failed);
void test_matrices(long *checked, long *failed);
void test_order(uint32_t share, long *checked, long *failed);
void test_index(long *checked, long *failed);

static const ch_long sizes[] = {0, 1, 3, 7, 8, 15, 16, 17, 31, 33, 1000};
static const ch_long strides[] = {1, 0, 2, -1};
enum { SIZES = 11, STRIDES = 4 };

static int predicate_unary(int op) {
  return op >= UNARY_LOGICAL_NOT && op <= UNARY_SIGNBIT;
}
static int predicate_binary(int op) { return op >= BINARY_EQ && op <= BINARY_LOGICAL_XOR; }

/* Whether there is a kernel, and the expected value. */
static int expect_unary(int op, int dtype, struct value x, struct value *y) {
  *y = (struct value){0, 0};
  if (is_half(dtype)) {
    return 0;
  }
  if (!is_floating(dtype)) {
    int known = unary_integer(op, dtype, x.i, &y->i);
    *y = stored(predicate_unary(op) ? CH_BOOL : dtype, *y);
    return known;
  }
  if (op == UNARY_BITWISE_NOT) {
    return 0;
  }
  y->d = unary_value(op, x.d);
  y->i = (int64_t)(predicate_unary(op) ? y->d : 0);
  return 1;
}

static int expect_binary(int op, int dtype, struct value a, struct value b, struct value *y) {
  *y = (struct value){0, 0};
  if (is_half(dtype)) {
    return 0;
  }
  if (!is_floating(dtype)) {
    int known = binary_integer(op, dtype, a.i, b.i, &y->i);
    *y = stored(predicate_binary(op) ? CH_BOOL : dtype, *y);
    return known;
  }
  if ((op >= BINARY_BITWISE_AND && op <= BINARY_BITWISE_RIGHT_SHIFT) || op == BINARY_GCD || op == BINARY_LCM) {
    return 0;
  }
  y->d = op == BINARY_TRUNC_DIVIDE && dtype == CH_FLOAT32 ? trunc((double)(float)(a.d / b.d)) : binary_value(op, a.d, b.d);
  y->i = (int64_t)(predicate_binary(op) ? y->d : 0);
  return 1;
}

/* float32's libm reference is double: composed operations may lose a few ulp; in float64 both sides round alike. */
static double tolerance(int dtype, int composed) { return dtype == CH_FLOAT32 ? (composed ? 8 : 3) : (composed ? 64 : 4); }

static void test_unary(int op, int dtype, ch_long n, ch_long sx, ch_long sy) {
  missing = 0;
  unary_value(op, 1);
  if (missing) {
    return;
  }
  int result = predicate_unary(op) ? CH_BOOL : dtype;
  struct run x = make_run(dtype, n, sx), y = make_run(result, n, sy);
  struct value expected;
  int known = expect_unary(op, dtype, (struct value){1, 1}, &expected);
  int status = ch_unary_1d(op, dtype, n, start_of(&x), sx, start_of(&y), sy);
  CHECK(status == (known ? CH_OK : CH_NO_KERNEL), "unary %s %s: status %d", ch_op_name(CH_FAMILY_UNARY, op),
        dtype_names[dtype], status);
  for (ch_long i = 0; known && i < n; i++) {
    expect_unary(op, dtype, at(&x, i), &expected);
    int composed = op >= UNARY_SIGMOID && op <= UNARY_GELU_TANH;
    /* PyTorch's float64 formulas underflow to 0 in the far left tail, where the reference still has denormals. */
    int ok = close_to(result, at(&y, i), expected, tolerance(dtype, composed)) ||
             (composed && fabs(at(&y, i).d - expected.d) < 1e-300);
    CHECK(ok, "unary %s %s n=%lld sx=%lld sy=%lld [%lld]: x = %.17g/%lld, y = %.17g/%lld, expected %.17g/%lld",
          ch_op_name(CH_FAMILY_UNARY, op), dtype_names[dtype], n, sx, sy, i, at(&x, i).d, (long long)at(&x, i).i,
          at(&y, i).d, (long long)at(&y, i).i, expected.d, (long long)expected.i);
  }
  CHECK(gaps_kept(&y, n), "unary %s %s wrote between its results", ch_op_name(CH_FAMILY_UNARY, op), dtype_names[dtype]);
  if (known && result == dtype && sx == 1 && sy == 1) { /* in place */
    ch_unary_1d(op, dtype, n, x.block, 1, x.block, 1);
    CHECK(memcmp(x.block, y.block, x.bytes) == 0, "unary %s %s differs in place", ch_op_name(CH_FAMILY_UNARY, op),
          dtype_names[dtype]);
  }
  free(x.block);
  free(y.block);
}

static void no_zero_divisors(struct run *b, ch_long n) {
  for (ch_long i = 0; i < n; i++) {
    struct value v = at(b, i);
    put(b->dtype, b->block, b->first + i * b->stride, (struct value){0, v.i == 0 ? 3 : v.i});
  }
}

static void test_binary(int op, int dtype, ch_long n, ch_long sa, ch_long sb, ch_long sy) {
  missing = 0;
  binary_value(op, 1, 1);
  if (missing) {
    return;
  }
  int result = predicate_binary(op) ? CH_BOOL : dtype, divides = op >= BINARY_FLOOR_DIVIDE && op <= BINARY_FMOD;
  const char *name = ch_op_name(CH_FAMILY_BINARY, op);
  struct run a = make_run(dtype, n, sa), b = make_run(dtype, n, sb), y = make_run(result, n, sy);
  if (divides && !is_floating(dtype)) {
    no_zero_divisors(&b, n);
  }
  struct value expected;
  int known = expect_binary(op, dtype, (struct value){1, 1}, (struct value){1, 1}, &expected);
  int status = ch_binary_1d(op, dtype, n, start_of(&a), sa, start_of(&b), sb, start_of(&y), sy);
  CHECK(status == (known ? CH_OK : CH_NO_KERNEL), "binary %s %s: status %d", name, dtype_names[dtype], status);
  for (ch_long i = 0; known && i < n; i++) {
    struct value u = at(&a, i), v = at(&b, i), w = at(&y, i);
    expect_binary(op, dtype, u, v, &expected);
    int composed = op >= BINARY_SIGMOID_BACKWARD || op == BINARY_REMAINDER;
    int ok = close_to(result, w, expected, tolerance(dtype, composed));
    if (composed && !ok) { /* crossing zero by cancellation: against the size of the gradient */
      double unit = dtype == CH_FLOAT32 ? 0x1p-22 : 0x1p-50;
      ok = fabs(w.d - expected.d) <= unit * fmax(fabs(u.d), 1e-6) * (op == BINARY_REMAINDER ? 1 : fmax(1, v.d * v.d)) ||
           fabs(v.d) > 1e6 || fabs(u.d) > 1e30;
    }
    if (op == BINARY_POW && sb == 0 && (u.d == 0 || u.d == -(double)INFINITY || isnan(u.d))) {
      ok = 1; /* one exponent for all: square roots and quotients have signs of their own, checked below */
    }
    if (op == BINARY_FLOOR_DIVIDE && dtype == CH_FLOAT32 && fabs(expected.d) > 0x1p22) {
      ok = ok || fabs(w.d - expected.d) <= 2 * fabs(expected.d) * 0x1p-22;
    }
    CHECK(ok, "binary %s %s n=%lld (%lld, %lld, %lld) [%lld]: %.17g/%lld, %.17g/%lld -> %.17g/%lld, expected %.17g/%lld",
          name, dtype_names[dtype], n, sa, sb, sy, i, u.d, (long long)u.i, v.d, (long long)v.i, w.d, (long long)w.i,
          expected.d, (long long)expected.i);
  }
  CHECK(gaps_kept(&y, n), "binary %s %s wrote between its results", name, dtype_names[dtype]);
  if (known && result == dtype && sa == 1 && sb == 1 && sy == 1) { /* in place of either operand */
    struct run left = copy_of(&a), right = copy_of(&b);
    ch_binary_1d(op, dtype, n, left.block, 1, b.block, 1, left.block, 1);
    ch_binary_1d(op, dtype, n, a.block, 1, right.block, 1, right.block, 1);
    CHECK(!memcmp(left.block, y.block, y.bytes) && !memcmp(right.block, y.block, y.bytes), "binary %s %s differs in place",
          name, dtype_names[dtype]);
    free(left.block);
    free(right.block);
  }
  if (known && divides && !is_floating(dtype) && n > 0) {
    put(dtype, b.block, b.first + (n - 1) * sb, (struct value){0, 0});
    status = ch_binary_1d(op, dtype, n, start_of(&a), sa, start_of(&b), sb, start_of(&y), sy);
    CHECK(status == CH_DIVIDE_BY_ZERO, "binary %s %s by zero: status %d", name, dtype_names[dtype], status);
  }
  free(a.block);
  free(b.block);
  free(y.block);
}

static double expect_ternary(int op, double a, double b, double c, double v) {
  switch (op) {
    case TERNARY_LERP: return fabs(c) < 0.5 ? a + (b - a) * c : b - (b - a) * (1 - c);
    case TERNARY_ADDCMUL: return a + b * v * c;
    case TERNARY_ADDCDIV: return a + b * v / c;
    case TERNARY_SQUARED_DIFFERENCE_BACKWARD: return v * (a - b) * c;
    default: return fmin(fmax(a, b), c);
  }
}

/* Small whole numbers, so that every product and sum is exact; quotients are compared by a bound. */
static void test_ternary(int op, int dtype, ch_long n, const ch_long *steps) {
  struct run operand[3], y = make_run(dtype, n, steps[3]);
  for (int o = 0; o < 3; o++) {
    operand[o] = make_run(dtype, n, steps[o]);
    for (ch_long i = 0; i < n; i++) {
      int whole = (int)(random_word() >> 20) % 5 + 1;
      put(dtype, operand[o].block, operand[o].first + i * steps[o], (struct value){whole, whole});
    }
  }
  int known = is_floating(dtype) ? !is_half(dtype) : dtype != CH_BOOL && (op == TERNARY_ADDCMUL || op == TERNARY_CLAMP);
  const char *name = ch_op_name(CH_FAMILY_TERNARY, op);
  const void *at0 = start_of(&operand[0]), *at1 = start_of(&operand[1]), *at2 = start_of(&operand[2]);
  int status = ch_ternary_1d(op, dtype, 2, 2, n, at0, steps[0], at1, steps[1], at2, steps[2], start_of(&y), steps[3]);
  CHECK(status == (known ? CH_OK : CH_NO_KERNEL), "ternary %s %s: status %d", name, dtype_names[dtype], status);
  for (ch_long i = 0; known && i < n; i++) {
    struct value a = at(&operand[0], i), b = at(&operand[1], i), c = at(&operand[2], i), w = at(&y, i);
    int whole = !is_floating(dtype);
    double expected = expect_ternary(op, whole ? (double)a.i : a.d, whole ? (double)b.i : b.d, whole ? (double)c.i : c.d, 2);
    CHECK(close_to(dtype, w, (struct value){expected, (int64_t)expected}, 1), "ternary %s %s n=%lld (%lld, %lld, %lld, %lld) [%lld]: %g",
          name, dtype_names[dtype], n, steps[0], steps[1], steps[2], steps[3], i, expected);
  }
  CHECK(gaps_kept(&y, n), "ternary %s %s wrote between its results", name, dtype_names[dtype]);
  if (known && steps[0] == 1 && steps[3] == 1) { /* in place of the first operand */
    ch_ternary_1d(op, dtype, 2, 2, n, operand[0].block, 1, at1, steps[1], at2, steps[2], operand[0].block, 1);
    CHECK(memcmp(operand[0].block, y.block, y.bytes) == 0, "ternary %s %s differs in place", name, dtype_names[dtype]);
  }
  for (int o = 0; o < 3; o++) {
    free(operand[o].block);
  }
  free(y.block);
}

static void test_ternaries(uint32_t share) {
  for (int s = 0; s < SIZES; s++) {
    for (int i = 0; i < STRIDES * STRIDES * STRIDES * STRIDES; i++) {
      const ch_long steps[] = {strides[i & 3], strides[i >> 2 & 3], strides[i >> 4 & 3], strides[i >> 6]};
      for (int op = 0; op < TERNARY_OPS * DTYPES && (steps[3] != 0 || sizes[s] <= 1); op++) {
        if (random_word() % share == 0) {
          test_ternary(op / DTYPES, op % DTYPES, sizes[s], steps);
        }
      }
    }
  }
  static const double nan_cases[][4] = {{NAN, 0, 1, NAN}, {0.5, NAN, 1, NAN}, {0.5, 0, NAN, NAN}, {0.5, 2, 1, 1}, {-3, -INFINITY, 1, -3}};
  for (int i = 0; i < 5; i++) {
    double y;
    ch_ternary_1d(TERNARY_CLAMP, CH_FLOAT64, 0, 0, 1, &nan_cases[i][0], 1, &nan_cases[i][1], 0, &nan_cases[i][2], 0, &y, 1);
    CHECK(close_to(CH_FLOAT64, (struct value){y, 0}, (struct value){nan_cases[i][3], 0}, 0), "clamp case %d: %g", i, y);
  }
}

static void test_held_exponents(void) {
  static const double exponents[] = {2, 0.5, 1, -1, 3, -2, -0.5, 2.5, 0};
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
      struct run a = make_run(dtype, 100, 1), y = make_run(dtype, 100, 1);
      double cell;
      put(dtype, &cell, 0, (struct value){exponents[e], 0});
      ch_binary_1d(BINARY_POW, dtype, 100, a.block, 1, &cell, 0, y.block, 1);
      for (ch_long i = 0; i < 100; i++) {
        double x = at(&a, i).d, expected = pow(x, exponents[e]);
        if (exponents[e] == 0.5) {
          expected = sqrt(x);
        } else if (exponents[e] == -0.5) {
          expected = 1 / sqrt(x);
        }
        CHECK(close_to(dtype, at(&y, i), (struct value){expected, 0}, 4) &&
                  (expected != 0 || signbit(expected) == signbit(at(&y, i).d) || !signbit(expected) == !signbit(at(&y, i).d)),
              "pow(%.9g, %g) = %.9g", x, exponents[e], at(&y, i).d);
      }
      free(a.block);
      free(y.block);
    }
  }
}

/* (3, 1, 5, 4) in layouts of every kind, elementwise by walking the indices. */
static void test_walks(void) {
  enum { AXES = 4 };
  static const ch_long shape[AXES] = {3, 1, 5, 4};
  static const ch_long layouts[][AXES] = {{20, 20, 4, 1}, {1, 7, 3, 15}, {0, 0, 4, 1}, {5, 0, 1, 0}, {-20, 9, -4, -1}};
  static const ch_long results[][AXES] = {{20, 20, 4, 1}, {1, 7, 3, 15}, {40, 1, 8, 2}};
  static const int first_of[] = {0, 0, 0, 0, 59};
  for (int la = 0; la < 5; la++) {
    for (int lb = 0; lb < 5; lb++) {
      for (int ly = 0; ly < 3; ly++) {
        float a[60], b[60], y[120], z[120];
        uint8_t c[60];
        for (int i = 0; i < 60; i++) {
          a[i] = (float)i;
          b[i] = (float)(i * i % 97);
          c[i] = random_word() >> 31;
        }
        memset(y, 0, sizeof y);
        memset(z, 0, sizeof z);
        ch_long dims[5 * AXES];
        memcpy(dims, shape, sizeof shape);
        memcpy(dims + AXES, layouts[la], sizeof shape);
        memcpy(dims + 2 * AXES, layouts[lb], sizeof shape);
        memcpy(dims + 3 * AXES, results[ly], sizeof shape);
        const float *a0 = a + first_of[la], *b0 = b + first_of[lb];
        ch_binary_nd(BINARY_SUB, CH_FLOAT32, AXES, dims, a0, b0, y);
        int same = 1;
        for (ch_long i = 0; i < 60; i++) {
          ch_long at[AXES] = {i / 20, 0, i / 4 % 5, i % 4}, pa = 0, pb = 0, py = 0;
          for (int d = 0; d < AXES; d++) {
            pa += at[d] * layouts[la][d];
            pb += at[d] * layouts[lb][d];
            py += at[d] * results[ly][d];
          }
          z[py] = a0[pa] - b0[pb];
        }
        CHECK(!memcmp(y, z, sizeof y), "binary_nd: layouts %d, %d, %d", la, lb, ly);
        memcpy(dims + 2 * AXES, results[ly], sizeof shape);
        memset(y, 0, sizeof y);
        ch_unary_nd(UNARY_NEG, CH_FLOAT32, AXES, dims, a0, y);
        uint8_t whole[120] = {0};
        ch_copy_nd(CH_FLOAT32, CH_UINT8, AXES, dims, a0, whole);
        memset(z, 0, sizeof z);
        ch_copy_nd(CH_FLOAT32, CH_FLOAT32, AXES, dims, a0, z);
        for (int i = 0; i < 120; i++) {
          same &= y[i] == -z[i] && whole[i] == z[i];
        }
        CHECK(same, "unary_nd and copy_nd: layouts %d, %d", la, ly);
        memcpy(dims + AXES, layouts[lb], sizeof shape);
        memcpy(dims + 2 * AXES, layouts[la], sizeof shape);
        memcpy(dims + 3 * AXES, layouts[la], sizeof shape);
        memcpy(dims + 4 * AXES, results[ly], sizeof shape);
        float negative[60];
        for (int i = 0; i < 60; i++) {
          negative[i] = -a[i] - 1;
        }
        const uint8_t *c0 = c + first_of[lb];
        memset(y, 0, sizeof y);
        memset(z, 0, sizeof z);
        ch_where_nd(CH_FLOAT32, AXES, dims, c0, a0, negative + first_of[la], y);
        for (ch_long i = 0; i < 60; i++) {
          ch_long at[AXES] = {i / 20, 0, i / 4 % 5, i % 4}, pa = 0, pc = 0, py = 0;
          for (int d = 0; d < AXES; d++) {
            pa += at[d] * layouts[la][d];
            pc += at[d] * layouts[lb][d];
            py += at[d] * results[ly][d];
          }
          z[py] = c0[pc] ? a0[pa] : -a0[pa] - 1;
        }
        CHECK(!memcmp(y, z, sizeof y), "where_nd: layouts %d, %d, %d", la, lb, ly);
        memcpy(dims + AXES, layouts[la], sizeof shape);
        memcpy(dims + 2 * AXES, layouts[lb], sizeof shape);
        memset(y, 0, sizeof y);
        ch_ternary_nd(TERNARY_ADDCMUL, CH_FLOAT32, 3, 3, AXES, dims, a0, b0, negative + first_of[la], y);
        for (ch_long i = 0; i < 60; i++) {
          ch_long at[AXES] = {i / 20, 0, i / 4 % 5, i % 4}, pa = 0, pb = 0, py = 0;
          for (int d = 0; d < AXES; d++) {
            pa += at[d] * layouts[la][d];
            pb += at[d] * layouts[lb][d];
            py += at[d] * results[ly][d];
          }
          z[py] = a0[pa] + b0[pb] * 3 * (-a0[pa] - 1);
        }
        CHECK(!memcmp(y, z, sizeof y), "ternary_nd: layouts %d, %d, %d", la, lb, ly);
      }
    }
  }
}

static struct value cast(int from, int to, struct value x) {
  if (to == CH_BOOL) {
    return (struct value){0, is_floating(from) ? x.d != 0 : x.i != 0};
  }
  if (is_floating(to)) {
    double d = is_floating(from) ? x.d : to == CH_FLOAT64 ? (double)x.i : (double)(float)x.i;
    return stored(to, (struct value){d, 0});
  }
  if (!is_floating(from)) {
    return stored(to, x);
  }
  double limit = to == CH_INT64 ? 0x1p63 : 0x1p31, whole = trunc(x.d);
  int fits = whole >= -limit && whole < limit;
  return stored(to, (struct value){0, fits ? (int64_t)whole : to == CH_INT64 ? INT64_MIN : INT32_MIN});
}

static void test_copy(int from, int to, ch_long n, ch_long sx, ch_long sy) {
  struct run x = make_run(from, n, sx), y = make_run(to, n, sy);
  CHECK(ch_copy_1d(from, to, n, start_of(&x), sx, start_of(&y), sy) == CH_OK, "copy %s to %s", dtype_names[from],
        dtype_names[to]);
  for (ch_long i = 0; i < n; i++) {
    struct value expected = cast(from, to, at(&x, i));
    CHECK(close_to(to, at(&y, i), expected, 0), "copy %s to %s n=%lld (%lld, %lld) [%lld]: %.17g/%lld -> %.17g/%lld",
          dtype_names[from], dtype_names[to], n, sx, sy, i, at(&x, i).d, (long long)at(&x, i).i, at(&y, i).d,
          (long long)at(&y, i).i);
  }
  CHECK(gaps_kept(&y, n), "copy %s to %s wrote between its results", dtype_names[from], dtype_names[to]);
  free(x.block);
  free(y.block);
}

/* Every half there is, and float32 values around each midpoint. */
static void test_halves(void) {
  for (int dtype = CH_FLOAT16; dtype <= CH_BFLOAT16; dtype++) {
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
      uint16_t cell = (uint16_t)bits, back;
      float wide, around[3];
      ch_copy_1d(dtype, CH_FLOAT32, 1, &cell, 1, &wide, 1);
      double expected = half_value(cell, dtype == CH_FLOAT16 ? 5 : 8);
      CHECK(isnan(expected) ? isnan(wide) : (double)wide == expected && !signbit(wide) == !signbit(expected),
            "%s %04x widens to %.9g", dtype_names[dtype], bits, (double)wide);
      uint16_t next = (uint16_t)(cell + 1);
      double middle = (expected + half_value(next, dtype == CH_FLOAT16 ? 5 : 8)) / 2;
      around[0] = (float)middle;
      around[1] = nextafterf(around[0], INFINITY);
      around[2] = nextafterf(around[0], -INFINITY);
      for (int i = 0; i < 3; i++) {
        ch_copy_1d(CH_FLOAT32, dtype, 1, around + i, 1, &back, 1);
        uint16_t nearest = half_bits((double)around[i], dtype == CH_FLOAT16 ? 5 : 8);
        CHECK(isnan(around[i]) ? isnan(half_value(back, dtype == CH_FLOAT16 ? 5 : 8)) : back == nearest,
              "%.9g to %s: %04x, expected %04x", (double)around[i], dtype_names[dtype], back, nearest);
      }
    }
  }
}

static void test_transposes(void) {
  static const ch_long shapes[][2] = {{4, 4}, {5, 9}, {8, 32}, {33, 40}, {64, 65}, {100, 3}};
  for (int s = 0; s < 6; s++) {
    for (int dtype = CH_UINT8; dtype <= CH_INT64; dtype++) {
      ch_long m = shapes[s][0], n = shapes[s][1];
      struct run x = make_run(dtype, 2 * m * n, 1), y = make_run(dtype, 2 * m * n, 1), z = make_run(dtype, 2 * m * n, 1);
      ch_long across[] = {2, m, n, m * n, 1, m, m * n, n, 1}; /* (2, m, n): x walks columns, y rows */
      ch_copy_nd(dtype, dtype, 3, across, x.block, y.block);
      ch_long back[] = {2, m, n, m * n, n, 1, m * n, 1, m};
      ch_copy_nd(dtype, dtype, 3, back, y.block, z.block);
      int same = 1;
      for (ch_long i = 0; i < 2 * m * n; i++) {
        ch_long o = i / (m * n), r = i / n % m, c = i % n;
        same &= at(&y, i).i == at(&x, o * m * n + c * m + r).i;
      }
      CHECK(same && !memcmp(x.block, z.block, x.bytes), "transpose of %s (%lld, %lld)", dtype_names[dtype], m, n);
      free(x.block);
      free(y.block);
      free(z.block);
    }
  }
}

int main(int count, char **words) {
  const uint32_t share = count > 1 ? (uint32_t)strtoul(words[1], NULL, 10) : 1;
  for (int s = 0; s < SIZES; s++) {
    for (int i = 0; i < STRIDES; i++) {
      for (int o = 0; o < STRIDES; o++) {
        ch_long n = sizes[s], sx = strides[i], sy = strides[o];
        if (sy == 0 && n > 1) {
          continue;
        }
        for (int dtype = 0; dtype < DTYPES; dtype++) {
          for (int op = 0; op < UNARY_OPS; op++) {
            if (random_word() % share == 0) {
              test_unary(op, dtype, n, sx, sy);
            }
          }
          for (int to = 0; to < DTYPES; to++) {
            if (random_word() % share == 0) {
              test_copy(dtype, to, n, sx, sy);
            }
          }
          for (int op = 0; op < BINARY_OPS; op++) {
            for (int j = 0; j < STRIDES; j++) {
              if (random_word() % share == 0) {
                test_binary(op, dtype, n, sx, strides[j], sy);
              }
            }
          }
        }
      }
    }
  }
  test_ternaries(share);
  test_held_exponents();
  test_walks();
  test_halves();
  test_transposes();
  test_reductions(share, &checks, &failures);
  test_rows(&checks, &failures);
  test_images(&checks, &failures);
  test_optimizers(&checks, &failures);
  test_matrices(&checks, &failures);
  test_order(share, &checks, &failures);
  test_index(&checks, &failures);
  CHECK(ch_op_name(CH_FAMILY_UNARY, UNARY_OPS) == NULL && !strcmp(ch_op_name(CH_FAMILY_BINARY, 0), "ADD") &&
            !strcmp(ch_op_name(CH_FAMILY_REDUCE, REDUCE_ALL), "ALL"),
        "names");
  printf("%ld checks, %ld failures\n", checks, failures);
  return failures != 0;
}
