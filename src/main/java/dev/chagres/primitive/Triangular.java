package dev.chagres.primitive;

import dev.chagres.core.Diagonal;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;

/** Which triangle of a matrix is read, and how. */
public record Triangular(Triangle triangle, Transposed transposed, Diagonal diagonal) {
  /** Returns the same triangle of the transposed matrix: the same matrix, taken the other way. */
  public Triangular stored() {
    return new Triangular(triangle.turned(), transposed.other(), diagonal);
  }

  /** Returns the same triangle, for the transposed operation. */
  public Triangular adjoint() {
    return new Triangular(triangle, transposed.other(), diagonal);
  }
}
