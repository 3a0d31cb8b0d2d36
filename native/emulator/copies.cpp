/* Copies and fillings of device memory. */
#include <cstring>
#include <memory>
#include <utility>

#include "device.hpp"

namespace emulator {

namespace {

std::string rangeText(DevicePointer address, size_t bytes) {
  char text[80];
  snprintf(text, sizeof(text), "%zu bytes at 0x%llx", bytes, address);
  return text;
}

Result checkDevice(Device& device, DevicePointer address, size_t bytes) {
  return bytes == 0 || reaches(device, address, bytes)
             ? (Result)SUCCESS
             : explain(ERROR_INVALID_VALUE,
                       rangeText(address, bytes) + " are not within an allocation of device " +
                           std::to_string(device.number));
}

Result checkHost(const void* memory, size_t bytes) {
  return bytes == 0 || (memory && !ownerOf(memory))
             ? (Result)SUCCESS
             : explain(ERROR_INVALID_VALUE,
                       rangeText((DevicePointer)memory, bytes) + " are no memory of the host");
}

Work copying(void* to, const void* from, size_t bytes) {
  return [=]() -> Result {
    if (bytes > 0) {
      memmove(to, from, bytes);
    }
    return SUCCESS;
  };
}

/* What a copy from or to pageable memory does, which is not for graphs. */
Result refuseCapture(Stream& stream, const void* memory, size_t bytes, bool wait) {
  if (stream.capture && bytes > 0 && (wait || !isPinned(memory, bytes))) {
    stream.capture->invalid = true;
    return explain(ERROR_STREAM_CAPTURE_UNSUPPORTED, "the memory of the host is not pinned");
  }
  return SUCCESS;
}

/* Does work on a stream, and waits for it if the call is one that waits. */
Result place(Device& device, Stream& stream, Work work, bool wait) {
  Result result = device.submit(stream, std::move(work), "copy");
  if (result == SUCCESS && wait) {
    stream.await();
    return device.broken;
  }
  return result;
}

template <class F>
Result onStream(void* handle, F&& f) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    return stream ? f(device, *stream) : ERROR_INVALID_HANDLE;
  });
}

Result toDevice(DevicePointer to, const void* from, size_t bytes, void* handle, bool wait) {
  return onStream(handle, [&](Device& device, Stream& stream) -> Result {
    Result bad = checkDevice(device, to, bytes);
    if (bad || (bad = checkHost(from, bytes)) || (bad = refuseCapture(stream, from, bytes, wait))) {
      return bad;
    }
    if (!wait && !isPinned(from, bytes)) {
      /* Pageable memory has been read when the call returns, though the copy comes later. */
      auto staged = std::make_shared<std::string>((const char*)from, bytes);
      return place(device, stream,
                   [=] { return copying((void*)to, staged->data(), bytes)(); }, false);
    }
    return place(device, stream, copying((void*)to, from, bytes), wait);
  });
}

Result toHost(void* to, DevicePointer from, size_t bytes, void* handle, bool wait) {
  return onStream(handle, [&](Device& device, Stream& stream) -> Result {
    Result bad = checkDevice(device, from, bytes);
    if (bad || (bad = checkHost(to, bytes)) || (bad = refuseCapture(stream, to, bytes, wait))) {
      return bad;
    }
    /* A copy to pageable memory has ended when the call returns. */
    return place(device, stream, copying(to, (void*)from, bytes), wait || !isPinned(to, bytes));
  });
}

Result within(DevicePointer to, DevicePointer from, size_t bytes, void* handle) {
  return onStream(handle, [&](Device& device, Stream& stream) -> Result {
    Result bad = checkDevice(device, to, bytes);
    if (bad || (bad = checkDevice(device, from, bytes))) {
      return bad;
    }
    return place(device, stream, copying((void*)to, (void*)from, bytes), false);
  });
}

template <class T>
Result fill(DevicePointer to, T value, size_t count, void* handle) {
  return onStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (to % sizeof(T) != 0) {
      return ERROR_INVALID_VALUE;
    }
    if (Result bad = checkDevice(device, to, count * sizeof(T))) {
      return bad;
    }
    return place(device, stream,
                 [=]() -> Result {
                   for (size_t i = 0; i < count; i++) {
                     ((T*)to)[i] = value;
                   }
                   return SUCCESS;
                 },
                 false);
  });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_API Result cuMemcpyHtoD_v2(DevicePointer to, const void* from, size_t bytes) {
  return toDevice(to, from, bytes, nullptr, true);
}

EMULATOR_API Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, void* stream) {
  return toDevice(to, from, bytes, stream, false);
}

EMULATOR_API Result cuMemcpyDtoH_v2(void* to, DevicePointer from, size_t bytes) {
  return toHost(to, from, bytes, nullptr, true);
}

EMULATOR_API Result cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, void* stream) {
  return toHost(to, from, bytes, stream, false);
}

EMULATOR_API Result cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, size_t bytes) {
  return within(to, from, bytes, nullptr);
}

EMULATOR_API Result cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes, void* stream) {
  return within(to, from, bytes, stream);
}

EMULATOR_API Result cuMemcpyPeerAsync(DevicePointer to, void* toContext, DevicePointer from,
                                      void* fromContext, size_t bytes, void* handle) {
  return onStream(handle, [&](Device& device, Stream& stream) -> Result {
    for (auto [context, address] : {std::pair(toContext, to), std::pair(fromContext, from)}) {
      Device* owner = nullptr;
      for (auto& each : devices()) {
        owner = each.get() == context ? each.get() : owner;
      }
      if (!owner || owner->retained == 0) {
        return ERROR_INVALID_CONTEXT;
      }
      if (bytes > 0 && !owner->memory.find(address, bytes)) {
        return checkDevice(*owner, address, bytes);
      }
    }
    return place(device, stream, copying((void*)to, (void*)from, bytes), false);
  });
}

EMULATOR_API Result cuMemsetD8_v2(DevicePointer to, unsigned char value, size_t count) {
  return fill(to, value, count, nullptr);
}

EMULATOR_API Result cuMemsetD8Async(DevicePointer to, unsigned char value, size_t count, void* stream) {
  return fill(to, value, count, stream);
}

EMULATOR_API Result cuMemsetD16Async(DevicePointer to, unsigned short value, size_t count, void* stream) {
  return fill(to, value, count, stream);
}

EMULATOR_API Result cuMemsetD32Async(DevicePointer to, unsigned value, size_t count, void* stream) {
  return fill(to, value, count, stream);
}
