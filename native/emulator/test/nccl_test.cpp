/* NCCL on devices of one process, and of two: what operations give, when, and what they refuse. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "mail.hpp"
#include "process.hpp"
#include "tests.hpp"

struct UniqueId {
  char internal[128];
};

extern "C" {
const char* ncclGetErrorString(int result);
const char* ncclGetLastError(void* comm);
int ncclGetUniqueId(UniqueId* id);
int ncclCommInitAll(void** comms, int count, const int* devices);
int ncclCommInitRank(void** comm, int ranks, UniqueId id, int rank);
int ncclCommDestroy(void* comm);
int ncclCommAbort(void* comm);
int ncclCommGetAsyncError(void* comm, int* error);
int ncclGroupStart();
int ncclGroupEnd();
int ncclAllReduce(const void* send, void* receive, size_t count, int type, int op, void* comm, void* stream);
int ncclReduce(const void* send, void* receive, size_t count, int type, int op, int root, void* comm, void* stream);
int ncclBroadcast(const void* send, void* receive, size_t count, int type, int root, void* comm, void* stream);
int ncclReduceScatter(const void* send, void* receive, size_t count, int type, int op, void* comm, void* stream);
int ncclAllGather(const void* send, void* receive, size_t count, int type, void* comm, void* stream);
int ncclSend(const void* send, size_t count, int type, int peer, void* comm, void* stream);
int ncclRecv(void* receive, size_t count, int type, int peer, void* comm, void* stream);
int cuDevicePrimaryCtxRelease_v2(int device);
}

namespace {

constexpr int INT32 = 2, F32 = 7, SUM = 0, PRODUCT = 1, MAX = 2, MIN = 3, AVERAGE = 4, NO_TYPE = 10, NO_OPERATION = 5, INVALID_ARGUMENT = 4, INVALID_USAGE = 5;
using Floats = std::vector<float>;

/* Two devices, each with a stream, and their communicators. */
struct Pair {
  void *context[2], *stream[2], *comm[2];

  Pair() {
    for (int i = 0; i < 2; i++) {
      OK(cuDevicePrimaryCtxRetain(&context[i], i));
      use(i);
      OK(cuStreamCreate(&stream[i], 1));
    }
    CHECK(ncclCommInitAll(comm, 2, nullptr) == 0);
  }
  ~Pair() {
    for (int i = 0; i < 2; i++) {
      use(i);
      CHECK(ncclCommDestroy(comm[i]) == 0);
      cuStreamDestroy_v2(stream[i]);
      OK(cuDevicePrimaryCtxRelease_v2(i));
    }
    use(0);
  }
  void use(int i) { OK(cuCtxSetCurrent(context[i])); }

  DevicePointer array(int i, const Floats& values) {
    DevicePointer address = 0;
    use(i);
    OK(cuMemAlloc_v2(&address, values.size() * 4));
    OK(cuMemcpyHtoD_v2(address, values.data(), values.size() * 4));
    return address;
  }
  Floats read(int i, DevicePointer address, size_t count) {
    Floats values(count);
    use(i);
    OK(cuStreamSynchronize(stream[i]));
    OK(cuMemcpyDtoH_v2(values.data(), address, count * 4));
    return values;
  }
};

template <class F>
void together(F&& each) {
  CHECK(ncclGroupStart() == 0);
  for (int i = 0; i < 2; i++) {
    CHECK(each(i) == 0);
  }
  CHECK(ncclGroupEnd() == 0);
}

