package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Trains a small network for {@value #STEPS} steps, with a scope around each step and without any,
 * in processes of their own, and compares the memory that the process holds early and at the end.
 */
class FlatMemoryTest {
  private static final int STEPS = 200_000;

  /** By then all is compiled, and the collector has found its rhythm. */
  private static final int WARM = STEPS / 2;

  /** What compilers and collectors differ by; losing 170 bytes a step is more. */
  private static final long SLACK_KIB = 16 << 10;

  /** What the processes run; it prints KiB early, KiB at the end, peak KiB, losses and seconds. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws IOException {
      Chagres.manualSeed(0);
      Chagres.setNumThreads(1);
      var model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 1));
      var optimizer = new SGD(model.parameters(), SGD.options().lr(0.01));
      var generator = new Generator(1);
      Tensor x = generator.randn(DType.FLOAT32, 16, 4);
      Tensor y = x.sum(1).unsqueeze(1);
      boolean scoped = arguments[0].equals("scope");
      long start = System.nanoTime();
      double first = step(model, optimizer, x, y);
      double last = first;
      long early = 0;
      long peak = 0;
      for (int i = 1; i < STEPS; i++) {
        if (scoped) {
          try (Scope _ = Scope.open()) {
            last = step(model, optimizer, x, y);
          }
        } else {
          last = step(model, optimizer, x, y);
        }
        if (i >= WARM && i % 1000 == 0) {
          long now = residentKib();
          peak = Math.max(peak, now);
          early = early == 0 ? now : early;
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.println(
          early
              + " "
              + residentKib()
              + " "
              + peak
              + " "
              + first
              + " "
              + last
              + " "
              + seconds
              + " "
              + Memory.stats().liveBytes());
    }

    private static double step(Sequential model, SGD optimizer, Tensor x, Tensor y) {
      optimizer.zeroGrad();
      Tensor loss = Functional.mseLoss(model.call(x), y);
      loss.backward();
      optimizer.step();
      return loss.item();
    }

    /** The second number of statm: resident pages of 4 KiB. */
    private static long residentKib() throws IOException {
      return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4;
    }
  }

  @Test
  void aLoopWithoutAScopeIsFlat() throws Exception {
    check("without a scope", "none");
  }

  @Test
  void aLoopWithAScopeIsFlat() throws Exception {
    check("with a scope", "scope");
  }

  private static void check(String name, String argument) throws Exception {
    Assumptions.assumeTrue(
        Files.isReadable(Path.of("/proc/self/statm")), "resident memory is read from /proc");
    String[] words = run(argument).split(" ");
    long early = Long.parseLong(words[0]);
    long end = Long.parseLong(words[1]);
    long peak = Long.parseLong(words[2]);
    double first = Double.parseDouble(words[3]);
    double last = Double.parseDouble(words[4]);
    System.out.printf(
        "%,d steps %s: %.1f MiB resident after %,d steps, %.1f MiB at the end, %.1f MiB at most;"
            + " %.1f us a step%n",
        STEPS,
        name,
        early / 1024.0,
        WARM,
        end / 1024.0,
        peak / 1024.0,
        Double.parseDouble(words[5]) / STEPS * 1e6);
    assertTrue(last < first / 10, "it learns: " + first + ", " + last);
    assertTrue(end - early < SLACK_KIB, early + " KiB, then " + end);
    assertTrue(peak - early < 2 * SLACK_KIB, early + " KiB, at most " + peak);
  }

  private static String run(String argument) throws Exception {
    return Programs.run(
            "java",
            "-Xms64m", // its heap is there
            "-Xmx64m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "@" + Programs.OPTIONS,
            "--patch-module=dev.chagres=" + Programs.testClasses(),
            "--module=dev.chagres/" + Program.class.getName(),
            argument)
        .getLast();
  }
}
