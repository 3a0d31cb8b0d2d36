package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.List;

/** The static methods of {@link Tensor} that make one of several. */
abstract sealed class Combinations extends Factories permits Tensor {
  Combinations() {}

  /** Returns the tensors one after the other along an existing dimension. */
  public static Tensor cat(Iterable<? extends Tensor> tensors, int dim) {
    return Joining.cat(given("cat", "tensors", tensors), dim);
  }

  /** Returns the tensors one after the other along the first dimension. */
  public static Tensor cat(Iterable<? extends Tensor> tensors) {
    return cat(tensors, 0);
  }

  /** Another name of {@link #cat(Iterable, int)}. */
  public static Tensor concat(Iterable<? extends Tensor> tensors, int dim) {
    return cat(given("concat", "tensors", tensors), dim);
  }

  /** Another name of {@link #cat(Iterable)}. */
  public static Tensor concat(Iterable<? extends Tensor> tensors) {
    return concat(tensors, 0);
  }

  /** Another name of {@link #cat(Iterable, int)}. */
  public static Tensor concatenate(Iterable<? extends Tensor> tensors, int dim) {
    return cat(given("concatenate", "tensors", tensors), dim);
  }

  /** Another name of {@link #cat(Iterable)}. */
  public static Tensor concatenate(Iterable<? extends Tensor> tensors) {
    return concatenate(tensors, 0);
  }

  /** Returns the tensors side by side along a new first dimension. */
  public static Tensor stack(Iterable<? extends Tensor> tensors) {
    return stack(tensors, 0);
  }

  /** Returns the tensors side by side along a new dimension put in before {@code dim}. */
  public static Tensor stack(Iterable<? extends Tensor> tensors, int dim) {
    return Joining.stack(given("stack", "tensors", tensors), dim);
  }

  /** Returns the tensors side by side: vectors one after the other, others along the second dim. */
  public static Tensor hstack(Iterable<? extends Tensor> tensors) {
    return Joining.aligned(
        "hstack",
        given("hstack", "tensors", tensors),
        Tensor::atleast1d,
        first -> first.dim() == 1 ? 0 : 1);
  }

  /** Returns the tensors one above the other: vectors as rows, others along the first dim. */
  public static Tensor vstack(Iterable<? extends Tensor> tensors) {
    return Joining.aligned(
        "vstack", given("vstack", "tensors", tensors), Tensor::atleast2d, first -> 0);
  }

  /** Another name of {@link #vstack}. */
  public static Tensor rowStack(Iterable<? extends Tensor> tensors) {
    return vstack(given("rowStack", "tensors", tensors));
  }

  /** Returns the tensors one behind the other, along the third dimension. */
  public static Tensor dstack(Iterable<? extends Tensor> tensors) {
    return Joining.aligned(
        "dstack", given("dstack", "tensors", tensors), Tensor::atleast3d, first -> 2);
  }

  /** Returns the tensors side by side, with vectors and scalars as columns. */
  public static Tensor columnStack(Iterable<? extends Tensor> tensors) {
    return Joining.aligned(
        "columnStack",
        given("columnStack", "tensors", tensors),
        tensor -> tensor.dim() > 1 ? tensor : tensor.reshape(-1, 1),
        first -> 1);
  }

  /** Returns the matrix with these along its diagonal, vectors as rows, and zeros elsewhere. */
  public static Tensor blockDiag(Iterable<? extends Tensor> tensors) {
    return Joining.blockDiag(given("blockDiag", "tensors", tensors));
  }

  /**
   * Returns the shape that all these broadcast to.
   *
   * @throws IllegalArgumentException if they do not
   */
  public static Shape broadcastShapes(Shape... shapes) {
    return Joining.broadcast(
        "broadcastShapes", Arrays.asList(given("broadcastShapes", "shapes", shapes)));
  }

  /** Returns each of the tensors expanded to the shape that all broadcast to. */
  public static List<Tensor> broadcastTensors(Iterable<? extends Tensor> tensors) {
    return Joining.broadcast(given("broadcastTensors", "tensors", tensors));
  }

