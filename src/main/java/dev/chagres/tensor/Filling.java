package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** Operations that overwrite all of this tensor, which is returned, whatever it held. */
public sealed interface Filling permits Tensor {
  private Tensor self() {
    return (Tensor) this;
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

  /** Overwrites every element with 1 for true, 0 for false. */
  default Tensor fill_(boolean value) {
    return fill_(value ? 1 : 0);
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
}
