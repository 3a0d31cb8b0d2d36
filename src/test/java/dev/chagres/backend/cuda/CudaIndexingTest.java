package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Backend;
import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnCuda;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@OnCuda
@Tag("kernels")
class CudaIndexingTest {
  static final List<DType> DTYPES = List.of(DType.values());

  private final Random random = new Random(3);

  private Strided index(int from, int to, long... sizes) {
    return Twins.of(DType.INT64, Form.CONTIGUOUS, Twins.indices(random, from, to), sizes);
  }

  /** Every index at most once. */
  private static Strided distinct(long n) {
    long[] next = {0};
    return Twins.of(DType.INT64, Form.CONTIGUOUS, () -> n - 1 - next[0]++, n);
  }

  @ParameterizedTest
  @FieldSource("DTYPES")
  void slices(DType dtype) {
    Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 3, 5, 4);
    for (int dim = 0; dim < 3; dim++) {
      int along = dim;
      int n = (int) x.layout().size(dim);
      long[] sizes = x.shape().toArray();
      sizes[dim] = 7;
      Twins.check(
          "indexSelect",
          (b, o) -> b.indexing().indexSelect(o[0], along, o[1], Negatives.FROM_END, o[2]),
          x,
          index(-n, n, 7),
          Twins.empty(dtype, sizes));
    }
    for (Store store : Store.values()) {
      Strided some = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), 3, 4, 4);
      Strided y = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), 3, 4, 4);
      Strided index = store == Store.REPLACE ? distinct(4) : index(-4, 4, 4);
      Twins.check(
          "indexPut " + store,
          4,
          64,
          (b, o) -> b.indexing().indexPut(store, o[0], 1, o[1], Negatives.FROM_END, o[2]),
          some,
          index,
          y);
    }
  }

  /** Rows of any bytes, from any address: as much of them is moved at a time as both permit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 6, 8, 12, 16, 24, 48})
  void rows(int width) {
    for (DType dtype : List.of(DType.INT8, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64)) {
      for (int begin = 0; begin < 3; begin++) {
        Strided x = rows(dtype, begin, 6, width);
        Strided some = rows(dtype, begin == 1 ? 0 : begin, 5, width);
        Strided put = rows(dtype, begin, 6, width);
        Twins.check(
            "indexSelect of " + width + " from " + begin,
            (b, o) -> b.indexing().indexSelect(o[0], 0, o[1], Negatives.FROM_END, o[2]),
            x,
            index(-6, 6, 5),
            some);
        Twins.check(
            "indexPut of " + width + " from " + begin,
            (b, o) -> b.indexing().indexPut(Store.REPLACE, o[0], 0, o[1], Negatives.BAD, o[2]),
            some,
            distinct(5),
            put);
      }
    }
  }

  private Strided rows(DType dtype, long begin, long rows, long width) {
    Strided all =
        Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), rows * width + begin);
    return all.with(Layout.of(Shape.of(rows, width), new long[] {width, 1}, begin));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLIPPED")
  void elements(Form form) {
    DType dtype = DType.FLOAT32;
    Strided x = Twins.of(dtype, form, Twins.numbers(random, dtype), 4, 6, 5);
    for (int dim = 0; dim < 3; dim++) {
      int along = dim;
      int n = (int) x.layout().size(dim);
      long[] sizes = {3, 5, 4};
      sizes[dim] = 7;
      Strided index = Twins.of(DType.INT64, form, Twins.indices(random, -n, n), sizes);
      Twins.check(
          "gather",
          (b, o) -> b.indexing().gather(o[0], along, o[1], Negatives.FROM_END, o[2]),
          x,
          index,
          Twins.of(dtype, Form.SLICED, () -> 1, sizes));
      if (form != Form.EXPANDED && form != Form.SINGLE) {
        Strided y = Twins.of(dtype, form, Twins.finite(random, dtype), 4, 6, 5);
        Strided from = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), sizes);
        Twins.check(
            "scatter",
            4,
            64,
            (b, o) -> b.indexing().scatter(Store.ADD, o[0], along, o[1], Negatives.FROM_END, o[2]),
            from,
            index,
            y);
      }
    }
    Strided joined = Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 2, 3, 5);
    Strided index = Twins.of(DType.INT64, form, Twins.indices(random, -6, 6), 3, 5);
    Twins.check("joinIndex", (b, o) -> b.indexing().joinIndex(o[0], 6, o[1]), index, joined);
  }

  @ParameterizedTest
  @EnumSource
  void stores(Store store) {
    for (DType dtype : DTYPES) {
      Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), 9);
      Strided y = Twins.of(dtype, Form.OFFSET, Twins.finite(random, dtype), 9);
      Strided index = store == Store.REPLACE ? distinct(9) : index(0, 9, 9);
      Twins.check(
          "scatter " + store,
          4,
          64,
          (b, o) -> b.indexing().scatter(store, o[0], 0, o[1], Negatives.BAD, o[2]),
          x,
          index,
          y);
    }
  }

  @Test
  void counts() {
    Backend cuda = Twins.cuda();
    for (long n : new long[] {0, 1, 300, 20_000}) {
      Strided mask = Twins.of(DType.BOOL, Form.OFFSET, () -> random.nextInt(2), n);
      long count = CpuBackend.instance().counting().countTrue(mask);
      assertEquals(count, cuda.counting().countTrue(Twins.upload(mask)));
      Strided places = Twins.empty(DType.INT64, count);
      Twins.check("positions", (b, o) -> b.counting().positions(o[0], o[1]), mask, places);
    }
    Strided counts = Twins.of(DType.INT64, Form.CONTIGUOUS, Twins.indices(random, 0, 5), 400);
    long sum = (long) Arrays.stream(Twins.values(counts)).sum();
    Strided repeated = Twins.empty(DType.INT64, sum);
    Twins.check("repeats", (b, o) -> b.counting().repeats(o[0], o[1]), counts, repeated);
    for (int n : new int[] {10, 5000}) { // as few as a block holds, and more
      Strided bins = Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 3, n);
      Twins.check("count", (b, o) -> b.counting().count(o[0], o[1]), index(0, n, 500), bins);
    }
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 600);
      Strided into = Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 1, 12);
      Twins.check("histogram", (b, o) -> b.counting().histogram(o[0], -3, 2.5, o[1]), x, into);
    }
  }

  @Test
  void aBadIndexIsReported() {
    Backend cuda = Twins.cuda();
    Strided x = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 1, 4, 3));
    Strided y = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 5, 2, 3));
    Strided index = Twins.upload(Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 4, 2));
    cuda.indexing().indexSelect(x, 0, index, Negatives.FROM_END, y);
    var thrown =
        assertThrows(
            IndexOutOfBoundsException.class, () -> CudaRuntime.synchronize(Device.cuda(0)));
    assertEquals(
        "indexSelect: index 4 is out of range for a dimension of size 4", thrown.getMessage());
    assertEquals(5, Twins.values(Twins.download(y))[0]);
  }

  /** Each kernel leaves out an index that does not count from the end, and says so. */
  @Test
  void aNegativeIndexIsReportedWhereItIsBad() {
    IndexKernels kernels = Twins.cuda().indexing();
    Strided x = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 1, 4, 3));
    Strided y = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 5, 2, 3));
    Strided nothing = Twins.upload(Twins.empty(DType.FLOAT32, 0, 2));
    Strided vector = Twins.upload(Twins.of(DType.INT64, Form.CONTIGUOUS, () -> -1, 2));
    Strided index = Twins.upload(Twins.of(DType.INT64, Form.CONTIGUOUS, () -> -1, 2, 3));
    Map<String, Runnable> calls =
        Map.of(
            "indexSelect: index -1 is out of range for a dimension of size 4",
            () -> kernels.indexSelect(x, 0, vector, Negatives.BAD, y),
            "indexSelect: index -1 is out of range for a dimension of size 2",
            () -> kernels.indexSelect(nothing, 1, vector, Negatives.BAD, nothing),
            "indexPut: index -1 is out of range for a dimension of size 4",
            () -> kernels.indexPut(Store.MAX, y, 0, vector, Negatives.BAD, x),
            "gather: index -1 is out of range for a dimension of size 4",
            () -> kernels.gather(x, 0, index, Negatives.BAD, y),
            "scatter: index -1 is out of range for a dimension of size 4",
            () -> kernels.scatter(Store.ADD, y, 0, index, Negatives.BAD, x));
    calls.forEach(
        (message, call) -> {
          call.run();
          var thrown =
              assertThrows(
                  IndexOutOfBoundsException.class, () -> CudaRuntime.synchronize(Device.cuda(0)));
          assertEquals(
              message
                  + " (negative ones count from the end in get, at, index, put, indexPut, take,"
                  + " putFlat, takeAlongDim and indexFill alone)",
              thrown.getMessage());
        });
    assertEquals(5, Twins.values(Twins.download(y))[0]);
    assertEquals(1, Twins.values(Twins.download(x))[9]);
  }
}
