/* What the emulated driver keeps of its devices; one lock guards it all. */
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "codes.hpp"

namespace emulator {

using DevicePointer = unsigned long long;
/* Work of a stream; what it returns, if neither SUCCESS nor WAITING, breaks the device. */
using Work = std::function<Result()>;
/* The work cannot be done before others have done something: it stays first in its stream. */
constexpr Result WAITING = -1;

struct Device;
struct Stream;

/* How the emulator behaves: by environment variables, or by chagres_emulator_set. */
struct Modes {
  int devices = 1;
  bool lazy = false;     // streams work only when somebody waits for them
  bool guard = false;    // what is allocated ends where nothing may be touched
  bool protect = false;  // device memory cannot be touched but by its device
  unsigned long long memory = 16ull << 30;
  std::vector<int> capabilities = {90};  // of each device, times ten; the last one's of all behind it
};
Modes& modes();

/* The memory of a device: addresses that are reserved for it, and usable only where something is allocated. */
class Memory {
 public:
  struct Allocation {
    DevicePointer address;
    size_t bytes;
    uintptr_t pages;  // where its pages begin, and how many bytes they are
    size_t mapped;
    bool freed = false;  // a stream will free it
  };

  Result allocate(size_t bytes, DevicePointer* address);
  Result free(DevicePointer address);
  /* The allocation that these bytes lie in; none: null. Its end, with no bytes, lies in it. */
  Allocation* find(DevicePointer address, size_t bytes = 0);
  /*
   * Who divides allocations among arrays may say where these are: from then on only they count as memory that may be
   * touched in such an allocation.
   */
  void allow(DevicePointer address, size_t bytes);
  void forbid(DevicePointer address, size_t bytes);
  /* The array in which an address of the allocation lies, or else the whole of it. */
  std::pair<DevicePointer, size_t> arrayAt(const Allocation& allocation, DevicePointer address) const;
  bool owns(const void* address) const;
  size_t used() const { return used_; }
  size_t count() const { return allocations_.size(); }
  void clear();
  void open(bool usable);

 private:
  uintptr_t reserve();
  std::map<DevicePointer, Allocation> allocations_;
  std::map<DevicePointer, size_t> arrays_;
  std::map<uintptr_t, size_t> gaps_;
  uintptr_t base_ = 0, cursor_ = 0;
  size_t used_ = 0;
};

/* How far streams have come in a capture, by the number of pieces of work. */
using Positions = std::map<struct Stream*, size_t>;

/* A point in a stream's work. */
struct Mark {
  Stream* stream;
  bool passed = false;
  double milliseconds = 0;
};

struct Event {
  Device* device;
  bool timed;
  std::shared_ptr<Mark> last;
  struct Graph* captured = nullptr;
  std::shared_ptr<bool> capturing = {};  // whether that capture goes on
  Positions seen = {};
};

struct Graph {
  Device* device;
  Stream* origin;
  int mode;
  bool invalid = false;
  std::vector<Work> work = {};
  std::vector<std::string> shapes = {};  // what must not change in an update
  std::shared_ptr<bool> capturing = std::make_shared<bool>(true);
  Positions given = {};
};

struct Stream {
  Device* device;
  bool blocking;
  std::deque<Work> queue;
  bool working = false;
  Graph* capture = nullptr;
  Positions seen;  // what its next work in a capture comes after

  explicit Stream(Device* device, bool blocking = true) : device(device), blocking(blocking) {}
  /* Does the next piece of work; false if there is none. */
  bool step();
  /* Does what can be done. */
  void finish();
  /* Does it all; other threads may bring about what it waits for. */
  void await();
};

struct Device {
  int number = 0;
  int retained = 0;
  Result broken = SUCCESS;
  Memory memory;
  std::unique_ptr<Stream> defaultStream;
  std::set<Stream*> streams;
  std::set<Device*> peers;

  void finish();
  void reset();
  /* Does work at its time: now, when the stream is waited for, or whenever a graph is launched. */
  Result submit(Stream& stream, Work work, const std::string& shape = "");
  /* What a call that works on the default stream waits for. */
  Result synchronizeDefault();
};

std::recursive_mutex& lock();
/* Something has come that streams may wait for. Who waits holds the lock once. */
std::condition_variable_any& changed();
/* How long somebody waits for others before that is a mistake. */
constexpr std::chrono::seconds PATIENCE(20);
std::vector<std::unique_ptr<Device>>& devices();
bool& initialized();
/* The compute capability, times ten. */
int capabilityOf(const Device& device);

Device*& current();

/* Does something in the calling thread's context, unless a fault has broken its device. */
template <class F>
Result inContext(F&& act) {
  std::lock_guard hold(lock());
  if (!initialized()) {
    return ERROR_NOT_INITIALIZED;
  }
  Device* device = current();
  if (!device) {
    return ERROR_INVALID_CONTEXT;
  }
  if (device->retained == 0) {
    return ERROR_CONTEXT_IS_DESTROYED;
  }
  return device->broken ? device->broken : act(*device);
}

/* The stream behind a handle, null if it is none of this device. */
Stream* streamOf(Device& device, void* handle);

/* Whether a device may use these bytes: its own, or pinned memory of the host. */
bool reaches(Device& device, DevicePointer address, size_t bytes);
bool isPinned(const void* address, size_t bytes);
Device* ownerOf(const void* address);

}  // namespace emulator
