package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.OperandCalls.READ_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.WRITTEN_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.call;
import static dev.chagres.backend.cpu.OperandCalls.floats;

import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.cpu.OperandCalls.Call;
import dev.chagres.primitive.RecurrentForm.Cell;
import java.util.List;

/** The calls of steps of recurrent layers. */
final class RecurrentOperands {
  private RecurrentOperands() {}

  static List<Call> calls(RecurrentKernels steps) {
    return List.of(
        call(
            "step",
            x -> steps.step(Cell.LSTM, x[0], x[1], x[2], x[3], x[4], x[5]),
            floats(READ_DENSE, 3, 8),
            floats(READ_DENSE, 3, 8),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 12),
            floats(WRITTEN_DENSE, 3, 2)),
        call(
            "step",
            x -> steps.step(Cell.GRU, x[0], x[1], x[2], null, x[3], x[4]),
            floats(READ_DENSE, 3, 6),
            floats(READ_DENSE, 3, 6),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 10),
            floats(WRITTEN_DENSE, 3, 2)),
        call(
            "step",
            x -> steps.step(Cell.RNN_TANH, x[0], x[1], x[2], null, null, x[3]),
            floats(READ_DENSE, 3, 2),
            floats(READ_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 2)),
        call(
            "stepBackward",
            x -> steps.stepBackward(Cell.LSTM, x[0], x[1], x[2], x[3], x[4], null),
            floats(READ_DENSE, 3, 2),
            floats(READ_DENSE, 3, 12),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 8)),
        call(
            "stepBackward",
            x -> steps.stepBackward(Cell.GRU, x[0], x[1], x[2], null, x[3], x[4]),
            floats(READ_DENSE, 3, 2),
            floats(READ_DENSE, 3, 10),
            floats(WRITTEN_DENSE, 3, 2),
            floats(WRITTEN_DENSE, 3, 6),
            floats(WRITTEN_DENSE, 3, 6)));
  }
}
