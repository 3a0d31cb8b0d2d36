package dev.chagres.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tape and its walk, on plain numbers. */
@OnEveryDevice
class BackwardTest {

  @Test
  void aChain() {
    Num x = Num.variable(0.5);
    x.mul(Num.constant(3)).exp().backward();
    assertEquals(3 * Math.exp(1.5), x.grad());
  }

  @Test
  void aDiamondAddsWhatComesBackOnBothSides() {
    Num x = Num.variable(2);
    Num left = x.mul(Num.constant(3));
    Num right = x.mul(x);
    left.add(right).mul(left).backward();
    // (3x + x^2) 3x = 9x^2 + 3x^3
    assertEquals(18 * 2 + 9 * 4, x.grad());
    assertEquals(1, x.received().size(), "a leaf is visited once a pass, with the sum");
  }

  @Test
  void anInputUsedTwiceByOneOperation() {
    Num x = Num.variable(7);
    x.mul(x).backward();
    assertEquals(14, x.grad());
    assertEquals(List.of(14.0), x.received());
  }

  @Test
  void aLeafAloneReceivesItsSeed() {
    Num x = Num.variable(7);
    x.backward();
    assertEquals(List.of(1.0), x.received());
  }

  @Test
  void constantsAreNotVisited() {
    Num x = Num.variable(7);
    Num c = Num.constant(3);
    Num y = x.mul(c);
    List<@Nullable Node<Double>> next = y.end().node().next();
    assertEquals(1, next.size());
    assertNull(c.edge);
    y.backward();
    assertEquals(3, x.grad());
  }

  @Test
  void passesAddUp() {
    Num x = Num.variable(3);
    x.mul(x).backward();
    x.exp().backward();
    assertEquals(List.of(6.0, Math.exp(3)), x.received());
  }

  @Test
  @Timeout(60)
  void aMillionOperationsInARow() {
    Num x = Num.variable(1);
    Num one = Num.constant(1);
    Num y = x;
    for (int i = 0; i < 1_000_000; i++) {
      y = i % 2 == 0 ? y.mul(one) : y.add(x);
    }
    y.backward();
    assertEquals(500_001, x.grad());
  }

  @Test
  @Timeout(60)
  void manyOperationsInARowLeadToATarget() {
    Num x = Num.variable(1);
    Num one = Num.constant(1);
    Num y = x;
    for (int i = 0; i < 200_000; i++) {
      y = y.mul(one);
    }
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(y.end(), 2.0);
    assertEquals(List.of(2.0), pass.gradients(List.of(x.end())));
  }

  @Test
  @Timeout(60)
  void aHundredThousandUsersOfOneValue() {
    Num x = Num.variable(1);
    Num sum = Num.constant(0);
    for (int i = 0; i < 100_000; i++) {
      sum = x.mul(Num.constant(i % 3)).add(sum);
    }
    sum.backward();
    assertEquals(99_999, x.grad());
  }

