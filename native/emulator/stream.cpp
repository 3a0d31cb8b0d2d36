/* Streams and events: which work is done when. */
#include <algorithm>
#include <chrono>
#include <utility>

#include "device.hpp"

namespace emulator {

namespace {

std::set<Event*>& events() {
  static std::set<Event*> all;
  return all;
}

/* Where device memory is closed to the host it is open while the device works. */
struct Opening {
  static inline int depth = 0;
  Opening() { set(true, depth++ == 0); }
  ~Opening() { set(false, --depth == 0); }
  static void set(bool usable, bool outermost) {
    if (outermost && modes().protect) {
      for (auto& device : devices()) {
        device->memory.open(usable);
      }
    }
  }
};

Result perform(Device& device, const Work& work) {
  if (device.broken) {
    return device.broken;
  }
  Opening open;
  Result result = work();
  if (result != SUCCESS && result != WAITING) {
    device.broken = result;
  }
  return result;
}

double now() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

bool Stream::step() {
  if (queue.empty() || working) {
    return false;
  }
  working = true;
  Result result = perform(*device, queue.front());
  working = false;
  if (result == WAITING) {
    return false;
  }
  queue.pop_front();
  return true;
}

void Stream::finish() {
  while (step()) {
  }
}

std::condition_variable_any& changed() {
  static std::condition_variable_any variable;
  return variable;
}

void Stream::await() {
  for (finish(); !queue.empty() && !working; finish()) {
    if (changed().wait_for(lock(), PATIENCE) == std::cv_status::timeout) {
      device->broken = explain(ERROR_LAUNCH_FAILED, "a stream waits for what others do not do");
    }
  }
}

void Device::finish() {
  defaultStream->await();
  for (Stream* stream : std::vector<Stream*>(streams.begin(), streams.end())) {
    if (streams.contains(stream)) {
      stream->await();
    }
  }
}

Result Device::synchronizeDefault() {
  for (Stream* stream : streams) {
    if (stream->blocking && stream->capture) {
      stream->capture->invalid = true;
      return ERROR_STREAM_CAPTURE_IMPLICIT;
    }
  }
  for (Stream* stream : streams) {
    if (stream->blocking) {
      stream->await();
    }
  }
  defaultStream->await();
  return broken;
}

Result Device::submit(Stream& stream, Work work, const std::string& shape) {
  if (stream.capture) {
    if (stream.capture->invalid) {
      return ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    stream.seen[&stream] = ++stream.capture->given[&stream];
    stream.capture->work.push_back(std::move(work));
    stream.capture->shapes.push_back(shape);
    return SUCCESS;
  }
  if (&stream == defaultStream.get()) {
    if (Result result = synchronizeDefault()) {
      return result;
    }
  } else if (stream.blocking) {
    defaultStream->finish();
  }
  stream.queue.push_back(std::move(work));
  if (!modes().lazy) {
    /* What fails now is heard of at the next call, as on a GPU. */
    stream.finish();
  }
  changed().notify_all();
  return SUCCESS;
}

Stream* streamOf(Device& device, void* handle) {
  if (handle == nullptr || handle == (void*)1) {
    return device.defaultStream.get();
  }
  auto found = device.streams.find(static_cast<Stream*>(handle));
  return found == device.streams.end() ? nullptr : *found;
}

}  // namespace emulator

using namespace emulator;

/* Calls f with the stream behind a handle. */
template <class F>
static Result withStream(void* handle, F&& f) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    return stream ? f(device, *stream) : ERROR_INVALID_HANDLE;
  });
}

template <class F>
static Result withEvent(Event* event, F&& f) {
  return inContext([&](Device& device) -> Result {
    return events().contains(event) ? f(device, *event) : ERROR_INVALID_HANDLE;
  });
}

EMULATOR_API Result cuStreamCreate(void** handle, unsigned flags) {
  return inContext([&](Device& device) -> Result {
    if (flags > 1) {
      return ERROR_INVALID_VALUE;
    }
    auto* stream = new Stream(&device, flags == 0);
    device.streams.insert(stream);
    *handle = stream;
    return SUCCESS;
  });
}

EMULATOR_API Result cuStreamCreateWithPriority(void** handle, unsigned flags, int) {
  return cuStreamCreate(handle, flags);
}

