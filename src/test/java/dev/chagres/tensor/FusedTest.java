package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.profiler.Profile;
import dev.chagres.profiler.Profiler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be fused, how it is traced, its gradients and its errors. */
class FusedTest {
  private static final BinaryOperator<Tensor> SWISH = (x, beta) -> x.mul(x.mul(beta).sigmoid());

  @BeforeEach
  void seed() {
    Chagres.manualSeed(7);
  }

  // ---- results

  @Test
  void sixteenBitsAreRoundedByCastsAndAtTheEnd() {
    Tensor x = Tensor.rand(1000).half();
    UnaryOperator<Tensor> twice = t -> t.mul(t).mul(t);
    Tensor y = Fused.of(twice).apply(x);
    assertEquals(DType.FLOAT16, y.dtype());
    assertTrue(y.equal(twice.apply(x.toFloat()).half()));
    assertTrue(!y.equal(twice.apply(x)), "each product is rounded where nothing is fused");
    UnaryOperator<Tensor> rounding = t -> t.toFloat().div(3).half().toFloat().mul(3);
    assertTrue(Fused.of(rounding).apply(x).equal(rounding.apply(x)));
    UnaryOperator<Tensor> next = t -> t.nextafter(t.add(1));
    assertTrue(Fused.of(next).apply(x).equal(next.apply(x)));
  }

