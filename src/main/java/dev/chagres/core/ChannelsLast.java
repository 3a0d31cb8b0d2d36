package dev.chagres.core;

import static dev.chagres.check.Given.given;

import java.util.Arrays;

/**
 * The layout of images (n, c, h, w), or volumes (n, c, d, h, w), whose channels lie side by side:
 * PyTorch's {@code torch.channels_last} and {@code torch.channels_last_3d}.
 */
public final class ChannelsLast {
  private ChannelsLast() {}

  /**
   * Returns this layout of a shape.
   *
   * @throws IllegalArgumentException if there are not four or five dimensions
   */
  public static Layout of(Shape shape) {
    int rank = given("ChannelsLast", "shape", shape).dim();
    if (!fits(rank)) {
      throw new IllegalArgumentException(
          "ChannelsLast: four or five dimensions are needed, not shape " + shape);
    }
    long[] strides = new long[rank];
    long step = 1;
    int[] order = order(rank);
    for (int i = rank - 1; i >= 0; i--) {
      strides[order[i]] = step;
      step *= Math.max(1, shape.size(order[i]));
    }
    return Layout.of(shape, strides, 0);
  }

  /**
   * Returns whether a layout is one of images or volumes whose channels lie side by side: four or
   * five dimensions, and none of the strides says otherwise. As in PyTorch, what could be either,
   * such as one channel in row-major order, is not.
   */
  public static boolean is(Layout layout) {
    int rank = given("ChannelsLast", "layout", layout).dim();
    if (!fits(rank) || layout.stride(1) == 0 || layout.numel() == 0) {
      return false;
    }
    int[] order = order(rank);
    long reach = 0;
    for (int i = rank - 1; i >= 0; i--) {
      int dim = order[i];
      if (layout.stride(dim) < reach || dim == 0 && reach == layout.stride(1)) {
        return false;
      }
      reach = layout.stride(dim) * layout.size(dim);
    }
    return true;
  }

  private static boolean fits(int rank) {
    return rank == 4 || rank == 5;
  }

  /** The dimensions from the outermost to the innermost. */
  private static int[] order(int rank) {
    int[] order = new int[rank];
    Arrays.setAll(order, i -> i == 0 ? 0 : i == rank - 1 ? 1 : i + 1);
    return order;
  }
}
