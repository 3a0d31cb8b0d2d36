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
import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import java.io.IOException;

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

  private static final Operands<NDArray> WITH = new Operands<>(Peer::signed, Peer::positive);

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

  private static void arrays(Recipes<NDArray> recipes) {
    recipes
        .add("add", WITH.two(NDArray::add))
        .add("mul", WITH.two(NDArray::mul))
        .add("exp", WITH.one(NDArray::exp))
        .add("log", WITH.onePositive(NDArray::log))
        .add("tanh", WITH.one(NDArray::tanh))
        .add("gelu", WITH.one(x -> x.getNDArrayInternal().gelu()))
        .add("erf", WITH.one(NDArray::erf))
        .add("sin", WITH.one(NDArray::sin))
        .add("relu", WITH.one(x -> x.getNDArrayInternal().relu()))
        .add("copy", WITH.one(NDArray::duplicate))
        .add("add a row", WITH.withRow(NDArray::add))
        .add("sum", WITH.onePositive(NDArray::sum))
        .add("sum rows", WITH.one(x -> x.sum(new int[] {1})))
        .add("sum columns", WITH.one(x -> x.sum(new int[] {0})))
        .add("softmax", WITH.one(x -> x.softmax(1)))
        .add("log softmax", WITH.one(x -> x.logSoftmax(1)))
        .add(
            "cross entropy",
            s -> {
              var x = signed(1, s);
              var classes = below(2, s[1], s[0]);
              var loss = Loss.softmaxCrossEntropyLoss();
              return () -> loss.evaluate(new NDList(classes), new NDList(x));
            })
        .add("sort", WITH.one(NDArray::sort))
        .add("cumsum", WITH.one(x -> x.cumSum(0)))
        .add("chain: (a + b) * c - d", WITH.four((a, b, c, d) -> a.add(b).mul(c).sub(d)))
        .add("chain: exp(-(a - b)^2 / 2)", WITH.two((a, b) -> a.sub(b).square().mul(-0.5f).exp()))
        .add("matmul", WITH.product(NDArray::matMul))
        .add("batched matmul", WITH.batchedProduct(NDArray::matMul));
  }
}
