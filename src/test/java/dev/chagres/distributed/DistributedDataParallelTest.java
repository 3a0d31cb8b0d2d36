package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
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
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Two ranks with a module each learn what one with the whole batch does. */
@OnCuda(devices = 2)
class DistributedDataParallelTest {
  private static final List<Device> DEVICES = ProcessGroupTest.DEVICES;

  private static Module net() {
    return new Sequential(
        new Linear(4, 16), new ReLU(), new Linear(16, 16), new ReLU(), new Linear(16, 3));
  }

  private static double[] array(Tensor x) {
    return x.detach().to(DType.FLOAT64).cpu().toDoubleArray();
  }

  private static Module with(Map<String, Tensor> state, Device device) {
    Module module = net();
    module.loadStateDict(state);
    return module.to(device);
  }

  private static void both(Consumer<ProcessGroup> body) {
    ProcessGroup.spawn(DEVICES, body);
  }

  /** Many buckets, and one; samples come from samplers, without random order. */
  @Test
  void itLearnsAsOneDeviceDoes() {
    Chagres.manualSeed(1);
    Map<String, Tensor> state = net().stateDict();
    Tensor x = Tensor.randn(24, 4);
    Tensor y = x.narrow(1, 0, 3).argmax(1);
    var data = new TensorDataset(x, y);
    double[] curve = new double[18];
    Module one = with(state, DEVICES.getFirst());
    var optimizer = new SGD(one.parameters(), SGD.options().lr(0.2).momentum(0.9));
    for (int step = 0; step < curve.length; step++) {
      try (var _ = Scope.open()) {
        optimizer.zeroGrad();
        long from = step % 3 * 8L;
        Batch batch = data.batch(LongStream.range(from, from + 8).toArray());
        Tensor loss =
            new CrossEntropyLoss()
                .call(one.call(batch.x().to(DEVICES.getFirst())), batch.y().to(DEVICES.getFirst()));
        loss.backward();
        optimizer.step();
        curve[step] = loss.item();
      }
    }
    assertTrue(curve[17] < 0.8 * curve[0], "it learns at all");
    for (long bytes : new long[] {1, 400, 25L << 20}) {
      both(
          group -> {
            Module own = group.rank() == 0 ? with(state, group.device()) : net().to(group.device());
            var options = DistributedDataParallel.options().bucketBytes(bytes);
            var model = new DistributedDataParallel(own, group, options);
            assertTrue(model.stateDict().keySet().contains("module.4.bias"));
            assertArrayEquals(curve, train(model, group, data), 1e-5);
          });
    }
  }

  private static double[] train(
      DistributedDataParallel model, ProcessGroup group, TensorDataset data) {
    var sampler = new DistributedSampler(data, group, DistributedSampler.options().sequential());
    var loader = new DataLoader(data, DataLoader.options().batchSize(4).sampler(sampler));
    var optimizer = new SGD(model.parameters(), SGD.options().lr(0.2).momentum(0.9));
    double[] curve = new double[18];
    int step = 0;
    for (int epoch = 0; epoch < 6; epoch++) {
      sampler.setEpoch(epoch);
      for (Batch batch : loader) {
        try (var _ = Scope.open()) {
          optimizer.zeroGrad();
          Tensor loss =
              new CrossEntropyLoss()
                  .call(model.call(batch.x().to(group.device())), batch.y().to(group.device()));
          loss.backward();
          optimizer.step();
          Tensor mean = loss.detach().clone();
          group.allReduce(mean, ReduceOp.AVG);
          curve[step++] = mean.item();
        }
      }
    }
    return curve;
  }

  @Test
  void gradientsAddUpWithoutTheOthers() {
    both(
        group -> {
          var model = new DistributedDataParallel(new Linear(2, 1).to(group.device()), group);
          Parameter weight = model.parameters().getFirst();
          Tensor x = Tensor.ones(group.device(), 1, 2).mul(1 + group.rank());
          double rank = group.rank();
          try (var _ = Scope.open()) {
            try (var _ = model.noSync()) {
              model.call(x).sum().backward();
            }
            assertArrayEquals(new double[] {1 + rank, 1 + rank}, array(weight.grad()));
            model.call(x.mul(10)).sum().backward();
            // the mean of 11 and 22
            assertArrayEquals(new double[] {16.5, 16.5}, array(weight.grad()));
            assertEquals(1, Autograd.noGrad(() -> model.call(x)).numel());
            var twice =
                assertThrows(
                    IllegalStateException.class,
                    () -> {
                      Tensor y = model.call(x).square().sum();
                      y.backward(Backward.Option.RETAIN_GRAPH);
                      y.backward();
                    });
            assertTrue(twice.getMessage().contains("a second gradient for "), twice::getMessage);
          }
        });
  }

