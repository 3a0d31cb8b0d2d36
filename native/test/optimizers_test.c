/* The steps of SGD and Adam, against plain loops; linked into kernels_test. */
#include "values.h"

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

void test_optimizers(long *checked, long *failed) {
  for (int flags = 0; flags < 16; flags++) {
    test_steps(CH_FLOAT32, flags, 37);
    test_steps(CH_FLOAT64, flags, 37);
  }
  *checked += checks;
  *failed += failures;
}
