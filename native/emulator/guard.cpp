#include "guard.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace emulator {

namespace {

constexpr char UNTOUCHED = 0x7e;

size_t pageSize() { return (size_t)sysconf(_SC_PAGESIZE); }

bool isUntouched(const char* from, const char* to) {
  return std::all_of(from, to, [](char c) { return c == UNTOUCHED; });
}

}  // namespace

Guarded::Guarded(Device& device, Launch& launch) {
  for (int i = 0; i < launch.kernel->parameters; i++) {
    for (size_t at = 0; at + 8 <= launch.kernel->parameter[i].size; at += 8) {
      relocate(device, (char*)launch.arguments[(size_t)i] + at);
    }
  }
}

Guarded::~Guarded() {
  for (auto& each : copies_) {
    munmap(each.mapping, each.mapped);
  }
}

/* Between two pages that are closed, so that an aligned array ends where the second begins. */
Guarded::Copy Guarded::make(DevicePointer array, size_t bytes) {
  size_t page = pageSize(), used = (bytes + page - 1) / page * page;
  void* mapping = mmap(nullptr, used + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* inner = (char*)mapping + page;
  if (mapping == MAP_FAILED || mprotect(inner, used, PROT_READ | PROT_WRITE) != 0) {
    abort();
  }
  char* memory = inner + used - (bytes + 15) / 16 * 16;
  memset(inner, UNTOUCHED, used);
  memcpy(memory, (const void*)array, bytes);
  return {array, bytes, (char*)mapping, memory, used + 2 * page};
}

/* Lets a word of an argument that is an address in an array be that in its copy. */
void Guarded::relocate(Device& device, char* word) {
  DevicePointer address;
  memcpy(&address, word, sizeof(address));
  auto* allocation = device.memory.find(address);
  if (!allocation) {
    return;
  }
  auto [array, bytes] = device.memory.arrayAt(*allocation, address);
  if (bytes == allocation->bytes) {
    return;  // which ends at a closed page itself
  }
  auto known = std::find_if(copies_.begin(), copies_.end(), [array = array](auto& copy) { return copy.array == array; });
  if (known == copies_.end()) {
    known = copies_.insert(known, make(array, bytes));
  }
  address = (DevicePointer)known->memory + (address - array);
  memcpy(word, &address, sizeof(address));
}

std::string Guarded::finish() {
  std::string wrong;
  for (auto& each : copies_) {
    memcpy((void*)each.array, each.memory, each.bytes);
    const char *first = each.mapping + pageSize(), *end = each.mapping + each.mapped - pageSize();
    if (!isUntouched(first, each.memory)) {
      wrong = "something was written before an array";
    } else if (!isUntouched(each.memory + each.bytes, end)) {
      wrong = "something was written behind an array";
    }
  }
  return wrong;
}

}  // namespace emulator
