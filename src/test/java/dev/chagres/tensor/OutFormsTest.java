package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Results;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every form with {@code out} against the form that returns a new tensor: the same elements in
 * memory of any layout and of a wider dtype, over an operand too, and nothing written where the
 * result does not fit, cannot be stored, would overlap or would have to be recorded.
 */
@OnEveryDevice(blocking = true)
class OutFormsTest {
  /** What has no other operand, and whose result has the shape of {@code out}. */
  private static final Set<String> FILLS =
      Set.of("zeros", "ones", "full", "eye", "rand", "randn", "randint", "randperm", "into");

  /** What returns a sequence of a dtype that is not given otherwise. */
  private static final Set<String> SEQUENCES = Set.of("arange", "linspace", "logspace");

  private static final Set<String> OF_INTEGERS =
      Set.of(
          "bitwiseAnd",
          "bitwiseOr",
          "bitwiseXor",
          "bitwiseNot",
          "bitwiseLeftShift",
          "bitwiseRightShift",
          "gcd",
          "lcm");

  // Sums and products of such numbers are exact.
  private static final Tensor X =
      Tensor.of(new double[][] {{5, 2, 7, 1}, {3, 8, 6, 4}, {2, 7, 5, 3}}, DType.FLOAT32).div(8);
  private static final Tensor Y =
      Tensor.of(new double[][] {{1, 4, 3, 2}, {6, 2, 5, 7}, {8, 1, 3, 5}}, DType.FLOAT32).div(8);
  private static final Tensor COLUMN = X.select(1, 0);
  private static final Tensor ROW = X.select(0, 0);
  private static final Tensor SQUARE = X.narrow(1, 0, 3);
  private static final Tensor BATCH = Tensor.stack(List.of(SQUARE, SQUARE.t()));
  private static final Tensor POSITIONS =
      Tensor.of(new double[][] {{0, 3, 2, 1}, {2, 1, 0, 3}, {1, 2, 3, 0}}, DType.INT64);
  private static final Tensor ORDER = Tensor.of(2L, 0, 3, 1);

  /** The tensors of the forms that cannot take two matrices of one shape. */
  private static final Map<String, List<Tensor>> TENSORS =
      Map.ofEntries(
          Map.entry("mm", List.of(X, Y.t())),
          Map.entry("matmul", List.of(X, Y.t())),
          Map.entry("bmm", List.of(BATCH, BATCH)),
          Map.entry("mv", List.of(X, ROW)),
          Map.entry("dot", List.of(ROW, ROW)),
          Map.entry("vdot", List.of(ROW, ROW)),
          Map.entry("outer", List.of(COLUMN, ROW)),
          Map.entry("addmm", List.of(SQUARE, X, Y.t())),
          Map.entry("addbmm", List.of(SQUARE, BATCH, BATCH)),
          Map.entry("baddbmm", List.of(BATCH, BATCH, BATCH)),
          Map.entry("addmv", List.of(COLUMN, X, ROW)),
          Map.entry("addr", List.of(X, COLUMN, ROW)),
          Map.entry("cross", List.of(SQUARE, SQUARE)),
          Map.entry("mvlgamma", List.of(X.add(2))),
          Map.entry("acosh", List.of(X.add(1))),
          Map.entry("where", List.of(X.gt(0.4), X, Y)),
          Map.entry("maskedSelect", List.of(X, X.gt(0.4))),
          Map.entry("gather", List.of(X, POSITIONS)),
          Map.entry("take", List.of(X, POSITIONS)),
          Map.entry("takeAlongDim", List.of(X, POSITIONS)),
          Map.entry("indexSelect", List.of(X, ORDER)),
          Map.entry("indexAdd", List.of(X, ORDER, Y)),
          Map.entry("indexCopy", List.of(X, ORDER, Y)),
          Map.entry("scatter", List.of(X, POSITIONS, Y)),
          Map.entry("scatterAdd", List.of(X, POSITIONS, Y)),
          Map.entry("selectScatter", List.of(X, COLUMN)),
          Map.entry("diagonalScatter", List.of(X, X.diagonal(2))),
          Map.entry("searchsorted", List.of(X.sort().values(), Y)),
          Map.entry("bucketize", List.of(X, Tensor.of(0.2, 0.6))),
          Map.entry("quantile", List.of(X, Tensor.of(0.2, 0.6))),
          Map.entry("nanquantile", List.of(X, Tensor.of(0.2, 0.6))));

