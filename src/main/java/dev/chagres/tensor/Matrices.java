package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.AutocastFunction;
import java.lang.ref.Reference;
import java.util.function.Consumer;

/** The door of matrix products. */
final class Matrices {
  private Matrices() {}

  /** The product of two tensors by PyTorch's rules for their numbers of dimensions. */
  static Tensor matmul(Tensor first, Tensor second) {
    Tensor a = Autocast.cast(AutocastFunction.MATMUL, first);
    Tensor b = Autocast.cast(AutocastFunction.MATMUL, second);
    if (a.dim() == 0 || b.dim() == 0) {
      throw new IllegalArgumentException(
          "matmul: both operands need at least one dimension, " + a.shape() + " x " + b.shape());
    }
    if (a.dim() == 1 && b.dim() == 1) {
      return innerProduct("matmul", a, b);
    }
    if (a.dim() == 2 && b.dim() == 1) {
      return timesVector("matmul", a, b);
    }
    if (a.dim() == 1) {
      return matmul(a.unsqueeze(0), b).squeeze(-2);
    }
    if (b.dim() == 1) {
      return matmul(a, b.unsqueeze(1)).squeeze(-1);
    }
    if (a.dim() == 2 && b.dim() == 2) {
      return product("matmul", "MmBackward", a, b);
    }
    checkInner("matmul", a, b);
    if (b.dim() == 2) {
      Shape lead = a.shape().slice(0, a.dim() - 1);
      Tensor rows = ViewOps.reshape(a, Shape.of(lead.numel(), a.size(-1)));
      Tensor y = product("matmul", "MmBackward", rows, b);
      return ViewOps.reshape(y, lead.concat(Shape.of(b.size(1))));
    }
    Shape leadA = a.shape().slice(0, a.dim() - 2);
    Shape leadB = b.shape().slice(0, b.dim() - 2);
    Shape lead = Shape.broadcast(leadA, leadB);
    if (lead == null) {
      throw new IllegalArgumentException(
          "matmul: leading sizes do not broadcast, " + a.shape() + " x " + b.shape());
    }
    Tensor x = ViewOps.expand(a, lead.concat(Shape.of(a.size(-2), a.size(-1))));
    Tensor y = ViewOps.expand(b, lead.concat(Shape.of(b.size(-2), b.size(-1))));
    return product("matmul", "BmmBackward", x, y);
  }

  static Tensor mm(Tensor a, Tensor b) {
    checkDims("mm", a, 2, b, 2);
    return product(
        "mm",
        "MmBackward",
        Autocast.cast(AutocastFunction.MM, a),
        Autocast.cast(AutocastFunction.MM, b));
  }

  static Tensor bmm(Tensor a, Tensor b) {
    checkDims("bmm", a, 3, b, 3);
    return product(
        "bmm",
        "BmmBackward",
        Autocast.cast(AutocastFunction.BMM, a),
        Autocast.cast(AutocastFunction.BMM, b));
  }

  static Tensor mv(Tensor a, Tensor b) {
    checkDims("mv", a, 2, b, 1);
    return timesVector(
        "mv", Autocast.cast(AutocastFunction.MV, a), Autocast.cast(AutocastFunction.MV, b));
  }

  private static Tensor timesVector(String name, Tensor a, Tensor b) {
    checkTypes(name, a, b);
    if (a.size(1) != b.size(0)) {
      throw new IllegalArgumentException(
          name + ": inner sizes differ, " + a.shape() + " x " + b.shape());
    }
    Strided out = a.data().like(Shape.of(a.size(0)), a.dtype());
    Strided column = b.data().with(b.layout().unsqueeze(1));
    Strided result = out.with(out.layout().unsqueeze(1));
    multiply(name, a, b, 1, a.data(), column, 0, result);
    Tensor y = new Tensor(out);
    if (isRecorded(a, b)) {
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      y.setHistory(
          Operation.of(
              "MvBackward",
              Gradients.input(a, g -> g.unsqueeze(1).mul(keptB.get())),
              Gradients.input(b, g -> mv(keptA.get().t(), g))));
    }
    return y;
  }

  static Tensor dot(Tensor a, Tensor b) {
    if (Autocast.applies(AutocastFunction.DOT, a)) {
      return Autocast.call(AutocastFunction.DOT, a, b, Matrices::dot);
    }
    checkDims("dot", a, 1, b, 1);
    return innerProduct("dot", a, b);
  }

