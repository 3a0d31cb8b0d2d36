package dev.chagres.tensor;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.AttentionKernels.Slopes;
import dev.chagres.backend.AttentionKernels.Weighing;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.Halves;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of attention. */
final class Attentions {
  private static final String NAME = "attention";
  private static final String NODE = "ScaledDotProductFlashAttentionBackward";
  private static final int MATRIX = 2;

  // The places of operands, and of their gradients.
  private static final int QUERY = 0;
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private Attentions() {}

  // ---- in recorded operations

  /** The weights of the values, which are float32 or float64, before dropout. */
  private static Tensor weights(
      Tensor query, Tensor key, @Nullable Tensor mask, AttentionForm form) {
    Tensor scores = query.mul(form.scale()).matmul(key.transpose(-2, -1));
    if (form.causal()) {
      Tensor hidden =
          Tensor.ones(query.device(), DType.BOOL, query.size(-2), key.size(-2)).tril().logicalNot();
      scores = scores.maskedFill(hidden, Double.NEGATIVE_INFINITY);
    }
    if (mask == null) {
      return scores.softmax(-1);
    }
    scores =
        mask.dtype() == DType.BOOL
            ? scores.maskedFill(mask.logicalNot(), Double.NEGATIVE_INFINITY)
            : scores.add(mask);
    if (key.size(-2) == 0) {
      return scores;
    }
    // What sees nothing has the weights 0, and no gradient.
    Tensor blind = scores.detach().amax(Keep.KEEPDIM, -1).eq(Double.NEGATIVE_INFINITY);
    return scores.maskedFill(blind, 0).softmax(-1).maskedFill(blind, 0);
  }

  private static Tensor dropped(Tensor weights, AttentionForm form) {
    if (form.dropout() == 0 || weights.numel() == 0) {
      return weights;
    }
    if (form.dropout() == 1) {
      return weights.mul(0);
    }
    Tensor kept =
        Generator.standard(weights.device()).bernoulliLike(weights.detach(), 1 - form.dropout());
    return weights.mul(kept.mul_(form.keptFactor(weights.dtype() == DType.FLOAT64)));
  }

  private static Tensor composed(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, AttentionForm form) {
    DType dtype = computed(query);
    Tensor weights =
        weights(
            Copying.cast(query, dtype),
            Copying.cast(key, dtype),
            mask == null || mask.dtype() == DType.BOOL ? mask : Copying.cast(mask, dtype),
            form);
    Tensor y = dropped(weights, form).matmul(Copying.cast(value, dtype));
    return Copying.cast(y, query.dtype());
  }

  private static DType computed(Tensor x) {
    return Halves.computed(x.dtype());
  }

  /** What an attention had to do with, for its gradients, and where these go. */
  private record Kept(
      List<@Nullable Edge<Tensor>> edges,
      Saved query,
      Saved key,
      Saved value,
      Saved y,
      Tensor levels,
      @Nullable Saved mask,
      @Nullable Tensor drawn,
      AttentionForm form) {
    boolean wants(int operand) {
      return Backward.isWanted(edges.get(operand));
    }

    Weighing weighing() {
      return new Weighing(
          form, mask == null ? null : mask.get().data(), drawn == null ? null : drawn.data());
    }
  }

  /** The gradients, for those who differentiate them again. */
  private static List<@Nullable Tensor> slopes(Tensor g, Kept kept) {
    Tensor query = kept.query.get();
    DType dtype = computed(query);
    Tensor slope = Copying.cast(g, dtype);
    Tensor q = Copying.cast(query, dtype);
    Tensor k = Copying.cast(kept.key.get(), dtype);
    Tensor v = Copying.cast(kept.value.get(), dtype);
    Tensor weights = weights(q, k, kept.mask == null ? null : kept.mask.get(), kept.form);
    Tensor factors = kept.drawn == null ? null : factors(weights, kept.drawn, kept.form);
    @Nullable Tensor[] all = new Tensor[3];
    if (kept.wants(QUERY) || kept.wants(KEY)) {
      Tensor ofTaken = slope.matmul(v.transpose(-2, -1));
      Tensor ofWeights = factors == null ? ofTaken : ofTaken.mul(factors);
      Tensor level = ofWeights.mul(weights).sum(Keep.KEEPDIM, -1);
      Tensor ofScores = weights.mul(ofWeights.sub(level)).mul(kept.form.scale());
      all[QUERY] = kept.wants(QUERY) ? Copying.cast(ofScores.matmul(k), query.dtype()) : null;
      all[KEY] =
          kept.wants(KEY)
              ? Copying.cast(ofScores.transpose(-2, -1).matmul(q), query.dtype())
              : null;
    }
    if (kept.wants(VALUE)) {
      Tensor taken = factors == null ? weights : weights.mul(factors);
      all[VALUE] = Copying.cast(taken.transpose(-2, -1).matmul(slope), query.dtype());
    }
    return Arrays.asList(all);
  }

