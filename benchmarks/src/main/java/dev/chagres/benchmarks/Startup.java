package dev.chagres.benchmarks;

import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** From the start of a process to its end, with one addition and one product between. */
final class Startup {

  static final String NAME = "start, add, matmul, end";

  private Startup() {}

  public static void main(String[] args) {
    var x = Tensor.ones(2, 2);
    System.out.println(x.add(x).matmul(x));
  }

  /**
   * Returns the nanoseconds of whole processes, by side and round; NaN for sides that are not
   * measured.
   */
  static double[][] measure(List<Side> sides, int rounds) throws IOException, InterruptedException {
    double[][] found = new double[sides.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int side = 0; side < found.length; side++) {
        found[side][round] = once(sides.get(side).name);
      }
    }
    return found;
  }

  private static double once(String side) throws IOException, InterruptedException {
    List<String> command =
        switch (side) {
          case "Chagres" -> Commands.java(Startup.class);
          case "torch" ->
              Commands.python("-c", "import torch; x = torch.ones(2, 2); print((x + x) @ x)");
          case "numpy" ->
              Commands.python(
                  "-c", "import numpy as np; x = np.ones((2, 2), np.float32); print((x + x) @ x)");
          default -> List.of();
        };
    if (command.isEmpty()) {
      return Double.NaN;
    }
    double[] times = new double[3];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      int status =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      times[i] = System.nanoTime() - start;
      if (status != 0) {
        throw new IOException(side + " ended with " + status);
      }
    }
    return Arrays.stream(times).min().getAsDouble();
  }
}
