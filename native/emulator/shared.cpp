#include "shared.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "scheduler.hpp"
#include "thread_sanitizer.hpp"

namespace emulator {

/*
 * Addresses that no thread has touched. ThreadSanitizer remembers who did, and takes an allocation for a write of
 * the thread that asks for it.
 */
static char* neverUsed(size_t bytes) {
  static constexpr size_t SIZE = 1ull << 32;
  static char* arena = (char*)mmap(nullptr, SIZE, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  static size_t used = 0;
  size_t from = used;
  used += (bytes + 63) / 64 * 64;
  if (arena == MAP_FAILED || used > SIZE) {
    abort();
  }
  return arena + from;
}

void Shared::allocate() {
  if (separate) {
    memory = neverUsed(bytes);
  } else if (settings.guard) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), used = (bytes + page - 1) / page * page;
    mapped = used + page;
    mapping = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED || mprotect((char*)mapping + used, page, PROT_NONE) != 0) {
      abort();
    }
    memory = (char*)mapping + used - (bytes + 15) / 16 * 16;
  } else {
    memory = (char*)malloc(bytes);
  }
}

void Shared::prepare() {
  if (!memory) {
    allocate();
  }
  if (!separate) {
    /* A NaN and a wrong index in what nobody has written. */
    memset(memory, 0xff, bytes);
  }
  fresh = false;
}

void Shared::release() {
  if (mapping) {
    munmap(mapping, mapped);
  } else if (!separate) {
    free(memory);
  }
  memory = nullptr;
}

}  // namespace emulator
