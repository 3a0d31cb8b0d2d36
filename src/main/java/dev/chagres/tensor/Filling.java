package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Device;
import dev.chagres.core.Transfer;
import dev.chagres.core.Triangle;

/** Operations that overwrite this tensor, which is returned, or a part, whatever it held. */
public sealed interface Filling permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Overwrites with another tensor, broadcast and cast. */
  default Tensor copy_(Tensor source) {
    return Copying.into("copy_", self(), given("copy_", "source", source));
  }

  /**
   * Overwrites with another tensor, broadcast and cast. Without blocking, a copy between the CPU
   * and a GPU is not waited for if what is on the CPU is pinned, contiguous, and of the same shape
   * and dtype: see {@link Tensor#to(Device, Transfer)}.
   */
  default Tensor copy_(Tensor source, Transfer transfer) {
    given("copy_", "source", source);
    return Copying.into("copy_", self(), source, given("copy_", "transfer", transfer));
  }

  /** Overwrites every element with a value. */
  default Tensor fill_(Number value) {
    return Copying.into("fill_", self(), Creation.scalar("fill_", value, self().dtype()));
  }

  /**
   * Sets the elements whose indices are all the same to one value.
   *
   * @throws IllegalArgumentException if there are fewer than two dimensions, or more that differ in
   *     size
   */
  default Tensor fillDiagonal_(Number value) {
    given("fillDiagonal_", "value", value);
    Rearranging.mainDiagonal("fillDiagonal_", self()).fill_(value);
    return self();
  }

  /** Zeroes what each matrix, of the last two dimensions, has above its diagonal. */
  default Tensor tril_() {
    return tril_(0);
  }

  /** Zeroes what each matrix has above a diagonal; 0 is the main one, 1 the one above it. */
  default Tensor tril_(long diagonal) {
    return Rearranging.triangleInPlace(Triangle.LOWER, self(), diagonal);
  }

  /** Zeroes what each matrix, of the last two dimensions, has below its diagonal. */
  default Tensor triu_() {
    return triu_(0);
  }

  /** Zeroes what each matrix has below a diagonal. */
  default Tensor triu_(long diagonal) {
    return Rearranging.triangleInPlace(Triangle.UPPER, self(), diagonal);
  }

  /** Overwrites every element with 1 for true, 0 for false. */
  default Tensor fill_(boolean value) {
    return fill_(value ? 1 : 0);
  }

  /**
   * Overwrites every element with that of a 0-d tensor, cast, to which gradients flow.
   *
   * @throws IllegalArgumentException if it is not 0-d
   */
  default Tensor fill_(Tensor value) {
    return Copying.into("fill_", self(), Selection.scalar("fill_", value, self().dtype()));
  }

  /** Overwrites every element with 0. */
  default Tensor zero_() {
    return Copying.into("zero_", self(), Creation.scalar("zero_", 0, self().dtype()));
  }

  /** Overwrites with numbers drawn uniformly from [0, 1). */
  default Tensor uniform_() {
    return Generator.standard(self().device()).uniform_(self());
  }

  /** Overwrites with numbers drawn uniformly from [low, high). */
  default Tensor uniform_(double low, double high) {
    return Generator.standard(self().device()).uniform_(self(), low, high);
  }

  /** Overwrites with numbers drawn from the standard normal distribution. */
  default Tensor normal_() {
    return Generator.standard(self().device()).normal_(self());
  }

  /** Overwrites with numbers drawn from the normal distribution. */
  default Tensor normal_(double mean, double std) {
    return Generator.standard(self().device()).normal_(self(), mean, std);
  }

  /** Overwrites with ones and zeros, each with probability 1/2. */
  default Tensor bernoulli_() {
    return Generator.standard(self().device()).bernoulli_(self());
  }

  /** Overwrites with ones, each with probability p, and zeros. */
  default Tensor bernoulli_(double p) {
    return Generator.standard(self().device()).bernoulli_(self(), p);
  }

  /**
   * Overwrites with ones, each with the probability at its place in p, which is broadcast, and
   * zeros.
   */
  default Tensor bernoulli_(Tensor p) {
    return Generator.standard(self().device()).bernoulli_(self(), p);
  }

  /** Overwrites with numbers drawn from the exponential distribution of rate 1. */
  default Tensor exponential_() {
    return Generator.standard(self().device()).exponential_(self());
  }

  /** Overwrites with waiting times for an event of this rate: their mean is {@code 1 / rate}. */
  default Tensor exponential_(double rate) {
    return Generator.standard(self().device()).exponential_(self(), rate);
  }

  /** Overwrites with the number of trials up to the first success, each of probability p. */
  default Tensor geometric_(double p) {
    return Generator.standard(self().device()).geometric_(self(), p);
  }

  /** Overwrites with {@code exp} of normal numbers of mean 1 and standard deviation 2. */
  default Tensor logNormal_() {
    return Generator.standard(self().device()).logNormal_(self());
  }

  /** Overwrites with {@code exp} of normal numbers of this mean and standard deviation. */
  default Tensor logNormal_(double mean, double std) {
    return Generator.standard(self().device()).logNormal_(self(), mean, std);
  }

  /** Overwrites with numbers drawn from the Cauchy distribution of median 0 and scale 1. */
  default Tensor cauchy_() {
    return Generator.standard(self().device()).cauchy_(self());
  }

  /** Overwrites with numbers drawn from the Cauchy distribution. */
  default Tensor cauchy_(double median, double scale) {
    return Generator.standard(self().device()).cauchy_(self(), median, scale);
  }

  /**
   * Overwrites with integers drawn uniformly from 0 to the greatest of this dtype, or, in a
   * floating one, up to which it holds all.
   */
  default Tensor random_() {
    return Generator.standard(self().device()).random_(self());
  }

  /** Overwrites with integers drawn uniformly from 0 to before {@code high}. */
  default Tensor random_(long high) {
    return Generator.standard(self().device()).random_(self(), high);
  }

  /**
   * Overwrites with integers drawn uniformly from {@code low} (inclusive) to {@code high}
   * (exclusive). Those that a floating dtype does not hold are rounded.
   */
  default Tensor random_(long low, long high) {
    return Generator.standard(self().device()).random_(self(), low, high);
  }
}
