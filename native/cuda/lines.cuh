/* How the threads of a block share out lines of elements, and join what each found to one for the line. */
#ifndef CHAGRES_LINES_CUH
#define CHAGRES_LINES_CUH

#include "layout.cuh"

constexpr int MOST_THREADS = 256;

/*
 * `along` threads, a power of 2, work on each line. Where neighbouring elements are of one line, so are neighbouring threads;
 * where lines lie beside each other, neighbouring threads are of neighbouring lines.
 */
struct Team {
  int along, lines, thread, line, cell, cell_step;

  DEVICE Team(int along, bool beside) : along(along), lines((int)blockDim.x / along) {
    const int t = (int)threadIdx.x;
    thread = beside ? t / lines : t % along;
    line = beside ? t % lines : t / along;
    cell = t;
    cell_step = beside ? lines : 1;
  }

  /* What all threads of the line have found, for each of them. All threads of the block come here. */
  template <class Op, class Acc>
  DEVICE Acc joined(Acc found) const {
    SHARED(Acc, cells, MOST_THREADS);
    cells[cell] = found;
    for (int half = along / 2; half > 0; half /= 2) {
      __syncthreads();
      if (thread < half) { cells[cell] = Op::join(cells[cell], cells[cell + half * cell_step]); }
    }
    __syncthreads();
    const Acc all = cells[cell - thread * cell_step];
    __syncthreads();
    return all;
  }
};

/* ---- what is joined -------------------------------------------------------------------------------------------------------- */

struct Sum {
  template <class T>
  static DEVICE T join(T a, T b) {
    return a + b;
  }
};

struct Product {
  template <class T>
  static DEVICE T join(T a, T b) {
    return a * b;
  }
};

/*
 * A sum of any number of terms, as exact as one of few: what each addition rounds away is added up beside it (Knuth's TwoSum).
 * An infinite sum has no such rest.
 */
template <class V>
struct Total {
  V sum = 0, rest = 0;

  DEVICE void add(V term) {
    const V next = sum + term, part = next - sum;
    rest += (sum - (next - part)) + (term - part);
    sum = next;
  }

  DEVICE V value() const { return rest == rest ? sum + rest : sum; }
};

/* A NaN wins. */
struct Greatest {
  template <class T>
  static DEVICE T join(T a, T b) {
    return a != a ? a : (b > a || b != b ? b : a);
  }
};

struct Least {
  template <class T>
  static DEVICE T join(T a, T b) {
    return a != a ? a : (b < a || b != b ? b : a);
  }
};

/* The extremes of a type of values. */
template <class V>
DEVICE V least() {
  if constexpr (FLOATING<V>) {
    return -(V)INFINITY;
  } else {
    return SAME<V, bool> || (V)-1 > (V)0 ? (V)0 : (V)((V)1 << (8 * sizeof(V) - 1));
  }
}
template <class V>
DEVICE V most() {
  if constexpr (FLOATING<V>) {
    return (V)INFINITY;
  } else if constexpr (SAME<V, bool>) {
    return true;
  } else {
    return (V)~least<V>();
  }
}

#endif
