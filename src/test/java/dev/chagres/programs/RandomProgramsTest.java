package dev.chagres.programs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.programs.Program.Numbers;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.TestDevice;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random programs of public calls, on whole numbers of several dtypes, beside a model that keeps
 * each element in a Java array: no wrong number, no write where none belongs, no memory left over.
 * A program that fails is printed without the steps that it fails without. {@code
 * -Dchagres.test.seed} and {@code -Dchagres.test.calls} set another seed and a longer run.
 */
class RandomProgramsTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_101);
  private static final long CALLS = TestDevice.count("chagres.test.calls", 100_000);
  private static final int STEPS = 100;

  @Test
  void randomProgramsDoWhatTheirModelDoes() throws InterruptedException {
    System.out.println("random programs: " + CALLS + " calls, seed " + SEED);
    Experiment experiment = new Experiment(Numbers.WHOLE, _ -> {});
    long before = Memory.stats().liveStorages();
    long calls = 0;
    for (long seed = SEED; calls < CALLS; seed++) {
      List<Long> steps = new Random(seed).longs(STEPS).boxed().toList();
      if (seed % 2 == 0) { // what is in no scope waits for the collector
        calls += experiment.check(steps);
        continue;
      }
      long held = Memory.stats().liveStorages();
      try (Scope _ = Scope.open()) {
        calls += experiment.check(steps);
      }
      long left = Memory.stats().liveStorages() - held;
      assertTrue(left <= 0, () -> left + " storages are left over by the steps " + steps);
    }
    assertTrue(settles(before), () -> "left over: " + Memory.stats());
  }

  /** Whether the collector finds all that was made outside of scopes, which it needs time for. */
  private static boolean settles(long before) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      System.gc();
      Thread.sleep(50);
      Tensor.zeros(1).storage().free();
      if (Memory.stats().liveStorages() <= before + 10) {
        return true;
      }
    }
    return false;
  }
}
