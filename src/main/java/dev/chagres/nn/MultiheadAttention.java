package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
  private static final int PROJECTIONS = 3;

  private final long numHeads;
  private final Options options;
  private final List<Parameter> weights;
  private final @Nullable Parameter inBias;
  private final Linear outProj;
  private final @Nullable Parameter biasK;
  private final @Nullable Parameter biasV;

  /** What else may be asked for. */
  public enum Variant {
    /** One key more, and its value, are learned: {@code bias_k} and {@code bias_v}. */
    ADD_BIAS_KV,
    /** One key more, and its value, are 0. */
    ADD_ZERO_ATTN
  }

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
   * @param variants what there is beside the keys that are given
   */
  public record Options(
      double dropout,
      Bias bias,
      @Nullable Long kdim,
      @Nullable Long vdim,
      Order order,
      Set<Variant> variants) {
    /** Checks them. */
    public Options {
      Dropouts.checkProbability("dropout", dropout);
      given("MultiheadAttention", "bias", bias);
      given("MultiheadAttention", "order", order);
      checkSize("kdim", kdim);
      checkSize("vdim", vdim);
      each("MultiheadAttention", "a variant", given("MultiheadAttention", "variants", variants));
      Set<Variant> all = EnumSet.noneOf(Variant.class);
      all.addAll(variants);
      variants = Collections.unmodifiableSet(all);
    }

    private static void checkSize(String name, @Nullable Long size) {
      if (size != null && size <= 0) {
        throw new IllegalArgumentException("MultiheadAttention: " + name + " is " + size);
      }
    }

    /** Returns these options with another probability of dropout. */
    public Options dropout(double dropout) {
      return new Options(dropout, bias, kdim, vdim, order, variants);
    }

    /** Returns these options with or without biases. */
    public Options bias(Bias bias) {
      return new Options(dropout, bias, kdim, vdim, order, variants);
    }

    /** Returns these options with another size of keys. */
    public Options kdim(long kdim) {
      return new Options(dropout, bias, kdim, vdim, order, variants);
    }

    /** Returns these options with another size of values. */
    public Options vdim(long vdim) {
      return new Options(dropout, bias, kdim, vdim, order, variants);
    }

    /** Returns these options with the batch as the first dimension. */
    public Options batchFirst() {
      return new Options(dropout, bias, kdim, vdim, Order.BATCH_FIRST, variants);
    }

    /** Returns these options with one key more, and its value, that are learned. */
    public Options addBiasKv() {
      return with(Variant.ADD_BIAS_KV);
    }

    /** Returns these options with one key more, and its value, that are 0. */
    public Options addZeroAttn() {
      return with(Variant.ADD_ZERO_ATTN);
    }

    private Options with(Variant variant) {
      Set<Variant> more = EnumSet.of(variant);
      more.addAll(variants);
      return new Options(dropout, bias, kdim, vdim, order, more);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(0, Bias.LEARNED, null, null, Order.SEQUENCE_FIRST, Set.of());
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
    boolean biased = options.variants.contains(Variant.ADD_BIAS_KV);
    this.biasK = biased ? registerParameter("bias_k", Tensor.empty(1, 1, embedDim)) : null;
    this.biasV = biased ? registerParameter("bias_v", Tensor.empty(1, 1, embedDim)) : null;
    weights.forEach(Init::xavierUniform_);
    outProj.bias().ifPresent(Init::zeros_);
    if (biasK != null && biasV != null) {
      Init.xavierNormal_(biasK);
      Init.xavierNormal_(biasV);
    }
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
    return headed().attend(x, x, x, masks());
  }

  /** Attends of a query to keys and values: three inputs, or one that is all of them. */
  @Override
  public Tensor forward(Tensor... inputs) {
    if (inputs.length == 1) {
      return forward(inputs[0]);
    }
    Checks.inputs(this, PROJECTIONS, "query, key and value", inputs);
    return headed().attend(inputs[0], inputs[1], inputs[2], masks());
  }

  /**
   * Runs the forward pre-hooks, returns the result, of what masks let see, and runs the forward
   * hooks. What sees no key is projected from 0.
   */
  public Tensor attend(Tensor query, Tensor key, Tensor value, Masks masks) {
    given(name(), "masks", masks);
    return call(
        inputs(query, key, value),
        in -> {
          Checks.inputs(this, PROJECTIONS, "query, key and value", in);
          return headed().attend(in.get(0), in.get(1), in.get(2), masks);
        });
  }

  /**
   * Returns the result, which hooks see, and the weights, for which the matrix of the scores is
   * made. What sees no key is NaN here, as in PyTorch.
   */
  public Weighed weighed(Tensor query, Tensor key, Tensor value, Masks masks, Weights which) {
    given(name(), "masks", masks);
    given(name(), "which", which);
    return call(
        inputs(query, key, value),
        in -> {
          Checks.inputs(this, PROJECTIONS, "query, key and value", in);
          return headed().weighed(in.get(0), in.get(1), in.get(2), masks, which);
        },
        Weighed::output,
        (made, output) -> new Weighed(output, made.weights()));
  }

  private List<Tensor> inputs(Tensor query, Tensor key, Tensor value) {
    return List.of(
        given(name(), "query", query), given(name(), "key", key), given(name(), "value", value));
  }

  private HeadedAttention headed() {
    Heads.Options own = Heads.options().dropoutP(isTraining() ? options.dropout : 0);
    own = biasK == null || biasV == null ? own : own.bias(biasK, biasV);
    own = options.variants.contains(Variant.ADD_ZERO_ATTN) ? own.addZeroAttn() : own;
    var out = new Affine(outProj.weight(), outProj.bias().orElse(null));
    var heads = new Heads(numHeads, List.copyOf(weights), inBias, out, own);
    return new HeadedAttention(name(), heads, options.order);
  }
}
