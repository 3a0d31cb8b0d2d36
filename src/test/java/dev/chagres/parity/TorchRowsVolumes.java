package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.nn.AdaptiveAvgPool2d;
import dev.chagres.nn.AvgPool2d;
import dev.chagres.nn.AvgPool3d;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.Conv3d;
import dev.chagres.nn.ConvTranspose3d;
import dev.chagres.nn.FractionalMaxPool2d;
import dev.chagres.nn.Functional;
import dev.chagres.nn.MaxPool3d;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rows of volumes, and of windows of which so many are wanted. */
final class TorchRowsVolumes {
  private TorchRowsVolumes() {}

  static void add() {
    row("nn.functional.conv3d", "Functional.conv3d", TorchRowsVolumes::conv3d);
    row(
        "nn.functional.conv_transpose3d",
        "Functional.convTranspose3d",
        TorchRowsVolumes::convTranspose3d);
    row(
        "nn.functional.max_pool3d",
        "Functional.maxPool3d, maxPool3dWithIndices",
        TorchRowsVolumes::maxPool3d);
    row("nn.functional.avg_pool3d", "Functional.avgPool3d", TorchRowsVolumes::avgPool3d);
    row(
        "nn.functional.adaptive_avg_pool3d",
        "Functional.adaptiveAvgPool3d",
        a -> Functional.adaptiveAvgPool3d(a.self(), three(a.get("output_size"))));
    row(
        "nn.functional.adaptive_max_pool1d",
        "Functional.adaptiveMaxPool1d, adaptiveMaxPool1dWithIndices",
        a -> {
          long length = a.longs("1")[0];
          return a.flag("2")
              ? Functional.adaptiveMaxPool1dWithIndices(a.self(), length)
              : Functional.adaptiveMaxPool1d(a.self(), length);
        });
    row(
        "nn.functional.adaptive_max_pool2d",
        "Functional.adaptiveMaxPool2d, adaptiveMaxPool2dWithIndices",
        a -> {
          Pair size = two(a.get(a.name(1)));
          return a.flag("2")
              ? Functional.adaptiveMaxPool2dWithIndices(a.self(), size)
              : Functional.adaptiveMaxPool2d(a.self(), size);
        });
    row(
        "nn.functional.adaptive_max_pool3d",
        "Functional.adaptiveMaxPool3d, adaptiveMaxPool3dWithIndices",
        a -> {
          Triple size = three(a.get(a.name(1)));
          return a.flag("2")
              ? Functional.adaptiveMaxPool3dWithIndices(a.self(), size)
              : Functional.adaptiveMaxPool3d(a.self(), size);
        });
    row(
        "nn.functional.fractional_max_pool2d",
        "Functional.fractionalMaxPool2d, fractionalMaxPool2dWithIndices",
        a -> {
          Pair kernel = a.pair("1", 1);
          return a.flag("return_indices")
              ? Functional.fractionalMaxPool2dWithIndices(a.self(), kernel, fractional(a))
              : Functional.fractionalMaxPool2d(a.self(), kernel, fractional(a));
        });
    row(
        "nn.functional.fractional_max_pool3d",
        "Functional.fractionalMaxPool3d, fractionalMaxPool3dWithIndices",
        a -> {
          Triple kernel = a.triple("1", 1);
          return a.flag("return_indices")
              ? Functional.fractionalMaxPool3dWithIndices(a.self(), kernel, fractional(a))
              : Functional.fractionalMaxPool3d(a.self(), kernel, fractional(a));
        });
    row(
        "nn.functional.max_unpool1d",
        "Functional.maxUnpool1d",
        a -> Functional.maxUnpool1d(a.self(), a.tensor("indices"), unpooled(a, -1)));
    row(
        "nn.functional.max_unpool2d",
        "Functional.maxUnpool2d",
        a ->
            Functional.maxUnpool2d(
                a.self(), a.tensor("indices"), new Pair(unpooled(a, -2), unpooled(a, -1))));
    row(
        "nn.functional.max_unpool3d",
        "Functional.maxUnpool3d",
        a ->
            Functional.maxUnpool3d(
                a.self(),
                a.tensor("indices"),
                new Triple(unpooled(a, -3), unpooled(a, -2), unpooled(a, -1))));
  }

