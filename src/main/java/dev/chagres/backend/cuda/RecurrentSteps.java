package dev.chagres.backend.cuda;

import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.RecurrentForm.Cell;
import org.jspecify.annotations.Nullable;

/** Steps of recurrent layers; a thread has a number of the state. */
final class RecurrentSteps implements RecurrentKernels {
  private static final String FILE = "cell.cu";

  private final CudaDevice device;

  RecurrentSteps(CudaDevice device) {
    this.device = device;
  }

  private Launch launch(String kernel, Cell cell, Strided state) {
    return device
        .launch(FILE, kernel + "<cell::" + cell + ", " + Types.of(state) + ">")
        .integer(state.numel())
        .integer(state.layout().size(1));
  }

  @Override
  public void step(
      Cell cell,
      Strided x,
      Strided h,
      Strided state,
      @Nullable Strided cells,
      @Nullable Strided kept,
      Strided y) {
    if (state.numel() > 0) {
      launch("cell_step", cell, state)
          .pointer(x)
          .pointer(h)
          .pointer(state)
          .pointerOrNull(cells)
          .pointerOrNull(kept)
          .pointer(y)
          .share(state.numel());
    }
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
    if (gstate.numel() > 0) {
      launch("cell_step_backward", cell, gstate)
          .pointerOrNull(g)
          .pointer(kept)
          .pointer(gstate)
          .pointerOrNull(gcells)
          .pointer(gx)
          .pointerOrNull(gh)
          .share(gstate.numel());
    }
  }
}
