/* A fiber: a stack on which threads of a block run, and from which they may be left and come back to. */
#pragma once
#include <cstddef>
#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#define EMULATOR_UCONTEXT 1
#endif

#include "prelude/interface.hpp"

namespace emulator {

struct Fiber {
  /* Of the thread that waits on this fiber. */
  uint3 thread{};
  int number = -1;

  char* stack = nullptr;  // null for the fiber of the caller, who has its own
  size_t size = 0;
  static constexpr size_t STACK = 128 << 10;

#ifdef EMULATOR_UCONTEXT
  ucontext_t context;
#else
  void* stackPointer = nullptr;
#endif
  void* sanitized = nullptr;  // what ThreadSanitizer knows it by

  /*
   * Gives it a stack, with a page before it that nobody may touch. Stacks end at different places within a page, by
   * their number: else the ends of all would want the same few lines of the cache.
   */
  void allocate(size_t number);
  void release();
  /* Lets the next switch to it call `entry`, which never returns. */
  void prepare(void (*entry)());
  void switchTo(Fiber& other);
};

}  // namespace emulator
