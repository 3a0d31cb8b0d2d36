package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import java.util.Arrays;
import java.util.List;

/**
 * Reading and writing parts of a tensor: by numbers, by {@link Index} objects, and by numpy's own
 * text.
 *
 * <p>As in PyTorch, negative positions count from the end in {@code get}, {@code index}, {@code
 * put}, {@code indexPut}, {@code take}, {@code putFlat}, {@code takeAlongDim} and {@code
 * indexFill}, and are out of range in {@code gather}, {@code scatter}, {@code indexSelect} and
 * their like. A position out of range is an {@link IndexOutOfBoundsException}.
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
          "get: "
              + positions.length
              + (positions.length == 1 ? " position" : " positions")
              + " for the "
              + self().dim()
              + " dimensions of shape "
              + self().shape());
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
   * Returns what numpy's indexing with these items gives: a view, or a copy if an item is a tensor
   * or a list of positions.
   *
   * <p>{@code x.index(all(), at(1))} is {@code x[:, 1]}; {@code x.index(Index.of(rows))} is {@code
   * x[rows]}. A negative step makes a copy too.
   */
  default Tensor index(Index... items) {
    return Selection.read(self(), Arrays.asList(given("index", "items", items)));
  }

  /**
   * Returns what numpy's indexing with this text gives, a view: {@code x.at(":, 1")}, {@code
   * x.at("..., ::2, None")}; a copy if a step is negative or an item is a list of positions, {@code
   * x.at("[0, 2]")}.
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

  /** The same with a truth value: 1 or 0 in a dtype other than bool. */
  default Tensor put(String text, boolean value) {
    return put(text, value ? 1 : 0);
  }

  /** Writes a tensor, broadcast, to the elements that {@link #at} reads. */
  default Tensor put(String text, Tensor value) {
    given("put", "text", text);
    given("put", "value", value);
    Selection.write("put", Store.REPLACE, self(), IndexText.parse(text), value);
    return self();
  }

  /**
   * Writes a tensor, broadcast, to the elements that {@link #index} reads. Where positions name an
   * element twice, one of the values stays.
   */
  default Tensor put(Tensor value, Index... items) {
    given("put", "value", value);
    given("put", "items", items);
    Selection.write("put", Store.REPLACE, self(), Arrays.asList(items), value);
    return self();
  }

  /** Writes a number to the elements that {@link #index} reads. */
  default Tensor put(Number value, Index... items) {
    return put(Creation.scalar("put", value, self().dtype()), items);
  }

  /** The same with a truth value: 1 or 0 in a dtype other than bool. */
  default Tensor put(boolean value, Index... items) {
    return put(value ? 1 : 0, items);
  }

  /**
   * Returns a copy with a tensor of the same dtype, broadcast, written to the elements that {@link
   * #index} reads: {@link #put} of a copy.
   */
  default Tensor indexPut(Tensor values, Index... items) {
    return indexPut(values, Accumulate.REPLACE, items);
  }

  /**
   * The same, or with the values added in their order, where an element is named twice too.
   *
   * @throws IllegalArgumentException if the values are of another dtype
   */
  default Tensor indexPut(Tensor values, Accumulate accumulate, Index... items) {
    given("indexPut", "values", values);
    given("indexPut", "items", items);
    return Autocast.applies(AutocastFunction.INDEX_PUT, self())
        ? Autocast.call(
            AutocastFunction.INDEX_PUT,
            self(),
            values,
            (x, y) -> Selection.indexPut("indexPut", x.clone(), y, accumulate, items))
        : Selection.indexPut("indexPut", self().clone(), values, accumulate, items);
  }

  /** Returns the slices that a vector of int64 or int32 positions names along a dimension. */
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
   * The same with the source times {@code alpha}, which loses its fraction where the tensors are of
   * integers.
   */
  default Tensor indexAdd(int dim, Tensor index, Tensor source, Number alpha) {
    given("indexAdd", "source", source);
    given("indexAdd", "alpha", alpha);
    return indexAdd(dim, index, IndexForms.scaled("indexAdd", source, alpha));
  }

  /**
   * Returns a copy with a number at the positions {@code index} of a dimension; negative ones count
   * from the end.
   */
  default Tensor indexFill(int dim, Tensor index, Number value) {
    return indexFill(dim, index, Creation.scalar("indexFill", value, self().dtype()));
  }

  /** The same with the value of a tensor without dimensions, which is cast. */
  default Tensor indexFill(int dim, Tensor index, Tensor value) {
    given("indexFill", "index", index);
    return IndexForms.indexFill("indexFill", self(), dim, index, value);
  }

  /**
   * Returns a copy in which each slice that {@code index} names along a dimension is reduced with
   * the slices of {@code source} for it.
   */
  default Tensor indexReduce(int dim, Tensor index, Tensor source, Reduce reduce) {
    return indexReduce(dim, index, source, reduce, IncludeSelf.INCLUDE_SELF);
  }

  /** The same; the slice that is there may count or not. */
  default Tensor indexReduce(
      int dim, Tensor index, Tensor source, Reduce reduce, IncludeSelf self) {
    given("indexReduce", "index", index);
    given("indexReduce", "source", source);
    given("indexReduce", "reduce", reduce);
    given("indexReduce", "self", self);
    Places places = Places.slices("indexReduce", self(), dim, index);
    return ReducedWrites.slices(places, reduce, self).write(self(), source);
  }

  /**
   * Returns a copy with the slices at the positions {@code index} of a dimension replaced by those
   * of {@code source}.
   */
  default Tensor indexCopy(int dim, Tensor index, Tensor source) {
    given("indexCopy", "index", index);
    given("indexCopy", "source", source);
    return Autocast.applies(AutocastFunction.INDEX_COPY, self())
        ? Autocast.call(
            AutocastFunction.INDEX_COPY,
            self(),
            source,
            (x, y) -> IndexOps.indexCopy(x, dim, index, y))
        : IndexOps.indexCopy(self(), dim, index, source);
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
    given("scatter", "index", index);
    given("scatter", "source", source);
    return Places.elements("scatter", self(), dim, index).write(Store.REPLACE, self(), source);
  }

  /** Returns a copy with a number written where {@code index} says. */
  default Tensor scatter(int dim, Tensor index, Number value) {
    given("scatter", "value", value);
    Places places = Places.elements("scatter", self(), dim, given("scatter", "index", index));
    return places.write(Store.REPLACE, self(), places.filled(self(), value));
  }

  /** {@link #scatterReduce}: PyTorch's {@code reduce="add"} is SUM, {@code "multiply"} PROD. */
  default Tensor scatter(int dim, Tensor index, Tensor source, Reduce reduce) {
    given("scatter", "index", index);
    given("scatter", "source", source);
    given("scatter", "reduce", reduce);
    Places places = Places.elements("scatter", self(), dim, index);
    return ReducedWrites.scatter(places, reduce, IncludeSelf.INCLUDE_SELF).write(self(), source);
  }

  /** The same with one number for all places. */
  default Tensor scatter(int dim, Tensor index, Number value, Reduce reduce) {
    given("scatter", "reduce", reduce);
    given("scatter", "value", value);
    Places places = Places.elements("scatter", self(), dim, given("scatter", "index", index));
    return ReducedWrites.scatter(places, reduce, IncludeSelf.INCLUDE_SELF)
        .write(self(), places.filled(self(), value));
  }

  /** Returns a copy with the elements of {@code source} added where {@code index} says. */
  default Tensor scatterAdd(int dim, Tensor index, Tensor source) {
    given("scatterAdd", "index", index);
    given("scatterAdd", "source", source);
    return Autocast.applies(AutocastFunction.SCATTER_ADD, self())
        ? Autocast.call(
            AutocastFunction.SCATTER_ADD,
            self(),
            source,
            (x, y) -> IndexOps.scatterAdd(x, dim, index, y))
        : IndexOps.scatterAdd(self(), dim, index, source);
  }

  /**
   * Returns a copy in which each element that {@code index} names is reduced with the elements of
   * {@code source} for it: {@link Reduce#SUM} is {@link #scatterAdd}. The gradient of a greatest or
   * least element is shared among all that equal it.
   */
  default Tensor scatterReduce(int dim, Tensor index, Tensor source, Reduce reduce) {
    return scatterReduce(dim, index, source, reduce, IncludeSelf.INCLUDE_SELF);
  }

  /** The same; the element that is there may count or not. */
  default Tensor scatterReduce(
      int dim, Tensor index, Tensor source, Reduce reduce, IncludeSelf self) {
    given("scatterReduce", "index", index);
    given("scatterReduce", "source", source);
    given("scatterReduce", "reduce", reduce);
    given("scatterReduce", "self", self);
    Places places = Places.elements("scatterReduce", self(), dim, index);
    return ReducedWrites.scatter(places, reduce, self).write(self(), source);
  }

  /**
   * Returns the elements that {@code index} names along a dimension, negative positions counting
   * from its end, where this tensor and the index broadcast in all others.
   */
  default Tensor takeAlongDim(Tensor index, int dim) {
    return IndexForms.takeAlongDim(self(), given("takeAlongDim", "index", index), dim);
  }

  /** The same of both flattened, in one dimension. */
  default Tensor takeAlongDim(Tensor index) {
    return IndexForms.takeAlongDim(self(), given("takeAlongDim", "index", index));
  }

  /**
   * Returns the elements at positions in row-major order, negative ones counting from the end, in
   * the shape of the index.
   */
  default Tensor take(Tensor index) {
    return IndexForms.take(self(), given("take", "index", index));
  }

  /**
   * Returns a copy with the elements of {@code source} at positions in row-major order, negative
   * ones counting from the end: PyTorch's {@code put}. The source has as many elements as the
   * index.
   */
  default Tensor putFlat(Tensor index, Tensor source) {
    return putFlat(index, source, Accumulate.REPLACE);
  }

  /** The same, or with the elements added. */
  default Tensor putFlat(Tensor index, Tensor source, Accumulate accumulate) {
    given("putFlat", "index", index);
    given("putFlat", "source", source);
    Store store = Selection.store("putFlat", accumulate);
    return IndexForms.putFlat("putFlat", store, self(), index, source);
  }

  /** Returns a copy with a value where the bool mask, broadcast, is true. */
  default Tensor maskedFill(Tensor mask, Number value) {
    return Selection.fill("maskedFill", self(), mask, value);
  }

  /** The same with the value of a tensor without dimensions, which is cast. */
  default Tensor maskedFill(Tensor mask, Tensor value) {
    return Selection.fill("maskedFill", self(), mask, value);
  }

  /**
   * Returns a copy in which the elements where the bool mask, broadcast, is true are replaced by
   * those of {@code source} in their order, which may be more.
   */
  default Tensor maskedScatter(Tensor mask, Tensor source) {
    given("maskedScatter", "source", source);
    return IndexForms.maskedScatter("maskedScatter", self(), mask, source);
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
    return Selection.nonzero(self());
  }

  /**
   * Returns the same as a vector for each dimension, for {@link #index} or {@link #put}: PyTorch's
   * {@code as_tuple=True}. A scalar counts as one dimension.
   */
  default List<Tensor> nonzeroAsTuple() {
    return Selection.columns(IndexOps.line(self()));
  }

  /** Returns {@link #nonzero}. */
  default Tensor argwhere() {
    return nonzero();
  }

  /** Returns the first {@code size} rows of {@link #nonzero}, with -1 for those that it lacks. */
  default Tensor nonzeroStatic(long size) {
    return nonzeroStatic(size, -1);
  }

  /** The same with another number for those that it lacks. */
  default Tensor nonzeroStatic(long size, long fill) {
    return IndexForms.nonzeroStatic(self(), size, fill);
  }

  /**
   * Returns the index in each dimension of a tensor of a shape that positions in its row-major
   * order, which this tensor holds, have; int64. As in PyTorch, positions beyond its elements begin
   * again from its first.
   */
  default List<Tensor> unravelIndex(long... shape) {
    return IndexForms.unravelIndex(self(), given("unravelIndex", "shape", shape));
  }
}
