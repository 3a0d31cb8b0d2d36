package dev.chagres.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.AttentionKernels.Slopes;
import dev.chagres.backend.AttentionKernels.Weighing;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Choice;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.FeedForwardKernels.Activated;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Generators;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Shape;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawStorage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import dev.chagres.primitive.Triangular;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every kernel is run as it was asked for, and shown. */
class ObservedBackendTest {
  /** What does not compute. */
  private static final Set<String> UNSEEN = Set.of("constant", "drawn");

  private static final Activated KEPT = new Activated(Activation.RELU, array(1), array(2));

  private final List<String> asked = new ArrayList<>();
  private final List<@Nullable Object> arguments = new ArrayList<>();
  private final List<Work> seen = new ArrayList<>();

  private final Observer observer =
      new Observer() {
        @Override
        public void kernel(Runnable kernel, Supplier<Work> work) {
          int before = asked.size();
          kernel.run();
          assertEquals(before + 1, asked.size(), "the observer runs the kernel");
          seen.add(work.get());
        }

        @Override
        public <S extends RawStorage> S allocate(
            long bytes, Supplier<S> allocation, LongSupplier live) {
          throw new AssertionError("a kernel of this test allocates nothing");
        }
      };

  private final Backend recording = backend(this::note);
  private final Backend observed = Observation.observed(recording, observer);

