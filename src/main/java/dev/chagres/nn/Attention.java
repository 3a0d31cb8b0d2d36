package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@link Functional#scaledDotProductAttention} takes beside its operands. */
public final class Attention {
  private static final String NAME = "scaledDotProductAttention";

  private Attention() {}

  /** What may be asked for beside numbers. */
  public enum Variant {
    /** A query sees the keys up to its own number, counted from the first. */
    IS_CAUSAL,
    /** Keys and values may have fewer heads, each for several of the query's that follow. */
    ENABLE_GQA
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param attnMask which scores count, bool, or what is added to them, of the query's dtype or
   *     float32; it broadcasts to (…, queries, keys); null for none
   * @param dropoutP with which probability a weight is set to 0; pass 0 where nothing is trained
   * @param scale the factor of the scores; null for one over the square root of the vectors' size
   * @param variants what else is asked for
   */
  public record Options(
      @Nullable Tensor attnMask, double dropoutP, @Nullable Double scale, Set<Variant> variants) {
    /** Checks them. */
    public Options {
      Dropouts.checkProbability("dropout", dropoutP);
      each(NAME, "a variant", given(NAME, "variants", variants));
      Set<Variant> all = EnumSet.noneOf(Variant.class);
      all.addAll(variants);
      variants = Collections.unmodifiableSet(all);
    }

    /** Returns these options with a mask. */
    public Options attnMask(Tensor attnMask) {
      return new Options(given(NAME, "attnMask", attnMask), dropoutP, scale, variants);
    }

    /** Returns these options with another probability of dropout. */
    public Options dropoutP(double dropoutP) {
      return new Options(attnMask, dropoutP, scale, variants);
    }

    /** Returns these options with another factor of the scores. */
    public Options scale(double scale) {
      return new Options(attnMask, dropoutP, scale, variants);
    }

    /** Returns these options where a query sees the keys up to its own number. */
    public Options isCausal() {
      return with(Variant.IS_CAUSAL);
    }

    /** Returns these options where keys and values may have fewer heads. */
    public Options enableGqa() {
      return with(Variant.ENABLE_GQA);
    }

    private Options with(Variant variant) {
      Set<Variant> more = EnumSet.of(variant);
      more.addAll(variants);
      return new Options(attnMask, dropoutP, scale, more);
    }
  }

  /** Returns PyTorch's defaults: no mask, no dropout, every query sees all keys. */
  public static Options options() {
    return new Options(null, 0, null, EnumSet.noneOf(Variant.class));
  }

  // ---- the function

  static Tensor attention(Tensor query, Tensor key, Tensor value, Options options) {
    if (options.attnMask != null && options.variants.contains(Variant.IS_CAUSAL)) {
      throw new IllegalArgumentException(NAME + ": a mask beside isCausal; put both into the mask");
    }
    return attend(query, key, value, options);
  }

  /** The same, where a mask hides more of what a causal form lets see. */
  static Tensor attend(Tensor query, Tensor key, Tensor value, Options options) {
    Primitives<Tensor> primitives = Primitives.of(query);
    Tensor mask = options.attnMask;
    AutocastFunction function = AutocastFunction.SCALED_DOT_PRODUCT_ATTENTION;
    if (!primitives.autocasts(function, query)) {
      return computed(query, key, value, mask, options);
    }
    List<Tensor> operands =
        mask == null ? List.of(query, key, value) : List.of(query, key, value, mask);
    return primitives.autocast(
        function,
        operands,
        cast ->
            computed(
                cast.get(0), cast.get(1), cast.get(2), mask == null ? null : cast.get(3), options));
  }

  private static Tensor computed(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor given, Options options) {
    check(query, key, value);
    Tensor mask = widened(given, query);
    boolean causal = options.variants.contains(Variant.IS_CAUSAL);
    double scale = options.scale != null ? options.scale : 1 / Math.sqrt((double) query.size(-1));
    AttentionForm form = new AttentionForm(scale, causal, options.dropoutP);
    if (options.variants.contains(Variant.ENABLE_GQA)) {
      return grouped(query, key, value, mask, form);
    }
    Shape lead = broadcast(query, key, value);
    checkMask(mask, query, lead.concat(Shape.of(query.size(-2), key.size(-2))));
    return Primitives.of(query).attention(query, key, value, mask, form);
  }

