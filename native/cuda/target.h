/*
 * What the headers in native/include need of a target, for CUDA: the words that differ between compilers, and the names that
 * NVRTC lacks. The emulator has CUDA's own words from its prelude.
 */
#ifndef CHAGRES_TARGET_H
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
#define CHECK_ALIGNED(address, bytes) /* the device does */
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

#endif
