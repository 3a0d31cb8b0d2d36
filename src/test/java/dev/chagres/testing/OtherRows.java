package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Call;
import dev.chagres.testing.OpDb.Meaning;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The rows of views, joining, indexing, and of what is composed from elementwise operations. */
final class OtherRows {
  static final List<Row> ROWS = new ArrayList<>();

  private static final long[] CUBE = {2, 3, 4};
  private static final long[] MATRIX = {4, 5};

  static {
    views();
    copies();
    joining();
    indexing();
    composed();
    ROWS.addAll(IndexRows.ROWS);
    ArrangementRows.add();
    ROWS.addAll(MatrixRows.ROWS);
    ROWS.addAll(ProductRows.ROWS);
    ROWS.addAll(SortingRows.ROWS);
    ROWS.addAll(PointwiseRows.ROWS);
  }

  private OtherRows() {}

  // ---- how a row is said

  /** The shape of a result from the shape of the operand, and where each element comes from. */
  static void moves(String name, long[] shape, Function<Tensor, Tensor> call, Source source) {
    ROWS.add(
        new Row(
            name,
            List.of(shape),
            in -> call.apply(in.getFirst()),
            in -> in.getFirst().view(source.sizes, source.from),
            true,
            true,
            -3,
            3));
  }

  record Source(long[] sizes, UnaryOperator<long[]> from) {}

  static Source to(long[] sizes, UnaryOperator<long[]> from) {
    return new Source(sizes, from);
  }

  private static long[] of(long... values) {
    return values;
  }

  static Row exact(String name, List<long[]> shapes, Call call, Meaning meaning) {
    return new Row(name, shapes, call, meaning, true, true, -3, 3);
  }

  static Row smooth(String name, List<long[]> shapes, Call call, Meaning meaning) {
    return new Row(name, shapes, call, meaning, false, true, -2, 2);
  }

  // ---- views

