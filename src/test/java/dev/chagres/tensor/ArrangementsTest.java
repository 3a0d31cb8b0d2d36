package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.OutOfMemoryException;
import dev.chagres.memory.Storage;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.function.LongBinaryOperator;
import org.junit.jupiter.api.Test;

/** What PyTorch's samples and the op database do not reach of views, arranging and joining. */
@OnEveryDevice
class ArrangementsTest {
  static Tensor leaf(long... sizes) {
    long count = Shape.of(sizes).numel();
    return Tensor.arange(DType.FLOAT64, 1, count + 1, 1).reshape(sizes).clone().requiresGrad_();
  }

  static void refused(String part, Runnable code) {
    RuntimeException e = assertThrows(RuntimeException.class, code::run);
    assertTrue(
        e instanceof IllegalArgumentException || e instanceof IndexOutOfBoundsException,
        e::toString);
    assertTrue(String.valueOf(e.getMessage()).contains(part), () -> part + " is not in: " + e);
  }

  static void gradient(Tensor x, double... expected) {
    assertArrayEquals(expected, x.grad().toDoubleArray(), 1e-12);
  }

  // ---- large ones, on several threads

  /** Checks a matrix whose element at each place is what a function of the place says. */
  private static void holds(Tensor y, long rows, long columns, LongBinaryOperator element) {
    assertEquals(Shape.of(rows, columns), y.shape());
    long[] values = y.toLongArray();
    for (int i = 0; i < values.length; i++) {
      long row = i / columns;
      long column = i % columns;
      if (values[i] != element.applyAsLong(row, column)) {
        assertEquals(element.applyAsLong(row, column), values[i], row + ", " + column);
      }
    }
  }

  @Test
  void largeOnesAreSharedByThreads() {
    int threads = Chagres.getNumThreads();
    Chagres.setNumThreads(4);
    try {
      Tensor line = Tensor.arange(600_000).reshape(1, -1);
      holds(line.flip(1), 1, 600_000, (i, j) -> 599_999 - j);
      holds(line.slice(1, 1, 600_000, 2).flip(-1), 1, 300_000, (i, j) -> 599_999 - 2 * j);
      Tensor x = Tensor.arange(900 * 701).reshape(900, 701);
      holds(x.flip(0), 900, 701, (i, j) -> 701 * (899 - i) + j);
      holds(x.flip(0, 1), 900, 701, (i, j) -> 701 * (899 - i) + 700 - j);
      holds(x.t().flip(0), 701, 900, (i, j) -> 701 * j + 700 - i);
      holds(x.rot90(), 701, 900, (i, j) -> 701 * j + 700 - i);
      holds(x.roll(3, 0), 900, 701, (i, j) -> 701 * ((i + 897) % 900) + j);
      holds(x.tril(-7), 900, 701, (i, j) -> j <= i - 7 ? 701 * i + j : 0);
      holds(x.t().triu(9), 701, 900, (i, j) -> j >= i + 9 ? 701 * j + i : 0);
      holds(x.clone().triu_(), 900, 701, (i, j) -> j >= i ? 701 * i + j : 0);
      holds(x.expand(2, 900, 701).flip(0, 2).select(0, 1), 900, 701, (i, j) -> 701 * i + 700 - j);
    } finally {
      Chagres.setNumThreads(threads);
    }
  }

  // ---- triangles in place

  @Test
  void trianglesInPlaceAreSeenByAllViews() {
    Tensor x = Tensor.arange(1, 10).reshape(3, 3);
    Tensor row = x.select(0, 0);
    assertSame(x, x.tril_());
    assertArrayEquals(new long[] {1, 0, 0, 4, 5, 0, 7, 8, 9}, x.toLongArray());
    assertArrayEquals(new long[] {1, 0, 0}, row.toLongArray());
    Tensor part = x.slice(1, 0, 3, 2);
    part.triu_();
    assertArrayEquals(new long[] {1, 0, 0, 0, 5, 0, 0, 8, 0}, x.toLongArray());
  }

