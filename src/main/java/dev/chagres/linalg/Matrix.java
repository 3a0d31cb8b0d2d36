package dev.chagres.linalg;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;

/** Small matters of batches of matrices. */
final class Matrix {
  private Matrix() {}

  static Tensor identity(Tensor like, long n) {
    return Tensor.eye(like.device(), like.dtype(), n, n);
  }

  /** The identity for each matrix of a batch. */
  static Tensor identities(Tensor like, Shape batch, long n) {
    return Checks.expanded(identity(like, n), batch, 2);
  }

  static Tensor rows(Tensor x, long from, long to) {
    return x.narrow(-2, from, to - from);
  }

  static Tensor columns(Tensor x, long from, long to) {
    return x.narrow(-1, from, to - from);
  }

  /** The same matrices, which lie column by column, as LAPACK's and so PyTorch's do. */
  static Tensor byColumns(Tensor x) {
    return x.mT().contiguous().mT();
  }

  static Tensor diagonal(Tensor x) {
    return x.diagonal(0, -2, -1);
  }

  static long least(Tensor x) {
    return Math.min(x.size(-2), x.size(-1));
  }

  /** {@code x diag(s)}. */
  static Tensor timesDiagonal(Tensor x, Tensor s) {
    return x.mul(s.unsqueeze(-2));
  }

  /** {@code diag(s) x}. */
  static Tensor diagonalTimes(Tensor s, Tensor x) {
    return x.mul(s.unsqueeze(-1));
  }

  /** A number for each matrix, to multiply matrices by. */
  static Tensor forMatrices(Tensor x) {
    return x.unsqueeze(-1).unsqueeze(-1);
  }

  /** Whether exchanges of rows, from 1, are odd in number, as -1, or even, as 1. */
  static Tensor sign(Tensor pivots, DType dtype) {
    Tensor own = Tensor.arange(pivots.device(), pivots.dtype(), 1, pivots.size(-1) + 1, 1);
    Tensor odd = pivots.ne(own).to(DType.INT64).sum(-1).remainder(2);
    return odd.mul(-2).add(1).to(dtype);
  }

  /** The permutation that exchanges of rows make: P in {@code A = P L U}. */
  static Tensor permutation(Tensor order, DType dtype) {
    Tensor positions = Tensor.arange(order.device(), order.size(-1));
    return order.unsqueeze(-2).eq(positions.unsqueeze(-1)).to(dtype);
  }
}
