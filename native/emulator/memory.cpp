#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "device.hpp"

namespace emulator {

namespace {

constexpr size_t RESERVED = 64ull << 30;

size_t pageSize() {
  static const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  return size;
}

std::map<uintptr_t, size_t>& pinned() {
  static std::map<uintptr_t, size_t> all;
  return all;
}

}  // namespace

uintptr_t Memory::reserve() {
  if (base_ == 0) {
    void* memory = mmap(nullptr, RESERVED, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      return 0;
    }
    base_ = cursor_ = (uintptr_t)memory;
    gaps_[base_] = RESERVED;
  }
  return base_;
}

bool Memory::owns(const void* address) const {
  return base_ != 0 && (uintptr_t)address - base_ < RESERVED;
}

Result Memory::allocate(size_t bytes, DevicePointer* address) {
  size_t page = pageSize(), mapped = (bytes + page - 1) / page * page;
  if (bytes == 0) {
    return ERROR_INVALID_VALUE;
  }
  if (bytes > modes().memory - used_ || !reserve()) {
    return ERROR_OUT_OF_MEMORY;
  }
  /* From where the last one was taken: what was freed is not given out again for long, so its use is a fault. */
  auto from = [&](auto gap) {
    return gap->first < cursor_ && cursor_ < gap->first + gap->second ? cursor_ : gap->first;
  };
  auto fits = [&](auto gap) { return gap->first + gap->second - from(gap) >= mapped + page; };
  auto gap = gaps_.lower_bound(cursor_);
  if (gap != gaps_.begin() && from(std::prev(gap)) == cursor_) {
    --gap;
  }
  while (gap != gaps_.end() && !fits(gap)) {
    ++gap;
  }
  if (gap == gaps_.end()) {
    cursor_ = base_;
    gap = gaps_.begin();
    while (gap != gaps_.end() && !fits(gap)) {
      ++gap;
    }
  }
  if (gap == gaps_.end() ||
      (!modes().protect &&
       mprotect((void*)from(gap), mapped, PROT_READ | PROT_WRITE) != 0)) {
    return ERROR_OUT_OF_MEMORY;
  }
  uintptr_t pages = from(gap), end = gap->first + gap->second;
  if (pages > gap->first) {
    gap->second = pages - gap->first;
  } else {
    gaps_.erase(gap);
  }
  cursor_ = pages + mapped + page;
  if (end > cursor_) {
    gaps_[cursor_] = end - cursor_;
  }
  size_t before = modes().guard ? (mapped - bytes) / 16 * 16 : 0;
  *address = pages + before;
  if (modes().guard && !modes().protect) {
    memset((void*)pages, 0xff, mapped);
  }
  allocations_[*address] = {*address, bytes, pages, mapped};
  used_ += bytes;
  return SUCCESS;
}

Result Memory::free(DevicePointer address) {
  auto found = allocations_.find(address);
  if (found == allocations_.end()) {
    return ERROR_INVALID_VALUE;
  }
  auto [pages, mapped] = std::pair(found->second.pages, found->second.mapped);
  used_ -= found->second.bytes;
  forbid(address, found->second.bytes);
  allocations_.erase(found);
  madvise((void*)pages, mapped, MADV_DONTNEED);
  mprotect((void*)pages, mapped, PROT_NONE);
  size_t size = mapped + pageSize();
  auto next = gaps_.lower_bound(pages);
  if (next != gaps_.end() && next->first == pages + size) {
    size += next->second;
    next = gaps_.erase(next);
  }
  if (next != gaps_.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == pages) {
      before->second += size;
      return SUCCESS;
    }
  }
  gaps_[pages] = size;
  return SUCCESS;
}

Memory::Allocation* Memory::find(DevicePointer address, size_t bytes) {
  auto after = allocations_.upper_bound(address);
  if (after == allocations_.begin()) {
    return nullptr;
  }
  Allocation& found = std::prev(after)->second;
  size_t offset = address - found.address;
  if (offset > found.bytes || bytes > found.bytes - offset || found.freed) {
    return nullptr;
  }
  auto [array, size] = arrayAt(found, address);
  return bytes == 0 || bytes <= size - (address - array) ? &found : nullptr;
}

