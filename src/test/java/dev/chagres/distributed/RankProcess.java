package dev.chagres.distributed;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.data.Batch;
import dev.chagres.data.DataLoader;
import dev.chagres.data.TensorDataset;
import dev.chagres.memory.Scope;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Linear;
import dev.chagres.nn.Module;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a rank does that has a process of its own: the program of one, which its environment tells
 * which rank it is, and what the other one calls. It prints what it finds, and what ends it.
 */
final class RankProcess {
  private static final int SAMPLES = 12;

  private RankProcess() {}

  /** The first argument says what is to be done. */
  public static void main(String[] arguments) {
    try (ProcessGroup group = ProcessGroup.init();
        var _ = Scope.open()) {
      switch (arguments[0]) {
        case "collectives" -> collectives(group).forEach(System.out::println);
        case "training" -> System.out.println(Arrays.toString(training(group)));
        case "another shape" -> group.allReduce(on(group, 1, 2, 3));
        case "leaving" -> {
          group.barrier();
          Runtime.getRuntime().halt(0);
        }
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      group.barrier();
    } catch (IllegalStateException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  static Tensor on(ProcessGroup group, double... values) {
    return Tensor.of(values).to(group.device());
  }

  /** Every collective operation, several times and in several dtypes. */
  static List<String> collectives(ProcessGroup group) {
    List<String> found = new ArrayList<>();
    int rank = group.rank();
    int other = 1 - rank;
    for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16, DType.INT64)) {
      Tensor x = on(group, 1 + rank, 2, 3, 4 - rank).to(dtype);
      for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.MAX)) {
        Tensor y = x.clone();
        group.allReduce(y, op);
        found.add(op + " " + dtype + " " + numbers(y));
      }
      Tensor y = x.clone();
      group.broadcast(y, 1);
      found.add("broadcast " + numbers(y));
      found.add("allGather " + numbers(Tensor.cat(group.allGather(x), 0)));
      Tensor z = x.clone();
      group.reduce(z, 0, ReduceOp.SUM);
      Tensor part = group.reduceScatter(x, ReduceOp.SUM);
      // what only one has, both are to print
      group.broadcast(z, 0);
      found.add("reduce " + numbers(z));
      found.add("reduceScatter " + numbers(Tensor.cat(group.allGather(part), 0)));
      Tensor come = x.zerosLike();
      ProcessGroup.together(
          () -> {
            group.send(x, other);
            group.recv(come, other);
          });
      found.add("letters " + numbers(Tensor.cat(group.allGather(come), 0)));
    }
    return found;
  }

  private static String numbers(Tensor x) {
    return Arrays.toString(x.to(DType.FLOAT64).cpu().toDoubleArray());
  }

  static Module net() {
    return new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 3));
  }

  /** The same in all processes. */
  static TensorDataset data() {
    Chagres.manualSeed(5);
    Tensor x = Tensor.randn(SAMPLES, 4);
    return new TensorDataset(x, x.narrow(1, 0, 3).argmax(1));
  }

  /** Returns the mean loss of all ranks at each step; rank 0's parameters are those of all. */
  static double[] training(ProcessGroup group) {
    TensorDataset data = data();
    Chagres.manualSeed(7 + group.rank());
    var model = new DistributedDataParallel(net().to(group.device()), group);
    var sampler = new DistributedSampler(data, group, DistributedSampler.options().sequential());
    var loader = new DataLoader(data, DataLoader.options().batchSize(2).sampler(sampler));
    var optimizer = new SGD(model.parameters(), SGD.options().lr(0.2).momentum(0.9));
    List<Double> curve = new ArrayList<>();
    for (int epoch = 0; epoch < 4; epoch++) {
      for (Batch batch : loader) {
        try (var _ = Scope.open()) {
          optimizer.zeroGrad();
          Tensor scores = model.call(batch.x().to(group.device()));
          Tensor loss = new CrossEntropyLoss().call(scores, batch.y().to(group.device()));
          loss.backward();
          optimizer.step();
          Tensor mean = loss.detach().clone();
          group.allReduce(mean, ReduceOp.AVG);
          curve.add(mean.item());
        }
      }
    }
    return curve.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
