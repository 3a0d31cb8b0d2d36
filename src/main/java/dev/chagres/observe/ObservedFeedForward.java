package dev.chagres.observe;

import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.Activation;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Products with activations, every one of which an observer is shown. */
record ObservedFeedForward(FeedForwardKernels backend, Observer observer)
    implements FeedForwardKernels {
  @Override
  public void linear(Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    observer.kernel(
        () -> backend.linear(activation, a, b, bias, y), () -> work(activation, a, b, bias, y));
  }

  @Override
  public Activated linearKept(
      Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    @Nullable Activated[] made = new Activated[1];
    observer.kernel(
        () -> made[0] = backend.linearKept(activation, a, b, bias, y),
        () -> work(activation, a, b, bias, y).rereads(y));
    return Objects.requireNonNull(made[0], "an observer runs the kernel");
  }

  private static Work work(Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    return Work.of(ElementwiseOp.methodName("LINEAR_" + activation), a)
        .touches(a, b, bias, y)
        .multiplies(y.numel() * a.shape().size(-1));
  }

  @Override
  public void activationBackward(
      Activated result, Strided g, Strided b, Strided gx, Strided gbias) {
    observer.kernel(
        () -> backend.activationBackward(result, g, b, gx, gbias),
        () ->
            Work.of(ElementwiseOp.methodName("LINEAR_" + result.activation() + "_BACKWARD"), g)
                .touches(result.kept(), g, b, gx, gbias)
                .multiplies(gx.numel() * g.shape().size(-1)));
  }

  @Override
  public void weightBackward(Strided g, Strided x, Strided gweight, Strided gbias) {
    observer.kernel(
        () -> backend.weightBackward(g, x, gweight, gbias),
        () ->
            Work.of("weightBackward", g)
                .touches(g, x, gweight, gbias)
                .multiplies(gweight.numel() * g.shape().size(0)));
  }
}
