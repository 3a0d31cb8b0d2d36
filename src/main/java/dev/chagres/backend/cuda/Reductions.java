package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ReductionKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Reductions, moments and softmax. The kept axes number the lines, the reduced ones the elements of
 * each. Few long lines are cut into parts, by their sizes alone, whose findings a second launch
 * joins.
 */
final class Reductions implements ReductionKernels {
  private static final String FILE = "reduce.cu";

  /** Blocks that are enough for a device; with fewer, long lines are cut. */
  private static final int ENOUGH = 2048;

  private static final int MOST_BLOCKS = 1 << 16;

  /** Elements that a thread takes of a part at least. */
  private static final long EACH = 16;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Reductions(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  /**
   * A reduction in C++.
   *
   * @param bytes of what is found in a part
   */
  private record Kind(String expression, int bytes) {
    static Kind of(ReduceOp op, DType dtype) {
      int bytes =
          switch (op) {
            case ARGMAX, ARGMIN -> 2 * Long.BYTES;
            default -> Long.BYTES;
          };
      return new Kind("reduce_op::" + op + "<" + Types.of(dtype) + ">", bytes);
    }

    static Kind moments(DType dtype) {
      return new Kind("reduce_op::MOMENTS<" + Types.of(dtype) + ">", 3 * Double.BYTES);
    }

    Kind ofParts() {
      return new Kind("reduce_op::PARTS<" + expression + ">", bytes);
    }
  }

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    boolean position = op == ReduceOp.ARGMAX || op == ReduceOp.ARGMIN;
    reduce(Kind.of(op, x.dtype()), x, position ? dim : -1, y, null);
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    reduce(Kind.moments(x.dtype()), x, -1, mean, squares);
  }

