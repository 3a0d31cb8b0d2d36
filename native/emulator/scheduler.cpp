#include "scheduler.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "codes.hpp"
#include "shared.hpp"
#include "signals.hpp"
#include "thread_sanitizer.hpp"

namespace emulator {

Settings settings;

namespace {

constexpr int MOST_THREADS = 1024;
constexpr size_t STATIC_SHARED = 48 << 10;

struct Random {
  unsigned long long state;
  unsigned below(unsigned bound) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)((state >> 33) % bound);
  }
};

/* Where a thread waits, and for whom. */
struct Wait {
  Fiber* fiber = nullptr;  // null: it does not
  const char* file = nullptr;
  int line = 0;
  bool block = false;
  Meeting kind{};
  unsigned mask = 0;
  unsigned long long value = 0, result = 0;
  int source = 0;
};

/*
 * What ThreadSanitizer orders threads by: two tags in turn for the barrier of a block, and for the meetings of the
 * lanes of which this one is the lowest. With one alone, who is late at it would seem to wait for those who are early
 * at the next. Each block has its own, as blocks do not wait for each other.
 */
struct Tags {
  struct Pair {
    char tag[2];
    int turn;
  } block{}, lanes[MOST_THREADS]{};
};

/* Fibers that wait no more, in the order in which that came about. */
class Ready {
 public:
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }
  void add(Fiber* fiber) { ring_[(first_ + count_++) % MOST_THREADS] = fiber; }

  Fiber* take(const Order& order, Random& random) {
    count_--;
    if (order.kind == Order::ASCENDING) {
      Fiber* fiber = ring_[first_];
      first_ = (first_ + 1) % MOST_THREADS;
      return fiber;
    }
    Fiber*& last = ring_[(first_ + count_) % MOST_THREADS];
    if (order.kind == Order::SHUFFLED) {
      std::swap(last, ring_[(first_ + random.below(count_ + 1)) % MOST_THREADS]);
    }
    return last;
  }

 private:
  Fiber* ring_[MOST_THREADS];
  unsigned first_ = 0, count_ = 0;
};

/* The lanes of a warp that wait for others; `uniform` while they all do for the same mask and kind. */
struct WaitingLanes {
  unsigned lanes = 0, mask = 0;
  Meeting kind{};
  bool uniform = true;
};

struct Scheduler {
  const Launch* launch = nullptr;
  Place* place = nullptr;
  Fiber caller;
  Fiber* present = nullptr;
  std::vector<Fiber*> all, unused;
  Ready ready;
  Wait wait[MOST_THREADS];
  WaitingLanes waiting[MOST_THREADS / WARP];
  int order[MOST_THREADS];
  int parked = 0;
  std::vector<Shared> shared;
  std::string error;
  bool badAddress = false;
  Random random{1};
  char launchTag = 0, endTag = 0;
  std::deque<Tags> tags;  // the last one is the present block's

  /* Of the barrier of the block. */
  int arrived = 0, votes = 0, result = 0;
  const char* barrierFile = nullptr;
  int barrierLine = 0, barrierThread = 0;

  Fiber* make();
  Fiber* take();
  void makeAll();
  Fiber* choose();
  void park(Wait& self);
  void wake(int thread);
  void runBlock(uint3 block);
  [[noreturn]] void fail(const std::string& what);
  std::string name(int thread) const;
  std::string where(const char* file, int line) const;
  std::string deadlock() const;
  void orderThreads();
  void complete(int warp, unsigned mask);
  bool agree(int warp, int lane);
};

Scheduler scheduler;

std::string text(uint3 index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," +
         std::to_string(index.z) + ")";
}

std::string Scheduler::name(int thread) const {
  unsigned row = (unsigned)thread / launch->block.x;
  return "thread " + text({thread % launch->block.x, row % launch->block.y, row / launch->block.y});
}

std::string Scheduler::where(const char* file, int line) const {
  return std::string(" at ") + file + "(" + std::to_string(line) + ")";
}

void entry() {
  acquire(&scheduler.launchTag);
  scheduler.launch->kernel->run(scheduler.launch->arguments.data());
  release(&scheduler.endTag);
  Fiber* ending = scheduler.present;
  Fiber* next = scheduler.choose();
  if (!separate) {
    scheduler.unused.push_back(ending);
  }
  scheduler.present = next;
  ending->switchTo(*next);
  abort();
}

