package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.primitive.RecurrentForm.Cell;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Steps of recurrent layers, beside the CPU's. */
@OnCuda
@Tag("kernels")
class CudaRecurrentTest {
  private final Random random = new Random(5);

  private Strided some(DType dtype, long rows, long width) {
    DoubleSupplier numbers = () -> random.nextInt(-64, 65) / 32.0;
    return Twins.of(dtype, Form.CONTIGUOUS, numbers, rows, width);
  }

  @ParameterizedTest
  @EnumSource
  void stepsAreTheCpus(Cell cell) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (long[] shape : new long[][] {{1, 1}, {3, 5}, {70, 33}, {2, 1000}}) {
        step(cell, dtype, shape[0], shape[1]);
        backward(cell, dtype, shape[0], shape[1]);
      }
    }
  }

  private void step(Cell cell, DType dtype, long rows, long n) {
    boolean lstm = cell == Cell.LSTM;
    for (boolean keeps : cell.gates() > 1 ? new boolean[] {true, false} : new boolean[] {false}) {
      Twins.check(
          cell + " step",
          16,
          1,
          (b, o) ->
              b.recurrent()
                  .step(cell, o[0], o[1], o[2], lstm ? o[3] : null, keeps ? o[4] : null, o[5]),
          some(dtype, rows, cell.gates() * n),
          some(dtype, rows, cell.gates() * n),
          some(dtype, rows, n),
          some(dtype, rows, n),
          Twins.empty(dtype, rows, cell.kept() * n),
          Twins.empty(dtype, rows, n));
    }
  }

  private void backward(Cell cell, DType dtype, long rows, long n) {
    boolean lstm = cell == Cell.LSTM;
    boolean gru = cell == Cell.GRU;
    for (boolean given : new boolean[] {true, false}) {
      Twins.check(
          cell + " stepBackward",
          64,
          8,
          (b, o) ->
              b.recurrent()
                  .stepBackward(
                      cell,
                      given ? o[0] : null,
                      o[1],
                      o[2],
                      lstm ? o[3] : null,
                      o[4],
                      gru ? o[5] : null),
          some(dtype, rows, n),
          some(dtype, rows, cell.kept() * n),
          some(dtype, rows, n),
          some(dtype, rows, n),
          Twins.empty(dtype, rows, cell.gates() * n),
          Twins.empty(dtype, rows, cell.gates() * n));
    }
  }
}
