/* Products of matrices that are stored by columns, as BLAS has them. */
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

/* cudaDataType's numbers. */
enum class Number { F32 = 0, F64 = 1, F16 = 2, BF16 = 14 };

inline size_t sizeOf(Number type) {
  return type == Number::F64 ? 8 : type == Number::F32 ? 4 : 2;
}

double load(const void* memory, Number type, size_t index);
void store(void* memory, Number type, size_t index, double value);

/* The nearest number with the 11 significant bits of TF32, of two the one that is farther from 0. */
float toTf32(float value);

struct Matrix {
  const void* memory;
  Number type;
  long long stride;  // from a column to the next, in elements
  bool transposed = false;
  bool rounded = false;  // to TF32

  double at(long long row, long long column) const {
    double value = load(memory, type, (size_t)(transposed ? column + row * stride : row + column * stride));
    return rounded ? toTf32((float)value) : value;
  }
};

/* Writes a (m x k) times b (k x n) to `product`, whose columns follow each other. T is float or double. */
template <class T>
void multiply(const Matrix& a, const Matrix& b, long long m, long long n, long long k, T* product);

}  // namespace emulator
