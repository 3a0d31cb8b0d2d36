/* NCCL's communicators, for ranks of one process or of several on this machine. */
#include "nccl.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace emulator {

namespace {

thread_local std::string lastError;

struct UniqueId {
  char internal[128];
};

std::map<std::string, std::shared_ptr<Clique>>& cliques() {
  static std::map<std::string, std::shared_ptr<Clique>> all;
  return all;
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

}  // namespace

int wrong(int result, const std::string& why) {
  lastError = why;
  return result;
}

std::set<Comm*>& comms() {
  static std::set<Comm*> all;
  return all;
}

void end(Comm* comm) {
  if (comm->clique->mail) {
    comm->clique->mail->leave(comm->rank);
  }
  comms().erase(comm);
  delete comm;
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
  snprintf(id->internal, sizeof(id->internal), "%d-%llx-%llu", (int)getpid(), now, ++next);
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
    clique->mail = std::make_unique<Mail>(std::string(id.internal, strnlen(id.internal, sizeof(id.internal))));
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
  if (group().depth > 0) {
    group().joined.push_back(*result);
    return NCCL_SUCCESS;
  }
  auto all = clique;
  int status = awaitAll(*all);
  if (status != NCCL_SUCCESS) {
    end(*result);
    *result = nullptr;
  }
  return status;
}

EMULATOR_API int ncclCommDestroy(Comm* comm) {
  std::lock_guard hold(lock());
  if (!comms().contains(comm)) {
    return wrong(NCCL_INVALID_ARGUMENT, "no communicator");
  }
  comm->device->finish();
  end(comm);
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
