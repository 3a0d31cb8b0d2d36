package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A layer of a transformer's encoder (Vaswani et al., 2017): attention of the input to itself, then
 * two linear layers with an activation between them; each of the two is added to what it was given,
 * and normalized after that, or before. Inputs and results are (length, batch, dModel), or, where
 * the options say so, (batch, length, dModel).
 */
public final class TransformerEncoderLayer extends TransformerLayer {
  private final long dModel;
  private final long nhead;
  private final Options options;

  /** What is between the two linear layers; any other function is, too. */
  public enum Activation implements UnaryOperator<Tensor> {
    /** {@link Tensor#relu}. */
    RELU,
    /** {@link Functional#gelu}. */
    GELU;

    @Override
    public Tensor apply(Tensor x) {
      given("Activation", "input", x);
      return this == RELU ? x.relu() : Functional.gelu(x);
    }
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
   * @param activation what is between the linear layers, such as {@link Activation#RELU}
   * @param layerNormEps what normalizations add to the variance, 1e-5
   * @param order which dimension is the batch
   * @param norm where the parts are normalized
   * @param bias whether there are biases
   */
  public record Options(
      long dimFeedforward,
      double dropout,
      UnaryOperator<Tensor> activation,
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
    public Options activation(UnaryOperator<Tensor> activation) {
      return new Options(dimFeedforward, dropout, activation, layerNormEps, order, norm, bias);
    }

    /** Returns these options with another activation, one that {@link FeedForward} has too. */
    public Options activation(dev.chagres.core.Activation activation) {
      given("TransformerEncoderLayer", "activation", activation);
      return activation(
          switch (activation) {
            case RELU -> Activation.RELU;
            case GELU -> Activation.GELU;
            case GELU_TANH -> x -> Functional.gelu(x, GELU.Approximate.TANH);
          });
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

    LayerNorm.Options normOptions() {
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
    super(dModel, nhead, options, List.of("self_attn"));
    this.options = options;
    this.dModel = dModel;
    this.nhead = nhead;
  }

  @Override
  TransformerEncoderLayer another() {
    return new TransformerEncoderLayer(dModel, nhead, options);
  }

  @Override
  public Tensor forward(Tensor x) {
    return encoded(x, MultiheadAttention.masks());
  }

  /**
   * Runs the forward pre-hooks, returns the result of an input whose attention is masked, and runs
   * the forward hooks.
   */
  public Tensor encode(Tensor src, Masks masks) {
    return MaskedCalls.encode(this, src, masks, this::encoded);
  }

  private Tensor encoded(Tensor src, Masks masks) {
    return part(1, part(0, src, x -> attention(0).attend(x, x, x, masks)), this::fed);
  }
}
