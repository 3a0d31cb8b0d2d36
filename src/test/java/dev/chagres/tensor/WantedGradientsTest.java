package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.Activation;
import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.linalg.Linalg;
import dev.chagres.nn.Attention;
import dev.chagres.nn.Functional;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.ByChannel;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Cell;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.profiler.Profile;
import dev.chagres.profiler.Profiler;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Passes that ask for some gradients: they get what a pass for all of them gives, and pay for no
 * others.
 */
@OnEveryDevice
class WantedGradientsTest {
  private static final Backward.Option KEEP = Backward.Option.RETAIN_GRAPH;
  private static final Backward.Option CREATE = Backward.Option.CREATE_GRAPH;

  /** Gradients that are made of the one of the other operand. */
  private static final Set<String> MADE_OF_THE_OTHER = Set.of("solve 0", "choleskySolve 1");

  /** A function of some operands, which all get a gradient. */
  private record Case(String name, List<long[]> shapes, Function<List<Tensor>, Tensor> function) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case of(String name, Function<List<Tensor>, Tensor> function, long[]... operands) {
    return new Case(name, List.of(operands), function);
  }

  private static long[] shape(long... sizes) {
    return sizes;
  }

  static Stream<Case> cases() {
    long[] image = shape(4, 6, 3, 5);
    long[] channels = shape(6);
    Fused.Ternary fused = Fused.of((x, y, z) -> x.mul(y.exp()).add(z.sin()));
    return Stream.of(
        of(
            "layerNorm",
            x -> Functional.layerNorm(x.get(0), Shape.of(70), x.get(1), x.get(2), 1e-5),
            shape(40, 70),
            shape(70),
            shape(70)),
        of(
            "layerNorm without a weight",
            x -> Functional.layerNorm(x.get(0), Shape.of(33), null, x.get(1), 1e-5),
            shape(3, 33),
            shape(33)),
        of(
            "rmsNorm",
            x -> Functional.rmsNorm(x.get(0), Shape.of(33), x.get(1), null),
            shape(3, 33),
            shape(33)),
        of(
            "groupNorm",
            x -> Functional.groupNorm(x.get(0), 3, x.get(1), x.get(2), 1e-5),
            image,
            channels,
            channels),
        of("batchNorm", x -> batchNorm(x, true), image, channels, channels),
        of("batchNorm of rows", x -> batchNorm(x, true), shape(40, 6), channels, channels),
        of("batchNorm in evaluation", x -> batchNorm(x, false), image, channels, channels),
        of(
            "batchNorm of channels that lie last, in evaluation",
            x ->
                batchNorm(
                    List.of(Copying.lying(x.get(0), ChannelsLast.of(x.get(0).shape())), x.get(1)),
                    false),
            image,
            channels),
        of(
            "attention",
            x -> attention(x, false),
            shape(2, 150, 6),
            shape(2, 70, 6),
            shape(2, 70, 4)),
        of("causal attention", x -> attention(x, true), shape(70, 6), shape(70, 6), shape(70, 8)),
        of(
            "linear",
            x -> Functional.linear(x.get(0), x.get(1), x.get(2)),
            shape(4, 3),
            shape(2, 3),
            shape(2)),
        of(
            "feedForward",
            x ->
                TensorPrimitives.INSTANCE.feedForward(
                    x.get(0),
                    new Affine<>(x.get(1), x.get(2)),
                    Activation.GELU,
                    new Affine<>(x.get(3), x.get(4))),
            shape(4, 3),
            shape(5, 3),
            shape(5),
            shape(2, 5),
            shape(2)),
        of(
            "conv2d",
            x -> Functional.conv2d(x.get(0), x.get(1), x.get(2)),
            shape(2, 3, 6, 5),
            shape(4, 3, 2, 2),
            shape(4)),
        of(
            "convTranspose2d",
            x -> Functional.convTranspose2d(x.get(0), x.get(1)),
            shape(2, 3, 6, 5),
            shape(3, 4, 2, 2)),
        of(
            "baddbmm",
            x -> x.get(0).baddbmm(x.get(1), x.get(2), 2, 3),
            shape(2, 3, 4),
            shape(2, 3, 5),
            shape(2, 5, 4)),
        of("lerp", x -> x.get(0).lerp(x.get(1), x.get(2)), shape(5, 4), shape(5, 4), shape(5, 4)),
        of(
            "addcmul",
            x -> x.get(0).addcmul(x.get(1), x.get(2), 2),
            shape(5, 4),
            shape(5, 4),
            shape(5, 4)),
        of(
            "fused",
            x -> fused.apply(x.get(0), x.get(1), x.get(2)),
            shape(5, 4),
            shape(5, 4),
            shape(5, 4)),
        of("cdist", x -> x.get(0).cdist(x.get(1)), shape(5, 3), shape(4, 3)),
        of(
            "bilinear",
            x -> Functional.bilinear(x.get(0), x.get(1), x.get(2), x.get(3)),
            shape(5, 3),
            shape(5, 4),
            shape(2, 3, 4),
            shape(2)),
        of(
            "binaryCrossEntropyWithLogits",
            x -> Functional.binaryCrossEntropyWithLogits(x.get(0), x.get(1).sigmoid()),
            shape(5, 3),
            shape(5, 3)),
        of("solve", x -> Linalg.solve(x.get(0), x.get(1)), shape(3, 3), shape(3, 2)),
        of(
            "choleskySolve",
            x -> Linalg.choleskySolve(x.get(0), x.get(1)),
            shape(3, 2),
            shape(3, 3)),
        of(
            "checkpoint",
            x ->
                FunctionalAutograd.checkpoint(
                        in -> List.of(Functional.linear(in.get(0), in.get(1), x.get(2))),
                        List.of(x.get(0), x.get(1)))
                    .getFirst(),
            shape(4, 3),
            shape(2, 3),
            shape(2)),
        of(
            "lstm",
            WantedGradientsTest::lstm,
            shape(5, 3),
            shape(2, 4),
            shape(2, 4),
            shape(16, 3),
            shape(16),
            shape(16, 4),
            shape(16)));
  }