  @Test
  void manyBranchesPendingAtOnce() {
    // More than the few that the engine looks through one by one.
    Num x = Num.variable(1);
    List<Num> branches = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      branches.add(x.mul(Num.constant(i)));
    }
    while (branches.size() > 1) {
      List<Num> sums = new ArrayList<>();
      for (int i = 0; i + 1 < branches.size(); i += 2) {
        sums.add(branches.get(i).add(branches.get(i + 1)));
      }
      if (branches.size() % 2 == 1) {
        sums.add(branches.getLast());
      }
      branches = sums;
    }
    branches.getFirst().backward();
    assertEquals(200 * 201 / 2, x.grad());
    assertEquals(1, x.received().size());
  }

  @Test
  void gradientsAreAddedInTheSameOrderEveryTime() {
    // The order matters for rounding: the sum must not depend on identity hash codes or the like.
    Double first = null;
    for (int run = 0; run < 20; run++) {
      Num x = Num.variable(1);
      Num sum = Num.constant(0);
      for (int i = 1; i < 300; i++) {
        sum = sum.add(x.mul(Num.constant(1.0 / (i * (i % 7 + 1)))).exp());
      }
      sum.backward();
      first = first == null ? (Double) x.grad() : first;
      assertEquals(first, x.grad());
    }
  }

  // ---- slots

  @Test
  void bothResultsOfOneOperationFlowBack() {
    Num x = Num.variable(0.3);
    List<Num> both = Num.sincos(x);
    both.get(0).mul(both.get(1)).backward();
    assertEquals(Math.cos(0.6), x.grad(), 1e-15);
    assertEquals(1, x.received().size());
  }

  @Test
  void aResultThatIsNotUsedGivesNoGradient() {
    Num x = Num.variable(0.3);
    Num.sincos(x).get(1).backward();
    assertEquals(-Math.sin(0.3), x.grad());
    Num y = Num.variable(0.3);
    Num.sincos(y).get(0).backward();
    assertEquals(Math.cos(0.3), y.grad());
  }

  @Test
  void aRuleMustReturnOneGradientPerInput() {
    Num x = Num.variable(1);
    List<@Nullable Edge<Double>> edges = List.of(x.end());
    Joint<Double> wrong =
        new Joint<>("Wrong", edges, 1, Joint.Author.LIBRARY, gradients -> List.of());
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(new Edge<>(wrong, 0), 1.0);
    Exception e = assertThrows(IllegalStateException.class, pass::run);
    assertEquals("Wrong: the backward rule returned 0 gradients for 1 inputs", e.getMessage());
  }

  @Test
  void aRuleThatReturnsNullStopsTheGradient() {
    Num x = Num.variable(1);
    Operation<Double> stop = Operation.of("Stop", new Operation.Input<>(x.end(), g -> null));
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(new Edge<>(stop, 0), 1.0);
    pass.run();
    assertTrue(x.received().isEmpty());
  }

  // ---- targets

  @Test
  void gradientsOfTargetsLeaveTheLeavesAlone() {
    Num x = Num.variable(2);
    Num y = Num.variable(5);
    Num middle = x.mul(y);
    Num z = middle.mul(middle);
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(z.end(), 1.0);
    List<@Nullable Double> found = pass.gradients(List.of(x.end(), middle.end(), z.end(), x.end()));
    assertEquals(List.of(100.0, 20.0, 1.0, 100.0), found);
    assertTrue(x.received().isEmpty());
    assertTrue(y.received().isEmpty());
  }

  @Test
  void aTargetThatIsNotReachedIsNull() {
    Num x = Num.variable(2);
    Num other = Num.variable(3);
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(x.mul(x).end(), 1.0);
    List<@Nullable Double> found = pass.gradients(List.of(other.end(), x.end()));
    assertNull(found.get(0));
    assertEquals(4.0, found.get(1));
  }

  @Test
  void rulesThatLeadToNoTargetAreNotRun() {
    Num x = Num.variable(2);
    Num y = Num.variable(3);
    List<String> ran = new ArrayList<>();
    Operation<Double> expensive =
        Operation.of(
            "Expensive",
            new Operation.Input<>(
                y.end(),
                g -> {
                  ran.add("expensive");
                  return g;
                }));
    Operation<Double> sum =
        Operation.of(
            "Sum",
            new Operation.Input<>(
                x.end(),
                g -> {
                  ran.add("left");
                  return g;
                }),
            new Operation.Input<>(
                new Edge<>(expensive, 0),
                g -> {
                  ran.add("right");
                  return g;
                }));
    Backward<Double> pass = new Backward<>(Num.SUM, Backward.Option.RETAIN_GRAPH);
    pass.seed(new Edge<>(sum, 0), 1.0);
    assertEquals(List.of(1.0), pass.gradients(List.of(x.end())));
    assertEquals(List.of("left"), ran);
  }

  @Test
  void severalResultsAreSeededTogether() {
    Num x = Num.variable(2);
    Num a = x.mul(x);
    Num b = a.exp();
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(a.end(), 10.0);
    pass.seed(b.end(), 1.0);
    pass.seed(b.end(), 2.0);
    assertEquals(List.of(4 * (10 + 3 * Math.exp(4))), pass.gradients(List.of(x.end())));
  }

  // ---- what a pass frees

  @Test
  void aSecondPassThroughFreedRulesIsAnErrorThatNamesTheOperation() {
    Num x = Num.variable(2);
    Num y = x.mul(x);
    y.backward();
    Exception e = assertThrows(IllegalStateException.class, y::backward);
    assertTrue(e.getMessage().contains("second time"), e.getMessage());
    assertTrue(e.getMessage().contains("Mul"), e.getMessage());
    assertEquals(4, x.grad(), "the failed pass has added nothing");
  }

  @Test
  void rulesThatKeptNothingMayBeWalkedAgain() {
    Num x = Num.variable(2);
    Num y = x.add(x);
    y.backward();
    y.backward();
    assertEquals(List.of(2.0, 2.0), x.received());
  }

  @Test
  void aRetainedGraphMayBeWalkedAgain() {
    Num x = Num.variable(2);
    Num y = x.mul(x).exp();
    y.backward(Backward.Option.RETAIN_GRAPH);
    y.backward(Backward.Option.CREATE_GRAPH);
    y.backward();
    assertEquals(3, x.received().size());
    assertEquals(1, Set.copyOf(x.received()).size());
    assertThrows(IllegalStateException.class, y::backward);
  }

  @Test
  void aJointOperationIsFreedToo() {
    Num x = Num.variable(2);
    Num y = Num.sincos(x).get(0);
    y.backward();
    assertThrows(IllegalStateException.class, y::backward);
  }

  @Test
  void whatOneResultFreedIsMissedByAnother() {
    Num x = Num.variable(2);
    Num shared = x.mul(x);
    Num a = shared.exp();
    Num b = shared.mul(Num.constant(3));
    a.backward();
    assertThrows(IllegalStateException.class, b::backward);
  }

  // ---- recording

  @Test
  void nothingIsRecordedInsideARule() {
    Num x = Num.variable(2);
    List<Boolean> seen = new ArrayList<>();
    Operation<Double> probe =
        Operation.of(
            "Probe",
            new Operation.Input<>(
                x.end(),
                g -> {
                  seen.add(GradMode.isEnabled());
                  return g;
                }));
    for (Backward.Option option : Backward.Option.values()) {
      Backward<Double> pass = new Backward<>(Num.SUM, option);
      pass.seed(new Edge<>(probe, 0), 1.0);
      pass.run();
    }
    assertEquals(List.of(false, true), seen, "only CREATE_GRAPH records");
    assertTrue(GradMode.isEnabled());
  }

  @Test
  void gradModeComesBackAfterARuleThatFails() {
    Num x = Num.variable(2);
    Operation<Double> fails =
        Operation.of(
            "Fails",
            new Operation.Input<>(
                x.end(),
                g -> {
                  throw new ArithmeticException("as meant");
                }));
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(new Edge<>(fails, 0), 1.0);
    assertThrows(ArithmeticException.class, pass::run);
    assertTrue(GradMode.isEnabled());
    Num y = x.mul(x);
    y.backward();
    assertEquals(4, x.grad());
  }

  @Test
  void gradModesNest() {
    assertTrue(GradMode.isEnabled());
    GradMode off = GradMode.disable();
    assertFalse(GradMode.isEnabled());
    GradMode on = GradMode.enable();
    assertTrue(GradMode.isEnabled());
    on.close();
    assertFalse(GradMode.isEnabled());
    on.close();
    off.close();
    assertTrue(GradMode.isEnabled());
    off.close();
    assertTrue(GradMode.isEnabled());
  }

  @Test
  void gradModeBelongsToAThread() throws Exception {
    try (ExecutorService other = Executors.newSingleThreadExecutor();
        GradMode off = GradMode.disable()) {
      assertTrue(other.submit(GradMode::isEnabled).get());
      Future<?> closing = other.submit(off::close);
      Exception e = assertThrows(ExecutionException.class, closing::get);
      assertTrue(e.getCause() instanceof IllegalStateException, e.toString());
      assertFalse(GradMode.isEnabled());
    }
    assertTrue(GradMode.isEnabled());
  }

  // ---- hooks

  @Test
  void aHookSeesTheSumAndMayReplaceIt() {
    Num x = Num.variable(2);
    Num y = x.add(x);
    Num z = y.mul(Num.constant(3)).add(y);
    List<Double> seen = new ArrayList<>();
    Node.Hook<Double> hook =
        y.end()
            .node()
            .addHook(
                0,
                g -> {
                  seen.add(g);
                  return 10 * g;
                });
    z.backward(Backward.Option.RETAIN_GRAPH);
    assertEquals(List.of(4.0), seen);
    assertEquals(List.of(80.0), x.received());
    hook.remove();
    hook.remove();
    z.backward();
    assertEquals(List.of(4.0), seen);
    assertEquals(List.of(80.0, 8.0), x.received());
  }

  @Test
  void hooksRunInTheOrderOfTheirRegistrationEachOnWhatTheLastReturned() {
    Num x = Num.variable(2);
    Node<Double> leaf = x.end().node();
    List<Double> seen = new ArrayList<>();
    leaf.addHook(0, g -> g + 1);
    leaf.addHook(
        0,
        g -> {
          seen.add(g);
          return null;
        });
    leaf.addHook(0, g -> g * 10);
    x.mul(Num.constant(5)).backward();
    assertEquals(List.of(6.0), seen);
    assertEquals(List.of(60.0), x.received());
  }

  @Test
  void anObserverSeesWhatAllHooksLeave() {
    Num x = Num.variable(2);
    Node<Double> leaf = x.end().node();
    List<Double> seen = new ArrayList<>();
    leaf.addHook(0, g -> g + 1);
    Node.Hook<Double> observer = leaf.addObserver(0, seen::add);
    leaf.addHook(0, g -> g * 10);
    leaf.addObserver(0, g -> seen.add(-g));
    x.mul(Num.constant(5)).backward();
    observer.remove();
    x.mul(Num.constant(6)).backward();
    assertEquals(List.of(60.0, -60.0, -70.0), seen);
    assertEquals(List.of(60.0, 70.0), x.received());
  }

  @Test
  void aHookOnOneResultDoesNotSeeTheOther() {
    Num x = Num.variable(0.5);
    List<Num> both = Num.sincos(x);
    List<Double> seen = new ArrayList<>();
    both.get(1)
        .end()
        .node()
        .addHook(
            1,
            g -> {
              seen.add(g);
              return null;
            });
    both.get(0).backward(Backward.Option.RETAIN_GRAPH);
    assertTrue(seen.isEmpty());
    both.get(0).add(both.get(1).mul(Num.constant(4))).backward();
    assertEquals(List.of(4.0), seen);
  }

  @Test
  void aTargetIsCapturedAfterItsHooks() {
    Num x = Num.variable(2);
    Num y = x.mul(x);
    y.end().node().addHook(0, g -> g * 3);
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(y.exp().end(), 1.0);
    assertEquals(
        List.of(3 * Math.exp(4), 12 * Math.exp(4)), pass.gradients(List.of(y.end(), x.end())));
  }

  @Test
  void aPassMayBeStartedInsideARule() {
    Num x = Num.variable(2);
    Num inner = Num.variable(5);
    Operation<Double> outer =
        Operation.of(
            "Outer",
            new Operation.Input<>(
                x.end(),
                g -> {
                  try (GradMode _ = GradMode.enable()) {
                    inner.mul(inner).backward();
                  }
                  Backward.usedSaved();
                  return g * inner.grad();
                }));
    Backward<Double> pass = new Backward<>(Num.SUM);
    pass.seed(new Edge<>(outer, 0), 1.0);
    pass.run();
    assertEquals(10, inner.grad());
    assertEquals(10, x.grad());
  }
}
