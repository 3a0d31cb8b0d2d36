package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.core.DType;
import dev.chagres.primitive.RecurrentForm.Cell;
import java.lang.foreign.MemorySegment;

/** The door to the C kernels of recurrent layers. The rules are those of {@link Kernels}. */
final class RecurrentCalls {
  private RecurrentCalls() {}

  private static int code(Cell cell) {
    return switch (cell) {
      case RNN_TANH -> CH_CELL_RNN_TANH();
      case RNN_RELU -> CH_CELL_RNN_RELU();
      case LSTM -> CH_CELL_LSTM();
      case GRU -> CH_CELL_GRU();
    };
  }

  static void step(
      Cell cell,
      DType dtype,
      long rows,
      long n,
      MemorySegment x,
      MemorySegment h,
      MemorySegment state,
      MemorySegment cells,
      MemorySegment kept,
      MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_cell(code(cell), dtype.ordinal(), rows, n, x, h, state, cells, kept, y));
  }

  static void stepBackward(
      Cell cell,
      DType dtype,
      long rows,
      long n,
      MemorySegment g,
      MemorySegment kept,
      MemorySegment gstate,
      MemorySegment gcells,
      MemorySegment gx,
      MemorySegment gh) {
    Kernels.require();
    Kernels.check(
        ch_cell_backward(code(cell), dtype.ordinal(), rows, n, g, kept, gstate, gcells, gx, gh));
  }
}
