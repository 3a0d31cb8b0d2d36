package dev.chagres.tensor;

import static dev.chagres.tensor.Out.add;
import static dev.chagres.tensor.Out.arange;
import static dev.chagres.tensor.Out.cat;
import static dev.chagres.tensor.Out.div;
import static dev.chagres.tensor.Out.exp;
import static dev.chagres.tensor.Out.ge;
import static dev.chagres.tensor.Out.matmul;
import static dev.chagres.tensor.Out.mm;
import static dev.chagres.tensor.Out.ones;
import static dev.chagres.tensor.Out.rand;
import static dev.chagres.tensor.Out.stack;
import static dev.chagres.tensor.Out.sub;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Storage;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@OnEveryDevice(blocking = true)
class OutTest {
  private static final Tensor X = Tensor.of(new double[][] {{1, 2}, {3, 4}});
  private static final Tensor Y = Tensor.of(new double[][] {{0.5, -1}, {2, 8}});

  @OnCpu("a kernel of CUDA leaves out the bad element alone")
  @Test
  void aDivisionByZeroIsNamedAndWritesNothing() {
    Tensor a = Tensor.of(4, 5, 6);
    Tensor b = Tensor.of(2, 0, 1);
    Tensor out = Tensor.of(7, 7, 7);
    ArithmeticException e =
        assertThrows(ArithmeticException.class, () -> Out.floorDivide(a, b, out));
    assertEquals("floorDivide: integer division by zero, int64 of shape (3,)", e.getMessage());
    assertEquals("tensor([7, 7, 7])", out.toString());
  }

  @Test
  void writesIntoTheMemoryThatIsThere() {
    Tensor out = Tensor.zeros(2, 2);
    Storage memory = out.storage();
    long version = memory.version();
    assertSame(out, add(X, Y, out));
    assertSame(memory, out.storage());
    assertEquals(version + 1, memory.version());
    assertArrayEquals(new double[] {1.5, 1, 5, 12}, out.toDoubleArray());
    sub(X, 1, out);
    assertArrayEquals(new double[] {0, 1, 2, 3}, out.toDoubleArray());
  }

  /** Every form with tensors only gives what the method of the same name gives. */
  @Test
  void givesWhatTheMethodsGive() throws ReflectiveOperationException {
    int compared = 0;
    int refused = 0;
    for (Method method : Out.class.getMethods()) {
      Class<?>[] types = method.getParameterTypes();
      if (method.getDeclaringClass() == Object.class
          || List.of(
                  "zeros",
                  "ones",
                  "rand",
                  "randn",
                  "eye",
                  "mv",
                  "dot",
                  "bmm",
                  "outer",
                  "vdot",
                  "frexp",
                  "normal",
                  "multinomial",
                  "bernoulli",
                  "take",
                  "gather",
                  "maskedSelect",
                  "xlog1py",
                  "entr",
                  "erfcx",
                  "ndtr",
                  "ndtri",
                  "logNdtr")
              .contains(method.getName())) {
        continue;
      }
      boolean tensors = List.of(types).stream().allMatch(type -> type == Tensor.class);
      if (tensors && types.length == 2) {
        refused += compare(method, Tensor.class.getMethod(method.getName()));
        compared++;
      } else if (tensors && types.length == 3 && !method.getName().equals("where")) {
        refused += compare(method, Tensor.class.getMethod(method.getName(), Tensor.class), Y);
        compared++;
      } else if (types.length == 3 && types[1] == Number.class) {
        refused += compare(method, Tensor.class.getMethod(method.getName(), Number.class), 3);
        compared++;
      }
    }
    assertTrue(compared >= 39 + 26 + 17, "too few forms were compared");
    // What is for integers alone, or for floating numbers alone, and four divisions by zero.
    assertEquals(37, refused);
  }

  /** Returns how many operands both forms refuse, with the same words. */
  private static int compare(Method out, Method plain, Object... operand)
      throws ReflectiveOperationException {
    int refused = 0;
    for (Tensor x : List.of(X, X.t(), X.toLong())) {
      Object[] other = operand.clone();
      if (other.length > 0 && other[0] instanceof Tensor y && !x.dtype().isFloating()) {
        other[0] = y.toLong();
      }
      Object[] arguments = new Object[other.length + 2];
      arguments[0] = x;
      System.arraycopy(other, 0, arguments, 1, other.length);
      Tensor expected;
      try {
        expected = (Tensor) plain.invoke(x, other);
      } catch (InvocationTargetException e) { // bits of floating numbers, division by zero
        arguments[arguments.length - 1] = x.emptyLike();
        Throwable same =
            assertThrows(InvocationTargetException.class, () -> out.invoke(null, arguments))
                .getCause();
        assertEquals(e.getCause().getMessage(), same.getMessage());
        refused++;
        continue;
      }
      Tensor result = expected.emptyLike();
      arguments[arguments.length - 1] = result;
      assertSame(result, out.invoke(null, arguments));
      assertArrayEquals(expected.toDoubleArray(), result.toDoubleArray(), out::toString);
    }
    return refused;
  }

