/* Devices, their primary contexts, and the emulator's own settings. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device.hpp"
#include "scheduler.hpp"

namespace emulator {

std::recursive_mutex& lock() {
  static std::recursive_mutex mutex;
  return mutex;
}

std::vector<std::unique_ptr<Device>>& devices() {
  static std::vector<std::unique_ptr<Device>> all;
  return all;
}

bool& initialized() {
  static bool done = false;
  return done;
}

Device*& current() {
  static thread_local Device* device = nullptr;
  return device;
}

namespace {

bool set(Modes& modes, const std::string& name, unsigned long long value) {
  if (name == "devices") {
    modes.devices = (int)value;
  } else if (name == "lazy") {
    modes.lazy = value != 0;
  } else if (name == "guard") {
    modes.guard = settings.guard = value != 0;
  } else if (name == "protect") {
    modes.protect = value != 0;
  } else if (name == "order") {
    settings.order.kind = value == 0   ? Order::ASCENDING
                          : value == 1 ? Order::DESCENDING
                                       : Order::SHUFFLED;
    settings.order.seed = (unsigned)value;
  } else if (name == "memory") {
    modes.memory = value;
  } else if (name == "capability") {
    modes.capabilities = {(int)value};
  } else {
    return false;
  }
  return true;
}

Modes fromEnvironment() {
  Modes modes;
  for (const char* name : {"DEVICES", "LAZY", "GUARD", "PROTECT", "ORDER", "MEMORY", "CAPABILITY"}) {
    std::string lower;
    for (const char* c = name; *c; c++) {
      lower += (char)(*c - 'A' + 'a');
    }
    if (const char* value = getenv((std::string("CHAGRES_EMULATOR_") + name).c_str())) {
      char* rest = nullptr;
      set(modes, lower, strtoull(value, &rest, 10));
      while (lower == "capability" && *rest == ',') {
        modes.capabilities.push_back((int)strtoull(rest + 1, &rest, 10));
      }
    }
  }
  return modes;
}

Device* deviceAt(int number) {
  return number < 0 || number >= (int)devices().size() ? nullptr : devices()[(size_t)number].get();
}

/* Calls f with a device that was asked for by number. */
template <class F>
Result withDevice(int number, F&& f) {
  std::lock_guard hold(lock());
  if (!initialized()) {
    return ERROR_NOT_INITIALIZED;
  }
  Device* device = deviceAt(number);
  return device ? f(*device) : ERROR_INVALID_DEVICE;
}

thread_local std::vector<Device*> pushed;

int attributeOf(Device& device, int attribute) {
  switch (attribute) {
    case 1:  // threads of a block
    case 2:
    case 3:
      return 1024;
    case 4:
      return 64;
    case 5:  // blocks of a grid
      return 0x7fffffff;
    case 6:
    case 7:
      return 65535;
    case 8:  // shared memory of a block
      return 48 << 10;
    case 9:
      return 64 << 10;
    case 10:
      return WARP;
    case 12:  // registers of a block and of a multiprocessor
    case 82:
      return 64 << 10;
    case 13:
      return 1000000;
    case 16:  // multiprocessors: few, so that grids of tests are larger
      return 4;
    case 31:  // concurrent kernels, overlap, unified addresses, memory pools
    case 15:
    case 40:
    case 41:
    case 115:
      return 1;
    case 33:
      return device.number + 1;
    case 36:
      return 1000000;
    case 37:
      return 256;
    case 38:
      return 4 << 20;
    case 39:
      return 2048;
    case 75:
      return capabilityOf(device) / 10;
    case 76:
      return capabilityOf(device) % 10;
    case 81:
      return 228 << 10;
    case 97:
      return 227 << 10;
    case 106:
      return 32;
    default:
      return 0;
  }
}

}  // namespace

Modes& modes() {
  static Modes all = fromEnvironment();
  return all;
}

int capabilityOf(const Device& device) {
  const auto& all = modes().capabilities;
  return all[std::min((size_t)device.number, all.size() - 1)];
}

void Device::reset() {
  finish();
  for (Stream* stream : streams) {
    delete stream;
  }
  streams.clear();
  peers.clear();
  defaultStream = std::make_unique<Stream>(this);
  memory.clear();
  broken = SUCCESS;
}

}  // namespace emulator

using namespace emulator;

/* Sets what an environment variable CHAGRES_EMULATOR_<NAME> sets; 0 if there is no such setting. */
EMULATOR_API int chagres_emulator_set(const char* name, unsigned long long value) {
  std::lock_guard hold(lock());
  return set(modes(), name, value);
}

EMULATOR_API Result cuInit(unsigned flags) {
  std::lock_guard hold(lock());
  if (flags != 0) {
    return ERROR_INVALID_VALUE;
  }
  if (!initialized()) {
    for (int i = 0; i < modes().devices; i++) {
      devices().push_back(std::make_unique<Device>());
      devices().back()->number = i;
      devices().back()->defaultStream = std::make_unique<Stream>(devices().back().get());
    }
    installHandlers();
    initialized() = true;
  }
  return devices().empty() ? ERROR_NO_DEVICE : SUCCESS;
}

