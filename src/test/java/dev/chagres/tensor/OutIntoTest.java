package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.linalg.Linalg;
import dev.chagres.linalg.Qr;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Any computation's result in tensors that there are. */
@OnEveryDevice
class OutIntoTest {
  private static final Tensor A = Tensor.of(new double[][] {{2, 0}, {1, 4}});

  private static void fails(Class<? extends Exception> type, String message, Executable call) {
    assertEquals(message, assertThrows(type, call).getMessage());
  }

  @Test
  void writesAResultToMemoryOfAnyLayout() {
    Tensor out = Tensor.zeros(DType.FLOAT64, 2, 2).t();
    assertSame(out, Out.into(out, () -> Linalg.inv(A)));
    assertArrayEquals(new double[] {0.5, 0, -0.125, 0.25}, Cells.doubles(out));
    Tensor x = Tensor.of(1.0, 5, 2);
    Tensor index = Tensor.of(0L, 1, 0);
    Out.into(x, () -> x.scatterReduce(0, index, Tensor.of(3.0, 4, 9), Reduce.AMAX));
    assertArrayEquals(new double[] {9, 5, 2}, Cells.doubles(x));
  }

  @Test
  void writesSeveral() {
    Tensor q = Tensor.zeros(DType.FLOAT64, 2, 2);
    Tensor r = Tensor.zeros(DType.FLOAT64, 2, 2);
    List<Tensor> outs =
        Out.into(
            List.of(q, r),
            () -> {
              Qr f = Linalg.qr(A);
              return List.of(f.q(), f.r());
            });
    assertSame(r, outs.get(1));
    Qr expected = Linalg.qr(A);
    assertArrayEquals(Cells.doubles(expected.q()), Cells.doubles(q));
    assertArrayEquals(Cells.doubles(expected.r()), Cells.doubles(r));
  }

  @Test
  void refusesWhatDoesNotFitOrWouldBeRecorded() {
    Tensor out = Tensor.zeros(DType.FLOAT64, 2, 2);
    Class<IllegalArgumentException> wrong = IllegalArgumentException.class;
    fails(
        wrong,
        "into: the result has shape (2,), what it is written to (2, 2)",
        () -> Out.into(out, () -> Linalg.svdvals(A)));
    fails(
        wrong, "into: 2 results for 1 tensors", () -> Out.into(List.of(out), () -> List.of(A, A)));
    Tensor leaf = A.clone().requiresGrad_();
    String recorded =
        "into: an operation that writes into out cannot be recorded; call it inside noGrad, or use"
            + " the form without out";
    Class<IllegalStateException> state = IllegalStateException.class;
    fails(state, recorded, () -> Out.into(out, () -> Linalg.inv(leaf)));
    fails(state, recorded, () -> Out.into(leaf, () -> Linalg.inv(A)));
    assertArrayEquals(new double[4], Cells.doubles(out));
    try (var _ = Autograd.noGrad()) {
      Out.into(out, () -> leaf.add(1));
    }
    assertArrayEquals(new double[] {3, 1, 2, 5}, Cells.doubles(out));
  }

  @Test
  void resultsMayBeViewsOfWhatIsWrittenTo() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Out.into(x, x::t);
    assertEquals(List.of(List.of(1.0, 3.0), List.of(2.0, 4.0)), x.tolist());
    Tensor a = Tensor.of(1.0, 2.0);
    Tensor b = Tensor.of(3.0, 4.0);
    Out.into(List.of(a, b), () -> List.of(b, a));
    assertEquals(List.of(3.0, 4.0), a.tolist());
    assertEquals(List.of(1.0, 2.0), b.tolist());
  }
}
