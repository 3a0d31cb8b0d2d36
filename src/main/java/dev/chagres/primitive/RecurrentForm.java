package dev.chagres.primitive;

import static dev.chagres.check.Given.given;

import java.util.List;

/**
 * How a recurrent layer goes through its sequences, whose steps lie one after the other: first the
 * first step of all sequences, then the second of those that have one, and so on.
 *
 * @param cell what a step computes
 * @param way in which order steps are taken
 * @param batchSizes how many sequences have each step; none is greater than the one before
 */
public record RecurrentForm(Cell cell, Way way, List<Long> batchSizes) {
  /** Copies the list. */
  public RecurrentForm {
    given("RecurrentForm", "cell", cell);
    given("RecurrentForm", "way", way);
    batchSizes = List.copyOf(given("RecurrentForm", "batchSizes", batchSizes));
  }

  /** What a step computes of the products of its input and of the state before. */
  public enum Cell {
    /** {@code tanh(x + h)}. */
    RNN_TANH(1, 1, AutocastFunction.RNN_TANH_CELL),
    /** {@code relu(x + h)}. */
    RNN_RELU(1, 1, AutocastFunction.RNN_RELU_CELL),
    /** Long short-term memory: the gates are input, forget, cell and output. */
    LSTM(4, 6, AutocastFunction.LSTM_CELL),
    /** A gated recurrent unit: the gates are reset, update and new. */
    GRU(3, 5, AutocastFunction.GRU_CELL);

    private final int gates;
    private final int kept;
    private final AutocastFunction function;

    Cell(int gates, int kept, AutocastFunction function) {
      this.gates = gates;
      this.kept = kept;
      this.function = function;
    }

    /** Returns how many numbers of a product there are for each of the state. */
    public int gates() {
      return gates;
    }

    /** Returns how many numbers the gradient of a step needs for each of the state. */
    public int kept() {
      return kept;
    }

    /** Returns what autocast knows a step as. */
    public AutocastFunction function() {
      return function;
    }
  }

  /** In which order steps are taken. */
  public enum Way {
    /** From the first to the last. */
    FORWARD,
    /** From the last to the first. */
    BACKWARD
  }

  /** Returns how many sequences there are. */
  public long sequences() {
    return batchSizes.getFirst();
  }

  /** Returns how many steps of sequences there are, all together. */
  public long rows() {
    return batchSizes.stream().mapToLong(Long::longValue).sum();
  }
}