EMULATOR_API Result cuDriverGetVersion(int* version) {
  *version = 13000;
  return SUCCESS;
}

EMULATOR_API Result cuDeviceGetCount(int* count) {
  std::lock_guard hold(lock());
  if (!initialized()) {
    return ERROR_NOT_INITIALIZED;
  }
  *count = (int)devices().size();
  return SUCCESS;
}

EMULATOR_API Result cuDeviceGet(int* handle, int number) {
  return withDevice(number, [&](Device&) {
    *handle = number;
    return SUCCESS;
  });
}

EMULATOR_API Result cuDeviceGetName(char* name, int length, int number) {
  return withDevice(number, [&](Device&) {
    snprintf(name, (size_t)length, "Chagres emulator");
    return SUCCESS;
  });
}

EMULATOR_API Result cuDeviceGetAttribute(int* value, int attribute, int number) {
  return withDevice(number, [&](Device& device) {
    *value = attributeOf(device, attribute);
    return SUCCESS;
  });
}

EMULATOR_API Result cuDeviceTotalMem_v2(size_t* bytes, int number) {
  return withDevice(number, [&](Device&) {
    *bytes = modes().memory;
    return SUCCESS;
  });
}

EMULATOR_API Result cuDeviceGetUuid_v2(unsigned char* uuid, int number) {
  return withDevice(number, [&](Device&) {
    memset(uuid, 0, 16);
    uuid[15] = (unsigned char)(number + 1);
    return SUCCESS;
  });
}

EMULATOR_API Result cuDevicePrimaryCtxRetain(void** context, int number) {
  return withDevice(number, [&](Device& device) {
    device.retained++;
    *context = &device;
    return SUCCESS;
  });
}

EMULATOR_API Result cuDevicePrimaryCtxRelease_v2(int number) {
  return withDevice(number, [&](Device& device) -> Result {
    if (device.retained == 0) {
      return ERROR_INVALID_CONTEXT;
    }
    if (--device.retained == 0) {
      device.reset();
    }
    return SUCCESS;
  });
}

EMULATOR_API Result cuDevicePrimaryCtxReset_v2(int number) {
  return withDevice(number, [&](Device& device) {
    device.reset();
    return SUCCESS;
  });
}

EMULATOR_API Result cuCtxSetCurrent(void* context) {
  std::lock_guard hold(lock());
  if (!initialized()) {
    return ERROR_NOT_INITIALIZED;
  }
  for (auto& device : devices()) {
    if (device.get() == context && device->retained > 0) {
      current() = device.get();
      return SUCCESS;
    }
  }
  if (!context) {
    current() = nullptr;
    return SUCCESS;
  }
  return ERROR_INVALID_CONTEXT;
}

EMULATOR_API Result cuCtxGetCurrent(void** context) {
  *context = current();
  return initialized() ? SUCCESS : ERROR_NOT_INITIALIZED;
}

EMULATOR_API Result cuCtxPushCurrent_v2(void* context) {
  Device* before = current();
  Result result = context ? cuCtxSetCurrent(context) : (Result)ERROR_INVALID_CONTEXT;
  if (result == SUCCESS) {
    pushed.push_back(before);
  }
  return result;
}

EMULATOR_API Result cuCtxPopCurrent_v2(void** context) {
  if (pushed.empty()) {
    return ERROR_INVALID_CONTEXT;
  }
  if (context) {
    *context = current();
  }
  current() = pushed.back();
  pushed.pop_back();
  return SUCCESS;
}

EMULATOR_API Result cuCtxGetDevice(int* number) {
  return inContext([&](Device& device) {
    *number = device.number;
    return SUCCESS;
  });
}

EMULATOR_API Result cuCtxSynchronize() {
  return inContext([&](Device& device) -> Result {
    for (Stream* stream : device.streams) {
      if (stream->capture) {
        stream->capture->invalid = true;
        return ERROR_STREAM_CAPTURE_UNSUPPORTED;
      }
    }
    device.finish();
    return device.broken;
  });
}

EMULATOR_API Result cuDeviceCanAccessPeer(int* can, int number, int peer) {
  return withDevice(number, [&](Device&) -> Result {
    *can = number != peer;
    return deviceAt(peer) ? SUCCESS : ERROR_INVALID_DEVICE;
  });
}

EMULATOR_API Result cuCtxEnablePeerAccess(void* context, unsigned flags) {
  return inContext([&](Device& device) -> Result {
    for (auto& peer : devices()) {
      if (peer.get() == context && peer.get() != &device && flags == 0) {
        return device.peers.insert(peer.get()).second ? SUCCESS
                                                      : ERROR_PEER_ACCESS_ALREADY_ENABLED;
      }
    }
    return ERROR_INVALID_VALUE;
  });
}
