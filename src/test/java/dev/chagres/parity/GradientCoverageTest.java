package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.linalg.Linalg;
import dev.chagres.linalg.Svd;
import dev.chagres.nn.Affine;
import dev.chagres.nn.Bias;
import dev.chagres.nn.Choice;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.nn.TripletMarginWithDistanceLoss;
import dev.chagres.nn.Unfold;
import dev.chagres.nn.Upsample;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Segments;
import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.DirectionalCheck;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OpDb;
import dev.chagres.testing.PublicApi;
import dev.chagres.testing.Results;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be differentiated is: no public function is without a check of its derivatives. */
class GradientCoverageTest {
  /** Numbers to begin with, random or not. */
  private static final List<String> MADE =
      List.of(
          "arange",
          "empty",
          "emptyLike",
          "emptyPermuted",
          "emptyStrided",
          "eye",
          "full",
          "fullLike",
          "linspace",
          "logspace",
          "of",
          "newEmpty",
          "newEmptyStrided",
          "newFull",
          "newOnes",
          "newTensor",
          "newZeros",
          "ones",
          "onesLike",
          "scalar",
          "zeros",
          "zerosLike",
          "binomial",
          "multinomial",
          "normal",
          "poisson",
          "rand",
          "randLike",
          "randint",
          "randintLike",
          "randn",
          "randnLike",
          "randperm",
          "trilIndices",
          "triuIndices");

  /** Positions, counts, ranks, truths and bits. */
  private static final List<String> WHOLE =
      List.of(
          "all",
          "any",
          "argmax",
          "argmin",
          "argsort",
          "argwhere",
          "bincount",
          "bitwiseAnd",
          "bitwiseLeftShift",
          "bitwiseNot",
          "bitwiseOr",
          "bitwiseRightShift",
          "bitwiseXor",
          "bool",
          "bucketize",
          "countNonzero",
          "eq",
          "gcd",
          "ge",
          "greater",
          "greaterEqual",
          "gt",
          "histc",
          "histogram",
          "histogramdd",
          "isclose",
          "isfinite",
          "isin",
          "isinf",
          "isnan",
          "isneginf",
          "isposinf",
          "isreal",
          "lcm",
          "le",
          "less",
          "lessEqual",
          "logicalAnd",
          "logicalNot",
          "logicalOr",
          "logicalXor",
          "lt",
          "matrixRank",
          "ne",
          "nonzero",
          "nonzeroAsTuple",
          "nonzeroStatic",
          "notEqual",
          "oneHot",
          "searchsorted",
          "signbit",
          "toByte",
          "toChar",
          "toInt",
          "toLong",
          "toShort",
          "unravelIndex");

  /** Other names of functions that are checked, and what is another dtype or device. */
  private static final List<String> ALIASES =
      List.of(
          "absolute",
          "arccos",
          "arccosh",
          "arcsin",
          "arcsinh",
          "arctan",
          "arctan2",
          "arctanh",
          "bfloat16",
          "concat",
          "concatenate",
          "cpu",
          "cuda",
          "divide",
          "fix",
          "half",
          "inverse",
          "multiply",
          "negative",
          "orgqr",
          "pinMemory",
          "rowStack",
          "subtract",
          "toFloat",
          "trueDivide",
          "typeAs");

  /** What has none in PyTorch either. */
  private static final List<String> WITHOUT =
      List.of(
          "detach", "geqrf", "ldlFactor", "ldlFactorEx", "ldlSolve", "unique", "uniqueConsecutive");

  /** The tape itself. */
  private static final List<String> TAPE =
      List.of("grad", "gradFn", "registerHook", "registerPostAccumulateGradHook", "retainGrad");

  private static final Map<String, Function<List<Tensor>, Tensor>> CHECKED = new TreeMap<>();

