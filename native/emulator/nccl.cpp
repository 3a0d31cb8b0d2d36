/*
 * NCCL, for ranks of one process or of several on this machine. An operation is done when the streams of all its ranks
 * have come to it; until then they wait, and what is behind it in them waits, too. What a rank of another process brings
 * comes as a file, and each process computes its own ranks' results.
 */
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "device.hpp"
#include "gemm.hpp"
#include "mail.hpp"

namespace emulator {

namespace {

#define EMULATOR_NCCL_RESULTS(RESULT)                        \
  RESULT(SUCCESS, 0, "no error")                             \
  RESULT(UNHANDLED_CUDA_ERROR, 1, "unhandled cuda error")    \
  RESULT(SYSTEM_ERROR, 2, "unhandled system error")          \
  RESULT(INTERNAL_ERROR, 3, "internal error")                \
  RESULT(INVALID_ARGUMENT, 4, "invalid argument")            \
  RESULT(INVALID_USAGE, 5, "invalid usage")
enum NcclResult {
#define EMULATOR_RESULT(name, code, text) NCCL_##name = code,
  EMULATOR_NCCL_RESULTS(EMULATOR_RESULT)
#undef EMULATOR_RESULT
};

thread_local std::string lastError;

int wrong(int result, const std::string& why) {
  lastError = why;
  return result;
}

struct UniqueId {
  char internal[128];
};

struct Meeting;
struct Comm;

/* The ranks that belong together; those of other processes are no members here. */
struct Clique {
  std::vector<Comm*> members;
  std::set<int> devices;  // of the members
  int joined = 0;
  bool aborted = false;
  std::map<unsigned long long, std::shared_ptr<Meeting>> meetings;
  std::map<std::tuple<int, int, unsigned long long>, std::shared_ptr<Meeting>> letters;  // from, to, number
  std::unique_ptr<Mail> mail;  // none: all ranks are here from the beginning

  explicit Clique(int ranks) : members((size_t)ranks) {}
  int ranks() const { return (int)members.size(); }
  bool isElsewhere(int rank) const { return !members[(size_t)rank]; }
};

struct Comm {
  std::shared_ptr<Clique> clique;
  Device* device;
  int rank;
  unsigned long long meetings = 0;
  std::map<int, unsigned long long> sent, received;

  Comm(std::shared_ptr<Clique> clique, Device* device, int rank) : clique(std::move(clique)), device(device), rank(rank) {}
};

enum class Kind { ALL_REDUCE, REDUCE, BROADCAST, REDUCE_SCATTER, ALL_GATHER, LETTER };

/* The types of elements, with NCCL's numbers; those of 16 bits are reckoned with in float. */
#define EMULATOR_NCCL_TYPES(TYPE) \
  TYPE(0, signed char)            \
  TYPE(1, unsigned char)          \
  TYPE(2, int)                    \
  TYPE(3, unsigned)               \
  TYPE(4, long long)              \
  TYPE(5, unsigned long long)     \
  TYPE(7, float)                  \
  TYPE(8, double)
enum { FLOAT16 = 6, BFLOAT16 = 9 };

/* 0 for a type that there is not. */
size_t sizeOfType(int type) {
  switch (type) {
#define EMULATOR_SIZE(code, T) \
  case code:                   \
    return sizeof(T);
    EMULATOR_NCCL_TYPES(EMULATOR_SIZE)
#undef EMULATOR_SIZE
    case FLOAT16:
    case BFLOAT16:
      return 2;
    default:
      return 0;
  }
}

/* What a rank brings to an operation, and what must be the same for all. */
struct Part {
  const char* send = nullptr;
  char* receive = nullptr;
  Stream* stream = nullptr;  // null: the rank has not called yet
  bool arrived = false;
  Kind kind{};
  size_t count = 0;
  int type = 0;
  int op = 0, root = 0;

  bool agrees(const Part& other) const {
    return kind == other.kind && count == other.count && type == other.type && op == other.op && root == other.root;
  }

