package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Writes in place to tensors that share memory: which histories they have then, and that both
 * derivatives are right, whatever the base's layout. The answers are those of PyTorch 2.13.
 */
@OnEveryDevice
class ViewWritesTest {
  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  private static Tensor matrix() {
    return Tensor.of(new double[][] {{0.3, -1.2, 0.7}, {1.1, 0.4, -0.6}}, DType.FLOAT64)
        .requiresGrad_();
  }

  private static void gradient(Tensor x, double... expected) {
    assertArrayEquals(expected, Objects.requireNonNull(x.grad()).toDoubleArray(), 1e-12);
  }

  private static String made(Tensor x) {
    return Objects.requireNonNull(x.gradFn()).name();
  }

  /** Recorded tensors of x's values that are bases of views, each laid out in another way. */
  private static List<java.util.function.UnaryOperator<Tensor>> bases() {
    return List.of(
        x -> x.mul(1),
        x -> {
          // transposed in memory, and no view
          Tensor turned = Tensor.zeros(DType.FLOAT64, 3, 2).t().detach();
          return turned.add_(x);
        },
        x -> {
          // with gaps in between, and memory before and behind
          Tensor apart = Tensor.zeros(DType.FLOAT64, 4, 9).at("1:3, 1:7:2").detach();
          return apart.add_(x);
        });
  }

  private static void check(BinaryOperator<Tensor> program) {
    Tensor z = leaf(0.5, -0.8);
    for (var base : bases()) {
      BinaryOperator<Tensor> whole = (x, w) -> program.apply(base.apply(x), w);
      GradCheck.gradcheck(whole, matrix(), z);
      GradCheck.gradgradcheck(whole, matrix(), z);
    }
  }

  // ---- derivatives

  @Test
  void aViewOfABaseThatWasWritten() {
    check(
        (base, z) -> {
          Tensor view = base.select(0, 1).narrow(0, 0, 2);
          base.mul_(base.clone()).sin_();
          return view.mul(z).square();
        });
  }

  @Test
  void aBaseOfAViewThatWasWritten() {
    check(
        (base, z) -> {
          base.select(0, 1).narrow(0, 0, 2).mul_(z);
          base.t().select(0, 2).exp_();
          return base.square();
        });
  }

  @Test
  void aViewOfWhatWasWrittenThroughAnother() {
    check(
        (base, z) -> {
          Tensor left = base.narrow(1, 0, 2);
          Tensor right = base.narrow(1, 1, 2);
          left.mul_(z).mul_(left.clone());
          return right.pow(3);
        });
  }

  @Test
  void aRowWrittenWithAnother() {
    check(
        (base, z) -> {
          base.select(0, 0).mul_(base.select(0, 1).clone());
          base.narrow(1, 0, 2).select(0, 1).copy_(z.square());
          return base.mul(base);
        });
  }

  @Test
  void viewsWhoseElementsShareMemory() {
    check(
        (base, z) -> {
          Tensor twice = base.expand(2, 2, 3);
          Tensor windows = base.unfold(1, 2, 1);
          base.mul_(z.unsqueeze(1));
          return twice.pow(3).sum().add(windows.square().sum());
        });
    Tensor p = leaf(1, 2, 3);
    Tensor b = p.mul(1);
    Tensor windows = b.unfold(0, 2, 1);
    b.mul_(2);
    windows.mul(windows).sum().backward();
    gradient(p, 8, 32, 24);
  }

