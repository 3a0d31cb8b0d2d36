/*
 * The limit on a GPU: the same cuBLAS called from C, and the driver's copy.
 *
 *   twin_cuda <libcuda> <libcublas> <device>
 *
 * Declares what it calls of both libraries, so that it needs their files and no header. A result goes to the same
 * memory at each call.
 */
#define _GNU_SOURCE
#include "side.h"

#include <dlfcn.h>

/* Of cudaDataType_t and cublasComputeType_t. */
enum { R_32F = 0, R_16F = 2, R_16BF = 14, COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77, GEMM_DEFAULT = -1, OP_N = 0 };

typedef unsigned long long address;

static int (*cuInit)(unsigned);
static int (*cuDeviceGet)(int *, int);
static int (*cuDevicePrimaryCtxRetain)(void **, int);
static int (*cuCtxSetCurrent)(void *);
static int (*cuCtxSynchronize)(void);
static int (*cuMemAlloc)(address *, size_t);
static int (*cuMemFree)(address);
static int (*cuMemcpyHtoD)(address, const void *, size_t);
static int (*cuMemcpyDtoH)(void *, address, size_t);
static int (*cuMemcpyDtoDAsync)(address, address, size_t, void *);
static int (*cublasCreate)(void **);
static int (*cublasGetVersion)(void *, int *);
static int (*cublasGemmEx)(void *, int, int, int, int, int, const void *, address, int, int, address, int, int,
                           const void *, address, int, int, int, int);

static void *cublas;

typedef struct {
  const char *words;
  int type, compute; /* of a product; a copy has no compute type */
} workload;

static const workload workloads[] = {
    {"matmul", R_32F, COMPUTE_32F},
    {"matmul, tf32", R_32F, COMPUTE_32F_FAST_TF32},
    {"matmul, bfloat16", R_16BF, COMPUTE_32F},
    {"matmul, float16", R_16F, COMPUTE_32F},
    {"copy, into out", R_32F, 0},
};

static struct {
  const workload *what;
  long rows, inner, columns; /* of a copy, elements and 1 and 1 */
  address x, y, out;
} now;

/* Ends the process, whose last line tells why, where CUDA fails. */
static void done(int status, const char *call) {
  if (status != 0) {
    fprintf(stderr, "%s: status %d\n", call, status);
    exit(1);
  }
}

#define DO(call) done((call), #call)

static size_t width(void) { return now.what->type == R_32F ? 4 : 2; }

/* ---- numbers of 16 bits; those here are not above 1 */

static uint32_t bits(float x) {
  uint32_t b;
  memcpy(&b, &x, sizeof b);
  return b;
}

static float of_bits(uint32_t b) {
  float x;
  memcpy(&x, &b, sizeof x);
  return x;
}

/* Rounded to nearest, ties to even. */
static uint16_t to_bfloat16(float x) { return (uint16_t)((bits(x) + 0x7fff + (bits(x) >> 16 & 1)) >> 16); }

static uint16_t to_float16(float x) {
  uint32_t sign = bits(x) >> 16 & 0x8000, b = bits(x) & 0x7fffffff;
  if (b < 0x38800000) { /* below 2^-14: a multiple of 2^-24, which is the last place of what is added */
    return (uint16_t)(sign | (bits(of_bits(b) + 0.5f) - bits(0.5f)));
  }
  return (uint16_t)(sign | (((b + 0xfff + (b >> 13 & 1)) >> 13) - (112 << 10)));
}

static double from_float16(uint16_t h) {
  int exponent = h >> 10 & 31, fraction = h & 1023;
  double x = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
  return h & 0x8000 ? -x : x;
}

/* ---- memory */

static address filled(int seed, long count) {
  char *host = malloc((size_t)count * width());
  if (host == NULL) {
    done(1, "malloc");
  }
  for (long i = 0; i < count; i++) {
    float x = number(seed, i);
    switch (now.what->type) {
    case R_32F: ((float *)host)[i] = x; break;
    case R_16F: ((uint16_t *)host)[i] = to_float16(x); break;
    default: ((uint16_t *)host)[i] = to_bfloat16(x);
    }
  }
  address x;
  DO(cuMemAlloc(&x, (size_t)count * width()));
  DO(cuMemcpyHtoD(x, host, (size_t)count * width()));
  free(host);
  return x;
}