  /* How many bytes others need of it. */
  size_t brings(int rank, size_t ranks) const {
    bool gives = kind == Kind::LETTER ? send != nullptr : kind != Kind::BROADCAST || rank == root;
    return gives ? count * (kind == Kind::REDUCE_SCATTER ? ranks : 1) * sizeOfType(type) : 0;
  }
};

/* An operation, with a part for each rank; of a letter the sender's and the receiver's. */
struct Meeting {
  std::shared_ptr<Clique> clique;
  std::string name;        // the same in all processes
  std::vector<int> ranks;  // whose parts they are
  std::vector<Part> parts = std::vector<Part>(ranks.size());
  std::vector<std::string> brought = std::vector<std::string>(ranks.size());  // by ranks of other processes
  Result state = WAITING;

  bool isElsewhere(size_t part) const { return clique->isElsewhere(ranks[part]); }
  /* A stream has come here with a part, which other processes hear of. */
  void arrive(size_t part);
  void perform();
  Result progress();

 private:
  bool hasCome(size_t part);
};

enum Operation { SUM = 0, PRODUCT = 1, MAX = 2, MIN = 3, AVERAGE = 4 };

/* Whole numbers wrap around. */
template <class T>
T combined(int op, T a, T b) {
  using Wide = std::conditional_t<std::is_integral_v<T>, unsigned long long, T>;
  switch (op) {
    case PRODUCT:
      return (T)((Wide)a * (Wide)b);
    case MAX:
      return std::max(a, b);
    case MIN:
      return std::min(a, b);
    default:
      return (T)((Wide)a + (Wide)b);
  }
}

/* What becomes of `count` elements of all ranks; `get` reads one, `put` writes one. */
template <class T, class Get, class Put>
std::string reducedBy(const std::vector<Part>& parts, size_t first, size_t count, Get get, Put put) {
  std::string result(count * sizeOfType(parts[0].type), 0);
  for (size_t i = 0; i < count; i++) {
    T all = get(parts[0].send, first + i);
    for (size_t j = 1; j < parts.size(); j++) {
      all = combined<T>(parts[0].op, all, get(parts[j].send, first + i));
    }
    put(result.data(), i, parts[0].op == AVERAGE ? (T)(all / (T)parts.size()) : all);
  }
  return result;
}

std::string reduced(const std::vector<Part>& parts, size_t first, size_t count) {
  auto halves = [&](Number type) {
    return reducedBy<float>(
        parts, first, count, [=](const char* from, size_t i) { return (float)load(from, type, i); },
        [=](char* to, size_t i, float value) { store(to, type, i, value); });
  };
  switch (parts[0].type) {
#define EMULATOR_REDUCE(code, T)                                                           \
  case code:                                                                               \
    return reducedBy<T>(                                                                   \
        parts, first, count, [](const char* from, size_t i) { return ((const T*)from)[i]; }, \
        [](char* to, size_t i, T value) { ((T*)to)[i] = value; });
    EMULATOR_NCCL_TYPES(EMULATOR_REDUCE)
#undef EMULATOR_REDUCE
    default:
      return halves(parts[0].type == FLOAT16 ? Number::F16 : Number::BF16);
  }
}

/* What a part is, as it travels; its elements are behind it. */
struct Head {
  int kind, type, op, root;
  size_t count;
};

void Meeting::arrive(size_t index) {
  Part& part = parts[index];
  if (part.arrived) {
    return;
  }
  part.arrived = true;
  for (size_t to = 0; to < ranks.size(); to++) {
    if (isElsewhere(to)) {
      Head head{(int)part.kind, part.type, part.op, part.root, part.count};
      std::string text((const char*)&head, sizeof(head));
      if (size_t bytes = part.brings(ranks[index], ranks.size())) {
        text.append(part.send, bytes);
      }
      clique->mail->send(name, ranks[index], ranks[to], text);
    }
  }
}

/* Of a part that comes from elsewhere each rank here gets a letter; the first is read. */
bool Meeting::hasCome(size_t index) {
  Part& part = parts[index];
  for (size_t to = 0; !part.arrived && to < ranks.size(); to++) {
    if (!isElsewhere(to) && clique->mail->receive(name, ranks[index], ranks[to], brought[index])) {
      Head head;
      memcpy(&head, brought[index].data(), sizeof(head));
      const char* elements = brought[index].data() + sizeof(head);
      part = {elements, nullptr, nullptr, true, (Kind)head.kind, head.count, head.type, head.op, head.root};
    }
  }
  return part.arrived;
}

/* Results may lie where operands do: all of these are read before. A rank that is elsewhere has no place for them. */
void Meeting::perform() {
  auto give = [](Part& part, const char* from, size_t bytes) {
    if (part.receive) {
      memmove(part.receive, from, bytes);
    }
  };
  size_t count = parts[0].count, bytes = count * sizeOfType(parts[0].type);
  switch (parts[0].kind) {
    case Kind::ALL_REDUCE: {
      auto all = reduced(parts, 0, count);
      for (auto& part : parts) {
        give(part, all.data(), bytes);
      }
      break;
    }
    case Kind::REDUCE: {
      auto all = reduced(parts, 0, count);
      give(parts[(size_t)parts[0].root], all.data(), bytes);
      break;
    }
    case Kind::REDUCE_SCATTER: {
      auto all = reduced(parts, 0, count * parts.size());
      for (size_t i = 0; i < parts.size(); i++) {
        give(parts[i], all.data() + i * bytes, bytes);
      }
      break;
    }
    case Kind::BROADCAST:
      for (auto& part : parts) {
        give(part, parts[(size_t)part.root].send, bytes);
      }
      break;
    case Kind::ALL_GATHER: {
      std::string all;
      for (auto& part : parts) {
        all.append(part.send, bytes);
      }
      for (auto& part : parts) {
        give(part, all.data(), all.size());
      }
      break;
    }
    case Kind::LETTER:
      give(parts[1], parts[0].send, bytes);
  }
}

/* Has the other ranks' streams come here, as far as they can, and does the operation once all are here. */
Result Meeting::progress() {
  for (size_t i = 0; i < parts.size(); i++) {
    Part& part = parts[i];
    while (state == WAITING && part.stream && !part.arrived && part.stream->step()) {
    }
    if (state != WAITING || clique->aborted) {
      return clique->aborted ? (Result)SUCCESS : state;
    }
    if (isElsewhere(i) ? !hasCome(i) : !part.arrived) {
      return WAITING;
    }
  }
  for (auto& part : parts) {
    if (!part.agrees(parts[0])) {
      return state = explain(ERROR_LAUNCH_FAILED, "ranks of NCCL do not call the same operation, of the same size");
    }
  }
  perform();
  return state = SUCCESS;
}

struct Task {
  std::shared_ptr<Meeting> meeting;
  size_t part;
};

/* What a rank does at once in a stream: one call, or those of a group. */
struct Bundle {
  Device* device;
  Stream* stream;
  std::vector<Task> tasks;
};

struct Group {
  int depth = 0;
  std::vector<Bundle> bundles;
  std::vector<std::shared_ptr<Clique>> joined;
};
thread_local Group group;

std::set<Comm*>& comms() {
  static std::set<Comm*> all;
  return all;
}

std::map<std::string, std::shared_ptr<Clique>>& cliques() {
  static std::map<std::string, std::shared_ptr<Clique>> all;
  return all;
}

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

/* A stream that is at an operation with ranks of other processes, or will come to it. */
struct Awaiting {
  std::weak_ptr<Meeting> meeting;
  Device* device;
  Stream* stream;

