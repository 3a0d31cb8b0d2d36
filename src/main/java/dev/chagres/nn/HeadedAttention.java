package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.nn.MultiheadAttention.Sight;
import dev.chagres.nn.MultiheadAttention.Weighed;
import dev.chagres.nn.MultiheadAttention.Weights;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attention of several heads: of a {@link MultiheadAttention}, and of the function. */
final class HeadedAttention {
  private static final int UNBATCHED = 2;
  private static final int BATCHED = 3;
  private static final int PROJECTIONS = 3;

  private final String name;
  private final Heads heads;
  private final Order order;

  HeadedAttention(String name, Heads heads, Order order) {
    this.name = name;
    this.heads = heads;
    this.order = order;
  }

  /** Returns the result, without the matrix of the scores. */
  Tensor attend(Tensor query, Tensor key, Tensor value, Masks masks) {
    boolean hint = given(name, "masks", masks).sight() == Sight.CAUSAL && options().more() == 0;
    Operands in = operands(query, key, value, hint ? unhinted(masks) : masks);
    var plain = Attention.options().dropoutP(options().dropoutP());
    var all = hint ? plain.isCausal() : plain;
    return result(
        query, Attention.attend(in.q, in.k, in.v, in.seen == null ? all : all.attnMask(in.seen)));
  }

  /** Returns the result and the weights. */
  Weighed weighed(Tensor query, Tensor key, Tensor value, Masks masks, Weights which) {
    given(name, "which", which);
    Operands in = operands(query, key, value, given(name, "masks", masks));
    double scale = 1 / Math.sqrt((double) in.q.size(-1));
    Tensor scores = in.q.mul(scale).matmul(in.k.transpose(-2, -1));
    if (in.seen != null) {
      scores =
          in.seen.dtype() == DType.BOOL
              ? scores.maskedFill(in.seen.logicalNot(), Double.NEGATIVE_INFINITY)
              : scores.add(in.seen);
    }
    Tensor weights = Functional.dropout(scores.softmax(-1), options().dropoutP());
    Tensor output = result(query, weights.matmul(in.v));
    Tensor shown = which == Weights.AVERAGED ? weights.mean(1) : weights;
    return new Weighed(output, query.dim() == UNBATCHED ? shown.squeeze(0) : shown);
  }

  private static Masks unhinted(Masks masks) {
    return new Masks(masks.keyPaddingMask(), masks.attnMask(), Sight.ALL);
  }

  private Heads.Options options() {
    return heads.settings();
  }

  /** Heads (batch, numHeads, length, size), and which scores count, in {@link Attention}'s way. */
  private record Operands(Tensor q, Tensor k, Tensor v, @Nullable Tensor seen) {}

  private Operands operands(Tensor query, Tensor key, Tensor value, Masks masks) {
    given(name, "query", query);
    given(name, "key", key);
    given(name, "value", value);
    check(query, key, value);
    checkTensors(query);
    List<Tensor> projected = projected(query, key, value);
    Tensor q = split(projected.get(0));
    Tensor k = stated("staticK", options().staticK(), q, split(projected.get(1)));
    Tensor v = stated("staticV", options().staticV(), q, split(projected.get(2)));
    checkPadding(masks.keyPaddingMask(), query, q, k);
    Tensor seen = seen(masks, q, k);
    return new Operands(
        q, lengthened(k, options().biasK()), lengthened(v, options().biasV()), seen);
  }

