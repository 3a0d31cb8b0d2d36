/* cuBLAS against plain sums in double, for all transposes, types, scalars and strides. */
#include <cmath>

#include "tests.hpp"

extern "C" {
int cublasCreate_v2(void** handle);
int cublasDestroy_v2(void* handle);
int cublasSetStream_v2(void* handle, void* stream);
int cublasSetPointerMode_v2(void* handle, int mode);
int cublasSetMathMode(void* handle, int mode);
const char* cublasGetStatusName(int status);
int cublasSgemm_v2(void* handle, int transA, int transB, int m, int n, int k, const float* alpha,
                   const float* a, int lda, const float* b, int ldb, const float* beta, float* c, int ldc);
int cublasGemmStridedBatchedEx(void* handle, int transA, int transB, int m, int n, int k, const void* alpha,
                               const void* a, int typeA, int lda, long long strideA, const void* b, int typeB,
                               int ldb, long long strideB, const void* beta, void* c, int typeC, int ldc,
                               long long strideC, int count, int compute, int algorithm);
}

namespace {

constexpr int F32 = 0, F64 = 1, F16 = 2, BF16 = 14;

/* Small integers and halves: exact in every type. */
double valueAt(int i) { return (i * 7 % 11 - 5) / 2.0; }

void put(std::vector<unsigned char>& bytes, int type, size_t index, double value) {
  float single = (float)value;
  unsigned bits;
  memcpy(&bits, &single, 4);
  unsigned short half = (unsigned short)(bits >> 16);
  if (type == F16) {
    half = (unsigned short)(bits == 0 ? 0 : (bits >> 16 & 0x8000) | ((bits >> 23 & 255) - 112) << 10 | (bits >> 13 & 1023));
  }
  type == F64   ? memcpy(bytes.data() + index * 8, &value, 8)
  : type == F32 ? memcpy(bytes.data() + index * 4, &single, 4)
                : memcpy(bytes.data() + index * 2, &half, 2);
}

double get(const std::vector<unsigned char>& bytes, int type, size_t index) {
  double value;
  float single;
  unsigned short half;
  memcpy(&half, bytes.data() + index * 2, 2);
  if (type == F64) {
    memcpy(&value, bytes.data() + index * 8, 8);
    return value;
  }
  unsigned bits = (unsigned)half << 16;
  if (type == F16) {
    bits = (half & 0x7fff) == 0 ? 0 : (half & 0x8000u) << 16 | ((half >> 10 & 31) + 112) << 23 | (half & 1023) << 13;
  }
  type == F32 ? memcpy(&single, bytes.data() + index * 4, 4) : memcpy(&single, &bits, 4);
  return single;
}

size_t sizeOf(int type) { return type == F64 ? 8 : type == F32 ? 4 : 2; }

struct Case {
  int type, resultType, compute;
};

void testProduct(void* handle, Case types, int transA, int transB, int m, int n, int k, double alpha,
                 double beta) {
  constexpr int count = 2, more = 3;
  int lda = (transA ? k : m) + more, ldb = (transB ? n : k) + 1, ldc = m + 2;
  long long strideA = (long long)lda * (transA ? m : k) + 5, strideB = (long long)ldb * (transB ? k : n);
  long long strideC = (long long)ldc * n + 1;
  std::vector<unsigned char> a(((size_t)strideA * count + 1) * sizeOf(types.type));
  std::vector<unsigned char> b(((size_t)strideB * count + 1) * sizeOf(types.type));
  std::vector<unsigned char> c((size_t)strideC * count * sizeOf(types.resultType));
  for (size_t i = 0; i < (size_t)strideA * count; i++) {
    put(a, types.type, i, valueAt((int)i));
  }
  for (size_t i = 0; i < (size_t)strideB * count; i++) {
    put(b, types.type, i, valueAt((int)i + 3));
  }
  for (size_t i = 0; i < (size_t)strideC * count; i++) {
    put(c, types.resultType, i, beta == 0 ? NAN : valueAt((int)i + 1));
  }
  Array<unsigned char> left(a), right(b), result(c);
  float alphaF = (float)alpha, betaF = (float)beta;
  bool wide = types.type == F64;
  int status = cublasGemmStridedBatchedEx(
      handle, transA, transB, m, n, k, wide ? (void*)&alpha : &alphaF, (void*)left.address, types.type, lda,
      strideA, (void*)right.address, types.type, ldb, strideB, wide ? (void*)&beta : &betaF,
      (void*)result.address, types.resultType, ldc, strideC, count, types.compute, -1);
  CHECK(status == 0);
  auto values = result.read();
  for (int batch = 0; batch < count; batch++) {
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < ldc; i++) {
        size_t index = (size_t)(batch * strideC + j * (long long)ldc + i);
        double old = get(c, types.resultType, index), sum = 0;
        for (int p = 0; p < k; p++) {
          long long ia = batch * strideA + (transA ? p + i * (long long)lda : i + p * (long long)lda);
          long long ib = batch * strideB + (transB ? j + p * (long long)ldb : p + j * (long long)ldb);
          sum += i < m ? get(a, types.type, (size_t)ia) * get(b, types.type, (size_t)ib) : 0;
        }
        double wanted = i >= m ? old : alpha * sum + (beta == 0 ? 0 : beta * old);
        double got = get(values, types.resultType, index);
        double far = types.resultType == F16 ? 0x1p-10 : types.resultType == BF16 ? 0x1p-7 : 0;
        expect(std::fabs(got - wanted) <= far * std::fabs(wanted) || (got != got && wanted != wanted), "gemm",
               std::to_string(got) + " not " + std::to_string(wanted), __LINE__);
      }
    }
  }
}

