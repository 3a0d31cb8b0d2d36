package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What is chosen by positions and masks, arranged in another way or joined, of {@link Out}. */
abstract sealed class IndexingOut extends SortingOut permits Out {
  IndexingOut() {}

  // ---- positions and masks

  /** Writes the elements at these positions along a dimension to {@code out}. */
  public static Tensor gather(Tensor x, int dim, Tensor index, Tensor out) {
    return Writing.stored("gather", "x index", out, () -> x.gather(dim, index), x, index);
  }

  /** Writes the slices at these positions of a dimension to {@code out}. */
  public static Tensor indexSelect(Tensor x, int dim, Tensor index, Tensor out) {
    return Writing.stored("indexSelect", "x index", out, () -> x.indexSelect(dim, index), x, index);
  }

  /** Writes the elements at these positions in row-major order to {@code out}. */
  public static Tensor take(Tensor x, Tensor index, Tensor out) {
    return Writing.stored("take", "x index", out, () -> x.take(index), x, index);
  }

  /** Writes the elements at these positions along a dimension, broadcast, to {@code out}. */
  public static Tensor takeAlongDim(Tensor x, Tensor index, int dim, Tensor out) {
    return Writing.stored(
        "takeAlongDim", "x index", out, () -> x.takeAlongDim(index, dim), x, index);
  }

  /** Writes the elements where the mask is true to {@code out}, which has room for just these. */
  public static Tensor maskedSelect(Tensor x, Tensor mask, Tensor out) {
    return Writing.stored("maskedSelect", "x mask", out, () -> x.maskedSelect(mask), x, mask);
  }

  /** Writes where x is not 0, a row each, to {@code out}, which has room for just these. */
  public static Tensor nonzero(Tensor x, Tensor out) {
    return Writing.stored("nonzero", "x", out, () -> x.nonzero(), x);
  }

  /** Writes x with the slices of source added at these positions to {@code out}. */
  public static Tensor indexAdd(Tensor x, int dim, Tensor index, Tensor source, Tensor out) {
    return Writing.stored(
        "indexAdd", "x index source", out, () -> x.indexAdd(dim, index, source), x, index, source);
  }

  /** Writes x with the slices of source at these positions to {@code out}. */
  public static Tensor indexCopy(Tensor x, int dim, Tensor index, Tensor source, Tensor out) {
    return Writing.stored(
        "indexCopy",
        "x index source",
        out,
        () -> x.indexCopy(dim, index, source),
        x,
        index,
        source);
  }

  /** Writes x with the elements of source at these positions to {@code out}. */
  public static Tensor scatter(Tensor x, int dim, Tensor index, Tensor source, Tensor out) {
    return Writing.stored(
        "scatter", "x index source", out, () -> x.scatter(dim, index, source), x, index, source);
  }

  /** Writes x with a value at these positions to {@code out}. */
  public static Tensor scatter(Tensor x, int dim, Tensor index, Number value, Tensor out) {
    return Writing.stored("scatter", "x index", out, () -> x.scatter(dim, index, value), x, index);
  }

  /** Writes x with the elements of source added at these positions to {@code out}. */
  public static Tensor scatterAdd(Tensor x, int dim, Tensor index, Tensor source, Tensor out) {
    return Writing.stored(
        "scatterAdd",
        "x index source",
        out,
        () -> x.scatterAdd(dim, index, source),
        x,
        index,
        source);
  }

  /** Writes x with source in the place of one slice to {@code out}. */
  public static Tensor selectScatter(Tensor x, Tensor source, int dim, long index, Tensor out) {
    return Writing.stored(
        "selectScatter", "x source", out, () -> x.selectScatter(source, dim, index), x, source);
  }

  /** Writes x with source in the place of a diagonal to {@code out}. */
  public static Tensor diagonalScatter(Tensor x, Tensor source, long shift, Tensor out) {
    return Writing.stored(
        "diagonalScatter", "x source", out, () -> x.diagonalScatter(source, shift), x, source);
  }

  // ---- arrangements

  /** Writes x with zeros above a diagonal to {@code out}. */
  public static Tensor tril(Tensor x, long diagonal, Tensor out) {
    return Writing.stored("tril", "x", out, () -> x.tril(diagonal), x);
  }

  /** Writes x with zeros below a diagonal to {@code out}. */
  public static Tensor triu(Tensor x, long diagonal, Tensor out) {
    return Writing.stored("triu", "x", out, () -> x.triu(diagonal), x);
  }

  /** Writes the diagonal of a matrix, or the matrix of a diagonal, to {@code out}. */
  public static Tensor diag(Tensor x, long shift, Tensor out) {
    return Writing.stored("diag", "x", out, () -> x.diag(shift), x);
  }

  /** Writes {@code condition ? a : b}, element by element, to {@code out}. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    return Writing.stored(
        "where", "a b", out, () -> Elementwise.where("where", condition, a, b), a, b);
  }

  // ---- joining

  /** Writes the tensors one after the other along an existing dimension to {@code out}. */
  public static Tensor cat(Iterable<? extends Tensor> tensors, int dim, Tensor out) {
    return joined("cat", tensors, out, parts -> Joining.cat(parts, dim));
  }

  /**
   * Writes the tensors side by side along a new dimension, put in before {@code dim}, to {@code
   * out}.
   */
  public static Tensor stack(Iterable<? extends Tensor> tensors, int dim, Tensor out) {
    return joined("stack", tensors, out, parts -> Joining.stack(parts, dim));
  }

  /** Writes the tensors side by side, as {@link Tensor#hstack}, to {@code out}. */
  public static Tensor hstack(Iterable<? extends Tensor> tensors, Tensor out) {
    return joined("hstack", tensors, out, Tensor::hstack);
  }

  /** Writes the tensors one below the other, as {@link Tensor#vstack}, to {@code out}. */
  public static Tensor vstack(Iterable<? extends Tensor> tensors, Tensor out) {
    return joined("vstack", tensors, out, Tensor::vstack);
  }

  /** Writes the tensors one behind the other, as {@link Tensor#dstack}, to {@code out}. */
  public static Tensor dstack(Iterable<? extends Tensor> tensors, Tensor out) {
    return joined("dstack", tensors, out, Tensor::dstack);
  }

  /** Writes the tensors as columns side by side, as {@link Tensor#columnStack}, to {@code out}. */
  public static Tensor columnStack(Iterable<? extends Tensor> tensors, Tensor out) {
    return joined("columnStack", tensors, out, Tensor::columnStack);
  }

  private static Tensor joined(
      String name,
      Iterable<? extends Tensor> tensors,
      Tensor out,
      Function<List<Tensor>, Tensor> result) {
    List<Tensor> parts = new ArrayList<>();
    for (Tensor tensor : given(name, "tensors", tensors)) {
      parts.add(Writing.unrecorded(name, "a tensor", tensor));
    }
    return Writing.stored(name, out, () -> result.apply(parts));
  }
}
