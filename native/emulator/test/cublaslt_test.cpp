/* cuBLASLt: what it computes, what it refuses, and what its algorithms rely on. */
#include <cmath>

#include "tests.hpp"

extern "C" {
int cublasLtCreate(void** handle);
int cublasLtDestroy(void* handle);
int cublasLtMatmulDescCreate(void** description, int compute, int scale);
int cublasLtMatmulDescDestroy(void* description);
int cublasLtMatmulDescSetAttribute(void* description, int attribute, const void* value, size_t bytes);
int cublasLtMatrixLayoutCreate(void** layout, int type, unsigned long long rows, unsigned long long columns,
                               long long ld);
int cublasLtMatrixLayoutDestroy(void* layout);
int cublasLtMatrixLayoutSetAttribute(void* layout, int attribute, const void* value, size_t bytes);
int cublasLtMatmulPreferenceCreate(void** preference);
int cublasLtMatmulPreferenceDestroy(void* preference);
int cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value, size_t bytes);
int cublasLtMatmulAlgoGetHeuristic(void* handle, void* operation, void* a, void* b, void* c, void* d,
                                   void* preference, int most, void* results, int* count);
int cublasLtMatmul(void* handle, void* operation, const void* alpha, const void* A, void* a, const void* B, void* b,
                   const void* beta, const void* C, void* c, void* D, void* d, const void* algorithm,
                   void* workspace, size_t workspaceBytes, void* stream);
}

namespace {

constexpr int F32 = 0, F64 = 1, COMPUTE_F16 = 64, COMPUTE_F32 = 68, COMPUTE_F64 = 70, COMPUTE_TF32 = 77;
constexpr int INVALID_VALUE = 7, NOT_SUPPORTED = 15;
constexpr unsigned PLAIN = 1, BIAS = 4, RELU_BIAS = 6, GELU_BIAS = 36, RELU_AUX_BIAS = 134, DRELU = 136,
                   DRELU_BGRAD = 152, GELU_AUX_BIAS = 164, DGELU_BGRAD = 208, BGRADB = 512;
constexpr int M = 5, N = 3, K = 4;

struct Heuristic {
  unsigned long long algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

/* A product of an m x k and a k x n matrix, with a bias. */
struct Lt {
  void *handle, *operation, *a, *b, *d, *preference;
  Array<float> A{std::vector<float>(M * K)}, B{std::vector<float>(K * N)}, D{(size_t)(M + 1) * N}, bias{std::vector<float>(M + 1)};
  Array<unsigned char> workspace{4096}, aux{8 * 4 * N};
  Heuristic found{};
  int count = 0;

  explicit Lt(unsigned epilogue, int compute = COMPUTE_F32, int type = F32, int scale = F32, bool transposed = false) {
    CHECK(cublasLtCreate(&handle) == 0);
    CHECK(cublasLtMatmulDescCreate(&operation, compute, scale) == 0);
    int trans = transposed;
    CHECK(describe(3, trans) == 0);
    CHECK(describe(7, epilogue) == 0);
    CHECK(describe(8, bias.address) == 0);
    CHECK(cublasLtMatrixLayoutCreate(&a, type, transposed ? K : M, transposed ? M : K, transposed ? K : M) == 0);
    CHECK(cublasLtMatrixLayoutCreate(&b, type, K, N, K) == 0);
    CHECK(cublasLtMatrixLayoutCreate(&d, type, M, N, M + 1) == 0);
    CHECK(cublasLtMatmulPreferenceCreate(&preference) == 0);
    unsigned long long most = workspace.count;
    CHECK(cublasLtMatmulPreferenceSetAttribute(preference, 1, &most, sizeof(most)) == 0);
  }
  ~Lt() {
    cublasLtMatmulPreferenceDestroy(preference);
    for (void* layout : {a, b, d}) {
      cublasLtMatrixLayoutDestroy(layout);
    }
    cublasLtMatmulDescDestroy(operation);
    CHECK(cublasLtDestroy(handle) == 0);
  }

  template <class T>
  int describe(int attribute, T value) {
    return cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof(value));
  }
  void align(unsigned bytes) {
    for (int attribute = 5; attribute <= 8; attribute++) {
      CHECK(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &bytes, sizeof(bytes)) == 0);
    }
  }
  int choose() {
    return cublasLtMatmulAlgoGetHeuristic(handle, operation, a, b, d, d, preference, 1, &found, &count);
  }
  int multiply(float alpha, float beta, size_t bytes, int shift = 0) {
    auto* result = (void*)(D.address + (DevicePointer)shift);
    return cublasLtMatmul(handle, operation, &alpha, (void*)A.address, a, (void*)B.address, b, &beta, result, d,
                          result, d, &found.algorithm, (void*)workspace.address, bytes, nullptr);
  }
};

