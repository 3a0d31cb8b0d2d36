package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** Writes at chosen places of this tensor, {@code x}, which is returned. */
public sealed interface IndexingInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Adds the slices of {@code source} at the positions {@code index} of a dimension. */
  default Tensor indexAdd_(int dim, Tensor index, Tensor source) {
    return indexed("indexAdd_", Tensor::indexAdd, dim, index, source);
  }

  /**
   * Replaces the slices at the positions {@code index} of a dimension by those of {@code source}.
   */
  default Tensor indexCopy_(int dim, Tensor index, Tensor source) {
    return indexed("indexCopy_", Tensor::indexCopy, dim, index, source);
  }

  /**
   * Writes the elements of {@code source} where {@code index} says, as {@link Indexing#scatter}.
   */
  default Tensor scatter_(int dim, Tensor index, Tensor source) {
    return indexed("scatter_", Tensor::scatter, dim, index, source);
  }

  /** Adds the elements of {@code source} where {@code index} says. */
  default Tensor scatterAdd_(int dim, Tensor index, Tensor source) {
    return indexed("scatterAdd_", Tensor::scatterAdd, dim, index, source);
  }

  private Tensor indexed(
      String name, IndexOps.Placing operation, int dim, Tensor index, Tensor source) {
    given(name, "index", index);
    given(name, "source", source);
    return Copying.replaced(name, self(), x -> operation.into(x, dim, index, source));
  }

  /** Overwrites with a value where the bool mask, broadcast, is true. */
  default Tensor maskedFill_(Tensor mask, Number value) {
    return Copying.into("maskedFill_", self(), Selection.fill("maskedFill_", self(), mask, value));
  }
}
