package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.memory.OutOfMemoryException;
import dev.chagres.tensor.Tensor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What came of a call: its tensors and other values, or what it threw. */
record Outcome(
    List<Tensor> tensors, List<Object> others, @Nullable Throwable thrown, List<double[]> values) {

  static Outcome thrown(Throwable e) {
    return new Outcome(List.of(), List.of(), e, List.of());
  }

  static Outcome of(@Nullable Object result) {
    List<Tensor> tensors = new ArrayList<>();
    List<Object> others = new ArrayList<>();
    flatten(result, tensors, others);
    if (tensors.stream().anyMatch(tensor -> tensor.storage().isFreed())) {
      return new Outcome(List.of(), List.of("a view of what was freed"), null, List.of());
    }
    List<double[]> values = tensors.stream().map(Cells::doubles).toList();
    return new Outcome(tensors, others, null, values);
  }

  private static void flatten(@Nullable Object result, List<Tensor> tensors, List<Object> others) {
    switch (result) {
      case null -> others.add("null");
      case Tensor tensor -> tensors.add(tensor);
      case List<?> items -> items.forEach(item -> flatten(item, tensors, others));
      case Optional<?> item -> flatten(item.orElse(null), tensors, others);
      case Record record when record.getClass().getPackageName().startsWith("dev.chagres.") -> {
        for (RecordComponent part : record.getClass().getRecordComponents()) {
          try {
            flatten(part.getAccessor().invoke(record), tensors, others);
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
          }
        }
      }
      default -> others.add(result);
    }
  }

  /** Tells whether all its numbers are finite. */
  boolean isFinite() {
    return values.stream().allMatch(part -> Arrays.stream(part).allMatch(Double::isFinite));
  }

  /** How far an element of a result may be off, by what was added up for it. */
  @FunctionalInterface
  interface Bound {
    Bound NONE = (result, element) -> 0;

    double of(int result, int element);
  }

  /** Returns how another outcome differs from this one; null where it does not. */
  @Nullable String difference(Outcome other, double slack) {
    return difference(other, slack, Bound.NONE);
  }

  /** The same, where an element may be off by a bound of its own if that is wider. */
  @Nullable String difference(Outcome other, double slack, Bound bound) {
    if (thrown instanceof OutOfMemoryException || other.thrown instanceof OutOfMemoryException) {
      return null; // what the collector has found by then
    }
    if (thrown != null || other.thrown != null) {
      Object mine = thrown == null ? "nothing" : thrown.getClass();
      Object its = other.thrown == null ? "nothing" : other.thrown.getClass();
      return mine.equals(its) ? null : "threw " + thrown + " and " + other.thrown;
    } else if (tensors.size() != other.tensors.size()) {
      return tensors.size() + " and " + other.tensors.size() + " tensors";
    } else if (!Arrays.deepEquals(others.toArray(), other.others.toArray()) && slack == 0) {
      return Arrays.deepToString(others.toArray())
          + " and "
          + Arrays.deepToString(other.others.toArray());
    }
    for (int i = 0; i < tensors.size(); i++) {
      Tensor a = tensors.get(i);
      Tensor b = other.tensors.get(i);
      if (a.dtype() != b.dtype() || !a.shape().equals(b.shape())) {
        return "%s %s and %s %s".formatted(a.dtype(), a.shape(), b.dtype(), b.shape());
      }
      int result = i;
      String difference =
          difference(
              a.dtype(),
              values.get(i),
              other.values.get(i),
              slack,
              element -> bound.of(result, element));
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  /** Compares numbers: bit for bit, or within so many units in the last place of the greatest. */
  static @Nullable String difference(DType dtype, double[] a, double[] b, double slack) {
    return difference(dtype, a, b, slack, element -> 0);
  }

  /** The same, where an element may be off by a bound of its own if that is wider. */
  static @Nullable String difference(
      DType dtype, double[] a, double[] b, double slack, IntToDoubleFunction bound) {
    double greatest = 0;
    for (double value : a) {
      greatest = Double.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest;
    }
    double most = slack == 0 || !dtype.isFloating() ? 0 : slack * Floats.ulp(dtype, greatest);
    for (int i = 0; i < a.length; i++) {
      boolean same = Floats.same(a[i], b[i]) || most > 0 && Math.abs(a[i] - b[i]) <= most;
      if (!same && !isWithin(bound.applyAsDouble(i), a[i], b[i])) {
        return a.length > 12
            ? "element " + i + " is " + a[i] + " and " + b[i]
            : Arrays.toString(a) + " and " + Arrays.toString(b);
      }
    }
    return null;
  }

  private static boolean isWithin(double bound, double a, double b) {
    return bound == Double.POSITIVE_INFINITY || bound > 0 && Math.abs(a - b) <= bound;
  }
}
