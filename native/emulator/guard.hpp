/* Guards around the arrays of a launch, where somebody says where in their allocations they are. */
#pragma once
#include "device.hpp"
#include "scheduler.hpp"

namespace emulator {

/*
 * For the length of a launch its arrays are copies: behind each, and some way before it, nothing may be touched, and
 * what is written between is found out in the end.
 */
class Guarded {
 public:
  Guarded(Device& device, Launch& launch);
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

  Copy make(DevicePointer array, size_t bytes);
  void relocate(Device& device, char* word);

  std::vector<Copy> copies_;
};

}  // namespace emulator
