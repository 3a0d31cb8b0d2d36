package dev.chagres.benchmarks.side;

import static dev.chagres.core.DType.INT64;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Tensors of the numbers that all sides compute with, and recipes of one and two of them. */
final class Inputs {

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

  static Recipe<Tensor> one(UnaryOperator<Tensor> operation) {
    return shape -> {
      var x = signed(1, shape);
      return () -> operation.apply(x);
    };
  }

  /** A recipe whose operand is above 0. */
  static Recipe<Tensor> onePositive(UnaryOperator<Tensor> operation) {
    return shape -> {
      var x = positive(1, shape);
      return () -> operation.apply(x);
    };
  }

  static Recipe<Tensor> two(BinaryOperator<Tensor> operation) {
    return shape -> {
      var x = signed(1, shape);
      var y = signed(2, shape);
      return () -> operation.apply(x, y);
    };
  }

  /** A recipe whose second operand is above 0. */
  static Recipe<Tensor> twoPositive(BinaryOperator<Tensor> operation) {
    return shape -> {
      var x = positive(1, shape);
      var y = positive(2, shape);
      return () -> operation.apply(x, y);
    };
  }

  /** An operation that writes into a tensor. */
  interface Into {
    Tensor apply(Tensor x, Tensor y, Tensor out);
  }

  static Recipe<Tensor> intoOut(Into operation) {
    return shape -> {
      var x = signed(1, shape);
      var y = signed(2, shape);
      var out = Tensor.empty(shape);
      return () -> operation.apply(x, y, out);
    };
  }

  /** Makes the gradient of a result's sum with weights, so that it is not the same everywhere. */
  static Recipe<Tensor> gradient(UnaryOperator<Tensor> operation) {
    return shape -> {
      var x = signed(1, shape).requiresGrad_();
      var weights = signed(2, shape);
      return () -> {
        x.setGrad(null);
        operation.apply(x).backward(weights);
        return x.grad();
      };
    };
  }
}
