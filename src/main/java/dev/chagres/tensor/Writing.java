package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The rules of writing into tensors that exist: in place, or into {@code out}. */
final class Writing {
  private Writing() {}

  /**
   * Whether an operation in place on {@code target} becomes part of the graph.
   *
   * @throws IllegalStateException if it should but cannot: the target is a view that does not know
   *     the graph of what it is a view of
   */
  static boolean isRecorded(String name, Tensor target, Tensor... operands) {
    if (!GradMode.isEnabled()) {
      return false;
    }
    if (target.requiresGrad()) {
      return true;
    }
    ViewHistory view = target.view();
    if (view != null && view.base().requiresGrad()) {
      throw new IllegalStateException(
          name
              + ": a view that was made inside noGrad, or before the tensor that it is a view of"
              + " required gradients, is being changed in place outside; make the view anew, or"
              + " change it inside noGrad");
    }
    for (Tensor operand : operands) {
      if (operand.requiresGrad()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Makes {@code result}, computed and recorded apart, the new value of {@code target}: its
   * elements are overwritten, and its history, that of the tensor that it is a view of, and so that
   * of all views of that one, continue from there.
   */
  static Tensor assign(String name, Tensor target, Tensor result) {
    checkLeaf(name, target);
    check(name, target, result.shape(), result.dtype());
    Tensor value = Copying.cast(result, target.dtype());
    store(value, target);
    ViewHistory view = target.view();
    if (view == null) {
      target.rewrite(value.requiresGrad() ? value.edge() : cut(target));
    } else {
      view.assign(value);
    }
    return target;
  }

  /** The history of a tensor all of whose elements were replaced: gradients end there, as zeros. */
  private static @Nullable Edge<Tensor> cut(Tensor target) {
    return target.requiresGrad()
        ? new Edge<>(Operation.of("FillBackward", Gradients.input(target, g -> g.zerosLike())), 0)
        : null;
  }

  /** Refuses to change a leaf whose gradient is wanted, or a view of one, while recording. */
  static void checkLeaf(String name, Tensor target) {
    if (!GradMode.isEnabled()) {
      return;
    }
    ViewHistory view = target.view();
    if (view != null) {
      view.checkBase();
    }
    if (target.isLeaf() && target.requiresGrad()) {
      throw new IllegalStateException(
          name + ": a leaf that requires gradients is being changed in place; do it inside noGrad");
    }
    if (view != null && view.isOfLeaf()) {
      throw new IllegalStateException(
          name
              + ": a view of a leaf that requires gradients is being changed in place; do it inside"
              + " noGrad");
    }
  }

  /** Copies values that were computed apart, of the target's shape. */
  static Tensor store(Tensor value, Tensor target) {
    checkWritable("copy_", target);
    if (!value.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          "copy_: values of shape " + value.shape() + " for a tensor of shape " + target.shape());
    }
    Backends.of("copy_", value, target).elements().copy(value.data(), target.data());
    Reference.reachabilityFence(value);
    RawMemory.bumpVersion(target.storage());
    return target;
  }

  /**
   * Checks that a result fits where it is to be written.
   *
   * @throws IllegalArgumentException if the shape differs, the dtype cannot be stored, or elements
   *     of the target share memory
   */
  static void check(String name, Tensor out, Shape shape, DType dtype) {
    checkWritable(name, out);
    if (!out.shape().equals(shape)) {
      throw new IllegalArgumentException(
          name + ": the result has shape " + shape + ", what it is written to " + out.shape());
    }
    if (!Promotion.storable(dtype, out.dtype())) {
      throw new IllegalArgumentException(
          name + ": the result is " + dtype + " and cannot be stored in " + out.dtype());
    }
    if (out.layout().mayOverlap()) {
      throw new IllegalArgumentException(
          name
              + ": elements of the tensor written to share memory, as after expand; clone() it"
              + " first");
    }
  }

  /**
   * Checks that the memory may be written at all: native code that wrote to a read-only mapping
   * would end the process.
   */
  static void checkWritable(String name, Tensor out) {
    if (out.storage().isReadOnly()) {
      throw new IllegalStateException(
          name + ": the tensor is over read-only memory; clone() it first");
    }
  }

  /**
   * Checks that there is memory still, for what writes in several steps.
   *
   * @throws IllegalStateException if it was freed
   */
  static void checkLive(Tensor x) {
    RawMemory.of(x.storage());
  }

  /** Checks that an operand of an operation with {@code out} is not to be recorded. */
  static Tensor unrecorded(String name, String parameter, Tensor operand) {
    if (given(name, parameter, operand).requiresGrad() && GradMode.isEnabled()) {
      throw new IllegalStateException(
          name
              + ": an operation that writes into out cannot be recorded; call it inside noGrad, or"
              + " use the form without out");
    }
    return operand;
  }

  /**
   * Computes apart and copies: for operations with {@code out} that no kernel writes in place. The
   * operands are those whose parameters have these names, separated by spaces.
   */
  static Tensor stored(
      String name, String parameters, Tensor out, Supplier<Tensor> result, Tensor... operands) {
    for (int i = 0; i < operands.length; i++) {
      if (operands[i] == null) {
        given(name, parameters.split(" ", -1)[i], operands[i]);
      }
      unrecorded(name, parameters, operands[i]);
    }
    return stored(name, out, result);
  }

  /** The same for an operation whose operands, if it has any, were checked. */
  static Tensor stored(String name, Tensor out, Supplier<Tensor> result) {
    unrecorded(name, "out", out);
    try (var _ = GradMode.disable()) {
      Tensor value = result.get();
      check(name, out, value.shape(), value.dtype());
      return store(value, out);
    }
  }

  /** The same for an operation that makes several tensors, of which none is another. */
  static void stored(
      String name, List<Tensor> outs, Supplier<List<Tensor>> result, Tensor... operands) {
    for (Tensor operand : operands) {
      unrecorded(name, "x", operand);
    }
    for (Tensor out : outs) {
      unrecorded(name, "out", out);
    }
    try (var _ = GradMode.disable()) {
      List<Tensor> values = result.get();
      for (int i = 0; i < outs.size(); i++) {
        check(name, outs.get(i), values.get(i).shape(), values.get(i).dtype());
        checkLive(outs.get(i));
        for (int j = 0; j < i; j++) {
          if (overlap(outs.get(i), outs.get(j))) {
            throw new IllegalArgumentException(
                name + ": the tensors written to share memory; each needs its own");
          }
        }
      }
      for (int i = 0; i < outs.size(); i++) {
        store(values.get(i), outs.get(i));
      }
    }
  }

  /** Whether two tensors that have no gaps have bytes in common. */
  private static boolean overlap(Tensor a, Tensor b) {
    return a.storage().sharesMemory(b.storage())
        && isDense(a)
        && isDense(b)
        && address(a, a.layout().start()) < address(b, b.layout().end())
        && address(b, b.layout().start()) < address(a, a.layout().end());
  }

  private static boolean isDense(Tensor x) {
    return x.numel() > 0 && x.layout().end() - x.layout().start() == x.numel();
  }

  private static long address(Tensor x, long position) {
    return RawMemory.of(x.storage()).address() + position * x.dtype().size();
  }

  /**
   * Whether writing {@code out} element by element could destroy elements of the operand before
   * they are read.
   */
  static boolean clashes(Tensor out, Tensor operand) {
    Storage to = out.storage();
    Storage from = operand.storage();
    if (to == from) {
      return operand.numel() > 0 && !out.layout().equals(operand.layout());
    }
    return to.sharesMemory(from) && operand.numel() > 0 && !isSame(out, operand);
  }

  /** Whether two tensors over one memory, each wrapped by itself, have the same elements. */
  private static boolean isSame(Tensor a, Tensor b) {
    return a.dtype() == b.dtype()
        && a.layout().equals(b.layout())
        && RawMemory.of(a.storage()).address() == RawMemory.of(b.storage()).address();
  }
}
