package dev.chagres.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Dropout;
import dev.chagres.nn.Flatten;
import dev.chagres.nn.Linear;
import dev.chagres.nn.MSELoss;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.Module;
import dev.chagres.nn.Parameters;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.nn.Tanh;
import dev.chagres.optim.ASGD;
import dev.chagres.optim.Adagrad;
import dev.chagres.optim.Adam;
import dev.chagres.optim.AdamW;
import dev.chagres.optim.GradScaler;
import dev.chagres.optim.NAdam;
import dev.chagres.optim.Optimizer;
import dev.chagres.optim.RAdam;
import dev.chagres.optim.RMSprop;
import dev.chagres.optim.Rprop;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Training steps that are captured and replayed, beside the same steps without a graph. */
@OnCuda
class CudaGraphTrainingTest {
  private static final Device GPU = Device.cuda(0);
  private static final int STEPS = 20;

  /** What is trained, with numbers of its own for each step. */
  private record Task(
      Module model,
      Optimizer optimizer,
      BiFunction<Tensor, Tensor, Tensor> loss,
      List<Tensor> inputs,
      List<Tensor> targets) {

    Tensor step(Tensor x, Tensor y) {
      optimizer.zeroGrad();
      Tensor value = loss.apply(model.call(x), y);
      value.backward();
      optimizer.step();
      return value;
    }

    /** Halves the learning rate now and then. */
    void schedule(int step) {
      if (step % 7 == 6) {
        optimizer.groups().forEach(group -> group.setLr(group.lr() / 2));
      }
    }
  }

  @BeforeEach
  void finish() {
    Memory.emptyCache();
    Cuda.synchronize();
  }

  private static Task mlp(Function<Module, Optimizer> optimizer) {
    Chagres.manualSeed(3);
    var model =
        new Sequential(new Linear(6, 16), new Tanh(), new Linear(16, 8), new ReLU(), last(8, 4));
    return task(model, optimizer, new long[] {10, 6}, new long[] {10, 4});
  }

  private static Module last(long in, long out) {
    return new Linear(in, out);
  }

