package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.Strided;
import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.tensor.ViewOps.Lens;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The door of joining tensors: each is copied into its part of the result. */
final class Joining {
  /** Each part is an object of some hundred bytes: more would take all of a heap. */
  private static final int MOST_PARTS = 1 << 24;

  /** More than any shape has. */
  private static final double TOO_MANY = 0x1p62;

  private Joining() {}

  static Tensor cat(Iterable<? extends Tensor> tensors, int dim) {
    List<Tensor> parts = new ArrayList<>();
    tensors.forEach(tensor -> parts.add(given("cat", "a tensor", tensor)));
    return cat(parts, dim, shape -> lie(shape, parts));
  }

  /** As in PyTorch the result has its channels side by side where all parts have. */
  private static Layout lie(Shape shape, List<Tensor> parts) {
    for (Tensor part : parts) {
      if (!ChannelsLast.is(part.layout())) {
        return shape.contiguous();
      }
    }
    return ChannelsLast.of(shape);
  }

  private static Tensor cat(List<Tensor> parts, int dim, Function<Shape, Layout> lie) {
    if (!parts.isEmpty() && Autocast.applies(AutocastFunction.CAT, parts.getFirst())) {
      return Autocast.call(AutocastFunction.CAT, parts, cast -> cat(cast, dim, lie));
    }
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
    List<@Nullable Lens> places = new ArrayList<>();
    for (Tensor part : parts) {
      Shape shape = part.shape();
      if (isNothing(part)) {
        places.add(null);
        continue;
      }
      if (shape.dim() != first.dim() || !shape.with(axis, 0).equals(first.with(axis, 0))) {
        throw new IllegalArgumentException(
            "cat: shapes " + first + " and " + shape + " differ elsewhere than in dim " + axis);
      }
      long at = length;
      places.add(layout -> layout.narrow(axis, at, shape.size(axis)));
      length += shape.size(axis);
      if (length < 0) {
        throw new IllegalArgumentException("cat: too many elements in dim " + axis);
      }
    }
    long[] sizes = first.toArray();
    sizes[axis] = length;
    Shape shape = Creation.shape("cat", sizes);
    Strided out = parts.getFirst().data().like(lie.apply(shape), dtype);
    return joined("cat", "CatBackward", parts, out, places);
  }

  /** The result of which each part is what its lens shows; a part without one has no elements. */
  private static Tensor joined(
      String operation,
      String name,
      List<Tensor> tensors,
      Strided out,
      List<@Nullable Lens> places) {
    List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    boolean record = false;
    for (int i = 0; i < tensors.size(); i++) {
      Lens place = places.get(i);
      Tensor part = tensors.get(i);
      if (place != null) {
        part = Copying.cast(part, out.dtype());
        if (part.numel() > 0) {
          Backends.of(operation, tensors.getFirst(), part)
              .elements()
              .copy(part.data(), out.with(place.apply(out.layout())));
          Reference.reachabilityFence(part);
        }
      }
      edges.add(part.edge());
      record |= part.requiresGrad();
    }
    Tensor y = new Tensor(out);
    if (record && GradMode.isEnabled()) {
      y.setHistory(
          new Joint<>(
              name,
              edges,
              1,
              Joint.Author.LIBRARY,
              gradients -> pieces(gradients.getFirst(), places, edges)));
    }
    return y;
  }

  private static boolean isNothing(Tensor part) {
    return part.dim() == 1 && part.numel() == 0;
  }