  private void check(Tensor query, Tensor key, Tensor value) {
    int dim = query.dim();
    int batch = order == Order.BATCH_FIRST ? 0 : 1;
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
          name
              + ": a query "
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

  private void checkTensors(Tensor query) {
    List<Tensor> weights = heads.inProjWeights();
    int each = PROJECTIONS / weights.size();
    for (Tensor weight : weights) {
      if (weight.dim() != 2 || weight.size(0) != weights.getFirst().size(0)) {
        throw new IllegalArgumentException(
            name + ": " + weight.shape() + " is no weight of projections of one size");
      }
    }
    long embedDim = weights.getFirst().size(0) / each;
    if (query.size(-1) != embedDim || embedDim * each != weights.getFirst().size(0)) {
      throw new IllegalArgumentException(
          name + ": a query " + query.shape() + " for projections " + weights.getFirst().shape());
    }
    if (embedDim == 0 || embedDim % heads.numHeads() != 0) {
      throw new IllegalArgumentException(
          name + ": a size of " + embedDim + " for " + heads.numHeads() + " heads");
    }
    checkCount("inProjBias", heads.inProjBias(), PROJECTIONS * embedDim);
    checkCount("biasK", options().biasK(), embedDim);
    checkCount("biasV", options().biasV(), embedDim);
  }

  private void checkCount(String what, @Nullable Tensor tensor, long count) {
    if (tensor != null && tensor.numel() != count) {
      throw new IllegalArgumentException(
          name + ": " + what + " " + tensor.shape() + " has other than " + count + " numbers");
    }
  }

  // ---- projections

  @SuppressWarnings("ReferenceEquality") // One product of one tensor.
  private List<Tensor> projected(Tensor query, Tensor key, Tensor value) {
    List<Tensor> weights = heads.inProjWeights();
    Tensor bias = heads.inProjBias();
    if (weights.size() == 1 && query == key && key == value) {
      return Functional.linear(query, weights.get(0), bias).chunk(PROJECTIONS, -1);
    }
    List<Tensor> each = weights.size() == 1 ? weights.get(0).chunk(PROJECTIONS, 0) : weights;
    List<Tensor> biases = bias == null ? List.of() : bias.chunk(PROJECTIONS, 0);
    List<Tensor> operands = List.of(query, key, value);
    List<Tensor> projected = new ArrayList<>();
    for (int i = 0; i < PROJECTIONS; i++) {
      Tensor own = bias == null ? null : biases.get(i);
      projected.add(Functional.linear(operands.get(i), each.get(i), own));
    }
    return projected;
  }

  private Tensor split(Tensor x) {
    Tensor split = x.unflatten(-1, heads.numHeads(), x.size(-1) / heads.numHeads());
    return x.dim() == UNBATCHED
        ? split.transpose(0, 1).unsqueeze(0)
        : order == Order.BATCH_FIRST ? split.transpose(1, 2) : split.permute(1, 2, 0, 3);
  }

  /** Returns what is given in the place of projected keys or values. */
  private Tensor stated(String what, @Nullable Tensor given, Tensor q, Tensor projected) {
    if (given == null) {
      return projected;
    }
    Shape wanted = Shape.of(q.size(0) * q.size(1), projected.size(2), q.size(3));
    if (!given.shape().equals(wanted)) {
      throw new IllegalArgumentException(
          name + ": " + what + " is " + wanted + " here, not " + given.shape());
    }
    return given.unflatten(0, q.size(0), q.size(1));
  }

  /** Returns keys or values with those behind them that are there for all sequences. */
  private Tensor lengthened(Tensor x, @Nullable Tensor bias) {
    List<Tensor> all = new ArrayList<>(List.of(x));
    if (bias != null) {
      all.add(bias.reshape(1, x.size(1), 1, x.size(3)).expand(x.size(0), -1, -1, -1));
    }
    if (options().variants().contains(Heads.Variant.ADD_ZERO_ATTN)) {
      all.add(x.newZeros(x.size(0), x.size(1), 1, x.size(3)));
    }
    return all.size() == 1 ? x : Tensor.cat(all, 2);
  }

  private Tensor result(Tensor query, Tensor each) {
    Affine out = heads.outProj();
    if (query.dim() == UNBATCHED) {
      Tensor joined = each.squeeze(0).transpose(0, 1).flatten(1);
      return Functional.linear(joined, out.weight(), out.bias());
    }
    // In memory the sequence comes first, as in PyTorch: dropout that follows draws in that order.
    Tensor joined = each.permute(2, 0, 1, 3).flatten(2);
    Tensor y = Functional.linear(joined, out.weight(), out.bias());
    return order == Order.BATCH_FIRST ? y.transpose(0, 1) : y;
  }

  // ---- masks

  /** Which scores (batch, numHeads, queries, all keys) count, or what is added to them. */
  private @Nullable Tensor seen(Masks masks, Tensor q, Tensor k) {
    Tensor seen = seenOfKeys(masks, q, k);
    int more = options().more();
    if (seen == null || more == 0) {
      return seen;
    }
    return Functional.pad(seen, new long[] {0, more}, seen.dtype() == DType.BOOL ? 1 : 0);
  }

  private @Nullable Tensor seenOfKeys(Masks masks, Tensor q, Tensor k) {
    Tensor seen = masked(masks, q, k);
    if (masks.sight() == Sight.ALL) {
      return seen;
    }
    Tensor earlier = Tensor.ones(q.device(), DType.BOOL, q.size(-2), k.size(-2)).tril();
    return seen == null
        ? earlier
        : seen.dtype() == DType.BOOL
            ? seen.logicalAnd(earlier)
            : seen.maskedFill(earlier.logicalNot(), Double.NEGATIVE_INFINITY);
  }

  private @Nullable Tensor masked(Masks masks, Tensor q, Tensor k) {
    long batch = q.size(0);
    Tensor padding = masks.keyPaddingMask();
    if (padding != null) {
      padding = padding.dim() == 1 ? padding : padding.unflatten(0, batch, 1, 1);
    }
    Tensor scores = masks.attnMask();
    if (scores != null) {
      Shape all = Shape.of(batch * q.size(1), q.size(-2), k.size(-2));
      checkMask("attnMask", scores, scores.dim() == BATCHED ? all : all.slice(1, BATCHED));
      scores = scores.dim() == BATCHED ? scores.unflatten(0, batch, q.size(1)) : scores;
    }
    if (padding == null || scores == null) {
      Tensor one = padding == null ? scores : padding;
      return one == null || one.dtype() != DType.BOOL ? one : one.logicalNot();
    }
    return padding.dtype() == DType.BOOL && scores.dtype() == DType.BOOL
        ? padding.logicalOr(scores).logicalNot()
        : added(padding, q.dtype()).add(added(scores, q.dtype()));
  }

  private void checkPadding(@Nullable Tensor padding, Tensor query, Tensor q, Tensor k) {
    if (padding != null) {
      Shape each = Shape.of(q.size(0), k.size(-2));
      checkMask("keyPaddingMask", padding, query.dim() == UNBATCHED ? each.slice(1, 2) : each);
    }
  }

  private void checkMask(String what, Tensor mask, Shape wanted) {
    if (mask.dtype() != DType.BOOL && !mask.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": " + what + " is bool or floating, not " + mask.dtype());
    }
    if (!mask.shape().equals(wanted)) {
      throw new IllegalArgumentException(
          name + ": " + what + " is " + wanted + " here, not " + mask.shape());
    }
  }

  private static Tensor added(Tensor mask, DType dtype) {
    return mask.dtype() == DType.BOOL
        ? Tensor.zeros(mask.device(), dtype, mask.shape().toArray())
            .maskedFill(mask, Double.NEGATIVE_INFINITY)
        : mask;
  }
}
