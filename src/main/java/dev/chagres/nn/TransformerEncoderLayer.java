package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;

/**
 * A layer of a transformer's encoder (Vaswani et al., 2017): attention of the input to itself, then
 * two linear layers with an activation between them; each of the two is added to what it was given,
 * and normalized after that, or before. Inputs and results are (length, batch, dModel), or, where
 * the options say so, (batch, length, dModel).
 */
public final class TransformerEncoderLayer extends Module {
  private final long dModel;
  private final long nhead;
  private final Options options;
  private final MultiheadAttention attention;
  private final Linear linear1;
  private final Dropout dropout;
  private final Linear linear2;
  private final LayerNorm norm1;
  private final LayerNorm norm2;
  private final Dropout dropout1;
  private final Dropout dropout2;

  /** What is between the two linear layers. */
  public enum Activation {
    /** {@link Tensor#relu}. */
    RELU,
    /** {@link Functional#gelu}. */
    GELU
  }

  /** Where a part of the layer is normalized. */
  public enum Norm {
    /** Its sum with its input. */
    LAST,
    /** Its input. */
    FIRST
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param dimFeedforward the size between the linear layers, 2048
   * @param dropout with which probability training sets an element to 0, 0.1
   * @param activation what is between the linear layers
   * @param layerNormEps what normalizations add to the variance, 1e-5
   * @param order which dimension is the batch
   * @param norm where the parts are normalized
   * @param bias whether there are biases
   */
  public record Options(
      long dimFeedforward,
      double dropout,
      Activation activation,
      double layerNormEps,
      Order order,
      Norm norm,
      Bias bias) {
    /** Checks them. */
    public Options {
      Dropouts.checkProbability("dropout", dropout);
      given("TransformerEncoderLayer", "activation", activation);
      given("TransformerEncoderLayer", "order", order);
      given("TransformerEncoderLayer", "norm", norm);
      given("TransformerEncoderLayer", "bias", bias);
    }

    /** Returns these options with another size between the linear layers. */
    public Options dimFeedforward(long dimFeedforward) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    /** Returns these options with another probability of dropout. */
    public Options dropout(double dropout) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    /** Returns these options with another activation. */
    public Options activation(Activation activation) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    /** Returns these options with another number to add to variances. */
    public Options layerNormEps(double layerNormEps) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    /** Returns these options with the batch as the first dimension. */
    public Options batchFirst() {
      return new Options(
          dimFeedforward, dropout, activation, layerNormEps, Order.BATCH_FIRST, norm, bias);
    }

    /** Returns these options where the inputs of the parts are normalized. */
    public Options normFirst() {
      return new Options(
          dimFeedforward, dropout, activation, layerNormEps, order, Norm.FIRST, bias);
    }

    /** Returns these options with or without biases. */
    public Options bias(Bias bias) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    private LayerNorm.Options normOptions() {
      var affine = bias == Bias.NONE ? LayerNorm.Affine.WITHOUT_BIAS : LayerNorm.Affine.LEARNED;
      return new LayerNorm.Options(layerNormEps, affine);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(
        2048, 0.1, Activation.RELU, 1e-5, Order.SEQUENCE_FIRST, Norm.LAST, Bias.LEARNED);
  }

  /** Makes a layer with PyTorch's defaults. */
  public TransformerEncoderLayer(long dModel, long nhead) {
    this(dModel, nhead, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a number is not positive, or the heads do not divide the
   *     size
   */
  public TransformerEncoderLayer(long dModel, long nhead, Options options) {
    this.options = given("TransformerEncoderLayer", "options", options);
    this.dModel = dModel;
    this.nhead = nhead;
    Bias bias = options.bias;
    double p = options.dropout;
    var heads = new MultiheadAttention.Options(p, bias, null, null, options.order);
    attention = register("self_attn", new MultiheadAttention(dModel, nhead, heads));
    linear1 = register("linear1", new Linear(dModel, options.dimFeedforward, bias));
    dropout = register("dropout", new Dropout(p));
    linear2 = register("linear2", new Linear(options.dimFeedforward, dModel, bias));
    norm1 = register("norm1", new LayerNorm(Shape.of(dModel), options.normOptions()));
    norm2 = register("norm2", new LayerNorm(Shape.of(dModel), options.normOptions()));
    dropout1 = register("dropout1", new Dropout(p));
    dropout2 = register("dropout2", new Dropout(p));
  }

  /** Returns another layer with the same values, on the same device, in the same mode. */
  TransformerEncoderLayer copy() {
    TransformerEncoderLayer copy;
    // What it would begin with is not drawn from the stream of the program.
    try (var _ = Generator.useSeed(0)) {
      copy = new TransformerEncoderLayer(dModel, nhead, options);
    }
    Parameter model = linear1.weight();
    copy.to(model.device()).to(model.dtype());
    copy.loadStateDict(stateDict());
    if (!isTraining()) {
      copy.eval();
    }
    return copy;
  }

  @Override
  public Tensor forward(Tensor x) {
    return encode(x, MultiheadAttention.masks());
  }

  /** Returns the result of an input whose attention is masked. */
  public Tensor encode(Tensor src, Masks masks) {
    given("TransformerEncoderLayer", "src", src);
    given("TransformerEncoderLayer", "masks", masks);
    if (options.norm == Norm.FIRST) {
      Tensor seen = src.add(attended(norm1.call(src), masks));
      return seen.add(fed(norm2.call(seen)));
    }
    Tensor seen = norm1.call(src.add(attended(src, masks)));
    return norm2.call(seen.add(fed(seen)));
  }

  private Tensor attended(Tensor x, Masks masks) {
    return dropout1.call(attention.attend(x, x, x, masks));
  }

  private Tensor fed(Tensor x) {
    Tensor wide = linear1.call(x);
    Tensor active = options.activation == Activation.RELU ? wide.relu() : Functional.gelu(wide);
    return dropout2.call(linear2.call(dropout.call(active)));
  }
}
