/*
 * Launches as files: what tests in Java launch is recorded with all memory that it may touch, and replayed by a program
 * with sanitizers (replay/replay.cpp), which a JVM does not bear.
 */
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "prelude/interface.hpp"

namespace emulator {

struct Recorded {
  struct Region {
    uint64_t address = 0;
    std::string bytes;
  };

  std::string module, kernel;
  dim3 grid, block;
  uint64_t shared = 0;
  std::vector<std::string> arguments;
  std::vector<Region> regions;

  /* Calls act with every part, in the order in which it stands in a file. */
  template <class Self, class Act>
  static void parts(Self& self, Act act) {
    act(self.module);
    act(self.kernel);
    act(self.grid);
    act(self.block);
    act(self.shared);
    act(self.arguments);
    act(self.regions);
  }
};

class RecordFile {
 public:
  explicit RecordFile(FILE* file) : file_(file) {}

  void put(const Recorded& launch) {
    Recorded::parts(launch, [this](auto& part) { put(part); });
  }
  void get(Recorded& launch) {
    Recorded::parts(launch, [this](auto& part) { get(part); });
  }

 private:
  template <class T>
  void put(const T& value) {
    fwrite(&value, sizeof(T), 1, file_);
  }
  void put(const std::string& text) {
    put((uint64_t)text.size());
    fwrite(text.data(), 1, text.size(), file_);
  }
  void put(const Recorded::Region& region) {
    put(region.address);
    put(region.bytes);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put((uint64_t)values.size());
    for (auto& value : values) {
      put(value);
    }
  }

  template <class T>
  void get(T& value) {
    complete_ = fread(&value, sizeof(T), 1, file_) == 1 && complete_;
  }
  void get(std::string& text) {
    text.resize(size());
    complete_ = fread(text.data(), 1, text.size(), file_) == text.size() && complete_;
  }
  void get(Recorded::Region& region) {
    get(region.address);
    get(region.bytes);
  }
  template <class T>
  void get(std::vector<T>& values) {
    values.resize(size());
    for (auto& value : values) {
      get(value);
    }
  }
  size_t size() {
    uint64_t size = 0;
    get(size);
    return complete_ && size < (1u << 30) ? size : 0;
  }

  FILE* file_;
  bool complete_ = true;

 public:
  bool complete() const { return complete_; }
};

struct Launch;
struct ArrayWord;

/* Whether launches are recorded: CHAGRES_EMULATOR_RECORD names a folder. */
bool records();

/* Records a launch that is about to run, with its arrays, if it is small and new. */
void record(const std::vector<ArrayWord>& words, const std::string& module, const Launch& launch);

}  // namespace emulator
