package dev.chagres.primitive;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Activation;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The differentiable operations and fused steps that only networks and optimizers use. They check
 * shapes and dtypes as the operations of tensors do.
 *
 * @param <T> the type of tensors
 */
public interface Primitives<T extends Operand<T>> {

  /** Returns what computes primitives on a tensor and on its like. */
  static <T extends Operand<T>> Primitives<T> of(T operand) {
    return given("Primitives", "operand", operand).primitives();
  }

  /** Returns what factors matrices. */
  Factorizations<T> factorizations();

  // ---- mixed precision

  /** Returns an operand as autocast, if there is any, has a function compute with it. */
  T autocast(AutocastFunction function, T x);

  /** Returns whether autocast may have a function compute with something else. */
  boolean autocasts(AutocastFunction function, T x);

  /**
   * Calls a function that autocast is about with what it makes of the operands; what the function
   * is made of computes as given.
   */
  <R> R autocast(AutocastFunction function, List<T> operands, Function<List<T>, R> body);

  // ---- layers

  /** Returns {@code x W^T + b} for inputs (…, in), a weight (out, in) and a bias (out) or null. */
  T linear(T x, T weight, @Nullable T bias);

  /**
   * What a linear layer does: {@code x W^T + b}.
   *
   * @param weight (out, in)
   * @param bias (out), or null
   */
  record Affine<T>(T weight, @Nullable T bias) {}

  /**
   * Returns {@code second(activation(first(x)))} for inputs (…, in): what the three operations
   * return one after the other.
   */
  T feedForward(T x, Affine<T> first, Activation activation, Affine<T> second);

  /** Returns {@code x * P(X <= x)} for a standard normal X: GELU (Hendrycks and Gimpel, 2016). */
  T gelu(T x);

  /** Returns the approximation of {@link #gelu} by a hyperbolic tangent. */
  T geluTanh(T x);

  /** Returns {@code (x - y)^2} of floating operands, which broadcast. */
  T squaredDifference(T x, T y);

  /** Returns {@code log(1 + exp(x))}, without overflow. */
  T softplus(T x);

  /** Returns {@code x * sigmoid(x)}. */
  T silu(T x);

  /**
   * Returns x with its last {@code dims} dimensions brought to mean 0 and variance 1 together, the
   * latter but for {@code eps}, then multiplied by a weight and added to a bias, either of which
   * may be null and has these dimensions.
   */
  T layerNorm(T x, int dims, @Nullable T weight, @Nullable T bias, double eps);

  /**
   * What batch normalization has for each channel, any of which may be null, but not one of mean
   * and variance alone.
   */
  record ByChannel<T>(
      @Nullable T weight, @Nullable T bias, @Nullable T mean, @Nullable T variance) {}

  /**
   * Returns x (n, c, …), which is not empty, with each channel less its mean and divided by the
   * root of its variance plus {@code eps}, then multiplied by its weight and added to its bias. In
   * training these are the batch's mean and variance, towards which those that are given move.
   */
  T batchNorm(T x, ByChannel<T> channels, BatchNormForm form);

  /**
   * Returns the cross-correlation (n, out, oh, ow) of images (n, in, h, w) with kernels (out, in /
   * groups, kh, kw), plus a bias (out).
   */
  T conv2d(T x, T weight, @Nullable T bias, Sliding sliding, int groups);

  /**
   * Returns images whose cross-correlation with kernels (in, out / groups, kh, kw) has the shape of
   * x (n, in, h, w), of which they are the gradient; the output's padding is below the stride.
   */
  T convTranspose2d(T x, T weight, Sliding sliding, Pair outputPadding, int groups);

  /**
   * The greatest elements of windows.
   *
   * @param values the elements
   * @param positions their int64 positions in the plane that they are of, row by row; -1 of a
   *     window that meets no pixel
   */
  record Maxima<T>(T values, T positions) {}

  /** Returns the greatest element of every window (kh, kw) of images (n, c, h, w). */
  Maxima<T> maxPool2d(T x, Pair kernel, Sliding sliding, Rounding rounding);

  /**
   * Returns the cross entropy of scores (n, classes), float32 or float64 and not empty, with int64
   * targets (n); weights (classes) of the same dtype, which may be null, are constants.
   *
   * @throws IndexOutOfBoundsException if a target is neither a class nor ignored
   */
  T crossEntropy(T x, T target, @Nullable T weight, CrossEntropyForm form);

  /**
   * Returns the rows of a floating matrix at a vector of int64 positions.
   *
   * @param padding the row that gets no gradient, or -1
   * @param frequency how the gradients of a row that occurs several times add up
   * @throws IndexOutOfBoundsException if a position is no row
   */
  T embedding(T weight, T positions, long padding, Frequency frequency);

  /** How the gradients of what occurs several times add up. */
  enum Frequency {
    /** To their sum. */
    COUNTS,
    /** To their mean. */
    DIVIDED_BY
  }

