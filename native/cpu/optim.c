/*
 * Optimizer steps in one pass over a contiguous parameter, in PyTorch's order of operations (torch.optim's single-tensor
 * code): each line below is one of its tensor operations, the scalars rounded to the parameter's type first, products
 * fused with sums where its vector code does so (add with alpha, lerp, addcmul).
 */
#include "types.h"

enum { NESTEROV = 1, FIRST_STEP = 2, SGD_MAXIMIZE = 4 };
enum { DECOUPLED = 1, AMSGRAD = 2, ADAM_MAXIMIZE = 4 };

#define STEPS(S, T, DTYPE)                                                                                            \
  static void sgd_##S(ch_long n, T *parameter, const T *gradient, T *buffer, const double *hyper, int flags) {        \
    const T rate = (T)-hyper[0], momentum = (T)hyper[1], fresh = (T)(1 - hyper[2]), decay = (T)hyper[3];              \
    const T sign = flags & SGD_MAXIMIZE ? (T)-1 : (T)1;                                                               \
    const int decays = hyper[3] != 0, first = flags & FIRST_STEP, nesterov = flags & NESTEROV;                        \
    if (hyper[1] == 0 || !buffer) {                                                                                   \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                   \
        T g = gradient[i] * sign;                                                                                     \
        g = decays ? MAD(decay, parameter[i], g) : g;                                                                    \
        parameter[i] = MAD(rate, g, parameter[i]);                                                                            \
      }                                                                                                               \
      return;                                                                                                         \
    }                                                                                                                 \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                     \
      T g = gradient[i] * sign;                                                                                       \
      g = decays ? MAD(decay, parameter[i], g) : g;                                                                      \
      T b = first ? g : MAD(fresh, g, buffer[i] * momentum);                                                             \
      buffer[i] = b;                                                                                                  \
      parameter[i] = MAD(rate, nesterov ? MAD(momentum, b, g) : b, parameter[i]);                                                       \
    }                                                                                                                 \
  }                                                                                                                   \
  static void adam_##S(ch_long n, T *parameter, const T *gradient, T *mean, T *square, T *most,                       \
                       const double *hyper, int flags) {                                                              \
    const double rate = hyper[0], decay = hyper[4];                                                                   \
    const T weight = (T)(1 - hyper[1]), kept = (T)hyper[2], fresh = (T)(1 - hyper[2]), eps = (T)hyper[3];             \
    const T step = (T)-(rate / hyper[5]), root = (T)sqrt(hyper[6]);                                                   \
    const T shrink = (T)(1 - rate * decay), pull = (T)decay, sign = flags & ADAM_MAXIMIZE ? (T)-1 : (T)1;             \
    const int shrinks = flags & DECOUPLED && decay != 0, pulls = !(flags & DECOUPLED) && decay != 0;                  \
    const int near = fabs((double)weight) < 0.5, amsgrad = flags & AMSGRAD && most;                                   \
    INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                     \
      T p = parameter[i], g = gradient[i] * sign;                                                                     \
      p = shrinks ? p * shrink : p;                                                                                   \
      g = pulls ? MAD(pull, p, g) : g;                                                                                   \
      T m = near ? MAD(weight, g - mean[i], mean[i]) : MAD(weight - 1, g - mean[i], g); /* lerp */                                                                           \
      T v = MAD(fresh * g, g, square[i] * kept);                                                                         \
      mean[i] = m;                                                                                                    \
      square[i] = v;                                                                                                  \
      if (amsgrad) {                                                                                                  \
        v = ((most[i] < v) | (v != v)) ? v : most[i];                                                                   \
        most[i] = v;                                                                                                  \
      }                                                                                                               \
      parameter[i] = p + step * m / (SQRT_##S(v) / root + eps);                                                       \
    }                                                                                                                 \
  }
#define MAD(a, b, c) _Generic((c), float: mad, default: mad_f64)(a, b, c)
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
      adam_f32(n, parameter, gradient, exp_avg, exp_avg_sq, max_exp_avg_sq, hyper, flags);
      return CH_OK;
    case CH_FLOAT64:
      adam_f64(n, parameter, gradient, exp_avg, exp_avg_sq, max_exp_avg_sq, hyper, flags);
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
