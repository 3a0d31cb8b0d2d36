/*
 * cuBLASLt: products of matrices by columns, in row-major programs of the exchanged operands, with a bias and an
 * activation. What it refuses, and what an algorithm takes for granted of addresses, is as NVIDIA's documentation says.
 */
#include <cstring>

#include "image.hpp"
#include "products.hpp"

namespace emulator {

namespace {

struct LightHandle {
  Device* device;
};

std::set<LightHandle*>& lightHandles() {
  static std::set<LightHandle*> all;
  return all;
}

struct Description {
  int compute, scale;
  int transA = 0, transB = 0;
  unsigned epilogue = EPILOGUE_DEFAULT;
  void* bias = nullptr;
  int biasType = -1;  // that of the result
  void* aux = nullptr;
  long long ldaux = 0;
};

struct MatrixLayout {
  int type;
  unsigned long long rows, columns;
  long long ld;
  int count = 1;
  long long stride = 0;
};

struct Preference {
  unsigned long long workspace = 0;
  unsigned alignment[4] = {256, 256, 256, 256};  // of the addresses of A, B, C and D
};

/* What the library writes to the 64 bytes of an algorithm: for which products it is, and what it needs. */
struct Algorithm {
  unsigned long long magic, problem, workspace;
  unsigned alignment[4], biasAlignment, auxAlignment;
};
constexpr unsigned long long ALGORITHM = 0x6c6c414c4d476545;
static_assert(sizeof(Algorithm) <= 64);

struct Heuristic {
  unsigned long long algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

/* Algorithms want some memory, so little that it may lie anywhere, to see that they get it, and where they may use it. */
constexpr unsigned long long WORKSPACE = 100, WORKSPACE_ALIGNMENT = 256;

unsigned alignmentOf(const void* address) {
  auto bits = (unsigned long long)address;
  return bits == 0 ? 256 : (unsigned)std::min(256ull, bits & -bits);
}

template <class T>
int take(T& field, const void* value, size_t bytes) {
  if (!value || bytes != sizeof(T)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  memcpy(&field, value, sizeof(T));
  return CUBLAS_STATUS_SUCCESS;
}

struct Operands {
  const Description& operation;
  const MatrixLayout &a, &b, &c, &d;

  bool fit() const {
    auto m = operation.transA ? a.columns : a.rows, k = operation.transA ? a.rows : a.columns;
    auto n = operation.transB ? b.rows : b.columns, inner = operation.transB ? b.columns : b.rows;
    return k == inner && c.rows == m && d.rows == m && c.columns == n && d.columns == n && a.count == b.count &&
           b.count == c.count && c.count == d.count && c.type == d.type && c.stride == d.stride &&
           std::max({m, n, k}) <= 0x7fffffff && std::max({a.ld, b.ld, c.ld, d.ld}) <= 0x7fffffff;
  }

  Product product() const {
    bool turned = operation.transA != 0;
    Product p{operation.transA, operation.transB, (long long)d.rows, (long long)d.columns,
              (long long)(turned ? a.rows : a.columns), nullptr, nullptr, nullptr, a.type, a.ld, a.stride,
              nullptr, b.type, b.ld, b.stride, nullptr, c.type, c.ld, c.stride, d.count, operation.compute};
    p.ldd = d.ld;
    p.epilogue = (int)operation.epilogue;
    p.bias = operation.bias;
    p.aux = operation.aux;
    p.ldaux = operation.ldaux;
    return p;
  }

  /* Whether there is an algorithm; a Status. */
  int supported() const {
    Product p = product();
    Number scalar;
    if (!fit() || wrongSizes(p) || p.ldd < std::max(1LL, p.m)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    bool plain = p.epilogue == EPILOGUE_DEFAULT, known = plain;
    for (int each : {EPILOGUE_BIAS, EPILOGUE_RELU_BIAS, EPILOGUE_GELU_BIAS, EPILOGUE_RELU_AUX_BIAS,
                     EPILOGUE_GELU_AUX_BIAS, EPILOGUE_DRELU_BGRAD, EPILOGUE_DGELU_BGRAD, EPILOGUE_BGRADB}) {
      known = known || p.epilogue == each;
    }
    bool aux = known && (p.epilogue & EPILOGUE_AUX) != 0;
    if (aux && (p.ldaux % (p.masked() ? 128 : 8) != 0 || p.ldaux < p.m)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    /* Whether there are algorithms for these the documentation does not say: so that refusals are tried, too. */
    known = known && !((aux || p.epilogue == EPILOGUE_BGRADB) && (p.count > 1 || operation.compute == F64));
    bool half = operation.compute == F16 || operation.compute == F16_PEDANTIC;
    if (!scalarType(p, scalar) || (int)scalar != operation.scale || !known || (half && !plain) ||
        (!plain && operation.biasType >= 0 && operation.biasType != d.type) || p.m == 0 || p.n == 0 || p.k == 0) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    return CUBLAS_STATUS_SUCCESS;
  }

  unsigned long long problem() const {
    std::string all;
    auto add = [&](auto value) { all.append((const char*)&value, sizeof(value)); };
    for (const MatrixLayout* each : {&a, &b, &c, &d}) {
      add(each->type);
      add(each->rows);
      add(each->columns);
      add(each->ld);
      add(each->count);
      add(each->stride);
    }
    add(operation.ldaux);
    for (int each : {operation.compute, operation.scale, operation.transA, operation.transB, (int)operation.epilogue}) {
      add(each);
    }
    return hashOf(all);
  }
};

/* Calls f for a handle in the context in which it was made. */
template <class F>
int withHandle(LightHandle* handle, F&& f) {
  std::lock_guard hold(lock());
  if (!lightHandles().contains(handle)) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  int status = CUBLAS_STATUS_EXECUTION_FAILED;
  inContext([&](Device& device) -> Result {
    status = &device == handle->device ? f(device) : (int)CUBLAS_STATUS_INVALID_VALUE;
    return SUCCESS;
  });
  return status;
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_API int cublasLtCreate(LightHandle** handle) {
  int status = CUBLAS_STATUS_NOT_INITIALIZED;
  inContext([&](Device& device) -> Result {
    *handle = *lightHandles().insert(new LightHandle{&device}).first;
    status = CUBLAS_STATUS_SUCCESS;
    return SUCCESS;
  });
  return status;
}

EMULATOR_API int cublasLtDestroy(LightHandle* handle) {
  std::lock_guard hold(lock());
  if (!lightHandles().erase(handle)) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API size_t cublasLtGetVersion() { return 130000; }

EMULATOR_API int cublasLtMatmulDescCreate(Description** description, int compute, int scale) {
  *description = new Description{compute, scale};
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatmulDescDestroy(Description* description) {
  delete description;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatmulDescSetAttribute(Description* description, int attribute, const void* value,
                                                size_t bytes) {
  switch (attribute) {
    case 3:
      return take(description->transA, value, bytes);
    case 4:
      return take(description->transB, value, bytes);
    case 7:
      return take(description->epilogue, value, bytes);
    case 8:
      return take(description->bias, value, bytes);
    case 11:
      return take(description->aux, value, bytes);
    case 12:
      return take(description->ldaux, value, bytes);
    case 26:
      return take(description->biasType, value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

EMULATOR_API int cublasLtMatrixLayoutCreate(MatrixLayout** layout, int type, unsigned long long rows,
                                            unsigned long long columns, long long ld) {
  *layout = new MatrixLayout{type, rows, columns, ld};
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatrixLayoutDestroy(MatrixLayout* layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatrixLayoutSetAttribute(MatrixLayout* layout, int attribute, const void* value,
                                                  size_t bytes) {
  switch (attribute) {
    case 5:
      return take(layout->count, value, bytes);
    case 6:
      return take(layout->stride, value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

EMULATOR_API int cublasLtMatmulPreferenceCreate(Preference** preference) {
  *preference = new Preference;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatmulPreferenceDestroy(Preference* preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

EMULATOR_API int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value,
                                                      size_t bytes) {
  switch (attribute) {
    case 1:
      return take(preference->workspace, value, bytes);
    case 5:
    case 6:
    case 7:
    case 8:
      return take(preference->alignment[attribute - 5], value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

EMULATOR_API int cublasLtMatmulAlgoGetHeuristic(LightHandle* handle, const Description* operation,
                                                const MatrixLayout* a, const MatrixLayout* b, const MatrixLayout* c,
                                                const MatrixLayout* d, const Preference* preference, int most,
                                                Heuristic* results, int* count) {
  return withHandle(handle, [&](Device&) -> int {
    *count = 0;
    if (most < 1) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    Operands operands{*operation, *a, *b, *c, *d};
    if (int failed = operands.supported()) {
      return failed;
    }
    Algorithm found{ALGORITHM, operands.problem(), std::min(WORKSPACE, preference->workspace), {}, {}, {}};
    memcpy(found.alignment, preference->alignment, sizeof(found.alignment));
    found.biasAlignment = alignmentOf(operation->bias);
    found.auxAlignment = alignmentOf(operation->aux);
    results[0] = {};
    memcpy(results[0].algorithm, &found, sizeof(found));
    results[0].workspace = found.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    results[0].waves = 1;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
  });
}

EMULATOR_API int cublasLtMatmul(LightHandle* handle, const Description* operation, const void* alpha, const void* A,
                                const MatrixLayout* a, const void* B, const MatrixLayout* b, const void* beta,
                                const void* C, const MatrixLayout* c, void* D, const MatrixLayout* d,
                                const Algorithm* algorithm, void* workspace, size_t workspaceBytes, void* stream) {
  return withHandle(handle, [&](Device& device) -> int {
    Operands operands{*operation, *a, *b, *c, *d};
    if (int failed = operands.supported()) {
      return failed;
    }
    if (!alpha || !beta || !A || !B || !C || !D || (operation->epilogue != EPILOGUE_DEFAULT && !operation->bias) ||
        ((operation->epilogue & EPILOGUE_AUX) && !operation->aux)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (algorithm) {
      const void* addresses[] = {A, B, C, D};
      bool fits = algorithm->magic == ALGORITHM && algorithm->problem == operands.problem() &&
                  algorithm->workspace <= workspaceBytes &&
                  alignmentOf(operation->bias) >= algorithm->biasAlignment &&
                  alignmentOf(operation->aux) >= algorithm->auxAlignment;
      for (int i = 0; i < 4; i++) {
        fits = fits && alignmentOf(addresses[i]) >= algorithm->alignment[i];
      }
      if (!fits || (unsigned long long)workspace % WORKSPACE_ALIGNMENT != 0) {
        return CUBLAS_STATUS_INVALID_VALUE;
      }
    }
    if (workspaceBytes > 0 && !reaches(device, (DevicePointer)workspace, workspaceBytes)) {
      device.broken = explain(ERROR_ILLEGAL_ADDRESS, "cuBLASLt's workspace is no memory of the device");
      return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    Product p = operands.product();
    p.alpha = alpha;
    p.beta = beta;
    p.a = A;
    p.b = B;
    p.c = const_cast<void*>(C);
    p.d = D;
    return submitProduct(device, stream, p, false);
  });
}
