/* Reductions and moments, against plain loops; linked into kernels_test. */
#include "values.h"

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

static void test_all_reductions(uint32_t share) {
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

void test_reductions(uint32_t share, long *checked, long *failed) {
  test_all_reductions(share);
  *checked += checks;
  *failed += failures;
}
