/* The same OpenBLAS called from C: twin <libopenblas> <threads>. The protocol is that of python/twins.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*sgemm_t)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *,
                        int);

static sgemm_t sgemm;
static float *a, *b, *c;
static int n;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static float *matrix(int n) {
  float *x = aligned_alloc(64, ((size_t)n * n * sizeof(float) + 63) / 64 * 64);
  for (long i = 0; i < (long)n * n; i++) {
    x[i] = rand() / (float)RAND_MAX;
  }
  return x;
}

static void prepare(int size) {
  if (size == n) {
    return;
  }
  free(a);
  free(b);
  free(c);
  n = size;
  a = matrix(n);
  b = matrix(n);
  c = matrix(n);
}

/* CblasRowMajor, CblasNoTrans twice. */
static void task(void) { sgemm(101, 111, 111, n, n, n, 1, a, n, b, n, 0, c, n); }

static int ascending(const void *x, const void *y) {
  double d = *(const double *)x - *(const double *)y;
  return (d > 0) - (d < 0);
}

static double measure(double seconds) {
  static double times[1 << 20];
  double start = now();
  task();
  double once = now() - start;
  double batch = seconds * 1e9 / 20;
  long calls = batch / once < 1 ? 1 : (long)(batch / once);
  double end = now() + seconds * 1e9;
  int count = 0;
  while ((now() < end || count == 0) && count < 1 << 20) {
    start = now();
    for (long i = 0; i < calls; i++) {
      task();
    }
    double took = now() - start;
    times[count++] = took / calls;
    calls = calls * batch / took < 1 ? 1 : (long)(calls * batch / took);
  }
  qsort(times, count, sizeof(double), ascending);
  return times[count / 2];
}

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
  sgemm = (sgemm_t)dlsym(library, "cblas_sgemm");
  void (*threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  char *(*core)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
  threads(atoi(argv[2]));
  printf("C, OpenBLAS (%s)\n", core());
  fflush(stdout);
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    double seconds;
    int size;
    if (sscanf(line, "%lf\tmatmul %d", &seconds, &size) != 2) {
      printf("-\n");
    } else {
      prepare(size);
      task();
      printf("%f\n", measure(seconds));
    }
    fflush(stdout);
  }
}
