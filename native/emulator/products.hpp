/* What cuBLAS and cuBLASLt share: their statuses, and products of matrices on a device. */
#pragma once
#include "device.hpp"
#include "gemm.hpp"

namespace emulator {

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

enum Compute { F16 = 64, F16_PEDANTIC = 65, F32 = 68, F32_PEDANTIC = 69, F64 = 70, F64_PEDANTIC = 71,
               F32_FAST_16F = 74, F32_FAST_16BF = 75, F32_FAST_TF32 = 77 };

/*
 * What cuBLASLt does with a product before it is stored; a bias is one number for each row. Those with an auxiliary
 * matrix write what the gradient of an activation needs, a mask of bits or the numbers before the activation, or read
 * it and add up what is stored, row by row; the last adds up B, for each column of the result.
 */
enum Epilogue {
  EPILOGUE_DEFAULT = 1,
  EPILOGUE_BIAS = 4,
  EPILOGUE_RELU_BIAS = 6,
  EPILOGUE_SUMS = 16,
  EPILOGUE_GELU_BIAS = 36,
  EPILOGUE_AUX = 128,
  EPILOGUE_RELU_AUX_BIAS = 134,
  EPILOGUE_DRELU_BGRAD = 152,
  EPILOGUE_GELU_AUX_BIAS = 164,
  EPILOGUE_DGELU_BGRAD = 208,
  EPILOGUE_BGRADB = 512
};

/* A batch of products d = epilogue(alpha * op(a) * op(b) + beta * c). */
struct Product {
  int transA, transB;
  long long m, n, k;
  const void *alpha, *beta;
  const void* a;
  int typeA;
  long long lda, strideA;
  const void* b;
  int typeB;
  long long ldb, strideB;
  void* c;
  int typeC;
  long long ldc, strideC;
  long long count;
  int compute;
  void* d = c;
  long long ldd = ldc;
  int epilogue = EPILOGUE_DEFAULT;
  void* bias = nullptr;
  void* aux = nullptr;
  long long ldaux = 0;

  bool masked() const { return epilogue == EPILOGUE_RELU_AUX_BIAS || epilogue == EPILOGUE_DRELU_BGRAD; }
};

/* The type of alpha and beta; false if these types are not multiplied. */
bool scalarType(const Product& p, Number& scalar);

bool wrongSizes(const Product& p);

/* Has a stream multiply matrices of right sizes; a Status. Memory that the device does not have breaks it. */
int submitProduct(Device& device, void* stream, const Product& p, bool scalarsOnDevice);

}  // namespace emulator
