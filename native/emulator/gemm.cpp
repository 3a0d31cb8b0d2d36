#include "gemm.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace emulator {

namespace {

float floatOf(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

float fromHalf(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff;
  if (rest >= 0x7c00) {
    return floatOf(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  }
  /* The exponent's bias differs by 112; scaling by a power of two makes subnormal numbers normal, too. */
  float value = floatOf(rest << 13) * 0x1p112f;
  return floatOf(bitsOf(value) | sign);
}

uint16_t toHalf(float value) {
  uint32_t bits = bitsOf(value), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) {
    return (uint16_t)(sign | 0x7e00);
  }
  if (rest >= 0x477ff000) {
    return (uint16_t)(sign | 0x7c00);
  }
  if (rest < 0x38800000) {
    /* A subnormal number counts units of 2^-24, to which adding 0.5 rounds. */
    return (uint16_t)(sign | (bitsOf(floatOf(rest) + 0.5f) - 0x3f000000));
  }
  return (uint16_t)(sign | ((rest - 0x38000000 + 0xfff + (rest >> 13 & 1)) >> 13));
}

uint16_t toBFloat(float value) {
  uint32_t bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000) {
    return (uint16_t)(bits >> 16 | 0x40);
  }
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* The function of OpenBLAS that takes the place of our loops, if CHAGRES_EMULATOR_BLAS names its library. */
void* openBlas(const char* name) {
  static void* library = [] {
    const char* path = getenv("CHAGRES_EMULATOR_BLAS");
    return path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  }();
  return library ? dlsym(library, name) : nullptr;
}

/* A matrix as T, column after column. */
template <class T>
std::vector<T> packed(const Matrix& matrix, long long rows, long long columns) {
  std::vector<T> result((size_t)(rows * columns));
  for (long long j = 0; j < columns; j++) {
    for (long long i = 0; i < rows; i++) {
      result[(size_t)(j * rows + i)] = (T)matrix.at(i, j);
    }
  }
  return result;
}

template <class T>
using Gemm = void (*)(int order, int transA, int transB, int m, int n, int k, T alpha, const T* a,
                      int lda, const T* b, int ldb, T beta, T* c, int ldc);

constexpr long long ROWS = 1024, COLUMNS = 4;

}  // namespace

float toTf32(float value) {
  uint32_t bits = bitsOf(value);
  return (bits & 0x7f800000) == 0x7f800000 ? value : floatOf((bits + 0x1000) & ~0x1fffu);
}

double load(const void* memory, Number type, size_t index) {
  switch (type) {
    case Number::F32:
      return static_cast<const float*>(memory)[index];
    case Number::F64:
      return static_cast<const double*>(memory)[index];
    case Number::F16:
      return fromHalf(static_cast<const uint16_t*>(memory)[index]);
    default:
      return floatOf((uint32_t) static_cast<const uint16_t*>(memory)[index] << 16);
  }
}

void store(void* memory, Number type, size_t index, double value) {
  switch (type) {
    case Number::F32:
      static_cast<float*>(memory)[index] = (float)value;
      break;
    case Number::F64:
      static_cast<double*>(memory)[index] = value;
      break;
    case Number::F16:
      static_cast<uint16_t*>(memory)[index] = toHalf((float)value);
      break;
    default:
      static_cast<uint16_t*>(memory)[index] = toBFloat((float)value);
  }
}

template <class T>
void multiply(const Matrix& a, const Matrix& b, long long m, long long n, long long k, T* product) {
  auto left = packed<T>(a, m, k), right = packed<T>(b, k, n);
  static const auto foreign = (Gemm<T>)openBlas(sizeof(T) == 4 ? "cblas_sgemm" : "cblas_dgemm");
  std::fill(product, product + m * n, T(0));
  if (foreign && m > 0 && n > 0 && k > 0) {
    constexpr int COLUMN_MAJOR = 102, AS_IT_IS = 111;
    foreign(COLUMN_MAJOR, AS_IT_IS, AS_IT_IS, (int)m, (int)n, (int)k, 1, left.data(), (int)m,
            right.data(), (int)k, 0, product, (int)m);
    return;
  }
  for (long long top = 0; top < m; top += ROWS) {
    long long rows = std::min(ROWS, m - top);
    for (long long j = 0; j < n; j += COLUMNS) {
      long long columns = std::min(COLUMNS, n - j);
      for (long long p = 0; p < k; p++) {
        const T* column = left.data() + p * m + top;
        for (long long c = j; c < j + columns; c++) {
          T factor = right[(size_t)(c * k + p)];
          T* sums = product + c * m + top;
          for (long long i = 0; i < rows; i++) {
            sums[i] += column[i] * factor;
          }
        }
      }
    }
  }
}

template void multiply<float>(const Matrix&, const Matrix&, long long, long long, long long, float*);
template void multiply<double>(const Matrix&, const Matrix&, long long, long long, long long, double*);

}  // namespace emulator
