package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import java.util.List;

/**
 * How {@link Tensor#segmentReduce} cuts a dimension into segments that lie one after the other. The
 * numbers have a dimension for the segments, which is the one that is cut, and before it those of
 * the tensor, for each of whose positions they may differ: one dimension of numbers cuts the first.
 * Numbers on the CPU go to the tensor's device.
 */
public final class Segments {
  private final String kind;
  private final Tensor numbers;

  private Segments(String kind, Tensor numbers) {
    given(kind, kind, numbers);
    if (numbers.dtype() != DType.INT64 && numbers.dtype() != DType.INT32) {
      throw new IllegalArgumentException(
          kind + ": int64 or int32 numbers are needed, not " + numbers.dtype());
    }
    if (numbers.dim() == 0) {
      throw new IllegalArgumentException(kind + ": a dimension is needed, for the segments");
    }
    this.kind = kind;
    this.numbers = numbers.detach();
  }

  /** Segments of these lengths, which together are all of the dimension; int64 or int32. */
  public static Segments lengths(Tensor lengths) {
    return new Segments("lengths", lengths);
  }

  /** Segments of the first dimension of these lengths. */
  public static Segments lengths(long... lengths) {
    return lengths(Tensor.of(Device.cpu(), given("lengths", "lengths", lengths), DType.INT64));
  }

  /**
   * Segments from each of these positions to the next, one less than there are positions; int64 or
   * int32. What is before the first and after the last belongs to no segment.
   */
  public static Segments offsets(Tensor offsets) {
    return new Segments("offsets", offsets);
  }

  /** Segments of the first dimension from each of these positions to the next. */
  public static Segments offsets(long... offsets) {
    return offsets(Tensor.of(Device.cpu(), given("offsets", "offsets", offsets), DType.INT64));
  }

  @Override
  public String toString() {
    return "Segments." + kind + "(" + numbers + ")";
  }

  /**
   * Where segments begin and end: each from one number to the next, of a copy that nobody else
   * writes to.
   */
  Tensor bounds(Tensor x) {
    int axis = numbers.dim() - 1;
    if (x.dim() <= axis || !numbers.shape().remove(axis).equals(x.shape().slice(0, axis))) {
      throw new IllegalArgumentException(
          "segmentReduce: "
              + kind
              + " of shape "
              + numbers.shape()
              + " for a tensor of shape "
              + x.shape()
              + ": the sizes before the dimension that is cut must be equal");
    }
    if (!numbers.isCpu() && !numbers.device().equals(x.device())) {
      throw new IllegalArgumentException(
          "segmentReduce: "
              + kind
              + " on "
              + numbers.device()
              + " for a tensor on "
              + x.device()
              + ": move them with to(device)");
    }
    Tensor bounds = numbers.to(x.device()).to(DType.INT64).clone();
    if (kind.equals("lengths")) {
      Tensor start = bounds.newZeros(numbers.shape().with(axis, 1).toArray());
      bounds = Tensor.cat(List.of(start, bounds.cumsum(-1)), -1);
    }
    check(bounds, x.size(axis));
    return bounds;
  }

  private void check(Tensor bounds, long size) {
    if (bounds.size(-1) == 0) {
      throw new IllegalArgumentException(
          "segmentReduce: offsets need at least one number, where the first segment begins");
    }
    boolean ascend = bounds.diff().ge(0).all().isTrue() && bounds.ge(0).all().isTrue();
    Tensor ends = bounds.select(-1, bounds.size(-1) - 1);
    boolean whole = kind.equals("offsets") || ends.eq(size).all().isTrue();
    if (!ascend || !whole || ends.gt(size).any().isTrue()) {
      throw new IllegalArgumentException(
          "segmentReduce: "
              + (kind.equals("lengths")
                  ? "lengths must not be negative, and together be the " + size
                  : "offsets must ascend, from 0 on and to at most the " + size)
              + " positions of dim "
              + (numbers.dim() - 1));
    }
  }
}
