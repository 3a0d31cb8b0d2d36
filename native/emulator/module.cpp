/* Modules, their functions, and launches of these. */
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "device.hpp"
#include "guard.hpp"
#include "image.hpp"
#include "record.hpp"
#include "scheduler.hpp"

namespace emulator {

namespace {

struct LoadedModule;

constexpr int COMMON_SHARED = 48 << 10, MOST_SHARED = 227 << 10;

struct Function {
  LoadedModule* module;
  const Kernel* kernel;
  int dynamicLimit = COMMON_SHARED;
  bool asked = false;  // for more shared memory than is common

  /* What a block may have, with what the kernel declares. */
  size_t sharedLimit() const { return (size_t)(asked ? MOST_SHARED : COMMON_SHARED); }
};

struct LoadedModule {
  Device* device;
  void* library;
  std::string key;
  Module contents;
  std::map<std::string, std::unique_ptr<Function>> functions;
};

std::set<LoadedModule*>& modules() {
  static std::set<LoadedModule*> all;
  return all;
}

std::set<Function*>& functions() {
  static std::set<Function*> all;
  return all;
}

/* Loads an image through a file of its own: the loader knows libraries by their names, even of files that are gone. */
void* openImage(const char* bytes, size_t size) {
  std::string name = "/tmp/chagres-emulator-XXXXXX";
  int file = mkstemp(name.data());
  if (file < 0) {
    return nullptr;
  }
  void* library = nullptr;
  if (write(file, bytes, size) == (ssize_t)size) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  close(file);
  unlink(name.c_str());
  return library;
}

/* A launch that waits for its turn, with a copy of its arguments. */
struct Pending {
  Launch launch;
  std::vector<unsigned char> storage;
};

std::string hex(unsigned long long value) {
  char text[32];
  snprintf(text, sizeof(text), "0x%llx", value);
  return text;
}

/* Copies arguments; every pointer among them must be null or memory that the device reaches. */
Result copyArguments(Device& device, const Kernel& kernel, void** arguments, Pending& pending) {
  size_t bytes = 0;
  std::vector<size_t> offsets;
  for (int i = 0; i < kernel.parameters; i++) {
    auto& parameter = kernel.parameter[i];
    bytes = (bytes + parameter.alignment - 1) / parameter.alignment * parameter.alignment;
    offsets.push_back(bytes);
    bytes += parameter.size;
  }
  if (bytes > 4096) {
    return explain(ERROR_INVALID_VALUE, "the arguments have more than 4096 bytes");
  }
  pending.storage.resize(bytes + 64);
  auto* base = (unsigned char*)(((uintptr_t)pending.storage.data() + 63) & ~(uintptr_t)63);
  for (int i = 0; i < kernel.parameters; i++) {
    auto& parameter = kernel.parameter[i];
    if (!arguments || !arguments[i]) {
      return explain(ERROR_INVALID_VALUE, "argument " + std::to_string(i) + " of kernel " +
                                              kernel.name + " is missing");
    }
    void* copy = base + offsets[(size_t)i];
    memcpy(copy, arguments[i], parameter.size);
    pending.launch.arguments.push_back(copy);
    if (parameter.pointer) {
      auto pointer = *(DevicePointer*)copy;
      if (pointer && !reaches(device, pointer, 0)) {
        device.broken = explain(ERROR_ILLEGAL_ADDRESS,
                                "argument " + std::to_string(i) + " of kernel " + kernel.name +
                                    " is " + hex(pointer) + ", which is no memory of device " +
                                    std::to_string(device.number));
        return device.broken;
      }
    }
  }
  return SUCCESS;
}

Outcome runGuarded(const std::vector<ArrayWord>& words, const Launch& launch) {
  /* A graph launches the same arguments again. */
  Launch moved = launch;
  std::vector<std::vector<uint64_t>> arguments;
  for (int i = 0; i < launch.kernel->parameters; i++) {
    size_t size = launch.kernel->parameter[i].size;
    auto& copy = arguments.emplace_back((size + 63) / 8 + 8);
    auto* aligned = (char*)(((uintptr_t)copy.data() + 63) & ~(uintptr_t)63);
    memcpy(aligned, launch.arguments[(size_t)i], size);
    moved.arguments[(size_t)i] = aligned;
  }
  Guarded guarded(words, moved);
  Outcome outcome = run(moved);
  std::string wrong = guarded.finish();
  return outcome.error.empty() && !wrong.empty()
             ? Outcome{wrong + " by kernel " + launch.kernel->name, true}
             : outcome;
}

Result checkSizes(const Function& function, dim3 grid, dim3 block, unsigned shared) {
  unsigned long long threads = (unsigned long long)block.x * block.y * block.z;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0 || block.x > 1024 ||
      block.y > 1024 || block.z > 64 || threads > 1024 || grid.x > 0x7fffffff || grid.y > 65535 ||
      grid.z > 65535) {
    return ERROR_INVALID_VALUE;
  }
  return (int)shared > function.dynamicLimit ? ERROR_INVALID_VALUE : SUCCESS;
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_API Result cuModuleLoadData(LoadedModule** handle, const void* image) {
  return inContext([&](Device& device) -> Result {
    ImageHeader header;
    if (!image) {
      return ERROR_INVALID_VALUE;
    }
    if (memcmp(image, IMAGE_MAGIC, sizeof(header.magic)) != 0) {
      return ERROR_INVALID_IMAGE;
    }
    memcpy(&header, image, sizeof(header));
    std::string bytes((const char*)image + sizeof(header), header.size);
    if (hashOf(bytes) != header.hash) {
      return ERROR_INVALID_IMAGE;
    }
    void* library = openImage(bytes.data(), bytes.size());
    auto entry = library ? (Module(*)())dlsym(library, "chagres_emulator_module") : nullptr;
    if (!entry) {
      const char* why = dlerror();
      return explain(ERROR_INVALID_IMAGE, why ? why : "no file for it");
    }
    *handle = new LoadedModule{&device, library, header.key, entry(), {}};
    modules().insert(*handle);
    return SUCCESS;
  });
}

EMULATOR_API Result cuModuleLoadDataEx(LoadedModule** handle, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(handle, image);
}

EMULATOR_API Result cuModuleUnload(LoadedModule* module) {
  return inContext([&](Device& device) -> Result {
    if (!modules().contains(module)) {
      return ERROR_INVALID_HANDLE;
    }
    device.finish();
    modules().erase(module);
    for (auto& [name, function] : module->functions) {
      functions().erase(function.get());
    }
    dlclose(module->library);
    delete module;
    return device.broken;
  });
}

EMULATOR_API Result cuModuleGetFunction(Function** handle, LoadedModule* module, const char* name) {
  return inContext([&](Device&) -> Result {
    if (!modules().contains(module) || !name) {
      return ERROR_INVALID_HANDLE;
    }
    for (int i = 0; i < module->contents.kernels; i++) {
      const Kernel& kernel = module->contents.kernel[i];
      if (strcmp(kernel.name, name) == 0) {
        auto& function = module->functions[name];
        if (!function) {
          function = std::make_unique<Function>(Function{module, &kernel});
          functions().insert(function.get());
        }
        *handle = function.get();
        return SUCCESS;
      }
    }
    return explain(ERROR_NOT_FOUND, std::string("no kernel ") + name);
  });
}

/* Kernels here have no variables of their own that outlive a launch. */
EMULATOR_API Result cuModuleGetGlobal_v2(DevicePointer*, size_t*, LoadedModule*, const char* name) {
  return explain(ERROR_NOT_FOUND, std::string("no variable ") + (name ? name : "(null)"));
}

EMULATOR_API Result cuFuncGetAttribute(int* value, int attribute, Function* function) {
  return inContext([&](Device& device) -> Result {
    if (!functions().contains(function)) {
      return ERROR_INVALID_HANDLE;
    }
    switch (attribute) {
      case 0:
        *value = 1024;
        return SUCCESS;
      case 4:  // registers of a thread
        *value = 32;
        return SUCCESS;
      case 5:
      case 6:
        *value = capabilityOf(device);
        return SUCCESS;
      case 8:
        *value = function->dynamicLimit;
        return SUCCESS;
      default:
        *value = 0;
        return attribute >= 0 && attribute < 16 ? SUCCESS : ERROR_INVALID_VALUE;
    }
  });
}

EMULATOR_API Result cuFuncSetAttribute(Function* function, int attribute, int value) {
  return inContext([&](Device&) -> Result {
    if (!functions().contains(function)) {
      return ERROR_INVALID_HANDLE;
    }
    if (attribute == 8) {
      if (value < 0 || value > MOST_SHARED) {
        return ERROR_INVALID_VALUE;
      }
      function->dynamicLimit = value;
      function->asked = true;
    }
    return attribute == 8 || attribute == 9 ? SUCCESS : ERROR_INVALID_VALUE;
  });
}

EMULATOR_API Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function,
                                                                int threads, size_t shared) {
  return inContext([&](Device&) -> Result {
    if (!functions().contains(function)) {
      return ERROR_INVALID_HANDLE;
    }
    if (threads <= 0) {
      return ERROR_INVALID_VALUE;
    }
    int rounded = (threads + WARP - 1) / WARP * WARP;
    size_t byThreads = threads > 1024 ? 0 : (size_t)(2048 / rounded);
    size_t byShared = (228 << 10) / (shared + 1024);
    *blocks = (int)std::min({byThreads, byShared, (size_t)32});
    return SUCCESS;
  });
}

EMULATOR_API Result cuLaunchKernel(Function* function, unsigned gridX, unsigned gridY,
                                   unsigned gridZ, unsigned blockX, unsigned blockY,
                                   unsigned blockZ, unsigned shared, void* handle, void** arguments,
                                   void** extra) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream || !functions().contains(function) || function->module->device != &device) {
      return ERROR_INVALID_HANDLE;
    }
    dim3 grid(gridX, gridY, gridZ), block(blockX, blockY, blockZ);
    if (Result bad = extra ? (Result)ERROR_NOT_SUPPORTED
                           : checkSizes(*function, grid, block, shared)) {
      return bad;
    }
    auto pending = std::make_shared<Pending>();
    pending->launch = {function->kernel, &function->module->contents, {}, grid, block, shared,
                       function->sharedLimit()};
    if (Result bad = copyArguments(device, *function->kernel, arguments, *pending)) {
      return bad;
    }
    auto words = modes().guard || records() ? arraysOf(device, pending->launch) : std::vector<ArrayWord>();
    return device.submit(
        *stream,
        [pending, words, module = function->module->key]() -> Result {
          record(words, module, pending->launch);
          Outcome outcome = modes().guard ? runGuarded(words, pending->launch) : run(pending->launch);
          return outcome.error.empty() ? (Result)SUCCESS
                                       : explain(outcome.badAddress ? ERROR_ILLEGAL_ADDRESS
                                                                    : ERROR_LAUNCH_FAILED,
                                                 outcome.error);
        },
        function->kernel->name);
  });
}