  static Tensor vdot(Tensor a, Tensor b) {
    if (Autocast.applies(AutocastFunction.VDOT, a)) {
      return Autocast.call(AutocastFunction.VDOT, a, b, Matrices::vdot);
    }
    checkDims("vdot", a, 1, b, 1);
    return innerProduct("vdot", a, b);
  }

  private static Tensor innerProduct(String name, Tensor a, Tensor b) {
    checkTypes(name, a, b);
    if (a.size(0) != b.size(0)) {
      throw new IllegalArgumentException(name + ": sizes differ, " + a.shape() + " x " + b.shape());
    }
    Strided out = a.data().like(Shape.scalar(), a.dtype());
    Strided row = a.data().with(a.layout().unsqueeze(0));
    Strided column = b.data().with(b.layout().unsqueeze(1));
    Strided result = out.with(Shape.of(1, 1).contiguous());
    multiply(name, a, b, 1, row, column, 0, result);
    Tensor y = new Tensor(out);
    if (isRecorded(a, b)) {
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      y.setHistory(
          Operation.of(
              "DotBackward",
              Gradients.input(a, g -> g.mul(keptB.get())),
              Gradients.input(b, g -> g.mul(keptA.get()))));
    }
    return y;
  }

  /** {@code beta * bias + alpha * a b} of matrices, the bias broadcast to the product's shape. */
  static Tensor addmm(Tensor bias, Tensor a, Tensor b, double beta, double alpha) {
    checkDims("addmm", a, 2, b, 2);
    return sum(
        "addmm",
        Autocast.cast(AutocastFunction.ADDMM, bias),
        Autocast.cast(AutocastFunction.ADDMM, a),
        Autocast.cast(AutocastFunction.ADDMM, b),
        beta,
        alpha);
  }

  /** The same of batches of matrices. */
  static Tensor baddbmm(Tensor bias, Tensor a, Tensor b, double beta, double alpha) {
    checkDims("baddbmm", a, 3, b, 3);
    return sum(
        "baddbmm",
        Autocast.cast(AutocastFunction.BADDBMM, bias),
        Autocast.cast(AutocastFunction.BADDBMM, a),
        Autocast.cast(AutocastFunction.BADDBMM, b),
        beta,
        alpha);
  }

  /** {@code beta * bias + alpha * a b}, the bias broadcast; a beta of 0 does not read it. */
  static Tensor sum(String name, Tensor bias, Tensor a, Tensor b, double beta, double alpha) {
    Shape shape = checkSum(name, bias, a, b);
    Strided out = a.data().like(shape, a.dtype());
    if (a.dim() == 2 && alpha == 1 && beta == 1) {
      biased(name, bias, a, b, b.data(), out);
    } else {
      if (beta != 0) {
        Strided from = bias.data();
        Backends.of(name, bias, a).elements().copy(from.with(from.layout().expand(shape)), out);
      }
      multiply(name, a, b, alpha, a.data(), b.data(), beta, out);
      Reference.reachabilityFence(bias);
    }
    Tensor y = new Tensor(out);
    if ((bias.requiresGrad() || isRecorded(a, b)) && GradMode.isEnabled()) {
      Shape from = bias.shape();
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      boolean columnsA = isColumnMajor(a);
      boolean columnsB = isColumnMajor(b);
      String node = a.dim() == 2 ? "MmBackward" : "BmmBackward";
      y.setHistory(
          Operation.of(
              a.dim() == 2 ? "AddmmBackward" : "BaddbmmBackward",
              Gradients.input(bias, g -> scaled(Reducing.sumTo(g, from), beta)),
              Gradients.input(a, g -> scaled(left(name, node, g, keptB, columnsA), alpha)),
              Gradients.input(b, g -> scaled(right(name, node, keptA, g, columnsB), alpha))));
    }
    return y;
  }

  /** Computes {@code out = a columns + bias}, the bias broadcast; the columns are b's. */
  static void biased(String name, Tensor bias, Tensor a, Tensor b, Strided columns, Strided out) {
    Strided from = bias.data();
    Strided expanded = from.with(from.layout().expand(out.shape()));
    Backends.together(name, bias, a);
    run(
        name,
        a,
        b,
        Backends.of(name, a, b).matrices(),
        kernels -> kernels.linear(a.data(), columns, expanded, out));
    Reference.reachabilityFence(bias);
  }

