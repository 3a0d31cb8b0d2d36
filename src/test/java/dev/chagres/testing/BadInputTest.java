package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.Chagres;
import dev.chagres.autograd.AnomalyException;
import dev.chagres.autograd.GradMode;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.data.DatasetException;
import dev.chagres.memory.Memory;
import dev.chagres.memory.OutOfMemoryException;
import dev.chagres.memory.Scope;
import dev.chagres.memory.Storage;
import dev.chagres.observe.Observation;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradientMismatchException;
import dev.chagres.tensor.PrintOptions;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.TypeVariable;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IllegalFormatException;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every public method with random arguments: null, extreme, of the wrong shape or dtype, closed,
 * read-only, and whatever earlier calls returned. A call works or throws an exception that its
 * caller can understand; the process survives; and what failed changed none of its arguments. The
 * seed is printed; {@code -Dchagres.test.seed} and {@code -Dchagres.test.passes} set another and a
 * longer run.
 */
class BadInputTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_102);
  private static final int PASSES = Integer.getInteger("chagres.test.passes", 100);
  static final Pattern OPERATION = Pattern.compile("[\\p{Alnum}_.]+: ");
  private static final int ROUND = 100;
  private static final long LARGEST = 1 << 12;
  static final long BUDGET = 256 << 20;
  private static final long SLOW_NANOS = 30_000_000_000L;

  /** Java's own exceptions for bad arguments and bad moments, and the library's. */
  static final Set<Class<?>> FAIR =
      Set.of(
          IllegalArgumentException.class,
          IllegalStateException.class,
          IndexOutOfBoundsException.class,
          UnsupportedOperationException.class,
          ArithmeticException.class,
          NoSuchElementException.class,
          WrongThreadException.class,
          OutOfMemoryException.class,
          AnomalyException.class,
          GradientMismatchException.class,
          NumberFormatException.class);

  private final Map<String, String> defects = new TreeMap<>();
  private final Map<String, Long> thrown = new TreeMap<>();

  @TempDir private Path folder;

  /** Calls that are slow by nature. */
  static boolean isLeftOut(Executable executable) {
    String name = PublicApi.name(executable);
    return name.startsWith("Plot.save"); // half a second each; their own tests
  }

  /** Whether a call makes dozens of layers, whose numbers are drawn for a second. */
  private static boolean makesManyLayers(Executable call) {
    return call instanceof Constructor<?> && Arguments.isStack(call.getDeclaringClass());
  }

  @Test
  void everyPublicCallWorksOrExplains() throws Exception {
    System.out.println("bad input: seed " + SEED);
    Files.writeString(folder.resolve("text.npy"), "not an array");
    List<Class<?>> classes = PublicApi.classes();
    List<Executable> calls = new ArrayList<>();
    for (Class<?> type : classes) {
      PublicApi.executables(type).stream().filter(call -> !isLeftOut(call)).forEach(calls::add);
    }
    Arguments arguments = new Arguments(new Random(SEED), folder, classes);
    long limit = Memory.limit();
    int threads = Chagres.getNumThreads();
    PrintOptions printing = PrintOptions.current();
    Random order = new Random(SEED);
    PrintStream errors = System.err;
    System.setErr(new PrintStream(OutputStream.nullOutputStream())); // progress bars and warnings
    long made = 0;
    try (Trace trace = new Trace()) {
      for (int pass = 0; pass < PASSES; pass++) {
        Collections.shuffle(calls, order);
        for (int from = 0; from < calls.size(); from += ROUND) {
          try (Scope _ = Scope.open();
              GradMode _ = GradMode.enable();
              Autocast _ = Autocast.off(Device.cpu())) { // ends regions that calls have opened
            for (Executable call : calls.subList(from, Math.min(calls.size(), from + ROUND))) {
              if (makesManyLayers(call) && pass % 16 > 0) {
                continue;
              }
              if (call(call, arguments, trace)) {
                made++;
              }
              Memory.setLimit(BUDGET);
              Memory.stopTracing();
              Autograd.setDetectAnomaly(false);
              Observation.end();
              printing.use();
            }
          }
          arguments.forget();
        }
      }
    } finally {
      Memory.setLimit(limit);
      Chagres.setNumThreads(threads);
      printing.use();
      System.setErr(errors);
    }
    System.out.println(
        "bad input: %,d calls of %,d public methods and constructors; thrown: %s"
            .formatted(made, calls.size(), thrown));
    assertTrue(made > PASSES * calls.size() / 2, "most methods could be called");
    if (!defects.isEmpty()) {
      fail(defects.size() + " defects, seed " + SEED + ":\n" + String.join("\n", defects.values()));
    }
  }

  /** A tensor may seem to have far more elements than there is memory. */
  @Test
  void whatNoMemoryHoldsIsRefusedAtOnce() {
    long many = 1L << 40;
    Tensor x = Tensor.ones(1).expand(many);
    assertEquals(1, x.select(0, many - 1).item());
    assertEquals(many / 2, x.narrow(0, 7, many / 2).numel());
    assertTrue(x.toString().length() < 200, x::toString);
    refuses(OutOfMemoryException.class, () -> x.add(1));
    refuses(OutOfMemoryException.class, () -> assertNotNull(x.clone()));
    refuses(OutOfMemoryException.class, x::contiguous);
    refuses(OutOfMemoryException.class, () -> Tensor.cat(List.of(x, x), 0));
    refuses(OutOfMemoryException.class, () -> x.unsqueeze(1).mm(Tensor.ones(1, 3)));
    refuses(IllegalStateException.class, x::toFloatArray);
    refuses(IllegalArgumentException.class, () -> x.unbind(0));
    refuses(IllegalArgumentException.class, () -> x.split(1, 0));
    refuses(IllegalArgumentException.class, () -> x.expand(Long.MAX_VALUE, many));
    refuses(IllegalArgumentException.class, () -> x.fill_(1));
    refuses(IllegalArgumentException.class, () -> x.repeat(Long.MAX_VALUE));
    refuses(IllegalArgumentException.class, () -> x.unsqueeze(0).mul(x.reshape(many, 1)));
  }

  /** Numbers that a long cannot hold are told by the call's name. */
  @Test
  void whatCannotBeCountedIsNamed() {
    begins("zeros: too many elements", () -> Tensor.zeros(1L << 58, 4, 0));
    Tensor none = Tensor.zeros(0, 1L << 59);
    begins("cat: too many elements", () -> Tensor.cat(Collections.nCopies(2, none), 1));
    begins("cat: too many elements", () -> Tensor.cat(Collections.nCopies(32, none), 1));
    begins("eye: too many elements", () -> Tensor.eye(1L << 40));
    Tensor column = Tensor.ones(1, 1).expand(1L << 40, 1);
    begins("mm: too many elements", () -> column.mm(column.t()));
    begins("matmul: too many elements", () -> column.matmul(column.t()));
    Tensor pixel = Tensor.ones(1, 1, 1, 1);
    var sliding = new Sliding(Pair.of(1), Pair.of(Integer.MAX_VALUE), Pair.of(1));
    begins(
        "conv2d: too many elements",
        () -> Primitives.of(pixel).conv2d(pixel, pixel, null, sliding, 1));
    assertEquals(Shape.of(1, 3, 1), Tensor.ones(2, 3).unfold(0, 1, Long.MAX_VALUE).shape());
  }

  private static void begins(String message, Runnable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(e.getMessage().startsWith(message), e::getMessage);
  }

  /** Positions in an image are reckoned in 64 bits, which a stride must not overflow. */
  @Test
  void kernelsSlideWithinReason() {
    Tensor x = Tensor.rand(1, 1, 5, 5);
    Pair one = Pair.of(1);
    for (long stride : new long[] {5, 1000, Integer.MAX_VALUE}) {
      var sliding = new Sliding(Pair.of(stride), Pair.of(0), one);
      Tensor y = Primitives.of(x).conv2d(x, Tensor.ones(1, 1, 3, 3), null, sliding, 1);
      assertEquals(Shape.of(1, 1, 1, 1), y.shape());
      assertEquals(x.at("0, 0, :3, :3").sum().item(), y.item(), 1e-5);
      assertEquals(
          x.at("0, 0, :3, :3").max().item(),
          Primitives.of(x).maxPool2d(x, Pair.of(3), sliding, Rounding.FLOOR).values().item());
    }
    var padded = new Sliding(one, Pair.of(Integer.MAX_VALUE), one);
    Tensor all = Primitives.of(x).maxPool2d(x, Pair.of(1L << 32), padded, Rounding.FLOOR).values();
    assertEquals(Shape.of(1, 1, 4, 4), all.shape());
    assertEquals(1, all.eq(x.max()).all().item());
    for (long wrong : new long[] {1L << 31, Long.MAX_VALUE, -1}) {
      Pair pair = Pair.of(wrong);
      refuses(IllegalArgumentException.class, () -> new Sliding(pair, Pair.of(0), one));
      refuses(IllegalArgumentException.class, () -> new Sliding(one, pair, one));
      refuses(IllegalArgumentException.class, () -> new Sliding(one, Pair.of(0), pair));
    }
  }

  private static void refuses(Class<? extends RuntimeException> expected, Runnable call) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertThrows(expected, call::run).getMessage());
  }

  /** Makes one call; false if there was nothing to call it on. */
  private boolean call(Executable call, Arguments arguments, Trace trace) {
    boolean isStatic = !(call instanceof Method) || Modifier.isStatic(call.getModifiers());
    Object receiver = isStatic ? null : arguments.receiver(call.getDeclaringClass());
    if (!isStatic && receiver == null) {
      return false;
    }
    @Nullable Object[] values = arguments.all(call);
    Snapshot before = new Snapshot(receiver, values);
    String text = PublicApi.name(call) + describe(receiver, values);
    trace.about(text);
    long start = System.nanoTime();
    try {
      Object result =
          call instanceof Method method
              ? method.invoke(receiver, values)
              : ((java.lang.reflect.Constructor<?>) call).newInstance(values);
      trace.about("looking at the result of " + text);
      check(call, text, result);
      if (readsOnly(call)) {
        before.changes().forEach(change -> defect(call, "changed", text + " changed " + change));
      }
      if (result != null && isOurs(result)) {
        arguments.remember(result);
      }
    } catch (InvocationTargetException e) {
      judge(call, text, e.getCause(), receiver, values);
      if (!mayStopHalfWay(call)) {
        before
            .changes()
            .forEach(
                change ->
                    defect(
                        call,
                        "half",
                        text + " failed (" + e.getCause() + "), but changed " + change));
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw new AssertionError(text, e);
    }
    if (System.nanoTime() - start > SLOW_NANOS) {
      defect(call, "slow", text + " took " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }
    return true;
  }

  /** A value of the library, but not one whose every use would take hours. */
  private static boolean isOurs(Object value) {
    return value.getClass().getName().startsWith("dev.chagres.")
        && !(value instanceof Tensor tensor && tensor.numel() > LARGEST);
  }

  private void defect(Executable call, String kind, String text) {
    defects.putIfAbsent(PublicApi.name(call) + " " + kind, text);
  }

  /** A tensor that was made lies inside its memory, and can be read. */
  private void check(Executable call, String text, @Nullable Object result) {
    if (!(result instanceof Tensor tensor) || tensor.storage().isFreed()) {
      return;
    }
    Layout layout = tensor.layout();
    if (layout.end() * tensor.dtype().size() > tensor.storage().byteSize()) {
      defect(call, "outside", text + " gave " + layout + " in " + tensor.storage());
      return;
    }
    try {
      assertNotNull(tensor.toString());
    } catch (IllegalStateException e) {
      return; // over memory that its owner closed
    } catch (OutOfMemoryException e) {
      return; // it takes a copy, for which there is no room
    } catch (RuntimeException e) {
      defect(call, "unprintable", text + " gave what cannot be printed: " + e);
    }
  }

  /** Whether a call takes what its class is generic in, of which javac takes only the right one. */
  private static boolean takesItsTypeParameter(Executable call) {
    return Arrays.stream(call.getGenericParameterTypes()).anyMatch(TypeVariable.class::isInstance);
  }

  private void judge(
      Executable call,
      String text,
      Throwable given,
      @Nullable Object receiver,
      @Nullable Object... values) {
    Throwable cause = given.getCause();
    // A dataset's own exception, with the sample that it is about
    Throwable e = given instanceof DatasetException && cause != null ? cause : given;
    thrown.merge(e.getClass().getSimpleName(), 1L, Long::sum);
    boolean fair =
        FAIR.contains(e.getClass())
            || e instanceof IOException
            || e instanceof UncheckedIOException
            || e instanceof IllegalFormatException
            || e instanceof NullPointerException
                && (Nulls.in(values) || Nulls.in(receiver) || isUsers(call));
    if (fair && given instanceof DatasetException) {
      return; // which names the sample
    }
    if (e instanceof ClassCastException && takesItsTypeParameter(call)) {
      return;
    }
    if (!fair) {
      defect(call, e.getClass().getSimpleName(), text + " threw " + trace(e));
    } else if (!(e instanceof NullPointerException || e instanceof NoSuchElementException)
        && (e.getMessage() == null || e.getMessage().isBlank())) {
      defect(call, "mute", text + " threw without a word: " + trace(e));
    } else if (e instanceof NullPointerException && !namesTheCall(call, e, values)) {
      defect(call, "null" + nulls(values), text + " does not say what is null: " + trace(e));
    } else if (!names(call, e)) {
      defect(call, "nameless", text + " threw what does not say which operation: " + trace(e));
    }
  }

  /** Whether code of the test's own runs inside the call, which may return null. */
  private static boolean isUsers(Executable call) {
    return Stream.of(call.getParameterTypes()).anyMatch(Class::isInterface)
        || !Tensor.class.getPackage().equals(call.getDeclaringClass().getPackage())
        || call.getDeclaringClass().getSimpleName().equals("Function");
  }

  /** Whether the message begins with the name of the operation that was given a null. */
  private static boolean namesTheCall(Executable call, Throwable e, @Nullable Object... values) {
    boolean ofTensors = call.getDeclaringClass().getPackage().equals(Tensor.class.getPackage());
    boolean isGiven = Stream.of(values).anyMatch(value -> value == null);
    if (call.getDeclaringClass().isEnum() || call.getName().equals("forward")) {
      return true;
    }
    String message = String.valueOf(e.getMessage());
    if (!isGiven || !ofTensors) {
      return isUsersCode(call) || !Nulls.in(values) || OPERATION.matcher(message).lookingAt();
    }
    String name =
        call instanceof Method ? call.getName() : call.getDeclaringClass().getSimpleName();
    return message.startsWith(name + ": ");
  }

  private static String nulls(@Nullable Object... values) {
    return IntStream.range(0, values.length)
        .filter(i -> values[i] == null)
        .mapToObj(i -> " " + i)
        .collect(Collectors.joining());
  }

  /**
   * Whether the message begins with the name of an operation, as {@code mm: inner sizes}; the
   * memory and the file system have words of their own.
   */
  private static boolean names(Executable call, Throwable e) {
    boolean ofTensors =
        Stream.of("tensor", "linalg", "nn", "optim", "data", "io")
            .anyMatch(
                name -> call.getDeclaringClass().getPackageName().equals("dev.chagres." + name));
    String message = String.valueOf(e.getMessage());
    return !ofTensors
        || e instanceof IOException
        || e instanceof UncheckedIOException
        || e instanceof IllegalFormatException
        || e instanceof OutOfMemoryException
        || e instanceof AnomalyException // which names the node
        || message.startsWith("use after close: ")
        || e instanceof NullPointerException && call.getName().equals("forward") // call checks
        || call.getDeclaringClass().isEnum()
        || OPERATION.matcher(message).lookingAt();
  }

  private static String trace(Throwable e) {
    return e
        + Arrays.stream(e.getStackTrace())
            .limit(9)
            .map(frame -> "\n      at " + frame)
            .collect(Collectors.joining());
  }

  /** Whether the call promises to leave its arguments as they are. */
  private static boolean readsOnly(Executable call) {
    Class<?> type = call.getDeclaringClass();
    return type.getPackage().equals(Tensor.class.getPackage())
        && type.isInterface()
        && !call.getName().endsWith("_")
        && !call.getName().equals("put")
        && !call.getName().equals("backward");
  }

  /** Hooks and functions of users may have done anything before they fail; so may many steps. */
  private static boolean mayStopHalfWay(Executable call) {
    return call.getName().equals("backward") || isUsersCode(call);
  }

  private static boolean isUsersCode(Executable call) {
    return Stream.of(call.getParameterTypes())
        .anyMatch(type -> type.isInterface() && !Iterable.class.isAssignableFrom(type));
  }

  private static String describe(@Nullable Object receiver, @Nullable Object... values) {
    String arguments =
        Stream.of(values).map(BadInputTest::describe).collect(Collectors.joining(", ", "(", ")"));
    return receiver == null ? ": " + arguments : ": " + describe(receiver) + " " + arguments;
  }

  private static String describe(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case Tensor tensor ->
          tensor.dtype()
              + " ["
              + tensor.layout()
              + (tensor.storage().isFreed() ? ", freed" : "")
              + (tensor.storage().isReadOnly() ? ", read-only" : "")
              + (tensor.requiresGrad() ? ", requires grad" : "")
              + "]";
      case Object[] items ->
          Stream.of(items).map(BadInputTest::describe).collect(Collectors.joining(", ", "[", "]"));
      case List<?> items ->
          items.stream().map(BadInputTest::describe).collect(Collectors.joining(", ", "[", "]"));
      case long[] items -> Arrays.toString(items);
      case int[] items -> Arrays.toString(items);
      case double[] items -> Arrays.toString(items);
      case String text -> '"' + text + '"';
      case Number number -> number.toString();
      case Enum<?> one -> one.name();
      case Storage storage -> storage.toString();
      default -> value.getClass().getSimpleName();
    };
  }

  /** The last call, in a file that outlives a process that a call ends. */
  private static final class Trace implements AutoCloseable {
    private final FileChannel channel;
    private final ByteBuffer text;

    Trace() throws IOException {
      Path file = Files.createDirectories(Path.of("target")).resolve("last-call.txt");
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING);
      text = channel.map(FileChannel.MapMode.READ_WRITE, 0, 2048);
    }

    void about(String call) {
      byte[] bytes = (call + "\n").getBytes(StandardCharsets.UTF_8);
      text.clear();
      text.put(bytes, 0, Math.min(bytes.length, text.capacity()));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
