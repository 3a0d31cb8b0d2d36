package dev.chagres.testing;

import static dev.chagres.tensor.Accumulate.ACCUMULATE;
import static dev.chagres.tensor.IncludeSelf.INCLUDE_SELF;
import static dev.chagres.testing.OtherRows.exact;
import static dev.chagres.testing.OtherRows.smooth;

import dev.chagres.core.DType;
import dev.chagres.tensor.IncludeSelf;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The rows of reading and writing at positions, beyond those that {@link OtherRows} has. */
final class IndexRows {
  static final List<Row> ROWS = new ArrayList<>();

  private static final long[] MATRIX = {4, 5};

  static {
    backwards();
    flat();
    fills();
    accumulating();
    reducing();
  }

  private IndexRows() {}

  private static long[] of(long... values) {
    return values;
  }

  private static Tensor index(long[] sizes, long... values) {
    return Cells.tensor(DType.INT64, sizes, values);
  }

  private static Tensor vector(long... values) {
    return index(of(values.length), values);
  }

  /** Each element of the result is one of the operand's. */
  private static void reads(
      String name,
      long[] shape,
      Function<Tensor, Tensor> call,
      long[] sizes,
      Function<long[], long[]> from) {
    ROWS.add(
        exact(
            name,
            List.of(shape),
            in -> call.apply(in.getFirst()),
            in -> in.getFirst().view(sizes, from::apply)));
  }

  /** What is written to a matrix; the second operand's element for an index, or NaN for none. */
  private static void writes(
      String name, long[] source, OpDb.Call call, Function<Plain, ToDoubleFunction<long[]>> from) {
    ROWS.add(
        exact(
            name,
            List.of(MATRIX, source),
            call,
            in ->
                Plain.fill(
                    MATRIX,
                    i -> {
                      double value = from.apply(in.get(1)).applyAsDouble(i);
                      return Double.isNaN(value) ? in.get(0).at(i) : value;
                    })));
  }

  // ---- negative steps and bytes

  private static void backwards() {
    reads(
        "index backwards",
        MATRIX,
        x -> x.at("::-1, -2::-2"),
        of(4, 2),
        i -> of(3 - i[0], 3 - 2 * i[1]));
    reads(
        "index backwards to a stop",
        MATRIX,
        x -> x.index(Index.at(1), Index.newAxis(), Index.slice(9, 0, -3)),
        of(1, 2),
        i -> of(1, 4 - 3 * i[1]));
    reads("index backwards to nothing", MATRIX, x -> x.at("0:2:-1"), of(0, 5), i -> of(i[0], i[1]));
    reads(
        "index backwards behind a tensor",
        of(2, 3, 4),
        x -> x.index(Index.of(index(of(2, 1), 1, -2)), Index.of(vector(2, 0)), Index.every(-1)),
        of(2, 2, 4),
        i -> of(1 - i[0], 2 - 2 * i[1], 3 - i[2]));
    reads(
        "index backwards between tensors",
        of(2, 3, 4),
        x -> x.index(Index.of(vector(1, 0, 1)), Index.every(-2), Index.of(vector(3, -4, 2))),
        of(3, 2),
        i -> of(1 - i[0] % 2, 2 - 2 * i[1], new long[] {3, 0, 2}[(int) i[0]]));
    reads(
        "index with bytes",
        MATRIX,
        x -> x.index(Index.all(), Index.of(Cells.tensor(DType.UINT8, of(5), 0, 7, 0, 0, 255))),
        of(4, 2),
        i -> of(i[0], 1 + 3 * i[1]));
    writes(
        "put backwards",
        of(2),
        in -> in.get(0).clone().put(in.get(1), Index.at(2), Index.slice(-1, 1, -2)),
        v -> i -> i[0] == 2 && (i[1] == 4 || i[1] == 2) ? v.at((4 - i[1]) / 2) : Double.NaN);
    writes(
        "put backwards beside a tensor",
        of(5),
        in -> in.get(0).clone().put(in.get(1), Index.of(vector(3, 0)), Index.every(-1)),
        v -> i -> i[0] % 3 == 0 ? v.at(4 - i[1]) : Double.NaN);
  }

  // ---- positions in the order of the elements, and along a dimension

