package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.Backend.Triangle;
import dev.chagres.backend.Strided;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.Arrays;

/** Copies whose elements are those of a tensor at other places, or some of them. */
final class Rearranging {
  private Rearranging() {}

  private static Tensor recorded(String name, Strided out, Tensor x, Rule<Tensor> rule) {
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Operation.of(name, Gradients.input(x, rule)));
    }
    return y;
  }

  private static void copy(Tensor x, Layout from, Strided out, Layout to) {
    Backends.of(x.device()).copy(x.data().with(from), out.with(to));
    Reference.reachabilityFence(x);
  }

  // ---- triangles of matrices

  private static String name(Triangle kept) {
    return kept == Triangle.LOWER ? "tril" : "triu";
  }

  private static void checkMatrices(Triangle kept, Tensor x) {
    if (x.dim() < 2) {
      throw new IllegalArgumentException(
          name(kept) + ": at least two dimensions are needed, not shape " + x.shape());
    }
  }

  static Tensor triangle(Triangle kept, Tensor x, long diagonal) {
    checkMatrices(kept, x);
    Strided out = x.data().like(x.shape(), x.dtype());
    Strided dense = out;
    if (x.isContiguous()) {
      dense = x.data();
    } else {
      copy(x, x.layout(), out, out.layout());
    }
    Backends.of(x.device()).triangle(kept, diagonal, dense, out);
    Reference.reachabilityFence(x);
    String recorded = kept == Triangle.LOWER ? "TrilBackward" : "TriuBackward";
    return recorded(recorded, out, x, g -> triangle(kept, g, diagonal));
  }

  static Tensor triangleInPlace(Triangle kept, Tensor x, long diagonal) {
    checkMatrices(kept, x);
    String name = name(kept) + "_";
    if (!x.isContiguous() || Writing.isRecorded(name, x)) {
      return Copying.replaced(name, x, y -> triangle(kept, y, diagonal));
    }
    Writing.checkWritable(name, x);
    Strided data = x.data();
    Backends.of(x.device()).triangle(kept, diagonal, data, data);
    RawMemory.bumpVersion(data.storage());
    return x;
  }

  // ---- diagonals

  static Tensor diag(Tensor x, long shift) {
    return switch (x.dim()) {
      case 1 -> diagEmbed("diag", x, shift, 0, 1);
      case 2 -> Gradients.named("DiagonalBackward_copy", Copying.copy(x.diagonal(shift)), x);
      default ->
          throw new IllegalArgumentException(
              "diag: one or two dimensions are needed, not shape " + x.shape());
    };
  }

  static Tensor diagEmbed(String name, Tensor x, long shift, int dim0, int dim1) {
    if (x.dim() == 0) {
      throw new IndexOutOfBoundsException(name + ": a scalar has no dimension to make two of");
    }
    Shape frame = x.shape().slice(0, x.dim() - 1);
    int[] axes = Shape.of(new long[x.dim() + 1]).axes(name, dim0, dim1);
    long length = x.size(-1);
    if (Math.abs(shift) > Long.MAX_VALUE - length || shift == Long.MIN_VALUE) {
      throw new IllegalArgumentException(name + ": shift " + shift + " is too much");
    }
    long side = length + Math.abs(shift);
    Shape full =
        Creation.shape(
            name,
            () ->
                frame
                    .insert(Math.min(axes[0], axes[1]), side)
                    .insert(Math.max(axes[0], axes[1]), side));
    return ViewOps.scatter(
        "DiagEmbed", x, full, layout -> layout.diagonal(shift, axes[0], axes[1]));
  }

  // ---- turning

  static Tensor flip(String name, Tensor x, int... dims) {
    int[] axes = x.shape().axes(name, dims);
    Strided out = x.data().like(x.shape(), x.dtype());
    copy(x, x.layout().flip(axes), out, out.layout());
    return recorded("FlipBackward", out, x, g -> flip(name, g, axes));
  }

  /** The order of dimensions in which those at {@code source} come to {@code destination}. */
  static int[] moved(String name, Shape shape, int[] source, int[] destination) {
    if (source.length != destination.length) {
      throw new IllegalArgumentException(
          name
              + ": there are "
              + source.length
              + " dims to move, and "
              + destination.length
              + " to move them to");
    }
    int[] from = shape.axes(name, source);
    int[] to = shape.axes(name, destination);
    int rank = shape.dim();
    int[] order = new int[rank];
    Arrays.fill(order, -1);
    boolean[] taken = new boolean[rank];
    for (int i = 0; i < from.length && rank > 0; i++) {
      order[to[i]] = from[i];
      taken[from[i]] = true;
    }
    int next = 0;
    for (int i = 0; i < rank; i++) {
      if (order[i] < 0) {
        while (taken[next]) {
          next++;
        }
        order[i] = next++;
      }
    }
    return order;
  }
}
