package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Init;
import dev.chagres.testing.Cells;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The numbers that PyTorch's CPU generator gives after a seed, draw by draw. */
class RandomStreamsTest {
  private static final GoldenFile GOLDEN = GoldenFile.open("random.safetensors");
  private static final Map<String, DType> TYPES =
      Map.of(
          "bool", DType.BOOL,
          "u8", DType.UINT8,
          "i8", DType.INT8,
          "i16", DType.INT16,
          "i32", DType.INT32,
          "i64", DType.INT64,
          "f16", DType.FLOAT16,
          "bf16", DType.BFLOAT16,
          "f32", DType.FLOAT32,
          "f64", DType.FLOAT64);

  private record Draw(String function, String... arguments) {
    int count() {
      return Integer.parseInt(arguments[1]);
    }

    double number(int at) {
      return Double.parseDouble(arguments[at]);
    }

    long integer(int at) {
      return Long.parseLong(arguments[at]);
    }

    DType type(int at) {
      return TYPES.get(arguments[at]);
    }

    /** The number at a place and, behind it, how much is added from element to element. */
    Tensor ramp(DType dtype, int at) {
      double[] values = new double[count()];
      Arrays.setAll(values, i -> number(at) + i * number(at + 1));
      return Tensor.of(values, DType.FLOAT64).to(dtype);
    }
  }

  @Test
  void everyRecipeGivesPyTorchsNumbers() {
    Tally tally = new Tally("PyTorch's random numbers");
    List<String> failures = new ArrayList<>();
    for (String recipe : GOLDEN.names()) {
      if (recipe.startsWith("numpy/")) {
        tally.skipped("read by NumpyRandomTest");
        continue;
      }
      assertTrue(recipe.startsWith("torch/"), recipe);
      List<Draw> draws = draws(recipe);
      try {
        check(recipe, draws);
        tally.ran();
      } catch (RuntimeException | AssertionError e) {
        failures.add(recipe + ": " + e.getMessage());
      }
    }
    tally.print();
    assertTrue(tally.count() > 500);
    if (!failures.isEmpty()) {
      fail(failures.size() + " recipes:\n" + String.join("\n", failures));
    }
  }

  private static List<Draw> draws(String recipe) {
    String text = recipe.split("/", 3)[2].replaceAll("[#@].*", "");
    List<Draw> draws = new ArrayList<>();
    for (String draw : text.split(";", -1)) {
      int open = draw.indexOf('(');
      draws.add(
          new Draw(
              draw.substring(0, open), draw.substring(open + 1, draw.length() - 1).split(",", -1)));
    }
    return draws;
  }

  private static void check(String recipe, List<Draw> draws) {
    // Dropout and initial values are drawn from this one alone.
    Generator generator = Generator.standard();
    generator.manualSeed(Long.parseLong(recipe.split("/", 3)[1]));
    int wanted = draws.size() - 1;
    String index = recipe.replaceAll("^[^#]*#?", "").replaceAll("@.*", "");
    if (recipe.contains("#")) {
      wanted = Integer.parseInt(index);
    }
    List<Tensor> results = new ArrayList<>();
    for (Draw draw : draws) {
      results.add(draw(generator, draw, results));
    }
    Tensor got = results.get(wanted);
    if (recipe.contains("@")) {
      String[] range = recipe.substring(recipe.indexOf('@') + 1).split(":", -1);
      got = got.slice(0, Long.parseLong(range[0]), Long.parseLong(range[1]), 1);
    }
    Tensor expected = GOLDEN.get(recipe);
    assertEquals(expected.dtype(), got.dtype());
    assertEquals(expected.shape(), got.shape());
    assertTrue(
        Arrays.equals(Cells.bits(expected), Cells.bits(got)),
        () -> "expected " + Arrays.toString(Cells.doubles(expected)) + ", got something else");
  }

  private static Tensor draw(Generator generator, Draw draw, List<Tensor> earlier) {
    return switch (draw.function) {
      case "state" -> generator.getState();
      case "restore" -> {
        Tensor state = earlier.get((int) draw.integer(0));
        yield generator.setState(state).getState();
      }
      case "multinomial" -> {
        double[] weights = new double[draw.arguments.length - 2];
        Arrays.setAll(weights, i -> draw.number(i + 2));
        yield generator.multinomial(
            Tensor.of(weights), draw.integer(0), replacement(draw.integer(1)));
      }
      case "multinomial_rows" ->
          generator.multinomial(weights(draw), draw.integer(3), replacement(draw.integer(4)));
      case "randperm" ->
          draw.arguments.length == 1
              ? generator.randperm(draw.integer(0))
              : generator.randperm(TYPES.get(draw.arguments[1]), draw.integer(0));
      default -> numbers(generator, draw);
    };
  }

  private static Replacement replacement(long flag) {
    return flag == 1 ? Replacement.WITH_REPLACEMENT : Replacement.WITHOUT_REPLACEMENT;
  }

  private static Tensor weights(Draw draw) {
    double[][] weights = new double[(int) draw.integer(1)][(int) draw.integer(2)];
    for (int i = 0; i < weights.length; i++) {
      for (int j = 0; j < weights[i].length; j++) {
        weights[i][j] = ((7 * i + 3 * j) % 11 + 1) / 8.0;
      }
    }
    return Tensor.of(weights, draw.type(0));
  }

