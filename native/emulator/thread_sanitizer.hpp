/* ThreadSanitizer's functions, which are there only in a program that was compiled with it. */
#pragma once

extern "C" {
__attribute__((weak)) void* __tsan_get_current_fiber();
__attribute__((weak)) void* __tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void* fiber);
__attribute__((weak)) void __tsan_switch_to_fiber(void* fiber, unsigned flags);
__attribute__((weak)) void __tsan_acquire(void* tag);
__attribute__((weak)) void __tsan_release(void* tag);
}

namespace emulator {

/* Then each thread has a fiber and each block memory of its own. */
inline const bool separate = __tsan_acquire != nullptr;

inline void acquire(void* tag) {
  if (separate) {
    __tsan_acquire(tag);
  }
}

inline void release(void* tag) {
  if (separate) {
    __tsan_release(tag);
  }
}

}  // namespace emulator
