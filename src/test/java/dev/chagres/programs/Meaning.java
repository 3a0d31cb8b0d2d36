package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What operations mean, on arrays of doubles: element by element, or line by line. */
final class Meaning {
  /** From bool to float64, so that of two the later is what both are promoted to. */
  static final List<DType> DTYPES =
      List.of(
          DType.BOOL,
          DType.UINT8,
          DType.INT16,
          DType.INT32,
          DType.INT64,
          DType.FLOAT32,
          DType.FLOAT64);

  private Meaning() {}

  // ---- dtypes

  private static int category(DType dtype) {
    return dtype == DType.BOOL ? 0 : dtype.isFloating() ? 2 : 1;
  }

  /** The dtype of two operands together; one without dimensions counts by its category alone. */
  static DType promoted(Live a, Live b) {
    DType x = a.tensor().dtype();
    DType y = b.tensor().dtype();
    if (category(x) == category(y) && (a.dim() == 0) != (b.dim() == 0)) {
      return a.dim() == 0 ? y : x;
    } else if (a.dim() == 0 && b.dim() > 0 && category(x) < category(y)) {
      return y;
    } else if (b.dim() == 0 && a.dim() > 0 && category(y) < category(x)) {
      return x;
    }
    return DTYPES.get(Math.max(DTYPES.indexOf(x), DTYPES.indexOf(y)));
  }

  /** The numbers of an array as a dtype holds them. */
  static Plain cast(DType dtype, Plain x) {
    return x.map(v -> Cells.wrapped(dtype, v));
  }

  /** The dtype of a sum: int64 for all that is not floating. */
  static DType summed(Live x) {
    return x.tensor().dtype().isFloating() ? x.tensor().dtype() : DType.INT64;
  }

  // ---- shapes

  /** The sizes to which arrays broadcast together, or null if they do not. */
  static long @Nullable [] broadcast(List<Plain> arrays) {
    int rank = arrays.stream().mapToInt(Plain::dim).max().orElse(0);
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    for (Plain array : arrays) {
      for (int d = 0; d < array.dim(); d++) {
        int at = rank - array.dim() + d;
        if (array.size(d) != 1 && sizes[at] != 1 && sizes[at] != array.size(d)) {
          return null;
        }
        sizes[at] = array.size(d) == 1 ? sizes[at] : array.size(d);
      }
    }
    return sizes;
  }

  /** Combines the elements of arrays that broadcast together. */
  static Plain combine(List<Plain> arrays, ToDoubleFunction<double[]> function) {
    long[] sizes = broadcast(arrays);
    if (sizes == null) {
      throw new IllegalArgumentException("these do not broadcast");
    }
    return Plain.fill(
        sizes,
        i -> function.applyAsDouble(arrays.stream().mapToDouble(a -> a.broadcastAt(i)).toArray()));
  }

  static Plain combine(List<Plain> arrays, DoubleBinaryOperator function) {
    return combine(arrays, v -> function.applyAsDouble(v[0], v[1]));
  }

  /** The elements at other places: for each index of the result, where its element is from. */
  static Plain moved(Plain x, long[] sizes, UnaryOperator<long[]> source) {
    return x.view(sizes, source).copy();
  }

  // ---- along dimensions

  /** Applies a function to all elements whose indices are equal but for the given dimensions. */
  static Plain reduce(Plain x, boolean[] dims, boolean keep, ToDoubleFunction<double[]> function) {
    long[] kept = x.sizes().clone();
    for (int d = 0; d < kept.length; d++) {
      kept[d] = dims[d] ? 1 : kept[d];
    }
    List<List<Double>> groups = new ArrayList<>();
    IntStream.range(0, Indices.numel(kept)).forEach(_ -> groups.add(new ArrayList<>()));
    Indices.forEach(
        x.sizes(),
        i -> {
          long[] at = i.clone();
          for (int d = 0; d < at.length; d++) {
            at[d] = dims[d] ? 0 : at[d];
          }
          groups.get(Indices.flat(kept, at)).add(x.at(i));
        });
    double[] values =
        groups.stream()
            .mapToDouble(g -> function.applyAsDouble(g.stream().mapToDouble(v -> v).toArray()))
            .toArray();
    long[] dropped =
        IntStream.range(0, kept.length).filter(d -> !dims[d]).mapToLong(d -> kept[d]).toArray();
    return new Plain(keep ? kept : dropped, values);
  }

