package dev.chagres.parity;

import static dev.chagres.core.DType.BFLOAT16;
import static dev.chagres.core.DType.BOOL;
import static dev.chagres.core.DType.FLOAT16;
import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT64;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.nn.AvgPool2d;
import dev.chagres.nn.BCEWithLogitsLoss;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GELU;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.NLLLoss;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** PyTorch's operations that are called in another way here than {@link TorchCalls}' rule says. */
final class TorchRows {
  /** Returns what we make of PyTorch's arguments: of each that it leaves unread it has no form. */
  @FunctionalInterface
  interface Call {
    Object of(TorchArguments arguments);
  }

  /** What we call the operation, and how. */
  record Row(String ours, Call call) {}

  /** Names that mean something else here. */
  static final Set<String> ANOTHER_MEANING = Set.of("put", "bernoulli_");

  private static final Map<String, Row> ROWS = new TreeMap<>();

  static {
    pointwise();
    creation();
    casts();
    networks();
    losses();
    TorchRowsReductions.add();
    TorchRowsIndexing.add();
    TorchRowsViews.add();
    TorchRowsRandom.add();
    TorchRowsSorting.add();
    TorchRowsLinalg.add();
    TorchRowsSequences.add();
    TorchRowsNormalizing.add();
    TorchRowsLayers.add();
    TorchRowsLosses.add();
    TorchRowsVolumes.add();
    TorchRowsSampling.add();
  }

  private TorchRows() {}

  static Map<String, Row> all() {
    return ROWS;
  }

  /** Adds a row; each family has a class of its own whose {@code add} does so. */
  static void row(String op, String ours, Call call) {
    ROWS.put(op, new Row(ours, call));
  }

  private static void pointwise() {
    row("div", "Tensor.div, floorDivide, truncDivide", TorchRows::div);
    row("true_divide", "Tensor.div", TorchRows::div);
    row("clamp", "Tensor.clamp, clampMin, clampMax", TorchRows::clamp);
    row(
        "max",
        "Tensor.max, maximum",
        a ->
            a.has("other")
                ? a.self().maximum(a.tensor("other"))
                : a.has("dim") ? a.self().max(a.keep(), a.integer("dim", 0)) : a.self().max());
    row(
        "min",
        "Tensor.min, minimum",
        a ->
            a.has("other")
                ? a.self().minimum(a.tensor("other"))
                : a.has("dim") ? a.self().min(a.keep(), a.integer("dim", 0)) : a.self().min());
    row(
        "addcmul",
        "Tensor.addcmul",
        a -> a.self().addcmul(a.tensor("tensor1"), a.tensor("tensor2"), a.number("value", 1)));
    row(
        "addcdiv",
        "Tensor.addcdiv",
        a -> a.self().addcdiv(a.tensor("tensor1"), a.tensor("tensor2"), a.number("value", 1)));
    row(
        "allclose",
        "Tensor.allclose",
        a ->
            a.self()
                .allclose(
                    a.tensor("other"),
                    a.number("rtol", 1e-5).doubleValue(),
                    a.number("atol", 1e-8).doubleValue()));
    row("where", "Tensor.where", TorchRows::where);
  }

  private static Tensor where(TorchArguments a) {
    Tensor condition = a.tensor("condition");
    Object x = operand(a.get("self"));
    Object y = operand(a.get("other"));
    if (x instanceof Tensor t) {
      return y instanceof Tensor u
          ? Tensor.where(condition, t, u)
          : Tensor.where(condition, t, number(y));
    }
    return y instanceof Tensor u
        ? Tensor.where(condition, number(x), u)
        : Tensor.where(condition, number(x), number(y));
  }

  /** A bool has no weak form of its own here. */
  private static @Nullable Object operand(@Nullable Object value) {
    return value instanceof Boolean truth ? Tensor.scalar(truth) : value;
  }

  private static Tensor div(TorchArguments a) {
    Object y = a.get("other");
    String mode = a.text("rounding_mode", "true");
    Tensor x = a.self();
    return switch (mode) {
      case "floor" -> y instanceof Tensor t ? x.floorDivide(t) : x.floorDivide(number(y));
      case "trunc" -> y instanceof Tensor t ? x.truncDivide(t) : x.truncDivide(number(y));
      case "true" -> y instanceof Tensor t ? x.div(t) : x.div(number(y));
      default -> throw new NotThereException("rounding_mode: '" + mode + "'");
    };
  }