  private static List<@Nullable Tensor> pieces(
      @Nullable Tensor g, List<@Nullable Lens> places, List<@Nullable Edge<Tensor>> edges) {
    List<@Nullable Tensor> pieces = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      Lens place = places.get(i);
      if (g == null || edges.get(i) == null) {
        pieces.add(null);
      } else {
        pieces.add(place == null ? g.newZeros(0) : ViewOps.take("SliceBackward", g, place));
      }
    }
    return pieces;
  }

  static Tensor stack(Iterable<? extends Tensor> tensors, int dim) {
    List<Tensor> whole = new ArrayList<>();
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
      whole.add(tensor);
      parts.add(tensor.unsqueeze(at));
    }
    if (shape == null) {
      throw new IllegalArgumentException("stack: there are no tensors");
    }
    int axis = at;
    // As in PyTorch they are joined along the dimension that they come before, which is split then.
    Tensor y =
        axis == shape.dim()
            ? cat(parts, axis)
            : cat(
                parts,
                axis,
                all -> Objects.requireNonNull(lie(joined(all, axis), whole).reshape(all)));
    return Gradients.named("StackBackward", y, parts.getFirst());
  }

  private static Shape joined(Shape stacked, int axis) {
    long length = stacked.size(axis) * stacked.size(axis + 1);
    return stacked.remove(axis).with(axis, length);
  }

  // ---- joining by dimensions that are added where they lack

  /** Joins along a dimension what an operation makes of each tensor. */
  static Tensor aligned(
      String name,
      Iterable<? extends Tensor> tensors,
      UnaryOperator<Tensor> shaped,
      ToIntFunction<Tensor> dim) {
    List<Tensor> parts = new ArrayList<>();
    tensors.forEach(tensor -> parts.add(shaped.apply(given(name, "a tensor", tensor))));
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(name + ": there are no tensors");
    }
    return named(name, () -> cat(parts, dim.applyAsInt(parts.getFirst())));
  }

  static Tensor blockDiag(Iterable<? extends Tensor> tensors) {
    List<Tensor> parts = new ArrayList<>();
    List<@Nullable Lens> places = new ArrayList<>();
    DType dtype = null;
    long rows = 0;
    long columns = 0;
    for (Tensor tensor : tensors) {
      if (given("blockDiag", "a tensor", tensor).dim() > 2) {
        throw new IllegalArgumentException(
            "blockDiag: at most two dimensions are possible, not shape " + tensor.shape());
      }
      Tensor part = tensor.atleast2d();
      dtype = dtype == null ? part.dtype() : dtype.promote(part.dtype());
      long row = rows;
      long column = columns;
      places.add(layout -> layout.narrow(0, row, part.size(0)).narrow(1, column, part.size(1)));
      parts.add(part);
      rows += part.size(0);
      columns += part.size(1);
    }
    if (dtype == null) {
      return Tensor.zeros(1, 0);
    }
    Strided out = parts.getFirst().data().like(Creation.shape("blockDiag", rows, columns), dtype);
    Creation.fill(out, 0);
    return joined("blockDiag", "BlockDiagBackward", parts, out, places);
  }

  // ---- many of one shape

  static Shape broadcast(String name, Iterable<Shape> shapes) {
    Shape all = Shape.scalar();
    for (Shape shape : shapes) {
      given(name, "a shape", shape);
      Shape before = all;
      all = Creation.shape(name, () -> both(before, shape));
    }
    return all;
  }

  private static Shape both(Shape a, Shape b) {
    Shape both = Shape.broadcast(a, b);
    if (both == null) {
      throw new IllegalArgumentException("shape " + b + " does not broadcast with " + a);
    }
    return both;
  }

  static List<Tensor> broadcast(Iterable<? extends Tensor> tensors) {
    List<Tensor> parts = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    for (Tensor tensor : tensors) {
      parts.add(given("broadcastTensors", "a tensor", tensor));
      shapes.add(tensor.shape());
    }
    Shape all = broadcast("broadcastTensors", shapes);
    parts.replaceAll(part -> ViewOps.expand(part, all));
    return parts;
  }

  static List<Tensor> meshgrid(
      String name, Iterable<? extends Tensor> tensors, MeshIndexing indexing) {
    List<Tensor> lines = new ArrayList<>();
    for (Tensor tensor : tensors) {
      if (given(name, "a tensor", tensor).dim() > 1) {
        throw new IllegalArgumentException(
            name + ": vectors and scalars are needed, not shape " + tensor.shape());
      }
      if (!lines.isEmpty() && tensor.dtype() != lines.getFirst().dtype()) {
        throw new IllegalArgumentException(
            name + ": dtypes " + lines.getFirst().dtype() + " and " + tensor.dtype() + " differ");
      }
      lines.add(tensor.atleast1d());
    }
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(name + ": there are no tensors");
    }
    int count = lines.size();
    long[] sizes = new long[count];
    int[] dims = new int[count];
    for (int i = 0; i < count; i++) {
      boolean swapped = indexing == MeshIndexing.XY && count > 1 && i < 2;
      dims[i] = swapped ? 1 - i : i;
      sizes[dims[i]] = lines.get(i).numel();
    }
    Shape shape = Creation.shape(name, sizes);
    List<Tensor> grids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] along = new long[count];
      Arrays.fill(along, 1);
      along[dims[i]] = sizes[dims[i]];
      grids.add(ViewOps.expand(ViewOps.reshape(lines.get(i), Shape.of(along)), shape));
    }
    return grids;
  }

  private static void checkVector(String name, Tensor tensor) {
    if (given(name, "a tensor", tensor).dim() != 1) {
      throw new IllegalArgumentException(
          name + ": a vector is needed, not shape " + tensor.shape());
    }
  }

  static Tensor cartesianProd(Iterable<? extends Tensor> tensors) {
    List<Tensor> lines = new ArrayList<>();
    for (Tensor tensor : tensors) {
      checkVector("cartesianProd", tensor);
      lines.add(tensor);
    }
    if (lines.size() == 1) {
      return lines.getFirst();
    }
    List<Tensor> columns = meshgrid("cartesianProd", lines, MeshIndexing.IJ);
    columns.replaceAll(Tensor::flatten);
    return stack(columns, 1);
  }

  static Tensor combinations(Tensor x, long r, Replacement replacement) {
    checkVector("combinations", x);
    boolean again = replacement == Replacement.WITH_REPLACEMENT;
    long n = x.size(0);
    if (r < 0) {
      throw new IllegalArgumentException("combinations: there are none of " + r + " elements");
    } else if (r == 0) {
      return x.newZeros(0);
    }
    boolean none = n == 0 || !again && r > n;
    if (none || n == 1) {
      Tensor only = none ? x.narrow(0, 0, 0) : x;
      Shape shape = Creation.shape("combinations", only.numel(), r);
      return Copying.copy(ViewOps.expand(only.unsqueeze(1), shape));
    }
    // What no memory holds is refused before the work.
    x.data().like(choices(n, r, again), DType.INT64).storage().free();
    List<Tensor> columns = new ArrayList<>();
    for (Tensor places : chosen(x.device(), n, r, again)) {
      columns.add(x.indexSelect(0, places));
    }
    return stack(columns, 1);
  }

  /** The shape of all choices; of those that are many it is not exact. */
  private static Shape choices(long n, long r, boolean again) {
    double from = again ? (double) n + r - 1 : n;
    double most = Math.min((double) r, from - r);
    double rows = 1;
    for (double i = 1; i <= most && rows < TOO_MANY; i++) {
      rows *= (from + 1 - i) / i;
    }
    long count = Math.round(rows);
    return Creation.shape("combinations", count, r);
  }

  /**
   * The places of all choices of {@code r} of {@code n}, column by column. The rows grow by one
   * place after the other, each of them to all rows that begin with it; a row is kept as its last
   * place and the number of the row that it continues.
   */
  private static List<Tensor> chosen(Device device, long n, long r, boolean again) {
    Tensor all = Creation.positions(device, Shape.of(n));
    List<Tensor> lasts = new ArrayList<>();
    List<Tensor> continued = new ArrayList<>();
    lasts.add(again ? all : all.narrow(0, 0, n - r + 1));
    for (long i = 1; i < r; i++) {
      // Without replacement the last places are left to those that come after.
      Tensor next = again ? all : all.narrow(0, 0, n - r + i + 1);
      Tensor last = lasts.getLast().unsqueeze(1);
      Tensor found = (again ? next.ge(last) : next.gt(last)).nonzero();
      continued.add(found.select(1, 0));
      lasts.add(found.select(1, 1));
    }
    List<Tensor> columns = new ArrayList<>();
    columns.add(lasts.getLast());
    Tensor row = null;
    for (int i = lasts.size() - 2; i >= 0; i--) {
      row = row == null ? continued.get(i) : continued.get(i).indexSelect(0, row);
      columns.add(lasts.get(i).indexSelect(0, row));
    }
    return columns.reversed();
  }

  // ---- splitting

  static void checkCount(String operation, long parts) {
    if (parts > MOST_PARTS) {
      throw new IllegalArgumentException(
          operation + ": a list holds up to " + MOST_PARTS + " parts, not " + parts);
    }
  }

  static List<Tensor> split(String name, Tensor x, long[] sizes, int dim) {
    given(name, "sizes", sizes);
    long length = x.shape().size(name, dim);
    long rest = length;
    for (long size : sizes) {
      rest = size < 0 || rest < size ? -1 : rest - size;
    }
    if (rest != 0) {
      throw new IllegalArgumentException(
          name
              + ": sizes "
              + Arrays.toString(sizes)
              + " do not add up to the "
              + length
              + " of dim "
              + dim);
    }
    List<Lens> lenses = new ArrayList<>();
    long at = 0;
    for (long size : sizes) {
      lenses.add(range(x, dim, at, size));
      at += size;
    }
    return parts("SplitWithSizesBackward", x, lenses, gradients -> cat(gradients, dim));
  }

  /** What shows some positions of a dimension. */
  static Lens range(Tensor x, int dim, long start, long length) {
    int axis = x.shape().axis(dim);
    return layout -> layout.narrow(axis, start, length);
  }

  /**
   * Views that together show all of a tensor, of one operation: its gradient is joined once, where
   * each view's own would be as large as the tensor.
   */
  static List<Tensor> parts(
      String name, Tensor x, List<Lens> lenses, Function<List<Tensor>, Tensor> joined) {
    List<Tensor> parts = new ArrayList<>();
    try (var _ = GradMode.disable()) {
      lenses.forEach(lens -> parts.add(ViewOps.take(name, x, lens)));
    }
    if (x.requiresGrad() && GradMode.isEnabled() && !parts.isEmpty()) {
      List<Shape> shapes = parts.stream().map(Tensor::shape).toList();
      DType dtype = x.dtype();
      Device device = x.device();
      List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
      edges.add(x.edge());
      var node =
          new Joint<>(
              name,
              edges,
              parts.size(),
              Joint.Author.LIBRARY,
              gradients ->
                  Collections.singletonList(
                      joined.apply(present(gradients, shapes, dtype, device))));
      for (int i = 0; i < parts.size(); i++) {
        parts.get(i).setHistory(new Edge<>(node, i));
      }
    }
    return parts;
  }

  /** Zeros, without memory of their own, for the gradients that did not arrive. */
  private static List<Tensor> present(
      List<@Nullable Tensor> gradients, List<Shape> shapes, DType dtype, Device device) {
    Tensor zero = Creation.full(device, Shape.scalar(), 0, dtype);
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      Tensor g = gradients.get(i);
      all.add(g == null ? ViewOps.expand(zero, shapes.get(i)) : g);
    }
    return all;
  }

  static List<Tensor> sections(String name, Tensor x, long sections, int dim) {
    long length = x.shape().size(name, dim);
    if (sections <= 0) {
      throw new IllegalArgumentException(
          name + ": the number of sections must be positive, not " + sections);
    }
    checkCount(name, sections);
    List<Lens> lenses = new ArrayList<>();
    long at = 0;
    for (long i = 0; i < sections; i++) {
      long size = length / sections + (i < length % sections ? 1 : 0);
      lenses.add(range(x, dim, at, size));
      at += size;
    }
    return parts("SliceBackward", x, lenses, gradients -> cat(gradients, dim));
  }

  /** As Python's slices do, a part is empty whose end comes before its start. */
  static List<Tensor> cut(String name, Tensor x, long[] positions, int dim) {
    given(name, "positions", positions);
    long length = x.shape().size(name, dim);
    long[] starts = new long[positions.length + 1];
    boolean ascend = true;
    for (int i = 1; i < starts.length; i++) {
      long position = positions[i - 1];
      starts[i] = Math.clamp(position < 0 ? position + length : position, 0, length);
      ascend &= starts[i - 1] <= starts[i];
    }
    List<Tensor> apart = new ArrayList<>();
    List<Lens> lenses = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      long end = i < positions.length ? starts[i + 1] : length;
      if (ascend) {
        lenses.add(range(x, dim, starts[i], end - starts[i]));
      } else {
        apart.add(x.slice(dim, starts[i], end, 1));
      }
    }
    return ascend ? parts("SliceBackward", x, lenses, gradients -> cat(gradients, dim)) : apart;
  }

  static void checkDims(String name, Tensor x, int least) {
    if (x.dim() < least) {
      throw new IllegalArgumentException(
          name + ": at least " + least + " dimensions are needed, not shape " + x.shape());
    }
  }

  /** Parts of one size. */
  static List<Tensor> even(String name, Tensor x, long sections, int dim) {
    checkDims(name, x, name.equals("hsplit") ? 1 : name.equals("vsplit") ? 2 : 3);
    long length = x.shape().size(name, dim);
    if (sections <= 0 || length % sections != 0) {
      throw new IllegalArgumentException(
          name
              + ": the "
              + length
              + " positions of dim "
              + dim
              + " make no "
              + sections
              + " parts of one size");
    }
    return sections(name, x, sections, dim);
  }
}