void testOperations() {
  Pair pair;
  DevicePointer x[2] = {pair.array(0, {1, 2, 3, 4}), pair.array(1, {10, 20, 30, 40})};
  DevicePointer y[2] = {pair.array(0, Floats(8)), pair.array(1, Floats(8))};
  auto X = [&](int i) { return (void*)x[i]; };
  auto Y = [&](int i) { return (void*)y[i]; };
  together([&](int i) { return ncclAllReduce(X(i), Y(i), 4, F32, SUM, pair.comm[i], pair.stream[i]); });
  for (int i = 0; i < 2; i++) {
    CHECK(pair.read(i, y[i], 5) == (Floats{11, 22, 33, 44, 0}));
  }
  together([&](int i) { return ncclReduceScatter(X(i), Y(i), 2, F32, AVERAGE, pair.comm[i], pair.stream[i]); });
  CHECK(pair.read(0, y[0], 3) == (Floats{5.5, 11, 33}));
  CHECK(pair.read(1, y[1], 3) == (Floats{16.5, 22, 33}));
  together([&](int i) { return ncclAllGather(X(i), Y(i), 3, F32, pair.comm[i], pair.stream[i]); });
  for (int i = 0; i < 2; i++) {
    CHECK(pair.read(i, y[i], 7) == (Floats{1, 2, 3, 10, 20, 30, 0}));
  }
  together([&](int i) { return ncclBroadcast(X(i), Y(i), 2, F32, 1, pair.comm[i], pair.stream[i]); });
  CHECK(pair.read(0, y[0], 3) == (Floats{10, 20, 3}));
  together([&](int i) { return ncclReduce(X(i), Y(i), 4, F32, PRODUCT, 1, pair.comm[i], pair.stream[i]); });
  CHECK(pair.read(1, y[1], 4) == (Floats{10, 40, 90, 160}));
  CHECK(pair.read(0, y[0], 4) == (Floats{10, 20, 3, 10}));
  for (int op : {MAX, MIN}) {
    together([&](int i) { return ncclAllReduce(X(i), Y(i), 2, F32, op, pair.comm[i], pair.stream[i]); });
    CHECK(pair.read(0, y[0], 2) == (op == MAX ? Floats{10, 20} : Floats{1, 2}));
  }
  /* Whole numbers, which these are to the bit, and wrap around. */
  together([&](int i) { return ncclAllReduce(X(i), Y(i), 1, INT32, SUM, pair.comm[i], pair.stream[i]); });
  unsigned one, ten, both;
  float floats[] = {1, 10, pair.read(0, y[0], 1)[0]};
  memcpy(&one, floats, 4);
  memcpy(&ten, floats + 1, 4);
  memcpy(&both, floats + 2, 4);
  CHECK(both == one + ten);
  together([&](int i) { return ncclBroadcast(X(i), Y(i), 4, F32, 1, pair.comm[i], pair.stream[i]); });
  /* In place, and both ways at once. */
  together([&](int i) { return ncclAllReduce(X(i), X(i), 4, F32, SUM, pair.comm[i], pair.stream[i]); });
  CHECK(pair.read(1, x[1], 4) == (Floats{11, 22, 33, 44}));
  CHECK(ncclGroupStart() == 0);
  for (int i = 0; i < 2; i++) {
    CHECK(ncclSend((void*)(y[i] + 4), 2, F32, 1 - i, pair.comm[i], pair.stream[i]) == 0);
    CHECK(ncclRecv(X(i), 2, F32, 1 - i, pair.comm[i], pair.stream[i]) == 0);
  }
  CHECK(ncclGroupEnd() == 0);
  CHECK(pair.read(0, x[0], 3) == (Floats{20, 30, 33}));
  CHECK(pair.read(1, x[1], 3) == (Floats{20, 30, 33}));
}

/* What is behind an operation in a stream waits until the other rank has come, too. */
void testOrder() {
  Pair pair;
  DevicePointer x[2] = {pair.array(0, {1, 2}), pair.array(1, {10, 20})};
  auto reduce = [&](int i) {
    return ncclAllReduce((void*)x[i], (void*)x[i], 2, F32, SUM, pair.comm[i], pair.stream[i]);
  };
  pair.use(0);
  CHECK(reduce(0) == 0);
  OK(cuMemsetD32Async(x[0], 0x40000000, 1, pair.stream[0]));
  EXPECT(600, cuStreamQuery(pair.stream[0]));
  EXPECT(600, cuStreamQuery(pair.stream[0]));
  pair.use(1);
  OK(cuMemsetD32Async(x[1], 0x40800000, 1, pair.stream[1]));
  CHECK(reduce(1) == 0);
  CHECK(pair.read(0, x[0], 2) == (Floats{2, 22}));
  CHECK(pair.read(1, x[1], 2) == (Floats{5, 22}));
}

/* A thread for each rank: who synchronizes waits until the other one has called. */
void testThreads() {
  Pair pair;
  UniqueId id;
  CHECK(ncclGetUniqueId(&id) == 0);
  DevicePointer x[2] = {pair.array(0, {1, 2}), pair.array(1, {10, 20})};
  auto rank = [&](int i) {
    pair.use(i);
    void* comm;
    CHECK(ncclCommInitRank(&comm, 2, id, i) == 0);
    CHECK(ncclAllReduce((void*)x[i], (void*)x[i], 2, F32, SUM, comm, pair.stream[i]) == 0);
    CHECK(pair.read(i, x[i], 2) == (Floats{11, 22}));
    CHECK(ncclCommDestroy(comm) == 0);
  };
  std::thread first(rank, 0), second(rank, 1);
  first.join();
  second.join();
}

