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

std::vector<ArrayWord> arraysOf(Device& device, const Launch& launch) {
  std::vector<ArrayWord> words;
  for (int i = 0; i < launch.kernel->parameters; i++) {
    for (size_t at = 0; at + 8 <= launch.kernel->parameter[i].size; at += 8) {
      DevicePointer address;
      memcpy(&address, (const char*)launch.arguments[(size_t)i] + at, sizeof(address));
      if (auto* allocation = device.memory.find(address)) {
        auto [array, bytes] = device.memory.arrayAt(*allocation, address);
        words.push_back({i, at, array, bytes, bytes == allocation->bytes});
      }
    }
  }
  return words;
}

/* Lets the words be addresses in copies. */
Guarded::Guarded(const std::vector<ArrayWord>& words, Launch& launch) {
  for (auto& [argument, at, array, bytes, whole] : words) {
    if (whole) {
      continue;
    }
    auto known = std::find_if(copies_.begin(), copies_.end(), [array = array](auto& copy) { return copy.array == array; });
    if (known == copies_.end()) {
      known = copies_.insert(known, make(array, bytes));
    }
    char* word = (char*)launch.arguments[(size_t)argument] + at;
    DevicePointer address;
    memcpy(&address, word, sizeof(address));
    address = (DevicePointer)known->memory + (address - array);
    memcpy(word, &address, sizeof(address));
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
