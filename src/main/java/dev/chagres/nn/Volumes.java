package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of volumes (n, c, d, h, w), composed of one of images: the planes that a kernel
 * meets become channels of one image, in the order in which the weight has them, so that it is read
 * as it lies. That is one copy of the volume for each plane of the kernel, where all its elements
 * as columns would be one for each element; a convolution for each plane of the kernel would copy
 * nothing, but pass over the result once for each, and have products that much less deep.
 */
final class Volumes {
  private Volumes() {}

  static Tensor conv3d(
      Tensor volumes, Tensor kernels, @Nullable Tensor level, Conv3d.Options options) {
    String name = "conv3d";
    Primitives<Tensor> primitives = Primitives.of(given(name, "input", volumes));
    given(name, "options", options);
    Tensor x = primitives.autocast(AutocastFunction.CONV2D, volumes);
    Tensor weight = primitives.autocast(AutocastFunction.CONV2D, given(name, "weight", kernels));
    Tensor bias = level == null ? null : primitives.autocast(AutocastFunction.CONV2D, level);
    if (options.border().isMade()) {
      return conv3d(options.border().around(x, weight), weight, bias, options.bordered());
    }
    if (x.dim() == 4) {
      return conv3d(x.unsqueeze(0), weight, bias, options).squeeze(0);
    }
    checkDims(name, x, weight, "(out, in / groups, kd, kh, kw)");
    checkTypes(name, x, weight, bias);
    int groups = options.groups();
    if (weight.size(0) % groups != 0
        || x.size(1) % groups != 0
        || x.size(1) / groups != weight.size(1)) {
      throw new IllegalArgumentException(
          name
              + ": kernels "
              + weight.shape()
              + " in "
              + groups
              + " groups do not fit volumes "
              + x.shape());
    }
    checkBias(name, bias, weight.size(0));
    long kernel = weight.size(2);
    long step = options.dilation().depth();
    long reach = Math.addExact(Math.multiplyExact(step, kernel - 1), 1);
    boolean same = options.fit() == Conv2d.Padding.SAME;
    long before = same ? (reach - 1) / 2 : options.padding().depth();
    long behind = same ? reach - 1 - before : before;
    if (!fits(x, weight, options)) {
      throw new IllegalArgumentException(
          name + ": kernels " + weight.shape() + " are larger than padded volumes " + x.shape());
    }
    Tensor padded = before + behind == 0 ? x : Padding.constant(x, around(before, behind), 0);
    Tensor windows = padded.unfold(2, reach, options.stride().depth());
    if (step > 1) {
      windows = windows.slice(-1, 0, reach, step);
    }
    long n = x.size(0);
    long depth = windows.size(2);
    // (n, c, depth, h, w, kd) to images whose channels are planes of channels
    Tensor images =
        windows
            .permute(0, 2, 1, 5, 3, 4)
            .reshape(n * depth, x.size(1) * kernel, x.size(3), x.size(4));
    Tensor flat =
        weight.reshape(weight.size(0), weight.size(1) * kernel, weight.size(3), weight.size(4));
    Tensor y = Functional.conv2d(images, flat, bias, options.inPlanes());
    return y.unflatten(0, n, depth).transpose(1, 2).contiguous();
  }

  /** Whether the kernels, with their gaps, are no larger than the volumes with their padding. */
  private static boolean fits(Tensor x, Tensor weight, Conv3d.Options options) {
    List<Long> paddings = Tuples.of(options.padding());
    List<Long> dilations = Tuples.of(options.dilation());
    for (int i = 0; i < 3; i++) {
      long kernel = weight.size(i + 2);
      long reach = Math.addExact(Math.multiplyExact(dilations.get(i), kernel - 1), 1);
      boolean same = options.fit() == Conv2d.Padding.SAME;
      long around = same ? reach - 1 : 2 * paddings.get(i);
      if (kernel == 0 || reach > Math.addExact(x.size(i + 2), around)) {
        return false;
      }
    }
    return true;
  }

  private static long[] around(long before, long behind) {
    return new long[] {0, 0, 0, 0, before, behind};
  }

