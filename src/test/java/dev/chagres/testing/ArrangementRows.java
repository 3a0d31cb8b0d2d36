package dev.chagres.testing;

import static dev.chagres.testing.OtherRows.exact;
import static dev.chagres.testing.OtherRows.moves;
import static dev.chagres.testing.OtherRows.to;

import dev.chagres.tensor.MeshIndexing;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Row;
import java.util.List;
import java.util.function.Function;

/** The rows of what arranges elements in another order, cuts tensors up, and joins them. */
final class ArrangementRows {
  private static final long[] CUBE = {2, 3, 4};
  private static final long[] MATRIX = {4, 5};
  private static final long[] SQUARE = {3, 3};

  private ArrangementRows() {}

  static void add() {
    swapped();
    shaped();
    turned();
    repeated();
    triangles();
    parts();
    joined();
    scattered();
  }

  private static long[] of(long... values) {
    return values;
  }

  private static void row(Row row) {
    OtherRows.ROWS.add(row);
  }

  /** Elements of the operand at some places of the result, 0 at all others. */
  private interface Place {
    /** Where the element at an index of the result comes from; an index outside for none. */
    long[] of(long[] index);
  }

  private static void spreads(
      String name, long[] shape, Function<Tensor, Tensor> call, long[] sizes, Place place) {
    row(
        exact(
            name,
            List.of(shape),
            in -> call.apply(in.getFirst()),
            in -> Plain.fill(sizes, i -> in.getFirst().orZero(place.of(i)))));
  }

  private static void swapped() {
    moves("T", CUBE, Tensor::T, to(of(4, 3, 2), i -> of(i[2], i[1], i[0])));
    moves("mT", CUBE, Tensor::mT, to(of(2, 4, 3), i -> of(i[0], i[2], i[1])));
    moves("mH", CUBE, Tensor::mH, to(of(2, 4, 3), i -> of(i[0], i[2], i[1])));
    moves("adjoint", CUBE, Tensor::adjoint, to(of(2, 4, 3), i -> of(i[0], i[2], i[1])));
    moves("H", MATRIX, Tensor::H, to(of(5, 4), i -> of(i[1], i[0])));
    moves("swapaxes", CUBE, x -> x.swapaxes(0, 1), to(of(3, 2, 4), i -> of(i[1], i[0], i[2])));
    moves("swapdims", CUBE, x -> x.swapdims(1, -1), to(of(2, 4, 3), i -> of(i[0], i[2], i[1])));
    moves("movedim", CUBE, x -> x.movedim(0, -1), to(of(3, 4, 2), i -> of(i[2], i[0], i[1])));
    moves(
        "moveaxis",
        CUBE,
        x -> x.moveaxis(new int[] {0, -1}, new int[] {1, 0}),
        to(of(4, 2, 3), i -> of(i[1], i[2], i[0])));
  }

  private static void shaped() {
    moves("ravel", CUBE, Tensor::ravel, to(of(24), i -> Indices.of(i[0], CUBE)));
    moves(
        "reshapeAs",
        MATRIX,
        x -> x.reshapeAs(Tensor.zeros(2, 10)),
        to(of(2, 10), i -> Indices.of(10 * i[0] + i[1], MATRIX)));
    moves(
        "viewAs",
        MATRIX,
        x -> x.contiguous().viewAs(Tensor.zeros(10, 2)),
        to(of(10, 2), i -> Indices.of(2 * i[0] + i[1], MATRIX)));
    moves(
        "unflatten",
        of(3, 6),
        x -> x.unflatten(-1, 2, -1),
        to(of(3, 2, 3), i -> of(i[0], 3 * i[1] + i[2])));
    moves("broadcastTo", of(3, 1), x -> x.broadcastTo(2, 3, 4), to(of(2, 3, 4), i -> of(i[1], 0)));
    moves(
        "squeeze several",
        of(1, 3, 1, 1),
        x -> x.squeeze(0, 1, -1),
        to(of(3, 1), i -> of(0, i[0], i[1], 0)));
    moves("atleast1d", of(), Tensor::atleast1d, to(of(1), i -> of()));
    moves("atleast2d", of(3), Tensor::atleast2d, to(of(1, 3), i -> of(i[1])));
    moves("atleast3d of a vector", of(3), Tensor::atleast3d, to(of(1, 3, 1), i -> of(i[1])));
    moves("atleast3d", MATRIX, Tensor::atleast3d, to(of(4, 5, 1), i -> of(i[0], i[1])));
    moves(
        "asStrided",
        of(10),
        x -> x.clone().asStrided(of(3, 2), of(3, 1), 2),
        to(of(3, 2), i -> of(2 + 3 * i[0] + i[1])));
    moves(
        "asStrided of windows",
        of(5),
        x -> x.clone().asStrided(of(3, 2, 2), of(1, 1, 0)),
        to(of(3, 2, 2), i -> of(i[0] + i[1])));
    moves(
        "asStrided of gaps",
        of(4, 2),
        x -> x.contiguous().clone().t().asStrided(of(3), of(3), 1),
        to(of(3), i -> Indices.of(1 + 3 * i[0], 4, 2)));
    moves(
        "narrow from a tensor",
        of(5),
        x -> x.narrow(0, Tensor.scalar(-3), 2),
        to(of(2), i -> of(2 + i[0])));
  }

