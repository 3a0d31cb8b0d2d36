package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Pointwise functions that are composed of others. */
final class Compositions {
  private static final double RADIANS = Math.PI / 180;

  /** A power of 2 beyond those of every dtype. */
  private static final double ANY = 10_000;

  private Compositions() {}

  // ---- one operand

  /** Computes unrecorded, and records one operation with a rule of its own. */
  private static Tensor recorded(
      String name, Tensor x, UnaryOperator<Tensor> value, Rule<Tensor> rule) {
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = value.apply(x);
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Operation.of(name, Gradients.input(x, rule)));
    }
    return y;
  }

  /** Integers and bools as float32. */
  private static Tensor floating(Tensor x) {
    return x.dtype().isFloating() ? x : Copying.cast(x, DType.FLOAT32);
  }

  /** Computes halves in float32, so that they are rounded once. */
  private static Tensor wide(Tensor x, UnaryOperator<Tensor> function) {
    return Halves.isHalf(x.dtype())
        ? Copying.cast(function.apply(Copying.cast(x, DType.FLOAT32)), x.dtype())
        : function.apply(x);
  }

  static Tensor angle(Tensor x) {
    return recorded(
        "AngleBackward",
        floating(x),
        y -> Tensor.where(y.isnan(), y, Copying.cast(y.lt(0), y.dtype()).mul(Math.PI)),
        g -> g.zerosLike());
  }

  static Tensor deg2rad(Tensor x) {
    return Gradients.named("Deg2RadBackward", wide(x, y -> y.mul(RADIANS)), x);
  }

  static Tensor rad2deg(Tensor x) {
    return Gradients.named("Rad2DegBackward", wide(x, y -> y.mul(1 / RADIANS)), x);
  }

  /** The gradient at 0 is 0, as in PyTorch, where it is no limit of those of its own gradient. */
  static Tensor sinc(Tensor x) {
    Tensor y = floating(x);
    Saved kept = new Saved(y);
    return recorded(
        "SincBackward",
        y,
        in -> wide(in, Compositions::sincOf),
        g -> {
          Tensor turn = kept.get().mul(Math.PI);
          Tensor square = turn.mul(kept.get());
          Tensor slope = turn.mul(turn.cos()).sub(turn.sin()).div(square);
          return Tensor.where(square.eq(0), g.zerosLike(), g.mul(slope));
        });
  }

  private static Tensor sincOf(Tensor x) {
    Tensor turn = x.mul(Math.PI);
    return Tensor.where(turn.eq(0), turn.onesLike(), turn.sin().div(turn));
  }

  static Tensor polygamma(Tensor x, int n) {
    if (n < 0) {
      throw new IllegalArgumentException("polygamma: the order " + n + " is negative");
    }
    return Elementwise.binary(BinaryOp.POLYGAMMA, n, x);
  }

  static Tensor mvlgamma(Tensor x, int p) {
    if (p < 1) {
      throw new IllegalArgumentException("mvlgamma: the dimension " + p + " is not positive");
    }
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("mvlgamma: not defined for bool");
    }
    Tensor y = floating(x);
    double constant = (double) p * (p - 1) / 4 * Math.log(Math.PI);
    Tensor sum =
        wide(
            y,
            in -> {
              Tensor halves = Creation.arange(in.device(), 0, p, 1, in.dtype()).mul(0.5);
              return in.unsqueeze(-1).sub(halves).lgamma().sum(-1).add(constant);
            });
    return Gradients.named("MvlgammaBackward", sum, y);
  }

  static Tensor round(Tensor x, int decimals) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "round: " + x.dtype() + " has no decimals; round() leaves it as it is");
    }
    double scale = Math.pow(10, Math.abs((double) decimals));
    return recorded(
        "RoundBackward",
        x,
        y -> decimals >= 0 ? y.mul(scale).round().div(scale) : y.div(scale).round().mul(scale),
        g -> g.zerosLike());
  }

  static Tensor logit(Tensor x, double eps) {
    Tensor y = floating(x);
    Saved kept = new Saved(y);
    return recorded(
        "LogitBackward",
        y,
        in -> wide(in, z -> z.maximum(eps).minimum(1 - eps).logit()),
        g -> {
          Tensor in = kept.get();
          Tensor outside = in.lt(eps).logicalOr(in.gt(1 - eps));
          return Tensor.where(outside, g.zerosLike(), g.div(in.mul(in.rsub(1))));
        });
  }

  static Tensor nanToNum(Tensor x, double nan, @Nullable Double posinf, @Nullable Double neginf) {
    if (!x.dtype().isFloating()) {
      return Copying.clone(x);
    }
    double greatest = x.dtype().max().doubleValue();
    Saved kept = new Saved(x);
    return recorded(
        "NanToNumBackward",
        x,
        y -> {
          Tensor known = Tensor.where(y.isnan(), nan, y);
          Tensor below = Tensor.where(y.isposinf(), posinf == null ? greatest : posinf, known);
          return Tensor.where(y.isneginf(), neginf == null ? -greatest : neginf, below);
        },
        g -> Tensor.where(kept.get().isfinite(), g, g.zerosLike()));
  }

  static Frexp frexp(Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException("frexp: not defined for " + x.dtype());
    }
    Tensor mantissa = Elementwise.unary(UnaryOp.FREXP_MANTISSA, x);
    Tensor exponent = Elementwise.unary(UnaryOp.FREXP_EXPONENT, x.detach());
    return new Frexp(mantissa, Copying.cast(exponent, DType.INT32));
  }

  // ---- two and more operands

  /** Returns the second operand, which has the dtype of the first and a shape beside it. */
  static Tensor alike(String name, Tensor x, Tensor y) {
    if (given(name, "y", y).dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": " + x.dtype() + " and " + y.dtype() + ", where both must have one dtype");
    }
    if (Shape.broadcast(x.shape(), y.shape()) == null) {
      throw new IllegalArgumentException(
          name + ": shapes " + x.shape() + " and " + y.shape() + " do not broadcast");
    }
    return y;
  }

  static Tensor rsub(Tensor x, Tensor y, Number alpha) {
    if (x.dtype() == DType.BOOL || given("rsub", "y", y).dtype() == DType.BOOL) {
      throw new IllegalArgumentException("rsub: not defined for bool");
    }
    return Gradients.named("RsubBackward", ScaledSums.sum("rsub", BinaryOp.SUB, y, x, alpha), x);
  }

  /**
   * By two factors, since a power that is needed may be twice what the dtype can hold. The first is
   * finite or 0, so that an infinite power is all in the second.
   */
  static Tensor ldexp(Tensor x, Tensor y) {
    DType common = floating(Promotion.of(x, given("ldexp", "y", y)));
    DType compute = common.size() < DType.FLOAT32.size() ? DType.FLOAT32 : common;
    // PyTorch's power of 2 lies in row-major order, but for exponents of float64.
    boolean kept = y.dtype() == DType.FLOAT64;
    Tensor power = kept ? Copying.cast(y, compute) : Copying.contiguous(y, compute);
    Tensor half = power.detach().mul(0.5).floor().clamp(-ANY, ANY);
    Tensor scaled = Copying.cast(x, compute).mul(half.exp2()).mul(power.sub(half).exp2());
    return Gradients.named("LdexpBackward", Copying.cast(scaled, common), x);
  }

  /** The powers are float64, which nothing else holds. */
  static Tensor floatPowerInPlace(Tensor x, UnaryOperator<Tensor> power) {
    if (x.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          "floatPower_: the result is float64 and cannot be stored in " + x.dtype());
    }
    return Copying.replaced("floatPower_", x, power);
  }

  private static DType floating(DType dtype) {
    return dtype.isFloating() ? dtype : DType.FLOAT32;
  }

  static Tensor isclose(Tensor x, Tensor y, double rtol, double atol, Nans nans) {
    alike("isclose", x, y);
    given("isclose", "nans", nans);
    if (!(rtol >= 0 && atol >= 0)) {
      throw new IllegalArgumentException(
          "isclose: the tolerances " + rtol + " and " + atol + " must not be negative");
    }
    Tensor a = x.dtype() == DType.BOOL ? x.to(DType.UINT8) : x.detach();
    Tensor b = y.dtype() == DType.BOOL ? y.to(DType.UINT8) : y.detach();
    Tensor same = a.eq(b);
    if (nans == Nans.EQUAL_NAN) {
      same = same.logicalOr(a.isnan().logicalAnd(b.isnan()));
    }
    if (rtol == 0 && atol == 0) {
      return same;
    }
    Tensor distance = a.sub(b).abs();
    Tensor near = distance.le(b.mul(rtol).abs().add(atol));
    return same.logicalOr(near.logicalAnd(distance.isfinite()));
  }

  /** From the nearer end, as in PyTorch; of halves in float32, which is rounded once. */
  static Tensor lerp(String name, Tensor x, Tensor end, Number weight) {
    given(name, "end", end);
    given(name, "weight", weight);
    DType compute = interpolated(name, x, end);
    Tensor part = Elementwise.constant(name, TernaryOp.LERP, weight, compute, x.device());
    return lerped(name, x, List.of(x, end, part), compute);
  }

  private static Tensor lerped(String name, Tensor x, List<Tensor> operands, DType compute) {
    List<Tensor> wide = new ArrayList<>();
    for (Tensor each : operands) {
      wide.add(Copying.cast(each, compute));
    }
    Tensor y = Elementwise.ternary(name, TernaryOp.LERP, 0, wide);
    return Gradients.named("LerpBackward", Copying.cast(y, x.dtype()), x);
  }

  /** The type to compute in. */
  private static DType interpolated(String name, Tensor x, Tensor end) {
    alike(name, x, end);
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + x.dtype());
    }
    return x.dtype().size() < DType.FLOAT32.size() ? DType.FLOAT32 : x.dtype();
  }

  /** The same with a weight for every element. */
  static Tensor lerp(String name, Tensor x, Tensor end, Tensor weight) {
    given(name, "end", end);
    given(name, "weight", weight);
    DType compute = interpolated(name, x, end);
    alike(name, x, weight);
    return lerped(name, x, List.of(x, end, weight), compute);
  }
}
