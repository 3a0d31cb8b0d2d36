package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Reduction;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The forms of an operation (in place, into out, in a dtype, on a device) and its name. */
@OnEveryDevice
class FormsTest {
  private static final Tensor Y = Tensor.of(new double[][] {{0.5, -1, 3}, {2, 8, 3}});
  private static final Tensor INDEX = Tensor.of(new long[][] {{1, 0, 0}});

  private static Tensor sample() {
    return Tensor.of(new double[][] {{1, 2, 3}, {-4, 5, 6}});
  }

  private static void same(String name, Tensor expected, Tensor got) {
    assertEquals(expected.shape(), got.shape(), name);
    assertArrayEquals(expected.toDoubleArray(), got.toDoubleArray(), name);
  }

  @Test
  void whatWorksInPlaceGivesWhatTheOthersGive() {
    Map<String, List<UnaryOperator<Tensor>>> forms = new LinkedHashMap<>();
    forms.put("truncDivide", List.of(x -> x.truncDivide(Y), x -> x.truncDivide_(Y)));
    forms.put("truncDivide by 2", List.of(x -> x.truncDivide(2), x -> x.truncDivide_(2)));
    forms.put("atan2", List.of(x -> x.atan2(Y), x -> x.atan2_(Y)));
    forms.put("eq", List.of(x -> x.eq(Y), x -> x.eq_(Y)));
    forms.put("ne", List.of(x -> x.ne(3), x -> x.ne_(3)));
    forms.put("lt", List.of(x -> x.lt(Y), x -> x.lt_(Y)));
    forms.put("le", List.of(x -> x.le(3), x -> x.le_(3)));
    forms.put("gt", List.of(x -> x.gt(Y), x -> x.gt_(Y)));
    forms.put("ge", List.of(x -> x.ge(3), x -> x.ge_(3)));
    forms.put("logicalAnd", List.of(x -> x.logicalAnd(Y), x -> x.logicalAnd_(Y)));
    forms.put("logicalOr", List.of(x -> x.logicalOr(Y), x -> x.logicalOr_(Y)));
    forms.put("logicalXor", List.of(x -> x.logicalXor(Y), x -> x.logicalXor_(Y)));
    forms.put("clampMin", List.of(x -> x.clampMin(2.5), x -> x.clampMin_(2.5)));
    forms.put("clampMax", List.of(x -> x.clampMax(2.5), x -> x.clampMax_(2.5)));
    forms.put("lerp", List.of(x -> x.lerp(Y, 0.25), x -> x.lerp_(Y, 0.25)));
    forms.put("addcmul", List.of(x -> x.addcmul(Y, Y, 2), x -> x.addcmul_(Y, Y, 2)));
    forms.put("addcdiv", List.of(x -> x.addcdiv(Y, Y, 2), x -> x.addcdiv_(Y, Y, 2)));
    Tensor rows = Tensor.of(1L, 1L);
    forms.put("indexAdd", List.of(x -> x.indexAdd(0, rows, Y), x -> x.indexAdd_(0, rows, Y)));
    Tensor swapped = Tensor.of(1L, 0L);
    forms.put(
        "indexCopy", List.of(x -> x.indexCopy(0, swapped, Y), x -> x.indexCopy_(0, swapped, Y)));
    forms.put("scatter", List.of(x -> x.scatter(0, INDEX, Y), x -> x.scatter_(0, INDEX, Y)));
    forms.put(
        "scatterAdd", List.of(x -> x.scatterAdd(0, INDEX, Y), x -> x.scatterAdd_(0, INDEX, Y)));
    forms.put("t", List.of(x -> x.t(), x -> x.t_()));
    forms.put("transpose", List.of(x -> x.transpose(0, 1), x -> x.transpose_(0, 1)));
    forms.put("unsqueeze", List.of(x -> x.unsqueeze(1), x -> x.unsqueeze_(1)));
    forms.put("squeeze", List.of(x -> x.squeeze(), x -> x.squeeze_()));
    forms.put("squeeze(1)", List.of(x -> x.squeeze(1), x -> x.squeeze_(1)));
    forms.forEach(
        (name, pair) -> {
          Tensor x = sample();
          Tensor expected = pair.getFirst().apply(sample()).to(x.dtype());
          assertSame(x, pair.getLast().apply(x), name);
          same(name, expected, x);
          // Recorded, and through a view
          Tensor leaf = sample().requiresGrad_();
          Tensor twin = sample().requiresGrad_();
          Tensor in = leaf.mul(1);
          assertSame(in, pair.getLast().apply(in), name);
          Tensor out = pair.getFirst().apply(twin.mul(1)).to(x.dtype());
          same(name, expected, in);
          Tensor weights = Tensor.arange(6.0).reshape(in.shape());
          in.mul(weights).sum().backward();
          if (out.requiresGrad()) {
            out.mul(weights).sum().backward();
            same(name, twin.grad(), leaf.grad());
          } else {
            same(name, leaf.zerosLike(), leaf.grad());
          }
          assertThrows(IllegalStateException.class, () -> pair.getLast().apply(leaf), name);
        });
    Tensor bits = Tensor.of(12L, 10L);
    assertTrue(bits.clone().bitwiseAnd_(Tensor.of(6L)).equal(Tensor.of(4L, 2L)));
    assertTrue(bits.clone().bitwiseOr_(Tensor.of(6L)).equal(Tensor.of(14L, 14L)));
    assertTrue(bits.clone().bitwiseXor_(Tensor.of(6L)).equal(Tensor.of(10L, 12L)));
    assertThrows(IllegalArgumentException.class, () -> bits.clampMin_(2.5));
  }

