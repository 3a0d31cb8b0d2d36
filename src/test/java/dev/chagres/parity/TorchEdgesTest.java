package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.memory.Scope;
import dev.chagres.testing.GoldenFile;
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
class TorchEdgesTest {
  private static final String POLE = "PyTorch's sine of a multiple of pi is not 0: it has no pole";
  private static final String CLOSER = "PyTorch's values are less close to the exact ones";
  private static final String LIMIT =
      "the limit is no NaN, which PyTorch makes of infinity less or by infinity on the way";
  private static final String QUOTIENT =
      "the gradient is the product of the others, where PyTorch divides infinity by infinity";
  private static final String TIES = "PyTorch's choice depends on its partition";
  private static final String DET = "PyTorch's gradient fails its own gradcheck: det is not flat";

  private static final List<TorchDifferences.Difference> DIFFERENCES =
      List.of(
          new TorchDifferences.Difference("digamma", "", "Infinity of float", POLE),
          new TorchDifferences.Difference("special.polygamma", "", "got Infinity of float", POLE),
          new TorchDifferences.Difference("special.polygamma", "", "got 0.0 of float", LIMIT),
          new TorchDifferences.Difference("special.polygamma", "f64", "off by", 2e6, CLOSER),
          new TorchDifferences.Difference("special.polygamma", "", "got -0.0 of float", LIMIT),
          new TorchDifferences.Difference("special.log_ndtr", "", "got -Infinity of float", LIMIT),
          new TorchDifferences.Difference(
              "nn.functional.gelu", "f32", "got Infinity of float", LIMIT),
          new TorchDifferences.Difference(
              "prod", "", "gradient 0: element 0: expected NaN", QUOTIENT),
          new TorchDifferences.Difference(
              "cumprod", "", "gradient 0: element 0: expected NaN", QUOTIENT),
          new TorchDifferences.Difference("kthvalue", "", "result 1 ==> array contents", TIES),
          new TorchDifferences.Difference("norm", "", "element 19: expected NaN, got 0.0", LIMIT),
          new TorchDifferences.Difference(
              "linalg.vector_norm", "", "element 19: expected NaN, got 0.0", LIMIT),
          new TorchDifferences.Difference("linalg.det", "", "gradient 0: element 0", DET));

  private static final List<String> FAILURES = new ArrayList<>();
  private static final Set<TorchDifferences.Difference> SEEN = new HashSet<>();

  @BeforeAll
  static void runAll() {
    Tally tally = new Tally("PyTorch's edges");
    for (TorchCase test : TorchCase.of("edges", GoldenFile.open("edges.safetensors.gz"))) {
      try (var _ = Scope.open()) {
        TorchCheck.run(test);
        tally.ran();
      } catch (RuntimeException | AssertionError e) {
        String failure = e instanceof AssertionError ? e.getMessage() : e.toString();
        var known = DIFFERENCES.stream().filter(d -> d.covers(test, failure)).findFirst();
        known.ifPresent(SEEN::add);
        if (known.isPresent()) {
          tally.skipped("known to differ");
        } else {
          FAILURES.add(test + ": " + failure);
        }
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
    DIFFERENCES.stream().filter(d -> !SEEN.contains(d)).forEach(d -> gone.add("" + d));
    assertEquals(Set.of(), gone);
  }
}
