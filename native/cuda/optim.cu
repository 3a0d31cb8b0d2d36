/*
 * Steps of optimizers, each one pass over contiguous parameters, made from steps.h. A launch takes many parameters, in chunks
 * that are a block's each, so that a model of small parameters keeps the device busy.
 */
#include "base.cuh"
#include "rules.h"

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

constexpr int MOST_PARAMETERS = 64, MOST_TENSORS = 5, CHUNK = 4096;

/* The parameters of a launch: their sizes, their tensors, and the number of the first block of each. */
struct Parameters {
  long long count;
  long long numel[MOST_PARAMETERS];
  void *tensor[MOST_TENSORS][MOST_PARAMETERS];
  int first[MOST_PARAMETERS];
};

/* Numbers of a step as they come from the host: these, or, in graphs, those that it writes elsewhere before each run. */
struct Hyper {
  double number[CH_RULE_NUMBERS];
  long long flag[2];
  const Hyper *elsewhere;
  const float *left_out; /* of steps that graphs leave out where this is not 0, else null */
  const double *missed;  /* then: how many of the steps that the host counts were left out */
};

DEVICE single::adam adam_of(float, const Hyper &hyper) {
  return single::adam_numbers(hyper.number, (int)hyper.flag[0], (int)hyper.flag[1]);
}
DEVICE twice::adam adam_of(double, const Hyper &hyper) {
  return twice::adam_numbers(hyper.number, (int)hyper.flag[0], (int)hyper.flag[1]);
}

/*
 * A step has the type M of elements and the number of tensors: the parameter, the gradient, and what is kept. It is called
 * with one value of each, and leaves the new ones. hyper: -lr, momentum, 1 - dampening, weight decay, 1 or -1, and the step's number; flags: whether
 * it is the first step, and whether it is Nesterov's.
 */
template <class Memory, bool MOMENTUM>
struct Sgd {
  typedef Memory M;
  typedef Value<M> V;
  static constexpr int TENSORS = MOMENTUM ? 3 : 2;
  IF<SAME<V, double>, twice::sgd, single::sgd> numbers;
  int decays, first_step, nesterov;

  DEVICE void take(const Hyper &hyper) {
    const double *h = hyper.number;
    numbers = {(V)h[0], (V)h[1], (V)h[2], (V)h[3], (V)h[4]};
    decays = h[3] != 0;
    first_step = (int)hyper.flag[0];
    nesterov = (int)hyper.flag[1];
  }

  DEVICE static void miss(Hyper *hyper, double missed) { hyper->flag[0] = hyper->number[5] - missed == 1; }

  DEVICE void operator()(V *v) const {
    v[0] = sgd_element(numbers, v[0], v[1], MOMENTUM ? v + 2 : (V *)0, decays, first_step, nesterov);
  }
};

/* hyper: as adam_numbers has them, and the step's number; flags: whether the decay is decoupled, and whether the step goes up. */
template <class Memory, bool AMSGRAD>
struct Adam {
  typedef Memory M;
  typedef Value<M> V;
  static constexpr int TENSORS = AMSGRAD ? 5 : 4;
  IF<SAME<V, double>, twice::adam, single::adam> numbers;
  int pulls, near;

  DEVICE void take(const Hyper &hyper) {
    numbers = adam_of(V(), hyper);
    pulls = !hyper.flag[0] && hyper.number[4] != 0;
    near = fabs(numbers.weight) < (V)0.5;
  }

  DEVICE static void miss(Hyper *hyper, double missed) {
    double *h = hyper->number;
    h[5] = 1 - pow(h[1], h[8] - missed);
    h[6] = 1 - pow(h[2], h[8] - missed);
    h[7] = sqrt(h[6]);
  }

  DEVICE void operator()(V *v) const {
    v[0] = adam_element(numbers, v[0], v[1], v + 2, v + 3, AMSGRAD ? v + 4 : (V *)0, pulls, near);
  }
};

/* A rule of rules.h, which says what the numbers are; flags: those that may differ from step to step. SHAPE: those that say what is kept. */
template <class Memory, int RULE, int KEPT, int SHAPE>
struct Rule {
  typedef Memory M;
  typedef Value<M> V;
  static constexpr int TENSORS = 2 + KEPT;
  IF<SAME<V, double>, twice::rule, single::rule> numbers;
  int flags;

  DEVICE void take(const Hyper &hyper) {
    for (int i = 0; i < CH_RULE_NUMBERS; i++) { numbers.h[i] = (V)hyper.number[i]; }
    flags = (int)hyper.flag[0] & (CH_RULE_DECAYS | CH_RULE_LATER);
  }

  DEVICE static void miss(Hyper *, double) {} /* The host leaves none of these out. */

  DEVICE void operator()(V *v) const { rule_element(&numbers, RULE, flags | SHAPE, v); }
};

/* Steps the elements from `from` to `to`, N at a time, of tensors that lie so. */
template <int N, class Step>
DEVICE void step_chunk(const Step &step, typename Step::M *const *tensors, long long from, long long to) {
  typedef typename Step::M M;
  for (long long p = from / N + threadIdx.x; p < to / N; p += blockDim.x) {
    Pack<M, N> packs[Step::TENSORS];
    for (int o = 0; o < Step::TENSORS; o++) { packs[o] = load<M, N>(tensors[o], p); }
    for (int k = 0; k < N; k++) {
      Value<M> values[Step::TENSORS];
      for (int o = 0; o < Step::TENSORS; o++) { values[o] = read(packs[o].at[k]); }
      step(values);
      for (int o = 0; o < Step::TENSORS; o++) { packs[o].at[k] = write<M>(values[o]); }
    }
    for (int o = 0; o < Step::TENSORS; o++) {
      if (o != 1) { store(tensors[o], p, packs[o]); }
    }
  }
}

template <class Step>
__global__ void each_parameter(Hyper hyper, Parameters all) {
  typedef typename Step::M M;
  constexpr int N = 16 / sizeof(M);
  if (hyper.left_out && *hyper.left_out != 0) { return; }
  SHARED(Step, shared, 1);
  if (threadIdx.x == 0) { /* It divides doubles, which takes some devices long. */
    Hyper own = hyper.elsewhere ? *hyper.elsewhere : hyper;
    if (hyper.missed) { Step::miss(&own, *hyper.missed); }
    shared[0].take(own);
  }
  __syncthreads();
  const Step step = shared[0];
  int own = 0;
  for (int rest = (int)all.count; rest > 1;) {
    const int half = rest / 2;
    const bool behind = all.first[own + half] <= (int)blockIdx.x;
    own += behind ? half : 0;
    rest = behind ? rest - half : half;
  }
  M *tensors[Step::TENSORS];
  bool aligned = true;
  for (int o = 0; o < Step::TENSORS; o++) {
    tensors[o] = (M *)all.tensor[o][own];
    aligned = aligned && (unsigned long long)tensors[o] % 16 == 0;
  }
  const long long n = all.numel[own], from = (long long)((int)blockIdx.x - all.first[own]) * CHUNK;
  const long long to = from + CHUNK < n ? from + CHUNK : n, packed = aligned ? to - to % N : from;
  step_chunk<N>(step, tensors, from, packed);
  step_chunk<1>(step, tensors, packed, to);
}
