package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWith;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;
import static dev.chagres.backend.Operands.requireOrdered;

import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.core.Order;
import org.jspecify.annotations.Nullable;

/** Sorting, selecting and searching, with operands that are looked at before. */
record CheckedOrdering(OrderKernels device) implements OrderKernels {
  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    requireOrdered("sort", x, values, indices);
    device.sort(order, x, dim, values, indices);
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    boolean agree =
        isWith(values.shape(), x.shape(), dim, choice.count())
            && isWith(indices.shape(), x.shape(), dim, choice.count())
            && values.dtype() == x.dtype()
            && isIndex(indices)
            && isDense(values)
            && isDense(indices)
            && isWritable(values)
            && isWritable(indices);
    require(agree, "select", x, values, indices);
    device.select(choice, x, dim, values, indices);
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    boolean agree =
        x.layout().dim() == 2
            && isDense(x)
            && isIndex(indices)
            && isDense(indices)
            && indices.layout().dim() == 1
            && indices.numel() == x.layout().size(0)
            && isWritable(indices);
    require(agree, "sortRows", x, indices);
    device.sortRows(x, indices);
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
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
    device.search(bound, sorted, order, x, y);
  }

  private static long lastSize(Strided x) {
    return x.layout().dim() == 0 ? -1 : x.layout().size(-1);
  }
}
