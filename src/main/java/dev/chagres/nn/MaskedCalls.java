package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** Calls of a transformer's parts, hooks around them, in which attention is masked. */
final class MaskedCalls {
  private MaskedCalls() {}

  /** What an encoder makes of its input. */
  @FunctionalInterface
  interface Encoding {
    Tensor of(Tensor src, Masks masks);
  }

  /** What a decoder makes of a target and a memory. */
  @FunctionalInterface
  interface Decoding {
    Tensor of(Tensor tgt, Tensor memory, Masks tgtMasks, Masks memoryMasks);
  }

  static Tensor encode(Module module, Tensor src, Masks masks, Encoding encoding) {
    given(module.name(), "src", src);
    given(module.name(), "masks", masks);
    return module.call(
        List.of(src),
        in -> {
          Checks.inputs(module, 1, "one input", in);
          return encoding.of(in.getFirst(), masks);
        });
  }

  static Tensor decode(
      Module module,
      Tensor tgt,
      Tensor memory,
      Masks tgtMasks,
      Masks memoryMasks,
      Decoding decoding) {
    given(module.name(), "tgt", tgt);
    given(module.name(), "memory", memory);
    given(module.name(), "tgtMasks", tgtMasks);
    given(module.name(), "memoryMasks", memoryMasks);
    return module.call(
        List.of(tgt, memory),
        in -> {
          Checks.inputs(module, 2, "target and memory", in);
          return decoding.of(in.get(0), in.get(1), tgtMasks, memoryMasks);
        });
  }
}
