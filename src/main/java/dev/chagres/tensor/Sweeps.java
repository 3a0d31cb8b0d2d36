package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of what is one pass over many tensors, such as the gradients of a model. */
final class Sweeps {
  private Sweeps() {}

  /** Multiplies tensors by a number, in place, and notes in {@code found} what is not finite. */
  static void scale(List<Tensor> tensors, Tensor factor, @Nullable Tensor found) {
    check("scaleAll", tensors, factor);
    for (Tensor tensor : tensors) {
      Writing.check("scaleAll", tensor, tensor.shape(), tensor.dtype());
    }
    if (factor.dtype() != DType.FLOAT64 || factor.dim() != 0) {
      throw new IllegalArgumentException(
          "scaleAll: the factor is 0-d of float64, not " + Tensor.describe(factor));
    }
    if (found != null) {
      Writing.check("scaleAll", found, Shape.scalar(), DType.FLOAT32);
      Backends.together("scaleAll", factor, found);
    }
    try (var _ = GradMode.disable()) {
      List<Tensor> gapless = gapless(tensors);
      Backends.of(factor.device())
          .gradients()
          .scaleAll(lines(gapless), factor.data(), found == null ? null : found.data());
      Reference.reachabilityFence(factor);
      for (int i = 0; i < gapless.size(); i++) {
        if (gapless.get(i) == tensors.get(i)) {
          RawMemory.bumpVersion(tensors.get(i).storage());
        } else {
          Writing.store(gapless.get(i), tensors.get(i));
        }
      }
    }
    if (found != null) {
      RawMemory.bumpVersion(found.storage());
    }
  }

  /** The sum of the squares of all elements, 0-d of float64. */
  static Tensor sumSquares(List<Tensor> tensors) {
    if (given("sumSquares", "tensors", tensors).isEmpty()) {
      throw new IllegalArgumentException("sumSquares: there are no tensors");
    }
    Tensor first = tensors.getFirst();
    check("sumSquares", tensors, first);
    Strided out = first.data().like(Shape.scalar(), DType.FLOAT64);
    try (var _ = GradMode.disable()) {
      List<Tensor> gapless = gapless(tensors);
      Backends.of(first.device()).gradients().sumSquares(lines(gapless), out);
      Reference.reachabilityFence(gapless);
    }
    return new Tensor(out);
  }

  private static void check(String name, List<Tensor> tensors, Tensor beside) {
    for (Tensor tensor : given(name, "tensors", tensors)) {
      if (!given(name, "a tensor", tensor).dtype().isFloating()) {
        throw new IllegalArgumentException(name + ": not defined for " + tensor.dtype());
      }
      Backends.together(name, tensor, beside);
    }
  }

  /** Tensors whose elements lie without gaps, in any order: themselves, or copies. */
  private static List<Tensor> gapless(List<Tensor> tensors) {
    List<Tensor> gapless = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      gapless.add(
          tensor.numel() == 0 || tensor.layout().isGapless() ? tensor : Copying.copy(tensor));
    }
    return gapless;
  }

  /** Elements as they lie, those of each in one dimension. */
  private static List<Strided> lines(List<Tensor> tensors) {
    List<Strided> lines = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      if (tensor.numel() > 0) {
        Shape line = Shape.of(tensor.numel());
        long start = tensor.layout().start();
        lines.add(tensor.data().with(Layout.of(line, new long[] {1}, start)));
      }
    }
    return lines;
  }
}
