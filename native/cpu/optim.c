/*
 * Optimizer steps in one pass over a contiguous parameter, in PyTorch's order of operations (torch.optim's single-tensor
 * code): each line below is one of its tensor operations, the scalars rounded to the parameter's type first, products
 * fused with sums where its vector code does so (add with alpha, lerp, addcmul).
 */
#include "types.h"

/*
 * The moments of a gradient that stays 0 shrink until they are denormal, where an instruction takes some processors a
 * hundred times as long, and rounding holds them there. So moments below the smallest normal number become 0. What that
 * is to a parameter is below 2^-88 (float32) of the learning rate as long as Adam's eps covers such a root; with a
 * smaller eps the moments are left alone.
 */
#define SETTLED(S, x, smallest) (ABS_##S(x) < smallest ? 0 : x)
#define ABS_f32 __builtin_fabsf
#define ABS_f64 __builtin_fabs
#define SMALLEST_f32 0x1p-126f
#define SMALLEST_f64 0x1p-1022
/* The root of the smallest number is below half an ulp of this. */
#define COVERS_f32 0x1p-38f
#define COVERS_f64 0x1p-457

/* x / root, rounded as a division is (Markstein 1990); x >= 0 or NaN, `inverse` is 1 / root. */
#if HAS_FMA
#define QUOTIENT(S, T, INFINITE)                                            \
  INLINE T quotient_##S(T x, T root, T inverse) {                           \
    T q = x * inverse;                                                      \
    T exact = MAD(MAD(-q, root, x), inverse, q);                            \
    return x == INFINITE ? x : exact;                                       \
  }
#else
#define QUOTIENT(S, T, INFINITE) \
  INLINE T quotient_##S(T x, T root, T inverse) { return (void)inverse, x / root; }
#endif
#define MAD(a, b, c) _Generic((c), float: mad, default: mad_f64)(a, b, c)
QUOTIENT(f32, float, INFINITY)
QUOTIENT(f64, double, (double)INFINITY)

enum { NESTEROV = 1, FIRST_STEP = 2, SGD_MAXIMIZE = 4 };
enum { DECOUPLED = 1, AMSGRAD = 2, ADAM_MAXIMIZE = 4 };