  static final class Branches extends Module {
    final Linear left = register("left", new Linear(2, 2));
    final Linear right = register("right", new Linear(2, 2));
    final Linear never = register("never", new Linear(2, 2));
    final Tensor count = registerBuffer("count", Tensor.zeros(1));
    boolean goesRight;

    @Override
    public Tensor forward(Tensor x) {
      return (goesRight ? right : left).call(x).add(count);
    }
  }

  @Test
  void unusedParametersAreNamed() {
    both(
        group -> {
          var module = new Branches();
          var model = new DistributedDataParallel(module.to(group.device()), group);
          Tensor x = Tensor.ones(group.device(), 1, 2);
          model.call(x).sum().backward();
          var failure = assertThrows(IllegalStateException.class, () -> model.call(x));
          assertEquals(
              "DistributedDataParallel: the backward pass before brought no gradients for"
                  + " right.weight, right.bias, never.weight, never.bias, so that what the other"
                  + " ranks have could not be averaged with this one's; are they not used for the"
                  + " loss? Then take options().findUnusedParameters()",
              failure.getMessage());
        });
  }

  /** What another rank uses has half of its gradient; what none uses, none. */
  @Test
  void unusedParametersAreFound() {
    both(
        group -> {
          var module = new Branches();
          var model =
              new DistributedDataParallel(
                  module.to(group.device()),
                  group,
                  DistributedDataParallel.options().findUnusedParameters());
          Tensor x = Tensor.ones(group.device(), 1, 2);
          for (int step = 0; step < 2; step++) {
            module.goesRight = group.rank() == 1;
            model.zeroGrad();
            try (var _ = Scope.open()) {
              model.call(x).sum().backward();
            }
            for (Linear each : List.of(module.left, module.right)) {
              for (Parameter parameter : each.parameters()) {
                Tensor gradient = parameter.grad();
                for (double element : array(gradient)) {
                  assertEquals(0.5, element);
                }
              }
            }
            assertNull(module.never.parameters().getFirst().grad());
          }
        });
  }

  @Test
  void ranksStartAlikeAndShareBuffers() {
    both(
        group -> {
          var module = new Branches();
          Autograd.noGrad(() -> module.count.fill_(group.rank() + 1));
          var model =
              new DistributedDataParallel(
                  module.to(group.device()),
                  group,
                  DistributedDataParallel.options().findUnusedParameters());
          assertArrayEquals(new double[] {1}, array(module.count));
          for (Parameter each : model.parameters()) {
            List<Tensor> all = group.allGather(each.detach());
            assertArrayEquals(array(all.get(0)), array(all.get(1)));
          }
          Autograd.noGrad(() -> module.count.fill_(group.rank() + 5));
          Tensor x = Tensor.ones(group.device(), 1, 2);
          Autograd.noGrad(() -> model.call(x));
          assertArrayEquals(new double[] {group.rank() + 5}, array(module.count));
          model.call(x);
          assertArrayEquals(new double[] {5}, array(module.count));
        });
  }

  @Test
  void wrongModulesAreTold() {
    both(
        group -> {
          var elsewhere =
              assertThrows(
                  IllegalArgumentException.class,
                  () -> new DistributedDataParallel(new Linear(2, 1), group));
          assertEquals(
              "DistributedDataParallel: weight is on cpu, and the rank on " + group.device(),
              elsewhere.getMessage());
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  new DistributedDataParallel(
                      new Linear(2, 1).requiresGrad_(false).to(group.device()), group));
          assertThrows(
              IllegalArgumentException.class,
              () -> DistributedDataParallel.options().bucketBytes(0));
        });
  }
}
