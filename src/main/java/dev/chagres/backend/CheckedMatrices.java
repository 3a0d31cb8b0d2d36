package dev.chagres.backend;

import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;

/** Products of matrices, with operands that are looked at before. */
record CheckedMatrices(MatrixKernels device) implements MatrixKernels {
  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    check("matmul", a, b, y);
    device.matmul(alpha, a, b, beta, y);
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    checkLinear(a, b, bias, y);
    device.linear(a, b, bias, y);
  }

  static void checkLinear(Strided a, Strided b, Strided bias, Strided y) {
    check("linear", a, b, y);
    boolean agree =
        y.layout().dim() == 2 && bias.dtype() == y.dtype() && bias.shape().equals(y.shape());
    require(agree, "linear", a, b, bias, y);
  }

  static void check(String name, Strided a, Strided b, Strided y) {
    int rank = y.layout().dim();
    boolean agree =
        rank >= 2
            && a.layout().dim() == rank
            && b.layout().dim() == rank
            && a.dtype() == y.dtype()
            && b.dtype() == y.dtype()
            && y.dtype() != DType.BOOL
            && a.layout().size(-1) == b.layout().size(-2)
            && y.layout().size(-2) == a.layout().size(-2)
            && y.layout().size(-1) == b.layout().size(-1)
            && (y.layout().size(-1) <= 1 || y.layout().stride(-1) == 1 || y.layout().numel() == 0)
            && isWritable(y);
    for (int i = 0; agree && i < rank - 2; i++) {
      long size = y.layout().size(i);
      agree = a.layout().size(i) == size && b.layout().size(i) == size;
    }
    require(agree, name, a, b, y);
  }
}
