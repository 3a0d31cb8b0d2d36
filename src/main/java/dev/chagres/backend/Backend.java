package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.SgdStep;

/**
 * What a device can compute. Arguments have been checked: operands of one call have one dtype and
 * one shape unless a method says otherwise (a broadcast operand has strides of 0), results exist,
 * have the right shape and dtype, and do not partly overlap an operand (in place means the very
 * same elements). Layouts are arbitrary unless a method asks for contiguous ones. What native code
 * relies on is looked at once more, since another thread may have changed a tensor after its
 * checks: operands that do not belong together are a {@link
 * java.util.ConcurrentModificationException}, and nothing is written. Every method returns when the
 * result may be read on this device's stream of work (on the CPU: when it is there).
 */
public interface Backend {
  /** Why a CUDA device cannot be used. */
  String NO_CUDA = "this build has no CUDA backend";

  // ---- elementwise

  /** {@code y = op(x)}; {@code y} is bool for a predicate, else has x's dtype. */
  void unary(UnaryOp op, Strided x, Strided y);

  /**
   * {@code y = op(a, b)}.
   *
   * @throws ArithmeticException if an integer is divided by zero; nothing is written then
   */
  void binary(BinaryOp op, Strided a, Strided b, Strided y);

  /** {@code y = condition ? a : b}; the condition is bool. */
  void where(Strided condition, Strided a, Strided b, Strided y);

  /** {@code y = x}, cast to y's dtype: copies, casts, fills (x with strides of 0). */
  void copy(Strided x, Strided y);

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

  /** Softmax, or its logarithm. */
  enum Softmax {
    PROBABILITY,
    LOGARITHM
  }

  // ---- indexing: indices are int64, may be negative; a bad one is an IndexOutOfBoundsException
  // and nothing is written

  /**
   * {@code y} takes the slices {@code index} (1-d, contiguous) of dimension {@code dim}; x and y
   * are contiguous.
   */
  void indexSelect(Strided x, int dim, Strided index, Strided y);

  /**
   * Writes (or adds, in order) the slices of {@code x} into {@code y} at {@code index} along {@code
   * dim}; x and y are contiguous.
   */
  void indexPut(Store store, Strided x, int dim, Strided index, Strided y);

  /**
   * {@code y[..p..] = x[..index[..p..]..]} along dim; index and y have one shape, not larger than
   * x's in the other dimensions.
   */
  void gather(Strided x, int dim, Strided index, Strided y);

  /** {@code y[..index[..p..]..] = (or +=) x[..p..]} along dim; x has index's shape. */
  void scatter(Store store, Strided x, int dim, Strided index, Strided y);

  /** Whether a write replaces what is there or adds to it. */
  enum Store {
    REPLACE,
    ADD
  }

  /** Returns the number of true elements of a contiguous bool array. */
  long countTrue(Strided mask);

  /**
   * Writes the flat positions of the true elements of a contiguous mask into {@code positions}
   * (1-d, int64, contiguous, as long as there are true elements).
   */
  void positions(Strided mask, Strided positions);

  // ---- matrices

  /**
   * {@code y = alpha * a b + beta * y} for {@code a (…, m, k)}, {@code b (…, k, n)}, {@code y (…,
   * m, n)}, with equal leading dimensions (broadcast by stride 0); any dtype but bool; y is
   * contiguous in its last dimension. {@code beta == 0} does not read y; {@code k == 0} scales it.
   */
  void matmul(double alpha, Strided a, Strided b, double beta, Strided y);

  // ---- convolution and pooling of contiguous (N, C, H, W)

  /**
   * {@code y (N, O, OH, OW)} from {@code x (N, C, H, W)} and {@code weight (O, C / groups, KH,
   * KW)}.
   */
  void conv2d(Strided x, Strided weight, Window window, int groups, Strided y);

  /** The gradient with respect to x. */
  void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx);

  /** The gradient with respect to the weight. */
  void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw);

  /**
   * The maximum of each window and its flat position in the plane (int64); minus infinity and -1
   * for a window that meets no pixel.
   */
  void maxPool2d(Strided x, Window window, Strided y, Strided positions);

  // ---- optimizer steps, in place, each one pass over contiguous operands

  /** {@code momentum} is ignored (may be the parameter) when the momentum is 0. */
  void sgdStep(SgdStep step, Strided parameter, Strided gradient, Strided momentum);

  /** {@code state}: exp_avg, exp_avg_sq and, with amsgrad, max_exp_avg_sq. */
  void adamStep(AdamStep step, Strided parameter, Strided gradient, Strided... state);

  // ---- random numbers into contiguous results; one call at a time on one generator

  /** Returns the state of a new generator, seeded. */
  Storage generator(long seed);

  /** Starts a generator's stream again from a seed. */
  void seed(Storage generator, long seed);

  void uniform(Storage generator, double low, double high, Strided y);

  void normal(Storage generator, double mean, double std, Strided y);

  /** Integers from {@code low} (inclusive) to {@code high} (exclusive), in any dtype. */
  void integers(Storage generator, long low, long high, Strided y);

  void bernoulli(Storage generator, double p, Strided y);

  /** A permutation of 0 … n - 1 into a 1-d int64 array. */
  void permutation(Storage generator, Strided y);

  // ---- single values

  /**
   * Returns a 0-d constant that lives for ever and must not be written; frequent values are shared.
   */
  Strided constant(Number value, DType dtype);
}
