package dev.chagres.nn;

/** The functions of {@link Functional} about images and sequences that are composed. */
abstract sealed class ImageFunctions extends ActivationFunctions permits LossFunctions {
  ImageFunctions() {}
}