  /** Returns the coordinates of a grid, as {@link #meshgrid(Iterable, MeshIndexing)} with IJ. */
  public static List<Tensor> meshgrid(Iterable<? extends Tensor> tensors) {
    return meshgrid(tensors, MeshIndexing.IJ);
  }

  /**
   * Returns, for vectors of n1, n2, … elements, as many views of shape (n1, n2, …): the i-th is the
   * i-th vector along its dimension, expanded over the others. With XY the first two dimensions are
   * swapped.
   */
  public static List<Tensor> meshgrid(Iterable<? extends Tensor> tensors, MeshIndexing indexing) {
    return Joining.meshgrid(
        "meshgrid", given("meshgrid", "tensors", tensors), given("meshgrid", "indexing", indexing));
  }

  /** Returns all choices of one element of each vector, as rows; of a single vector itself. */
  public static Tensor cartesianProd(Iterable<? extends Tensor> tensors) {
    return Joining.cartesianProd(given("cartesianProd", "tensors", tensors));
  }

  /** Returns {@code condition ? a : b}, element by element, with broadcasting and promotion. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return Elementwise.where("where", condition, a, b);
  }

  /**
   * Returns the sum of products that an equation in Einstein's notation says: {@code "ij,jk->ik"}.
   * Letters, of either case, name the dimensions of each operand; those that the result after
   * {@code ->} has not are summed over; one that an operand has twice is its diagonal; {@code ...}
   * stands for any dimensions, which broadcast. Without an arrow the result has the dimensions of
   * the ellipsis, then the letters that are there once, capitals first. Dtypes are equal.
   *
   * <p>The operands are multiplied two at a time, in the order with the fewest multiplications (of
   * more than eight operands, one that is not far from it).
   */
  public static Tensor einsum(String equation, Iterable<? extends Tensor> tensors) {
    return Einsum.of(given("einsum", "equation", equation), given("einsum", "tensors", tensors));
  }

  /** The same of tensors one by one. */
  public static Tensor einsum(String equation, Tensor... tensors) {
    return einsum(equation, Arrays.asList(given("einsum", "tensors", tensors)));
  }

  /** Returns the sums of products over the last dimensions of a and as many first ones of b. */
  public static Tensor tensordot(Tensor a, Tensor b, int dims) {
    return Products.tensordot(given("tensordot", "a", a), given("tensordot", "b", b), dims);
  }

  /**
   * Returns the sums of products over dimensions of a and those of b that stand at the same place;
   * they are of one size, or of size 1, which broadcasts. What is left of a comes before that of b.
   */
  public static Tensor tensordot(Tensor a, Tensor b, int[] dimsA, int[] dimsB) {
    return Products.tensordot(
        "tensordot",
        given("tensordot", "a", a),
        given("tensordot", "b", b),
        given("tensordot", "dimsA", dimsA),
        given("tensordot", "dimsB", dimsB));
  }

  /** Returns the product of matrices, multiplied in the order with the fewest multiplications. */
  public static Tensor chainMatmul(Iterable<? extends Tensor> matrices) {
    return MatrixChain.product("chainMatmul", given("chainMatmul", "matrices", matrices));
  }

  /** Returns {@code condition ? a : b}, where the number is weak, as in arithmetic. */
  public static Tensor where(Tensor condition, Tensor a, Number b) {
    given("where", "a", a);
    DType common = Promotion.of(a, given("where", "b", b));
    return where(condition, a, Creation.constant(a.device(), "where", b, common));
  }

  /** Returns {@code condition ? a : b}, where the number is weak, as in arithmetic. */
  public static Tensor where(Tensor condition, Number a, Tensor b) {
    given("where", "b", b);
    DType common = Promotion.of(b, given("where", "a", a));
    return where(condition, Creation.constant(b.device(), "where", a, common), b);
  }

  /** Returns {@code condition ? a : b}: int64 of two integers, else float32. */
  public static Tensor where(Tensor condition, Number a, Number b) {
    Device device = given("where", "condition", condition).device();
    DType first = Scalars.defaultType(given("where", "a", a));
    DType second = Scalars.defaultType(given("where", "b", b));
    return where(
        condition,
        Creation.constant(device, "where", a, first),
        Creation.constant(device, "where", b, second));
  }
}
