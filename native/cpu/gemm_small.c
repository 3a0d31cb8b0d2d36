/*
 * Products of small matrices. Tiles of C live in registers; B is read where it lies when its rows are contiguous, and is
 * laid out in narrow panels on the stack otherwise. There are no other buffers and no threads: the point is the short way
 * for matrices that do not repay BLAS's.
 */
#include "fours.h"
#include "fused.h"
#include "types.h"

/* Tile sizes by the number of registers: sums, one row of vectors of B, and one element of A fit. */
#if defined(__AVX512F__)
#define TILE_ROWS 8
#define FEW_ROWS 16 /* up to so many rows of A, dot products with columns of B are faster than packing these */
#define EACH_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#else
#define TILE_ROWS 6
#define FEW_ROWS 8
#define EACH_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5)
#endif
#if defined(__aarch64__)
#define TILE_VECTORS 4
#define EACH_TILE_VECTORS(X) X(1) X(2) X(3) X(4)
#else
#define TILE_VECTORS 2
#define EACH_TILE_VECTORS(X) X(1) X(2)
#endif
#define WIDEST 8        /* vectors of a tile of one row, or WIDE, or one */
#define WIDE 4
#define DEPTH 256       /* of k in one pass */
#define STREAMS 4       /* rows of a matrix that a vector multiplies at a time, where it is read from afar */
#define STREAM_BYTES 8192   /* of each row at a time: the sums of that stay in the first cache */
#define NEAR_BYTES (1 << 18) /* of a matrix that the second cache holds beside others */
#define PACKED_ROWS 64  /* with more rows of A than this, B's panels are packed so that they stay in the first cache */

/* The last vector of a row of B: all of it, a part with padding behind it, or a part with memory of others behind it. */
enum edge { WHOLE, PADDED, CUT };

#if VECTOR_BYTES == 64
/* As in gemm_of.h, in registers: quarters of the vectors change places, then lanes within a quarter. */
INLINE four_f32 lane_sums_f32(const vector_f32 *x) {
  const __m512 a = (__m512)x[0], b = (__m512)x[1], c = (__m512)x[2], d = (__m512)x[3];
  __m512 ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  __m512 cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
  __m512 all = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
  all = _mm512_add_ps(all, _mm512_permute_ps(all, 0x4E));
  all = _mm512_add_ps(all, _mm512_permute_ps(all, 0xB1));
  return (four_f32)_mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, all));
}

INLINE four_f64 lane_sums_f64(const vector_f64 *x) {
  const __m512d a = (__m512d)x[0], b = (__m512d)x[1], c = (__m512d)x[2], d = (__m512d)x[3];
  __m512d ab = _mm512_add_pd(_mm512_shuffle_f64x2(a, b, 0x44), _mm512_shuffle_f64x2(a, b, 0xEE));
  __m512d cd = _mm512_add_pd(_mm512_shuffle_f64x2(c, d, 0x44), _mm512_shuffle_f64x2(c, d, 0xEE));
  __m512d all = _mm512_add_pd(_mm512_shuffle_f64x2(ab, cd, 0x88), _mm512_shuffle_f64x2(ab, cd, 0xDD));
  all = _mm512_add_pd(all, _mm512_permute_pd(all, 0x55));
  return (four_f64)_mm512_castpd512_pd256(_mm512_maskz_compress_pd(0x55, all));
}
#endif

#define T float
#define S f32
#include "gemm_of.h"

#define T double
#define S f64
#include "gemm_of.h"

/*
 * Integers, in arithmetic that wraps: rows of C grow by multiples of rows of B, a strip of columns and of k at a time, which
 * stay in the cache while all rows of C pass.
 */
