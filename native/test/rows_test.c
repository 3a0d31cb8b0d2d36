/* The kernels of rows, softmax and cross entropy, against plain loops; linked into kernels_test. */
#include "values.h"

static void test_softmax(int logarithm, int dtype, ch_long outer, ch_long n, ch_long inner, double size,
                         double least) {
  ch_long all = outer * n * inner;
  struct run x = make_run(dtype, all, 1), y = make_run(dtype, all, 1), g = make_run(dtype, all, 1), gx = make_run(dtype, all, 1);
  for (ch_long i = 0; i < all; i++) {
    double d = get(dtype, x.block, i).d;
    put(dtype, x.block, i, (struct value){isfinite(d) && fabs(d) < 10 ? d * size : least, 0});
    put(dtype, g.block, i, (struct value){(double)(int32_t)random_word() * 0x1p-31, 0});
  }
  for (ch_long r = 0; r < outer * inner; r++) {
    put(dtype, x.block, r / inner * n * inner + r % inner, (struct value){0, 0}); /* no row is all -inf */
  }
  ch_softmax(logarithm, dtype, outer, n, inner, x.block, y.block);
  ch_softmax_backward(logarithm, dtype, outer, n, inner, g.block, y.block, gx.block);
  double unit = dtype == CH_FLOAT32 ? 0x1p-23 : 0x1p-52;
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      double top = -(double)INFINITY;
      long double total = 0, weight = 0;
#define AT(run, j) get(dtype, run.block, (o * n + (j)) * inner + i).d
      for (ch_long j = 0; j < n; j++) {
        top = fmax(top, AT(x, j));
      }
      for (ch_long j = 0; j < n; j++) {
        total += exp(AT(x, j) - top);
        weight += logarithm ? AT(g, j) : AT(g, j) * AT(y, j);
      }
      for (ch_long j = 0; j < n; j++) {
        double below = AT(x, j) - top;
        double expected = (double)(logarithm ? below - logl(total) : exp(below) / total);
        double slope = (double)(logarithm ? AT(g, j) - exp(AT(y, j)) * weight : (AT(g, j) - weight) * AT(y, j));
        /* The rounding of x - top is a relative error of its exponential. */
        double share = isfinite(below) ? (16 - below) * fabs(expected) : 0;
        double slack = unit * (logarithm ? 16 * fmax(fabs(expected), 8) : share) + 1e-44;
        CHECK(AT(y, j) == expected || fabs(AT(y, j) - expected) <= slack,
              "softmax %d %s (%lld, %lld, %lld): x = %g, y = %.17g, expected %.17g", logarithm, dtype_names[dtype], outer, n,
              inner, AT(x, j), AT(y, j), expected);
        CHECK(fabs(AT(gx, j) - slope) <= 64 * unit * (1 + fabs((double)weight)) * (double)(n < 100 ? 1 : n / 50),
              "softmax backward %d %s (%lld, %lld, %lld): %.17g, expected %.17g", logarithm, dtype_names[dtype], outer, n,
              inner, AT(gx, j), slope);
      }
#undef AT
    }
  }
  free(x.block), free(y.block), free(g.block), free(gx.block);
}

