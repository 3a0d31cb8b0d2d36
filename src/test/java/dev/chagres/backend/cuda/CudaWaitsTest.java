package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.cuda.CudaGraph;
import dev.chagres.data.Batch;
import dev.chagres.data.DataLoader;
import dev.chagres.data.TensorDataset;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.nn.Parameters;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.Adam;
import dev.chagres.optim.AdamW;
import dev.chagres.optim.CosineAnnealingLR;
import dev.chagres.optim.GradScaler;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which operations wait for a GPU, as GPUS.md says. */
@OnCuda
class CudaWaitsTest {
  private static final Device GPU = Device.cuda(0);

  /** Reading is what they are for. */
  private static final Pattern READS = Pattern.compile("cpu|item.*|to.*Array|toString|tolist");

  private final DeviceStream stream = CudaRuntime.firstStream(GPU);

  /** Operands of these kinds are tried with every method. */
  private enum Kind {
    MATRICES,
    POSITIONS,
    MASKS,
    MIXED;

    Tensor tensor(int place) {
      return switch (this) {
        case MATRICES -> Tensor.rand(GPU, 3, 3);
        case POSITIONS -> Tensor.zeros(GPU, DType.INT64, 3).add(place);
        case MASKS -> Tensor.rand(GPU, 3).gt(0.5);
        case MIXED ->
            switch (place) {
              case 0 -> Tensor.rand(GPU, 3, 3);
              case 1 -> Tensor.rand(GPU, 3, 3).gt(0.5);
              default -> Tensor.ones(GPU);
            };
      };
    }

    @Nullable Object argument(Class<?> type, int place) {
      if (type == Tensor.class) {
        return tensor(place);
      } else if (type == int.class) {
        return this == MIXED ? 1 : 0;
      } else if (type == long.class) {
        return 2L;
      } else if (type == double.class) {
        return 0.5;
      } else if (type == Number.class) {
        return 2;
      } else if (type == boolean.class) {
        return true;
      } else if (type == Device.class) {
        return GPU;
      } else if (type == int[].class) {
        return new int[] {0};
      } else if (type == long[].class) {
        return new long[] {1};
      } else if (type == Tensor[].class) {
        return new Tensor[] {tensor(place), tensor(place)};
      } else if (type == List.class) {
        return List.of(tensor(place), tensor(place));
      } else if (type.isEnum()) {
        return type.getEnumConstants()[type.getEnumConstants().length - 1];
      }
      return null;
    }

    Object @Nullable [] arguments(Method method) {
      Class<?>[] types = method.getParameterTypes();
      Object[] arguments = new Object[types.length];
      for (int i = 0; i < types.length; i++) {
        Object argument = argument(types[i], i + 1);
        if (argument == null) {
          return null;
        }
        arguments[i] = argument;
      }
      return arguments;
    }
  }

  private long waits(Runnable call) {
    long before = stream.waits();
    call.run();
    return stream.waits() - before;
  }

  /** Tells whether a call of the method waits, in which it must come to its end. */
  private boolean waits(Method method, Kind kind) throws IllegalAccessException {
    Object[] arguments = kind.arguments(method);
    if (arguments == null) {
      return false;
    }
    Tensor self = kind.tensor(0);
    try {
      stream.synchronize();
    } catch (IndexOutOfBoundsException | ArithmeticException badNumbers) {
      // of the call before
    }
    long before = stream.waits();
    try {
      method.invoke(Modifier.isStatic(method.getModifiers()) ? null : self, arguments);
    } catch (InvocationTargetException notForThese) {
      return false;
    }
    return stream.waits() > before;
  }

  private static Set<String> promised() throws Exception {
    String page = Files.readString(Path.of("GPUS.md"));
    int start = page.indexOf("These wait: ");
    assertTrue(start > 0, "GPUS.md says which operations wait");
    String names = page.substring(start, page.indexOf(';', start));
    Set<String> found = new TreeSet<>();
    Pattern.compile("`(\\w+)`").matcher(names).results().forEach(name -> found.add(name.group(1)));
    return found;
  }

  @Test
  void thePageNamesThem() throws Exception {
    Set<String> found = new TreeSet<>();
    int others = 0;
    for (Method method : Tensor.class.getMethods()) {
      if (method.getDeclaringClass() == Object.class || READS.matcher(method.getName()).matches()) {
        continue;
      }
      method.setAccessible(true);
      for (Kind kind : Kind.values()) {
        if (waits(method, kind)) {
          found.add(method.getName());
        } else {
          others++;
        }
      }
    }
    assertEquals(promised(), found);
    assertTrue(others > 1000, others + " calls did not wait");
  }