  private static void flat() {
    long[] places = {19, 0, 7, 7};
    reads(
        "take",
        MATRIX,
        x -> x.take(index(of(2, 2), 19, -20, 7, -13)),
        of(2, 2),
        i -> Indices.of(places[(int) (2 * i[0] + i[1])], MATRIX));
    reads("take from a scalar", of(), x -> x.take(vector(0, -1)), of(2), i -> of());
    long[] along = {3, 0, 2, 1, 1, 0};
    reads(
        "takeAlongDim",
        of(2, 3, 4),
        x -> x.takeAlongDim(index(of(1, 3, 2), along), -1),
        of(2, 3, 2),
        i -> of(i[0], i[1], along[(int) (2 * i[1] + i[2])]));
    reads(
        "takeAlongDim of wider indices",
        of(3, 1),
        x -> x.takeAlongDim(index(of(2, 3), along[2], 1, 1, 0, 2, -1), 0),
        of(2, 3),
        i -> of(new long[][] {{2, 1, 1}, {0, 2, 2}}[(int) i[0]][(int) i[1]], 0));
    reads(
        "takeAlongDim of all",
        MATRIX,
        x -> x.takeAlongDim(index(of(2, 1), 12, -1)),
        of(2),
        i -> Indices.of(12 + 7 * i[0], MATRIX));
    writes(
        "putFlat",
        of(2, 2),
        in -> in.get(0).putFlat(index(of(2, 2), 6, -1, 0, 13), in.get(1)),
        v ->
            i ->
                switch ((int) (5 * i[0] + i[1])) {
                  case 6 -> v.at(0, 0);
                  case 19 -> v.at(0, 1);
                  case 0 -> v.at(1, 0);
                  case 13 -> v.at(1, 1);
                  default -> Double.NaN;
                });
  }

  // ---- one value for many places, and masks

  private static void fills() {
    ROWS.add(
        exact(
            "indexFill",
            List.of(MATRIX),
            in -> in.getFirst().indexFill(1, vector(3, -5, 3), 1),
            in -> Plain.fill(MATRIX, i -> i[1] % 3 == 0 ? 1 : in.getFirst().at(i))));
    writes(
        "indexFill with a tensor",
        of(),
        in -> in.get(0).indexFill(0, vector(1, 1), in.get(1)),
        v -> i -> i[0] == 1 ? v.at() : Double.NaN);
    ROWS.add(
        exact(
            "indexFill of a scalar",
            List.of(of(), of()),
            in -> in.get(0).indexFill(0, vector(0), in.get(1)),
            in -> in.get(1)));
    ROWS.add(
        exact(
            "scatter a number",
            List.of(MATRIX),
            in -> in.getFirst().scatter(0, index(of(1, 3), 2, 0, 3), 1),
            in ->
                Plain.fill(
                    MATRIX,
                    i ->
                        i[1] < 3 && i[0] == new long[] {2, 0, 3}[(int) i[1]]
                            ? 1
                            : in.getFirst().at(i))));
    Supplier<Tensor> mask = () -> Cells.tensor(DType.BOOL, of(4, 1), 0, 1, 0, 1);
    writes(
        "maskedFill with a tensor",
        of(),
        in -> in.get(0).maskedFill(mask.get(), in.get(1)),
        v -> i -> i[0] % 2 == 1 ? v.at() : Double.NaN);
    writes(
        "maskedScatter",
        of(3, 4),
        in -> in.get(0).maskedScatter(mask.get(), in.get(1)),
        v -> i -> i[0] % 2 == 1 ? v.at(Indices.of(i[0] / 2 * 5 + i[1], of(3, 4))) : Double.NaN);
    ROWS.add(
        exact(
            "maskedScatter of a wider mask",
            List.of(of(3), of(5)),
            in -> in.get(0).maskedScatter(Cells.tensor(DType.BOOL, of(2, 1), 0, 1), in.get(1)),
            in -> Plain.fill(of(2, 3), i -> in.get((int) i[0]).at(i[1]))));
    writes(
        "indexPut of two tensors",
        of(2, 1),
        in ->
            in.get(0)
                .indexPut(in.get(1), Index.of(index(of(2, 1), 3, -4)), Index.of(vector(1, -1, 2))),
        v ->
            i ->
                i[0] % 3 == 0 && (i[1] == 1 || i[1] == 4 || i[1] == 2)
                    ? v.at(i[0] == 3 ? 0 : 1, 0)
                    : Double.NaN);
  }

  // ---- adding

  private static void adds(
      String name, long[] source, OpDb.Call call, Function<Plain, ToDoubleFunction<long[]>> term) {
    ROWS.add(
        smooth(
            name,
            List.of(MATRIX, source),
            call,
            in ->
                Plain.fill(MATRIX, i -> in.get(0).at(i) + term.apply(in.get(1)).applyAsDouble(i))));
  }

