package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Functions whose elementwise operations run in one pass over memory, on the CPU and on GPUs, with
 * no memory for what lies between: PyTorch's {@code torch.compile} of such a function, numexpr's
 * {@code evaluate}.
 *
 * <pre>{@code
 * var swish = Fused.of((x, beta) -> x.mul(x.mul(beta).sigmoid()));
 * Tensor y = swish.apply(x, beta);
 * }</pre>
 *
 * <p>The function is traced: it is called once for operands of certain shapes and dtypes, with
 * tensors that have no elements, and later calls run what it did. It may compute each element from
 * those at the same place of its operands, which broadcast: arithmetic, functions, comparisons,
 * {@code where}, casts, and what is composed of these. Anything else, a sum, a view, {@code
 * item()}, another tensor that it captured, is an exception that says what. Java's numbers that it
 * captures are constants: what changes from call to call is passed as an operand, {@code
 * Tensor.scalar(lr)}.
 *
 * <p>Gradients flow through the results as through those of the function itself, of any order; they
 * are computed in one pass too, from the operands alone.
 *
 * <p>Elements are those of the function itself, to the bit, but for two things. Of 16-bit floats
 * what lies between is float32, and only casts and the results are rounded, as {@code
 * torch.compile} does it. Powers whose exponents are broadcast along rows may differ in the last
 * bit, and a gradient that is summed to an operand's shape is added up in another order.
 */
public final class Fused {
  private Fused() {}

  /** A function of three tensors. */
  @FunctionalInterface
  public interface Ternary {
    /** Calls it. */
    Tensor apply(Tensor a, Tensor b, Tensor c);
  }

  /** Fuses a function of one tensor. */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> function) {
    given("of", "function", function);
    return FusedFunction.of(x -> function.apply(x.get(0)))::fused;
  }

  /** Fuses a function of two tensors. */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> function) {
    given("of", "function", function);
    return FusedFunction.of(x -> function.apply(x.get(0), x.get(1)))::fused;
  }

  /** Fuses a function of three tensors. */
  public static Ternary of(Ternary function) {
    given("of", "function", function);
    return FusedFunction.of(x -> function.apply(x.get(0), x.get(1), x.get(2)))::fused;
  }

  /**
   * Fuses a function of any number of tensors, with any number of results, which have one shape.
   * There may be 32 operands and results together.
   */
  public static Function<List<Tensor>, List<Tensor>> ofLists(
      Function<List<Tensor>, List<Tensor>> function) {
    return FusedFunction.ofLists(given("ofLists", "function", function))::fused;
  }
}
