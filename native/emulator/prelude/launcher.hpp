/* Kernels as functions of untyped arguments, by the types that a pointer to them has. */
#pragma once

namespace emulator {

template <size_t... I>
struct Indices {};
template <size_t N, size_t... I>
struct IndicesTo : IndicesTo<N - 1, N - 1, I...> {};
template <size_t... I>
struct IndicesTo<0, I...> {
  using type = Indices<I...>;
};

template <class T>
constexpr bool isPointer = false;
template <class T>
constexpr bool isPointer<T*> = true;

template <auto F>
struct Launcher;

template <class... A, void (*F)(A...)>
struct Launcher<F> {
  static constexpr Parameter parameter[] = {{sizeof(A), alignof(A), isPointer<A>}..., {0, 0, false}};

  template <size_t... I>
  static void runWith(void* const* arguments, Indices<I...>) {
    (void)arguments;
    while (place.begin()) {
      F(*static_cast<A*>(arguments[I])...);
    }
  }

  static void run(void* const* arguments) {
    runWith(arguments, typename IndicesTo<sizeof...(A)>::type());
  }

  static constexpr Kernel named(const char* name) { return {name, (int)sizeof...(A), parameter, run}; }
};

}  // namespace emulator

/* The end of a module: its kernels, each with the name by which it is asked for. */
#define EMULATOR_KERNEL(name, ...) emulator::Launcher<&__VA_ARGS__>::named(name),
#define EMULATOR_MODULE(...)                                                                       \
  static const emulator::Kernel emulatorKernels[] = {__VA_ARGS__{nullptr, 0, nullptr, nullptr}};   \
  extern "C" __attribute__((visibility("default"))) emulator::Module chagres_emulator_module() {   \
    return {&emulator::place, &emulator::runtime, emulatorKernels,                                 \
            (int)(sizeof(emulatorKernels) / sizeof(emulatorKernels[0])) - 1};                      \
  }
