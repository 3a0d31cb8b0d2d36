package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * The second names that PyTorch has for methods that work in place. An error names the first one.
 */
public sealed interface AliasesInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Another name of {@link Tensor#abs_()}. */
  default Tensor absolute_() {
    return self().abs_();
  }

  /** Another name of {@link Tensor#acos_()}. */
  default Tensor arccos_() {
    return self().acos_();
  }

  /** Another name of {@link Tensor#acosh_()}. */
  default Tensor arccosh_() {
    return self().acosh_();
  }

  /** Another name of {@link Tensor#asin_()}. */
  default Tensor arcsin_() {
    return self().asin_();
  }

  /** Another name of {@link Tensor#asinh_()}. */
  default Tensor arcsinh_() {
    return self().asinh_();
  }

  /** Another name of {@link Tensor#atan_()}. */
  default Tensor arctan_() {
    return self().atan_();
  }

  /** Another name of {@link Tensor#atanh_()}. */
  default Tensor arctanh_() {
    return self().atanh_();
  }

  /** Another name of {@link Tensor#trunc_()}. */
  default Tensor fix_() {
    return self().trunc_();
  }

  /** Another name of {@link Tensor#neg_()}. */
  default Tensor negative_() {
    return self().neg_();
  }

  /** Another name of {@link Tensor#atan2_(Tensor)}. */
  default Tensor arctan2_(Tensor y) {
    return self().atan2_(given("arctan2_", "y", y));
  }

  /** Another name of {@link Tensor#div_(Number)}. */
  default Tensor divide_(Number y) {
    return self().div_(given("divide_", "y", y));
  }

  /** Another name of {@link Tensor#div_(Tensor)}. */
  default Tensor divide_(Tensor y) {
    return self().div_(given("divide_", "y", y));
  }

  /** Another name of {@link Tensor#div_(Number)}. */
  default Tensor trueDivide_(Number y) {
    return self().div_(given("trueDivide_", "y", y));
  }

  /** Another name of {@link Tensor#div_(Tensor)}. */
  default Tensor trueDivide_(Tensor y) {
    return self().div_(given("trueDivide_", "y", y));
  }

  /** Another name of {@link Tensor#mul_(Number)}. */
  default Tensor multiply_(Number y) {
    return self().mul_(given("multiply_", "y", y));
  }

  /** Another name of {@link Tensor#mul_(Tensor)}. */
  default Tensor multiply_(Tensor y) {
    return self().mul_(given("multiply_", "y", y));
  }

  /** Another name of {@link Tensor#sub_(Number)}. */
  default Tensor subtract_(Number y) {
    return self().sub_(given("subtract_", "y", y));
  }

  /** Another name of {@link Tensor#sub_(Tensor)}. */
  default Tensor subtract_(Tensor y) {
    return self().sub_(given("subtract_", "y", y));
  }

  /** Another name of {@link Tensor#sub_(Tensor, Number)}. */
  default Tensor subtract_(Tensor y, Number alpha) {
    return self().sub_(given("subtract_", "y", y), given("subtract_", "alpha", alpha));
  }

  /** Another name of {@link Tensor#gt_(Number)}. */
  default Tensor greater_(Number y) {
    return self().gt_(given("greater_", "y", y));
  }

  /** Another name of {@link Tensor#gt_(Tensor)}. */
  default Tensor greater_(Tensor y) {
    return self().gt_(given("greater_", "y", y));
  }

  /** Another name of {@link Tensor#ge_(Number)}. */
  default Tensor greaterEqual_(Number y) {
    return self().ge_(given("greaterEqual_", "y", y));
  }

  /** Another name of {@link Tensor#ge_(Tensor)}. */
  default Tensor greaterEqual_(Tensor y) {
    return self().ge_(given("greaterEqual_", "y", y));
  }

  /** Another name of {@link Tensor#lt_(Number)}. */
  default Tensor less_(Number y) {
    return self().lt_(given("less_", "y", y));
  }

  /** Another name of {@link Tensor#lt_(Tensor)}. */
  default Tensor less_(Tensor y) {
    return self().lt_(given("less_", "y", y));
  }

  /** Another name of {@link Tensor#le_(Number)}. */
  default Tensor lessEqual_(Number y) {
    return self().le_(given("lessEqual_", "y", y));
  }

  /** Another name of {@link Tensor#le_(Tensor)}. */
  default Tensor lessEqual_(Tensor y) {
    return self().le_(given("lessEqual_", "y", y));
  }

  /** Another name of {@link Tensor#ne_(Number)}. */
  default Tensor notEqual_(Number y) {
    return self().ne_(given("notEqual_", "y", y));
  }

  /** Another name of {@link Tensor#ne_(Tensor)}. */
  default Tensor notEqual_(Tensor y) {
    return self().ne_(given("notEqual_", "y", y));
  }

  /** Another name of {@link Tensor#clamp_(Number, Number)}. */
  default Tensor clip_(Number min, Number max) {
    return self().clamp_(given("clip_", "min", min), given("clip_", "max", max));
  }

  /** Another name of {@link Tensor#clamp_(Tensor, Tensor)}. */
  default Tensor clip_(Tensor min, Tensor max) {
    return self().clamp_(given("clip_", "min", min), given("clip_", "max", max));
  }

  /** Another name of {@link Tensor#transpose_(int, int)}. */
  default Tensor swapaxes_(int dim0, int dim1) {
    return self().transpose_(dim0, dim1);
  }

  /** Another name of {@link Tensor#transpose_(int, int)}. */
  default Tensor swapdims_(int dim0, int dim1) {
    return self().transpose_(dim0, dim1);
  }
}
