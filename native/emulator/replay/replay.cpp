/*
 * Runs recorded launches of one module, with the sanitizer that this program and the module were compiled with:
 *   replay module.so some.launch …
 * Of the launch that a report is about it prints the kernel and its sizes.
 */
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "../record.hpp"

extern "C" const char* chagres_emulator_run(const emulator::Module* module, const emulator::Kernel* kernel,
                                            void** arguments, dim3 grid, dim3 block, size_t shared);
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

using emulator::Recorded;

namespace {

const Recorded* present;

void printPresent() {
  if (present) {
    fprintf(stderr, "%s, grid (%u,%u,%u), block (%u,%u,%u):\n", present->kernel.c_str(), present->grid.x,
            present->grid.y, present->grid.z, present->block.x, present->block.y, present->block.z);
  }
}

/*
 * Memory of the recorded size, where a sanitizer sees what goes beyond. The aligned word in which an element lies is its
 * array's, also the last one: kernels exchange words, and memory is given out in more than words.
 */
struct Copies {
  std::vector<std::unique_ptr<char[]>> memory;

  explicit Copies(const Recorded& launch) {
    for (auto& region : launch.regions) {
      memory.emplace_back(new char[(region.bytes.size() + 3) / 4 * 4]);
      memcpy(memory.back().get(), region.bytes.data(), region.bytes.size());
    }
  }

  /* Lets the words of an argument that are addresses of recorded memory be those of its copy. */
  void relocate(const Recorded& launch, char* argument, size_t size) const {
    for (size_t at = 0; at + 8 <= size; at += 8) {
      uint64_t word;
      memcpy(&word, argument + at, 8);
      /* Of arrays side by side an address where one ends is that of the other, the one that begins later. */
      uint64_t begin = 0, moved = word;
      for (size_t i = 0; i < memory.size(); i++) {
        uint64_t offset = word - launch.regions[i].address;
        if (offset <= launch.regions[i].bytes.size() && launch.regions[i].address > begin) {
          begin = launch.regions[i].address;
          moved = (uint64_t)memory[i].get() + offset;
        }
      }
      memcpy(argument + at, &moved, 8);
    }
  }
};

bool replay(const emulator::Module& module, Recorded& launch) {
  const emulator::Kernel* kernel = nullptr;
  for (int i = 0; i < module.kernels; i++) {
    kernel = launch.kernel == module.kernel[i].name ? &module.kernel[i] : kernel;
  }
  if (!kernel || kernel->parameters != (int)launch.arguments.size()) {
    fprintf(stderr, "the module has no kernel %s with these arguments\n", launch.kernel.c_str());
    return false;
  }
  Copies copies(launch);
  std::vector<void*> arguments;
  std::vector<std::unique_ptr<void, void (*)(void*)>> owned;
  for (auto& argument : launch.arguments) {
    void* aligned = aligned_alloc(64, (argument.size() + 63) / 64 * 64);
    owned.emplace_back(aligned, free);
    memcpy(aligned, argument.data(), argument.size());
    copies.relocate(launch, (char*)aligned, argument.size());
    arguments.push_back(aligned);
  }
  present = &launch;
  const char* error = chagres_emulator_run(&module, kernel, arguments.data(), launch.grid, launch.block,
                                           launch.shared);
  if (error) {
    printPresent();
    fprintf(stderr, "%s\n", error);
  }
  present = nullptr;
  return !error;
}

}  // namespace

extern "C" void __tsan_on_report(void*) { printPresent(); }
extern "C" void __asan_on_error() { printPresent(); }
extern "C" void __ubsan_on_report() { printPresent(); }

int main(int count, char** names) {
  void* library = count > 1 ? dlopen(names[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  auto entry = library ? (emulator::Module(*)())dlsym(library, "chagres_emulator_module") : nullptr;
  if (!entry) {
    fprintf(stderr, "%s\n", count > 1 ? dlerror() : "usage: replay module.so some.launch …");
    return 2;
  }
  emulator::Module module = entry();
  for (int i = 2; i < count; i++) {
    FILE* file = fopen(names[i], "rb");
    Recorded launch;
    emulator::RecordFile reader(file);
    if (file) {
      reader.get(launch);
      fclose(file);
    }
    if (!file || !reader.complete()) {
      fprintf(stderr, "%s cannot be read\n", names[i]);
      return 2;
    }
    /* After a launch that failed things are undone; what a sanitizer found from here on might not be true. */
    if (!replay(module, launch)) {
      return 1;
    }
  }
  return 0;
}
