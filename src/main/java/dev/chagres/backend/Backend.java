package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a device can compute. Arguments have been checked: operands of one call have one dtype and
 * one shape unless a method says otherwise (a broadcast operand has strides of 0), results exist,
 * have the right shape and dtype, and do not partly overlap an operand (in place means the very
 * same elements). Layouts are arbitrary unless a method asks for contiguous ones, but strides are
 * not negative unless it says so. Every method returns when the result may be read on this device's
 * stream of work (on the CPU: when it is there).
 *
 * <p>What native code relies on is looked at once more, since another thread may have changed a
 * tensor after its checks: operands that do not belong together are a {@link
 * java.util.ConcurrentModificationException}, and nothing is written. {@link CheckedBackend} does
 * that for all devices; what implements this for one of them need not.
 *
 * <p>So what only the elements show, an index out of range or an integer divided by zero, is thrown
 * by the method itself on the CPU, where nothing is written then. On a device whose kernels run
 * while the program goes on, the bad element is left out, the others are written, and it is thrown
 * at the next synchronisation: whatever reads the device's memory, or waits for its work. The
 * exception is of the same class and names the operation; the first one wins. A method that returns
 * a number reads the memory itself.
 */
public interface Backend {
  // ---- elementwise

  /** {@code y = op(x)}; {@code y} is bool for a predicate, else has x's dtype. */
  void unary(UnaryOp op, Strided x, Strided y);

  /**
   * {@code y = op(a, b)}, of one dtype; beside a 16-bit {@code a}, {@code b} may be float32.
   *
   * @throws ArithmeticException if an integer is divided by zero; nothing is written then
   */
  void binary(BinaryOp op, Strided a, Strided b, Strided y);