  private static Tensor factors(Tensor weights, Tensor drawn, AttentionForm form) {
    Tensor factors = new Tensor(weights.data().like(weights.shape(), weights.dtype()));
    Backends.of(NAME, weights, drawn).attention().factors(form, drawn.data(), factors.data());
    Reference.reachabilityFence(drawn);
    return factors;
  }

  // ---- by the kernel

  /** Of operands whose shapes and dtypes have been checked. */
  static Tensor attention(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, AttentionForm form) {
    if (!isFused(query, key, value) || !isFused(mask, form)) {
      return composed(query, key, value, mask, form);
    }
    Shape lead = Joining.broadcast(NAME, List.of(lead(query), lead(key), lead(value)));
    Tensor q = expanded(query, lead);
    Tensor k = expanded(key, lead);
    Tensor v = expanded(value, lead);
    Shape scores = lead.concat(Shape.of(q.size(-2), k.size(-2)));
    Tensor m = mask == null ? null : ViewOps.expand(known(mask, computed(query)), scores);
    if (lead.dim() <= AttentionKernels.MOST_LEADING) {
      return fused(q, k, v, m, form);
    }
    Tensor y = fused(flat(q), flat(k), flat(v), m == null ? null : flat(m), form);
    Shape shape = lead.concat(Shape.of(q.size(-2), v.size(-1)));
    return Gradients.named(NODE, ViewOps.reshape(y, shape), query);
  }

  /** The mask without a gradient, as the kernels read it. */
  private static Tensor known(Tensor mask, DType computed) {
    Tensor detached = mask.detach();
    return mask.dtype() == DType.BOOL ? detached : Copying.cast(detached, computed);
  }

  private static boolean isFused(@Nullable Tensor mask, AttentionForm form) {
    return (mask == null || !mask.requiresGrad() || !GradMode.isEnabled()) && form.dropout() < 1;
  }

  private static boolean isFused(Tensor query, Tensor key, Tensor value) {
    long most = AttentionKernels.MOST_SIZE;
    return query.numel() > 0
        && key.numel() > 0
        && value.numel() > 0
        && query.size(-1) <= most
        && value.size(-1) <= most
        && !query.device().isTraced();
  }

  private static Shape lead(Tensor x) {
    return x.shape().slice(0, x.dim() - MATRIX);
  }

  private static Shape matrix(Tensor x) {
    return x.shape().slice(x.dim() - MATRIX, x.dim());
  }

  private static Tensor expanded(Tensor x, Shape lead) {
    return ViewOps.expand(x, lead.concat(matrix(x)));
  }

  private static Tensor flat(Tensor x) {
    return ViewOps.reshape(x, Shape.of(lead(x).numel()).concat(matrix(x)));
  }

  /** An operand whose rows are contiguous. */
  private static Tensor rows(Tensor x) {
    return x.data().layout().stride(-1) == 1 || x.size(-1) == 1 ? x : Copying.contiguous(x);
  }

  /** An array (…, rows, n) whose rows and heads lie in the order of those of another. */
  private static Strided like(Tensor x, long n, DType dtype) {
    Shape shape = x.shape().with(x.dim() - 1, n);
    int[] order = Layout.memoryOrder(x.data().layout());
    if (order[order.length - 1] != order.length - 1) {
      return x.data().like(shape, dtype);
    }
    long[] strides = new long[order.length];
    long step = 1;
    for (int i = order.length - 1; i >= 0; i--) {
      strides[order[i]] = step;
      step *= shape.size(order[i]);
    }
    return x.data().like(Layout.of(shape, strides, 0), dtype);
  }

