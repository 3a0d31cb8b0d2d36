package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What the random functions do beside drawing: forms, states, gradients, and what they refuse. */
class RandomFormsTest {
  private static final double NAN = Double.NaN;

  // ---- wrong arguments

  private static void refused(Function<Generator, ?> call) {
    Generator generator = new Generator(3);
    generator.randn(DType.FLOAT32, 3);
    Tensor before = generator.getState();
    assertThrows(IllegalArgumentException.class, () -> call.apply(generator));
    assertTrue(before.equal(generator.getState()), "something was drawn");
  }

  @Test
  void wrongParametersAreRefusedBeforeAnythingIsDrawn() {
    Tensor x = Tensor.full(Shape.of(2, 3), 7.0);
    for (double bad : new double[] {0, -1, NAN}) {
      refused(g -> g.exponential_(x, bad));
      refused(g -> g.logNormal_(x, 0, bad));
      refused(g -> g.cauchy_(x, 0, bad));
      refused(g -> g.geometric_(x, bad));
    }
    refused(g -> g.geometric_(x, 1));
    refused(g -> g.normal_(x, 0, NAN));
    refused(g -> g.normal(x, -1));
    refused(g -> g.normal(0, -1, 3));
    refused(g -> g.normal(x, x.neg()));
    refused(g -> g.normal(x, Tensor.of(1, NAN, 1)));
    refused(g -> g.normal(0, Tensor.of(1, -1e-9)));
    refused(g -> g.normal(x, Tensor.ones(2)));
    refused(g -> g.normal(DType.INT64, 0, 1, 3));
    refused(g -> g.normal(Tensor.of(1L), Tensor.of(1.0)));
    refused(g -> g.normal(0, Tensor.of(1L)));
    for (double bad : new double[] {-1e-9, 1.001, NAN}) {
      refused(g -> g.bernoulli(Tensor.of(0.5, bad)));
      refused(g -> g.bernoulli_(x, Tensor.of(0.5, bad, 0.5)));
      refused(g -> g.bernoulli(x, bad));
    }
    refused(g -> g.bernoulli(Tensor.of(1L)));
    refused(g -> g.bernoulli_(x, Tensor.of(0L, 1L, 0L)));
    refused(g -> g.bernoulli_(x, Tensor.of(0.5, 0.5)));
    refused(g -> g.poisson(Tensor.of(1.0, -1)));
    refused(g -> g.poisson(Tensor.of(1, NAN)));
    refused(g -> g.poisson(Tensor.of(1L)));
    refused(g -> g.binomial(Tensor.of(1.0), Tensor.of(0.5).to(DType.FLOAT64)));
    refused(g -> g.binomial(Tensor.of(1L), Tensor.of(1L)));
    refused(g -> g.binomial(Tensor.of(1.0).to(DType.FLOAT16), Tensor.of(1.0).to(DType.FLOAT16)));
    refused(g -> g.binomial(Tensor.ones(2), Tensor.ones(3)));
    assertEquals(42, x.sum().item(), "nothing was written");
  }

  @Test
  void wrongWeightsAreRefusedBeforeAnythingIsDrawn() {
    for (Replacement replacement : Replacement.values()) {
      for (double bad : new double[] {-1, NAN, Double.POSITIVE_INFINITY}) {
        refused(g -> g.multinomial(Tensor.of(1, 1, bad), 2, replacement));
      }
      refused(g -> g.multinomial(Tensor.of(new double[][] {{1, 2}, {0, 0}}), 2, replacement));
      refused(g -> g.multinomial(Tensor.of(1.0, 1), 0, replacement));
      refused(g -> g.multinomial(Tensor.of(1.0, 1), -1, replacement));
      refused(g -> g.multinomial(Tensor.of(1L, 1L), 1, replacement));
      refused(g -> g.multinomial(Tensor.ones(1, 2, 2), 1, replacement));
      refused(g -> g.multinomial(Tensor.scalar(1.0), 1, replacement));
      refused(g -> g.multinomial(Tensor.empty(0), 1, replacement));
      assertEquals(
          Shape.of(0, 2), new Generator(1).multinomial(Tensor.empty(0, 3), 2, replacement).shape());
    }
    refused(g -> g.multinomial(Tensor.of(1.0, 1), 3));
  }

