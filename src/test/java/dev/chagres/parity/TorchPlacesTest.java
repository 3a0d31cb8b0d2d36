package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.Layout;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.Results;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The results of PyTorch's samples lie in memory where PyTorch's do, for operands in several orders
 * of memory, which golden_places.py names.
 */
class TorchPlacesTest {
  /** A result that lies elsewhere, and knows why. */
  private record Known(Set<String> ops, Excuse excuse) {
    boolean covers(TorchCase test, Line line, String got) {
      return ops.contains(test.op()) && excuse.holds(test, line, got);
    }
  }

  @FunctionalInterface
  private interface Excuse {
    boolean holds(TorchCase test, Line line, String got);
  }

  private static final List<Known> KNOWN =
      List.of(
          // PyTorch copies the gaps of the operand too.
          new Known(
              Set.of("select_scatter", "slice_scatter", "diagonal_scatter", "as_strided_scatter"),
              (test, line, got) -> line.order.equals("stepped")),
          // PyTorch hands back the edges that it was given, here they are copies.
          new Known(
              Set.of("histogramdd"),
              (test, line, got) -> line.order.equals("stepped") && line.startsAs(got)),
          // With more equations than unknowns PyTorch's X is a part of a matrix with as many rows
          // as equations, which it keeps.
          new Known(
              Set.of("linalg.lstsq"),
              (test, line, got) -> {
                List<Tensor> tensors = test.tensors();
                return tensors.get(0).size(-2) > tensors.get(0).size(-1) && line.endsAs(got);
              }),
          // PyTorch takes a batch of vectors for a matrix when it allocates their solutions, which
          // LAPACK does not, so that it copies them back and forth.
          new Known(
              Set.of("linalg.solve", "linalg.solve_ex"),
              (test, line, got) -> {
                List<Tensor> tensors = test.tensors();
                int dims = tensors.get(1).dim();
                return dims > 1 && tensors.get(0).dim() == dims + 1;
              }),
          // Several columns of X lie by rows, as those of solve_triangular do.
          new Known(
              Set.of("triangular_solve"),
              (test, line, got) -> test.tensors().get(0).size(-1) > 1 && line.endsAs(got)),
          // Sequences are images of one row here, and results lie as the sequences do where the
          // kernels lie by rows.
          new Known(
              Set.of("nn.functional.conv1d", "nn.functional.conv_transpose1d"),
              (test, line, got) -> line.order.equals("first")),
          // PyTorch multiplies integers another way, with the channels side by side.
          new Known(
              Set.of("nn.functional.conv_transpose1d"),
              (test, line, got) ->
                  test.dtype().equals("i64") && Set.of("turned", "last").contains(line.order)),
          // PyTorch multiplies integers another way, with the channels side by side.
          new Known(
              Set.of("nn.functional.conv_transpose2d"),
              (test, line, got) -> test.dtype().equals("i64") && line.order.equals("last")),
          // The depths are pooled after the planes, by rows.
          new Known(
              Set.of("nn.functional.max_pool3d"), (test, line, got) -> line.order.equals("last")),
          // Lines are averaged as images of one row, which lie as the lines do.
          new Known(
              Set.of("nn.functional.interpolate"),
              (test, line, got) -> test.variant().equals("area") && line.order.equals("turned")),
          // Evaluation is elementwise where an input does not lie by rows; PyTorch's lies by rows.
          new Known(
              Set.of("nn.functional.batch_norm"),
              (test, line, got) -> Set.of("turned", "reversed").contains(line.order)),
          // The results lie as those of all elementwise functions do, PyTorch's by rows or as its
          // target does.
          new Known(
              Set.of("nn.functional.logsigmoid", "nn.functional.rrelu"),
              (test, line, got) ->
                  test.dtype().equals("f32") && Set.of("turned", "reversed").contains(line.order)),
          new Known(
              Set.of("nn.functional.binary_cross_entropy"),
              (test, line, got) -> line.order.equals("first")));

  private record Line(String name, String order, String places) {
    static Line of(String text) {
      String[] sides = text.split(": ", 2);
      String[] words = sides[0].split(" ", 2);
      return new Line(words[0], words[1], sides[1]);
    }

    /** Whether the first of several results lies where it should. */
    boolean startsAs(String got) {
      return got.split(" ")[0].equals(places.split(" ")[0]);
    }

