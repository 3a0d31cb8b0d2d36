package dev.chagres.nn;

import dev.chagres.core.Device;
import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;

/** The windows along one side of what is pooled to means. */
record PoolingSide(long size, long kernel, long stride, long padding, Ends ends) {
  /** What happens at both ends of all sides. */
  record Ends(Rounding rounding, AvgPool2d.Padding counting) {}

  /** How many there are: of a kernel that is larger than its side one may begin within, or none. */
  long windows() {
    long room = size + 2 * padding - kernel;
    long count = Math.floorDiv(room, stride) + 1;
    boolean another =
        ends.rounding == Rounding.CEIL && room % stride != 0 && count * stride < size + padding;
    return another ? count + 1 : count;
  }

  /** How far the last window reaches beyond the padding. */
  long beyond() {
    return Math.max(0, (windows() - 1) * stride + kernel - size - 2 * padding);
  }

  /** Whether some windows are a mean of fewer numbers than others. */
  private boolean varies() {
    return beyond() > 0 || ends.counting == AvgPool2d.Padding.LEFT_OUT && padding > 0;
  }

  /** Of how many numbers each window is the mean: what lies beyond the padding never counts. */
  private Tensor counts(Device device) {
    Tensor start = Tensor.arange(device, windows()).mul(stride).sub(padding);
    Tensor end = start.add(kernel).clampMax(size + padding);
    return ends.counting == AvgPool2d.Padding.COUNTED
        ? end.sub(start)
        : end.clampMax(size).sub(start.clampMin(0));
  }

  /** Divides sums over windows of the last dimensions by a number, or if that is 0 by how many. */
  static Tensor means(Tensor sums, long divisor, PoolingSide... sides) {
    boolean integers = !sums.dtype().isFloating();
    boolean vary = false;
    long most = 1;
    for (PoolingSide side : sides) {
      vary |= side.varies();
      most *= side.kernel;
    }
    if (divisor != 0 || !vary) {
      long each = divisor == 0 ? most : divisor;
      return integers ? sums.truncDivide(each) : sums.div(each);
    }
    Tensor counts = sides[0].counts(sums.device());
    for (int i = 1; i < sides.length; i++) {
      counts = counts.unsqueeze(-1).mul(sides[i].counts(sums.device()));
    }
    return integers ? sums.truncDivide(counts) : sums.div(counts.to(sums.dtype()));
  }
}
