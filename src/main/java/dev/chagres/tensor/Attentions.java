package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.Operands;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AttentionForm;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of attention. */
final class Attentions {
  private static final String NAME = "attention";
  private static final String NODE = "ScaledDotProductFlashAttentionBackward";
  private static final int MATRIX = 2;

  private Attentions() {}

  // ---- in recorded operations

  /** The weights of the values, which are float32 or float64. */
  static Tensor weights(Tensor query, Tensor key, @Nullable Tensor mask, AttentionForm form) {
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

  static Tensor composed(Tensor query, Tensor key, Tensor value, AttentionForm form) {
    DType dtype = computed(query);
    Tensor weights = weights(Copying.cast(query, dtype), Copying.cast(key, dtype), null, form);
    return Copying.cast(weights.matmul(Copying.cast(value, dtype)), query.dtype());
  }

  private static DType computed(Tensor x) {
    return Operands.isHalf(x.dtype()) ? DType.FLOAT32 : x.dtype();
  }

  /** The gradients, for those who differentiate them again. */
  private static List<@Nullable Tensor> slopes(
      Tensor g, Tensor query, Tensor key, Tensor value, AttentionForm form) {
    DType dtype = computed(query);
    Tensor slope = Copying.cast(g, dtype);
    Tensor q = Copying.cast(query, dtype);
    Tensor k = Copying.cast(key, dtype);
    Tensor weights = weights(q, k, null, form);
    Tensor ofWeights = slope.matmul(Copying.cast(value, dtype).transpose(-2, -1));
    Tensor level = ofWeights.mul(weights).sum(Keep.KEEPDIM, -1);
    Tensor ofScores = weights.mul(ofWeights.sub(level)).mul(form.scale());
    return Arrays.asList(
        Copying.cast(ofScores.matmul(k), query.dtype()),
        Copying.cast(ofScores.transpose(-2, -1).matmul(q), query.dtype()),
        Copying.cast(weights.transpose(-2, -1).matmul(slope), query.dtype()));
  }

  // ---- by the kernel

  /** Of operands whose shapes and dtypes have been checked. */
  static Tensor attention(Tensor query, Tensor key, Tensor value, AttentionForm form) {
    if (!isFused(query, key, value)) {
      return composed(query, key, value, form);
    }
    Shape lead = Joining.broadcast(NAME, List.of(lead(query), lead(key), lead(value)));
    Tensor q = expanded(query, lead);
    Tensor k = expanded(key, lead);
    Tensor v = expanded(value, lead);
    if (lead.dim() <= AttentionKernels.MOST_LEADING) {
      return fused(q, k, v, form);
    }
    Tensor y = fused(flat(q), flat(k), flat(v), form);
    Shape shape = lead.concat(Shape.of(q.size(-2), v.size(-1)));
    return Gradients.named(NODE, ViewOps.reshape(y, shape), query);
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

  private static Tensor fused(Tensor query, Tensor key, Tensor value, AttentionForm form) {
    Tensor q = rows(query);
    Tensor k = rows(key);
    Tensor v = rows(value);
    Tensor y = new Tensor(like(q, v.size(-1), computed(q)));
    Shape each = q.shape().slice(0, q.dim() - 1);
    Tensor levels = new Tensor(q.data().like(each, y.dtype()));
    Backends.of(NAME, q, k);
    Backends.of(NAME, q, v)
        .attention()
        .attention(
            form, new Attended(q.data(), k.data(), v.data()), new Result(y.data(), levels.data()));
    Reference.reachabilityFence(q);
    Reference.reachabilityFence(k);
    Reference.reachabilityFence(v);
    // The gradients need what 16 bits do not hold.
    Tensor result = q.dtype() == y.dtype() ? y : Copying.cast(y, q.dtype());
    boolean recorded = query.requiresGrad() || key.requiresGrad() || value.requiresGrad();
    if (recorded && GradMode.isEnabled()) {
      Saved[] kept = {new Saved(query), new Saved(key), new Saved(value), new Saved(y)};
      result.setHistory(
          new Joint<>(
              NODE,
              Arrays.asList(query.edge(), key.edge(), value.edge()),
              1,
              Joint.Author.LIBRARY,
              gradients -> {
                Tensor g = gradients.getFirst();
                return g == null
                    ? Arrays.asList(null, null, null)
                    : GradMode.isEnabled()
                        ? slopes(g, kept[0].get(), kept[1].get(), kept[2].get(), form)
                        : fusedSlopes(g, kept, levels, form);
              }));
    }
    return result;
  }

  private static List<@Nullable Tensor> fusedSlopes(
      Tensor g, Saved[] kept, Tensor levels, AttentionForm form) {
    Tensor q = rows(kept[0].get());
    Tensor k = rows(kept[1].get());
    Tensor v = rows(kept[2].get());
    Tensor y = kept[3].get();
    Tensor gradient = rows(g);
    Strided gq = like(q, q.size(-1), q.dtype());
    Strided gk = like(k, k.size(-1), k.dtype());
    Strided gv = like(v, v.size(-1), v.dtype());
    Backends.of(NAME, q, gradient)
        .attention()
        .attentionBackward(
            form,
            new Attended(q.data(), k.data(), v.data()),
            new Result(y.data(), levels.data()),
            gradient.data(),
            new Attended(gq, gk, gv));
    for (Tensor operand : new Tensor[] {q, k, v, y, gradient, levels}) {
      Reference.reachabilityFence(operand);
    }
    return Arrays.asList(new Tensor(gq), new Tensor(gk), new Tensor(gv));
  }
}
