/* What NVRTC gives as a compiled program, and the driver loads: a library for the CPU behind a few words. */
#pragma once
#include <cstdint>
#include <string>

namespace emulator {

struct ImageHeader {
  char magic[16];
  /* Under which name its source lies in the folder of modules. */
  char key[40];
  uint64_t size, hash;
};
constexpr char IMAGE_MAGIC[17] = "chagres emulated";

/* FNV-1a. */
inline uint64_t hashOf(const std::string& text, uint64_t seed = 14695981039346656037ull) {
  for (unsigned char c : text) {
    seed = (seed ^ c) * 1099511628211ull;
  }
  return seed;
}

/* The folder of this library. */
std::string ownFolder();

}  // namespace emulator
