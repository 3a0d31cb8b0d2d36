package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Derivatives of functions: what {@link Autograd} has of {@code torch.autograd.functional}. */
abstract sealed class FunctionalAutograd permits Autograd {
  FunctionalAutograd() {}

  // ---- gradients as functions

  /**
   * Returns the function that gives the gradient of another, whose result is a 0-d tensor:
   * PyTorch's {@code torch.func.grad}. The gradient can be differentiated in its turn, so that
   * {@code grad(grad(f))} is the second derivative of a function of one number, and {@code
   * vmap(grad(f))} has the gradient of each slice. Where the result does not depend on the input it
   * is zeros.
   *
   * <p>It flows on to the input, and to tensors that the function captures, if these require
   * gradients and the call is not inside {@link Autograd#noGrad}; else it requires none.
   *
   * @throws IllegalArgumentException from the result, if the function's is not 0-d, or the input
   *     not floating
   */
  public static UnaryOperator<Tensor> grad(UnaryOperator<Tensor> function) {
    given("grad", "function", function);
    return input ->
        Derivatives.gradient(
                points -> function.apply(points.getFirst()),
                List.of(given("grad", "input", input)),
                0)
            .getFirst();
  }

  /**
   * The same for a function of two tensors: the gradient with respect to the first, at position 0,
   * or to the second, at 1, PyTorch's {@code argnums}. It takes the position also where it is 0, so
   * that a method reference says of how many tensors it is.
   *
   * @throws IllegalArgumentException from the result also if there is no such position
   */
  public static BinaryOperator<Tensor> grad(BinaryOperator<Tensor> function, int position) {
    given("grad", "function", function);
    return (first, second) ->
        Derivatives.gradient(
                points -> function.apply(points.get(0), points.get(1)),
                List.of(given("grad", "first", first), given("grad", "second", second)),
                position)
            .getFirst();
  }

  /**
   * The same for a function of several tensors: the gradients with respect to those at these
   * positions, PyTorch's {@code argnums}, or to all if there are none; negative ones count from the
   * end.
   *
   * @throws IllegalArgumentException from the result also if a position is there twice
   */
  public static Function<List<Tensor>, List<Tensor>> grad(
      Function<List<Tensor>, Tensor> function, int... positions) {
    given("grad", "function", function);
    int[] wanted = given("grad", "positions", positions).clone();
    return inputs ->
        Derivatives.gradient(
            function, each("grad", "an input", given("grad", "inputs", inputs)), wanted);
  }

  // ---- products with a Jacobian

  /**
   * Returns what a function gives and {@code v J}, the product of a vector of the output's shape
   * with the Jacobian, of the input's shape: one forward and one backward pass.
   *
   * @throws IllegalArgumentException if v has another shape than the output
   * @throws IllegalStateException with {@link DerivativeOption#STRICT}, if the output does not
   *     depend on the input
   */
  public static Product<Tensor, Tensor> vjp(
      UnaryOperator<Tensor> function, Tensor input, Tensor v, DerivativeOption... options) {
    given("vjp", "function", function);
    List<Tensor> inputs = List.of(given("vjp", "input", input));
    return first(
        Derivatives.vjp(
            Derivatives.listed(function),
            inputs,
            List.of(given("vjp", "v", v)),
            Derivatives.options("vjp", options)));
  }

  /**
   * Returns what a function gives and the gradient of its only element.
   *
   * @throws IllegalArgumentException if the output has not one element
   */
  public static Product<Tensor, Tensor> vjp(
      UnaryOperator<Tensor> function, Tensor input, DerivativeOption... options) {
    given("vjp", "function", function);
    List<Tensor> inputs = List.of(given("vjp", "input", input));
    return first(
        Derivatives.vjp(
            Derivatives.listed(function), inputs, null, Derivatives.options("vjp", options)));
  }

  /**
   * The same for a function of several tensors with several results: v has a tensor for each
   * output, the product one for each input. Without v there is one output, with one element.
   */
  public static Product<List<Tensor>, List<Tensor>> vjp(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      DerivativeOption... options) {
    given("vjp", "function", function);
    each("vjp", "an input", given("vjp", "inputs", inputs));
    return Derivatives.vjp(function, inputs, vector("vjp", v), Derivatives.options("vjp", options));
  }