  /**
   * {@code y = op(a, b, c)} with a number that some of them use. 16-bit types are computed in
   * float32 and rounded once.
   *
   * @param operands a, b and c
   */
  void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y);

  /**
   * Computes the results of a formula, which are contiguous and apart from the operands. Integers
   * that are divided by zero are an {@link ArithmeticException} that names the operation.
   */
  void evaluate(Formula formula, List<Strided> operands, List<Strided> results);

  /** {@code y = condition ? a : b}; the condition is bool. */
  void where(Strided condition, Strided a, Strided b, Strided y);

  /**
   * {@code y = x}, cast to y's dtype: copies, casts, fills (x with strides of 0). The strides of x
   * may be negative.
   */
  void copy(Strided x, Strided y);

  /**
   * {@code y = x}, of one dtype and shape, where one of them is on this device and the other on
   * this or another one; both are contiguous, and the elements of y are there when this returns if
   * y is on the CPU.
   */
  void transfer(Strided x, Strided y);

  /**
   * The same, but where one is in pinned memory of the CPU this returns before it has been read or
   * written. Whoever changes or reads that memory waits for the device first.
   */
  default void transferLater(Strided x, Strided y) {
    transfer(x, y);
  }

  /**
   * {@code y} keeps of each matrix (…, rows, columns) of x what lies on one side of a diagonal and
   * on it, and is 0 elsewhere; the diagonal is {@code diagonal} above the main one. x and y are
   * contiguous; y may be x.
   */
  void triangle(Triangle kept, long diagonal, Strided x, Strided y);

  /**
   * {@code y[i] = start + (first + i) * step} for contiguous y; the integer pair counts for integer
   * dtypes. Floating numbers are reckoned in float64 and rounded once to float32.
   */
  void arange(Progression progression, Strided y);

  /**
   * First value and increment of an arithmetic progression, as floating and as integer numbers, and
   * the number, 0 or another, of the first element that is wanted.
   */
  record Progression(double start, double step, long integerStart, long integerStep, long first) {}

  // ---- reductions

  /**
   * Reduces the dimensions whose size in {@code y} is 1 where it is not in {@code x} (and those
   * that are 1 in both). {@code y} is contiguous, has x's rank and {@link ReduceOp#resultType}.
   * ARGMAX and ARGMIN reduce exactly the dimension {@code dim}, which all others ignore. ANY and
   * ALL have a kernel only for bool, SUM_SQUARES and SUM_MAGNITUDES only for floating dtypes.
   */
  void reduce(ReduceOp op, Strided x, int dim, Strided y);

  /**
   * The mean, and the sum of the squared distances from it, over the dimensions whose size in
   * {@code mean} is 1 where it is not in {@code x}; both results are float64 and contiguous, x is
   * floating and has elements.
   */
  void moments(Strided x, Strided mean, Strided squares);

  // ---- softmax over one dimension of contiguous operands

  void softmax(Softmax kind, Strided x, int dim, Strided y);

  /** {@code gx} from the gradient {@code g} and the saved result {@code y}. */
  void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx);

  /**
   * Cross entropy of scores {@code x (rows, n)}, float32 or float64 and not empty, with the targets
   * (rows): y has the losses (rows) or is a scalar; weights (n) may be absent. {@code statistics},
   * of x's dtype, takes what the gradient needs (3 * rows + 1).
   *
   * @throws IndexOutOfBoundsException if a target is neither a class nor ignored
   */
  void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y);

  /** The gradient with respect to x. */
  void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx);

  /** Softmax, or its logarithm. */
  enum Softmax {
    PROBABILITY,
    LOGARITHM
  }

  // ---- layer normalization of contiguous (rows, n), n > 0

  /**
   * {@code y = (x - mean) * scale * weight + bias} with the scale {@code 1 / sqrt(variance + eps)};
   * weight and bias (n) may be absent. {@code statistics}, float64, takes the means and the scales
   * (2, rows).
   */
  void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics);

  /** The gradients of input, weight and bias from {@code g} and the saved statistics. */
  void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias);

  // ---- indexing: indices are int64, may be negative; a bad one is an IndexOutOfBoundsException
  // and nothing is written

  /**
   * {@code y} takes the slices {@code index} (1-d, contiguous) of dimension {@code dim}; x and y
   * are contiguous.
   */
  void indexSelect(Strided x, int dim, Strided index, Strided y);

  /**
   * Writes the slices of {@code x} into {@code y}, in order, at {@code index} along {@code dim}; x
   * and y are contiguous.
   */
  void indexPut(Store store, Strided x, int dim, Strided index, Strided y);

  /**
   * {@code y[..p..] = x[..index[..p..]..]} along dim; index and y have one shape, not larger than
   * x's in the other dimensions.
   */
  void gather(Strided x, int dim, Strided index, Strided y);

  /** {@code y[..index[..p..]..] = x[..p..]} along dim, in order; x has index's shape. */
  void scatter(Store store, Strided x, int dim, Strided index, Strided y);

  /**
   * {@code positions = positions * size + index}, counted from the start: what several indices of
   * one shape name together, one call after the other. Positions are int64; where an index is out
   * of range they are unspecified.
   */
  void joinIndex(Strided index, long size, Strided positions);

  /**
   * What a write leaves: the new element, or one made of it and the one that is there. Of bools the
   * sum and the greater are or, the product and the less and; a NaN wins. Halves are rounded once,
   * when all is written.
   */
  enum Store {
    REPLACE,
    ADD,
    MULTIPLY,
    MAX,
    MIN
  }

  /** Returns the number of true elements of a contiguous bool array. */
  long countTrue(Strided mask);

  /**
   * Writes the flat positions of the true elements of a contiguous mask into {@code positions}
   * (1-d, int64, contiguous, as long as there are true elements).
   */
  void positions(Strided mask, Strided positions);

  /**
   * Writes 0 as often as the first of the counts (1-d, int64, contiguous) says, 1 as often as the
   * second, and so on, into {@code y} (1-d, int64, contiguous), which has room for all.
   */
  void repeats(Strided counts, Strided y);

  /**
   * Adds to each count how often its place is among the positions; both are int64 and contiguous.
   *
   * @throws IndexOutOfBoundsException if a position is no place of {@code counts}; some may have
   *     been counted then
   */
  void count(Strided positions, Strided counts);

  /**
   * Adds to each count (1-d, int64, contiguous) how many elements of contiguous floating x lie in
   * its bin, of equal ones from {@code low} to {@code high}, which is in the last.
   */
  void histogram(Strided x, double low, double high, Strided counts);

  // ---- order: NaN is greatest and equal to NaN, and equal elements keep their order. `values` has
  // x's dtype and `indices` is int64; both are contiguous

  /** Sorts along a dimension: the elements, and where they were. */
  void sort(Order order, Strided x, int dim, Strided values, Strided indices);

  /**
   * Chooses elements along a dimension that is not empty: them, and where they are. Results have
   * x's shape but for {@code dim}, where they have as many as are chosen.
   */
  void select(Choice choice, Strided x, int dim, Strided values, Strided indices);

  /** Where the rows of contiguous x (rows, n) are when sorted by their first, second … element. */
  void sortRows(Strided x, Strided indices);

  /**
   * Where the elements of {@code x (…, m)} go into the sorted rows of {@code sorted}: (…, n), or
   * (n) for all of them. All are contiguous and y is int64; {@code order}, of sorted's shape, says
   * which element of a row is next if it is not sorted itself.
   *
   * @throws IndexOutOfBoundsException if a position of the order is outside its row
   */
  void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y);

  /** Before or behind the elements that are equal to the one that is searched. */
  enum Bound {
    LEFT,
    RIGHT
  }

  // ---- scans along a dimension, into contiguous results of x's shape and dtype

  /** Carries sums, products or log-sums. */
  void scan(Scan scan, Strided x, Strided y);

  /** Carries MAX or MIN, and where it is: int64. */
  void scanExtrema(Scan scan, Strided x, Strided y, Strided indices);

  /** {@code y[i] = x[i] + a[i] * y[i - 1]}, or y[i + 1] on the way back; floating dtypes. */
  void recurrence(Way way, int dim, Strided x, Strided a, Strided y);

  /** What is carried along which dimension, and in which direction. */
  record Scan(ScanOp op, Way way, int dim) {}

  /** From the first element of a dimension to the last, or from the last to the first. */
  enum Way {
    FORTH,
    BACK
  }

  // ---- matrices

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
  default void linear(Strided a, Strided b, Strided bias, Strided y) {
    copy(bias, y);
    matmul(1, a, b, 1, y);
  }

  /** Returns the products of matrices with activations. */
  FeedForwardKernels feedForward();

  /** Returns the factorisations of matrices. */
  LinearAlgebra linearAlgebra();

  // ---- convolution and pooling of contiguous (N, C, H, W)

  /**
   * {@code y (N, O, OH, OW)} from {@code x (N, C, H, W)}, {@code weight (O, C / groups, KH, KW)}
   * and a bias (O) or null.
   */
  void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y);

  /** The gradient with respect to x. */
  void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx);

  /** The gradient with respect to the weight. */
  void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw);

  /**
   * The maximum of each window and its flat position in the plane (int64); minus infinity and -1
   * for a window that meets no pixel.
   */
  void maxPool2d(Strided x, Window window, Strided y, Strided positions);

  /**
   * Its gradient: x is 0 but for the sums of what of g has the same position; -1 counts nowhere.
   */
  void maxUnpool2d(Strided g, Strided positions, Strided x);

  // ---- optimizer steps, in place, of many parameters in one call

  /**
   * What a step changes, contiguous and of one shape and dtype: a parameter, by its gradient and
   * what is kept about it, which changes too.
   */
  record Update(Strided parameter, Strided gradient, List<Strided> state) {}

  /** The state is the momentum's buffer, or empty where the momentum is 0. */
  void sgdStep(SgdStep step, List<Update> updates);

  /** The state: exp_avg, exp_avg_sq and, with amsgrad, max_exp_avg_sq. */
  void adamStep(AdamStep step, List<Update> updates);

  // ---- random numbers into contiguous results; one call at a time on one generator

  /** Returns the state of a new generator, seeded. */
  Storage generator(long seed);

  /** Starts a generator's stream again from a seed. */
  void seed(Storage generator, long seed);

  /** Returns the seed that a generator's stream started from. */
  long initialSeed(Storage generator);

  /** Returns of how many bytes PyTorch's {@code Generator.get_state} is. */
  long stateBytes();

  /** Writes the bytes of PyTorch's {@code Generator.get_state} to a uint8 array. */
  void exportState(Storage generator, Strided bytes);

  /**
   * Reads them back.
   *
   * @throws IllegalArgumentException if they are not the state of a generator; it is as before then
   */
  void importState(Storage generator, Strided bytes);

  void uniform(Storage generator, double low, double high, Strided y);

  void normal(Storage generator, double mean, double std, Strided y);

  /** Integers from {@code low} (inclusive) to {@code high} (exclusive), in any dtype. */
  void integers(Storage generator, long low, long high, Strided y);

  void bernoulli(Storage generator, double p, Strided y);

  /** Integers from 0 on, as far as the dtype holds them all: PyTorch's {@code random_()}. */
  void words(Storage generator, Strided y);

  /** Numbers of a distribution, one for each element. */
  void fill(Storage generator, Distribution distribution, double a, double b, Strided y);

  /**
   * A draw for each element of {@code a} (and {@code b}, of the same shape, where the trial has two
   * parameters), all in one floating dtype.
   */
  void each(Storage generator, Trial trial, Strided a, Strided b, Strided y);

  /**
   * Positions in a row of {@code weights}, with replacement, for each row; float32 or float64. The
   * weights are overwritten.
   */
  void choices(Storage generator, Strided weights, Strided y);

  /** A permutation of 0 … n - 1 into a 1-d int64 array. */
  void permutation(Storage generator, Strided y);

  // ---- single values

  /**
   * Returns a 0-d constant that lives for ever and must not be written; frequent values are shared.
   */
  Strided constant(Number value, DType dtype);
}
