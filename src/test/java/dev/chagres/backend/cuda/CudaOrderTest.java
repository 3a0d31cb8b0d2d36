package dev.chagres.backend.cuda;

import dev.chagres.backend.Choice;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

@OnCuda
@Tag("kernels")
class CudaOrderTest {
  static final List<DType> DTYPES = List.of(DType.values());

  private final Random random = new Random(4);

  private void sort(Order order, DType dtype, Form form, int dim, long... shape) {
    Strided x = Twins.of(dtype, form, Twins.numbers(random, dtype), shape);
    Strided values = Twins.empty(dtype, shape);
    Strided indices = Twins.empty(DType.INT64, shape);
    Twins.check(
        "sort " + form,
        (b, o) -> b.ordering().sort(order, o[0], dim, o[1], o[2]),
        x,
        values,
        indices);
  }

  @ParameterizedTest
  @FieldSource("DTYPES")
  void sorting(DType dtype) {
    for (Order order : Order.values()) {
      for (Form form : Form.USUAL) {
        sort(order, dtype, form, 1, 3, 20, 2);
      }
      sort(order, dtype, Form.CONTIGUOUS, 0, 0);
      sort(order, dtype, Form.CONTIGUOUS, 0, 1);
    }
  }

  /** Lines that are counted, that a block sorts, and that several do. */
  @ParameterizedTest
  @FieldSource("DTYPES")
  void lines(DType dtype) {
    for (int n : new int[] {32, 33, 257, 1030, 2049, 9000}) {
      sort(n % 2 == 0 ? Order.ASCENDING : Order.DESCENDING, dtype, Form.CONTIGUOUS, 1, 2, n);
    }
    sort(Order.ASCENDING, dtype, Form.TRANSPOSED, 0, 4500, 2);
    sort(Order.DESCENDING, dtype, Form.SLICED, 1, 2, 300, 3);
  }

  /** Every digit of a key counts. */
  @Test
  void wideKeys() {
    for (DType dtype : List.of(DType.INT64, DType.FLOAT64, DType.INT32, DType.FLOAT32)) {
      for (int n : new int[] {700, 5000}) {
        DoubleSupplier wide =
            () ->
                (random.nextBoolean() ? 1 : -1)
                    * Math.scalb(random.nextDouble(), random.nextInt(31));
        Strided x = Twins.of(dtype, Form.CONTIGUOUS, wide, n);
        Twins.check(
            "sort",
            (b, o) -> b.ordering().sort(Order.ASCENDING, o[0], 0, o[1], o[2]),
            x,
            Twins.empty(dtype, n),
            Twins.empty(DType.INT64, n));
        Choice choice = new Choice(Choice.Kind.FIRST, Order.DESCENDING, n / 5);
        Twins.check(
            "select",
            (b, o) -> b.ordering().select(choice, o[0], 0, o[1], o[2]),
            x,
            Twins.empty(dtype, n / 5),
            Twins.empty(DType.INT64, n / 5));
      }
    }
  }

