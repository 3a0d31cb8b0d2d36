/*
 * Atomic functions. They order memory more strictly than CUDA's: ThreadSanitizer knows no fences, and would take
 * what __threadfence() publishes for a race.
 */
#pragma once

namespace emulator {

template <class T, class Change>
T atomically(T* address, Change change) {
  T old, next;
  __atomic_load(address, &old, __ATOMIC_ACQUIRE);
  do {
    next = change(old);
  } while (!__atomic_compare_exchange(
      address, &old, &next, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  return old;
}

}  // namespace emulator

#define EMULATOR_ATOMIC(name, T, formula)                                        \
  inline T name(T* address, T value) {                                           \
    return emulator::atomically(address, [=]([[maybe_unused]] T old) -> T { return formula; });   \
  }                                                                              \
  inline T name##_block(T* address, T value) { return name(address, value); }    \
  inline T name##_system(T* address, T value) { return name(address, value); }
#define EMULATOR_ATOMIC_CAS(T)                                                              \
  inline T atomicCAS(T* address, T compare, T value) {                                      \
    __atomic_compare_exchange(                                                              \
        address, &compare, &value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);              \
    return compare;                                                                         \
  }
#define EMULATOR_ATOMIC_BITS(T)                 \
  EMULATOR_ATOMIC(atomicMin, T, old < value ? old : value) \
  EMULATOR_ATOMIC(atomicMax, T, old > value ? old : value) \
  EMULATOR_ATOMIC(atomicAnd, T, old & value)    \
  EMULATOR_ATOMIC(atomicOr, T, old | value)     \
  EMULATOR_ATOMIC(atomicXor, T, old ^ value)    \
  EMULATOR_ATOMIC_CAS(T)
#define EMULATOR_ATOMIC_SUM(T)                  \
  EMULATOR_ATOMIC(atomicAdd, T, old + value)    \
  EMULATOR_ATOMIC(atomicExch, T, value)

/* Sums of integers wrap around, as the compiler's flags say. */
EMULATOR_ATOMIC_SUM(int)
EMULATOR_ATOMIC_SUM(unsigned)
EMULATOR_ATOMIC_SUM(unsigned long long)
EMULATOR_ATOMIC_SUM(float)
EMULATOR_ATOMIC(atomicAdd, double, old + value)
EMULATOR_ATOMIC(atomicSub, int, old - value)
EMULATOR_ATOMIC(atomicSub, unsigned, old - value)
EMULATOR_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
EMULATOR_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
EMULATOR_ATOMIC_BITS(int)
EMULATOR_ATOMIC_BITS(unsigned)
EMULATOR_ATOMIC_BITS(unsigned long long)
EMULATOR_ATOMIC(atomicMin, long long, old < value ? old : value)
EMULATOR_ATOMIC(atomicMax, long long, old > value ? old : value)
EMULATOR_ATOMIC(atomicAnd, long long, old & value)
EMULATOR_ATOMIC(atomicOr, long long, old | value)
EMULATOR_ATOMIC(atomicXor, long long, old ^ value)
EMULATOR_ATOMIC_CAS(unsigned short)