  private static void views() {
    moves(
        "view",
        CUBE,
        x -> x.contiguous().view(6, -1),
        to(of(6, 4), i -> of(i[0] / 3, i[0] % 3, i[1])));
    moves(
        "reshape",
        CUBE,
        x -> x.reshape(4, 6),
        to(of(4, 6), i -> Indices.of(6 * i[0] + i[1], CUBE)));
    moves("reshape to scalar", of(1, 1), x -> x.reshape(), to(of(), i -> of(0, 0)));
    moves("reshape of nothing", of(0, 3), x -> x.reshape(5, 0), to(of(5, 0), i -> of(0, 0)));
    moves("transpose", CUBE, x -> x.transpose(0, -1), to(of(4, 3, 2), i -> of(i[2], i[1], i[0])));
    moves("t", MATRIX, Tensor::t, to(of(5, 4), i -> of(i[1], i[0])));
    moves("t of a vector", of(5), Tensor::t, to(of(5), i -> i));
    moves("permute", CUBE, x -> x.permute(-1, 0, 1), to(of(4, 2, 3), i -> of(i[1], i[2], i[0])));
    moves("expand", of(3, 1), x -> x.expand(2, -1, 4), to(of(2, 3, 4), i -> of(i[1], 0)));
    moves("expand a scalar", of(), x -> x.expand(2, 2), to(of(2, 2), i -> of()));
    moves("expand to nothing", of(1, 3), x -> x.expand(0, 3), to(of(0, 3), i -> of(0, i[1])));
    moves(
        "expandAs", of(3, 1), x -> x.expandAs(Tensor.zeros(3, 5)), to(of(3, 5), i -> of(i[0], 0)));
    moves("narrow", CUBE, x -> x.narrow(-1, 1, 2), to(of(2, 3, 2), i -> of(i[0], i[1], i[2] + 1)));
    moves("narrow to nothing", CUBE, x -> x.narrow(1, 3, 0), to(of(2, 0, 4), i -> i));
    moves("slice", MATRIX, x -> x.slice(1, 1, 5, 2), to(of(4, 2), i -> of(i[0], 1 + 2 * i[1])));
    moves(
        "slice from the end",
        MATRIX,
        x -> x.slice(0, -3, -1, 1),
        to(of(2, 5), i -> of(i[0] + 1, i[1])));
    moves("select", CUBE, x -> x.select(1, -2), to(of(2, 4), i -> of(i[0], 1, i[1])));
    moves("diagonal", MATRIX, x -> x.diagonal(1), to(of(4), i -> of(i[0], i[0] + 1)));
    moves(
        "diagonal below",
        CUBE,
        x -> x.diagonal(-1, 2, 0),
        to(of(3, 2), i -> of(i[1], i[0], i[1] + 1)));
    moves("unfold", of(7), x -> x.unfold(0, 3, 2), to(of(3, 3), i -> of(2 * i[0] + i[1])));
    moves(
        "unfold of rows",
        MATRIX,
        x -> x.unfold(1, 2, 1),
        to(of(4, 4, 2), i -> of(i[0], i[1] + i[2])));
    moves(
        "unfold with gaps",
        MATRIX,
        x -> x.unfold(0, 1, 3),
        to(of(2, 5, 1), i -> of(3 * i[0], i[1])));
    moves("unsqueeze", MATRIX, x -> x.unsqueeze(1), to(of(4, 1, 5), i -> of(i[0], i[2])));
    moves(
        "unsqueeze at the end", MATRIX, x -> x.unsqueeze(-1), to(of(4, 5, 1), i -> of(i[0], i[1])));
    moves("squeeze", of(1, 3, 1), Tensor::squeeze, to(of(3), i -> of(0, i[0], 0)));
    moves("squeeze one", of(1, 3, 1), x -> x.squeeze(-1), to(of(1, 3), i -> of(i[0], i[1], 0)));
    moves("squeeze none", MATRIX, x -> x.squeeze(0), to(MATRIX, i -> i));
    moves("flatten", CUBE, Tensor::flatten, to(of(24), i -> Indices.of(i[0], CUBE)));
    moves(
        "flatten from", CUBE, x -> x.flatten(1), to(of(2, 12), i -> of(i[0], i[1] / 4, i[1] % 4)));
    moves(
        "flatten to", CUBE, x -> x.flatten(0, 1), to(of(6, 4), i -> of(i[0] / 3, i[0] % 3, i[1])));
    moves("flatten a scalar", of(), Tensor::flatten, to(of(1), i -> of()));
    moves("split", MATRIX, x -> x.split(2, 1).get(2), to(of(4, 1), i -> of(i[0], 4)));
    moves(
        "split into sizes",
        MATRIX,
        x -> x.split(of(1, 3), 0).get(1),
        to(of(3, 5), i -> of(i[0] + 1, i[1])));
    moves("chunk", MATRIX, x -> x.chunk(2, 1).get(0), to(of(4, 3), i -> i));
    moves("unbind", MATRIX, x -> x.unbind(1).get(3), to(of(4), i -> of(i[0], 3)));
    moves("get", CUBE, x -> x.get(1, -1), to(of(4), i -> of(1, 2, i[0])));
  }

  // ---- copies

  private static void copies() {
    moves("clone", CUBE, Tensor::clone, to(CUBE, i -> i));
    moves("contiguous", CUBE, Tensor::contiguous, to(CUBE, i -> i));
    moves("repeat", of(2, 3), x -> x.repeat(2, 2), to(of(4, 6), i -> of(i[0] % 2, i[1] % 3)));
    moves("repeat in front", of(3), x -> x.repeat(2, 1, 2), to(of(2, 1, 6), i -> of(i[2] % 3)));
    moves("repeat no times", of(3), x -> x.repeat(0), to(of(0), i -> i));
  }

  // ---- joining