double finished(unsigned epilogue, double x) {
  return epilogue == RELU_BIAS   ? std::fmax(x, 0)
         : epilogue == GELU_BIAS ? x / 2 * (1 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
                                 : x;
}

void testValues(unsigned epilogue, int compute, bool transposed, float beta) {
  Lt lt(epilogue, compute, F32, F32, transposed);
  std::vector<float> a(M * K), b(K * N), d((M + 1) * N), bias(M + 1);
  auto fill = [](std::vector<float>& values, int start) {
    for (size_t i = 0; i < values.size(); i++) {
      values[i] = (float)((start + (int)i * 7 % 11 - 5) / 2.0);
    }
  };
  fill(a, 0), fill(b, 1), fill(d, 2), fill(bias, 3);
  OK(cuMemcpyHtoD_v2(lt.A.address, a.data(), a.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.B.address, b.data(), b.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.D.address, d.data(), d.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.bias.address, bias.data(), bias.size() * 4));
  CHECK(lt.choose() == 0);
  CHECK(lt.count == 1 && lt.found.state == 0 && lt.found.workspace > 0);
  CHECK(lt.multiply(2, beta, lt.found.workspace) == 0);
  auto got = lt.D.read();
  for (int j = 0; j < N; j++) {
    for (int i = 0; i <= M; i++) {
      int at = i + j * (M + 1);
      double sum = 0;
      for (int p = 0; p < K && i < M; p++) {
        sum += a[(size_t)(transposed ? p + i * K : i + p * M)] * b[(size_t)(p + j * K)];
      }
      double wanted = i == M ? d[(size_t)at]
                             : finished(epilogue, 2 * sum + beta * d[(size_t)at] +
                                                      (epilogue == PLAIN ? 0 : bias[(size_t)i]));
      expect(std::fabs(got[(size_t)at] - wanted) <= 1e-5, "cublasLtMatmul",
             std::to_string(got[(size_t)at]) + " not " + std::to_string(wanted), __LINE__);
    }
  }
}

/* What is kept of the numbers before an activation, and the gradients that are made of it. */
void testGradients(unsigned forth, unsigned back, long long ld) {
  Lt lt(forth);
  std::vector<float> a(M * K), b(K * N), bias(M + 1), none(M + 1);
  for (size_t i = 0; i < a.size(); i++) {
    a[i] = (float)((int)i * 7 % 11 - 5) / 4;
  }
  for (size_t i = 0; i < b.size(); i++) {
    b[i] = (float)((int)i * 5 % 7 - 3) / 2;
  }
  for (size_t i = 0; i < bias.size(); i++) {
    bias[i] = ((float)i + 0.5f) / 8;  // never at the kink
  }
  OK(cuMemcpyHtoD_v2(lt.A.address, a.data(), a.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.B.address, b.data(), b.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.bias.address, bias.data(), bias.size() * 4));
  CHECK(lt.describe(11, lt.aux.address) == 0);
  for (long long wrong : {0ll, ld / 2, ld + 1}) {
    CHECK(lt.describe(12, wrong) == 0);
    CHECK(lt.choose() == INVALID_VALUE);
  }
  CHECK(lt.describe(12, ld) == 0);
  CHECK(lt.choose() == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == 0);
  auto y = lt.D.read();
  CHECK(lt.describe(7, back) == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == INVALID_VALUE);
  CHECK(lt.choose() == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == 0);
  auto slopes = lt.D.read(), sums = lt.bias.read();
  for (int i = 0; i < M; i++) {
    double total = 0;
    for (int j = 0; j < N; j++) {
      auto at = (size_t)(i + j * (M + 1));
      double product = 0;
      for (int p = 0; p < K; p++) {
        product += a[(size_t)(i + p * M)] * b[(size_t)(p + j * K)];
      }
      double x = product + bias[(size_t)i], h = 1e-4;
      double slope = (finished(forth & ~128u, x + h) - finished(forth & ~128u, x - h)) / (2 * h);
      CHECK(std::fabs(y[at] - finished(forth & ~128u, x)) < 1e-5);
      CHECK(std::fabs(slopes[at] - product * slope) < 1e-4);
      total += slopes[at];
    }
    CHECK(std::fabs(sums[(size_t)i] - total) < 1e-5);
  }
  CHECK(lt.describe(11, lt.aux.address + 8) == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == INVALID_VALUE);
  CHECK(lt.describe(11, (void*)nullptr) == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == INVALID_VALUE);
  CHECK(lt.describe(11, lt.aux.address + (DevicePointer)lt.aux.count) == 0);
  CHECK(lt.choose() == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == 13);
  EXPECT(700, cuCtxSynchronize());
  SAYS(700, "beyond the memory of the auxiliary matrix");
}

void testSumsOfB() {
  Lt lt(BGRADB);
  std::vector<float> b(K * N), a(M * K, 1);
  for (size_t i = 0; i < b.size(); i++) {
    b[i] = (float)(i * i);
  }
  OK(cuMemcpyHtoD_v2(lt.A.address, a.data(), a.size() * 4));
  OK(cuMemcpyHtoD_v2(lt.B.address, b.data(), b.size() * 4));
  CHECK(lt.choose() == 0);
  CHECK(lt.multiply(1, 0, lt.found.workspace) == 0);
  auto sums = lt.bias.read(), y = lt.D.read();
  for (size_t j = 0; j < N; j++) {
    float sum = 0;
    for (size_t p = 0; p < K; p++) {
      sum += b[p + j * K];
    }
    CHECK(sums[j] == sum && y[j * (M + 1)] == sum);
  }
}

}  // namespace

