package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import dev.chagres.testing.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Operations that take elements one by one, of operands that broadcast together. */
final class PointwiseMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          p -> unary(p, "abs()", Tensor::abs, Math::abs),
          p -> unary(p, "neg()", Tensor::neg, v -> 0 - v),
          p -> unary(p, "relu()", Tensor::relu, v -> Math.max(v, 0)),
          p -> unary(p, "square()", Tensor::square, v -> v * v),
          p -> unary(p, "rsub(3)", t -> t.rsub(3), v -> 3 - v),
          p -> unary(p, "clamp(2, 6)", t -> t.clamp(2, 6), v -> Math.clamp(v, 2, 6)),
          p -> rounded(p, "tanh()", Tensor::tanh, Math::tanh),
          p -> rounded(p, "sigmoid()", Tensor::sigmoid, v -> 1 / (1 + Math.exp(-v))),
          p -> rounded(p, "sin()", Tensor::sin, Math::sin),
          p -> binary(p, "add", Tensor::add, Double::sum),
          p -> binary(p, "sub", Tensor::sub, (a, b) -> a - b),
          p -> binary(p, "mul", Tensor::mul, (a, b) -> a * b),
          p -> binary(p, "maximum", Tensor::maximum, Math::max),
          p -> binary(p, "minimum", Tensor::minimum, Math::min),
          PointwiseMoves::addTimes,
          PointwiseMoves::divide,
          PointwiseMoves::remainder,
          PointwiseMoves::compare,
          PointwiseMoves::logic,
          PointwiseMoves::where,
          PointwiseMoves::lerp,
          PointwiseMoves::addcmul,
          PointwiseMoves::clampByTensors);

  private PointwiseMoves() {}

  private static void unary(
      Program p, String call, UnaryOperator<Tensor> there, DoubleUnaryOperator meaning) {
    Live x = p.number();
    p.make(x + "." + call, x.tensor().dtype(), x, there, m -> m.map(meaning));
  }

  private static void rounded(
      Program p, String call, UnaryOperator<Tensor> there, DoubleUnaryOperator meaning) {
    Live x = p.floating();
    p.near(x + "." + call, x.tensor().dtype(), x, there, m -> m.map(meaning));
  }

  /** Returns whether tensors broadcast together, to a result that is not too large. */
  static boolean meet(Live... xs) {
    long[] sizes = Meaning.broadcast(Arrays.stream(xs).map(Live::model).toList());
    return sizes != null && Indices.numel(sizes) <= 2 * ViewMoves.GREATEST;
  }

  /** A tensor of numbers that broadcasts with another. */
  static Live meeting(Program p, Live x) {
    Live y = p.find(one -> Program.isNumber(one) && meet(x, one));
    return y == null ? x : y;
  }

  private static void binary(
      Program p, String name, BinaryOperator<Tensor> there, DoubleBinaryOperator meaning) {
    Live a = p.number();
    Live b = p.number();
    String call = a + "." + name + "(" + b + ")";
    if (Meaning.broadcast(List.of(a.model(), b.model())) == null) {
      p.refuse(IllegalArgumentException.class, call, () -> there.apply(a.tensor(), b.tensor()));
    } else if (meet(a, b)) {
      DType dtype = Meaning.promoted(a, b);
      p.make(
          call,
          dtype,
          List.of(a, b),
          t -> there.apply(t.get(0), t.get(1)),
          m -> Meaning.combine(cast(dtype, m), meaning));
    }
  }

  static List<Plain> cast(DType dtype, List<Plain> models) {
    return models.stream().map(m -> Meaning.cast(dtype, m)).toList();
  }

  private static void addTimes(Program p) {
    Live a = p.number();
    Live b = meeting(p, a);
    DType dtype = Meaning.promoted(a, b);
    p.make(
        a + ".add(" + b + ", 2)",
        dtype,
        List.of(a, b),
        t -> t.get(0).add(t.get(1), 2),
        m -> Meaning.combine(cast(dtype, m), (x, y) -> x + 2 * y));
  }

  private static void divide(Program p) {
    Live a = p.number();
    DType dtype = a.tensor().dtype().isFloating() ? a.tensor().dtype() : DType.FLOAT32;
    p.near(a + ".div(4)", dtype, a, t -> t.div(4), m -> m.map(v -> v / 4));
  }

  private static void remainder(Program p) {
    Live a = p.number();
    if (p.isSmooth()) {
      return;
    }
    DType dtype = a.tensor().dtype();
    double by = 2 + p.below(3);
    Number divisor = (long) by;
    String arguments = "(" + divisor + ")";
    if (p.once(2)) {
      p.make(
          a + ".remainder" + arguments,
          dtype,
          a,
          t -> t.remainder(divisor),
          m -> m.map(v -> Reference.remainder(v, by)));
    } else {
      p.make(
          a + ".floorDivide" + arguments,
          dtype,
          a,
          t -> t.floorDivide(divisor),
          m -> m.map(v -> Math.floor(v / by)));
    }
  }

  private static void compare(Program p) {
    Live a = p.among(p.live());
    Live b = p.among(p.live());
    if (p.isSmooth() || !meet(a, b)) {
      return;
    }
    record Comparison(String name, BinaryOperator<Tensor> there, DoubleBinaryOperator meaning) {}
    Comparison one =
        p.among(
            List.of(
                new Comparison("lt", Tensor::lt, (x, y) -> x < y ? 1 : 0),
                new Comparison("ge", Tensor::ge, (x, y) -> x >= y ? 1 : 0),
                new Comparison("eq", Tensor::eq, (x, y) -> x == y ? 1 : 0)));
    DType dtype = Meaning.promoted(a, b);
    p.make(
        a + "." + one.name + "(" + b + ")",
        DType.BOOL,
        List.of(a, b),
        t -> one.there.apply(t.get(0), t.get(1)),
        m -> Meaning.combine(cast(dtype, m), one.meaning));
  }

  private static void logic(Program p) {
    Live a = p.among(p.live());
    Live b = p.among(p.live());
    if (p.isSmooth()) {
      return;
    }
    if (p.once(2) || !meet(a, b)) {
      p.make(
          a + ".logicalNot()", DType.BOOL, a, Tensor::logicalNot, m -> m.map(v -> v == 0 ? 1 : 0));
    } else {
      p.make(
          a + ".logicalAnd(" + b + ")",
          DType.BOOL,
          List.of(a, b),
          t -> t.get(0).logicalAnd(t.get(1)),
          m -> Meaning.combine(m, (x, y) -> x != 0 && y != 0 ? 1 : 0));
    }
  }

  private static void where(Program p) {
    Live a = p.among(p.live());
    Live b = p.find(one -> meet(a, one));
    if (b == null) {
      return;
    }
    double[] truth = new double[a.model().numel()];
    Arrays.setAll(truth, _ -> p.below(2));
    Tensor condition = Cells.tensor(DType.BOOL, a.sizes(), truth);
    Plain mask = new Plain(a.sizes(), truth);
    p.make(
        "where(" + Arrays.toString(truth) + ", " + a + ", " + b + ")",
        Meaning.promoted(a, b),
        List.of(a, b),
        t -> Tensor.where(condition, t.get(0), t.get(1)),
        m -> Meaning.combine(List.of(mask, m.get(0), m.get(1)), v -> v[0] != 0 ? v[1] : v[2]));
  }

  private static void lerp(Program p) {
    Live a = p.floating();
    Live b = p.find(one -> one.tensor().dtype() == a.tensor().dtype() && meet(a, one));
    if (b != null) {
      p.near(
          a + ".lerp(" + b + ", 0.25)",
          a.tensor().dtype(),
          List.of(a, b),
          t -> t.get(0).lerp(t.get(1), 0.25),
          m -> Meaning.combine(m, (x, y) -> x + 0.25 * (y - x)));
    }
  }

  private static void addcmul(Program p) {
    Live a = p.number();
    Live b = p.find(one -> one.tensor().dtype() == a.tensor().dtype() && meet(a, one));
    Live c =
        b == null
            ? null
            : p.find(one -> one.tensor().dtype() == a.tensor().dtype() && meet(a, b, one));
    if (b != null && c != null) {
      p.make(
          a + ".addcmul(" + b + ", " + c + ", 2)",
          a.tensor().dtype(),
          List.of(a, b, c),
          t -> t.get(0).addcmul(t.get(1), t.get(2), 2),
          m -> Meaning.combine(m, v -> v[0] + 2 * v[1] * v[2]));
    }
  }

  private static void clampByTensors(Program p) {
    Live a = p.number();
    Live low = p.find(one -> one.tensor().dtype() == a.tensor().dtype() && meet(a, one));
    if (low != null) {
      p.make(
          a + ".clampMin(" + low + ")",
          a.tensor().dtype(),
          List.of(a, low),
          t -> t.get(0).clampMin(t.get(1)),
          m -> Meaning.combine(m, Math::max));
    }
  }
}
