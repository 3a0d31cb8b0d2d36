package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** The door of cross entropy with classes that are known by their number. */
final class CrossEntropies {
  private static final String NAME = "crossEntropy";

  private CrossEntropies() {}

  private static void check(Tensor x, Tensor target, @Nullable Tensor weight) {
    if (x.dim() != 2
        || x.numel() == 0
        || (x.dtype() != DType.FLOAT32 && x.dtype() != DType.FLOAT64)) {
      throw new IllegalArgumentException(
          NAME + ": scores are float32 or float64 and (n, classes), not " + Tensor.describe(x));
    }
    if (target.dtype() != DType.INT64 || !target.shape().equals(Shape.of(x.size(0)))) {
      throw new IllegalArgumentException(
          NAME + ": targets " + Tensor.describe(target) + " of scores " + x.shape());
    }
    if (weight != null
        && (weight.dtype() != x.dtype() || !weight.shape().equals(Shape.of(x.size(1))))) {
      throw new IllegalArgumentException(
          NAME + ": weights " + Tensor.describe(weight) + " of scores " + Tensor.describe(x));
    }
  }

  /** Of scores (n, classes) that are not empty; weights are constants. */
  static Tensor crossEntropy(
      Tensor x, Tensor target, @Nullable Tensor weight, CrossEntropyForm form) {
    check(x, target, weight);
    long rows = x.size(0);
    Tensor source = Copying.contiguous(x);
    Tensor classes = Copying.contiguous(target);
    Tensor w = weight == null ? null : Copying.contiguous(weight);
    Shape shape = form.total() == Total.EACH ? Shape.of(rows) : Shape.scalar();
    Strided out = x.data().like(shape, x.dtype());
    // Maxima, sums and shares of the rows, and the total of the shares.
    Tensor statistics = new Tensor(x.data().like(Shape.of(3 * rows + 1), x.dtype()));
    Backends.of(NAME, source, classes);
    Backends.of(NAME, source, w == null ? source : w)
        .softmaxes()
        .crossEntropy(
            form,
            source.data(),
            classes.data(),
            w == null ? null : w.data(),
            statistics.data(),
            out);
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(classes);
    Reference.reachabilityFence(w);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved keptX = new Saved(x);
      Saved keptClasses = new Saved(classes);
      y.setHistory(
          Operation.of(
              "NllLossBackward",
              Gradients.input(
                  x,
                  g ->
                      GradMode.isEnabled()
                          ? slopes(g, keptX.get(), keptClasses.get(), statistics, form)
                          : fusedSlopes(g, keptX.get(), keptClasses.get(), statistics, form))));
    }
    return y;
  }

  private static Tensor fusedSlopes(
      Tensor g, Tensor x, Tensor target, Tensor statistics, CrossEntropyForm form) {
    Tensor gradient = Copying.contiguous(g);
    Tensor source = Copying.contiguous(x);
    Strided out = x.data().like(x.shape(), x.dtype());
    Backends.of(NAME, source, gradient)
        .softmaxes()
        .crossEntropyBackward(
            form, gradient.data(), source.data(), target.data(), statistics.data(), out);
    Reference.reachabilityFence(gradient);
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(target);
    Reference.reachabilityFence(statistics);
    return new Tensor(out);
  }

  /** The gradient in recorded operations, for those who differentiate it again. */
  private static Tensor slopes(
      Tensor g, Tensor x, Tensor target, Tensor statistics, CrossEntropyForm form) {
    long rows = x.size(0);
    Tensor share = statistics.narrow(0, 2 * rows, rows);
    Tensor by = g.mul(share);
    if (form.total() == Total.MEAN) {
      by = by.div(statistics.narrow(0, 3 * rows, 1));
    }
    by = by.maskedFill(target.eq(form.ignoreIndex()), 0);
    Tensor places = target.clamp(0, x.size(1) - 1).unsqueeze(1);
    Tensor wanted = x.newZeros(x.shape()).scatter(1, places, 1);
    return x.softmax(1).sub(wanted).mul(by.unsqueeze(1));
  }
}
