package dev.chagres.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the walk of the tape holds, whose code it runs, and on how many threads at once. */
@OnEveryDevice
class BackwardThreadsTest {

  /** Counts what the engine says it holds, object by object. */
  @SuppressWarnings("IdentityHashMapBoxing")
  private static final class Holding implements Algebra<Double> {
    final Map<Double, Integer> held = new IdentityHashMap<>();
    int calls;

    @Override
    public Double add(Double a, Double b) {
      return a + b;
    }

    @Override
    public void held(Double gradient) {
      calls++;
      held.merge(gradient, 1, Integer::sum);
    }

    @Override
    public void dropped(Double gradient) {
      held.merge(gradient, -1, (a, b) -> a + b == 0 ? null : a + b);
    }
  }

  @Test
  void theEngineDropsEveryGradientThatItHeld() {
    Num x = Num.variable(1.25);
    Num sum = Num.constant(0);
    for (int i = 1; i < 50; i++) {
      sum = sum.add(x.mul(Num.constant(1000 + 1.0 / i)).exp());
    }
    Holding holding = new Holding();
    Backward<Double> pass = new Backward<>(holding);
    pass.seed(sum.end(), 1234.5);
    pass.run();
    assertTrue(holding.calls >= 100, "held " + holding.calls);
    assertEquals(Map.of(), holding.held);
  }

  @Test
  void codeOfTheUsersRunsOutsideAndIsToldWhatItIsShown() {
    List<List<@Nullable Double>> shown = new ArrayList<>();
    Algebra<Double> algebra =
        new Algebra<>() {
          @Override
          public Double add(Double a, Double b) {
            return a + b;
          }

          @Override
          public void outside(List<@Nullable Double> gradients, Runnable code) {
            shown.add(new ArrayList<>(gradients));
            code.run();
          }
        };
    Num x = Num.variable(3);
    for (Joint.Author author : Joint.Author.values()) {
      List<@Nullable Edge<Double>> edges = List.of(x.end());
      Joint<Double> node = new Joint<>("Own", edges, 2, author, gradients -> List.of(7.0));
      Backward<Double> pass = new Backward<>(algebra);
      pass.seed(new Edge<>(node, 0), 1.5);
      pass.run();
    }
    List<@Nullable Double> both = new ArrayList<>();
    both.add(1.5);
    both.add(null);
    assertEquals(List.of(both), shown);
    assertEquals(List.of(7.0, 7.0), x.received());
    x.end().node().addHook(0, g -> null);
    Backward<Double> pass = new Backward<>(algebra);
    pass.seed(x.end(), 2.5);
    pass.run();
    assertEquals(List.of(both, List.of(2.5)), shown);
  }

  @Test
  void twoThreadsWalkOneRetainedGraph() throws Exception {
    Num x = Num.variable(0.01);
    Num y = x;
    for (int i = 0; i < 20_000; i++) {
      y = i % 2 == 0 ? y.add(x) : y.mul(Num.constant(0.999));
    }
    Num result = y;
    List<Callable<Double>> walks = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      walks.add(
          () -> {
            Backward<Double> pass = new Backward<>(Num.SUM, Backward.Option.RETAIN_GRAPH);
            pass.seed(result.end(), 1.0);
            Double found = pass.gradients(List.of(x.end())).getFirst();
            return assertNotNullValue(found);
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Set<Double> found = Collections.newSetFromMap(new ConcurrentHashMap<>());
      for (Future<Double> walk : threads.invokeAll(walks)) {
        found.add(walk.get());
      }
      assertEquals(1, found.size(), found::toString);
    }
    assertTrue(x.received().isEmpty());
  }

  private static Double assertNotNullValue(@Nullable Double value) {
    assertNotNull(value);
    return value;
  }

  @Test
  void independentGraphsOnManyThreads() throws Exception {
    List<Callable<Double>> runs = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      double start = i + 1;
      runs.add(
          () -> {
            Num x = Num.variable(start);
            for (int step = 0; step < 500; step++) {
              x.mul(x).add(x.mul(Num.constant(3))).backward();
            }
            return x.grad() / 500;
          });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Double>> results = threads.invokeAll(runs);
      for (int i = 0; i < results.size(); i++) {
        assertEquals(2.0 * (i + 1) + 3, results.get(i).get(), 1e-9);
      }
    }
  }
}
