package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.primitive.AttentionForm;
import org.jspecify.annotations.Nullable;

/** The door of attention. */
final class Attentions {
  private Attentions() {}

  /** The weights of the values, in recorded operations. */
  static Tensor weights(Tensor query, Tensor key, @Nullable Tensor mask, AttentionForm form) {
    Tensor scores = query.mul(form.scale()).matmul(key.transpose(-2, -1));
    if (form.causal()) {
      Tensor seen =
          Tensor.ones(query.device(), DType.BOOL, query.size(-2), key.size(-2)).tril().logicalNot();
      scores = scores.maskedFill(seen, Double.NEGATIVE_INFINITY);
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
}
