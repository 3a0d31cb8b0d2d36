package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Frequency;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A table of vectors: inputs (…) are row numbers, outputs (…, dim) the rows. The weight (count,
 * dim) is first drawn from the standard normal distribution; the row of the padding is 0.
 */
public final class Embedding extends Module {
  private final long count;
  private final long dim;
  private final Options options;
  private final Parameter weight;

  /** What the gradient of a row that occurs several times is. */
  public enum ScaleGrad {
    /** The sum of all. */
    NONE,
    /** Their mean. */
    BY_FREQ
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param paddingIdx the row that gets no gradient, and is 0 at first; negative counts from the
   *     end; null for none
   * @param maxNorm rows that are longer are shortened to this in the weight before they are read;
   *     infinite for none
   * @param normType the order p of that norm, 2
   * @param scaleGrad what the gradient of a row is
   */
  public record Options(
      @Nullable Long paddingIdx, double maxNorm, double normType, ScaleGrad scaleGrad) {
    /** Checks them. */
    public Options {
      given("Embedding", "scaleGrad", scaleGrad);
      if (!(maxNorm >= 0)) {
        throw new IllegalArgumentException("Embedding: the greatest norm " + maxNorm);
      }
      if (!(normType > 0)) {
        throw new IllegalArgumentException(
            "Embedding: the order of the norm is positive, not " + normType);
      }
    }

    /** Returns these options with a row that gets no gradient. */
    public Options paddingIdx(long paddingIdx) {
      return new Options(paddingIdx, maxNorm, normType, scaleGrad);
    }

    /** Returns these options with another greatest norm. */
    public Options maxNorm(double maxNorm) {
      return new Options(paddingIdx, maxNorm, normType, scaleGrad);
    }

    /** Returns these options with another order of the norm. */
    public Options normType(double normType) {
      return new Options(paddingIdx, maxNorm, normType, scaleGrad);
    }

    /** Returns these options with another gradient. */
    public Options scaleGrad(ScaleGrad scaleGrad) {
      return new Options(paddingIdx, maxNorm, normType, scaleGrad);
    }

    /** The text of a table of so many vectors of so many numbers. */
    String text(long count, long dim) {
      long padding = padding("Embedding", count);
      StringBuilder text = new StringBuilder().append(count).append(", ").append(dim);
      if (padding >= 0) {
        text.append(", padding_idx=").append(padding);
      }
      if (maxNorm != Double.POSITIVE_INFINITY) {
        text.append(", max_norm=").append(PythonNumber.text(maxNorm));
      }
      if (normType != 2) {
        text.append(", norm_type=").append(PythonNumber.text(normType));
      }
      return text.append(scaleGrad == ScaleGrad.NONE ? "" : ", scale_grad_by_freq=True").toString();
    }

    /** Returns the number of the padding's row in a table, or -1. */
    long padding(String name, long rows) {
      if (paddingIdx == null) {
        return -1;
      }
      if (paddingIdx < -rows || paddingIdx >= rows) {
        throw new IllegalArgumentException(
            name + ": paddingIdx " + paddingIdx + " is none of " + rows + " rows");
      }
      return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(null, Double.POSITIVE_INFINITY, 2, ScaleGrad.NONE);
  }

  /** Makes a table of so many vectors of so many numbers. */
  public Embedding(long numEmbeddings, long embeddingDim) {
    this(numEmbeddings, embeddingDim, options());
  }

  /**
   * Makes a table with other options.
   *
   * @throws IllegalArgumentException if a size is negative, or the padding is no row
   */
  public Embedding(long numEmbeddings, long embeddingDim, Options options) {
    this(drawn("Embedding", numEmbeddings, embeddingDim, options), options);
  }

  private Embedding(Tensor table, Options options) {
    this.options = given("Embedding", "options", options);
    this.count = table.size(0);
    this.dim = table.size(1);
    options.padding("Embedding", count);
    this.weight = registerParameter("weight", table);
  }

  /** Returns the first weight of a layer of this name. */
  static Tensor drawn(String name, long count, long dim, Options options) {
    if (count < 0 || dim < 0) {
      throw new IllegalArgumentException(name + ": " + count + " vectors of " + dim);
    }
    long padding = given(name, "options", options).padding(name, count);
    Tensor table = Init.normal_(Tensor.empty(count, dim));
    if (padding >= 0) {
      table.select(0, padding).zero_();
    }
    return table;
  }

  /**
   * Makes a layer of vectors (count, dim) that exist, whose memory it shares. They are not trained
   * further unless {@code weight().requiresGrad_()} asks for it.
   */
  public static Embedding fromPretrained(Tensor embeddings) {
    return fromPretrained(embeddings, options());
  }

  /**
   * The same with other options.
   *
   * @throws IllegalArgumentException if the vectors are no floating matrix, or the padding is no
   *     row
   */
  public static Embedding fromPretrained(Tensor embeddings, Options options) {
    checkTable("fromPretrained", given("fromPretrained", "embeddings", embeddings));
    Embedding layer = new Embedding(embeddings, given("fromPretrained", "options", options));
    layer.weight.requiresGrad_(false);
    return layer;
  }

  /** Returns the weight (count, dim). */
  public Parameter weight() {
    return weight;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.embedding(x, weight, options);
  }

  @Override
  protected String extraRepr() {
    return options.text(count, dim);
  }

  // ---- the function

  static void checkTable(String name, Tensor weight) {
    if (weight.dim() != 2 || !weight.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": a weight is floating and (count, dim), not "
              + weight.dtype()
              + " "
              + weight.shape());
    }
  }

  static Tensor look(Tensor input, Tensor weight, Options options) {
    String name = "embedding";
    if (weight.dim() != 2) {
      throw new IllegalArgumentException(
          name + ": a weight is (count, dim), not " + weight.shape());
    }
    if (options.maxNorm() != Double.POSITIVE_INFINITY) {
      checkTable(name, weight);
      if (weight.layout().mayOverlap()) {
        throw new IllegalArgumentException(
            name
                + ": maxNorm shortens rows of the weight, which share memory, as after expand;"
                + " clone() it first");
      }
    }
    if (input.dtype() != DType.INT64 && input.dtype() != DType.INT32) {
      throw new IllegalArgumentException(
          name + ": row numbers are int64 or int32, not " + input.dtype());
    }
    long rows = weight.size(0);
    long padding = options.padding(name, rows);
    Tensor positions = input.reshape(-1).toLong();
    if (options.maxNorm() != Double.POSITIVE_INFINITY) {
      shorten(weight, positions, options);
    }
    Frequency frequency =
        switch (options.scaleGrad()) {
          case NONE -> Frequency.COUNTS;
          case BY_FREQ -> Frequency.DIVIDED_BY;
        };
    Shape shape = input.shape().concat(Shape.of(weight.size(1)));
    return Primitives.of(weight)
        .embedding(weight, positions, padding, frequency)
        .reshape(shape.toArray());
  }

  private static void shorten(Tensor weight, Tensor positions, Options options) {
    Autograd.noGrad(
        () -> {
          Tensor used = positions.unique().values();
          Tensor rows = Primitives.of(weight).embedding(weight, used, -1, Frequency.COUNTS);
          Tensor shorter = rows.renorm(options.normType(), 0, options.maxNorm());
          return weight.detach().indexCopy_(0, used, shorter);
        });
  }
}
