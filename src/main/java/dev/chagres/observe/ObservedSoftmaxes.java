package dev.chagres.observe;

import dev.chagres.backend.SoftmaxKernels;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.CrossEntropyForm;
import org.jspecify.annotations.Nullable;

/** Softmax and cross entropy, which an observer is shown. */
record ObservedSoftmaxes(SoftmaxKernels device, Observer observer) implements SoftmaxKernels {
  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    observer.kernel(
        () -> device.softmax(kind, x, dim, y), () -> Work.of(name(kind), x).touches(x, y));
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    observer.kernel(
        () -> device.softmaxBackward(kind, g, y, dim, gx),
        () -> Work.of(name(kind) + "Backward", g).touches(g, y, gx));
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    observer.kernel(
        () -> device.crossEntropy(form, x, target, weight, statistics, y),
        () -> Work.of("crossEntropy", x).touches(x, target, weight, statistics, y));
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    observer.kernel(
        () -> device.crossEntropyBackward(form, g, x, target, statistics, gx),
        () -> Work.of("crossEntropyBackward", x).touches(g, x, target, statistics, gx));
  }

  private static String name(Softmax kind) {
    return kind == Softmax.PROBABILITY ? "softmax" : "logSoftmax";
  }
}