  private static Number number(@Nullable Object value) {
    if (value instanceof Number number) {
      return number;
    }
    throw new NotThereException("an operand: neither a tensor nor a number");
  }

  private static Tensor clamp(TorchArguments a) {
    Tensor x = a.self();
    Object min = a.get("min");
    Object max = a.get("max");
    if (min == null) {
      return max instanceof Tensor most ? x.clampMax(most) : x.clampMax(number(max));
    } else if (max == null) {
      return min instanceof Tensor least ? x.clampMin(least) : x.clampMin(number(min));
    }
    return min instanceof Tensor least && max instanceof Tensor most
        ? x.clamp(least, most)
        : x.clamp(number(min), number(max));
  }

  private static Object item(TorchArguments a) {
    Tensor x = a.self();
    return switch (x.dtype()) {
      case BOOL -> x.isTrue();
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> x.item();
      default -> x.itemLong();
    };
  }

  private static void creation() {
    row("item", "Tensor.item", TorchRows::item);
    row(
        "arange",
        "Tensor.arange",
        a -> {
          Number start = a.number("start", 0L);
          Number end = a.number("end");
          Number step = a.number("step", 1L);
          return a.has("dtype")
              ? Tensor.arange(a.dtype(INT64), start, end, step)
              : Tensor.arange(start, end, step);
        });
    row(
        "eye",
        "Tensor.eye",
        a -> {
          long n = a.number("n").longValue();
          return Tensor.eye(a.dtype(FLOAT32), n, a.number("m", n).longValue());
        });
    row("scalar_tensor", "Tensor.scalar", a -> Tensor.scalar(a.number("s"), a.dtype(FLOAT32)));
    row("zero_", "Tensor.zero_", a -> a.self().clone().zero_());
  }

  private static void casts() {
    row("byte", "Tensor.toByte", a -> a.self().toByte());
    row("char", "Tensor.toChar", a -> a.self().toChar());
    row("short", "Tensor.toShort", a -> a.self().toShort());
    row("int", "Tensor.toInt", a -> a.self().toInt());
    row("long", "Tensor.toLong", a -> a.self().toLong());
    row("float", "Tensor.toFloat", a -> a.self().toFloat());
    row("double", "Tensor.toDouble", a -> a.self().toDouble());
    row("to", "Tensor.to", TorchRows::to);
  }

  /**
   * to(dtype, ...), to(device, dtype, ...) and to(other, ...); whether to copy changes no value.
   */
  private static Tensor to(TorchArguments a) {
    List<Object> values = new ArrayList<>();
    a.all().keySet().stream().filter(name -> !name.equals("self")).map(a::get).forEach(values::add);
    for (Object value : values) {
      if (value instanceof DType dtype) {
        return a.self().to(dtype);
      } else if (value instanceof Tensor other) {
        return a.self().to(other);
      }
    }
    throw new NotThereException("no dtype");
  }

  private static void networks() {
    row(
        "nn.functional.linear",
        "Functional.linear",
        a -> Functional.linear(a.self(), a.tensor("weight"), a.tensorOrNull("bias")));
    row("nn.functional.gelu", "Functional.gelu", TorchRows::gelu);
    row(
        "nn.functional.conv2d",
        "Functional.conv2d",
        a ->
            Functional.conv2d(
                a.self(),
                a.tensor("weight"),
                a.tensorOrNull("bias"),
                padded(a, Conv2d.options().stride(a.pair("stride", 1)))
                    .dilation(a.pair("dilation", 1))
                    .groups(a.integer("groups", 1))));
    row(
        "nn.functional.max_pool2d",
        "Functional.maxPool2d, maxPool2dWithIndices",
        TorchRows::maxPool2d);
    row("nn.functional.avg_pool2d", "Functional.avgPool2d", TorchRows::avgPool2d);
    row(
        "nn.functional.dropout",
        "Functional.dropout",
        a -> {
          double p = a.number("p", 0.5).doubleValue();
          return a.has("training") && !a.flag("training")
              ? a.self()
              : Functional.dropout(a.self(), p);
        });
  }

