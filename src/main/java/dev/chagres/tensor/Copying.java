package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.function.UnaryOperator;

/** The door of copies: clones, casts, contiguous copies, and copies into existing tensors. */
final class Copying {
  private Copying() {}

  /** Returns the tensor itself if it has the dtype, else a cast copy. */
  static Tensor cast(Tensor x, DType dtype) {
    return x.dtype() == dtype ? x : fresh("ToCopyBackward", x, dtype, x.layout().dense());
  }

  /** A copy in the order in which the elements lie. */
  static Tensor clone(Tensor x) {
    return fresh("CloneBackward", x, x.dtype(), x.layout().dense());
  }

  /** A copy in row-major order. */
  static Tensor copy(Tensor x) {
    return fresh("CloneBackward", x, x.dtype(), x.shape().contiguous());
  }

  static Tensor contiguous(Tensor x) {
    return x.isContiguous() ? x : copy(x);
  }

  /** The tensor itself if it has the dtype and lies in row-major order, else a copy that does. */
  static Tensor contiguous(Tensor x, DType dtype) {
    return x.dtype() == dtype
        ? contiguous(x)
        : fresh("ToCopyBackward", x, dtype, x.shape().contiguous());
  }

  private static Tensor fresh(String name, Tensor x, DType dtype, Layout layout) {
    Strided out = x.data().like(layout, dtype);
    Backends.of(x.device()).copy(x.data(), out);
    Reference.reachabilityFence(x);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && dtype.isFloating() && GradMode.isEnabled()) {
      DType from = x.dtype();
      y.setHistory(Operation.of(name, Gradients.input(x, g -> cast(g, from))));
    }
    return y;
  }

  /** Overwrites {@code target} with {@code source}, broadcast and cast. */
  static Tensor into(String name, Tensor target, Tensor source) {
    Shape shape = Shape.broadcast(target.shape(), source.shape());
    if (shape == null || !shape.equals(target.shape())) {
      throw new IllegalArgumentException(
          name + ": shape " + source.shape() + " does not broadcast to " + target.shape());
    }
    Writing.checkWritable(name, target);
    if (Writing.isRecorded(name, target, source)) {
      Tensor value = ViewOps.expand(cast(source, target.dtype()), shape);
      return Writing.assign(name, target, copied(target, value));
    }
    if (target.layout().mayOverlap()) {
      throw new IllegalArgumentException(
          name
              + ": elements of the tensor written to share memory, as after expand; clone() it"
              + " first");
    }
    Tensor from = Writing.clashes(target, source) ? copy(source) : source;
    Strided data = from.data();
    Backends.of(name, target, from).copy(data.with(data.layout().expand(shape)), target.data());
    Reference.reachabilityFence(from);
    RawMemory.bumpVersion(target.storage());
    return target;
  }

  /** For the tape a copy of the value: the elements themselves wait until they are written. */
  private static Tensor copied(Tensor target, Tensor value) {
    Tensor y = new Tensor(Writing.clashes(target, value) ? copy(value).data() : value.data());
    if (value.requiresGrad()) {
      y.setHistory(Operation.of("CopyBackwards", Gradients.input(value, g -> g)));
    }
    return y;
  }

  /**
   * Overwrites a tensor with what an operation makes of it: for those without a kernel that works
   * in place.
   */
  static Tensor replaced(String name, Tensor target, UnaryOperator<Tensor> operation) {
    if (Writing.isRecorded(name, target)) {
      return Writing.assign(name, target, operation.apply(copy(target)));
    }
    Tensor value = operation.apply(target);
    if (value.requiresGrad()) {
      return Writing.assign(name, target, value);
    }
    Writing.check(name, target, value.shape(), value.dtype());
    return Writing.store(value, target);
  }
}