  /** Returns a backend all of whose families do one thing. */
  private static Backend backend(InvocationHandler handler) {
    Object[] families =
        Arrays.stream(Backend.class.getRecordComponents())
            .map(RecordComponent::getType)
            .map(
                family ->
                    Proxy.newProxyInstance(
                        family.getClassLoader(), new Class<?>[] {family}, handler))
            .toArray();
    try {
      return (Backend) Backend.class.getConstructors()[0].newInstance(families);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** Notes what it is asked, and does nothing. */
  private @Nullable Object note(Object family, Method method, Object @Nullable [] values) {
    asked.add(method.toString());
    arguments.clear();
    arguments.addAll(values == null ? List.of() : Arrays.asList(values));
    Class<?> result = method.getReturnType();
    return result == long.class ? (Object) 7L : result == Activated.class ? KEPT : null;
  }

  @Test
  void everyKernelIsRunAndShown() throws ReflectiveOperationException {
    int methods = 0;
    int kernels = 0;
    for (RecordComponent family : Backend.class.getRecordComponents()) {
      if (family.getType() != Generators.class) {
        Object shown = family.getAccessor().invoke(observed);
        for (Method method : family.getType().getMethods()) {
          methods++;
          kernels += check(shown, method);
        }
      }
    }
    assertEquals(methods - UNSEEN.size(), kernels);
  }

  /** Making and storing a generator's state is no kernel. */
  @Test
  void statesOfGeneratorsAreNotShown() {
    assertSame(recording.generators(), observed.generators());
  }

  private int check(Object backend, Method method) throws ReflectiveOperationException {
    Object[] values = new Object[method.getParameterCount()];
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      // Each has a size of its own, by which it is known again.
      values[i] =
          method.getName().endsWith("Step") && i == 1
              ? updates()
              : value(method.getParameterTypes()[i], i + 1);
      for (Object each : each(values[i])) {
        if (each instanceof Strided array) {
          shapes.add(array.shape());
        }
      }
    }
    seen.clear();
    asked.clear();
    Object result = method.invoke(backend, values);
    assertEquals(List.of(method.toString()), asked);
    assertEquals(values.length, arguments.size());
    for (int i = 0; i < values.length; i++) {
      if (method.getParameterTypes()[i].isPrimitive()) {
        assertEquals(values[i], arguments.get(i), method::toString);
      } else {
        assertSame(values[i], arguments.get(i), method::toString);
      }
    }
    assertEquals(method.getReturnType() == long.class, result != null && result.equals(7L));
    if (UNSEEN.contains(method.getName())) {
      assertEquals(List.of(), seen, method::toString);
      return 0;
    }
    assertEquals(1, seen.size(), method::toString);
    Work work = seen.getFirst();
    assertFalse(work.kernel().isEmpty());
    assertTrue(work.bytes() > 0, method::toString);
    assertEquals(Set.copyOf(shapes), Set.copyOf(work.shapes()), method::toString);
    assertEquals(shapes.size(), work.shapes().size(), method::toString);
    return 1;
  }

  private static List<Update> updates() {
    return List.of(
        new Update(array(1), array(2), List.of(array(3), array(4))),
        new Update(array(5), array(6), List.of()));
  }

  private static List<?> each(Object value) {
    return value instanceof Strided[] all
        ? List.of(all)
        : value instanceof Activated all
            ? List.of(all.kept())
            : value instanceof Attended all
                ? List.of(all.query(), all.key(), all.value())
                : value instanceof Slopes all
                    ? Arrays.asList(all.query(), all.key(), all.value())
                    : value instanceof Weighing all
                        ? Arrays.asList(all.mask(), all.drawn())
                        : value instanceof Result all
                            ? List.of(all.y(), all.levels())
                            : value instanceof List<?> all
                                ? all.stream().flatMap(ObservedBackendTest::inUpdate).toList()
                                : List.of(value);
  }

  private static Stream<?> inUpdate(Object value) {
    return value instanceof Update update
        ? Stream.concat(Stream.of(update.parameter(), update.gradient()), update.state().stream())
        : Stream.of(value);
  }

  private static Object value(Class<?> type, int number) {
    if (type == Strided.class) {
      return array(number);
    } else if (type == List.class) {
      return List.of(array(number), array(number + 100));
    } else if (type == Strided[].class) {
      return new Strided[] {array(number), array(number + 100)};
    } else if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return constants[constants.length - 1];
    } else if (type == Storage.class) {
      return Storage.allocate(8);
    } else if (type == Number.class) {
      return 3;
    } else if (type == double.class) {
      return number + 0.5;
    } else if (type == long.class) {
      return (long) number;
    } else if (type == int.class) {
      return number;
    } else if (type == Progression.class) {
      return new Progression(1, 2, 1, 2, 0);
    } else if (type == Scan.class) {
      return new Scan(ScanOp.PROD, Way.FORTH, 1);
    } else if (type == Activated.class) {
      return KEPT;
    } else if (type == Choice.class) {
      return Choice.of(Choice.Kind.MODE);
    } else if (type == Formula.class) {
      return new Formula(List.of(), List.of(), List.of());
    } else if (type == Window.class) {
      return new Window(1, 1, 1, 1, 0, 0, 1, 1);
    } else if (type == CrossEntropyForm.class) {
      return new CrossEntropyForm(-100, CrossEntropyForm.Total.MEAN);
    } else if (type == SgdStep.class) {
      return new SgdStep(0.1, 0.9, 0, 0, 1, false, false);
    } else if (type == AdamStep.class) {
      return new AdamStep(0.1, 0.9, 0.99, 1e-8, 0, AdamStep.Decay.DECOUPLED, 1, false, false);
    } else if (type == ElementStep.class) {
      return new ElementStep(ElementStep.Rule.ASGD, Set.of(), 0, 1, List.of(-0.1, 1.0));
    } else if (type == Shape.class) {
      return Shape.of(number, 3);
    } else if (type == BatchNormForm.class) {
      return new BatchNormForm(true, 0.1, 1e-5);
    } else if (type == Weighing.class) {
      return new Weighing(new AttentionForm(1, true), array(number), array(number + 100));
    } else if (type == AttentionForm.class) {
      return new AttentionForm(1, true);
    } else if (type == Attended.class) {
      return new Attended(array(number), array(number + 100), array(number + 200));
    } else if (type == Slopes.class) {
      return new Slopes(array(number), array(number + 100), array(number + 200));
    } else if (type == Result.class) {
      return new Result(array(number), array(number + 100));
    } else if (type == Triangular.class) {
      return new Triangular(Triangle.LOWER, Transposed.NO, Diagonal.values()[0]);
    }
    throw new AssertionError("a value of " + type);
  }

  private static Strided array(int number) {
    return Strided.allocate(Shape.of(number, 2), DType.FLOAT32);
  }

