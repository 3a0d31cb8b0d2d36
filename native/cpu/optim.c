/* Optimizer steps in one pass over a contiguous parameter, made from steps.h. */
#include "types.h"

#define FORMULA INLINE
#define FN(name) JOIN(name, f32)
#define T float
#define MAD(a, b, c) mad(a, b, c)
#define ROOT(x) __builtin_sqrtf(x)
#define SIZE(x) __builtin_fabsf(x)
#define SMALLEST 0x1p-126f
#define COVERS 0x1p-38f
#include "../include/steps.h"
#undef FN
#undef T
#undef MAD
#undef ROOT
#undef SIZE
#undef SMALLEST
#undef COVERS
#define FN(name) JOIN(name, f64)
#define T double
#define MAD(a, b, c) mad_f64(a, b, c)
#define ROOT(x) __builtin_sqrt(x)
#define SIZE(x) __builtin_fabs(x)
#define SMALLEST 0x1p-1022
#define COVERS 0x1p-457
#include "../include/steps.h"
#undef FN
#undef T
#undef MAD
#undef ROOT
#undef SIZE
#undef SMALLEST
#undef COVERS
#undef FORMULA

enum { NESTEROV = 1, FIRST_STEP = 2, SGD_MAXIMIZE = 4 };
enum { DECOUPLED = 1, AMSGRAD = 2, ADAM_MAXIMIZE = 4 };

/* One loop for each set of flags, which the compiler sees as constants: with a branch inside it, none is vectorised. */
#define STEPS(S, T, DTYPE)                                                                                             \
  INLINE void sgd_loop_##S(ch_long n, T *parameter, const T *gradient, T *buffer, struct sgd_##S s, int decays,        \
                           int first, int nesterov) {                                                                  \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                      \
      parameter[i] =                                                                                                   \
          sgd_element_##S(s, parameter[i], gradient[i], buffer ? buffer + i : NULL, decays, first, nesterov);          \
    }                                                                                                                  \
  }                                                                                                                    \
  static void sgd_##S(ch_long n, T *parameter, const T *gradient, T *buffer, const double *hyper, int flags) {         \
    const T sign = flags & SGD_MAXIMIZE ? (T)-1 : (T)1;                                                                \
    const struct sgd_##S s = {(T)-hyper[0], (T)hyper[1], (T)(1 - hyper[2]), (T)hyper[3], sign};                        \
    T *used = hyper[1] == 0 ? NULL : buffer;                                                                           \
    switch ((hyper[3] != 0) | (used && flags & FIRST_STEP ? 2 : 0) | (used && flags & NESTEROV ? 4 : 0)) {             \
      case 0: used ? sgd_loop_##S(n, parameter, gradient, used, s, 0, 0, 0)                                            \
                   : sgd_loop_##S(n, parameter, gradient, NULL, s, 0, 0, 0); return;                                   \
      case 1: used ? sgd_loop_##S(n, parameter, gradient, used, s, 1, 0, 0)                                            \
                   : sgd_loop_##S(n, parameter, gradient, NULL, s, 1, 0, 0); return;                                   \
      case 2: sgd_loop_##S(n, parameter, gradient, used, s, 0, 1, 0); return;                                          \
      case 3: sgd_loop_##S(n, parameter, gradient, used, s, 1, 1, 0); return;                                          \
      case 4: sgd_loop_##S(n, parameter, gradient, used, s, 0, 0, 1); return;                                          \
      case 5: sgd_loop_##S(n, parameter, gradient, used, s, 1, 0, 1); return;                                          \
      case 6: sgd_loop_##S(n, parameter, gradient, used, s, 0, 1, 1); return;                                          \
      default: sgd_loop_##S(n, parameter, gradient, used, s, 1, 1, 1); return;                                         \
    }                                                                                                                  \
  }                                                                                                                    \
  INLINE void adam_loop_##S(ch_long n, T *parameter, const T *gradient, T *const *state, struct adam_##S s, int pulls, \
                            int near, int amsgrad) {                                                                   \
    T *mean = state[0], *square = state[1], *most = state[2];                                                          \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                      \
      parameter[i] = adam_element_##S(s, parameter[i], gradient[i], mean + i, square + i, amsgrad ? most + i : NULL,   \
                                      pulls, near);                                                                    \
    }                                                                                                                  \
  }                                                                                                                    \
  static void adam_##S(ch_long n, T *parameter, const T *gradient, T *const *state, const double *hyper, int flags) {  \
    const double numbers[] = {hyper[0], hyper[1], hyper[2], hyper[3], hyper[4], hyper[5], hyper[6], sqrt(hyper[6])};   \
    const struct adam_##S s = adam_numbers_##S(numbers, flags & DECOUPLED, flags & ADAM_MAXIMIZE);                     \
    const int pulls = !(flags & DECOUPLED) && hyper[4] != 0, near = fabs((double)s.weight) < 0.5;                      \
    switch (pulls | near << 1 | (flags & AMSGRAD && state[2] ? 4 : 0)) {                                               \
      case 0: adam_loop_##S(n, parameter, gradient, state, s, 0, 0, 0); return;                                        \
      case 1: adam_loop_##S(n, parameter, gradient, state, s, 1, 0, 0); return;                                        \
      case 2: adam_loop_##S(n, parameter, gradient, state, s, 0, 1, 0); return;                                        \
      case 3: adam_loop_##S(n, parameter, gradient, state, s, 1, 1, 0); return;                                        \
      case 4: adam_loop_##S(n, parameter, gradient, state, s, 0, 0, 1); return;                                        \
      case 5: adam_loop_##S(n, parameter, gradient, state, s, 1, 0, 1); return;                                        \
      case 6: adam_loop_##S(n, parameter, gradient, state, s, 0, 1, 1); return;                                        \
      default: adam_loop_##S(n, parameter, gradient, state, s, 1, 1, 1); return;                                       \
    }                                                                                                                  \
  }
