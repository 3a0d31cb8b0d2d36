package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import java.util.List;

/** Products that are views and one product of {@link Matrices}, or one of elements. */
final class Products {
  private Products() {}

  /** {@code beta * x + alpha * (a[0] b[0] + a[1] b[1] + …)}: one product of longer rows. */
  static Tensor addbmm(String name, Tensor x, Tensor a, Tensor b, double beta, double alpha) {
    Matrices.checkDims(name, a, 3, b, 3);
    if (a.size(0) != b.size(0) || a.size(2) != b.size(1)) {
      throw new IllegalArgumentException(name + ": sizes differ, " + a.shape() + " x " + b.shape());
    }
    long length = a.size(0) * a.size(2);
    Tensor rows = ViewOps.reshape(a.transpose(0, 1), Shape.of(a.size(1), length));
    Tensor columns = ViewOps.reshape(b, Shape.of(length, b.size(2)));
    Tensor y = Matrices.sum(name, x, rows, columns, beta, alpha);
    return Gradients.named("AddbmmBackward", y, x);
  }

  /** {@code beta * x + alpha * a v}. */
  static Tensor addmv(String name, Tensor x, Tensor a, Tensor v, double beta, double alpha) {
    Matrices.checkDims(name, a, 2, v, 1);
    if (x.dim() > 1) {
      throw new IllegalArgumentException(
          name + ": shape " + x.shape() + " does not broadcast to a vector");
    }
    Tensor y = Matrices.sum(name, x.unsqueeze(-1), a, v.unsqueeze(1), beta, alpha);
    return Gradients.named("AddmvBackward", y.squeeze(1), x);
  }

  /** {@code beta * x + alpha * a b^T} of vectors a and b. */
  static Tensor addr(String name, Tensor x, Tensor a, Tensor b, List<Number> factors) {
    checkVectors(name, a, b);
    Shape shape = Creation.shape(name, a.size(0), b.size(0));
    if (!shape.equals(Shape.broadcast(shape, x.shape()))) {
      throw new IllegalArgumentException(
          name + ": shape " + x.shape() + " does not broadcast to " + shape);
    }
    return ScaledSums.addr(name, ViewOps.expand(x, shape), a.unsqueeze(1), b.unsqueeze(0), factors);
  }

  static void checkVectors(String name, Tensor a, Tensor b) {
    if (a.dim() != 1 || b.dim() != 1) {
      throw new IllegalArgumentException(
          name + ": needs two vectors, not " + a.shape() + " and " + b.shape());
    }
  }

