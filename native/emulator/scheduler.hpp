/*
 * Runs the threads of a grid on the CPU, block after block. Threads run one after the other on one fiber, as in a loop;
 * where one has to wait for others it stays on that fiber, and the next ones go on on another.
 */
#pragma once
#include <string>
#include <vector>

#include "fibers.hpp"

namespace emulator {

/* How the threads of a block and the blocks of a grid follow each other. */
struct Order {
  enum Kind { ASCENDING, DESCENDING, SHUFFLED } kind = ASCENDING;
  unsigned seed = 0;
};

struct Launch {
  const Kernel* kernel;
  const Module* module;
  std::vector<void*> arguments;
  dim3 grid, block;
  size_t dynamicShared = 0, sharedLimit = 48 << 10;
};

struct Settings {
  Order order;
  /* What blocks share ends where nothing may be read. */
  bool guard = false;
};

extern Settings settings;

struct Outcome {
  std::string error;  // empty: none
  bool badAddress = false;
};

/* Runs all threads of a launch. One launch at a time. */
Outcome run(const Launch& launch);

/*
 * Lets signals that kernels cause end their launch instead of the process; those of other code go to the handlers
 * that were there before.
 */
void installHandlers();

/* Ends the present launch from a signal handler. */
[[noreturn]] void crash(const std::string& what, bool badAddress);

}  // namespace emulator