  private static Tensor numbers(Generator generator, Draw draw) {
    DType dtype = draw.type(0);
    Tensor empty = Tensor.empty(dtype, draw.count());
    return switch (draw.function) {
      case "rand" -> generator.rand(dtype, draw.count());
      case "randn" -> generator.randn(dtype, draw.count());
      case "uniform" -> generator.uniform_(empty, draw.number(2), draw.number(3));
      case "normal" -> generator.normal_(empty, draw.number(2), draw.number(3));
      case "bernoulli" -> generator.bernoulli_(empty, draw.number(2));
      case "exponential" -> generator.exponential_(empty, draw.number(2));
      case "geometric" -> generator.geometric_(empty, draw.number(2));
      case "log_normal" -> generator.logNormal_(empty, draw.number(2), draw.number(3));
      case "cauchy" -> generator.cauchy_(empty, draw.number(2), draw.number(3));
      case "random" ->
          draw.arguments.length == 2
              ? generator.random_(empty)
              : generator.random_(empty, draw.integer(2));
      case "randint" -> generator.randint(dtype, draw.integer(2), draw.integer(3), draw.count());
      case "dropout" -> Functional.dropout(empty.fill_(1), draw.number(2));
      case "sparse" ->
          Init.sparse_(
              Tensor.empty(dtype, draw.count(), draw.integer(2)), draw.number(3), draw.number(4));
      case "bernoulli_each" -> generator.bernoulli(empty.fill_(draw.number(2)));
      case "bernoulli_by" -> generator.bernoulli_(empty, draw.ramp(draw.type(2), 3));
      case "poisson" -> generator.poisson(draw.ramp(dtype, 2));
      case "binomial" -> generator.binomial(draw.ramp(dtype, 2), draw.ramp(dtype, 4));
      case "normal_mean" -> generator.normal(draw.ramp(dtype, 2), draw.number(4));
      case "normal_std" -> generator.normal(draw.number(2), draw.ramp(dtype, 3));
      case "normal_each" -> generator.normal(draw.ramp(dtype, 2), draw.ramp(draw.type(4), 5));
      default -> throw new IllegalArgumentException("there is no draw " + draw.function);
    };
  }

  /** The values themselves are PyTorch's: {@link RandomLayoutsTest}. */
  @Test
  void strangeTargetsAreFilledAndNothingElse() {
    Tensor expected = new Generator(7).rand(DType.FLOAT32, 4, 5);
    Tensor transposed = Tensor.zeros(5, 4).t();
    new Generator(7).uniform_(transposed.t(), 0, 1);
    assertTrue(transposed.t().flatten().equal(expected.flatten()), "in the order of memory");
    Tensor wide = Tensor.zeros(4, 10);
    new Generator(7).uniform_(wide.slice(1, 0, 10, 2), 0, 1);
    assertTrue(wide.slice(1, 0, 10, 2).equal(expected));
    assertEquals(0, wide.slice(1, 1, 10, 2).abs().sum().item());
  }

  @Test
  void aSeedStartsTheStreamAgain() {
    Generator generator = new Generator(3);
    Tensor first = generator.rand(DType.FLOAT64, 5);
    generator.manualSeed(3);
    assertTrue(first.equal(generator.rand(DType.FLOAT64, 5)));
    assertEquals(3, generator.initialSeed());
    generator.manualSeed(4);
    assertFalse(first.equal(generator.rand(DType.FLOAT64, 5)));
  }

  @Test
  void impossibleDrawsAreErrors() {
    Generator generator = new Generator(3);
    Tensor x = Tensor.ones(3);
    assertThrows(IllegalArgumentException.class, () -> generator.randint(5, 5, 3));
    var mixedUp = assertThrows(IllegalArgumentException.class, () -> generator.randint(5, 4, 3));
    assertEquals(
        "randint: there is no integer from 5 to before 4; both ends come before the sizes, as in"
            + " randint(0, 10, 2, 3) for shape (2, 3)",
        mixedUp.getMessage());
    Tensor three = Tensor.zeros(3);
    var noSizes =
        assertThrows(IllegalArgumentException.class, () -> generator.random_(three, 5, 4));
    assertEquals("random_: there is no integer from 5 to before 4", noSizes.getMessage());
    assertThrows(IllegalArgumentException.class, () -> generator.randperm(-1));
    assertThrows(IllegalArgumentException.class, () -> generator.rand(DType.INT64, 3));
    assertThrows(IllegalArgumentException.class, () -> generator.randn(DType.BOOL, 3));
    assertThrows(IllegalArgumentException.class, () -> generator.rand(DType.FLOAT32, -1));
    assertThrows(IllegalArgumentException.class, () -> generator.uniform_(x, 2, 1));
    assertThrows(IllegalArgumentException.class, () -> generator.uniform_(x, 0, Double.NaN));
    assertThrows(
        IllegalArgumentException.class, () -> generator.uniform_(x, 0, Double.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> generator.normal_(x, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> generator.bernoulli_(x, 1.5));
    assertThrows(IllegalArgumentException.class, () -> generator.bernoulli_(x, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> generator.normal_(x.expand(2, 3), 0, 1));
    assertEquals(Shape.of(3), x.shape());
    assertEquals(3, x.sum().item());
    assertEquals(0, generator.randperm(0).numel());
    assertEquals(0, generator.rand(DType.FLOAT32, 0, 3).numel());
  }
}