  /** One form, and what is passed for all parameters but {@code out}. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Form(Method method, Object[] operands) {
    private int outs() {
      return method.getName().equals("frexp") ? 2 : 1;
    }

    Object into(List<Tensor> operandTensors, Object... outs) {
      Object[] all =
          Stream.concat(Arrays.stream(with(operandTensors)), Arrays.stream(outs)).toArray();
      return called(method, null, all);
    }

    /** The operands with other tensors in the places of theirs. */
    private Object[] with(List<Tensor> tensors) {
      Object[] values = operands.clone();
      int at = 0;
      for (int i = 0; i < values.length; i++) {
        if (values[i] instanceof Tensor) {
          values[i] = tensors.get(at++);
        } else if (values[i] instanceof List<?> list) {
          values[i] = tensors.subList(at, at + list.size());
          at += list.size();
        }
      }
      return values;
    }

    List<Tensor> tensors() {
      List<Tensor> tensors = new ArrayList<>();
      for (Object value : operands) {
        if (value instanceof Tensor tensor) {
          tensors.add(tensor);
        } else if (value instanceof List<?> list) {
          list.forEach(item -> tensors.add((Tensor) item));
        }
      }
      return tensors;
    }

    /** What the form without {@code out} makes of these. */
    List<Tensor> plain(List<Tensor> tensors) {
      Object[] values = with(tensors);
      Class<?>[] types =
          Arrays.copyOf(method.getParameterTypes(), method.getParameterCount() - outs());
      Class<?>[] rest = types.length == 0 ? types : Arrays.copyOfRange(types, 1, types.length);
      Method twin = found(Tensor.class, rest);
      if (twin != null && !Modifier.isStatic(twin.getModifiers())) {
        Object[] others = Arrays.copyOfRange(values, 1, values.length);
        return Results.flat(called(twin, values[0], others));
      }
      for (Class<?> holder : List.of(Tensor.class, Special.class)) {
        twin = found(holder, types);
        if (twin != null) {
          return Results.flat(called(twin, null, values));
        }
      }
      // keepdim is an argument of the form that has them all.
      rest = Stream.concat(Stream.of(Keep.class), Arrays.stream(rest)).toArray(Class<?>[]::new);
      Object[] others = values.clone();
      others[0] = Keep.DROPDIM;
      return Results.flat(called(found(Tensor.class, rest), values[0], others));
    }

    private @Nullable Method found(Class<?> holder, Class<?>... types) {
      try {
        return holder.getMethod(method.getName(), types);
      } catch (NoSuchMethodException _) {
        return null;
      }
    }

