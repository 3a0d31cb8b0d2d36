/* The kernels that are not elementwise, against plain loops; linked into kernels_test. */
#include "values.h"

/* ---- reductions --------------------------------------------------------------------------------------------------- */

static struct value reduced(int op, int dtype, const struct run *x, ch_long from, ch_long n, ch_long step) {
  struct value best = {0, 0}, total = {op == REDUCE_PROD, op == REDUCE_PROD || op == REDUCE_ALL};
  ch_long where = 0;
  for (ch_long i = 0; i < n; i++) {
    struct value v = get(dtype, x->block, from + i * step);
    int nan = isnan(v.d) != 0, over = is_floating(dtype) ? v.d > best.d : v.i > best.i;
    int under = is_floating(dtype) ? v.d < best.d : v.i < best.i;
    int greater = op == REDUCE_MAX || op == REDUCE_ARGMAX;
    if (i == 0 || (!isnan(best.d) && (nan || (greater ? over : under)))) {
      best = v;
      where = i;
    }
    if (op == REDUCE_SUM_SQUARES) {
      total.d += v.d * v.d;
    } else if (op == REDUCE_SUM_MAGNITUDES) {
      total.d += fabs(v.d);
    } else if (op == REDUCE_SUM) {
      total.d += v.d;
      total.i = (int64_t)((uint64_t)total.i + (uint64_t)v.i);
    } else if (op == REDUCE_PROD) {
      total.d *= v.d;
      total.i = (int64_t)((uint64_t)total.i * (uint64_t)v.i);
    } else if (op == REDUCE_ANY) {
      total.i |= v.i;
    } else if (op == REDUCE_ALL) {
      total.i &= v.i;
    }
  }
  if (op == REDUCE_ARGMAX || op == REDUCE_ARGMIN) {
    return (struct value){0, where};
  }
  if (op == REDUCE_MAX || op == REDUCE_MIN) {
    return best;
  }
  return total;
}

static int result_type(int op, int dtype) {
  int whole = (op == REDUCE_SUM || op == REDUCE_PROD) && !is_floating(dtype);
  return whole || op == REDUCE_ARGMAX || op == REDUCE_ARGMIN ? CH_INT64 : dtype;
}

static int reduces(int op, int dtype) {
  if (dtype == CH_BOOL) {
    return op <= REDUCE_ALL;
  }
  int of_magnitudes = op == REDUCE_SUM_SQUARES || op == REDUCE_SUM_MAGNITUDES;
  return !is_half(dtype) && (op < REDUCE_ANY || (of_magnitudes && is_floating(dtype)));
}

/* `tame` keeps NaN and infinities out, and the values of a product near 1. */
static void test_reduce(int op, int dtype, ch_long outer, ch_long n, ch_long inner, int layout) {
  struct run x = make_run(dtype, 2 * outer * n * inner, 1);
  if (is_floating(dtype) && (op < REDUCE_MAX || op > REDUCE_ALL || (random_word() & 1))) {
    for (ch_long i = 0; i < 2 * outer * n * inner; i++) {
      double d = get(dtype, x.block, i).d;
      d = isfinite(d) && fabs(d) < 10 ? d : 1;
      put(dtype, x.block, i, (struct value){op == REDUCE_PROD ? 1 + d * 0.01 : rint(d * 16) / 16, 0});
    }
  }
  ch_long so = n * inner, sn = inner, si = 1, first = 0; /* contiguous */
  if (layout == 1) { /* the reduced axis is the inner one in memory */
    sn = 1, si = n;
  } else if (layout == 2) {
    so *= 2, sn *= 2, si = 2;
  } else if (layout == 3) { /* backwards */
    first = outer * n * inner - 1, so = -so, sn = -sn, si = -1;
  }
  int result = result_type(op, dtype);
  struct run y = make_run(result, outer * inner, 1);
  int status = ch_reduce(op, dtype, outer, n, inner, x.block + first * (ch_long)element_size(dtype), so, sn, si, y.block);
  CHECK(status == (reduces(op, dtype) ? CH_OK : CH_NO_KERNEL), "reduce %d %s: status %d", op, dtype_names[dtype], status);
  for (ch_long o = 0; status == CH_OK && o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      struct value expected = reduced(op, dtype, &x, first + o * so + i * si, n, sn);
      struct value got = get(result, y.block, o * inner + i);
      double ulps = op == REDUCE_PROD ? 2 + (double)n : 0;
      int ok = close_to(result, got, expected, ulps) || (op == REDUCE_PROD && fabs(got.d - expected.d) < 1e-30);
      CHECK(ok, "%s %s (%lld, %lld, %lld) layout %d at %lld, %lld: %.17g/%lld, expected %.17g/%lld",
            ch_op_name(CH_FAMILY_REDUCE, op), dtype_names[dtype], outer, n, inner, layout, o, i, got.d, (long long)got.i,
            expected.d, (long long)expected.i);
    }
  }
  free(x.block);
  free(y.block);
}

