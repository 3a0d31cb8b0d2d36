package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import dev.chagres.memory.Scope;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch's own sample inputs: values, dtypes, gradients and errors, in every layout. */
class TorchSamplesTest {
  private static final List<String> FAMILIES =
      List.of("unary", "binary", "reduce", "linalg", "nn", "other");
  private static final Path TABLE = Path.of("PARITY.md");

  private static final TorchParity PARITY = new TorchParity();
  private static final Map<String, List<String>> FAILURES = new TreeMap<>();
  private static final Map<String, String> LEFT_OUT = new LinkedHashMap<>();
  private static final Set<TorchDifferences.Difference> SEEN = new HashSet<>();
  private static String version = "";

  @BeforeAll
  static void runAll() {
    Tally tally = new Tally("PyTorch's samples");
    for (String family : FAMILIES) {
      GoldenFile file = GoldenFile.open("opdb_" + family + ".safetensors.gz");
      version = file.text("torch");
      FAILURES.put(family, new ArrayList<>());
      for (TorchCase test : TorchCase.of(family, file)) {
        try (var _ = Scope.open()) {
          run(test, FAILURES.get(family), tally);
        }
      }
    }
    Map<String, JsonElement> reasons =
        Objects.requireNonNull(GoldenFile.open("opdb_other.safetensors.gz").arguments("left out"))
            .asMap();
    reasons.forEach((op, reason) -> LEFT_OUT.put(op, reason.getAsString()));
    tally.print();
  }

  private static void run(TorchCase test, List<String> failures, Tally tally) {
    if (TorchCalls.ours(test.op()) == null) {
      PARITY.notThere(test, "");
      tally.skipped("not in the library");
      return;
    }
    try {
      Set<TorchDifferences.Difference> found = TorchCheck.run(test, TorchDifferences.ALL);
      SEEN.addAll(found);
      if (found.isEmpty()) {
        PARITY.passed(test);
        tally.ran();
      } else {
        found.forEach(difference -> PARITY.differs(test, difference.reason()));
        tally.skipped("known to differ");
      }
    } catch (NotThereException e) {
      if (isRefusedByType(test)) {
        PARITY.differs(test, "what PyTorch refuses by its type does not compile here");
        tally.skipped("does not compile");
        return;
      }
      PARITY.notThere(test, e.getMessage());
      tally.skipped("a form that is not in the library");
    } catch (RuntimeException | AssertionError e) {
      String failure = e instanceof AssertionError ? e.getMessage() : e.toString();
      PARITY.failed(test);
      failures.add(test + ": " + failure);
    }
  }

  /** A number where PyTorch has only a form with a tensor, for one. */
  private static boolean isRefusedByType(TorchCase test) {
    String thrown = test.thrown();
    return thrown != null
        && (thrown.contains("must be Tensor, not ")
            || thrown.contains("received an invalid combination of arguments")
            // A word that is no constant of our enum.
            || thrown.contains("approximate argument must be either none or tanh")
            || thrown.contains("is not a valid value for reduction")
            // So many numbers as a Pair or a Triple does not have.
            || thrown.contains("output_size.size() must be")
            || thrown.contains("output_size must be 2")
            || thrown.contains("output_size must be 3"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unary", "binary", "reduce", "linalg", "nn", "other"})
  void everyCaseIsWhatPyTorchMakesOfIt(String family) {
    List<String> failures = FAILURES.get(family);
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
  }

  @Test
  void ofEveryMethodThatIsThereSomeCaseIsCalled() {
    assertEquals(Set.of(), Set.copyOf(PARITY.uncalled()), "give these a row in TorchRows");
  }

  @Test
  void everyKnownDifferenceIsStillThere() {
    Set<String> gone = new TreeSet<>();
    TorchDifferences.ALL.stream().filter(d -> !SEEN.contains(d)).forEach(d -> gone.add("" + d));
    assertEquals(Set.of(), gone);
  }

  @Test
  void theTableIsWhatTheRunYields() throws IOException {
    String text = PARITY.text(version, LEFT_OUT);
    if ("write".equals(System.getProperty("parity"))) {
      Files.writeString(TABLE, text);
    }
    assertEquals(text, Files.readString(TABLE), "-Dparity=write writes it");
  }
}
