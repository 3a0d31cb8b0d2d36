package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.nn.BatchStatistics;
import dev.chagres.nn.CTCLoss;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Embedding;
import dev.chagres.nn.EmbeddingBag;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GridSample;
import dev.chagres.nn.MultiMarginLoss;
import dev.chagres.nn.RReLU;
import dev.chagres.tensor.Tensor;
import java.util.Locale;

/** The rows of dropout, of what normalizes samples, of places and bags, and of margins. */
final class TorchRowsSampling {
  private TorchRowsSampling() {}

  @FunctionalInterface
  private interface Dropping {
    Tensor of(Tensor x, double p);
  }

  static void add() {
    dropping("dropout2d", "dropout2d", Functional::dropout2d);
    dropping("dropout3d", "dropout3d", Functional::dropout3d);
    dropping("alpha_dropout", "alphaDropout", Functional::alphaDropout);
    dropping("feature_alpha_dropout", "featureAlphaDropout", Functional::featureAlphaDropout);
    row("nn.functional.rrelu", "Functional.rrelu", TorchRowsSampling::rrelu);
    row("nn.functional.instance_norm", "Functional.instanceNorm", TorchRowsSampling::instanceNorm);
    row(
        "nn.functional.local_response_norm",
        "Functional.localResponseNorm",
        a ->
            Functional.localResponseNorm(
                a.self(),
                a.number("size").longValue(),
                real(a, "alpha", 1e-4),
                real(a, "beta", 0.75),
                real(a, "k", 1)));
    row(
        "nn.functional.bilinear",
        "Functional.bilinear",
        a ->
            Functional.bilinear(
                a.self(), a.tensor("input2"), a.tensor("weight"), a.tensorOrNull("bias")));
    row("nn.functional.grid_sample", "Functional.gridSample", TorchRowsSampling::gridSample);
    row("nn.functional.embedding_bag", "Functional.embeddingBag", TorchRowsSampling::embeddingBag);
    row("nn.functional.ctc_loss", "Functional.ctcLoss", TorchRowsSampling::ctcLoss);
    row(
        "nn.functional.multi_margin_loss",
        "Functional.multiMarginLoss",
        TorchRowsSampling::multiMargin);
    row(
        "nn.functional.multilabel_margin_loss",
        "Functional.multilabelMarginLoss",
        a -> Functional.multilabelMarginLoss(a.self(), a.tensor("target"), a.reduction()));
    row(
        "nn.functional.multilabel_soft_margin_loss",
        "Functional.multilabelSoftMarginLoss",
        a ->
            Functional.multilabelSoftMarginLoss(
                a.self(), a.tensor("target"), a.tensorOrNull("weight"), a.reduction()));
    row(
        "nn.functional.linear_cross_entropy",
        "Functional.linearCrossEntropy",
        TorchRowsSampling::linearCrossEntropy);
  }

  private static double real(TorchArguments a, String name, double otherwise) {
    return a.number(name, otherwise).doubleValue();
  }

  private static void dropping(String theirs, String ours, Dropping function) {
    row(
        "nn.functional." + theirs,
        "Functional." + ours,
        a -> {
          double p = real(a, "p", 0.5);
          boolean training = a.flag("training");
          return training ? function.of(a.self(), p) : a.self();
        });
  }

  private static Tensor rrelu(TorchArguments a) {
    double lower = real(a, "lower", 1.0 / 8);
    double upper = real(a, "upper", 1.0 / 3);
    RReLU layer = new RReLU(lower, upper);
    return (a.flag("training") ? layer.train() : layer.eval()).call(a.self());
  }

  private static Tensor instanceNorm(TorchArguments a) {
    Tensor mean = a.tensorOrNull("running_mean");
    Tensor variance = a.tensorOrNull("running_var");
    boolean own = !a.has("use_input_stats") || a.flag("use_input_stats");
    double momentum = real(a, "momentum", 0.1);
    BatchStatistics statistics = BatchStatistics.ofBatch();
    if (mean != null && variance != null) {
      // The running ones move, and the sample is used again
      statistics =
          own
              ? BatchStatistics.ofBatch(mean.detach().clone(), variance.detach().clone(), momentum)
              : BatchStatistics.of(mean, variance);
    }
    return Functional.instanceNorm(
        a.self(),
        statistics,
        a.tensorOrNull("weight"),
        a.tensorOrNull("bias"),
        real(a, "eps", 1e-5));
  }

  private static Tensor gridSample(TorchArguments a) {
    GridSample.Options options =
        GridSample.options()
            .mode(GridSample.Mode.valueOf(a.text("mode", "bilinear").toUpperCase(Locale.ROOT)))
            .beyond(
                GridSample.Beyond.valueOf(
                    a.text("padding_mode", "zeros").toUpperCase(Locale.ROOT)));
    return Functional.gridSample(
        a.self(), a.tensor("grid"), a.flag("align_corners") ? options.alignCorners() : options);
  }

  private static Tensor embeddingBag(TorchArguments a) {
    Embedding.Options table = Embedding.options();
    if (a.has("padding_idx")) {
      table = table.paddingIdx(a.number("padding_idx").longValue());
    }
    if (a.has("max_norm")) {
      table = table.maxNorm(real(a, "max_norm", 0));
    }
    if (a.flag("scale_grad_by_freq")) {
      table = table.scaleGrad(Embedding.ScaleGrad.BY_FREQ);
    }
    EmbeddingBag.Options options =
        EmbeddingBag.options()
            .table(table.normType(real(a, "norm_type", 2)))
            .mode(EmbeddingBag.Mode.valueOf(a.text("mode", "mean").toUpperCase(Locale.ROOT)))
            .offsets(
                a.flag("include_last_offset")
                    ? EmbeddingBag.Offsets.WITH_LAST
                    : EmbeddingBag.Offsets.OF_BAGS);
    return Functional.embeddingBag(
        a.tensor(a.name(1)),
        a.self(),
        a.tensorOrNull("offsets"),
        a.tensorOrNull("per_sample_weights"),
        options);
  }

  private static Tensor ctcLoss(TorchArguments a) {
    CTCLoss.Options options =
        CTCLoss.options()
            .blank(a.integer("blank", 0))
            .reduction(a.reduction())
            .infinite(a.flag("zero_infinity") ? CTCLoss.Infinite.ZERO : CTCLoss.Infinite.KEPT);
    return Functional.ctcLoss(
        a.self(),
        a.tensor("targets"),
        Tensor.of(a.longs("input_lengths")),
        Tensor.of(a.longs("target_lengths")),
        options);
  }

  private static Tensor multiMargin(TorchArguments a) {
    MultiMarginLoss.Options options =
        MultiMarginLoss.options()
            .p(a.integer("p", 1))
            .margin(real(a, "margin", 1))
            .reduction(a.reduction());
    Tensor weight = a.tensorOrNull("weight");
    return Functional.multiMarginLoss(
        a.self(), a.tensor("target"), weight == null ? options : options.weight(weight));
  }

  private static Tensor linearCrossEntropy(TorchArguments a) {
    CrossEntropyLoss.Options options =
        CrossEntropyLoss.options()
            .reduction(a.reduction())
            .ignoreIndex(a.number("ignore_index", -100L).longValue())
            .labelSmoothing(real(a, "label_smoothing", 0));
    Tensor weight = a.tensorOrNull("weight");
    return Functional.linearCrossEntropy(
        a.self(),
        a.tensor("linear_weight"),
        a.tensor("target"),
        a.tensorOrNull("linear_bias"),
        weight == null ? options : options.weight(weight));
  }
}
