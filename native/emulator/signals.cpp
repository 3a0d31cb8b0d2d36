#include "signals.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>

#include "scheduler.hpp"

namespace emulator {

namespace {

constexpr int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction before[65];
/* The thread that runs kernels now. No thread_local: its first use in a handler would allocate. */
std::atomic<bool> running;
std::atomic<pthread_t> runner;
alignas(64) char stack[64 << 10];

void handle(int signal, siginfo_t* info, void* context) {
  if (running && pthread_equal(runner, pthread_self())) {
    pthread_sigmask(SIG_SETMASK, &static_cast<ucontext_t*>(context)->uc_sigmask, nullptr);
    char text[80];
    switch (signal) {
      case SIGFPE:
        crash("integer division by zero", false);
      case SIGILL:
        crash("an instruction that cannot be reached or is unknown", false);
      default:
        snprintf(text, sizeof(text), "illegal address 0x%llx", (unsigned long long)(uintptr_t)info->si_addr);
        crash(text, true);
    }
  }
  struct sigaction& old = before[signal];
  if (old.sa_flags & SA_SIGINFO) {
    old.sa_sigaction(signal, info, context);
  } else if (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN) {
    /* The instruction runs again, and ends the process as it would have. */
    sigaction(signal, &old, nullptr);
  } else {
    old.sa_handler(signal);
  }
}

}  // namespace

void installHandlers() {
  static bool installed = false;
  if (installed) {
    return;
  }
  installed = true;
  for (int signal : SIGNALS) {
    sigaction(signal, nullptr, &before[signal]);
    struct sigaction ours = {};
    ours.sa_sigaction = handle;
    ours.sa_mask = before[signal].sa_mask;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigaction(signal, &ours, nullptr);
  }
}

SignalStack::SignalStack() {
  stack_t ours = {};
  ours.ss_sp = stack;
  ours.ss_size = sizeof(stack);
  sigaltstack(&ours, &before_);
  runner = pthread_self();
  running = true;
}

void SignalStack::remove() {
  running = false;
  sigaltstack(&before_, nullptr);
}

}  // namespace emulator
