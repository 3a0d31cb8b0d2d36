package dev.chagres.observe;

import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.RecurrentForm.Cell;
import org.jspecify.annotations.Nullable;

/** Steps of recurrent layers, which an observer is shown. */
record ObservedRecurrent(RecurrentKernels device, Observer observer) implements RecurrentKernels {
  @Override
  public void step(
      Cell cell,
      Strided x,
      Strided h,
      Strided state,
      @Nullable Strided cells,
      @Nullable Strided kept,
      Strided y) {
    observer.kernel(
        () -> device.step(cell, x, h, state, cells, kept, y),
        () -> Work.of("recurrent", x).touches(x, h, state, cells, kept, y));
  }

  @Override
  public void stepBackward(
      Cell cell,
      @Nullable Strided g,
      Strided kept,
      Strided gstate,
      @Nullable Strided gcells,
      Strided gx,
      @Nullable Strided gh) {
    observer.kernel(
        () -> device.stepBackward(cell, g, kept, gstate, gcells, gx, gh),
        () -> Work.of("recurrentBackward", gx).touches(g, kept, gstate, gcells, gx, gh));
  }
}