EACH_FLOATING(STEPS)

int ch_sgd_step(int dtype, ch_long n, void *parameter, const void *gradient, void *momentum_buffer, const double *hyper,
                int flags) {
  switch (dtype) {
    case CH_FLOAT32: sgd_f32(n, parameter, gradient, momentum_buffer, hyper, flags); return CH_OK;
    case CH_FLOAT64: sgd_f64(n, parameter, gradient, momentum_buffer, hyper, flags); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

int ch_adam_step(int dtype, ch_long n, void *parameter, const void *gradient, void *exp_avg, void *exp_avg_sq,
                 void *max_exp_avg_sq, const double *hyper, int flags) {
  switch (dtype) {
    case CH_FLOAT32:
      adam_f32(n, parameter, gradient, (float *const[]){exp_avg, exp_avg_sq, max_exp_avg_sq}, hyper, flags);
      return CH_OK;
    case CH_FLOAT64:
      adam_f64(n, parameter, gradient, (double *const[]){exp_avg, exp_avg_sq, max_exp_avg_sq}, hyper, flags);
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

/* The flags that a rule may have with so many tensors, each with a loop of its own. */
#define EACH_RULE(L)                                                                                                   \
  L(RMSPROP, 0, 3)                                                                                                     \
  L(RMSPROP, 1, 3)                                                                                                     \
  L(RMSPROP, 4, 4)                                                                                                     \
  L(RMSPROP, 5, 4)                                                                                                     \
  L(RMSPROP, 8, 4)                                                                                                     \
  L(RMSPROP, 9, 4)                                                                                                     \
  L(RMSPROP, 12, 5)                                                                                                    \
  L(RMSPROP, 13, 5)                                                                                                    \
  L(ADAGRAD, 0, 3)                                                                                                     \
  L(ADAGRAD, 1, 3)                                                                                                     \
  L(ADADELTA, 0, 4)                                                                                                    \
  L(ADADELTA, 1, 4)                                                                                                    \
  L(ADAMAX, 0, 4)                                                                                                      \
  L(ADAMAX, 1, 4)                                                                                                      \
  L(NADAM, 0, 4)                                                                                                       \
  L(NADAM, 1, 4)                                                                                                       \
  L(RADAM, 0, 4)                                                                                                       \
  L(RADAM, 1, 4)                                                                                                       \
  L(RADAM, 2, 4)                                                                                                       \
  L(RADAM, 3, 4)                                                                                                       \
  L(ASGD, 0, 3)                                                                                                        \
  L(ASGD, 1, 3)                                                                                                        \
  L(ASGD, 2, 3)                                                                                                        \
  L(ASGD, 3, 3)                                                                                                        \
  L(RPROP, 0, 4)

#define RULE_CASE_f32(RULE, FLAGS, COUNT)                                                                              \
  case CH_RULE_##RULE << 4 | FLAGS: rule_loop_f32(n, tensors, &s, CH_RULE_##RULE, FLAGS, COUNT); return CH_OK;
#define RULE_CASE_f64(RULE, FLAGS, COUNT)                                                                              \
  case CH_RULE_##RULE << 4 | FLAGS: rule_loop_f64(n, tensors, &s, CH_RULE_##RULE, FLAGS, COUNT); return CH_OK;

#define RULES(S, T, DTYPE)                                                                                             \
  INLINE void rule_loop_##S(ch_long n, void *const *tensors, const struct rule_##S *s, int rule, int flags,            \
                            int count) {                                                                               \
    T *parameter = tensors[0], *a = tensors[2], *b = count > 3 ? tensors[3] : NULL, *c = count > 4 ? tensors[4] : NULL;\
    const T *gradient = tensors[1];                                                                                    \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                      \
      T x[CH_RULE_TENSORS] = {parameter[i], gradient[i], a[i], count > 3 ? b[i] : 0, count > 4 ? c[i] : 0};            \
      rule_element_##S(s, rule, flags, x);                                                                             \
      parameter[i] = x[0];                                                                                             \
      a[i] = x[2];                                                                                                     \
      if (count > 3) { b[i] = x[3]; }                                                                                  \
      if (count > 4) { c[i] = x[4]; }                                                                                  \
    }                                                                                                                  \
  }                                                                                                                    \
  static int rule_step_##S(int rule, ch_long n, void *const *tensors, const double *numbers, int flags) {              \
    struct rule_##S s;                                                                                                 \
    for (int i = 0; i < CH_RULE_NUMBERS; i++) { s.h[i] = (T)numbers[i]; }                                              \
    switch (rule << 4 | flags) {                                                                                       \
      EACH_RULE(RULE_CASE_##S)                                                                                         \
      default: return CH_NO_KERNEL;                                                                                    \
    }                                                                                                                  \
  }
EACH_FLOATING(RULES)

int ch_rule_step(int rule, int dtype, ch_long n, void *const *tensors, const double *numbers, int flags) {
  switch (dtype) {
    case CH_FLOAT32: return rule_step_f32(rule, n, tensors, numbers, flags);
    case CH_FLOAT64: return rule_step_f64(rule, n, tensors, numbers, flags);
    default: return CH_NO_KERNEL;
  }
}