void testMistakes() {
  {
    Pair pair;
    void* comms[2];
    int same[] = {1, 1};
    CHECK(ncclCommInitAll(comms, 2, same) == INVALID_USAGE);
    CHECK(strcmp(ncclGetLastError(nullptr), "two ranks on one device") == 0);
    CHECK(strcmp(ncclGetErrorString(INVALID_USAGE), "invalid usage") == 0);
    CHECK(ncclGroupEnd() == INVALID_USAGE);
    DevicePointer x[2] = {pair.array(0, {1, 2}), pair.array(1, {10, 20})};
    auto reduce = [&](int i, size_t count, int type, int op, void* stream) {
      return ncclAllReduce((void*)x[0], (void*)x[0], count, type, op, pair.comm[i], stream);
    };
    CHECK(reduce(0, 3, F32, SUM, pair.stream[0]) == INVALID_ARGUMENT);
    CHECK(reduce(0, 2, NO_TYPE, SUM, pair.stream[0]) == INVALID_ARGUMENT);
    CHECK(reduce(0, 2, F32, NO_OPERATION, pair.stream[0]) == INVALID_ARGUMENT);
    CHECK(reduce(0, 2, F32, SUM, pair.stream[1]) == INVALID_ARGUMENT);
    CHECK(reduce(1, 2, F32, SUM, pair.stream[1]) == INVALID_ARGUMENT);
    CHECK(ncclBroadcast((void*)x[0], (void*)x[0], 2, F32, 2, pair.comm[0], pair.stream[0]) == INVALID_ARGUMENT);
    CHECK(ncclSend((void*)x[0], 2, F32, 2, pair.comm[0], pair.stream[0]) == INVALID_ARGUMENT);
    CHECK(reduce(0, 2, F32, SUM, pair.stream[0]) == 0);
    CHECK(ncclCommAbort(pair.comm[0]) == 0);
    CHECK(ncclCommAbort(pair.comm[1]) == 0);
    CHECK(pair.read(0, x[0], 2) == (Floats{1, 2}));
    CHECK(ncclCommInitAll(pair.comm, 2, nullptr) == 0);
  }
  {
    Pair pair;
    DevicePointer x[2] = {pair.array(0, {1, 2}), pair.array(1, {10, 20})};
    together([&](int i) {
      return ncclAllReduce((void*)x[i], (void*)x[i], (size_t)(1 + i), F32, SUM, pair.comm[i], pair.stream[i]);
    });
    pair.use(0);
    EXPECT(719, cuStreamSynchronize(pair.stream[0]));
    SAYS(719, "do not call the same operation");
    int error = 0;
    CHECK(ncclCommGetAsyncError(pair.comm[0], &error) == 0);
    CHECK(error == 1);
    for (int i = 0; i < 2; i++) {
      OK(cuDevicePrimaryCtxReset_v2(i));
    }
  }
}

/* A folder for what processes leave each other. */
struct Folder {
  std::string path = "/tmp/emulator-test-XXXXXX";

  Folder() {
    CHECK(mkdtemp(path.data()) != nullptr);
    setenv("TMPDIR", path.c_str(), 1);
  }
  ~Folder() {
    unsetenv("TMPDIR");
    CHECK(rmdir(path.c_str()) == 0);
  }
  /* What lies in it, or in the one folder that lies in it. */
  std::vector<std::string> names(bool within = false) {
    auto inner = within ? names() : std::vector<std::string>();
    std::vector<std::string> found;
    if (DIR* files = opendir((path + (within ? "/" + inner.at(0) : "")).c_str())) {
      while (dirent* each = readdir(files)) {
        if (each->d_name[0] != '.') {
          found.push_back(each->d_name);
        }
      }
      closedir(files);
    }
    return found;
  }
};

/* This program once more, as a rank. */
pid_t startRank(const char* what, const UniqueId& id) {
  const char* arguments[] = {"rank", what, id.internal, nullptr};
  pid_t child = -1;
  CHECK(posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, (char**)arguments, environ) == 0);
  return child;
}

