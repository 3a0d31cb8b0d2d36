package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Triangle;

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

  /** Returns the elements, in row-major order, moved on by {@code shift}; the last come first. */
  default Tensor roll(long shift) {
    Tensor line = self().flatten();
    return ViewOps.reshape(line.roll(shift, 0), self().shape());
  }

  /** Returns the slices of a dimension moved on by {@code shift}; the last come first. */
  default Tensor roll(long shift, int dim) {
    return roll(new long[] {shift}, new int[] {dim});
  }

  /** Returns the slices of each of these dimensions moved on by its shift. */
  default Tensor roll(long[] shifts, int[] dims) {
    return Rearranging.roll(self(), given("roll", "shifts", shifts), given("roll", "dims", dims));
  }

  /** Returns this tensor turned by 90 degrees, from the first dimension towards the second. */
  default Tensor rot90() {
    return rot90(1);
  }

  /** Returns this tensor turned so often by 90 degrees; a negative number turns it back. */
  default Tensor rot90(long times) {
    return rot90(times, 0, 1);
  }

  /** Returns this tensor turned so often by 90 degrees, from one of two dimensions to the other. */
  default Tensor rot90(long times, int... dims) {
    return Rearranging.rot90(self(), times, given("rot90", "dims", dims));
  }

  /** Returns the elements, in row-major order, each {@code repeats} times. */
  default Tensor repeatInterleave(long repeats) {
    return Rearranging.repeated(self().flatten(), repeats, 0);
  }

  /** Returns each slice of a dimension {@code repeats} times. */
  default Tensor repeatInterleave(long repeats, int dim) {
    return Rearranging.repeated(self(), repeats, dim);
  }

  /** Returns the elements, in row-major order, each as often as its count says. */
  default Tensor repeatInterleave(Tensor repeats) {
    given("repeatInterleave", "repeats", repeats);
    return Rearranging.repeated(self().flatten(), repeats, 0);
  }

  /**
   * Returns each slice of a dimension as often as its count, int64 or int32, says; a single count
   * is for all.
   */
  default Tensor repeatInterleave(Tensor repeats, int dim) {
    return Rearranging.repeated(self(), given("repeatInterleave", "repeats", repeats), dim);
  }

  /**
   * Returns, for a vector of counts, 0 as often as the first says, 1 as often as the second, and so
   * on.
   */
  default Tensor repeatInterleave() {
    return Rearranging.places(self());
  }

  /** Returns all choices of two different elements of a vector, in their order, as rows. */
  default Tensor combinations() {
    return combinations(2);
  }

  /** Returns all choices of {@code r} different elements of a vector, in their order, as rows. */
  default Tensor combinations(long r) {
    return combinations(r, Replacement.WITHOUT_REPLACEMENT);
  }

  /**
   * Returns all choices of {@code r} elements of a vector, in their order, as rows; with
   * replacement an element may be there several times.
   */
  default Tensor combinations(long r, Replacement replacement) {
    return Joining.combinations(self(), r, given("combinations", "replacement", replacement));
  }

  /** Returns the square matrix whose row for each element of a vector holds its powers. */
  default Tensor vander() {
    return vander(self().numel());
  }

  /**
   * Returns, for each element of a vector, a row of its powers {@code n - 1, …, 1, 0}; integers
   * become int64. The rising powers are {@link #fliplr} of that.
   */
  default Tensor vander(long n) {
    return Rearranging.vander(self(), n);
  }
}