    /** Whether all but the first of several results lie where they should. */
    boolean endsAs(String got) {
      return got.split(" ", 2)[1].equals(places.split(" ", 2)[1]);
    }
  }

  private static Map<String, TorchCase> cases() {
    Map<String, TorchCase> cases = new HashMap<>();
    for (String family : List.of("unary", "binary", "reduce", "linalg", "nn", "other")) {
      GoldenFile file = GoldenFile.open("opdb_" + family + ".safetensors.gz");
      TorchCase.of(family, file).forEach(test -> cases.put(test.name(), test));
    }
    return cases;
  }

  @Test
  void resultsLieWherePyTorchsDo() {
    Map<String, TorchCase> cases = cases();
    List<String> failures = new ArrayList<>();
    Set<String> known = new TreeSet<>();
    Tally tally = new Tally("places of results");
    for (String text : GoldenFile.lines("places.txt.gz")) {
      Line line = Line.of(text);
      TorchCase test = cases.get(line.name);
      if (TorchCalls.ours(test.op()) == null) {
        tally.skipped("not in the library");
      } else if (TorchCheck.RANDOM.contains(test.op())) {
        tally.skipped("written to in place"); // by PyTorch's entries of these
      } else {
        try (var _ = Scope.open()) {
          String got = places(test, line.order);
          String wanted = line.places;
          tally.ran();
          if (!got.equals(wanted)) {
            if (KNOWN.stream().anyMatch(one -> one.covers(test, line, got))) {
              known.add(test.op());
            } else {
              failures.add(test + " " + line.order + ": " + wanted + ", here " + got);
            }
          }
        } catch (NotThereException e) {
          tally.skipped("a form that is not in the library");
        }
      }
    }
    tally.print();
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
    Set<String> expected = new TreeSet<>();
    KNOWN.forEach(one -> expected.addAll(one.ops));
    assertEquals(expected, known, "what is known to differ");
  }

  private static String places(TorchCase test, String order) {
    List<Tensor> tensors = test.tensors();
    for (int i = 0; i < tensors.size(); i++) {
      tensors.set(i, laid(order, i, tensors.get(i)));
    }
    Chagres.manualSeed(42);
    List<Tensor> results = Results.flat(TorchCalls.call(test.op(), test.arguments(tensors)));
    return results.stream().map(y -> text(y.layout())).collect(Collectors.joining(" "));
  }

  private static int[] memoryOrder(String order, int number, int dims) {
    int[] plain = IntStream.range(0, dims).toArray();
    if (dims < 2 || order.equals("first") && number > 0) {
      return plain;
    }
    return switch (order) {
      case "turned", "first" ->
          IntStream.concat(IntStream.range(0, dims - 2), IntStream.of(dims - 1, dims - 2))
              .toArray();
      case "reversed" -> Arrays.stream(plain).map(i -> dims - 1 - i).toArray();
      case "last" ->
          dims == 2
              ? plain
              : Arrays.stream(plain).map(i -> i == 0 ? 0 : i == dims - 1 ? 1 : i + 1).toArray();
      default -> plain;
    };
  }

  private static Tensor laid(String order, int number, Tensor x) {
    int dims = x.dim();
    if (order.equals("stepped") && dims > 0) {
      long[] wide = x.shape().toArray();
      wide[dims - 1] = 2 * wide[dims - 1] + 1;
      return Tensor.zeros(x.device(), x.dtype(), wide).at("..., 1::2").copy_(x);
    }
    int[] outside = memoryOrder(order, number, dims);
    int[] back = new int[dims];
    for (int i = 0; i < dims; i++) {
      back[outside[i]] = i;
    }
    return x.permute(outside).contiguous().clone().permute(back); // a clone says the strides of 1
  }

  /** Sizes and strides, but of those that say nothing. */
  private static String text(Layout layout) {
    List<String> sizes = new ArrayList<>();
    List<String> strides = new ArrayList<>();
    for (int i = 0; i < layout.dim(); i++) {
      boolean says = layout.size(i) > 1 && layout.numel() > 0;
      sizes.add("" + layout.size(i));
      strides.add(says ? "" + layout.stride(i) : "_");
    }
    return String.join(",", sizes) + "/" + String.join(",", strides);
  }
}