  @Test
  void theRestOfABaseKeepsItsGradientWhateverIsInTheHole() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(1);
    y.select(0, 0).zero_();
    y.mul(Tensor.of(Double.POSITIVE_INFINITY, 3)).sum().backward();
    gradient(x, 0, 3);
  }

  // ---- histories

  @Test
  void theHistoryOfAWriteIsTheBases() {
    Tensor r = matrix();
    Tensor x = r.clone();
    Tensor v = x.select(0, 0);
    x.mul_(2);
    assertEquals("AsStridedBackward", made(v));
    assertEquals("MulBackward", made(x));
    Tensor y = r.clone();
    Tensor w = y.select(0, 0);
    w.mul_(2);
    assertEquals("CopySlices", made(y));
    assertEquals("AsStridedBackward", made(w));
  }

  @Test
  void viewsOfAConstantFollowWhenItIsWritten() {
    Tensor w = leaf(2);
    Tensor base = Tensor.zeros(DType.FLOAT64, 3);
    Tensor v = base.select(0, 1);
    assertFalse(v.requiresGrad());
    base.add_(w);
    assertTrue(v.requiresGrad() && !v.isLeaf());
    v.mul(3).backward();
    gradient(w, 3);
    w.setGrad(null);
    Tensor other = Tensor.zeros(DType.FLOAT64, 3);
    Tensor head = other.narrow(0, 0, 2);
    Tensor tail = other.narrow(0, 1, 2);
    head.add_(w);
    assertTrue(other.requiresGrad() && tail.requiresGrad());
    tail.mul(Tensor.of(10.0, 1.0)).sum().backward();
    gradient(w, 10);
  }

  @Test
  void aWriteWithoutRecordingLeavesTheHistory() {
    Tensor a = leaf(1, 1, 1);
    Tensor b = a.mul(2);
    Tensor c = b.view(3, 1);
    c.put("0, 0", 3);
    var made = b.gradFn();
    Autograd.noGrad(() -> c.mul_(5));
    assertSame(made, b.gradFn());
    assertArrayEquals(new double[] {15, 10, 10}, b.toDoubleArray());
    b.sum().backward();
    gradient(a, 0, 2, 2);
  }

  // ---- versions

  @Test
  void whateverSharesMemorySharesItsVersion() {
    Tensor x = Tensor.zeros(4);
    Tensor detached = x.detach();
    Tensor view = x.view(2, 2).select(0, 1);
    long before = x.storage().version();
    detached.add_(1);
    assertEquals(before + 1, x.storage().version());
    view.add_(1);
    assertEquals(before + 2, detached.storage().version());
    Tensor other = Tensor.zeros(2);
    other.setData(x);
    other.add_(1);
    assertEquals(before + 3, x.storage().version());
  }

  @Test
  void aResultInPlaceThatItsOwnGradientNeedsIsKeptApart() {
    // PyTorch refuses this: it keeps the tensor that was written
    Tensor p = leaf(1, 2);
    Tensor q = p.mul(1).sigmoid_();
    q.mul_(2);
    q.sum().backward();
    double[] s = p.sigmoid().toDoubleArray();
    gradient(p, 2 * s[0] * (1 - s[0]), 2 * s[1] * (1 - s[1]));
  }

  @Test
  void aRowIsNotWrittenWithAnotherThatSharesItsVersion() {
    Tensor p = matrix();
    Tensor y = p.mul(1);
    y.select(0, 0).mul_(y.select(0, 1));
    Exception e = assertThrows(IllegalStateException.class, () -> y.sum().backward());
    assertTrue(e.getMessage().contains("modified"), e.getMessage());
  }

  // ---- what is refused

  @Test
  void aViewThatIsALeafIsNotWrittenToButItsBaseIs() {
    Tensor base = Tensor.zeros(3);
    Tensor v = base.narrow(0, 1, 2).requiresGrad_();
    assertThrows(IllegalStateException.class, () -> v.add_(1));
    assertThrows(IllegalStateException.class, () -> v.select(0, 0).add_(1));
    assertThrows(IllegalStateException.class, () -> v.view(2, 1).select(0, 0).add_(1));
    assertArrayEquals(new float[3], base.toFloatArray());
  }

  @Test
  void noFormOfAWriteTakesExpandedMemory() {
    Tensor p = leaf(1, 2);
    Tensor y = p.mul(1);
    Tensor many = y.expand(3, 2);
    for (Runnable write :
        List.<Runnable>of(
            () -> many.add_(1),
            () -> many.sin_(),
            () -> many.copy_(Tensor.ones(3, 2)),
            () -> many.fill_(1),
            () -> many.select(1, 0).mul_(2),
            () -> many.uniform_(0, 1))) {
      Exception e = assertThrows(IllegalArgumentException.class, write::run);
      assertTrue(e.getMessage().contains("share memory"), e.getMessage());
    }
    assertArrayEquals(new double[] {1, 2}, y.toDoubleArray());
    many.narrow(0, 1, 1).mul_(3);
    y.sum().backward();
    gradient(p, 3, 3);
  }

  @Test
  void aViewStaysOneOfABaseThatIsRearrangedInPlace() {
    Tensor plain = Tensor.zeros(2, 3);
    Tensor row = plain.select(0, 0);
    plain.t_();
    row.add_(1).unsqueeze_(0);
    assertArrayEquals(new double[] {1, 0, 1, 0, 1, 0}, plain.toDoubleArray());
    Tensor w = matrix();
    Tensor base = w.mul(2);
    Tensor view = base.select(0, 0);
    base.t_();
    view.mul_(3);
    assertEquals("CopySlices", made(base));
    base.sum().backward();
    gradient(w, 6, 6, 6, 2, 2, 2);
    Tensor v = matrix();
    Tensor other = v.mul(2);
    Tensor part = other.select(0, 0);
    other.transpose_(0, 1).unsqueeze_(0).mul_(3);
    assertEquals("AsStridedBackward", made(part));
    part.sum().backward();
    gradient(v, 6, 6, 6, 0, 0, 0);
  }

  @Test
  void theGradientsOfRearrangedBasesAndViewsAreRight() {
    check(
        (x, w) -> {
          Tensor row = x.select(1, 2);
          x.t_();
          row.mul_(w);
          x.unsqueeze_(1).mul_(w.sin());
          Tensor column = x.select(2, 0);
          x.squeeze_().narrow(1, 1, 1).mul_(w.sum());
          return x.add(row.sum()).mul(column.sum());
        });
  }
}
