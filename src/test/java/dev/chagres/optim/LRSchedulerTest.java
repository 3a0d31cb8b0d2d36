package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.optim.OneCycleLR.Annealing;
import dev.chagres.optim.OneCycleLR.Phases;
import dev.chagres.optim.ReduceLROnPlateau.Mode;
import dev.chagres.optim.ReduceLROnPlateau.Threshold;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Learning rates, which are PyTorch's. */
@OnEveryDevice
class LRSchedulerTest {
  private static final int STEPS = 40;

  private static final Map<String, Function<SGD, LRScheduler>> SCHEDULERS = new TreeMap<>();
  private static final Map<String, ReduceLROnPlateau.Options> PLATEAUS = new TreeMap<>();

  /** What is no more than additions, products and quotients has PyTorch's bits. */
  private static final Set<String> EXACT =
      Set.of(
          "step",
          "step gamma",
          "multi step gamma",
          "constant",
          "constant factor",
          "linear",
          "linear warm-up",
          "linear down",
          "exponential",
          "lambda",
          "multiplicative",
          "one cycle linear",
          "chained",
          "chained sequential",
          "sequential first none");

  static {
    SCHEDULERS.put("step", o -> new StepLR(o, 7));
    SCHEDULERS.put("step gamma", o -> new StepLR(o, 3, 0.9));
    SCHEDULERS.put("multi step", o -> new MultiStepLR(o, List.of(5, 9, 9, 30)));
    SCHEDULERS.put("multi step gamma", o -> new MultiStepLR(o, List.of(4, 20), 0.3));
    SCHEDULERS.put("constant", o -> new ConstantLR(o));
    SCHEDULERS.put("constant factor", o -> new ConstantLR(o, 0.7, 11));
    SCHEDULERS.put("linear", o -> new LinearLR(o));
    SCHEDULERS.put("linear warm-up", o -> new LinearLR(o, 0.01, 17));
    SCHEDULERS.put("linear down", o -> new LinearLR(o, 1, 0, 12));
    SCHEDULERS.put("exponential", o -> new ExponentialLR(o, 0.93));
    SCHEDULERS.put("polynomial", o -> new PolynomialLR(o));
    SCHEDULERS.put("polynomial power", o -> new PolynomialLR(o, 30, 0.9));
    SCHEDULERS.put("cosine", o -> new CosineAnnealingLR(o, 30));
    SCHEDULERS.put("cosine least", o -> new CosineAnnealingLR(o, 9, 0.001));
    SCHEDULERS.put("restarts", o -> new CosineAnnealingWarmRestarts(o, 8));
    SCHEDULERS.put("restarts longer", o -> new CosineAnnealingWarmRestarts(o, 3, 2, 0.002));
    SCHEDULERS.put("lambda", o -> new LambdaLR(o, e -> 1.0 / (1 + e)));
    SCHEDULERS.put(
        "lambdas",
        o ->
            new LambdaLR(
                o, List.of(e -> Math.pow(0.95, (double) e), e -> (double) Math.floorDiv(e, 10))));
    SCHEDULERS.put("multiplicative", o -> new MultiplicativeLR(o, e -> 1 - e / 50.0));
    SCHEDULERS.put("one cycle", o -> new OneCycleLR(o, 0.5, 40));
    SCHEDULERS.put("one cycle linear", o -> new OneCycleLR(o, List.of(0.5, 0.2), 40, linear()));
    SCHEDULERS.put("one cycle three", o -> new OneCycleLR(o, 0.5, 40, three()));
    var cycles = CyclicLR.options();
    SCHEDULERS.put("cyclic", o -> new CyclicLR(o, 0.01, 0.2, cycles.steps(5, 5)));
    SCHEDULERS.put(
        "cyclic halves",
        o ->
            new CyclicLR(
                o,
                List.of(0.01, 0.02),
                List.of(0.2, 0.1),
                cycles.steps(4, 7).triangular2().momentum(0.6, 0.95)));
    SCHEDULERS.put(
        "cyclic range",
        o -> new CyclicLR(o, 0.01, 0.2, cycles.steps(6, 6).expRange(0.95).withoutMomentum()));
    SCHEDULERS.put(
        "cyclic own",
        o ->
            new CyclicLR(
                o, 0.01, 0.2, cycles.steps(3, 5).scale(x -> 1 / (x * x), CyclicLR.Over.CYCLES)));
    var steps = cycles.steps(3, 3).scale(x -> 1 / (1 + x), CyclicLR.Over.STEPS);
    SCHEDULERS.put("cyclic own steps", o -> new CyclicLR(o, 0.01, 0.2, steps.withoutMomentum()));
    SCHEDULERS.put(
        "sequential cyclic",
        o ->
            new SequentialLR(
                List.of(
                    new ConstantLR(o, 0.5, 99),
                    new CyclicLR(o, 0.01, 0.4, cycles.steps(5, 5).withoutMomentum())),
                List.of(6)));
    SCHEDULERS.put(
        "sequential",
        o ->
            new SequentialLR(
                List.of(new LinearLR(o, 0.1, 5), new CosineAnnealingLR(o, 30)), List.of(5)));
    SCHEDULERS.put("sequential three", LRSchedulerTest::three);
    SCHEDULERS.put(
        "sequential first none",
        o -> new SequentialLR(List.of(new ConstantLR(o, 0.1, 20), new StepLR(o, 6)), List.of(0)));
    SCHEDULERS.put(
        "sequential polynomial",
        o ->
            new SequentialLR(
                List.of(
                    new LinearLR(o), new PolynomialLR(o, 25, 2), new MultiStepLR(o, List.of(3))),
                List.of(8, 33)));
    SCHEDULERS.put(
        "sequential one cycle",
        o ->
            new SequentialLR(
                List.of(
                    new ConstantLR(o, 0.5, 99),
                    new OneCycleLR(o, 0.4, 60, OneCycleLR.options().withoutMomentum())),
                List.of(6)));
    SCHEDULERS.put("swa", o -> new SWALR(o, 0.05));
    SCHEDULERS.put("swa linear", o -> new SWALR(o, List.of(0.2, 0.001), 7, Annealing.LINEAR));
    SCHEDULERS.put("swa at once", o -> new SWALR(o, 0.05, 0, Annealing.COSINE));
    SCHEDULERS.put(
        "chained",
        o -> new ChainedScheduler(List.of(new ConstantLR(o, 0.1, 20), new ExponentialLR(o, 0.9))));
    SCHEDULERS.put("chained sequential", LRSchedulerTest::chained);
    var plateau = ReduceLROnPlateau.options();
    PLATEAUS.put("plateau", plateau);
    PLATEAUS.put("plateau patience", plateau.patience(2).factor(0.5).cooldown(3).minLr(0.01));
    PLATEAUS.put("plateau groups", plateau.patience(0).factor(0.3).minLr(0.02, 0.001));
    PLATEAUS.put(
        "plateau absolute",
        plateau.patience(1).threshold(1, Threshold.ABSOLUTE).threshold(0.05).eps(1e-3));
    var greatest = plateau.mode(Mode.MAX).patience(4);
    PLATEAUS.put("plateau greatest", greatest.threshold(0.1));
    PLATEAUS.put("plateau greatest absolute", greatest.threshold(0.1, Threshold.ABSOLUTE));
  }