  bool isOver() const {
    auto known = meeting.lock();
    bool there = device->defaultStream.get() == stream || device->streams.contains(stream);
    return !known || known->state != WAITING || known->clique->aborted || device->broken || !there;
  }
};

std::vector<Awaiting>& awaiting() {
  static std::vector<Awaiting> all;
  return all;
}

/* Nobody here may wait for a stream that another process waits for: a GPU works all the same. */
void workForOthers() {
  static bool over = false;
  std::atexit([] {
    std::lock_guard hold(lock());
    over = true;
  });
  std::thread([] {
    while (true) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::lock_guard hold(lock());
      if (over) {
        return;
      }
      bool worked = false;
      auto now = std::move(awaiting());
      awaiting().clear();
      for (auto& each : now) {
        while (!each.isOver() && each.stream->step()) {
          worked = true;
        }
        if (!each.isOver()) {
          awaiting().push_back(each);
        }
      }
      if (worked) {
        changed().notify_all();
      }
    }
  }).detach();
}

/* Adds a part to the meeting of a number, which is known by it until all parts of this process are there. */
template <class K>
Task join(Comm* comm, std::map<K, std::shared_ptr<Meeting>>& all, K key, const std::string& name, const Part& part,
          size_t index, const std::vector<int>& ranks) {
  auto& known = all[key];
  if (!known) {
    known = std::make_shared<Meeting>(Meeting{comm->clique, name, ranks});
  }
  auto meeting = known;
  meeting->parts[index] = part;
  bool complete = true, elsewhere = false;
  for (size_t i = 0; i < ranks.size(); i++) {
    complete = complete && (meeting->isElsewhere(i) || meeting->parts[i].stream);
    elsewhere = elsewhere || meeting->isElsewhere(i);
  }
  if (complete) {
    all.erase(key);
  }
  if (elsewhere) {
    awaiting().push_back({meeting, comm->device, part.stream});
  }
  return {meeting, index};
}

Task meet(Comm* comm, const Part& part) {
  std::vector<int> ranks((size_t)comm->clique->ranks());
  std::iota(ranks.begin(), ranks.end(), 0);
  auto number = comm->meetings++;
  return join(comm, comm->clique->meetings, number, "meeting-" + std::to_string(number), part, (size_t)comm->rank, ranks);
}

Task post(Comm* comm, const Part& part, int peer) {
  bool sends = part.send != nullptr;
  int from = sends ? comm->rank : peer, to = sends ? peer : comm->rank;
  auto number = sends ? comm->sent[peer]++ : comm->received[peer]++;
  auto name = "letter-" + std::to_string(from) + "-to-" + std::to_string(to) + "-" + std::to_string(number);
  return join(comm, comm->clique->letters, std::tuple(from, to, number), name, part, sends ? 0 : 1, {from, to});
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
  if (group.depth == 0) {
    Bundle bundle{&device, stream, {task}};
    return submit(bundle);
  }
  auto same = std::find_if(group.bundles.begin(), group.bundles.end(), [&](auto& each) { return each.stream == stream; });
  if (same == group.bundles.end()) {
    same = group.bundles.insert(same, Bundle{&device, stream, {}});
  }
  same->tasks.push_back(task);
  return NCCL_SUCCESS;
}

/* The devices of the ranks of other processes that have come. */
std::vector<int> devicesElsewhere(const Clique& clique) {
  std::vector<int> all;
  for (int rank = 0; clique.mail && rank < clique.ranks(); rank++) {
    auto card = clique.isElsewhere(rank) ? clique.mail->card(rank) : "";
    if (!card.empty()) {
      all.push_back(std::stoi(card));
    }
  }
  return all;
}

int awaitAll(const Clique& clique) {
  auto last = std::chrono::steady_clock::now() + PATIENCE;
  while (true) {
    auto elsewhere = devicesElsewhere(clique);
    if (std::any_of(elsewhere.begin(), elsewhere.end(), [&](int each) { return clique.devices.contains(each); })) {
      return wrong(NCCL_INVALID_USAGE, "two ranks on one device");
    }
    if (clique.joined + (int)elsewhere.size() == clique.ranks()) {
      static bool working = false;
      if (!elsewhere.empty() && !working) {
        working = true;
        workForOthers();
      }
      return NCCL_SUCCESS;
    }
    if (std::chrono::steady_clock::now() > last) {
      return wrong(NCCL_SYSTEM_ERROR, "not all ranks have come");
    }
    changed().wait_for(lock(), std::chrono::milliseconds(5));
  }
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_API const char* ncclGetErrorString(int result) {
  switch (result) {
#define EMULATOR_RESULT(name, code, text) \
  case code:                              \
    return text;
    EMULATOR_NCCL_RESULTS(EMULATOR_RESULT)
#undef EMULATOR_RESULT
    default:
      return "unknown result code";
  }
}

EMULATOR_API const char* ncclGetLastError(Comm*) { return lastError.c_str(); }

EMULATOR_API int ncclGetVersion(int* version) {
  *version = 23000;
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclGetUniqueId(UniqueId* id) {
  static unsigned long long next = 0;
  std::lock_guard hold(lock());
  memset(id, 0, sizeof(*id));
  auto now = (long long)std::chrono::system_clock::now().time_since_epoch().count();
  snprintf(id->internal, sizeof(id->internal), "emulator-%d-%llx-%llu", (int)getpid(), now, ++next);
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclCommInitAll(Comm** result, int count, const int* numbers) {
  std::lock_guard hold(lock());
  std::set<int> used;
  for (int i = 0; i < count; i++) {
    int number = numbers ? numbers[i] : i;
    if (number < 0 || number >= (int)devices().size() || devices()[(size_t)number]->retained == 0) {
      return wrong(NCCL_UNHANDLED_CUDA_ERROR, "device " + std::to_string(number) + " is not in use");
    }
    if (!used.insert(number).second) {
      return wrong(NCCL_INVALID_USAGE, "two ranks on one device");
    }
  }
  if (count < 1) {
    return wrong(NCCL_INVALID_ARGUMENT, "no ranks");
  }
  auto clique = std::make_shared<Clique>(count);
  for (int i = 0; i < count; i++) {
    Device* device = devices()[(size_t)(numbers ? numbers[i] : i)].get();
    result[i] = clique->members[(size_t)i] = *comms().insert(new Comm(clique, device, i)).first;
    clique->joined++;
  }
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclCommInitRank(Comm** result, int ranks, UniqueId id, int rank) {
  std::lock_guard hold(lock());
  if (!initialized() || !current()) {
    return wrong(NCCL_UNHANDLED_CUDA_ERROR, "no current device");
  }
  if (ranks < 1 || rank < 0 || rank >= ranks) {
    return wrong(NCCL_INVALID_ARGUMENT, "rank " + std::to_string(rank) + " of " + std::to_string(ranks));
  }
  auto& clique = cliques()[std::string(id.internal, sizeof(id.internal))];
  if (!clique) {
    clique = std::make_shared<Clique>(ranks);
    clique->mail = std::make_unique<Mail>(std::string(id.internal, strnlen(id.internal, sizeof(id.internal))), ranks);
  }
  if (clique->ranks() != ranks || clique->members[(size_t)rank]) {
    return wrong(NCCL_INVALID_USAGE, "ranks that have one id do not fit together");
  }
  if (!clique->devices.insert(current()->number).second) {
    return wrong(NCCL_INVALID_USAGE, "two ranks on one device");
  }
  *result = clique->members[(size_t)rank] = *comms().insert(new Comm(clique, current(), rank)).first;
  clique->joined++;
  clique->mail->enter(rank, std::to_string(current()->number));
  changed().notify_all();
  if (group.depth > 0) {
    group.joined.push_back(clique);
    return NCCL_SUCCESS;
  }
  auto all = clique;
  int status = awaitAll(*all);
  if (status != NCCL_SUCCESS) {
    all->mail->leave(rank);
  }
  return status;
}

EMULATOR_API int ncclCommDestroy(Comm* comm) {
  std::lock_guard hold(lock());
  if (!comms().contains(comm)) {
    return wrong(NCCL_INVALID_ARGUMENT, "no communicator");
  }
  comm->device->finish();
  if (comm->clique->mail) {
    comm->clique->mail->leave(comm->rank);
  }
  comms().erase(comm);
  delete comm;
  return NCCL_SUCCESS;
}

/* What still waits for other ranks is given up. */
EMULATOR_API int ncclCommAbort(Comm* comm) {
  std::lock_guard hold(lock());
  if (!comms().contains(comm)) {
    return wrong(NCCL_INVALID_ARGUMENT, "no communicator");
  }
  comm->clique->aborted = true;
  changed().notify_all();
  return ncclCommDestroy(comm);
}

EMULATOR_API int ncclCommGetAsyncError(Comm* comm, int* error) {
  std::lock_guard hold(lock());
  if (!comms().contains(comm)) {
    return wrong(NCCL_INVALID_ARGUMENT, "no communicator");
  }
  *error = comm->device->broken ? NCCL_UNHANDLED_CUDA_ERROR : NCCL_SUCCESS;
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclGroupStart() {
  group.depth++;
  return NCCL_SUCCESS;
}

EMULATOR_API int ncclGroupEnd() {
  if (group.depth == 0) {
    return wrong(NCCL_INVALID_USAGE, "no group was started");
  }
  if (--group.depth > 0) {
    return NCCL_SUCCESS;
  }
  std::lock_guard hold(lock());
  auto bundles = std::move(group.bundles);
  auto joined = std::move(group.joined);
  group = {};
  int result = NCCL_SUCCESS;
  for (auto& clique : joined) {
    int each = awaitAll(*clique);
    result = result ? result : each;
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
