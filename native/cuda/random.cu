/*
 * Random numbers: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011), counted as cuRAND and PyTorch count: the thread's number
 * is the subsequence, and each call takes one block of four words of it. Thread t of a grid of s threads makes elements t,
 * t + s, t + 2 s ... of numbers that come four at a time, or two of 64 bits; so the numbers depend on the grid, which is
 * PyTorch's. The transforms are cuRAND's, as its documentation gives their ranges: uniform numbers lie in (0, 1].
 */
#include "philox.cuh"

/* ---- numbers of a block of words: V is float for four of them, double or a 64-bit integer for two ----------------------------- */

template <class V>
constexpr int EACH_BLOCK = sizeof(V) == 8 ? 2 : 4;

template <class V>
struct Numbers {
  V at[EACH_BLOCK<V>];
};

/* As that of one word. */
DEVICE double uniform_of(uint32_t low, uint32_t high) {
  const unsigned long long bits = (unsigned long long)low ^ ((unsigned long long)high << 21);
  return mad_f64((double)bits, 0x1p-53, 0x1p-54);
}

template <class V>
DEVICE Numbers<V> uniforms(Stream &stream) {
  const Words w = stream.next();
  if constexpr (SAME<V, double>) {
    return {uniform_of(w.at[0], w.at[1]), uniform_of(w.at[2], w.at[3])};
  } else {
    return {uniform_of(w.at[0]), uniform_of(w.at[1]), uniform_of(w.at[2]), uniform_of(w.at[3])};
  }
}

/* By Box and Muller: the first number of a pair is the sine's. */
template <class V>
DEVICE Numbers<V> normals(Stream &stream) {
  constexpr V TURN = (V)6.283185307179586;
  Numbers<V> n = uniforms<V>(stream);
  for (int i = 0; i < EACH_BLOCK<V>; i += 2) {
    const V radius = sqrt(-2 * log(n.at[i])), angle = TURN * n.at[i + 1];
    n.at[i] = radius * sin(angle);
    n.at[i + 1] = radius * cos(angle);
  }
  return n;
}

template <class W>
DEVICE Numbers<W> words(Stream &stream) {
  const Words w = stream.next();
  if constexpr (sizeof(W) == 8) {
    return {(W)w.at[0] << 32 | w.at[1], (W)w.at[2] << 32 | w.at[3]};
  } else {
    return {w.at[0], w.at[1], w.at[2], w.at[3]};
  }
}

/* ---- what becomes of them: A and B are the parameters ------------------------------------------------------------------------------ */

/* What floating elements are computed in; others in float. */
template <class M>
using Real = IF<SAME<M, double>, double, float>;

template <class M>
struct Uniform {
  typedef M Y;
  typedef Real<M> V;
  double low, high;
  DEVICE Numbers<V> draw(Stream &stream) const { return uniforms<V>(stream); }
  /* What rounding has carried up to `high` becomes `low`. */
  DEVICE M of(V u) const {
    const M made = write<M>(u * (V)(high - low) + (V)low);
    return read(made) == read(write<M>((Value<M>)high)) ? write<M>((Value<M>)low) : made;
  }
};

template <class M>
struct Normal {
  typedef M Y;
  typedef Real<M> V;
  double mean, deviation;
  DEVICE Numbers<V> draw(Stream &stream) const { return normals<V>(stream); }
  DEVICE M of(V z) const { return write<M>(z * (V)deviation + (V)mean); }
};

/* Any element type, from a value of the types that distributions are computed in. */
template <class M, class V>
DEVICE M stored(V v) {
  return write<M>(cast<Value<M>>(v));
}

template <class M>
struct Bernoulli {
  typedef M Y;
  typedef Real<M> V;
  double p, unused;
  DEVICE Numbers<V> draw(Stream &stream) const { return uniforms<V>(stream); }
  DEVICE M of(V u) const { return stored<M>(u <= (V)p ? 1.0f : 0.0f); }
};

template <class M>
struct Exponential {
  typedef M Y;
  typedef Real<M> V;
  double rate, unused;
  DEVICE Numbers<V> draw(Stream &stream) const { return uniforms<V>(stream); }
  /* The logarithm of a number next to 1 is not to become 0. */
  DEVICE M of(V u) const {
    const V ulp = sizeof(V) == 8 ? (V)0x1p-52 : (V)0x1p-23;
    return stored<M>((V)(-1 / rate) * (u >= 1 - ulp / 2 ? -ulp / 2 : log(u)));
  }
};