  /**
   * Returns what a function gives and {@code J v}, the product of its Jacobian with a vector of the
   * input's shape, of the output's shape. It is found by a backward pass through the recorded
   * gradient: one forward and two backward passes, and every operation's gradient must itself be
   * differentiable.
   *
   * @throws IllegalArgumentException if v has another shape than the input
   * @throws IllegalStateException with {@link DerivativeOption#STRICT}, if the output does not
   *     depend on the input
   */
  public static Product<Tensor, Tensor> jvp(
      UnaryOperator<Tensor> function, Tensor input, Tensor v, DerivativeOption... options) {
    given("jvp", "function", function);
    List<Tensor> inputs = List.of(given("jvp", "input", input));
    return first(
        Derivatives.jvp(
            Derivatives.listed(function),
            inputs,
            List.of(given("jvp", "v", v)),
            Derivatives.options("jvp", options)));
  }

  /**
   * Returns what a function of one element gives and its derivative.
   *
   * @throws IllegalArgumentException if the input has not one element
   */
  public static Product<Tensor, Tensor> jvp(
      UnaryOperator<Tensor> function, Tensor input, DerivativeOption... options) {
    given("jvp", "function", function);
    List<Tensor> inputs = List.of(given("jvp", "input", input));
    return first(
        Derivatives.jvp(
            Derivatives.listed(function), inputs, null, Derivatives.options("jvp", options)));
  }

  /**
   * The same for a function of several tensors with several results: v has a tensor for each input,
   * the product one for each output. Without v there is one input, with one element.
   */
  public static Product<List<Tensor>, List<Tensor>> jvp(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      DerivativeOption... options) {
    given("jvp", "function", function);
    each("jvp", "an input", given("jvp", "inputs", inputs));
    return Derivatives.jvp(function, inputs, vector("jvp", v), Derivatives.options("jvp", options));
  }

  // ---- whole Jacobians

  /**
   * Returns the Jacobian of a function: the output's shape followed by the input's. It costs one
   * forward pass and a backward pass for each element of the output, or, with {@link
   * DerivativeOption#FORWARD}, two and one for each element of the input; rows are computed one
   * after the other, for no operation here takes a batch of gradients.
   *
   * @throws IllegalStateException with {@link DerivativeOption#STRICT}, if the output does not
   *     depend on the input, or with CREATE_GRAPH too, if the Jacobian does not
   */
  public static Tensor jacobian(
      UnaryOperator<Tensor> function, Tensor input, DerivativeOption... options) {
    given("jacobian", "function", function);
    List<Tensor> inputs = List.of(given("jacobian", "input", input));
    return Derivatives.jacobian(
            Derivatives.listed(function), inputs, Derivatives.options("jacobian", options))
        .getFirst()
        .getFirst();
  }

  /**
   * The same for a function of several tensors with several results: a list for each output, which
   * has a Jacobian for each input.
   */
  public static List<List<Tensor>> jacobian(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      DerivativeOption... options) {
    given("jacobian", "function", function);
    each("jacobian", "an input", given("jacobian", "inputs", inputs));
    return Derivatives.jacobian(function, inputs, Derivatives.options("jacobian", options));
  }

  // ---- second derivatives

  /**
   * Returns the Hessian of a function whose result has one element: the input's shape twice. It is
   * the Jacobian of the recorded gradient, and costs a backward pass through it for each element of
   * the input.
   *
   * @throws IllegalArgumentException if the result has not one element
   * @throws IllegalStateException with {@link DerivativeOption#STRICT}, if the gradient does not
   *     depend on the input
   */
  public static Tensor hessian(
      UnaryOperator<Tensor> function, Tensor input, DerivativeOption... options) {
    given("hessian", "function", function);
    return Derivatives.hessian(
            points -> function.apply(points.getFirst()),
            List.of(given("hessian", "input", input)),
            Derivatives.options("hessian", options))
        .getFirst()
        .getFirst();
  }

