package dev.chagres.profiler;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.check.Bytes;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a {@link Profiler} noted. An operation is what the program called, under its name here
 * ({@code mul}, {@code crossEntropy}, {@code Optimizer.step}), or, in a backward pass, the node
 * whose gradient was computed ({@code MulBackward}); where the program calls a layer, it is the
 * function that the layer calls. An operation runs one or more kernels, which are what is counted
 * and timed. They do not run inside one another, so that no time counts twice.
 *
 * <p>Bytes are those of the elements that a kernel reads and writes, one that is broadcast counted
 * once; what is read again from a cache or from scratch memory is not counted. Floating-point
 * operations are those of products of matrices and of convolutions of floating dtypes, a
 * multiplication and its addition counted as two, and of the factorisations of linear algebra, as
 * LAPACK's Working Note 41 counts them; singular values and eigenvalues, which are iterated, count
 * as Golub and Van Loan estimate.
 */
public final class Profile {
  private final long nanos;
  private final List<Row> rows;
  private final List<Call> calls;
  private final List<Allocation> allocations;
  private final long leftOut;

  Profile(
      long nanos, List<Row> rows, List<Call> calls, List<Allocation> allocations, long leftOut) {
    this.nanos = nanos;
    this.rows = rows;
    this.calls = calls;
    this.allocations = allocations;
    this.leftOut = leftOut;
  }

  /**
   * What all calls of one kernel did.
   *
   * @param name the kernel's
   * @param calls how often it ran
   * @param nanos how long, in all
   * @param bytes how many it read and wrote
   * @param floatingOperations of products, convolutions and factorisations
   */
  public record Kernel(String name, long calls, long nanos, long bytes, long floatingOperations) {
    /** Checks that there is a name. */
    public Kernel {
      given("Kernel", "name", name);
    }

    /** Returns billions of floating-point operations per second; 0 if there were none. */
    public double gflops() {
      return nanos == 0 ? 0 : floatingOperations / (double) nanos;
    }

    /** Returns for instance {@code matmul: 3 calls, 1.20 ms, 48.0 KiB, 5.3 GFLOP/s}. */
    @Override
    public String toString() {
      return ProfileTable.line(this);
    }

    Kernel plus(Kernel other) {
      return new Kernel(
          name,
          calls + other.calls,
          nanos + other.nanos,
          bytes + other.bytes,
          floatingOperations + other.floatingOperations);
    }
  }

  /**
   * What one operation did.
   *
   * @param all its kernels together, under the operation's name
   * @param kernels each of them, the one that took longest first
   * @param allocations how often it allocated memory
   * @param allocatedBytes how many bytes, in all
   * @param peakBytes the most that was in use, by anyone, after one of its allocations
   */
  public record Row(
      Kernel all, List<Kernel> kernels, long allocations, long allocatedBytes, long peakBytes) {
    /** Checks that all is there. */
    public Row {
      given("Row", "all", all);
      kernels = List.copyOf(each("Row", "a kernel", given("Row", "kernels", kernels)));
    }

    /** Returns the operation's name. */
    public String name() {
      return all.name();
    }

    /** Returns how often its kernels ran. */
    public long calls() {
      return all.calls();
    }

    /** Returns how long its kernels ran. */
    public long nanos() {
      return all.nanos();
    }

    /** Returns how many bytes its kernels read and wrote. */
    public long bytes() {
      return all.bytes();
    }

    /** Returns the floating-point operations of its products, convolutions and factorisations. */
    public long floatingOperations() {
      return all.floatingOperations();
    }

    /** Returns billions of floating-point operations per second; 0 if there were none. */
    public double gflops() {
      return all.gflops();
    }

    /**
     * Returns what its kernels did together, and what it allocated, such as {@code exp: 1 call,
     * 15.3 us, 128 B; 64 B allocated}.
     */
    @Override
    public String toString() {
      return allocations == 0
          ? all.toString()
          : all + "; " + Bytes.text(allocatedBytes) + " allocated";
    }
  }

  /**
   * One call of a kernel.
   *
   * @param operation what the program called
   * @param kernel what ran
   * @param dtype of the first operand
   * @param shapes of operands and results
   * @param threadId of the thread that called
   * @param thread its name
   * @param startNanos when, from the profiler's start on
   * @param nanos how long
   * @param bytes how many it read and wrote
   * @param floatingOperations of a product, a convolution or a factorisation
   */
  public record Call(
      String operation,
      String kernel,
      DType dtype,
      List<Shape> shapes,
      long threadId,
      String thread,
      long startNanos,
      long nanos,
      long bytes,
      long floatingOperations) {
    /** Checks that all is there. */
    public Call {
      given("Call", "operation", operation);
      given("Call", "kernel", kernel);
      given("Call", "dtype", dtype);
      given("Call", "thread", thread);
      shapes = List.copyOf(each("Call", "a shape", given("Call", "shapes", shapes)));
    }
  }

  /**
   * One allocation.
   *
   * @param operation what the program called
   * @param threadId of the thread that called
   * @param atNanos when, from the profiler's start on
   * @param bytes how many were asked for
   * @param liveBytes how many were in use then, by anyone
   */
  public record Allocation(
      String operation, long threadId, long atNanos, long bytes, long liveBytes) {
    /** Checks that there is a name. */
    public Allocation {
      given("Allocation", "operation", operation);
    }
  }

  /** The one that took longest first; others as they come. */
  static <E> List<E> byTime(Collection<E> all, ToLongFunction<E> nanos) {
    return all.stream().sorted(Comparator.comparingLong(nanos).reversed()).toList();
  }

  /** Returns how long the profiler ran. */
  public long nanos() {
    return nanos;
  }

  /** Returns the operations, the one whose kernels took longest first. */
  public List<Row> rows() {
    return rows;
  }

  /** Returns all operations together, under the name {@code total}. */
  public Row total() {
    Kernel all = new Kernel("total", 0, 0, 0, 0);
    long count = 0;
    long bytes = 0;
    long peak = 0;
    for (Row row : rows) {
      all = all.plus(row.all());
      count += row.allocations();
      bytes += row.allocatedBytes();
      peak = Math.max(peak, row.peakBytes());
    }
    return new Row(all, List.of(), count, bytes, peak);
  }

  /** Returns the calls of kernels, in the order in which they ended: the first 200,000. */
  public List<Call> calls() {
    return calls;
  }

  /** Returns the allocations, in their order: the first 200,000. */
  public List<Allocation> allocations() {
    return allocations;
  }

  /** Returns how many calls and allocations more there were, which only the rows count. */
  public long leftOut() {
    return leftOut;
  }

  /**
   * Returns all operations as a table, the one whose kernels took longest first, each with its
   * kernels where they are not just one of the same name.
   */
  public String table() {
    return table(rows.size());
  }

  /**
   * The same for the first operations alone, above the total of all.
   *
   * @throws IllegalArgumentException if the number is negative
   */
  public String table(int operations) {
    if (operations < 0) {
      throw new IllegalArgumentException("table: " + operations + " operations");
    }
    return ProfileTable.of(this, operations);
  }

  /**
   * Writes the calls and the memory in use over time as JSON in Chrome's trace format, which <a
   * href="https://ui.perfetto.dev">Perfetto</a> and {@code chrome://tracing} show.
   */
  public void save(Path file) throws IOException {
    ChromeTrace.write(this, given("save", "file", file));
  }

  /** Returns the {@link #table()}. */
  @Override
  public String toString() {
    return table();
  }
}