/* One loop for each set of flags, which the compiler sees as constants: with a branch inside it, none is vectorised. */
#define STEPS(S, T, DTYPE)                                                                                             \
  INLINE void sgd_loop_##S(ch_long n, T *parameter, const T *gradient, T *buffer, const T *hyper, int decays, int first,\
                           int nesterov) {                                                                             \
    const T rate = hyper[0], momentum = hyper[1], fresh = hyper[2], decay = hyper[3], sign = hyper[4];                 \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                      \
      T g = gradient[i] * sign;                                                                                        \
      g = decays ? MAD(decay, parameter[i], g) : g;                                                                    \
      if (buffer) {                                                                                                    \
        T b = first ? g : SETTLED(S, MAD(fresh, g, buffer[i] * momentum), SMALLEST_##S);                               \
        buffer[i] = b;                                                                                                 \
        g = nesterov ? MAD(momentum, b, g) : b;                                                                        \
      }                                                                                                                \
      parameter[i] = MAD(rate, g, parameter[i]);                                                                       \
    }                                                                                                                  \
  }                                                                                                                    \
  static void sgd_##S(ch_long n, T *parameter, const T *gradient, T *buffer, const double *hyper, int flags) {         \
    const T sign = flags & SGD_MAXIMIZE ? (T)-1 : (T)1;                                                                \
    const T scalars[] = {(T)-hyper[0], (T)hyper[1], (T)(1 - hyper[2]), (T)hyper[3], sign};                             \
    T *used = hyper[1] == 0 ? NULL : buffer;                                                                           \
    switch ((hyper[3] != 0) | (used && flags & FIRST_STEP ? 2 : 0) | (used && flags & NESTEROV ? 4 : 0)) {             \
      case 0: used ? sgd_loop_##S(n, parameter, gradient, used, scalars, 0, 0, 0)                                      \
                   : sgd_loop_##S(n, parameter, gradient, NULL, scalars, 0, 0, 0); return;                             \
      case 1: used ? sgd_loop_##S(n, parameter, gradient, used, scalars, 1, 0, 0)                                      \
                   : sgd_loop_##S(n, parameter, gradient, NULL, scalars, 1, 0, 0); return;                             \
      case 2: sgd_loop_##S(n, parameter, gradient, used, scalars, 0, 1, 0); return;                                    \
      case 3: sgd_loop_##S(n, parameter, gradient, used, scalars, 1, 1, 0); return;                                    \
      case 4: sgd_loop_##S(n, parameter, gradient, used, scalars, 0, 0, 1); return;                                    \
      case 5: sgd_loop_##S(n, parameter, gradient, used, scalars, 1, 0, 1); return;                                    \
      case 6: sgd_loop_##S(n, parameter, gradient, used, scalars, 0, 1, 1); return;                                    \
      default: sgd_loop_##S(n, parameter, gradient, used, scalars, 1, 1, 1); return;                                   \
    }                                                                                                                  \
  }                                                                                                                    \
  INLINE void adam_loop_##S(ch_long n, T *parameter, const T *gradient, T *const *state, const T *hyper, int pulls,    \
                            int near, int amsgrad) {                                                                   \
    const T weight = hyper[0], kept = hyper[1], fresh = hyper[2], eps = hyper[3], step = hyper[4], root = hyper[5];    \
    const T shrink = hyper[6], pull = hyper[7], sign = hyper[8], inverse = 1 / root;                                   \
    const T smallest = eps * root >= COVERS_##S ? SMALLEST_##S : 0;                                                    \
    T *mean = state[0], *square = state[1], *most = state[2];                                                          \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                      \
      T p = parameter[i] * shrink, g = gradient[i] * sign;                                                             \
      g = pulls ? MAD(pull, p, g) : g;                                                                                 \
      T m = near ? MAD(weight, g - mean[i], mean[i]) : MAD(weight - 1, g - mean[i], g); /* lerp */                     \
      T v = SETTLED(S, MAD(fresh * g, g, square[i] * kept), smallest);                                                 \
      mean[i] = m = SETTLED(S, m, smallest);                                                                           \
      square[i] = v;                                                                                                   \
      if (amsgrad) {                                                                                                   \
        T old = most[i];                                                                                               \
        v = ((old < v) | (v != v)) ? v : old;                                                                          \
        most[i] = v;                                                                                                   \
      }                                                                                                                \
      parameter[i] = p + step * m / (quotient_##S(SQRT_##S(v), root, inverse) + eps);                                  \
    }                                                                                                                  \
  }                                                                                                                    \
  static void adam_##S(ch_long n, T *parameter, const T *gradient, T *const *state, const double *hyper, int flags) {  \
    const double rate = hyper[0], decay = hyper[4];                                                                    \
    const T weight = (T)(1 - hyper[1]), sign = flags & ADAM_MAXIMIZE ? (T)-1 : (T)1;                                   \
    const T shrink = flags & DECOUPLED ? (T)(1 - rate * decay) : (T)1;                                                 \
    const T scalars[] = {weight, (T)hyper[2], (T)(1 - hyper[2]), (T)hyper[3], (T)-(rate / hyper[5]),                   \
                         (T)sqrt(hyper[6]), shrink, (T)decay, sign};                                                   \
    const int pulls = !(flags & DECOUPLED) && decay != 0, near = fabs((double)weight) < 0.5;                           \
    switch (pulls | near << 1 | (flags & AMSGRAD && state[2] ? 4 : 0)) {                                               \
      case 0: adam_loop_##S(n, parameter, gradient, state, scalars, 0, 0, 0); return;                                  \
      case 1: adam_loop_##S(n, parameter, gradient, state, scalars, 1, 0, 0); return;                                  \
      case 2: adam_loop_##S(n, parameter, gradient, state, scalars, 0, 1, 0); return;                                  \
      case 3: adam_loop_##S(n, parameter, gradient, state, scalars, 1, 1, 0); return;                                  \
      case 4: adam_loop_##S(n, parameter, gradient, state, scalars, 0, 0, 1); return;                                  \
      case 5: adam_loop_##S(n, parameter, gradient, state, scalars, 1, 0, 1); return;                                  \
      case 6: adam_loop_##S(n, parameter, gradient, state, scalars, 0, 1, 1); return;                                  \
      default: adam_loop_##S(n, parameter, gradient, state, scalars, 1, 1, 1); return;                                 \
    }                                                                                                                  \
  }
#define SQRT_f32 __builtin_sqrtf
#define SQRT_f64 __builtin_sqrt
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
