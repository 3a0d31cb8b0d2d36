/* cuBLAS: handles, and products of matrices. */
#include <cstdlib>

#include "products.hpp"

namespace emulator {

namespace {

struct Handle {
  Device* device;
  void* stream = nullptr;
  bool scalarsOnDevice = false;
  bool allowsTf32 = false;
  bool workspace = false;  // of the caller's own
};

std::set<Handle*>& handles() {
  static std::set<Handle*> all;
  return all;
}

/* Calls f for a handle in the context in which it was made. */
template <class F>
int withHandle(Handle* handle, F&& f) {
  std::lock_guard hold(lock());
  if (!handles().contains(handle)) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  int status = CUBLAS_STATUS_EXECUTION_FAILED;
  inContext([&](Device& device) -> Result {
    status = &device == handle->device ? f(device) : (int)CUBLAS_STATUS_INVALID_VALUE;
    return SUCCESS;
  });
  return status;
}

int multiplyBatch(Handle* handle, Product p) {
  return withHandle(handle, [&](Device& device) -> int {
    if (handle->allowsTf32 && p.compute == F32) {
      p.compute = F32_FAST_TF32;
    }
    if (wrongSizes(p) || !p.alpha || !p.beta) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    /* cuBLAS may let a graph take memory by itself: nobody here wants that. */
    Stream* stream = streamOf(device, handle->stream);
    if (stream && stream->capture && !handle->workspace) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    return submitProduct(device, handle->stream, p, handle->scalarsOnDevice);
  });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_API const char* cublasGetStatusName(int status) {
  switch (status) {
#define EMULATOR_STATUS(name, code, text) \
  case code:                              \
    return "CUBLAS_STATUS_" #name;
    EMULATOR_STATUSES(EMULATOR_STATUS)
#undef EMULATOR_STATUS
    default:
      return "unknown status";
  }
}

EMULATOR_API const char* cublasGetStatusString(int status) {
  switch (status) {
#define EMULATOR_STATUS(name, code, text) \
  case code:                              \
    return text;
    EMULATOR_STATUSES(EMULATOR_STATUS)
#undef EMULATOR_STATUS
    default:
      return "unknown status";
  }
}

EMULATOR_API int cublasCreate_v2(Handle** handle) {
  int status = CUBLAS_STATUS_NOT_INITIALIZED;
  inContext([&](Device& device) -> Result {
    *handle = *handles().insert(new Handle{&device}).first;
    status = CUBLAS_STATUS_SUCCESS;
    return SUCCESS;
  });
  return status;
}

EMULATOR_API int cublasDestroy_v2(Handle* handle) {
  std::lock_guard hold(lock());
  if (!handles().erase(handle)) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  handle->device->finish();
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasGetVersion_v2(Handle*, int* version) {
  *version = 130000;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasSetStream_v2(Handle* handle, void* stream) {
  return withHandle(handle, [&](Device& device) -> int {
    if (!streamOf(device, stream)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    handle->stream = stream;
    handle->workspace = false;
    return CUBLAS_STATUS_SUCCESS;
  });
}

EMULATOR_API int cublasSetWorkspace_v2(Handle* handle, void* memory, size_t bytes) {
  return withHandle(handle, [&](Device& device) -> int {
    if (bytes != 0 && ((uintptr_t)memory % 256 != 0 || !reaches(device, (DevicePointer)memory, bytes))) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    handle->workspace = bytes != 0;
    return CUBLAS_STATUS_SUCCESS;
  });
}

EMULATOR_API int cublasSetPointerMode_v2(Handle* handle, int mode) {
  return withHandle(handle, [&](Device&) -> int {
    handle->scalarsOnDevice = mode == 1;
    return mode == 0 || mode == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
  });
}

EMULATOR_API int cublasSetMathMode(Handle* handle, int mode) {
  return withHandle(handle, [&](Device&) -> int {
    constexpr int FLAGS = 16, TF32_TENSOR_OP_MATH = 3;
    handle->allowsTf32 = (mode & ~FLAGS) == TF32_TENSOR_OP_MATH;
    return mode >= 0 && (mode & ~FLAGS) <= TF32_TENSOR_OP_MATH ? CUBLAS_STATUS_SUCCESS
                                                             : CUBLAS_STATUS_INVALID_VALUE;
  });
}

EMULATOR_API int cublasGemmStridedBatchedEx_64(Handle* handle, int transA, int transB, long long m,
                                               long long n, long long k, const void* alpha, const void* a,
                                               int typeA, long long lda, long long strideA, const void* b,
                                               int typeB, long long ldb, long long strideB,
                                               const void* beta, void* c, int typeC, long long ldc,
                                               long long strideC, long long count, int compute,
                                               int /* algorithm */) {
  return multiplyBatch(handle, {transA, transB, m, n, k, alpha, beta, a, typeA, lda, strideA, b, typeB,
                                ldb, strideB, c, typeC, ldc, strideC, count, compute});
}

EMULATOR_API int cublasGemmStridedBatchedEx(Handle* handle, int transA, int transB, int m, int n, int k,
                                            const void* alpha, const void* a, int typeA, int lda,
                                            long long strideA, const void* b, int typeB, int ldb,
                                            long long strideB, const void* beta, void* c, int typeC,
                                            int ldc, long long strideC, int count, int compute,
                                            int algorithm) {
  return cublasGemmStridedBatchedEx_64(handle, transA, transB, m, n, k, alpha, a, typeA, lda, strideA, b,
                                       typeB, ldb, strideB, beta, c, typeC, ldc, strideC, count, compute,
                                       algorithm);
}

EMULATOR_API int cublasGemmEx(Handle* handle, int transA, int transB, int m, int n, int k,
                              const void* alpha, const void* a, int typeA, int lda, const void* b,
                              int typeB, int ldb, const void* beta, void* c, int typeC, int ldc,
                              int compute, int algorithm) {
  return cublasGemmStridedBatchedEx(handle, transA, transB, m, n, k, alpha, a, typeA, lda, 0, b, typeB,
                                    ldb, 0, beta, c, typeC, ldc, 0, 1, compute, algorithm);
}

EMULATOR_API int cublasSgemmStridedBatched(Handle* handle, int transA, int transB, int m, int n, int k,
                                           const float* alpha, const float* a, int lda,
                                           long long strideA, const float* b, int ldb, long long strideB,
                                           const float* beta, float* c, int ldc, long long strideC,
                                           int count) {
  return cublasGemmStridedBatchedEx(handle, transA, transB, m, n, k, alpha, a, (int)Number::F32, lda,
                                    strideA, b, (int)Number::F32, ldb, strideB, beta, c,
                                    (int)Number::F32, ldc, strideC, count, F32, 0);
}

EMULATOR_API int cublasDgemmStridedBatched(Handle* handle, int transA, int transB, int m, int n, int k,
                                           const double* alpha, const double* a, int lda,
                                           long long strideA, const double* b, int ldb,
                                           long long strideB, const double* beta, double* c, int ldc,
                                           long long strideC, int count) {
  return cublasGemmStridedBatchedEx(handle, transA, transB, m, n, k, alpha, a, (int)Number::F64, lda,
                                    strideA, b, (int)Number::F64, ldb, strideB, beta, c,
                                    (int)Number::F64, ldc, strideC, count, F64, 0);
}

EMULATOR_API int cublasSgemm_v2(Handle* handle, int transA, int transB, int m, int n, int k,
                                const float* alpha, const float* a, int lda, const float* b, int ldb,
                                const float* beta, float* c, int ldc) {
  return cublasSgemmStridedBatched(handle, transA, transB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c,
                                   ldc, 0, 1);
}

EMULATOR_API int cublasDgemm_v2(Handle* handle, int transA, int transB, int m, int n, int k,
                                const double* alpha, const double* a, int lda, const double* b, int ldb,
                                const double* beta, double* c, int ldc) {
  return cublasDgemmStridedBatched(handle, transA, transB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c,
                                   ldc, 0, 1);
}
