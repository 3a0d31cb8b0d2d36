package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Layers of a transformer's decoder, one after the other, and then a module that normalizes, if
 * there is one. As in PyTorch all layers begin as copies of the one that is given, with the same
 * values; that one is none of them.
 */
public final class TransformerDecoder extends Module {
  private final ModuleList<TransformerDecoderLayer> layers;
  private final @Nullable Module norm;

  /**
   * Makes a decoder of copies of a layer.
   *
   * @throws IllegalArgumentException if the number of layers is negative or above 10,000
   */
  public TransformerDecoder(TransformerDecoderLayer decoderLayer, int numLayers) {
    this((Module) null, copies(decoderLayer, numLayers));
  }

  /**
   * Makes a decoder of copies of a layer, with a module behind the last.
   *
   * @throws IllegalArgumentException if the number of layers is negative or above 10,000
   */
  public TransformerDecoder(TransformerDecoderLayer decoderLayer, int numLayers, Module norm) {
    this(given("TransformerDecoder", "norm", norm), copies(decoderLayer, numLayers));
  }

  private TransformerDecoder(@Nullable Module norm, ModuleList<TransformerDecoderLayer> layers) {
    this.layers = register("layers", layers);
    this.norm = norm == null ? null : register("norm", norm);
  }

  private static ModuleList<TransformerDecoderLayer> copies(
      TransformerDecoderLayer layer, int count) {
    return TransformerLayer.copies(
        "TransformerDecoder", layer, TransformerDecoderLayer.class, count);
  }

  /** Returns the result of a target and a memory, of which all is seen. */
  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "target and memory", inputs);
    Masks none = MultiheadAttention.masks();
    return decoded(inputs[0], inputs[1], none, none);
  }

  /**
   * Runs the forward pre-hooks, returns the result of a target and a memory, to which attention is
   * masked in every layer, and runs the forward hooks.
   */
  public Tensor decode(Tensor tgt, Tensor memory, Masks tgtMasks, Masks memoryMasks) {
    return MaskedCalls.decode(this, tgt, memory, tgtMasks, memoryMasks, this::decoded);
  }

  private Tensor decoded(Tensor tgt, Tensor memory, Masks tgtMasks, Masks memoryMasks) {
    Tensor y = tgt;
    for (TransformerDecoderLayer layer : layers) {
      y = layer.decode(y, memory, tgtMasks, memoryMasks);
    }
    return norm == null ? y : norm.call(y);
  }
}