  @Test
  void wrongDtypesAndRangesAreRefused() {
    List<BiFunction<Generator, Tensor, Tensor>> floating =
        List.of(
            Generator::exponential_,
            Generator::logNormal_,
            Generator::cauchy_,
            Generator::uniform_,
            Generator::normal_);
    for (var fill : floating) {
      refused(g -> fill.apply(g, Tensor.zeros(DType.INT64, 3)));
      refused(g -> fill.apply(g, Tensor.zeros(DType.BOOL, 3)));
      refused(g -> fill.apply(g, Tensor.zeros(1).expand(3)));
    }
    refused(g -> g.geometric_(Tensor.zeros(DType.BOOL, 3), 0.5));
    refused(g -> g.random_(Tensor.zeros(1).expand(3)));
    refused(g -> g.bernoulli_(Tensor.zeros(1).expand(3), Tensor.of(0.5)));
    Tensor half = Tensor.zeros(DType.FLOAT16, 3);
    refused(g -> g.uniform_(half, -70000, 0));
    refused(g -> g.uniform_(half, 0, 70000));
    refused(g -> g.uniform_(half, -60000, 60000));
    refused(g -> g.uniform_(Tensor.zeros(3), -3e38, 3e38));
    refused(g -> g.uniform_(Tensor.zeros(DType.BFLOAT16, 3), 0, 3.4e38));
    assertTrue(new Generator(1).uniform_(half, -32752, 32752).isfinite().all().isTrue());
    refused(g -> g.randperm(DType.BOOL, 0));
    Map<DType, Long> most =
        Map.of(DType.UINT8, 256L, DType.INT8, 128L, DType.INT16, 32768L, DType.FLOAT16, 2049L);
    refused(g -> g.randperm(DType.FLOAT32, (1L << 24) + 2));
    most.forEach(
        (dtype, n) -> {
          refused(g -> g.randperm(dtype, n + 1));
          Tensor all = new Generator(1).randperm(dtype, n);
          assertEquals(n - 1, all.max().to(DType.INT64).itemLong());
        });
  }

  // ---- forms

  @Test
  void shortFormsAreTheLongOnesWithPyTorchsDefaults() {
    Map<String, List<UnaryOperator<Tensor>>> forms =
        Map.of(
            "uniform_", List.of(Tensor::uniform_, x -> x.uniform_(0, 1)),
            "normal_", List.of(Tensor::normal_, x -> x.normal_(0, 1)),
            "bernoulli_", List.of(Tensor::bernoulli_, x -> x.bernoulli_(0.5)),
            "exponential_", List.of(Tensor::exponential_, x -> x.exponential_(1)),
            "logNormal_", List.of(Tensor::logNormal_, x -> x.logNormal_(1, 2)),
            "cauchy_", List.of(Tensor::cauchy_, x -> x.cauchy_(0, 1)),
            "random_", List.of(x -> x.random_(9), x -> x.random_(0, 9)),
            "randintLike", List.of(x -> x.randintLike(9), x -> x.randintLike(0, 9)));
    forms.forEach(
        (name, pair) -> {
          List<Tensor> drawn = new ArrayList<>();
          for (var form : pair) {
            Chagres.manualSeed(5);
            drawn.add(form.apply(Tensor.zeros(40)));
          }
          assertTrue(drawn.get(0).equal(drawn.get(1)), name);
          assertTrue(drawn.get(0).min().item() < drawn.get(0).max().item(), name);
        });
  }

