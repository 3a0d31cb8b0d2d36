package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Transfer;
import dev.chagres.memory.Storage;
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

  private static boolean liesSo(Tensor x, Layout layout) {
    return layout.isContiguous() ? x.isContiguous() : x.layout().equals(layout);
  }

  /** The tensor itself if it lies so, else a copy that does. */
  static Tensor lying(Tensor x, Layout layout) {
    return liesSo(x, layout) ? x : lain(x, layout);
  }

  /** A copy that lies so. */
  static Tensor lain(Tensor x, Layout layout) {
    return fresh("CloneBackward", x, x.dtype(), layout);
  }

  /** A new, unrecorded tensor itself if it lies so, else a copy that does: it is freed then. */
  static Tensor arranged(Tensor x, Layout layout) {
    if (liesSo(x, layout)) {
      return x;
    }
    Tensor y = fresh("CloneBackward", x, x.dtype(), layout);
    x.storage().free();
    return y;
  }

  /** The tensor itself if it has the dtype and lies in row-major order, else a copy that does. */
  static Tensor contiguous(Tensor x, DType dtype) {
    return x.dtype() == dtype
        ? contiguous(x)
        : fresh("ToCopyBackward", x, dtype, x.shape().contiguous());
  }

  /**
   * Returns the tensor itself if it is on the device, else a copy there, as PyTorch lays it out.
   */
  static Tensor moved(Tensor x, Device device) {
    return moved(x, device, Transfer.BLOCKING);
  }

  /** The same; without blocking, what comes to the CPU comes into pinned memory. */
  static Tensor moved(Tensor x, Device device, Transfer transfer) {
    if (x.device().equals(device)) {
      return x;
    }
    Backends.usable("to", device);
    Tensor y = new Tensor(moved(x.data(), device, transfer));
    Reference.reachabilityFence(x);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Device from = x.device();
      y.setHistory(Operation.of("ToCopyBackward", Gradients.input(x, g -> moved(g, from))));
    }
    return y;
  }

  /** Returns the tensor itself if it is pinned, else a copy in pinned memory, laid out alike. */
  static Tensor pinned(Tensor x) {
    if (!x.device().isCpu()) {
      throw new IllegalArgumentException(
          "pinMemory: only tensors of the CPU can be pinned, not one on " + x.device());
    }
    if (x.isPinned()) {
      return x;
    }
    Backends.usable("pinMemory", Device.cuda(0));
    Strided out = pinned(x.numel(), x.dtype()).with(x.layout().dense());
    Backends.cpu().elements().copy(x.data(), out);
    Reference.reachabilityFence(x);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Operation.of("PinMemoryBackward", Gradients.input(x, g -> g)));
    }
    return y;
  }

  private static Strided pinned(long elements, DType dtype) {
    Storage storage = Storage.allocatePinned(elements * dtype.size());
    return new Strided(storage, dtype, Shape.of(elements).contiguous());
  }

  /** A copy on another device: of elements that have no gaps as they lie, of others in order. */
  private static Strided moved(Strided x, Device device, Transfer transfer) {
    if (x.numel() == 0) {
      return Strided.allocate(device, x.shape(), x.dtype());
    }
    Layout layout = x.layout();
    boolean gapless = layout.isGapless();
    Strided source = x;
    if (!gapless) {
      source = x.like(layout.dense(), x.dtype());
      Backends.of(x.storage().device()).elements().copy(x, source);
    }
    Layout lie = source.layout();
    Shape line = Shape.of(x.numel());
    Strided from = source.with(Layout.of(line, new long[] {1}, lie.start()));
    Strided to =
        transfer == Transfer.NON_BLOCKING && device.isCpu()
            ? pinned(x.numel(), x.dtype())
            : Strided.allocate(device, line, x.dtype());
    transfer(from, to, transfer);
    if (!gapless) {
      Reference.reachabilityFence(source);
      source.storage().free();
    }
    return to.with(Layout.of(x.shape(), lie.strides(), lie.offset() - lie.start()));
  }

  private static void transfer(Strided from, Strided to, Transfer transfer) {
    Device source = from.storage().device();
    Device target = to.storage().device();
    Backend backend = Backends.of(target.isCpu() || source.isTraced() ? source : target);
    if (transfer == Transfer.NON_BLOCKING) {
      backend.transfers().transferLater(from, to);
    } else {
      backend.transfers().transfer(from, to);
    }
  }

  private static Tensor fresh(String name, Tensor x, DType dtype, Layout layout) {
    Strided out = x.data().like(layout, dtype);
    Backends.of(x.device()).elements().copy(x.data(), out);
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
    Backends.of(name, target, from)
        .elements()
        .copy(data.with(data.layout().expand(shape)), target.data());
    Reference.reachabilityFence(from);
    RawMemory.bumpVersion(target.storage());
    return target;
  }

  /** The same, without waiting for a copy between devices where that can be. */
  static Tensor into(String name, Tensor target, Tensor source, Transfer transfer) {
    boolean direct =
        transfer == Transfer.NON_BLOCKING
            && !target.device().equals(source.device())
            && target.shape().equals(source.shape())
            && target.dtype() == source.dtype()
            && target.isContiguous()
            && source.isContiguous()
            && target.numel() > 0;
    if (!direct || Writing.isRecorded(name, target, source)) {
      return into(name, target, source);
    }
    Writing.checkWritable(name, target);
    transfer(source.data(), target.data(), transfer);
    Reference.reachabilityFence(source);
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
