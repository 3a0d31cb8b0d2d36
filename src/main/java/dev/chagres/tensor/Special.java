package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/**
 * The functions that PyTorch has in {@code torch.special} alone, for {@code import static
 * dev.chagres.tensor.Special.*}. What else is there is a method of {@link Tensor}.
 */
public final class Special {
  private Special() {}

  /** Returns {@code -x log(x)}; 0 at 0, and minus infinity below. */
  public static Tensor entr(Tensor x) {
    return Elementwise.unary(UnaryOp.ENTR, given("entr", "x", x));
  }

  /** Returns {@code exp(x^2) erfc(x)}, the scaled complement of the error function. */
  public static Tensor erfcx(Tensor x) {
    return Elementwise.unary(UnaryOp.ERFCX, given("erfcx", "x", x));
  }

  /**
   * Returns the normal distribution function, {@code erfc(-x / sqrt(2)) / 2}, exact in its left
   * tail.
   */
  public static Tensor ndtr(Tensor x) {
    return Elementwise.unary(UnaryOp.NDTR, given("ndtr", "x", x));
  }

  /** Returns the inverse of {@link #ndtr}; infinite at 0 and 1, NaN outside. */
  public static Tensor ndtri(Tensor x) {
    return Elementwise.unary(UnaryOp.NDTRI, given("ndtri", "x", x));
  }

  /** Returns the logarithm of {@link #ndtr}, exact where that is close to 0 or 1. */
  public static Tensor logNdtr(Tensor x) {
    return Elementwise.unary(UnaryOp.LOG_NDTR, given("logNdtr", "x", x));
  }

  /** Returns {@code x log(1 + y)}, and 0 where x is 0 and y no NaN. */
  public static Tensor xlog1py(Tensor x, Tensor y) {
    return Elementwise.binary(BinaryOp.XLOG1PY, given("xlog1py", "x", x), y);
  }

  /** Returns {@code x log(1 + y)}, and 0 where x is 0 and y no NaN. */
  public static Tensor xlog1py(Tensor x, Number y) {
    return Elementwise.binary(BinaryOp.XLOG1PY, given("xlog1py", "x", x), y);
  }

  /** Returns {@code x log(1 + y)}, and 0 where x is 0 and y no NaN. */
  public static Tensor xlog1py(Number x, Tensor y) {
    return Elementwise.binary(BinaryOp.XLOG1PY, x, given("xlog1py", "y", y));
  }

  /** Returns the n-th derivative of the digamma function: {@link Tensor#polygamma}. */
  public static Tensor polygamma(int n, Tensor x) {
    return given("polygamma", "x", x).polygamma(n);
  }

  /** Returns {@link Tensor#sigmoid}. */
  public static Tensor expit(Tensor x) {
    return given("expit", "x", x).sigmoid();
  }

  /** Returns {@link Tensor#digamma}. */
  public static Tensor psi(Tensor x) {
    return given("psi", "x", x).digamma();
  }

  /** Returns {@link Tensor#lgamma}. */
  public static Tensor gammaln(Tensor x) {
    return given("gammaln", "x", x).lgamma();
  }

  /** Returns {@link Tensor#mvlgamma}. */
  public static Tensor multigammaln(Tensor x, int p) {
    return given("multigammaln", "x", x).mvlgamma(p);
  }

  /** Returns {@link Tensor#igamma}. */
  public static Tensor gammainc(Tensor x, Tensor y) {
    return given("gammainc", "x", x).igamma(given("gammainc", "y", y));
  }

  /** Returns {@link Tensor#igammac}. */
  public static Tensor gammaincc(Tensor x, Tensor y) {
    return given("gammaincc", "x", x).igammac(given("gammaincc", "y", y));
  }
}
