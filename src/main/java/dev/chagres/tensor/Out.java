package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/**
 * Operations that write their result into a tensor that exists and return it: PyTorch's {@code
 * out=}, for {@code import static dev.chagres.tensor.Out.*}.
 *
 * <p>{@code out} has the result's shape and a dtype that can hold it (it is not resized), and may
 * be an operand. Nothing is recorded: where an operand or {@code out} requires gradients that is an
 * {@link IllegalStateException}, except inside {@code noGrad}. A wrong shape or dtype, or elements
 * of {@code out} that share memory, are an {@link IllegalArgumentException}.
 */
public final class Out {
  private Out() {}

  // ---- arithmetic

  /** Writes {@code x + y} to {@code out}. */
  public static Tensor add(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ADD, x, y, out);
  }

  /** Writes {@code x + y} to {@code out}. */
  public static Tensor add(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ADD, x, y, out);
  }

  /** Writes {@code x - y} to {@code out}. */
  public static Tensor sub(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.SUB, x, y, out);
  }

  /** Writes {@code x - y} to {@code out}. */
  public static Tensor sub(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.SUB, x, y, out);
  }

  /** Writes {@code x * y} to {@code out}. */
  public static Tensor mul(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MUL, x, y, out);
  }

  /** Writes {@code x * y} to {@code out}. */
  public static Tensor mul(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MUL, x, y, out);
  }

  /** Writes {@code x / y} to {@code out}. */
  public static Tensor div(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.DIV, x, y, out);
  }

  /** Writes {@code x / y} to {@code out}. */
  public static Tensor div(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.DIV, x, y, out);
  }

  /** Writes the greatest integer that is not above x / y to {@code out}. */
  public static Tensor floorDivide(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FLOOR_DIVIDE, x, y, out);
  }

  /** Writes the greatest integer that is not above x / y to {@code out}. */
  public static Tensor floorDivide(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FLOOR_DIVIDE, x, y, out);
  }

  /** Writes x / y without its fraction to {@code out}. */
  public static Tensor truncDivide(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.TRUNC_DIVIDE, x, y, out);
  }

  /** Writes x / y without its fraction to {@code out}. */
  public static Tensor truncDivide(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.TRUNC_DIVIDE, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of y to {@code out}. */
  public static Tensor remainder(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.REMAINDER, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of y to {@code out}. */
  public static Tensor remainder(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.REMAINDER, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of x to {@code out}. */
  public static Tensor fmod(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMOD, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of x to {@code out}. */
  public static Tensor fmod(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMOD, x, y, out);
  }

  /** Writes x to the power of y to {@code out}. */
  public static Tensor pow(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.POW, x, y, out);
  }

  /** Writes x to the power of y to {@code out}. */
  public static Tensor pow(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.POW, x, y, out);
  }

  /** Writes the greater of x and y to {@code out}. */
  public static Tensor maximum(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MAXIMUM, x, y, out);
  }

  /** Writes the greater of x and y to {@code out}. */
  public static Tensor maximum(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MAXIMUM, x, y, out);
  }

  /** Writes the lesser of x and y to {@code out}. */
  public static Tensor minimum(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MINIMUM, x, y, out);
  }

  /** Writes the lesser of x and y to {@code out}. */
  public static Tensor minimum(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MINIMUM, x, y, out);
  }

  /** Writes the angle, in radians, of the point (y, x) to {@code out}. */
  public static Tensor atan2(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ATAN2, x, y, out);
  }

  // ---- comparisons and logic: bool, or 0 and 1 in another dtype

  /** Writes whether x equals y to {@code out}. */
  public static Tensor eq(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.EQ, x, y, out);
  }

  /** Writes whether x equals y to {@code out}. */
  public static Tensor eq(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.EQ, x, y, out);
  }

  /** Writes whether x differs from y to {@code out}. */
  public static Tensor ne(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.NE, x, y, out);
  }

  /** Writes whether x differs from y to {@code out}. */
  public static Tensor ne(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.NE, x, y, out);
  }

  /** Writes whether x is less than y to {@code out}. */
  public static Tensor lt(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LT, x, y, out);
  }

  /** Writes whether x is less than y to {@code out}. */
  public static Tensor lt(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LT, x, y, out);
  }

  /** Writes whether x is at most y to {@code out}. */
  public static Tensor le(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LE, x, y, out);
  }

  /** Writes whether x is at most y to {@code out}. */
  public static Tensor le(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LE, x, y, out);
  }

  /** Writes whether x is greater than y to {@code out}. */
  public static Tensor gt(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GT, x, y, out);
  }

  /** Writes whether x is greater than y to {@code out}. */
  public static Tensor gt(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GT, x, y, out);
  }

  /** Writes whether x is at least y to {@code out}. */
  public static Tensor ge(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GE, x, y, out);
  }

  /** Writes whether x is at least y to {@code out}. */
  public static Tensor ge(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GE, x, y, out);
  }

  /** Writes whether both are not zero to {@code out}. */
  public static Tensor logicalAnd(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_AND, x, y, out);
  }

  /** Writes whether one is not zero to {@code out}. */
  public static Tensor logicalOr(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_OR, x, y, out);
  }

  /** Writes whether exactly one is not zero to {@code out}. */
  public static Tensor logicalXor(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_XOR, x, y, out);
  }

  /** Writes the bits that both have to {@code out}. */
  public static Tensor bitwiseAnd(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_AND, x, y, out);
  }

  /** Writes the bits that one has to {@code out}. */
  public static Tensor bitwiseOr(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_OR, x, y, out);
  }

  /** Writes the bits that exactly one has to {@code out}. */
  public static Tensor bitwiseXor(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_XOR, x, y, out);
  }

  /** Writes whether x is zero to {@code out}. */
  public static Tensor logicalNot(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOGICAL_NOT, x, out);
  }

  /** Writes whether x is a NaN to {@code out}. */
  public static Tensor isnan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISNAN, x, out);
  }

  /** Writes whether x is infinite to {@code out}. */
  public static Tensor isinf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISINF, x, out);
  }

  /** Writes whether x is neither infinite nor a NaN to {@code out}. */
  public static Tensor isfinite(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISFINITE, x, out);
  }

  // ---- functions

  /** Writes {@code -x} to {@code out}. */
  public static Tensor neg(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.NEG, x, out);
  }

  /** Writes the absolute value to {@code out}. */
  public static Tensor abs(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ABS, x, out);
  }

  /** Writes -1, 0 or 1 by the sign to {@code out}. */
  public static Tensor sign(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIGN, x, out);
  }

  /** Writes {@code x * x} to {@code out}. */
  public static Tensor square(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SQUARE, x, out);
  }

  /** Writes {@code 1 / x} to {@code out}. */
  public static Tensor reciprocal(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RECIPROCAL, x, out);
  }

  /** Writes the square root to {@code out}. */
  public static Tensor sqrt(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SQRT, x, out);
  }

  /** Writes {@code 1 / sqrt(x)} to {@code out}. */
  public static Tensor rsqrt(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RSQRT, x, out);
  }

  /** Writes e to the power of x to {@code out}. */
  public static Tensor exp(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXP, x, out);
  }

  /** Writes the natural logarithm to {@code out}. */
  public static Tensor log(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG, x, out);
  }

  /** Writes the sine of x in radians to {@code out}. */
  public static Tensor sin(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIN, x, out);
  }

  /** Writes the cosine of x in radians to {@code out}. */
  public static Tensor cos(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.COS, x, out);
  }

  /** Writes the tangent of x in radians to {@code out}. */
  public static Tensor tan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TAN, x, out);
  }

  /** Writes the hyperbolic tangent to {@code out}. */
  public static Tensor tanh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TANH, x, out);
  }

  /** Writes {@code 1 / (1 + exp(-x))} to {@code out}. */
  public static Tensor sigmoid(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIGMOID, x, out);
  }

  /** Writes {@code max(x, 0)} to {@code out}. */
  public static Tensor relu(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RELU, x, out);
  }

  /** Writes the error function to {@code out}. */
  public static Tensor erf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERF, x, out);
  }

  /** Writes the greatest integer that is not above x to {@code out}. */
  public static Tensor floor(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.FLOOR, x, out);
  }

  /** Writes the least integer that is not below x to {@code out}. */
  public static Tensor ceil(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.CEIL, x, out);
  }

  /** Writes the nearest integer, halves to the even one, to {@code out}. */
  public static Tensor round(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ROUND, x, out);
  }

  /** Writes x without its fraction to {@code out}. */
  public static Tensor trunc(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TRUNC, x, out);
  }

  /** Writes the complement of every bit, of a bool the opposite, to {@code out}. */
  public static Tensor bitwiseNot(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.BITWISE_NOT, x, out);
  }

  /** Writes 2 to the power of x to {@code out}. */
  public static Tensor exp2(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXP2, x, out);
  }

  /** Writes {@code exp(x) - 1} to {@code out}. */
  public static Tensor expm1(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXPM1, x, out);
  }

  /** Writes the logarithm to base 2 to {@code out}. */
  public static Tensor log2(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG2, x, out);
  }

  /** Writes the logarithm to base 10 to {@code out}. */
  public static Tensor log10(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG10, x, out);
  }

  /** Writes {@code log(1 + x)} to {@code out}. */
  public static Tensor log1p(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG1P, x, out);
  }

  /** Writes the angle, in radians, whose sine is x to {@code out}. */
  public static Tensor asin(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ASIN, x, out);
  }

  /** Writes the angle, in radians, whose cosine is x to {@code out}. */
  public static Tensor acos(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ACOS, x, out);
  }

  /** Writes the angle, in radians, whose tangent is x to {@code out}. */
  public static Tensor atan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ATAN, x, out);
  }

  /** Writes the hyperbolic sine to {@code out}. */
  public static Tensor sinh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SINH, x, out);
  }

  /** Writes the hyperbolic cosine to {@code out}. */
  public static Tensor cosh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.COSH, x, out);
  }

  /** Writes the inverse of the hyperbolic sine to {@code out}. */
  public static Tensor asinh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ASINH, x, out);
  }

  /** Writes the inverse of the hyperbolic cosine to {@code out}. */
  public static Tensor acosh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ACOSH, x, out);
  }

  /** Writes the inverse of the hyperbolic tangent to {@code out}. */
  public static Tensor atanh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ATANH, x, out);
  }

  /** Writes {@code 1 - erf(x)} to {@code out}. */
  public static Tensor erfc(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERFC, x, out);
  }

  // ---- reductions: over these dimensions (none: all), which go

  /** Writes the sum over the dimensions to {@code out}. */
  public static Tensor sum(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("sum", "x", out, () -> x.sum(dims), x);
  }

  /** Writes the product over the dimensions to {@code out}. */
  public static Tensor prod(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("prod", "x", out, () -> x.prod(dims), x);
  }

  /** Writes the mean over the dimensions to {@code out}. */
  public static Tensor mean(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("mean", "x", out, () -> x.mean(dims), x);
  }

  /** Writes the greatest elements over the dimensions to {@code out}. */
  public static Tensor amax(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amax", "x", out, () -> x.amax(dims), x);
  }

  /** Writes the least elements over the dimensions to {@code out}. */
  public static Tensor amin(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amin", "x", out, () -> x.amin(dims), x);
  }

  /** Writes whether any element is not zero over the dimensions to {@code out}. */
  public static Tensor any(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("any", "x", out, () -> x.any(dims), x);
  }

  /** Writes whether all elements are not zero over the dimensions to {@code out}. */
  public static Tensor all(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("all", "x", out, () -> x.all(dims), x);
  }

  /** Writes the positions of the greatest elements along a dimension to {@code out}. */
  public static Tensor argmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmax", "x", out, () -> x.argmax(dim), x);
  }

  /** Writes the positions of the least elements along a dimension to {@code out}. */
  public static Tensor argmin(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmin", "x", out, () -> x.argmin(dim), x);
  }

  /** Writes {@code exp(x)} divided by its sum along a dimension to {@code out}. */
  public static Tensor softmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("softmax", "x", out, () -> x.softmax(dim), x);
  }

  /** Writes the logarithm of {@link #softmax} along a dimension to {@code out}. */
  public static Tensor logSoftmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("logSoftmax", "x", out, () -> x.logSoftmax(dim), x);
  }

  // ---- matrices

  /** Writes the product of two matrices to {@code out}. */
  public static Tensor mm(Tensor a, Tensor b, Tensor out) {
    return Matrices.productOut("mm", a, b, out);
  }

  /**
   * Writes the matrix product, by the operands' dimensions as {@link MatrixOps#matmul}, to {@code
   * out}.
   */
  public static Tensor matmul(Tensor a, Tensor b, Tensor out) {
    if (given("matmul", "a", a).dim() == 2 && given("matmul", "b", b).dim() == 2) {
      return Matrices.productOut("matmul", a, b, out);
    }
    return Writing.stored("matmul", "a b", out, () -> Matrices.matmul(a, b), a, b);
  }

  /** Writes the products of b matrices to {@code out}. */
  public static Tensor bmm(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("bmm", "a b", out, () -> Matrices.bmm(a, b), a, b);
  }

  /** Writes the product of a matrix and a vector to {@code out}. */
  public static Tensor mv(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("mv", "a b", out, () -> Matrices.mv(a, b), a, b);
  }

  /** Writes the inner product of two vectors to {@code out}. */
  public static Tensor dot(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("dot", "a b", out, () -> Matrices.dot(a, b), a, b);
  }

  /** Writes {@code x + a b}, with x broadcast to the shape of the product, to {@code out}. */
  public static Tensor addmm(Tensor x, Tensor a, Tensor b, Tensor out) {
    return Writing.stored("addmm", "x a b", out, () -> Matrices.addmm(x, a, b, 1, 1), x, a, b);
  }

  // ---- joining

  /** Writes the tensors one after the other along an existing dimension to {@code out}. */
  public static Tensor cat(Iterable<Tensor> tensors, int dim, Tensor out) {
    given("cat", "tensors", tensors)
        .forEach(tensor -> Writing.unrecorded("cat", "a tensor", tensor));
    return Writing.stored("cat", out, () -> Joining.cat(tensors, dim));
  }

  /**
   * Writes the tensors side by side along a new dimension, put in before {@code dim}, to {@code
   * out}.
   */
  public static Tensor stack(Iterable<Tensor> tensors, int dim, Tensor out) {
    given("stack", "tensors", tensors)
        .forEach(tensor -> Writing.unrecorded("stack", "a tensor", tensor));
    return Writing.stored("stack", out, () -> Joining.stack(tensors, dim));
  }

  /** Writes {@code condition ? a : b}, element by element, to {@code out}. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b, Tensor out) {
    return Writing.stored(
        "where", "a b", out, () -> Elementwise.where("where", condition, a, b), a, b);
  }

  // ---- values

  /** Fills {@code out} with zeros. */
  public static Tensor zeros(Tensor out) {
    return Writing.unrecorded("zeros", "out", out).zero_();
  }

  /** Fills {@code out} with ones. */
  public static Tensor ones(Tensor out) {
    return Writing.unrecorded("ones", "out", out).fill_(1);
  }

  /** Fills {@code out} with a value. */
  public static Tensor full(Number value, Tensor out) {
    return Writing.unrecorded("full", "out", out).fill_(given("full", "value", value));
  }

  /**
   * Writes {@code start, start + step, …} before {@code end} to {@code out}, which has one
   * dimension.
   */
  public static Tensor arange(Number start, Number end, Number step, Tensor out) {
    return Writing.stored("arange", out, () -> Creation.arange(start, end, step, out.dtype()));
  }

  /** Writes ones to the diagonal of the matrix {@code out}, and zeros elsewhere. */
  public static Tensor eye(Tensor out) {
    if (given("eye", "out", out).dim() != 2) {
      throw new IllegalArgumentException("eye: needs a matrix, not shape " + out.shape());
    }
    return Writing.stored("eye", out, () -> Creation.eye(out.size(0), out.size(1), out.dtype()));
  }

  /**
   * Writes {@code steps} numbers from {@code start} to {@code end}, both included, equally far
   * apart, to {@code out}, which has one dimension.
   */
  public static Tensor linspace(double start, double end, long steps, Tensor out) {
    return Writing.stored("linspace", out, () -> Creation.linspace(start, end, steps, out.dtype()));
  }

  /** Fills {@code out} with integers drawn uniformly from low (inclusive) to high (exclusive). */
  public static Tensor randint(long low, long high, Tensor out) {
    return Generator.standard()
        .random("randint", Writing.unrecorded("randint", "out", out), low, high);
  }

  /** Writes a random permutation of 0 … n - 1 to {@code out}, which has one dimension. */
  public static Tensor randperm(long n, Tensor out) {
    return Writing.stored("randperm", out, () -> Generator.standard().randperm(n));
  }

  /** Fills {@code out} with numbers drawn uniformly from [0, 1). */
  public static Tensor rand(Tensor out) {
    return Generator.standard().uniform_(Writing.unrecorded("rand", "out", out), 0, 1);
  }

  /** Fills {@code out} with numbers drawn from the standard normal distribution. */
  public static Tensor randn(Tensor out) {
    return Generator.standard().normal_(Writing.unrecorded("randn", "out", out), 0, 1);
  }
}
