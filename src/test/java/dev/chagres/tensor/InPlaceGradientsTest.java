package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/**
 * Writes in place in the middle of a graph: through views and to what views were made of. The
 * expected gradients are those that PyTorch 2.13 gave for the same programs.
 */
@OnEveryDevice
class InPlaceGradientsTest {
  private static final Tensor W = Tensor.of(new double[][] {{1, -2, 3}, {4, 5, -6}}, DType.FLOAT64);

  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  /** 1 … 6 as (2, 3). */
  private static Tensor six() {
    return Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}}, DType.FLOAT64).requiresGrad_();
  }

  private static void square(Tensor y) {
    y.mul(y).sum().backward();
  }

  private static void gradient(Tensor x, double... expected) {
    assertArrayEquals(expected, x.grad().toDoubleArray(), 1e-9);
  }

  private static void isModifiedError(Runnable code) {
    Exception e = assertThrows(IllegalStateException.class, code::run);
    assertTrue(e.getMessage().contains("modified"), e.getMessage());
  }

  // ---- gradients through writes

  @Test
  void aNumberWrittenCutsTheGradient() {
    Tensor x = six();
    Tensor y = x.mul(2);
    y.put("0", 5);
    y.mul(W).sum().backward();
    gradient(x, 0, 0, 0, 8, 10, -12);
  }

  @Test
  void aWriteThroughAViewReachesTheBase() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.select(0, 1).mul_(3);
    square(y);
    gradient(x, 2, 4, 6, 72, 90, 108);
  }

  @Test
  void aWriteToTheBaseReachesTheView() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor v = y.select(0, 0);
    y.mul_(2);
    assertArrayEquals(new double[] {2, 4, 6}, v.toDoubleArray());
    square(v);
    gradient(x, 8, 16, 24, 0, 0, 0);
  }

  @Test
  void aWriteThroughAViewOfAViewReachesAll() {
    Tensor x = six();
    Tensor z = leaf(10, 20);
    Tensor y = x.mul(1);
    y.select(0, 1).narrow(0, 1, 2).add_(z);
    y.mul(y).mul(W).sum().backward();
    gradient(x, 2, -8, 18, 32, 150, -312);
    gradient(z, 150, -312);
  }

  @Test
  void theViewBetweenSeesTheWriteToo() {
    Tensor x = six();
    Tensor z = leaf(10, 20);
    Tensor y = x.mul(1);
    Tensor v = y.select(0, 1);
    v.narrow(0, 1, 2).mul_(z);
    square(v);
    gradient(x, 0, 0, 0, 8, 1000, 4800);
    gradient(z, 500, 1440);
  }

  @Test
  void writingSomethingRecordedMakesTheBaseRecorded() {
    Tensor x = leaf(1, 2);
    Tensor base = Tensor.zeros(DType.FLOAT64, 3, 2);
    base.put("1", x.mul(x));
    assertTrue(base.requiresGrad());
    assertFalse(base.isLeaf());
    base.mul(Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}}, DType.FLOAT64)).sum().backward();
    gradient(x, 6, 16);
  }

  @Test
  void writesThroughATranspose() {
    Tensor x = six();
    Tensor z = leaf(2, 3);
    Tensor y = x.mul(1);
    y.t().mul_(z);
    square(y);
    gradient(x, 8, 16, 24, 72, 90, 108);
    gradient(z, 56, 462);
  }

  @Test
  void writesToViewsOfATranspose() {
    Tensor x = six();
    Tensor y = x.mul(1).t();
    y.select(0, 0).mul_(3);
    square(y);
    gradient(x, 18, 4, 6, 72, 10, 12);
  }

  @Test
  void writesToSeveralViewsOfATransposedCopy() {
    Tensor x = six();
    Tensor y = x.mul(1).t().contiguous().t();
    y.select(0, 0).mul_(3);
    y.select(1, 1).add_(1);
    square(y);
    gradient(x, 18, 42, 54, 8, 12, 12);
  }

  @Test
  void oneViewSeesWhatWasWrittenThroughAnother() {
    Tensor x = leaf(1, 2, 3, 4);
    Tensor y = x.mul(1);
    Tensor a = y.narrow(0, 0, 3);
    Tensor b = y.narrow(0, 1, 3);
    a.mul_(2);
    square(b);
    gradient(x, 0, 16, 24, 8);
  }

  @Test
  void writesThroughADiagonal() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.diagonal(0).mul_(10);
    square(y);
    gradient(x, 200, 4, 6, 8, 1000, 12);
  }

  @Test
  void writesThroughAPartOfAFlatView() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor v = y.view(6);
    v.narrow(0, 2, 2).mul_(3);
    square(v);
    gradient(x, 2, 4, 54, 72, 10, 12);
  }

  @Test
  void aRowIsCopiedOverAnother() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.select(0, 0).copy_(y.select(0, 1));
    y.mul(y).mul(W).sum().backward();
    gradient(x, 0, 0, 0, 40, 30, -36);
  }

  @Test
  void copiesAreKnownByTheirName() {
    Tensor x = six();
    assertEquals("CopyBackwards", Tensor.zeros(2, 3).copy_(x).gradFn().name());
    assertEquals("CopyBackwards", Tensor.zeros(4, 2, 3).copy_(x).gradFn().name());
    assertEquals("CopyBackwards", Tensor.zeros(DType.FLOAT32, 2, 3).copy_(x).gradFn().name());
  }

  @Test
  void rowsAreCopiedOverTheirNeighbours() {
    Tensor x = Tensor.arange(DType.FLOAT64, 1, 5, 1).requiresGrad_();
    Tensor y = x.mul(1);
    y.narrow(0, 1, 3).copy_(y.narrow(0, 0, 3));
    assertArrayEquals(new double[] {1, 1, 2, 3}, y.toDoubleArray());
    y.mul(Tensor.of(1, 10, 100, 1000).toDouble()).sum().backward();
    gradient(x, 11, 100, 1000, 0);
  }

  @Test
  void functionsInPlaceHaveTheirGradients() {
    Tensor x = six();
    x.mul(1).sin_().sum().backward();
    double[] cosines = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < 6; i++) {
      cosines[i] = Math.cos(cosines[i]);
    }
    gradient(x, cosines);
    x.setGrad(null);
    x.mul(1).pow_(2).sum().backward();
    gradient(x, 2, 4, 6, 8, 10, 12);
    x.setGrad(null);
    x.mul(1).div_(leaf(2, 4, 8)).sum().backward();
    gradient(x, 0.5, 0.25, 0.125, 0.5, 0.25, 0.125);
    x.setGrad(null);
    x.mul(1).clamp_(2, 5).mul(W).sum().backward();
    gradient(x, 0, -2, 3, 4, 5, 0);
    x.setGrad(null);
    square(x.mul(1).maskedFill_(W.gt(0), 7));
    gradient(x, 0, 4, 0, 0, 0, 12);
    x.setGrad(null);
    x.mul(1).zero_().mul(W).sum().backward();
    gradient(x, 0, 0, 0, 0, 0, 0);
    x.setGrad(null);
    square(x.mul(1).copy_(W));
    gradient(x, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void bothFactorsOfAProductInPlaceHaveGradients() {
    Tensor x = six();
    Tensor z = leaf(2, 3, 4);
    x.mul(1).mul_(z).sum().backward();
    gradient(x, 2, 3, 4, 2, 3, 4);
    gradient(z, 5, 7, 9);
  }

  @Test
  void writesHaveSecondDerivatives() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor v = y.select(0, 0);
    y.mul_(2);
    Tensor g = Autograd.grad(v.mul(v).sum(), x, Backward.Option.CREATE_GRAPH);
    square(g);
    gradient(x, 128, 256, 384, 0, 0, 0);
  }

  @Test
  void allWritesPassGradcheck() {
    Tensor a = Tensor.of(new double[][] {{0.3, -1.2, 0.7}, {1.1, 0.4, -0.6}}, DType.FLOAT64);
    Tensor b = Tensor.of(new double[] {0.5, -0.8}, DType.FLOAT64);
    GradCheck.gradcheck(
        (x, z) -> {
          Tensor y = x.sin();
          y.select(0, 1).narrow(0, 0, 2).mul_(z);
          y.t().select(0, 2).exp_().sin_();
          y.narrow(1, 1, 1).copy_(z.unsqueeze(1));
          y.add_(x);
          return y.square();
        },
        a.requiresGrad_(),
        b.requiresGrad_());
  }

  @Test
  void writesWithoutRecordingAreNotPartOfTheGraph() {
    Tensor x = six();
    Tensor y = x.mul(1);
    try (var _ = Autograd.noGrad()) {
      y.select(0, 0).mul_(2);
    }
    square(y);
    gradient(x, 4, 8, 12, 8, 10, 12);
    Tensor p = six();
    try (var _ = Autograd.noGrad()) {
      p.mul_(2);
      p.select(0, 0).zero_();
    }
    assertTrue(p.isLeaf());
    square(p);
    gradient(p, 0, 0, 0, 16, 20, 24);
  }

  @Test
  void aHookStaysWithTheValueThatItWasPutOn() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.registerHook(g -> g.mul(10));
    y.mul_(2);
    y.mul(W).sum().backward();
    gradient(x, 20, -40, 60, 80, 100, -120);
  }

  // ---- what was needed is gone

  @Test
  void modifyingWhatTheTapeKeptIsAnError() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor z = y.mul(y);
    y.add_(1);
    isModifiedError(() -> z.sum().backward());
  }

  @Test
  void soItIsThroughAViewAndThroughADetachedTensor() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor z = y.mul(y);
    y.select(0, 0).zero_();
    isModifiedError(() -> z.sum().backward());
    Tensor a = x.mul(1);
    Tensor b = a.mul(a);
    a.detach().add_(1);
    isModifiedError(() -> b.sum().backward());
  }

  @Test
  void soItIsWhenOnlyAViewWasKept() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor v = y.select(0, 0);
    Tensor r = v.mul(v);
    y.select(0, 1).mul_(2);
    isModifiedError(() -> r.sum().backward());
  }

  @Test
  void soItIsForParametersThatWereUpdated() {
    Tensor x = six();
    Tensor y = x.mul(x).sum();
    try (var _ = Autograd.noGrad()) {
      x.sub_(1);
    }
    isModifiedError(y::backward);
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void soItIsThroughRawMemory() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor z = y.mul(y);
    y.segment().set(ValueLayout.JAVA_DOUBLE, 0, 9);
    isModifiedError(() -> z.sum().backward());
  }

  @Test
  void soItIsForResultsThatTheirGradientNeeds() {
    Tensor x = six();
    Tensor s = x.mul(1).sigmoid();
    s.add_(1);
    isModifiedError(() -> s.sum().backward());
  }

  @Test
  void aProductWithItselfInPlaceLosesItsOperand() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.mul_(y);
    isModifiedError(() -> y.sum().backward());
  }

  @Test
  void whatIsNotNeededMayBeModified() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor s = y.relu();
    y.add_(1);
    s.sum().backward();
    gradient(x, 1, 1, 1, 1, 1, 1);
    Tensor z = x.mul(2);
    Tensor t = z.add(z);
    z.zero_();
    t.sum().backward();
    gradient(x, 5, 5, 5, 5, 5, 5);
  }

  @Test
  void afterTheErrorTheGraphOfOthersStillWorks() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor z = y.mul(y);
    y.add_(1);
    isModifiedError(() -> z.sum().backward());
    square(x);
    assertEquals(12, x.grad().get(1, 2).item());
  }

  // ---- writes that are not allowed

  @Test
  void leavesAndTheirViewsAreNotWrittenTo() {
    Tensor x = six();
    for (Runnable write :
        new Runnable[] {
          () -> x.mul_(2),
          x::relu_,
          () -> x.fill_(1),
          () -> x.copy_(W),
          () -> x.put("0", 1),
          () -> x.uniform_(0, 1)
        }) {
      Exception e = assertThrows(IllegalStateException.class, write::run);
      assertTrue(e.getMessage().contains("leaf"), e.getMessage());
    }
    Exception e = assertThrows(IllegalStateException.class, () -> x.select(0, 0).mul_(2));
    assertTrue(e.getMessage().contains("view of a leaf"), e.getMessage());
    assertThrows(IllegalStateException.class, () -> x.expand(2, 2, 3).mul_(2));
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, x.toDoubleArray());
  }

  @Test
  void elementsThatShareMemoryAreNotWrittenTo() {
    Tensor x = six();
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> x.mul(1).expand(2, 2, 3).mul_(2));
    assertTrue(e.getMessage().contains("clone()"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Tensor.zeros(3).unfold(0, 2, 1).fill_(1));
  }

  @Test
  void viewsMadeWithoutRecordingAreNotWrittenToWhileRecording() {
    Tensor x = six();
    Tensor y = x.mul(1);
    Tensor v = Autograd.noGrad(() -> y.select(0, 0));
    assertThrows(IllegalStateException.class, () -> v.mul_(2));
    assertThrows(IllegalStateException.class, v::zero_);
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, y.toDoubleArray());
    Autograd.noGrad(() -> v.mul_(2));
    assertEquals(2, y.get(0, 0).item());
    Tensor base = Tensor.zeros(3);
    Tensor early = base.narrow(0, 0, 1);
    base.requiresGrad_();
    assertThrows(IllegalStateException.class, () -> early.add_(1));
  }

  /** PyTorch refuses this, since its node of several views is one; here each view has its own. */
  @Test
  void oneOfSeveralViewsOfOneCallIsWrittenTo() {
    Tensor x = six();
    Tensor y = x.mul(1);
    y.unbind(0).getFirst().mul_(2);
    square(y);
    gradient(x, 8, 16, 24, 8, 10, 12);
    x.setGrad(null);
    Tensor z = x.mul(1);
    z.split(1, 0).getLast().mul_(3);
    z.chunk(3, 1).getFirst().zero_();
    square(z);
    gradient(x, 0, 4, 6, 0, 90, 108);
  }
}
