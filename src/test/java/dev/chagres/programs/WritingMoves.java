package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Writes to whole tensors, which are views as often as not. */
final class WritingMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          p -> unary(p, "add_(2)", t -> t.add_(2), v -> v + 2),
          p -> unary(p, "mul_(-1)", t -> t.mul_(-1), v -> 0 - v),
          p -> unary(p, "neg_()", Tensor::neg_, v -> 0 - v),
          p -> unary(p, "abs_()", Tensor::abs_, Math::abs),
          p -> unary(p, "clamp_(2, 6)", t -> t.clamp_(2, 6), v -> Math.clamp(v, 2, 6)),
          p -> unary(p, "fill_(7)", t -> t.fill_(7), _ -> 7),
          p -> unary(p, "zero_()", Tensor::zero_, _ -> 0),
          p -> binary(p, "add_", Tensor::add_, Double::sum),
          p -> binary(p, "sub_", Tensor::sub_, (a, b) -> a - b),
          p -> binary(p, "mul_", Tensor::mul_, (a, b) -> a * b),
          p -> binary(p, "maximum_", Tensor::maximum_, Math::max),
          WritingMoves::copy,
          WritingMoves::copy,
          WritingMoves::lerp,
          WritingMoves::addcmul,
          WritingMoves::clamp,
          p -> triangle(p, "tril_", Tensor::tril_, (row, column) -> column <= row ? 1 : 0),
          p -> triangle(p, "triu_", Tensor::triu_, (row, column) -> column >= row ? 1 : 0),
          WritingMoves::cumsum);

  private interface Triangle {
    Tensor apply(Tensor x, long diagonal);
  }

  private WritingMoves() {}

  /**
   * A tensor to write to. Where derivatives are asked for it is new, as a rule: what an operation
   * needs in the reverse pass may not be written to.
   */
  static Live target(Program p, boolean numbers) {
    Live x = numbers ? p.number() : p.among(p.live());
    if (!p.isSmooth() || p.once(6)) {
      return x;
    }
    p.make(x + ".clone()", x.tensor().dtype(), x, Tensor::clone, Plain::copy);
    Live base = p.live().getLast();
    if (p.once(2)) {
      p.make(base + ".t()", DType.FLOAT64, base, t -> turned(t), m -> turned(m));
    }
    return p.live().getLast();
  }

  private static Tensor turned(Tensor x) {
    return x.dim() < 2 ? x.view(x.shape().toArray()) : x.transpose(0, 1);
  }

  private static Plain turned(Plain x) {
    return x.dim() < 2
        ? x.reshape(x.sizes())
        : x.view(Indices.swapped(x.sizes(), 0, 1), i -> Indices.swapped(i, 0, 1));
  }

  private static void unary(
      Program p, String call, UnaryOperator<Tensor> there, DoubleUnaryOperator meaning) {
    Live x = target(p, true);
    p.write(x + "." + call, List.of(x), t -> there.apply(t.get(0)), m -> m.get(0).map(meaning));
  }

  /** Returns whether one broadcasts to the shape of the other, as the operand of a write must. */
  static boolean fits(Live target, Live x) {
    long[] sizes = Meaning.broadcast(List.of(target.model(), x.model()));
    return sizes != null && Arrays.equals(sizes, target.sizes());
  }

  private static void binary(
      Program p, String name, BinaryOperator<Tensor> there, DoubleBinaryOperator meaning) {
    Live x = target(p, true);
    Live y = p.once(3) ? p.number() : p.find(one -> Program.isNumber(one) && fits(x, one));
    if (y == null) {
      return;
    }
    String call = x + "." + name + "(" + y + ")";
    DType dtype = Meaning.promoted(x, y);
    if (!fits(x, y) || dtype.isFloating() && !x.tensor().dtype().isFloating()) {
      p.refuse(RuntimeException.class, call, () -> there.apply(x.tensor(), y.tensor()));
      return;
    }
    p.write(
        call,
        List.of(x, y),
        t -> there.apply(t.get(0), t.get(1)),
        m -> Meaning.combine(PointwiseMoves.cast(dtype, m), meaning));
  }

  private static void copy(Program p) {
    Live x = target(p, false);
    Live y = p.once(4) ? p.among(p.live()) : p.find(one -> fits(x, one));
    if (y == null) {
      return;
    }
    String call = x + ".copy_(" + y + ")";
    if (!fits(x, y)) {
      p.refuse(RuntimeException.class, call, () -> x.tensor().copy_(y.tensor()));
      return;
    }
    p.write(
        call, List.of(x, y), t -> t.get(0).copy_(t.get(1)), m -> Meaning.combine(m, (_, v) -> v));
  }

  private static boolean alike(Live x, Live y) {
    return x.tensor().dtype() == y.tensor().dtype() && fits(x, y);
  }

  private static void lerp(Program p) {
    Live x = target(p, true);
    Live y = p.find(one -> alike(x, one));
    if (y != null && x.tensor().dtype().isFloating()) {
      // whole numbers stay whole
      double weight = p.isSmooth() ? 0.25 : 2;
      p.write(
          x + ".lerp_(" + y + ", " + weight + ")",
          List.of(x, y),
          t -> t.get(0).lerp_(t.get(1), weight),
          m -> Meaning.combine(m, (a, b) -> a + weight * (b - a)));
    }
  }

  private static void addcmul(Program p) {
    Live x = target(p, true);
    Live a = p.find(one -> alike(x, one));
    Live b = p.find(one -> alike(x, one));
    if (a != null && b != null) {
      p.write(
          x + ".addcmul_(" + a + ", " + b + ", 2)",
          List.of(x, a, b),
          t -> t.get(0).addcmul_(t.get(1), t.get(2), 2),
          m -> Meaning.combine(m, v -> v[0] + 2 * v[1] * v[2]));
    }
  }

  private static void clamp(Program p) {
    Live x = target(p, true);
    Live y = p.find(one -> alike(x, one));
    if (y != null) {
      p.write(
          x + ".clampMin_(" + y + ")",
          List.of(x, y),
          t -> t.get(0).clampMin_(t.get(1)),
          m -> Meaning.combine(m, Math::max));
    }
  }

  private static void triangle(
      Program p, String name, Triangle there, DoubleBinaryOperator isKept) {
    Live x = target(p, true);
    int rank = x.dim();
    long shift = p.below(5) - 2;
    if (rank >= 2) {
      p.write(
          x + "." + name + "(" + shift + ")",
          List.of(x),
          t -> there.apply(t.get(0), shift),
          m ->
              Plain.fill(
                  m.get(0).sizes(),
                  i ->
                      isKept.applyAsDouble(i[rank - 2] + shift, i[rank - 1]) != 0
                          ? m.get(0).at(i)
                          : 0));
    }
  }

  private static void cumsum(Program p) {
    Live x = target(p, true);
    if (x.dim() > 0) {
      int d = p.below(x.dim());
      p.write(
          x + ".cumsum_(" + d + ")",
          List.of(x),
          t -> t.get(0).cumsum_(d),
          m -> Meaning.lines(m.get(0), d, line -> Meaning.running(Double::sum, line)));
    }
  }
}
