/*
 * What the sides in C share: the requests that Service.java describes, the numbers of Data.java, and how a call is
 * timed. A side fills in a `side` and calls `serve`.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_SIZES 4

typedef struct {
  /* Makes the workload of these words and `sizes`, so many; returns how many elements its result has, 0 if it is unknown. */
  long (*prepare)(const char *words, int sizes);
  void (*call)(void);
  /* Waits for what was called, where a call may return before its work is done. */
  void (*finish)(void);
  double (*element)(long position);
  void (*drop)(void);
} side;

/* Those in the name of the workload. */
static long sizes[MOST_SIZES];

/* ---- numbers */

static uint32_t hash(int seed, long position) {
  uint32_t h = (uint32_t)position * 0x9E3779B1u + (uint32_t)seed * 0x85EBCA77u;
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return h ^ h >> 16;
}

static float positive(int seed, long i) { return ((hash(seed, i) >> 8) + 1) * 0x1p-24f; }

static float number(int seed, long i) { return 2 * positive(seed, i) - 1; }

/* ---- requests */

/* Takes the sizes out of a name, as Name.java does; returns how many there are, or -1 for too many. */
static int parse(char *name) {
  int found = 0;
  char *to = name;
  for (char *from = name; *from != 0;) {
    if (*from == ' ' && from[1] >= '0' && from[1] <= '9') {
      double read[8];
      int count = 0;
      char *at = from;
      do {
        read[count++] = strtod(at + 1, &at);
      } while (*at == 'x' && count < 8);
      if (*at == 0 || *at == ' ' || *at == ',') {
        for (int i = 0; i < count; i++) {
          if (found == MOST_SIZES) {
            return -1;
          }
          sizes[found++] = (long)read[i];
        }
        from = at;
        continue;
      }
    }
    *to++ = *from++;
  }
  *to = 0;
  return found;
}

/* Returns whether there is such a workload. */
static int check(const side *me, char *name) {
  me->drop();
  int found = parse(name);
  long results = found > 0 ? me->prepare(name, found) : 0;
  if (results == 0) {
    printf("= -\n");
    return 0;
  }
  me->call();
  me->finish();
  double sum = 0, weighted = 0, magnitude = 0;
  long used = results < 4096 ? results : 4096;
  for (long i = 0; i < used; i++) {
    double value = me->element(i * results / used);
    sum += value;
    weighted += value * (1 + i % 7);
    magnitude += fabs(value);
  }
  printf("= %ld %.17g %.17g %.17g\n", results, sum, weighted, magnitude);
  return 1;
}

static double clock_nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *x, const void *y) {
  double d = *(const double *)x - *(const double *)y;
  return (d > 0) - (d < 0);
}

/* The median over batches of the time of a call, in ns; a batch lasts about a twentieth of the time. */
static double measure(const side *me, double seconds) {
  static double times[1 << 16];
  double start = clock_nanos();
  me->call();
  me->finish();
  double once = clock_nanos() - start;
  if (once > seconds * 1e9) {
    return once;
  }
  double batch = seconds * 1e9 / 20;
  long calls = batch / once < 1 ? 1 : (long)(batch / once);
  double end = clock_nanos() + seconds * 1e9;
  int count = 0;
  while ((clock_nanos() < end || count == 0) && count < 1 << 16) {
    start = clock_nanos();
    for (long i = 0; i < calls; i++) {
      me->call();
    }
    me->finish();
    double took = clock_nanos() - start;
    times[count++] = took / calls;
    calls = calls * batch / took < 1 ? 1 : (long)(calls * batch / took);
  }
  qsort(times, count, sizeof *times, ascending);
  return times[count / 2];
}

static long peak(void) {
  char line[256];
  long kilobytes = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    sscanf(line, "VmHWM: %ld", &kilobytes);
  }
  if (status != NULL) {
    fclose(status);
  }
  return 1024 * kilobytes;
}

/* Answers requests until there are no more. */
static void serve(const side *me) {
  int checked = 0;
  char line[512];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    char *name = strchr(line, '\t');
    if (name != NULL) {
      *name++ = 0;
    }
    if (strcmp(line, "check") == 0 && name != NULL) {
      checked = check(me, name);
    } else if (strcmp(line, "time") == 0 && name != NULL && checked) {
      printf("= %f\n", measure(me, atof(strchr(name, '\t') == NULL ? "0" : strchr(name, '\t') + 1)));
    } else if (strcmp(line, "drop") == 0) {
      me->drop();
      checked = 0;
      printf("= \n");
    } else if (strcmp(line, "peak") == 0) {
      printf("= %ld\n", peak());
    } else {
      printf("! no such request: %s\n", line);
    }
  }
}