EMULATOR_API Result cuStreamDestroy_v2(void* handle) {
  return withStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (&stream == device.defaultStream.get()) {
      return ERROR_INVALID_HANDLE;
    }
    stream.await();
    device.streams.erase(&stream);
    delete &stream;
    return SUCCESS;
  });
}

EMULATOR_API Result cuStreamSynchronize(void* handle) {
  return withStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (stream.capture) {
      stream.capture->invalid = true;
      return ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (&stream == device.defaultStream.get()) {
      return device.synchronizeDefault();
    }
    stream.await();
    return device.broken;
  });
}

/* Each question lets the stream do one more piece of work, so that who asks in a loop comes to an end. */
EMULATOR_API Result cuStreamQuery(void* handle) {
  return withStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (stream.capture) {
      stream.capture->invalid = true;
      return ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    bool worked = stream.step() || !stream.queue.empty();
    return device.broken ? device.broken : worked ? ERROR_NOT_READY : SUCCESS;
  });
}

EMULATOR_API Result cuStreamWaitEvent(void* handle, Event* event, unsigned) {
  return withStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (!events().contains(event)) {
      return ERROR_INVALID_HANDLE;
    }
    if (event->captured) {
      if (!*event->capturing) {
        return ERROR_CAPTURED_EVENT;
      }
      if (stream.capture && stream.capture != event->captured) {
        return ERROR_STREAM_CAPTURE_UNSUPPORTED;
      }
      if (!stream.capture) {
        stream.seen.clear();
      }
      stream.capture = event->captured;
      for (auto [each, position] : event->seen) {
        stream.seen[each] = std::max(stream.seen[each], position);
      }
      return SUCCESS;
    }
    if (stream.capture && event->last) {
      stream.capture->invalid = true;
      return ERROR_STREAM_CAPTURE_ISOLATION;
    }
    if (!event->last || event->last->passed) {
      return SUCCESS;
    }
    return device.submit(stream, [mark = event->last]() -> Result {
      while (!mark->passed && mark->stream->step()) {
      }
      return mark->passed ? (Result)SUCCESS : WAITING;
    });
  });
}

EMULATOR_API Result cuEventCreate(Event** handle, unsigned flags) {
  return inContext([&](Device& device) {
    *handle = *events().insert(new Event{&device, (flags & 2) == 0, nullptr}).first;
    return SUCCESS;
  });
}

EMULATOR_API Result cuEventDestroy_v2(Event* event) {
  return withEvent(event, [&](Device&, Event&) {
    events().erase(event);
    delete event;
    return SUCCESS;
  });
}

EMULATOR_API Result cuEventRecord(Event* event, void* handle) {
  return withStream(handle, [&](Device& device, Stream& stream) -> Result {
    if (!events().contains(event) || event->device != &device) {
      return ERROR_INVALID_HANDLE;
    }
    event->captured = stream.capture;
    if (stream.capture) {
      event->capturing = stream.capture->capturing;
      event->seen = stream.seen;
      return SUCCESS;
    }
    auto mark = std::make_shared<Mark>(Mark{&stream});
    event->last = mark;
    return device.submit(stream, [mark]() -> Result {
      mark->passed = true;
      mark->milliseconds = now();
      return SUCCESS;
    });
  });
}

EMULATOR_API Result cuEventSynchronize(Event* event) {
  return withEvent(event, [&](Device& device, Event& each) -> Result {
    if (each.captured) {
      return ERROR_CAPTURED_EVENT;
    }
    while (each.last && !each.last->passed && each.last->stream->step()) {
    }
    if (each.last && !each.last->passed) {
      each.last->stream->await();
    }
    return device.broken;
  });
}

EMULATOR_API Result cuEventQuery(Event* event) {
  return withEvent(event, [&](Device& device, Event& each) -> Result {
    if (each.captured) {
      return ERROR_CAPTURED_EVENT;
    }
    if (!each.last || each.last->passed) {
      return SUCCESS;
    }
    each.last->stream->step();
    return device.broken ? device.broken : ERROR_NOT_READY;
  });
}

EMULATOR_API Result cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
  return withEvent(start, [&](Device&, Event& first) -> Result {
    if (!events().contains(end) || !first.timed || !end->timed || !first.last || !end->last) {
      return ERROR_INVALID_HANDLE;
    }
    if (!first.last->passed || !end->last->passed) {
      return ERROR_NOT_READY;
    }
    *milliseconds = (float)(end->last->milliseconds - first.last->milliseconds);
    return SUCCESS;
  });
}
