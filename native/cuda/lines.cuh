/* How the threads of a block share out lines of elements, and join what each found to one for the line. */
#ifndef CHAGRES_LINES_CUH
#define CHAGRES_LINES_CUH

#include "layout.cuh"

constexpr int MOST_THREADS = 256, LANES = 32;

/*
 * A number that the compiler does not know to be the same: what is made of it is made here, and not kept in registers through
 * loops before.
 */
DEVICE int again(int x) {
  asm volatile("" : "+r"(x));
  return x;
}
DEVICE long long again(long long x) {
  asm volatile("" : "+l"(x));
  return x;
}

struct Across {
  template <class W>
  static DEVICE W of(W word, int bits) {
    return __shfl_xor_sync(0xffffffffu, word, bits);
  }
};
struct Before {
  template <class W>
  static DEVICE W of(W word, int lanes) {
    return __shfl_up_sync(0xffffffffu, word, lanes);
  }
};

/* A value of any type by shuffles of words. */
template <class Way, class T>
DEVICE T shuffled(T value, int by) {
  if constexpr (sizeof(T) < 4) {
    return (T)Way::of((int)value, by);
  } else {
    static_assert(sizeof(T) % 4 == 0, "whole words");
    union Pun {
      T value;
      unsigned words[sizeof(T) / 4];
      DEVICE Pun() {}
    } pun;
    pun.value = value;
    for (int i = 0; i < (int)(sizeof(T) / 4); i++) { pun.words[i] = Way::of(pun.words[i], by); }
    return pun.value;
  }
}

/* What the lane has whose number differs in these bits, or that is so many before. All lanes of the warp come here. */
template <class T>
DEVICE T from_lane(T value, int bits) {
  return shuffled<Across>(value, bits);
}
template <class T>
DEVICE T from_lane_before(T value, int lanes) {
  return shuffled<Before>(value, lanes);
}

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

  /* What all threads of the line have found, for each of them: the same to the last bit. All threads of the block come here. */
  template <class Op, class Acc>
  DEVICE Acc joined(Acc found) const {
    return cell_step > 1 ? joined_apart<Op>(found) : joined_beside<Op>(found);
  }

  /* The value that the first thread of the line has, for all. All threads of the block come here. */
  template <class T>
  DEVICE T told(T value) const {
    SHARED(T, cells, MOST_THREADS);
    if (thread == 0) { cells[line] = value; }
    __syncthreads();
    value = cells[line];
    __syncthreads();
    return value;
  }

 private:
  /* Neighbouring threads: those of a warp by shuffles, then the warps in their order. */
  template <class Op, class Acc>
  DEVICE Acc joined_beside(Acc found) const {
    SHARED(Acc, cells, MOST_THREADS / LANES);
    const int reach = along < LANES ? along : LANES, first = line * along / LANES;
    for (int bit = 1; bit < reach; bit *= 2) {
      const Acc other = from_lane(found, bit);
      found = thread & bit ? Op::join(other, found) : Op::join(found, other);
    }
    if (along > LANES) {
      if (thread % LANES == 0) { cells[first + thread / LANES] = found; }
      __syncthreads();
      found = cells[first];
      for (int warp = 1; warp < along / LANES; warp++) { found = Op::join(found, cells[first + warp]); }
      __syncthreads();
    }
    return found;
  }

  template <class Op, class Acc>
  DEVICE Acc joined_apart(Acc found) const {
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

/*
 * The elements of one contiguous row of n that a thread of a team works on: R in registers, in packs that lie side by side,
 * which are read at once if rows are `packed`; or, with R = 0, any number, which are read anew each time.
 */
template <class M, int R>
struct Row {
  typedef Value<M> V;
  static constexpr int N = 16 / (int)sizeof(M);
  const M *from;
  long long n;
  Team team;
  bool packed;
  V held[R > 0 ? R : 1];

  DEVICE Row(const Team &team, const M *from, long long n, bool packed) : from(from), n(n), team(team), packed(packed) {
    if constexpr (R > 0) {
      for (int k = 0; k < R; k += N) {
        const int i = place(k);
        Pack<M, N> pack = {};
        if (packed && i < n) {
          pack = load<M, N>(from, i / N);
        } else if (i < n) {
          for (int j = 0; j < N; j++) {
            if (i + j < n) { pack.at[j] = from[i + j]; }
          }
        }
        for (int j = 0; j < N; j++) { held[k + j] = read(pack.at[j]); }
      }
    }
  }

  DEVICE int place(int k) const { return (k / N * team.along + team.thread) * N + k % N; }

  /* Calls f(i, v) for each element i, whose value v stays changed while it is held. */
  template <class F>
  DEVICE void each(F f) {
    if constexpr (R > 0) {
      for (int k = 0; k < R; k++) {
        if (place(k) < n) { f(place(k), held[k]); }
      }
    } else {
#pragma unroll 4
      for (long long i = team.thread; i < n; i += team.along) {
        V value = read(from[i]);
        f(i, value);
      }
    }
  }

  /* Calls f(i, v, w) for the elements of this row and another one. */
  template <class F>
  DEVICE void with(const Row &other, F f) const {
    if constexpr (R > 0) {
      for (int k = 0; k < R; k++) {
        if (place(k) < n) { f(place(k), held[k], other.held[k]); }
      }
    } else {
#pragma unroll 4
      for (long long i = team.thread; i < n; i += team.along) { f(i, read(from[i]), read(other.from[i])); }
    }
  }

  /* Writes f(i, v) to element i of y. */
  template <class F>
  DEVICE void put(M *y, F f) const {
    put_all(y, [&](long long i, int k) { return f(i, value(i, k)); });
  }

  /* Writes f(i, v, w), for the values of this row and another one, to element i of y. */
  template <class F>
  DEVICE void put_with(const Row &other, M *y, F f) const {
    put_all(y, [&](long long i, int k) { return f(i, value(i, k), other.value(i, k)); });
  }

 private:
  DEVICE V value(long long i, int k) const {
    if constexpr (R > 0) {
      return held[k];
    } else {
      return read(from[i]);
    }
  }

  template <class F>
  DEVICE void put_all(M *y, F f) const {
    if constexpr (R > 0) {
      for (int k = 0; k < R; k += N) {
        const int i = place(k);
        Pack<M, N> pack = {};
        for (int j = 0; j < N; j++) {
          if (i + j < n) { pack.at[j] = write<M>(f(i + j, k + j)); }
        }
        if (packed && i < n) {
          store(y, i / N, pack);
        } else if (i < n) {
          for (int j = 0; j < N; j++) {
            if (i + j < n) { y[i + j] = pack.at[j]; }
          }
        }
      }
    } else {
#pragma unroll 4
      for (long long i = team.thread; i < n; i += team.along) { y[i] = write<M>(f(i, 0)); }
    }
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
