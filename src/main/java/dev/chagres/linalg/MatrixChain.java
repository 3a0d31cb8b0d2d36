package dev.chagres.linalg;

import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The product of many matrices, of which the first and the last may be vectors. */
final class MatrixChain {
  private MatrixChain() {}

  static Tensor product(List<Tensor> tensors) {
    int count = tensors.size();
    if (count < 2) {
      throw new IllegalArgumentException("multiDot: needs two tensors at least, not " + count);
    }
    for (int i = 0; i < count; i++) {
      Tensor x = tensors.get(i);
      boolean end = i == 0 || i == count - 1;
      if (x.dim() != 2 && !(end && x.dim() == 1)) {
        throw new IllegalArgumentException(
            "multiDot: needs matrices, and vectors only at the ends, not " + x.shape());
      }
      Checks.sameDtype("multiDot", tensors.get(0), x);
    }
    boolean row = tensors.get(0).dim() == 1;
    boolean column = tensors.get(count - 1).dim() == 1;
    List<Tensor> matrices = new ArrayList<>(tensors);
    if (row) {
      matrices.set(0, tensors.get(0).unsqueeze(0));
    }
    if (column) {
      matrices.set(count - 1, tensors.get(count - 1).unsqueeze(1));
    }
    for (int i = 1; i < count; i++) {
      if (matrices.get(i - 1).size(1) != matrices.get(i).size(0)) {
        throw new IllegalArgumentException(
            "multiDot: inner sizes differ, "
                + tensors.get(i - 1).shape()
                + " x "
                + tensors.get(i).shape());
      }
    }
    Tensor y = Tensor.chainMatmul(matrices);
    y = row ? y.squeeze(0) : y;
    return column ? y.squeeze(-1) : y;
  }
}
