package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Bound;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Strided;
import dev.chagres.core.Order;
import org.jspecify.annotations.Nullable;

/** Sorts and searches. */
final class Ordering {
  private final CudaDevice device;

  Ordering(CudaDevice device) {
    this.device = device;
  }

  void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    throw NotYet.on("sort", device);
  }

  void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    throw NotYet.on("select", device);
  }

  void sortRows(Strided x, Strided indices) {
    throw NotYet.on("sortRows", device);
  }

  void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    throw NotYet.on("search", device);
  }
}
