package dev.chagres.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Jars;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import java.io.IOException;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** The side of DJL with its PyTorch engine, whose native libraries come from Maven too. */
public final class Peer extends Service<NDArray> {

  /** Owns what a workload works on; what it makes belongs to a scope. */
  static final NDManager DATA;

  static {
    // Nothing is fetched or reported at run time.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    DATA = NDManager.newBaseManager();
  }

  private Peer() {
    super(all());
  }

  public static void main(String[] args) throws IOException {
    System.setProperty("ai.djl.pytorch.num_threads", args[0]);
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    new Peer().serve();
  }

  private static Recipes<NDArray> all() {
    var recipes = new Recipes<NDArray>();
    arrays(recipes);
    Training.in(recipes);
    return recipes;
  }

  @Override
  protected String version() {
    return "DJL " + Jars.version("api") + ", PyTorch " + Engine.getInstance().getVersion();
  }

  @Override
  protected void scoped(Runnable calls) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      calls.run();
    }
  }

  /** Steps have scopes of their own. */
  @Override
  protected void scopedStep(Runnable step) {
    step.run();
  }

  @Override
  protected long count(NDArray result) {
    return result.size();
  }

  @Override
  protected double[] take(NDArray result, long[] positions) {
    float[] all = result.toType(DataType.FLOAT32, false).toFloatArray();
    double[] taken = new double[positions.length];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = all[(int) positions[i]];
    }
    return taken;
  }

  static NDArray signed(int seed, long... shape) {
    return DATA.create(Data.signed(seed, (int) Data.count(shape)), new Shape(shape));
  }

  static NDArray positive(int seed, long... shape) {
    return DATA.create(Data.positive(seed, (int) Data.count(shape)), new Shape(shape));
  }

  static NDArray below(int seed, long bound, long... shape) {
    return DATA.create(Data.below(seed, (int) Data.count(shape), bound), new Shape(shape));
  }

  private static Recipe<NDArray> one(UnaryOperator<NDArray> operation) {
    return shape -> {
      var x = signed(1, shape);
      return () -> operation.apply(x);
    };
  }

  private static Recipe<NDArray> onePositive(UnaryOperator<NDArray> operation) {
    return shape -> {
      var x = positive(1, shape);
      return () -> operation.apply(x);
    };
  }

  private static Recipe<NDArray> two(BinaryOperator<NDArray> operation) {
    return shape -> {
      var x = signed(1, shape);
      var y = signed(2, shape);
      return () -> operation.apply(x, y);
    };
  }

  private static void arrays(Recipes<NDArray> recipes) {
    recipes
        .add("add", two(NDArray::add))
        .add("mul", two(NDArray::mul))
        .add("exp", one(NDArray::exp))
        .add("log", onePositive(NDArray::log))
        .add("tanh", one(NDArray::tanh))
        .add("gelu", one(x -> x.getNDArrayInternal().gelu()))
        .add("erf", one(NDArray::erf))
        .add("sin", one(NDArray::sin))
        .add("relu", one(x -> x.getNDArrayInternal().relu()))
        .add("copy", one(NDArray::duplicate))
        .add(
            "add a row",
            s -> {
              var x = signed(1, s);
              var y = signed(2, s[1]);
              return () -> x.add(y);
            })
        .add("sum", onePositive(NDArray::sum))
        .add("sum rows", one(x -> x.sum(new int[] {1})))
        .add("sum columns", one(x -> x.sum(new int[] {0})))
        .add("softmax", one(x -> x.softmax(1)))
        .add("log softmax", one(x -> x.logSoftmax(1)))
        .add(
            "cross entropy",
            s -> {
              var x = signed(1, s);
              var classes = below(2, s[1], s[0]);
              var loss = Loss.softmaxCrossEntropyLoss();
              return () -> loss.evaluate(new NDList(classes), new NDList(x));
            })
        .add("sort", one(NDArray::sort))
        .add("cumsum", one(x -> x.cumSum(0)))
        .add(
            "chain: (a + b) * c - d",
            shape -> {
              var a = signed(1, shape);
              var b = signed(2, shape);
              var c = signed(3, shape);
              var d = signed(4, shape);
              return () -> a.add(b).mul(c).sub(d);
            })
        .add("chain: exp(-(a - b)^2 / 2)", two((a, b) -> a.sub(b).square().mul(-0.5f).exp()))
        .add(
            "matmul",
            s -> {
              var a = s.length == 1 ? signed(1, s[0], s[0]) : signed(1, s[0], s[1]);
              var b = s.length == 1 ? signed(2, s[0], s[0]) : signed(2, s[1], s[2]);
              return () -> a.matMul(b);
            })
        .add(
            "batched matmul",
            s -> {
              var a = signed(1, s[0], s[1], s[2]);
              var b = signed(2, s[0], s[2], s[3]);
              return () -> a.matMul(b);
            });
  }
}
