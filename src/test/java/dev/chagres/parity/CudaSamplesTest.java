package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnCuda;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PyTorch's own sample inputs on a GPU, in all dtypes: what {@link TorchSamplesTest} checks on the
 * CPU, but that a GPU draws other numbers.
 */
@OnCuda
class CudaSamplesTest {
  private static final Device GPU = Device.cuda(0);

  /** What draws numbers beside {@link TorchCheck#RANDOM}, here from the samples' probabilities. */
  private static final Set<String> RANDOM =
      Set.of(
          "bernoulli",
          "rand",
          "randn",
          "randint",
          "randperm",
          "nn.functional.dropout2d",
          "nn.functional.dropout3d",
          "nn.functional.feature_alpha_dropout",
          "nn.functional.fractional_max_pool2d",
          "nn.functional.fractional_max_pool3d",
          "nn.functional.rrelu");

  /** What needs linear algebra that a GPU does not do yet; each says so itself. */
  private static final Set<String> RAN = new TreeSet<>();

  private static final Tally TALLY = new Tally("PyTorch's samples on CUDA");
  private static final Tally RANDOM_TALLY =
      new Tally("PyTorch's samples of random numbers on CUDA, dtypes and shapes");

  /** Wrong arguments are refused by the call itself, not by the next that waits for the GPU. */
  @BeforeAll
  static void waitForEachLaunch() {
    Cuda.setLaunchBlocking(true);
  }

  @AfterAll
  static void report() {
    Cuda.setLaunchBlocking(false);
    TALLY.print();
    RANDOM_TALLY.print();
    System.out.println(RAN.size() + " operations ran on CUDA");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unary", "binary", "reduce", "linalg", "nn", "other"})
  void everyCaseIsWhatPyTorchMakesOfIt(String family) {
    run(cases(family));
  }

  private static List<TorchCase> cases(String family) {
    GoldenFile file = GoldenFile.open("opdb_" + family + ".safetensors.gz");
    return TorchCase.of(family, file, GPU).stream()
        .filter(test -> TorchCalls.ours(test.op()) != null)
        .toList();
  }

  private static void run(List<TorchCase> tests) {
    List<String> failures = new ArrayList<>();
    for (TorchCase test : tests) {
      try (var _ = Scope.open()) {
        run(test, failures);
      }
    }
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
  }

  private static boolean isRandom(TorchCase test) {
    return TorchCheck.RANDOM.contains(test.op())
        || RANDOM.contains(test.op())
        || test.arguments(test.tensors()).number("10", 0).doubleValue()
            > 0 // multi_head_attention_forward
        || test.arguments(test.tensors()).number("dropout_p", 0).doubleValue() > 0;
  }

  private static void run(TorchCase test, List<String> failures) {
    try {
      if (isRandom(test)) {
        TorchCheck.runWithoutValues(test);
        RANDOM_TALLY.ran();
        return;
      }
      Set<TorchDifferences.Difference> found = TorchCheck.run(test, TorchDifferences.ALL);
      if (found.isEmpty()) {
        TALLY.ran();
      } else {
        TALLY.skipped("known to differ");
      }
      RAN.add(test.op());
    } catch (NotThereException _) {
      TALLY.skipped("not in the library");
    } catch (RuntimeException e) {
      failures.add(test + ": " + e);
    } catch (AssertionError e) {
      failures.add(test + ": " + e.getMessage());
    }
  }
}