#define STRIP_COLUMNS 1024
#define STRIP_DEPTH 64
#define INTEGER_PRODUCT(S, T, DTYPE)                                                                               \
  static void product_##S(ch_long m, ch_long n, ch_long k, const T *a, ch_long rsa, ch_long csa, const T *b,        \
                          ch_long rsb, ch_long csb, int kept, T *c, ch_long ldc) {                                  \
    for (ch_long j = 0; j < n; j += STRIP_COLUMNS) {                                                               \
      ch_long width = n - j < STRIP_COLUMNS ? n - j : STRIP_COLUMNS;                                               \
      for (ch_long p = 0; p < k; p += STRIP_DEPTH) {                                                               \
        ch_long end = k - p < STRIP_DEPTH ? k : p + STRIP_DEPTH;                                                   \
        for (ch_long i = 0; i < m; i++) {                                                                          \
          T *row = c + i * ldc + j;                                                                                \
          if (p == 0 && !kept) { memset(row, 0, (size_t)width * sizeof(T)); }                                      \
          for (ch_long q = p; q < end; q++) {                                                                      \
            T factor = a[i * rsa + q * csa];                                                                       \
            const T *from = b + q * rsb + j * csb;                                                                 \
            if (csb == 1) {                                                                                        \
              INDEPENDENT for (ch_long l = 0; l < width; l++) { row[l] = (T)(row[l] + (T)(factor * from[l])); }    \
            } else {                                                                                               \
              for (ch_long l = 0; l < width; l++) { row[l] = (T)(row[l] + (T)(factor * from[l * csb])); }          \
            }                                                                                                      \
          }                                                                                                        \
        }                                                                                                          \
      }                                                                                                            \
    }                                                                                                              \
  }
EACH_INTEGER(INTEGER_PRODUCT)

/* k = 0: C = beta C. */
static void scale_only(int dtype, ch_long m, ch_long n, double beta, void *c, ch_long ldc) {
  for (ch_long i = 0; i < m; i++) {
    for (ch_long j = 0; j < n; j++) {
      if (dtype == CH_FLOAT32) {
        float *at = (float *)c + i * ldc + j;
        *at = beta == 0 ? 0 : (float)beta * *at;
      } else {
        double *at = (double *)c + i * ldc + j;
        *at = beta == 0 ? 0 : beta * *at;
      }
    }
  }
}

int ch_gemm_small(int dtype, ch_long count, const ch_long *next, ch_long m, ch_long n, ch_long k, double alpha, const void *a,
                  ch_long rsa, ch_long csa, const void *b, ch_long rsb, ch_long csb, double beta, void *c, ch_long ldc) {
  if (dtype == CH_BOOL || dtype == CH_FLOAT16 || dtype == CH_BFLOAT16 || !element_size(dtype)) {
    return CH_NO_KERNEL;
  }
  if (m <= 0 || n <= 0) {
    return CH_OK;
  }
  static const ch_long nowhere[3] = {0};
  next = count > 1 ? next : nowhere;
  switch (dtype) {
#define CASE(S, T, DTYPE)                                                                                          \
  case DTYPE:                                                                                                      \
    for (ch_long i = 0; i < count; i++) {                                                                          \
      product_##S(m, n, k, (const T *)a + i * next[0], rsa, csa, (const T *)b + i * next[1], rsb, csb, beta != 0,    \
                  (T *)c + i * next[2], ldc);                                                                      \
    }                                                                                                              \
    return CH_OK;
    EACH_INTEGER(CASE)
    default: break;
  }
  if (k <= 0) {
    for (ch_long i = 0; i < count; i++) {
      scale_only(dtype, m, n, beta, (char *)c + i * next[2] * (ch_long)element_size(dtype), ldc);
    }
  } else if (dtype == CH_FLOAT32) {
    struct side_f32 left = {a, rsa, csa, next[0]}, right = {b, csb, rsb, next[1]};
    products_f32(count, next[2], m, n, k, &left, &right, (struct scale_f32){(float)alpha, (float)beta}, c, ldc);
  } else {
    struct side_f64 left = {a, rsa, csa, next[0]}, right = {b, csb, rsb, next[1]};
    products_f64(count, next[2], m, n, k, &left, &right, (struct scale_f64){alpha, beta}, c, ldc);
  }
  return CH_OK;
}
