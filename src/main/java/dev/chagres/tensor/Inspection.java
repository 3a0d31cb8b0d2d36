package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;

/** What a tensor is: its elements' type and size, and where they lie. */
public sealed interface Inspection permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the size of an element in bytes. */
  default int elementSize() {
    return self().dtype().size();
  }

  /** Returns the size of all elements in bytes, as if each had memory of its own. */
  default long nbytes() {
    return self().numel() * elementSize();
  }

  /** Returns whether the elements are floating numbers. */
  default boolean isFloatingPoint() {
    return self().dtype().isFloating();
  }

  /** Returns whether the elements may be negative: all dtypes but uint8 and bool. */
  default boolean isSigned() {
    return self().dtype() != DType.UINT8 && self().dtype() != DType.BOOL;
  }

  /** Returns the steps in the storage, in elements, from one position to the next of each dim. */
  default long[] stride() {
    return self().layout().strides();
  }

  /** Returns the step in the storage, in elements, from one position of a dimension to the next. */
  default long stride(int dim) {
    return self().layout().stride(self().shape().axis("stride", dim));
  }

  /** Returns where the first element lies in the storage, in elements. */
  default long storageOffset() {
    return self().layout().offset();
  }

  /** Returns whether another tensor has the same shape. */
  default boolean isSameSize(Tensor other) {
    return self().shape().equals(given("isSameSize", "other", other).shape());
  }

  /** Returns whether another tensor is the same elements of the same storage. */
  default boolean isSetTo(Tensor other) {
    given("isSetTo", "other", other);
    return self().storage() == other.storage()
        && self().dtype() == other.dtype()
        && self().layout().equals(other.layout());
  }

  /** Returns whether the tensor is on a GPU. */
  default boolean isCuda() {
    return self().device().isCuda();
  }

  /** Returns whether the tensor is on the CPU. */
  default boolean isCpu() {
    return self().device().isCpu();
  }

  /** Returns the number of the GPU that the tensor is on; -1 on the CPU. */
  default int getDevice() {
    return self().device().isCpu() ? -1 : self().device().index();
  }
}
