package dev.chagres.tensor;

import dev.chagres.core.Layout;
import dev.chagres.core.Shape;

/**
 * The stretch of one storage that holds the elements of two layouts. What is known of the elements
 * of one is brought to those of the other through a vector, the room, with a place for each element
 * of the stretch.
 */
final class Stretch {
  private final long first;
  private final long length;

  private Stretch(long first, long length) {
    this.first = first;
    this.length = length;
  }

  static Stretch of(Layout a, Layout b) {
    if (a.numel() == 0 || b.numel() == 0) {
      Layout one = a.numel() == 0 ? b : a;
      return one.numel() == 0
          ? new Stretch(0, 0)
          : new Stretch(one.offset(), one.end() - one.offset());
    }
    long start = Math.min(a.offset(), b.offset());
    return new Stretch(start, Math.max(a.end(), b.end()) - start);
  }

  private Layout within(Layout room, Layout part) {
    long start = part.numel() == 0 ? 0 : part.offset() - first;
    return Layout.of(part.shape(), part.strides(), room.offset() + start);
  }

  /**
   * Returns the room that has {@code g} where the elements of a layout lie, added up where some lie
   * at one place, and zeros elsewhere; it may be {@code g} itself.
   */
  Tensor spread(Tensor g, Layout part) {
    if (part.isContiguous() && part.numel() == length) {
      return ViewOps.reshape(Copying.contiguous(g), Shape.of(length));
    }
    return ViewOps.scatter("AsStrided", g, Shape.of(length), room -> within(room, part));
  }

  /** Returns the elements of a contiguous room where those of a layout lie, a view. */
  Tensor pick(Tensor room, Layout part) {
    return ViewOps.take("AsStrided", room, layout -> within(layout, part));
  }
}
