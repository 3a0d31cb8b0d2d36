package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many elements, or how much of their weight, lies in each bin. A bin holds its lower edge, and
 * the last one its upper edge too.
 *
 * @param hist one value for each bin, a dimension for each of the elements' coordinates
 * @param edges the bins' edges along each dimension, one more than there are bins
 */
public record Histogram(Tensor hist, List<Tensor> edges) {
  /** Copies the list. */
  public Histogram {
    given("Histogram", "hist", hist);
    for (Tensor edge : given("Histogram", "edges", edges)) {
      given("Histogram", "an edge", edge);
    }
    edges = List.copyOf(edges);
  }

  /** What is counted, and how. */
  public static final class Options {
    private final double[] range;
    private final @Nullable Tensor weight;
    private final boolean dense;

    private Options(double[] range, @Nullable Tensor weight, boolean dense) {
      this.range = range;
      this.weight = weight;
      this.dense = dense;
    }

    /**
     * Returns these options with the least and the greatest edge, for each dimension in turn;
     * without them they are the least and the greatest element.
     */
    public Options range(double... bounds) {
      return new Options(given("range", "bounds", bounds).clone(), weight, dense);
    }

    /** Returns these options with a weight for each element, in place of 1. */
    public Options weight(Tensor weight) {
      return new Options(range, given("weight", "weight", weight), dense);
    }

    /** Returns these options with the result divided by its sum and the bins' sizes. */
    public Options density() {
      return new Options(range, weight, true);
    }

    double[] bounds() {
      return range.clone();
    }

    @Nullable Tensor weights() {
      return weight;
    }

    boolean isDense() {
      return dense;
    }
  }

  /** Returns PyTorch's defaults: the range of the elements, each of which counts 1. */
  public static Options options() {
    return new Options(new double[0], null, false);
  }
}
