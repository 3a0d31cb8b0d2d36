package dev.chagres.benchmarks.side;

import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.INT64;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.core.Device;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Tensors of the numbers that all sides compute with, and recipes of operations on them. */
final class Inputs {

  /** Recipes of operations on these. */
  static final Operands<Tensor> WITH = new Operands<>(Inputs::signed, Inputs::positive);

  /** Numbers that are kept on the CPU for the next workload on a GPU, as making them takes long. */
  private static final Map<String, Tensor> KEPT =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Tensor> eldest) {
          return size() > 4;
        }
      };

  private static final long LARGE = 10_000_000;

  private Inputs() {}

  /** Returns numbers of (-1, 1]. */
  static Tensor signed(int seed, long... shape) {
    return made("signed", Data::fillSigned, seed, shape);
  }

  /** Returns numbers of (0, 1]. */
  static Tensor positive(int seed, long... shape) {
    return made("positive", Data::fillPositive, seed, shape);
  }

  /** Makes numbers on the CPU, and takes them to the device that is measured. */
  private static Tensor made(
      String kind, ObjIntConsumer<MemorySegment> fill, int seed, long... shape) {
    Supplier<Tensor> make =
        () -> {
          var x = Tensor.empty(Device.cpu(), FLOAT32, shape);
          fill.accept(x.segment(), seed);
          return x;
        };
    var device = DefaultDevice.get();
    if (device.isCpu()) {
      return make.get();
    }
    return Data.count(shape) < LARGE
        ? make.get().to(device)
        : KEPT.computeIfAbsent(kind + seed + Arrays.toString(shape), _ -> make.get()).to(device);
  }

  /** Returns integers from 0 to below a bound. */
  static Tensor below(int seed, long bound, long... shape) {
    var x = Tensor.empty(Device.cpu(), INT64, shape);
    var segment = x.segment();
    for (long i = 0; i < Data.count(shape); i++) {
      segment.setAtIndex(ValueLayout.JAVA_LONG, i, Data.belowAt(seed, i, bound));
    }
    return x.to(DefaultDevice.get());
  }

  /**
   * Makes the gradient of a result's sum with weights, so that it is not the same everywhere. It is
   * asked for as a result, which a scope gives back; what a leaf keeps would be left to the
   * collector.
   */
  static Recipe<Tensor> gradient(UnaryOperator<Tensor> operation) {
    return shape -> {
      var x = signed(1, shape).requiresGrad_();
      var weights = List.of(signed(2, shape));
      return () -> Autograd.grad(List.of(operation.apply(x)), List.of(x), weights).getFirst();
    };
  }
}
