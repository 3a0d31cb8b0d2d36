/*
 * With this header before them the sources of CUDA kernels compile with g++, unchanged:
 *   g++ -std=c++17 -include native/emulator/prelude/prelude.hpp -x c++ kernel.cu
 * `__shared__` is left undefined: kernels declare what a block shares with SHARED and DYNAMIC_SHARED, which are defined
 * here for the CPU, so that each block has memory of its own.
 */
#pragma once
#define EMULATOR 1

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interface.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __grid_constant__
#define __launch_bounds__(...)
#define __maxnreg__(...)
#undef __forceinline__
#define __forceinline__ inline __attribute__((always_inline))
#undef __noinline__
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))

namespace emulator {
static Place place;
static const Runtime* runtime;
}  // namespace emulator

static const uint3& threadIdx = emulator::place.thread;
static const uint3& blockIdx = emulator::place.block;
static const dim3& blockDim = emulator::place.blockSize;
static const dim3& gridDim = emulator::place.gridSize;
static constexpr int warpSize = emulator::WARP;

/* An array of n elements that the threads of a block share, and the memory whose size the launch gives. */
#define SHARED(T, name, n)   \
  static char name##AsShared; \
  T(&name)[n] = *reinterpret_cast<T(*)[n]>(emulator::runtime->shared(&name##AsShared, sizeof(T) * (n)))
#define DYNAMIC_SHARED(T, name) T* name = reinterpret_cast<T*>(emulator::runtime->dynamicShared())

/* An access of so many bytes at an address that is no multiple of them, or of 16, ends the launch, as it does on a GPU. */
#define CHECK_ALIGNED(address, bytes)                                                                    \
  do {                                                                                                   \
    if (reinterpret_cast<size_t>(address) % ((bytes) < 16 ? (bytes) : 16) != 0) {                        \
      emulator::runtime->fail("misaligned address", __FILE__, __LINE__);                                 \
    }                                                                                                    \
  } while (false)

#include "overloads.hpp"
#include "vectors.hpp"
#include "warps.hpp"
#include "atomics.hpp"
#include "maths.hpp"
#include "launcher.hpp"
