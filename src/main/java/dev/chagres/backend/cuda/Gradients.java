package dev.chagres.backend.cuda;

import dev.chagres.backend.GradientKernels;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Passes over the gradients of a model: one launch for as many as its arguments hold. */
final class Gradients implements GradientKernels {
  private static final String FILE = "gradients.cu";

  /** As in the {@code struct Tensors} of {@code gradients.cu}. */
  private static final int MOST_TENSORS = 192;

  private static final long CHUNK = 4096;

  private final CudaDevice device;
  private final Reductions reductions;

  Gradients(CudaDevice device, Reductions reductions) {
    this.device = device;
    this.reductions = reductions;
  }

  @Override
  public void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found) {
    for (Group group : groups(tensors)) {
      Launch launch = device.launch(FILE, "scale_all<" + Types.of(group.dtype) + ">");
      launch.struct(group.table(launch)).pointer(factor).pointerOrNull(found);
      launch.run(Grid.of(group.blocks), Grid.of(CudaDevice.BLOCK), 0);
    }
  }

  @Override
  public void sumSquares(List<Strided> tensors, Strided y) {
    List<Group> groups = groups(tensors);
    long blocks = groups.stream().mapToLong(group -> group.blocks).sum();
    Strided sums = Strided.allocate(device.device(), Shape.of(blocks), DType.FLOAT64);
    try {
      long from = 0;
      for (Group group : groups) {
        Launch launch = device.launch(FILE, "squares<" + Types.of(group.dtype) + ">");
        launch.struct(group.table(launch)).pointer(sums, from);
        launch.run(Grid.of(group.blocks), Grid.of(CudaDevice.BLOCK), 0);
        from += group.blocks;
      }
      reductions.reduce(ReduceOp.SUM, sums, 0, y.with(Shape.of(1).contiguous()));
    } finally {
      sums.storage().free();
    }
  }

  /** The tensors of a launch, of one dtype. */
  private static final class Group {
    final DType dtype;
    final List<Strided> tensors = new ArrayList<>();
    int blocks;

    Group(DType dtype) {
      this.dtype = dtype;
    }

    boolean takes(long more) {
      return tensors.size() < MOST_TENSORS && blocks + more <= Integer.MAX_VALUE;
    }

    long[] table(Launch launch) {
      long[] table = new long[1 + 2 * MOST_TENSORS + MOST_TENSORS / 2];
      table[0] = tensors.size();
      long first = 0;
      for (int i = 0; i < tensors.size(); i++) {
        table[1 + i] = tensors.get(i).numel();
        table[1 + MOST_TENSORS + i] = launch.use(tensors.get(i));
        table[1 + 2 * MOST_TENSORS + i / 2] |= first << (i % 2 * Integer.SIZE);
        first += Math.ceilDiv(tensors.get(i).numel(), CHUNK);
      }
      return table;
    }
  }

  private static List<Group> groups(List<Strided> tensors) {
    Map<DType, Group> open = new LinkedHashMap<>();
    List<Group> all = new ArrayList<>();
    for (Strided tensor : tensors) {
      long more = Math.ceilDiv(tensor.numel(), CHUNK);
      if (more == 0) {
        continue;
      }
      Group group = open.get(tensor.dtype());
      if (group == null || !group.takes(more)) {
        group = new Group(tensor.dtype());
        open.put(tensor.dtype(), group);
        all.add(group);
      }
      group.tensors.add(tensor);
      group.blocks = Math.toIntExact(group.blocks + more);
    }
    return all;
  }
}
