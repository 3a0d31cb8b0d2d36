package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.nn.AvgPool1d;
import dev.chagres.nn.AvgPool2d;
import dev.chagres.nn.Conv1d;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.ConvTranspose1d;
import dev.chagres.nn.ConvTranspose2d;
import dev.chagres.nn.Functional;
import dev.chagres.nn.MaxPool1d;
import dev.chagres.nn.PadMode;
import dev.chagres.nn.Unfold;
import dev.chagres.nn.Upsample;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/** The rows of convolutions, windows and sizes. */
final class TorchRowsLayers {
  private TorchRowsLayers() {}

  static void add() {
    row("nn.functional.conv1d", "Functional.conv1d", TorchRowsLayers::conv1d);
    row(
        "nn.functional.conv_transpose1d",
        "Functional.convTranspose1d",
        TorchRowsLayers::convTranspose1d);
    row(
        "nn.functional.conv_transpose2d",
        "Functional.convTranspose2d",
        TorchRowsLayers::convTranspose2d);
    row(
        "nn.functional.max_pool1d",
        "Functional.maxPool1d, maxPool1dWithIndices",
        TorchRowsLayers::maxPool1d);
    row("nn.functional.avg_pool1d", "Functional.avgPool1d", TorchRowsLayers::avgPool1d);
    row("nn.functional.pad", "Functional.pad", TorchRowsLayers::pad);
    row("nn.functional.interpolate", "Functional.interpolate", TorchRowsLayers::interpolate);
    row(
        "nn.functional.upsample_nearest",
        "Functional.interpolate",
        a -> Functional.interpolate(a.self(), sized(a)));
    row(
        "nn.functional.upsample_bilinear",
        "Functional.interpolate",
        a ->
            Functional.interpolate(a.self(), sized(a).mode(Upsample.Mode.BILINEAR).alignCorners()));
    row("nn.functional.unfold", "Functional.unfold", TorchRowsLayers::unfold);
  }

  /** One number, alone or in a list. */
  private static long one(TorchArguments a, String name, long otherwise) {
    Pair pair = a.pair(name, otherwise);
    if (pair.height() != pair.width()) {
      throw new NotThereException(name + ": list of 2");
    }
    return pair.height();
  }

  private static Tensor conv1d(TorchArguments a) {
    Conv1d.Options options = Conv1d.options().stride(one(a, "stride", 1));
    options =
        a.get("padding") instanceof String word
            ? options.padding(Conv2d.Padding.valueOf(word.toUpperCase(Locale.ROOT)))
            : options.padding(one(a, "padding", 0));
    options = options.dilation(one(a, "dilation", 1)).groups(a.integer("groups", 1));
    return Functional.conv1d(a.self(), a.tensor("weight"), a.tensorOrNull("bias"), options);
  }

  private static Tensor convTranspose1d(TorchArguments a) {
    var options =
        new ConvTranspose1d.Options(
            one(a, "stride", 1),
            one(a, "padding", 0),
            one(a, "output_padding", 0),
            one(a, "dilation", 1),
            a.integer("groups", 1),
            ConvTranspose1d.options().bias());
    return Functional.convTranspose1d(
        a.self(), a.tensor("weight"), a.tensorOrNull("bias"), options);
  }

  private static Tensor convTranspose2d(TorchArguments a) {
    var options =
        new ConvTranspose2d.Options(
            a.pair("stride", 1),
            a.pair("padding", 0),
            a.pair("output_padding", 0),
            a.pair("dilation", 1),
            a.integer("groups", 1),
            ConvTranspose2d.options().bias());
    return Functional.convTranspose2d(
        a.self(), a.tensor("weight"), a.tensorOrNull("bias"), options);
  }

  private static long stride(TorchArguments a, long kernel) {
    return a.has("stride") && a.longs("stride").length > 0 ? one(a, "stride", 1) : kernel;
  }

  private static Rounding rounding(TorchArguments a) {
    return a.flag("ceil_mode") ? Rounding.CEIL : Rounding.FLOOR;
  }

  private static Object maxPool1d(TorchArguments a) {
    long kernel = one(a, "kernel_size", 1);
    MaxPool1d.Options options =
        MaxPool1d.options(kernel)
            .stride(stride(a, kernel))
            .padding(one(a, "padding", 0))
            .dilation(one(a, "dilation", 1))
            .rounding(rounding(a));
    return a.flag("return_indices")
        ? Functional.maxPool1dWithIndices(a.self(), kernel, options)
        : Functional.maxPool1d(a.self(), kernel, options);
  }

  private static Tensor avgPool1d(TorchArguments a) {
    long kernel = one(a, "kernel_size", 1);
    return Functional.avgPool1d(
        a.self(),
        kernel,
        AvgPool1d.options(kernel)
            .stride(stride(a, kernel))
            .padding(one(a, "padding", 0))
            .rounding(rounding(a))
            .counting(
                a.has("count_include_pad") && !a.flag("count_include_pad")
                    ? AvgPool2d.Padding.LEFT_OUT
                    : AvgPool2d.Padding.COUNTED));
  }

  private static Tensor pad(TorchArguments a) {
    String mode = a.text("mode", "constant");
    long[] pad = a.longs("pad");
    return mode.equals("constant")
        ? Functional.pad(a.self(), pad, a.number("value", 0))
        : Functional.pad(a.self(), pad, PadMode.valueOf(mode.toUpperCase(Locale.ROOT)));
  }

  private static Upsample.Options sized(TorchArguments a) {
    if (!a.has("scale_factor")) {
      return Upsample.to(a.longs("size"));
    }
    return Upsample.by(
        a.get("scale_factor") instanceof List<?> many
            ? many.stream().mapToDouble(each -> ((Number) each).doubleValue()).toArray()
            : new double[] {a.number("scale_factor").doubleValue()});
  }

  private static Tensor interpolate(TorchArguments a) {
    Upsample.Mode mode =
        switch (a.text("mode", "nearest")) {
          case "nearest" -> Upsample.Mode.NEAREST;
          case "nearest-exact" -> Upsample.Mode.NEAREST_EXACT;
          case "linear" -> Upsample.Mode.LINEAR;
          case "bilinear" -> Upsample.Mode.BILINEAR;
          case "trilinear" -> Upsample.Mode.TRILINEAR;
          case "bicubic" -> Upsample.Mode.BICUBIC;
          case "area" -> Upsample.Mode.AREA;
          default -> throw new NotThereException("mode: another word");
        };
    Upsample.Options options = sized(a).mode(mode);
    options = a.flag("recompute_scale_factor") ? options.recomputeScaleFactor() : options;
    options = a.flag("antialias") ? options.antialias() : options;
    return Functional.interpolate(
        a.self(), a.flag("align_corners") ? options.alignCorners() : options);
  }

  private static Tensor unfold(TorchArguments a) {
    return Functional.unfold(
        a.self(),
        a.pair("kernel_size", 1),
        new Unfold.Options(a.pair("dilation", 1), a.pair("padding", 0), a.pair("stride", 1)));
  }
}
