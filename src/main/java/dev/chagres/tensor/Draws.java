package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Generators;
import dev.chagres.backend.RandomKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The stream of a {@link Generator}, and in which order what it draws gets to its place. */
abstract sealed class Draws permits RandomFills {
  /** PyTorch draws fewer than 16 normal numbers one by one. */
  private static final long FEW = 15;

  final Storage state;
  final Device device;

  Draws(Device device, long seed) {
    this.device = device;
    state = states().generator(seed);
    state.escape();
  }

  final RandomKernels kernels() {
    return Backends.of(device).random();
  }

  final Generators states() {
    return Backends.of(device).generators();
  }

  /** Checks that what is to be drawn is to be where this generator draws. */
  final void checkDevice(String name, Tensor target) {
    if (!target.device().equals(device)) {
      throw new IllegalArgumentException(
          name
              + ": a generator of "
              + device
              + " does not draw for a tensor on "
              + target.device()
              + "; use Generator.standard(device), or one made for it");
    }
  }

  /** Fills a new or contiguous tensor; one thread draws at a time. */
  final synchronized void draw(Tensor out, Consumer<Strided> kernel) {
    if (out.numel() > 0) {
      kernel.accept(out.data());
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(state);
    }
  }

  /**
   * Draws normal numbers for the whole of an array; or, as PyTorch does for one that is not
   * contiguous, element by element, which are other numbers from 16 elements on.
   */
  final Consumer<Strided> normal(boolean whole, double mean, double std) {
    if (whole || !device.isCpu()) {
      return y -> kernels().normal(state, mean, std, y);
    }
    return y -> {
      Strided flat = y.with(Shape.of(y.numel()).contiguous());
      for (long from = 0; from < y.numel(); from += FEW) {
        long count = Math.min(FEW, y.numel() - from);
        Strided few = flat.with(flat.layout().narrow(0, from, count));
        kernels().normal(state, mean, std, few);
      }
    };
  }

  final Consumer<Strided> of(Distribution distribution, double a, double b) {
    return y -> kernels().fill(state, distribution, a, b, y);
  }

  /**
   * Fills in place, in the order in which the target's elements lie in memory, as PyTorch does.
   * Where it is recorded, {@code node} names it.
   */
  final Tensor fill(String name, String node, Tensor target, Consumer<Strided> kernel) {
    checkDevice(name, target);
    boolean recorded = Writing.isRecorded(name, target);
    if (recorded) {
      Writing.checkLeaf(name, target);
    }
    Writing.check(name, target, target.shape(), target.dtype());
    if (!recorded && target.isContiguous()) {
      draw(target, kernel);
      RawMemory.bumpVersion(target.storage());
      return target;
    }
    Tensor values = like(target, target.dtype(), _ -> kernel);
    return recorded
        ? Writing.assign(name, target, recorded(node, values, target))
        : Writing.store(values, target);
  }

  /** What was drawn in the place of, or for, a tensor: the gradient of that is 0. */
  static Tensor recorded(String node, Tensor drawn, Tensor operand) {
    if (GradMode.isEnabled() && operand.requiresGrad()) {
      drawn.setHistory(Operation.of(node, zeros(operand)));
    }
    return drawn;
  }

  /** The same for two tensors. */
  static Tensor recorded(String node, Tensor drawn, Tensor first, Tensor second) {
    if (GradMode.isEnabled() && (first.requiresGrad() || second.requiresGrad())) {
      drawn.setHistory(Operation.of(node, zeros(first), zeros(second)));
    }
    return drawn;
  }

  private static Operation.@Nullable Input<Tensor> zeros(Tensor operand) {
    Device device = operand.device();
    Shape shape = operand.shape();
    DType dtype = operand.dtype();
    return Gradients.input(operand, _ -> Creation.full(device, shape, 0, dtype));
  }

  /**
   * Returns random numbers of the model's shape, whose elements lie side by side in the order of
   * the model's, and were drawn in that order.
   */
  final Tensor like(Tensor model, DType dtype, Function<Tensor, Consumer<Strided>> kernel) {
    int[] order = Layout.memoryOrder(model.layout());
    Tensor dense = Creation.empty(device, model.layout().permute(order).shape(), dtype);
    Tensor result = new Tensor(dense.data().with(dense.layout().permute(inverse(order))));
    draw(dense, kernel.apply(result));
    return result;
  }

  /** Returns a draw for each element of two tensors of one dtype and one shape, row by row. */
  final Tensor each(Trial trial, Tensor a, Tensor b) {
    checkDevice(ElementwiseOp.methodName(trial.name()), a);
    checkDevice(ElementwiseOp.methodName(trial.name()), b);
    Tensor first = a.detach().contiguous();
    Tensor second = a == b ? first : b.detach().contiguous();
    Tensor drawn = Creation.empty(device, a.shape(), a.dtype());
    draw(drawn, y -> kernels().each(state, trial, first.data(), second.data(), y));
    return drawn;
  }

  /**
   * The same for one tensor of parameters, in the order in which the elements of the model lie in
   * memory, or, where these say nothing of it, the parameters.
   */
  final Tensor eachLike(Tensor model, Trial trial, Tensor a) {
    int[] order = Layout.memoryOrder(model.layout(), a.layout());
    Tensor ordered = a.detach().permute(order);
    return each(trial, ordered, ordered).permute(inverse(order));
  }

  private static int[] inverse(int... order) {
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      back[order[i]] = i;
    }
    return back;
  }
}
