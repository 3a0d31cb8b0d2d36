package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Jars;
import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import java.io.IOException;
import java.nio.DoubleBuffer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The side of PyTorch as JavaCPP binds it. */
public final class Peer extends Service<Tensor> {

  private static final Operands<Tensor> WITH = new Operands<>(Peer::signed, Peer::positive);

  private Peer() {
    super(all());
  }

  public static void main(String[] args) throws IOException {
    torch.set_num_threads(Integer.parseInt(args[0]));
    new Peer().serve();
  }

  private static Recipes<Tensor> all() {
    var recipes = new Recipes<Tensor>();
    arrays(recipes);
    Training.in(recipes);
    return recipes;
  }

  @Override
  protected String version() {
    return "JavaCPP's PyTorch "
        + Jars.version("pytorch")
        + " ("
        + torch.get_cpu_capability().getString()
        + ")";
  }

  @Override
  protected void scoped(Runnable calls) {
    try (var _ = new PointerScope()) {
      calls.run();
    }
  }

  @Override
  protected long count(Tensor result) {
    return result.numel();
  }

  @Override
  protected double[] take(Tensor result, long[] positions) {
    var taken =
        result
            .detach()
            .reshape(-1)
            .index_select(0, Tensor.create(positions))
            .to(torch.ScalarType.Double);
    double[] values = new double[positions.length];
    taken.<DoubleBuffer>createBuffer().get(values);
    return values;
  }

  static Tensor signed(int seed, long... shape) {
    return Tensor.create(Data.signed(seed, (int) Data.count(shape)), shape);
  }

  static Tensor positive(int seed, long... shape) {
    return Tensor.create(Data.positive(seed, (int) Data.count(shape)), shape);
  }

  static Tensor below(int seed, long bound, long... shape) {
    return Tensor.create(Data.below(seed, (int) Data.count(shape), bound), shape);
  }

  private static void arrays(Recipes<Tensor> recipes) {
    recipes
        .add("add", WITH.two(Tensor::add))
        .add("add, into out", WITH.intoOut((x, y, out) -> torch.add_out(out, x, y)))
        .add("mul", WITH.two(Tensor::mul))
        .add("exp", WITH.one(Tensor::exp))
        .add("log", WITH.onePositive(Tensor::log))
        .add("tanh", WITH.one(Tensor::tanh))
        .add("gelu", WITH.one(torch::gelu))
        .add("erf", WITH.one(torch::erf))
        .add("sin", WITH.one(Tensor::sin))
        .add("relu", WITH.one(Tensor::relu))
        .add("copy", WITH.one(Tensor::clone))
        .add("copy transposed", WITH.one(x -> x.t().contiguous()))
        .add("add a row", WITH.withRow(Tensor::add))
        .add("sum", WITH.onePositive(Tensor::sum))
        .add("sum rows", WITH.one(x -> x.sum(1)))
        .add("sum columns", WITH.one(x -> x.sum(0)))
        .add("softmax", WITH.one(x -> x.softmax(1)))
        .add("log softmax", WITH.one(x -> x.log_softmax(1)))
        .add(
            "layer norm",
            s -> {
              var x = signed(1, s);
              var weight = positive(3, s[1]);
              var bias = signed(4, s[1]);
              return () ->
                  torch.layer_norm(
                      x,
                      new long[] {s[1]},
                      new TensorOptional(weight),
                      new TensorOptional(bias),
                      1e-5,
                      true);
            })
        .add(
            "cross entropy",
            s -> {
              var x = signed(1, s);
              var classes = below(2, s[1], s[0]);
              return () -> torch.cross_entropy_loss(x, classes);
            })
        .add("sort", WITH.one(x -> x.sort().get0()))
        .add("cumsum", WITH.one(x -> x.cumsum(0)))
        .add("chain: (a + b) * c - d", WITH.four((a, b, c, d) -> a.add(b).mul(c).sub(d)))
        .add(
            "chain: exp(-(a - b)^2 / 2)",
            WITH.two((a, b) -> a.sub(b).square().mul(new Scalar(-0.5)).exp()))
        .add("matmul", WITH.product(Tensor::matmul))
        .add("batched matmul", WITH.batchedProduct(Tensor::matmul));
  }
}