  private static FractionalMaxPool2d.Options fractional(TorchArguments a) {
    FractionalMaxPool2d.Options options =
        a.get("output_ratio") instanceof List<?> ratios
            ? FractionalMaxPool2d.by(ratios.stream().mapToDouble(Double.class::cast).toArray())
            : FractionalMaxPool2d.to(a.longs("output_size"));
    Tensor samples = a.tensorOrNull("_random_samples");
    return samples == null ? options : options.randomSamples(samples);
  }

  private static long unpooled(TorchArguments a, int dim) {
    long kernel = a.number("kernel_size").longValue();
    long stride = a.number("stride", kernel).longValue();
    return (a.self().size(dim) - 1) * stride + kernel - 2 * a.number("padding", 0).longValue();
  }

  private static Pair two(@Nullable Object size) {
    return switch (size) {
      case List<?> one when one.size() == 1 -> Pair.of(side(one.getFirst()));
      case List<?> two when two.size() == 2 -> new Pair(side(two.getFirst()), side(two.getLast()));
      case List<?> many -> throw new NotThereException("output_size: list of " + many.size());
      case null, default -> Pair.of(side(size));
    };
  }

  private static Triple three(@Nullable Object size) {
    return switch (size) {
      case List<?> one when one.size() == 1 -> Triple.of(side(one.getFirst()));
      case List<?> all when all.size() == 3 ->
          new Triple(side(all.getFirst()), side(all.get(1)), side(all.getLast()));
      case List<?> many -> throw new NotThereException("output_size: list of " + many.size());
      case null, default -> Triple.of(side(size));
    };
  }

  private static long side(@Nullable Object side) {
    return side instanceof Long number ? number : AdaptiveAvgPool2d.SAME;
  }

  private static Tensor conv3d(TorchArguments a) {
    Conv3d.Options options = Conv3d.options().stride(a.triple("stride", 1));
    options =
        a.get("padding") instanceof String word
            ? options.padding(Conv2d.Padding.valueOf(word.toUpperCase(Locale.ROOT)))
            : options.padding(a.triple("padding", 0));
    options = options.dilation(a.triple("dilation", 1)).groups(a.integer("groups", 1));
    return Functional.conv3d(a.self(), a.tensor("weight"), a.tensorOrNull("bias"), options);
  }

  private static Tensor convTranspose3d(TorchArguments a) {
    var options =
        new ConvTranspose3d.Options(
            a.triple("stride", 1),
            a.triple("padding", 0),
            a.triple("output_padding", 0),
            a.triple("dilation", 1),
            a.integer("groups", 1),
            ConvTranspose3d.options().bias());
    return Functional.convTranspose3d(
        a.self(), a.tensor("weight"), a.tensorOrNull("bias"), options);
  }

  private static Triple stride(TorchArguments a, Triple kernel) {
    return a.has("stride") && a.longs("stride").length > 0 ? a.triple("stride", 1) : kernel;
  }

  private static Object maxPool3d(TorchArguments a) {
    Triple kernel = a.triple("kernel_size", 1);
    MaxPool3d.Options options =
        MaxPool3d.options(kernel)
            .stride(stride(a, kernel))
            .padding(a.triple("padding", 0))
            .dilation(a.triple("dilation", 1))
            .rounding(a.flag("ceil_mode") ? Rounding.CEIL : Rounding.FLOOR);
    return a.flag("return_indices")
        ? Functional.maxPool3dWithIndices(a.self(), kernel, options)
        : Functional.maxPool3d(a.self(), kernel, options);
  }

  private static Tensor avgPool3d(TorchArguments a) {
    Triple kernel = a.triple("kernel_size", 1);
    AvgPool3d.Options options =
        AvgPool3d.options(kernel)
            .stride(stride(a, kernel))
            .padding(a.triple("padding", 0))
            .rounding(a.flag("ceil_mode") ? Rounding.CEIL : Rounding.FLOOR)
            .counting(
                a.has("count_include_pad") && !a.flag("count_include_pad")
                    ? AvgPool2d.Padding.LEFT_OUT
                    : AvgPool2d.Padding.COUNTED);
    return Functional.avgPool3d(
        a.self(),
        kernel,
        a.has("divisor_override")
            ? options.divisorOverride(a.number("divisor_override").longValue())
            : options);
  }
}