  static Tensor convTranspose3d(
      Tensor volumes, Tensor kernels, @Nullable Tensor level, ConvTranspose3d.Options options) {
    String name = "convTranspose3d";
    Primitives<Tensor> primitives = Primitives.of(given(name, "input", volumes));
    given(name, "options", options).checked(name);
    Tensor x = primitives.autocast(AutocastFunction.CONV2D, volumes);
    Tensor weight = primitives.autocast(AutocastFunction.CONV2D, given(name, "weight", kernels));
    Tensor bias = level == null ? null : primitives.autocast(AutocastFunction.CONV2D, level);
    if (x.dim() == 4) {
      return convTranspose3d(x.unsqueeze(0), weight, bias, options).squeeze(0);
    }
    checkDims(name, x, weight, "(in, out / groups, kd, kh, kw)");
    checkTypes(name, x, weight, bias);
    if (x.size(1) != weight.size(0) || weight.size(0) % options.groups() != 0) {
      throw new IllegalArgumentException(
          name
              + ": kernels "
              + weight.shape()
              + " in "
              + options.groups()
              + " groups do not fit volumes "
              + x.shape());
    }
    long channels = Math.multiplyExact(weight.size(1), (long) options.groups());
    checkBias(name, bias, channels);
    Tensor y = spread(Checks.widened(x), Checks.widened(weight), channels, options);
    Tensor shifted = bias == null ? y : y.add(bias.reshape(-1, 1, 1, 1));
    return shifted.to(x.dtype());
  }

  /** Each plane becomes as many planes as a kernel has, and those that meet are added up. */
  private static Tensor spread(
      Tensor x, Tensor weight, long channels, ConvTranspose3d.Options options) {
    long n = x.size(0);
    long depth = x.size(2);
    long kernel = weight.size(2);
    long stride = options.stride().depth();
    long padding = options.padding().depth();
    long step = options.dilation().depth();
    long whole =
        Math.addExact(
            Math.multiplyExact(depth - 1, stride), Math.multiplyExact(step, kernel - 1) + 1);
    long size = whole - 2 * padding + options.outputPadding().depth();
    if (size <= 0 || depth == 0 || kernel == 0) {
      throw new IllegalArgumentException(
          "convTranspose3d: the result of " + x.shape() + " would have " + size + " planes");
    }
    Tensor images = x.transpose(1, 2).flatten(0, 1);
    Tensor flat = weight.flatten(1, 2);
    Tensor planes = Functional.convTranspose2d(images, flat, null, options.inPlanes());
    Shape plane = planes.shape().slice(2, 4);
    Tensor parts =
        planes
            .unflatten(1, channels, kernel)
            .unflatten(0, n, depth)
            .permute(0, 2, 1, 3, 4, 5)
            .flatten(2, 3);
    Tensor places =
        Tensor.arange(x.device(), depth)
            .mul(stride)
            .unsqueeze(1)
            .add(Tensor.arange(x.device(), kernel).mul(step))
            .flatten();
    long room = Math.max(whole, padding + size);
    return parts
        .newZeros(Shape.of(n, channels, room).concat(plane).toArray())
        .indexAdd(2, places, parts)
        .narrow(2, padding, size)
        .contiguous();
  }

  private static void checkDims(String name, Tensor x, Tensor weight, String kernels) {
    if (x.dim() != 5 || weight.dim() != 5) {
      throw new IllegalArgumentException(
          name
              + ": needs volumes (n, in, d, h, w) or (in, d, h, w) and kernels "
              + kernels
              + ", not "
              + x.shape()
              + " and "
              + weight.shape());
    }
  }

  private static void checkTypes(String name, Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (x.dtype() != weight.dtype() || x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          name + ": needs one dtype of numbers, not " + x.dtype() + " and " + weight.dtype());
    }
    if (bias != null && bias.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": a bias of " + bias.dtype() + " for volumes of " + x.dtype());
    }
  }

  private static void checkBias(String name, @Nullable Tensor bias, long channels) {
    if (bias != null && (bias.dim() != 1 || bias.size(0) != channels)) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " for " + channels + " channels");
    }
  }

  // ---- what layers check when they are made

  /** Checks that all numbers are at least 1. */
  static void checkWindow(String name, String what, Triple sizes) {
    given(name, what, sizes);
    if (sizes.depth() < 1 || sizes.height() < 1 || sizes.width() < 1) {
      throw new IllegalArgumentException(name + ": " + what + " " + sizes + " is less than 1");
    }
    atMost(name, what, sizes);
  }

  /** Checks that all numbers are at least 0. */
  static void checkPadding(String name, String what, Triple padding) {
    given(name, what, padding);
    if (padding.depth() < 0 || padding.height() < 0 || padding.width() < 0) {
      throw new IllegalArgumentException(name + ": " + what + " " + padding + " is negative");
    }
    atMost(name, what, padding);
  }

  private static void atMost(String name, String what, Triple sizes) {
    if (Math.max(sizes.depth(), Math.max(sizes.height(), sizes.width())) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + ": " + what + " " + sizes + " is more than 2^31 - 1");
    }
  }

  /** Checks that padding is at most half a pooling's kernel, rounded down. */
  static void requireAtMostHalf(String name, Triple padding, Triple kernel) {
    if (padding.depth() > kernel.depth() / 2
        || padding.height() > kernel.height() / 2
        || padding.width() > kernel.width() / 2) {
      throw new IllegalArgumentException(
          name + ": the padding " + padding + " is more than half the kernel " + kernel);
    }
  }
}
