package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Placement;
import dev.chagres.testing.PublicApi;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers and 0-d tensors beside 16-bit floats: PyTorch's bits, in every form of the operation. */
@OnEveryDevice(blocking = true)
class TorchHalvesTest {
  private static final List<TorchCase> CASES =
      TorchCase.of("halves", GoldenFile.open("halves.safetensors.gz"));

  @ParameterizedTest
  @EnumSource(names = {"CONTIGUOUS", "OFFSET", "STEPPED"})
  void aNumberIsRoundedWherePyTorchRoundsIt(Placement placement) {
    int written = 0;
    for (TorchCase test : CASES) {
      try (var _ = Scope.open()) {
        assertSame(test, TorchCalls.call(test.op(), test.arguments(placed(test, placement))));
        List<Tensor> tensors = placed(test, placement);
        if (tensors.getFirst().dim() > 0
            && tensors.getFirst().dtype() == test.results().getFirst().dtype()) {
          Optional<Object> result = TorchCalls.callInPlace(test.op(), test.arguments(tensors));
          result.ifPresent(inPlace -> assertSame(test, inPlace));
          written += result.isPresent() ? 1 : 0;
        }
      }
    }
    assertTrue(written > 200, () -> "hardly anything in place");
  }

  @Test
  void theFormsWithAResultGivenRoundAlike() throws ReflectiveOperationException {
    int written = 0;
    for (TorchCase test : CASES) {
      try (var _ = Scope.open()) {
        Object[] values =
            Stream.concat(
                    test.arguments(test.tensors()).all().values().stream(),
                    Stream.of(test.results().getFirst().zerosLike()))
                .toArray();
        for (Method method : PublicApi.methods(Out.class).toList()) {
          if (method.getName().equals(TorchCalls.camel(test.op())) && takes(method, values)) {
            assertSame(test, method.invoke(null, values));
            written++;
          }
        }
      }
    }
    assertTrue(written > 200, "hardly anything with a result given");
  }

  private static boolean takes(Method method, Object[] values) {
    Class<?>[] types = method.getParameterTypes();
    boolean fits = types.length == values.length;
    for (int i = 0; fits && i < types.length; i++) {
      fits = types[i].isInstance(values[i]);
    }
    return fits;
  }

  @Test
  void aGradientTakesTheSameNumber() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor x = Tensor.rand(75).to(dtype).requiresGrad_();
      Tensor g = Tensor.rand(75).to(dtype);
      Map.of(x.mul(0.7), g.mul(0.7), x.div(0.7), g.div(0.7))
          .forEach(
              (y, expected) -> {
                Tensor gradient = Autograd.grad(List.of(y), List.of(x), List.of(g)).getFirst();
                assertEquals(dtype, gradient.dtype());
                assertArrayEquals(Cells.bits(expected), Cells.bits(gradient));
              });
    }
  }

  @Test
  void a0dTensorAndItsGradientKeepTheirTypes() {
    Tensor x = Tensor.rand(75).to(DType.FLOAT16).requiresGrad_();
    Tensor factor = Tensor.scalar(0.7, DType.FLOAT32).requiresGrad_();
    Tensor y = x.mul(factor);
    assertArrayEquals(Cells.bits(x.detach().mul(0.7)), Cells.bits(y));
    y.sum().backward();
    assertEquals(DType.FLOAT16, x.grad().dtype());
    assertEquals(DType.FLOAT32, factor.grad().dtype());
    Tensor point = Tensor.scalar(3, DType.FLOAT16).requiresGrad_();
    Tensor product = point.mul(0.7);
    assertEquals(2.099609375, product.item());
    product.backward();
    assertEquals(DType.FLOAT16, point.grad().dtype());
  }

  private static List<Tensor> placed(TorchCase test, Placement placement) {
    List<Tensor> placed = new ArrayList<>();
    for (Tensor tensor : test.tensors()) {
      placed.add(tensor.dim() == 0 ? tensor : placement.place(tensor).tensor());
    }
    return placed;
  }

  private static void assertSame(TorchCase test, Object result) {
    Tensor expected = test.results().getFirst();
    Tensor got = (Tensor) result;
    assertEquals(expected.dtype(), got.dtype(), test::toString);
    double[] a = Cells.doubles(expected);
    double[] b = Cells.doubles(got);
    assertEquals(Arrays.toString(a), Arrays.toString(b), test::toString);
  }
}