  /** The first few of many, and the one of a rank: with ties, NaN, in lines that lie any way. */
  @ParameterizedTest
  @EnumSource
  void choicesOfMany(Choice.Kind kind) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT16, DType.UINT8, DType.INT64)) {
      // The lines are read by their strides, of any dtype alike.
      for (Form form :
          dtype == DType.FLOAT32
              ? List.of(Form.CONTIGUOUS, Form.TRANSPOSED, Form.SLICED)
              : List.of(Form.SLICED)) {
        for (Order order : Order.values()) {
          for (long k : new long[] {0, 1, 40, 1300}) {
            boolean ranked = kind == Choice.Kind.FIRST || kind == Choice.Kind.NTH;
            if (!ranked && (k != 1 || order == Order.DESCENDING)) {
              continue;
            }
            Choice choice = new Choice(kind, order, k);
            Strided x = Twins.of(dtype, form, Twins.numbers(random, dtype), 2, 5300, 2);
            Strided values = Twins.empty(dtype, 2, choice.count(), 2);
            Strided indices = Twins.empty(DType.INT64, 2, choice.count(), 2);
            Choice compared =
                kind == Choice.Kind.NTH ? new Choice(Choice.Kind.FIRST, order, k + 1) : choice;
            Strided more = Twins.empty(dtype, 2, compared.count(), 2);
            Strided places = Twins.empty(DType.INT64, 2, compared.count(), 2);
            Twins.check(
                "select " + choice + " " + form,
                (b, o) -> {
                  if (kind == Choice.Kind.NTH && b == Twins.cuda()) {
                    b.ordering().select(choice, o[0], 1, o[1], o[2]);
                    b.ordering().select(compared, o[0], 1, o[3], o[4]);
                  } else {
                    b.ordering().select(compared, o[0], 1, o[3], o[4]);
                    Strided last =
                        o[3].with(
                            o[3].layout()
                                .slice(1, compared.count() - choice.count(), compared.count(), 1));
                    b.elements().copy(last, o[1]);
                    Strided at =
                        o[4].with(
                            o[4].layout()
                                .slice(1, compared.count() - choice.count(), compared.count(), 1));
                    b.elements().copy(at, o[2]);
                  }
                },
                x,
                values,
                indices,
                more,
                places);
          }
        }
      }
    }
  }

  @Test
  void numbersAndNansOfMany() {
    for (Choice.Kind kind : List.of(Choice.Kind.MEDIAN, Choice.Kind.NANMEDIAN, Choice.Kind.MODE)) {
      for (int every : new int[] {1, 2, 3, 9001}) {
        int[] next = {0};
        DoubleSupplier numbers =
            () -> next[0]++ % every == every - 1 ? Double.NaN : random.nextInt(2000);
        Strided x = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, numbers, 9000);
        Strided y = Twins.empty(DType.FLOAT32, 1);
        Strided at = Twins.empty(DType.INT64, 1);
        Twins.check(
            kind.name(),
            (b, o) -> b.ordering().select(Choice.of(kind), o[0], 0, o[1], o[2]),
            x,
            y,
            at);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void choices(Choice.Kind kind) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT16, DType.INT16, DType.FLOAT64)) {
      for (long n : new long[] {1, 8, 9, 700}) {
        if (kind == Choice.Kind.NTH) {
          nth(dtype, n);
          continue;
        }
        for (Order order :
            kind == Choice.Kind.FIRST ? Order.values() : new Order[] {Order.ASCENDING}) {
          Choice choice = new Choice(kind, order, n / 2);
          Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 3, n);
          Strided values = Twins.empty(dtype, 3, choice.count());
          Strided indices = Twins.empty(DType.INT64, 3, choice.count());
          Twins.check(
              "select " + kind,
              (b, o) -> b.ordering().select(choice, o[0], 1, o[1], o[2]),
              x,
              values,
              indices);
        }
      }
    }
  }

  /** Which of equals it is may differ: what lies at the index is compared. */
  private void nth(DType dtype, long n) {
    for (Order order : Order.values()) {
      Choice choice = new Choice(Choice.Kind.NTH, order, n / 2);
      Twins.check(
          "select NTH",
          1,
          0,
          (b, o) -> {
            Strided indices = o[0].like(o[1].shape(), DType.INT64);
            b.ordering().select(choice, o[0], 1, o[1], indices);
            b.indexing().gather(o[0], 1, indices, Negatives.BAD, o[2]);
            indices.storage().free();
          },
          Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 3, n),
          Twins.empty(dtype, 3, 1),
          Twins.empty(dtype, 3, 1));
    }
  }

  @Test
  void rows() {
    for (DType dtype : List.of(DType.FLOAT32, DType.INT8)) {
      Strided x = Twins.of(dtype, Form.CONTIGUOUS, () -> random.nextInt(3), 77, 3);
      Strided order = Twins.empty(DType.INT64, 77);
      Twins.check("sortRows", (b, o) -> b.ordering().sortRows(o[0], o[1]), x, order);
    }
  }

  @ParameterizedTest
  @EnumSource
  void searches(Bound bound) {
    for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16, DType.INT32)) {
      int[] next = {0};
      Strided sorted = Twins.of(dtype, Form.CONTIGUOUS, () -> next[0]++ / 2, 30);
      Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 4, 9);
      Strided y = Twins.empty(DType.INT64, 4, 9);
      Twins.check(
          "search", (b, o) -> b.ordering().search(bound, o[0], null, o[1], o[2]), sorted, x, y);
      Strided turned = Twins.of(dtype, Form.CONTIGUOUS, () -> 40 - next[0]++ / 2, 4, 5);
      long[] place = {0};
      Strided order = Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 4 - place[0]++ % 5, 4, 5);
      Twins.check(
          "search",
          (b, o) -> b.ordering().search(bound, o[0], o[1], o[2], o[3]),
          turned,
          order,
          x,
          y);
    }
  }

  private static List<DType> dtypes(ScanOp op) {
    return switch (op) {
      case SUM, PROD -> List.of(DType.INT64, DType.FLOAT32, DType.FLOAT64, DType.FLOAT16);
      case LOGSUMEXP -> List.of(DType.FLOAT32, DType.FLOAT64);
      case MAX, MIN -> DTYPES;
    };
  }

  private void scan(ScanOp op, Way way, DType dtype, Form form, int dim, long... shape) {
    boolean extreme = op == ScanOp.MAX || op == ScanOp.MIN;
    DoubleSupplier numbers =
        extreme
            ? Twins.numbers(random, dtype)
            : op == ScanOp.PROD ? () -> random.nextBoolean() ? 1 : -1 : Twins.finite(random, dtype);
    Strided x = Twins.of(dtype, form, numbers, shape);
    Strided y = Twins.empty(dtype, shape);
    Scan scan = new Scan(op, way, dim);
    if (extreme) {
      Strided indices = Twins.empty(DType.INT64, shape);
      Twins.check(
          op.name(), (b, o) -> b.scans().scanExtrema(scan, o[0], o[1], o[2]), x, y, indices);
    } else {
      Twins.check(op + " " + form, 4, 64, (b, o) -> b.scans().scan(scan, o[0], o[1]), x, y);
    }
  }

  @ParameterizedTest
  @EnumSource
  void scans(ScanOp op) {
    for (DType dtype : dtypes(op)) {
      for (Way way : op == ScanOp.MAX || op == ScanOp.MIN ? new Way[] {Way.FORTH} : Way.values()) {
        for (Form form : Form.USUAL) {
          scan(op, way, dtype, form, 1, 3, 9, 4);
          scan(op, way, dtype, form, 1, 2, 300);
        }
        scan(op, way, dtype, Form.CONTIGUOUS, 0, 0);
        scan(op, way, dtype, Form.CONTIGUOUS, 0, 1);
      }
    }
    scan(op, Way.FORTH, dtypes(op).getFirst(), Form.CONTIGUOUS, 0, 9000);
  }

  @Test
  void recurrences() {
    for (Way way : Way.values()) {
      for (long n : new long[] {1, 10, 300, 9000}) {
        Strided x =
            Twins.of(DType.FLOAT64, Form.CONTIGUOUS, Twins.finite(random, DType.FLOAT64), n);
        Strided a = Twins.of(DType.FLOAT64, Form.SLICED, () -> random.nextInt(-8, 9) / 9.0, n);
        Strided y = Twins.empty(DType.FLOAT64, n);
        Twins.check(
            "recurrence",
            64,
            64,
            (b, o) -> b.scans().recurrence(way, 0, o[0], o[1], o[2]),
            x,
            a,
            y);
      }
    }
  }
}
