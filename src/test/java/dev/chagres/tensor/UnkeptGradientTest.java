package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of a program that asks a computed tensor for its gradient. */
class UnkeptGradientTest {
  private static List<String> warnings(Path folder, String body) throws Exception {
    return Programs.runSource(
            folder,
            """
            import module dev.chagres;

            void main() {
              var x = Tensor.ones(2).requiresGrad_();
              var y = x.mul(2);
            %s}
            """
                .formatted(body))
        .stream()
        .filter(line -> line.contains("grad: "))
        .toList();
  }

  @Test
  void aComputedTensorIsWarnedOfOnce(@TempDir Path folder) throws Exception {
    List<String> lines =
        warnings(folder, "  y.sum().backward();\n  y.grad();\n  x.mul(3).grad();\n");
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.getFirst().contains("call retainGrad() on it before backward()"));
  }

  @Test
  void whatHasOrMayHaveAGradientIsNot(@TempDir Path folder) throws Exception {
    assertEquals(
        List.of(),
        warnings(
            folder,
            "  x.grad();\n  y.retainGrad().grad();\n  y.detach().grad();\n"
                + "  y.sum().backward();\n  y.grad();\n  Tensor.ones(1).grad();\n"));
  }
}