static void test_cross_entropy(int dtype, ch_long rows, ch_long n, int weighted, double size) {
  const double unit = dtype == CH_FLOAT32 ? 0x1p-20 : 0x1p-48;
  struct run x = make_run(dtype, rows * n, 1), w = make_run(dtype, n, 1), g = make_run(dtype, rows, 1);
  struct run most = make_run(dtype, rows, 1), below = make_run(dtype, rows, 1), share = make_run(dtype, rows, 1);
  struct run losses = make_run(dtype, rows, 1), gx = make_run(dtype, rows * n, 1);
  ch_long *target = malloc((size_t)rows * sizeof *target), bad = 0;
  for (ch_long i = 0; i < rows * n; i++) {
    put(dtype, x.block, i, (struct value){(double)(float)((int32_t)random_word() * 0x1p-31 * size), 0});
  }
  for (ch_long i = 0; i < n; i++) {
    put(dtype, w.block, i, (struct value){(double)(i % 5 + 1) / 4, 0});
  }
  for (ch_long r = 0; r < rows; r++) {
    put(dtype, g.block, r, (struct value){(double)(r % 3) - 1, 0});
    target[r] = r % 4 == 3 ? -7 : (ch_long)(random_word() % (uint32_t)n);
  }
  const void *weight = weighted ? w.block : NULL;
  int status = ch_cross_entropy(dtype, rows, n, -7, x.block, target, weight, most.block, below.block, share.block,
                                losses.block, &bad);
  ch_cross_entropy_backward(dtype, rows, n, -7, g.block, 1, 2, x.block, target, most.block, below.block, share.block,
                            gx.block);
  int same = status == CH_OK;
  for (ch_long r = 0; r < rows; r++) {
    double sum = 0, top = -INFINITY;
    for (ch_long j = 0; j < n; j++) { top = fmax(top, get(dtype, x.block, r * n + j).d); }
    for (ch_long j = 0; j < n; j++) { sum += exp(get(dtype, x.block, r * n + j).d - top); }
    const int counts = target[r] >= 0;
    const double by = counts ? weighted ? get(dtype, w.block, target[r]).d : 1 : 0;
    const double loss = counts ? by * (log(sum) + top - get(dtype, x.block, r * n + target[r]).d) : 0;
    same &= fabs(get(dtype, losses.block, r).d - loss) <= unit * (1 + size);
    for (ch_long j = 0; j < n; j++) {
      double slope = (exp(get(dtype, x.block, r * n + j).d - top) / sum - (j == target[r])) * by * ((double)(r % 3) - 1) / 2;
      same &= fabs(get(dtype, gx.block, r * n + j).d - slope) <= unit * (1 + size);
    }
  }
  CHECK(same, "cross_entropy %s %lld %lld %g", dtype_names[dtype], rows, n, size);
  target[rows - 1] = n;
  status = ch_cross_entropy(dtype, rows, n, -7, x.block, target, weight, most.block, below.block, share.block, losses.block,
                            &bad);
  CHECK(status == CH_INDEX_OUT_OF_RANGE && bad == n, "cross_entropy with a class out of range");
  free(x.block), free(w.block), free(g.block), free(most.block), free(below.block), free(share.block), free(losses.block);
  free(gx.block), free(target);
}

static void test_cross_entropies(void) {
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    const ch_long sizes[] = {1, 2, 10, 63, 64, 65, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      test_cross_entropy(dtype, 1 + 37 * (ch_long)i, sizes[i], (int)i % 2, 4);
      test_cross_entropy(dtype, 400, sizes[i], 1, 120);
    }
  }
}

static void test_softmaxes(void) {
  static const ch_long shapes[][3] = {{5, 1, 1}, {7, 3, 1}, {100, 10, 1}, {3, 64, 1}, {2, 1000, 1}, {1, 5000, 1}, {2, 5, 3}, {3, 17, 200}};
  for (int s = 0; s < 8; s++) {
    for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
      for (int logarithm = 0; logarithm < 2; logarithm++) {
        test_softmax(logarithm, dtype, shapes[s][0], shapes[s][1], shapes[s][2], 1, -(double)INFINITY);
        test_softmax(logarithm, dtype, shapes[s][0], shapes[s][1], shapes[s][2], 250, -(double)INFINITY);
        test_softmax(logarithm, dtype, shapes[s][0], shapes[s][1], shapes[s][2], 1, -10);
      }
    }
  }
  float x[] = {-INFINITY, -INFINITY, NAN, 1}, y[4];
  ch_softmax(0, CH_FLOAT32, 2, 2, 1, x, y);
  CHECK(isnan(y[0]) && isnan(y[1]) && isnan(y[2]) && isnan(y[3]), "softmax of -inf, -inf and of NaN, 1");
  float row[200] = {[3] = 1, [150] = NAN}, of_row[200];
  for (int logarithm = 0; logarithm < 2; logarithm++) {
    ch_softmax(logarithm, CH_FLOAT32, 1, 200, 1, row, of_row);
    for (int i = 0; i < 200; i++) {
      CHECK(isnan(of_row[i]), "softmax %d of a row with a NaN: %g at %d", logarithm, of_row[i], i);
    }
  }
}

void test_rows(long *checked, long *failed) {
  test_softmaxes();
  test_cross_entropies();
  *checked += checks;
  *failed += failures;
}
