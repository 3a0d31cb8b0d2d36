package dev.chagres.backend;

/** Products of matrices. */
public interface MatrixKernels {
  /**
   * {@code y = alpha * a b + beta * y} for {@code a (…, m, k)}, {@code b (…, k, n)}, {@code y (…,
   * m, n)}, with equal leading dimensions (broadcast by stride 0); any dtype but bool; y is
   * contiguous in its last dimension. {@code beta == 0} does not read y; {@code k == 0} scales it.
   */
  void matmul(double alpha, Strided a, Strided b, double beta, Strided y);

  /**
   * {@code y = a b + bias} of matrices of one dtype, in one pass over y where the device has that;
   * the bias has y's shape (a row for all has a stride of 0).
   */
  void linear(Strided a, Strided b, Strided bias, Strided y);
}