std::pair<DevicePointer, size_t> Memory::arrayAt(const Allocation& allocation, DevicePointer address) const {
  auto after = arrays_.upper_bound(address);
  if (after != arrays_.begin()) {
    auto [begin, size] = *std::prev(after);
    if (begin >= allocation.address) {
      return {begin, std::max<size_t>(size, address - begin)};
    }
  }
  return {allocation.address, allocation.bytes};
}

void Memory::allow(DevicePointer address, size_t bytes) {
  forbid(address, bytes);
  arrays_[address] = bytes;
}

void Memory::forbid(DevicePointer address, size_t bytes) {
  arrays_.erase(arrays_.lower_bound(address), arrays_.lower_bound(address + bytes));
}

void Memory::clear() {
  while (!allocations_.empty()) {
    free(allocations_.begin()->first);
  }
}

void Memory::open(bool usable) {
  for (auto& [address, each] : allocations_) {
    mprotect((void*)each.pages, each.mapped, usable ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
}

bool isPinned(const void* address, size_t bytes) {
  auto after = pinned().upper_bound((uintptr_t)address);
  if (after == pinned().begin()) {
    return false;
  }
  auto [begin, size] = *std::prev(after);
  size_t offset = (uintptr_t)address - begin;
  return offset <= size && bytes <= size - offset;
}

bool reaches(Device& device, DevicePointer address, size_t bytes) {
  if (device.memory.find(address, bytes) || isPinned((void*)address, bytes)) {
    return true;
  }
  for (Device* peer : device.peers) {
    if (peer->memory.find(address, bytes)) {
      return true;
    }
  }
  return false;
}

Device* ownerOf(const void* address) {
  for (auto& device : devices()) {
    if (device->memory.owns(address)) {
      return device.get();
    }
  }
  return nullptr;
}

}  // namespace emulator

using namespace emulator;

static Result capturingForbids(Device& device) {
  for (Stream* stream : device.streams) {
    if (stream->capture && stream->capture->mode != 2) {
      stream->capture->invalid = true;
      return ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  return SUCCESS;
}

EMULATOR_API Result cuMemAlloc_v2(DevicePointer* address, size_t bytes) {
  return inContext([&](Device& device) {
    Result forbidden = capturingForbids(device);
    return forbidden ? forbidden : device.memory.allocate(bytes, address);
  });
}

EMULATOR_API Result cuMemFree_v2(DevicePointer address) {
  return inContext([&](Device& device) -> Result {
    if (address == 0) {
      return SUCCESS;
    }
    if (Result forbidden = capturingForbids(device)) {
      return forbidden;
    }
    auto* allocation = device.memory.find(address);
    if (!allocation || allocation->address != address) {
      return ERROR_INVALID_VALUE;
    }
    device.finish();
    return device.broken ? device.broken : device.memory.free(address);
  });
}

EMULATOR_API Result cuMemAllocAsync(DevicePointer* address, size_t bytes, void* handle) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream) {
      return ERROR_INVALID_HANDLE;
    }
    return stream->capture ? ERROR_NOT_SUPPORTED : device.memory.allocate(bytes, address);
  });
}

EMULATOR_API Result cuMemFreeAsync(DevicePointer address, void* handle) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream) {
      return ERROR_INVALID_HANDLE;
    }
    auto* allocation = device.memory.find(address);
    if (!allocation || allocation->address != address) {
      return ERROR_INVALID_VALUE;
    }
    if (stream->capture) {
      return ERROR_NOT_SUPPORTED;
    }
    allocation->freed = true;
    return device.submit(*stream, [&device, address] { return device.memory.free(address); });
  });
}

