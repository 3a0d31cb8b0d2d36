/*
 * What every kernel file begins with: the element types, how they are read, written and cast, where a thread's elements
 * are, and how a bad number is reported. Compiled by NVRTC, which has no header of its own, and by g++ for the emulator.
 *
 * Kernels are templates that Java names by expressions such as flat1<Unary<unary_op::EXP, float>, 4>. They are compiled
 * with --fmad=false: a product is fused with a sum only where the source says so, as on the CPU.
 */
#ifndef CHAGRES_BASE_CUH
#define CHAGRES_BASE_CUH

/* This is the target that the headers in native/include ask for. */
#define CHAGRES_TARGET_H
#define CHAGRES_CUDA
#define DEVICE __device__ __forceinline__
#define INLINE static __device__ __forceinline__
#define SLOW static __device__ inline
#define HAS_FMA 1

#ifdef __CUDACC__
#pragma nv_diag_suppress 177  /* a function that this file does not need */
#pragma nv_diag_suppress 186  /* an unsigned number below 0: formulas are for all types */
#pragma nv_diag_suppress 550  /* a variable that only some instantiations read */
#define __INT8_TYPE__ signed char
#define __UINT8_TYPE__ unsigned char
#define __INT16_TYPE__ short
#define __UINT16_TYPE__ unsigned short
#define __INT32_TYPE__ int
#define __UINT32_TYPE__ unsigned
#define __INT64_TYPE__ long long
#define __UINT64_TYPE__ unsigned long long
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)
#define SHARED(T, name, n) __shared__ T name[n]
#define DYNAMIC_SHARED(T, name)                               \
  extern __shared__ __align__(16) unsigned char shared_memory[]; \
  T *name = reinterpret_cast<T *>(shared_memory)
#endif

typedef __INT8_TYPE__ int8_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __INT16_TYPE__ int16_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __INT32_TYPE__ int32_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT64_TYPE__ uint64_t;
#ifndef INT32_MIN
#define INT32_MIN (-2147483647 - 1)
#define INT64_MIN (-9223372036854775807LL - 1)
#endif

INLINE float mad(float a, float b, float c) { return fmaf(a, b, c); }
INLINE double mad_f64(double a, double b, double c) { return fma(a, b, c); }

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
  return reinterpret_cast<const Pack<M, N> *>(x)[pack];
}

template <class M, int N>
DEVICE Pack<M, N> repeat(M m) {
  Pack<M, N> pack;
  for (int k = 0; k < N; k++) { pack.at[k] = m; }
  return pack;
}

template <class M, int N>
DEVICE void store(M *y, long long pack, Pack<M, N> value) {
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

/* ---- bad numbers ----------------------------------------------------------------------------------------------------------- */

/* Where to say, and of which launch, that a number is bad. The first one wins, until the host has looked. */
struct Fault {
  unsigned long long *word;
  unsigned long long code;

  DEVICE void report(long long value) const {
    if (atomicCAS(word, 0ull, code) == 0ull) { word[1] = (unsigned long long)value; }
  }
};

/* The place that an index names, counted from the start; -1, and a report, for one that is out of range. */
DEVICE long long place(long long index, long long n, const Fault &fault) {
  const long long i = index + (index < 0 ? n : 0);
  if ((unsigned long long)i < (unsigned long long)n) { return i; }
  fault.report(index);
  return -1;
}

#endif
