/*
 * The sharing of BLAS calls, with a stand-in for OpenBLAS whose jobs wait for one another.
 *
 *   share_test [rounds]
 *
 * Exits with 1 on a failure.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernels.h"

enum { HELPERS = 3, MOST = HELPERS + 1 };

typedef void (*runner)(int wait, void (*function)(int, void *, int), int count, size_t size, void *jobs, int argument);

static runner run;
static atomic_int failures, stop, phase;
static atomic_int users[MOST]; /* of the buffer that goes with a thread's number */
static atomic_int slots = MOST; /* a call takes one for each job, as OpenBLAS's do, and waits until it has them all */

static void set_runner(runner given) { run = given; }

static void expect(int holds, const char *what) {
  if (!holds) {
    atomic_fetch_add(&failures, 1);
    fprintf(stderr, "share_test: %s\n", what);
  }
}

/* One call of the stand-in: every job adds its number, after all have begun. */
struct job {
  atomic_int *begun;
  int count, number, done;
};

static void work(int thread, void *of, int argument) {
  struct job *job = of;
  expect(thread == job->number && argument == 7, "a job has another's number or argument");
  expect(atomic_fetch_add(&users[thread], 1) == 0, "two jobs run with one buffer");
  atomic_fetch_add(job->begun, 1);
  while (atomic_load(job->begun) < job->count) {
    sched_yield();
  }
  atomic_fetch_sub(&users[thread], 1);
  job->done++;
}

static void take_slots(int count) {
  int left = atomic_load(&slots);
  struct timespec pause = {0, 20000};
  while (left < count || !atomic_compare_exchange_weak(&slots, &left, left - count)) {
    nanosleep(&pause, NULL);
    left = atomic_load(&slots);
  }
}

static void call(int count) {
  take_slots(count);
  atomic_int begun = 0;
  struct job jobs[MOST];
  for (int i = 0; i < count; i++) {
    jobs[i] = (struct job){&begun, count, i, 0};
  }
  run(1, work, count, sizeof *jobs, jobs, 7);
  atomic_fetch_add(&slots, count);
  for (int i = 0; i < count; i++) {
    expect(jobs[i].done == 1, "a job did not run once");
  }
}

/* A helper joins whatever share there is, over and over. */
static void *help(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    ch_share_join();
    sched_yield();
  }
  return NULL;
}

/* A caller without a share. */
static void *intrude(void *unused) {
  (void)unused;
  struct timespec pause = {0, 500000};
  while (!atomic_load(&stop)) {
    call(2);
    call(MOST);
    atomic_fetch_add(&phase, 1);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

int main(int count, char **arguments) {
  long rounds = count > 1 ? atol(arguments[1]) : 1000;
  ch_share_serve((void *)set_runner);
  expect(ch_share_join() == 0, "there was a share before any was opened");
  call(MOST);
  pthread_t helpers[HELPERS], intruder;
  for (int i = 0; i < HELPERS; i++) {
    pthread_create(&helpers[i], NULL, help, NULL);
  }
  long shared = 0;
  for (long round = 0; round < rounds; round++) {
    if (round == rounds / 2) {
      pthread_create(&intruder, NULL, intrude, NULL);
    }
    if (!ch_share_open()) {
      expect(round >= rounds / 2, "a share was open that nobody opened");
      sched_yield();
      continue;
    }
    expect(ch_share_open() == 0, "two shares were open");
    int joined = ch_share_seal(round % (HELPERS + 1), round % 5 == 0 ? 0 : 20000000);
    expect(joined <= HELPERS, "more joined than there are");
    expect(ch_share_join() == 0, "a sealed share was joined");
    for (int use = joined; use >= 0; use--) {
      call(1 + use);
    }
    call(MOST); /* more jobs than members */
    shared += joined;
    ch_share_close();
  }
  while (atomic_load(&phase) == 0) {
    sched_yield();
  }
  atomic_store(&stop, 1);
  for (int i = 0; i < HELPERS; i++) {
    pthread_join(helpers[i], NULL);
  }
  pthread_join(intruder, NULL);
  expect(shared > 0, "nobody ever joined");
  printf("share_test: %ld rounds, %ld members, %d failures\n", rounds, shared, atomic_load(&failures));
  return atomic_load(&failures) != 0;
}
