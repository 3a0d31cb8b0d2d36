package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.Arrays;

/**
 * Reading and writing parts of a tensor: by numbers, by {@link Index} objects, and by numpy's own
 * text.
 */
public sealed interface Indexing permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns a view at these positions of the first dimensions: {@code x.get(0, 1)} is {@code x[0,
   * 1]}.
   */
  default Tensor get(long... positions) {
    given("get", "positions", positions);
    if (positions.length > self().dim()) {
      throw new IndexOutOfBoundsException(
          "get: " + positions.length + " positions for shape " + self().shape());
    }
    Shape shape = self().shape();
    for (int dim = 0; dim < positions.length; dim++) {
      long size = shape.size(dim);
      if (positions[dim] < -size || positions[dim] >= size) {
        throw new IndexOutOfBoundsException(
            "get: index "
                + positions[dim]
                + " is out of range for dim "
                + dim
                + " of shape "
                + shape);
      }
    }
    Tensor part = self();
    for (long position : positions) {
      part = part.select(0, position);
    }
    return part;
  }

  /**
   * Returns what numpy's indexing with these items gives: a view, or a copy if an item is a tensor.
   *
   * <p>{@code x.index(all(), at(1))} is {@code x[:, 1]}; {@code x.index(Index.of(rows))} is {@code
   * x[rows]}.
   */
  default Tensor index(Index... items) {
    return Selection.read(self(), Arrays.asList(given("index", "items", items)));
  }

  /**
   * Returns what numpy's indexing with this text gives, a view: {@code x.at(":, 1")}, {@code
   * x.at("..., ::2, None")}.
   */
  default Tensor at(String text) {
    return Selection.read(self(), IndexText.parse(given("at", "text", text)));
  }

  /**
   * Writes a number to the elements that {@link #at} reads: {@code x.put("0, 1", 2)} is {@code x[0,
   * 1] = 2}.
   */
  default Tensor put(String text, Number value) {
    return put(text, Creation.scalar("put", value, self().dtype()));
  }

  /** Writes a tensor, broadcast, to the elements that {@link #at} reads. */
  default Tensor put(String text, Tensor value) {
    given("put", "text", text);
    given("put", "value", value);
    Selection.write(self(), IndexText.parse(text), value);
    return self();
  }

  /**
   * Writes a tensor, broadcast, to the elements that {@link #index} reads. Where index tensors name
   * an element twice, one of the values stays.
   */
  default Tensor put(Tensor value, Index... items) {
    given("put", "value", value);
    given("put", "items", items);
    Selection.write(self(), Arrays.asList(items), value);
    return self();
  }

  /** Writes a number to the elements that {@link #index} reads. */
  default Tensor put(Number value, Index... items) {
    return put(Creation.scalar("put", value, self().dtype()), items);
  }

  /**
   * Returns the slices that a vector of integers names along a dimension; negative ones count from
   * the end.
   */
  default Tensor indexSelect(int dim, Tensor index) {
    return IndexOps.indexSelect(self(), dim, given("indexSelect", "index", index));
  }

  /**
   * Returns a copy with the slices of {@code source} added at the positions {@code index} of a
   * dimension.
   */
  default Tensor indexAdd(int dim, Tensor index, Tensor source) {
    return IndexOps.indexAdd(
        self(), dim, given("indexAdd", "index", index), given("indexAdd", "source", source));
  }

  /**
   * Returns a copy with the slices at the positions {@code index} of a dimension replaced by those
   * of {@code source}.
   */
  default Tensor indexCopy(int dim, Tensor index, Tensor source) {
    return IndexOps.indexCopy(
        self(), dim, given("indexCopy", "index", index), given("indexCopy", "source", source));
  }

  /**
   * Returns, for each element of an int64 or int32 {@code index}, the element of this tensor at the
   * same place but for {@code dim}, where it is at the index.
   */
  default Tensor gather(int dim, Tensor index) {
    return IndexOps.gather(self(), dim, given("gather", "index", index));
  }

  /**
   * Returns a copy with the elements of {@code source} written where {@code index} says: the
   * inverse of {@link #gather}.
   */
  default Tensor scatter(int dim, Tensor index, Tensor source) {
    return IndexOps.scatter(
        Backend.Store.REPLACE,
        self(),
        dim,
        given("scatter", "index", index),
        given("scatter", "source", source));
  }

  /** Returns a copy with the elements of {@code source} added where {@code index} says. */
  default Tensor scatterAdd(int dim, Tensor index, Tensor source) {
    return IndexOps.scatterAdd(
        self(), dim, given("scatterAdd", "index", index), given("scatterAdd", "source", source));
  }

  /** Returns a copy with a value where the bool mask, broadcast, is true. */
  default Tensor maskedFill(Tensor mask, Number value) {
    return Selection.fill("maskedFill", self(), mask, value);
  }

  /**
   * Returns the elements where the bool mask, broadcast with this tensor, is true, as one
   * dimension.
   */
  default Tensor maskedSelect(Tensor mask) {
    return Selection.masked(self(), mask);
  }

  /** Returns the indices (n, dim) of the n elements that are not zero, int64. */
  default Tensor nonzero() {
    return Selection.nonzero(self().dtype() == DType.BOOL ? self() : self().ne(0));
  }
}