template <class M>
struct Geometric {
  typedef M Y;
  typedef Real<M> V;
  double p, unused;
  DEVICE Numbers<V> draw(Stream &stream) const { return uniforms<V>(stream); }
  DEVICE M of(V u) const { return stored<M>(ceil(log(u) / (V)log1p(-p))); }
};

template <class M>
struct LogNormal {
  typedef M Y;
  typedef Real<M> V;
  double mean, deviation;
  DEVICE Numbers<V> draw(Stream &stream) const { return normals<V>(stream); }
  DEVICE M of(V z) const { return stored<M>(exp(z * (V)deviation + (V)mean)); }
};

template <class M>
struct Cauchy {
  typedef M Y;
  typedef Real<M> V;
  double median, scale;
  DEVICE Numbers<V> draw(Stream &stream) const { return uniforms<V>(stream); }
  /* Away from the poles of the tangent. */
  DEVICE M of(V u) const {
    const V ulp = sizeof(V) == 8 ? (V)0x1p-52 : (V)0x1p-23, bounded = u > 1 - ulp ? 1 - ulp : (u < ulp ? ulp : u);
    return stored<M>((V)median + (V)scale * tan((V)3.14159265358979323846 * (bounded - (V)0.5)));
  }
};

/* low + word % range; W is a 64-bit word where the range is large. A range of 0 stands for 2^64. */
template <class M, class W>
struct Integer {
  typedef M Y;
  typedef W V;
  unsigned long long range;
  long long low;
  DEVICE Numbers<W> draw(Stream &stream) const { return words<W>(stream); }
  DEVICE M of(W word) const {
    const unsigned long long rest = range == 0 ? word : word % (W)range;
    return stored<M>((long long)(rest + (unsigned long long)low));
  }
};

template <class F>
__global__ void draw(F f, Philox state, long long n, typename F::Y *y) {
  typedef typename F::V V;
  const long long threads = step<long long>();
  Stream stream(state, first<unsigned long long>());
  for (long long i = first<long long>(); i < n; i += threads * EACH_BLOCK<V>) {
    const Numbers<V> numbers = f.draw(stream);
    for (int k = 0; k < EACH_BLOCK<V>; k++) {
      if (i + k * threads < n) { y[i + k * threads] = f.of(numbers.at[k]); }
    }
  }
}

/* ---- a draw for each element, with parameters of its own: element i has subsequence i ------------------------------------------- */

/* 1 with probability p. */
template <class M>
__global__ void bernoulli_each(Philox state, long long n, const M *p, M *y) {
  typedef Value<M> V;
  EACH(long long, i, n) {
    Stream stream(state, (unsigned long long)i);
    const V u = uniforms<Real<M>>(stream).at[0];
    y[i] = write<M>((V)(u <= read(p[i])));
  }
}

/* Uniform numbers one by one, of the lower half of a block as uniforms() makes them. */
DEVICE double uniform53(Stream *stream) { return uniforms<double>(*stream).at[0]; }

#define STREAM Stream
#include "trials.h"

template <class M>
__global__ void poisson_each(Philox state, long long n, const M *rates, M *y) {
  EACH(long long, i, n) {
    Stream stream(state, (unsigned long long)i);
    y[i] = stored<M>(poisson(&stream, (double)read(rates[i])));
  }
}

template <class M>
__global__ void binomial_each(Philox state, long long n, const M *counts, const M *p, M *y) {
  EACH(long long, i, n) {
    Stream stream(state, (unsigned long long)i);
    y[i] = stored<M>(binomial(&stream, (double)read(counts[i]), (double)read(p[i])));
  }
}

/* Where each of `wanted` uniform numbers falls among a row's running sums of weights. */
template <class M>
__global__ void choose(Philox state, long long numel, Divisor wanted, long long slots, const M *sums, long long *y) {
  EACH(long long, i, numel) {
    const M *row = sums + wanted.over(i) * slots;
    Stream stream(state, (unsigned long long)i);
    const double aim = uniforms<double>(stream).at[0] * (double)read(row[slots - 1]);
    long long low = 0, high = slots - 1;
    while (low < high) {
      const long long middle = low + (high - low) / 2;
      if ((double)read(row[middle]) < aim) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    y[i] = low;
  }
}
