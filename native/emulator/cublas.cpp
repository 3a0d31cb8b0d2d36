/* cuBLAS: handles, and products of matrices. */
#include <cstdlib>
#include <vector>

#include "device.hpp"
#include "gemm.hpp"

namespace emulator {

namespace {

#define EMULATOR_STATUSES(STATUS)                                                     \
  STATUS(SUCCESS, 0, "success")                                                       \
  STATUS(NOT_INITIALIZED, 1, "the library was not initialized")                       \
  STATUS(ALLOC_FAILED, 3, "the resource allocation failed")                           \
  STATUS(INVALID_VALUE, 7, "an unsupported value or parameter was passed to the function") \
  STATUS(ARCH_MISMATCH, 8, "the function requires an architectural feature absent from the architecture of the device") \
  STATUS(MAPPING_ERROR, 11, "an access to the GPU memory space failed")               \
  STATUS(EXECUTION_FAILED, 13, "the function failed to launch on the GPU")            \
  STATUS(INTERNAL_ERROR, 14, "an internal operation failed")                          \
  STATUS(NOT_SUPPORTED, 15, "the functionality is not supported")
enum Status {
#define EMULATOR_STATUS(name, code, text) CUBLAS_STATUS_##name = code,
  EMULATOR_STATUSES(EMULATOR_STATUS)
#undef EMULATOR_STATUS
};

struct Handle {
  Device* device;
  void* stream = nullptr;
  bool scalarsOnDevice = false;
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

/* A batch of products c = alpha * op(a) * op(b) + beta * c. */
struct Product {
  int transA, transB, m, n, k;
  const void *alpha, *beta;
  const void* a;
  int typeA, lda;
  long long strideA;
  const void* b;
  int typeB, ldb;
  long long strideB;
  void* c;
  int typeC, ldc;
  long long strideC;
  int count, compute;
};

enum Compute { F16 = 64, F16_PEDANTIC = 65, F32 = 68, F32_PEDANTIC = 69, F64 = 70, F64_PEDANTIC = 71,
               F32_FAST_16F = 74, F32_FAST_16BF = 75, F32_FAST_TF32 = 77 };

/* The type of alpha and beta; false if these types are not multiplied. */
bool scalarType(const Product& p, Number& scalar) {
  auto is = [](int type, Number number) { return type == (int)number; };
  bool half = is(p.typeA, Number::F16), bfloat = is(p.typeA, Number::BF16);
  switch (p.compute) {
    case F64:
    case F64_PEDANTIC:
      scalar = Number::F64;
      return is(p.typeA, Number::F64) && p.typeB == p.typeA && p.typeC == p.typeA;
    case F16:
    case F16_PEDANTIC:
      scalar = Number::F16;
      return half && p.typeB == p.typeA && p.typeC == p.typeA;
    case F32:
    case F32_PEDANTIC:
    case F32_FAST_16F:
    case F32_FAST_16BF:
    case F32_FAST_TF32:
      scalar = Number::F32;
      return p.typeB == p.typeA &&
             ((is(p.typeA, Number::F32) && p.typeC == p.typeA) ||
              ((half || bfloat) && (p.typeC == p.typeA || is(p.typeC, Number::F32))));
    default:
      return false;
  }
}

bool wrongSizes(const Product& p) {
  int rowsA = p.transA ? p.k : p.m, rowsB = p.transB ? p.n : p.k;
  return p.m < 0 || p.n < 0 || p.k < 0 || p.count < 0 || p.lda < std::max(1, rowsA) ||
         p.ldb < std::max(1, rowsB) || p.ldc < std::max(1, p.m) || p.transA < 0 || p.transA > 2 ||
         p.transB < 0 || p.transB > 2;
}

/* Whether all elements of a matrix of each product are memory of the device; else that breaks it. */
bool reachable(Device& device, const char* name, const void* memory, int type, int rows, int columns,
               int ld, long long stride, int count) {
  if (rows == 0 || columns == 0 || count == 0) {
    return true;
  }
  size_t size = sizeOf((Number)type);
  long long first = std::min(0LL, stride * (count - 1)), last = std::max(0LL, stride * (count - 1));
  size_t elements = (size_t)(last - first + (long long)ld * (columns - 1) + rows);
  if (reaches(device, (DevicePointer)memory + (DevicePointer)(first * (long long)size), elements * size)) {
    return true;
  }
  device.broken = explain(ERROR_ILLEGAL_ADDRESS, std::string("cuBLAS reaches beyond the memory of matrix ") + name);
  return false;
}

template <class T>
void compute(const Product& p, T alpha, T beta) {
  std::vector<T> product((size_t)p.m * (size_t)p.n);
  for (int i = 0; i < p.count; i++) {
    auto part = [i](const void* memory, int type, long long stride) {
      return (char*)memory + i * stride * (long long)sizeOf((Number)type);
    };
    Matrix a{part(p.a, p.typeA, p.strideA), (Number)p.typeA, p.lda, p.transA != 0};
    Matrix b{part(p.b, p.typeB, p.strideB), (Number)p.typeB, p.ldb, p.transB != 0};
    void* c = part(p.c, p.typeC, p.strideC);
    multiply<T>(a, b, p.m, p.n, alpha == 0 ? 0 : p.k, product.data());
    for (long long column = 0; column < p.n; column++) {
      for (long long row = 0; row < p.m; row++) {
        size_t index = (size_t)(row + column * p.ldc);
        T value = alpha * product[(size_t)(row + column * p.m)];
        /* With beta 0 the old values are not read: they may be anything. */
        store(c, (Number)p.typeC, index,
              beta == 0 ? value : value + beta * (T)load(c, (Number)p.typeC, index));
      }
    }
  }
}

int multiplyBatch(Handle* handle, const Product& p) {
  return withHandle(handle, [&](Device& device) -> int {
    Number scalar;
    if (wrongSizes(p) || !p.alpha || !p.beta) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (!scalarType(p, scalar)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    if (p.m == 0 || p.n == 0 || p.count == 0) {
      return CUBLAS_STATUS_SUCCESS;
    }
    Stream* stream = streamOf(device, handle->stream);
    bool fits =
        stream &&
        (p.k == 0 || (reachable(device, "A", p.a, p.typeA, p.transA ? p.k : p.m,
                                p.transA ? p.m : p.k, p.lda, p.strideA, p.count) &&
                      reachable(device, "B", p.b, p.typeB, p.transB ? p.n : p.k,
                                p.transB ? p.k : p.n, p.ldb, p.strideB, p.count))) &&
        reachable(device, "C", p.c, p.typeC, p.m, p.n, p.ldc, p.strideC, p.count);
    if (!fits) {
      return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    bool later = handle->scalarsOnDevice;
    if (later && !(reaches(device, (DevicePointer)p.alpha, sizeOf(scalar)) &&
                   reaches(device, (DevicePointer)p.beta, sizeOf(scalar)))) {
      device.broken = explain(ERROR_ILLEGAL_ADDRESS, "alpha or beta of cuBLAS is no memory of the device");
      return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    double alpha = later ? 0 : load(p.alpha, scalar, 0), beta = later ? 0 : load(p.beta, scalar, 0);
    Result result = device.submit(
        *stream,
        [=]() -> Result {
          double first = later ? load(p.alpha, scalar, 0) : alpha;
          double second = later ? load(p.beta, scalar, 0) : beta;
          if (scalar == Number::F64) {
            compute<double>(p, first, second);
          } else {
            compute<float>(p, (float)first, (float)second);
          }
          return SUCCESS;
        },
        "gemm");
    return result == SUCCESS ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
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
    return CUBLAS_STATUS_SUCCESS;
  });
}

EMULATOR_API int cublasSetWorkspace_v2(Handle* handle, void* memory, size_t bytes) {
  return withHandle(handle, [&](Device& device) -> int {
    return bytes == 0 || reaches(device, (DevicePointer)memory, bytes) ? CUBLAS_STATUS_SUCCESS
                                                                       : CUBLAS_STATUS_INVALID_VALUE;
  });
}

EMULATOR_API int cublasSetPointerMode_v2(Handle* handle, int mode) {
  return withHandle(handle, [&](Device&) -> int {
    handle->scalarsOnDevice = mode == 1;
    return mode == 0 || mode == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
  });
}

/* Products are exact to float's precision in every mode. */
EMULATOR_API int cublasSetMathMode(Handle* handle, int) {
  return withHandle(handle, [](Device&) -> int { return CUBLAS_STATUS_SUCCESS; });
}

EMULATOR_API int cublasGemmStridedBatchedEx(Handle* handle, int transA, int transB, int m, int n, int k,
                                            const void* alpha, const void* a, int typeA, int lda,
                                            long long strideA, const void* b, int typeB, int ldb,
                                            long long strideB, const void* beta, void* c, int typeC,
                                            int ldc, long long strideC, int count, int compute,
                                            int /* algorithm */) {
  return multiplyBatch(handle, {transA, transB, m, n, k, alpha, beta, a, typeA, lda, strideA, b, typeB,
                                ldb, strideB, c, typeC, ldc, strideC, count, compute});
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