/* TF32 keeps 10 bits behind the first of operands, where that is asked for, and float32's sums. */
void testTf32(void* handle) {
  float one = 1, zero = 0;
  Array<float> a(std::vector<float>{1 + 0x1p-12f, 1 + 0x1p-11f, -1 - 0x1p-10f, INFINITY}), b(std::vector<float>{1}), c(4);
  auto multiply = [&](int type, int compute) {
    CHECK(cublasGemmStridedBatchedEx(handle, 0, 0, 4, 1, 1, &one, (void*)a.address, type, 4, 0, (void*)b.address, type,
                                     1, 0, &zero, (void*)c.address, type, 4, 0, 1, compute, -1) == 0);
    return c.read();
  };
  auto exact = a.read(), rounded = std::vector<float>{1, 1 + 0x1p-10f, -1 - 0x1p-10f, INFINITY};
  CHECK(multiply(F32, 68) == exact);
  CHECK(multiply(F32, 77) == rounded);
  CHECK(cublasSetMathMode(handle, 3) == 0);
  CHECK(multiply(F32, 68) == rounded);
  CHECK(multiply(F32, 69) == exact);
  CHECK(cublasSetMathMode(handle, 4) == 7);
  CHECK(cublasSetMathMode(handle, 0) == 0);
  CHECK(multiply(F32, 68) == exact);
}

}  // namespace

void testProducts() {
  plainMode();
  void *handle, *stream;
  CHECK(cublasCreate_v2(&handle) == 0);
  OK(cuStreamCreate(&stream, 0));
  CHECK(cublasSetStream_v2(handle, stream) == 0);
  for (Case types : {Case{F32, F32, 68}, {F64, F64, 70}, {F16, F16, 68}, {BF16, BF16, 68}, {F16, F32, 68}, {BF16, F32, 68}, {F32, F32, 77}}) {
    for (int trans = 0; trans < 4; trans++) {
      testProduct(handle, types, trans & 1, trans >> 1, 5, 4, 3, 1, 0);
      testProduct(handle, types, trans & 1, trans >> 1, 3, 7, 9, 2, -1);
      testProduct(handle, types, trans & 1, trans >> 1, 4, 2, 0, 1, 0.5);
    }
  }
  testProduct(handle, {F32, F32, 68}, 0, 1, 1100, 9, 6, 1, 1);

  testTf32(handle);

  Array<float> a(std::vector<float>(12, 1)), c(std::vector<float>(9, 1));
  float one = 1, zero = 0;
  auto* A = (float*)a.address;
  auto* C = (float*)c.address;
  auto gemm = [&](int m, int n, int k, int ld, const float* alpha, float* to) {
    return cublasSgemm_v2(handle, 0, 0, m, n, k, alpha, A, ld, A, ld, &zero, to, 3);
  };
  CHECK(gemm(3, 3, 3, 3, &one, C) == 0);
  CHECK(gemm(0, 3, 3, 3, &one, C) == 0);
  CHECK(gemm(-1, 3, 3, 3, &one, C) == 7);
  CHECK(gemm(3, 3, 3, 2, &one, C) == 7);
  CHECK(strcmp(cublasGetStatusName(7), "CUBLAS_STATUS_INVALID_VALUE") == 0);
  CHECK(cublasGemmStridedBatchedEx(handle, 0, 0, 1, 1, 1, &one, A, F32, 1, 0, A, F64, 1, 0, &zero, C, F32, 1, 0,
                                   1, 68, 0) == 15);
  chagres_emulator_set("lazy", 1);
  Array<float> scalars(std::vector<float>{0});
  CHECK(cublasSetPointerMode_v2(handle, 1) == 0);
  CHECK(cublasSgemm_v2(handle, 0, 0, 3, 3, 3, (float*)scalars.address, A, 3, A, 3, (float*)scalars.address, C, 3) == 0);
  OK(cuMemsetD32Async(scalars.address, 0x40000000, 1, stream));
  CHECK(c.read()[4] == 0);
  CHECK(cublasSetPointerMode_v2(handle, 0) == 0);
  plainMode();
  CHECK(gemm(3, 5, 3, 3, &one, C) == 13);
  EXPECT(700, cuCtxSynchronize());
  SAYS(700, "beyond the memory of matrix");
  CHECK(cublasDestroy_v2(handle) == 0);
  repair();
}
