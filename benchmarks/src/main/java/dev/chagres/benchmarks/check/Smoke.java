package dev.chagres.benchmarks.check;

import dev.chagres.Chagres;
import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.benchmarks.side.Worker;
import dev.chagres.core.Device;
import dev.chagres.linalg.Linalg;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/**
 * A workload of each kind on the GPU, beside the same on the CPU. It reads their names and answers
 * as {@code TestWorker} does.
 */
final class Smoke {

  private static final String SOLVE = "solve";
  private static final String DROPOUT = "dropout";
  private static final int STEPS = 3;
  private static final int FRAMES = 12;
  private static final double ROUNDED = 1e-4;
  private static final double IN_HALVES = 2e-2;

  /** What others are made of comes first. */
  static final List<String> NAMES =
      List.of(
          "copy 1000",
          "add 1000",
          "exp 1000",
          "add a row 30x40",
          "copy transposed 30x40",
          "sum 1000",
          "sum rows 30x40",
          "sum columns 30x40",
          "max 1000",
          "argmax 1000",
          "var 1000",
          "to float64 1000",
          "matmul 64",
          "matmul, tf32 64",
          "matmul, bfloat16 64",
          "matmul, float16 64",
          "softmax, forward and backward 30x40",
          "cross entropy, forward and backward 30x40",
          "layer norm, forward and backward 30x40",
          "convolution, forward and backward, features 8, kernel 3, stride 2, images 16x8x9x9",
          "batch norm, forward and backward, images 4x8x9x9",
          "max pool, forward and backward, images 4x8x9x9",
          "attention, forward and backward 1x2x40x64",
          "attention, bfloat16, forward and backward 1x2x40x64",
          "gather 1000",
          "scatter add 1000",
          "index select rows 100x64",
          "sort 1000",
          "topk 1000",
          "cumsum 1000",
          SOLVE,
          DROPOUT,
          "step: scalar",
          "step: MLP, batch 4",
          "step: MLP, captured, batch 4",
          "step: CNN, batch 2",
          "step: ResNet-18, images 64x64, batch 2",
          "step: GPT, layers 1, width 64, tokens 2x40",
          "step: GPT, bfloat16, layers 1, width 64, tokens 2x40",
          "step: Adam alone 10x100",
          "step: SGD alone 10x100");

  private Smoke() {}

  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    var names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      answers.println("begun\t" + name + "\t");
      try {
        compare(name);
        answers.println("passed\t" + name + "\t");
      } catch (Exception | LinkageError | AssertionError | OutOfMemoryError e) {
        answers.println("failed\t" + name + "\t" + escaped(e));
      }
      answers.println("end");
      answers.flush();
    }
  }

  private static String escaped(Throwable e) {
    var text = new StringBuilder();
    for (Throwable each = e; each != null; each = each.getCause()) {
      text.append(each == e ? "" : "caused by ").append(each).append('\n');
      for (StackTraceElement frame :
          List.of(each.getStackTrace()).stream().limit(FRAMES).toList()) {
        text.append("    at ").append(frame).append('\n');
      }
    }
    return text.toString()
        .replace("\r", "")
        .replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n");
  }

  private static void compare(String name) {
    double[] expected = on(Device.cpu(), name);
    double[] found = on(Device.cuda(0), name);
    double tolerance =
        name.contains("float16") || name.contains("tf32") ? IN_HALVES : ROUNDED * STEPS;
    check(name, expected, found, tolerance);
  }

  /**
   * Compares what two devices computed.
   *
   * @param tolerance a part of the greatest number
   * @throws AssertionError if they differ, or there is something that is no number
   */
  static void check(String name, double[] expected, double[] found, double tolerance) {
    if (expected.length != found.length) {
      throw new AssertionError(
          "%s: %d elements, not %d".formatted(name, found.length, expected.length));
    }
    double greatest = 1e-3;
    for (double each : expected) {
      greatest = Math.max(greatest, Math.abs(each));
    }
    for (int i = 0; i < found.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= tolerance * greatest)) {
        throw new AssertionError(
            "%s: element %d is %s, on the CPU %s".formatted(name, i, found[i], expected[i]));
      }
    }
  }

  private static double[] on(Device device, String name) {
    DefaultDevice.set(device);
    Chagres.manualSeed(1);
    Task<Tensor> task =
        switch (name) {
          case SOLVE -> task(Smoke::solve);
          case DROPOUT -> task(Smoke::dropout);
          default -> new Worker().task(name).orElseThrow();
        };
    Tensor result = task.run();
    if (name.startsWith(Service.STEP)) {
      for (int i = 1; i < STEPS; i++) {
        try (var _ = Scope.open()) {
          task.run();
        }
      }
      result = task.run();
    }
    return result.detach().to(Device.cpu()).reshape(-1).toDoubleArray();
  }

  private static Task<Tensor> task(Supplier<Tensor> made) {
    return made::get;
  }

  /** Through a factorisation. */
  private static Tensor solve() {
    var a = Tensor.eye(24).mul(4).add(Tensor.arange(24 * 24).reshape(24, 24).sin());
    return Linalg.solve(a, Tensor.arange(48).reshape(24, 2).cos());
  }

  /**
   * Random numbers differ by device: what is left is rounded to tenths, and what it is, is kept.
   */
  private static Tensor dropout() {
    var y = Functional.dropout(Tensor.ones(100_000), 0.5);
    return Tensor.stack(List.of(y.mean().mul(10).round(), y.max(), y.min()));
  }
}
