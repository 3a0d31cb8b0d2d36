package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.DirectionalCheck;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.Results;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * First and second derivatives of all of PyTorch's sample inputs whose function is here, against
 * differences: what {@link TorchSamplesTest} compares with PyTorch's gradients is held to
 * mathematics too, and what PyTorch's files have no numbers of, the second derivatives, to that
 * alone.
 */
class TorchGradientsTest {
  private static final List<String> FAMILIES =
      List.of("unary", "binary", "reduce", "linalg", "nn", "other");
  private static final int GREATEST = 1_000;

  /** Random as others are, but its numbers do not depend on what is differentiated. */
  private static final String DROPOUT = "nn.functional.dropout";

  /** What no sample says: differences see none of a gradient that is rounded to another dtype. */
  static final Set<String> NO_SAMPLE = Set.of("bfloat16", "float", "half");

  /** Functions of symmetric matrices, which read one triangle: they are only given such. */
  private static final Set<String> SYMMETRIC =
      Set.of(
          "cholesky",
          "linalg.cholesky",
          "linalg.cholesky_ex",
          "linalg.eigh",
          "linalg.eigvalsh",
          "linalg.ldl_factor",
          "linalg.ldl_factor_ex",
          "linalg.pinv hermitian");

  /** Functions of a triangle, which read it alone: what is 0 of their operands stays 0. */
  private static final Set<String> TRIANGULAR = Set.of("cholesky_inverse", "cholesky_solve");

  /**
   * Where a derivative is another, and why.
   *
   * @param op PyTorch's name
   * @param order 1 or 2
   * @param message what the failure contains
   * @param reason why
   */
  private record Difference(String op, int order, String message, String reason) {}

  private static final List<Difference> DIFFERENCES = List.of();

  private static final Map<String, List<String>> FAILURES = new TreeMap<>();
  private static final Set<Difference> SEEN = new HashSet<>();
  private static final Set<String> TRIED = new TreeSet<>();
  private static final List<Set<String>> AGREED = List.of(new TreeSet<>(), new TreeSet<>());

  @BeforeAll
  static void runAll() {
    Tally first = new Tally("gradients of PyTorch's samples");
    Tally second = new Tally("second derivatives of PyTorch's samples");
    for (String family : FAMILIES) {
      FAILURES.put(family, new ArrayList<>());
      for (TorchCase test :
          TorchCase.of(family, GoldenFile.open("opdb_" + family + ".safetensors.gz"))) {
        if (!test.leaves().isEmpty() && TorchCalls.ours(test.op()) != null) {
          if (!isRandom(test)) {
            TRIED.add(test.op());
          }
          run(test, 1, first);
          run(test, 2, second);
        }
      }
    }
    first.print();
    second.print();
  }

  private static void run(TorchCase test, int order, Tally tally) {
    try (var _ = Scope.open()) {
      if (isRandom(test)) {
        tally.skipped("random: the gradient is 0 by definition");
        return;
      } else if (test.tensors().stream().anyMatch(tensor -> tensor.numel() > GREATEST)) {
        tally.skipped("large");
        return;
      }
      DirectionalCheck check = check(test);
      DirectionalCheck.Verdict verdict = order == 1 ? check.first() : check.second();
      if (verdict == DirectionalCheck.Verdict.AGREES) {
        tally.ran();
        AGREED.get(order - 1).add(test.op());
      } else {
        tally.skipped(verdict.reason);
      }
    } catch (NotThereException e) {
      tally.skipped("a form that is not in the library");
    } catch (RuntimeException | AssertionError e) {
      String failure = e instanceof AssertionError ? e.getMessage() : e.toString();
      Difference known = known(test, order, failure);
      if (known != null) {
        SEEN.add(known);
        tally.skipped("known to differ");
      } else {
        FAILURES.get(test.family()).add(test + ", order " + order + ": " + failure);
      }
    }
  }

  private static boolean isRandom(TorchCase test) {
    return TorchCheck.RANDOM.contains(test.op()) && !test.op().equals(DROPOUT);
  }

  private static @Nullable Difference known(TorchCase test, int order, String failure) {
    return DIFFERENCES.stream()
        .filter(d -> d.op.equals(test.op()) && d.order == order && failure.contains(d.message))
        .findFirst()
        .orElse(null);
  }

  private static DirectionalCheck check(TorchCase test) {
    List<Integer> leaves = test.leaves();
    List<Tensor> given = test.tensors();
    return new DirectionalCheck(
        point -> {
          List<Tensor> tensors = new ArrayList<>(given);
          for (int i = 0; i < leaves.size(); i++) {
            int leaf = leaves.get(i);
            tensors.set(leaf, formed(test, given.get(leaf), point.get(i)));
          }
          Chagres.manualSeed(42);
          List<Tensor> results = Results.flat(TorchCalls.call(test.op(), test.arguments(tensors)));
          return TorchGauge.settled(test.op(), results);
        },
        leaves.stream().map(given::get).toList(),
        7);
  }

  /** The operand with the form that the function takes for granted. */
  private static Tensor formed(TorchCase test, Tensor given, Tensor x) {
    if (SYMMETRIC.contains(test.op()) || SYMMETRIC.contains(test.op() + " " + test.variant())) {
      return x.add(x.transpose(-2, -1)).div(2);
    }
    return TRIANGULAR.contains(test.op()) ? x.mul(given.ne(0)) : x;
  }

  @ParameterizedTest
  @ValueSource(strings = {"unary", "binary", "reduce", "linalg", "nn", "other"})
  void everyDerivativeIsTheLimitOfItsDifferences(String family) {
    List<String> failures = FAILURES.get(family);
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
  }

  @Test
  void ofEveryFunctionSomeSampleHasBothDerivatives() {
    for (Set<String> agreed : AGREED) {
      Set<String> without = new TreeSet<>(TRIED);
      without.removeAll(agreed);
      assertEquals(new TreeSet<>(NO_SAMPLE), without);
    }
  }

  @Test
  void everyKnownDifferenceIsStillThere() {
    Set<String> gone = new TreeSet<>();
    DIFFERENCES.stream().filter(d -> !SEEN.contains(d)).forEach(d -> gone.add("" + d));
    assertEquals(Set.of(), gone);
  }
}
