package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Jars;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import java.io.IOException;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.ResetPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The side of ND4J: arrays alone, as it has no tape of its own. */
public final class Peer extends Service<INDArray> {

  private static final WorkspaceConfiguration WORKSPACE =
      WorkspaceConfiguration.builder()
          .initialSize(0)
          .policyLearning(LearningPolicy.FIRST_LOOP)
          .policyReset(ResetPolicy.BLOCK_LEFT)
          .policySpill(SpillPolicy.EXTERNAL)
          .build();

  private Peer() {
    super(all());
  }

  /** Its threads are those that OMP_NUM_THREADS says. */
  public static void main(String[] args) throws IOException {
    new Peer().serve();
  }

  @Override
  protected String version() {
    return "ND4J " + Jars.version("nd4j-api") + " (arrays alone, in a workspace)";
  }

  @Override
  protected void scoped(Runnable calls) {
    try (var _ = Nd4j.getWorkspaceManager().getAndActivateWorkspace(WORKSPACE, "CALLS")) {
      calls.run();
    }
  }

  @Override
  protected long count(INDArray result) {
    return result.length();
  }

  @Override
  protected double[] take(INDArray result, long[] positions) {
    double[] taken = new double[positions.length];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = result.getDouble(positions[i]);
    }
    return taken;
  }

  private static INDArray signed(int seed, long... shape) {
    return Nd4j.create(Data.signed(seed, (int) Data.count(shape)), shape, 'c');
  }

  private static INDArray positive(int seed, long... shape) {
    return Nd4j.create(Data.positive(seed, (int) Data.count(shape)), shape, 'c');
  }

  private static Recipe<INDArray> one(UnaryOperator<INDArray> operation) {
    return shape -> {
      var x = signed(1, shape);
      return () -> operation.apply(x);
    };
  }

  private static Recipe<INDArray> onePositive(UnaryOperator<INDArray> operation) {
    return shape -> {
      var x = positive(1, shape);
      return () -> operation.apply(x);
    };
  }

  private static Recipe<INDArray> two(BinaryOperator<INDArray> operation) {
    return shape -> {
      var x = signed(1, shape);
      var y = signed(2, shape);
      return () -> operation.apply(x, y);
    };
  }

  private static Recipes<INDArray> all() {
    return new Recipes<INDArray>()
        .add("add", two(INDArray::add))
        .add(
            "add, into out",
            shape -> {
              var x = signed(1, shape);
              var y = signed(2, shape);
              var out = signed(3, shape);
              return () -> x.add(y, out);
            })
        .add("mul", two(INDArray::mul))
        .add("exp", one(Transforms::exp))
        .add("log", onePositive(Transforms::log))
        .add("tanh", one(Transforms::tanh))
        .add("sin", one(Transforms::sin))
        .add("relu", one(Transforms::relu))
        .add("copy", one(INDArray::dup))
        .add("copy transposed", one(x -> x.transpose().dup('c')))
        .add("sum", onePositive(INDArray::sum))
        .add("sum rows", one(x -> x.sum(1)))
        .add("sum columns", one(x -> x.sum(0)))
        .add("softmax", one(x -> Transforms.softmax(x, true)))
        .add(
            "chain: (a + b) * c - d",
            shape -> {
              var a = signed(1, shape);
              var b = signed(2, shape);
              var c = signed(3, shape);
              var d = signed(4, shape);
              return () -> a.add(b).mul(c).sub(d);
            })
        .add(
            "matmul",
            s -> {
              var a = s.length == 1 ? signed(1, s[0], s[0]) : signed(1, s[0], s[1]);
              var b = s.length == 1 ? signed(2, s[0], s[0]) : signed(2, s[1], s[2]);
              return () -> a.mmul(b);
            })
        .add(
            "batched matmul",
            s -> {
              var a = signed(1, s[0], s[1], s[2]);
              var b = signed(2, s[0], s[2], s[3]);
              return () -> Nd4j.matmul(a, b);
            });
  }
}
