package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
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
    checkConv1d(x, weight, options);
    checkBias("conv1d", bias, weight.size(0));
    Conv2d.Options two = options.overRows();
    return Functional.conv2d(image, kernels, bias, two).squeeze(-2);
  }

  private static void checkConv1d(Tensor x, Tensor weight, Conv1d.Options options) {
    int groups = options.groups();
    if (weight.size(0) % groups != 0
        || x.size(-2) % groups != 0
        || x.size(-2) / groups != weight.size(1)) {
      throw unfit("conv1d", x, weight, groups);
    }
    boolean same = options.fit() == Conv2d.Padding.SAME;
    long kernel = weight.size(2);
    long reach = Math.addExact(Math.multiplyExact(options.dilation(), kernel - 1), 1);
    if (kernel == 0 || !same && reach > x.size(-1) + 2 * options.padding()) {
      throw new IllegalArgumentException(
          "conv1d: kernels "
              + weight.shape()
              + " are larger than the padded sequences "
              + x.shape());
    }
  }

  private static IllegalArgumentException unfit(String name, Tensor x, Tensor weight, int groups) {
    return new IllegalArgumentException(
        name
            + ": kernels "
            + weight.shape()
            + " in "
            + groups
            + (groups == 1 ? " group" : " groups")
            + " do not fit sequences "
            + x.shape());
  }

  private static void checkBias(String name, @Nullable Tensor bias, long channels) {
    if (bias != null && (bias.dim() != 1 || bias.size(0) != channels)) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " for " + channels + " channels");
    }
  }

  static Tensor convTranspose1d(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose1d.Options options) {
    ConvTranspose2d.Options two = given("convTranspose1d", "options", options).overRows();
    two.checked("convTranspose1d");
    Tensor image = image("convTranspose1d", x);
    Tensor kernels = kernels("convTranspose1d", weight);
    int groups = options.groups();
    if (x.size(-2) != weight.size(0) || weight.size(0) % groups != 0) {
      throw unfit("convTranspose1d", x, weight, groups);
    }
    checkBias("convTranspose1d", bias, Math.multiplyExact(weight.size(1), (long) groups));
    long length =
        Math.addExact(
            Math.multiplyExact(x.size(-1) - 1, options.stride()),
            Math.multiplyExact(options.dilation(), weight.size(2) - 1)
                - 2 * options.padding()
                + options.outputPadding()
                + 1);
    if (length <= 0) {
      throw new IllegalArgumentException(
          "convTranspose1d: the result of " + x.shape() + " would have the length " + length);
    }
    return Functional.convTranspose2d(image, kernels, bias, two).squeeze(-2);
  }

  static Located maxPool1d(String name, Tensor x, long kernel, MaxPool1d.Options options) {
    Tensor image = image(name, x);
    if (x.size(-1) == 0 || x.size(-2) == 0) {
      throw new IllegalArgumentException(
          name + ": only the batch of an input " + x.shape() + " may be empty");
    }
    MaxPool2d.Options two = given(name, "options", options).overRows();
    checkWindow(name, kernel, options.padding());
    long reach = Math.addExact(Math.multiplyExact(options.dilation(), kernel - 1), 1);
    checkFits(name, x, kernel, reach, options.stride(), options.padding(), options.rounding());
    Located found = Functional.maxPool2dWithIndices(image, new Pair(1, kernel), two);
    return new Located(found.values().squeeze(-2), found.indices().squeeze(-2));
  }

  static Tensor avgPool1d(Tensor x, long kernel, AvgPool1d.Options options) {
    Tensor image = image("avgPool1d", x);
    AvgPool2d.Options two = given("avgPool1d", "options", options).overRows();
    if (x.size(-2) == 0) {
      throw new IllegalArgumentException("avgPool1d: sequences " + x.shape() + " have no channels");
    }
    checkWindow("avgPool1d", kernel, options.padding());
    checkFits(
        "avgPool1d", x, kernel, kernel, options.stride(), options.padding(), options.rounding());
    return Functional.avgPool2d(image, new Pair(1, kernel), two).squeeze(-2);
  }

  static void checkWindow(String name, long kernel, long padding) {
    Tuples.check(name, "the kernel", 1, Tuples.of(kernel));
    if (padding > kernel / 2) {
      throw new IllegalArgumentException(
          name + ": the padding " + padding + " is more than half the kernel " + kernel);
    }
  }

  /** Checks that there is a window: its kernel reaches over so many elements. */
  private static void checkFits(
      String name,
      Tensor x,
      long kernel,
      long reach,
      long stride,
      long padding,
      Rounding rounding) {
    var ends = new PoolingSide.Ends(rounding, AvgPool2d.Padding.COUNTED);
    if (new PoolingSide(x.size(-1), reach, stride, padding, ends).windows() < 1) {
      throw new IllegalArgumentException(
          name + ": the kernel " + kernel + " is larger than the padded sequences " + x.shape());
    }
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
