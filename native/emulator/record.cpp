#include "record.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "device.hpp"
#include "image.hpp"
#include "process.hpp"
#include "scheduler.hpp"

namespace emulator {

namespace {

/* A thread costs a sanitizer much, and of one kernel a few launches show what many would. */
constexpr unsigned long long MOST_THREADS = 4096;
constexpr size_t MOST_BYTES = 128 << 10;
constexpr int MOST_OF_A_KERNEL = 4;

template <class T>
std::string bytesOf(const T& value) {
  return std::string((const char*)&value, sizeof(T));
}

/* Takes in the memory of every word of an argument that is an address of the device; false if that is too much. */
bool collect(Device& device, std::string& argument, Recorded& launch, size_t& bytes, std::string& shape) {
  for (size_t at = 0; at < argument.size(); at += 8) {
    uint64_t word = 0;
    memcpy(&word, argument.data() + at, std::min<size_t>(8, argument.size() - at));
    auto* allocation = at + 8 <= argument.size() ? device.memory.find(word) : nullptr;
    if (!allocation) {
      shape += bytesOf(word);
      continue;
    }
    auto [array, size] = device.memory.arrayAt(*allocation, word);
    bool known = false;
    for (auto& region : launch.regions) {
      known = known || region.address == array;
    }
    if (!known) {
      bytes += size;
      if (bytes > MOST_BYTES) {
        return false;
      }
      launch.regions.push_back({array, std::string((const char*)array, size)});
    }
    /* Operands that are one array, or parts of it, are another case than arrays of their own. */
    shape += bytesOf(size) + std::to_string(launch.regions.size()) + (known ? "k" : "n");
  }
  return true;
}

}  // namespace

void record(Device& device, const std::string& module, const Launch& launch) {
  static const char* folder = getenv("CHAGRES_EMULATOR_RECORD");
  static std::map<std::string, int> counts;
  auto threads = (unsigned long long)launch.grid.x * launch.grid.y * launch.grid.z * launch.block.x *
                 launch.block.y * launch.block.z;
  if (!folder || !*folder || threads > MOST_THREADS) {
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
    if (!collect(device, recorded.arguments.back(), recorded, bytes, shape)) {
      return;
    }
  }
  char hash[32];
  snprintf(hash, sizeof(hash), "-%016llx", (unsigned long long)hashOf(shape));
  std::string path = std::string(folder) + "/" + name + hash + ".launch";
  if (access(path.c_str(), F_OK) == 0) {
    return;
  }
  counts[name]++;
  makeFolders(folder);
  std::string fresh = path + std::to_string(getpid());
  if (FILE* file = fopen(fresh.c_str(), "wb")) {
    RecordFile(file).put(recorded);
    fclose(file);
    rename(fresh.c_str(), path.c_str());
  }
}

}  // namespace emulator
