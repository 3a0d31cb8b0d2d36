package dev.chagres.observe;

import dev.chagres.backend.Choice;
import dev.chagres.backend.OrderKernels;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.Strided;
import dev.chagres.core.Order;
import org.jspecify.annotations.Nullable;

/** Sorting, selecting and searching, which an observer is shown. */
record ObservedOrdering(OrderKernels device, Observer observer) implements OrderKernels {
  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    observer.kernel(
        () -> device.sort(order, x, dim, values, indices),
        () -> Work.of("sort", x).touches(x, values, indices));
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    observer.kernel(
        () -> device.select(choice, x, dim, values, indices),
        () -> Work.of("select", x).touches(x, values, indices));
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    observer.kernel(
        () -> device.sortRows(x, indices), () -> Work.of("sortRows", x).touches(x, indices));
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    observer.kernel(
        () -> device.search(bound, sorted, order, x, y),
        () -> {
          Work work = Work.of("search", sorted).touches(sorted, x, y);
          return order == null ? work : work.touches(order);
        });
  }
}
