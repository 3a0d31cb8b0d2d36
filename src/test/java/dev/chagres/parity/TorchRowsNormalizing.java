package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.Pair;
import dev.chagres.nn.AdaptiveAvgPool2d;
import dev.chagres.nn.BatchStatistics;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of what networks for images normalize and pool with. */
final class TorchRowsNormalizing {
  private TorchRowsNormalizing() {}

  static void add() {
    row("nn.functional.batch_norm", "Functional.batchNorm", TorchRowsNormalizing::batchNorm);
    row(
        "nn.functional.group_norm",
        "Functional.groupNorm",
        a ->
            Functional.groupNorm(
                a.self(),
                a.integer("num_groups", 0),
                a.tensorOrNull("weight"),
                a.tensorOrNull("bias"),
                a.number("eps", 1e-5).doubleValue()));
    row(
        "nn.functional.rms_norm",
        "Functional.rmsNorm",
        a ->
            Functional.rmsNorm(
                a.self(),
                a.shape("normalized_shape"),
                a.tensorOrNull("weight"),
                a.get("eps") instanceof Number eps ? eps.doubleValue() : null));
    row(
        "nn.functional.adaptive_avg_pool1d",
        "Functional.adaptiveAvgPool1d",
        a -> Functional.adaptiveAvgPool1d(a.self(), a.longs("output_size")[0]));
    row(
        "nn.functional.adaptive_avg_pool2d",
        "Functional.adaptiveAvgPool2d",
        a -> Functional.adaptiveAvgPool2d(a.self(), size(a.get("output_size"))));
  }

  private static Pair size(@Nullable Object size) {
    return switch (size) {
      case List<?> one when one.size() == 1 -> Pair.of(side(one.getFirst()));
      case List<?> two when two.size() == 2 -> new Pair(side(two.getFirst()), side(two.getLast()));
      case List<?> many -> throw new NotThereException("output_size: list of " + many.size());
      case null, default -> Pair.of(side(size));
    };
  }

  private static long side(@Nullable Object side) {
    return side instanceof Long number ? number : AdaptiveAvgPool2d.SAME;
  }

  private static Tensor batchNorm(TorchArguments a) {
    Tensor mean = a.tensorOrNull("running_mean");
    Tensor variance = a.tensorOrNull("running_var");
    BatchStatistics statistics;
    a.get("momentum"); // which moves running statistics in training, and nothing else
    if (!a.flag("training") && mean != null && variance != null) {
      statistics = BatchStatistics.of(mean, variance);
    } else if (mean != null && variance != null) {
      // The running ones move, and the sample is used again
      statistics =
          BatchStatistics.ofBatch(
              mean.detach().clone(),
              variance.detach().clone(),
              a.number("momentum", 0.1).doubleValue());
    } else {
      statistics = BatchStatistics.ofBatch();
    }
    return Functional.batchNorm(
        a.self(),
        statistics,
        a.tensorOrNull("weight"),
        a.tensorOrNull("bias"),
        a.number("eps", 1e-5).doubleValue());
  }
}
