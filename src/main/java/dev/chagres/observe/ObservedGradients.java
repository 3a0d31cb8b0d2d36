package dev.chagres.observe;

import dev.chagres.backend.GradientKernels;
import dev.chagres.backend.Strided;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes over the gradients of a model, every one of which an observer is shown. */
record ObservedGradients(GradientKernels device, Observer observer) implements GradientKernels {
  @Override
  public void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found) {
    observer.kernel(
        () -> device.scaleAll(tensors, factor, found),
        () ->
            Work.of("scaleAll", factor)
                .updates(tensors.toArray(Strided[]::new))
                .touches(factor, found));
  }

  @Override
  public void sumSquares(List<Strided> tensors, Strided y) {
    observer.kernel(
        () -> device.sumSquares(tensors, y),
        () -> Work.of("sumSquares", y).touches(tensors.toArray(Strided[]::new)).touches(y));
  }
}
