/*
 * Says which build of the kernels this machine can run: 2, 3 or 4 for the x86-64 microarchitecture levels of the
 * System V ABI, 8 for any 64-bit ARM, 1 for an older x86-64 (for which there is no build). Compiled for the oldest
 * machine of its architecture. A variable, set when the library is loaded: reading one costs Java less than a first call.
 */
extern int chagres_cpu_level;

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

/* F16C, MOVBE and LZCNT belong to level 3, and not every compiler's __builtin_cpu_supports knows them. */
static int has_rest_of_level_3(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_F16C) || !(c & bit_MOVBE)) {
    return 0;
  }
  return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & (1u << 5));
}

static int level(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("popcnt")) {
    return 1;
  }
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !has_rest_of_level_3()) {
    return 2;
  }
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512cd") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return 3;
  }
  return 4;
}
#else
static int level(void) { return 8; }
#endif

int chagres_cpu_level;

__attribute__((constructor)) static void find_level(void) { chagres_cpu_level = level(); }
