package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.memory.Scope;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Values and gradients at kinks, jumps and poles, of zeros, ties, NaN and infinities, against those
 * that PyTorch gave.
 */
@OnEveryDevice(blocking = true)
class TorchEdgesTest {
  private static final List<String> FAILURES = new ArrayList<>();
  private static final Set<TorchDifferences.Difference> SEEN = new HashSet<>();

  @BeforeAll
  static void runAll() {
    Tally tally = new Tally("PyTorch's edges");
    for (TorchCase test : TorchCase.of("edges", GoldenFile.open("edges.safetensors.gz"))) {
      try (var _ = Scope.open()) {
        Set<TorchDifferences.Difference> found = TorchCheck.run(test, TorchDifferences.EDGES);
        SEEN.addAll(found);
        if (found.isEmpty()) {
          tally.ran();
        } else {
          tally.skipped("known to differ");
        }
      } catch (RuntimeException | AssertionError e) {
        FAILURES.add(test + ": " + (e instanceof AssertionError ? e.getMessage() : e));
      }
    }
    tally.print();
  }

  @Test
  void everyEdgeIsWhatPyTorchMakesOfIt() {
    assertTrue(FAILURES.isEmpty(), () -> FAILURES.size() + ":\n" + String.join("\n", FAILURES));
  }

  @Test
  void everyKnownDifferenceIsStillThere() {
    Set<String> gone = new TreeSet<>();
    TorchDifferences.EDGES.stream().filter(d -> !SEEN.contains(d)).forEach(d -> gone.add("" + d));
    assertEquals(Set.of(), gone);
  }
}
