package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import org.jspecify.annotations.Nullable;

/** What is asked of the {@link Operands} of calls that read or write positions, and of scans. */
final class IndexOperands {
  private IndexOperands() {}

  /** Whether a shape is another one with the size of a dimension replaced. */
  private static boolean isWith(Shape shape, Shape other, int dim, long size) {
    boolean agree = shape.dim() == other.dim() && dim < shape.dim();
    for (int i = 0; agree && i < shape.dim(); i++) {
      agree = shape.size(i) == (i == dim ? size : other.size(i));
    }
    return agree;
  }

  /** Slices of a dimension: there are {@code some} at the positions in {@code all}. */
  private static boolean areSlices(Strided some, Strided all, int dim, Strided index) {
    return isIndex(index)
        && isDense(index)
        && isDense(some)
        && isDense(all)
        && some.dtype() == all.dtype()
        && isWith(some.shape(), all.shape(), dim, index.numel());
  }

  static void indexSelect(Strided x, int dim, Strided index, Strided y) {
    require(areSlices(y, x, dim, index) && isWritable(y), "indexSelect", x, index, y);
  }

  static void indexPut(Strided x, int dim, Strided index, Strided y) {
    require(areSlices(x, y, dim, index) && isWritable(y), "indexPut", x, index, y);
  }

  /** Elements of a dimension: there is one in {@code some} for each position in {@code all}. */
  private static boolean areElements(Strided some, Strided all, int dim, Strided index) {
    Layout positions = index.layout();
    boolean agree =
        isIndex(index)
            && some.dtype() == all.dtype()
            && some.shape().equals(index.shape())
            && positions.dim() == all.layout().dim();
    for (int i = 0; agree && i < positions.dim(); i++) {
      agree = i == dim || positions.size(i) <= all.layout().size(i);
    }
    return agree;
  }

  static void gather(Strided x, int dim, Strided index, Strided y) {
    require(areElements(y, x, dim, index) && isWritable(y), "gather", x, index, y);
  }

  static void scatter(Strided x, int dim, Strided index, Strided y) {
    require(areElements(x, y, dim, index) && isWritable(y), "scatter", x, index, y);
  }

  static void joinIndex(Strided index, Strided positions) {
    boolean agree = isIndex(index) && areAlike(index, positions) && isWritable(positions);
    require(agree, "index", index, positions);
  }

  static void mask(Strided mask) {
    require(mask.dtype() == DType.BOOL && isDense(mask), "nonzero", mask);
  }

  static void positions(Strided mask, Strided positions) {
    mask(mask);
    boolean agree =
        isIndex(positions)
            && positions.layout().dim() == 1
            && isDense(positions)
            && isWritable(positions);
    require(agree, "nonzero", mask, positions);
  }

  static void repeats(Strided counts, Strided y) {
    boolean agree = isIndex(counts) && isDense(counts) && isIndex(y) && isDense(y) && isWritable(y);
    require(agree, "repeats", counts, y);
  }

  private static boolean areCounts(Strided counts) {
    return isIndex(counts) && counts.layout().dim() == 1 && isDense(counts) && isWritable(counts);
  }

  static void count(Strided positions, Strided counts) {
    boolean agree = isIndex(positions) && isDense(positions) && areCounts(counts);
    require(agree, "bincount", positions, counts);
  }

  static void histogram(Strided x, Strided counts) {
    boolean agree = x.dtype().isFloating() && isDense(x) && areCounts(counts);
    require(agree, "histc", x, counts);
  }

  // ---- order and scans

  /** Elements of a dimension and their positions: {@code count} of each line. */
  static void ordered(
      String name, Strided x, int dim, long count, Strided values, Strided indices) {
    boolean agree =
        isWith(values.shape(), x.shape(), dim, count)
            && isWith(indices.shape(), x.shape(), dim, count)
            && values.dtype() == x.dtype()
            && isIndex(indices)
            && isDense(values)
            && isDense(indices)
            && isWritable(values)
            && isWritable(indices);
    require(agree, name, x, values, indices);
  }

  /** All elements and their positions. */
  static void ordered(String name, Strided x, Strided values, Strided indices) {
    boolean agree =
        areAlike(x, values)
            && isIndex(indices)
            && indices.shape().equals(x.shape())
            && isDense(values)
            && isDense(indices)
            && isWritable(values)
            && isWritable(indices);
    require(agree, name, x, values, indices);
  }

  static void sortRows(Strided x, Strided indices) {
    boolean agree =
        x.layout().dim() == 2
            && isDense(x)
            && isIndex(indices)
            && isDense(indices)
            && indices.layout().dim() == 1
            && indices.numel() == x.layout().size(0)
            && isWritable(indices);
    require(agree, "sortRows", x, indices);
  }

  static void search(Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    boolean agree =
        sorted.dtype() == x.dtype()
            && isDense(sorted)
            && isDense(x)
            && isDense(y)
            && isIndex(y)
            && isWritable(y)
            && y.shape().equals(x.shape())
            && (sorted.layout().dim() == 1
                || isWith(sorted.shape(), x.shape(), x.layout().dim() - 1, lastSize(sorted)));
    if (order != null) {
      agree = agree && isIndex(order) && isDense(order) && order.shape().equals(sorted.shape());
      require(agree, "searchsorted", sorted, order, x, y);
    } else {
      require(agree, "searchsorted", sorted, x, y);
    }
  }

  private static long lastSize(Strided x) {
    return x.layout().dim() == 0 ? -1 : x.layout().size(-1);
  }

  static void scan(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(y) && isWritable(y), "scan", x, y);
  }
}