  private static Conv2d.Options padded(TorchArguments a, Conv2d.Options options) {
    return a.get("padding") instanceof String word
        ? options.padding(Conv2d.Padding.valueOf(word.toUpperCase(Locale.ROOT)))
        : options.padding(a.pair("padding", 0));
  }

  private static Tensor gelu(TorchArguments a) {
    return Functional.gelu(
        a.self(),
        switch (a.text("approximate", "none")) {
          case "none" -> GELU.Approximate.NONE;
          case "tanh" -> GELU.Approximate.TANH;
          default -> throw new NotThereException("approximate: another word");
        });
  }

  private static Pair stride(TorchArguments a, Pair kernel) {
    return a.has("stride") && a.longs("stride").length > 0 ? a.pair("stride", 1) : kernel;
  }

  private static Object maxPool2d(TorchArguments a) {
    Pair kernel = a.pair("kernel_size", 1);
    Rounding rounding = a.flag("ceil_mode") ? Rounding.CEIL : Rounding.FLOOR;
    MaxPool2d.Options options =
        MaxPool2d.options(kernel)
            .stride(stride(a, kernel))
            .padding(a.pair("padding", 0))
            .dilation(a.pair("dilation", 1))
            .rounding(rounding);
    return a.flag("return_indices")
        ? Functional.maxPool2dWithIndices(a.self(), kernel, options)
        : Functional.maxPool2d(a.self(), kernel, options);
  }

  private static Tensor avgPool2d(TorchArguments a) {
    Pair kernel = a.pair("kernel_size", 1);
    AvgPool2d.Options options =
        AvgPool2d.options(kernel)
            .stride(stride(a, kernel))
            .padding(a.pair("padding", 0))
            .rounding(a.flag("ceil_mode") ? Rounding.CEIL : Rounding.FLOOR)
            .counting(
                a.has("count_include_pad") && !a.flag("count_include_pad")
                    ? AvgPool2d.Padding.LEFT_OUT
                    : AvgPool2d.Padding.COUNTED);
    return Functional.avgPool2d(
        a.self(),
        kernel,
        a.has("divisor_override")
            ? options.divisorOverride(a.number("divisor_override").longValue())
            : options);
  }

  private static void losses() {
    row(
        "nn.functional.layer_norm",
        "Functional.layerNorm",
        a ->
            Functional.layerNorm(
                a.self(),
                a.shape("normalized_shape"),
                a.tensorOrNull("weight"),
                a.tensorOrNull("bias"),
                a.number("eps", 1e-5).doubleValue()));
    row(
        "nn.functional.cross_entropy",
        "Functional.crossEntropy",
        a -> {
          var options =
              CrossEntropyLoss.options()
                  .ignoreIndex(a.number("ignore_index", -100L).longValue())
                  .reduction(a.reduction())
                  .labelSmoothing(a.number("label_smoothing", 0).doubleValue());
          Tensor weight = a.tensorOrNull("weight");
          return Functional.crossEntropy(
              a.self(), a.tensor("target"), weight == null ? options : options.weight(weight));
        });
    row(
        "nn.functional.nll_loss",
        "Functional.nllLoss",
        a -> {
          var options =
              NLLLoss.options()
                  .ignoreIndex(a.number("ignore_index", -100L).longValue())
                  .reduction(a.reduction());
          Tensor weight = a.tensorOrNull("weight");
          return Functional.nllLoss(
              a.self(), a.tensor("target"), weight == null ? options : options.weight(weight));
        });
    row(
        "nn.functional.binary_cross_entropy_with_logits",
        "Functional.binaryCrossEntropyWithLogits",
        a -> {
          var options = BCEWithLogitsLoss.options().reduction(a.reduction());
          Tensor weight = a.tensorOrNull("weight");
          Tensor positive = a.tensorOrNull("pos_weight");
          options = weight == null ? options : options.weight(weight);
          options = positive == null ? options : options.posWeight(positive);
          return Functional.binaryCrossEntropyWithLogits(a.self(), a.tensor("target"), options);
        });
    row(
        "nn.functional.l1_loss",
        "Functional.l1Loss",
        a -> Functional.l1Loss(a.self(), a.tensor("target"), a.reduction()));
    row(
        "nn.functional.mse_loss",
        "Functional.mseLoss",
        a -> Functional.mseLoss(a.self(), a.tensor("target"), a.reduction()));
  }
}
