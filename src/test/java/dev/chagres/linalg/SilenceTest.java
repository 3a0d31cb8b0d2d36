package dev.chagres.linalg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * LAPACK prints what it holds against its arguments, past Java, to the process's standard error; of
 * NaN and infinity too, which are no mistake of ours. The library prints nothing.
 */
@OnEveryDevice
class SilenceTest {
  /** Calls all of {@link Linalg} with matrices that hold what LAPACK may not like. */
  static final class Unpleasant {
    private static int calls;

    private Unpleasant() {}

    public static void main(String[] arguments) throws ReflectiveOperationException {
      double[] values = {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e308, 3e38, 1e-40, 0
      };
      long[][] shapes = {{3, 3}, {4, 2}, {2, 4}, {80, 80}, {2, 3, 3}};
      for (double value : values) {
        for (long[] shape : shapes) {
          for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            Tensor numbers = Tensor.randn(shape).to(DType.FLOAT64);
            Tensor good = numbers.to(dtype);
            numbers.select(-1, 1).fill_(value);
            Tensor bad = numbers.to(dtype);
            all(bad, good);
            all(good, bad);
            all(bad, bad);
          }
        }
      }
      System.out.println(calls > 10_000 ? "done" : "only " + calls + " calls");
    }

    private static void all(Tensor a, Tensor b) throws ReflectiveOperationException {
      for (Method method : Linalg.class.getMethods()) {
        Class<?>[] types = method.getParameterTypes();
        if (Modifier.isStatic(method.getModifiers())
            && types.length > 0
            && Stream.of(types).allMatch(type -> type == Tensor.class || type.isEnum())) {
          Tensor[] tensors = {a, b, a};
          Object[] given = new Object[types.length];
          for (int i = 0; i < given.length; i++) {
            given[i] = types[i].isEnum() ? null : tensors[i % 3];
          }
          each(method, given, 0);
        }
      }
    }

    /** Calls a method with every constant of the enums that it takes. */
    private static void each(Method method, Object[] given, int from)
        throws ReflectiveOperationException {
      for (int i = from; i < given.length; i++) {
        if (method.getParameterTypes()[i].isEnum()) {
          for (Object constant : method.getParameterTypes()[i].getEnumConstants()) {
            Object[] chosen = given.clone();
            chosen[i] = constant;
            each(method, chosen, i + 1);
          }
          return;
        }
      }
      try {
        calls++;
        method.invoke(null, given);
      } catch (InvocationTargetException e) {
        if (!(e.getCause() instanceof RuntimeException)) {
          throw e;
        }
      }
    }
  }

  @Test
  void nothingIsPrintedOfNumbersThatAreNotFinite() throws IOException, InterruptedException {
    List<String> lines =
        Programs.run(
            "java",
            "--enable-native-access=ALL-UNNAMED",
            "--class-path=" + Programs.testPath(),
            Unpleasant.class.getName());
    assertEquals(List.of("done"), lines);
  }

  @Test
  void leastSquaresOfWhatIsNotFinite() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        for (Driver driver : Driver.values()) {
          for (long[] shape : new long[][] {{3, 2}, {2, 3}}) {
            Tensor a = Tensor.randn(shape).to(dtype);
            Tensor b = Tensor.randn(shape[0], 2).to(dtype);
            Tensor bad = b.clone();
            bad.select(0, 1).fill_(value);
            Lstsq found = Linalg.lstsq(a, bad, driver);
            assertEquals(Shape.of(shape[1], 2), found.solution().shape());
            assertTrue(found.solution().isnan().all().isTrue());
            Lstsq usual = Linalg.lstsq(a, b, driver);
            assertTrue(found.rank().equal(usual.rank()));
            assertTrue(found.singularValues().equal(usual.singularValues()));
            a.select(0, 1).fill_(value);
            var e = assertThrows(ArithmeticException.class, () -> Linalg.lstsq(a, b, driver));
            assertEquals("lstsq: the matrix contains NaN or infinity", e.getMessage());
          }
        }
      }
    }
  }
}
