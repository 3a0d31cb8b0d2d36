package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.ViewOps.Lens;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;

/** Copies whose elements are those of a tensor at other places, or some of them. */
final class Rearranging {
  /** More places than these have more bytes than a long counts. */
  private static final double MOST = 0x1p59;

  private static final int MOST_ROLLED = 3;

  private Rearranging() {}

  /** The view of the elements whose indices are all the same. */
  static Tensor mainDiagonal(String name, Tensor x) {
    if (x.dim() < 2) {
      throw new IllegalArgumentException(
          name + ": needs two dimensions at least, not shape " + x.shape());
    }
    for (int i = 1; x.dim() > 2 && i < x.dim(); i++) {
      if (x.size(i) != x.size(0)) {
        throw new IllegalArgumentException(
            name + ": more than two dimensions must have one size, not shape " + x.shape());
      }
    }
    Tensor line = x.diagonal();
    while (line.dim() > 1) {
      line = line.diagonal();
    }
    return line;
  }

  private static Tensor recorded(String name, Strided out, Tensor x, Rule<Tensor> rule) {
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Operation.of(name, Gradients.input(x, rule)));
    }
    return y;
  }

  private static void copy(Tensor x, Layout from, Strided out, Layout to) {
    Backends.of(x.device()).elements().copy(x.data().with(from), out.with(to));
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
    Backends.of(x.device()).elements().triangle(kept, diagonal, dense, out);
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
    Backends.of(x.device()).elements().triangle(kept, diagonal, data, data);
    RawMemory.bumpVersion(data.storage());
    return x;
  }

  static Tensor triangleIndices(
      Triangle kept, Device device, DType dtype, long rows, long columns, long diagonal) {
    String name = name(kept) + "Indices";
    if (given(name, "dtype", dtype) != DType.INT64 && dtype != DType.INT32) {
      throw new IllegalArgumentException(name + ": indices are int64 or int32, not " + dtype);
    }
    Tensor ones = Creation.full(device, Creation.shape(name, rows, columns), 1, DType.BOOL);
    Tensor places = triangle(kept, ones, diagonal).nonzero();
    return Copying.copy(Copying.cast(places, dtype).t());
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
    Strided out = x.data().like(x.layout().dense(), x.dtype());
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

  static Tensor roll(Tensor x, long[] shifts, int[] dims) {
    if (shifts.length == 0 || shifts.length != dims.length) {
      throw new IllegalArgumentException(
          "roll: shifts "
              + Arrays.toString(shifts)
              + " for dims "
              + Arrays.toString(dims)
              + ", where each dim needs a shift");
    }
    long[] by = new long[x.dim()];
    for (int i = 0; i < dims.length; i++) {
      long size = Math.max(1, x.shape().size("roll", dims[i]));
      int axis = x.shape().axis("roll", dims[i]);
      by[axis] = (by[axis] + Math.floorMod(shifts[i], size)) % size;
    }
    return rolled(x, by);
  }

  /**
   * With a shift for each dimension, from 0 to less than its size. Each doubles the number of parts
   * to copy, so that those of many dimensions are done one after the other.
   */
  private static Tensor rolled(Tensor x, long[] by) {
    long[] some = by.clone();
    long[] others = new long[by.length];
    int count = 0;
    for (int i = 0; i < by.length; i++) {
      if (by[i] != 0 && ++count > MOST_ROLLED) {
        others[i] = by[i];
        some[i] = 0;
      }
    }
    if (count > MOST_ROLLED) {
      return rolled(rolled(x, some), others);
    }
    Strided out = x.data().like(x.shape(), x.dtype());
    roll(x, x.layout(), out, out.layout(), by);
    return recorded("RollBackward", out, x, g -> rolled(g, back(by, g.shape())));
  }

  private static long[] back(long[] by, Shape shape) {
    long[] back = new long[by.length];
    Arrays.setAll(back, i -> by[i] == 0 ? 0 : shape.size(i) - by[i]);
    return back;
  }

  /** Halves the parts along the last dimension with a shift, or copies those without. */
  private static void roll(Tensor x, Layout from, Strided out, Layout to, long[] by) {
    int axis = by.length - 1;
    while (axis >= 0 && by[axis] == 0) {
      axis--;
    }
    if (axis < 0) {
      copy(x, from, out, to);
      return;
    }
    long shift = by[axis];
    long rest = from.size(axis) - shift;
    long[] others = by.clone();
    others[axis] = 0;
    roll(x, from.narrow(axis, 0, rest), out, to.narrow(axis, shift, rest), others);
    roll(x, from.narrow(axis, rest, shift), out, to.narrow(axis, 0, shift), others);
  }

  static Tensor rot90(Tensor x, long times, int[] dims) {
    if (dims.length != 2) {
      throw new IllegalArgumentException(
          "rot90: the plane has two dims, not " + Arrays.toString(dims));
    }
    if (x.dim() < 2) {
      throw new IllegalArgumentException(
          "rot90: at least two dimensions are needed, not shape " + x.shape());
    }
    int[] axes = x.shape().axes("rot90", dims);
    Layout whole = x.layout();
    Layout kept = whole.dense();
    Layout from = whole;
    Layout to = x.shape().contiguous();
    int turns = (int) Math.floorMod(times, 4L);
    if (turns == 2) {
      from = whole.flip(axes);
      to = kept;
    } else if (turns != 0) {
      from = whole.flip(axes[turns == 1 ? 1 : 0]).transpose(axes[0], axes[1]);
      to = kept.transpose(axes[0], axes[1]);
    }
    Strided out = x.data().like(to, x.dtype());
    copy(x, from, out, to);
    return recorded("Rot90Backward", out, x, g -> rot90(g, -Math.floorMod(times, 4L), axes));
  }

  // ---- repeating

  private static void checkRepeats(long repeats) {
    if (repeats < 0) {
      throw new IllegalArgumentException(
          "repeatInterleave: a count may not be negative: " + repeats);
    }
  }

  static Tensor repeated(Tensor x, long repeats, int dim) {
    checkRepeats(repeats);
    if (x.dim() == 0) {
      x.shape().axis("repeatInterleave", dim);
      return repeated(x.atleast1d(), repeats, 0);
    }
    Shape shape = x.shape();
    int axis = shape.axis("repeatInterleave", dim);
    Shape twice = Creation.shape("repeatInterleave", () -> shape.insert(axis + 1, repeats));
    long size = shape.size(axis);
    Tensor y =
        ViewOps.reshape(
            ViewOps.expand(x.unsqueeze(axis + 1), twice), shape.with(axis, size * repeats));
    return apart(y, x);
  }

  /** Returns a copy of what is still a view of x: repetitions may have one layout with it. */
  static Tensor apart(Tensor y, Tensor x) {
    return y.storage() == x.storage() ? Copying.copy(y) : y;
  }

  /** Each slice as often as its count says; one count is for all. */
  static Tensor repeated(Tensor x, Tensor repeats, int dim) {
    Tensor line = x.dim() == 0 ? x.atleast1d() : x;
    int axis = line.shape().axis("repeatInterleave", dim);
    long size = line.size(axis);
    boolean one = repeats.dim() == 0 || repeats.dim() == 1 && repeats.numel() == 1;
    if (!one && (repeats.dim() != 1 || repeats.numel() != size)) {
      throw new IllegalArgumentException(
          "repeatInterleave: the "
              + size
              + " positions of dim "
              + axis
              + " need one count each, not "
              + Tensor.describe(repeats));
    }
    Tensor counts = one ? ViewOps.expand(repeats.reshape(1), Shape.of(size)) : repeats;
    return IndexOps.indexSelect(line, axis, places(counts));
  }

  /** 0 as often as the first count says, 1 as often as the second, and so on. */
  static Tensor places(Tensor repeats) {
    DType dtype = repeats.dtype();
    if (repeats.dim() != 1 || dtype != DType.INT64 && dtype != DType.INT32) {
      throw new IllegalArgumentException(
          "repeatInterleave: the counts are a vector of int64 or int32, not "
              + Tensor.describe(repeats));
    }
    Tensor counts = Copying.contiguous(repeats, DType.INT64);
    if (counts.numel() > 0) {
      checkRepeats(counts.amin().itemLong());
    }
    // In float64 too many are too many, where an int64 would begin again.
    double total = counts.toDouble().sum().item();
    if (total > MOST) {
      throw new IllegalArgumentException("repeatInterleave: " + total + " are too many");
    }
    Shape shape = Shape.of(counts.sum().itemLong());
    Strided out = counts.data().like(shape, DType.INT64);
    Backends.of(counts.device()).counting().repeats(counts.data(), out);
    Reference.reachabilityFence(counts);
    return Copying.cast(new Tensor(out), dtype);
  }

  static Tensor vander(Tensor x, long n) {
    if (x.dim() != 1) {
      throw new IllegalArgumentException("vander: a vector is needed, not shape " + x.shape());
    }
    if (n < 0) {
      throw new IllegalArgumentException("vander: there are no " + n + " powers");
    }
    Tensor base = x.dtype().isFloating() ? x : Copying.cast(x, DType.INT64);
    long count = base.numel();
    Shape ones = Creation.shape("vander", count, Math.min(n, 1));
    if (n == 0) {
      return base.newZeros(ones);
    }
    Shape rising = Creation.shape("vander", count, n - 1);
    Tensor powers = ViewOps.expand(base.unsqueeze(1), rising).cumprod(1);
    return flip("vander", Tensor.cat(List.of(base.newOnes(ones), powers), 1), 1);
  }

  // ---- parts replaced

  private static String recordedName(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1) + "Backward";
  }

  static Tensor scattered(String name, Tensor x, Tensor source, Lens place) {
    return scattered(name, x, layout -> layout.dense(), source, place);
  }

  /** The same, with the order in which the copy lies. */
  private static Tensor scattered(String name, Tensor x, Lens order, Tensor source, Lens place) {
    Tensor value = Copying.cast(given(name, "source", source), x.dtype());
    Strided out = x.data().like(order.apply(x.layout()), x.dtype());
    Layout part = named(name, () -> place.apply(out.layout()));
    if (!part.shape().equals(value.shape())) {
      throw new IllegalArgumentException(
          name + ": a source of shape " + value.shape() + " for a part of shape " + part.shape());
    }
    if (part.mayOverlap()) {
      throw new IllegalArgumentException(name + ": elements of the source share a place");
    }
    Backends.of(name, x, value);
    copy(x, x.layout(), out, out.layout());
    copy(value, value.layout(), out, part);
    Tensor y = new Tensor(out);
    if ((x.requiresGrad() || value.requiresGrad()) && GradMode.isEnabled()) {
      Shape taken = part.shape();
      y.setHistory(
          Operation.of(
              recordedName(name),
              Gradients.input(x, g -> scattered(name, g, order, g.newZeros(taken), place)),
              Gradients.input(value, g -> ViewOps.take(name, Copying.contiguous(g), place))));
    }
    return y;
  }

  static Tensor strided(Tensor x, Tensor source, long[] sizes, long[] strides, long offset) {
    Layout part;
    try {
      part = Layout.of(Shape.of(sizes), strides, offset);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("asStridedScatter: " + e.getMessage(), e);
    }
    if (part.end() > x.numel()) {
      throw new IllegalArgumentException(
          "asStridedScatter: " + part + " ends behind the " + x.numel() + " elements");
    }
    if (!x.isContiguous()) {
      // In the order of its memory it is row-major.
      int[] order = Layout.memoryOrder(x.layout());
      int[] back = new int[order.length];
      for (int i = 0; i < order.length; i++) {
        back[order[i]] = i;
      }
      Tensor y = strided(x.permute(order), part, source);
      return Gradients.named("AsStridedScatterBackward", y.permute(back), x);
    }
    return strided(x, part, source);
  }

  private static Tensor strided(Tensor x, Layout part, Tensor source) {
    return scattered(
        "asStridedScatter",
        x,
        layout -> layout.shape().contiguous(),
        source,
        layout -> Layout.of(part.shape(), part.strides(), layout.offset() + part.offset()));
  }
}