Fiber* Scheduler::make() {
  auto* fiber = new Fiber;
  fiber->allocate(all.size());
  all.push_back(fiber);
  return fiber;
}

Fiber* Scheduler::take() {
  Fiber* fiber = unused.empty() ? make() : unused.back();
  if (!unused.empty()) {
    unused.pop_back();
  }
  if (!separate) {
    fiber->prepare(entry);
  }
  return fiber;
}

/* ThreadSanitizer takes what happened before a fiber was made for what its maker knows: the caller makes them all. */
void Scheduler::makeAll() {
  for (Fiber* fiber : all) {
    fiber->release();
    delete fiber;
  }
  all.clear();
  unused.clear();
  for (int i = 0; i < place->count; i++) {
    unused.push_back(make());
    unused.back()->prepare(entry);
  }
}

/* Who runs next: one that waits no more, or a fiber for threads that have not begun, or the caller. */
Fiber* Scheduler::choose() {
  bool more = place->next < place->count;
  bool first = more && settings.order.kind == Order::SHUFFLED && random.below(2);
  if (!ready.empty() && !first) {
    Fiber* fiber = ready.take(settings.order, random);
    place->thread = fiber->thread;
    place->current = fiber->number;
    return fiber;
  }
  if (more) {
    place->limit = separate ? place->next + 1 : place->count;
    return take();
  }
  return &caller;
}

void Scheduler::park(Wait& self) {
  Fiber* fiber = present;
  fiber->thread = place->thread;
  fiber->number = place->current;
  self.fiber = fiber;
  parked++;
  present = choose();
  fiber->switchTo(*present);
}

void Scheduler::wake(int thread) {
  ready.add(wait[thread].fiber);
  wait[thread].fiber = nullptr;
  parked--;
}

void Scheduler::fail(const std::string& what) {
  error = what + " in kernel " + launch->kernel->name + ", " + name(place->current) + " of block " +
          text(place->block);
  Fiber* fiber = present;
  present = &caller;
  fiber->switchTo(caller);
  abort();
}

std::string Scheduler::deadlock() const {
  std::string what;
  for (int i = 0; i < place->count && what.empty(); i++) {
    const Wait& waiting = wait[i];
    if (!waiting.fiber) {
      continue;
    }
    what = name(i) + " of block " + text(place->block) + " waits" +
           where(waiting.file, waiting.line);
    for (int j = 0; j < place->count; j++) {
      const Wait& other = wait[j];
      bool wanted = waiting.block ||
                    (j / WARP == i / WARP && (waiting.mask >> j % WARP & 1) != 0);
      bool here = other.fiber && other.block == waiting.block;
      if (wanted && !here) {
        what += " for " + name(j) + ", which " +
                (other.fiber ? "waits" + where(other.file, other.line) : std::string("has ended"));
        return what;
      }
    }
    int rest = waiting.block ? 0 : launch->block.x * launch->block.y * launch->block.z;
    what += " for lanes that are not there (the block has " + std::to_string(rest) + " threads)";
  }
  return what;
}

int meetBlock(bool value, const char* file, int line) {
  Scheduler& s = scheduler;
  int thread = s.place->current;
  if (s.arrived == 0) {
    s.barrierFile = file;
    s.barrierLine = line;
    s.barrierThread = thread;
  } else if (line != s.barrierLine || strcmp(file, s.barrierFile) != 0) {
    s.fail("threads of one block wait at two barriers:" + s.where(file, line) + " and, " +
           s.name(s.barrierThread) + "," + s.where(s.barrierFile, s.barrierLine));
  }
  s.arrived++;
  s.votes += value;
  Tags::Pair& tags = s.tags.back().block;
  char* tag = &tags.tag[tags.turn];
  release(tag);
  Wait& self = s.wait[thread];
  if (s.arrived == s.place->count) {
    s.result = s.votes;
    s.arrived = s.votes = 0;
    tags.turn ^= 1;
    for (int i = 0; i < s.place->count; i++) {
      if (i != thread) {
        s.wake(i);
      }
    }
  } else {
    self.block = true;
    self.file = file;
    self.line = line;
    s.park(self);
  }
  acquire(tag);
  return s.result;
}