  private static Tensor batchNorm(List<Tensor> x, boolean training) {
    Tensor mean = Tensor.full(Shape.of(6), 0.25, x.get(0).dtype());
    Tensor variance = Tensor.full(Shape.of(6), 2.0, x.get(0).dtype());
    Tensor bias = x.size() > 2 ? x.get(2) : null;
    return TensorPrimitives.INSTANCE.batchNorm(
        x.get(0),
        new ByChannel<>(x.get(1), bias, mean, variance),
        new BatchNormForm(training, 0.1, 1e-5));
  }

  private static Tensor attention(List<Tensor> x, boolean causal) {
    Attention.Options options = Attention.options();
    return Functional.scaledDotProductAttention(
        x.get(0), x.get(1), x.get(2), causal ? options.isCausal() : options);
  }

  private static Tensor lstm(List<Tensor> x) {
    return TensorPrimitives.INSTANCE
        .recurrent(
            x.get(0),
            new RecurrentState<>(x.get(1), x.get(2)),
            new RecurrentWeights<>(
                new Affine<>(x.get(3), x.get(4)), new Affine<>(x.get(5), x.get(6)), null),
            new RecurrentForm(Cell.LSTM, Way.FORWARD, List.of(2L, 2L, 1L)))
        .output();
  }

  private static List<Tensor> operands(Case of, DType dtype) {
    List<Tensor> all = new ArrayList<>();
    for (long[] shape : of.shapes) {
      all.add(Tensor.randn(shape).to(dtype).requiresGrad_());
    }
    return all;
  }

  private static List<Tensor> some(List<Tensor> all, int choice) {
    List<Tensor> some = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if ((choice >> i & 1) == 1) {
        some.add(all.get(i));
      }
    }
    return some;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void someGradientsAreWhatAllAre(Case of) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      List<Tensor> in = operands(of, dtype);
      Tensor y = of.function.apply(in);
      List<Tensor> g = List.of(Tensor.randn(y.shape()).to(dtype));
      for (Backward.Option option : List.of(KEEP, CREATE)) {
        List<Tensor> all = Autograd.grad(List.of(y), in, g, option);
        for (int choice = 1; choice < 1 << in.size(); choice++) {
          List<Tensor> found = Autograd.grad(List.of(y), some(in, choice), g, option);
          List<Tensor> expected = some(all, choice);
          for (int i = 0; i < found.size(); i++) {
            assertTrue(
                found.get(i).allclose(expected.get(i), 1e-5, 1e-5),
                option + ", choice " + choice + ", " + i);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aGradientAloneCostsLessThanAll(Case of) {
    List<Tensor> in = operands(of, DType.FLOAT32);
    Tensor y = of.function.apply(in);
    List<Tensor> g = List.of(Tensor.randn(y.shape()));
    for (Backward.Option option : List.of(KEEP, CREATE)) {
      long all = bytes(() -> Autograd.grad(List.of(y), in, g, option));
      for (int i = 0; i < in.size(); i++) {
        List<Tensor> one = in.subList(i, i + 1);
        long alone = bytes(() -> Autograd.grad(List.of(y), one, g, option));
        boolean isLess = MADE_OF_THE_OTHER.contains(of + " " + i) ? alone <= all : alone < all;
        assertTrue(isLess, option + ", operand " + i + ": " + alone + " bytes of " + all);
      }
    }
  }

  /** How many bytes kernels read and write. */
  private static long bytes(Runnable body) {
    Profile profile = Profiler.run(body);
    return profile.rows().stream().mapToLong(Profile.Row::bytes).sum();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatRequiresNoGradientCostsNone(Case of) {
    List<Tensor> in = operands(of, DType.FLOAT32);
    Tensor y = of.function.apply(in);
    Tensor g = Tensor.randn(y.shape());
    for (int i = 0; i < in.size(); i++) {
      List<Tensor> one = in.subList(i, i + 1);
      List<Tensor> frozen = new ArrayList<>();
      for (int j = 0; j < in.size(); j++) {
        frozen.add(j == i ? in.get(j) : in.get(j).detach());
      }
      Tensor z = of.function.apply(frozen);
      long asked = bytes(() -> Autograd.grad(List.of(y), one, List.of(g), KEEP));
      long wanted = bytes(() -> Autograd.grad(List.of(z), one, List.of(g), KEEP));
      assertEquals(wanted, asked, of + ", operand " + i);
    }
  }
}