  /**
   * Returns {@code softmax(scale * query key^T) value} (…, queries, width) of queries (…, queries,
   * size), keys (…, keys, size) and values (…, keys, width) of one floating dtype, whose leading
   * dimensions broadcast; the matrix of the scores is not made where the device has a kernel, but
   * for a mask that gets a gradient.
   *
   * @param mask which scores count, bool, or what is added to them, floating; it broadcasts to the
   *     scores (…, queries, keys); or null
   */
  T attention(T query, T key, T value, @Nullable T mask, AttentionForm form);

  /**
   * What a recurrent layer knows of its sequences.
   *
   * @param hidden its results (sequences, size)
   * @param cells what an LSTM keeps beside them (sequences, hidden), null for others
   */
  record RecurrentState<T>(T hidden, @Nullable T cells) {}

  /**
   * What a recurrent layer has learned.
   *
   * @param input what inputs go through (gates * hidden, in)
   * @param state what the state goes through (gates * hidden, size)
   * @param projection what an LSTM's result is multiplied with (size, hidden), or null
   */
  record RecurrentWeights<T>(Affine<T> input, Affine<T> state, @Nullable T projection) {}

  /**
   * What a recurrent layer returns.
   *
   * @param output the result of each step, in the order of the inputs
   * @param state what each sequence ended with
   */
  record Recurrence<T>(T output, RecurrentState<T> state) {}

  /**
   * Takes the steps of a recurrent layer.
   *
   * @param x the inputs of all steps (rows, in)
   * @param state what the sequences begin with
   */
  Recurrence<T> recurrent(
      T x, RecurrentState<T> state, RecurrentWeights<T> weights, RecurrentForm form);

  /**
   * Names what was composed of other operations, {@code y} of {@code x}, for its {@code gradFn}.
   */
  T named(String name, T y, T x);

  // ---- loading

  /**
   * Returns {@code source} as it can be copied into {@code target}, of the same shape, without
   * fail: itself, or a copy if the two share memory in another order.
   *
   * @param what names the pair in an error
   * @throws IllegalStateException if one of them was freed or its memory is closed, or the target
   *     is over read-only memory
   * @throws WrongThreadException if one is over memory that is confined to another thread
   * @throws IllegalArgumentException if elements of the target share memory
   */
  T copyable(String what, T target, T source);

  // ---- replicas

  /**
   * Lets a parameter stand for a value that was computed elsewhere, until it is bound again: it has
   * the value's memory, and its gradients flow to where the value's do.
   *
   * @throws IllegalArgumentException if the first is no parameter, or the shapes or dtypes differ
   */
  void bind(T parameter, T value);

  /**
   * Lets tensors stand for others, of any shape and dtype, until that is ended: they have the
   * others' memory and history, and no gradient. What began last ends first.
   */
  Standing standIn(IdentityHashMap<T, T> values);

  /** For how long tensors stand for others. */
  interface Standing extends AutoCloseable {
    /** Gives the tensors back what they had. */
    @Override
    void close();
  }

  // ---- what is captured to be replayed

  /**
   * Lets something be done before each replay, if what this thread does on the operand's device is
   * being captured in a CUDA graph; false, and nothing, if it is done at once.
   */
  boolean beforeReplays(T operand, Runnable action);

  /** Makes something once that has to be there for each replay, while other work is captured. */
  <R> R outsideCapture(Supplier<R> body);

  /**
   * Captures steps of optimizers, of SGD and Adam's kind, that each replay leaves out where {@code
   * found}, 0-d of float32, is not 0; {@code missed}, 0-d of float64, says for how many of the
   * steps that were counted that was so.
   */
  void omitting(T found, T missed, Runnable steps);

  // ---- optimizer steps

  /**
   * Returns the gradient of a parameter, or null, for use until {@link #returnGradient}: who
   * forgets it meanwhile leaves it to the collector.
   */
  @Nullable T borrowGradient(T parameter);

  /** Ends a loan: from now on whoever forgets the gradient frees it, if nobody else has seen it. */
  void returnGradient(T parameter, T gradient);

  /**
   * What a step changes: a parameter, by its gradient and what is kept about it, which changes too.
   */
  record Update<T>(T parameter, T gradient, List<T> state) {}

  /**
   * Updates parameters by one SGD step, in one pass over each. The state is the momentum's buffer,
   * needed if the momentum is not 0.
   */
  void sgdStep(SgdStep step, List<Update<T>> updates);

  /**
   * Updates parameters by one Adam step, in one pass over each. The state: exp_avg, exp_avg_sq and,
   * with amsgrad, max_exp_avg_sq.
   */
  void adamStep(AdamStep step, List<Update<T>> updates);

  /**
   * Updates parameters by one step of a rule, in one pass over each. The state: as many tensors as
   * the step says, with a momentum before a mean.
   */
  void elementStep(ElementStep step, List<Update<T>> updates);

  // ---- the gradients of a model, floating tensors on one device

  /**
   * Multiplies tensors by a number, 0-d of float64, in place; {@code found}, 0-d of float32, which
   * may be null, becomes 1 if one of their elements was infinite or NaN before.
   */
  void scaleAll(List<T> tensors, T factor, @Nullable T found);

  /** Returns the sum of the squares of all elements of all tensors, 0-d of float64. */
  T sumSquares(List<T> tensors);
}
