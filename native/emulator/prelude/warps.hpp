/* Where threads wait for each other: barriers, shuffles, votes. Each call remembers where it stands in the kernel. */
#pragma once

#define EMULATOR_WHERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(EMULATOR_WHERE) { emulator::runtime->meetBlock(false, file, line); }

inline int __syncthreads_count(int predicate, EMULATOR_WHERE) {
  return emulator::runtime->meetBlock(predicate != 0, file, line);
}

inline int __syncthreads_and(int predicate, EMULATOR_WHERE) {
  return emulator::runtime->meetBlock(predicate != 0, file, line) == emulator::place.count;
}

inline int __syncthreads_or(int predicate, EMULATOR_WHERE) {
  return emulator::runtime->meetBlock(predicate != 0, file, line) != 0;
}

inline void __syncwarp(unsigned mask = 0xffffffff, EMULATOR_WHERE) {
  emulator::runtime->meetWarp(emulator::Meeting::SYNC, mask, 0, 0, file, line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, EMULATOR_WHERE) {
  return (unsigned)emulator::runtime->meetWarp(
      emulator::Meeting::BALLOT, mask, predicate != 0, 0, file, line);
}

inline int __any_sync(unsigned mask, int predicate, EMULATOR_WHERE) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, EMULATOR_WHERE) {
  return __ballot_sync(mask, predicate, file, line) == mask;
}

inline int __uni_sync(unsigned mask, int predicate, EMULATOR_WHERE) {
  unsigned votes = __ballot_sync(mask, predicate, file, line);
  return votes == 0 || votes == mask;
}

/* Any set of lanes with the caller in it is an answer that a GPU may give; a kernel has to be right with the least. */
inline unsigned __activemask() { return 1u << emulator::place.current % emulator::WARP; }

namespace emulator {

template <class T>
unsigned long long bitsOf(T value) {
  unsigned long long bits = 0;
  memcpy(&bits, &value, sizeof(T));
  return bits;
}

template <class T>
T shuffle(unsigned mask, T value, int source, const char* file, int line) {
  unsigned long long bits =
      runtime->meetWarp(Meeting::SHUFFLE, mask, bitsOf(value), source, file, line);
  memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace emulator

#define EMULATOR_SHUFFLES(T)                                                                       \
  inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATOR_WHERE) {       \
    int lane = emulator::place.current % emulator::WARP, first = lane & -width;                    \
    return emulator::shuffle(mask, value, first | (source & (width - 1)), file, line);             \
  }                                                                                                \
  inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_WHERE) { \
    int lane = emulator::place.current % emulator::WARP, first = lane & -width;                    \
    int source = lane - (int)delta;                                                                \
    return emulator::shuffle(mask, value, source < first ? lane : source, file, line);             \
  }                                                                                                \
  inline T __shfl_down_sync(                                                                       \
      unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_WHERE) {                    \
    int lane = emulator::place.current % emulator::WARP, last = lane | (width - 1);                \
    int source = lane + (int)delta;                                                                \
    return emulator::shuffle(mask, value, source > last ? lane : source, file, line);              \
  }                                                                                                \
  inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMULATOR_WHERE) {     \
    int lane = emulator::place.current % emulator::WARP, last = lane | (width - 1);                \
    int source = lane ^ bits;                                                                      \
    return emulator::shuffle(mask, value, source > last ? lane : source, file, line);              \
  }                                                                                                \
  inline unsigned __match_any_sync(unsigned mask, T value, EMULATOR_WHERE) {                       \
    return (unsigned)emulator::runtime->meetWarp(                                                  \
        emulator::Meeting::MATCH, mask, emulator::bitsOf(value), 0, file, line);                   \
  }                                                                                                \
  inline unsigned __match_all_sync(unsigned mask, T value, int* same, EMULATOR_WHERE) {            \
    *same = __match_any_sync(mask, value, file, line) == mask;                                     \
    return *same ? mask : 0;                                                                       \
  }

EMULATOR_SHUFFLES(int)
EMULATOR_SHUFFLES(unsigned)
EMULATOR_SHUFFLES(long)
EMULATOR_SHUFFLES(unsigned long)
EMULATOR_SHUFFLES(long long)
EMULATOR_SHUFFLES(unsigned long long)
EMULATOR_SHUFFLES(float)
EMULATOR_SHUFFLES(double)

inline void __threadfence_block() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_system() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

#define __trap() emulator::runtime->fail("__trap()", __FILE__, __LINE__)
