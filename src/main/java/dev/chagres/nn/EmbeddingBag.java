package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Locale;

/**
 * Sums, means or maxima of rows of a table, bag by bag: inputs are row numbers (bags, n), or a
 * vector of them and the offsets at which bags begin; outputs are (bags, dim). The weight (count,
 * dim) is first drawn from the standard normal distribution; the row of the padding is 0.
 */
public final class EmbeddingBag extends Module {
  private final long count;
  private final long dim;
  private final Options options;
  private final Parameter weight;

  /** What becomes of the rows of a bag. */
  public enum Mode {
    /** Their sum, weighted if there are weights. */
    SUM,
    /** Their mean. */
    MEAN,
    /** The greatest number in each place. */
    MAX
  }

  /** What the offsets are. */
  public enum Offsets {
    /** Where each bag begins. */
    OF_BAGS,
    /** These, and last how many row numbers there are. */
    WITH_LAST
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param mode what becomes of the rows of a bag
   * @param table the padding, which counts in no bag, and the greatest norm
   * @param offsets what the offsets are
   */
  public record Options(Mode mode, Embedding.Options table, Offsets offsets) {
    /** Checks that they are there. */
    public Options {
      given("EmbeddingBag", "mode", mode);
      given("EmbeddingBag", "table", table);
      given("EmbeddingBag", "offsets", offsets);
    }

    /** Returns these options with another mode. */
    public Options mode(Mode mode) {
      return new Options(mode, table, offsets);
    }

    /** Returns these options with other options of the table. */
    public Options table(Embedding.Options table) {
      return new Options(mode, table, offsets);
    }

    /** Returns these options with other offsets. */
    public Options offsets(Offsets offsets) {
      return new Options(mode, table, offsets);
    }
  }

  /** Returns PyTorch's defaults: means. */
  public static Options options() {
    return new Options(Mode.MEAN, Embedding.options(), Offsets.OF_BAGS);
  }

  /** Makes a table of so many vectors of so many numbers. */
  public EmbeddingBag(long numEmbeddings, long embeddingDim) {
    this(numEmbeddings, embeddingDim, options());
  }

  /**
   * Makes a table with other options.
   *
   * @throws IllegalArgumentException if a size is negative, or the padding is no row
   */
  public EmbeddingBag(long numEmbeddings, long embeddingDim, Options options) {
    given("EmbeddingBag", "options", options);
    this(Embedding.drawn("EmbeddingBag", numEmbeddings, embeddingDim, options.table), options);
  }

  private EmbeddingBag(Tensor table, Options options) {
    this.options = given("EmbeddingBag", "options", options);
    this.count = table.size(0);
    this.dim = table.size(1);
    options.table.padding("EmbeddingBag", count);
    this.weight = registerParameter("weight", table);
  }

  /**
   * Makes a layer of means of vectors (count, dim) that exist, whose memory it shares. They are not
   * trained further unless {@code weight().requiresGrad_()} asks for it.
   */
  public static EmbeddingBag fromPretrained(Tensor embeddings) {
    return fromPretrained(embeddings, options());
  }

  /**
   * The same with other options.
   *
   * @throws IllegalArgumentException if the vectors are no floating matrix, or the padding is no
   *     row
   */
  public static EmbeddingBag fromPretrained(Tensor embeddings, Options options) {
    Embedding.checkTable("fromPretrained", given("fromPretrained", "embeddings", embeddings));
    EmbeddingBag layer = new EmbeddingBag(embeddings, given("fromPretrained", "options", options));
    layer.weight.requiresGrad_(false);
    return layer;
  }

  /** Returns the weight (count, dim). */
  public Parameter weight() {
    return weight;
  }

  /** Computes the layer of row numbers (bags, n). */
  @Override
  public Tensor forward(Tensor x) {
    return Functional.embeddingBag(x, weight, null, null, options);
  }

  /**
   * Computes the layer of row numbers and offsets, or of a matrix of row numbers (bags, n) and the
   * weights of the rows, of its shape; of row numbers, offsets and weights if there are three.
   */
  @Override
  public Tensor forward(Tensor... inputs) {
    if (inputs.length != 2 && inputs.length != 3) {
      throw new IllegalArgumentException(
          name() + ": takes row numbers, offsets and weights, not " + inputs.length + " tensors");
    }
    if (inputs.length == 2 && inputs[0].dim() == 2 && inputs[1].dtype().isFloating()) {
      return Functional.embeddingBag(inputs[0], weight, null, inputs[1], options);
    }
    return Functional.embeddingBag(
        inputs[0], weight, inputs[1], inputs.length == 3 ? inputs[2] : null, options);
  }

  @Override
  protected String extraRepr() {
    String table = options.table.text(count, dim);
    String mode = ", mode='" + options.mode.name().toLowerCase(Locale.ROOT) + "'";
    int padding = table.indexOf(", padding_idx");
    return padding < 0
        ? table + mode
        : table.substring(0, padding) + mode + table.substring(padding);
  }
}
