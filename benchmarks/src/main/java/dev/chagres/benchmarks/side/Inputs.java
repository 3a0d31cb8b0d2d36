package dev.chagres.benchmarks.side;

import static dev.chagres.core.DType.INT64;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.UnaryOperator;

/** Tensors of the numbers that all sides compute with, and recipes of operations on them. */
final class Inputs {

  /** Recipes of operations on these. */
  static final Operands<Tensor> WITH = new Operands<>(Inputs::signed, Inputs::positive);

  private Inputs() {}

  /** Returns numbers of (-1, 1]. */
  static Tensor signed(int seed, long... shape) {
    var x = Tensor.empty(shape);
    Data.fillSigned(x.segment(), seed);
    return x;
  }

  /** Returns numbers of (0, 1]. */
  static Tensor positive(int seed, long... shape) {
    var x = Tensor.empty(shape);
    Data.fillPositive(x.segment(), seed);
    return x;
  }

  /** Returns integers from 0 to below a bound. */
  static Tensor below(int seed, long bound, long... shape) {
    var x = Tensor.empty(INT64, shape);
    var segment = x.segment();
    for (long i = 0; i < Data.count(shape); i++) {
      segment.setAtIndex(ValueLayout.JAVA_LONG, i, Data.belowAt(seed, i, bound));
    }
    return x;
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
