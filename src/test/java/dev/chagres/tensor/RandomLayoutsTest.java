package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.Functional;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** PyTorch's random numbers in tensors whose elements do not lie in row-major order. */
class RandomLayoutsTest {

  private static Tensor call(String name, DType dtype) {
    return switch (name) {
      case "narrowNormal" -> Tensor.zeros(dtype, 4, 6).narrow(1, 0, 5).normal_(0, 1);
      case "transposedNormal" -> Tensor.zeros(dtype, 3, 4).t().normal_(0, 1);
      case "steppedNormal" -> Tensor.zeros(dtype, 6, 8).at(":, ::2").t().normal_(1, 2);
      case "transposedUniform" -> Tensor.zeros(dtype, 4, 4).t().uniform_(0, 1);
      case "transposedBernoulli" -> Tensor.zeros(dtype, 3, 2).t().bernoulli_(0.5);
      case "transposedRandom" -> Tensor.zeros(dtype, 3, 4).t().random_(0, 100);
      case "narrowRandom" -> Tensor.zeros(dtype, 4, 6).narrow(1, 0, 5).random_(-7, 1 << 20);
      case "permutedRandomInt64" ->
          Tensor.zeros(DType.INT64, 2, 3, 4).permute(1, 2, 0).random_(0, 1L << 40);
      case "transposedRandintOut" -> Out.randint(3, 90, Tensor.zeros(dtype, 3, 4).t());
      case "transposedRandnLike" -> Tensor.zeros(dtype, 5, 4).t().randnLike();
      case "narrowRandnLike" -> Tensor.zeros(dtype, 4, 6).narrow(1, 0, 5).randnLike();
      case "permutedRandLike" -> Tensor.zeros(dtype, 2, 3, 4).permute(1, 2, 0).randLike();
      case "rowsRandLike" -> Tensor.zeros(dtype, 4).expand(3, 4).randLike();
      case "columnsRandLike" -> Tensor.zeros(dtype, 3, 1).expand(3, 4).randLike();
      case "middleRandLike" ->
          Tensor.zeros(dtype, 3, 1, 2).permute(2, 1, 0).expand(2, 3, 3).randLike();
      case "transposedExponential" -> Tensor.zeros(dtype, 5, 4).t().exponential_(0.5);
      case "narrowGeometric" -> Tensor.zeros(dtype, 4, 6).narrow(1, 0, 5).t().geometric_(0.2);
      case "steppedLogNormal" -> Tensor.zeros(dtype, 6, 8).at(":, ::2").t().logNormal_(0.5, 0.25);
      case "transposedCauchy" -> Tensor.zeros(dtype, 3, 4).t().cauchy_(1, 2);
      case "transposedWords" -> Tensor.zeros(dtype, 3, 4).t().random_();
      case "transposedBernoulliBy" ->
          Tensor.zeros(dtype, 3, 4).t().bernoulli_(line(dtype, 0, 12).view(4, 3));
      case "rowsBernoulliBy" -> Tensor.zeros(dtype, 3, 4).bernoulli_(line(dtype, 0, 4));
      case "permutedBernoulliBy" ->
          Tensor.zeros(dtype, 2, 3, 4)
              .permute(1, 2, 0)
              .bernoulli_(line(DType.FLOAT32, 0, 24).view(4, 2, 3).permute(2, 0, 1));
      case "transposedBernoulli2" -> line(dtype, 0, 12).view(3, 4).t().bernoulli();
      case "transposedBernoulli3" -> Tensor.ones(dtype, 3, 4).t().bernoulli(0.5);
      case "transposedPoisson" -> count(dtype, 12).view(3, 4).t().poisson();
      case "columnsBinomial" ->
          Tensor.full(Shape.of(3, 4), 40, dtype).t().binomial(line(dtype, 0, 3));
      case "transposedRandintLike" -> Tensor.zeros(dtype, 3, 4).t().randintLike(5, 50);
      case "transposedNormalMean" -> Tensor.normal(count(dtype, 20).view(4, 5).t(), 0.5);
      case "columnsNormalEach" -> Tensor.normal(count(dtype, 4).view(4, 1), count(dtype, 5));
      case "transposedMultinomial" -> line(dtype, 0.1, 24).view(6, 4).t().multinomial(3);
      case "transposedMultinomialOne" -> line(dtype, 0.1, 24).view(6, 4).t().multinomial(1);
      case "transposedMultinomialAgain" ->
          line(dtype, 0.1, 24).view(6, 4).t().multinomial(3, Replacement.WITH_REPLACEMENT);
      case "expandedMultinomial" -> line(dtype, 0.1, 6).expand(3, 6).multinomial(3);
      case "steppedMultinomial" -> line(dtype, 0.1, 12).slice(0, 0, 12, 2).multinomial(3);
      case "transposedDropout" -> Functional.dropout(Tensor.ones(dtype, 3, 4).t(), 0.5);
      default -> throw new AssertionError(name);
    };
  }

