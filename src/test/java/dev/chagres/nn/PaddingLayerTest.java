package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The layers that add a border do what {@link Functional#pad} does, which is tested by itself. */
@OnEveryDevice
class PaddingLayerTest {
  private static final Map<PadMode, List<Function<long[], Module>>> MODES =
      Map.of(
          PadMode.CONSTANT, List.of(ZeroPad1d::new, ZeroPad2d::new, ZeroPad3d::new),
          PadMode.REFLECT,
              List.of(ReflectionPad1d::new, ReflectionPad2d::new, ReflectionPad3d::new),
          PadMode.REPLICATE,
              List.of(ReplicationPad1d::new, ReplicationPad2d::new, ReplicationPad3d::new),
          PadMode.CIRCULAR, List.of(CircularPad1d::new, CircularPad2d::new, CircularPad3d::new));

  private static final List<Function<long[], Module>> CONSTANT =
      List.of(
          p -> new ConstantPad1d(p, 2.5),
          p -> new ConstantPad2d(p, 2.5),
          p -> new ConstantPad3d(p, 2.5));

  private static long[] sides(int dims) {
    return Arrays.copyOf(new long[] {1, 2, 0, 1, 2, 1}, 2 * dims);
  }

  private static Tensor input(int dims) {
    return Tensor.rand(Arrays.copyOf(new long[] {2, 3, 4, 5, 6}, dims + 2));
  }

  private static long[] ones(int dims) {
    long[] ones = new long[2 * dims];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Test
  void eachIsTheFunctionOfItsMode() {
    MODES.forEach(
        (mode, layers) -> {
          for (int dims = 1; dims <= 3; dims++) {
            Tensor x = input(dims);
            Module layer = layers.get(dims - 1).apply(sides(dims));
            assertTrue(layer.call(x).equal(Functional.pad(x, sides(dims), mode)), layer.toString());
            Module even = layers.get(dims - 1).apply(new long[] {1});
            assertTrue(even.call(x).equal(Functional.pad(x, ones(dims), mode)), even.toString());
          }
        });
    for (int dims = 1; dims <= 3; dims++) {
      Tensor x = input(dims);
      Module layer = CONSTANT.get(dims - 1).apply(sides(dims));
      assertTrue(layer.call(x).equal(Functional.pad(x, sides(dims), 2.5)), layer.toString());
    }
    assertEquals(7, new ConstantPad2d(1, 7).call(Tensor.zeros(1, 2, 2)).max().item());
    assertEquals(7, new ConstantPad1d(1, 7).call(Tensor.zeros(1, 2)).max().item());
    assertEquals(7, new ConstantPad3d(1, 7).call(Tensor.zeros(1, 2, 2, 2)).max().item());
  }

  @Test
  void printsAsPyTorchDoes() {
    List<String> texts = new ArrayList<>();
    for (Module layer :
        List.of(
            new ReflectionPad2d(1),
            new ConstantPad2d(1, 3.5),
            new ZeroPad2d(1, 2, 3, 4),
            new CircularPad1d(2),
            new ReplicationPad3d(1),
            new Unflatten(1, 2, 3))) {
      texts.add(layer.toString());
    }
    assertEquals(
        List.of(
            "ReflectionPad2d((1, 1, 1, 1))",
            "ConstantPad2d(padding=(1, 1, 1, 1), value=3.5)",
            "ZeroPad2d((1, 2, 3, 4))",
            "CircularPad1d((2, 2))",
            "ReplicationPad3d((1, 1, 1, 1, 1, 1))",
            "Unflatten(dim=1, unflattened_size=(2, 3))"),
        texts);
  }

  @Test
  void wrongNumbersAreRefused() {
    var three = assertThrows(IllegalArgumentException.class, () -> new ZeroPad2d(1, 2, 3));
    assertEquals("ZeroPad2d: the padding is one number, or 4, not [1, 2, 3]", three.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new ReflectionPad1d());
    long[] sides = {1, 2};
    Module layer = new ZeroPad1d(sides);
    sides[0] = 5;
    assertEquals(Shape.of(1, 7), layer.call(Tensor.ones(1, 4)).shape());
  }

  @Test
  void unflattenIsTheWayBackOfFlatten() {
    Tensor x = Tensor.rand(2, 3, 4, 5);
    assertTrue(new Unflatten(1, 3, -1, 5).call(new Flatten().call(x)).equal(x));
    assertThrows(IllegalArgumentException.class, () -> new Unflatten(1, 7).call(x));
  }
}