  @Test
  void theDefaultGeneratorDrawsAsOneOfItsSeed() {
    Map<String, BiFunction<Generator, Tensor, Tensor>> ofOne = new TreeMap<>();
    Map<String, UnaryOperator<Tensor>> ofStandard = new TreeMap<>();
    ofOne.put("bernoulli", Generator::bernoulli);
    ofStandard.put("bernoulli", Tensor::bernoulli);
    ofOne.put("poisson", Generator::poisson);
    ofStandard.put("poisson", Tensor::poisson);
    ofOne.put("binomial", (g, x) -> g.binomial(x.mul(60), x));
    ofStandard.put("binomial", x -> x.mul(60).binomial(x));
    ofOne.put("multinomial", (g, x) -> g.multinomial(x, 9));
    ofStandard.put("multinomial", x -> x.multinomial(9));
    ofOne.put("normal", (g, x) -> g.normal(x, x));
    ofStandard.put("normal", x -> Tensor.normal(x, x));
    ofOne.put("normal of means", (g, x) -> g.normal(x, 2));
    ofStandard.put("normal of means", x -> Tensor.normal(x, 2));
    ofOne.put("normal of deviations", (g, x) -> g.normal(2, x));
    ofStandard.put("normal of deviations", x -> Tensor.normal(2, x));
    ofOne.put("normal of a size", (g, _) -> g.normal(2, 3, 4, 5));
    ofStandard.put("normal of a size", _ -> Tensor.normal(DType.FLOAT32, 2, 3, 4, 5));
    ofOne.put("randint", (g, _) -> g.randint(DType.INT16, 2, 300, 4));
    ofStandard.put("randint", _ -> Tensor.randint(DType.INT16, 2, 300, 4));
    ofOne.put("randperm", (g, _) -> g.randperm(DType.INT32, 40));
    ofStandard.put("randperm", _ -> Tensor.randperm(DType.INT32, 40));
    ofOne.put("geometric_", (g, x) -> g.geometric_(x.clone(), 0.1));
    ofStandard.put("geometric_", x -> x.clone().geometric_(0.1));
    ofOne.put("bernoulli_", (g, x) -> g.bernoulli_(x.to(DType.UINT8), x));
    ofStandard.put("bernoulli_", x -> x.to(DType.UINT8).bernoulli_(x));
    assertEquals(ofOne.keySet(), ofStandard.keySet());
    Tensor x = Tensor.linspace(0.01, 0.99, 40);
    ofOne.forEach(
        (name, draw) -> {
          Tensor expected = draw.apply(new Generator(8), x);
          Chagres.manualSeed(8);
          Tensor got = ofStandard.get(name).apply(x);
          assertEquals(expected.dtype(), got.dtype(), name);
          assertTrue(expected.equal(got), name);
        });
  }

  @Test
  void outTakesThePermutationInItsDtype() {
    Chagres.manualSeed(8);
    Tensor expected = Tensor.randperm(20);
    for (DType dtype : List.of(DType.INT32, DType.FLOAT32, DType.UINT8)) {
      Chagres.manualSeed(8);
      Tensor out = Tensor.zeros(dtype, 20);
      Out.randperm(20, out);
      assertTrue(expected.equal(out.to(DType.INT64)));
    }
  }

  @Test
  void probabilitiesMayBeWhatIsOverwritten() {
    Tensor p = Tensor.linspace(0, 1, 30);
    Tensor expected = new Generator(2).bernoulli_(p.clone(), p);
    assertTrue(expected.equal(new Generator(2).bernoulli_(p, p)));
  }

  // ---- categories

  @Test
  void whatHasNoWeightIsNotDrawn() {
    Tensor weights = Tensor.of(0.0, 3, 0, 1, 0, 2, 0);
    Tensor often = new Generator(1).multinomial(weights, 6000, Replacement.WITH_REPLACEMENT);
    double[] counts = new double[7];
    LongStream.of(often.toLongArray()).forEach(i -> counts[(int) i]++);
    assertArrayEquals(new double[] {0, 3000, 0, 1000, 0, 2000, 0}, counts, 200);
    for (int seed = 0; seed < 50; seed++) {
      long[] drawn = new Generator(seed).multinomial(weights, 3).toLongArray();
      assertEquals(Set.of(1L, 3L, 5L), Set.of(drawn[0], drawn[1], drawn[2]));
    }
  }