/* All lanes of `mask` are here: each gets its result. */
void Scheduler::complete(int warp, unsigned mask) {
  Wait* lanes = wait + warp * WARP;
  for (int i = 0; i < WARP; i++) {
    if (!(mask >> i & 1)) {
      continue;
    }
    Wait& lane = lanes[i];
    lane.result = 0;
    switch (lane.kind) {
      case Meeting::SYNC:
        break;
      case Meeting::SHUFFLE:
        /* Of a lane that does not take part a GPU gives anything; ones in all bits are a NaN. */
        lane.result = lane.source >= 0 && lane.source < WARP && (mask >> lane.source & 1)
                          ? lanes[lane.source].value
                          : ~0ull;
        break;
      case Meeting::BALLOT:
      case Meeting::MATCH:
        for (int j = 0; j < WARP; j++) {
          bool vote = lane.kind == Meeting::BALLOT ? lanes[j].value != 0
                                                   : lanes[j].value == lane.value;
          lane.result |= (unsigned long long)((mask >> j & 1) && vote) << j;
        }
    }
  }
}

/*
 * Whether all other lanes of this one's mask that wait do so for the same; it is an error if one does not that waits
 * for this lane, too.
 */
bool Scheduler::agree(int warp, int lane) {
  Wait* lanes = wait + warp * WARP;
  Wait& self = lanes[lane];
  bool all = true;
  for (int i = 0; i < WARP; i++) {
    Wait& other = lanes[i];
    bool here = i != lane && (self.mask >> i & 1) && (waiting[warp].lanes >> i & 1);
    if (here && (other.mask != self.mask || other.kind != self.kind)) {
      if (other.mask >> lane & 1) {
        fail("lanes of one warp meet with different masks or functions:" + where(self.file, self.line) +
             " and, lane " + std::to_string(i) + "," + where(other.file, other.line));
      }
      all = false;
    }
  }
  return all;
}

unsigned long long meetWarp(Meeting kind, unsigned mask, unsigned long long value, int source,
                            const char* file, int line) {
  Scheduler& s = scheduler;
  int thread = s.place->current, warp = thread / WARP, lane = thread % WARP;
  Wait* lanes = s.wait + warp * WARP;
  Wait& self = lanes[lane];
  self.file = file;
  self.line = line;
  self.block = false;
  self.kind = kind;
  self.mask = mask;
  self.value = value;
  self.source = source;
  if (!(mask >> lane & 1)) {
    s.fail("the calling lane is not in the mask" + s.where(file, line));
  }
  if (warp * WARP + WARP > s.place->count && mask >> (s.place->count - warp * WARP)) {
    s.fail("the mask has lanes that the block has not" + s.where(file, line));
  }
  WaitingLanes& waiting = s.waiting[warp];
  if (waiting.lanes == 0) {
    waiting = {0, mask, kind, true};
  }
  waiting.uniform = waiting.uniform && waiting.mask == mask && waiting.kind == kind;
  unsigned others = mask & ~(1u << lane);
  bool all = (waiting.lanes & others) == others && (waiting.uniform || s.agree(warp, lane));
  Tags::Pair& tags = s.tags.back().lanes[warp * WARP + __builtin_ctz(mask)];
  char* tag = &tags.tag[tags.turn];
  release(tag);
  if (all) {
    tags.turn ^= 1;
    waiting.lanes &= ~mask;
    s.complete(warp, mask);
    for (int i = 0; i < WARP; i++) {
      if (i != lane && (mask >> i & 1)) {
        s.wake(warp * WARP + i);
      }
    }
  } else {
    waiting.lanes |= 1u << lane;
    if (!waiting.uniform) {
      s.agree(warp, lane);
    }
    s.park(self);
  }
  acquire(tag);
  return self.result;
}

void* sharedMemory(const void* site, size_t bytes) {
  Scheduler& s = scheduler;
  size_t declared = 0, dynamic = 0;
  for (auto& each : s.shared) {
    if (each.site == site) {
      if (each.fresh) {
        each.prepare();
      }
      return each.memory;
    }
    (each.site ? declared : dynamic) += each.bytes;
  }
  if (site && (declared + bytes > STATIC_SHARED ||
               declared + bytes + s.launch->dynamicShared > s.launch->sharedLimit)) {
    s.fail("more shared memory than a block may have");
  }
  s.shared.push_back({site, bytes});
  return sharedMemory(site, bytes);
}

void* dynamicShared() { return sharedMemory(nullptr, scheduler.launch->dynamicShared); }

void failAt(const char* what, const char* file, int line) {
  scheduler.fail(what + scheduler.where(file, line));
}

