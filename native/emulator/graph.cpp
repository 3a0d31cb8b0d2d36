/* Graphs: work that streams were given while they were capturing, in that order. */
#include <utility>

#include "device.hpp"

using namespace emulator;

namespace {

struct Executable {
  Device* device;
  std::vector<Work> work;
  std::vector<std::string> shapes;
};

std::set<Graph*>& graphs() {
  static std::set<Graph*> all;
  return all;
}

std::set<Executable*>& executables() {
  static std::set<Executable*> all;
  return all;
}

}  // namespace

EMULATOR_API Result cuStreamBeginCapture_v2(void* handle, int mode) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream) {
      return ERROR_INVALID_HANDLE;
    }
    if (stream == device.defaultStream.get()) {
      return ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (stream->capture || mode < 0 || mode > 2) {
      return ERROR_INVALID_VALUE;
    }
    stream->capture = new Graph{&device, stream, mode};
    stream->seen.clear();
    graphs().insert(stream->capture);
    return SUCCESS;
  });
}

EMULATOR_API Result cuStreamEndCapture(void* handle, Graph** result) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream) {
      return ERROR_INVALID_HANDLE;
    }
    Graph* graph = stream->capture;
    if (!graph || graph->origin != stream) {
      return graph ? ERROR_STREAM_CAPTURE_UNMATCHED : ERROR_INVALID_VALUE;
    }
    bool joined = true;
    for (auto [each, position] : graph->given) {
      joined = joined && stream->seen[each] == position;
    }
    for (Stream* each : device.streams) {
      if (each->capture == graph) {
        each->capture = nullptr;
      }
    }
    *graph->capturing = false;
    Result bad = graph->invalid ? ERROR_STREAM_CAPTURE_INVALIDATED
                 : joined       ? SUCCESS
                                : ERROR_STREAM_CAPTURE_UNJOINED;
    *result = bad ? nullptr : graph;
    if (bad) {
      graphs().erase(graph);
      delete graph;
    }
    return bad;
  });
}

EMULATOR_API Result cuStreamIsCapturing(void* handle, int* status) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream) {
      return ERROR_INVALID_HANDLE;
    }
    *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
    return SUCCESS;
  });
}

EMULATOR_API Result cuGraphInstantiateWithFlags(Executable** result, Graph* graph, unsigned long long) {
  return inContext([&](Device&) -> Result {
    if (!graphs().contains(graph)) {
      return ERROR_INVALID_VALUE;
    }
    *result = new Executable{graph->device, graph->work, graph->shapes};
    executables().insert(*result);
    return SUCCESS;
  });
}

EMULATOR_API Result cuGraphLaunch(Executable* executable, void* handle) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream || !executables().contains(executable)) {
      return stream ? ERROR_INVALID_VALUE : ERROR_INVALID_HANDLE;
    }
    /* As one piece of work, which an update of the graph does not change once it was launched. */
    return device.submit(*stream, [work = executable->work]() -> Result {
      for (auto& each : work) {
        if (Result result = each()) {
          return result;
        }
      }
      return SUCCESS;
    });
  });
}

EMULATOR_API Result cuGraphUpload(Executable* executable, void* handle) {
  return inContext([&](Device& device) -> Result {
    Stream* stream = streamOf(device, handle);
    if (!stream || !executables().contains(executable)) {
      return stream ? ERROR_INVALID_VALUE : ERROR_INVALID_HANDLE;
    }
    return stream->capture ? ERROR_STREAM_CAPTURE_UNSUPPORTED : SUCCESS;
  });
}

EMULATOR_API Result cuGraphExecUpdate_v2(Executable* executable, Graph* graph, void* info) {
  return inContext([&](Device&) -> Result {
    if (!executables().contains(executable) || !graphs().contains(graph) || !info) {
      return ERROR_INVALID_VALUE;
    }
    bool same = executable->shapes == graph->shapes;
    *static_cast<int*>(info) = same ? 0 : 2;
    if (!same) {
      return ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    }
    executable->work = graph->work;
    return SUCCESS;
  });
}

EMULATOR_API Result cuGraphDestroy(Graph* graph) {
  std::lock_guard hold(lock());
  if (!graphs().erase(graph)) {
    return ERROR_INVALID_VALUE;
  }
  delete graph;
  return SUCCESS;
}

EMULATOR_API Result cuGraphExecDestroy(Executable* executable) {
  std::lock_guard hold(lock());
  if (!executables().erase(executable)) {
    return ERROR_INVALID_VALUE;
  }
  delete executable;
  return SUCCESS;
}
