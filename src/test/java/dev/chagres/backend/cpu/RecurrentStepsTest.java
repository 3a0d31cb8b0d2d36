package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.RecurrentForm.Cell;
import java.util.ConcurrentModificationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What steps of recurrent layers refuse; {@link RecurrentOperands} has the rest. */
class RecurrentStepsTest {
  @Test
  void aStepOfACellNeedsWhatItHas() {
    RecurrentKernels steps = CpuBackend.instance().recurrent();
    Strided state = Strided.allocate(Shape.of(3, 2), DType.FLOAT32);
    Strided four = Strided.allocate(Shape.of(3, 8), DType.FLOAT32);
    Strided three = Strided.allocate(Shape.of(3, 6), DType.FLOAT32);
    Strided kept = Strided.allocate(Shape.of(3, 10), DType.FLOAT32);
    for (Executable bad :
        List.<Executable>of(
            () -> steps.step(Cell.LSTM, four, four, state, null, null, state),
            () -> steps.step(Cell.RNN_RELU, state, state, state, null, state, state),
            () -> steps.stepBackward(Cell.GRU, null, kept, state, null, three, null))) {
      assertThrows(ConcurrentModificationException.class, bad);
    }
  }
}
