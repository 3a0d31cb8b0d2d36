package dev.chagres.nn;

/** The functions of {@link Functional} that compare, and losses made of them. */
abstract sealed class LossFunctions extends ImageFunctions permits Functional {
  LossFunctions() {}
}