  private static void accumulating() {
    adds(
        "indexAdd with alpha",
        of(3, 5),
        in -> in.get(0).indexAdd(0, vector(2, 0, 2), in.get(1), -1.5),
        v ->
            i ->
                i[0] == 2
                    ? -1.5 * (v.at(0, i[1]) + v.at(2, i[1]))
                    : i[0] == 0 ? -1.5 * v.at(1, i[1]) : 0);
    adds(
        "indexPut that adds",
        of(3, 1),
        in -> in.get(0).indexPut(in.get(1), ACCUMULATE, Index.of(vector(1, 3, 1)), Index.every(2)),
        v ->
            i ->
                i[1] % 2 == 1
                    ? 0
                    : i[0] == 1 ? v.at(0, 0) + v.at(2, 0) : i[0] == 3 ? v.at(1, 0) : 0);
    adds(
        "indexPut of two tensors that adds",
        of(4),
        in ->
            in.get(0)
                .indexPut(
                    in.get(1),
                    ACCUMULATE,
                    Index.of(vector(1, 3, 1, 1)),
                    Index.of(vector(4, 0, -1, 2))),
        v ->
            i ->
                switch ((int) (5 * i[0] + i[1])) {
                  case 9 -> v.at(0) + v.at(2);
                  case 15 -> v.at(1);
                  case 7 -> v.at(3);
                  default -> 0;
                });
    adds(
        "indexPut of a range that adds",
        of(5),
        in -> in.get(0).indexPut(in.get(1), ACCUMULATE, Index.slice(1, 3)),
        v -> i -> i[0] == 1 || i[0] == 2 ? v.at(i[1]) : 0);
    adds(
        "putFlat that adds",
        of(3),
        in -> in.get(0).putFlat(vector(3, 8, 3), in.get(1), ACCUMULATE),
        v ->
            i ->
                switch ((int) (5 * i[0] + i[1])) {
                  case 3 -> v.at(0) + v.at(2);
                  case 8 -> v.at(1);
                  default -> 0;
                });
  }

  // ---- reducing

  private static double reduced(Reduce reduce, List<Double> values) {
    var all = values.stream().mapToDouble(Double::doubleValue);
    return switch (reduce) {
      case SUM -> all.sum();
      case PROD -> all.reduce(1, (a, b) -> a * b);
      case MEAN -> all.average().orElseThrow();
      case AMAX -> all.max().orElseThrow();
      case AMIN -> all.min().orElseThrow();
    };
  }

  /** An element and those that are written to it, of which {@code included} tells which. */
  private static double reduced(
      Reduce reduce, IncludeSelf self, double element, double[] others, long[] at, long place) {
    List<Double> values = new ArrayList<>();
    for (int j = 0; j < at.length; j++) {
      if (at[j] == place) {
        values.add(others[j]);
      }
    }
    if (self == INCLUDE_SELF || values.isEmpty()) {
      values.addFirst(element);
    }
    return reduced(reduce, values);
  }

  private static void reducing() {
    long[] rows = {0, 4, 4, 1, 1, 1, 3, 0, 0, 2, 2, 4};
    long[] slices = {2, 0, 2};
    for (Reduce reduce : Reduce.values()) {
      for (IncludeSelf self : IncludeSelf.values()) {
        ROWS.add(
            smooth(
                "scatterReduce " + reduce + " " + self,
                List.of(MATRIX, of(4, 3)),
                in -> in.get(0).scatterReduce(1, index(of(4, 3), rows), in.get(1), reduce, self),
                in ->
                    Plain.fill(
                        MATRIX,
                        i -> {
                          double[] line = in.get(1).line(1, i[0], 0);
                          int first = (int) (3 * i[0]);
                          long[] at = Arrays.copyOfRange(rows, first, first + 3);
                          return reduced(reduce, self, in.get(0).at(i), line, at, i[1]);
                        })));
        ROWS.add(
            smooth(
                "indexReduce " + reduce + " " + self,
                List.of(MATRIX, of(3, 5)),
                in -> in.get(0).indexReduce(0, vector(slices), in.get(1), reduce, self),
                in ->
                    Plain.fill(
                        MATRIX,
                        i -> {
                          double[] line = in.get(1).line(0, 0, i[1]);
                          return reduced(reduce, self, in.get(0).at(i), line, slices, i[0]);
                        })));
      }
    }
  }
}
