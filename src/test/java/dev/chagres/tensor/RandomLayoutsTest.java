package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
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
      case "transposedDropout" -> Functional.dropout(Tensor.ones(dtype, 3, 4).t(), 0.5);
      default -> throw new AssertionError(name);
    };
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

  /** PyTorch warns where a floating dtype rounds, and says that it will refuse. */
  @Test
  void integersThatADtypeDoesNotHoldAreRefused() {
    Chagres.manualSeed(0);
    assertArrayEquals(
        new long[] {44, 63, 97},
        Tensor.zeros(DType.INT64, 3, 4).t().random_(0, 100).select(0, 0).toLongArray());
    Tensor floats = Tensor.zeros(2);
    floats.random_(-(1 << 24), (1 << 24) + 1);
    for (Tensor x : List.of(floats, Tensor.zeros(DType.UINT8, 2), Tensor.zeros(DType.BOOL, 2))) {
      assertThrows(IllegalArgumentException.class, () -> x.random_(0, (1 << 24) + 2));
      assertThrows(IllegalArgumentException.class, () -> x.random_(-(1 << 24) - 1, 0));
      assertThrows(IllegalArgumentException.class, () -> x.random_(3, 3));
      assertThrows(IllegalArgumentException.class, () -> x.random_(Long.MIN_VALUE, Long.MAX_VALUE));
    }
    Tensor wide = Tensor.zeros(DType.INT64, 100).random_(Long.MIN_VALUE, Long.MAX_VALUE);
    assertEquals(2, wide.sign().unbind(0).stream().mapToLong(Tensor::itemLong).distinct().count());
  }
}
