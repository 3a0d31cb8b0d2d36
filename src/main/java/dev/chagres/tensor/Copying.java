package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
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
    return x.dtype() == dtype ? x : fresh("ToCopyBackward", x, dtype);
  }

  static Tensor copy(Tensor x) {
    return fresh("CloneBackward", x, x.dtype());
  }

  static Tensor contiguous(Tensor x) {
    return x.isContiguous() ? x : copy(x);
  }

  /**
   * Returns the tensor itself if it is on the device, else a copy there, as PyTorch lays it out.
   */
  static Tensor moved(Tensor x, Device device) {
    if (x.device().equals(device)) {
      return x;
    }
    Backends.usable("to", device);
    Tensor y = new Tensor(moved(x.data(), device));
    Reference.reachabilityFence(x);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Device from = x.device();
      y.setHistory(Operation.of("ToCopyBackward", Gradients.input(x, g -> moved(g, from))));
    }
    return y;
  }

  /**
   * A copy on another device: of elements that have no gaps as they lie, of others in row-major
   * order.
   */
  private static Strided moved(Strided x, Device device) {
    if (x.numel() == 0) {
      return Strided.allocate(device, x.shape(), x.dtype());
    }
    Layout layout = x.layout();
    boolean gapless = layout.end() - layout.start() == x.numel() && !layout.mayOverlap();
    Strided source = x;
    Shape line = Shape.of(x.numel());
    if (!gapless) {
      source = x.like(x.shape(), x.dtype());
      Backends.of(x.storage().device()).copy(x, source);
    }
    Strided from = source.with(Layout.of(line, new long[] {1}, source.layout().start()));
    Strided to = Strided.allocate(device, line, x.dtype());
    Device near = x.storage().device();
    Backends.of(device.isCpu() || near.isTraced() ? near : device).transfer(from, to);
    if (!gapless) {
      Reference.reachabilityFence(source);
      source.storage().free();
      return to.with(x.shape().contiguous());
    }
    return to.with(Layout.of(x.shape(), layout.strides(), layout.offset() - layout.start()));
  }

  private static Tensor fresh(String name, Tensor x, DType dtype) {
    Strided out = x.data().like(x.shape(), dtype);
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
      Tensor value = ViewOps.expand(cast(moved(source, target.device()), target.dtype()), shape);
      return Writing.assign(name, target, copied(target, value));
    }
    if (target.layout().mayOverlap()) {
      throw new IllegalArgumentException(
          name
              + ": elements of the tensor written to share memory, as after expand; clone() it"
              + " first");
    }
    Tensor near = moved(Backends.joined(source, target.device()), target.device());
    Tensor from = Writing.clashes(target, near) ? copy(near) : near;
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