  /** The sum of products over the last dimension of both. */
  static Tensor inner(Tensor a, Tensor b) {
    if (a.dim() == 0 || b.dim() == 0) {
      return a.mul(b);
    }
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "inner: dtypes differ, " + a.dtype() + " and " + b.dtype());
    }
    if (a.size(-1) != b.size(-1)) {
      throw new IllegalArgumentException(
          "inner: the last sizes differ, " + a.shape() + " and " + b.shape());
    }
    return tensordot("inner", a, b, new int[] {-1}, new int[] {-1});
  }

  static Tensor tensordot(Tensor a, Tensor b, int dims) {
    if (dims < 0 || dims > a.dim() || dims > b.dim()) {
      throw new IllegalArgumentException(
          "tensordot: " + dims + " dimensions of shapes " + a.shape() + " and " + b.shape());
    }
    int[] last = new int[dims];
    int[] first = new int[dims];
    for (int i = 0; i < dims; i++) {
      last[i] = a.dim() - dims + i;
      first[i] = i;
    }
    return tensordot("tensordot", a, b, last, first);
  }

  /** Sums over the dimensions of a and those of b that stand at the same place of the lists. */
  static Tensor tensordot(String name, Tensor a, Tensor b, int[] dimsA, int[] dimsB) {
    if (Autocast.applies(AutocastFunction.TENSORDOT, a)) {
      return Autocast.call(
          AutocastFunction.TENSORDOT, a, b, (x, y) -> tensordot(name, x, y, dimsA, dimsB));
    }
    if (dimsA.length != dimsB.length) {
      throw new IllegalArgumentException(
          name + ": " + dimsA.length + " dimensions of one and " + dimsB.length + " of the other");
    }
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          name + ": dtypes differ, " + a.dtype() + " and " + b.dtype());
    }
    if (dimsA.length > Math.min(a.dim(), b.dim())) {
      throw new IllegalArgumentException(
          name + ": " + dimsA.length + " dimensions of shapes " + a.shape() + " and " + b.shape());
    }
    int[] labelsA = new int[a.dim()];
    int[] labelsB = new int[b.dim()];
    for (int i = 0; i < dimsA.length; i++) {
      int axisA = a.shape().axis(name, dimsA[i]);
      int axisB = b.shape().axis(name, dimsB[i]);
      if (labelsA[axisA] != 0 || labelsB[axisB] != 0) {
        throw new IllegalArgumentException(name + ": a dimension is there twice");
      }
      long sizeA = a.size(axisA);
      long sizeB = b.size(axisB);
      if (sizeA != sizeB && sizeA != 1 && sizeB != 1) {
        throw new IllegalArgumentException(
            name
                + ": sizes differ, "
                + sizeA
                + " of dim "
                + dimsA[i]
                + " and "
                + sizeB
                + " of dim "
                + dimsB[i]);
      }
      labelsA[axisA] = i + 1;
      labelsB[axisB] = i + 1;
    }
    int next = dimsA.length + 1;
    int count = 0;
    int[] result = new int[a.dim() + b.dim() - 2 * dimsA.length];
    for (int[] labels : List.of(labelsA, labelsB)) {
      for (int i = 0; i < labels.length; i++) {
        if (labels[i] == 0) {
          labels[i] = next++;
          result[count++] = labels[i];
        }
      }
    }
    return Contraction.of(name, List.of(a, b), List.of(labelsA, labelsB), result);
  }

  static Tensor kron(Tensor a, Tensor b) {
    int rank = Math.max(a.dim(), b.dim());
    long[] joined = new long[rank];
    Tensor x = a;
    Tensor y = b;
    for (int i = a.dim(); i < rank; i++) {
      x = x.unsqueeze(0);
    }
    for (int i = b.dim(); i < rank; i++) {
      y = y.unsqueeze(0);
    }
    for (int i = 0; i < rank; i++) {
      try {
        joined[i] = Math.multiplyExact(x.size(2 * i), y.size(2 * i));
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("kron: too many elements in dim " + i, e);
      }
      x = x.unsqueeze(2 * i + 1);
      y = y.unsqueeze(2 * i);
    }
    return Gradients.named("KronBackward", ViewOps.reshape(x.mul(y), Shape.of(joined)), a);
  }

  /** The cross product along the first dimension of size 3. */
  static Tensor cross(Tensor a, Tensor b) {
    for (int dim = 0; dim < a.dim(); dim++) {
      if (a.size(dim) == 3) {
        return cross(a, b, dim);
      }
    }
    throw new IllegalArgumentException("cross: no dimension of " + a.shape() + " has size 3");
  }

  static Tensor cross(Tensor a, Tensor b, int dim) {
    if (Autocast.applies(AutocastFunction.CROSS, a)) {
      return Autocast.call(AutocastFunction.CROSS, a, b, (x, y) -> cross(x, y, dim));
    }
    if (a.dim() != b.dim()) {
      throw new IllegalArgumentException(
          "cross: numbers of dimensions differ, " + a.shape() + " and " + b.shape());
    }
    if (a.dtype() != b.dtype() || a.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          "cross: needs two tensors of one dtype other than bool, not "
              + a.dtype()
              + ", "
              + b.dtype());
    }
    int axis = a.shape().axis("cross", dim);
    for (Tensor operand : List.of(a, b)) {
      if (operand.dim() == 0 || operand.size(axis) != 3) {
        throw new IllegalArgumentException(
            "cross: size 3 is needed in dim " + dim + " of " + operand.shape());
      }
    }
    Shape shape = Shape.broadcast(a.shape(), b.shape());
    if (shape == null) {
      throw new IllegalArgumentException(
          "cross: shapes " + a.shape() + " and " + b.shape() + " do not broadcast");
    }
    Tensor x = ViewOps.expand(a, shape);
    Tensor y = ViewOps.expand(b, shape);
    Tensor product;
    try (var _ = GradMode.disable()) {
      Tensor forth = Copying.moved(Creation.of(new long[] {1, 2, 0}, DType.INT64), x.device());
      Tensor back = Copying.moved(Creation.of(new long[] {2, 0, 1}, DType.INT64), x.device());
      product =
          x.indexSelect(axis, forth)
              .mul(y.indexSelect(axis, back))
              .sub(x.indexSelect(axis, back).mul(y.indexSelect(axis, forth)));
    }
    if ((x.requiresGrad() || y.requiresGrad()) && GradMode.isEnabled()) {
      Saved keptX = new Saved(x);
      Saved keptY = new Saved(y);
      product.setHistory(
          Operation.of(
              "LinalgCrossBackward",
              Gradients.input(x, g -> cross(keptY.get(), g, axis)),
              Gradients.input(y, g -> cross(g, keptX.get(), axis))));
    }
    return product;
  }
}