  /** The same for a function of several tensors: a list for each input, with a block for each. */
  public static List<List<Tensor>> hessian(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      DerivativeOption... options) {
    given("hessian", "function", function);
    each("hessian", "an input", given("hessian", "inputs", inputs));
    return Derivatives.hessian(function, inputs, Derivatives.options("hessian", options));
  }

  /**
   * Returns what a function whose result has one element gives, and {@code v H}, a vector times its
   * Hessian: one forward and two backward passes.
   *
   * @throws IllegalArgumentException if the result has not one element, or v not the input's shape
   */
  public static Product<Tensor, Tensor> vhp(
      UnaryOperator<Tensor> function, Tensor input, Tensor v, DerivativeOption... options) {
    given("vhp", "function", function);
    Product<Tensor, List<Tensor>> both =
        Derivatives.vhp(
            points -> function.apply(points.getFirst()),
            List.of(given("vhp", "input", input)),
            List.of(given("vhp", "v", v)),
            Derivatives.options("vhp", options));
    return new Product<>(both.value(), both.product().getFirst());
  }

  /** The same for a function of several tensors; without v there is one input, of one element. */
  public static Product<Tensor, List<Tensor>> vhp(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      DerivativeOption... options) {
    given("vhp", "function", function);
    each("vhp", "an input", given("vhp", "inputs", inputs));
    return Derivatives.vhp(function, inputs, vector("vhp", v), Derivatives.options("vhp", options));
  }

  /**
   * Returns what a function whose result has one element gives, and {@code H v}, its Hessian times
   * a vector: as {@link #vhp}, whose product is the same where second derivatives are continuous,
   * but with a third backward pass.
   *
   * @throws IllegalArgumentException if the result has not one element, or v not the input's shape
   */
  public static Product<Tensor, Tensor> hvp(
      UnaryOperator<Tensor> function, Tensor input, Tensor v, DerivativeOption... options) {
    given("hvp", "function", function);
    Product<Tensor, List<Tensor>> both =
        Derivatives.hvp(
            points -> function.apply(points.getFirst()),
            List.of(given("hvp", "input", input)),
            List.of(given("hvp", "v", v)),
            Derivatives.options("hvp", options));
    return new Product<>(both.value(), both.product().getFirst());
  }

  /** The same for a function of several tensors; without v there is one input, of one element. */
  public static Product<Tensor, List<Tensor>> hvp(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      DerivativeOption... options) {
    given("hvp", "function", function);
    each("hvp", "an input", given("hvp", "inputs", inputs));
    return Derivatives.hvp(function, inputs, vector("hvp", v), Derivatives.options("hvp", options));
  }

  // ---- slices

  /** In place of a dimension of {@link #vmap}: every slice is given the whole input. */
  public static final int UNMAPPED = Integer.MIN_VALUE;

  /**
   * Maps over dimension 0, which is that of the result too: {@link #vmap(UnaryOperator, int, int)}.
   */
  public static UnaryOperator<Tensor> vmap(UnaryOperator<Tensor> function) {
    return vmap(function, 0, 0);
  }

  /**
   * Returns the function that applies another to every slice of its input along a dimension, and
   * stacks the results along one of the result.
   *
   * <p>Each slice is a call: it costs as many operations as a loop over the slices does, which is
   * what it is, and spares only the loop's text. So it is right for every function of a slice, with
   * branches on values, gradients and random numbers, which differ from slice to slice (PyTorch's
   * {@code randomness='different'} and {@code chunk_size=1}); where operations take a batch
   * dimension, as {@code matmul} does, they are much faster without it. Gradients flow through it.
   * Slices are views: what the function writes to its slice is written to the input, and what it
   * writes to anything else, which PyTorch refuses, is written slice after slice. Their results are
   * kept until all are there, and stacked once. Where there is no slice, the function is called
   * once with zeros, to learn the shape of what it returns.
   *
   * @throws IllegalArgumentException from the result, if the slices' results differ in shape
   */
  public static UnaryOperator<Tensor> vmap(UnaryOperator<Tensor> function, int inDim, int outDim) {
    given("vmap", "function", function);
    return input ->
        Slices.mapped(
                Derivatives.listed(function),
                List.of(given("vmap", "input", input)),
                new int[] {inDim},
                new int[] {outDim})
            .getFirst();
  }