  @Test
  void whatIsReadTwiceOrNotAtAllIsCountedSo() {
    Strided x = Strided.allocate(Shape.of(3, 4), DType.FLOAT32);
    Strided row = Strided.allocate(Shape.of(1, 4), DType.FLOAT32);
    Strided rows = row.with(row.layout().expand(Shape.of(3, 4)));
    Strided mask = Strided.allocate(Shape.of(3, 4), DType.BOOL);
    assertEquals(48 + 16 + 12, Work.of("", x).touches(x, rows, mask).bytes());
    assertEquals(96, Work.of("", x).updates(x).bytes());
    assertEquals(48, Work.of("", x).touches(x.with(x.layout().transpose(0, 1))).bytes());
    Strided none = Strided.allocate(Shape.of(0, 4), DType.FLOAT32);
    assertEquals(0, Work.of("", none).touches(none).bytes());
    // Windows that overlap: there are no more elements than the memory holds.
    Strided line = Strided.allocate(Shape.of(10), DType.FLOAT64);
    assertEquals(80, Work.of("", line).touches(line.with(line.layout().unfold(0, 5, 1))).bytes());
    assertEquals("(3, 4), (3, 4)", Work.of("", x).touches(x, rows).shapesText());
  }

  @Test
  void storingReadsWhatItDoesNotReplace() {
    Strided x = Strided.allocate(Shape.of(5), DType.FLOAT32);
    Strided index = Strided.allocate(Shape.of(5), DType.INT64);
    Strided y = Strided.allocate(Shape.of(100), DType.FLOAT32);
    observed.indexing().scatter(Store.REPLACE, x, 0, index, Negatives.BAD, y);
    observed.indexing().scatter(Store.ADD, x, 0, index, Negatives.BAD, y);
    observed.indexing().gather(y, 0, index, Negatives.BAD, x);
    assertEquals(List.of(80L, 100L, 80L), seen.stream().map(Work::bytes).toList());
  }

  @Test
  void operandsThatAKernelIgnoresAreNotCounted() {
    Strided x = Strided.allocate(Shape.of(5), DType.FLOAT32);
    observed
        .optimizers()
        .sgdStep(new SgdStep(0.1, 0, 0, 0, 1, false, false), List.of(new Update(x, x, List.of())));
    observed.random().each(Storage.allocate(8), Trial.POISSON, x, x, x);
    observed.matrices().matmul(1, matrix(2, 3), matrix(3, 4), 0, matrix(2, 4));
    observed.matrices().matmul(1, matrix(2, 3), matrix(3, 4), 1, matrix(2, 4));
    assertEquals(
        List.of(60L, 40L, 24L + 48 + 32, 24L + 48 + 64), seen.stream().map(Work::bytes).toList());
  }

  @Test
  void passesOverManyTensorsCountThemAll() {
    Strided number = Strided.allocate(Shape.scalar(), DType.FLOAT64);
    List<Strided> two = List.of(matrix(2, 3), matrix(1, 4));
    observed.gradients().scaleAll(two, number, null);
    observed.gradients().sumSquares(two, number);
    assertEquals(List.of("scaleAll", "sumSquares"), seen.stream().map(Work::kernel).toList());
    assertEquals(List.of(8L + 2 * 40, 8L + 40), seen.stream().map(Work::bytes).toList());
  }

  private static Strided matrix(long rows, long columns) {
    return Strided.allocate(Shape.of(rows, columns), DType.FLOAT32);
  }

  @Test
  void namesAreThoseOfMethods() {
    Strided x = matrix(2, 3);
    observed.elements().unary(UnaryOp.LOG1P, x, x);
    observed.elements().unary(UnaryOp.GELU_TANH, x, x);
    observed.reductions().reduce(ReduceOp.SUM_SQUARES, x, 0, x);
    observed.scans().scan(new Scan(ScanOp.SUM, Way.FORTH, 0), x, x);
    observed.softmaxes().softmax(Softmax.LOGARITHM, x, 0, x);
    assertEquals(
        List.of("log1p", "geluTanh", "sumSquares", "scanSum", "logSoftmax"),
        seen.stream().map(Work::kernel).toList());
  }

  @Test
  void whatFailsIsNotShown() {
    Backend broken =
        backend(
            (_, _, _) -> {
              throw new IndexOutOfBoundsException("no such place");
            });
    Backend shown = Observation.observed(broken, observer);
    Strided x = matrix(2, 3);
    assertThrows(
        IndexOutOfBoundsException.class, () -> shown.indexing().gather(x, 0, x, Negatives.BAD, x));
    assertEquals(List.of(), seen);
  }
}