  static {
    CHECKED.put("affineGrid", in -> moved(in.get(0)));
    CHECKED.put("alphaDropout", in -> alphaDropped(in.get(0)));
    CHECKED.put("at", in -> in.get(0).at("1, ::2"));
    CHECKED.put("clip", in -> in.get(0).clip(0.5, 1.2));
    CHECKED.put("dropout1d", in -> droppedChannels(in.get(0)));
    CHECKED.put("dropout", in -> dropped(in.get(0)));
    CHECKED.put("feedForward", in -> fed(in.get(0), in.get(1)));
    CHECKED.put("functionalCall", in -> called(in.get(0), in.get(1)));
    CHECKED.put("expit", in -> Special.expit(in.get(0)));
    CHECKED.put("fold", in -> folded(in.get(0)));
    CHECKED.put("gammainc", in -> Special.gammainc(Tensor.scalar(1.7, DType.FLOAT64), in.get(0)));
    CHECKED.put("gammaincc", in -> Special.gammaincc(Tensor.scalar(1.7, DType.FLOAT64), in.get(0)));
    CHECKED.put("gammaln", in -> Special.gammaln(in.get(0)));
    Tensor where = Tensor.of(new long[] {3, 0, 5, 1, 4, 2}, DType.INT64).view(1, 2, 3);
    CHECKED.put("gumbelSoftmax", in -> chosen(in.get(0)));
    CHECKED.put("lpPool1d", in -> Functional.lpPool1d(in.get(0), 3, 2));
    CHECKED.put("lpPool2d", in -> Functional.lpPool2d(in.get(0).view(1, 2, 3), 1.5, 2));
    CHECKED.put(
        "lpPool3d",
        in ->
            Functional.lpPool3d(
                in.get(0).view(1, 1, 2, 3), 2, new Triple(1, 2, 2), Triple.of(1), Rounding.FLOOR));
    CHECKED.put("maxUnpool1d", in -> Functional.maxUnpool1d(in.get(0).view(1, 2, 3), where, 7));
    CHECKED.put(
        "maxUnpool2d",
        in -> Functional.maxUnpool2d(in.get(0).view(1, 2, 3), where, new Pair(2, 3)));
    CHECKED.put(
        "maxUnpool3d",
        in ->
            Functional.maxUnpool3d(
                in.get(0).view(1, 1, 2, 3), where.view(1, 1, 2, 3), new Triple(2, 2, 2)));
    CHECKED.put("multigammaln", in -> Special.multigammaln(in.get(0).add(2), 3));
    CHECKED.put("psi", in -> Special.psi(in.get(0)));
    Segments segments = Segments.offsets(0, 1);
    CHECKED.put("segmentReduce", in -> in.get(0).segmentReduce(Reduce.PROD, segments, 1.5));
    CHECKED.put("svdLowrank", in -> approximated(x -> Linalg.svdLowrank(x, 1, 1), in.get(0)));
    CHECKED.put("tripletMarginWithDistanceLoss", in -> farther(in.get(0), in.get(1)));
    CHECKED.put("pcaLowrank", in -> approximated(x -> Linalg.pcaLowrank(x, 1), in.get(0)));
  }

  private static Tensor approximated(Function<Tensor, Svd> function, Tensor x) {
    Chagres.manualSeed(5);
    Svd svd = function.apply(x);
    return svd.u().mul(svd.s().exp()).matmul(svd.vh());
  }

  private static Tensor fed(Tensor x, Tensor weight) {
    Tensor bias = weight.sum(1);
    return Functional.feedForward(
        x, new Affine(weight, bias), Activation.GELU_TANH, new Affine(weight.t(), weight.sum(0)));
  }

  private static Tensor called(Tensor x, Tensor weight) {
    var layer = new Linear(weight.size(1), weight.size(0), Bias.NONE);
    layer.to(DType.FLOAT64);
    return Functional.functionalCall(layer, Map.of("weight", weight), x);
  }

  private static Tensor folded(Tensor x) {
    return Functional.fold(x, new Pair(1, 4), new Pair(1, 2), Unfold.options());
  }

  private static Tensor farther(Tensor anchor, Tensor positive) {
    return Functional.tripletMarginWithDistanceLoss(
        anchor,
        positive,
        anchor.mul(positive).sin(),
        (x, y) -> x.sub(y).square().sum(),
        TripletMarginWithDistanceLoss.options().margin(50));
  }

  private static Tensor moved(Tensor theta) {
    return Functional.affineGrid(theta.unsqueeze(0), Shape.of(1, 1, 3, 4), Upsample.Corners.EDGES);
  }

  private static Tensor alphaDropped(Tensor x) {
    Chagres.manualSeed(5);
    return Functional.alphaDropout(x, 0.4);
  }

  private static Tensor chosen(Tensor x) {
    Chagres.manualSeed(5);
    return Functional.gumbelSoftmax(x, 0.7, Choice.SOFT, 1);
  }

  private static Tensor droppedChannels(Tensor x) {
    Chagres.manualSeed(5);
    return Functional.dropout1d(x, 0.4);
  }

  private static Tensor dropped(Tensor x) {
    Chagres.manualSeed(5);
    return Functional.dropout(x, 0.4);
  }