  @Test
  void castsToTheDtypeOfTheResult() {
    Tensor out = Tensor.zeros(DType.FLOAT64, 2, 2);
    div(X.toLong(), Y.toLong().add(3), out);
    assertEquals(1.0 / 3, out.get(0, 0).item(), 1e-7);
    assertArrayEquals(
        new long[] {1, 1, 1, 0}, ge(X, Y, Tensor.zeros(DType.INT64, 2, 2)).toLongArray());
  }

  @Test
  void writesOverAnOperand() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    add(x, x.t(), x);
    assertArrayEquals(new double[] {2, 5, 5, 8}, x.toDoubleArray());
    mm(x, X, x);
    assertArrayEquals(new double[] {17, 24, 29, 42}, x.toDoubleArray());
    Tensor view = Tensor.zeros(2, 4).slice(1, 0, 4, 2);
    exp(X.mul(0), view);
    assertArrayEquals(new double[] {1, 1, 1, 1}, view.toDoubleArray());
  }

  @Test
  void writesProductsAndJoins() {
    Tensor v = Tensor.of(1.0, 2.0);
    assertArrayEquals(new double[] {5, 11}, matmul(X, v, Tensor.zeros(2)).toDoubleArray());
    assertArrayEquals(
        new double[] {4, 5, 8, 9},
        Out.addmm(v, X, Tensor.ones(2, 2), Tensor.zeros(2, 2)).toDoubleArray());
    assertArrayEquals(
        new double[] {1, 2, 1, 2}, cat(List.of(v, v), 0, Tensor.zeros(4)).toDoubleArray());
    assertArrayEquals(
        new double[] {1, 1, 2, 2}, stack(List.of(v, v), 1, Tensor.zeros(2, 2)).toDoubleArray());
    Tensor chosen = Out.where(X.gt(2), X, Y, Tensor.zeros(2, 2));
    assertArrayEquals(new double[] {0.5, -1, 3, 4}, chosen.toDoubleArray());
  }

  @OnCpu("it compares with the generator of the CPU")
  @Test
  void fills() {
    assertArrayEquals(new double[] {1, 1}, ones(Tensor.zeros(2)).toDoubleArray());
    assertArrayEquals(
        new long[] {2, 5, 8}, arange(2, 9, 3, Tensor.zeros(DType.INT64, 3)).toLongArray());
    Generator.standard().manualSeed(42);
    double expected = Tensor.rand(2).get(1).item();
    Generator.standard().manualSeed(42);
    assertEquals(expected, rand(Tensor.zeros(2)).get(1).item());
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThrows(IllegalArgumentException.class, () -> add(X, Y, Tensor.zeros(3)));
    assertThrows(IllegalArgumentException.class, () -> add(X, Y, Tensor.zeros(DType.INT64, 2, 2)));
    assertThrows(IllegalArgumentException.class, () -> add(X, Y, Tensor.zeros(1, 2).expand(2, 2)));
    assertThrows(IllegalArgumentException.class, () -> cat(List.of(X, Y), 0, Tensor.zeros(2, 2)));
  }

  /** The two share a kernel; each speaks for itself. */
  @Test
  void namesTheOperationThatWasCalled() {
    Tensor wide = Tensor.zeros(2, 5);
    Tensor square = Tensor.zeros(2, 2);
    Tensor tracked = Tensor.ones(2, 2).requiresGrad_();
    List<Tensor[]> wrong =
        List.of(
            new Tensor[] {X, Y, wide},
            new Tensor[] {X, Y, Tensor.zeros(DType.INT64, 2, 2)},
            new Tensor[] {X, Y, Tensor.zeros(1, 2).expand(2, 2)},
            new Tensor[] {wide, X, square},
            new Tensor[] {X, Y.toLong(), square},
            new Tensor[] {tracked, Y, square},
            new Tensor[] {X, tracked, square},
            new Tensor[] {X, Y, tracked});
    for (Tensor[] call : wrong) {
      assertBegins("mm: ", () -> mm(call[0], call[1], call[2]));
      assertBegins("matmul: ", () -> matmul(call[0], call[1], call[2]));
    }
    Tensor vector = Tensor.ones(2);
    assertBegins("mm: ", () -> mm(X, vector, vector));
    assertBegins("matmul: ", () -> matmul(X, vector, square));
    assertBegins("matmul: ", () -> matmul(X, Tensor.ones(3), vector));
    assertBegins("matmul: ", () -> matmul(vector, Tensor.ones(3), Tensor.zeros()));
    assertBegins("mv: ", () -> Out.mv(X, Tensor.ones(3), vector));
    assertBegins("dot: ", () -> Out.dot(vector, Tensor.ones(3), Tensor.zeros()));
  }

  private static void assertBegins(String name, Executable call) {
    String message = String.valueOf(assertThrows(RuntimeException.class, call).getMessage());
    assertTrue(message.startsWith(name), message);
  }

  @Test
  void refusesToBeRecorded() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor out = Tensor.zeros(2, 2);
    assertThrows(IllegalStateException.class, () -> add(x, Y, out));
    assertThrows(IllegalStateException.class, () -> add(X, Y, x));
    assertThrows(IllegalStateException.class, () -> cat(List.of(x), 0, out));
    assertThrows(IllegalStateException.class, () -> ones(x));
    assertThrows(IllegalStateException.class, () -> matmul(x, X.get(0), out.get(0)));
    Autograd.noGrad(() -> add(x, Y, out));
    assertEquals(9, out.get(1, 1).item());
  }
}
