package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
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
    state = backend().generator(seed);
    state.escape();
  }

  final Backend backend() {
    return Backends.of(device);
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
      return y -> backend().normal(state, mean, std, y);
    }
    return y -> {
      Strided flat = y.with(Shape.of(y.numel()).contiguous());
      for (long from = 0; from < y.numel(); from += FEW) {
        long count = Math.min(FEW, y.numel() - from);
        Strided few = flat.with(flat.layout().narrow(0, from, count));
        backend().normal(state, mean, std, few);
      }
    };
  }

  final Consumer<Strided> of(Distribution distribution, double a, double b) {
    return y -> backend().fill(state, distribution, a, b, y);
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
    int[] order = memoryOrder(model);
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
    draw(drawn, y -> backend().each(state, trial, first.data(), second.data(), y));
    return drawn;
  }

  /**
   * The same for one tensor of parameters, in the order in which the elements of the model lie in
   * memory, or, where these say nothing of it, the parameters.
   */
  final Tensor eachLike(Tensor model, Trial trial, Tensor a) {
    int[] order = memoryOrder(model, a);
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

  /**
   * The dimensions from the greatest stride to the least. Strides of 0 say nothing about an order:
   * PyTorch sorts by exchanging neighbours, and so does this.
   */
  private static int[] memoryOrder(Tensor... models) {
    int rank = models[0].dim();
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = i;
    }
    for (int i = rank - 2; i >= 0; i--) {
      int moving = i;
      for (int other = i + 1; other < rank; other++) {
        int comparison = compare(order[moving], order[other], models);
        if (comparison < 0) {
          int held = order[moving];
          order[moving] = order[other];
          order[other] = held;
          moving = other;
        } else if (comparison > 0) {
          break;
        }
      }
    }
    return order;
  }

  /**
   * Whether a dimension is outside another that is behind it (1), inside (-1), or neither (0): what
   * the first model says that says anything.
   */
  private static int compare(int ahead, int behind, Tensor... models) {
    for (Tensor model : models) {
      long outer = model.layout().stride(ahead);
      long inner = model.layout().stride(behind);
      if (outer != 0 && inner != 0) {
        if (outer != inner) {
          return Long.compare(outer, inner);
        } else if (model.size(behind) > model.size(ahead)) {
          return -1;
        }
      }
    }
    return 0;
  }
}