  private static void joining() {
    ROWS.add(
        exact(
            "cat",
            List.of(of(2, 3), of(2, 1), of(2, 2)),
            in -> Tensor.cat(in, 1),
            in ->
                Plain.fill(
                    of(2, 6),
                    i ->
                        i[1] < 3
                            ? in.get(0).at(i)
                            : i[1] < 4 ? in.get(1).at(i[0], 0) : in.get(2).at(i[0], i[1] - 4))));
    ROWS.add(
        exact(
            "cat of two with nothing between",
            List.of(of(2, 3), of(0, 3), of(1, 3)),
            in -> Tensor.cat(in, -2),
            in -> Plain.fill(of(3, 3), i -> i[0] < 2 ? in.get(0).at(i) : in.get(2).at(0, i[1]))));
    ROWS.add(
        exact(
            "stack",
            List.of(MATRIX, MATRIX),
            in -> Tensor.stack(in, 1),
            in -> Plain.fill(of(4, 2, 5), i -> in.get((int) i[1]).at(i[0], i[2]))));
    ROWS.add(
        exact(
            "stack of scalars",
            List.of(of(), of(), of()),
            in -> Tensor.stack(in, -1),
            in -> Plain.fill(of(3), i -> in.get((int) i[0]).at())));
  }

  // ---- indexing

  private static Tensor positions(long... values) {
    return Cells.tensor(DType.INT64, of(values.length), values);
  }

  private static Tensor positions(long[] sizes, long... values) {
    return Cells.tensor(DType.INT64, sizes, values);
  }

  private static Tensor mask(long[] sizes, long... values) {
    return Cells.tensor(DType.BOOL, sizes, values);
  }