  @Test
  void allPositionsComeOnceWithoutReplacement() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64)) {
      Tensor weights = Tensor.ones(dtype, 3, 1000);
      for (long count : new long[] {2, 31, 999, 1000}) {
        Tensor drawn = new Generator(4).multinomial(weights, count);
        for (Tensor row : drawn.unbind(0)) {
          assertEquals(count, LongStream.of(row.toLongArray()).distinct().count());
          assertTrue(LongStream.of(row.toLongArray()).allMatch(i -> i >= 0 && i < 1000));
        }
      }
    }
  }

  // ---- where the stream is

  @Test
  void aStateIsAPlaceInTheStream() {
    Generator generator = new Generator(9);
    generator.randn(DType.FLOAT64, 3);
    Tensor state = generator.getState();
    assertEquals(DType.UINT8, state.dtype());
    assertEquals(Shape.of(5056), state.shape());
    Tensor expected = generator.randn(DType.FLOAT64, 5);
    Generator other = new Generator(77);
    assertTrue(expected.equal(other.setState(state).randn(DType.FLOAT64, 5)));
    assertEquals(9, other.initialSeed());
    Tensor spread = Tensor.zeros(DType.UINT8, 5056, 2);
    spread.select(1, 1).copy_(state);
    assertTrue(expected.equal(other.setState(spread.select(1, 1)).randn(DType.FLOAT64, 5)));
    Generator.standard().setState(state);
    assertTrue(Chagres.getRngState().equal(state));
    assertEquals(9, Chagres.initialSeed());
    assertTrue(expected.equal(Tensor.randn(DType.FLOAT64, 5)));
    Chagres.setRngState(state);
    assertTrue(expected.equal(Tensor.randn(DType.FLOAT64, 5)));
  }

  @Test
  void bytesThatAreNoStateAreRefused() {
    Tensor state = new Generator(9).getState();
    refused(g -> g.setState(state.narrow(0, 0, 5055)));
    refused(g -> g.setState(state.to(DType.INT8)));
    refused(g -> g.setState(state.zerosLike()));
    refused(g -> g.setState(state.fullLike(255)));
    refused(g -> g.setState(Tensor.empty(DType.UINT8, 0)));
  }

  @Test
  void aCopyGoesOnByItself() {
    Generator generator = new Generator(9);
    generator.rand(DType.FLOAT32, 700);
    Generator copy = generator.clone();
    Tensor expected = generator.rand(DType.FLOAT32, 5);
    assertTrue(expected.equal(copy.rand(DType.FLOAT32, 5)));
    copy.rand(DType.FLOAT32, 1);
    assertFalse(generator.getState().equal(copy.getState()));
    assertTrue(new Generator().getState().equal(new Generator(67280421310721L).getState()));
  }

  @Test
  void aForkIsForgotten() {
    Chagres.manualSeed(5);
    Tensor.randn(3);
    Tensor before = Chagres.getRngState();
    try (var _ = Generator.fork()) {
      assertTrue(before.equal(Chagres.getRngState()), "it goes on from there");
      Chagres.manualSeed(1);
      Generator.Fork inner = Generator.fork();
      Tensor.rand(700);
      inner.close();
      Tensor.rand(1);
      inner.close();
      assertNotEquals(new Generator(1).rand(DType.FLOAT32, 1).item(), Tensor.rand(1).item());
    }
    assertTrue(before.equal(Chagres.getRngState()));
    assertEquals(5, Chagres.initialSeed());
  }

  @Test
  void aSeedOfTheSystemIsAnotherEachTime() {
    Generator generator = new Generator(1);
    Set<Long> seeds = Set.of(generator.seed(), generator.seed(), generator.seed());
    assertEquals(3, seeds.size());
    long seed = Chagres.seed();
    assertEquals(seed, Chagres.initialSeed());
    assertTrue(new Generator(seed).rand(DType.FLOAT32, 5).equal(Tensor.rand(5)));
  }

  // ---- gradients

  private static void isZero(String node, Tensor drawn, Tensor... operands) {
    assertEquals(node, drawn.gradFn().name());
    for (Tensor gradient : Autograd.grad(drawn.sum(), List.of(operands))) {
      assertEquals(0, gradient.abs().sum().item(), node);
    }
  }

  @Test
  void gradientsOfWhatWasOverwrittenAreZero() {
    Map<String, UnaryOperator<Tensor>> fills =
        Map.of(
            "UniformBackward", Tensor::uniform_,
            "NormalBackward", Tensor::normal_,
            "BernoulliBackward2", Tensor::bernoulli_,
            "ExponentialBackward", Tensor::exponential_,
            "GeometricBackward", x -> x.geometric_(0.5),
            "LogNormalBackward", Tensor::logNormal_,
            "CauchyBackward", Tensor::cauchy_,
            "RandomBackward2", Tensor::random_,
            "RandomBackward1", x -> x.random_(5),
            "RandomBackward", x -> x.random_(1, 5));
    fills.forEach(
        (node, fill) -> {
          Tensor x = Tensor.ones(3).requiresGrad_();
          isZero(node, fill.apply(x.mul(2)), x);
          Tensor state = Chagres.getRngState();
          assertThrows(IllegalStateException.class, () -> fill.apply(x), node);
          assertTrue(state.equal(Chagres.getRngState()), node + ": something was drawn");
          assertEquals(3, x.sum().item(), node);
        });
  }

  @Test
  void gradientsOfParametersAreZero() {
    Tensor x = Tensor.ones(2, 1).requiresGrad_();
    Tensor y = Tensor.full(Shape.of(3), 0.5).requiresGrad_();
    isZero("NormalBackward3", Tensor.normal(x, y), x, y);
    isZero("NormalBackward1", Tensor.normal(x, 1), x);
    isZero("NormalBackward2", Tensor.normal(1, y), y);
    isZero("BernoulliBackward", y.bernoulli(), y);
    isZero("BernoulliBackward", y.bernoulli(0.5), y);
    isZero("BernoulliBackward1", x.mul(Tensor.ones(3)).bernoulli_(y), x, y);
    isZero("BernoulliBackward1", Tensor.ones(2, 3).bernoulli_(y), y);
    isZero("PoissonBackward", y.poisson(), y);
    Tensor drawn = x.binomial(y);
    assertThrows(UnsupportedOperationException.class, () -> drawn.sum().backward());
    for (Tensor unrecorded :
        List.of(y.multinomial(2), y.randLike(), y.randintLike(3), x.detach().poisson())) {
      assertFalse(unrecorded.requiresGrad());
    }
    try (var _ = Autograd.noGrad()) {
      assertFalse(Tensor.normal(x, y).requiresGrad());
      assertFalse(x.binomial(y).requiresGrad());
      assertFalse(Tensor.ones(3).bernoulli_(y).requiresGrad());
    }
  }

  // ---- ends

  @Test
  void extremeParametersEnd() {
    double[] counts = {NAN, Double.POSITIVE_INFINITY, 1e300, 4.5, 0, -1, Double.MIN_VALUE};
    double[] chances = {NAN, Double.POSITIVE_INFINITY, -1, 0, 5e-324, 1e-300, 0.5, 1 - 0x1p-53, 1};
    for (double count : counts) {
      Tensor trials = Tensor.of(new double[] {count}, DType.FLOAT64);
      for (double chance : chances) {
        Tensor p = Tensor.of(new double[] {chance}, DType.FLOAT64);
        double drawn = new Generator(1).binomial(trials, p).item();
        assertTrue(!(drawn < 0) && !(drawn > Math.max(count, 0)), count + ", " + chance);
      }
    }
    double[] rates = {0, 5e-324, 9.999, 10, 1e18};
    for (double drawn : new Generator(1).poisson(Tensor.of(rates, DType.FLOAT64)).toDoubleArray()) {
      assertTrue(drawn >= 0);
    }
    // As C casts what is no long.
    double[] beyond = {1e300, Double.POSITIVE_INFINITY};
    Tensor huge = new Generator(1).poisson(Tensor.of(beyond, DType.FLOAT64));
    assertTrue(DoubleStream.of(huge.toDoubleArray()).allMatch(k -> k == -0x1p63));
  }
}