  private static OneCycleLR.Options linear() {
    return OneCycleLR.options().annealing(Annealing.LINEAR).pctStart(0.25).momentum(0.7, 0.9);
  }

  private static OneCycleLR.Options three() {
    return OneCycleLR.options().phases(Phases.THREE).divFactors(10, 100).withoutMomentum();
  }

  private static SequentialLR three(SGD o) {
    return new SequentialLR(
        List.of(
            new ConstantLR(o, 0.1, 20),
            new ExponentialLR(o, 0.9),
            new CosineAnnealingWarmRestarts(o, 6)),
        List.of(4, 20));
  }

  private static ChainedScheduler chained(SGD o) {
    return new ChainedScheduler(
        List.of(
            new SequentialLR(List.of(new LinearLR(o), new ExponentialLR(o, 0.95)), List.of(5)),
            new StepLR(o, 10, 0.5)));
  }

  private static SGD optimizer() {
    var options = SGD.options().lr(0.1).momentum(0.5);
    return new SGD(List.of(new Parameter(Tensor.zeros(1))), options)
        .addGroup(List.of(new Parameter(Tensor.zeros(1))), options.lr(0.03));
  }

  private static final Map<String, double[][]> EXPECTED = read();

  private static Map<String, double[][]> read() {
    try (InputStream in = LRSchedulerTest.class.getResourceAsStream("/golden/schedules.txt")) {
      Map<String, double[][]> cases = new TreeMap<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        int colon = line.indexOf(": ");
        cases.put(
            line.substring(0, colon),
            Arrays.stream(line.substring(colon + 2).split(" \\| "))
                .map(
                    column ->
                        Arrays.stream(column.split(" ")).mapToDouble(Double::parseDouble).toArray())
                .toArray(double[][]::new));
      }
      return cases;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyCaseOfPyTorchIsCompared() {
    Set<String> ours = new TreeSet<>(SCHEDULERS.keySet());
    ours.addAll(PLATEAUS.keySet());
    assertEquals(EXPECTED.keySet(), ours);
  }

  static Set<String> schedulers() {
    return SCHEDULERS.keySet();
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void ratesArePyTorchs(String name) {
    SGD optimizer = optimizer();
    LRScheduler scheduler = Objects.requireNonNull(SCHEDULERS.get(name)).apply(optimizer);
    for (int step = 0; step < STEPS; step++) {
      check(name, step, optimizer, scheduler.getLastLr());
      assertEquals(step, scheduler.lastEpoch());
      if (step < STEPS - 1) {
        scheduler.step();
      }
    }
  }

  static Set<String> plateaus() {
    return PLATEAUS.keySet();
  }

  @ParameterizedTest
  @MethodSource("plateaus")
  void ratesByMeasuredValuesArePyTorchs(String name) {
    SGD optimizer = optimizer();
    var scheduler = new ReduceLROnPlateau(optimizer, PLATEAUS.get(name));
    List<Double> losses = losses();
    for (int step = 0; step < STEPS; step++) {
      check(name, step, optimizer, scheduler.getLastLr());
      scheduler.step(losses.get(step));
    }
  }

  private static List<Double> losses() {
    List<Double> losses =
        new ArrayList<>(
            List.of(1.0, 0.8, 0.8, 0.80001, 0.7999, 0.79, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5));
    losses.addAll(List.of(0.5, 0.5, 0.4));
    for (int i = 0; losses.size() < STEPS; i++) {
      losses.add(0.4 - i * 1e-5);
    }
    return losses;
  }

  private static void check(String name, int step, SGD optimizer, List<Double> last) {
    double[][] expected = Objects.requireNonNull(EXPECTED.get(name));
    String where = name + ", step " + step;
    for (int g = 0; g < 2; g++) {
      double wanted = expected[g][step];
      double rate = optimizer.groups().get(g).lr();
      assertEquals(rate, last.get(g), where);
      if (EXACT.contains(name) || name.startsWith("plateau")) {
        assertEquals(wanted, rate, where);
      } else {
        // Powers and cosines may differ by an ulp, and each step adds its own.
        assertEquals(wanted, rate, 1e-15 * step * Math.abs(wanted) + 1e-17, where);
      }
    }
    double momentum = optimizer.groups().getFirst().options().momentum();
    assertEquals(expected.length == 3 ? expected[2][step] : 0.5, momentum, 2e-16, where);
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void aSavedScheduleGoesOn(String name) {
    Function<SGD, LRScheduler> make = Objects.requireNonNull(SCHEDULERS.get(name));
    SGD first = optimizer();
    LRScheduler one = make.apply(first);
    for (int step = 0; step < 11; step++) {
      one.step();
    }
    SGD second = optimizer();
    LRScheduler two = make.apply(second);
    second.loadStateDict(first.stateDict());
    two.loadStateDict(one.stateDict());
    assertEquals(one.getLastLr(), two.getLastLr());
    for (int step = 11; step < 35; step++) {
      one.step();
      two.step();
      assertEquals(one.getLastLr(), two.getLastLr(), name);
      assertEquals(one.lastEpoch(), two.lastEpoch());
    }
    assertEquals(first.toString(), second.toString());
  }

  @Test
  void aSavedPlateauGoesOn() {
    var options = ReduceLROnPlateau.options().patience(3).cooldown(2);
    SGD first = optimizer();
    var one = new ReduceLROnPlateau(first, options);
    List.of(3.0, 2.0, 2.5, 2.5).forEach(one::step);
    SGD second = optimizer();
    var two = new ReduceLROnPlateau(second, options);
    two.loadStateDict(one.stateDict());
    for (int i = 0; i < 12; i++) {
      one.step(2.5);
      two.step(2.5);
      assertEquals(one.getLastLr(), two.getLastLr());
    }
    assertTrue(one.getLastLr().getFirst() < 0.1);
    assertEquals(16, two.lastEpoch());
    assertThrows(IllegalArgumentException.class, () -> two.loadStateDict(Map.of()));
  }

  @Test
  void adamsFirstBetaIsItsMomentum() {
    var adam = new AdamW(List.of(new Parameter(Tensor.zeros(1))));
    var scheduler = new OneCycleLR(adam, 0.1, 10);
    assertEquals(0.95, adam.groups().getFirst().options().beta1());
    scheduler.step();
    scheduler.step();
    assertEquals(0.85, adam.groups().getFirst().options().beta1(), 1e-15);
    assertEquals(0.999, adam.groups().getFirst().options().beta2());
  }

  @Test
  void namesInAStateAreChecked() {
    SGD optimizer = optimizer();
    LRScheduler scheduler = chained(optimizer);
    Map<String, Tensor> saved = scheduler.stateDict();
    assertTrue(
        saved.keySet().containsAll(List.of("last_epoch", "_schedulers.0._schedulers.1._last_lr")));
    for (String name : saved.keySet()) {
      Map<String, Tensor> less = new LinkedHashMap<>(saved);
      less.remove(name);
      var missing =
          assertThrows(IllegalArgumentException.class, () -> scheduler.loadStateDict(less));
      assertEquals("loadStateDict: " + name + " is missing", missing.getMessage());
      Map<String, Tensor> other = new LinkedHashMap<>(saved);
      other.put(name, Tensor.zeros(3));
      assertThrows(IllegalArgumentException.class, () -> scheduler.loadStateDict(other));
    }
    Map<String, Tensor> more = new LinkedHashMap<>(saved);
    more.put("T_max", Tensor.scalar(1));
    var unknown = assertThrows(IllegalArgumentException.class, () -> scheduler.loadStateDict(more));
    assertEquals("loadStateDict: the scheduler has no place for \"T_max\"", unknown.getMessage());
  }

  @Test
  void aStepThatFailsChangesNothing() {
    SGD optimizer = optimizer();
    var scheduler = new LambdaLR(optimizer, List.of(e -> 1 + e, e -> 1 - 2 * e));
    assertThrows(IllegalArgumentException.class, scheduler::step);
    assertEquals(0.1, optimizer.groups().getFirst().lr());
    assertEquals(0, scheduler.lastEpoch());
    optimizer.addGroup(List.of(new Parameter(Tensor.zeros(1))), SGD.options());
    var groups = assertThrows(IllegalStateException.class, scheduler::step);
    assertEquals(
        "LambdaLR: the optimizer has 3 groups, it had 2 when the scheduler was made",
        groups.getMessage());
    var cycle = new OneCycleLR(optimizer(), 1, 2);
    cycle.step();
    cycle.step();
    assertThrows(IllegalStateException.class, cycle::step);
    assertEquals(2, cycle.lastEpoch());
  }

  @Test
  void aRefusedSchedulerLeavesTheRateToBeginWith() {
    SGD o = optimizer();
    assertThrows(NullPointerException.class, () -> new LambdaLR(o, (LongToDoubleFunction) null));
    assertThrows(IllegalArgumentException.class, () -> new LambdaLR(o, List.of(e -> 1)));
    o.groups().forEach(group -> group.setLr(0.5));
    new LambdaLR(o, e -> 1);
    assertEquals(0.5, o.groups().getFirst().lr());
  }

  @Test
  void aRefusedSchedulerLeavesAllOfTheOptimizer() {
    SGD o = optimizer();
    refused("StepLR: the distance of steps 0 is less than 1", () -> new StepLR(o, 0));
    refused(
        "CyclicLR: a rate NaN is not finite",
        () -> new CyclicLR(o, List.of(0.2, 0.3), List.of(1.0, Double.NaN), CyclicLR.options()));
    refused("OneCycleLR: the number of steps 0 is less than 1", () -> new OneCycleLR(o, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> new LambdaLR(o, List.of(e -> 2, e -> -1)));
    assertEquals(0.1, o.groups().getFirst().lr());
    assertEquals(optimizer().groups().getFirst().options(), o.groups().getFirst().options());
    o.groups().forEach(group -> group.setLr(0.5));
    new LambdaLR(o, e -> 1);
    assertEquals(List.of(0.5, 0.5), new StepLR(o, 1).getLastLr());
    var without = new Adagrad(List.of(new Parameter(Tensor.zeros(1))), Adagrad.options().lr(0.7));
    refused(
        "CyclicLR: the optimizer has no momentum that could be cycled; ask for withoutMomentum()",
        () -> new CyclicLR(without, 0.01, 0.1));
    assertEquals(0.7, without.groups().getFirst().lr());
    new StepLR(without, 1);
    assertEquals(0.7, without.groups().getFirst().lr());
  }

  @Test
  void whatCannotBeASchedule() {
    SGD o = optimizer();
    refused("StepLR: the distance of steps 0 is less than 1", () -> new StepLR(o, 0));
    refused("ConstantLR: the factor 1.5 is not between 0 and 1", () -> new ConstantLR(o, 1.5, 5));
    refused(
        "LinearLR: the first factor is 0, from which nothing grows", () -> new LinearLR(o, 0, 5));
    refused("LambdaLR: 1 functions for 2 groups", () -> new LambdaLR(o, List.of(e -> 1)));
    refused(
        "OneCycleLR: 1 greatest rates for 2 groups",
        () -> new OneCycleLR(o, List.of(1.0), 5, OneCycleLR.options()));
    refused("ChainedScheduler: there is no scheduler", () -> new ChainedScheduler(List.of()));
    refused(
        "SequentialLR: 0 milestones for 2 schedulers, which need one fewer",
        () -> new SequentialLR(List.of(new StepLR(o, 1), new StepLR(o, 1)), List.of()));
    refused(
        "SequentialLR: the StepLR is of another optimizer than the first one",
        () -> new SequentialLR(List.of(new StepLR(o, 1), new StepLR(optimizer(), 1)), List.of(1)));
    refused(
        "SequentialLR: a ChainedScheduler can only be the first, as its step 0 is not known by"
            + " itself",
        () -> new SequentialLR(List.of(new StepLR(o, 1), chained(o)), List.of(1)));
    refused(
        "OneCycleLR: 0.1 of 10 steps is one, in which nothing can grow; choose a pctStart that is"
            + " not exactly one step",
        () -> new OneCycleLR(o, 1, 10, OneCycleLR.options().pctStart(0.1)));
    refused(
        "ReduceLROnPlateau: the factor 1.0 is not less than 1",
        () -> ReduceLROnPlateau.options().factor(1));
    refused(
        "ReduceLROnPlateau: minLr needs a rate",
        () -> ReduceLROnPlateau.options().minLr(new double[0]));
    refused(
        "ReduceLROnPlateau: 3 least rates for 2 groups",
        () -> new ReduceLROnPlateau(o, ReduceLROnPlateau.options().minLr(1, 2, 3)));
  }

  @Test
  void behindAFactorOfZeroRatesBeginAnew() {
    SGD optimizer = optimizer();
    var scheduler = new ConstantLR(optimizer, 0, 2);
    assertEquals(List.of(0.0, 0.0), scheduler.getLastLr());
    scheduler.step();
    scheduler.step();
    assertEquals(List.of(0.1, 0.03), scheduler.getLastLr());
  }

  @Test
  void aLeastRateForEachGroupIsForThoseThereWere() {
    SGD optimizer = optimizer();
    var options = ReduceLROnPlateau.options().patience(0);
    var one = new ReduceLROnPlateau(optimizer, options.minLr(0.02));
    var each = new ReduceLROnPlateau(optimizer, options.minLr(0.02, 0.02));
    optimizer.addGroup(List.of(new Parameter(Tensor.zeros(1))), SGD.options().lr(0.5));
    assertEquals(
        "ReduceLROnPlateau: the optimizer has 3 groups now, and there are 2 least rates; make a"
            + " scheduler when all groups are there",
        assertThrows(IllegalStateException.class, () -> each.step(1)).getMessage());
    assertEquals(0, each.lastEpoch());
    one.step(1);
    one.step(2);
    assertEquals(List.of(0.02, 0.02, 0.05), one.getLastLr());
  }

  private static void refused(String text, Runnable call) {
    assertEquals(text, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