/* Numbers far from 0, whose squares have no digits left for what lies between them, whole and in two unequal parts. */
static void test_moments(int dtype, ch_long outer, ch_long n, ch_long inner, int turned) {
  struct run x = make_run(dtype, outer * n * inner, 1);
  for (ch_long i = 0; i < outer * n * inner; i++) {
    put(dtype, x.block, i, (struct value){4096 + random_word() % 1024 / 1024.0, 0});
  }
  ch_long so = n * inner, sn = turned ? 1 : inner, si = turned ? n : 1, first = (n + 1) / 2, room = outer * inner;
  double *mean = malloc(6 * (size_t)room * sizeof *mean), *squares = mean + 3 * room;
  ch_moments(dtype, outer, n, inner, x.block, so, sn, si, mean, squares);
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      double sum = 0, around = 0;
      for (ch_long j = 0; j < n; j++) { sum += get(dtype, x.block, o * so + j * sn + i * si).d - 4096; }
      for (ch_long j = 0; j < n; j++) {
        double apart = get(dtype, x.block, o * so + j * sn + i * si).d - 4096 - sum / (double)n;
        around += apart * apart;
      }
      CHECK(fabs(mean[o * inner + i] - 4096 - sum / (double)n) < 1e-11 &&
                fabs(squares[o * inner + i] - around) <= 1e-11 * (double)n,
            "moments %s (%lld, %lld, %lld): %.17g %.17g, expected %.17g %.17g", dtype_names[dtype], outer, n, inner,
            mean[o * inner + i], squares[o * inner + i], 4096 + sum / (double)n, around);
    }
  }
  if (outer == 1 && n > 1) {
    size_t size = element_size(dtype);
    ch_moments(dtype, 1, first, inner, x.block, so, sn, si, mean + room, squares + room);
    ch_moments(dtype, 1, n - first, inner, x.block + (size_t)(first * sn) * size, so, sn, si, mean + 2 * room,
               squares + 2 * room);
    double joined[2];
    for (ch_long i = 0; i < inner; i++) {
      double means[] = {mean[room + i], mean[2 * room + i]}, both[] = {squares[room + i], squares[2 * room + i]};
      ch_join_moments(1, 2, 1, first, n - first, means, both, joined, joined + 1);
      CHECK(fabs(joined[0] - mean[i]) < 1e-11 && fabs(joined[1] - squares[i]) <= 1e-11 * (double)n,
            "joined moments %s (%lld, %lld)", dtype_names[dtype], n, inner);
    }
  }
  free(mean);
  free(x.block);
}