  @Test
  void severalResultsAreComputedAtOnce() {
    Function<List<Tensor>, List<Tensor>> adam =
        in -> {
          Tensor g = in.get(1);
          Tensor m = in.get(2).mul(0.9).add(g.mul(0.1));
          Tensor v = in.get(3).mul(0.999).add(g.square().mul(0.001));
          return List.of(in.get(0).sub(m.div(v.sqrt().add(1e-8)).mul(1e-3)), m, v, g, g.gt(0));
        };
    List<Tensor> operands = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      operands.add(Tensor.rand(300, 7));
    }
    List<Tensor> expected = adam.apply(operands);
    List<Tensor> results = Fused.ofLists(adam).apply(operands);
    for (int i = 0; i < expected.size(); i++) {
      assertTrue(expected.get(i).equal(results.get(i)));
    }
    assertTrue(results.get(3).storage() != operands.get(1).storage(), "a result is new");
  }

  /** Few elements are cut so that what lies between is small; of float64 or gathered, earlier. */
  @Test
  void fewElementsAreThoseOfTheFunctionToo() {
    BinaryOperator<Tensor> function =
        (a, b) -> a.mul(b).sin().add(a.sub(b).cos()).mul(a.add(b).exp()).div(b.square().add(1));
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (int n : new int[] {1, 17, 239, 255, 341, 480, 500, 1000, 1361, 2000, 4096}) {
        Tensor a = Tensor.rand(n).to(dtype);
        Tensor b = Tensor.rand(n, 2).to(dtype).select(1, 1);
        Tensor expected = function.apply(a, b);
        assertTrue(Fused.of(function).apply(a, b).equal(expected), () -> dtype + " " + n);
      }
    }
  }

  @Test
  void numbersAreWhereTheOperandsAre() {
    UnaryOperator<Tensor> function =
        x ->
            Tensor.where(x.gt(0), x, 0.5)
                .add(Tensor.where(x.lt(1), 2, x))
                .add(Tensor.where(x.isnan(), 1.0, 2.0))
                .add(x.maskedFill(x.gt(1), 3))
                .add(x.rsub(1, 2))
                .add(x.fill(4))
                .add(x.clamp(-1, 1))
                .add(x.nanToNum(7.0));
    Tensor x = Tensor.randn(50);
    assertTrue(Fused.of(function).apply(x).equal(function.apply(x)));
  }

  @Test
  void whatWasMadeInsideMayBeWrittenTo() {
    UnaryOperator<Tensor> function =
        x -> {
          Tensor y = x.mul(2);
          y.add_(1);
          Tensor z = y.exp();
          y.neg_();
          return z.sub_(y);
        };
    Tensor x = Tensor.randn(50);
    assertTrue(Fused.of(function).apply(x).equal(function.apply(x)));
  }

  @Test
  void nothingLiesBetweenInMemory() {
    int n = 1 << 20;
    Tensor x = Tensor.randn(n);
    Tensor beta = Tensor.scalar(1.5f);
    BinaryOperator<Tensor> swish = Fused.of(SWISH);
    var _ = swish.apply(x, beta);
    long plain = allocated(() -> SWISH.apply(x, beta));
    long fused = allocated(() -> swish.apply(x, beta));
    assertEquals(3L * 4 * n, plain);
    assertTrue(fused >= 4L * n && fused < 5L * n, () -> fused + " bytes");
  }

  private static long allocated(Supplier<Tensor> call) {
    Profile profile =
        Profiler.run(
            () -> {
              var _ = call.get();
            });
    return profile.rows().stream().mapToLong(Profile.Row::allocatedBytes).sum();
  }

  @Test
  void aProfilerNamesItAndItsOperations() {
    Tensor x = Tensor.randn(10).requiresGrad_();
    UnaryOperator<Tensor> swish = Fused.of((Tensor t) -> t.mul(t.sigmoid()));
    var _ = swish.apply(x);
    String table = Profiler.run(() -> swish.apply(x).sum().backward()).table();
    assertTrue(table.matches("(?s).*\\nfused  .*\\n  fused: sigmoid mul .*"), table);
    assertTrue(table.contains("FusedBackward"), table);
  }

  // ---- tracing

  @Test
  void aFunctionIsTracedOnceForAShape() {
    AtomicInteger calls = new AtomicInteger();
    UnaryOperator<Tensor> fused =
        Fused.of(
            (Tensor x) -> {
              calls.incrementAndGet();
              return x.div(x.size(0));
            });
    assertTrue(fused.apply(Tensor.ones(4)).equal(Tensor.full(Shape.of(4), 0.25)));
    var _ = fused.apply(Tensor.randn(4));
    assertEquals(1, calls.get());
    assertTrue(fused.apply(Tensor.ones(2)).equal(Tensor.full(Shape.of(2), 0.5)));
    assertEquals(2, calls.get());
    var _ = fused.apply(Tensor.ones(2).toDouble());
    assertEquals(3, calls.get());
    Tensor x = Tensor.ones(2).requiresGrad_();
    fused.apply(x).sum().backward();
    int recorded = calls.get();
    assertTrue(recorded > 3);
    fused.apply(x).sum().backward();
    assertEquals(recorded, calls.get());
    for (int n = 1; n < 600; n++) {
      var _ = fused.apply(Tensor.ones(n));
    }
    assertTrue(
        fused.apply(Tensor.ones(4)).equal(Tensor.full(Shape.of(4), 0.25)),
        "after it was forgotten");
  }

  @Test
  void threadsShareAFunction() throws InterruptedException {
    BinaryOperator<Tensor> swish = Fused.of(SWISH);
    AtomicInteger right = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int n = 10 + i % 3;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int k = 0; k < 50; k++) {
                      Tensor x = Tensor.randn(n).requiresGrad_();
                      Tensor beta = Tensor.scalar(1.5f);
                      Tensor y = swish.apply(x, beta);
                      y.sum().backward();
                      Tensor g = Autograd.grad(SWISH.apply(x, beta).sum(), x);
                      boolean same = y.equal(SWISH.apply(x, beta)) && x.grad().allclose(g);
                      right.addAndGet(same ? 1 : 0);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(300, right.get());
  }

  @Test
  void fusedFunctionsMayCallEachOther() {
    BinaryOperator<Tensor> swish = Fused.of(SWISH);
    AtomicInteger calls = new AtomicInteger();
    UnaryOperator<Tensor> outer =
        Fused.of(
            (Tensor x) -> {
              calls.incrementAndGet();
              return swish.apply(x, x.exp()).add(1);
            });
    Tensor x = Tensor.randn(20);
    assertTrue(outer.apply(x).equal(SWISH.apply(x, x.exp()).add(1)));
    var _ = outer.apply(x);
    assertEquals(1, calls.get());
  }

  // ---- gradients

  /** Compares gradients with those of the function, and with differences, of both orders. */
  private static void checkGradients(Function<List<Tensor>, List<Tensor>> function, Tensor... at) {
    compareGradients(function, at);
    GradCheck.gradcheck(Fused.ofLists(function), List.of(at));
    GradCheck.gradgradcheck(Fused.ofLists(function), List.of(at));
  }

  private static void compareGradients(
      Function<List<Tensor>, List<Tensor>> function, Tensor... at) {
    Function<List<Tensor>, List<Tensor>> fused = Fused.ofLists(function);
    List<Tensor> inputs = List.of(at);
    List<Tensor> plain = function.apply(inputs);
    List<Tensor> results = fused.apply(inputs);
    List<Tensor> wanted = inputs.stream().filter(Tensor::requiresGrad).toList();
    List<Tensor> weights = new ArrayList<>();
    for (Tensor y : results) {
      weights.add(Tensor.rand(y.dtype(), y.shape().toArray()));
    }
    List<Tensor> expected = Autograd.gradOrNull(plain, wanted, weights);
    List<Tensor> found = Autograd.gradOrNull(results, wanted, weights);
    for (int i = 0; i < wanted.size(); i++) {
      if (expected.get(i) == null) {
        assertNull(found.get(i));
      } else {
        assertEquals(wanted.get(i).shape(), found.get(i).shape());
        assertTrue(expected.get(i).allclose(found.get(i), 1e-12, 1e-14));
      }
    }
  }

  private static Tensor leaf(long... sizes) {
    return Tensor.randn(DType.FLOAT64, sizes).requiresGrad_();
  }

  @Test
  void gradientsOfAnyOrderAreThoseOfTheFunction() {
    checkGradients(in -> List.of(in.get(0).exp().mul(in.get(0)).tanh()), leaf(3, 4));
    checkGradients(in -> List.of(SWISH.apply(in.get(0), in.get(1))), leaf(3, 4), leaf(3, 4));
    checkGradients(
        in -> List.of(in.get(0).square().add(1).log(), in.get(0).mul(in.get(1))), leaf(5), leaf(5));
    Tensor x = leaf(6);
    UnaryOperator<Tensor> fused = Fused.of((Tensor t) -> t.pow(5).mul(0.1));
    Tensor g = fused.apply(x);
    for (int order = 0; order < 4; order++) {
      g = Autograd.grad(g.sum(), x, Backward.Option.CREATE_GRAPH);
    }
    assertTrue(g.allclose(x.mul(12), 1e-9, 1e-9));
  }

  @Test
  void gradientsOfBroadcastOperandsAreSummed() {
    for (long[] small : new long[][] {{}, {1}, {4}, {3, 1}, {1, 1}, {1, 4}}) {
      checkGradients(
          in -> {
            Tensor weight = in.get(1).exp();
            return List.of(in.get(0).mul(weight).add(weight.square()).sigmoid());
          },
          leaf(3, 4),
          leaf(small));
    }
    checkGradients(
        in -> List.of(in.get(0).mul(in.get(1).tanh()).add(in.get(2)).mul(in.get(1))),
        leaf(2, 1, 3),
        leaf(4, 1),
        leaf(3));
  }

  @Test
  void gradientsFlowAsTheyDoThroughTheFunction() {
    // Cut off, through a choice, twice to one operand, to one that is not used, past integers.
    compareGradients(in -> List.of(in.get(0).mul(in.get(0).detach().exp())), leaf(5));
    compareGradients(
        in -> {
          Tensor factor;
          try (var _ = Autograd.noGrad()) {
            factor = in.get(0).square();
          }
          return List.of(factor.mul(in.get(0)));
        },
        leaf(5));
    checkGradients(
        in -> List.of(Tensor.where(in.get(0).gt(0), in.get(0).exp(), in.get(1))), leaf(5), leaf(5));
    Tensor same = leaf(5);
    checkGradients(in -> List.of(in.get(0).mul(in.get(1).sin())), same, same);
    checkGradients(in -> List.of(in.get(0).exp()), leaf(5), leaf(5));
    checkGradients(in -> List.of(in.get(0).mul(in.get(1))), leaf(5), Tensor.arange(0, 5));
    checkGradients(in -> List.of(in.get(0).mul(2), in.get(0).gt(0)).subList(0, 1), leaf(5));
    checkGradients(in -> List.of(in.get(0)), leaf(5));
    checkGradients(in -> List.of(in.get(0).clamp(-0.5, 0.5).add(in.get(1))), leaf(5), leaf(5));
  }

  @Test
  void aResultThatNobodyUsesHasNoPart() {
    Tensor x = leaf(4);
    List<Tensor> results =
        Fused.ofLists(in -> List.of(in.get(0).exp(), in.get(0).gt(0), in.get(0).sin()))
            .apply(List.of(x));
    assertTrue(!results.get(1).requiresGrad());
    results.get(2).sum().backward();
    assertTrue(x.grad().allclose(x.cos()));
  }

  @Test
  void gradientsAreComputedOnlyWhereTheyAreRecorded() {
    UnaryOperator<Tensor> fused = Fused.of((Tensor t) -> t.exp());
    Tensor x = leaf(4);
    try (var _ = Autograd.noGrad()) {
      assertTrue(!fused.apply(x).requiresGrad());
    }
    Tensor y = fused.apply(x);
    assertEquals("FusedBackward", y.gradFn().name());
    try (var _ = Autograd.inferenceMode()) {
      y.backward(Tensor.ones(DType.FLOAT64, 4));
    }
    assertTrue(x.grad().equal(x.exp()));
    Tensor again = fused.apply(x);
    x.detach().add_(1);
    assertThrows(IllegalStateException.class, () -> again.sum().backward());
  }

  @Test
  void anomaliesNameTheOperation() {
    UnaryOperator<Tensor> fused = Fused.of((Tensor t) -> t.sqrt().mul(0).sum(0));
    Tensor x = Tensor.zeros(3).requiresGrad_();
    try (var _ = Autograd.detectAnomaly()) {
      var error = assertThrows(RuntimeException.class, () -> fused.apply(x).backward());
      assertTrue(error.getMessage().contains("SqrtBackward"), error::getMessage);
    }
  }

  // ---- errors

  private static void refused(String text, UnaryOperator<Tensor> function) {
    UnaryOperator<Tensor> fused = Fused.of(function);
    Tensor x = Tensor.randn(3, 4);
    var error = assertThrows(RuntimeException.class, () -> fused.apply(x));
    assertTrue(error.getMessage().startsWith("fused: " + text), error::getMessage);
    assertThrows(error.getClass(), () -> fused.apply(x), "every time");
  }

  private static final class Own extends dev.chagres.tensor.Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      return List.of(inputs.getFirst().exp());
    }

    @Override
    protected List<Tensor> backward(Context context, List<Tensor> gradOutputs) {
      return List.of(gradOutputs.getFirst().sum());
    }
  }

  @Test
  void whatIsNotElementwiseIsRefusedByName() {
    Tensor other = Tensor.ones(4);
    String places = " does not compute each element from those at the same place";
    refused("sum" + places, x -> x.sub(x.sum()));
    refused("mean" + places, x -> x.mean());
    refused("softmax" + places, x -> x.softmax(1));
    refused("matmul" + places, x -> x.matmul(x.t()));
    refused("cumsum" + places, x -> x.cumsum(0));
    refused("sort" + places, x -> x.sort(0).values());
    refused("randLike" + places, x -> x.randLike());
    refused("exp takes a view, (4, 3), of (3, 4)", x -> x.t().exp());
    refused("exp takes a view, (1, 4), of (3, 4)", x -> x.narrow(0, 0, 1).exp());
    refused("add uses a tensor that is none of the operands", x -> x.add(other));
    refused("mul uses a tensor that is none of the operands", x -> x.mul(Tensor.scalar(2)));
    refused("add_ writes to an operand", x -> x.add_(1));
    refused("item reads elements", x -> x.mul(x.get(0, 0).item()));
    refused("any" + places, x -> x.isnan().any().isTrue() ? x : x.neg());
    refused("cpu reads elements", x -> x.cpu());
    refused("Own has a gradient of its own", x -> new Own().call(x));
  }

  @Test
  void wrongCallsAreErrors() {
    assertThrows(NullPointerException.class, () -> Fused.of((UnaryOperator<Tensor>) null));
    UnaryOperator<Tensor> none = Fused.of((UnaryOperator<Tensor>) _ -> null);
    assertThrows(IllegalStateException.class, () -> none.apply(Tensor.ones(2)));
    UnaryOperator<Tensor> exp = Fused.of((Tensor x) -> x.exp());
    assertThrows(NullPointerException.class, () -> exp.apply(null));
    var lists = Fused.ofLists(in -> List.of(in.get(0).exp()));
    assertThrows(IllegalArgumentException.class, () -> lists.apply(List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> Fused.ofLists(_ -> List.of()).apply(List.of(Tensor.ones(2))));
    assertThrows(
        IllegalArgumentException.class,
        () -> Fused.of(SWISH).apply(Tensor.ones(2), Tensor.ones(3)));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Fused.ofLists(in -> List.of(in.get(0), in.get(1)))
                .apply(List.of(Tensor.ones(2), Tensor.ones(1))));
    Tensor[] escaped = new Tensor[1];
    UnaryOperator<Tensor> leaking =
        Fused.of(
            (Tensor x) -> {
              escaped[0] = x;
              return x.exp();
            });
    var _ = leaking.apply(Tensor.ones(2));
    assertEquals(Device.traced(), escaped[0].device());
    assertThrows(IllegalStateException.class, () -> escaped[0].exp());
    List<Tensor> many = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      many.add(Tensor.ones(2));
    }
    var sum = Fused.ofLists(in -> List.of(in.stream().reduce(Tensor::add).orElseThrow()));
    assertTrue(sum.apply(many.subList(0, 31)).getFirst().equal(Tensor.full(Shape.of(2), 31)));
    assertThrows(IllegalArgumentException.class, () -> sum.apply(many));
    UnaryOperator<Tensor> endless =
        Fused.of(
            (Tensor x) -> {
              Tensor y = x;
              for (int i = 0; i < 300; i++) {
                y = y.sin();
              }
              return y;
            });
    assertThrows(IllegalArgumentException.class, () -> endless.apply(Tensor.ones(2)));
  }

  @Test
  void anIntegerIsNotDividedByZero() {
    BinaryOperator<Tensor> fused = Fused.of((Tensor a, Tensor b) -> a.add(1).floorDivide(b).mul(2));
    Tensor a = Tensor.arange(0, 3000);
    Tensor b = Tensor.arange(1, 3001);
    assertTrue(fused.apply(a, b).equal(a.add(1).floorDivide(b).mul(2)));
    var error = assertThrows(ArithmeticException.class, () -> fused.apply(a, b.sub(2000)));
    assertEquals(
        "floorDivide: integer division by zero, int64 of shape (3000,)", error.getMessage());
  }
}