  private static Tensor line(DType dtype, double start, long steps) {
    return Tensor.linspace(dtype, start, 1, steps);
  }

  private static Tensor count(DType dtype, long n) {
    return Tensor.arange(n).to(dtype);
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.strip().split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  @TestFactory
  Stream<DynamicTest> drawsInTheOrderOfMemory() throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("src", "test", "resources", "golden", "random_layouts.txt"));
    return lines.stream()
        .map(line -> dynamicTest(line.substring(0, line.indexOf(':')), () -> check(line)));
  }

  private static void check(String line) {
    String[] name = line.substring(0, line.indexOf(':')).split(" ");
    String[] parts = line.substring(line.indexOf(':') + 1).split(";");
    DType dtype = DType.valueOf(name[1].toUpperCase(Locale.ROOT));
    Chagres.manualSeed(3);
    Tensor drawn = call(name[0], dtype);
    assertArrayEquals(numbers(parts[1]), drawn.toDoubleArray(), 1e-15);
    if (name[0].endsWith("Like")) {
      long[] strides = Arrays.stream(numbers(parts[0])).mapToLong(s -> (long) s).toArray();
      assertArrayEquals(strides, drawn.layout().strides());
    }
    assertEquals(numbers(parts[2])[0], Tensor.rand(1).item(), "the stream goes on elsewhere");
  }

  /** What is recorded draws apart and copies in: in the same order. */
  @Test
  void recordedFillsDrawTheSame() {
    for (String fill : List.of("normal", "uniform", "bernoulli", "random")) {
      Chagres.manualSeed(3);
      Tensor plain = filled(fill, Tensor.zeros(4, 6).narrow(1, 0, 5).t());
      Chagres.manualSeed(3);
      Tensor recorded = filled(fill, Tensor.zeros(4, 6).requiresGrad_().mul(1).narrow(1, 0, 5).t());
      assertArrayEquals(plain.toDoubleArray(), recorded.detach().toDoubleArray(), fill);
    }
  }

  private static Tensor filled(String fill, Tensor target) {
    return switch (fill) {
      case "normal" -> target.normal_(0, 1);
      case "uniform" -> target.uniform_(0, 1);
      case "random" -> target.random_(0, 100);
      default -> target.bernoulli_(0.5);
    };
  }

  @Test
  void wrongLikesAreRefused() {
    Tensor model = Tensor.zeros(2);
    Generator generator = new Generator(1);
    assertThrows(IllegalArgumentException.class, () -> generator.randLike(model, DType.INT64));
    assertThrows(IllegalArgumentException.class, () -> generator.randnLike(model, DType.BOOL));
    assertThrows(IllegalArgumentException.class, () -> generator.bernoulliLike(model, 1.5));
  }

  @Test
  void integersThatADtypeHasNotAreRefused() {
    for (DType dtype : List.of(DType.UINT8, DType.BOOL, DType.INT8, DType.FLOAT16)) {
      Tensor x = Tensor.ones(dtype, 2);
      Tensor state = Chagres.getRngState();
      assertThrows(IllegalArgumentException.class, () -> x.random_(0, 1 << 20));
      assertThrows(IllegalArgumentException.class, () -> x.random_(-(1 << 20), 0));
      assertThrows(IllegalArgumentException.class, () -> x.random_(1, 1));
      assertThrows(IllegalArgumentException.class, () -> x.random_(0));
      assertThrows(IllegalArgumentException.class, () -> x.random_(Long.MIN_VALUE, Long.MAX_VALUE));
      assertEquals(2, x.to(DType.FLOAT32).sum().item(), "nothing was written");
      assertTrue(state.equal(Chagres.getRngState()), "nothing was drawn");
    }
    // An empty range is one, too, where rounding makes it so.
    assertThrows(
        IllegalArgumentException.class, () -> Tensor.randint(DType.BFLOAT16, 2049, 2060, 3));
    Tensor wide = Tensor.zeros(DType.INT64, 100).random_(Long.MIN_VALUE, Long.MAX_VALUE);
    assertEquals(2, wide.sign().unbind(0).stream().mapToLong(Tensor::itemLong).distinct().count());
  }
}