  /** Replaces each line along a dimension by what a function makes of it, of any length. */
  static Plain lines(Plain x, int dim, UnaryOperator<double[]> function) {
    if (x.dim() == 0) {
      return lines(x.reshape(1), 0, function).reshape();
    }
    int length = function.apply(new double[(int) x.size(dim)]).length;
    long[] sizes = Indices.with(x.sizes(), dim, length);
    Plain result = new Plain(sizes, new double[Indices.numel(sizes)]);
    Indices.forEach(
        Indices.with(sizes, dim, 1),
        start -> {
          double[] line = new double[(int) x.size(dim)];
          Arrays.setAll(line, i -> x.at(Indices.with(start, dim, i)));
          double[] made = function.apply(line);
          for (int i = 0; i < made.length; i++) {
            result.memory()[Indices.flat(sizes, Indices.with(start, dim, i))] = made[i];
          }
        });
    return result;
  }

  /** The same without the dimension, of which one element is left. */
  static Plain dropped(Plain x, int dim) {
    return x.dim() == 0 ? x : x.reshape(Indices.removed(x.sizes(), dim));
  }

  // ---- of a line

  /** Where the elements are that put a line in order; equals stay as they are. */
  static double[] order(boolean descending, double... line) {
    Comparator<Integer> ascending = (i, j) -> line[i] < line[j] ? -1 : line[i] > line[j] ? 1 : 0;
    return IntStream.range(0, line.length)
        .boxed()
        .sorted(descending ? ascending.reversed() : ascending)
        .mapToDouble(i -> i)
        .toArray();
  }

  static double[] picked(double[] line, double... places) {
    return Arrays.stream(places).map(i -> line[(int) i]).toArray();
  }

  /** What each element and all before it come to, one after the other. */
  static double[] running(DoubleBinaryOperator function, double... line) {
    double[] result = line.clone();
    for (int i = 1; i < result.length; i++) {
      result[i] = function.applyAsDouble(result[i - 1], result[i]);
    }
    return result;
  }

  /** The place of the last of the greatest elements so far. */
  static double[] greatestSoFar(double... line) {
    double[] places = new double[line.length];
    for (int i = 1; i < line.length; i++) {
      places[i] = line[i] >= line[(int) places[i - 1]] ? i : places[i - 1];
    }
    return places;
  }

  static double variance(double correction, double... values) {
    double mean = Arrays.stream(values).sum() / values.length;
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return squares / Math.max(0, values.length - correction);
  }

  static double logSumExp(double... values) {
    return Math.log(Arrays.stream(values).map(Math::exp).sum());
  }

  /** The number below which a part of the values lies, on the line between two neighbours. */
  static double quantile(double q, double... values) {
    double[] sorted = picked(values, order(false, values));
    double at = q * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = (int) Math.ceil(at);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  static double norm(double p, double... values) {
    return Math.pow(Arrays.stream(values).map(v -> Math.pow(Math.abs(v), p)).sum(), 1 / p);
  }

  // ---- products

  /**
   * The sums of products over indices with names: one letter a dimension, operands apart by commas,
   * the result's after an arrow.
   */
  static Plain einsum(String equation, List<Plain> arrays) {
    String[] sides = equation.split("->", -1);
    String[] operands = sides[0].split(",", -1);
    String result = sides[1];
    StringBuilder summed = new StringBuilder();
    sides[0]
        .chars()
        .filter(c -> c != ',' && result.indexOf(c) < 0)
        .distinct()
        .forEach(c -> summed.append((char) c));
    String letters = result + summed;
    long[] sizes = new long[letters.length()];
    for (int k = 0; k < operands.length; k++) {
      for (int d = 0; d < operands[k].length(); d++) {
        sizes[letters.indexOf(operands[k].charAt(d))] = arrays.get(k).size(d);
      }
    }
    long[] kept = Arrays.copyOf(sizes, result.length());
    double[] sums = new double[Indices.numel(kept)];
    Indices.forEach(
        sizes,
        i -> {
          double product = 1;
          for (int k = 0; k < operands.length; k++) {
            product *=
                arrays
                    .get(k)
                    .at(operands[k].chars().mapToLong(c -> i[letters.indexOf(c)]).toArray());
          }
          sums[Indices.flat(kept, Arrays.copyOf(i, kept.length))] += product;
        });
    return new Plain(kept, sums);
  }
}