  private static void indexing() {
    long[] picks = {2, 0, -1, 2};
    long[] rows = {2, 0, 3, 2};
    moves(
        "indexSelect",
        MATRIX,
        x -> x.indexSelect(0, positions(rows)),
        to(of(4, 5), i -> of(rows[(int) i[0]], i[1])));
    moves(
        "indexSelect columns",
        CUBE,
        x -> x.indexSelect(-1, positions(3, 1)),
        to(of(2, 3, 2), i -> of(i[0], i[1], 3 - 2 * i[2])));
    moves(
        "index with a slice and a position",
        CUBE,
        x -> x.index(Index.all(), Index.at(1), Index.every(3)),
        to(of(2, 2), i -> of(i[0], 1, 3 * i[1])));
    moves(
        "index with new axes",
        MATRIX,
        x -> x.index(Index.newAxis(), Index.ellipsis(), Index.from(3)),
        to(of(1, 4, 2), i -> of(i[1], i[2] + 3)));
    moves(
        "index with text",
        CUBE,
        x -> x.at("1, ..., ::2"),
        to(of(3, 2), i -> of(1, i[0], 2 * i[1])));
    moves(
        "index with a tensor",
        MATRIX,
        x -> x.index(Index.of(positions(picks))),
        to(of(4, 5), i -> of(rows[(int) i[0]], i[1])));
    moves(
        "index with two tensors",
        CUBE,
        x -> x.index(Index.of(positions(1, 0, 1)), Index.all(), Index.of(positions(3, -4, 2))),
        to(of(3, 3), i -> of(1 - i[0] % 2, i[1], new long[] {3, 0, 2}[(int) i[0]])));
    moves(
        "index with a mask",
        MATRIX,
        x -> x.index(Index.of(mask(of(4), 0, 1, 0, 1))),
        to(of(2, 5), i -> of(1 + 2 * i[0], i[1])));
    moves(
        "maskedSelect",
        of(2, 3),
        x -> x.maskedSelect(mask(of(2, 3), 0, 1, 1, 1, 0, 0)),
        to(of(3), i -> new long[][] {{0, 1}, {0, 2}, {1, 0}}[(int) i[0]]));
    long[] index = {0, 4, 2, 1, 1, 1, 3, 0, 0, 2, 2, 4};
    moves(
        "gather",
        MATRIX,
        x -> x.gather(1, positions(of(4, 3), index)),
        to(of(4, 3), i -> of(i[0], index[(int) (3 * i[0] + i[1])])));
    moves(
        "gather rows",
        MATRIX,
        x -> x.gather(-2, positions(of(1, 5), 3, 0, 2, 2, 1)),
        to(of(1, 5), i -> of(new long[] {3, 0, 2, 2, 1}[(int) i[1]], i[1])));
    ROWS.add(
        smooth(
            "scatterAdd",
            List.of(MATRIX, of(4, 3)),
            in -> in.get(0).scatterAdd(1, positions(of(4, 3), index), in.get(1)),
            in ->
                Plain.fill(
                    MATRIX,
                    i -> {
                      double sum = in.get(0).at(i);
                      for (int j = 0; j < 3; j++) {
                        sum += index[(int) (3 * i[0] + j)] == i[1] ? in.get(1).at(i[0], j) : 0;
                      }
                      return sum;
                    })));
    long[] distinct = {0, 4, 2, 1, 0, 3, 3, 0, 1, 2, 1, 4};
    ROWS.add(
        exact(
            "scatter",
            List.of(MATRIX, of(4, 3)),
            in -> in.get(0).scatter(1, positions(of(4, 3), distinct), in.get(1)),
            in ->
                Plain.fill(
                    MATRIX,
                    i -> {
                      double value = in.get(0).at(i);
                      for (int j = 0; j < 3; j++) {
                        value =
                            distinct[(int) (3 * i[0] + j)] == i[1] ? in.get(1).at(i[0], j) : value;
                      }
                      return value;
                    })));
    ROWS.add(
        smooth(
            "indexAdd",
            List.of(MATRIX, of(3, 5)),
            in -> in.get(0).indexAdd(0, positions(2, 0, 2), in.get(1)),
            in ->
                Plain.fill(
                    MATRIX,
                    i ->
                        in.get(0).at(i)
                            + (i[0] == 2 ? in.get(1).at(0, i[1]) + in.get(1).at(2, i[1]) : 0)
                            + (i[0] == 0 ? in.get(1).at(1, i[1]) : 0))));
    ROWS.add(
        exact(
            "indexCopy",
            List.of(MATRIX, of(4, 2)),
            in -> in.get(0).indexCopy(1, positions(4, 1), in.get(1)),
            in ->
                Plain.fill(
                    MATRIX,
                    i ->
                        i[1] == 4
                            ? in.get(1).at(i[0], 0)
                            : i[1] == 1 ? in.get(1).at(i[0], 1) : in.get(0).at(i))));
    ROWS.add(
        exact(
            "maskedFill",
            List.of(MATRIX),
            in -> in.getFirst().maskedFill(mask(of(4, 1), 0, 1, 0, 1), 1),
            in -> Plain.fill(MATRIX, i -> i[0] % 2 == 1 ? 1 : in.getFirst().at(i))));
    ROWS.add(
        exact(
            "put",
            List.of(MATRIX, of(2, 1)),
            in -> in.get(0).clone().put(in.get(1), Index.slice(1, 3), Index.every(2)),
            in ->
                Plain.fill(
                    MATRIX,
                    i ->
                        i[0] >= 1 && i[0] < 3 && i[1] % 2 == 0
                            ? in.get(1).at(i[0] - 1, 0)
                            : in.get(0).at(i))));
    ROWS.add(
        exact(
            "copy_ into a view",
            List.of(MATRIX, of(5)),
            in -> {
              Tensor y = in.get(0).clone();
              y.narrow(0, 1, 2).copy_(in.get(1));
              return y;
            },
            in ->
                Plain.fill(
                    MATRIX, i -> i[0] == 1 || i[0] == 2 ? in.get(1).at(i[1]) : in.get(0).at(i))));
  }

  // ---- composed of elementwise operations