  @Test
  void arrangingATensorKeepsItsHistoryAndMemory() {
    Tensor leaf = Tensor.arange(6.0).reshape(2, 3).requiresGrad_();
    Tensor y = leaf.mul(2);
    Tensor row = y.select(0, 1);
    var memory = y.storage();
    y.t_();
    assertSame(memory, y.storage());
    assertEquals(Shape.of(3, 2), y.shape());
    assertEquals("TBackward", String.valueOf(y.gradFn()));
    y.select(1, 0).mul_(10);
    y.sum().backward();
    assertArrayEquals(new double[] {20, 20, 20, 2, 2, 2}, grad(leaf));
    assertEquals(Shape.of(3), row.shape());
    try (var _ = Autograd.noGrad()) {
      leaf.unsqueeze_(0);
    }
    assertEquals(Shape.of(1, 2, 3), leaf.shape());
    Tensor view = leaf.detach().mul(3).requiresGrad_().mul(1).select(0, 0);
    view.t_().mul_(2);
    assertEquals(Shape.of(3, 2), view.shape());
  }

  @Test
  void aWriteIntoAViewOfATensorThatIsNotContiguousHasItsGradient() {
    Tensor value = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    Tensor base = Tensor.zeros(2, 3).t().detach();
    Tensor before = base.add(0);
    base.select(1, 0).copy_(value.mul(2));
    base.select(0, 1).mul_(10);
    base.mul(Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}})).sum().backward();
    assertArrayEquals(new double[] {2, 60, 10}, grad(value));
    assertEquals(0, before.sum().item());
  }

  private static double[] grad(Tensor x) {
    Tensor gradient = x.grad();
    assertNotNull(gradient);
    return gradient.toDoubleArray();
  }

  @Test
  void intoOut() {
    Tensor x = sample();
    Tensor vector = Tensor.of(1.0, 2.0, 3.0);
    Tensor batch = x.unsqueeze(0);
    int[] one = {1};
    int[] all = {};
    into(x.sum(1), out -> Out.sum(x, one, out));
    into(x.sum(), out -> Out.sum(x, all, out));
    into(x.prod(1), out -> Out.prod(x, one, out));
    into(x.mean(1), out -> Out.mean(x, one, out));
    into(x.amax(1), out -> Out.amax(x, one, out));
    into(x.amin(1), out -> Out.amin(x, one, out));
    into(x.any(1), out -> Out.any(x, one, out));
    into(x.all(1), out -> Out.all(x, one, out));
    into(x.argmax(1), out -> Out.argmax(x, 1, out));
    into(x.argmin(1), out -> Out.argmin(x, 1, out));
    into(x.softmax(1), out -> Out.softmax(x, 1, out));
    into(x.logSoftmax(1), out -> Out.logSoftmax(x, 1, out));
    into(x.mv(vector), out -> Out.mv(x, vector, out));
    into(vector.dot(vector), out -> Out.dot(vector, vector, out));
    into(batch.bmm(batch.transpose(1, 2)), out -> Out.bmm(batch, batch.transpose(1, 2), out));
    into(Tensor.eye(2, 3), Out::eye);
    into(Tensor.linspace(0, 1, 5), out -> Out.linspace(0, 1, 5, out));
    Chagres.manualSeed(5);
    Tensor drawn = Tensor.randint(0, 9, 4);
    Tensor order = Tensor.randperm(6);
    Chagres.manualSeed(5);
    into(drawn, out -> Out.randint(0, 9, out));
    into(order, out -> Out.randperm(6, out));
    assertThrows(IllegalArgumentException.class, () -> Out.sum(x, one, Tensor.zeros(3)));
    assertThrows(
        IllegalStateException.class, () -> Out.sum(sample().requiresGrad_(), one, Tensor.zeros(2)));
    assertThrows(
        IllegalArgumentException.class, () -> Tensor.zeros(DType.UINT8, 2).random_(0, 300));
  }

  private static void into(Tensor expected, UnaryOperator<Tensor> form) {
    Tensor out = expected.emptyLike();
    assertSame(out, form.apply(out));
    same(form.toString(), expected, out);
  }

  @OnCpu("it expects that there is no GPU")
  @Test
  void newTensorsTakeADtypeOrADevice() {
    Tensor x = Tensor.zeros(2, 3);
    Shape shape = Shape.of(4);
    DType type = DType.INT32;
    for (Tensor y :
        List.of(x.zerosLike(type), x.onesLike(type), x.emptyLike(type), x.fullLike(7, type))) {
      assertEquals(Shape.of(2, 3), y.shape());
      assertEquals(type, y.dtype());
    }
    for (Tensor y :
        List.of(
            x.newZeros(type, 4),
            x.newOnes(type, 4),
            x.newEmpty(type, 4),
            x.newFull(shape, 7, type))) {
      assertEquals(shape, y.shape());
      assertEquals(type, y.dtype());
    }
    assertEquals(DType.FLOAT32, x.newOnes(shape).dtype());
    assertEquals(4, x.newOnes(shape).sum().item());
    assertEquals(type, x.to(Device.cpu(), type).dtype());
    assertEquals(6, x.onesLike(Device.cpu()).sum().item());
    assertEquals(0, x.zerosLike(Device.cpu()).sum().item());
    assertThrows(IllegalStateException.class, () -> x.onesLike(Device.cuda(0)));
    assertTrue(x.eq(0).all().isTrue());
    assertFalse(x.any().isTrue());
    assertThrows(IllegalStateException.class, x::isTrue);
    assertEquals(Shape.of(2, 1), x.any(Keep.KEEPDIM, 1).shape());
    assertEquals(Shape.of(1, 3), x.all(Keep.KEEPDIM, 0).shape());
    assertEquals(Shape.of(1, 3), x.norm(2, Keep.KEEPDIM, 0).shape());
  }

  /** PyTorch 2.13's names, without the number of the overload. */
  @Test
  void composedOperationsHaveTheirOwnNames() {
    Tensor x = sample().requiresGrad_();
    Tensor mask = sample().gt(0);
    Tensor classes = Tensor.of(0L, 2L);
    Map<String, Supplier<Tensor>> names = new LinkedHashMap<>();
    names.put("Max", () -> x.max());
    names.put("Min", () -> x.min(0).values());
    names.put("Amax", () -> x.amax(0));
    names.put("Slice", () -> x.narrow(0, 0, 1));
    names.put("Logsumexp", () -> x.logsumexp(0));
    names.put("Std", () -> x.std());
    names.put("Var", () -> x.var(0));
    names.put("LinalgVectorNorm", () -> x.norm());
    names.put("Stack", () -> Tensor.stack(List.of(x, x)));
    names.put("Cat", () -> Tensor.cat(List.of(x, x)));
    names.put("MaskedFill", () -> x.maskedFill(mask, 1));
    names.put("Rsub", () -> x.rsub(1));
    names.put("Lerp", () -> x.lerp(Y, 0.3));
    names.put("Addcmul", () -> x.addcmul(Y, Y, 1));
    names.put("Addcdiv", () -> x.addcdiv(Y, Y, 1));
    names.put("Repeat", () -> x.repeat(2, 1));
    names.put("Split", () -> x.split(1, 0).getFirst());
    names.put("SplitWithSizes", () -> x.split(new long[] {1, 1}, 0).getFirst());
    names.put("Unbind", () -> x.unbind(0).getFirst());
    names.put("ClampMin", () -> x.clampMin(0));
    names.put("ClampMax", () -> x.clampMax(0));
    names.put("Clamp", () -> x.clamp(0, 1));
    names.put("MseLoss", () -> Functional.mseLoss(x, Y));
    names.put("SmoothL1Loss", () -> Functional.smoothL1Loss(x, Y, 1, Reduction.MEAN));
    names.put("NllLoss", () -> Functional.crossEntropy(x, classes));
    names.put(
        "BinaryCrossEntropyWithLogits",
        () -> Functional.binaryCrossEntropyWithLogits(x, Y.sigmoid()));
    names.forEach(
        (name, call) -> assertEquals(name + "Backward", String.valueOf(call.get().gradFn())));
    Tensor y = x.mul(2);
    Tensor unchanged = y.repeat(1, 1);
    assertEquals("MulBackward", String.valueOf(y.gradFn()));
    same("repeat", y, unchanged);
  }

  @Test
  void aListOfSizesMustFit() {
    Executable[] calls = {
      () -> sample().split(new long[] {-1, 4}, 1),
      () -> sample().split(new long[] {Long.MAX_VALUE, Long.MAX_VALUE, 5}, 1),
      () -> sample().split(new long[] {1, 1}, 1)
    };
    for (Executable call : calls) {
      Exception e = assertThrows(IllegalArgumentException.class, call);
      assertTrue(e.getMessage().startsWith("split: "), e.getMessage());
    }
  }
}