  /**
   * The same for a function of two tensors, each with a dimension of its own; {@link #UNMAPPED}
   * gives one of them to every slice as it is. It takes the dimensions also where they are 0, so
   * that a method reference says of how many tensors it is.
   *
   * @throws IllegalArgumentException from the result, if both are unmapped, their sizes in the
   *     mapped dimensions differ, or the slices' results differ in shape
   */
  public static BinaryOperator<Tensor> vmap(
      BinaryOperator<Tensor> function, int firstDim, int secondDim, int outDim) {
    given("vmap", "function", function);
    return (first, second) ->
        Slices.mapped(
                slices -> Collections.singletonList(function.apply(slices.get(0), slices.get(1))),
                List.of(given("vmap", "first", first), given("vmap", "second", second)),
                new int[] {firstDim, secondDim},
                new int[] {outDim})
            .getFirst();
  }

  /**
   * The same for a function of several tensors with several results, each with a dimension of its
   * own; {@link #UNMAPPED} gives an input to every slice as it is. One dimension alone is that of
   * all.
   *
   * @throws IllegalArgumentException from the result, if all inputs are unmapped, their sizes in
   *     the mapped dimensions differ, or the numbers of dimensions and tensors do
   */
  public static Function<List<Tensor>, List<Tensor>> vmap(
      Function<List<Tensor>, List<Tensor>> function, int[] inDims, int[] outDims) {
    given("vmap", "function", function);
    int[] in = given("vmap", "inDims", inDims).clone();
    int[] out = given("vmap", "outDims", outDims).clone();
    return inputs ->
        Slices.mapped(function, each("vmap", "an input", given("vmap", "inputs", inputs)), in, out);
  }

  // ---- checkpoints

  /**
   * Computes a function without keeping what its gradient needs, and computes it a second time when
   * that is asked for: memory for time, PyTorch's {@code checkpoint} with {@code
   * use_reentrant=False}. What the function captures may require gradients, the input need not.
   *
   * <p>The function must do the same again: the default generator's stream is put back for it, so
   * that dropout has the same mask, but what it counts or writes elsewhere is done twice. Inside a
   * {@link dev.chagres.memory.Scope} what the function makes and does not return is freed when it
   * has run. Until the gradient is computed, its inputs may not be written to.
   */
  public static Tensor checkpoint(UnaryOperator<Tensor> function, Tensor input) {
    given("checkpoint", "function", function);
    return Checkpoint.of(Derivatives.listed(function), List.of(given("checkpoint", "input", input)))
        .getFirst();
  }

  /** The same for a function of several tensors with several results. */
  public static List<Tensor> checkpoint(
      Function<List<Tensor>, List<Tensor>> function, List<? extends Tensor> inputs) {
    given("checkpoint", "function", function);
    each("checkpoint", "an input", given("checkpoint", "inputs", inputs));
    return Checkpoint.of(function, List.copyOf(inputs));
  }

  /**
   * Applies functions one after the other, in as many segments of equal length, each but the last a
   * {@linkplain #checkpoint checkpoint}.
   *
   * @throws IllegalArgumentException if there are fewer functions than segments, or no segment
   */
  public static Tensor checkpointSequential(
      List<? extends UnaryOperator<Tensor>> functions, int segments, Tensor input) {
    List<UnaryOperator<Tensor>> steps =
        List.copyOf(
            each(
                "checkpointSequential",
                "a function",
                given("checkpointSequential", "functions", functions)));
    given("checkpointSequential", "input", input);
    return Checkpoint.sequential(steps, segments, input);
  }

  // ---- forms

  private static Product<Tensor, Tensor> first(Product<List<Tensor>, List<Tensor>> both) {
    return new Product<>(both.value().getFirst(), both.product().getFirst());
  }

  private static @Nullable List<? extends Tensor> vector(
      String name, @Nullable List<? extends Tensor> v) {
    return v == null ? null : each(name, "a tensor of v", v);
  }
}
