/*
 * The limit: the same OpenBLAS called from C, and plain loops that the compiler vectorises.
 *
 *   twin <libopenblas> <threads>
 *
 * OpenBLAS has its threads, and the loops share the work out with OpenMP. As elsewhere a result is new at each call,
 * here from malloc and freed by the next one, unless the name says "into out".
 */
#define _GNU_SOURCE
#include "side.h"

#include <dlfcn.h>
#include <omp.h>

#define ROW_MAJOR 101
#define AS_IT_IS 111
#define TRANSPOSED 112

/* Below this many elements a loop is not worth a second thread. */
#define SHARED 100000

typedef void gemm_f(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void gemv_f(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

static gemm_f *sgemm;
static gemv_f *sgemv;

/* What a workload works on; `count` and `results` are the elements of an operand and of the result. */
static struct {
  long count, results;
  float *x, *y, *out;
} now;

typedef struct {
  const char *words;
  int sizes; /* how many the name must have, or 0 for a shape of any number of dimensions */
  int fresh; /* whether every call has memory of its own for its result */
  void (*prepare)(void);
  void (*run)(void);
} workload;

/* ---- memory */

/* Memory from malloc at a multiple of 64; glibc keeps small blocks at hand for malloc, not for aligned_alloc. */
static float *block(long count) {
  char *start = malloc((size_t)count * sizeof(float) + 64);
  if (start == NULL) {
    fprintf(stderr, "no memory for %ld elements\n", count);
    exit(1);
  }
  char *x = (char *)(((uintptr_t)start + 64) / 64 * 64);
  ((char **)x)[-1] = start;
  return (float *)x;
}

static void give_back(float *x) {
  if (x != NULL) {
    free(((char **)x)[-1]);
  }
}

static float *filled(float (*make)(int, long), int seed, long count) {
  float *x = block(count);
  for (long i = 0; i < count; i++) {
    x[i] = make(seed, i);
  }
  return x;
}

static long product(int from, int to) {
  long p = 1;
  for (int i = from; i < to; i++) {
    p *= sizes[i];
  }
  return p;
}

/* ---- loops */

static void operands(void) {
  now.x = filled(number, 1, now.count);
  now.y = filled(number, 2, now.count);
  now.results = now.count;
}

static void both_positive(void) {
  now.x = filled(positive, 1, now.count);
  now.y = filled(positive, 2, now.count);
  now.results = now.count;
}

static void to_one(void) {
  now.x = filled(positive, 1, now.count);
  now.results = 1;
}

/* Calls a function for parts of the elements, a thread each; small work stays with its caller. */
static void share(void (*part)(long from, long to)) {
  if (now.count < SHARED) {
    part(0, now.count);
    return;
  }
#pragma omp parallel
  {
    long threads = omp_get_num_threads(), thread = omp_get_thread_num();
    part(now.count * thread / threads, now.count * (thread + 1) / threads);
  }
}

#define LOOP(name, expression)                                                                                         \
  static void name##_part(long from, long to) {                                                                        \
    const float *restrict x = now.x, *restrict y = now.y;                                                              \
    float *restrict out = now.out;                                                                                     \
    (void)y;                                                                                                           \
    for (long i = from; i < to; i++) {                                                                                 \
      out[i] = expression;                                                                                             \
    }                                                                                                                  \
  }                                                                                                                    \
  static void name(void) { share(name##_part); }

LOOP(add, x[i] + y[i])
LOOP(mul, x[i] * y[i])
LOOP(sub, x[i] - y[i])
LOOP(divide, x[i] / y[i])
LOOP(maximum, x[i] > y[i] ? x[i] : y[i])
LOOP(add_number, x[i] + 1.5f)
LOOP(lerp, x[i] + 0.3f * (y[i] - x[i]))
LOOP(addcmul, x[i] + x[i] * y[i])
LOOP(power, powf(x[i], y[i]))
LOOP(exponential, expf(x[i]))
LOOP(logarithm, logf(x[i]))
LOOP(tangent, tanhf(x[i]))
LOOP(gelu, 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f)))
LOOP(error_function, erff(x[i]))
LOOP(sine, sinf(x[i]))
LOOP(sigmoid, 1 / (1 + expf(-x[i])))
LOOP(root, sqrtf(x[i]))
LOOP(negate, -x[i])
LOOP(absolute, fabsf(x[i]))
LOOP(relu, x[i] > 0 ? x[i] : 0)
LOOP(down, floorf(x[i]))
LOOP(times_itself, x[i] * x[i])
LOOP(clamp, x[i] < -0.5f ? -0.5f : x[i] > 0.5f ? 0.5f : x[i])

static void sum_part(long from, long to) {
  float sum = 0;
  for (long i = from; i < to; i++) {
    sum += now.x[i];
  }
#pragma omp atomic
  now.out[0] += sum;
}

static void sum(void) {
  now.out[0] = 0;
  share(sum_part);
}

static void copy_part(long from, long to) { memcpy(now.out + from, now.x + from, (to - from) * sizeof(float)); }

static void copy(void) { share(copy_part); }

/* ---- products */

/* Rows, inner size and columns of a product. */
typedef struct {
  int m, k, n;
} shape;

static shape square_of(void) { return (shape){sizes[0], sizes[0], sizes[0]}; }

static shape box_of(int from) { return (shape){sizes[from], sizes[from + 1], sizes[from + 2]}; }

static void prepare_product(shape s, long batch) {
  now.x = filled(number, 1, batch * s.m * s.k);
  now.y = filled(number, 2, batch * s.k * s.n);
  now.results = batch * s.m * s.n;
}

static void multiply(shape s, int a, int b, long batch) {
  sgemm(ROW_MAJOR, a, b, s.m, s.n, s.k, 1, now.x + batch * s.m * s.k, a == AS_IT_IS ? s.k : s.m,
        now.y + batch * s.k * s.n, b == AS_IT_IS ? s.n : s.k, 0, now.out + batch * s.m * s.n, s.n);
}

static void prepare_square(void) { prepare_product(square_of(), 1); }
static void square(void) { multiply(square_of(), AS_IT_IS, AS_IT_IS, 0); }
static void first_transposed(void) { multiply(square_of(), TRANSPOSED, AS_IT_IS, 0); }
static void second_transposed(void) { multiply(square_of(), AS_IT_IS, TRANSPOSED, 0); }

static void prepare_box(void) { prepare_product(box_of(0), 1); }
static void box(void) { multiply(box_of(0), AS_IT_IS, AS_IT_IS, 0); }

static void prepare_batch(void) { prepare_product(box_of(1), sizes[0]); }
static void batch(void) {
  for (long i = 0; i < sizes[0]; i++) {
    multiply(box_of(1), AS_IT_IS, AS_IT_IS, i);
  }
}

static void prepare_vector(void) { prepare_product((shape){sizes[0], sizes[0], 1}, 1); }
static void by_vector(void) {
  int n = sizes[0];
  sgemv(ROW_MAJOR, AS_IT_IS, n, n, 1, now.x, n, now.y, 1, 0, now.out, 1);
}

static const workload workloads[] = {
    {"add", 0, 1, operands, add},
    {"add, into out", 0, 0, operands, add},
    {"mul", 0, 1, operands, mul},
    {"sub", 0, 1, operands, sub},
    {"div", 0, 1, both_positive, divide},
    {"maximum", 0, 1, operands, maximum},
    {"add a number", 0, 1, operands, add_number},
    {"lerp", 0, 1, operands, lerp},
    {"addcmul", 0, 1, operands, addcmul},
    {"pow", 0, 1, both_positive, power},
    {"exp", 0, 1, operands, exponential},
    {"log", 0, 1, both_positive, logarithm},
    {"tanh", 0, 1, operands, tangent},
    {"gelu", 0, 1, operands, gelu},
    {"erf", 0, 1, operands, error_function},
    {"sin", 0, 1, operands, sine},
    {"sigmoid", 0, 1, operands, sigmoid},
    {"sqrt", 0, 1, both_positive, root},
    {"neg", 0, 1, operands, negate},
    {"abs", 0, 1, operands, absolute},
    {"relu", 0, 1, operands, relu},
    {"floor", 0, 1, operands, down},
    {"square", 0, 1, operands, times_itself},
    {"clamp", 0, 1, operands, clamp},
    {"sum", 0, 1, to_one, sum},
    {"copy", 0, 1, operands, copy},
    {"copy, into out", 0, 0, operands, copy},
    {"matmul", 1, 1, prepare_square, square},
    {"matmul", 3, 1, prepare_box, box},
    {"matmul, into out", 1, 0, prepare_square, square},
    {"matmul, first transposed", 1, 1, prepare_square, first_transposed},
    {"matmul, second transposed", 1, 1, prepare_square, second_transposed},
    {"matmul by a vector", 1, 1, prepare_vector, by_vector},
    {"batched matmul", 4, 1, prepare_batch, batch},
};

static const workload *current;

/* ---- the side */

static void drop(void) {
  give_back(now.x);
  give_back(now.y);
  give_back(now.out);
  memset(&now, 0, sizeof now);
  current = NULL;
}

static long prepare(const char *words, int count) {
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    const workload *found = &workloads[i];
    if (strcmp(found->words, words) == 0 && (found->sizes == 0 || found->sizes == count)) {
      current = found;
    }
  }
  if (current == NULL) {
    return 0;
  }
  now.count = product(0, count);
  current->prepare();
  now.out = block(now.results);
  return now.results;
}

static void call(void) {
  if (current->fresh) {
    give_back(now.out);
    now.out = block(now.results);
  }
  current->run();
}

static void finish(void) {}

static double element(long position) { return now.out[position]; }

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "twin <libopenblas> <threads>\n");
    return 2;
  }
  void *library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  sgemm = (gemm_f *)dlsym(library, "cblas_sgemm");
  sgemv = (gemv_f *)dlsym(library, "cblas_sgemv");
  void (*threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  char *(*core)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
  if (sgemm == NULL || sgemv == NULL || threads == NULL || core == NULL) {
    fprintf(stderr, "%s is no OpenBLAS\n", argv[1]);
    return 1;
  }
  threads(atoi(argv[2]));
  omp_set_num_threads(atoi(argv[2]));
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("= C, the OpenBLAS of Chagres (core %s), loops by gcc %s -O3 -march=native -ffast-math with OpenMP\n", core(),
         __VERSION__);
  serve(&(side){prepare, call, finish, element, drop});
}