  private static void turned() {
    moves("flip", CUBE, x -> x.flip(0, -1), to(CUBE, i -> of(1 - i[0], i[1], 3 - i[2])));
    moves("flip of no dims", MATRIX, x -> x.flip(), to(MATRIX, i -> i));
    moves("flip a scalar", of(), x -> x.flip(0), to(of(), i -> i));
    moves("fliplr", CUBE, Tensor::fliplr, to(CUBE, i -> of(i[0], 2 - i[1], i[2])));
    moves("flipud", CUBE, Tensor::flipud, to(CUBE, i -> of(1 - i[0], i[1], i[2])));
    moves(
        "roll",
        MATRIX,
        x -> x.roll(-3),
        to(MATRIX, i -> Indices.of((5 * i[0] + i[1] + 3) % 20, MATRIX)));
    moves("roll a dim", MATRIX, x -> x.roll(12, 1), to(MATRIX, i -> of(i[0], (i[1] + 3) % 5)));
    moves(
        "roll dims",
        CUBE,
        x -> x.roll(of(1, -1, 2), new int[] {2, 0, 2}),
        to(CUBE, i -> of(1 - i[0], i[1], (i[2] + 1) % 4)));
    moves("rot90", MATRIX, Tensor::rot90, to(of(5, 4), i -> of(i[1], 4 - i[0])));
    moves(
        "rot90 back", CUBE, x -> x.rot90(-1, 2, 0), to(of(4, 3, 2), i -> of(i[2], i[1], 3 - i[0])));
    moves("rot90 twice", MATRIX, x -> x.rot90(6), to(MATRIX, i -> of(3 - i[0], 4 - i[1])));
    moves("rot90 not", MATRIX, x -> x.rot90(4), to(MATRIX, i -> i));
  }

  private static void repeated() {
    moves(
        "repeatInterleave",
        of(2, 3),
        x -> x.repeatInterleave(2),
        to(of(12), i -> Indices.of(i[0] / 2, 2, 3)));
    moves(
        "repeatInterleave a dim",
        MATRIX,
        x -> x.repeatInterleave(3, 0),
        to(of(12, 5), i -> of(i[0] / 3, i[1])));
    moves("repeatInterleave a scalar", of(), x -> x.repeatInterleave(2), to(of(2), i -> of()));
    moves(
        "repeatInterleave by counts",
        of(2, 3),
        x -> x.repeatInterleave(Tensor.of(2, 0, 1), 1),
        to(of(2, 3), i -> of(i[0], i[1] / 2 * 2)));
    moves(
        "repeatInterleave all by counts",
        of(2, 2),
        x -> x.repeatInterleave(Tensor.of(1, 0, 2, 1)),
        to(of(4), i -> Indices.of(new long[] {0, 2, 2, 3}[(int) i[0]], 2, 2)));
    moves("tile", of(2, 3), x -> x.tile(2), to(of(2, 6), i -> of(i[0], i[1] % 3)));
    moves("tile in front", of(3), x -> x.tile(2, 2), to(of(2, 6), i -> of(i[1] % 3)));
    moves(
        "combinations",
        of(4),
        Tensor::combinations,
        to(
            of(6, 2),
            i ->
                of(
                    new long[][] {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}
                        [(int) i[0]][(int) i[1]])));
    moves(
        "combinations with replacement",
        of(2),
        x -> x.combinations(3, Replacement.WITH_REPLACEMENT),
        to(of(4, 3), i -> of(i[0] + i[1] > 2 ? 1 : 0)));
    row(
        OtherRows.smooth(
            "vander",
            List.of(of(3)),
            in -> in.getFirst().vander(4),
            in -> Plain.fill(of(3, 4), i -> Math.pow(in.getFirst().at(i[0]), 3 - i[1]))));
  }

