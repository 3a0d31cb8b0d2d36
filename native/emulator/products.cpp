#include "products.hpp"

#include <cmath>
#include <vector>

namespace emulator {

namespace {

/* Whether all elements of a matrix of each product are memory of the device; else that breaks it. */
bool reachable(Device& device, const char* name, const void* memory, int type, long long rows,
               long long columns, long long ld, long long stride, long long count) {
  if (rows == 0 || columns == 0 || count == 0) {
    return true;
  }
  size_t size = sizeOf((Number)type);
  long long first = std::min(0LL, stride * (count - 1)), last = std::max(0LL, stride * (count - 1));
  size_t elements = (size_t)(last - first + ld * (columns - 1) + rows);
  if (reaches(device, (DevicePointer)memory + (DevicePointer)(first * (long long)size), elements * size)) {
    return true;
  }
  device.broken = explain(ERROR_ILLEGAL_ADDRESS, std::string("cuBLAS reaches beyond the memory of ") + name);
  return false;
}

/* The same of the auxiliary matrix, where a mask has eight elements to a byte. */
bool auxReachable(Device& device, const Product& p) {
  long long elements = p.ldaux * (p.n - 1) + p.m;
  size_t bytes = p.masked() ? (size_t)(elements + 7) / 8 : (size_t)elements * sizeOf((Number)p.typeC);
  if (!reaches(device, (DevicePointer)p.aux, bytes)) {
    device.broken = explain(ERROR_ILLEGAL_ADDRESS, "cuBLAS reaches beyond the memory of the auxiliary matrix");
    return false;
  }
  return true;
}

constexpr double ROOT_TWO_BY_PI = 0.79788456080286535588, CUBIC = 0.044715;

/* GELU as cuBLASLt has it: by a hyperbolic tangent. */
template <class T>
T gelu(T x) {
  return x / 2 * (1 + std::tanh((T)ROOT_TWO_BY_PI * (x + (T)CUBIC * x * x * x)));
}

template <class T>
T geluSlope(T x) {
  T t = std::tanh((T)ROOT_TWO_BY_PI * (x + (T)CUBIC * x * x * x));
  return (1 + t) / 2 + x / 2 * (1 - t * t) * (T)ROOT_TWO_BY_PI * (1 + 3 * (T)CUBIC * x * x);
}

template <class T>
T finished(const Product& p, T value, long long row, long long column) {
  if (p.epilogue & EPILOGUE_BIAS) {
    value += (T)load(p.bias, (Number)p.typeC, (size_t)row);
  }
  auto place = (size_t)(row + column * p.ldaux);
  auto* bits = p.masked() ? (unsigned char*)p.aux + place / 8 : nullptr;
  auto bit = (unsigned char)(1u << place % 8);
  switch (p.epilogue) {
    case EPILOGUE_RELU_AUX_BIAS:
      *bits = (unsigned char)(value > 0 ? *bits | bit : *bits & ~bit);
      [[fallthrough]];
    case EPILOGUE_RELU_BIAS:
      return std::fmax(value, T(0));
    case EPILOGUE_GELU_AUX_BIAS:
      store(p.aux, (Number)p.typeC, place, value);
      [[fallthrough]];
    case EPILOGUE_GELU_BIAS:
      return gelu(value);
    case EPILOGUE_DRELU_BGRAD:
      return *bits & bit ? value : 0;
    case EPILOGUE_DGELU_BGRAD:
      return value * geluSlope((T)load(p.aux, (Number)p.typeC, place));
    default:
      return value;
  }
}

/* Writes the gradient of a bias. */
template <class T>
void sumUp(const Product& p, const Matrix& b, const std::vector<T>& sums) {
  for (long long row = 0; row < p.m && p.epilogue & EPILOGUE_SUMS; row++) {
    store(p.bias, (Number)p.typeC, (size_t)row, sums[(size_t)row]);
  }
  for (long long column = 0; column < p.n && p.epilogue == EPILOGUE_BGRADB; column++) {
    T sum = 0;
    for (long long i = 0; i < p.k; i++) {
      sum += (T)b.at(i, column);
    }
    store(p.bias, (Number)p.typeC, (size_t)column, sum);
  }
}

template <class T>
void compute(const Product& p, T alpha, T beta) {
  std::vector<T> product((size_t)p.m * (size_t)p.n), sums((size_t)p.m);
  bool rounded = p.compute == F32_FAST_TF32 && p.typeA == (int)Number::F32;
  for (long long i = 0; i < p.count; i++) {
    auto part = [i](const void* memory, int type, long long stride) {
      return (char*)memory + i * stride * (long long)sizeOf((Number)type);
    };
    Matrix a{part(p.a, p.typeA, p.strideA), (Number)p.typeA, p.lda, p.transA != 0, rounded};
    Matrix b{part(p.b, p.typeB, p.strideB), (Number)p.typeB, p.ldb, p.transB != 0, rounded};
    void *c = part(p.c, p.typeC, p.strideC), *d = part(p.d, p.typeC, p.strideC);
    multiply<T>(a, b, p.m, p.n, alpha == 0 ? 0 : p.k, product.data());
    for (long long column = 0; column < p.n; column++) {
      for (long long row = 0; row < p.m; row++) {
        T value = alpha * product[(size_t)(row + column * p.m)];
        /* With beta 0 the old values are not read: they may be anything. */
        if (beta != 0) {
          value += beta * (T)load(c, (Number)p.typeC, (size_t)(row + column * p.ldc));
        }
        T stored = finished(p, value, row, column);
        sums[(size_t)row] += stored;
        store(d, (Number)p.typeC, (size_t)(row + column * p.ldd), stored);
      }
    }
    sumUp(p, b, sums);
  }
}

}  // namespace

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
  long long rowsA = p.transA ? p.k : p.m, rowsB = p.transB ? p.n : p.k;
  return p.m < 0 || p.n < 0 || p.k < 0 || p.count < 0 || p.lda < std::max(1LL, rowsA) ||
         p.ldb < std::max(1LL, rowsB) || p.ldc < std::max(1LL, p.m) || p.transA < 0 || p.transA > 2 ||
         p.transB < 0 || p.transB > 2;
}

int submitProduct(Device& device, void* handle, const Product& p, bool later) {
  Number scalar;
  if (!scalarType(p, scalar)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if (p.m == 0 || p.n == 0 || p.count == 0) {
    return CUBLAS_STATUS_SUCCESS;
  }
  Stream* stream = streamOf(device, handle);
  bool fits =
      stream &&
      (p.k == 0 || (reachable(device, "matrix A", p.a, p.typeA, p.transA ? p.k : p.m,
                              p.transA ? p.m : p.k, p.lda, p.strideA, p.count) &&
                    reachable(device, "matrix B", p.b, p.typeB, p.transB ? p.n : p.k,
                              p.transB ? p.k : p.n, p.ldb, p.strideB, p.count))) &&
      reachable(device, "matrix C", p.c, p.typeC, p.m, p.n, p.ldc, p.strideC, p.count) &&
      reachable(device, "matrix D", p.d, p.typeC, p.m, p.n, p.ldd, p.strideC, p.count) &&
      (p.epilogue == EPILOGUE_DEFAULT ||
       reachable(device, "the bias", p.bias, p.typeC, p.epilogue == EPILOGUE_BGRADB ? p.n : p.m, 1, 1, 0, 1)) &&
      (!(p.epilogue & EPILOGUE_AUX) || auxReachable(device, p));
  if (!fits) {
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
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
}

}  // namespace emulator
