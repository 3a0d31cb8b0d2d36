/*
 * A BLAS call shared by threads of ours. OpenBLAS hands the jobs of a call to a function of its user's choice, here run().
 * The jobs wait for one another, so each needs a thread that is running: the caller opens a share, other threads join it, the
 * caller seals it and tells OpenBLAS to use as many threads as came. One share is open at a time.
 */
#define _POSIX_C_SOURCE 200112L /* nanosleep, clock_gettime */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "target.h"

/* A word says how often a share was opened, in its upper half, and below whether it is sealed and how many have joined. */
#define FIRST (1ULL << 32)
#define SEALED (1ULL << 31)
#define LINE 64
#define SPINS 64 /* before the processor is offered to others */

typedef void (*job_function)(int thread, void *job, int argument);

static atomic_flag held = ATOMIC_FLAG_INIT; /* while a share is open; no mutex, as its owner may change threads before it seals */
static atomic_flag running = ATOMIC_FLAG_INIT; /* while jobs run: OpenBLAS has one buffer for each number of a thread */
static _Thread_local int is_owner;

/* What the threads watch, each on a line of its own. */
static struct {
  _Alignas(LINE) atomic_ullong word;
  _Alignas(LINE) atomic_uint closed;  /* which share was closed last */
  _Alignas(LINE) atomic_uint posted;  /* how often jobs were posted */
  _Alignas(LINE) atomic_int answered; /* how many members have done with the last post */
} share = {.word = SEALED};

/* What was posted last. */
static struct {
  job_function function;
  char *jobs;
  size_t size;
  int count, argument;
} post;

INLINE void relax(int spin) {
  if (spin % SPINS == SPINS - 1) {
    sched_yield();
    return;
  }
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static ch_long nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

INLINE unsigned number_of(unsigned long long word) { return (unsigned)(word / FIRST); }
INLINE int members_of(unsigned long long word) { return (int)(word % SEALED); }

int ch_share_open(void) {
  if (atomic_flag_test_and_set(&held)) {
    return 0;
  }
  atomic_store(&share.word, (number_of(atomic_load(&share.word)) + 1ULL) * FIRST);
  return 1;
}

int ch_share_seal(int wanted, ch_long patience) {
  ch_long start = nanos();
  while (members_of(atomic_load(&share.word)) < wanted && nanos() - start < patience) {
    relax(0);
  }
  is_owner = 1;
  return members_of(atomic_fetch_or(&share.word, SEALED));
}

void ch_share_close(void) {
  unsigned long long word = atomic_fetch_or(&share.word, SEALED);
  atomic_store(&share.closed, number_of(word));
  is_owner = 0;
  atomic_flag_clear(&held);
}

int ch_share_join(void) {
  unsigned long long word = atomic_load(&share.word);
  unsigned seen;
  do {
    if (word & SEALED) {
      return 0;
    }
    seen = atomic_load(&share.posted); /* while this share, of an unchanged word, posts nothing */
  } while (!atomic_compare_exchange_weak(&share.word, &word, word + 1));
  int number = members_of(word) + 1;
  for (int spin = 0;; spin++) {
    unsigned now = atomic_load_explicit(&share.posted, memory_order_acquire);
    /* Looked at after the post: one of a later share is not for this thread. */
    if ((int)(atomic_load(&share.closed) - number_of(word)) >= 0) {
      return 1;
    }
    if (now != seen) {
      seen = now;
      if (number < post.count) {
        post.function(number, post.jobs + post.size * (size_t)number, post.argument);
      }
      atomic_fetch_add(&share.answered, 1);
      spin = 0;
    }
    relax(spin);
  }
}

/* ---- a call on threads of its own ---- */

struct helper {
  pthread_t thread;
  job_function function;
  char *job;
  int number, argument;
};

static void *help(void *of) {
  struct helper *helper = of;
  helper->function(helper->number, helper->job, helper->argument);
  return NULL;
}

/* All jobs but the first on new threads. They must run, so it tries until there are threads. */
static void run_on_new_threads(job_function function, int count, size_t size, char *jobs, int argument) {
  struct helper *helpers = NULL;
  struct timespec pause = {0, 1000000};
  while ((helpers = calloc((size_t)count, sizeof *helpers)) == NULL) {
    nanosleep(&pause, NULL);
  }
  for (int i = 1; i < count; i++) {
    struct helper *helper = &helpers[i];
    *helper = (struct helper){.function = function, .job = jobs + size * (size_t)i, .number = i, .argument = argument};
    while (pthread_create(&helper->thread, NULL, help, helper) != 0) {
      nanosleep(&pause, NULL);
    }
  }
  function(0, jobs, argument);
  for (int i = 1; i < count; i++) {
    pthread_join(helpers[i].thread, NULL);
  }
  free(helpers);
}

/* On the members, which all answer, also those without a job. */
static void run_on_members(job_function function, int count, size_t size, char *jobs, int argument, int members) {
  post.function = function;
  post.jobs = jobs;
  post.size = size;
  post.count = count;
  post.argument = argument;
  atomic_store(&share.answered, 0);
  atomic_fetch_add_explicit(&share.posted, 1, memory_order_release);
  function(0, jobs, argument);
  for (int spin = 0; atomic_load_explicit(&share.answered, memory_order_acquire) < members; spin++) {
    relax(spin);
  }
}

/*
 * A call that is not the owner's comes here too if it found OpenBLAS set to several threads. It may hold what OpenBLAS has a
 * fixed number of, and the owner wait for that: so it waits for jobs that run, never for a share to close.
 */
static void run(int wait, job_function function, int count, size_t size, void *jobs, int argument) {
  (void)wait; /* OpenBLAS only asks for calls that wait */
  struct timespec pause = {0, 20000};
  while (atomic_flag_test_and_set(&running)) {
    nanosleep(&pause, NULL);
  }
  int members = members_of(atomic_load(&share.word));
  if (is_owner && count <= members + 1) {
    run_on_members(function, count, size, jobs, argument, members);
  } else {
    run_on_new_threads(function, count, size, jobs, argument);
  }
  atomic_flag_clear(&running);
}

void ch_share_serve(void *set_threads_callback) {
  void (*set)(void (*)(int, job_function, int, size_t, void *, int));
  memcpy(&set, &set_threads_callback, sizeof set);
  set(run);
}
