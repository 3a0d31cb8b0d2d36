package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.FeedForwardKernels.Activated;
import dev.chagres.backend.Strided;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Operands of products with activations that do not belong together reach no native code. */
class FeedForwardOperandsTest {
  private static final FeedForwardKernels PRODUCTS = CpuBackend.on(new WorkerTeam(1)).feedForward();
  private static final Activation GELU = Activation.GELU;

  private static final Map<String, Consumer<Strided[]>> CALLS = new TreeMap<>();

  /** Shapes of the operands; what is written comes last. */
  private static final Map<String, List<Shape>> SHAPES = new TreeMap<>();

  private static final Map<String, Integer> WRITTEN = new TreeMap<>();

  static {
    List<Shape> linear = List.of(Shape.of(3, 4), Shape.of(4, 5), Shape.of(3, 5), Shape.of(3, 5));
    add("linear", x -> PRODUCTS.linear(GELU, x[0], x[1], x[2], x[3]), 1, linear);
    add("linearKept", x -> PRODUCTS.linearKept(GELU, x[0], x[1], x[2], x[3]), 1, linear);
    add(
        "activationBackward",
        x -> PRODUCTS.activationBackward(new Activated(GELU, x[2], x[3]), x[0], x[1], x[4], x[5]),
        2,
        List.of(
            Shape.of(3, 4),
            Shape.of(4, 5),
            Shape.of(3, 5),
            Shape.of(3, 5),
            Shape.of(3, 5),
            Shape.of(5)));
    add(
        "weightBackward",
        x -> PRODUCTS.weightBackward(x[0], x[1], x[2], x[3]),
        2,
        List.of(Shape.of(3, 4), Shape.of(3, 5), Shape.of(4, 5), Shape.of(4)));
  }

  private static void add(String name, Consumer<Strided[]> call, int written, List<Shape> shapes) {
    CALLS.put(name, call);
    SHAPES.put(name, shapes);
    WRITTEN.put(name, written);
  }

  private static Strided[] operands(String name, DType dtype) {
    return SHAPES.get(name).stream()
        .map(shape -> Strided.allocate(shape, dtype))
        .peek(x -> RawMemory.of(x.storage()).fill((byte) 0))
        .toArray(Strided[]::new);
  }

  private static Strided smaller(Strided x) {
    return Strided.allocate(x.shape().with(0, x.shape().size(0) - 1), x.dtype());
  }

  private static Strided wider(Strided x) {
    return Strided.allocate(x.shape(), DType.FLOAT64);
  }

  private static Strided flatter(Strided x) {
    return Strided.allocate(Shape.of(x.numel()).concat(Shape.of(1, 1)), x.dtype());
  }

  private static Strided readOnly(Strided x) {
    var memory = RawMemory.of(Storage.allocate(x.storage().byteSize()));
    return new Strided(Storage.wrap(memory.asReadOnly()), x.dtype(), x.layout());
  }

  private static Strided spread(Strided x) {
    Strided one = Strided.allocate(Shape.scalar(), x.dtype());
    return one.with(one.layout().expand(x.shape()));
  }

  @Test
  void aChangedOperandIsRefused() {
    CALLS.forEach(
        (name, call) -> {
          call.accept(operands(name, DType.FLOAT32));
          int count = SHAPES.get(name).size();
          for (int i = 0; i < count; i++) {
            refuses(name, i, FeedForwardOperandsTest::smaller);
            refuses(name, i, FeedForwardOperandsTest::wider);
            refuses(name, i, FeedForwardOperandsTest::flatter);
            if (i >= count - WRITTEN.get(name)) {
              refuses(name, i, FeedForwardOperandsTest::readOnly);
              refuses(name, i, FeedForwardOperandsTest::spread);
            }
          }
          assertThrows(
              ConcurrentModificationException.class,
              () -> call.accept(operands(name, DType.INT32)),
              name);
        });
  }

  private static void refuses(String name, int changed, UnaryOperator<Strided> change) {
    Strided[] operands = operands(name, DType.FLOAT32);
    operands[changed] = change.apply(operands[changed]);
    assertThrows(
        ConcurrentModificationException.class,
        () -> CALLS.get(name).accept(operands),
        () -> name + ", operand " + changed);
  }

  /** What a GPU keeps may be a mask, which has a bit for each element. */
  @Test
  void masksHaveABitForEachElement() {
    Strided[] x = operands("activationBackward", DType.FLOAT32);
    for (long bytes : new long[] {0, 1}) {
      Strided mask = Strided.allocate(Shape.of(bytes == 0 ? 3 : 2, bytes), DType.UINT8);
      var result = new Activated(Activation.RELU, x[2], mask);
      assertThrows(
          ConcurrentModificationException.class,
          () -> PRODUCTS.activationBackward(result, x[0], x[1], x[4], x[5]));
    }
    Strided mask = Strided.allocate(Shape.of(3, 1), DType.UINT8);
    PRODUCTS.activationBackward(new Activated(Activation.RELU, x[2], mask), x[0], x[1], x[4], x[5]);
  }

  @Test
  void everyMethodIsHere() {
    assertEquals(
        CALLS.keySet().stream().toList(),
        Arrays.stream(FeedForwardKernels.class.getDeclaredMethods())
            .map(method -> method.getName())
            .sorted()
            .toList());
  }
}
