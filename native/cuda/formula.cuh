/*
 * What the kernels of formulas are made of, whose text Java writes: the steps of one element as a function, and two kernels
 * that call it for each, as those of elementwise.cu do.
 */
#include "layout.cuh"
#include "operations.cuh"

/* A division, of which the step's number is reported where integers are divided by zero. */
template <class Op, class V>
DEVICE V divided(V a, V b, const Fault &fault, long long step) {
  if constexpr (DIVIDES<Op, V>) {
    if (b == 0) {
      fault.report(step);
      return a;
    }
  }
  return Op::of(a, b);
}

/* A value as M has it in memory. */
template <class M>
DEVICE Value<M> rounded(Value<M> v) {
  return read(write<M>(v));
}

/* The neighbour in a 16-bit format, which is not that in float. */
template <class M>
DEVICE float next_rounded(float a, float b) {
  const M from = write<M>(a), to = write<M>(b);
  return read(M{next_16(from.bits, read(from), to.bits, read(to))});
}
