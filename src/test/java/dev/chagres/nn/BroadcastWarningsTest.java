package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of a program whose losses broadcast their targets, as a user sees it. */
class BroadcastWarningsTest {
  @Test
  void eachPairOfShapesIsWarnedOfOnce(@TempDir Path folder) throws Exception {
    List<String> lines =
        Programs.runSource(
            folder,
            """
            import module dev.chagres;

            void main() {
              Tensor row = Tensor.ones(3);
              Tensor column = Tensor.ones(3, 1);
              for (int step = 0; step < 5; step++) {
                Functional.mseLoss(row, row);
                Functional.mseLoss(row, column);
                Functional.mseLoss(column, row);
                Functional.l1Loss(row, column);
              }
              try {
                Functional.l1Loss(row, Tensor.ones(4));
              } catch (IllegalArgumentException e) {
                IO.println(e.getMessage());
              }
              for (int n = 4; n < 300; n++) {
                Functional.mseLoss(Tensor.ones(n), Tensor.ones(n, 1));
              }
            }
            """);
    List<String> warnings =
        lines.stream()
            .filter(line -> line.contains("broadcast, which"))
            .map(line -> line.replaceFirst(".*?(?=\\w+Loss: )", ""))
            .toList();
    assertTrue(
        lines.contains(
            "l1Loss: the target has shape (4,), the input (3,); they should be equal, and do not"
                + " broadcast"),
        lines::toString);
    assertTrue(warnings.stream().noneMatch(line -> line.contains("(4,), the input (3,)")));
    String rest = "; they are broadcast, which is rarely what is meant";
    assertEquals(
        List.of(
            "mseLoss: the target has shape (3, 1), the input (3,)" + rest,
            "mseLoss: the target has shape (3,), the input (3, 1)" + rest,
            "l1Loss: the target has shape (3, 1), the input (3,)" + rest,
            "mseLoss: the target has shape (4, 1), the input (4,)" + rest),
        warnings.subList(0, 4));
    assertEquals(BroadcastWarnings.MOST, warnings.size());
  }
}