static void test_reductions(uint32_t share) {
  static const ch_long lengths[] = {1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 128, 511, 512, 513, 1000, 1025, 5000};
  static const ch_long inners[] = {1, 3, 8, 17, 300};
  for (int op = 0; op < REDUCE_OPS; op++) {
    for (int dtype = 0; dtype < DTYPES; dtype++) {
      for (int l = 0; l < 18; l++) {
        for (int i = 0; i < 5; i++) {
          if (lengths[l] * inners[i] <= 40000) {
            for (int layout = 0; layout < 4; layout++) {
              if (random_word() % share) {
                continue;
              }
              test_reduce(op, dtype, 2, lengths[l], inners[i], layout);
            }
          }
        }
      }
    }
  }
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (int l = 0; l < 18; l++) {
      test_moments(dtype, 1, lengths[l], 3, l % 2);
      test_moments(dtype, 2, lengths[l], 70, l % 2);
      test_moments(dtype, 3, lengths[l], 1, 0);
    }
  }
  float empty[3] = {7, 7, 7};
  ch_reduce(REDUCE_SUM, CH_FLOAT32, 1, 0, 3, NULL, 0, 3, 1, empty);
  CHECK(empty[0] == 0 && empty[2] == 0, "sum of nothing");
  ch_reduce(REDUCE_PROD, CH_FLOAT32, 3, 0, 1, NULL, 0, 1, 1, empty);
  CHECK(empty[0] == 1 && empty[2] == 1, "product of nothing");
  uint8_t truth[2] = {9, 9};
  ch_reduce(REDUCE_ANY, CH_BOOL, 1, 0, 1, NULL, 0, 1, 1, truth);
  ch_reduce(REDUCE_ALL, CH_BOOL, 1, 0, 1, NULL, 0, 1, 1, truth + 1);
  CHECK(truth[0] == 0 && truth[1] == 1, "any and all of nothing");
  /* ten million times 0.1: a running sum is wrong in the third digit, a pairwise one by a few ulp */
  enum { MANY = 10000000 };
  float *tenths = malloc(MANY * sizeof *tenths), sum, column[8];
  for (int i = 0; i < MANY; i++) {
    tenths[i] = 0.1f;
  }
  ch_reduce(REDUCE_SUM, CH_FLOAT32, 1, MANY, 1, tenths, MANY, 1, 1, &sum);
  CHECK(fabs((double)sum - MANY * (double)0.1f) <= 0.1875, "sum of tenths: %.9g", (double)sum);
  ch_reduce(REDUCE_SUM, CH_FLOAT32, 1, MANY / 8, 8, tenths, MANY, 8, 1, column);
  CHECK(fabs((double)column[5] - MANY / 8 * (double)0.1f) <= 0.0157, "column of tenths: %.9g", (double)column[5]);
  free(tenths);
}

/* ---- softmax ----------------------------------------------------------------------------------------------------------- */

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

/* ---- convolution ----------------------------------------------------------------------------------------------------------------- */