static void give_back(address x) {
  if (x != 0) {
    DO(cuMemFree(x));
  }
}

/* ---- the side */

static void drop(void) {
  give_back(now.x);
  give_back(now.y);
  give_back(now.out);
  memset(&now, 0, sizeof now);
}

static long prepare(const char *words, int count) {
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    if (strcmp(workloads[i].words, words) == 0) {
      now.what = &workloads[i];
    }
  }
  if (now.what == NULL || (count != 1 && (count != 3 || now.what->compute == 0))) {
    now.what = NULL;
    return 0;
  }
  now.rows = sizes[0];
  now.inner = now.what->compute == 0 ? 1 : sizes[count / 2];
  now.columns = now.what->compute == 0 ? 1 : sizes[count - 1];
  now.x = filled(1, now.rows * now.inner);
  now.y = now.what->compute == 0 ? 0 : filled(2, now.inner * now.columns);
  DO(cuMemAlloc(&now.out, (size_t)(now.rows * now.columns) * width()));
  return now.rows * now.columns;
}

/* cuBLAS has matrices column by column: a product of rows is that of the exchanged operands. */
static void call(void) {
  static const float one = 1, zero = 0;
  int rows = (int)now.rows, inner = (int)now.inner, columns = (int)now.columns, type = now.what->type;
  if (now.what->compute == 0) {
    DO(cuMemcpyDtoDAsync(now.out, now.x, (size_t)now.rows * width(), NULL));
  } else {
    DO(cublasGemmEx(cublas, OP_N, OP_N, columns, rows, inner, &one, now.y, type, columns, now.x, type, inner, &zero,
                    now.out, type, columns, now.what->compute, GEMM_DEFAULT));
  }
}

static void finish(void) { DO(cuCtxSynchronize()); }

static double element(long position) {
  uint32_t raw = 0;
  DO(cuMemcpyDtoH(&raw, now.out + (address)position * width(), width()));
  switch (now.what->type) {
  case R_32F: return of_bits(raw);
  case R_16F: return from_float16((uint16_t)raw);
  default: return of_bits(raw << 16);
  }
}

static void *library(const char *file) {
  void *found = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
  if (found == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return found;
}

static void *function(void *from, const char *name) {
  void *found = dlsym(from, name);
  if (found == NULL) {
    fprintf(stderr, "there is no %s\n", name);
    exit(1);
  }
  return found;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "twin_cuda <libcuda> <libcublas> <device>\n");
    return 2;
  }
  void *driver = library(argv[1]), *blas = library(argv[2]);
#define OF(library, pointer, name) *(void **)&pointer = function(library, name)
  OF(driver, cuInit, "cuInit");
  OF(driver, cuDeviceGet, "cuDeviceGet");
  OF(driver, cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain");
  OF(driver, cuCtxSetCurrent, "cuCtxSetCurrent");
  OF(driver, cuCtxSynchronize, "cuCtxSynchronize");
  OF(driver, cuMemAlloc, "cuMemAlloc_v2");
  OF(driver, cuMemFree, "cuMemFree_v2");
  OF(driver, cuMemcpyHtoD, "cuMemcpyHtoD_v2");
  OF(driver, cuMemcpyDtoH, "cuMemcpyDtoH_v2");
  OF(driver, cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2");
  OF(blas, cublasCreate, "cublasCreate_v2");
  OF(blas, cublasGetVersion, "cublasGetVersion_v2");
  OF(blas, cublasGemmEx, "cublasGemmEx");
  int device, version;
  void *context;
  DO(cuInit(0));
  DO(cuDeviceGet(&device, atoi(argv[3])));
  DO(cuDevicePrimaryCtxRetain(&context, device));
  DO(cuCtxSetCurrent(context));
  DO(cublasCreate(&cublas));
  DO(cublasGetVersion(cublas, &version));
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("= C, the cuBLAS of Chagres (%d) and the driver's copy\n", version);
  serve(&(side){prepare, call, finish, element, drop});
}
