#include "fibers.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

#include "thread_sanitizer.hpp"

#if defined(__x86_64__)
/* Stores the registers that a call preserves on the stack, and goes on where the other stack was left. */
asm(R"(
  .text
  .p2align 4
  .globl chagres_emulator_switch
  .hidden chagres_emulator_switch
chagres_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .p2align 4
  .globl chagres_emulator_switch
  .hidden chagres_emulator_switch
chagres_emulator_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
)");
#endif
#ifndef EMULATOR_UCONTEXT
extern "C" void chagres_emulator_switch(void** from, void* to);
#endif

namespace emulator {

static constexpr size_t GUARD = 64 << 10;  // a whole page of any size

void Fiber::allocate(size_t number) {
  void* memory = mmap(nullptr, GUARD + STACK, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0) {
    abort();
  }
  stack = static_cast<char*>(memory) + GUARD;
  size = STACK - number % 21 * 192;
}

void Fiber::release() {
  munmap(stack - GUARD, GUARD + STACK);
  if (sanitized) {
    __tsan_destroy_fiber(sanitized);
  }
}

void Fiber::prepare(void (*entry)()) {
  if (__tsan_create_fiber) {
    sanitized = __tsan_create_fiber(0);
  }
#if defined(EMULATOR_UCONTEXT)
  getcontext(&context);
  context.uc_stack.ss_sp = stack;
  context.uc_stack.ss_size = size;
  context.uc_link = nullptr;
  makecontext(&context, entry, 0);
#elif defined(__x86_64__)
  /* Six registers and the address to return to, below a slot that keeps the stack aligned as after a call. */
  auto** top = reinterpret_cast<void**>(stack + size) - 8;
  for (int i = 0; i < 8; i++) {
    top[i] = nullptr;
  }
  top[6] = reinterpret_cast<void*>(entry);
  stackPointer = top;
#else
  auto** top = reinterpret_cast<void**>(stack + size) - 20;
  for (int i = 0; i < 20; i++) {
    top[i] = nullptr;
  }
  top[11] = reinterpret_cast<void*>(entry);
  stackPointer = top;
#endif
}

void Fiber::switchTo(Fiber& other) {
  if (__tsan_switch_to_fiber) {
    if (!sanitized) {
      sanitized = __tsan_get_current_fiber();
    }
    /* 1: what happened on this fiber is not before what happens on the other; only barriers order threads. */
    __tsan_switch_to_fiber(other.sanitized, 1);
  }
#if defined(EMULATOR_UCONTEXT)
  swapcontext(&context, &other.context);
#else
  chagres_emulator_switch(&stackPointer, other.stackPointer);
#endif
}

}  // namespace emulator
