package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Rows of a table, reduced bag by bag. */
final class EmbeddingBags {
  private static final String NAME = "embeddingBag";

  private EmbeddingBags() {}

  static Tensor reduced(
      Tensor input,
      Tensor weight,
      @Nullable Tensor offsets,
      @Nullable Tensor perSample,
      EmbeddingBag.Options options) {
    given(NAME, "input", input);
    Checks.floating(NAME, "weight", weight);
    EmbeddingBag.Mode mode = given(NAME, "options", options).mode();
    if (input.dim() != 1 && input.dim() != 2 || (input.dim() == 1) != (offsets != null)) {
      throw new IllegalArgumentException(
          NAME
              + ": needs a vector of row numbers with offsets, or a matrix without, not "
              + input.shape()
              + (offsets == null ? " without" : " with offsets"));
    }
    if (perSample != null
        && (mode != EmbeddingBag.Mode.SUM || !perSample.shape().equals(input.shape()))) {
      throw new IllegalArgumentException(
          NAME
              + ": weights have the shape of the row numbers, "
              + input.shape()
              + ", and are for sums, not "
              + perSample.shape()
              + " for "
              + mode);
    }
    if (perSample != null) {
      Checks.sameDtype(NAME, "weight of a sample", perSample, weight);
    }
    if (offsets == null) {
      long count = input.size(0);
      Tensor starts = Tensor.arange(input.device(), count).mul(input.size(1));
      Tensor each = perSample == null ? null : perSample.flatten();
      return bags(input.flatten(), weight, starts, each, options);
    }
    if (offsets.dim() != 1
        || offsets.dtype() != DType.INT64 && offsets.dtype() != DType.INT32
        || offsets.numel() == 0 && options.offsets() == EmbeddingBag.Offsets.WITH_LAST) {
      throw new IllegalArgumentException(
          NAME
              + ": offsets are a vector of int64 or int32, not "
              + offsets.dtype()
              + " "
              + offsets.shape());
    }
    Tensor starts =
        options.offsets() == EmbeddingBag.Offsets.WITH_LAST
            ? offsets.narrow(0, 0, offsets.size(0) - 1)
            : offsets;
    return bags(input, weight, starts.toLong(), perSample, options);
  }

  /** The bag of an element is the last one that starts at it or before. */
  private static Tensor bags(
      Tensor input,
      Tensor weight,
      Tensor starts,
      @Nullable Tensor perSample,
      EmbeddingBag.Options options) {
    long count = starts.size(0);
    Tensor rows = Embedding.look(input, weight, options.table());
    Tensor sums = weight.newZeros(count, weight.size(1));
    if (input.numel() == 0 || count == 0) {
      return sums;
    }
    if (starts.isCpu() && starts.select(0, 0).itemLong() != 0) {
      throw new IllegalArgumentException(NAME + ": the first offset is 0");
    }
    Tensor bag =
        starts.searchsorted(Tensor.arange(input.device(), input.numel()), Side.RIGHT).sub(1);
    long padding = options.table().padding(NAME, weight.size(0));
    Tensor counted = padding < 0 ? null : input.toLong().ne(padding);
    return switch (options.mode()) {
      case SUM -> {
        Tensor weighted = perSample == null ? rows : rows.mul(perSample.unsqueeze(1));
        yield sums.indexAdd(0, bag, masked(weighted, counted));
      }
      case MEAN -> {
        Tensor ones = counted == null ? bag.onesLike() : counted.toLong();
        Tensor numbers = bag.newZeros(count).indexAdd(0, bag, ones).clampMin(1);
        yield sums.indexAdd(0, bag, masked(rows, counted))
            .div(numbers.to(weight.dtype()).unsqueeze(1));
      }
      case MAX -> maxima(rows, bag, counted, count);
    };
  }

  private static Tensor masked(Tensor rows, @Nullable Tensor counted) {
    return counted == null ? rows : rows.maskedFill(counted.logicalNot().unsqueeze(1), 0);
  }

  /** Of equal elements the first one gets the gradient; bags without rows are 0. */
  private static Tensor maxima(Tensor rows, Tensor bag, @Nullable Tensor counted, long count) {
    Tensor values =
        counted == null
            ? rows.detach()
            : rows.detach().maskedFill(counted.logicalNot().unsqueeze(1), Double.NEGATIVE_INFINITY);
    Tensor bags = bag.unsqueeze(1).expandAs(values);
    long[] shape = {count, rows.size(1)};
    Tensor greatest =
        values
            .newFull(Shape.of(shape), Double.NEGATIVE_INFINITY)
            .scatterReduce(0, bags, values, Reduce.AMAX);
    Tensor numbers = Tensor.arange(rows.device(), rows.size(0)).unsqueeze(1).expandAs(values);
    Tensor is = values.eq(greatest.gather(0, bags)).logicalOr(values.isnan());
    is = counted == null ? is : is.logicalAnd(counted.unsqueeze(1));
    long none = rows.size(0);
    Tensor chosen =
        Tensor.full(rows.device(), Shape.of(shape), none, DType.INT64)
            .scatterReduce(0, bags, Tensor.where(is, numbers, none), Reduce.AMIN);
    Tensor empty = chosen.eq(none);
    return rows.gather(0, chosen.maskedFill(empty, 0)).maskedFill(empty, 0);
  }
}
