package dev.chagres.backend.cpu;

import dev.chagres.backend.GradientKernels;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes over the gradients of a model, each of which the threads share. */
final class Gradients implements GradientKernels {
  /** Elements whose squares are added up together, whatever the number of threads. */
  private static final long PART = 1 << 16;

  private final WorkerTeam team;

  Gradients(WorkerTeam team) {
    this.team = team;
  }

  @Override
  public void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found) {
    double by = factor.pointer().get(ValueLayout.JAVA_DOUBLE, 0);
    MemorySegment flag = found == null ? MemorySegment.NULL : found.pointer();
    for (Strided tensor : tensors) {
      DType dtype = tensor.dtype();
      MemorySegment x = tensor.pointer();
      team.run(
          tensor.numel(),
          Grain.MOVE,
          (from, to) -> Kernels.scale(dtype, to - from, x.asSlice(from * dtype.size()), by, flag));
    }
  }

  @Override
  public void sumSquares(List<Strided> tensors, Strided y) {
    double sum = 0;
    for (Strided tensor : tensors) {
      sum += squares(tensor);
    }
    y.pointer().set(ValueLayout.JAVA_DOUBLE, 0, sum);
  }

  private double squares(Strided tensor) {
    DType dtype = tensor.dtype();
    long n = tensor.numel();
    long parts = Math.ceilDiv(n, PART);
    MemorySegment x = tensor.pointer();
    try (Scratch scratch = Scratch.take(parts * Double.BYTES)) {
      MemorySegment sums = scratch.segment();
      team.run(
          parts,
          2,
          (from, to) -> {
            for (long part = from; part < to; part++) {
              Kernels.squares(
                  dtype,
                  Math.min(PART, n - part * PART),
                  x.asSlice(part * PART * dtype.size()),
                  sums.asSlice(part * Double.BYTES));
            }
          });
      double sum = 0;
      for (long part = 0; part < parts; part++) {
        sum += sums.getAtIndex(ValueLayout.JAVA_DOUBLE, part);
      }
      return sum;
    }
  }
}
