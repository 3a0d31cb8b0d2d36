package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.Results;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The dtypes of the results of all functions for operands of every dtype, and which operands are
 * refused, as in PyTorch: golden_dtypes.py says how they are kept.
 */
class TorchDtypesTest {
  private static final List<DType> DTYPES =
      List.of(
          DType.BOOL,
          DType.UINT8,
          DType.INT8,
          DType.INT16,
          DType.INT32,
          DType.INT64,
          DType.FLOAT16,
          DType.BFLOAT16,
          DType.FLOAT32,
          DType.FLOAT64);
  private static final String LETTERS = "buasilhgfd";
  private static final String REFUSED = "x";
  private static final String NO_KERNEL = "-";
  private static final String NOT_HERE = "not here";

  private static final Set<String> OPERANDS = Set.of("other", "exponent");

  private final Tally tally = new Tally("dtypes of PyTorch's results");
  private final List<String> failures = new ArrayList<>();
  private final Set<TorchDtypeDifferences.Difference> seen = new HashSet<>();

  @Test
  void everyResultHasPyTorchsDtypeAndIsRefusedWherePyTorchRefuses() {
    GoldenFile file = GoldenFile.open("dtypes.safetensors.gz");
    for (TorchCase test : TorchCase.of("dtypes", file)) {
      if (TorchCalls.ours(test.op()) == null) {
        tally.skipped("not in the library");
        continue;
      }
      alike(test, "results", Form.RETURNED);
      alike(test, "in_place", Form.IN_PLACE);
      pairs(test, "pairs", Form.RETURNED);
      pairs(test, "in_place_pairs", Form.IN_PLACE);
    }
    tally.print();
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
    Set<String> gone = new TreeSet<>();
    TorchDtypeDifferences.ALL.stream()
        .filter(d -> !seen.contains(d))
        .forEach(d -> gone.add("" + d));
    assertEquals(Set.of(), gone, "differences that are no more");
  }

  private enum Form {
    RETURNED,
    IN_PLACE
  }

  private void alike(TorchCase test, String kind, Form form) {
    if (test.described().has(kind)) {
      JsonArray words = test.described().getAsJsonArray(kind);
      for (int i = 0; i < DTYPES.size(); i++) {
        compare(test, form, DTYPES.get(i), DTYPES.get(i), words.get(i).getAsString());
      }
    }
  }

  private void pairs(TorchCase test, String kind, Form form) {
    if (test.described().has(kind)) {
      JsonArray rows = test.described().getAsJsonArray(kind);
      for (int i = 0; i < DTYPES.size(); i++) {
        String[] words = rows.get(i).getAsString().split(" ", -1);
        for (int j = 0; j < DTYPES.size(); j++) {
          compare(test, form, DTYPES.get(i), DTYPES.get(j), words[j]);
        }
      }
    }
  }

  private void compare(TorchCase test, Form form, DType first, DType others, String words) {
    String expected = words;
    String got;
    try (var _ = Scope.open()) {
      got = word(test, form, converted(test, first, others));
    }
    if (got.equals(NOT_HERE)) {
      tally.skipped(form == Form.IN_PLACE ? "no such form in place" : "no such form");
    } else if (expected.equals(NO_KERNEL) || expected.contains("?")) {
      tally.skipped(expected.contains("?") ? "a dtype of PyTorch's" : "no kernel in PyTorch");
    } else if (got.equals(expected)) {
      tally.ran();
    } else {
      var call = new TorchDtypeDifferences.Call(test, form == Form.IN_PLACE, first, others);
      TorchDtypeDifferences.Difference known = TorchDtypeDifferences.of(call, expected, got);
      if (known == null) {
        failures.add(call + ": expected " + expected + ", got " + got);
      } else {
        seen.add(known);
        tally.skipped(known.reason());
      }
    }
  }

  /** The operands; those of the dtype that the sample was asked for are converted. */
  private static List<Tensor> converted(TorchCase test, DType first, DType others) {
    List<Tensor> tensors = test.tensors();
    DType next = first;
    for (int i = 0; i < tensors.size(); i++) {
      Tensor x = tensors.get(i);
      if (TorchDtypeDifferences.letters(x.dtype()).equals(test.dtype())) {
        boolean rounds = x.dtype().isFloating() && !next.isFloating();
        tensors.set(i, (rounds ? x.nanToNum(1).abs().clamp(1, 100) : x).to(next));
        next = others;
      }
    }
    return tensors;
  }

  /** What comes of a call, as a word of the file. */
  private static String word(TorchCase test, Form form, List<Tensor> tensors) {
    Chagres.manualSeed(42);
    TorchArguments arguments = test.arguments(tensors);
    // A bool as an operand has no form of its own here; it is a tensor of one.
    arguments
        .all()
        .replaceAll(
            (name, value) ->
                value instanceof Boolean truth && OPERANDS.contains(name)
                    ? Tensor.scalar(truth)
                    : value);
    try {
      if (form == Form.RETURNED) {
        return letters(TorchCalls.call(test.op(), arguments));
      }
      if (test.op().endsWith("_")) {
        return NOT_HERE;
      }
      Optional<Object> result = TorchCalls.callInPlace(test.op(), arguments);
      return result.isPresent() ? letters(result.get()) : NOT_HERE;
    } catch (NotThereException _) {
      return NOT_HERE;
    } catch (IllegalArgumentException
        | IndexOutOfBoundsException
        | IllegalStateException
        | ArithmeticException _) {
      return REFUSED;
    }
  }

  private static String letters(Object result) {
    if (!(result instanceof Tensor || result instanceof List<?> || result instanceof Record)) {
      return ".";
    }
    StringBuilder word = new StringBuilder();
    Results.flat(result).forEach(y -> word.append(letter(y.dtype())));
    return word.isEmpty() ? "." : word.toString();
  }

  static String letter(DType dtype) {
    return String.valueOf(LETTERS.charAt(DTYPES.indexOf(dtype)));
  }
}
