package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives.Frequency;

/** The door of tables whose rows are looked up. */
final class Embeddings {
  private Embeddings() {}

  /** The rows of a matrix at a vector of positions; those of the padding get no gradient. */
  static Tensor embedding(Tensor weight, Tensor positions, long padding, Frequency frequency) {
    Tensor y = IndexOps.indexSelect("embedding", weight.detach(), 0, positions, Negatives.BAD);
    if (weight.requiresGrad() && GradMode.isEnabled()) {
      Shape shape = weight.shape();
      Saved kept = new Saved(positions);
      y.setHistory(
          Operation.of(
              "EmbeddingBackward",
              Gradients.input(weight, g -> slopes(g, shape, kept.get(), padding, frequency))));
    }
    return y;
  }

  private static Tensor slopes(
      Tensor g, Shape shape, Tensor positions, long padding, Frequency frequency) {
    Tensor share =
        switch (frequency) {
          case COUNTS -> g;
          case DIVIDED_BY -> g.div(occurrences(positions, shape.size(0)).unsqueeze(1));
        };
    Tensor sum = IndexOps.indexAdd(g.newZeros(shape), 0, positions, share);
    if (padding >= 0) {
      sum.select(0, padding).zero_();
    }
    return sum;
  }

  /** How often what is at each position is there. */
  private static Tensor occurrences(Tensor positions, long rows) {
    Tensor none = Tensor.zeros(positions.device(), DType.INT64, rows);
    return IndexOps.indexAdd(none, 0, positions, positions.onesLike()).indexSelect(0, positions);
  }
}