EMULATOR_API Result cuMemGetInfo_v2(size_t* free, size_t* total) {
  return inContext([&](Device& device) {
    *total = modes().memory;
    *free = modes().memory - device.memory.used();
    return SUCCESS;
  });
}

/* Pools keep nothing here: what is freed is gone. */
EMULATOR_API Result cuDeviceGetDefaultMemPool(void** pool, int number) {
  std::lock_guard hold(lock());
  if (number < 0 || number >= (int)devices().size()) {
    return ERROR_INVALID_DEVICE;
  }
  *pool = devices()[(size_t)number].get();
  return SUCCESS;
}

EMULATOR_API Result cuMemPoolSetAttribute(void* pool, int, void* value) {
  return pool && value ? SUCCESS : ERROR_INVALID_VALUE;
}

EMULATOR_API Result cuMemPoolTrimTo(void* pool, size_t) {
  return pool ? SUCCESS : ERROR_INVALID_VALUE;
}

EMULATOR_API Result cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  return inContext([&](Device&) -> Result {
    if (bytes == 0) {
      return ERROR_INVALID_VALUE;
    }
    size_t page = pageSize();
    *memory = aligned_alloc(page, (bytes + page - 1) / page * page);
    if (!*memory) {
      return ERROR_OUT_OF_MEMORY;
    }
    pinned()[(uintptr_t)*memory] = bytes;
    return SUCCESS;
  });
}

EMULATOR_API Result cuMemFreeHost(void* memory) {
  return inContext([&](Device& device) -> Result {
    if (!memory) {
      return SUCCESS;
    }
    if (!pinned().contains((uintptr_t)memory)) {
      return ERROR_INVALID_VALUE;
    }
    device.finish();
    pinned().erase((uintptr_t)memory);
    ::free(memory);
    return device.broken;
  });
}

EMULATOR_API Result cuMemHostRegister_v2(void* memory, size_t bytes, unsigned) {
  return inContext([&](Device&) -> Result {
    if (!memory || bytes == 0 || ownerOf(memory)) {
      return ERROR_INVALID_VALUE;
    }
    auto next = pinned().lower_bound((uintptr_t)memory);
    if (isPinned(memory, 1) ||
        (next != pinned().end() && next->first < (uintptr_t)memory + bytes)) {
      return ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    }
    pinned()[(uintptr_t)memory] = bytes;
    return SUCCESS;
  });
}

EMULATOR_API Result cuMemHostUnregister(void* memory) {
  return inContext([&](Device& device) -> Result {
    device.finish();
    return pinned().erase((uintptr_t)memory) ? device.broken : ERROR_HOST_MEMORY_NOT_REGISTERED;
  });
}

/*
 * By the names of AddressSanitizer, whose library a pool of memory tells where its arrays are: this one can take its
 * place for device memory.
 */
EMULATOR_API void __asan_unpoison_memory_region(void const volatile* address, size_t bytes) {
  std::lock_guard hold(lock());
  if (Device* device = ownerOf((const void*)address)) {
    device->memory.allow((DevicePointer)address, bytes);
  }
}

EMULATOR_API void __asan_poison_memory_region(void const volatile* address, size_t bytes) {
  std::lock_guard hold(lock());
  if (Device* device = ownerOf((const void*)address)) {
    device->memory.forbid((DevicePointer)address, bytes);
  }
}

EMULATOR_API Result cuPointerGetAttribute(void* data, int attribute, DevicePointer address) {
  std::lock_guard hold(lock());
  Device* owner = ownerOf((void*)address);
  bool host = isPinned((void*)address, 0);
  if (!host && (!owner || !owner->memory.find(address))) {
    return ERROR_INVALID_VALUE;
  }
  switch (attribute) {
    case 2:
      *static_cast<unsigned*>(data) = host ? 1 : 2;
      return SUCCESS;
    case 9:
      *static_cast<int*>(data) = owner ? owner->number : 0;
      return SUCCESS;
    default:
      return ERROR_NOT_SUPPORTED;
  }
}