    @Override
    public String toString() {
      return method.getName() + Arrays.toString(method.getParameterTypes());
    }
  }

  private static Object called(@Nullable Method method, @Nullable Object self, Object... values) {
    Chagres.manualSeed(42);
    try {
      return method.invoke(self, values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  static List<Form> forms() {
    List<Form> forms = new ArrayList<>();
    for (Method method : Out.class.getMethods()) {
      String name = method.getName();
      if (method.getDeclaringClass() != Object.class
          && !FILLS.contains(name)
          && !SEQUENCES.contains(name)) {
        int outs = name.equals("frexp") ? 2 : 1;
        Object[] operands = new Object[method.getParameterCount() - outs];
        int tensors = 0;
        for (int i = 0; i < operands.length; i++) {
          Parameter parameter = method.getParameters()[i];
          operands[i] =
              parameter.getType() == Tensor.class
                  ? tensor(name, tensors++)
                  : plainValue(name, parameter);
        }
        forms.add(new Form(method, operands));
      }
    }
    return forms;
  }

  private static Tensor tensor(String name, int which) {
    List<Tensor> own = TENSORS.get(name);
    Tensor x = own != null ? own.get(which) : which == 0 ? X : Y;
    return OF_INTEGERS.contains(name) ? x.mul(8).toLong() : x;
  }

  private static Object plainValue(String name, Parameter parameter) {
    Class<?> type = parameter.getType();
    if (type == int.class) {
      return name.equals("cross") ? 0 : 1;
    } else if (type == long.class) {
      return name.equals("diff") || name.equals("tril") ? 1L : 2L;
    } else if (type == double.class) {
      return parameter.getName().equals("eps") ? 0.1 : parameter.getName().equals("min") ? 0 : 0.5;
    } else if (type == Number.class) {
      return 2;
    } else if (type == int[].class) {
      return new int[] {1};
    } else if (type == Iterable.class) {
      return name.equals("chainMatmul") ? List.of(X, Y.t(), X) : List.of(X, Y);
    } else if (type == Correction.class) {
      return Correction.NONE;
    } else if (type == Order.class) {
      return Order.DESCENDING;
    } else if (type == Side.class) {
      return Side.RIGHT;
    } else if (type == Interpolation.class) {
      return Interpolation.NEAREST;
    }
    assertEquals(Replacement.class, type);
    return Replacement.WITHOUT_REPLACEMENT;
  }

  @Test
  void noFormIsForgotten() {
    assertTrue(forms().size() > 200, () -> forms().size() + " forms");
  }

  /** What is passed as the last arguments for these results. */
  private static Object[] outs(Form form, List<Tensor> outs) {
    Class<?> type = form.method.getParameterTypes()[form.operands.length];
    if (type == Located.class) {
      return new Object[] {new Located(outs.get(0), outs.get(1))};
    } else if (type == Range.class) {
      return new Object[] {new Range(outs.get(0), outs.get(1))};
    }
    return outs.toArray();
  }

  private static void assertWritten(List<Tensor> expected, List<Tensor> outs) {
    for (int i = 0; i < expected.size(); i++) {
      Tensor wanted = expected.get(i).to(outs.get(i).dtype());
      assertArrayEquals(Cells.bits(wanted), Cells.bits(outs.get(i)), "result " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void givesWhatTheFormWithoutOutGives(Form form) {
    List<Tensor> expected = form.plain(form.tensors());
    List<Tensor> outs = expected.stream().map(Tensor::onesLike).toList();
    List<Long> versions = outs.stream().map(out -> out.storage().version()).toList();
    Object result = form.into(form.tensors(), outs(form, outs));
    List<Tensor> returned = Results.flat(result);
    for (int i = 0; i < outs.size(); i++) {
      assertSame(outs.get(i), returned.get(i));
      assertEquals(versions.get(i) + 1, outs.get(i).storage().version());
    }
    assertWritten(expected, outs);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void writesMemoryOfAnyLayoutAndOfAWiderDtype(Form form) {
    List<Tensor> expected = form.plain(form.tensors());
    List<Tensor> strided = new ArrayList<>();
    List<Tensor> wider = new ArrayList<>();
    List<Tensor> surroundings = new ArrayList<>();
    for (Tensor result : expected) {
      Tensor around = Tensor.full(result.shape().concat(Shape.of(2)), 7);
      around = around.to(result.dtype());
      surroundings.add(around.select(-1, 0));
      strided.add(around.select(-1, 1));
      wider.add(Tensor.ones(DType.FLOAT64, result.shape().toArray()));
    }
    form.into(form.tensors(), outs(form, strided));
    assertWritten(expected, strided);
    for (Tensor beside : surroundings) {
      assertTrue(beside.eq(Tensor.scalar(7, beside.dtype())).all().isTrue());
    }
    form.into(form.tensors(), outs(form, wider));
    assertWritten(expected, wider);
  }

  /** Where an operand has the shape and the dtype of the result. */
  @ParameterizedTest
  @MethodSource("forms")
  void writesOverAnyOfItsOperands(Form form) {
    List<Tensor> expected = form.plain(form.tensors());
    for (int which = 0; which < form.tensors().size(); which++) {
      List<Tensor> tensors = new ArrayList<>(form.tensors());
      Tensor own = tensors.get(which).clone();
      if (own.shape().equals(expected.getFirst().shape())
          && own.dtype() == expected.getFirst().dtype()) {
        tensors.set(which, own);
        List<Tensor> outs = new ArrayList<>(expected.stream().map(Tensor::onesLike).toList());
        outs.set(0, own);
        form.into(tensors, outs(form, outs));
        assertWritten(expected, outs);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void refusesWhatDoesNotFitAndWritesNothing(Form form) {
    List<Tensor> expected = form.plain(form.tensors());
    for (int i = 0; i < expected.size(); i++) {
      Tensor result = expected.get(i);
      long[] sizes = result.shape().toArray();
      refuses(form, expected, i, result.unsqueeze(0).onesLike());
      if (result.dtype() != DType.BOOL) {
        DType narrower = result.dtype().isFloating() ? DType.INT64 : DType.BOOL;
        refuses(form, expected, i, Tensor.ones(narrower, sizes));
      }
      if (result.numel() > 1) {
        refuses(form, expected, i, Tensor.scalar(1, result.dtype()).expand(sizes));
      }
    }
  }

  private static void refuses(Form form, List<Tensor> expected, int which, Tensor wrong) {
    List<Tensor> outs = new ArrayList<>(expected.stream().map(Tensor::onesLike).toList());
    outs.set(which, wrong);
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> form.into(form.tensors(), outs(form, outs)));
    assertTrue(e.getMessage().startsWith(form.method.getName() + ": "), e::getMessage);
    for (Tensor out : outs) {
      assertTrue(out.eq(Tensor.scalar(1, out.dtype())).all().isTrue(), "written");
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void refusesToBeRecorded(Form form) {
    List<Tensor> expected = form.plain(form.tensors());
    for (int which = 0; which < form.tensors().size(); which++) {
      List<Tensor> tensors = new ArrayList<>(form.tensors());
      if (tensors.get(which).dtype().isFloating()) {
        tensors.set(which, tensors.get(which).clone().requiresGrad_());
        List<Tensor> outs = expected.stream().map(Tensor::onesLike).toList();
        Exception e =
            assertThrows(IllegalStateException.class, () -> form.into(tensors, outs(form, outs)));
        assertTrue(e.getMessage().startsWith(form.method.getName() + ": "), e::getMessage);
        try (var _ = Autograd.noGrad()) {
          form.into(tensors, outs(form, outs));
        }
        assertWritten(expected, outs);
      }
    }
    for (int i = 0; i < expected.size(); i++) {
      if (expected.get(i).dtype().isFloating()) {
        List<Tensor> outs = new ArrayList<>(expected.stream().map(Tensor::onesLike).toList());
        outs.set(i, outs.get(i).requiresGrad_());
        assertThrows(
            IllegalStateException.class, () -> form.into(form.tensors(), outs(form, outs)));
        assertTrue(outs.get(i).detach().eq(1).all().isTrue(), "written");
      }
    }
  }

  @Test
  void twoResultsNeedMemoryOfTheirOwn() {
    Tensor x = Tensor.of(3L, 1, 2);
    Tensor one = Tensor.of(7L, 7, 7);
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Out.sort(x, 0, Order.ASCENDING, new Located(one, one)));
    assertEquals("sort: the tensors written to share memory; each needs its own", e.getMessage());
    Tensor both = Tensor.zeros(DType.INT64, 4);
    Located shifted = new Located(both.narrow(0, 0, 3), both.narrow(0, 1, 3));
    assertThrows(IllegalArgumentException.class, () -> Out.cummax(x, 0, shifted));
    assertArrayEquals(new long[] {7, 7, 7}, one.toLongArray());
    // Rows and columns of one tensor are apart.
    Tensor rows = Tensor.zeros(DType.INT64, 2, 3);
    assertInstanceOf(
        Located.class, Out.sort(x, 0, Order.ASCENDING, new Located(rows.get(0), rows.get(1))));
    assertArrayEquals(new long[] {1, 2, 3, 1, 2, 0}, rows.toLongArray());
    Tensor columns = Tensor.zeros(DType.INT64, 3, 2);
    Out.sort(x, 0, Order.ASCENDING, new Located(columns.select(1, 0), columns.select(1, 1)));
    assertArrayEquals(new long[] {1, 1, 2, 2, 3, 0}, columns.toLongArray());
  }

  /** As in PyTorch the dtype of what is written to is the one that sums are reckoned in. */
  @Test
  void sumsAreReckonedInTheDtypeOfTheResult() {
    Tensor x = Tensor.of(0x1p24, 1, 1, -0x1p24).to(DType.FLOAT32);
    Tensor wide = Tensor.zeros(DType.FLOAT64, 4);
    assertArrayEquals(
        new double[] {0x1p24, 0x1p24 + 1, 0x1p24 + 2, 2}, Out.cumsum(x, 0, wide).toDoubleArray());
    assertEquals(2, Out.sum(x, new int[] {0}, Tensor.scalar(0, DType.FLOAT64)).item());
    Tensor bytes = Tensor.of(200L, 100).to(DType.UINT8);
    assertEquals(44, Out.sum(bytes, new int[] {0}, Tensor.scalar(0, DType.UINT8)).itemLong());
    assertEquals(300, Out.sum(bytes, new int[] {0}, Tensor.scalar(0, DType.INT32)).itemLong());
    assertEquals(32, Out.prod(bytes, new int[] {0}, Tensor.scalar(0, DType.UINT8)).itemLong());
  }
}