  /** Gives each head of the keys and values a dimension with the query's heads for it. */
  private static Tensor grouped(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, AttentionForm form) {
    long times = times("key", query, key);
    if (times != times("value", query, value)) {
      Tensor keys = repeated("key", query, key);
      Tensor values = repeated("value", query, value);
      Shape lead = broadcast(query, keys, values);
      checkMask(mask, query, lead.concat(Shape.of(query.size(-2), key.size(-2))));
      return Primitives.of(query).attention(query, keys, values, mask, form);
    }
    Tensor groups = query.unflatten(-3, key.size(-3), times);
    Tensor keys = key.unsqueeze(-3);
    Tensor values = value.unsqueeze(-3);
    Shape lead = broadcast(groups, keys, values);
    Shape heads = lead.slice(0, lead.dim() - 2).concat(Shape.of(query.size(-3)));
    checkMask(mask, query, heads.concat(Shape.of(query.size(-2), key.size(-2))));
    Tensor groupMask =
        mask == null || mask.dim() < 3
            ? mask
            : mask.size(-3) == 1 ? mask.unsqueeze(-3) : mask.unflatten(-3, key.size(-3), times);
    return Primitives.of(query).attention(groups, keys, values, groupMask, form).flatten(-4, -3);
  }

  private static void check(Tensor query, Tensor key, Tensor value) {
    for (Tensor operand : new Tensor[] {query, key, value}) {
      if (operand.dim() < 2) {
        throw new IllegalArgumentException(
            NAME + ": operands are (…, length, size), not " + operand.shape());
      }
    }
    DType dtype = query.dtype();
    if (!dtype.isFloating() || key.dtype() != dtype || value.dtype() != dtype) {
      throw new IllegalArgumentException(
          NAME
              + ": query, key and value have one floating dtype, not "
              + dtype
              + ", "
              + key.dtype()
              + " and "
              + value.dtype());
    }
    if (query.size(-1) != key.size(-1)) {
      throw new IllegalArgumentException(
          NAME
              + ": the vectors of a query "
              + query.shape()
              + " and a key "
              + key.shape()
              + " have different sizes");
    }
    if (key.size(-2) != value.size(-2)) {
      throw new IllegalArgumentException(
          NAME + ": " + key.size(-2) + " keys and " + value.size(-2) + " values");
    }
  }

  private static Shape lead(Tensor x) {
    return x.shape().slice(0, x.dim() - 2);
  }

  private static Shape broadcast(Tensor query, Tensor key, Tensor value) {
    Shape keys = Shape.broadcast(lead(query), lead(key));
    Shape all = keys == null ? null : Shape.broadcast(keys, lead(value));
    if (all == null) {
      throw new IllegalArgumentException(
          NAME
              + ": the leading dimensions of "
              + query.shape()
              + ", "
              + key.shape()
              + " and "
              + value.shape()
              + " do not broadcast; keys and values with fewer heads need enableGqa()");
    }
    return all;
  }

  private static @Nullable Tensor widened(@Nullable Tensor mask, Tensor query) {
    return mask != null && mask.dtype() == DType.FLOAT32 && query.dtype() == DType.FLOAT64
        ? mask.to(DType.FLOAT64)
        : mask;
  }

  private static void checkMask(@Nullable Tensor mask, Tensor query, Shape scores) {
    if (mask == null) {
      return;
    }
    DType dtype = mask.dtype();
    if (dtype != DType.BOOL && dtype != DType.FLOAT32 && dtype != query.dtype()) {
      throw new IllegalArgumentException(
          NAME + ": a mask of " + dtype + " for operands of " + query.dtype());
    }
    if (!scores.equals(Shape.broadcast(mask.shape(), scores))) {
      throw new IllegalArgumentException(
          NAME + ": a mask " + mask.shape() + " does not broadcast to scores " + scores);
    }
  }

  /** Returns for how many heads of the query a head of the keys or values is. */
  private static long times(String what, Tensor query, Tensor x) {
    if (query.dim() < 3 || x.dim() < 3) {
      throw new IllegalArgumentException(
          NAME
              + ": with enableGqa() operands are (…, heads, length, size), not "
              + query.shape()
              + " and "
              + x.shape());
    }
    long heads = query.size(-3);
    long own = x.size(-3);
    if (own == 0 || heads % own != 0) {
      throw new IllegalArgumentException(
          NAME + ": " + own + " heads of the " + what + " for " + heads + " of the query");
    }
    return heads / own;
  }

  /** Returns keys or values with each head as often as there are heads of the query for it. */
  private static Tensor repeated(String what, Tensor query, Tensor x) {
    long times = times(what, query, x);
    Shape grouped = lead(x).concat(Shape.of(times)).concat(x.shape().slice(x.dim() - 2, x.dim()));
    return x.unsqueeze(-3).expand(grouped.toArray()).flatten(-4, -3);
  }
}