  @Test
  void someFormsWait() {
    Tensor x = Tensor.rand(GPU, 3);
    Tensor mask = x.gt(0.5);
    Tensor classes = Tensor.of(0, 2, 1).to(GPU);
    assertTrue(waits(() -> x.index(Index.of(mask))) > 0);
    assertTrue(waits(() -> Functional.oneHot(classes)) > 0);
    assertEquals(0, waits(() -> Functional.oneHot(classes, 3)));
    assertEquals(0, waits(() -> x.index(Index.of(classes))));
    assertEquals(0, waits(() -> Functional.crossEntropy(Tensor.rand(GPU, 3, 3), classes)));
  }

  @Test
  void productsOfCublasLtAreWaitedForWhereAllLaunchesAre() {
    Tensor x = Tensor.rand(GPU, 3, 4);
    Tensor weight = Tensor.rand(GPU, 2, 4);
    Tensor bias = Tensor.rand(GPU, 2);
    assertEquals(0, waits(() -> Functional.linear(x, weight, bias)));
    Cuda.setLaunchBlocking(true);
    try {
      assertEquals(1, waits(() -> Functional.linear(x, weight, bias)));
    } finally {
      Cuda.setLaunchBlocking(false);
    }
  }

  /** Batches that a loader brings, gradients that add up, a checkpoint, 16 bits, clipping. */
  @Test
  void aStepOfTrainingWaitsForItsLossAlone() {
    var data = new TensorDataset(Tensor.rand(16, 8), Tensor.randint(0, 3, 16));
    var options = DataLoader.options().batchSize(4).shuffle().workers(2).device(GPU);
    var first = new Linear(8, 16);
    var second = new Linear(16, 3);
    var model = new Sequential(first, second);
    model.to(GPU);
    var optimizer = new AdamW(model.parameters());
    var schedule = new CosineAnnealingLR(optimizer, 10);
    for (int epoch = 0; epoch < 3; epoch++) {
      optimizer.zeroGrad();
      long before = stream.waits();
      Tensor all = Tensor.zeros(GPU);
      for (Batch batch : new DataLoader(data, options)) {
        try (var _ = Scope.open();
            var _ = Autocast.on(GPU, DType.BFLOAT16)) {
          Tensor hidden = Autograd.checkpoint(first::call, batch.x());
          Tensor scores = second.call(Functional.dropout(hidden.relu(), 0.1));
          Tensor loss = Functional.crossEntropy(scores, batch.y()).div(4);
          loss.backward();
          all.add_(loss.detach());
        }
      }
      Parameters.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      schedule.step();
      assertEquals(0, stream.waits() - before, "epoch " + epoch);
      double loss = all.item();
      assertEquals(1, stream.waits() - before, "epoch " + epoch);
      assertTrue(loss > 0 && loss < 5, "" + loss);
    }
  }

  /** Whether a step is taken, and the scale, are decided where the gradients are. */
  @Test
  void scaledStepsInAGraphDoNotWait() {
    var layer = new Linear(4, 2);
    layer.to(GPU);
    var optimizer = new Adam(layer.parameters());
    var scaler = new GradScaler();
    Tensor x = Tensor.rand(GPU, 3, 4);
    Runnable step =
        () -> {
          optimizer.zeroGrad();
          scaler.scale(layer.call(x).square().sum()).backward();
          scaler.unscale_(optimizer);
          Parameters.clipGradNorm_(layer.parameters(), 1);
          scaler.step(optimizer);
          scaler.update();
        };
    try (var graph = CudaGraph.capture(step)) {
      long waited =
          waits(
              () -> {
                for (int i = 0; i < 5; i++) {
                  graph.replay();
                }
              });
      assertEquals(0, waited);
      assertEquals(65536, scaler.getScale());
    }
    assertTrue(waits(step) > 0, "without a graph the host reads what was found");
  }

  @Test
  void oneHotReportsWhatIsNoClass() {
    Tensor classes = Tensor.of(0, 2, 1).to(GPU);
    assertEquals(
        List.of(List.of(1L, 0L, 0L), List.of(0L, 0L, 1L), List.of(0L, 1L, 0L)),
        Functional.oneHot(classes, 3).tolist());
    for (long count : new long[] {1, 2}) {
      Functional.oneHot(classes, count);
      assertFault();
    }
    Functional.oneHot(classes.sub(1), 3);
    assertFault();
  }

  private void assertFault() {
    assertThrows(IndexOutOfBoundsException.class, stream::synchronize);
  }
}