const Runtime runtime = {meetBlock, meetWarp, sharedMemory, dynamicShared, failAt};

void Scheduler::orderThreads() {
  place->order = settings.order.kind == Order::ASCENDING ? nullptr : order;
  for (int i = 0; i < place->count; i++) {
    order[i] = settings.order.kind == Order::DESCENDING ? place->count - 1 - i : i;
  }
  if (settings.order.kind == Order::SHUFFLED) {
    for (int i = place->count - 1; i > 0; i--) {
      std::swap(order[i], order[random.below((unsigned)i + 1)]);
    }
  }
}

void Scheduler::runBlock(uint3 block) {
  place->block = block;
  place->next = 0;
  arrived = votes = 0;
  if (tags.empty() || separate) {
    tags.emplace_back();
  }
  for (auto& each : shared) {
    each.fresh = true;
    if (separate && each.memory) {
      each.release();
    }
  }
  if (settings.order.kind == Order::SHUFFLED) {
    orderThreads();
  }
  if (separate) {
    makeAll();
  }
  while (place->next < place->count || !ready.empty()) {
    present = choose();
    caller.switchTo(*present);
    if (!error.empty()) {
      return;
    }
  }
  if (parked > 0) {
    error = deadlock() + " in kernel " + launch->kernel->name;
  }
}

/* A number by which steps through 0 … count-1 meet every number once. */
unsigned long long strideFor(unsigned long long count, Random& random) {
  unsigned long long stride = random.below(1u << 30) | 1;
  for (;; stride += 2) {
    unsigned long long a = stride, b = count;
    while (b) {
      unsigned long long rest = a % b;
      a = b;
      b = rest;
    }
    if (a == 1) {
      return stride % count ? stride % count : 1;
    }
  }
}

}  // namespace

Outcome run(const Launch& launch) {
  Scheduler& s = scheduler;
  s.launch = &launch;
  s.place = launch.module->place;
  *launch.module->runtime = &runtime;
  s.random.state = settings.order.seed;
  s.error.clear();
  s.badAddress = false;
  s.ready.clear();
  s.parked = 0;
  Place& place = *s.place;
  place.blockSize = launch.block;
  place.gridSize = launch.grid;
  place.count = (int)(launch.block.x * launch.block.y * launch.block.z);
  s.orderThreads();
  for (int i = 0; i < place.count; i++) {
    s.wait[i].fiber = nullptr;
    s.waiting[i / WARP].lanes = 0;
  }
  release(&s.launchTag);

  SignalStack signals;

  unsigned long long rows = (unsigned long long)launch.grid.x * launch.grid.y;
  unsigned long long count = rows * launch.grid.z;
  bool shuffled = settings.order.kind == Order::SHUFFLED;
  unsigned long long stride = shuffled ? strideFor(count, s.random) : 1;
  unsigned long long number = shuffled ? s.random.below((unsigned)count) : 0;
  for (unsigned long long i = 0; i < count && s.error.empty(); i++) {
    unsigned long long block = settings.order.kind == Order::DESCENDING ? count - 1 - i : number;
    s.runBlock({(unsigned)(block % launch.grid.x), (unsigned)(block % rows / launch.grid.x),
                (unsigned)(block / rows)});
    number = (number + stride) % count;
  }
  signals.remove();
  acquire(&s.endTag);

  for (auto& each : s.shared) {
    if (each.memory) {
      each.release();
    }
  }
  s.shared.clear();
  /* After an error threads still wait on some of them: nobody comes back to those. */
  s.unused = s.all;
  s.present = nullptr;
  return {s.error, s.badAddress};
}

}  // namespace emulator

/* For programs that have kernels themselves (harness.hpp). Returns what went wrong, null if nothing did. */
EMULATOR_API const char* chagres_emulator_run(const emulator::Module* module, const emulator::Kernel* kernel,
                                              void** arguments, dim3 grid, dim3 block, size_t shared) {
  static std::string error;
  emulator::Launch launch{kernel, module, {}, grid, block, shared};
  launch.arguments.assign(arguments, arguments + kernel->parameters);
  error = emulator::run(launch).error;
  return error.empty() ? nullptr : error.c_str();
}

namespace emulator {

void crash(const std::string& what, bool badAddress) {
  scheduler.badAddress = badAddress;
  scheduler.fail(what);
}

}  // namespace emulator
