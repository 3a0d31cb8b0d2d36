package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Activations, composed so that gradients at kinks are PyTorch's and no infinity on a side that is
 * not taken becomes NaN. Of 16-bit floats they are computed in float32 and rounded once.
 */
final class Activations {
  // Klambauer et al., 2017: the solution of equations that have no closed form.
  private static final double SELU_ALPHA = 1.6732632423543772;
  private static final double SELU_SCALE = 1.0507009873554805;

  private Activations() {}

  private static Tensor wide(String name, Tensor x, UnaryOperator<Tensor> function) {
    Tensor y = function.apply(Checks.widened(Checks.floating(name, x))).to(x.dtype());
    String node = Character.toUpperCase(name.charAt(0)) + name.substring(1) + "Backward";
    return Primitives.of(x).named(node, y, x);
  }

  static Tensor leakyRelu(Tensor input, double slope) {
    return wide("leakyRelu", input, x -> Tensor.where(x.gt(0), x, x.mul(slope)));
  }

  static Tensor prelu(Tensor input, Tensor weight) {
    given("prelu", "weight", weight);
    given("prelu", "input", input);
    Checks.sameDtype("prelu", "weight", weight, input);
    Tensor slopes = weight;
    if (weight.numel() != 1) {
      long channels = input.dim() < 2 ? 1 : input.size(1);
      if (weight.dim() > 1 || input.dim() == 0 || channels != weight.numel()) {
        throw new IllegalArgumentException(
            "prelu: a weight "
                + weight.shape()
                + " for "
                + channels
                + " channels of "
                + input.shape());
      }
      long[] sizes = new long[input.dim() - 1];
      Arrays.fill(sizes, 1);
      sizes[0] = channels;
      slopes = weight.view(sizes);
    } else {
      if (weight.dim() > 1) {
        throw new IllegalArgumentException(
            "prelu: a weight " + weight.shape() + " has more than one dimension");
      }
      slopes = weight.reshape();
    }
    Tensor each = slopes;
    return wide("prelu", input, x -> Tensor.where(x.gt(0), x, x.mul(each)));
  }

  static Tensor elu(String name, Tensor input, double alpha, double scale) {
    return wide(
        name,
        input,
        x -> {
          Tensor y = Tensor.where(x.le(0), expm1(x.clampMax(0)).mul(alpha), x);
          return scale == 1 ? y : y.mul(scale);
        });
  }

  /** e^x - 1; its gradient is e^x itself, as 1 and what rounding left of the result is not. */
  private static Tensor expm1(Tensor x) {
    if (!x.requiresGrad()) {
      return x.expm1();
    }
    Tensor e = x.exp();
    return x.detach().expm1().sub(e.detach().sub(e));
  }

  static Tensor selu(Tensor input) {
    return elu("selu", input, SELU_ALPHA, SELU_SCALE);
  }

  static Tensor celu(Tensor input, double alpha) {
    if (alpha == 0) {
      throw new IllegalArgumentException("celu: alpha is 0, by which nothing can be divided");
    }
    return wide(
        "celu",
        input,
        x -> {
          Tensor bent = alpha > 0 ? expm1(x.clampMax(0).div(alpha)) : x.div(alpha).expm1();
          return Tensor.where(x.le(0), bent.mul(alpha), x);
        });
  }

  static Tensor hardtanh(String name, Tensor x, double min, double max) {
    DType dtype = given(name, "input", x).dtype();
    if (dtype == DType.BOOL || (dtype == DType.UINT8 && ((long) min < 0 || (long) max < 0))) {
      throw new IllegalArgumentException(
          name + ": not defined for " + dtype + " between " + min + " and " + max);
    }
    if (min > max) {
      throw new IllegalArgumentException(name + ": the least value " + min + " is above " + max);
    }
    return dtype.isFloating()
        ? wide(name, x, wide -> within(wide, min, max))
        : x.clamp(asInteger(min), asInteger(max));
  }

  private static boolean isNegativePart(double limit) {
    return limit < 0 && limit != Math.rint(limit);
  }

  private static Number asInteger(double limit) {
    return (long) limit;
  }

  /** Clamps; where that changes anything, at the limits too, there is no gradient. */
  private static Tensor within(Tensor x, double min, double max) {
    Tensor outside = x.le(min).logicalOr(x.ge(max));
    return Tensor.where(outside, x.detach().clamp(min, max), x);
  }

  static Tensor hardsigmoid(Tensor input) {
    return wide("hardsigmoid", input, x -> within(x, -3, 3).add(3).div(6));
  }

  static Tensor hardswish(Tensor input) {
    return wide(
        "hardswish",
        input,
        x -> {
          Tensor inner = x.clamp(-3, 3);
          Tensor bent = inner.mul(inner.add(3)).div(6);
          return Tensor.where(x.ge(3), x, Tensor.where(x.le(-3), 0, bent));
        });
  }

  static Tensor softplus(Tensor input, double beta, double threshold) {
    return wide(
        "softplus",
        input,
        x -> {
          Tensor scaled = beta == 1 ? x : x.mul(beta);
          Tensor bent = Primitives.of(x).softplus(scaled);
          return Tensor.where(scaled.gt(threshold), x, beta == 1 ? bent : bent.div(beta));
        });
  }

  static Tensor logsigmoid(Tensor input) {
    return wide("logsigmoid", input, x -> Primitives.of(x).softplus(x.neg()).neg());
  }

  static Tensor mish(Tensor input) {
    return wide("mish", input, x -> x.mul(Primitives.of(x).softplus(x).tanh()));
  }

  static Tensor hardshrink(Tensor input, double lambda) {
    return wide(
        "hardshrink", input, x -> Tensor.where(x.ge(-lambda).logicalAnd(x.le(lambda)), 0, x));
  }

  static Tensor softshrink(Tensor input, double lambda) {
    if (!(lambda >= 0)) {
      throw new IllegalArgumentException("softshrink: lambda " + lambda + " is less than 0");
    }
    return wide(
        "softshrink",
        input,
        x -> {
          Tensor below = Tensor.where(x.lt(-lambda), x.add(lambda), x.mul(0));
          return Tensor.where(x.gt(lambda), x.sub(lambda), below);
        });
  }

  static Tensor threshold(Tensor x, double threshold, double value) {
    if (given("threshold", "input", x).dtype() == DType.BOOL) {
      throw new IllegalArgumentException("threshold: not defined for bool");
    }
    if (x.dtype() == DType.UINT8 && (isNegativePart(threshold) || isNegativePart(value))) {
      throw new IllegalArgumentException(
          "threshold: " + threshold + " or " + value + " has no place in uint8");
    }
    if (!x.dtype().isFloating()) {
      return Tensor.where(x.le(asInteger(threshold)), asInteger(value), x);
    }
    return wide("threshold", x, wide -> Tensor.where(wide.le(threshold), value, wide));
  }

  static Tensor glu(Tensor x, int dim) {
    if (given("glu", "input", x).dim() == 0) {
      throw new IllegalArgumentException("glu: a 0-d input has no halves");
    }
    if (x.size(dim) % 2 != 0) {
      throw new IllegalArgumentException(
          "glu: the size " + x.size(dim) + " of dim " + dim + " of " + x.shape() + " is odd");
    }
    long half = x.size(dim) / 2;
    return wide(
        "glu", x, wide -> wide.narrow(dim, 0, half).mul(wide.narrow(dim, half, half).sigmoid()));
  }
}
