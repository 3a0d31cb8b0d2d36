/* Steps of optimizers in one pass over a contiguous parameter, made from steps.h. */
#include "base.cuh"

INLINE float MAD(float a, float b, float c) { return mad(a, b, c); }
INLINE double MAD(double a, double b, double c) { return mad_f64(a, b, c); }

#define FORMULA INLINE
#define FN(name) name
#define ROOT(x) sqrt(x)
#define SIZE(x) fabs(x)
namespace single {
#define T float
#define SMALLEST 0x1p-126f
#define COVERS 0x1p-38f
#include "steps.h"
#undef T
#undef SMALLEST
#undef COVERS
}
namespace twice {
#define T double
#define SMALLEST 0x1p-1022
#define COVERS 0x1p-457
#include "steps.h"
#undef T
#undef SMALLEST
#undef COVERS
}
#undef FN

/* Numbers of a step as they come from the host. */
struct Hyper {
  double number[8];
};

DEVICE single::adam adam_of(float, const Hyper &hyper, int decoupled, int maximize) {
  return single::adam_numbers(hyper.number, decoupled, maximize);
}
DEVICE twice::adam adam_of(double, const Hyper &hyper, int decoupled, int maximize) {
  return twice::adam_numbers(hyper.number, decoupled, maximize);
}

/* hyper: -lr, momentum, 1 - dampening, weight decay, 1 or -1. The momentum's buffer may be null. */
template <class M>
__global__ void sgd_step(long long n, Hyper hyper, int first_step, int nesterov, M *parameter, const M *gradient,
                         M *buffer) {
  typedef Value<M> V;
  const double *h = hyper.number;
  const IF<SAME<V, double>, twice::sgd, single::sgd> s = {(V)h[0], (V)h[1], (V)h[2], (V)h[3], (V)h[4]};
  EACH(long long, i, n) {
    V held = buffer ? read(buffer[i]) : 0;
    const V next = sgd_element(s, read(parameter[i]), read(gradient[i]), buffer ? &held : (V *)0, h[3] != 0, first_step,
                               nesterov);
    if (buffer) { buffer[i] = write<M>(held); }
    parameter[i] = write<M>(next);
  }
}

/* hyper: as adam_numbers has them. The greatest squares may be null. */
template <class M>
__global__ void adam_step(long long n, Hyper hyper, int decoupled, int maximize, M *parameter, const M *gradient, M *mean,
                          M *square, M *most) {
  typedef Value<M> V;
  const auto s = adam_of(V(), hyper, decoupled, maximize);
  const int pulls = !decoupled && hyper.number[4] != 0, near = fabs(s.weight) < (V)0.5;
  EACH(long long, i, n) {
    V m = read(mean[i]), v = read(square[i]), greatest = most ? read(most[i]) : 0;
    const V next = adam_element(s, read(parameter[i]), read(gradient[i]), &m, &v, most ? &greatest : (V *)0, pulls, near);
    mean[i] = write<M>(m);
    square[i] = write<M>(v);
    if (most) { most[i] = write<M>(greatest); }
    parameter[i] = write<M>(next);
  }
}
