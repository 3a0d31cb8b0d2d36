package dev.chagres.tensor;

import static dev.chagres.core.DType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Node;
import dev.chagres.core.Shape;
import dev.chagres.linalg.Linalg;
import dev.chagres.testing.OnEveryDevice;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Second names do what the first ones do. */
@OnEveryDevice
class AliasesTest {
  private static final Map<String, String> FIRST =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("absolute", "abs"),
              Map.entry("arccos", "acos"),
              Map.entry("arccosh", "acosh"),
              Map.entry("arcsin", "asin"),
              Map.entry("arcsinh", "asinh"),
              Map.entry("arctan", "atan"),
              Map.entry("arctan2", "atan2"),
              Map.entry("arctanh", "atanh"),
              Map.entry("clip", "clamp"),
              Map.entry("divide", "div"),
              Map.entry("fix", "trunc"),
              Map.entry("greater", "gt"),
              Map.entry("greaterEqual", "ge"),
              Map.entry("isNonzero", "isTrue"),
              Map.entry("itemsize", "elementSize"),
              Map.entry("less", "lt"),
              Map.entry("lessEqual", "le"),
              Map.entry("moveaxis", "movedim"),
              Map.entry("multiply", "mul"),
              Map.entry("ndim", "dim"),
              Map.entry("ndimension", "dim"),
              Map.entry("negative", "neg"),
              Map.entry("nelement", "numel"),
              Map.entry("notEqual", "ne"),
              Map.entry("size", "shape"),
              Map.entry("subtract", "sub"),
              Map.entry("swapaxes", "transpose"),
              Map.entry("swapdims", "transpose"),
              Map.entry("trapz", "trapezoid"),
              Map.entry("trueDivide", "div")));

  @Test
  void eachIsWhatItsFirstNameIs() throws ReflectiveOperationException {
    TreeSet<String> seen = new TreeSet<>();
    for (Class<?> names : List.of(Aliases.class, AliasesInPlace.class)) {
      for (Method alias : names.getDeclaredMethods()) {
        if (alias.isSynthetic() || alias.getName().equals("self")) {
          continue;
        }
        String name = alias.getName();
        String bare = name.endsWith("_") ? name.substring(0, name.length() - 1) : name;
        seen.add(bare);
        String first =
            Objects.requireNonNull(FIRST.get(bare), name) + name.substring(bare.length());
        Method original = Tensor.class.getMethod(first, alias.getParameterTypes());
        // moved and swapped dimensions, bounds and operands that change something
        Tensor x = bare.equals("isNonzero") ? Tensor.scalar(2) : Tensor.of(0.2, -0.7, 0.4, 0.9);
        x = x.dim() == 0 ? x : x.view(2, 2);
        Tensor y = x.clone();
        @Nullable Object[] arguments = arguments(alias);
        assertSameValue(name, original.invoke(x, arguments), alias.invoke(y, arguments));
        assertSameValue(name, x, y);
      }
    }
    assertEquals(FIRST.keySet(), seen);
  }

  private static @Nullable Object[] arguments(Method method) {
    Class<?>[] types = method.getParameterTypes();
    boolean isClip = method.getName().startsWith("clip");
    @Nullable Object[] values = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      double number = isClip ? i * 0.3 : 0.4;
      if (types[i] == Tensor.class) {
        values[i] = Tensor.full(Shape.of(2, 2), number);
      } else if (types[i] == Number.class || types[i] == double.class) {
        values[i] = number;
      } else {
        values[i] = types[i] == int.class ? (Object) i : new int[] {i, 1 - i};
      }
    }
    return values;
  }

  private static void assertSameValue(String name, Object expected, Object got) {
    if (expected instanceof Tensor a && got instanceof Tensor b) {
      assertEquals(a.dtype(), b.dtype(), name);
      assertEquals(Arrays.toString(a.toDoubleArray()), Arrays.toString(b.toDoubleArray()), name);
      assertEquals(a.layout(), b.layout(), name);
    } else {
      assertEquals(expected, got, name);
    }
  }

  @Test
  void gradientsFlowThroughThem() {
    Tensor x = Tensor.of(0.2, 0.5).requiresGrad_();
    Node<Tensor> node = Objects.requireNonNull(x.multiply(3).gradFn());
    assertEquals("MulBackward", node.name());
  }

  @Test
  void staticOnesAreTheSameToo() {
    List<Tensor> parts = List.of(Tensor.of(1, 2), Tensor.of(3, 4));
    assertTrue(Tensor.concat(parts).equal(Tensor.cat(parts)));
    assertTrue(Tensor.concatenate(parts).equal(Tensor.cat(parts)));
    assertTrue(Tensor.rowStack(parts).equal(Tensor.vstack(parts)));
    List<Tensor> rows = List.of(Tensor.ones(2, 1), Tensor.zeros(2, 3));
    assertTrue(Tensor.concat(rows, 1).equal(Tensor.cat(rows, 1)));
    assertTrue(Tensor.concatenate(rows, -1).equal(Tensor.cat(rows, 1)));
    Tensor a = Tensor.of(new double[][] {{2, 1}, {1, 3}}, FLOAT32);
    assertTrue(Linalg.inverse(a).equal(Linalg.inv(a)));
    Tensor tau = Linalg.geqrf(a).tau();
    assertTrue(Linalg.orgqr(a, tau).equal(Linalg.householderProduct(a, tau)));
    Tensor here = a.cpu();
    assertSame(here, here.cpu());
  }
}