  @Test
  void trianglesInPlaceAreRecorded() {
    Tensor x = leaf(2, 2);
    Tensor y = x.mul(1);
    y.tril_();
    y.mul(y).sum().backward();
    gradient(x, 2, 0, 6, 8);
    Tensor squared = leaf(2, 2);
    Tensor changed = squared.mul(2).detach();
    Tensor z = squared.mul(changed);
    changed.triu_();
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> z.sum().backward());
    assertTrue(e.getMessage().contains("modified"), e.getMessage());
    assertThrows(IllegalStateException.class, () -> leaf(2, 2).tril_());
  }

  @Test
  void trianglesOfReadOnlyMemoryAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(16, 8).asReadOnly();
      Tensor x = Tensor.of(memory, DType.FLOAT32, 2, 2);
      assertThrows(IllegalStateException.class, () -> x.tril_());
    }
  }

  @Test
  void farDiagonalsAreNothingOrAll() {
    Tensor x = Tensor.ones(2, 3);
    for (long far : List.of(3L, Long.MAX_VALUE)) {
      assertEquals(6, x.tril(far).sum().item());
      assertEquals(0, x.triu(far).sum().item());
      assertEquals(0, x.tril(-far).sum().item());
      assertEquals(6, x.triu(-far).sum().item());
    }
    assertEquals(6, x.triu(Long.MIN_VALUE).sum().item());
    refused("tril: at least two", () -> Tensor.ones(3).tril());
    refused("diagEmbed: shift", () -> x.diagEmbed(Long.MIN_VALUE));
    refused("diagEmbed: shift", () -> x.diagEmbed(Long.MAX_VALUE));
    refused("diagEmbed: dim 1 is there twice", () -> x.diagEmbed(0, 1, 1));
    refused("diag: one or two", () -> Tensor.ones(2, 2, 2).diag());
    refused("diagEmbed: a scalar", () -> Tensor.scalar(1).diagEmbed());
  }

  @Test
  void shapesOfATensorItselfKeepItsHistory() {
    Tensor x = leaf(2, 3);
    Tensor y = x.mul(1);
    y.swapaxes_(0, 1);
    assertEquals(Shape.of(3, 2), y.shape());
    assertEquals(Shape.of(2, 3), y.swapdims_(-1, 0).shape());
    y.asStrided_(new long[] {1, 3, 1}, new long[] {1, 2, 1}, 1);
    assertEquals(Shape.of(3), y.squeeze_(0, 2).shape());
    assertArrayEquals(new double[] {2, 4, 6}, y.toDoubleArray());
    y.mul(y).sum().backward();
    gradient(x, 0, 4, 0, 8, 0, 12);
    refused("asStrided: ", () -> Tensor.zeros(2).asStrided_(new long[] {3}, new long[] {1}, 0));
  }

  // ---- the same bytes as another dtype

  @Test
  void bytesAreReadAsAnotherDtype() {
    Tensor x = Tensor.of(1.0, -2, 3, 4);
    Tensor bits = x.view(DType.INT32);
    assertArrayEquals(
        new long[] {0x3f800000, 0xc0000000, 0x40400000, 0x40800000}, bits.toLongArray());
    bits.put("1", 0x41200000);
    assertEquals(10, x.get(1).item());
    assertEquals(Shape.of(16), x.view(DType.UINT8).shape());
    assertEquals(0x80, x.view(DType.UINT8).get(2).itemLong());
    assertEquals(Shape.of(2), x.view(DType.INT64).shape());
    assertEquals(0x4080000040400000L, x.view(DType.INT64).get(1).itemLong());
    Tensor rows = Tensor.arange(8).to(DType.INT32).reshape(2, 4).slice(1, 2, 4, 1);
    assertArrayEquals(
        new long[] {2 | 3L << 32, 6 | 7L << 32}, rows.view(DType.INT64).toLongArray());
    assertArrayEquals(new long[] {2, 0, 3, 0, 6, 0, 7, 0}, rows.view(DType.INT16).toLongArray());
    assertFalse(leaf(2).view(DType.INT64).requiresGrad());
  }

  @Test
  void bytesThatMakeNoElementAreRefused() {
    Tensor x = Tensor.zeros(5);
    refused("view: ", () -> x.view(DType.FLOAT64));
    refused("view: ", () -> x.slice(0, 1, 5, 1).view(DType.FLOAT64));
    refused("view: ", () -> Tensor.zeros(2, 3).slice(1, 0, 2, 1).view(DType.FLOAT64));
    refused("has gaps", () -> Tensor.zeros(4, 4).t().view(DType.INT8));
    refused("has gaps", () -> Tensor.zeros(4, 1).expand(4, 4).view(DType.INT8));
    refused("view: a scalar", () -> Tensor.scalar(1).view(DType.INT8));
    refused("view: a scalar", () -> Tensor.scalar(1, DType.INT8).view(DType.INT64));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment odd = arena.allocate(20, 8).asSlice(4);
      Tensor wrapped = Tensor.of(odd, DType.INT32, 4);
      refused("aligned", () -> wrapped.view(DType.INT64));
      assertEquals(Shape.of(16), wrapped.view(DType.UINT8).shape());
    }
  }

  // ---- names, and what is returned

  @Test
  void operationsHavePyTorchsNames() {
    Tensor x = leaf(2, 3);
    Tensor v = leaf(3);
    assertEquals("TrilBackward", x.tril().gradFn().name());
    assertEquals("TriuBackward", x.triu().gradFn().name());
    assertEquals("PermuteBackward", x.T().gradFn().name());
    assertEquals("TransposeBackward", x.mT().gradFn().name());
    assertEquals("PermuteBackward", x.movedim(0, 1).gradFn().name());
    assertEquals("DiagEmbedBackward", v.diag().gradFn().name());
    assertEquals("DiagEmbedBackward", x.diagflat().gradFn().name());
    assertEquals("DiagonalBackward_copy", x.diag().gradFn().name());
    assertEquals("FlipBackward", x.fliplr().gradFn().name());
    assertEquals("RollBackward", x.roll(1, 0).gradFn().name());
    assertEquals("Rot90Backward", x.rot90().gradFn().name());
    assertEquals("AsStridedBackward", x.asStrided(new long[] {1}, new long[] {1}).gradFn().name());
    assertEquals("BlockDiagBackward", Tensor.blockDiag(List.of(x, v)).gradFn().name());
    assertEquals("CatBackward", Tensor.vstack(List.of(x, v)).gradFn().name());
    assertEquals("StackBackward", v.combinations().gradFn().name());
    assertEquals("ExpandBackward", Tensor.meshgrid(List.of(v, v)).getFirst().gradFn().name());
    assertEquals("SliceBackward", x.hsplit(3).getFirst().gradFn().name());
    assertEquals("SliceBackward", v.tensorSplit(2, 0).getFirst().gradFn().name());
    assertEquals(
        "SplitWithSizesBackward",
        v.splitWithSizes(new long[] {1, 2}, 0).getFirst().gradFn().name());
    assertEquals("SelectScatterBackward", x.selectScatter(v, 0, 1).gradFn().name());
    assertEquals("DiagonalScatterBackward", x.diagonalScatter(leaf(2)).gradFn().name());
    assertEquals("SliceScatterBackward", x.sliceScatter(x, 0, 0, 2, 1).gradFn().name());
    assertEquals("IndexSelectBackward", x.repeatInterleave(Tensor.of(1, 2), 0).gradFn().name());
    assertSame(x, x.positive());
    assertSame(v, Tensor.cartesianProd(List.of(v)));
    assertSame(v, v.ravel());
    refused("positive: not defined for bool", () -> Tensor.of(true).positive());
  }

  @Test
  void copiesAreCopies() {
    Tensor x = Tensor.arange(4).reshape(2, 2);
    for (Tensor y : List.of(x.flip(), x.diag(), x.roll(0, 0), x.rot90(0), x.tril(5))) {
      y.fill_(9);
    }
    assertArrayEquals(new long[] {0, 1, 2, 3}, x.toLongArray());
  }

  // ---- joining

  @Test
  void whatDoesNotJoinIsRefused() {
    Tensor v = Tensor.zeros(2);
    Tensor m = Tensor.zeros(2, 2);
    refused("meshgrid: there are no tensors", () -> Tensor.meshgrid(List.of()));
    refused("meshgrid: vectors", () -> Tensor.meshgrid(List.of(m)));
    refused("meshgrid: dtypes", () -> Tensor.meshgrid(List.of(v, Tensor.of(1))));
    refused("meshgrid: too many", () -> Tensor.meshgrid(java.util.Collections.nCopies(61, v)));
    refused("cartesianProd: a vector", () -> Tensor.cartesianProd(List.of(m)));
    refused("cartesianProd: there are no", () -> Tensor.cartesianProd(List.of()));
    refused("blockDiag: at most two", () -> Tensor.blockDiag(List.of(Tensor.zeros(1, 1, 1))));
    refused("broadcastTensors: shape", () -> Tensor.broadcastTensors(List.of(v, Tensor.zeros(3))));
    refused("broadcastShapes: shape", () -> Tensor.broadcastShapes(Shape.of(2), Shape.of(3)));
    refused(
        "broadcastShapes: too many",
        () -> Tensor.broadcastShapes(Shape.of(1L << 40, 1), Shape.of(1L << 40)));
    refused("combinations: a vector", () -> m.combinations());
    refused("combinations: there are none of -1", () -> v.combinations(-1));
    refused("hstack: there are no tensors", () -> Tensor.hstack(List.of()));
    assertEquals(Shape.of(1, 0), Tensor.blockDiag(List.of()).shape());
    assertEquals(Shape.of(0, 5), v.combinations(5).shape());
    assertEquals(Shape.of(0), v.combinations(0).shape());
    assertEquals(Shape.scalar(), Tensor.broadcastShapes());
    assertEquals(List.of(), Tensor.broadcastTensors(List.of()));
  }

  @Test
  void choicesOfManyAreNoMoreThanThereAre() {
    Tensor x = Tensor.arange(40);
    Tensor most = x.combinations(38);
    assertEquals(Shape.of(780, 38), most.shape());
    assertTrue(most.slice(1, 1, 38, 1).gt(most.slice(1, 0, 37, 1)).all().isTrue());
    assertEquals(39, most.get(779, 37).itemLong());
    assertEquals(2, most.get(779, 0).itemLong());
    assertEquals(Shape.of(0, 1L << 40), x.combinations(1L << 40).shape());
    refused(
        "combinations: too many",
        () -> Tensor.arange(6).combinations(1 << 20, Replacement.WITH_REPLACEMENT));
    assertThrows(OutOfMemoryException.class, () -> Tensor.arange(100_000).combinations(3));
    Tensor same = Tensor.of(7).combinations(5, Replacement.WITH_REPLACEMENT);
    assertArrayEquals(new long[] {7, 7, 7, 7, 7}, same.toLongArray());
  }

  @Test
  void manyDimensionsAreRolled() {
    long[] sizes = {2, 3, 2, 2, 3, 2};
    Tensor x = Tensor.arange(144).reshape(sizes);
    Tensor y = x.roll(new long[] {1, 2, -1, 1, 1, 3}, new int[] {0, 1, 2, 3, 4, 5});
    Tensor expected = x;
    long[] shifts = {1, 2, -1, 1, 1, 3};
    for (int dim = 0; dim < 6; dim++) {
      expected = expected.roll(shifts[dim], dim);
    }
    assertArrayEquals(expected.toLongArray(), y.toLongArray());
    assertEquals(15, x.roll(1, 5).get(0, 0, 1, 0, 1, 0).itemLong());
  }

  @Test
  void blocksArePromoted() {
    Tensor y = Tensor.blockDiag(List.of(Tensor.of(true), Tensor.of(2), leaf(1)));
    assertEquals(DType.FLOAT64, y.dtype());
    assertArrayEquals(new double[] {1, 0, 0, 0, 2, 0, 0, 0, 1}, y.toDoubleArray());
  }

  // ---- splitting

  @Test
  void chunksOfNothingAreAsManyAsAskedFor() {
    Tensor x = Tensor.zeros(0, 4);
    assertEquals(List.of(Shape.of(0, 4), Shape.of(0, 4)), shapes(x.chunk(2)));
    assertEquals(List.of(Shape.of(0, 2), Shape.of(0, 2)), shapes(x.chunk(3, 1).subList(0, 2)));
    assertEquals(2, Tensor.zeros(4).chunk(3).size());
  }

  @Test
  void allPartsOfASplitHaveOneGradient() {
    Tensor x = leaf(4, 3);
    for (List<Tensor> parts :
        List.of(
            x.split(2),
            x.split(new long[] {1, 3}),
            x.unbind(),
            x.unbind(1),
            x.chunk(3, 1),
            x.tensorSplit(3),
            x.tensorSplit(2, 1),
            x.tensorSplit(new long[] {1, 1, -1}),
            x.hsplit(3),
            x.hsplit(new long[] {2, 9}),
            x.vsplit(2))) {
      assertSame(parts.get(0).gradFn(), parts.get(1).gradFn());
      Tensor y = parts.get(1).square().sum();
      Tensor g = Autograd.grad(y, x, Backward.Option.CREATE_GRAPH);
      assertEquals(2 * parts.get(1).sum().item(), g.sum().item());
      assertEquals(2.0 * parts.get(1).numel(), Autograd.grad(g.sum(), x).sum().item());
    }
    assertTrue(Autograd.noGrad(() -> x.unbind().getFirst().isLeaf()));
    // Parts that overlap, or leave something out, have each its own.
    List<Tensor> apart = x.tensorSplit(new long[] {3, 1});
    assertEquals(List.of(Shape.of(3, 3), Shape.of(0, 3), Shape.of(3, 3)), shapes(apart));
    Tensor sum = apart.get(0).sum().add(apart.get(2).sum().mul(10));
    assertArrayEquals(
        new double[] {1, 11, 11, 10}, Autograd.grad(sum, x).select(1, 0).toDoubleArray());
  }

  @Test
  void aPartOfASplitIsWrittenTo() {
    Tensor x = leaf(4);
    Tensor y = x.mul(1);
    List<Tensor> parts = y.split(2);
    parts.get(0).mul_(3);
    y.mul(Tensor.of(1, 10, 100, 1000).toDouble()).sum().backward();
    gradient(x, 3, 30, 100, 1000);
    assertEquals("AsStridedBackward", parts.get(1).gradFn().name());
  }

  private static List<Shape> shapes(List<Tensor> parts) {
    return parts.stream().map(Tensor::shape).toList();
  }

  @Test
  void partsThatDoNotFitAreRefused() {
    Tensor x = Tensor.zeros(4, 6);
    refused("hsplit: the 6", () -> x.hsplit(4));
    refused("hsplit: the 6", () -> x.hsplit(0));
    refused("vsplit: at least 2", () -> Tensor.zeros(4).vsplit(2));
    refused("vsplit: at least 2", () -> Tensor.zeros(4).vsplit(new long[] {2}));
    refused("dsplit: at least 3", () -> x.dsplit(2));
    refused("hsplit: at least 1", () -> Tensor.scalar(1).hsplit(new long[] {1}));
    refused("tensorSplit: the number", () -> x.tensorSplit(0, 0));
    refused("tensorSplit: a scalar", () -> Tensor.scalar(1).tensorSplit(1, 0));
    refused("int64", () -> x.tensorSplit(Tensor.of(1.0), 0));
    refused("int64", () -> x.tensorSplit(Tensor.zeros(DType.INT64, 1, 1), 0));
    refused("splitWithSizes: sizes", () -> x.splitWithSizes(new long[] {1, 2}, 0));
    refused("split: the size", () -> x.split(0, 0));
    assertEquals(1, Tensor.zeros(0, 2).split(0, 0).size());
    List<Tensor> parts = x.tensorSplit(new long[] {3, 1, 9}, 0);
    assertEquals(
        List.of(Shape.of(3, 6), Shape.of(0, 6), Shape.of(3, 6), Shape.of(0, 6)),
        parts.stream().map(Tensor::shape).toList());
    assertEquals(3, x.tensorSplit(Tensor.scalar(3), 1).size());
  }

  // ---- repeating

  @Test
  void countsSayHowOften() {
    Tensor counts = Tensor.of(2, 0, 3);
    assertArrayEquals(new long[] {0, 0, 2, 2, 2}, counts.repeatInterleave().toLongArray());
    assertEquals(DType.INT32, counts.to(DType.INT32).repeatInterleave().dtype());
    assertEquals(0, Tensor.zeros(DType.INT64, 0).repeatInterleave().numel());
    Tensor x = Tensor.of(5, 6, 7);
    assertArrayEquals(new long[] {5, 5, 7, 7, 7}, x.repeatInterleave(counts).toLongArray());
    assertArrayEquals(
        new long[] {5, 5, 6, 6, 7, 7}, x.repeatInterleave(Tensor.scalar(2)).toLongArray());
    assertEquals(0, x.repeatInterleave(0).numel());
    refused(
        "repeat: shape (2, 3) needs a count for each dim, not [2]",
        () -> Tensor.ones(2, 3).repeat(2));
    refused("may not be negative", () -> x.repeatInterleave(-1));
    refused("may not be negative", () -> Tensor.of(1, -1).repeatInterleave());
    refused("need one count each", () -> x.repeatInterleave(Tensor.of(1, 2), 0));
    refused("int64 or int32", () -> x.repeatInterleave(Tensor.of(1.0, 2, 3)));
    refused("a vector", () -> Tensor.scalar(3).repeatInterleave());
    refused("too many", () -> Tensor.of(1L << 62, 1L << 62, 1L << 62).repeatInterleave());
    refused("repeatInterleave: too many", () -> x.repeatInterleave(1L << 60));
  }

  @Test
  void anEmptyPlaceIsNoReasonToFail() {
    Tensor none = Tensor.zeros(0, 3);
    for (Tensor y : List.of(none.flip(0, 1), none.roll(5), none.roll(-1, 0), none.tril())) {
      assertEquals(Shape.of(0, 3), y.shape());
    }
    assertEquals(Shape.of(3, 0), none.rot90().shape());
    assertEquals(Shape.of(0, 3, 3), none.diagEmbed().shape());
    assertEquals(Shape.of(2, 0), Tensor.trilIndices(0, 4, 0).shape());
    refused("roll: shifts", () -> none.roll(new long[] {1, 2}, new int[] {0}));
    refused("roll: a scalar", () -> Tensor.scalar(1).roll(1, 0));
    refused("rot90: the plane", () -> none.rot90(1, 0));
    refused("rot90: dim 0 is there twice", () -> none.rot90(1, 0, 0));
    refused("rot90: at least two", () -> Tensor.zeros(2).rot90());
    refused("flip: dim -2 is there twice", () -> none.flip(0, -2));
    refused("fliplr: at least two", () -> Tensor.zeros(2).fliplr());
    refused("flipud: a scalar", () -> Tensor.scalar(2).flipud());
    refused(
        "movedim: dim 0 is there twice", () -> none.movedim(new int[] {0, 0}, new int[] {0, 1}));
    refused("movedim: there are 1", () -> none.moveaxis(new int[] {0}, new int[] {0, 1}));
    refused("mT: matrices", () -> Tensor.zeros(2).mT());
    refused("H: a matrix", () -> Tensor.zeros(2, 2, 2).H());
    refused("unflatten: at least one", () -> none.unflatten(0));
    refused("unflatten: ", () -> none.unflatten(1, 2, 2));
    refused("squeeze: dim 0 is there twice", () -> none.squeeze(0, 0));
    refused("narrow: the start", () -> none.narrow(0, Tensor.of(1), 0));
    refused("narrow: the start", () -> none.narrow(0, Tensor.scalar(true), 0));
  }

  // ---- parts replaced

  @Test
  void aSourceIsCastAndHasTheShapeOfItsPart() {
    Tensor whole = Tensor.of(1, 2, 3);
    Tensor y = whole.selectScatter(Tensor.scalar(7.9), 0, 1);
    assertArrayEquals(new long[] {1, 7, 3}, y.toLongArray());
    assertEquals(DType.INT64, y.dtype());
    refused("selectScatter: a source", () -> whole.selectScatter(Tensor.of(1), 0, 1));
    refused("index 3", () -> whole.selectScatter(Tensor.scalar(1), 0, 3));
    refused("diagonalScatter: a source", () -> Tensor.zeros(2, 2).diagonalScatter(Tensor.of(1.0)));
    Tensor all = whole.sliceScatter(Tensor.of(4, 5, 6), 0, -100, 100, 1);
    assertArrayEquals(new long[] {4, 5, 6}, all.toLongArray());
    assertNull(y.gradFn());
    assertNotNull(leaf(2, 2).diagonalScatter(Tensor.of(1.0, 2)).gradFn());
  }

  // ---- new tensors

  /** The numbers are those of PyTorch 2.13. */
  @Test
  void powersOfABase() {
    assertArrayEquals(
        new long[] {1, 4, 21, 100, 464, 2154, 10000},
        Tensor.logspace(DType.INT64, 0, 4.3, 7, 10).toLongArray());
    assertArrayEquals(
        new long[] {1, 10, 100, 232, 16}, Tensor.logspace(DType.UINT8, 0, 4, 5, 10).toLongArray());
    assertArrayEquals(new long[] {1, -2, 4, -8, 16}, Tensor.logspace(0, 4, 5, -2).toLongArray());
    assertEquals(0, Tensor.logspace(0, 1, 0).numel());
    refused("logspace: not defined for bool", () -> Tensor.logspace(DType.BOOL, 0, 1, 2, 10));
    refused("logspace: -1 steps", () -> Tensor.logspace(0, 1, -1));
    refused("linspace: a bound is", () -> Tensor.linspace(Tensor.of(1.0), Tensor.scalar(2.0), 3));
    assertArrayEquals(
        new double[] {1, 2.5, 4},
        Tensor.linspace(Tensor.scalar(1), Tensor.scalar(4.0), 3).toDoubleArray());
  }

  @Test
  void powersOfElements() {
    assertArrayEquals(
        new long[] {4, 2, 1, 9, 3, 1, 0, 0, 1}, Tensor.of(2, 3, 0).vander().toLongArray());
    assertEquals(DType.INT64, Tensor.of(true).vander(3).dtype());
    assertEquals(Shape.of(2, 0), Tensor.of(1.0, 2).vander(0).shape());
    refused("vander: a vector", () -> Tensor.zeros(2, 2).vander());
    refused("vander: there are no -1", () -> Tensor.zeros(2).vander(-1));
    Tensor x = Tensor.of(new double[] {0, 2}, DType.FLOAT64).requiresGrad_();
    x.vander(3).sum().backward();
    gradient(x, 1, 5);
  }

  @Test
  void trianglesByTheirIndices() {
    Tensor lower = Tensor.trilIndices(4, 3, -1);
    assertArrayEquals(new long[] {1, 2, 2, 3, 3, 3}, lower.select(0, 0).toLongArray());
    assertArrayEquals(new long[] {0, 0, 1, 0, 1, 2}, lower.select(0, 1).toLongArray());
    Tensor upper = Tensor.triuIndices(DType.INT32, 2, 2, 0);
    assertEquals(DType.INT32, upper.dtype());
    assertArrayEquals(new long[] {0, 0, 1, 0, 1, 1}, upper.toLongArray());
    refused("trilIndices: ", () -> Tensor.trilIndices(-1, 2, 0));
    refused("int64 or int32", () -> Tensor.trilIndices(DType.INT16, 1, 2, 0));
  }

  @Test
  void truthFillsTensors() {
    assertEquals(DType.BOOL, Tensor.full(Shape.of(2), true).dtype());
    assertArrayEquals(
        new double[] {1, 1}, Tensor.full(Shape.of(2), true, DType.FLOAT32).toDoubleArray());
    assertArrayEquals(new double[] {1, 1}, Tensor.zeros(2).fill_(true).toDoubleArray());
    assertArrayEquals(new double[] {0, 0}, Tensor.ones(2).fullLike(false).toDoubleArray());
    assertEquals(DType.INT64, Tensor.zeros(1).newFull(Shape.of(1), true, DType.INT64).dtype());
  }

  @Test
  void aFlippedTensorLiesAsOthers() {
    Storage storage = Tensor.zeros(3).flip(0).storage();
    assertEquals(12, storage.byteSize());
    assertEquals(1, Tensor.zeros(3).flip(0).layout().stride(0));
  }

  /** Repetitions are copies, also where their layout could be one of the operand's. */
  @Test
  void repetitionsDoNotShareMemory() {
    Tensor one = Tensor.ones(1);
    Tensor same = one.expand(3);
    Tensor x = Tensor.ones(2, 3);
    List<Tensor> repeated =
        List.of(
            same.repeat(2),
            same.tile(1),
            same.repeatInterleave(3),
            x.repeatInterleave(1, 0),
            x.repeatInterleave(1),
            x.repeat(1, 1));
    one.fill_(7);
    x.fill_(7);
    for (Tensor y : repeated) {
      assertEquals(y.numel(), y.sum().item(), 0);
      y.fill_(2);
    }
    assertEquals(7, one.item());
  }

  /** What no memory holds is refused before it is counted out. */
  @Test
  void tooManyCombinationsAreRefusedAtOnce() {
    Tensor x = Tensor.of(1, 2, 3);
    assertTimeout(
        Duration.ofSeconds(2),
        () -> {
          for (long r : new long[] {1L << 40, Long.MAX_VALUE}) {
            assertThrows(
                IllegalArgumentException.class,
                () -> x.combinations(r, Replacement.WITH_REPLACEMENT));
          }
          assertThrows(
              OutOfMemoryException.class,
              () -> x.combinations(100_000, Replacement.WITH_REPLACEMENT));
        });
    assertEquals(Shape.of(15, 4), x.combinations(4, Replacement.WITH_REPLACEMENT).shape());
    assertEquals(Shape.of(120, 3), Tensor.arange(10).combinations(3).shape());
  }
}