  @Test
  void everyFunctionIsCheckedOrHasNoDerivative() {
    Set<String> left = new TreeSet<>();
    for (Class<?> holder : List.of(Tensor.class, Special.class, Linalg.class, Functional.class)) {
      for (Method method : holder.getMethods()) {
        if (!method.isBridge() && makesTensors(method) && !method.getName().endsWith("_")) {
          left.add(method.getName());
        }
      }
    }
    left.removeAll(sampled());
    left.removeAll(rows());
    Set<String> known = new TreeSet<>(CHECKED.keySet());
    List.of(MADE, WHOLE, ALIASES, WITHOUT, TAPE).forEach(known::addAll);
    assertEquals(known, left);
  }

  static Set<String> checked() {
    return CHECKED.keySet();
  }

  @ParameterizedTest
  @MethodSource("checked")
  void derivativesAreTheLimitOfDifferences(String name) {
    Tensor a = Tensor.of(new double[] {0.4, 1.3, 0.9, 2.1, 0.7, 1.6}, DType.FLOAT64).view(2, 3);
    Tensor b = Tensor.of(new double[] {1.1, 0.3, 1.9, 0.8, 1.4, 0.6}, DType.FLOAT64).view(2, 3);
    Function<List<Tensor>, Tensor> function = Objects.requireNonNull(CHECKED.get(name));
    DirectionalCheck check =
        new DirectionalCheck(in -> List.of(function.apply(in)), List.of(a, b), 11);
    assertEquals(DirectionalCheck.Verdict.AGREES, check.first());
    assertEquals(DirectionalCheck.Verdict.AGREES, check.second());
  }

  @Test
  void whatHasNoDerivativeIsNotRecorded() throws IllegalAccessException {
    Tensor x =
        Tensor.of(new double[] {0.4, 1.3, 0.9, 2.1}, DType.FLOAT64).view(2, 2).requiresGrad_();
    Set<String> names = new TreeSet<>(WHOLE);
    names.addAll(MADE);
    names.addAll(WITHOUT);
    // Their gradients are 0, as in PyTorch.
    List.of("binomial", "poisson").forEach(names::remove);
    int called = 0;
    for (Method method : PublicApi.methods(Tensor.class).toList()) {
      Class<?>[] types = method.getParameterTypes();
      boolean one = types.length == 1 && types[0] == Tensor.class;
      if ((one || types.length == 0)
          && !Modifier.isStatic(method.getModifiers())
          && names.contains(method.getName())) {
        for (Tensor result : results(method, x, one ? new Object[] {x} : new Object[0])) {
          assertFalse(result.requiresGrad(), method.getName());
          called++;
        }
      }
    }
    assertTrue(called > 30, "" + called);
  }

  /** What a call returns; nothing where floating numbers are refused. */
  private static List<Tensor> results(Method method, Tensor x, Object[] arguments)
      throws IllegalAccessException {
    try {
      return Results.flat(method.invoke(x, arguments));
    } catch (InvocationTargetException e) {
      assertInstanceOf(IllegalArgumentException.class, e.getCause(), method.getName());
      return List.of();
    }
  }

  private static boolean makesTensors(Method method) {
    Class<?> type = method.getReturnType();
    boolean list =
        method.getGenericReturnType() instanceof ParameterizedType made
            && Arrays.asList(made.getActualTypeArguments()).contains(Tensor.class);
    return type == Tensor.class
        || list
        || type.isRecord()
            && Arrays.stream(type.getRecordComponents())
                .anyMatch(component -> component.getType() == Tensor.class);
  }

  /** What {@link TorchGradientsTest} calls. */
  private static Set<String> sampled() {
    Set<String> names = new TreeSet<>();
    for (String family : List.of("unary", "binary", "reduce", "linalg", "nn", "other")) {
      for (TorchCase test :
          TorchCase.of(family, GoldenFile.open("opdb_" + family + ".safetensors.gz"))) {
        String ours = TorchCalls.ours(test.op());
        if (ours != null
            && !test.leaves().isEmpty()
            && !TorchGradientsTest.NO_SAMPLE.contains(test.op())
            && !TorchCheck.RANDOM.contains(test.op())) {
          for (String name : ours.split(", ")) {
            names.add(name.substring(name.lastIndexOf('.') + 1));
          }
        }
      }
    }
    return names;
  }

  /** The rows of the op database that are differentiated; their first word is the method's name. */
  private static Set<String> rows() {
    Set<String> names = new TreeSet<>();
    OpDb.unary().stream()
        .filter(row -> row.smooth().length > 0)
        .forEach(row -> names.add(row.op().methodName()));
    OpDb.binary().stream()
        .filter(row -> row.smooth().length > 0)
        .forEach(row -> names.add(row.op().methodName()));
    OpDb.rows().stream()
        .filter(OpDb.Row::smooth)
        .forEach(row -> names.add(row.name().split(" ", 2)[0]));
    return names;
  }
}
