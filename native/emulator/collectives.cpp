/*
 * The operations of NCCL, and groups of them. An operation is done when the streams of all its ranks have come to it;
 * until then they wait, and what is behind it in them waits, too.
 */
#include <algorithm>

#include "nccl.hpp"

namespace emulator {

namespace {

int submit(Bundle& bundle) {
  Result result = bundle.device->broken ? bundle.device->broken
                                        : bundle.device->submit(*bundle.stream, [tasks = bundle.tasks]() -> Result {
    for (auto& task : tasks) {
      task.meeting->arrive(task.part);
    }
    Result all = SUCCESS;
    for (auto& task : tasks) {
      Result each = task.meeting->progress();
      all = each == SUCCESS || (all != SUCCESS && all != WAITING) ? all : each;
    }
    return all;
  }, "nccl");
  return result == SUCCESS ? (int)NCCL_SUCCESS : wrong(NCCL_UNHANDLED_CUDA_ERROR, "the device does not work");
}

/* Adds a rank's part of an operation to its stream, or to the group. Sizes are in elements. */
int take(Comm* comm, Part part, int type, void* handle, size_t sends, size_t receives, int peer = -1) {
  std::lock_guard hold(lock());
  if (!comms().contains(comm)) {
    return wrong(NCCL_INVALID_ARGUMENT, "no communicator");
  }
  Device& device = *comm->device;
  Stream* stream = streamOf(device, handle);
  size_t size = sizeOfType(type);
  if (size == 0) {
    return wrong(NCCL_INVALID_ARGUMENT, "type " + std::to_string(type) + " is not emulated");
  }
  if (part.op < SUM || part.op > AVERAGE) {
    return wrong(NCCL_INVALID_ARGUMENT, "operation " + std::to_string(part.op) + " is not emulated");
  }
  if (!stream || part.root < 0 || part.root >= comm->clique->ranks() || peer >= comm->clique->ranks()) {
    return wrong(NCCL_INVALID_ARGUMENT, stream ? "there is no such rank" : "the stream is not the communicator's device's");
  }
  part.type = type;
  if ((sends > 0 && !reaches(device, (DevicePointer)part.send, sends * size)) ||
      (receives > 0 && !reaches(device, (DevicePointer)part.receive, receives * size))) {
    return wrong(NCCL_INVALID_ARGUMENT, "a buffer is not within memory of device " + std::to_string(device.number));
  }
  part.stream = stream;
  Task task = part.kind == Kind::LETTER ? post(comm, part, peer) : meet(comm, part);
  if (group().depth == 0) {
    Bundle bundle{&device, stream, {task}};
    return submit(bundle);
  }
  auto same = std::find_if(group().bundles.begin(), group().bundles.end(), [&](auto& each) { return each.stream == stream; });
  if (same == group().bundles.end()) {
    same = group().bundles.insert(same, Bundle{&device, stream, {}});
  }
  same->tasks.push_back(task);
  return NCCL_SUCCESS;
}

}  // namespace

Group& group() {
  static thread_local Group here;
  return here;
}

}  // namespace emulator

using namespace emulator;

EMULATOR_API int ncclGroupStart() {
  group().depth++;
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclGroupEnd() {
  if (group().depth == 0) {
    return wrong(NCCL_INVALID_USAGE, "no group was started");
  }
  if (--group().depth > 0) {
    return NCCL_SUCCESS;
  }
  std::lock_guard hold(lock());
  auto bundles = std::move(group().bundles);
  auto joined = std::move(group().joined);
  group() = {};
  int result = NCCL_SUCCESS;
  for (Comm* comm : joined) {
    int each = awaitAll(*comm->clique);
    result = result ? result : each;
  }
  for (Comm* comm : result ? joined : std::vector<Comm*>()) {
    end(comm);
  }
  for (auto& bundle : bundles) {
    int each = submit(bundle);
    result = result ? result : each;
  }
  return result;
}

EMULATOR_API int ncclAllReduce(const void* send, void* receive, size_t count, int type, int op, Comm* comm,
                               void* stream) {
  Part part{(const char*)send, (char*)receive, nullptr, false, Kind::ALL_REDUCE, count, 0, op};
  return take(comm, part, type, stream, count, count);
}

EMULATOR_API int ncclReduce(const void* send, void* receive, size_t count, int type, int op, int root, Comm* comm,
                            void* stream) {
  Part part{(const char*)send, (char*)receive, nullptr, false, Kind::REDUCE, count, 0, op, root};
  std::lock_guard hold(lock());
  bool receives = comms().contains(comm) && comm->rank == root;
  return take(comm, part, type, stream, count, receives ? count : 0);
}

EMULATOR_API int ncclBroadcast(const void* send, void* receive, size_t count, int type, int root, Comm* comm,
                               void* stream) {
  Part part{(const char*)send, (char*)receive, nullptr, false, Kind::BROADCAST, count, 0, SUM, root};
  std::lock_guard hold(lock());
  bool sends = comms().contains(comm) && comm->rank == root;
  return take(comm, part, type, stream, sends ? count : 0, count);
}

EMULATOR_API int ncclReduceScatter(const void* send, void* receive, size_t count, int type, int op, Comm* comm,
                                   void* stream) {
  Part part{(const char*)send, (char*)receive, nullptr, false, Kind::REDUCE_SCATTER, count, 0, op};
  std::lock_guard hold(lock());
  size_t ranks = comms().contains(comm) ? comm->clique->members.size() : 0;
  return take(comm, part, type, stream, count * ranks, count);
}

EMULATOR_API int ncclAllGather(const void* send, void* receive, size_t count, int type, Comm* comm, void* stream) {
  Part part{(const char*)send, (char*)receive, nullptr, false, Kind::ALL_GATHER, count};
  std::lock_guard hold(lock());
  size_t ranks = comms().contains(comm) ? comm->clique->members.size() : 0;
  return take(comm, part, type, stream, count, count * ranks);
}

EMULATOR_API int ncclSend(const void* send, size_t count, int type, int peer, Comm* comm, void* stream) {
  Part part{(const char*)send, nullptr, nullptr, false, Kind::LETTER, count};
  return send && peer >= 0 ? take(comm, part, type, stream, count, 0, peer)
                           : wrong(NCCL_INVALID_ARGUMENT, "nothing, or nobody, to send to");
}

EMULATOR_API int ncclRecv(void* receive, size_t count, int type, int peer, Comm* comm, void* stream) {
  Part part{nullptr, (char*)receive, nullptr, false, Kind::LETTER, count};
  return receive && peer >= 0 ? take(comm, part, type, stream, 0, count, peer)
                              : wrong(NCCL_INVALID_ARGUMENT, "no place, or nobody, to receive from");
}