  /** Reduces the axis {@code dim}, or if that is -1 those that the result has with size 1. */
  private void reduce(Kind kind, Strided x, int dim, Strided y, @Nullable Strided second) {
    long lines = y.numel();
    if (lines == 0) {
      return;
    }
    if (x.numel() == 0) {
      Cut cut = Cut.alone(1);
      launch(kind, cut, false, Layouts.line(lines, 0), Layouts.line(0, 1))
          .integer(1)
          .pointer(x)
          .address(0)
          .pointer(y)
          .pointerOrNull(second)
          .run(Grid.of(cut.blocks(lines, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
      return;
    }
    Axes kept = axes(x.layout(), y.layout(), dim, false);
    Axes reduced = axes(x.layout(), y.layout(), dim, true);
    if (kept.rank() > Layouts.MOST_AXES || reduced.rank() > Layouts.MOST_AXES) {
      elementwise.copied(
          x.with(x.layout().permute(keptFirst(x.layout(), y.layout(), dim))),
          copy ->
              reduce(
                  kind,
                  copy.with(Shape.of(lines, x.numel() / lines).contiguous()),
                  1,
                  y.with(Shape.of(lines, 1).contiguous()),
                  second));
      return;
    }
    long n = reduced.numel();
    long inner = Math.abs(reduced.stride(0, reduced.rank() - 1));
    long across = Math.abs(kept.stride(0, kept.rank() - 1));
    int each = taken(x.dtype());
    boolean beside = lines > 1 && across != 0 && across < inner;
    Cut cut = beside ? Cut.beside(n, lines) : Cut.alone(n, each);
    int blocks = cut.blocks(lines, MOST_BLOCKS);
    long[] lineLayout = Layouts.of(kept, 1);
    long[] elementLayout = Layouts.of(reduced, 1);
    long start = kept.first(0) + reduced.first(0);
    boolean packed = isPacked(kept, reduced, CudaDevice.address(x) + start * x.dtype().size(), x);
    long parts = Math.clamp(n / (cut.along() * EACH), 1, Math.max(1, ENOUGH / blocks));
    if (parts == 1) {
      launch(kind, cut, packed, lineLayout, elementLayout)
          .integer(n)
          .pointer(x, start)
          .address(0)
          .pointer(y)
          .pointerOrNull(second)
          .run(Grid.of(blocks), Grid.of(CudaDevice.BLOCK), 0);
      return;
    }
    long part = Math.ceilDiv(Math.ceilDiv(n, parts), each) * each;
    long used = Math.ceilDiv(n, part);
    try (var workspace = device.workspace(used * lines * kind.bytes)) {
      launch(kind, cut, packed, lineLayout, elementLayout)
          .integer(part)
          .pointer(x, start)
          .pointer(workspace.storage())
          .address(0)
          .address(0)
          .run(Grid.of(blocks, (int) used), Grid.of(CudaDevice.BLOCK), 0);
      join(kind, used, lines, workspace.storage(), y, second);
    }
  }

  /** Joins what was found in parts: that of each line in part 0, then in part 1 ... */
  private void join(
      Kind kind, long parts, long lines, Storage found, Strided y, @Nullable Strided second) {
    Cut cut = lines >= CudaDevice.BLOCK ? Cut.beside(parts, lines) : Cut.alone(parts);
    launch(kind.ofParts(), cut, false, Layouts.line(lines, 1), Layouts.line(parts, lines))
        .integer(parts)
        .pointer(found)
        .address(0)
        .pointer(y)
        .pointerOrNull(second)
        .run(Grid.of(cut.blocks(lines, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }

  private Launch launch(Kind kind, Cut cut, boolean packed, long[] kept, long... reduced) {
    String index = Layouts.index(kept, reduced);
    Launch launch = device.launch(FILE, "reduce<" + kind.expression + ", " + index + ">");
    return cut.to(launch.struct(kept).struct(reduced)).integer(packed ? 1 : 0);
  }

  /** As {@code TAKEN} in {@code reduce.cu}. */
  private static int taken(DType dtype) {
    return dtype.size() < 4 ? 8 : 4;
  }

  /** Whether the elements of lines lie side by side, and each line begins where a pack may. */
  private static boolean isPacked(Axes kept, Axes reduced, long address, Strided x) {
    int each = taken(x.dtype());
    boolean packed = reduced.rank() == 1 && reduced.stride(0, 0) == 1;
    packed = packed && address % ((long) each * x.dtype().size()) == 0;
    for (int axis = 0; axis < kept.rank(); axis++) {
      packed = packed && kept.stride(0, axis) % each == 0;
    }
    return packed;
  }

  private static boolean isReduced(Layout x, Layout y, int dim, int axis) {
    return dim < 0 ? y.size(axis) == 1 && x.size(axis) != 1 : axis == dim;
  }

  /** The axes that are reduced, of x alone, or those that are kept, in the result's order. */
  private static Axes axes(Layout x, Layout y, int dim, boolean reduced) {
    int count = 0;
    for (int axis = 0; axis < x.dim(); axis++) {
      count += isReduced(x, y, dim, axis) == reduced ? 1 : 0;
    }
    long[] sizes = new long[count];
    long[] ofX = new long[count];
    long[] ofY = new long[count];
    int at = 0;
    for (int axis = 0; axis < x.dim(); axis++) {
      if (isReduced(x, y, dim, axis) == reduced) {
        sizes[at] = x.size(axis);
        ofX[at] = x.stride(axis);
        ofY[at++] = y.stride(axis);
      }
    }
    return reduced ? Axes.of(sizes, ofX) : Axes.of(sizes, ofX, ofY);
  }

  private static int[] keptFirst(Layout x, Layout y, int dim) {
    int[] order = new int[x.dim()];
    int at = 0;
    for (boolean reduced : new boolean[] {false, true}) {
      for (int axis = 0; axis < x.dim(); axis++) {
        if (isReduced(x, y, dim, axis) == reduced) {
          order[at++] = axis;
        }
      }
    }
    return order;
  }

  /** Returns the number of true elements of a contiguous array, when it is known. */
  long countTrue(Strided mask) {
    try (var result = device.workspace(Long.BYTES)) {
      Strided count = new Strided(result.storage(), DType.INT64, Shape.of(1).contiguous());
      Shape all = Shape.of(mask.numel());
      Strided line = mask.with(Layout.of(all, new long[] {1}, mask.layout().offset()));
      reduce(Kind.of(ReduceOp.SUM, DType.BOOL), line, 0, count, null);
      return Downloads.number(device, result.address());
    }
  }
}
