package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of joining tensors: each is copied into its part of the result. */
final class Joining {
  /** The length of a 1-d part without elements, which has no place along the dimension. */
  private static final long NOTHING = -1;

  private Joining() {}

  static Tensor cat(Iterable<Tensor> tensors, int dim) {
    List<Tensor> parts = new ArrayList<>();
    tensors.forEach(tensor -> parts.add(given("cat", "a tensor", tensor)));
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("cat: there are no tensors");
    }
    DType dtype = parts.getFirst().dtype();
    for (Tensor part : parts) {
      if (part.dim() == 0) {
        throw new IllegalArgumentException("cat: a 0-d tensor cannot be joined; use stack");
      }
      dtype = dtype.promote(part.dtype());
    }
    // As in PyTorch, 1-d tensors without elements join with anything.
    Shape first = Shape.of(0);
    for (Tensor part : parts) {
      if (!isNothing(part)) {
        first = part.shape();
        break;
      }
    }
    int axis = first.axis("cat", dim);
    long length = 0;
    for (int i = 0; i < parts.size(); i++) {
      Shape shape = parts.get(i).shape();
      if (isNothing(parts.get(i))) {
        continue;
      }
      if (shape.dim() != first.dim() || !shape.with(axis, 0).equals(first.with(axis, 0))) {
        throw new IllegalArgumentException(
            "cat: shapes " + first + " and " + shape + " differ elsewhere than in dim " + axis);
      }
      length += shape.size(axis);
      if (length < 0) {
        throw new IllegalArgumentException("cat: too many elements in dim " + axis);
      }
      parts.set(i, Copying.cast(parts.get(i), dtype));
    }
    long[] sizes = first.toArray();
    sizes[axis] = length;
    Strided out = parts.getFirst().data().like(Creation.shape("cat", sizes), dtype);
    List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    List<Long> lengths = new ArrayList<>();
    long at = 0;
    boolean record = false;
    for (Tensor part : parts) {
      long size = isNothing(part) ? NOTHING : part.size(axis);
      if (part.numel() > 0) {
        Backends.of(part.device()).copy(part.data(), out.with(out.layout().narrow(axis, at, size)));
        Reference.reachabilityFence(part);
      }
      at += Math.max(0, size);
      lengths.add(size);
      edges.add(part.edge());
      record |= part.requiresGrad();
    }
    Tensor y = new Tensor(out);
    if (record && GradMode.isEnabled()) {
      y.setHistory(
          new Joint<>(
              "CatBackward",
              edges,
              1,
              Joint.Author.LIBRARY,
              gradients -> pieces(gradients.getFirst(), axis, lengths, edges)));
    }
    return y;
  }

  private static boolean isNothing(Tensor part) {
    return part.dim() == 1 && part.numel() == 0;
  }

  private static List<@Nullable Tensor> pieces(
      @Nullable Tensor g, int axis, List<Long> lengths, List<@Nullable Edge<Tensor>> edges) {
    List<@Nullable Tensor> pieces = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < lengths.size(); i++) {
      long length = lengths.get(i);
      if (g == null || edges.get(i) == null) {
        pieces.add(null);
      } else {
        pieces.add(length == NOTHING ? g.newZeros(0) : g.narrow(axis, at, length));
      }
      at += Math.max(0, length);
    }
    return pieces;
  }

  static Tensor stack(Iterable<Tensor> tensors, int dim) {
    List<Tensor> parts = new ArrayList<>();
    Shape shape = null;
    int at = dim;
    for (Tensor tensor : tensors) {
      given("stack", "a tensor", tensor);
      if (shape == null) {
        shape = tensor.shape();
        at = dim < 0 ? dim + shape.dim() + 1 : dim;
        if (at < 0 || at > shape.dim()) {
          throw new IndexOutOfBoundsException(
              "stack: dim " + dim + " is out of range to insert one into shape " + shape);
        }
      } else if (!shape.equals(tensor.shape())) {
        throw new IllegalArgumentException(
            "stack: shapes " + shape + " and " + tensor.shape() + " differ");
      }
      parts.add(tensor.unsqueeze(at));
    }
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("stack: there are no tensors");
    }
    return Gradients.named("StackBackward", cat(parts, at), parts.getFirst());
  }
}
