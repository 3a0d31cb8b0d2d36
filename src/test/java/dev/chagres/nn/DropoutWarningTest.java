package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of a program with dropout between layers of which there is one, as a user sees it. */
class DropoutWarningTest {
  @Test
  void dropoutOfOneLayerIsWarnedOf(@TempDir Path folder) throws Exception {
    List<String> lines =
        Programs.runSource(
            folder,
            """
            import module dev.chagres;

            void main() {
              new LSTM(4, 6, LSTM.options().dropout(0.5).numLayers(2));
              new GRU(4, 6, GRU.options().dropout(0.5));
            }
            """);
    assertEquals(
        List.of("GRU: a dropout of 0.5 is between layers, and there is one"),
        lines.stream()
            .filter(line -> line.contains("dropout"))
            .map(line -> line.replaceFirst(".*?(?=\\w+: a)", ""))
            .toList(),
        lines::toString);
  }
}
