package dev.chagres.testing;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every operation of the library, a row each: how it is called and what it means in plain Java. The
 * axes over which each row is tried (dtypes, memory layouts, sizes, awkward values) are those of
 * the tests that read the rows.
 */
public final class OpDb {
  private OpDb() {}

  // ---- elementwise

  /** What an operation of one floating operand means. */
  @FunctionalInterface
  public interface Meaning1 {
    double of(double x);
  }

  /** What an operation of two floating operands means, computed in a dtype. */
  @FunctionalInterface
  public interface Meaning2 {
    double of(DType dtype, double a, double b);
  }

  /** What an operation means on integers of a dtype, before the result is cut to its width. */
  @FunctionalInterface
  public interface Integers1 {
    long of(DType dtype, long x);
  }

  /** What an operation of two integers of a dtype means. */
  @FunctionalInterface
  public interface Integers2 {
    long of(DType dtype, long a, long b);
  }

  /**
   * How far, beyond rounding, a result may be from its meaning: an absolute distance, from the
   * operands and the step of the dtype at 1. Each use says why.
   */
  @FunctionalInterface
  public interface Slack {
    double of(double a, double b, DType dtype);
  }

  /** Nothing beyond rounding. */
  public static final Slack NONE = (a, b, dtype) -> 0;

  @FunctionalInterface
  public interface Call1 {
    Tensor of(Tensor x);
  }

  @FunctionalInterface
  public interface Call2 {
    Tensor of(Tensor a, Tensor b);
  }

  /**
   * An elementwise operation of one operand.
   *
   * @param inPlace its form in place, if it has one
   * @param integers its meaning on integers; null if these are computed in float32
   * @param smooth values around which it is differentiable twice; empty if it has no gradient
   * @param slack how far a result may be from its meaning
   */
  public record Unary(
      UnaryOp op,
      Call1 call,
      @Nullable Call1 inPlace,
      Meaning1 meaning,
      @Nullable Integers1 integers,
      double[] smooth,
      Slack slack) {

    /** Returns whether the operation is defined for a dtype, by its own rule or as cast. */
    public boolean takes(DType dtype) {
      return switch (op) {
        // As in PyTorch, networks' functions are not for integers, and bools are not rounded.
        case SOFTPLUS, SILU, GELU, GELU_TANH -> dtype.isFloating();
        case FLOOR, CEIL, ROUND, TRUNC -> dtype != DType.BOOL;
        case SIGN -> true;
        default -> op.domain().holds(op.computeType(dtype));
      };
    }

    @Override
    public String toString() {
      return op.name();
    }
  }

  /**
   * An elementwise operation of two operands.
   *
   * @param inPlace its form in place, if it has one
   * @param integers its meaning on integers; null if these are computed in float32
   * @param smooth values of both operands around which it is differentiable twice; empty if it has
   *     no gradient
   */
  public record Binary(
      BinaryOp op,
      Call2 call,
      @Nullable Call2 inPlace,
      Meaning2 meaning,
      @Nullable Integers2 integers,
      double[][] smooth,
      Slack slack) {

    /** Returns whether these operands can occur: what the gradient formulas keep is bounded. */
    public boolean admits(double a, double b) {
      return switch (op) {
        case SIGMOID_BACKWARD -> b >= 0 && b <= 1;
        case TANH_BACKWARD -> Math.abs(b) <= 1;
        // Of greater inputs the terms overflow one by one, in PyTorch too.
        // Beyond, the meaning takes its time or loses its digits; the kernels' own test goes on.
        case IGAMMA, IGAMMAC -> ordinary(a) && ordinary(b);
        case POLYGAMMA -> !(a > 12) && !(Math.abs(b) > 300);
        case SILU_BACKWARD, GELU_BACKWARD, GELU_TANH_BACKWARD -> Math.abs(b) <= 1e4;
        default -> true;
      };
    }

    private static boolean ordinary(double x) {
      return !(x > 300 && Double.isFinite(x)) && !(x > 0 && x < 1e-8);
    }

    /** Returns whether there is a gradient with respect to the first operand. */
    public boolean hasFirstGradient() {
      return op != BinaryOp.IGAMMA && op != BinaryOp.IGAMMAC;
    }

    @Override
    public String toString() {
      return op.name();
    }
  }

  public static List<Unary> unary() {
    return UnaryRows.ROWS;
  }

  public static List<Binary> binary() {
    return BinaryRows.ROWS;
  }

  // ---- reductions

  /** What a reduction of numbers means; a NaN may be among them. */
  @FunctionalInterface
  public interface Fold {
    double of(double... values);
  }

  /** How far a reduction may be from its meaning, in steps of the dtype at 1. */
  @FunctionalInterface
  public interface FoldSlack {
    double of(double... values);
  }

  /** The call of a reduction, with dims and whether they are kept. */
  @FunctionalInterface
  public interface CallDims {
    Tensor of(Tensor x, dev.chagres.tensor.Keep keep, int... dims);
  }

  /**
   * A reduction.
   *
   * @param op the kernel that it is named after, or null if it is composed
   * @param slack how far it may be from its meaning
   */
  public record Reduction(
      String name,
      @Nullable ReduceOp op,
      CallDims call,
      Fold meaning,
      FoldSlack slack,
      Traits traits) {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * What else a test of a reduction needs to know.
   *
   * @param dtypes what it takes
   * @param singleDim whether it takes exactly one dimension
   * @param empty whether no elements have a reduction
   * @param smooth whether it is differentiable twice where no two elements are equal
   */
  public record Traits(
      List<DType> dtypes, ResultType result, boolean singleDim, boolean empty, boolean smooth) {}

  /** The dtype of a reduction's result. */
  public enum ResultType {
    SAME,
    /** int64 for integers and bools. */
    WIDE,
    INT64,
    /** bool; uint8 of uint8. */
    TRUTH,
    /** float32 for integers and bools. */
    FLOATING
  }

  public static List<Reduction> reductions() {
    return ReductionRows.ROWS;
  }

  // ---- everything else

  @FunctionalInterface
  public interface Call {
    Tensor of(List<Tensor> inputs);
  }

  @FunctionalInterface
  public interface Meaning {
    Plain of(List<Plain> inputs);
  }

  /**
   * Any other operation, on operands of given shapes.
   *
   * @param moves whether it only moves elements, so that it takes every dtype and is exact
   * @param smooth whether it is differentiable twice around its samples
   * @param low and {@code high} bound the samples
   */
  public record Row(
      String name,
      List<long[]> shapes,
      Call call,
      Meaning meaning,
      boolean moves,
      boolean smooth,
      double low,
      double high) {
    @Override
    public String toString() {
      return name;
    }
  }

  public static List<Row> rows() {
    return OtherRows.ROWS;
  }
}
