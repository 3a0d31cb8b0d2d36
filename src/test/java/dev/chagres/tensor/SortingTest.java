package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.memory.Scope;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Quickselect;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Order: ties, NaN, every dtype, long lines, what is refused, and gradients of both orders. */
@OnEveryDevice(blocking = true)
class SortingTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static void fails(Class<? extends Exception> type, String start, Executable code) {
    Exception e = assertThrows(type, code);
    assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
  }

  private static void fails(String start, Executable code) {
    fails(IllegalArgumentException.class, start, code);
  }

  private static Tensor doubles(double... values) {
    return Cells.tensor(DType.FLOAT64, new long[] {values.length}, values);
  }

  private static void is(Tensor got, double... expected) {
    assertArrayEquals(expected, Cells.doubles(got));
  }

  private static void at(Tensor got, long... expected) {
    assertArrayEquals(expected, Cells.longs(got));
  }

  // ---- sorting

  @Test
  void equalElementsKeepTheirOrderAndNanIsGreatest() {
    Tensor x = doubles(2, NAN, -0.0, 1, 0.0, NAN, -INF, 1);
    Located up = x.sort();
    is(up.values(), -INF, -0.0, 0.0, 1, 1, 2, NAN, NAN);
    at(up.indices(), 6, 2, 4, 3, 7, 0, 1, 5);
    Located down = x.sort(0, Order.DESCENDING);
    is(down.values(), NAN, NAN, 2, 1, 1, -0.0, 0.0, -INF);
    at(down.indices(), 1, 5, 0, 3, 7, 2, 4, 6);
    at(x.argsort(-1, Order.DESCENDING), 1, 5, 0, 3, 7, 2, 4, 6);
    assertEquals("SortBackward", String.valueOf(x.requiresGrad_().sort().values().gradFn()));
  }

  /** What a quickselect would need 2,250,000 steps for, and is given up for a stable selection. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "INT64"})
  void anUnfortunateOrderIsNoHindrance(DType dtype) {
    double[] killer = Quickselect.killer(3000, 1500);
    Tensor x = Cells.tensor(dtype, new long[] {3000}, killer);
    Tensor twice = Tensor.cat(List.of(x, x), 0);
    for (long k : new long[] {1, 1501, 1502, 2999, 3000}) {
      Located kth = x.kthvalue(k);
      assertTrue(kth.values().equal(x.sort().values().get(k - 1)));
      assertTrue(kth.values().equal(x.get(kth.indices().itemLong())));
      assertTrue(kth.values().equal(twice.kthvalue(2 * k).values()));
    }
  }

  @Test
  void everyNanIsEqualToTheOthersWhateverItsBits() {
    Tensor halves = Tensor.of(0x7e00L, 0x7c01L, 0xfe00L, 0x7c00L).to(DType.INT16);
    at(halves.view(DType.FLOAT16).argsort(), 3, 0, 1, 2);
    Tensor floats = Tensor.of(0x7fc00000L, 0x7f800001L, 0xffc00000L, 0x7f800000L).to(DType.INT32);
    at(floats.view(DType.FLOAT32).argsort(), 3, 0, 1, 2);
  }

  /** Lines of many lengths, with many equal elements, against Java's stable sort. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void everyDtypeIsSortedStably(DType dtype) {
    Random random = new Random(7);
    for (int n : new int[] {1, 2, 24, 25, 100, 1000, 10_000}) {
      double[] values = new double[n];
      Arrays.setAll(values, i -> random.nextInt(201) - (dtype == DType.UINT8 ? 0 : 100));
      Tensor x = Cells.tensor(dtype, new long[] {n}, values);
      double[] stored = Cells.doubles(x);
      for (Order order : Order.values()) {
        Comparator<Integer> by = Comparator.comparing(i -> stored[i]);
        int[] expected =
            IntStream.range(0, n)
                .boxed()
                .sorted(order == Order.ASCENDING ? by : by.reversed())
                .mapToInt(i -> i)
                .toArray();
        try (Scope _ = Scope.open()) {
          Located sorted = x.sort(0, order);
          at(sorted.indices(), Arrays.stream(expected).asLongStream().toArray());
          is(sorted.values(), Arrays.stream(expected).mapToDouble(i -> stored[i]).toArray());
          if (dtype != DType.BOOL) {
            Located first = x.topk(Math.min(n, 17), 0, order);
            assertTrue(first.indices().equal(sorted.indices().narrow(0, 0, Math.min(n, 17))));
            Located most = x.topk(n - n / 3, 0, order);
            assertTrue(most.indices().equal(sorted.indices().narrow(0, 0, n - n / 3)));
          }
        }
      }
      if (dtype != DType.BOOL) {
        int k = 1 + n / 3;
        int chosen =
            Quickselect.chosen(
                n, k - 1, (a, b) -> Double.compare(stored[a] + 0.0, stored[b] + 0.0));
        Located kth = x.kthvalue(k);
        assertEquals(stored[chosen], kth.values().item());
        long place = kth.indices().itemLong();
        if (x.isCpu()) {
          assertEquals(chosen, place); // which of equal elements it is, PyTorch says for the CPU
        }
        assertEquals(stored[chosen], stored[(int) place]);
        long middle = (n - 1) / 2;
        assertEquals(x.argsort().get(middle).itemLong(), x.median(0).indices().itemLong());
      }
    }
  }

  @Test
  void aFewOfManyAreTheFirstOfAll() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT16, DType.UINT8)) {
      for (int n : new int[] {500, 1024, 1056, 5000, 70_000}) {
        List<Tensor> lines =
            List.of(
                Tensor.randn(n).mul(100).to(DType.INT32).to(dtype),
                Tensor.arange(n).to(dtype),
                Tensor.arange(n, 0, -1).to(dtype),
                Tensor.ones(n).to(dtype));
        for (Tensor line : lines) {
          Tensor apart =
              Tensor.stack(List.of(line, line)).transpose(0, 1).contiguous().select(1, 1);
          for (Order order : Order.values()) {
            Located all = line.sort(0, order);
            for (int k : new int[] {1, 3, 62, 256, 257}) {
              if (k > n / 8) {
                continue;
              }
              for (Tensor x : List.of(line, apart)) {
                Located first = x.topk(k, 0, order);
                assertTrue(first.indices().equal(all.indices().narrow(0, 0, k)), dtype + " " + k);
                assertTrue(first.values().equal(all.values().narrow(0, 0, k)));
              }
            }
          }
        }
      }
    }
    Tensor missing = Tensor.randn(3000).indexFill(0, Tensor.of(5L, 2999L), Double.NaN);
    at(missing.topk(2).indices(), 5, 2999);
    assertEquals(0, missing.topk(9, 0, Order.ASCENDING).values().isnan().sum().item());
  }

  @Test
  void extremeIntegersAreInOrder() {
    Tensor x = Tensor.of(Long.MAX_VALUE, -1, Long.MIN_VALUE, 0, Long.MAX_VALUE - 1);
    at(x.argsort(), 2, 1, 3, 4, 0);
    at(x.topk(2).indices(), 0, 4);
  }

  @Test
  void aLineIsSortedWhereItLies() {
    Tensor x = Tensor.randn(300, 70, 5);
    Tensor expected = x.transpose(0, 2).contiguous().sort().values().transpose(0, 2);
    assertTrue(expected.equal(x.sort(0).values()));
    Tensor part = x.slice(0, 10, 290, 3).transpose(0, 1);
    assertTrue(part.contiguous().sort(1).values().equal(part.sort(1).values()));
    assertTrue(part.contiguous().sort(1).indices().equal(part.sort(1).indices()));
    Tensor same = Tensor.of(3.0, 1.0).unsqueeze(1).expand(2, 4);
    at(same.sort(0).indices(), 1, 1, 1, 1, 0, 0, 0, 0);
    assertEquals(Shape.of(0, 3), Tensor.zeros(0, 3).sort(0).values().shape());
    assertEquals(0, Tensor.scalar(4.5).sort(-1).indices().itemLong());
    fails(IndexOutOfBoundsException.class, "sort: ", () -> x.sort(3));
  }

  @OnCpu("it is about memory that Java code writes to meanwhile")
  @Test
  void whileOthersWriteAnOrderIsStillOne() throws InterruptedException {
    Tensor x = Tensor.randn(5000);
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !over.get(); i++) {
                    x.narrow(0, i % 4999, 2).fill_(i % 13 - 6);
                  }
                });
    try {
      for (int i = 0; i < 200; i++) {
        try (Scope _ = Scope.open()) {
          Tensor order = x.sort().indices().sort().values();
          assertTrue(order.equal(Tensor.arange(5000)));
          Tensor best = x.topk(100).indices();
          assertTrue(best.min().itemLong() >= 0 && best.max().itemLong() < 5000);
          assertEquals(5000, x.unique().counts().sum().itemLong());
        }
      }
    } finally {
      over.set(true);
      writer.join();
    }
  }

  // ---- by rank

  @Test
  void ranksOutsideTheLineAreRefused() {
    Tensor x = Tensor.of(3, 1, 2);
    assertEquals(Shape.of(0), x.topk(0).values().shape());
    at(x.topk(3).values(), 3, 2, 1);
    fails("topk: ", () -> x.topk(4));
    fails("topk: ", () -> x.topk(-1));
    fails("kthvalue: ", () -> x.kthvalue(0));
    fails("kthvalue: ", () -> x.kthvalue(4));
    fails("topk: not defined for bool", () -> x.gt(1).topk(1));
    fails("median: there are no elements", () -> Tensor.zeros(2, 0).median(1));
    fails("mode: there are no elements", () -> Tensor.zeros(0).mode());
    assertEquals(Shape.of(0), Tensor.zeros(0, 2).median(1).values().shape());
    assertTrue(Double.isNaN(Tensor.zeros(0).median().item()));
    fails("median: there are no elements", () -> Tensor.zeros(DType.INT64, 0).median());
  }

  @Test
  void nanWinsAMedianAndIsLeftOutOfANanmedian() {
    Tensor x = doubles(3, NAN, 1, NAN, 2, 5).view(1, 6);
    is(x.median(1).values(), NAN);
    at(x.median(1).indices(), 1);
    is(x.nanmedian(1).values(), 2);
    at(x.nanmedian(1).indices(), 4);
    is(x.nanmedian(), 2);
    is(doubles(NAN, NAN).nanmedian(0).values(), NAN);
    at(doubles(NAN, NAN).nanmedian(0).indices(), 0);
    assertEquals(Shape.of(1, 1), x.median(Keep.KEEPDIM, -1).values().shape());
  }

  @Test
  void theGradientOfTheMedianOfAllIsSharedAmongEquals() {
    Tensor x = doubles(2, 1, 2, 7, 2).requiresGrad_();
    x.median().backward();
    Tensor gradient = x.grad();
    assertTrue(gradient != null);
    is(gradient.mul(3), 1, 0, 1, 0, 1);
    Tensor y = doubles(2, 1, 2, 7, 2).requiresGrad_();
    y.median(0).values().backward();
    Tensor one = y.grad();
    assertTrue(one != null);
    is(one, 0, 0, 1, 0, 0);
  }

  @Test
  void theModeIsTheLeastOfTheMostFrequentAndWhereItIsLast() {
    Tensor x = Tensor.of(3, 1, 3, 2, 1, 9).view(1, 6);
    at(x.mode().values(), 1);
    at(x.mode().indices(), 4);
    Located mode = doubles(NAN, NAN, 5, 4).mode();
    is(mode.values(), 4);
    at(mode.indices(), 3);
    is(doubles(NAN, NAN).mode().values(), NAN);
  }

  // ---- quantiles

  @ParameterizedTest
  @EnumSource(Interpolation.class)
  void aQuantileIsBetweenTwoElements(Interpolation between) {
    Tensor x = doubles(10, 1, 4, 2, 8, 3);
    double expected =
        switch (between) {
          case LINEAR -> 2.5;
          case LOWER -> 2;
          case HIGHER -> 3;
          case NEAREST -> 3; // of rank 1.5 the even neighbour
          case MIDPOINT -> 2.5;
        };
    is(x.quantile(doubles(0.3).select(0, 0), between), expected);
    is(x.nanquantile(doubles(0.3, 1), between), expected, 10);
  }

  @Test
  void quantilesKeepTheirDimensions() {
    Tensor x = Tensor.randn(DType.FLOAT64, 4, 5, 6);
    Tensor q = doubles(0.25, 0.5, 1);
    assertEquals(Shape.of(3, 4, 6), x.quantile(q, 1).shape());
    assertEquals(Shape.of(3, 4, 1, 6), x.quantile(Keep.KEEPDIM, q, 1, Interpolation.LOWER).shape());
    assertEquals(Shape.of(3), x.quantile(q).shape());
    assertTrue(x.quantile(q, 1).get(2).equal(x.amax(1)));
    assertTrue(x.quantile(0.5, 1).allclose(x.median(1).values()));
    Tensor holes = doubles(1, NAN, 3).view(1, 3);
    is(holes.quantile(0.5, 1), NAN);
    is(holes.nanquantile(0.5, 1), 2);
    fails("quantile: q must be from 0 to 1", () -> x.quantile(1.5));
    fails("quantile: q must be a scalar", () -> x.quantile(Tensor.of(0.5f)));
    fails("nanquantile: there are no", () -> Tensor.zeros(0).nanquantile(0.5));
    fails("quantile: float32 or float64", () -> Tensor.of(1, 2).quantile(0.5));
  }

  @Test
  void quantilesHaveGradientsOfBothOrders() {
    Tensor x = doubles(0.3, -1.2, 2.5, 0.7, 1.9, -0.4).view(2, 3);
    Tensor q = doubles(0.2, 0.7);
    GradCheck.gradcheck((a, b) -> a.quantile(b, 1), x.requiresGrad_(), q.requiresGrad_());
    GradCheck.gradgradcheck(
        (a, b) -> a.square().quantile(b, 1), x.clone().detach().requiresGrad_(), q);
    GradCheck.gradcheck(
        a -> a.nanquantile(doubles(0.4), Interpolation.MIDPOINT), x.detach().requiresGrad_());
  }

  // ---- different elements

  @Test
  void uniqueElementsLeadBackToTheTensor() {
    Tensor x = Tensor.randint(-50, 50, 40, 100);
    Unique all = x.unique();
    assertEquals(x.shape(), all.inverse().shape());
    assertTrue(all.values().indexSelect(0, all.inverse().flatten()).view(40, 100).equal(x));
    assertTrue(all.inverse().flatten().bincount().equal(all.counts()));
    assertTrue(all.values().diff().gt(0).all().isTrue());
    Unique runs = Tensor.of(1, 1, 2, 2, 2, 1).uniqueConsecutive();
    at(runs.values(), 1, 2, 1);
    at(runs.counts(), 2, 3, 1);
    at(runs.inverse(), 0, 0, 1, 1, 1, 2);
    Unique holes = doubles(NAN, 1, NAN, 0, -0.0).unique();
    is(holes.values(), 0, 1, NAN, NAN);
    at(holes.inverse(), 2, 1, 3, 0, 0);
    at(holes.counts(), 2, 1, 1, 1);
    Unique none = Tensor.zeros(0).unique();
    assertEquals(0, none.values().numel() + none.inverse().numel() + none.counts().numel());
    at(Tensor.scalar(3).unique().inverse(), 0);
    assertEquals(Shape.scalar(), Tensor.scalar(3).unique().inverse().shape());
  }

  @Test
  void uniqueSlicesAreInLexicographicOrder() {
    Tensor x = Tensor.randint(0, 2, 3, 200, 2);
    Unique slices = x.unique(1);
    assertTrue(slices.values().indexSelect(1, slices.inverse()).equal(x));
    assertTrue(slices.inverse().bincount().equal(slices.counts()));
    Tensor rows = slices.values().permute(1, 0, 2).flatten(1);
    Tensor digits = rows.mul(Tensor.of(32, 16, 8, 4, 2, 1)).sum(1);
    assertTrue(digits.diff().gt(0).all().isTrue());
    Unique runs = Tensor.of(new int[][] {{1, 2}, {1, 2}, {0, 2}, {1, 2}}).uniqueConsecutive(0);
    at(runs.values(), 1, 2, 0, 2, 1, 2);
    at(runs.counts(), 2, 1, 1);
    fails("unique: the slices", () -> Tensor.zeros(2, 0).unique(0));
    assertEquals(Shape.of(0, 2), Tensor.zeros(0, 2).unique(0).values().shape());
  }

  // ---- counts and search

  @Test
  void countsAndTheirErrors() {
    at(Tensor.of(3, 1, 1).bincount(), 0, 2, 0, 1);
    at(Tensor.of(1).bincount(4), 0, 1, 0, 0);
    Tensor sums = Tensor.of(1, 0, 1).bincount(Tensor.of(0.5f, 2, 0.25f));
    assertEquals(DType.FLOAT32, sums.dtype());
    is(sums, 2, 0.75);
    assertEquals(DType.FLOAT64, Tensor.of(1).bincount(Tensor.of(2)).dtype());
    at(Tensor.zeros(DType.INT64, 0).bincount(2), 0, 0);
    fails("bincount: an element is negative", () -> Tensor.of(1, -1).bincount());
    fails("bincount: too many", () -> Tensor.of(Long.MAX_VALUE).bincount());
    fails("histogram: ", () -> doubles(1).histogram(Long.MAX_VALUE));
    fails("histc: ", () -> doubles(1).histc(Long.MAX_VALUE, 0, 1));
    fails("bincount: minlength", () -> Tensor.of(1).bincount(-1));
    fails("bincount: a vector of integers", () -> Tensor.of(0.5).bincount());
    fails("bincount: weights of shape", () -> Tensor.of(1, 2).bincount(Tensor.of(1.0)));
    is(doubles(0, 1, 2, 2, 5, -1, NAN).histc(2, 0, 4), 2, 2);
    fails("histc: the range", () -> doubles(1).histc(2, 3, 1));
    fails("histc: the range", () -> doubles(INF).histc());
    fails("histc: there must be a bin", () -> doubles(1).histc(0, 0, 1));
    Histogram two = doubles(0, 1, 2, 4, 9).histogram(2, Histogram.options().range(0, 4).density());
    is(two.hist(), 0.25, 0.25);
    is(two.edges().getFirst(), 0, 2, 4);
    fails(
        "histogramdd: ", () -> Tensor.zeros(4, 3).histogramdd(new long[] {2}, Histogram.options()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 1000})
  void aPlaceIsFoundOnBothSidesOfEquals(int n) {
    Tensor x = Tensor.randint(0, 20, n).to(DType.FLOAT32).sort().values();
    Tensor v = Tensor.arange(DType.FLOAT32, -1, 22, 0.5);
    long[] left = new long[46];
    long[] right = new long[46];
    double[] sorted = Cells.doubles(x);
    for (int i = 0; i < 46; i++) {
      double value = -1 + 0.5 * i;
      left[i] = Arrays.stream(sorted).filter(e -> e < value).count();
      right[i] = Arrays.stream(sorted).filter(e -> e <= value).count();
    }
    at(x.searchsorted(v), left);
    at(x.searchsorted(v, Side.RIGHT), right);
    at(v.bucketize(x, Side.RIGHT), right);
    at(x.searchsorted(7), left[16]);
  }

  @Test
  void rowsAreSearchedEachByItself() {
    Tensor rows = doubles(1, 3, 5, 2, 4, 6).view(2, 3);
    Tensor v = doubles(3, 9, NAN, 4, 1, 4.5).view(2, 3);
    at(rows.searchsorted(v), 1, 3, 3, 1, 0, 2);
    Tensor mixed = doubles(5, 1, 3, 4, 6, 2).view(2, 3);
    at(mixed.searchsorted(v, Side.RIGHT, mixed.argsort()), 2, 3, 3, 2, 0, 2);
    fails(
        IndexOutOfBoundsException.class,
        "searchsorted: ",
        () -> mixed.searchsorted(v, Side.LEFT, Tensor.full(Shape.of(2, 3), 3)));
    fails(
        IndexOutOfBoundsException.class,
        "searchsorted: ",
        () -> mixed.searchsorted(v, Side.LEFT, Tensor.full(Shape.of(2, 3), -1)));
    fails("searchsorted: a sorter", () -> mixed.searchsorted(v, Side.LEFT, Tensor.of(1, 2)));
    at(rows.searchsorted(Tensor.zeros(2, 3)), 0, 0, 0, 0, 0, 0);
    at(Tensor.of(1, 2).searchsorted(doubles(0.5, 1.5, 2.5)), 0, 1, 2);
    fails("searchsorted: a sequence", () -> rows.searchsorted(doubles(1)));
    fails("searchsorted: a sequence", () -> rows.searchsorted(3));
    fails("bucketize: ", () -> v.bucketize(rows));
  }

  @Test
  void membersAreFoundAndNanIsNone() {
    Tensor x = doubles(1, NAN, 3, 2).view(2, 2);
    at(x.isin(doubles(NAN, 1, 3)), 1, 0, 1, 0);
    at(x.isin(doubles()), 0, 0, 0, 0);
    at(x.isin(Tensor.of(2)), 0, 0, 0, 1);
    fails("isin: not defined for bool", () -> x.gt(1).isin(x.gt(2)));
  }

  /** The edges of a histogram are those that it was counted with, whatever becomes of them. */
  @Test
  void aHistogramKeepsItsEdges() {
    Tensor edges = Tensor.of(0.0, 1, 2);
    Tensor x = Tensor.of(0.5, 1.5, 1.7, 9);
    Histogram one = x.histogram(edges);
    Histogram two = x.unsqueeze(1).histogramdd(List.of(edges), Histogram.options());
    edges.fill_(5);
    for (Histogram each : List.of(one, two)) {
      assertArrayEquals(new double[] {0, 1, 2}, each.edges().getFirst().toDoubleArray());
      assertArrayEquals(new double[] {1, 2}, each.hist().toDoubleArray());
    }
  }
}