void testCublasLt() {
  plainMode();
  for (unsigned epilogue : {PLAIN, BIAS, RELU_BIAS, GELU_BIAS}) {
    testValues(epilogue, COMPUTE_F32, false, 0);
    testValues(epilogue, COMPUTE_TF32, true, 3);
  }
  testGradients(RELU_AUX_BIAS, DRELU_BGRAD, 128);
  repair();
  testGradients(GELU_AUX_BIAS, DGELU_BGRAD, 8);
  repair();
  testSumsOfB();
  CHECK(Lt(DRELU).choose() == NOT_SUPPORTED);
  CHECK(Lt(BGRADB, COMPUTE_F64, F64, F64).choose() == NOT_SUPPORTED);
  CHECK(Lt(BIAS, COMPUTE_F32, F64).choose() == NOT_SUPPORTED);
  CHECK(Lt(BIAS, COMPUTE_F64, F64, F64).choose() == 0);
  CHECK(Lt(BIAS, COMPUTE_F64, F64, F32).choose() == NOT_SUPPORTED);
  CHECK(Lt(BIAS, COMPUTE_F16, 2, 2).choose() == NOT_SUPPORTED);
  CHECK(Lt(PLAIN, COMPUTE_F16, 2, 2).choose() == 0);
  {
    Lt lt(BIAS);
    CHECK(lt.describe(26, F64) == 0);
    CHECK(lt.choose() == NOT_SUPPORTED);
    CHECK(lt.describe(26, F32) == 0);
    CHECK(lt.choose() == 0);
    CHECK(lt.describe(3, (char)1) == INVALID_VALUE);
    CHECK(lt.describe(99, 1) == NOT_SUPPORTED);
  }
  {
    /* An algorithm is for its shapes and operation, and wants its workspace and the alignment that was promised. */
    Lt lt(BIAS);
    CHECK(lt.choose() == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace, 8) == INVALID_VALUE);
    CHECK(lt.multiply(1, 0, lt.found.workspace - 1) == INVALID_VALUE);
    lt.align(4);
    CHECK(lt.choose() == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace) == 0);
    CHECK(lt.describe(8, lt.bias.address + 4) == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace) == INVALID_VALUE);
    CHECK(lt.choose() == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace) == 0);
    CHECK(lt.describe(7, RELU_BIAS) == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace) == INVALID_VALUE);
    CHECK(lt.describe(3, 1) == 0);
    CHECK(lt.choose() == INVALID_VALUE);
  }
  {
    Lt lt(BIAS);
    lt.align(4);
    CHECK(lt.choose() == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace, 8) == 13);
    EXPECT(700, cuCtxSynchronize());
    SAYS(700, "beyond the memory of matrix");
  }
  repair();
  {
    Lt lt(BIAS);
    CHECK(lt.choose() == 0);
    CHECK(lt.describe(8, lt.bias.address + 8) == 0);
    CHECK(lt.choose() == 0);
    CHECK(lt.multiply(1, 0, lt.found.workspace) == 13);
    EXPECT(700, cuCtxSynchronize());
    SAYS(700, "beyond the memory of the bias");
  }
  repair();
}