  private static void triangles() {
    spreads("tril", MATRIX, Tensor::tril, MATRIX, i -> i[1] <= i[0] ? i : of(-1, 0));
    spreads("triu", MATRIX, Tensor::triu, MATRIX, i -> i[1] >= i[0] ? i : of(-1, 0));
    spreads(
        "tril of a batch", CUBE, x -> x.tril(1), CUBE, i -> i[2] <= i[1] + 1 ? i : of(-1, 0, 0));
    spreads(
        "triu of a batch", CUBE, x -> x.triu(-1), CUBE, i -> i[2] >= i[1] - 1 ? i : of(-1, 0, 0));
    moves("diag of a matrix", MATRIX, x -> x.diag(-1), to(of(3), i -> of(i[0] + 1, i[0])));
    spreads(
        "diag of a vector", of(3), x -> x.diag(1), of(4, 4), i -> of(i[1] == i[0] + 1 ? i[0] : -1));
    spreads(
        "diagEmbed",
        of(2, 3),
        Tensor::diagEmbed,
        of(2, 3, 3),
        i -> of(i[0], i[1] == i[2] ? i[1] : -1));
    spreads(
        "diagEmbed elsewhere",
        of(2, 3),
        x -> x.diagEmbed(-1, 2, 0),
        of(4, 2, 4),
        i -> of(i[1], i[2] == i[0] + 1 ? i[0] : -1));
    spreads(
        "diagflat",
        of(2, 2),
        x -> x.diagflat(-2),
        of(6, 6),
        i -> i[0] == i[1] + 2 ? of(i[1] / 2, i[1] % 2) : of(-1, 0));
  }

  private static void parts() {
    moves(
        "splitWithSizes",
        MATRIX,
        x -> x.splitWithSizes(of(1, 3), 0).get(1),
        to(of(3, 5), i -> of(i[0] + 1, i[1])));
    moves(
        "tensorSplit",
        MATRIX,
        x -> x.tensorSplit(2, 1).get(1),
        to(of(4, 2), i -> of(i[0], i[1] + 3)));
    moves(
        "tensorSplit at positions",
        MATRIX,
        x -> x.tensorSplit(of(1, -1), 0).get(1),
        to(of(2, 5), i -> of(i[0] + 1, i[1])));
    moves("hsplit", of(4), x -> x.hsplit(2).get(1), to(of(2), i -> of(i[0] + 2)));
    moves("vsplit", MATRIX, x -> x.vsplit(2).get(1), to(of(2, 5), i -> of(i[0] + 2, i[1])));
    moves(
        "dsplit",
        CUBE,
        x -> x.dsplit(of(1)).get(1),
        to(of(2, 3, 3), i -> of(i[0], i[1], i[2] + 1)));
  }