  /** What dropout draws, where there is any. */
  private static @Nullable Tensor drawn(Tensor query, Tensor key, AttentionForm form) {
    if (form.dropout() == 0) {
      return null;
    }
    Shape scores = query.shape().with(query.dim() - 1, key.size(-2));
    AttentionKernels kernels = Backends.of(query.device()).attention();
    Tensor drawn = new Tensor(query.data().like(kernels.drawn(scores), DType.INT64));
    Generator generator = Generator.standard(query.device());
    generator.draw(drawn, y -> kernels.draw(generator.state, form.dropout(), scores, y));
    return drawn;
  }

  private static Tensor fused(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, AttentionForm form) {
    Tensor q = rows(query);
    Tensor k = rows(key);
    Tensor v = rows(value);
    Tensor y = new Tensor(like(q, v.size(-1), computed(q)));
    Shape each = q.shape().slice(0, q.dim() - 1);
    Tensor levels = new Tensor(q.data().like(each, y.dtype()));
    Tensor drawn = drawn(q, k, form);
    Weighing weighing = new Weighing(form, data(mask), data(drawn));
    Backends.of(NAME, q, k);
    if (mask != null) {
      Backends.of(NAME, q, mask);
    }
    Backends.of(NAME, q, v)
        .attention()
        .attention(
            weighing,
            new Attended(q.data(), k.data(), v.data()),
            new Result(y.data(), levels.data()));
    fence(q, k, v, mask, drawn);
    // The gradients need what 16 bits do not hold.
    Tensor result = q.dtype() == y.dtype() ? y : Copying.cast(y, q.dtype());
    boolean recorded = query.requiresGrad() || key.requiresGrad() || value.requiresGrad();
    if (recorded && GradMode.isEnabled()) {
      Kept kept =
          new Kept(
              Arrays.asList(query.edge(), key.edge(), value.edge()),
              new Saved(query),
              new Saved(key),
              new Saved(value),
              new Saved(y),
              levels,
              mask == null ? null : new Saved(mask),
              drawn,
              form);
      result.setHistory(
          new Joint<>(
              NODE,
              kept.edges,
              1,
              Joint.Author.LIBRARY,
              gradients -> {
                Tensor g = gradients.getFirst();
                return g == null
                    ? Arrays.asList(null, null, null)
                    : GradMode.isEnabled() ? slopes(g, kept) : fusedSlopes(g, kept);
              }));
    }
    return result;
  }

  private static @Nullable Strided data(@Nullable Tensor x) {
    return x == null ? null : x.data();
  }

  private static void fence(@Nullable Tensor... operands) {
    for (Tensor operand : operands) {
      Reference.reachabilityFence(operand);
    }
  }

  private static List<@Nullable Tensor> fusedSlopes(Tensor g, Kept kept) {
    Tensor q = rows(kept.query.get());
    Tensor k = rows(kept.key.get());
    Tensor v = rows(kept.value.get());
    Tensor y = kept.y.get();
    Tensor gradient = rows(g);
    Tensor gq = kept.wants(QUERY) ? new Tensor(like(q, q.size(-1), q.dtype())) : null;
    Tensor gk = kept.wants(KEY) ? new Tensor(like(k, k.size(-1), k.dtype())) : null;
    Tensor gv = kept.wants(VALUE) ? new Tensor(like(v, v.size(-1), v.dtype())) : null;
    Backends.of(NAME, q, gradient)
        .attention()
        .attentionBackward(
            kept.weighing(),
            new Attended(q.data(), k.data(), v.data()),
            new Result(y.data(), kept.levels.data()),
            gradient.data(),
            new Slopes(data(gq), data(gk), data(gv)));
    fence(q, k, v, y, gradient, kept.levels, kept.drawn);
    Reference.reachabilityFence(kept);
    return Arrays.asList(gq, gk, gv);
  }
}
