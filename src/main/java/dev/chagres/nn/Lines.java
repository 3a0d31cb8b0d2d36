package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What is done with sequences (n, c, length) or (c, length): they are images of one row. */
final class Lines {
  private Lines() {}

  private static Tensor image(String name, Tensor x) {
    if (given(name, "input", x).dim() != 2 && x.dim() != 3) {
      throw new IllegalArgumentException(
          name + ": needs sequences (n, c, length) or (c, length), not " + x.shape());
    }
    return x.unsqueeze(-2);
  }

  private static Tensor kernels(String name, Tensor weight) {
    if (given(name, "weight", weight).dim() != 3) {
      throw new IllegalArgumentException(
          name + ": needs kernels of three dimensions, not " + weight.shape());
    }
    return weight.unsqueeze(-2);
  }

  static Tensor conv1d(Tensor x, Tensor weight, @Nullable Tensor bias, Conv1d.Options options) {
    Border border = given("conv1d", "options", options).border();
    if (border.isMade()) {
      Tensor around = border.around(given("conv1d", "input", x), given("conv1d", "weight", weight));
      return conv1d(around, weight, bias, options.bordered());
    }
    Tensor image = image("conv1d", x);
    Tensor kernels = kernels("conv1d", weight);
    Conv2d.Options two = options.overRows();
    return Functional.conv2d(image, kernels, bias, two).squeeze(-2);
  }

  static Tensor convTranspose1d(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose1d.Options options) {
    ConvTranspose2d.Options two = given("convTranspose1d", "options", options).overRows();
    two.checked("convTranspose1d");
    Tensor image = image("convTranspose1d", x);
    Tensor kernels = kernels("convTranspose1d", weight);
    return Functional.convTranspose2d(image, kernels, bias, two).squeeze(-2);
  }

  static Located maxPool1d(String name, Tensor x, long kernel, MaxPool1d.Options options) {
    Tensor image = image(name, x);
    if (x.size(-1) == 0 || x.size(-2) == 0) {
      throw new IllegalArgumentException(
          name + ": only the batch of an input " + x.shape() + " may be empty");
    }
    MaxPool2d.Options two = given(name, "options", options).overRows();
    Located found = Functional.maxPool2dWithIndices(image, new Pair(1, kernel), two);
    return new Located(found.values().squeeze(-2), found.indices().squeeze(-2));
  }

  static Tensor avgPool1d(Tensor x, long kernel, AvgPool1d.Options options) {
    Tensor image = image("avgPool1d", x);
    AvgPool2d.Options two = given("avgPool1d", "options", options).overRows();
    return Functional.avgPool2d(image, new Pair(1, kernel), two).squeeze(-2);
  }

  // ---- what layers check when they are made

  static void atLeast(String name, String what, long least, long value) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + what + " " + value + " is less than " + least);
    }
  }

  static void checkChannels(String name, long in, long out, int groups) {
    if (in < 0 || out < 0) {
      throw new IllegalArgumentException(
          name + ": " + in + " input and " + out + " output channels");
    }
    if (in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          name
              + ": "
              + in
              + " input and "
              + out
              + " output channels do not divide into "
              + groups
              + " groups");
    }
  }
}
