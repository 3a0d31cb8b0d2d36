package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attention with several heads (Vaswani et al., 2017): queries (queries, batch, embedDim), keys
 * (keys, batch, kdim) and values (keys, batch, vdim) are projected, each head attends with its part
 * of them, and what comes of the heads is projected to the result (queries, batch, embedDim). Where
 * the options say so the batch is the first dimension; without a batch operands have two.
 *
 * <p>{@code call(query, key, value)} and {@link #attend} return the result alone, and do not make
 * the matrix of the scores; {@link #weighed} returns the weights too. The projections are first
 * drawn by {@link Init#xavierUniform_}, that of the result as a {@link Linear} layer's; biases
 * begin at 0.
 */
public final class MultiheadAttention extends Module {
  private static final int UNBATCHED = 2;
  private static final int BATCHED = 3;
  private static final int PROJECTIONS = 3;

  private final long embedDim;
  private final long numHeads;
  private final Options options;
  private final List<Parameter> weights;
  private final @Nullable Parameter inBias;
  private final Linear outProj;

  /** Which dimension of operands is the batch. */
  public enum Order {
    /** The second: (length, batch, size). */
    SEQUENCE_FIRST,
    /** The first: (batch, length, size). */
    BATCH_FIRST
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param dropout with which probability training sets a weight to 0, 0
   * @param bias whether the projections add biases
   * @param kdim the size of keys; null for that of queries
   * @param vdim the size of values; null for that of queries
   * @param order which dimension is the batch
   */
  public record Options(
      double dropout, Bias bias, @Nullable Long kdim, @Nullable Long vdim, Order order) {
    /** Checks them. */
    public Options {
      Dropouts.checkProbability("dropout", dropout);
      given("MultiheadAttention", "bias", bias);
      given("MultiheadAttention", "order", order);
      checkSize("kdim", kdim);
      checkSize("vdim", vdim);
    }

    private static void checkSize(String name, @Nullable Long size) {
      if (size != null && size <= 0) {
        throw new IllegalArgumentException("MultiheadAttention: " + name + " is " + size);
      }
    }

    /** Returns these options with another probability of dropout. */
    public Options dropout(double dropout) {
      return new Options(dropout, bias, kdim, vdim, order);
    }

    /** Returns these options with or without biases. */
    public Options bias(Bias bias) {
      return new Options(dropout, bias, kdim, vdim, order);
    }

    /** Returns these options with another size of keys. */
    public Options kdim(long kdim) {
      return new Options(dropout, bias, kdim, vdim, order);
    }

    /** Returns these options with another size of values. */
    public Options vdim(long vdim) {
      return new Options(dropout, bias, kdim, vdim, order);
    }

    /** Returns these options with the batch as the first dimension. */
    public Options batchFirst() {
      return new Options(dropout, bias, kdim, vdim, Order.BATCH_FIRST);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(0, Bias.LEARNED, null, null, Order.SEQUENCE_FIRST);
  }

  /** Which keys a query sees beside what masks say. */
  public enum Sight {
    /** All. */
    ALL,
    /** Those up to its own number. */
    CAUSAL
  }

  /**
   * What of the scores counts. In a bool mask true hides a key, the other way round than in {@link
   * Functional#scaledDotProductAttention}; a floating one is added to the scores.
   *
   * @param keyPaddingMask of the keys (batch, keys), or null
   * @param attnMask of the scores (queries, keys) or, one for each head, (batch * numHeads,
   *     queries, keys); or null
   * @param sight which keys a query sees
   */
  public record Masks(@Nullable Tensor keyPaddingMask, @Nullable Tensor attnMask, Sight sight) {
    /** Checks them. */
    public Masks {
      given("MultiheadAttention", "sight", sight);
    }

    /** Returns these masks with one of the keys. */
    public Masks keyPaddingMask(Tensor mask) {
      return new Masks(given("MultiheadAttention", "keyPaddingMask", mask), attnMask, sight);
    }

    /** Returns these masks with one of the scores. */
    public Masks attnMask(Tensor mask) {
      return new Masks(keyPaddingMask, given("MultiheadAttention", "attnMask", mask), sight);
    }

    /** Returns these masks where a query sees the keys up to its own number. */
    public Masks isCausal() {
      return new Masks(keyPaddingMask, attnMask, Sight.CAUSAL);
    }
  }

  /** Returns no masks. */
  public static Masks masks() {
    return new Masks(null, null, Sight.ALL);
  }

  /** Of which weights there are. */
  public enum Weights {
    /** The mean of the heads (batch, queries, keys). */
    AVERAGED,
    /** Those of each head (batch, numHeads, queries, keys). */
    EACH_HEAD
  }

  /**
   * A result with the weights that it was made with.
   *
   * @param output the result
   * @param weights of the values, after dropout
   */
  public record Weighed(Tensor output, Tensor weights) {
    /** Checks that both are there. */
    public Weighed {
      given("MultiheadAttention", "output", output);
      given("MultiheadAttention", "weights", weights);
    }
  }

  /** Makes a layer with PyTorch's defaults. */
  public MultiheadAttention(long embedDim, long numHeads) {
    this(embedDim, numHeads, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a number is not positive, or the heads do not divide the
   *     size
   */
  public MultiheadAttention(long embedDim, long numHeads, Options options) {
    this.options = given("MultiheadAttention", "options", options);
    if (embedDim <= 0 || numHeads <= 0 || embedDim % numHeads != 0) {
      throw new IllegalArgumentException(
          "MultiheadAttention: embedDim "
              + embedDim
              + " is not a positive multiple of "
              + numHeads
              + " heads");
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    long kdim = options.kdim == null ? embedDim : options.kdim;
    long vdim = options.vdim == null ? embedDim : options.vdim;
    boolean alike = kdim == embedDim && vdim == embedDim;
    this.weights =
        alike
            ? List.of(
                registerParameter("in_proj_weight", Tensor.empty(PROJECTIONS * embedDim, embedDim)))
            : List.of(
                registerParameter("q_proj_weight", Tensor.empty(embedDim, embedDim)),
                registerParameter("k_proj_weight", Tensor.empty(embedDim, kdim)),
                registerParameter("v_proj_weight", Tensor.empty(embedDim, vdim)));
    this.inBias =
        options.bias == Bias.NONE
            ? null
            : registerParameter("in_proj_bias", Tensor.zeros(PROJECTIONS * embedDim));
    this.outProj = register("out_proj", new Linear(embedDim, embedDim, options.bias));
    weights.forEach(Init::xavierUniform_);
    outProj.bias().ifPresent(Init::zeros_);
  }

  /** Returns the projection of the result. */
  public Linear outProj() {
    return outProj;
  }

  /** Returns the biases of the projections of queries, keys and values, if there are any. */
  public Optional<Parameter> inProjBias() {
    return Optional.ofNullable(inBias);
  }

  /** Attends of x to itself. */
  @Override
  public Tensor forward(Tensor x) {
    return attend(x, x, x, masks());
  }

  /** Attends of a query to keys and values: three inputs, or one that is all of them. */
  @Override
  public Tensor forward(Tensor... inputs) {
    if (inputs.length == 1) {
      return forward(inputs[0]);
    }
    if (inputs.length != PROJECTIONS) {
      throw new IllegalArgumentException(
          "MultiheadAttention: the inputs are query, key and value, not " + inputs.length);
    }
    return attend(inputs[0], inputs[1], inputs[2], masks());
  }

  /** Returns the result, of what masks let see. What sees no key is projected from 0. */
  public Tensor attend(Tensor query, Tensor key, Tensor value, Masks masks) {
    Operands in = operands(query, key, value, masks);
    var plain = Attention.options().dropoutP(isTraining() ? options.dropout : 0);
    var all = masks.sight == Sight.CAUSAL ? plain.isCausal() : plain;
    return result(
        query, Attention.attend(in.q, in.k, in.v, in.seen == null ? all : all.attnMask(in.seen)));
  }

  /**
   * Returns the result and the weights, for which the matrix of the scores is made. What sees no
   * key is NaN here, as in PyTorch.
   */
  public Weighed weighed(Tensor query, Tensor key, Tensor value, Masks masks, Weights which) {
    given("MultiheadAttention", "which", which);
    Operands in = operands(query, key, value, masks);
    Tensor scores = in.q.mul(1 / Math.sqrt((double) headSize())).matmul(in.k.transpose(-2, -1));
    if (masks.sight == Sight.CAUSAL) {
      Tensor later =
          Tensor.ones(query.device(), DType.BOOL, scores.size(-2), scores.size(-1)).triu(1);
      scores = scores.maskedFill(later, Double.NEGATIVE_INFINITY);
    }
    if (in.seen != null) {
      scores =
          in.seen.dtype() == DType.BOOL
              ? scores.maskedFill(in.seen.logicalNot(), Double.NEGATIVE_INFINITY)
              : scores.add(in.seen);
    }
    Tensor weights = Functional.dropout(scores.softmax(-1), isTraining() ? options.dropout : 0);
    Tensor output = result(query, weights.matmul(in.v));
    Tensor shown = which == Weights.AVERAGED ? weights.mean(1) : weights;
    return new Weighed(output, query.dim() == UNBATCHED ? shown.squeeze(0) : shown);
  }

  private long headSize() {
    return embedDim / numHeads;
  }

  /** Heads (batch, numHeads, length, size), and which scores count, in {@link Attention}'s way. */
  private record Operands(Tensor q, Tensor k, Tensor v, @Nullable Tensor seen) {}

  private Operands operands(Tensor query, Tensor key, Tensor value, Masks masks) {
    given("MultiheadAttention", "query", query);
    given("MultiheadAttention", "key", key);
    given("MultiheadAttention", "value", value);
    given("MultiheadAttention", "masks", masks);
    check(query, key, value);
    List<Tensor> projected = projected(query, key, value);
    Tensor q = heads(projected.get(0));
    Tensor k = heads(projected.get(1));
    return new Operands(q, k, heads(projected.get(2)), seen(masks, q, k));
  }

  private void check(Tensor query, Tensor key, Tensor value) {
    int dim = query.dim();
    int batch = options.order == Order.BATCH_FIRST ? 0 : 1;
    boolean agree = (dim == UNBATCHED || dim == BATCHED) && key.dim() == dim && value.dim() == dim;
    if (agree && dim == BATCHED) {
      agree =
          key.size(batch) == query.size(batch)
              && value.size(batch) == query.size(batch)
              && key.size(1 - batch) == value.size(1 - batch);
    } else if (agree) {
      agree = key.size(0) == value.size(0);
    }
    if (!agree) {
      throw new IllegalArgumentException(
          "MultiheadAttention: a query "
              + query.shape()
              + ", a key "
              + key.shape()
              + " and a value "
              + value.shape()
              + " do not fit; they are "
              + (batch == 0 ? "(batch, length, size)" : "(length, batch, size)")
              + ", or (length, size)");
    }
  }

  @SuppressWarnings("ReferenceEquality") // One product of one tensor.
  private List<Tensor> projected(Tensor query, Tensor key, Tensor value) {
    if (weights.size() == 1 && query == key && key == value) {
      return Functional.linear(query, weights.get(0), inBias).chunk(PROJECTIONS, -1);
    }
    List<? extends Tensor> each =
        weights.size() == 1 ? weights.get(0).chunk(PROJECTIONS, 0) : weights;
    List<Tensor> biases = inBias == null ? List.of() : inBias.chunk(PROJECTIONS, 0);
    return List.of(
        Functional.linear(query, each.get(0), inBias == null ? null : biases.get(0)),
        Functional.linear(key, each.get(1), inBias == null ? null : biases.get(1)),
        Functional.linear(value, each.get(2), inBias == null ? null : biases.get(2)));
  }

  private Tensor heads(Tensor x) {
    Tensor split = x.unflatten(-1, numHeads, headSize());
    return x.dim() == UNBATCHED
        ? split.transpose(0, 1).unsqueeze(0)
        : options.order == Order.BATCH_FIRST ? split.transpose(1, 2) : split.permute(1, 2, 0, 3);
  }

  private Tensor result(Tensor query, Tensor heads) {
    if (query.dim() == UNBATCHED) {
      return outProj.call(heads.squeeze(0).transpose(0, 1).flatten(1));
    }
    // In memory the sequence comes first, as in PyTorch: dropout that follows draws in that order.
    Tensor y = outProj.call(heads.permute(2, 0, 1, 3).flatten(2));
    return options.order == Order.BATCH_FIRST ? y.transpose(0, 1) : y;
  }

  /** Which scores (batch, numHeads, queries, keys) count, or what is added to them. */
  private @Nullable Tensor seen(Masks masks, Tensor q, Tensor k) {
    Tensor padding = masks.keyPaddingMask;
    Tensor scores = masks.attnMask;
    if (padding != null) {
      checkMask("keyPaddingMask", padding, padding.dim() == 1 ? 1 : 2, k.size(-2));
      padding = padding.dim() == 1 ? padding : padding.unflatten(0, q.size(0), 1, 1);
    }
    if (scores != null) {
      checkMask("attnMask", scores, scores.dim() == BATCHED ? BATCHED : 2, k.size(-2));
      scores = scores.dim() == BATCHED ? scores.unflatten(0, q.size(0), numHeads) : scores;
    }
    if (padding == null || scores == null) {
      Tensor one = padding == null ? scores : padding;
      return one == null || one.dtype() != DType.BOOL ? one : one.logicalNot();
    }
    return padding.dtype() == DType.BOOL && scores.dtype() == DType.BOOL
        ? padding.logicalOr(scores).logicalNot()
        : added(padding, q.dtype()).add(added(scores, q.dtype()));
  }

  private static void checkMask(String name, Tensor mask, int dim, long keys) {
    if (mask.dtype() != DType.BOOL && !mask.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "MultiheadAttention: " + name + " is bool or floating, not " + mask.dtype());
    }
    if (mask.dim() != dim || mask.size(-1) != keys) {
      throw new IllegalArgumentException(
          "MultiheadAttention: " + name + " is " + mask.shape() + ", for " + keys + " keys");
    }
  }

  private static Tensor added(Tensor mask, DType dtype) {
    return mask.dtype() == DType.BOOL
        ? Tensor.zeros(mask.device(), dtype, mask.shape().toArray())
            .maskedFill(mask, Double.NEGATIVE_INFINITY)
        : mask;
  }
}
