package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sequences of several lengths, without padding, as recurrent layers read them: first the first
 * step of all sequences, the longest first, then the second of those that have one, and so on.
 * {@link Sequences} makes them and takes them apart.
 *
 * @param data the steps (steps of all sequences together, …)
 * @param batchSizes how many sequences have each step
 * @param sortedIndices the numbers of the sequences in the order in which they lie here, int64; or
 *     null if they lie in the order of the batch
 * @param unsortedIndices where each sequence of the batch lies here, int64, or null
 */
public record PackedSequence(
    Tensor data,
    List<Long> batchSizes,
    @Nullable Tensor sortedIndices,
    @Nullable Tensor unsortedIndices) {

  /** Checks that these belong together. */
  public PackedSequence {
    given("PackedSequence", "data", data);
    given("PackedSequence", "batchSizes", batchSizes);
    batchSizes = List.copyOf(each("PackedSequence", "a size", batchSizes));
    long rows = 0;
    long before = Long.MAX_VALUE;
    for (long size : batchSizes) {
      if (size < 1 || size > before) {
        throw new IllegalArgumentException(
            "PackedSequence: the sizes of batches are " + batchSizes + "; they do not grow");
      }
      before = size;
      rows += size;
    }
    if (rows == 0 || data.dim() == 0 || data.size(0) != rows) {
      throw new IllegalArgumentException(
          "PackedSequence: data " + data.shape() + " for " + rows + " steps");
    }
    if ((sortedIndices == null) != (unsortedIndices == null)) {
      throw new IllegalArgumentException("PackedSequence: one order without the other");
    }
    checkOrder(sortedIndices, batchSizes.getFirst());
    checkOrder(unsortedIndices, batchSizes.getFirst());
  }

  private static void checkOrder(@Nullable Tensor order, long sequences) {
    if (order != null
        && (order.dtype() != DType.INT64 || order.dim() != 1 || order.size(0) != sequences)) {
      throw new IllegalArgumentException(
          "PackedSequence: an order of " + order.shape() + " for " + sequences + " sequences");
    }
  }

  /** Returns sequences of the same lengths, of which these are the steps. */
  public PackedSequence withData(Tensor data) {
    return new PackedSequence(data, batchSizes, sortedIndices, unsortedIndices);
  }

  /** Returns these sequences on a device. */
  public PackedSequence to(Device device) {
    return new PackedSequence(
        data.to(device),
        batchSizes,
        sortedIndices == null ? null : sortedIndices.to(device),
        unsortedIndices == null ? null : unsortedIndices.to(device));
  }

  /** Returns these sequences with steps of another dtype. */
  public PackedSequence to(DType dtype) {
    return withData(data.to(dtype));
  }
}
