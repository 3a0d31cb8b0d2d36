/*
 * How ranks come to an operation. What a rank of another process brings comes as a file, and each process computes its
 * own ranks' results.
 */
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "nccl.hpp"

namespace emulator {

namespace {

/* What a part is, as it travels; its elements are behind it. */
struct Head {
  int kind, type, op, root;
  size_t count;
};

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

}  // namespace

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

/* Of a part that comes from elsewhere each rank here gets a letter, in their order: with the last one all are there. */
bool Meeting::hasCome(size_t index) {
  Part& part = parts[index];
  if (part.arrived) {
    return true;
  }
  std::string& text = brought[index];
  for (size_t to = ranks.size(); to-- > 0;) {
    if (!isElsewhere(to) && !clique->mail->receive(name, ranks[index], ranks[to], text)) {
      return false;
    }
  }
  Head head;
  memcpy(&head, text.data(), sizeof(head));
  part = {text.data() + sizeof(head), nullptr, nullptr, true, (Kind)head.kind, head.count, head.type, head.op, head.root};
  return true;
}

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
  perform(parts);
  return state = SUCCESS;
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

}  // namespace emulator
