/*
 * What every kernel file begins with: the element types, how they are read, written and cast, where a thread's elements
 * are, and how a bad number is reported. Compiled by NVRTC, which has no header of its own, and by g++ for the emulator.
 *
 * Kernels are templates that Java names by expressions such as flat1<Unary<unary_op::EXP, float>, 4>. They are compiled
 * with --fmad=false: a product is fused with a sum only where the source says so, as on the CPU.
 */
#ifndef CHAGRES_BASE_CUH
#define CHAGRES_BASE_CUH

#include "target.h"

#include "convert.h"

/* ---- types of elements in memory, and of their values ------------------------------------------------------------------ */

/* A byte that others have written may be any: 0 is false and the others are true. */
struct Bool {
  uint8_t bits;
};
typedef half Half;
typedef bfloat BFloat16;

template <class M>
struct Element {
  typedef M Value;
  static DEVICE Value read(M m) { return m; }
  static DEVICE M write(Value v) { return v; }
};
template <>
struct Element<Bool> {
  typedef bool Value;
  static DEVICE bool read(Bool m) { return m.bits != 0; }
  static DEVICE Bool write(bool v) { return {(uint8_t)v}; }
};
template <>
struct Element<Half> {
  typedef float Value;
  static DEVICE float read(Half m) { return from_half(m); }
  static DEVICE Half write(float v) { return to_half(v); }
};
template <>
struct Element<BFloat16> {
  typedef float Value;
  static DEVICE float read(BFloat16 m) { return from_bfloat(m); }
  static DEVICE BFloat16 write(float v) { return to_bfloat(v); }
};

template <class M>
using Value = typename Element<M>::Value;
template <class M>
DEVICE Value<M> read(M m) {
  return Element<M>::read(m);
}
template <class M>
DEVICE M write(Value<M> v) {
  return Element<M>::write(v);
}

template <class A, class B>
constexpr bool SAME = false;
template <class A>
constexpr bool SAME<A, A> = true;
/* Of values. */
template <class V>
constexpr bool FLOATING = SAME<V, float> || SAME<V, double>;

template <bool CHOICE, class A, class B>
struct Either {
  typedef A type;
};
template <class A, class B>
struct Either<false, A, B> {
  typedef B type;
};
template <bool CHOICE, class A, class B>
using IF = typename Either<CHOICE, A, B>::type;

INLINE int int32_of(float x) { return int32_of_f32(x); }
INLINE int int32_of(double x) { return int32_of_f64(x); }
INLINE long long int64_of(float x) { return int64_of_f32(x); }
INLINE long long int64_of(double x) { return int64_of_f64(x); }

/* A value as the value of another type, as PyTorch casts: a double becomes a uint8 by way of 64 bits. */
template <class To, class V>
DEVICE To cast(V x) {
  if constexpr (SAME<To, bool>) {
    return x != 0;
  } else if constexpr (!FLOATING<V> || FLOATING<To>) {
    return (To)x;
  } else if constexpr (sizeof(To) == 8 || (SAME<To, uint8_t> && sizeof(V) == 8)) {
    return (To)int64_of(x);
  } else {
    return (To)int32_of(x);
  }
}

/* ---- memory -------------------------------------------------------------------------------------------------------------- */

/* Elements that one access moves. */
template <class M, int N>
struct alignas(sizeof(M) * N) Pack {
  M at[N];
};

template <class M, int N>
DEVICE Pack<M, N> load(const M *x, long long pack) {
  CHECK_ALIGNED(x, sizeof(Pack<M, N>));
  return reinterpret_cast<const Pack<M, N> *>(x)[pack];
}

template <class M, int N>
DEVICE Pack<M, N> repeat(M m) {
  Pack<M, N> pack;
  for (int k = 0; k < N; k++) { pack.at[k] = m; }
  return pack;
}

/* The elements of an operand that is walked with a step of 1 or 0. */
template <int N, class M>
DEVICE Pack<M, N> load(const M *x, int step, long long pack) {
  return step ? load<M, N>(x, pack) : repeat<M, N>(*x);
}

template <class M, int N>
DEVICE void store(M *y, long long pack, Pack<M, N> value) {
  CHECK_ALIGNED(y, sizeof(Pack<M, N>));
  reinterpret_cast<Pack<M, N> *>(y)[pack] = value;
}

/* A thread's first element, and how far it is to the next one. */
template <class Index>
DEVICE Index first() {
  return (Index)blockIdx.x * (Index)blockDim.x + (Index)threadIdx.x;
}
template <class Index>
DEVICE Index step() {
  return (Index)gridDim.x * (Index)blockDim.x;
}
#define EACH(Index, i, n) for (Index i = first<Index>(), i##_step = step<Index>(); i < (Index)(n); i += i##_step)

/*
 * What divides by a size: where that is up to 2^30 `by` has a factor, and above 32 bits a shift, and numbers below 2^31 are
 * divided by a multiplication (Granlund and Montgomery 1994).
 */
struct Divisor {
  long long size;
  unsigned long long by;

  static DEVICE int quotient(int i, unsigned long long by) {
    return (int)((__umulhi((unsigned)i, (unsigned)by) + (unsigned)i) >> (unsigned)(by >> 32));
  }
  DEVICE long long over(long long i) const {
    return by && !((unsigned long long)i >> 31) ? (long long)quotient((int)i, by) : i / size;
  }
};

/* ---- bad numbers ----------------------------------------------------------------------------------------------------------- */

/* Where to say, and of which launch, that a number is bad. The first one wins, until the host has looked. */
struct Fault {
  unsigned long long *word;
  unsigned long long code;

  DEVICE void report(long long value) const {
    if (atomicCAS(word, 0ull, code) == 0ull) { word[1] = (unsigned long long)value; }
  }
};

/*
 * The place that an index from low, 0 or -n, to n - 1 names, counted from the start; -1, and a report, for one that is out of
 * range.
 */
DEVICE long long place(long long index, long long n, long long low, const Fault &fault) {
  if (index >= low && index < n) { return index + (index < 0 ? n : 0); }
  fault.report(index);
  return -1;
}

#endif
