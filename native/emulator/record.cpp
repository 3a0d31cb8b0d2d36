#include "record.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "guard.hpp"
#include "image.hpp"
#include "process.hpp"

namespace emulator {

namespace {

/* A thread costs a sanitizer much, and of one kernel a few launches show what many would. */
constexpr unsigned long long MOST_THREADS = 4096;
/* But one launch of each kernel is needed, and there are some that always have many. */
constexpr unsigned long long MOST_THREADS_FIRST = 1 << 16;
constexpr size_t MOST_BYTES = 160 << 10;
constexpr int MOST_OF_A_KERNEL = 4;

template <class T>
std::string bytesOf(const T& value) {
  return std::string((const char*)&value, sizeof(T));
}

/* Takes in the arrays of an argument, and what makes its launch another case; false if that is too much. */
bool collect(const std::vector<ArrayWord>& words, int number, const std::string& argument, Recorded& launch,
             size_t& bytes, std::string& shape) {
  auto next = words.begin();
  for (size_t at = 0; at < argument.size(); at += 8) {
    while (next != words.end() && (next->argument < number || (next->argument == number && next->at < at))) {
      ++next;
    }
    if (next == words.end() || next->argument != number || next->at != at) {
      shape += argument.substr(at, 8);
      continue;
    }
    bool known = false;
    for (auto& region : launch.regions) {
      known = known || region.address == next->array;
    }
    if (!known) {
      bytes += next->bytes;
      if (bytes > MOST_BYTES) {
        return false;
      }
      launch.regions.push_back({next->array, std::string((const char*)next->array, next->bytes)});
    }
    /* Operands that are one array, or parts of it, are another case than arrays of their own. */
    shape += bytesOf(next->bytes) + std::to_string(launch.regions.size()) + (known ? "k" : "n");
  }
  return true;
}

const char* folder() {
  static const char* chosen = getenv("CHAGRES_EMULATOR_RECORD");
  return chosen && *chosen ? chosen : nullptr;
}

}  // namespace

bool records() { return folder() != nullptr; }

void record(const std::vector<ArrayWord>& words, const std::string& module, const Launch& launch) {
  static std::map<std::string, int> counts;
  std::string kernel = launch.kernel->name;
  kernel.resize(std::min(kernel.size(), kernel.find('<')));
  auto threads = (unsigned long long)launch.grid.x * launch.grid.y * launch.grid.z * launch.block.x *
                 launch.block.y * launch.block.z;
  if (!records() || threads > (counts[kernel] == 0 ? MOST_THREADS_FIRST : MOST_THREADS)) {
    return;
  }
  std::string name = module + "-" + std::to_string(launch.kernel - launch.module->kernel);
  if (counts[name] >= MOST_OF_A_KERNEL) {
    return;
  }
  Recorded recorded{module, launch.kernel->name, launch.grid, launch.block, launch.dynamicShared, {}, {}};
  std::string shape = bytesOf(launch.grid) + bytesOf(launch.block) + bytesOf(launch.dynamicShared);
  size_t bytes = 0;
  for (int i = 0; i < launch.kernel->parameters; i++) {
    recorded.arguments.emplace_back((const char*)launch.arguments[(size_t)i], launch.kernel->parameter[i].size);
    if (!collect(words, i, recorded.arguments.back(), recorded, bytes, shape)) {
      return;
    }
  }
  char hash[32];
  snprintf(hash, sizeof(hash), "-%016llx", (unsigned long long)hashOf(shape));
  std::string path = std::string(folder()) + "/" + name + hash + ".launch";
  if (access(path.c_str(), F_OK) == 0) {
    return;
  }
  counts[name]++;
  counts[kernel]++;
  makeFolders(folder());
  std::string fresh = path + std::to_string(getpid());
  if (FILE* file = fopen(fresh.c_str(), "wb")) {
    RecordFile(file).put(recorded);
    fclose(file);
    rename(fresh.c_str(), path.c_str());
  }
}

}  // namespace emulator