  private static Shape checkSum(String name, Tensor bias, Tensor a, Tensor b) {
    checkInner(name, a, b);
    checkBatch(name, a, b);
    checkTypes(name, bias, a);
    Shape shape = Creation.shape(name, () -> a.shape().with(-1, b.size(-1)));
    if (!shape.equals(Shape.broadcast(shape, bias.shape()))) {
      throw new IllegalArgumentException(
          name
              + ": shape "
              + bias.shape()
              + " does not broadcast to "
              + shape
              + ", that of the product");
    }
    return shape;
  }

  /** Overwrites x with {@code beta * x + alpha * a b}, of matrices or batches of them. */
  static Tensor sumInPlace(String name, Tensor x, Tensor a, Tensor b, double beta, double alpha) {
    int rank = name.equals("addmm_") ? 2 : 3;
    checkDims(name, a, rank, b, rank);
    if (Writing.isRecorded(name, x, a, b)) {
      return Writing.assign(name, x, sum(name, x, a, b, beta, alpha));
    }
    Writing.check(name, x, checkSum(name, x, a, b), x.dtype());
    if (!isWritten(x, a, b)) {
      return Writing.store(sum(name, x, a, b, beta, alpha), x);
    }
    multiply(name, a, b, alpha, a.data(), b.data(), beta, x.data());
    RawMemory.bumpVersion(x.storage());
    return x;
  }

  /** Whether a product can be written where {@code out} lies. */
  private static boolean isWritten(Tensor out, Tensor a, Tensor b) {
    return out.isContiguous()
        && !out.storage().sharesMemory(a.storage())
        && !out.storage().sharesMemory(b.storage());
  }

  /** Writes the product of two matrices to {@code out}; errors begin with the name. */
  static Tensor productOut(String name, Tensor a, Tensor b, Tensor out) {
    Writing.unrecorded(name, "a", a);
    Writing.unrecorded(name, "b", b);
    Writing.unrecorded(name, "out", out);
    checkDims(name, a, 2, b, 2);
    checkInner(name, a, b);
    Writing.check(name, out, Creation.shape(name, a.size(0), b.size(1)), a.dtype());
    if (out.dtype() != a.dtype() || !isWritten(out, a, b)) {
      try (var _ = GradMode.disable()) {
        return Writing.store(product(name, "MmBackward", a, b), out);
      }
    }
    multiply(name, a, b, 1, a.data(), b.data(), 0, out.data());
    RawMemory.bumpVersion(out.storage());
    return out;
  }

  /** The product of matrices, or of batches of them with equal leading dimensions. */
  static Tensor product(String name, Tensor a, Tensor b) {
    return product(name, a.dim() == 2 ? "MmBackward" : "BmmBackward", a, b);
  }

  private static Tensor product(String name, String node, Tensor a, Tensor b) {
    checkInner(name, a, b);
    checkBatch(name, a, b);
    Shape shape =
        a.dim() == 2
            ? Creation.shape(name, a.size(0), b.size(1))
            : Creation.shape(name, () -> a.shape().with(-1, b.size(-1)));
    Strided out = a.data().like(shape, a.dtype());
    multiply(name, a, b, 1, a.data(), b.data(), 0, out);
    Tensor y = new Tensor(out);
    if (isRecorded(a, b)) {
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      boolean columnsA = isColumnMajor(a);
      boolean columnsB = isColumnMajor(b);
      y.setHistory(
          Operation.of(
              node,
              Gradients.input(a, g -> left(name, node, g, keptB, columnsA)),
              Gradients.input(b, g -> right(name, node, keptA, g, columnsB))));
    }
    return y;
  }

  // A gradient gets its operand's layout, so that what is transposed back is contiguous again.

  private static Tensor left(String name, String node, Tensor g, Saved b, boolean columns) {
    return columns
        ? turned(product(name, node, b.get(), turned(g)))
        : product(name, node, g, turned(b.get()));
  }

  private static Tensor right(String name, String node, Saved a, Tensor g, boolean columns) {
    return columns
        ? turned(product(name, node, turned(g), a.get()))
        : product(name, node, turned(a.get()), g);
  }