  private static Task task(
      Module model, Function<Module, Optimizer> optimizer, long[] in, long[] out) {
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> targets = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      inputs.add(Tensor.randn(in));
      targets.add(Tensor.randn(out));
    }
    model.to(GPU);
    return new Task(model, optimizer.apply(model), new MSELoss()::call, inputs, targets);
  }

  private static List<float[]> values(Task task, List<Tensor> losses) {
    List<float[]> all = new ArrayList<>();
    losses.forEach(loss -> all.add(loss.toFloatArray()));
    task.model.parameters().forEach(parameter -> all.add(parameter.detach().toFloatArray()));
    task.optimizer.stateDict().values().forEach(state -> all.add(floats(state)));
    return all;
  }

  private static float[] floats(Tensor x) {
    return x.detach().cpu().toFloat().toFloatArray();
  }

  /** Steps without a graph. */
  private static List<float[]> eager(Task task) {
    List<Tensor> losses = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      int step = i;
      losses.add(
          Scope.run(
              () ->
                  task.step(task.inputs.get(step).to(GPU), task.targets.get(step).to(GPU))
                      .detach()));
      task.schedule(i);
    }
    return values(task, losses);
  }

  /** The same, of which those from a step on are replays. */
  private static List<float[]> replayed(Task task, int before) {
    Tensor x = task.inputs.getFirst().to(GPU);
    Tensor y = task.targets.getFirst().to(GPU);
    List<Tensor> losses = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      x.copy_(task.inputs.get(i));
      y.copy_(task.targets.get(i));
      losses.add(task.step(x, y).detach());
      task.schedule(i);
    }
    try (var graph = CudaGraph.capture(() -> task.step(x, y))) {
      for (int i = before; i < STEPS; i++) {
        x.copy_(task.inputs.get(i));
        y.copy_(task.targets.get(i));
        losses.add(graph.replay().detach().clone());
        task.schedule(i);
      }
      return values(task, losses);
    }
  }

  private static void assertSame(List<float[]> expected, List<float[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "" + i);
    }
  }

  private static void check(java.util.function.Supplier<Task> task) {
    List<float[]> eager = eager(task.get());
    assertSame(eager, replayed(task.get(), 0));
    assertSame(eager, replayed(task.get(), 3));
  }

  @Test
  void adamStepsAreTheSame() {
    check(() -> mlp(model -> new Adam(model.parameters(), Adam.options().lr(0.01))));
  }

  @Test
  void adamWithAllItsOptions() {
    check(
        () ->
            mlp(
                model ->
                    new AdamW(
                        model.parameters(),
                        AdamW.options().lr(0.01).weightDecay(0.1).amsgrad().maximize())));
  }

  /** Rules whose numbers differ from step to step, also by what earlier steps have left. */
  @Test
  void otherRulesAreTheSame() {
    List<Function<List<Parameter>, Optimizer>> kinds =
        List.of(
            p -> new RMSprop(p, RMSprop.options().momentum(0.5).centered().weightDecay(0.1)),
            p -> new Adagrad(p, Adagrad.options().lrDecay(0.1).initialAccumulatorValue(0.5)),
            p -> new NAdam(p, NAdam.options().lr(0.01).momentumDecay(0.1)),
            p -> new RAdam(p, RAdam.options().lr(0.01).betas(0.8, 0.9)),
            p -> new ASGD(p, ASGD.options().lr(0.05).lambd(0.1).t0(5)),
            p -> new Rprop(p, Rprop.options().lr(0.001)));
    for (Function<List<Parameter>, Optimizer> kind : kinds) {
      check(() -> mlp(model -> kind.apply(model.parameters())));
    }
  }

  @Test
  void sgdStepsAreTheSame() {
    check(() -> mlp(model -> new SGD(model.parameters(), SGD.options().lr(0.05))));
  }

  @Test
  void groupsHaveTheirOwnNumbers() {
    check(
        () ->
            mlp(
                model -> {
                  List<Tensor> all = new ArrayList<>(model.parameters());
                  return new SGD(all.subList(0, 2), SGD.options().lr(0.1).momentum(0.9).nesterov())
                      .addGroup(
                          all.subList(2, all.size()),
                          SGD.options().lr(0.02).momentum(0.8).dampening(0.3).weightDecay(0.1));
                }));
  }

  @Test
  void aConvolutionWithMomentum() {
    check(
        () -> {
          Chagres.manualSeed(5);
          var model =
              new Sequential(
                  new Conv2d(1, 3, 3),
                  new ReLU(),
                  new MaxPool2d(2),
                  new Flatten(),
                  new Linear(27, 4));
          Task plain =
              task(
                  model,
                  m -> new SGD(m.parameters(), SGD.options().lr(0.05).momentum(0.9)),
                  new long[] {4, 1, 8, 8},
                  new long[] {4});
          List<Tensor> classes = new ArrayList<>();
          plain.targets.forEach(target -> classes.add(target.gt(0).toLong()));
          return new Task(
              model, plain.optimizer, new CrossEntropyLoss()::call, plain.inputs, classes);
        });
  }

  @Test
  void dropoutDrawsNewNumbersInEachReplay() {
    check(
        () -> {
          Chagres.manualSeed(6);
          var model =
              new Sequential(
                  new Linear(6, 32), new Dropout(0.4), new ReLU(), new Dropout(0.2), last(32, 4));
          return task(
              model,
              m -> new Adam(m.parameters(), Adam.options().lr(0.01)),
              new long[] {10, 6},
              new long[] {10, 4});
        });
  }

  @Test
  void checkpointsDrawTheirNumbersTwiceInEachReplay() {
    check(
        () -> {
          Chagres.manualSeed(7);
          return task(
              new Checkpointed(),
              m -> new Adam(m.parameters(), Adam.options().lr(0.01)),
              new long[] {10, 6},
              new long[] {10, 4});
        });
  }

  private static final class Checkpointed extends Module {
    private final Module dropped =
        register("dropped", new Sequential(new Linear(6, 32), new Dropout(0.4), new ReLU()));
    private final Linear last = register("last", new Linear(32, 4));

    @Override
    public Tensor forward(Tensor x) {
      return last.call(Autograd.checkpoint(dropped::call, x));
    }
  }

  @Test
  void autocastCastsTheWeightsInEachReplay() {
    var layer = new Linear(6, 4);
    layer.to(GPU);
    Tensor x = Tensor.randn(GPU, 3, 6);
    try (var _ = Autocast.on(GPU, DType.BFLOAT16)) {
      layer.call(x); // which keeps a cast of the weight
      try (var graph = CudaGraph.capture(() -> layer.call(x))) {
        layer.parameters().forEach(parameter -> parameter.detach().mul_(2));
        assertArrayEquals(floats(layer.call(x)), floats(graph.replay()));
        layer.parameters().forEach(parameter -> parameter.detach().add_(1));
        assertArrayEquals(floats(layer.call(x)), floats(graph.replay()));
      }
    }
  }

  @Test
  void gradientsAddUpWithinAGraph() {
    Tensor w = Tensor.ones(GPU, 5).requiresGrad_();
    Tensor x = Tensor.ones(GPU, 5);
    w.mul(x).sum().backward();
    try (var graph = CudaGraph.capture((Runnable) () -> w.mul(x).sum().backward())) {
      graph.replay();
      graph.replay();
      Tensor gradient = w.grad();
      assertTrue(gradient != null);
      assertArrayEquals(new float[] {3, 3, 3, 3, 3}, gradient.toFloatArray());
    }
  }

  @Test
  void stepsOfAnotherKindAreNotReplayed() {
    Tensor w = Tensor.ones(GPU, 5).requiresGrad_();
    var adam = new Adam(List.of(w));
    try (var graph =
        CudaGraph.capture(
            () -> {
              adam.zeroGrad();
              w.square().sum().backward();
              adam.step();
            })) {
      graph.replay();
      adam.groups().getFirst().setOptions(Adam.options().amsgrad());
      var e = assertThrows(IllegalStateException.class, graph::replay);
      assertTrue(e.getMessage().contains("amsgrad has changed, so capture it again"));
    }
  }

  @Test
  void memoryComesBackAfterTraining() {
    Task task = mlp(model -> new Adam(model.parameters()));
    eager(task);
    task.optimizer.zeroGrad();
    Memory.emptyCache();
    MemoryStats before = Memory.stats(GPU);
    for (int round = 0; round < 3; round++) {
      try (var _ = Scope.open()) {
        replayed(task, 0);
        task.optimizer.zeroGrad();
      }
      Memory.emptyCache();
      MemoryStats after = Memory.stats(GPU);
      assertEquals(before.liveBytes(), after.liveBytes());
      assertEquals(before.reservedBytes(), after.reservedBytes());
    }
  }

  // ---- with a scaled loss

  /** What is trained with a scale; targets of some steps are too great for it. */
  private record Scaled(Task task, GradScaler scaler) {
    static Scaled of(Function<Module, Optimizer> optimizer) {
      Task task = mlp(optimizer);
      for (int bad : new int[] {0, 4, 5, 13}) {
        task.targets.get(bad).mul_(1e38);
      }
      var options = GradScaler.options().initScale(1 << 12).growthInterval(3);
      return new Scaled(task, new GradScaler(options));
    }

    /** Up to the step of the optimizer, with clipping. */
    Tensor gradients(Tensor x, Tensor y) {
      task.optimizer.zeroGrad();
      Tensor value = task.loss.apply(task.model.call(x), y);
      scaler.scale(value).backward();
      scaler.unscale_(task.optimizer);
      Parameters.clipGradNorm_(task.model.parameters(), 0.5);
      return value;
    }

    void step() {
      scaler.step(task.optimizer);
      scaler.update();
    }

    /** Steps without a graph; returns their losses, and the scale at the end. */
    List<float[]> eager() {
      List<Tensor> losses = new ArrayList<>();
      for (int i = 0; i < STEPS; i++) {
        losses.add(gradients(task.inputs.get(i).to(GPU), task.targets.get(i).to(GPU)).detach());
        step();
        task.schedule(i);
      }
      return all(losses);
    }

    /** Steps whose body is captured; what comes behind a replay is done then. */
    List<float[]> replayed(BinaryOperator<Tensor> body, Runnable behind) {
      Tensor x = task.inputs.getFirst().to(GPU);
      Tensor y = task.targets.getFirst().to(GPU);
      List<Tensor> losses = new ArrayList<>();
      try (var graph = CudaGraph.capture(() -> body.apply(x, y))) {
        for (int i = 0; i < STEPS; i++) {
          x.copy_(task.inputs.get(i));
          y.copy_(task.targets.get(i));
          losses.add(graph.replay().detach().clone());
          behind.run();
          task.schedule(i);
        }
        return all(losses);
      }
    }

    private List<float[]> all(List<Tensor> losses) {
      List<float[]> values = values(task, losses);
      values.add(new float[] {(float) scaler.getScale()});
      return values;
    }
  }

  private static List<Function<Module, Optimizer>> scalable() {
    return List.of(
        m -> new SGD(m.parameters(), SGD.options().lr(0.05).momentum(0.9).dampening(0.5)),
        m -> new Adam(m.parameters(), Adam.options().lr(0.01)),
        m -> new AdamW(m.parameters(), AdamW.options().lr(0.01).amsgrad()));
  }

  private static void assertNear(List<float[]> expected, List<float[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      for (int k = 0; k < expected.get(i).length; k++) {
        float wanted = expected.get(i)[k];
        assertEquals(wanted, actual.get(i)[k], 1e-5f * Math.abs(wanted) + 1e-7f, i + ", " + k);
      }
    }
  }

  /** The scale is what it is by each replay, and the host reads what it found. */
  @Test
  void scaledGradientsOfAGraphAreSteppedBehindIt() {
    for (Function<Module, Optimizer> optimizer : scalable()) {
      var scaled = Scaled.of(optimizer);
      assertNear(Scaled.of(optimizer).eager(), scaled.replayed(scaled::gradients, scaled::step));
    }
  }

  /** Which steps are left out the GPU decides, and so their number, and what the scale becomes. */
  @Test
  void scaledStepsAreLeftOutByTheGpu() {
    for (Function<Module, Optimizer> optimizer : scalable()) {
      var scaled = Scaled.of(optimizer);
      List<float[]> eager = Scaled.of(optimizer).eager();
      BinaryOperator<Tensor> whole =
          (x, y) -> {
            Tensor loss = scaled.gradients(x, y);
            scaled.step();
            return loss;
          };
      assertNear(eager, scaled.replayed(whole, () -> {}));
    }
  }

  /** What the GPU has left out is known to steps without a graph, and theirs to it. */
  @Test
  void scaledStepsGoOnWithoutAGraph() {
    Function<Module, Optimizer> optimizer = m -> new Adam(m.parameters());
    var scaled = Scaled.of(optimizer);
    var other = Scaled.of(optimizer);
    other.eager();
    scaled.replayed(
        (x, y) -> {
          Tensor loss = scaled.gradients(x, y);
          scaled.step();
          return loss;
        },
        () -> {});
    assertNear(other.eager(), scaled.eager());
    assertEquals(
        32, scaled.task.optimizer.stateDict().get("state.0.step").item(), "of 40, 8 were left out");
  }

  @Test
  void otherStepsAreNotLeftOutWithinAGraph() {
    var scaled = Scaled.of(m -> new RMSprop(m.parameters()));
    Tensor x = scaled.task.inputs.getFirst().to(GPU);
    Tensor y = scaled.task.targets.getFirst().to(GPU);
    var e =
        assertThrows(
            IllegalStateException.class,
            () ->
                CudaGraph.capture(
                    () -> {
                      scaled.gradients(x, y);
                      scaled.step();
                    }));
    assertTrue(
        e.getMessage().contains("not those of RMSprop; call the scaler's step"), e::toString);
  }
}
