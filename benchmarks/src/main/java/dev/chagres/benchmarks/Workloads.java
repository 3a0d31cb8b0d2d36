package dev.chagres.benchmarks;

import static dev.chagres.core.DType.FLOAT32;

import dev.chagres.memory.Scope;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Linear;
import dev.chagres.nn.MSELoss;
import dev.chagres.nn.Module;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.Adam;
import dev.chagres.optim.Optimizer;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What is timed on the side of Chagres; python/twins.py holds the same under the same names. */
final class Workloads {

  /** Ends the names of workloads whose results are left to the garbage collector. */
  static final String COLLECTED = ", left to the collector";

  private Workloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    for (int n : new int[] {1, 16, 1000}) {
      both(all, "add " + n, 100, () -> add(n));
      all.add(new Workload("add " + n + ", into out", () -> addOut(n)));
    }
    both(all, "add 1e6", 1, () -> add(1_000_000));
    both(all, "exp 1e6", 1, () -> exp(1_000_000));
    both(all, "sum 1e6", 1, () -> sum(1_000_000));
    for (int n : new int[] {16, 32, 64, 128, 256, 512, 1024, 2048}) {
      int times = n < 128 ? 100 : 1;
      all.add(new Workload("matmul " + n, times, () -> scoped(times, matmul(n))));
    }
    both(all, "step: scalar", 1, Workloads::scalar);
    both(all, "step: line through 80 points", 1, Workloads::line);
    both(all, "step: hidden layer 2-5-3", 1, Workloads::hidden);
    both(all, "step: MLP 784-256-128-10, Adam", 1, Workloads::mlp);
    return all;
  }

  /**
   * Adds a workload whose results end with a scope, and the same with the collector to find them.
   */
  private static void both(List<Workload> all, String name, int times, Supplier<Runnable> task) {
    all.add(new Workload(name, times, () -> scoped(times, task.get())));
    all.add(new Workload(name + COLLECTED, task));
  }

  private static Runnable scoped(int times, Runnable task) {
    return () -> {
      try (var _ = Scope.open()) {
        for (int i = 0; i < times; i++) {
          task.run();
        }
      }
    };
  }

  private static Runnable add(int n) {
    var a = Tensor.rand(n);
    var b = Tensor.rand(n);
    return () -> a.add(b);
  }

  private static Runnable addOut(int n) {
    var a = Tensor.rand(n);
    var b = Tensor.rand(n);
    var out = Tensor.empty(n);
    return () -> Out.add(a, b, out);
  }

  private static Runnable exp(int n) {
    var a = Tensor.rand(n);
    return a::exp;
  }

  private static Runnable sum(int n) {
    var a = Tensor.rand(n);
    return a::sum;
  }

  private static Runnable matmul(int n) {
    var a = Tensor.rand(n, n);
    var b = Tensor.rand(n, n);
    return () -> a.matmul(b);
  }

  /** One of three points, w by hand: the first of the tutorials that the library came from. */
  private static Runnable scalar() {
    var x = Tensor.of(new float[] {1});
    var y = Tensor.of(new float[] {2});
    var w = Tensor.of(new float[] {1}).requiresGrad_();
    return () -> {
      var loss = w.mul(x).sub(y).pow(2).sum();
      loss.backward();
      try (var _ = Autograd.noGrad()) {
        w.sub_(w.grad().mul(0.01));
      }
      w.grad().zero_();
    };
  }

  private static Runnable line() {
    var x = Tensor.rand(80, 1);
    var y = x.mul(2).add(1);
    return step(new Linear(1, 1), m -> new SGD(m.parameters(), SGD.options().lr(0.1)), loss(x, y));
  }

  private static Runnable hidden() {
    var x = Tensor.of(new float[][] {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {0, 0}, {0, 1}});
    var y = Tensor.of(new long[] {0, 1, 2, 0, 0, 2});
    var model = new Sequential(new Linear(2, 5), new ReLU(), new Linear(5, 3));
    var criterion = new CrossEntropyLoss();
    return step(
        model,
        m -> new SGD(m.parameters(), SGD.options().lr(0.01)),
        m -> criterion.call(m.call(x), y));
  }

  private static Runnable mlp() {
    var x = Tensor.rand(FLOAT32, 64, 784);
    var y = Tensor.randint(0, 10, 64);
    var model =
        new Sequential(
            new Linear(784, 256),
            new ReLU(),
            new Linear(256, 128),
            new ReLU(),
            new Linear(128, 10));
    var criterion = new CrossEntropyLoss();
    return step(
        model,
        m -> new Adam(m.parameters(), Adam.options().lr(1e-3)),
        m -> criterion.call(m.call(x), y));
  }

  private interface Loss {
    Tensor of(Module model);
  }

  private interface Rule {
    Optimizer of(Module model);
  }

  private static Loss loss(Tensor x, Tensor y) {
    var criterion = new MSELoss();
    return m -> criterion.call(m.call(x), y);
  }

  private static Runnable step(Module model, Rule rule, Loss loss) {
    var optimizer = rule.of(model);
    return () -> {
      optimizer.zeroGrad();
      loss.of(model).backward();
      optimizer.step();
    };
  }
}
