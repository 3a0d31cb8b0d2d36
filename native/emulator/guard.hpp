/* The arrays of a launch, and guards around them where somebody says where in their allocations they are. */
#pragma once
#include "device.hpp"
#include "scheduler.hpp"

namespace emulator {

/* A word among the arguments of a launch that is an address in an array. */
struct ArrayWord {
  int argument;
  size_t at;
  DevicePointer array;
  size_t bytes;
  bool whole;  // the array is all of an allocation, which has a closed page behind it anyway
};

/* Which words are; to be asked when the launch is called, since arrays may be others when it runs. */
std::vector<ArrayWord> arraysOf(Device& device, const Launch& launch);

/*
 * For the length of a launch its arrays are copies: behind each, and some way before it, nothing may be touched, and
 * what is written between is found out in the end.
 */
class Guarded {
 public:
  Guarded(const std::vector<ArrayWord>& words, Launch& launch);
  ~Guarded();
  Guarded(const Guarded&) = delete;

  /* Takes back what the kernel wrote; returns what it wrote outside of the arrays, empty if nothing. */
  std::string finish();

 private:
  struct Copy {
    DevicePointer array;
    size_t bytes;
    char *mapping, *memory;
    size_t mapped;
  };

  static Copy make(DevicePointer array, size_t bytes);

  std::vector<Copy> copies_;
};

}  // namespace emulator
