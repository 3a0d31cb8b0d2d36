package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.OnCuda;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples on a GPU: they print what they print on the CPU. */
@OnCuda
class CudaExamplesTest extends ExamplesTest {
  @Override
  String device() {
    return "cuda";
  }

  /** From its source each has run on the CPU. */
  @Override
  boolean isFromSource(String name) {
    return false;
  }

  /** A line says where a program runs, and nothing falls back to the CPU. */
  @Override
  @Test
  void tensorTour() throws Exception {
    super.tensorTour();
    assertTrue(run("TensorTour").contains("on cuda:0"));
  }

  /** Two epochs, where the test on the CPU has all of them. */
  @Override
  @Test
  void digitsWithLinearLayers() throws Exception {
    checkEpochs("mlp", 2);
  }

  @Override
  @Test
  void digitsWithConvolutions() throws Exception {
    checkEpochs("cnn", 1);
  }

  @Override
  @Test
  void gptLearnsAsInPyTorch() throws Exception {
    checkGpt("0.0", 5);
  }

  /** Dropout draws other numbers on a GPU, so it is only seen to run, in 16 bits. */
  @Override
  @Test
  void gptDropsOutAsInPyTorch() throws Exception {
    List<String> lines =
        gpt("--steps", "2", "--log", "1", "--dropout", "0.1", "--dtype", "bfloat16");
    double expected = numbers(gptLine("dropout 0.1 step 1 loss "))[2];
    assertEquals(expected, after(lines, "step 1 loss ")[0], 0.02 * expected);
  }

  // What is refused before a GPU is used is seen on the CPU; each takes a process of its own.

  @Override
  void gptSaysWhatIsWrongWithItsOptions() {}

  @Override
  void gptSaysWhatIsWrongWithItsFiles() {}

  @Override
  void gptSaysWhatIsWrongWithItsTexts() {}

  @Override
  void gptSaysWhyItCannotSave() {}

  private void checkEpochs(String model, int epochs) throws Exception {
    List<String> lines = run("Digits", "--model", model, "--epochs", "" + epochs);
    assertTrue(lines.contains("on cuda:0"), lines::toString);
    for (String line :
        Files.readAllLines(Path.of("src", "test", "resources", "golden", "digits.txt"))) {
      if (line.startsWith(model + " epoch ") && numbers(line)[0] <= epochs) {
        double[] expected = numbers(line);
        double loss = after(lines, "epoch " + (int) expected[0] + " loss ")[0];
        assertEquals(expected[1], loss, 2e-5 * expected[1] + 1e-6, line);
      }
    }
  }
}
