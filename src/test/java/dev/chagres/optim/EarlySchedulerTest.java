package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of a program that steps a scheduler before its optimizer. */
class EarlySchedulerTest {
  private static List<String> warnings(Path folder, String body) throws Exception {
    return Programs.runSource(
            folder,
            """
            import module dev.chagres;

            void main() {
              var model = new Linear(2, 2);
              var optimizer = new SGD(model.parameters());
              var scheduler = new StepLR(optimizer, 2);
            %s}
            """
                .formatted(body))
        .stream()
        .filter(line -> line.contains("step() before"))
        .map(line -> line.replaceFirst(".*?(?=\\w+: step)", ""))
        .toList();
  }

  @Test
  void aStepBeforeTheOptimizersIsWarnedOfOnce(@TempDir Path folder) throws Exception {
    assertEquals(
        List.of(
            "StepLR: step() before the first step() of its SGD, which so never has the first"
                + " learning rate; call optimizer.step() first"),
        warnings(
            folder,
            """
              scheduler.step();
              new ExponentialLR(optimizer, 0.5).step();
            """));
  }

  @Test
  void oneAfterItOrAfterItsStateWasLoadedIsNot(@TempDir Path folder) throws Exception {
    assertEquals(
        List.of(),
        warnings(
            folder,
            """
              var saved = optimizer.stateDict();
              optimizer.step();
              scheduler.step();
              var again = new SGD(model.parameters());
              var warm = new LinearLR(again);
              var both = new SequentialLR(List.of(warm, new StepLR(again, 2)), List.of(2));
              again.loadStateDict(saved);
              both.step();
            """));
  }
}
