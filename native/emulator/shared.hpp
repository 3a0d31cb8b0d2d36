/* Memory that the threads of a block share. */
#pragma once
#include <cstddef>

namespace emulator {

/* The memory behind one declaration; `fresh` until a thread of the block asks for it. */
struct Shared {
  const void* site;
  size_t bytes;
  char* memory = nullptr;
  void* mapping = nullptr;
  size_t mapped = 0;
  bool fresh = true;

  /* Makes it what a block finds when it begins. */
  void prepare();
  void release();

 private:
  void allocate();
};

}  // namespace emulator
