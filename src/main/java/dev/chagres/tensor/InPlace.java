package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/**
 * Operations that overwrite this tensor, {@code x}, and return it. Its views and what it is a view
 * of see the change; the shape and the dtype stay.
 */
public sealed interface InPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Adds y. */
  default Tensor add_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.ADD, self(), y);
  }

  /** Adds y. */
  default Tensor add_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.ADD, self(), y);
  }

  /** Subtracts y. */
  default Tensor sub_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
  }

  /** Subtracts y. */
  default Tensor sub_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
  }

  /** Multiplies by y. */
  default Tensor mul_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MUL, self(), y);
  }

  /** Multiplies by y. */
  default Tensor mul_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MUL, self(), y);
  }

  /** Divides by y. */
  default Tensor div_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.DIV, self(), y);
  }

  /** Divides by y. */
  default Tensor div_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.DIV, self(), y);
  }

  /** Divides by y and rounds down. */
  default Tensor floorDivide_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Divides by y and rounds down. */
  default Tensor floorDivide_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Takes the remainder with the sign of y. */
  default Tensor remainder_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.REMAINDER, self(), y);
  }

  /** Takes the remainder with the sign of y. */
  default Tensor remainder_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.REMAINDER, self(), y);
  }

  /** Takes the remainder with the sign of x. */
  default Tensor fmod_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FMOD, self(), y);
  }

  /** Takes the remainder with the sign of x. */
  default Tensor fmod_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.FMOD, self(), y);
  }

  /** Raises to the power of y. */
  default Tensor pow_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.POW, self(), y);
  }

  /** Raises to the power of y. */
  default Tensor pow_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.POW, self(), y);
  }

  /** Takes the greater of x and y. */
  default Tensor maximum_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MAXIMUM, self(), y);
  }

  /** Takes the greater of x and y. */
  default Tensor maximum_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MAXIMUM, self(), y);
  }

  /** Takes the lesser of x and y. */
  default Tensor minimum_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MINIMUM, self(), y);
  }

  /** Takes the lesser of x and y. */
  default Tensor minimum_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MINIMUM, self(), y);
  }

  /** Divides by y and drops the fraction. */
  default Tensor truncDivide_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Divides by y and drops the fraction. */
  default Tensor truncDivide_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Replaces x by the angle, in radians, of the point (y, x). */
  default Tensor atan2_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.ATAN2, self(), y);
  }

  /** Replaces x by whether it equals y, 1 or 0. */
  default Tensor eq_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.EQ, self(), y);
  }

  /** Replaces x by whether it equals y, 1 or 0. */
  default Tensor eq_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.EQ, self(), y);
  }

  /** Replaces x by whether it differs from y, 1 or 0. */
  default Tensor ne_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.NE, self(), y);
  }

  /** Replaces x by whether it differs from y, 1 or 0. */
  default Tensor ne_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.NE, self(), y);
  }

  /** Replaces x by whether it is less than y, 1 or 0. */
  default Tensor lt_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LT, self(), y);
  }

  /** Replaces x by whether it is less than y, 1 or 0. */
  default Tensor lt_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.LT, self(), y);
  }

  /** Replaces x by whether it is at most y, 1 or 0. */
  default Tensor le_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LE, self(), y);
  }

  /** Replaces x by whether it is at most y, 1 or 0. */
  default Tensor le_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.LE, self(), y);
  }

  /** Replaces x by whether it is greater than y, 1 or 0. */
  default Tensor gt_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.GT, self(), y);
  }

  /** Replaces x by whether it is greater than y, 1 or 0. */
  default Tensor gt_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.GT, self(), y);
  }

  /** Replaces x by whether it is at least y, 1 or 0. */
  default Tensor ge_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.GE, self(), y);
  }

  /** Replaces x by whether it is at least y, 1 or 0. */
  default Tensor ge_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.GE, self(), y);
  }

  /** Replaces x by whether both are not zero. */
  default Tensor logicalAnd_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_AND, self(), y);
  }

  /** Replaces x by whether one is not zero. */
  default Tensor logicalOr_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_OR, self(), y);
  }

  /** Replaces x by whether exactly one is not zero. */
  default Tensor logicalXor_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_XOR, self(), y);
  }

  /** Replaces x by the bits that both have. */
  default Tensor bitwiseAnd_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Replaces x by the bits that one has. */
  default Tensor bitwiseOr_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Replaces x by the bits that exactly one has. */
  default Tensor bitwiseXor_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_XOR, self(), y);
  }

  /** Adds {@code alpha * y}. */
  default Tensor add_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("add_", BinaryOp.ADD, self(), y, alpha);
  }

  /** Subtracts {@code alpha * y}. */
  default Tensor sub_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("sub_", BinaryOp.SUB, self(), y, alpha);
  }

  /** Replaces x by {@code -x}. */
  default Tensor neg_() {
    return Elementwise.unaryInPlace(UnaryOp.NEG, self());
  }

  /** Replaces x by the absolute value. */
  default Tensor abs_() {
    return Elementwise.unaryInPlace(UnaryOp.ABS, self());
  }

  /** Replaces x by -1, 0 or 1 by the sign. */
  default Tensor sign_() {
    return Elementwise.unaryInPlace(UnaryOp.SIGN, self());
  }

  /** Replaces x by {@code x * x}. */
  default Tensor square_() {
    return Elementwise.unaryInPlace(UnaryOp.SQUARE, self());
  }

  /** Replaces x by {@code 1 / x}. */
  default Tensor reciprocal_() {
    return Elementwise.unaryInPlace(UnaryOp.RECIPROCAL, self());
  }

  /** Replaces x by the square root. */
  default Tensor sqrt_() {
    return Elementwise.unaryInPlace(UnaryOp.SQRT, self());
  }

  /** Replaces x by {@code 1 / sqrt(x)}. */
  default Tensor rsqrt_() {
    return Elementwise.unaryInPlace(UnaryOp.RSQRT, self());
  }

  /** Replaces x by e to the power of x. */
  default Tensor exp_() {
    return Elementwise.unaryInPlace(UnaryOp.EXP, self());
  }

  /** Replaces x by 2 to the power of x. */
  default Tensor exp2_() {
    return Elementwise.unaryInPlace(UnaryOp.EXP2, self());
  }

  /** Replaces x by {@code exp(x) - 1}, exact for small x. */
  default Tensor expm1_() {
    return Elementwise.unaryInPlace(UnaryOp.EXPM1, self());
  }

  /** Replaces x by the natural logarithm. */
  default Tensor log_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG, self());
  }

  /** Replaces x by the logarithm to base 2. */
  default Tensor log2_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG2, self());
  }

  /** Replaces x by the logarithm to base 10. */
  default Tensor log10_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG10, self());
  }

  /** Replaces x by {@code log(1 + x)}, exact for small x. */
  default Tensor log1p_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG1P, self());
  }

  /** Replaces x by the sine of x in radians. */
  default Tensor sin_() {
    return Elementwise.unaryInPlace(UnaryOp.SIN, self());
  }

  /** Replaces x by the cosine of x in radians. */
  default Tensor cos_() {
    return Elementwise.unaryInPlace(UnaryOp.COS, self());
  }

  /** Replaces x by the tangent of x in radians. */
  default Tensor tan_() {
    return Elementwise.unaryInPlace(UnaryOp.TAN, self());
  }

  /** Replaces x by the angle, in radians, whose sine is x. */
  default Tensor asin_() {
    return Elementwise.unaryInPlace(UnaryOp.ASIN, self());
  }

  /** Replaces x by the angle, in radians, whose cosine is x. */
  default Tensor acos_() {
    return Elementwise.unaryInPlace(UnaryOp.ACOS, self());
  }

  /** Replaces x by the angle, in radians, whose tangent is x. */
  default Tensor atan_() {
    return Elementwise.unaryInPlace(UnaryOp.ATAN, self());
  }

  /** Replaces x by the hyperbolic sine. */
  default Tensor sinh_() {
    return Elementwise.unaryInPlace(UnaryOp.SINH, self());
  }

  /** Replaces x by the hyperbolic cosine. */
  default Tensor cosh_() {
    return Elementwise.unaryInPlace(UnaryOp.COSH, self());
  }

  /** Replaces x by the hyperbolic tangent. */
  default Tensor tanh_() {
    return Elementwise.unaryInPlace(UnaryOp.TANH, self());
  }

  /** Replaces x by the inverse of the hyperbolic sine. */
  default Tensor asinh_() {
    return Elementwise.unaryInPlace(UnaryOp.ASINH, self());
  }

  /** Replaces x by the inverse of the hyperbolic cosine; NaN below 1. */
  default Tensor acosh_() {
    return Elementwise.unaryInPlace(UnaryOp.ACOSH, self());
  }

  /** Replaces x by the inverse of the hyperbolic tangent; NaN outside [-1, 1]. */
  default Tensor atanh_() {
    return Elementwise.unaryInPlace(UnaryOp.ATANH, self());
  }

  /**
   * Replaces x by the error function, {@code 2 / sqrt(pi)} times the integral of {@code exp(-t^2)}
   * from 0 to x.
   */
  default Tensor erf_() {
    return Elementwise.unaryInPlace(UnaryOp.ERF, self());
  }

  /** Replaces x by {@code 1 - erf(x)}, exact for large x. */
  default Tensor erfc_() {
    return Elementwise.unaryInPlace(UnaryOp.ERFC, self());
  }

  /** Replaces x by {@code 1 / (1 + exp(-x))}. */
  default Tensor sigmoid_() {
    return Elementwise.unaryInPlace(UnaryOp.SIGMOID, self());
  }

  /** Replaces x by {@code max(x, 0)}; a NaN stays. */
  default Tensor relu_() {
    return Elementwise.unaryInPlace(UnaryOp.RELU, self());
  }

  /** Replaces x by the greatest integer that is not above x. */
  default Tensor floor_() {
    return Elementwise.unaryInPlace(UnaryOp.FLOOR, self());
  }

  /** Replaces x by the least integer that is not below x. */
  default Tensor ceil_() {
    return Elementwise.unaryInPlace(UnaryOp.CEIL, self());
  }

  /** Replaces x by the nearest integer; halves go to the even one. */
  default Tensor round_() {
    return Elementwise.unaryInPlace(UnaryOp.ROUND, self());
  }

  /** Replaces x by x without its fraction. */
  default Tensor trunc_() {
    return Elementwise.unaryInPlace(UnaryOp.TRUNC, self());
  }

  /** Replaces x by the complement of every bit; of a bool the opposite. */
  default Tensor bitwiseNot_() {
    return Elementwise.unaryInPlace(UnaryOp.BITWISE_NOT, self());
  }

  /** Replaces x by whether x is zero. */
  default Tensor logicalNot_() {
    return Elementwise.unaryInPlace(UnaryOp.LOGICAL_NOT, self());
  }

  /** Moves every element into [min, max]. */
  default Tensor clamp_(Number min, Number max) {
    return Clamping.clampInPlace(self(), given("clamp_", "min", min), given("clamp_", "max", max));
  }

  /** Raises what is less than min to it. */
  default Tensor clampMin_(Number min) {
    return Copying.replaced("clampMin_", self(), x -> x.clampMin(given("clampMin_", "min", min)));
  }

  /** Lowers what is greater than max to it. */
  default Tensor clampMax_(Number max) {
    return Copying.replaced("clampMax_", self(), x -> x.clampMax(given("clampMax_", "max", max)));
  }

  /** Moves by {@code weight * (end - x)}. */
  default Tensor lerp_(Tensor end, Number weight) {
    return Copying.replaced(
        "lerp_", self(), x -> x.lerp(given("lerp_", "end", end), given("lerp_", "weight", weight)));
  }

  /** Adds {@code value * a * b}. */
  default Tensor addcmul_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcmul_", self(), x -> ScaledSums.addcmul("addcmul_", x, a, b, value));
  }

  /** Adds {@code value * a / b}. */
  default Tensor addcdiv_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcdiv_", self(), x -> ScaledSums.addcdiv("addcdiv_", x, a, b, value));
  }

  /** Adds the slices of {@code source} at the positions {@code index} of a dimension. */
  default Tensor indexAdd_(int dim, Tensor index, Tensor source) {
    return indexed("indexAdd_", Tensor::indexAdd, dim, index, source);
  }

  /**
   * Replaces the slices at the positions {@code index} of a dimension by those of {@code source}.
   */
  default Tensor indexCopy_(int dim, Tensor index, Tensor source) {
    return indexed("indexCopy_", Tensor::indexCopy, dim, index, source);
  }

  /**
   * Writes the elements of {@code source} where {@code index} says, as {@link Indexing#scatter}.
   */
  default Tensor scatter_(int dim, Tensor index, Tensor source) {
    return indexed("scatter_", Tensor::scatter, dim, index, source);
  }

  /** Adds the elements of {@code source} where {@code index} says. */
  default Tensor scatterAdd_(int dim, Tensor index, Tensor source) {
    return indexed("scatterAdd_", Tensor::scatterAdd, dim, index, source);
  }

  private Tensor indexed(
      String name, IndexOps.Placing operation, int dim, Tensor index, Tensor source) {
    given(name, "index", index);
    given(name, "source", source);
    return Copying.replaced(name, self(), x -> operation.into(x, dim, index, source));
  }

  /** Transposes this matrix itself, without moving elements. */
  default Tensor t_() {
    return self().arrange("t_", x -> x.t());
  }

  /** Swaps two dimensions of this tensor itself, without moving elements. */
  default Tensor transpose_(int dim0, int dim1) {
    return self().arrange("transpose_", x -> x.transpose(dim0, dim1));
  }

  /** Takes its dimensions of size 1 off this tensor itself. */
  default Tensor squeeze_() {
    return self().arrange("squeeze_", x -> x.squeeze());
  }

  /** Takes a dimension off this tensor itself, if its size is 1. */
  default Tensor squeeze_(int dim) {
    return self().arrange("squeeze_", x -> x.squeeze(dim));
  }

  /** Puts a dimension of size 1 into this tensor itself, before {@code dim}. */
  default Tensor unsqueeze_(int dim) {
    return self().arrange("unsqueeze_", x -> x.unsqueeze(dim));
  }

  /**
   * Overwrites with integers drawn uniformly from {@code low} (inclusive) to {@code high}
   * (exclusive), all of which the dtype holds exactly.
   */
  default Tensor random_(long low, long high) {
    return Generator.standard().random_(self(), low, high);
  }

  /** Overwrites with another tensor, broadcast and cast. */
  default Tensor copy_(Tensor source) {
    return Copying.into("copy_", self(), given("copy_", "source", source));
  }

  /** Overwrites every element with a value. */
  default Tensor fill_(Number value) {
    return Copying.into("fill_", self(), Creation.scalar("fill_", value, self().dtype()));
  }

  /** Overwrites every element with 0. */
  default Tensor zero_() {
    return Copying.into("zero_", self(), Creation.scalar("zero_", 0, self().dtype()));
  }

  /** Overwrites with numbers drawn uniformly from [low, high). */
  default Tensor uniform_(double low, double high) {
    return Generator.standard().uniform_(self(), low, high);
  }

  /** Overwrites with numbers drawn from the normal distribution. */
  default Tensor normal_(double mean, double std) {
    return Generator.standard().normal_(self(), mean, std);
  }

  /** Overwrites with ones, each with probability p, and zeros. */
  default Tensor bernoulli_(double p) {
    return Generator.standard().bernoulli_(self(), p);
  }

  /** Overwrites with a value where the bool mask, broadcast, is true. */
  default Tensor maskedFill_(Tensor mask, Number value) {
    return Copying.into("maskedFill_", self(), Selection.fill("maskedFill_", self(), mask, value));
  }
}