  private static Tensor turned(Tensor matrices) {
    return matrices.transpose(-2, -1);
  }

  private static boolean isColumnMajor(Tensor x) {
    return x.layout().stride(-2) == 1 && x.size(-1) > 1 && !x.isContiguous();
  }

  /**
   * {@code x W^T + b} for two dimensions and a weight as layers store it: one operation, no view of
   * the weight.
   */
  static Tensor linear(String name, Tensor x, Tensor weight, Tensor bias) {
    checkTypes(name, x, weight);
    checkTypes(name, bias, x);
    Shape shape = Creation.shape(name, x.size(0), weight.size(0));
    if (!shape.equals(Shape.broadcast(shape, bias.shape()))) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " does not broadcast to the outputs " + shape);
    }
    Strided out = x.data().like(shape, x.dtype());
    Strided columns = weight.data().with(weight.layout().transpose(0, 1));
    biased(name, bias, x, weight, columns, out);
    Tensor y = new Tensor(out);
    if ((bias.requiresGrad() || isRecorded(x, weight)) && GradMode.isEnabled()) {
      LinearRule.record(name, x, weight, bias, y);
    }
    return y;
  }

  /** Fills the gradients of a layer's weight and bias, from that of its outputs and its inputs. */
  static void weightBackward(String name, Tensor g, Tensor x, Tensor gweight, Tensor gbias) {
    run(
        name,
        g,
        x,
        Backends.of(name, g, x).feedForward(),
        kernels -> kernels.weightBackward(g.data(), x.data(), gweight.data(), gbias.data()));
  }

  /**
   * Has the backend compute {@code out = alpha left right + beta out} of what it reads of two
   * tensors; where a long cannot count the bytes, the error begins with the name.
   */
  private static void multiply(
      String name,
      Tensor a,
      Tensor b,
      double alpha,
      Strided left,
      Strided right,
      double beta,
      Strided out) {
    try {
      Backends.of(name, a, b).matrices().matmul(alpha, left, right, beta, out);
    } catch (ArithmeticException e) {
      throw tooLarge(name, a, b, e);
    }
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
  }

  /** The same with any kernels of another family. */
  static <K> void run(String name, Tensor a, Tensor b, K kernels, Consumer<K> product) {
    try {
      product.accept(kernels);
    } catch (ArithmeticException e) {
      throw tooLarge(name, a, b, e);
    }
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
  }

  private static IllegalArgumentException tooLarge(
      String name, Tensor a, Tensor b, ArithmeticException e) {
    return new IllegalArgumentException(
        name + ": " + e.getMessage() + ", " + a.shape() + " x " + b.shape(), e);
  }

  private static Tensor scaled(Tensor g, double factor) {
    return factor == 1 ? g : g.mul(factor);
  }

  private static boolean isRecorded(Tensor a, Tensor b) {
    return (a.requiresGrad() || b.requiresGrad()) && GradMode.isEnabled();
  }

  static void checkInner(String name, Tensor a, Tensor b) {
    if (a.size(-1) != b.size(-2)) {
      throw new IllegalArgumentException(
          name + ": inner sizes differ, " + a.shape() + " x " + b.shape());
    }
    checkTypes(name, a, b);
  }

  private static void checkBatch(String name, Tensor a, Tensor b) {
    boolean equal = a.dim() == b.dim();
    for (int i = 0; equal && i < a.dim() - 2; i++) {
      equal = a.size(i) == b.size(i);
    }
    if (!equal) {
      throw new IllegalArgumentException(
          name + ": batch sizes differ, " + a.shape() + " x " + b.shape());
    }
  }

  static void checkTypes(String name, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          name
              + ": dtypes differ, "
              + a.dtype()
              + " and "
              + b.dtype()
              + "; convert one with to(dtype)");
    }
    if (a.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
  }

  static void checkDims(String name, Tensor a, int dimsA, Tensor b, int dimsB) {
    if (a.dim() != dimsA || b.dim() != dimsB) {
      throw new IllegalArgumentException(
          name
              + ": needs "
              + dimsA
              + "-d x "
              + dimsB
              + "-d operands, not "
              + a.shape()
              + " x "
              + b.shape());
    }
  }
}
