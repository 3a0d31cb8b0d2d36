package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * A transformer (Vaswani et al., 2017): an encoder of the source, and a decoder of the target that
 * attends to what the encoder has made. Sources, targets and results are (length, batch, dModel),
 * or, where the options say so, (batch, length, dModel); embedding them, and what becomes of the
 * result, are other modules' duties. Matrices are first drawn by {@link Init#xavierUniform_}.
 */
public final class Transformer extends Module {
  private static final String NAME = "Transformer";

  private final TransformerEncoder encoder;
  private final TransformerDecoder decoder;

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param numEncoderLayers how many layers the encoder has, 6
   * @param numDecoderLayers how many layers the decoder has, 6
   * @param layer what may differ in the layers of both
   */
  public record Options(
      int numEncoderLayers, int numDecoderLayers, TransformerEncoderLayer.Options layer) {
    /** Checks that they are there. */
    public Options {
      given(NAME, "layer", layer);
    }

    /** Returns these options with another number of layers in the encoder. */
    public Options numEncoderLayers(int numEncoderLayers) {
      return new Options(numEncoderLayers, numDecoderLayers, layer);
    }

    /** Returns these options with another number of layers in the decoder. */
    public Options numDecoderLayers(int numDecoderLayers) {
      return new Options(numEncoderLayers, numDecoderLayers, layer);
    }

    /** Returns these options with other ones of the layers. */
    public Options layer(TransformerEncoderLayer.Options layer) {
      return new Options(numEncoderLayers, numDecoderLayers, layer);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(6, 6, TransformerEncoderLayer.options());
  }

  /**
   * What is seen.
   *
   * @param src of the source, by itself
   * @param tgt of the target, by itself
   * @param memory of what the encoder has made, by the target
   */
  public record Masks(
      MultiheadAttention.Masks src, MultiheadAttention.Masks tgt, MultiheadAttention.Masks memory) {
    /** Checks that they are there. */
    public Masks {
      given(NAME, "src", src);
      given(NAME, "tgt", tgt);
      given(NAME, "memory", memory);
    }

    /** Returns these masks with others of the source. */
    public Masks src(MultiheadAttention.Masks src) {
      return new Masks(src, tgt, memory);
    }

    /** Returns these masks with others of the target. */
    public Masks tgt(MultiheadAttention.Masks tgt) {
      return new Masks(src, tgt, memory);
    }

    /** Returns these masks with others of what the encoder has made. */
    public Masks memory(MultiheadAttention.Masks memory) {
      return new Masks(src, tgt, memory);
    }
  }

  /** Returns no masks. */
  public static Masks masks() {
    MultiheadAttention.Masks none = MultiheadAttention.masks();
    return new Masks(none, none, none);
  }

  /** Makes a transformer with PyTorch's defaults. */
  public Transformer(long dModel, long nhead) {
    this(dModel, nhead, options());
  }

  /**
   * Makes a transformer.
   *
   * @throws IllegalArgumentException if a number is not positive, or the heads do not divide the
   *     size
   */
  public Transformer(long dModel, long nhead, Options options) {
    TransformerEncoderLayer.Options layer = given(NAME, "options", options).layer;
    var encoderLayer = new TransformerEncoderLayer(dModel, nhead, layer);
    encoder =
        register(
            "encoder",
            new TransformerEncoder(encoderLayer, options.numEncoderLayers, norm(dModel, layer)));
    var decoderLayer = new TransformerDecoderLayer(dModel, nhead, layer);
    decoder =
        register(
            "decoder",
            new TransformerDecoder(decoderLayer, options.numDecoderLayers, norm(dModel, layer)));
    draw();
  }

  /**
   * Makes a transformer of an encoder and a decoder, whose matrices are drawn anew, as in PyTorch.
   */
  public Transformer(TransformerEncoder encoder, TransformerDecoder decoder) {
    this.encoder = register("encoder", given(NAME, "encoder", encoder));
    this.decoder = register("decoder", given(NAME, "decoder", decoder));
    draw();
  }

  private void draw() {
    parameters().stream().filter(parameter -> parameter.dim() > 1).forEach(Init::xavierUniform_);
  }

  private static LayerNorm norm(long dModel, TransformerEncoderLayer.Options layer) {
    return new LayerNorm(Shape.of(dModel), layer.normOptions());
  }

  /** Returns the encoder. */
  public TransformerEncoder encoder() {
    return encoder;
  }

  /** Returns the decoder. */
  public TransformerDecoder decoder() {
    return decoder;
  }

  /** Returns the result of a source and a target, of which all is seen. */
  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "source and target", inputs);
    return transformed(inputs[0], inputs[1], masks());
  }

  /**
   * Runs the forward pre-hooks, returns the result of a source and a target, of which masks let
   * see, and runs the forward hooks.
   */
  public Tensor transform(Tensor src, Tensor tgt, Masks masks) {
    given(NAME, "src", src);
    given(NAME, "tgt", tgt);
    given(NAME, "masks", masks);
    return call(
        List.of(src, tgt),
        in -> {
          Checks.inputs(this, 2, "source and target", in);
          return transformed(in.get(0), in.get(1), masks);
        });
  }

  private Tensor transformed(Tensor src, Tensor tgt, Masks masks) {
    return decoder.decode(tgt, encoder.encode(src, masks.src), masks.tgt, masks.memory);
  }

  /**
   * Returns the mask (size, size) that is added to scores for a query to see the keys up to its own
   * number: 0 there, and minus infinity elsewhere.
   *
   * @throws IllegalArgumentException if the size is negative or 2^31 and more
   */
  public static Tensor generateSquareSubsequentMask(long size) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "generateSquareSubsequentMask: a size of " + size + " is not from 0 to 2^31 - 1");
    }
    return Tensor.full(Shape.of(size, size), Double.NEGATIVE_INFINITY).triu(1);
  }
}
