package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.List;
import java.util.function.Supplier;

/**
 * Operations that write their result into a tensor that exists and return it: PyTorch's {@code
 * out=}, for {@code import static dev.chagres.tensor.Out.*}.
 *
 * <p>{@code out} has the result's shape and a dtype that can hold it (it is not resized), and may
 * be an operand; two tensors for two results do not share memory. Nothing is recorded: where an
 * operand or {@code out} requires gradients that is an {@link IllegalStateException}, except inside
 * {@code noGrad}. A wrong shape or dtype, or elements of {@code out} that share memory, are an
 * {@link IllegalArgumentException}.
 */
public final class Out extends IndexingOut {
  private Out() {}

  /**
   * Writes what any computation returns to {@code out}: for functions without a form of their own
   * here, {@code Out.into(out, () -> Linalg.inv(a))} or {@code Out.into(out, () ->
   * x.scatterReduce(0, index, source, Reduce.AMAX))}. The result is computed apart and copied, as
   * it is for most of the others.
   */
  public static Tensor into(Tensor out, Supplier<Tensor> result) {
    return into(List.of(given("into", "out", out)), () -> List.of(computed(result))).getFirst();
  }

  private static Tensor computed(Supplier<Tensor> result) {
    return given("into", "what the computation returns", given("into", "result", result).get());
  }

  /**
   * Writes the tensors that a computation returns to as many: {@code Out.into(List.of(q, r), () ->
   * { Qr f = Linalg.qr(a); return List.of(f.q(), f.r()); })}.
   *
   * @throws IllegalArgumentException if there are more or fewer, before anything is written, too
   */
  public static List<Tensor> into(List<? extends Tensor> outs, Supplier<List<Tensor>> results) {
    List<Tensor> targets = List.copyOf(each("into", "an out", given("into", "outs", outs)));
    given("into", "results", results);
    for (Tensor out : targets) {
      Writing.unrecorded("into", "out", out);
    }
    List<Tensor> values = given("into", "what the computation returns", results.get());
    each("into", "what the computation returns", values);
    if (values.size() != targets.size()) {
      throw new IllegalArgumentException(
          "into: %d results for %d tensors".formatted(values.size(), targets.size()));
    }
    Supplier<List<Tensor>> apart = () -> values.stream().map(x -> apart(x, targets)).toList();
    Writing.stored("into", targets, apart, values.toArray(Tensor[]::new));
    return targets;
  }

  /** A result that is a view of what is written to would change on the way. */
  private static Tensor apart(Tensor result, List<Tensor> targets) {
    boolean shared = targets.stream().anyMatch(out -> out.storage().sharesMemory(result.storage()));
    return shared ? result.clone() : result;
  }

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
    return Writing.stored(
        "arange", out, () -> Creation.arange(out.device(), start, end, step, out.dtype()));
  }

  /** Writes ones to the diagonal of the matrix {@code out}, and zeros elsewhere. */
  public static Tensor eye(Tensor out) {
    if (given("eye", "out", out).dim() != 2) {
      throw new IllegalArgumentException("eye: needs a matrix, not shape " + out.shape());
    }
    return Writing.stored(
        "eye", out, () -> Creation.eye(out.device(), out.size(0), out.size(1), out.dtype()));
  }

  /**
   * Writes {@code steps} numbers from {@code start} to {@code end}, both included, equally far
   * apart, to {@code out}, which has one dimension.
   */
  public static Tensor linspace(double start, double end, long steps, Tensor out) {
    return Writing.stored(
        "linspace", out, () -> Creation.linspace(out.device(), start, end, steps, out.dtype()));
  }

  /**
   * Writes {@code steps} powers of a base, from {@code base^start} to {@code base^end}, to {@code
   * out}, which has one dimension.
   */
  public static Tensor logspace(double start, double end, long steps, double base, Tensor out) {
    return Writing.stored(
        "logspace",
        out,
        () -> Creation.logspace(out.device(), out.dtype(), start, end, steps, base));
  }

  /** Fills {@code out} with integers drawn uniformly from low (inclusive) to high (exclusive). */
  public static Tensor randint(long low, long high, Tensor out) {
    Writing.unrecorded("randint", "out", out);
    return Generator.standard(out.device()).random("randint", "RandomBackward", out, low, high);
  }

  /**
   * Writes a random permutation of 0 … n - 1 to {@code out}, which has one dimension and any dtype
   * but bool.
   */
  public static Tensor randperm(long n, Tensor out) {
    given("randperm", "out", out);
    return Writing.stored(
        "randperm", out, () -> Generator.standard(out.device()).randperm(out.dtype(), n));
  }

  /** Fills {@code out} with numbers drawn uniformly from [0, 1). */
  public static Tensor rand(Tensor out) {
    Writing.unrecorded("rand", "out", out);
    return Generator.standard(out.device()).uniform_(out, 0, 1);
  }

  /** Fills {@code out} with numbers drawn from the standard normal distribution. */
  public static Tensor randn(Tensor out) {
    Writing.unrecorded("randn", "out", out);
    return Generator.standard(out.device()).normal_(out, 0, 1);
  }

  /** Writes 1 with the probability p, and 0 else, to {@code out}. */
  public static Tensor bernoulli(Tensor p, Tensor out) {
    return Writing.stored("bernoulli", "p", out, () -> p.bernoulli(), p);
  }

  /** Writes {@code count} positions drawn from each row of weights, int64, to {@code out}. */
  public static Tensor multinomial(
      Tensor weights, long count, Replacement replacement, Tensor out) {
    return Writing.stored(
        "multinomial", "weights", out, () -> weights.multinomial(count, replacement), weights);
  }

  /** Writes normal numbers, each with its mean and standard deviation, to {@code out}. */
  public static Tensor normal(Tensor mean, Tensor std, Tensor out) {
    return Writing.stored("normal", "mean std", out, () -> Tensor.normal(mean, std), mean, std);
  }
}
