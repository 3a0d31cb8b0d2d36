package dev.chagres.backend;

import dev.chagres.primitive.RecurrentForm.Cell;
import org.jspecify.annotations.Nullable;

/**
 * Steps of recurrent layers. Arrays have one floating dtype and lie in row-major order without
 * gaps, a row for each sequence: states and results (rows, n), and the products that they are made
 * of (rows, gates * n).
 */
public interface RecurrentKernels {
  /**
   * Takes a step.
   *
   * @param x the products of its inputs
   * @param h those of the state before
   * @param state the state before, which becomes that after
   * @param cells the same of what an LSTM keeps beside it; null for others
   * @param kept becomes what the gradient needs (rows, {@link Cell#kept} * n); null where there is
   *     no gradient, and for cells without gates, which need their result
   * @param y becomes the state after, too
   */
  void step(
      Cell cell,
      Strided x,
      Strided h,
      Strided state,
      @Nullable Strided cells,
      @Nullable Strided kept,
      Strided y);

  /**
   * Computes the gradients of a step.
   *
   * @param g the gradient of its result, or null
   * @param kept what was kept; of cells without gates the result
   * @param gstate the gradient of the state after; of a GRU it becomes that of the state before,
   *     but for what goes through the products
   * @param gcells the gradient of an LSTM's cells after, which becomes that of those before; null
   *     for others
   * @param gx becomes the gradient of the products of inputs
   * @param gh becomes that of the products of the state, for a GRU; null for others, where it is
   *     the same
   */
  void stepBackward(
      Cell cell,
      @Nullable Strided g,
      Strided kept,
      Strided gstate,
      @Nullable Strided gcells,
      Strided gx,
      @Nullable Strided gh);
}
