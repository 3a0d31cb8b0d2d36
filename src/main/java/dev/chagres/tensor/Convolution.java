package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.ImageKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Sliding;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The door of convolutions and pooling over two dimensions. A convolution and its two gradients are
 * three bilinear operations whose gradients are each other, so any order of derivative is there.
 */
final class Convolution {
  private Convolution() {}

  static Tensor conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sliding sliding, int groups) {
    checkTypes(x, weight, bias);
    if (x.dim() == 3) {
      return conv2d(x.unsqueeze(0), weight, bias, sliding, groups).squeeze(0);
    }
    if (x.dim() != 4 || weight.dim() != 4) {
      throw new IllegalArgumentException(
          "conv2d: needs images (n, c, h, w) or (c, h, w) and kernels (o, c, kh, kw), not "
              + x.shape()
              + " and "
              + weight.shape());
    }
    long outputs = weight.size(0);
    checkGroups(x, weight, groups);
    if (bias != null && (bias.dim() != 1 || bias.size(0) != outputs)) {
      throw new IllegalArgumentException(
          "conv2d: a bias " + bias.shape() + " for " + outputs + " outputs");
    }
    Window window = window(sliding, weight.size(2), weight.size(3));
    long height = window.outputHeight(x.size(2), Rounding.FLOOR);
    long width = window.outputWidth(x.size(3), Rounding.FLOOR);
    if (height <= 0 || width <= 0 || weight.size(2) == 0 || weight.size(3) == 0) {
      throw new IllegalArgumentException(
          "conv2d: kernels " + weight.shape() + " are larger than the padded images " + x.shape());
    }
    Geometry geometry =
        new Geometry(
            x.shape(),
            weight.shape(),
            Creation.shape("conv2d", x.size(0), outputs, height, width),
            window,
            groups);
    boolean together = x.dtype().isFloating() && x.numel() > 0 && weight.numel() > 0;
    if (bias != null && together) {
      return forward(x, weight, Copying.contiguous(bias), geometry);
    }
    Tensor y =
        x.dtype().isFloating()
            ? forward(x, weight, null, geometry)
            : Copying.arranged(
                IntegerWindows.conv2d(x, weight, window, geometry.results, groups),
                lie(geometry.results, x, weight));
    return bias == null ? y : y.add(ViewOps.reshape(bias, Shape.of(outputs, 1, 1)));
  }

  /** Images whose convolution has the shape of x, of which they are the gradient. */
  static Tensor convTranspose2d(
      Tensor x, Tensor weight, Sliding sliding, Pair outputPadding, int groups) {
    String name = "convTranspose2d";
    if (x.dtype() != weight.dtype() || !x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": needs one floating dtype, not " + x.dtype() + " and " + weight.dtype());
    }
    if (x.dim() != 4 || weight.dim() != 4 || x.size(1) != weight.size(0)) {
      throw new IllegalArgumentException(
          name
              + ": needs images (n, in, h, w) and kernels (in, out / groups, kh, kw), not "
              + x.shape()
              + " and "
              + weight.shape());
    }
    if (groups < 1 || weight.size(0) % groups != 0) {
      throw new IllegalArgumentException(
          name + ": " + weight.size(0) + " channels do not divide into " + groups + " groups");
    }
    long height = outputSize(x, weight, 2, sliding, outputPadding);
    long width = outputSize(x, weight, 3, sliding, outputPadding);
    if (height <= 0 || width <= 0) {
      throw new IllegalArgumentException(
          name + ": the result of " + x.shape() + " would be " + height + " by " + width);
    }
    long channels = Math.multiplyExact(weight.size(1), (long) groups);
    Shape images = Creation.shape(name, x.size(0), channels, height, width);
    Window window = window(sliding, weight.size(2), weight.size(3));
    Geometry geometry = new Geometry(images, weight.shape(), x.shape(), window, groups);
    return Copying.arranged(toImages(x, weight, geometry), lie(images, x, weight));
  }

  private static long outputSize(
      Tensor x, Tensor weight, int dim, Sliding sliding, Pair outputPadding) {
    long stride = along(sliding.stride(), dim);
    long more = along(outputPadding, dim);
    if (more < 0 || more >= stride) {
      throw new IllegalArgumentException(
          "convTranspose2d: the output's padding " + outputPadding + " is not below the stride");
    }
    long reach = Math.multiplyExact(along(sliding.dilation(), dim), weight.size(dim) - 1);
    return Math.addExact(Math.multiplyExact(x.size(dim) - 1, stride), reach)
        - 2 * along(sliding.padding(), dim)
        + more
        + 1;
  }

  private static long along(Pair pair, int dim) {
    return dim == 2 ? pair.height() : pair.width();
  }

  private static Window window(Sliding sliding, long kernelHeight, long kernelWidth) {
    return new Window(
        kernelHeight,
        kernelWidth,
        sliding.stride().height(),
        sliding.stride().width(),
        sliding.padding().height(),
        sliding.padding().width(),
        sliding.dilation().height(),
        sliding.dilation().width());
  }

  /** Each group of kernels covers its own share of the channels. */
  private static void checkGroups(Tensor x, Tensor weight, int groups) {
    long channels = x.size(1);
    if (groups >= 1 && (channels % groups != 0 || channels / groups != weight.size(1))) {
      throw new IllegalArgumentException(
          "conv2d: kernels "
              + weight.shape()
              + (groups == 1 ? "" : " in " + groups + " groups")
              + " need images of "
              + (groups == 1 ? "" : groups + " * ")
              + weight.size(1)
              + " channels, not "
              + x.shape());
    }
    if (groups < 1 || weight.size(0) % groups != 0) {
      throw new IllegalArgumentException(
          "conv2d: kernels "
              + weight.shape()
              + " for images "
              + x.shape()
              + " do not divide into "
              + groups
              + " groups: the number of groups is 1 or more and divides that of the kernels, "
              + weight.size(0));
    }
  }

  private record Geometry(Shape images, Shape kernels, Shape results, Window window, int groups) {}

  private static Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias, Geometry geometry) {
    Strided level = bias == null ? null : bias.data();
    Form form =
        new Form(
            "ConvolutionBackward",
            geometry.results,
            (kernels, a, b, out) ->
                kernels.conv2d(a, b, level, geometry.window, geometry.groups, out),
            (g, w) -> toImages(g, w, geometry),
            (g, images) -> toKernels(g, images, geometry));
    return bilinear(
        form,
        fitting(geometry.images, x),
        fitting(geometry.kernels, weight),
        bias,
        lie(geometry.results, x, weight));
  }

  /** Results have their channels side by side if one of the operands has, as in PyTorch. */
  private static Layout lie(Shape results, Tensor... operands) {
    boolean last = false;
    for (Tensor operand : operands) {
      last |= ChannelsLast.is(operand.layout());
    }
    return last ? ChannelsLast.of(results) : results.contiguous();
  }

  private static Tensor toImages(Tensor g, Tensor weight, Geometry geometry) {
    Form form =
        new Form(
            "ConvolutionInputBackward",
            geometry.images,
            (kernels, a, b, out) ->
                kernels.conv2dInput(a, b, geometry.window, geometry.groups, out),
            (gg, w) -> forward(gg, w, null, geometry),
            (gg, results) -> toKernels(results, gg, geometry));
    return bilinear(
        form,
        fitting(geometry.results, g),
        fitting(geometry.kernels, weight),
        null,
        geometry.images.contiguous());
  }

  private static Tensor toKernels(Tensor g, Tensor x, Geometry geometry) {
    Form form =
        new Form(
            "ConvolutionWeightBackward",
            geometry.kernels,
            (kernels, a, b, out) ->
                kernels.conv2dWeight(a, b, geometry.window, geometry.groups, out),
            (gg, images) -> forward(images, gg, null, geometry),
            (gg, results) -> toImages(results, gg, geometry));
    return bilinear(
        form,
        fitting(geometry.results, g),
        fitting(geometry.images, x),
        null,
        geometry.kernels.contiguous());
  }

  private static Tensor fitting(Shape shape, Tensor operand) {
    if (!operand.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "conv2d: an operand of shape " + operand.shape() + " where " + shape + " belongs");
    }
    return operand;
  }

  @FunctionalInterface
  private interface Kernel {
    void run(ImageKernels kernels, Strided a, Strided b, Strided out);
  }

  /** The gradient of one operand from that of the result and the other operand. */
  @FunctionalInterface
  private interface Partial {
    Tensor of(Tensor gradient, Tensor other);
  }

  /** What is linear in either of two operands: its result's shape, its kernel and its gradients. */
  private record Form(
      String name, Shape shape, Kernel kernel, Partial forFirst, Partial forSecond) {}

  /** Computes a form; a bias, which its kernel adds, is contiguous. The result lies as told. */
  private static Tensor bilinear(
      Form form, Tensor first, Tensor second, @Nullable Tensor bias, Layout lie) {
    Tensor a = Copying.contiguous(first);
    Tensor b = Copying.contiguous(second);
    Backends.together("conv2d", a, bias == null ? a : bias);
    Strided out = a.data().like(form.shape, a.dtype());
    if (form.shape.numel() > 0) {
      if (a.numel() == 0 || b.numel() == 0) {
        Creation.fill(out, 0);
      } else {
        form.kernel.run(Backends.of("conv2d", a, b).images(), a.data(), b.data(), out);
      }
    }
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
    Reference.reachabilityFence(bias);
    Tensor y = Copying.arranged(new Tensor(out), lie);
    boolean recorded = bias != null && bias.requiresGrad();
    if ((recorded || a.requiresGrad() || b.requiresGrad()) && GradMode.isEnabled()) {
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      var forA = Gradients.input(a, g -> form.forFirst.of(g, keptB.get()));
      var forB = Gradients.input(b, g -> form.forSecond.of(g, keptA.get()));
      y.setHistory(
          bias == null
              ? Operation.of(form.name, forA, forB)
              : Operation.of(form.name, forA, forB, Gradients.input(bias, g -> g.sum(0, 2, 3))));
    }
    return y;
  }

  static Located maxPool2d(Tensor x, Pair kernel, Sliding sliding, Rounding rounding) {
    if (x.dim() == 3) {
      Located batch = maxPool2d(x.unsqueeze(0), kernel, sliding, rounding);
      return new Located(batch.values().squeeze(0), batch.indices().squeeze(0));
    }
    if (x.dim() != 4 || kernel.height() < 1 || kernel.width() < 1) {
      throw new IllegalArgumentException(
          "maxPool2d: needs images (n, c, h, w) or (c, h, w) and a kernel (h, w), not "
              + x.shape()
              + " and "
              + kernel);
    }
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("maxPool2d: not defined for " + x.dtype());
    }
    Sliding.requireAtMostHalf("maxPool2d", sliding.padding(), kernel);
    Window window = window(sliding, kernel.height(), kernel.width());
    long height = window.outputHeight(x.size(2), rounding);
    long width = window.outputWidth(x.size(3), rounding);
    if (height <= 0 || width <= 0) {
      throw new IllegalArgumentException(
          "maxPool2d: the kernel " + kernel + " is larger than the padded images " + x.shape());
    }
    Shape shape = Creation.shape("maxPool2d", x.size(0), x.size(1), height, width);
    if (!x.dtype().isFloating()) {
      Located found = IntegerWindows.maxPool2d(x, window, shape);
      return new Located(
          Copying.arranged(found.values(), lie(shape, x)),
          Copying.arranged(found.indices(), lie(shape, x)));
    }
    Tensor source = Copying.contiguous(x);
    Strided out = x.data().like(shape, x.dtype());
    Strided positions = x.data().like(shape, DType.INT64);
    if (shape.numel() > 0) {
      Backends.of(x.device()).images().maxPool2d(source.data(), window, out, positions);
    }
    Reference.reachabilityFence(source);
    Tensor values = Copying.arranged(new Tensor(out), lie(shape, x));
    Tensor indices = Copying.arranged(new Tensor(positions), lie(shape, x));
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(indices);
      Shape from = x.shape();
      boolean missesNone = sliding.dilation().is(1);
      Operation.Rule<Tensor> rule =
          g ->
              !GradMode.isEnabled()
                  ? fusedUnpool(g, kept.get(), from)
                  : missesNone
                      ? unpool(g, kept.get(), from)
                      : unpool(met(g, kept.get()), kept.get().clampMin(0), from);
      values.setHistory(Operation.of("MaxPool2DBackward", Gradients.input(x, rule)));
    }
    return new Located(values, indices);
  }

  /** The gradients of the windows that meet a pixel; others have the position -1. */
  private static Tensor met(Tensor g, Tensor positions) {
    return Tensor.where(positions.ge(0), g, g.zerosLike());
  }

  private static Tensor fusedUnpool(Tensor g, Tensor positions, Shape from) {
    Tensor gradient = Copying.contiguous(g);
    Tensor places = Copying.contiguous(positions);
    Strided out = gradient.data().like(from, g.dtype());
    Backends.of("maxPool2d", gradient, places)
        .images()
        .maxUnpool2d(gradient.data(), places.data(), out);
    Reference.reachabilityFence(gradient);
    Reference.reachabilityFence(places);
    return new Tensor(out);
  }

  /** The same in recorded operations, for those who differentiate it again. */
  private static Tensor unpool(Tensor g, Tensor positions, Shape from) {
    Shape planes = Shape.of(from.size(0), from.size(1), from.size(2) * from.size(3));
    Shape windows = Shape.of(from.size(0), from.size(1), g.size(2) * g.size(3));
    Tensor spread =
        IndexOps.scatterAdd(
            g.newZeros(planes),
            2,
            ViewOps.reshape(positions, windows),
            ViewOps.reshape(g, windows));
    return ViewOps.reshape(spread, from);
  }

  private static void checkTypes(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (x.dtype() != weight.dtype() || x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          "conv2d: needs one dtype of numbers, not " + x.dtype() + " and " + weight.dtype());
    }
    if (bias != null && bias.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          "conv2d: a bias of " + bias.dtype() + " for images of " + x.dtype());
    }
  }
}