  private static void joined() {
    row(
        exact(
            "hstack",
            List.of(of(2, 1), of(2, 3)),
            Tensor::hstack,
            in ->
                Plain.fill(
                    of(2, 4), i -> i[1] < 1 ? in.get(0).at(i) : in.get(1).at(i[0], i[1] - 1))));
    row(
        exact(
            "vstack",
            List.of(of(3), of(2, 3)),
            Tensor::vstack,
            in ->
                Plain.fill(
                    of(3, 3), i -> i[0] < 1 ? in.get(0).at(i[1]) : in.get(1).at(i[0] - 1, i[1]))));
    row(
        exact(
            "dstack",
            List.of(of(3), of(3)),
            Tensor::dstack,
            in -> Plain.fill(of(1, 3, 2), i -> in.get((int) i[2]).at(i[1]))));
    row(
        exact(
            "columnStack",
            List.of(of(2), of(2, 3)),
            Tensor::columnStack,
            in ->
                Plain.fill(
                    of(2, 4), i -> i[1] < 1 ? in.get(0).at(i[0]) : in.get(1).at(i[0], i[1] - 1))));
    row(
        exact(
            "blockDiag",
            List.of(of(2, 3), of(2), of()),
            Tensor::blockDiag,
            in ->
                Plain.fill(
                    of(4, 6),
                    i ->
                        i[0] < 2
                            ? in.get(0).orZero(i)
                            : i[0] == 2
                                ? in.get(1).orZero(i[1] - 3)
                                : i[1] == 5 ? in.get(2).at() : 0)));
    row(
        exact(
            "broadcastTensors",
            List.of(of(3, 1), of(2)),
            in -> Tensor.stack(Tensor.broadcastTensors(in)),
            in ->
                Plain.fill(
                    of(2, 3, 2), i -> i[0] == 0 ? in.get(0).at(i[1], 0) : in.get(1).at(i[2]))));
    row(
        exact(
            "meshgrid",
            List.of(of(2), of(3), of()),
            in -> Tensor.stack(Tensor.meshgrid(in)),
            in ->
                Plain.fill(
                    of(3, 2, 3, 1),
                    i ->
                        i[0] == 0
                            ? in.get(0).at(i[1])
                            : i[0] == 1 ? in.get(1).at(i[2]) : in.get(2).at())));
    row(
        exact(
            "meshgrid xy",
            List.of(of(2), of(3), of(4)),
            in -> Tensor.stack(Tensor.meshgrid(in, MeshIndexing.XY)),
            in ->
                Plain.fill(
                    of(3, 3, 2, 4),
                    i -> in.get((int) i[0]).at(i[0] == 0 ? i[2] : i[0] == 1 ? i[1] : i[3]))));
    row(
        exact(
            "cartesianProd",
            List.of(of(2), of(3)),
            Tensor::cartesianProd,
            in ->
                Plain.fill(
                    of(6, 2), i -> i[1] == 0 ? in.get(0).at(i[0] / 3) : in.get(1).at(i[0] % 3))));
  }

  private static void scattered() {
    row(
        exact(
            "selectScatter",
            List.of(MATRIX, of(4)),
            in -> in.get(0).selectScatter(in.get(1), 1, -2),
            in -> Plain.fill(MATRIX, i -> i[1] == 3 ? in.get(1).at(i[0]) : in.get(0).at(i))));
    row(
        exact(
            "sliceScatter",
            List.of(MATRIX, of(4, 2)),
            in -> in.get(0).sliceScatter(in.get(1), 1, 1, 4, 2),
            in ->
                Plain.fill(
                    MATRIX, i -> i[1] % 2 == 1 ? in.get(1).at(i[0], i[1] / 2) : in.get(0).at(i))));
    row(
        exact(
            "diagonalScatter",
            List.of(SQUARE, of(2)),
            in -> in.get(0).diagonalScatter(in.get(1), -1),
            in ->
                Plain.fill(SQUARE, i -> i[0] == i[1] + 1 ? in.get(1).at(i[1]) : in.get(0).at(i))));
    row(
        exact(
            "asStridedScatter",
            List.of(MATRIX, of(2, 3)),
            in -> in.get(0).contiguous().asStridedScatter(in.get(1), of(2, 3), of(10, 3), 1),
            in ->
                Plain.fill(
                    MATRIX,
                    i -> {
                      long at = 5 * i[0] + i[1] - 1;
                      boolean written = at >= 0 && at % 10 % 3 == 0 && at % 10 < 9;
                      return written ? in.get(1).at(at / 10, at % 10 / 3) : in.get(0).at(i);
                    })));
  }
}
