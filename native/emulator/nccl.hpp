/* Communicators of NCCL, and what their ranks do together. */
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "device.hpp"
#include "mail.hpp"

namespace emulator {

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

/* Returns the result, and keeps for the thread what it is about. */
int wrong(int result, const std::string& why);

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

/* All that are in use. */
std::set<Comm*>& comms();
/* Waits until each rank has come. */
int awaitAll(const Clique& clique);
/* What it was for is over, or has not come about. */
void end(Comm* comm);

enum class Kind { ALL_REDUCE, REDUCE, BROADCAST, REDUCE_SCATTER, ALL_GATHER, LETTER };
enum Operation { SUM = 0, PRODUCT = 1, MAX = 2, MIN = 3, AVERAGE = 4 };

/* 0 for a type that there is not. */
size_t sizeOfType(int type);

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
  /* Has the other ranks' streams come here, as far as they can, and does the operation once all are here. */
  Result progress();

 private:
  bool hasCome(size_t part);
};

/* Does what the parts are about; they agree. */
void perform(std::vector<Part>& parts);

struct Task {
  std::shared_ptr<Meeting> meeting;
  size_t part;
};

/* A rank's part of its next operation with all others, or with a peer. */
Task meet(Comm* comm, const Part& part);
Task post(Comm* comm, const Part& part, int peer);
/* From now on streams work that other processes wait for. */
void workForOthers();

/* What a rank does at once in a stream: one call, or those of a group. */
struct Bundle {
  Device* device;
  Stream* stream;
  std::vector<Task> tasks;
};

struct Group {
  int depth = 0;
  std::vector<Bundle> bundles;
  std::vector<Comm*> joined;
};
/* That of this thread. */
Group& group();

}  // namespace emulator
