package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.Chagres;
import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.linalg.Tolerance;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.memory.Storage;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Segments;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random calls of all public functions of tensors, found by reflection, with arguments that mostly
 * fit and sometimes do not. There is no model of them; but a call must not depend on how its
 * tensors lie in memory, nor on whether it is recorded; it must do the same when it is made again,
 * in place, and with {@code out}; it must leave alone what is not its own, all the more when it
 * fails; and it must give its memory back. On a GPU it must do what the CPU does, too. The seed is
 * printed; {@code -Dchagres.test.seed} and {@code -Dchagres.test.calls} set another and a longer
 * run.
 */
@OnEveryDevice(blocking = true)
class RandomCallsTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_103);
  private static final int CALLS = TestDevice.count("chagres.test.calls", 100_000);
  private static final long BUDGET = 256 << 20;
  private static final long SLOW_NANOS = 30_000_000_000L;
  private static final int PROGRAM = 50;
  private static final double SLACK = 64;
  private static final double LOOSE = 1 << 20;

  private static final Set<String> CLASSES =
      Set.of("Tensor", "Special", "Linalg", "Functional", "Out");

  /** What shows or gives away its memory, or does not compute with tensors. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "functionalCall", // its module outlives scopes
          "segment",
          "readOnlySegment",
          "registerHook",
          "registerPostAccumulateGradHook",
          "requiresGrad_",
          "backward",
          "gradFn",
          "isLeaf",
          "requiresGrad",
          "empty",
          "emptyLike",
          "emptyPermuted",
          "emptyStrided",
          "newEmpty",
          "newEmptyStrided",
          "into", // runs what it is given
          "tripletMarginWithDistanceLoss", // so does this
          "checkProbability");

  private final Random random = new Random(SEED);
  private final Map<String, String> defects = new TreeMap<>();
  private final Map<String, Long> thrown = new TreeMap<>();
  private final Set<Method> worked = new java.util.HashSet<>();
  private final Set<Method> wereSlow = new java.util.HashSet<>();
  private boolean recording;
  private int calls;

  @TempDir private Path folder;

  /** One way of making a call, and what came of it. */
  private record Run(Recipe.Kitchen kitchen, Outcome outcome) {}

  private static List<Method> methods() throws IOException {
    List<Method> methods = new ArrayList<>();
    for (Class<?> type : PublicApi.classes()) {
      boolean family = type.isInterface() && type.isAssignableFrom(Tensor.class) && type.isSealed();
      if (!family && !CLASSES.contains(type.getSimpleName())) {
        continue;
      }
      for (var executable : PublicApi.executables(type)) {
        if (executable instanceof Method method
            && (!type.equals(Tensor.class)
                || Recipes.isStatic(method)
                || method.getName().equals("clone"))
            && !LEFT_OUT.contains(method.getName())
            && !method.getName().equals("describe")
            && !isViewOfBytes(method)
            && Stream.of(method.getParameterTypes())
                .noneMatch(raw -> raw.getPackageName().startsWith("java.lang.foreign"))) {
          methods.add(method);
        }
      }
    }
    return methods;
  }

  /** The bytes of numbers seen as another type, which need not be bools. */
  private static boolean isViewOfBytes(Method method) {
    return method.getName().equals("view") && method.getParameterTypes()[0] == DType.class;
  }

  @Test
  void callsDependOnNothingButTheirArguments() throws Exception {
    System.out.println("random calls: " + CALLS + " calls, seed " + SEED);
    List<Method> methods = methods();
    Recipes recipes = new Recipes(random, folder, PublicApi.classes());
    long limit = Memory.limit();
    Generator.standard(DefaultDevice.get()); // its state is made when it is first asked for
    long before = Memory.stats().liveStorages();
    Memory.setLimit(BUDGET);
    PrintStream errors = System.err;
    System.setErr(new PrintStream(OutputStream.nullOutputStream())); // warnings of broadcasts
    try {
      while (calls < CALLS) {
        boolean scoped = random.nextInt(8) != 0;
        recording = random.nextBoolean();
        long live = Memory.stats().liveStorages();
        try (Scope _ = scoped ? Scope.open() : null;
            GradMode _ = GradMode.enable()) {
          for (int i = 0; i < PROGRAM; i++) {
            step(methods.get(random.nextInt(methods.size())), recipes);
          }
        }
        // A gradient outlives the scope that it was made in, until its leaf is collected.
        if (scoped && !recording && Memory.stats().liveStorages() > live) {
          defects.putIfAbsent("leak", "scopes left storages: " + Memory.stats() + ", were " + live);
        }
      }
    } finally {
      Memory.setLimit(limit);
      System.setErr(errors);
    }
    Set<String> idle = new TreeSet<>();
    methods.stream().filter(m -> !worked.contains(m)).forEach(m -> idle.add(PublicApi.name(m)));
    System.out.printf(
        "random calls: %,d of %,d methods; thrown %s; never worked: %s%n",
        calls, methods.size(), thrown, idle);
    if (!defects.isEmpty()) {
      fail(defects.size() + " defects, seed " + SEED + ":\n" + String.join("\n", defects.values()));
    }
    assertTrue(settles(before), () -> "left over: " + Memory.stats());
  }

  /** Whether the collector finds all that was made outside of scopes, which it needs time for. */
  private static boolean settles(long before) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      System.gc();
      Thread.sleep(50);
      Tensor.zeros(1).storage().free();
      if (Memory.stats().liveStorages() <= before + 100) {
        return true;
      }
    }
    return false;
  }

  private void defect(Call call, String kind, String text) {
    defects.putIfAbsent(
        PublicApi.name(call.method()) + " " + kind, kind + ": " + call + "\n    " + text);
  }

  private void step(Method method, Recipes recipes) {
    recipes.begin(method);
    Recipe.Elements receiver = Recipes.isStatic(method) ? null : recipes.receiver(method);
    Call call = new Call(method, receiver, recipes.arguments(method));
    try {
      examine(call, recipes);
    } catch (RuntimeException | AssertionError e) {
      defect(call, "unexamined", trace(e));
    }
  }

  private void examine(Call call, Recipes recipes) {
    Method method = call.method();
    Recipe.Elements receiver = call.receiver();
    long seed = random.nextLong();
    Run dense = run(call, new Recipe.Way(false, false), seed);
    Run again = run(call, new Recipe.Way(false, false), seed);
    report(call, "unsteady", dense.outcome.difference(again.outcome, 0));
    if (dense.outcome.thrown() == null && isOfOrder(call, dense)) {
      return;
    }
    if (!TestDevice.isCpu() && isPortable(call)) {
      try (var _ = DefaultDevice.use(Device.cpu())) {
        Run here = run(call, new Recipe.Way(false, false), seed);
        report(call, "device", differs(call, here.outcome, dense.outcome));
      }
    }
    Run placed = run(call, new Recipe.Way(true, false), seed);
    boolean comparable =
        !call.isAmong(Call.OF_LAYOUT)
            && !call.isAmong(Call.OF_CHANCE)
            && placed.kitchen.ingredients().stream()
                .noneMatch(i -> i.recipe().freed() || call.writesRepeats(i.recipe()));
    if (comparable) {
      report(call, "layout", apart(call, dense.outcome, placed.outcome));
    }
    if (dense.outcome.thrown() != null) {
      return;
    }
    worked.add(method);
    if (!call.writesReceiver() && receiver != null) {
      inPlace(call, dense.outcome, seed);
    }
    boolean ofTensors = method.getDeclaringClass().getPackage().equals(Tensor.class.getPackage());
    if (dense.outcome.tensors().size() == 1
        && ofTensors // Linalg has rules of its own for some names
        && !call.isOut()
        && !call.writesReceiver()) {
      out(call, dense.outcome, seed, recipes);
    }
    if (recording && !call.isOut()) {
      recorded(call, dense.outcome, comparable, seed);
    }
    dense.outcome.tensors().forEach(recipes::remember);
  }

  /** Whether a call can be made on the CPU too: it is given no stream, nor what keeps a tensor. */
  private static boolean isPortable(Call call) {
    return !call.isAmong(Call.OF_CHANCE)
        && !Set.of("recordStream", "pinMemory").contains(call.method().getName())
        && call.arguments().stream()
            .noneMatch(
                argument ->
                    argument instanceof Recipe.Given given
                        && (given.value() instanceof Tolerance
                            || given.value() instanceof Index
                            || given.value() instanceof Segments
                            || given.value() instanceof Object[]
                            || keepsTensor(given.value())));
  }

  /** Whether a value is a record of which a part is a tensor, as options with weights are. */
  private static boolean keepsTensor(@Nullable Object value) {
    return value instanceof Record
        && Arrays.stream(value.getClass().getRecordComponents())
            .anyMatch(
                part -> {
                  try {
                    return part.getAccessor().invoke(value) instanceof Tensor;
                  } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                  }
                });
  }

  /** How the outcome on a GPU differs; of what rounding decides, only in whether it throws. */
  private @Nullable String differs(Call call, Outcome here, Outcome there) {
    // kthvalue's place among equal elements is the CPU's own.
    boolean differs =
        PublicApi.holder(call.method()).getSimpleName().equals("Linalg")
            || call.method().getName().equals("kthvalue");
    return differs && here.thrown() == null && there.thrown() == null
        ? null
        : apart(call, here, there, Math.max(SLACK, slack(call, here)));
  }

  private @Nullable String apart(Call call, Outcome expected, Outcome got) {
    return apart(call, expected, got, slack(call, expected));
  }

  /**
   * How an outcome differs from that of the same call in another way, beyond what rounding does.
   */
  private @Nullable String apart(Call call, Outcome expected, Outcome got, double slack) {
    String difference = expected.difference(got, slack);
    return difference == null ? null : expected.difference(got, slack, bound(call));
  }

  /** How far results may be off where terms cancel. */
  private Outcome.Bound bound(Call call) {
    if (call.isAmong(Call.SPREADS)) {
      Recipe.Elements first = (Recipe.Elements) firstOf(call);
      double step = SLACK * Floats.ulp(first.dtype(), greatest(Cells.doubles(first.dense())));
      boolean squared = call.method().getName().startsWith("var");
      return (result, element) -> result == 0 && squared ? step * step : step;
    } else if (!call.isAmong(Call.TERMS)) {
      return Outcome.Bound.NONE;
    }
    Outcome terms = run(call.ofMagnitudes(), new Recipe.Way(false, false), 0).outcome;
    boolean finite = call.isOfFinite();
    return (result, element) ->
        terms.thrown() != null
            ? 0
            : rounding(
                terms.tensors().get(result).dtype(), terms.values().get(result)[element], finite);
  }

  private static Recipe firstOf(Call call) {
    return call.receiver() == null ? call.arguments().getFirst() : call.receiver();
  }

  /**
   * What rounding may change in a sum of terms whose magnitudes have this sum: anything where it
   * overflows, if the terms are finite, as their order decides then.
   */
  private static double rounding(DType dtype, double magnitude, boolean finite) {
    if (!dtype.isFloating()) {
      return 0;
    }
    return Double.isFinite(magnitude)
        ? SLACK * Floats.ulp(dtype, magnitude)
        : finite ? Double.POSITIVE_INFINITY : 0;
  }

  /** Whether the order of steps, which layouts may change, decides what is left of the result. */
  private static boolean isOfOrder(Call call, Run run) {
    if (run.kitchen.ingredients().isEmpty()
        || run.outcome.tensors().isEmpty()
        || run.kitchen.ingredients().getFirst().recipe().freed()) {
      return false;
    }
    Tensor operand = run.kitchen.ingredients().getFirst().tensor();
    if (call.isAmong(Call.PRODUCTS)) {
      DType dtype = run.outcome.tensors().getFirst().dtype();
      boolean denormal = // of factors too small for the dtype's digits, in whatever order
          dtype.isFloating()
              && run.outcome.values().stream()
                  .mapToDouble(RandomCallsTest::greatest)
                  .allMatch(product -> product > 0 && product < dtype.tiny());
      return denormal || !run.outcome.isFinite() && mayOverflow(operand, dtype);
    }
    if (call.method().getName().equals("cond")) {
      // Beyond the dtype's digits what is left of the least singular value is rounding.
      Tensor ratios = run.outcome.tensors().getFirst();
      return greatest(Cells.doubles(ratios)) * Floats.ulp(ratios.dtype(), 1) > 1;
    }
    if (call.method().getName().equals("lstsq")) {
      // GELS takes a matrix for one of full rank: of others its solution is rounding.
      Tensor solution = run.outcome.tensors().getFirst();
      return LOOSE * Floats.ulp(solution.dtype(), greatest(Cells.doubles(solution))) > 1;
    }
    // Without a degree of freedom it is 0 / 0, or what rounding left / 0.
    return call.isAmong(Call.SPREADS)
        && !run.outcome.isFinite()
        && Double.isFinite(greatest(Cells.doubles(operand)));
  }

  /** Whether the product of some of the elements, all of them finite, is infinite in a dtype. */
  private static boolean mayOverflow(Tensor factors, DType dtype) {
    double magnitude =
        Arrays.stream(Cells.doubles(factors))
            .map(Math::abs)
            .filter(factor -> factor > 1 && Double.isFinite(factor))
            .map(Math::log)
            .sum();
    return magnitude >= Math.log(dtype.max().doubleValue());
  }

  private static double slack(Call call, Outcome outcome) {
    if (call.isExact()) {
      return 0;
    } else if (call.isAmong(Call.PRODUCTS) && outcome.thrown() == null) {
      // Two orders of n factors are each off by up to n eps / 2; a step is eps / 2 or more.
      long factors = ((Recipe.Elements) firstOf(call)).numel();
      long products = outcome.values().stream().mapToLong(part -> part.length).sum();
      return Math.max(SLACK, 2.0 * factors / Math.max(1, products));
    }
    return PublicApi.holder(call.method()).getSimpleName().equals("Linalg") ? LOOSE : SLACK;
  }

  private void report(Call call, String kind, @Nullable String difference) {
    if (difference != null) {
      defect(call, kind, difference);
    }
  }

  /** Makes a call with tensors of its own, and checks what it left of them. */
  private Run run(Call call, Recipe.Way way, long seed) {
    calls++;
    Recipe.Kitchen kitchen = new Recipe.Kitchen(way);
    Object receiver = call.receiver() == null ? null : kitchen.make(call.receiver());
    Object[] arguments = call.arguments().stream().map(kitchen::make).toArray();
    Chagres.manualSeed(seed);
    long start = System.nanoTime();
    Outcome outcome;
    try {
      Object result = call.method().invoke(receiver, arguments);
      boolean views = call.isAmong(Call.VIEWS) || call.isAmong(Call.OF_LAYOUT);
      outcome = views && isLarge(result) ? Outcome.of(null) : Outcome.of(result);
    } catch (InvocationTargetException e) {
      outcome = Outcome.thrown(e.getCause());
      judge(call, e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    } catch (AssertionError e) { // what was returned holds what its dtype does not
      defect(call, "unreadable", e.getMessage());
      outcome = Outcome.of(null);
    }
    // Once each may be: on a GPU the first call compiles kernels.
    if (System.nanoTime() - start > SLOW_NANOS && !wereSlow.add(call.method())) {
      defect(call, "slow", (System.nanoTime() - start) / 1_000_000 + " ms");
    }
    for (Recipe.Ingredient ingredient : kitchen.ingredients()) {
      boolean written = call.writes(ingredient.recipe());
      if (!written || !isPartial(outcome)) {
        checkKept(call, ingredient, written && outcome.thrown() == null);
      }
      String name = call.method().getName();
      boolean moves =
          call.method().getDeclaringClass().getSimpleName().equals("ViewsInPlace")
              || name.equals("swapaxes_")
              || name.equals("swapdims_");
      if (!ingredient.layout().equals(ingredient.tensor().layout())
          && !(moves && written && outcome.thrown() == null)) {
        defect(call, "layout changed", ingredient.layout() + " -> " + ingredient.tensor().layout());
      }
    }
    if (outcome.thrown() == null) {
      checkMemory(call, kitchen, outcome);
    }
    return new Run(kitchen, outcome);
  }

  /** Whether a kernel of a GPU may have left out a bad element alone, and written the others. */
  private static boolean isPartial(Outcome outcome) {
    return !TestDevice.isCpu()
        && (outcome.thrown() instanceof IndexOutOfBoundsException
            || outcome.thrown() instanceof ArithmeticException);
  }

  private static boolean isLarge(@Nullable Object result) {
    return result instanceof Tensor tensor && tensor.numel() > 100_000;
  }

  /** Nothing changes but the elements of what is written to. */
  private void checkKept(Call call, Recipe.Ingredient ingredient, boolean written) {
    if (ingredient.recipe().freed()) {
      return;
    }
    long[] was = ingredient.before().bits();
    boolean counted = ingredient.carrier().storage().version() != ingredient.before().version();
    if (counted && !call.writes(ingredient.recipe())) {
      defect(call, "counted", "a write to an operand, by its version: " + ingredient.recipe());
    }
    long[] now = Cells.bits(ingredient.carrier());
    if (Arrays.equals(now, was)) {
      return;
    } else if (!written) {
      defect(call, "changed", "an operand was changed: " + ingredient.recipe());
      return;
    }
    if (!counted) {
      defect(call, "uncounted", "a write that the version of the memory does not count");
    }
    boolean[] own = new boolean[now.length];
    Cells.forEachPosition(ingredient.layout(), position -> own[(int) position] = true);
    for (int i = 0; i < now.length; i++) {
      if (!own[i] && now[i] != was[i]) {
        defect(call, "outside", "wrote beside its elements, at " + i);
      }
    }
  }

  private void checkMemory(Call call, Recipe.Kitchen kitchen, Outcome outcome) {
    for (Tensor result : outcome.tensors()) {
      if (result.layout().end() * result.dtype().size() > result.storage().byteSize()) {
        defect(call, "beyond", result.layout() + " in " + result.storage());
      }
      if (result.numel() == 0) {
        continue;
      }
      boolean shares =
          kitchen.ingredients().stream().anyMatch(i -> i.carrier().storage() == result.storage());
      boolean itself =
          kitchen.ingredients().stream()
              .anyMatch(i -> i.tensor() == result && call.writes(i.recipe()));
      if (itself || call.isAmong(Call.PERHAPS_VIEWS)) {
        continue;
      } else if (shares && !call.isAmong(Call.VIEWS)) {
        defect(call, "alias", "its result shares the memory of an operand");
      } else if (!shares && call.isAmong(Call.VIEWS)) {
        defect(call, "copy", "its result is not a view");
      }
    }
    if (call.isAmong(Call.VIEWS) || call.isAmong(Call.PERHAPS_VIEWS)) {
      return;
    }
    List<Storage> own =
        outcome.tensors().stream().filter(t -> t.numel() > 0).map(Tensor::storage).toList();
    if (own.stream().distinct().count() < own.size() && !call.isAmong(Call.OF_COLUMNS)) {
      defect(call, "shared", "two of its results share memory");
    }
  }

  private void judge(Call call, Throwable e) {
    thrown.merge(e.getClass().getSimpleName(), 1L, Long::sum);
    String message = String.valueOf(e.getMessage());
    if (!BadInputTest.FAIR.contains(e.getClass()) && !(e instanceof NullPointerException)) {
      defect(call, e.getClass().getSimpleName(), trace(e));
    } else if (!BadInputTest.OPERATION.matcher(message).lookingAt()
        && !message.startsWith("use after close: ")
        && !(e instanceof dev.chagres.memory.OutOfMemoryException)) {
      defect(call, "nameless", trace(e));
    } else if (isMisnamed(call, message)) {
      defect(call, "misnamed", trace(e));
    }
  }

  /**
   * Whether an error of a function that is made of others begins with the name of one of these, not
   * its own or that of its options; what a backward pass refuses is not the function's.
   */
  private static boolean isMisnamed(Call call, String message) {
    String holder = PublicApi.holder(call.method()).getSimpleName();
    String own = call.method().getName();
    return Set.of("Functional", "Linalg").contains(holder)
        && !Call.ALIASES.contains(own)
        && BadInputTest.OPERATION.matcher(message).lookingAt()
        && !message.startsWith("backward: ")
        && !message.regionMatches(true, 0, own + ":", 0, own.length() + 1);
  }

  private static String trace(Throwable e) {
    return e
        + Arrays.stream(e.getStackTrace())
            .limit(9)
            .map(frame -> "\n      at " + frame)
            .collect(Collectors.joining());
  }

  // ---- other forms of the same call

  private static @Nullable Method find(Class<?> type, String name, Class<?>... parameters) {
    for (Class<?> part = type; part != null; part = part.getSuperclass()) {
      for (Method method : part.getMethods()) {
        if (method.getName().equals(name)
            && !method.isBridge()
            && Arrays.equals(method.getParameterTypes(), parameters)) {
          method.setAccessible(true);
          return method;
        }
      }
    }
    return null;
  }

  /** The form in place writes what the function returns, in the dtype of its tensor. */
  private void inPlace(Call call, Outcome expected, long seed) {
    Method method =
        find(Tensor.class, call.method().getName() + "_", call.method().getParameterTypes());
    if (method == null || expected.tensors().size() != 1) {
      return;
    }
    Call there = new Call(method, call.receiver(), call.arguments());
    Run run = run(there, new Recipe.Way(true, false), seed);
    Outcome outcome = run.outcome;
    Tensor want = expected.tensors().getFirst();
    if (outcome.thrown() != null
        || outcome.tensors().isEmpty()
        || call.receiver().placement().repeats()
        || call.isAmong(Call.OF_LAYOUT)
        || call.isAmong(Call.OF_CHANCE)) {
      return;
    }
    Tensor got = outcome.tensors().getFirst();
    if (got.dtype() != call.receiver().dtype() || !got.shape().equals(want.shape())) {
      defect(there, "in place", got.dtype() + " " + got.shape() + ", not " + want.shape());
      return;
    }
    double[] values = Cells.doubles(want.to(got.dtype()));
    double slack = want.dtype() == got.dtype() ? slack(call, expected) : SLACK;
    double[] written = outcome.values().getFirst();
    String difference = Outcome.difference(got.dtype(), values, written, slack);
    if (difference != null) {
      Outcome.Bound bound = bound(call);
      difference =
          Outcome.difference(got.dtype(), values, written, slack, element -> bound.of(0, element));
    }
    report(there, "in place", difference);
  }

  /** The form with {@code out} writes what the function returns. */
  private void out(Call call, Outcome expected, long seed, Recipes recipes) {
    List<Class<?>> types = new ArrayList<>(List.of(call.method().getParameterTypes()));
    List<Recipe> arguments = new ArrayList<>(call.arguments());
    if (call.receiver() != null) {
      types.addFirst(Tensor.class);
      arguments.addFirst(call.receiver());
    }
    types.add(Tensor.class);
    Method method =
        find(dev.chagres.tensor.Out.class, call.method().getName(), types.toArray(new Class<?>[0]));
    if (method == null) {
      return;
    }
    arguments.add(recipes.writable(expected.tensors().getFirst().zerosLike()));
    Call there = new Call(method, null, arguments);
    Run run = run(there, new Recipe.Way(true, false), seed);
    boolean freed = run.kitchen.ingredients().stream().anyMatch(i -> i.recipe().freed());
    if (!call.isAmong(Call.OF_CHANCE) && !freed) {
      report(there, "out", apart(call, expected, run.outcome));
    }
  }

  /** Recording changes no value, and both layouts have the same gradients. */
  private void recorded(Call call, Outcome expected, boolean comparable, long seed) {
    Run dense = run(call, new Recipe.Way(false, true), seed);
    boolean factors = PublicApi.holder(call.method()).getSimpleName().equals("Linalg");
    if (!factors || expected.isFinite()) {
      report(call, "recorded", apart(call, expected, dense.outcome));
    }
    Run placed = run(call, new Recipe.Way(true, true), seed);
    if (comparable) {
      report(call, "recorded layout", apart(call, dense.outcome, placed.outcome));
    }
    if (call.givesRecorded()
        || dense.outcome.tensors().isEmpty()
        || placed.outcome.thrown() instanceof dev.chagres.memory.OutOfMemoryException) {
      return;
    }
    Throwable mine = backward(call, dense.outcome);
    Throwable its = backward(call, placed.outcome);
    if (!comparable) {
      return;
    }
    report(
        call,
        "backward",
        Outcome.thrown(mine == null ? new Error("none") : mine)
            .difference(Outcome.thrown(its == null ? new Error("none") : its), 0));
    for (int i = 0; mine == null && its == null && i < dense.kitchen.ingredients().size(); i++) {
      gradients(
          call,
          dense.outcome,
          i,
          dense.kitchen.ingredients().get(i),
          placed.kitchen.ingredients().get(i));
    }
  }

  private @Nullable Throwable backward(Call call, Outcome outcome) {
    calls++;
    Tensor sum = null;
    for (Tensor result : outcome.tensors()) {
      if (result.requiresGrad()) {
        Tensor part = result.to(DType.FLOAT64).sum();
        sum = sum == null ? part : sum.add(part);
      }
    }
    try {
      if (sum != null) {
        sum.backward();
      }
      return null;
    } catch (RuntimeException | Error e) {
      judge(call, e);
      return e;
    }
  }

  private void gradients(
      Call call, Outcome outcome, int operand, Recipe.Ingredient dense, Recipe.Ingredient placed) {
    Tensor a = dense.leaf() == null ? null : dense.leaf().grad();
    Tensor b = placed.leaf() == null ? null : placed.leaf().grad();
    if (a == null && b == null || placed.recipe().placement().repeats()) {
      return;
    }
    // What is overwritten as a whole may not be part of the record at all.
    long[] sizes = placed.recipe().sizes();
    double[] here = a == null ? new double[Indices.numel(sizes)] : Cells.doubles(a);
    double[] there =
        b == null
            ? new double[Indices.numel(sizes)]
            : Cells.doubles(placed.recipe().placement().view(b, sizes));
    DType own = placed.recipe().dtype();
    DType reckoned = outcome.tensors().getFirst().dtype();
    boolean coarser = reckoned.isFloating() && Floats.ulp(reckoned, 1) > Floats.ulp(own, 1);
    double slack = Math.max(SLACK, slack(call, outcome));
    if (call.isAmong(Call.CANCELLING)) {
      double[] operands = Cells.doubles(dense.tensor());
      if (greatestFinite(here) < 1e-6 * Math.max(1, greatestFinite(operands))) {
        return;
      }
      slack = LOOSE;
    }
    DType dtype = coarser ? reckoned : own;
    String difference = Outcome.difference(dtype, here, there, slack);
    if (difference != null && call.isAmong(Call.TERMS)) {
      double[] terms = slopesOfMagnitudes(call, operand, here.length);
      boolean finite = call.isOfFinite();
      difference =
          Outcome.difference(
              dtype, here, there, slack, element -> rounding(dtype, terms[element], finite));
    }
    report(call, "gradient", difference);
  }

  /** The gradient of the same operand where all is its magnitude: the sum of its terms'. */
  private double[] slopesOfMagnitudes(Call call, int operand, int count) {
    Run run = run(call.ofMagnitudes(), new Recipe.Way(false, true), 0);
    boolean known = run.outcome.thrown() == null && backward(call, run.outcome) == null;
    Tensor leaf = run.kitchen.ingredients().get(operand).leaf();
    Tensor slopes = known && leaf != null ? leaf.grad() : null;
    return slopes == null ? new double[count] : Cells.doubles(slopes);
  }

  private static double greatestFinite(double[] values) {
    return greatest(Arrays.stream(values).filter(Double::isFinite).toArray());
  }

  private static double greatest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }
}