  private static void composed() {
    ROWS.add(
        exact(
            "where",
            List.of(of(4, 1), of(5)),
            in ->
                Tensor.where(
                    mask(of(4, 5), 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0),
                    in.get(0),
                    in.get(1)),
            in -> {
              long[] truth = {0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0};
              return Plain.fill(
                  MATRIX,
                  i ->
                      truth[(int) (5 * i[0] + i[1])] != 0
                          ? in.get(0).at(i[0], 0)
                          : in.get(1).at(i[1]));
            }));
    unary("clamp", x -> x.clamp(-0.5, 0.75), v -> Math.clamp(v, -0.5, 0.75));
    unary("clampMin", x -> x.clampMin(0.25), v -> Math.max(v, 0.25));
    unary("clampMax", x -> x.clampMax(0.25), v -> Math.min(v, 0.25));
    unary("rsub", x -> x.rsub(1.5), v -> 1.5 - v);
    unary("rdiv", x -> x.add(3).rdiv(1.5), v -> 1.5 / (v + 3));
    unary("add a number", x -> x.add(1.25), v -> v + 1.25);
    unary("mul by a number", x -> x.mul(-3), v -> -3 * v);
    unary("div by a number", x -> x.div(3), v -> v / 3);
    unary("maximum with a number", x -> x.maximum(0.3), v -> Math.max(v, 0.3));
    unary("minimum with a number", x -> x.minimum(0.3), v -> Math.min(v, 0.3));
    for (double power : new double[] {0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5}) {
      unary(
          "pow " + power,
          x -> x.abs().add(0.5).pow(power),
          v -> Math.pow(Math.abs(v) + 0.5, power));
    }
    unary("pow 3 of any sign", x -> x.pow(3), v -> v * v * v);
    two("add with alpha", in -> in.get(0).add(in.get(1), 2.5), (a, b) -> a + 2.5 * b);
    two("sub with alpha", in -> in.get(0).sub(in.get(1), -0.5), (a, b) -> a + 0.5 * b);
    two("lerp", in -> in.get(0).lerp(in.get(1), 0.3), (a, b) -> a + 0.3 * (b - a));
    ROWS.add(
        smooth(
            "addcmul",
            List.of(MATRIX, of(4, 1), of(5)),
            in -> in.get(0).addcmul(in.get(1), in.get(2), -1.5),
            in ->
                Plain.fill(
                    MATRIX,
                    i -> in.get(0).at(i) - 1.5 * in.get(1).at(i[0], 0) * in.get(2).at(i[1]))));
    ROWS.add(
        smooth(
            "addcdiv",
            List.of(MATRIX, of(4, 1), of(5)),
            in -> in.get(0).addcdiv(in.get(1), in.get(2).abs().add(1), 2),
            in ->
                Plain.fill(
                    MATRIX,
                    i ->
                        in.get(0).at(i)
                            + 2 * in.get(1).at(i[0], 0) / (Math.abs(in.get(2).at(i[1])) + 1))));
    for (int dim : new int[] {0, 1, -1}) {
      softmax("softmax", dim, in -> in.getFirst().softmax(dim), Math::exp);
      softmax("logSoftmax", dim, in -> in.getFirst().logSoftmax(dim), v -> v);
    }
  }

  private static void unary(
      String name, Function<Tensor, Tensor> call, DoubleUnaryOperator meaning) {
    ROWS.add(
        smooth(
            name,
            List.of(MATRIX),
            in -> call.apply(in.getFirst()),
            in -> in.getFirst().map(meaning)));
  }

  private static void two(String name, Call call, DoubleBinaryOperator meaning) {
    ROWS.add(smooth(name, List.of(MATRIX, of(5)), call, in -> in.get(0).with(in.get(1), meaning)));
  }

  /** The logarithm of the softmax, by its definition, and what a function makes of it. */
  private static void softmax(String name, int dim, Call call, DoubleUnaryOperator result) {
    ROWS.add(
        smooth(
            name + " along " + dim,
            List.of(CUBE),
            call,
            in -> {
              Plain x = in.getFirst();
              int axis = dim < 0 ? dim + 3 : dim;
              return Plain.fill(
                  CUBE,
                  i -> {
                    double sum = 0;
                    for (double value : x.line(axis, i)) {
                      sum += Math.exp(value);
                    }
                    return result.applyAsDouble(x.at(i) - Math.log(sum));
                  });
            }));
  }
}