/* What its end says, as waitpid has it. */
int endOf(pid_t child) {
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

/* Of a process that was ended the folder stays until somebody else comes. */
void testEndedProcess() {
  Folder folder;
  UniqueId id;
  CHECK(ncclGetUniqueId(&id) == 0);
  CHECK(endOf(startRank("ended", id)) == SIGKILL);
  CHECK(folder.names().size() == 1);
  testThreads();
  CHECK(folder.names().empty());
}

/* Ranks that do not come together leave nothing, whether they came in a group or not. */
void testNoClique() {
  Folder folder;
  void *context, *comm = nullptr;
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  for (bool grouped : {false, true}) {
    UniqueId id;
    CHECK(ncclGetUniqueId(&id) == 0);
    pid_t other = startRank("same device", id);
    CHECK(!grouped || ncclGroupStart() == 0);
    CHECK(ncclCommInitRank(&comm, 2, id, 0) == (grouped ? 0 : INVALID_USAGE));
    CHECK(!grouped || ncclGroupEnd() == INVALID_USAGE);
    CHECK(endOf(other) == 0);
    CHECK(folder.names().empty());
  }
  OK(cuDevicePrimaryCtxRelease_v2(0));
}

/* Who leaves last takes the folder away, also where another is just looking at it; others' folders stay. */
void testLeaving() {
  Folder folder;
  auto own = folder.path + "/chagres-nccl-mine", left = folder.path + "/chagres-nccl-emulator-left";
  CHECK(mkdir(own.c_str(), 0777) == 0);
  CHECK(emulator::writeFile(own + "/kept", "text"));
  emulator::Mail mail("left");
  mail.enter(0, "0");
  CHECK(emulator::writeFile(left + "/here-1", ""));
  int looking = open(left.c_str(), O_RDONLY), locked = open((left + "/here-1").c_str(), O_RDWR);
  CHECK(flock(looking, LOCK_EX) == 0 && flock(locked, LOCK_EX) == 0);
  std::thread leaving([&] { mail.leave(0); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(close(locked) == 0 && close(looking) == 0);
  leaving.join();
  CHECK(folder.names() == std::vector<std::string>{"chagres-nccl-mine"});
  CHECK(emulator::readFile(own + "/kept") == "text");
  CHECK(unlink((own + "/kept").c_str()) == 0);
  CHECK(rmdir(own.c_str()) == 0);
}

/* Two ranks here and one elsewhere: what that one brings is read once, and nothing of it stays. */
void testProcesses() {
  Folder folder;
  {
    Pair pair;
    UniqueId id;
    CHECK(ncclGetUniqueId(&id) == 0);
    pid_t other = startRank("third", id);
    DevicePointer x[2] = {pair.array(0, {1, 2}), pair.array(1, {10, 20})};
    void* comm[2];
    together([&](int i) {
      pair.use(i);
      return ncclCommInitRank(&comm[i], 3, id, i);
    });
    for (int time = 0; time < 2; time++) {
      together([&](int i) { return ncclAllReduce((void*)x[i], (void*)x[i], 2, F32, SUM, comm[i], pair.stream[i]); });
    }
    for (int i = 0; i < 2; i++) {
      CHECK(pair.read(i, x[i], 2) == (Floats{333, 366}));
    }
    for (auto& name : folder.names(true)) {
      expect(name.find("-2-0") == std::string::npos && name.find("-2-1") == std::string::npos, name.c_str(), "", __LINE__);
    }
    for (int i = 0; i < 2; i++) {
      CHECK(ncclCommDestroy(comm[i]) == 0);
    }
    CHECK(endOf(other) == 0);
  }
  CHECK(folder.names().empty());
}

}  // namespace

int runRank(const std::string& what, const char* name) {
  UniqueId id{};
  strncpy(id.internal, name, sizeof(id.internal) - 1);
  bool third = what == "third";
  int device = third ? 2 : 0;
  void *context, *stream, *comm;
  OK(cuDevicePrimaryCtxRetain(&context, device));
  OK(cuCtxSetCurrent(context));
  OK(cuStreamCreate(&stream, 1));
  if (what == "ended") {
    CHECK(ncclGroupStart() == 0);
    CHECK(ncclCommInitRank(&comm, 2, id, 1) == 0);
    raise(SIGKILL);
  }
  CHECK(ncclCommInitRank(&comm, third ? 3 : 2, id, third ? 2 : 1) == (third ? 0 : INVALID_USAGE));
  if (third) {
    Floats values{100, 100};
    DevicePointer x;
    OK(cuMemAlloc_v2(&x, 8));
    OK(cuMemcpyHtoD_v2(x, values.data(), 8));
    for (int time = 0; time < 2; time++) {
      CHECK(ncclAllReduce((void*)x, (void*)x, 2, F32, SUM, comm, stream) == 0);
    }
    OK(cuStreamSynchronize(stream));
    OK(cuMemcpyDtoH_v2(values.data(), x, 8));
    CHECK(values == (Floats{333, 366}));
    CHECK(ncclCommDestroy(comm) == 0);
  }
  return failures > 0;
}

void testNccl() {
  plainMode();
  for (unsigned lazy : {0, 1}) {
    chagres_emulator_set("lazy", lazy);
    testOperations();
    testOrder();
    testThreads();
    testMistakes();
  }
  plainMode();
  testEndedProcess();
  testNoClique();
  testLeaving();
  testProcesses();
}
