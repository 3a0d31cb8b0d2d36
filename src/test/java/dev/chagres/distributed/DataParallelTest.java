package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Dropout;
import dev.chagres.nn.Linear;
import dev.chagres.nn.Module;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.Adam;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A module on two devices does what it does on one. */
@OnCuda(devices = 2)
class DataParallelTest {
  private static final List<Device> DEVICES = ProcessGroupTest.DEVICES;
  private static final Device FIRST = DEVICES.getFirst();

  private static Module net() {
    return new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
  }

  private static DataParallel parallel(Module module) {
    return new DataParallel(module, DataParallelTest::net, DEVICES);
  }

  private static Module copyOf(Module module, Module made) {
    made.loadStateDict(module.stateDict());
    return made.to(FIRST);
  }

  private static double[] array(Tensor x) {
    return x.detach().to(DType.FLOAT64).cpu().toDoubleArray();
  }

  private static void expectClose(Tensor wanted, Tensor x) {
    assertEquals(wanted.shape(), x.shape());
    double[] expected = array(wanted);
    double[] found = array(x);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], 1e-5 * Math.max(1, Math.abs(expected[i])));
    }
  }

  @Test
  void outputsAndGradientsAreThoseOfOneDevice() {
    Module one = net().to(FIRST);
    var two = parallel(copyOf(one, net()));
    assertEquals(
        Set.of("module.0.weight", "module.0.bias", "module.2.weight", "module.2.bias"),
        two.stateDict().keySet());
    try (var _ = Scope.open()) {
      for (int batch : new int[] {6, 7, 2, 1}) {
        one.zeroGrad();
        two.zeroGrad();
        Tensor x = Tensor.randn(FIRST, batch, 4).requiresGrad_();
        Tensor y = Tensor.randn(FIRST, batch, 3);
        Tensor wanted = one.call(x);
        wanted.mul(y).sum().backward();
        Tensor gradient = x.grad().clone();
        x.setGrad(null);
        Tensor result = two.call(x);
        assertEquals(FIRST, result.device());
        expectClose(wanted, result);
        result.mul(y).sum().backward();
        expectClose(gradient, x.grad());
        for (int i = 0; i < one.parameters().size(); i++) {
          expectClose(one.parameters().get(i).grad(), two.parameters().get(i).grad());
        }
      }
      expectClose(
          Tensor.zeros(FIRST, 0, 3), Autograd.noGrad(() -> two.call(Tensor.zeros(FIRST, 0, 4))));
    }
  }

  /** Two calls before one backward, parameters that are frozen, and second derivatives. */
  @Test
  void graphsAreWhole() {
    Module one = net().to(FIRST);
    var two = parallel(copyOf(one, net()));
    one.parameters().get(1).requiresGrad_(false);
    two.parameters().get(1).requiresGrad_(false);
    try (var _ = Scope.open()) {
      Tensor x = Tensor.randn(FIRST, 4, 4);
      Tensor y = Tensor.randn(FIRST, 4, 4);
      for (Module each : List.of(one, two)) {
        each.call(x).square().sum().add(each.call(y).exp().sum()).backward();
        assertEquals(null, each.parameters().get(1).grad());
      }
      for (int i : new int[] {0, 2, 3}) {
        expectClose(one.parameters().get(i).grad(), two.parameters().get(i).grad());
      }
      List<Tensor> penalties = new ArrayList<>();
      for (Module each : List.of(one, two)) {
        List<Parameter> wanted = each.parameters().stream().filter(p -> p.requiresGrad()).toList();
        List<Tensor> gradients =
            Autograd.grad(
                each.call(x).tanh().sum(), List.copyOf(wanted), Backward.Option.CREATE_GRAPH);
        Tensor penalty =
            gradients.stream().map(g -> g.square().sum()).reduce(Tensor::add).orElseThrow();
        penalties.addAll(Autograd.grad(penalty, List.of(wanted.get(0), wanted.get(1))));
      }
      expectClose(penalties.get(0), penalties.get(2));
      expectClose(penalties.get(1), penalties.get(3));
    }
  }

  private static double[] train(Module model, Tensor x, Tensor y) {
    var optimizer = new Adam(model.parameters(), Adam.options().lr(1e-2));
    var lossFn = new CrossEntropyLoss();
    double[] curve = new double[20];
    for (int step = 0; step < curve.length; step++) {
      try (var _ = Scope.open()) {
        optimizer.zeroGrad();
        Tensor loss = lossFn.call(model.call(x), y);
        loss.backward();
        optimizer.step();
        curve[step] = loss.item();
      }
    }
    return curve;
  }

  @Test
  void itLearnsAsOneDeviceDoes() {
    Chagres.manualSeed(1);
    Module one = net().to(FIRST);
    var two = parallel(copyOf(one, net()));
    Tensor x = Tensor.randn(FIRST, 10, 4);
    Tensor y = x.narrow(1, 0, 3).argmax(1);
    double[] curve = train(one, x, y);
    assertTrue(curve[19] < 0.8 * curve[0], "it learns at all");
    assertArrayEquals(curve, train(two, x, y), 1e-5);
  }

  /** What a step made, also on the threads of replicas, goes with its scope. */
  @Test
  void scopesOwnWhatReplicasMake() {
    var model = parallel(net().to(FIRST));
    Tensor x = Tensor.randn(FIRST, 64, 4);
    long[] used = new long[3];
    for (int step = 0; step < used.length; step++) {
      try (var _ = Scope.open()) {
        Tensor y = model.call(x);
        assertTrue(!y.storage().isFreed());
        y.sum().backward();
      }
      used[step] = Memory.stats(DEVICES.get(1)).liveBytes();
    }
    assertEquals(used[1], used[2]);
  }

  static final class Two extends Module {
    final Linear linear = register("linear", new Linear(2, 2));
    final Tensor seen = registerBuffer("seen", Tensor.zeros(1));
    final Dropout dropout = register("dropout", new Dropout(0.5));
    final Set<String> threads = ConcurrentHashMap.newKeySet();

    @Override
    public Tensor forward(Tensor... inputs) {
      threads.add(Thread.currentThread().getName());
      Autograd.noGrad(() -> seen.add_(inputs[0].size(0)));
      if (inputs.length == 1) {
        throw new UnsupportedOperationException("two inputs are needed");
      }
      return dropout.call(linear.call(inputs[0])).add(inputs[1]).add(seen);
    }
  }

  @Test
  void severalInputsBuffersAndModes() {
    var module = new Two();
    module.to(FIRST);
    List<Two> made = new ArrayList<>();
    var model =
        new DataParallel(
            module,
            () -> {
              made.add(new Two());
              return made.getLast();
            },
            DEVICES);
    model.eval();
    try (var _ = Scope.open()) {
      Tensor x = Tensor.randn(FIRST, 5, 2);
      Tensor y = Tensor.randn(FIRST, 5, 2);
      Tensor result = model.call(x, y);
      Tensor wanted = module.linear.call(x).add(y);
      expectClose(wanted.narrow(0, 0, 3).add(3), result.narrow(0, 0, 3));
      expectClose(wanted.narrow(0, 3, 2).add(2), result.narrow(0, 3, 2));
      assertArrayEquals(new double[] {3}, array(module.seen)); // the first device's
      Tensor again = model.call(x, y);
      expectClose(wanted.narrow(0, 0, 3).add(6), again.narrow(0, 0, 3));
      expectClose(wanted.narrow(0, 3, 2).add(5), again.narrow(0, 3, 2));
      assertTrue(!made.getFirst().dropout.isTraining());
    }
    assertEquals(1, made.size());
    assertTrue(made.getFirst().threads.iterator().next().startsWith("chagres-replica-"));
  }

  static final class Moving extends Module {
    Tensor mean = registerBuffer("mean", Tensor.zeros(1));

    @Override
    public Tensor forward(Tensor x) {
      Tensor before = mean;
      mean = registerBuffer("mean", Autograd.noGrad(() -> mean.add(x.size(0))));
      return x.mul(0).add(before);
    }
  }

  /** Their counts of writes stay the same. */
  @Test
  void buffersThatForwardReplacesReachReplicas() {
    var module = new Moving();
    module.to(FIRST);
    var model = new DataParallel(module, Moving::new, DEVICES);
    Tensor x = Tensor.ones(FIRST, 5, 1);
    for (int step = 0; step < 3; step++) {
      try (var _ = Scope.open()) {
        double mean = 3 * step; // the first device has three of five
        assertArrayEquals(new double[] {mean, mean, mean, mean, mean}, array(model.call(x)));
      }
    }
  }

  @Test
  void replicasAutocastAsTheirCallerDoes() {
    var model = parallel(net().to(FIRST));
    try (var _ = Scope.open();
        var _ = Autocast.on(FIRST, DType.BFLOAT16)) {
      Tensor y = model.call(Tensor.randn(FIRST, 4, 4));
      assertEquals(DType.BFLOAT16, y.dtype());
      y.toFloat().sum().backward();
      assertEquals(DType.FLOAT32, model.parameters().getFirst().grad().dtype());
    }
  }

  @Test
  void failuresNameTheReplica() {
    var module = new Two();
    module.to(FIRST);
    var model = new DataParallel(module, Two::new, DEVICES);
    var failure =
        assertThrows(IllegalStateException.class, () -> model.call(Tensor.zeros(FIRST, 4, 2)));
    assertEquals(
        "DataParallel: replica 0 on cuda:0 failed: two inputs are needed", failure.getMessage());
    var other =
        assertThrows(
            IllegalStateException.class,
            () ->
                new DataParallel(new Failing().to(FIRST), Failing::new, DEVICES)
                    .call(Tensor.zeros(FIRST, 4, 2)));
    assertEquals("DataParallel: replica 1 on cuda:1 failed: not on cuda:1", other.getMessage());
    assertNotNull(other.getCause());
  }

  @Test
  void anErrorOfTheFirstReplicaWaitsForTheOthers() {
    var made = new ArrayList<Breaking>();
    var first = new Breaking();
    first.to(FIRST);
    var model =
        new DataParallel(
            first,
            () -> {
              made.add(new Breaking());
              return made.getLast();
            },
            DEVICES);
    var error = assertThrows(StackOverflowError.class, () -> model.call(Tensor.zeros(FIRST, 4, 2)));
    assertEquals("on cuda:0", error.getMessage());
    assertTrue(made.getFirst().ended, "the other one works on");
  }

  static final class Breaking extends Module {
    volatile boolean ended;

    @Override
    public Tensor forward(Tensor x) {
      if (x.device().index() == 0) {
        throw new StackOverflowError("on cuda:0");
      }
      LockSupport.parkNanos(300_000_000);
      ended = true;
      return x;
    }
  }

  static final class Failing extends Module {
    @Override
    public Tensor forward(Tensor x) {
      if (x.device().index() == 1) {
        throw new ArithmeticException("not on cuda:1");
      }
      return x;
    }
  }

  @Test
  void wrongModulesAndInputsAreTold() {
    Module module = net();
    var model = parallel(module);
    says(
        "DataParallel: the module belongs on cuda:0, and 0.weight is on cpu",
        () -> model.call(Tensor.zeros(2, 4)));
    module.to(FIRST);
    says(
        "DataParallel: inputs are divided along their first dimension, and these are [(2, 4), (3,"
            + " 4)]",
        () -> model.call(Tensor.zeros(2, 4), Tensor.zeros(3, 4)));
    says(
        "DataParallel: the parameter 0.weight is (8, 4) in the module and (9, 4) in a replica",
        () ->
            new DataParallel(
                module,
                () -> new Sequential(new Linear(4, 9), new ReLU(), new Linear(9, 3)),
                DEVICES));
    says(
        "DataParallel: replicas returned a module that is in use; each must be a new one",
        () -> new DataParallel(module, () -> module, DEVICES));
    assertEquals(
        Shape.of(2, 3),
        new DataParallel(module, DataParallelTest::net, List.of(FIRST))
            .call(Tensor.zeros(2, 4))
            .shape());
  }

  private static void says(String text, Runnable call) {
    assertEquals(text, assertThrows(RuntimeException.class, call::run).getMessage());
  }

  @Test
  void makingReplicasDrawsNothing() {
    Chagres.manualSeed(3);
    Module module = net().to(FIRST);
    double wanted = Tensor.rand(1).item();
    Chagres.manualSeed(3);
    parallel(net().to(FIRST));
    assertEquals(wanted, Tensor.rand(1).item());
    assertTrue(module.isTraining());
  }

  @Test
  void partsAndCopiesHaveGradients() {
    try (var _ = Scope.open()) {
      Tensor x = Tensor.arange(5).toFloat().to(FIRST).requiresGrad_();
      List<Tensor> parts = Parallel.scatter(x, DEVICES);
      assertEquals(DEVICES, parts.stream().map(Tensor::device).toList());
      Tensor joined =
          Parallel.gather(List.of(parts.get(0).mul(2), parts.get(1).mul(3)), DEVICES.get(1));
      assertArrayEquals(new double[] {0, 2, 4, 9, 12}, array(joined));
      joined.square().sum().backward();
      assertArrayEquals(new double[] {0, 8, 16, 54, 72}, array(x.grad()));
      assertArrayEquals(
          new double[] {10, 10},
          array(Parallel.gather(List.of(x.sum(), x.sum().to(DEVICES.get(1))), FIRST)));

      Tensor whole = Tensor.arange(4).to(FIRST);
      x.setGrad(null);
      List<List<Tensor>> copies = Parallel.broadcast(List.of(x, whole), DEVICES);
      assertArrayEquals(array(whole), array(copies.get(1).get(1)));
      assertEquals(DType.INT64, copies.get(1).get(1).dtype());
      copies.get(0).get(0).sum().add(copies.get(1).get(0).mul(4).sum().to(FIRST)).backward();
      assertArrayEquals(new double[] {5, 5, 5, 5, 5}, array(x.grad()));
    }
  }
}