/* Pooling of few different numbers, beside window after window: of equal ones the first counts, of NaNs the last. */
static void test_pooling(int dtype, ch_long height, ch_long width, ch_long kernel, ch_long stride, ch_long pad, ch_long dilation) {
  const double some[] = {-INFINITY, 0, 1, 1, 2, NAN};
  const ch_long oh = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  const ch_long ow = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long g[] = {1, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  struct run image = make_run(dtype, height * width, 1), y = make_run(dtype, oh * ow, 1);
  ch_long *positions = malloc((size_t)(oh * ow) * sizeof *positions);
  for (ch_long i = 0; i < height * width; i++) {
    put(dtype, image.block, i, (struct value){some[random_word() % 6], 0});
  }
  ch_max_pool2d(dtype, 1, g, image.block, y.block, positions);
  int same = 1;
  for (ch_long o = 0; o < oh * ow; o++) {
    ch_long where = -1;
    for (ch_long k = 0; k < kernel * kernel; k++) {
      const ch_long r = o / ow * stride + k / kernel * dilation - pad, q = o % ow * stride + k % kernel * dilation - pad;
      if (r >= 0 && r < height && q >= 0 && q < width) {
        const double v = get(dtype, image.block, r * width + q).d;
        where = where < 0 || v != v || v > get(dtype, image.block, where).d ? r * width + q : where;
      }
    }
    const double best = get(dtype, image.block, where).d, found = get(dtype, y.block, o).d;
    same &= positions[o] == where && (found == best || (isnan(found) && isnan(best)));
  }
  CHECK(same, "max_pool2d of equal numbers %s %lld %lld %lld %lld %lld", dtype_names[dtype], width, kernel, stride, pad, dilation);
  free(positions);
  free(image.block);
  free(y.block);
}

static void test_convolution(int dtype, ch_long channels, ch_long height, ch_long width, ch_long kernel, ch_long stride,
                             ch_long pad, ch_long dilation) {
  ch_long oh = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long ow = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  ch_long rows = channels * kernel * kernel, out = oh * ow;
  struct run image = make_run(dtype, channels * height * width, 1), column = make_run(dtype, rows * out, 1);
  struct run back = make_run(dtype, channels * height * width, 1), y = make_run(dtype, channels * out, 1);
  for (ch_long i = 0; i < channels * height * width; i++) {
    put(dtype, image.block, i, (struct value){random_word() % 1000, 0});
  }
  ch_long *positions = malloc((size_t)(channels * out) * sizeof *positions);
  double *expected = calloc((size_t)(channels * height * width), sizeof *expected);
  ch_im2col(dtype, g, out, image.block, column.block);
  ch_col2im(dtype, g, out, column.block, back.block);
  ch_max_pool2d(dtype, channels, g, image.block, y.block, positions);
  int same = 1, pooled = 1;
  for (ch_long o = 0; o < out; o++) {
    for (ch_long c = 0; c < channels; c++) {
      double best = -1;
      ch_long where = -1;
      for (ch_long k = 0; k < kernel * kernel; k++) {
        ch_long r = o / ow * stride + k / kernel * dilation - pad, q = o % ow * stride + k % kernel * dilation - pad;
        int inside = r >= 0 && r < height && q >= 0 && q < width;
        double v = inside ? get(dtype, image.block, (c * height + r) * width + q).d : 0;
        same &= get(dtype, column.block, (c * kernel * kernel + k) * out + o).d == v;
        if (inside) {
          expected[(c * height + r) * width + q] += v;
        }
        if (inside && v > best) {
          best = v;
          where = r * width + q;
        }
      }
      pooled &= where < 0 || (get(dtype, y.block, c * out + o).d == best && positions[c * out + o] == where);
    }
  }
  CHECK(same, "im2col %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  CHECK(pooled, "max_pool2d %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  struct run spread = make_run(dtype, channels * height * width, 1);
  ch_max_unpool2d(dtype, channels, height * width, out, y.block, positions, spread.block);
  same = 1;
  for (ch_long c = 0; c < channels; c++) {
    for (ch_long i = 0; i < height * width; i++) {
      double sum = 0;
      for (ch_long o = 0; o < out; o++) {
        sum += positions[c * out + o] == i ? get(dtype, y.block, c * out + o).d : 0;
      }
      same &= get(dtype, spread.block, c * height * width + i).d == sum;
    }
  }
  CHECK(same, "max_unpool2d %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  free(spread.block);
  same = 1;
  for (ch_long i = 0; i < channels * height * width; i++) {
    same &= get(dtype, back.block, i).d == expected[i];
  }
  CHECK(same, "col2im %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  free(image.block), free(column.block), free(back.block), free(y.block), free(positions), free(expected);
}

/* Small whole numbers, whose sums are exact. */
static struct run whole_numbers(int dtype, ch_long n) {
  struct run x = make_run(dtype, n, 1);
  for (ch_long i = 0; i < n; i++) {
    put(dtype, x.block, i, (struct value){(double)(random_word() % 7) - 3, 0});
  }
  return x;
}

/* Convolution of two images as they lie, and its gradients, against the pairs of pixels and kernels that meet. */
static void test_direct(int dtype, ch_long channels, ch_long features, ch_long height, ch_long width, ch_long kernel,
                        ch_long stride, ch_long pad, ch_long dilation) {
  const ch_long reach = (kernel - 1) * dilation, taps = kernel * kernel, images = 2;
  const ch_long oh = (height + 2 * pad - reach - 1) / stride + 1, ow = (width + 2 * pad - reach - 1) / stride + 1;
  const ch_long in = channels * height * width, out = features * oh * ow, most = channels > features ? channels : features;
  const ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  const ch_long back[] = {features, oh, ow, kernel, kernel, 1, 1, reach - pad, reach - pad, dilation, dilation, height, width};
  struct run x = whole_numbers(dtype, images * in), w = whole_numbers(dtype, features * channels * taps);
  struct run bias = whole_numbers(dtype, features), slope = whole_numbers(dtype, images * out);
  struct run y = whole_numbers(dtype, images * out), gx = whole_numbers(dtype, images * in);
  struct run gw = whole_numbers(dtype, features * channels * taps);
  struct run packed = make_run(dtype, (most + 7) * most * taps, 1);
  const ch_long frame = (most + 15) * (height + 2 * pad + 2 * reach) * (width + 2 * pad + 2 * reach);
  void *work = aligned_alloc(64, (size_t)((most * taps + frame + 64) * 8 + 63) / 64 * 64);
  double *ey = calloc((size_t)(images * out), 8), *ex = calloc((size_t)(images * in), 8);
  double *ew = calloc((size_t)(features * channels * taps), 8);
  for (ch_long i = 0; i < images * out * channels * taps; i++) {
    const ch_long t = i % taps, c = i / taps % channels, o = i / taps / channels, f = o / (oh * ow) % features;
    const ch_long r = o / ow % oh * stride + t / kernel * dilation - pad, q = o % ow * stride + t % kernel * dilation - pad;
    if (r >= 0 && r < height && q >= 0 && q < width) {
      const ch_long at = ((o / out * channels + c) * height + r) * width + q, k = (f * channels + c) * taps + t;
      ey[o] += get(dtype, x.block, at).d * get(dtype, w.block, k).d;
      ex[at] += get(dtype, slope.block, o).d * get(dtype, w.block, k).d;
      ew[(f * taps + t) * channels + c] += get(dtype, slope.block, o).d * get(dtype, x.block, at).d;
    }
  }
  int same = 1;
  if (stride == 1) {
    const ch_long half = oh / 2;
    ch_conv2d_pack(dtype, g, features, 0, w.block, packed.block);
    ch_conv2d(dtype, g, images, in, out, features, 0, half, x.block, packed.block, bias.block, y.block, work);
    ch_conv2d(dtype, g, images, in, out, features, half, oh, x.block, packed.block, bias.block, y.block, work);
    for (ch_long o = 0; o < images * out; o++) {
      same &= get(dtype, y.block, o).d == ey[o] + get(dtype, bias.block, o / (oh * ow) % features).d;
    }
    CHECK(same, "conv2d %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  }
  if (stride == 1 && reach >= pad) {
    same = 1;
    ch_conv2d_pack(dtype, back, channels, 1, w.block, packed.block);
    ch_conv2d(dtype, back, images, out, in, channels, 0, height, slope.block, packed.block, NULL, gx.block, work);
    for (ch_long i = 0; i < images * in; i++) {
      same &= get(dtype, gx.block, i).d == ex[i];
    }
    CHECK(same, "conv2d back %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  }
  same = 1;
  ch_conv2d_weight(dtype, g, images, out, in, features, slope.block, x.block, gw.block, work);
  for (ch_long i = 0; i < features * channels * taps; i++) {
    same &= get(dtype, gw.block, i).d == ew[i];
  }
  CHECK(same, "conv2d_weight %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  free(x.block), free(w.block), free(bias.block), free(slope.block), free(y.block), free(gx.block), free(gw.block);
  free(packed.block), free(work), free(ey), free(ex), free(ew);
}

/* Convolution of images side by side, and its gradients, in two shares each, against the same. */
static void test_beside(int dtype, ch_long images, ch_long channels, ch_long features, ch_long height, ch_long width,
                        ch_long kernel, ch_long stride, ch_long pad, ch_long dilation) {
  const ch_long reach = (kernel - 1) * dilation, taps = kernel * kernel, size = dtype == CH_FLOAT32 ? 4 : 8;
  const ch_long oh = (height + 2 * pad - reach - 1) / stride + 1, ow = (width + 2 * pad - reach - 1) / stride + 1;
  const ch_long pixels = height * width, places = oh * ow, in = channels * pixels, out = features * places;
  const ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  const ch_long lanes = ch_vector_bytes() / size, rows = ch_conv2d_beside_rows();
  /* The most images that one call takes are a panel. */
#if defined(__aarch64__)
  const ch_long panel = 4 * lanes;
#else
  const ch_long panel = 2 * lanes;
#endif
  struct run x = whole_numbers(dtype, images * in), w = whole_numbers(dtype, features * channels * taps);
  struct run bias = whole_numbers(dtype, features), slope = whole_numbers(dtype, images * out);
  struct run y = whole_numbers(dtype, images * out), gx = whole_numbers(dtype, images * in);
  struct run gw = whole_numbers(dtype, features * channels * taps);
  const ch_long most = (channels > features ? channels : features) + panel, area = pixels > places ? pixels : places;
  void *beside = aligned_alloc(64, (size_t)((most + 1) * area * (images + panel) * 8 + 63) / 64 * 64);
  void *slopes = aligned_alloc(64, (size_t)(most * area * (images + panel) * 8 + 63) / 64 * 64);
  void *work = aligned_alloc(64, CH_BESIDE_BYTES > rows * taps * panel * 8 ? CH_BESIDE_BYTES : rows * taps * panel * 8);
  double *ey = calloc((size_t)(images * out), 8), *ex = calloc((size_t)(images * in), 8);
  double *ew = calloc((size_t)(features * channels * taps), 8);
  for (ch_long i = 0; i < images * out * channels * taps; i++) {
    const ch_long t = i % taps, c = i / taps % channels, o = i / taps / channels, f = o / places % features;
    const ch_long r = o / ow % oh * stride + t / kernel * dilation - pad, q = o % ow * stride + t % kernel * dilation - pad;
    if (r >= 0 && r < height && q >= 0 && q < width) {
      const ch_long at = ((o / out * channels + c) * height + r) * width + q, k = (f * channels + c) * taps + t;
      ey[o] += get(dtype, x.block, at).d * get(dtype, w.block, k).d;
      ex[at] += get(dtype, slope.block, o).d * get(dtype, w.block, k).d;
      ew[k] += get(dtype, slope.block, o).d * get(dtype, x.block, at).d;
    }
  }
  for (int back = 0; back <= 1; back++) {
    const ch_long from = back ? features : channels, to = back ? channels : features, tiles = (to + rows - 1) / rows;
    const ch_long sources = back ? places : pixels, results = back ? pixels : places;
    for (ch_long n = 0; n < images; n += panel) {
      const ch_long count = images - n < panel ? images - n : panel, half = from / 2;
      const char *first = (char *)(back ? slope.block : x.block) + n * from * sources * size;
      char *last = (char *)(back ? gx.block : y.block) + n * to * results * size;
      const void *level = back ? NULL : bias.block;
      memset(beside, -1, (size_t)((from + 1) * sources * panel * size)); /* NaN where nothing is laid out */
      ch_conv2d_beside_images(dtype, from, sources, count, from * sources, 0, half, first, beside);
      ch_conv2d_beside_images(dtype, from, sources, count, from * sources, half, from, first, beside);
      for (ch_long tile = 0; tile < tiles; tile += (tiles + 1) / 2) {
        const ch_long end = tile + (tiles + 1) / 2;
        ch_conv2d_beside(dtype, g, features, back, count, to * results, tile, end < tiles ? end : tiles, beside, w.block,
                         level, last, work);
      }
    }
    int same = 1;
    for (ch_long i = 0; i < images * to * results; i++) {
      same &= back ? get(dtype, gx.block, i).d == ex[i]
                   : get(dtype, y.block, i).d == ey[i] + get(dtype, bias.block, i / places % features).d;
    }
    CHECK(same, "conv2d_beside %d %s %lld %lld %lld %lld %lld", back, dtype_names[dtype], channels, kernel, stride, pad,
          dilation);
  }
  const ch_long tiles = (features + rows - 1) / rows, panels = (channels + panel - 1) / panel;
  for (ch_long n = 0; n < images; n += 20) {
    const ch_long count = images - n < 20 ? images - n : 20, half = tiles / 2;
    const char *of_x = (char *)x.block + n * in * size, *of_g = (char *)slope.block + n * out * size;
    ch_conv2d_beside_channels(dtype, panel, channels, pixels, count, in, 0, 1, of_x, beside);
    ch_conv2d_beside_channels(dtype, panel, channels, pixels, count, in, 1, panels, of_x, beside);
    ch_conv2d_beside_channels(dtype, rows, features, places, count, out, 0, tiles, of_g, slopes);
    ch_conv2d_beside_weight(dtype, g, features, count, 0, half, slopes, beside, n > 0, gw.block, work);
    ch_conv2d_beside_weight(dtype, g, features, count, half, tiles, slopes, beside, n > 0, gw.block, work);
  }
  int same = 1;
  for (ch_long i = 0; i < features * channels * taps; i++) {
    same &= get(dtype, gw.block, i).d == ew[i];
  }
  CHECK(same, "conv2d_beside_weight %s %lld %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, stride, pad, dilation);
  free(x.block), free(w.block), free(bias.block), free(slope.block), free(y.block), free(gx.block), free(gw.block);
  free(beside), free(slopes), free(work), free(ey), free(ex), free(ew);
}

static void test_convolutions(void) {
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 4; kernel++) {
      for (ch_long pad = 0; pad <= 2; pad++) {
        test_beside(dtype, 5 + 14 * pad, 3 + 8 * pad, 9, 7, 6, kernel, 1 + kernel % 3, pad, 1 + pad % 2);
        test_beside(dtype, 21, 17 + pad, 12, 3 + kernel, 9, kernel, 1, pad, 1);
      }
    }
    test_beside(dtype, 33, 70, 50, 2, 2, 3, 1, 1, 1);   /* channels in parts */
    test_beside(dtype, 2, 1, 100, 20, 19, 5, 2, 2, 1);  /* places in bands */
    test_beside(dtype, 3, 9, 10, 4, 33, 3, 1, 1, 1);    /* and tiles */
    test_beside(dtype, 2, 2, 3, 18, 16, 16, 1, 1, 1);   /* as many taps as there may be */
  }
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 4; kernel++) {
      for (ch_long pad = 0; pad <= 2; pad++) {
        test_direct(dtype, 3 + 7 * pad, 9, 10, 17, kernel, 1, pad, 1 + kernel % 2);
        test_direct(dtype, 17 + pad, 5, 9, 8, kernel, 1 + kernel % 3, pad, 1);
      }
    }
    test_direct(dtype, 90, 150, 5, 7, 3, 1, 1, 1); /* a kernel in parts, and kernels too */
  }
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 5; kernel++) {
      for (ch_long stride = 1; stride <= 3; stride++) {
        for (ch_long pad = 0; pad <= kernel / 2; pad++) {
          for (ch_long dilation = 1; dilation <= 2; dilation++) {
            test_convolution(dtype, 2, 11, 13, kernel, stride, pad, dilation);
            test_pooling(dtype, 10, 45, kernel, stride, pad, dilation);
          }
        }
      }
    }
  }
  for (ch_long width = 2; width <= 36; width++) { /* windows side by side, in vectors */
    test_convolution(CH_FLOAT32, 1, 5, width, 2, 2, 0, 1);
    test_convolution(CH_FLOAT64, 1, 4, width, 2, 2, 0, 1);
  }
  test_pooling(CH_FLOAT32, 4, 1024, 3, 2, 1, 1);
  test_pooling(CH_FLOAT32, 4, 1025, 3, 2, 1, 1); /* too wide for columns first */
  float plane[] = {1, NAN, 3, 4, NAN, 0}, y[2];
  ch_long g[] = {1, 1, 6, 1, 3, 1, 3, 0, 0, 1, 1, 1, 2}, positions[2];
  ch_max_pool2d(CH_FLOAT32, 1, g, plane, y, positions);
  CHECK(isnan(y[0]) && positions[0] == 1 && isnan(y[1]) && positions[1] == 4, "max_pool2d with NaN");
  float four[] = {1, 1, 0, 1, 0, 1, NAN, 0, -INFINITY, -INFINITY, 1, 1, 0, 1, 0, NAN, 5, NAN, -INFINITY, -INFINITY}, best[5];
  ch_long h[] = {1, 2, 10, 2, 2, 2, 2, 0, 0, 1, 1, 1, 5}, where[] = {0, 3, 15, 17, 8}, found[5];
  ch_max_pool2d(CH_FLOAT32, 1, h, four, best, found);
  for (int i = 0; i < 5; i++) {
    CHECK(found[i] == where[i] && memcmp(best + i, four + where[i], sizeof(float)) == 0, "max_pool2d of pairs %d", i);
  }
}

/* ---- optimizers ----------------------------------------------------------------------------------------------------------------------- */

static void test_steps(int dtype, int flags, ch_long n) {
  double unit = dtype == CH_FLOAT32 ? 0x1p-21 : 0x1p-50;
  struct run state[5]; /* parameter, gradient, mean (or momentum), square, most */
  for (int r = 0; r < 5; r++) {
    state[r] = make_run(dtype, n, 1);
    for (ch_long i = 0; i < n; i++) {
      double d = (double)(float)((int32_t)random_word() * 0x1p-31);
      put(dtype, state[r].block, i, (struct value){r > 2 ? fabs(d) : d, 0});
    }
  }
  struct run old[5];
  for (int r = 0; r < 5; r++) {
    old[r] = copy_of(state + r);
  }
  double sgd[] = {0.05, flags & 8 ? 0 : 0.9, 0.2, 0.01};
  ch_sgd_step(dtype, n, state[0].block, state[1].block, state[2].block, sgd, flags & 7);
  for (ch_long i = 0; i < n; i++) {
    double p = at(old, i).d, g = at(old + 1, i).d * (flags & 4 ? -1 : 1) + 0.01 * p, b = at(old + 2, i).d;
    double kept = flags & 2 ? g : 0.9 * b + 0.8 * g, step = flags & 8 ? g : flags & 1 ? g + 0.9 * kept : kept;
    CHECK(fabs(at(state, i).d - (p - 0.05 * step)) <= unit, "sgd %s flags %d", dtype_names[dtype], flags);
    CHECK(flags & 8 || fabs(at(state + 2, i).d - kept) <= unit, "sgd momentum %s flags %d", dtype_names[dtype], flags);
  }
  for (int r = 0; r < 5; r++) {
    memcpy(state[r].block, old[r].block, old[r].bytes);
  }
  double adam[] = {0.01, 0.9, 0.99, 1e-3, flags & 8 ? 0 : 0.1, 0.19, 0.0199};
  ch_adam_step(dtype, n, state[0].block, state[1].block, state[2].block, state[3].block, state[4].block, adam, flags & 7);
  for (ch_long i = 0; i < n; i++) {
    double p = at(old, i).d, g = at(old + 1, i).d * (flags & 4 ? -1 : 1);
    if (flags & 1) {
      p *= 1 - 0.01 * adam[4];
    } else {
      g += adam[4] * p;
    }
    double m = 0.9 * at(old + 2, i).d + 0.1 * g, v = 0.99 * at(old + 3, i).d + 0.01 * g * g;
    double most = fmax(at(old + 4, i).d, v), denominator = sqrt(flags & 2 ? most : v) / sqrt(0.0199) + 1e-3;
    CHECK(fabs(at(state, i).d - (p - 0.01 / 0.19 * m / denominator)) <= unit, "adam %s flags %d", dtype_names[dtype], flags);
    CHECK(fabs(at(state + 2, i).d - m) <= unit && fabs(at(state + 3, i).d - v) <= unit, "adam's means %s", dtype_names[dtype]);
    CHECK(fabs(at(state + 4, i).d - (flags & 2 ? most : at(old + 4, i).d)) <= unit, "adam's maximum %s", dtype_names[dtype]);
  }
  for (int r = 0; r < 5; r++) {
    free(state[r].block);
    free(old[r].block);
  }
}

void test_shapes(uint32_t share, long *checked, long *failed) {
  test_reductions(share);
  test_softmaxes();
  test_convolutions();
  for (int flags = 0; flags < 16; flags++) {
    test_steps(CH_FLOAT32, flags, 37);
    test_steps(CH_FLOAT64, flags, 37);
  }
  test_cross_entropies();
  *checked += checks;
  *failed += failures;
}
