package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.IndexKernels.Store;

/**
 * Writes at chosen places of this tensor, {@code x}, which is returned: each method is the one of
 * {@link Indexing} with its name, in place.
 */
public sealed interface IndexingInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  private Places slices(String name, int dim, Tensor index) {
    return Places.slices(name, self(), dim, given(name, "index", index));
  }

  private Places elements(String name, int dim, Tensor index) {
    return Places.elements(name, self(), dim, given(name, "index", index));
  }

  // ---- what items name

  /** Writes a tensor of the same dtype, broadcast, to the elements that the items name. */
  default Tensor indexPut_(Tensor values, Index... items) {
    return indexPut_(values, Accumulate.REPLACE, items);
  }

  /** The same, or adds the values in their order. */
  default Tensor indexPut_(Tensor values, Accumulate accumulate, Index... items) {
    given("indexPut_", "values", values);
    given("indexPut_", "items", items);
    return Selection.indexPut("indexPut_", self(), values, accumulate, items);
  }

  // ---- slices

  /** Adds the slices of {@code source} at the positions {@code index} of a dimension. */
  default Tensor indexAdd_(int dim, Tensor index, Tensor source) {
    given("indexAdd_", "source", source);
    return slices("indexAdd_", dim, index).write_(Store.ADD, self(), source);
  }

  /** Adds the slices of {@code source} times {@code alpha}. */
  default Tensor indexAdd_(int dim, Tensor index, Tensor source, Number alpha) {
    given("indexAdd_", "source", source);
    given("indexAdd_", "alpha", alpha);
    return indexAdd_(dim, index, IndexForms.scaled("indexAdd_", source, alpha));
  }

  /**
   * Replaces the slices at the positions {@code index} of a dimension by those of {@code source}.
   */
  default Tensor indexCopy_(int dim, Tensor index, Tensor source) {
    given("indexCopy_", "source", source);
    return slices("indexCopy_", dim, index).write_(Store.REPLACE, self(), source);
  }

  /** Writes a number at the positions {@code index} of a dimension, from its end if negative. */
  default Tensor indexFill_(int dim, Tensor index, Number value) {
    return indexFill_(dim, index, Creation.scalar("indexFill_", value, self().dtype()));
  }

  /** Writes the value of a tensor without dimensions. */
  default Tensor indexFill_(int dim, Tensor index, Tensor value) {
    given("indexFill_", "index", index);
    given("indexFill_", "value", value);
    return IndexForms.indexFill_(self(), dim, index, value);
  }

  /** Reduces slices with those of {@code source}. */
  default Tensor indexReduce_(int dim, Tensor index, Tensor source, Reduce reduce) {
    return indexReduce_(dim, index, source, reduce, IncludeSelf.INCLUDE_SELF);
  }

  /** The same; the slice that is there may count or not. */
  default Tensor indexReduce_(
      int dim, Tensor index, Tensor source, Reduce reduce, IncludeSelf self) {
    given("indexReduce_", "source", source);
    given("indexReduce_", "reduce", reduce);
    given("indexReduce_", "self", self);
    Places places = slices("indexReduce_", dim, index);
    return ReducedWrites.slices(places, reduce, self).write_(self(), source);
  }

  // ---- elements

  /**
   * Writes the elements of {@code source} where {@code index} says, as {@link Indexing#scatter}.
   */
  default Tensor scatter_(int dim, Tensor index, Tensor source) {
    given("scatter_", "source", source);
    return elements("scatter_", dim, index).write_(Store.REPLACE, self(), source);
  }

  /** Writes a number where {@code index} says. */
  default Tensor scatter_(int dim, Tensor index, Number value) {
    given("scatter_", "value", value);
    Places places = elements("scatter_", dim, index);
    return places.write_(Store.REPLACE, self(), places.filled(self(), value));
  }

  /** Reduces elements with those of {@code source}. */
  default Tensor scatter_(int dim, Tensor index, Tensor source, Reduce reduce) {
    given("scatter_", "source", source);
    given("scatter_", "reduce", reduce);
    Places places = elements("scatter_", dim, index);
    return ReducedWrites.scatter(places, reduce, IncludeSelf.INCLUDE_SELF).write_(self(), source);
  }

  /** Reduces elements with a number. */
  default Tensor scatter_(int dim, Tensor index, Number value, Reduce reduce) {
    given("scatter_", "reduce", reduce);
    given("scatter_", "value", value);
    Places places = elements("scatter_", dim, index);
    return ReducedWrites.scatter(places, reduce, IncludeSelf.INCLUDE_SELF)
        .write_(self(), places.filled(self(), value));
  }

  /** Adds the elements of {@code source} where {@code index} says. */
  default Tensor scatterAdd_(int dim, Tensor index, Tensor source) {
    given("scatterAdd_", "source", source);
    return elements("scatterAdd_", dim, index).write_(Store.ADD, self(), source);
  }

  /** Reduces elements with those of {@code source}. */
  default Tensor scatterReduce_(int dim, Tensor index, Tensor source, Reduce reduce) {
    return scatterReduce_(dim, index, source, reduce, IncludeSelf.INCLUDE_SELF);
  }

  /** The same; the element that is there may count or not. */
  default Tensor scatterReduce_(
      int dim, Tensor index, Tensor source, Reduce reduce, IncludeSelf self) {
    given("scatterReduce_", "source", source);
    given("scatterReduce_", "reduce", reduce);
    given("scatterReduce_", "self", self);
    Places places = elements("scatterReduce_", dim, index);
    return ReducedWrites.scatter(places, reduce, self).write_(self(), source);
  }

  /**
   * Writes the elements of {@code source} at positions in row-major order, negative ones counting
   * from the end.
   */
  default Tensor putFlat_(Tensor index, Tensor source) {
    return putFlat_(index, source, Accumulate.REPLACE);
  }

  /** The same, or adds them. */
  default Tensor putFlat_(Tensor index, Tensor source, Accumulate accumulate) {
    given("putFlat_", "index", index);
    given("putFlat_", "source", source);
    return IndexForms.putFlat_(Selection.store("putFlat_", accumulate), self(), index, source);
  }

  // ---- masks

  /** Overwrites with a value where the bool mask, broadcast, is true. */
  default Tensor maskedFill_(Tensor mask, Number value) {
    return Copying.into("maskedFill_", self(), Selection.fill("maskedFill_", self(), mask, value));
  }

  /** Overwrites with the value of a tensor without dimensions. */
  default Tensor maskedFill_(Tensor mask, Tensor value) {
    return Copying.into("maskedFill_", self(), Selection.fill("maskedFill_", self(), mask, value));
  }

  /** Overwrites with the elements of {@code source}, in their order, where the mask is true. */
  default Tensor maskedScatter_(Tensor mask, Tensor source) {
    given("maskedScatter_", "source", source);
    return IndexForms.maskedScatter_(self(), mask, source);
  }
}
