package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.MultiheadAttention.Order;

/**
 * What may differ from PyTorch's defaults in every recurrent layer.
 *
 * @param <O> the options of a layer
 */
public sealed interface RecurrentOptions<O extends RecurrentOptions<O>>
    permits RNN.Options, LSTM.Options, GRU.Options {

  /** In which order sequences are read. */
  enum Direction {
    /** From the first step on. */
    FORWARD,
    /** From the first step on, and, with other weights, from the last. */
    BOTH
  }

  /**
   * What these layers have in common.
   *
   * @param numLayers how many there are one above the other, 1
   * @param bias whether there are biases
   * @param order which dimension of inputs and outputs is the batch
   * @param dropout with which probability training sets an element between two layers to 0, 0
   * @param direction in which order sequences are read
   */
  record Common(int numLayers, Bias bias, Order order, double dropout, Direction direction) {
    /** PyTorch's defaults. */
    static final Common DEFAULTS =
        new Common(1, Bias.LEARNED, Order.SEQUENCE_FIRST, 0, Direction.FORWARD);

    /** Checks them. */
    public Common {
      given("RecurrentOptions", "bias", bias);
      given("RecurrentOptions", "order", order);
      given("RecurrentOptions", "direction", direction);
      Checks.layers("RecurrentOptions", 1, numLayers);
      Dropouts.checkProbability("dropout", dropout);
    }
  }

  /** Returns what these layers have in common. */
  Common common();

  /** Returns these options with other ones of those that these layers have in common. */
  O common(Common common);

  /** Returns these options with another number of layers. */
  default O numLayers(int numLayers) {
    Common c = common();
    return common(new Common(numLayers, c.bias, c.order, c.dropout, c.direction));
  }

  /** Returns these options with or without biases. */
  default O bias(Bias bias) {
    Common c = common();
    return common(new Common(c.numLayers, bias, c.order, c.dropout, c.direction));
  }

  /** Returns these options with the batch as the first dimension. */
  default O batchFirst() {
    Common c = common();
    return common(new Common(c.numLayers, c.bias, Order.BATCH_FIRST, c.dropout, c.direction));
  }

  /** Returns these options with another probability of dropout between layers. */
  default O dropout(double dropout) {
    Common c = common();
    return common(new Common(c.numLayers, c.bias, c.order, dropout, c.direction));
  }

  /** Returns these options where sequences are read from both ends. */
  default O bidirectional() {
    Common c = common();
    return common(new Common(c.numLayers, c.bias, c.order, c.dropout, Direction.BOTH));
  }
}
