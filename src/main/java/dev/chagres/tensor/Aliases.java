package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;

/**
 * The second names that PyTorch has for methods; there and here both do the same. An error names
 * the first one.
 */
public sealed interface Aliases permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Another name of {@link Tensor#abs()}. */
  default Tensor absolute() {
    return self().abs();
  }

  /** Another name of {@link Tensor#acos()}. */
  default Tensor arccos() {
    return self().acos();
  }

  /** Another name of {@link Tensor#acosh()}. */
  default Tensor arccosh() {
    return self().acosh();
  }

  /** Another name of {@link Tensor#asin()}. */
  default Tensor arcsin() {
    return self().asin();
  }

  /** Another name of {@link Tensor#asinh()}. */
  default Tensor arcsinh() {
    return self().asinh();
  }

  /** Another name of {@link Tensor#atan()}. */
  default Tensor arctan() {
    return self().atan();
  }

  /** Another name of {@link Tensor#atanh()}. */
  default Tensor arctanh() {
    return self().atanh();
  }

  /** Another name of {@link Tensor#trunc()}. */
  default Tensor fix() {
    return self().trunc();
  }

  /** Another name of {@link Tensor#neg()}. */
  default Tensor negative() {
    return self().neg();
  }

  /** Another name of {@link Tensor#atan2(Tensor)}. */
  default Tensor arctan2(Tensor y) {
    return self().atan2(given("arctan2", "y", y));
  }

  /** Another name of {@link Tensor#div(Number)}. */
  default Tensor divide(Number y) {
    return self().div(given("divide", "y", y));
  }

  /** Another name of {@link Tensor#div(Tensor)}. */
  default Tensor divide(Tensor y) {
    return self().div(given("divide", "y", y));
  }

  /** Another name of {@link Tensor#div(Number)}. */
  default Tensor trueDivide(Number y) {
    return self().div(given("trueDivide", "y", y));
  }

  /** Another name of {@link Tensor#div(Tensor)}. */
  default Tensor trueDivide(Tensor y) {
    return self().div(given("trueDivide", "y", y));
  }

  /** Another name of {@link Tensor#mul(Number)}. */
  default Tensor multiply(Number y) {
    return self().mul(given("multiply", "y", y));
  }

  /** Another name of {@link Tensor#mul(Tensor)}. */
  default Tensor multiply(Tensor y) {
    return self().mul(given("multiply", "y", y));
  }

  /** Another name of {@link Tensor#sub(Number)}. */
  default Tensor subtract(Number y) {
    return self().sub(given("subtract", "y", y));
  }

  /** Another name of {@link Tensor#sub(Tensor)}. */
  default Tensor subtract(Tensor y) {
    return self().sub(given("subtract", "y", y));
  }

  /** Another name of {@link Tensor#sub(Tensor, Number)}. */
  default Tensor subtract(Tensor y, Number alpha) {
    return self().sub(given("subtract", "y", y), given("subtract", "alpha", alpha));
  }

  /** Another name of {@link Tensor#gt(Number)}. */
  default Tensor greater(Number y) {
    return self().gt(given("greater", "y", y));
  }

  /** Another name of {@link Tensor#gt(Tensor)}. */
  default Tensor greater(Tensor y) {
    return self().gt(given("greater", "y", y));
  }

  /** Another name of {@link Tensor#ge(Number)}. */
  default Tensor greaterEqual(Number y) {
    return self().ge(given("greaterEqual", "y", y));
  }

  /** Another name of {@link Tensor#ge(Tensor)}. */
  default Tensor greaterEqual(Tensor y) {
    return self().ge(given("greaterEqual", "y", y));
  }

  /** Another name of {@link Tensor#lt(Number)}. */
  default Tensor less(Number y) {
    return self().lt(given("less", "y", y));
  }

  /** Another name of {@link Tensor#lt(Tensor)}. */
  default Tensor less(Tensor y) {
    return self().lt(given("less", "y", y));
  }

  /** Another name of {@link Tensor#le(Number)}. */
  default Tensor lessEqual(Number y) {
    return self().le(given("lessEqual", "y", y));
  }

  /** Another name of {@link Tensor#le(Tensor)}. */
  default Tensor lessEqual(Tensor y) {
    return self().le(given("lessEqual", "y", y));
  }

  /** Another name of {@link Tensor#ne(Number)}. */
  default Tensor notEqual(Number y) {
    return self().ne(given("notEqual", "y", y));
  }

  /** Another name of {@link Tensor#ne(Tensor)}. */
  default Tensor notEqual(Tensor y) {
    return self().ne(given("notEqual", "y", y));
  }

  /** Another name of {@link Tensor#clamp(Number, Number)}. */
  default Tensor clip(Number min, Number max) {
    return self().clamp(given("clip", "min", min), given("clip", "max", max));
  }

  /** Another name of {@link Tensor#clamp(Tensor, Tensor)}. */
  default Tensor clip(Tensor min, Tensor max) {
    return self().clamp(given("clip", "min", min), given("clip", "max", max));
  }

  /** Another name of {@link Tensor#transpose(int, int)}. */
  default Tensor swapaxes(int dim0, int dim1) {
    return self().transpose(dim0, dim1);
  }

  /** Another name of {@link Tensor#transpose(int, int)}. */
  default Tensor swapdims(int dim0, int dim1) {
    return self().transpose(dim0, dim1);
  }

  /** Another name of {@link Tensor#movedim(int, int)}. */
  default Tensor moveaxis(int source, int destination) {
    return self().movedim(source, destination);
  }

  /** Another name of {@link Tensor#movedim(int[], int[])}. */
  default Tensor moveaxis(int[] source, int[] destination) {
    return self()
        .movedim(
            given("moveaxis", "source", source), given("moveaxis", "destination", destination));
  }

  /** Another name of {@link Tensor#trapezoid()}. */
  default Tensor trapz() {
    return self().trapezoid();
  }

  /** Another name of {@link Tensor#trapezoid(double, int)}. */
  default Tensor trapz(double dx, int dim) {
    return self().trapezoid(dx, dim);
  }

  /** Another name of {@link Tensor#trapezoid(Tensor)}. */
  default Tensor trapz(Tensor x) {
    return self().trapezoid(given("trapz", "x", x));
  }

  /** Another name of {@link Tensor#trapezoid(Tensor, int)}. */
  default Tensor trapz(Tensor x, int dim) {
    return self().trapezoid(given("trapz", "x", x), dim);
  }

  /** Another name of {@link Tensor#dim()}. */
  default int ndimension() {
    return self().dim();
  }

  /** Another name of {@link Tensor#dim()}. */
  default int ndim() {
    return self().dim();
  }

  /** Another name of {@link Tensor#numel()}. */
  default long nelement() {
    return self().numel();
  }

  /** Another name of {@link Tensor#elementSize()}. */
  default int itemsize() {
    return self().elementSize();
  }

  /** Another name of {@link Tensor#shape()}. */
  default Shape size() {
    return self().shape();
  }

  /** Another name of {@link Tensor#isTrue()}. */
  default boolean isNonzero() {
    return self().isTrue();
  }
}
