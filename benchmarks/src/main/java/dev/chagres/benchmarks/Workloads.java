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

  private Workloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    for (int n : new int[] {1, 16, 1000}) {
      all.add(new Workload("add " + n, () -> add(n)));
      all.add(new Workload("add " + n + ", in a scope", 100, () -> scoped(100, add(n))));
      all.add(new Workload("add " + n + ", into out", () -> addOut(n)));
    }
    all.add(new Workload("add 1e6", () -> add(1_000_000)));
    all.add(new Workload("add 1e6, in a scope", () -> scoped(1, add(1_000_000))));
    all.add(new Workload("exp 1e6", () -> exp(1_000_000)));
    all.add(new Workload("exp 1e6, in a scope", () -> scoped(1, exp(1_000_000))));
    all.add(new Workload("sum 1e6", () -> sum(1_000_000)));
    for (int n : new int[] {16, 32, 64, 128, 256, 512, 1024, 2048}) {
      all.add(new Workload("matmul " + n, () -> matmul(n)));
    }
    all.add(new Workload("step: scalar", Workloads::scalar));
    all.add(new Workload("step: scalar, in a scope", () -> scoped(1, scalar())));
    all.add(new Workload("step: line through 80 points", Workloads::line));
    all.add(new Workload("step: line through 80 points, in a scope", () -> scoped(1, line())));
    all.add(new Workload("step: hidden layer 2-5-3", Workloads::hidden));
    all.add(new Workload("step: hidden layer 2-5-3, in a scope", () -> scoped(1, hidden())));
    all.add(new Workload("step: MLP 784-256-128-10, Adam", Workloads::mlp));
    all.add(new Workload("step: MLP 784-256-128-10, Adam, in a scope", () -> scoped(1, mlp())));
    return all;
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

  /** Makes the task of a name. */
  static Supplier<Runnable> find(Workload workload) {
    return workload.prepare();
  }
}
