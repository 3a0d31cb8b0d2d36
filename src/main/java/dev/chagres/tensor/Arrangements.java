package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend.Triangle;

/**
 * Parts of matrices, and the elements in another order. The transposes and moved dimensions are
 * views; the others are copies.
 */
public sealed interface Arrangements permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  private Tensor swapped(String name) {
    if (self().dim() == 0) {
      return self();
    } else if (self().dim() == 1) {
      throw new IllegalArgumentException(
          name + ": matrices are needed, not a tensor of shape " + self().shape());
    }
    return self().transpose(-2, -1);
  }

  /** Returns this tensor with all its dimensions in reverse order. */
  default Tensor T() {
    int[] order = new int[self().dim()];
    for (int i = 0; i < order.length; i++) {
      order[i] = order.length - 1 - i;
    }
    return self().permute(order);
  }

  /** Returns each matrix, of the last two dimensions, transposed; a scalar as it is. */
  default Tensor mT() {
    return swapped("mT");
  }

  /** Returns the transpose of a matrix; a scalar as it is. */
  default Tensor H() {
    if (self().dim() > 2) {
      throw new IllegalArgumentException(
          "H: a matrix is needed, not shape " + self().shape() + "; mH is for several");
    }
    return swapped("H");
  }

  /** Returns each matrix transposed and conjugated, which real numbers do not show: {@link #mT}. */
  default Tensor mH() {
    return swapped("mH");
  }

  /** Returns the same as {@link #mH}. */
  default Tensor adjoint() {
    return swapped("adjoint");
  }

  /** Returns this tensor with two dimensions swapped, as {@link Tensor#transpose}. */
  default Tensor swapaxes(int dim0, int dim1) {
    return self().transpose(dim0, dim1);
  }

  /** Returns this tensor with two dimensions swapped, as {@link Tensor#transpose}. */
  default Tensor swapdims(int dim0, int dim1) {
    return self().transpose(dim0, dim1);
  }

  /** Returns this tensor with a dimension moved to another place; the others keep their order. */
  default Tensor movedim(int source, int destination) {
    return movedim(new int[] {source}, new int[] {destination});
  }

  /**
   * Returns this tensor with dimension {@code source[i]} moved to the place {@code destination[i]};
   * the others keep their order.
   *
   * @throws IllegalArgumentException if the lengths differ, or a dimension is there twice
   */
  default Tensor movedim(int[] source, int[] destination) {
    given("movedim", "source", source);
    given("movedim", "destination", destination);
    return self().permute(Rearranging.moved("movedim", self().shape(), source, destination));
  }

  /** Returns the same as {@link #movedim(int, int)}. */
  default Tensor moveaxis(int source, int destination) {
    return movedim(source, destination);
  }

  /** Returns the same as {@link #movedim(int[], int[])}. */
  default Tensor moveaxis(int[] source, int[] destination) {
    given("moveaxis", "source", source);
    given("moveaxis", "destination", destination);
    return self().permute(Rearranging.moved("moveaxis", self().shape(), source, destination));
  }

  /** Returns the lower triangle of each matrix, of the last two dimensions, with zeros above. */
  default Tensor tril() {
    return tril(0);
  }

  /**
   * Returns what each matrix has on and below a diagonal, with zeros above; {@code diagonal} 0 is
   * the main one, 1 the one above it.
   */
  default Tensor tril(long diagonal) {
    return Rearranging.triangle(Triangle.LOWER, self(), diagonal);
  }

  /** Returns the upper triangle of each matrix, of the last two dimensions, with zeros below. */
  default Tensor triu() {
    return triu(0);
  }

  /** Returns what each matrix has on and above a diagonal, with zeros below. */
  default Tensor triu(long diagonal) {
    return Rearranging.triangle(Triangle.UPPER, self(), diagonal);
  }

  /** Returns the diagonal of a matrix, copied, or the matrix that has a vector on its diagonal. */
  default Tensor diag() {
    return diag(0);
  }

  /**
   * Returns the elements of a matrix whose column is their row plus {@code shift}, copied; or the
   * square matrix that has a vector there, and zeros elsewhere.
   */
  default Tensor diag(long shift) {
    return Rearranging.diag(self(), shift);
  }

  /** Returns square matrices with the rows of the last dimension on their diagonals. */
  default Tensor diagEmbed() {
    return diagEmbed(0);
  }

  /** Returns square matrices with the rows of the last dimension on a diagonal, zeros elsewhere. */
  default Tensor diagEmbed(long shift) {
    return diagEmbed(shift, -2, -1);
  }

  /**
   * Returns zeros with two dimensions instead of the last one, at {@code dim0} and {@code dim1} of
   * the result, and this tensor where the indices in these differ by {@code shift}.
   */
  default Tensor diagEmbed(long shift, int dim0, int dim1) {
    return Rearranging.diagEmbed("diagEmbed", self(), shift, dim0, dim1);
  }

  /** Returns the square matrix with all elements on its diagonal. */
  default Tensor diagflat() {
    return diagflat(0);
  }

  /** Returns the square matrix with all elements on a diagonal, zeros elsewhere. */
  default Tensor diagflat(long shift) {
    return Rearranging.diagEmbed("diagflat", self().flatten(), shift, 0, 1);
  }

  /** Returns the elements in reverse order along dimensions: a copy, as in PyTorch. */
  default Tensor flip(int... dims) {
    return Rearranging.flip("flip", self(), given("flip", "dims", dims));
  }

  /** Returns the columns in reverse order, those of the second dimension. */
  default Tensor fliplr() {
    if (self().dim() < 2) {
      throw new IllegalArgumentException(
          "fliplr: at least two dimensions are needed, not shape " + self().shape());
    }
    return Rearranging.flip("fliplr", self(), 1);
  }

  /** Returns the rows in reverse order, those of the first dimension. */
  default Tensor flipud() {
    if (self().dim() < 1) {
      throw new IllegalArgumentException("flipud: a scalar has no rows");
    }
    return Rearranging.flip("flipud", self(), 0);
  }
}
