package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Jars;
import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import java.io.IOException;
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

  private static final Operands<INDArray> WITH = new Operands<>(Peer::signed, Peer::positive);

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

  private static Recipes<INDArray> all() {
    return new Recipes<INDArray>()
        .add("add", WITH.two(INDArray::add))
        .add("add, into out", WITH.intoOut((x, y, out) -> x.add(y, out)))
        .add("mul", WITH.two(INDArray::mul))
        .add("exp", WITH.one(Transforms::exp))
        .add("log", WITH.onePositive(Transforms::log))
        .add("tanh", WITH.one(Transforms::tanh))
        .add("sin", WITH.one(Transforms::sin))
        .add("relu", WITH.one(Transforms::relu))
        .add("copy", WITH.one(INDArray::dup))
        .add("copy transposed", WITH.one(x -> x.transpose().dup('c')))
        .add("sum", WITH.onePositive(INDArray::sum))
        .add("sum rows", WITH.one(x -> x.sum(1)))
        .add("sum columns", WITH.one(x -> x.sum(0)))
        .add("softmax", WITH.one(x -> Transforms.softmax(x, true)))
        .add("chain: (a + b) * c - d", WITH.four((a, b, c, d) -> a.add(b).mul(c).sub(d)))
        .add("matmul", WITH.product(INDArray::mmul))
        .add("batched matmul", WITH.batchedProduct(Nd4j::matmul));
  }
}
