package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;

/** What is dropped at random: elements, whole channels, or what activations saturate to. */
final class Dropouts {
  // The limit of SELU to the left, -scale * alpha (Klambauer et al., 2017)
  private static final double LIMIT = 1.7580993408473766;

  private Dropouts() {}

  static void checkProbability(String name, double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException(
          name + ": the probability " + p + " is not between 0 and 1");
    }
  }

  /** Sets whole channels of (n, c, …) to 0. */
  static Tensor channels(String name, Tensor x, double p) {
    given(name, "input", x);
    checkProbability(name, p);
    checkChannels(name, x);
    if (p == 0 || x.numel() == 0) {
      return x;
    }
    return p == 1 ? x.mul(0) : x.mul(kept(ofChannels(x), p).div_(1 - p));
  }

  /** The same of an input that may be without a batch. */
  static Tensor channels(String name, Tensor x, double p, int dims) {
    given(name, "input", x);
    if (x.dim() == dims) {
      return channels(name, x.unsqueeze(0), p).squeeze(0);
    }
    if (x.dim() != dims + 1) {
      throw new IllegalArgumentException(
          name
              + ": needs an input of "
              + dims
              + " or "
              + (dims + 1)
              + " dimensions, not "
              + x.shape());
    }
    return channels(name, x, p);
  }

  static Tensor alpha(String name, Tensor x, double p) {
    given(name, "input", x);
    checkProbability(name, p);
    return saturated(x, x, p);
  }

  static Tensor alphaOfChannels(String name, Tensor x, double p) {
    given(name, "input", x);
    checkProbability(name, p);
    checkChannels(name, x);
    return saturated(x, p == 0 || x.numel() == 0 ? x : ofChannels(x), p);
  }

  /** Lets what is dropped have the limit, and all be scaled so that mean and variance stay. */
  private static Tensor saturated(Tensor x, Tensor model, double p) {
    if (p == 0 || x.numel() == 0) {
      return x;
    }
    if (p == 1) {
      return x.mul(0);
    }
    double a = 1 / Math.sqrt((LIMIT * LIMIT * p + 1) * (1 - p));
    Tensor noise = kept(model, p);
    Tensor shift = noise.sub(1).mul_(LIMIT * a).add_(LIMIT * a * p);
    return x.mul(noise.mul_(a)).add(shift);
  }

  private static Tensor kept(Tensor model, double p) {
    return Generator.standard(model.device()).bernoulliLike(model.detach(), 1 - p);
  }

  /** Something with an element for each channel, which broadcasts to the input. */
  private static Tensor ofChannels(Tensor x) {
    long[] sizes = new long[x.dim()];
    Arrays.fill(sizes, 1);
    sizes[0] = x.size(0);
    sizes[1] = x.size(1);
    return x.newEmpty(sizes);
  }

  private static void checkChannels(String name, Tensor x) {
    if (x.dim() < 2) {
      throw new IllegalArgumentException(name + ": needs an input (n, c, …), not " + x.shape());
    }
  }

  /** Multiplies what is not above 0 by numbers that are drawn for each. */
  static Tensor rrelu(Tensor x, double lower, double upper) {
    String name = "rrelu";
    Checks.floating(name, x);
    if (!(lower <= upper)) {
      throw new IllegalArgumentException(
          name + ": the lower bound " + lower + " is above the upper one " + upper);
    }
    if (lower == upper) {
      return Activations.leakyRelu(x, lower);
    }
    Tensor below = x.detach().le(0);
    Tensor slopes = Tensor.ones(x.device(), DType.FLOAT64, x.shape().toArray());
    if (x.isCpu()) {
      // PyTorch draws for these alone.
      Tensor draws = Tensor.empty(DType.FLOAT64, below.sum().itemLong());
      slopes = slopes.maskedScatter(below, draws.uniform_(lower, upper));
    } else {
      slopes = Tensor.where(below, slopes.uniform_(lower, upper), 1.0);
    }
    return x.mul(slopes.to(x.dtype()));
  }

  /** Softmax with noise; a hard choice has the gradients of the soft one. */
  static Tensor gumbelSoftmax(Tensor logits, double tau, Choice choice, int dim) {
    String name = "gumbelSoftmax";
    Checks.floating(name, given(name, "logits", logits));
    given(name, "choice", choice);
    Tensor noise = logits.newEmpty(logits.shape().toArray()).exponential_().log().neg();
    Tensor soft = logits.add(noise).div(tau).softmax(dim);
    if (choice == Choice.SOFT) {
      return soft;
    }
    Tensor drawn = soft.detach().argmax(Keep.KEEPDIM, dim);
    Tensor hard = logits.newZeros(logits.shape().toArray()).scatter(dim, drawn, 1);
    return hard.sub(soft.detach()).add(soft);
  }
}
