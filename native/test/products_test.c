/* The kernels of matrix products, against plain loops; linked into kernels_test. */
#include "values.h"

/* Calls the kernel of small products, or that which packs. */
static int product(void *work, int dtype, ch_long m, ch_long n, ch_long k, double alpha, const void *a, ch_long rsa,
                   ch_long csa, const void *b, ch_long rsb, ch_long csb, double beta, void *c, ch_long ldc) {
  return work ? ch_gemm_packed(dtype, m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc, work)
              : ch_gemm_small(dtype, 1, NULL, m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc);
}

static void test_gemm(void *work, int dtype, ch_long m, ch_long n, ch_long k, int layout, double alpha, double beta) {
  ch_long wide = layout & 4 ? 3 : 0; /* rows apart */
  ch_long rsa = layout & 1 ? 1 : k + wide, csa = layout & 1 ? m + wide : 1, rsb = layout & 2 ? 1 : n + wide,
          csb = layout & 2 ? k + wide : 1, ldc = n + wide;
  struct run a = make_run(dtype, layout & 1 ? (k - 1) * csa + m : (m - 1) * rsa + k, 1);
  struct run b = make_run(dtype, layout & 2 ? (n - 1) * csb + k : (k - 1) * rsb + n, 1);
  struct run c = make_run(dtype, (m - 1) * ldc + n, 1);
  struct run *all[] = {&a, &b, &c};
  for (int o = 0; o < 3; o++) {
    for (size_t i = 0; i < all[o]->bytes / element_size(dtype); i++) {
      put(dtype, all[o]->block, (ch_long)i, (struct value){(double)(float)((int32_t)random_word() * 0x1p-31), 0});
    }
  }
  if (beta == 0) {
    put(dtype, c.block, 0, (struct value){NAN, 0}); /* must not be read */
  }
  struct run old = copy_of(&c);
  CHECK(product(work, dtype, m, n, k, alpha, a.block, rsa, csa, b.block, rsb, csb, beta, c.block, ldc) == CH_OK, "gemm");
  /* A sum of k products, scaled and added, errs by (k + 3) roundings of the sum of their magnitudes at most, in any order
   * (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1); so does the expected one, in double. */
  const double unit = ((dtype == CH_FLOAT32 ? 0x1p-24 : 0x1p-53) + 0x1p-53) * 1.001;
  double worst = 0;
  int kept = 1;
  for (ch_long i = 0; i < m; i++) {
    for (ch_long j = 0; j < ldc && i * ldc + j < (m - 1) * ldc + n; j++) {
      double got = get(dtype, c.block, i * ldc + j).d, sum = 0, size = 0;
      if (j >= n) {
        kept &= close_to(dtype, get(dtype, c.block, i * ldc + j), get(dtype, old.block, i * ldc + j), 0);
        continue;
      }
      for (ch_long p = 0; p < k; p++) {
        double term = get(dtype, a.block, i * rsa + p * csa).d * get(dtype, b.block, p * rsb + j * csb).d;
        sum += term;
        size += fabs(term);
      }
      double rest = beta == 0 ? 0 : beta * get(dtype, old.block, i * ldc + j).d;
      double error = fabs(got - (alpha * sum + rest)) / (unit * (double)(k + 3) * (fabs(alpha) * size + fabs(rest)));
      worst = error <= worst ? worst : error;
    }
  }
  CHECK(worst <= 1 && kept, "gemm %s (%lld, %lld, %lld) layout %d: %g of the greatest error", dtype_names[dtype], m, n, k,
        layout, worst);
  free(old.block), free(a.block), free(b.block), free(c.block);
}

/* So many ones that a single sum, in float32, would stay at 2^24. */
static void test_long_sums(void) {
  const ch_long k = (1 << 24) + 4096, widths[] = {1, 2, 200};
  float ones[200], c[200];
  for (int i = 0; i < 200; i++) {
    ones[i] = 1;
  }
  for (int i = 0; i < 3; i++) {
    ch_gemm_small(CH_FLOAT32, 1, NULL, 1, widths[i], k, 1, ones, 0, 0, ones, 0, 1, 0, c, 200);
    CHECK(c[0] == (float)k && c[widths[i] - 1] == (float)k, "a row by %lld columns of ones: %.9g", widths[i], (double)c[0]);
    ch_gemm_small(CH_FLOAT32, 1, NULL, widths[i], 1, k, 1, ones, 1, 0, ones, 0, 0, 0, c, 1);
    CHECK(c[0] == (float)k && c[widths[i] - 1] == (float)k, "%lld rows of ones by a column: %.9g", widths[i], (double)c[0]);
  }
}

static void test_integer_product(int dtype, ch_long m, ch_long n, ch_long k, int turned) {
  struct run a = make_run(dtype, m * k, 1), b = make_run(dtype, k * n, 1), c = make_run(dtype, m * n, 1);
  struct run before = copy_of(&c);
  ch_gemm_small(dtype, 1, NULL, m, n, k, 1, a.block, k, 1, b.block, turned ? 1 : n, turned ? k : 1, turned, c.block, n);
  for (ch_long i = 0; i < m; i++) {
    for (ch_long j = 0; j < n; j++) {
      uint64_t sum = turned ? (uint64_t)get(dtype, before.block, i * n + j).i : 0, cell = 0;
      for (ch_long p = 0; p < k; p++) {
        sum += (uint64_t)get(dtype, a.block, i * k + p).i *
               (uint64_t)get(dtype, b.block, turned ? j * k + p : p * n + j).i;
      }
      put(dtype, &cell, 0, (struct value){0, (int64_t)sum});
      CHECK(get(dtype, c.block, i * n + j).i == get(dtype, &cell, 0).i, "product of %s (%lld, %lld, %lld) at %lld, %lld",
            dtype_names[dtype], m, n, k, i, j);
    }
  }
  free(a.block);
  free(b.block);
  free(c.block);
  free(before.block);
}

