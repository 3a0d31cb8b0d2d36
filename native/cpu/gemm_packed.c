/* Products of large matrices, both of whose operands are packed into memory of the caller's. */
#include "fours.h"
#include "fused.h"
#include "types.h"

/* Tiles by the number of registers: sums, one row of vectors of B, and one element of A fit. */
#if defined(__AVX512F__)
#define PACKED_TILE 8
#else
#define PACKED_TILE 6
#endif
#if defined(__aarch64__)
#define PACKED_VECTORS 4
#define EACH_PACKED_VECTORS(X) X(1) X(2) X(3) X(4)
#else
#define PACKED_VECTORS 2
#define EACH_PACKED_VECTORS(X) X(1) X(2)
#endif
#define PACKED_DEPTH 256                                                /* of k in one pass: a panel of B stays in the first cache */
#define PACKED_ROWS (PACKED_TILE * 16)                                  /* of A in one pass, which stay in the second */
#define PACKED_A_BYTES (PACKED_DEPTH * PACKED_ROWS * (int)sizeof(double)) /* what is left of the memory is B's */
_Static_assert(PACKED_A_BYTES <= CH_PACKED_BYTES / 4, "A's pieces have their place");

#define T float
#define S f32
#include "gemm_packed_of.h"

#define T double
#define S f64
#include "gemm_packed_of.h"

int ch_gemm_packed(int dtype, ch_long m, ch_long n, ch_long k, double alpha, const void *a, ch_long rsa, ch_long csa,
                   const void *b, ch_long rsb, ch_long csb, double beta, void *c, ch_long ldc, void *work) {
  switch (dtype) {
    case CH_FLOAT32: packed_f32(m, n, k, (float)alpha, a, rsa, csa, b, rsb, csb, (float)beta, c, ldc, work); return CH_OK;
    case CH_FLOAT64: packed_f64(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc, work); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_vector_bytes(void) { return VECTOR_BYTES; }
