/* The stack on which signals of the present launch are handled: a fiber's own may be what has overflowed. */
#pragma once
#include <signal.h>

namespace emulator {

class SignalStack {
 public:
  SignalStack();
  void remove();

 private:
  stack_t before_;
};

}  // namespace emulator
