package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Layers of a transformer's encoder, one after the other, and then a module that normalizes, if
 * there is one. As in PyTorch all layers begin as copies of the one that is given, with the same
 * values; that one is none of them.
 */
public final class TransformerEncoder extends Module {
  private final ModuleList<TransformerEncoderLayer> layers;
  private final @Nullable Module norm;

  /**
   * Makes an encoder of copies of a layer.
   *
   * @throws IllegalArgumentException if the number of layers is negative or above 10,000
   */
  public TransformerEncoder(TransformerEncoderLayer encoderLayer, int numLayers) {
    this((Module) null, copies(encoderLayer, numLayers));
  }

  /**
   * Makes an encoder of copies of a layer, with a module behind the last.
   *
   * @throws IllegalArgumentException if the number of layers is negative or above 10,000
   */
  public TransformerEncoder(TransformerEncoderLayer encoderLayer, int numLayers, Module norm) {
    this(given("TransformerEncoder", "norm", norm), copies(encoderLayer, numLayers));
  }

  private TransformerEncoder(@Nullable Module norm, ModuleList<TransformerEncoderLayer> layers) {
    this.layers = register("layers", layers);
    this.norm = norm == null ? null : register("norm", norm);
  }

  private static ModuleList<TransformerEncoderLayer> copies(
      TransformerEncoderLayer layer, int count) {
    return TransformerLayer.copies(
        "TransformerEncoder", layer, TransformerEncoderLayer.class, count);
  }

  @Override
  public Tensor forward(Tensor x) {
    return encoded(x, MultiheadAttention.masks());
  }

  /**
   * Runs the forward pre-hooks, returns the result of an input whose attention is masked in every
   * layer, and runs the forward hooks.
   */
  public Tensor encode(Tensor src, Masks masks) {
    return MaskedCalls.encode(this, src, masks, this::encoded);
  }

  private Tensor encoded(Tensor src, Masks masks) {
    Tensor y = src;
    for (TransformerEncoderLayer layer : layers) {
      y = layer.encode(y, masks);
    }
    return norm == null ? y : norm.call(y);
  }
}