/* A batch gives to the bit what its products give one by one, and leaves the gaps between them alone. */
static void test_batch(int dtype, ch_long m, ch_long n, ch_long k, int layout) {
  enum { COUNT = 5 };
  ch_long size = (ch_long)element_size(dtype), next[] = {m * k + 1, layout & 4 ? 0 : k * n + 3, m * n + 2};
  ch_long rsa = layout & 1 ? 1 : k, csa = layout & 1 ? m : 1, rsb = layout & 2 ? 1 : n, csb = layout & 2 ? k : 1;
  struct run a = make_run(dtype, COUNT * next[0], 1), b = make_run(dtype, COUNT * (k * n + 3), 1);
  struct run c = make_run(dtype, COUNT * next[2], 1);
  for (ch_long i = 0; i < COUNT * next[2]; i++) {
    put(dtype, c.block, i, (struct value){(double)(i % 7), i % 7});
  }
  struct run expected = copy_of(&c);
  double beta = layout & 1 ? 1 : 0;
  CHECK(ch_gemm_small(dtype, COUNT, next, m, n, k, 1, a.block, rsa, csa, b.block, rsb, csb, beta, c.block, n) == CH_OK, "batch");
  for (ch_long i = 0; i < COUNT; i++) {
    ch_gemm_small(dtype, 1, NULL, m, n, k, 1, (char *)a.block + i * next[0] * size, rsa, csa,
                  (char *)b.block + i * next[1] * size, rsb, csb, beta, (char *)expected.block + i * next[2] * size, n);
  }
  for (ch_long i = 0; i < COUNT * next[2]; i++) {
    CHECK(close_to(dtype, get(dtype, c.block, i), get(dtype, expected.block, i), 0),
          "batch of %s (%lld, %lld, %lld) layout %d at %lld", dtype_names[dtype], m, n, k, layout, i);
  }
  free(a.block), free(b.block), free(c.block), free(expected.block);
}

static void test_batches(void) {
  static const ch_long sizes[][3] = {{4, 4, 4},  {2, 3, 0},   {1, 5, 9},    {6, 1, 7},   {9, 7, 3},    {8, 16, 16},
                                     {5, 8, 32}, {17, 24, 5}, {20, 33, 12}, {70, 16, 9}, {3, 10, 300}, {4, 40, 130}};
  for (int dtype = CH_UINT8; dtype <= CH_FLOAT64; dtype++) {
    for (int i = 0; i < 12 && dtype != CH_FLOAT16 && dtype != CH_BFLOAT16; i++) {
      for (int layout = 0; layout < 8; layout++) {
        test_batch(dtype, sizes[i][0], sizes[i][1], sizes[i][2], layout);
      }
    }
  }
}

static void test_products(void) {
  for (int dtype = CH_UINT8; dtype <= CH_INT64; dtype++) {
    for (int turned = 0; turned < 2; turned++) {
      test_integer_product(dtype, 3, 5, 4, turned);
      test_integer_product(dtype, 2, 33, 65, turned);
      test_integer_product(dtype, 2, 1030, 130, turned);
    }
  }

  test_long_sums();
  void *work = aligned_alloc(64, CH_PACKED_BYTES);
  static const ch_long sides[] = {1, 2, 3, 5, 6, 7, 8, 13, 16, 17, 24, 31, 33, 70};
  static const ch_long depths[] = {1, 2, 8, 15, 33, 64, 257, 600};
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (int i = 0; i < 14; i++) {
      for (int j = 0; j < 14; j++) {
        for (int d = 0; d < 8; d++) {
          int layout = (i + j + d) % 8;
          if (sides[i] * sides[j] * depths[d] < 200000) {
            for (int packs = 0; packs < 2; packs++) {
              void *memory = packs ? work : NULL;
              test_gemm(memory, dtype, sides[i], sides[j], depths[d], layout, 1, 0);
              test_gemm(memory, dtype, sides[i], sides[j], depths[d], (layout + 3) % 8, -0.5, d % 2 ? 1 : 0.25);
            }
          }
        }
      }
    }
    for (int layout = 0; layout < 8; layout++) { /* vectors by matrices that no cache holds */
      test_gemm(NULL, dtype, 1, 2099, 83, layout, 1, 0);
      test_gemm(NULL, dtype, 2099, 1, 83, layout, 2, 1);
      test_gemm(NULL, dtype, 1, 150, 1201, layout, -1, 0.5);
      test_gemm(NULL, dtype, 150, 1, 1201, layout, 1, 0);
    }
    for (int layout = 0; layout < 4; layout++) { /* several pieces of each side */
      test_gemm(work, dtype, 301, 35, 20, layout, 1, 0);
      test_gemm(work, dtype, 9, 1100, 300, layout, 2, 1);
      test_gemm(work, dtype, 5, 20, 1100, layout, 1, 0);
    }
    double c = 3;
    put(dtype, &c, 0, (struct value){3, 0});
    ch_gemm_small(dtype, 1, NULL, 1, 1, 0, 1, &c, 1, 1, &c, 1, 1, 0.5, &c, 1);
    CHECK(get(dtype, &c, 0).d == 1.5, "gemm without k");
  }
  free(work);
}

void test_matrices(long *checked, long *failed) {
  test_products();
  test_batches();
  *checked += checks;
  *failed += failures;
}
