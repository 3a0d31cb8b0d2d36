package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What native code relies on of the operands of one call, beyond each lying in its own storage. The
 * doors have looked at their tensors and said what is wrong with them; where operands do not belong
 * together here, another thread has since given a tensor other data, another shape or another
 * dtype. Then nothing is written, and a {@link ConcurrentModificationException} says so.
 */
public final class Operands {
  private Operands() {}

  public static void require(boolean agree, String name, Strided... operands) {
    if (!agree) {
      throw changed(name, operands);
    }
  }

  private static ConcurrentModificationException changed(String name, Strided... operands) {
    StringBuilder found = new StringBuilder();
    for (Strided operand : operands) {
      found.append(found.isEmpty() ? "" : ", ").append(operand.dtype()).append(' ');
      found.append(operand.shape());
      found.append(operand.storage().isReadOnly() ? ", read-only" : "");
    }
    return new ConcurrentModificationException(
        name
            + ": a tensor was changed by another thread while the operation ran; the operands and"
            + " the result are now "
            + found);
  }

  public static boolean isWritable(Strided y) {
    return !y.storage().isReadOnly();
  }

  public static boolean isDense(Strided x) {
    return x.layout().isContiguous();
  }

  private static boolean areAlike(Strided a, Strided b) {
    return a.dtype() == b.dtype() && a.shape().equals(b.shape());
  }

  // ---- elementwise: called for every small operation, so without arrays

  public static void unary(UnaryOp op, Strided x, Strided y) {
    DType dtype = x.dtype();
    if (!x.shape().equals(y.shape())
        || y.dtype() != op.resultType(dtype)
        || !op.domain().holds(dtype)
        || !isWritable(y)) {
      throw changed(op.methodName(), x, y);
    }
  }

  public static void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    DType dtype = a.dtype();
    Shape shape = y.shape();
    if (!a.shape().equals(shape)
        || !b.shape().equals(shape)
        || b.dtype() != dtype && !isWide(op, dtype, b.dtype())
        || y.dtype() != op.resultType(dtype)
        || !op.domain().holds(dtype)
        || !isWritable(y)) {
      throw changed(op.methodName(), a, b, y);
    }
  }

  /** Tells whether a dtype is a 16-bit floating one, for which there is no arithmetic. */
  public static boolean isHalf(DType dtype) {
    return dtype.isFloating() && dtype.size() == 2;
  }

  /** Whether the second operand has the type that 16-bit operands are computed in. */
  private static boolean isWide(BinaryOp op, DType dtype, DType second) {
    return isHalf(dtype) && second == DType.FLOAT32 && op != BinaryOp.NEXTAFTER;
  }

  public static void ternary(TernaryOp op, List<Strided> operands, Strided y) {
    boolean agree = operands.size() == 3 && op.domain().holds(y.dtype()) && isWritable(y);
    for (int i = 0; agree && i < 3; i++) {
      agree = areAlike(operands.get(i), y);
    }
    if (!agree) {
      Strided[] all = Stream.concat(operands.stream(), Stream.of(y)).toArray(Strided[]::new);
      throw changed(op.methodName(), all);
    }
  }

  public static void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    boolean agree =
        operands.size() == formula.operands().size() && results.size() == formula.results().size();
    for (int i = 0; agree && i < results.size(); i++) {
      Strided y = results.get(i);
      agree =
          y.dtype() == formula.dtype(formula.results().get(i))
              && y.shape().equals(results.getFirst().shape())
              && y.layout().isContiguous()
              && isWritable(y);
    }
    for (int i = 0; agree && i < operands.size(); i++) {
      Strided x = operands.get(i);
      agree =
          x.dtype() == formula.operands().get(i).dtype()
              && x.shape().equals(results.getFirst().shape());
    }
    if (!agree) {
      Stream<Strided> all = Stream.concat(operands.stream(), results.stream());
      throw changed("fused", all.toArray(Strided[]::new));
    }
  }

  public static void where(Strided condition, Strided a, Strided b, Strided y) {
    boolean agree =
        condition.dtype() == DType.BOOL
            && condition.shape().equals(y.shape())
            && areAlike(a, y)
            && areAlike(b, y)
            && isWritable(y);
    require(agree, "where", condition, a, b, y);
  }

  public static void copy(Strided x, Strided y) {
    if (!x.shape().equals(y.shape()) || !isWritable(y)) {
      throw changed("copy", x, y);
    }
  }

  public static void transfer(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(x) && isDense(y) && isWritable(y), "to", x, y);
  }

  public static void triangle(Strided x, Strided y) {
    boolean agree =
        areAlike(x, y) && y.layout().dim() >= 2 && isDense(x) && isDense(y) && isWritable(y);
    require(agree, "triangle", x, y);
  }

  /** The result of an operation that has no operands; its elements are written side by side. */
  public static void result(String name, Strided y) {
    require(isDense(y) && isWritable(y), name, y);
  }

  public static void permutation(Strided y) {
    require(isIndex(y) && isDense(y) && isWritable(y), "randperm", y);
  }

  /** The bytes of a generator's state, of which there are so many. */
  public static void state(long size, Strided bytes) {
    boolean agree =
        bytes.dtype() == DType.UINT8
            && bytes.numel() == size
            && isDense(bytes)
            && isWritable(bytes);
    require(agree, "state", bytes);
  }

  public static void each(Strided a, Strided b, Strided y) {
    boolean agree = areAlike(a, y) && areAlike(b, y) && isDense(a) && isDense(b) && isDense(y);
    require(agree && isWritable(y), "each", a, b, y);
  }

  /** Rows of numbers, and for each a row of positions in it. */
  public static void rows(String name, Strided x, Strided positions) {
    boolean agree =
        x.layout().dim() == 2
            && positions.layout().dim() == 2
            && isIndex(positions)
            && x.dtype().isFloating()
            && x.layout().size(0) == positions.layout().size(0)
            && isDense(x)
            && isDense(positions)
            && isWritable(positions);
    require(agree, name, x, positions);
  }

  // ---- reductions and softmax

  public static void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    boolean position = op == ReduceOp.ARGMAX || op == ReduceOp.ARGMIN;
    int rank = x.layout().dim();
    boolean agree =
        y.layout().dim() == rank
            && y.dtype() == op.resultType(x.dtype())
            && isReducible(op, x.dtype())
            && isDense(y)
            && isWritable(y);
    for (int i = 0; agree && i < rank; i++) {
      long size = y.layout().size(i);
      boolean kept = size == x.layout().size(i);
      agree = position ? (i == dim ? size == 1 : kept) : kept || size == 1;
    }
    require(agree, op.word(), x, y);
  }

  private static boolean isReducible(ReduceOp op, DType dtype) {
    return switch (op) {
      case ANY, ALL -> dtype == DType.BOOL;
      case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN -> true;
      case SUM_SQUARES, SUM_MAGNITUDES -> dtype.isFloating();
    };
  }

  public static void moments(Strided x, Strided mean, Strided squares) {
    int rank = x.layout().dim();
    boolean agree =
        x.dtype().isFloating()
            && mean.layout().dim() == rank
            && mean.dtype() == DType.FLOAT64
            && areAlike(mean, squares)
            && x.numel() > 0
            && isDense(mean)
            && isDense(squares)
            && isWritable(mean)
            && isWritable(squares);
    for (int i = 0; agree && i < rank; i++) {
      long size = mean.layout().size(i);
      agree = size == 1 || size == x.layout().size(i);
    }
    require(agree, "var", x, mean, squares);
  }

  /** Operands of softmax or of its gradient, and the result. */
  public static void softmax(Strided... operands) {
    Strided y = operands[operands.length - 1];
    boolean agree = y.dtype().isFloating() && isWritable(y);
    for (Strided operand : operands) {
      agree = agree && areAlike(operand, y) && isDense(operand);
    }
    require(agree, "softmax", operands);
  }

  /** Scores, their targets, and what the gradient needs of them. */
  private static boolean areScores(Strided x, Strided target, Strided statistics) {
    boolean agree =
        (x.dtype() == DType.FLOAT32 || x.dtype() == DType.FLOAT64)
            && x.layout().dim() == 2
            && x.numel() > 0
            && isDense(x)
            && isIndex(target)
            && isDense(target);
    long rows = agree ? x.layout().size(0) : 0;
    return agree
        && target.layout().dim() == 1
        && target.layout().size(0) == rows
        && statistics.dtype() == x.dtype()
        && statistics.layout().dim() == 1
        && statistics.layout().size(0) == 3 * rows + 1
        && isDense(statistics);
  }

  /** Whether these are as many losses of scores as a form has. */
  private static boolean areLosses(CrossEntropyForm form, Strided losses, Strided x) {
    boolean each = form.total() == CrossEntropyForm.Total.EACH;
    return losses.dtype() == x.dtype()
        && losses.layout().dim() == (each ? 1 : 0)
        && losses.numel() == (each ? x.layout().size(0) : 1)
        && isDense(losses);
  }

  public static void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    boolean agree =
        areScores(x, target, statistics)
            && isLikeRow(weight, x)
            && areLosses(form, y, x)
            && isWritable(statistics)
            && isWritable(y);
    if (!agree) {
      throw changed("crossEntropy", present(x, target, weight, statistics, y));
    }
  }

  public static void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    boolean agree =
        areScores(x, target, statistics)
            && areLosses(form, g, x)
            && areAlike(gx, x)
            && isDense(gx)
            && isWritable(gx);
    require(agree, "crossEntropy", g, x, target, statistics, gx);
  }

  public static void layerNorm(
      Strided x, @Nullable Strided weight, @Nullable Strided bias, Strided statistics, Strided y) {
    boolean agree =
        areRows(x, statistics)
            && isLikeRow(weight, x)
            && isLikeRow(bias, x)
            && isWritable(statistics)
            && areAlike(x, y)
            && isDense(y)
            && isWritable(y);
    if (!agree) {
      throw changed("layerNorm", present(x, weight, bias, y, statistics));
    }
  }

  public static void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias) {
    boolean agree =
        areRows(x, statistics)
            && areAlike(g, x)
            && isDense(g)
            && isLikeRow(weight, x)
            && areAlike(gx, x)
            && isDense(gx)
            && isWritable(gx)
            && isLikeRow(gweight, x)
            && isWritable(gweight)
            && isLikeRow(gbias, x)
            && isWritable(gbias);
    if (!agree) {
      throw changed("layerNorm", present(g, x, weight, statistics, gx, gweight, gbias));
    }
  }

  private static Strided[] present(@Nullable Strided... operands) {
    return Arrays.stream(operands).flatMap(Stream::ofNullable).toArray(Strided[]::new);
  }

  /** Whether x is floating rows that have elements, and these are two numbers of each. */
  private static boolean areRows(Strided x, Strided statistics) {
    return x.dtype().isFloating()
        && x.layout().dim() == 2
        && x.layout().size(1) > 0
        && isDense(x)
        && statistics.dtype() == DType.FLOAT64
        && statistics.shape().equals(Shape.of(2, x.layout().size(0)))
        && isDense(statistics);
  }

  /** Whether an operand, if there is one, has an element for each column of x. */
  private static boolean isLikeRow(@Nullable Strided row, Strided x) {
    return row == null
        || (row.dtype() == x.dtype()
            && row.layout().dim() == 1
            && row.layout().size(0) == x.layout().size(1)
            && isDense(row));
  }

  // ---- indexing

  private static boolean isIndex(Strided index) {
    return index.dtype() == DType.INT64;
  }

  /** Whether a shape is another one with the size of a dimension replaced. */
  private static boolean isWith(Shape shape, Shape other, int dim, long size) {
    boolean agree = shape.dim() == other.dim() && dim < shape.dim();
    for (int i = 0; agree && i < shape.dim(); i++) {
      agree = shape.size(i) == (i == dim ? size : other.size(i));
    }
    return agree;
  }

  /** Slices of a dimension: there are {@code some} at the positions in {@code all}. */
  private static boolean areSlices(Strided some, Strided all, int dim, Strided index) {
    return isIndex(index)
        && isDense(index)
        && isDense(some)
        && isDense(all)
        && some.dtype() == all.dtype()
        && isWith(some.shape(), all.shape(), dim, index.numel());
  }

  public static void indexSelect(Strided x, int dim, Strided index, Strided y) {
    require(areSlices(y, x, dim, index) && isWritable(y), "indexSelect", x, index, y);
  }

  public static void indexPut(Strided x, int dim, Strided index, Strided y) {
    require(areSlices(x, y, dim, index) && isWritable(y), "indexPut", x, index, y);
  }

  /** Elements of a dimension: there is one in {@code some} for each position in {@code all}. */
  private static boolean areElements(Strided some, Strided all, int dim, Strided index) {
    Layout positions = index.layout();
    boolean agree =
        isIndex(index)
            && some.dtype() == all.dtype()
            && some.shape().equals(index.shape())
            && positions.dim() == all.layout().dim();
    for (int i = 0; agree && i < positions.dim(); i++) {
      agree = i == dim || positions.size(i) <= all.layout().size(i);
    }
    return agree;
  }

  public static void gather(Strided x, int dim, Strided index, Strided y) {
    require(areElements(y, x, dim, index) && isWritable(y), "gather", x, index, y);
  }

  public static void scatter(Strided x, int dim, Strided index, Strided y) {
    require(areElements(x, y, dim, index) && isWritable(y), "scatter", x, index, y);
  }

  public static void joinIndex(Strided index, Strided positions) {
    boolean agree = isIndex(index) && areAlike(index, positions) && isWritable(positions);
    require(agree, "index", index, positions);
  }

  public static void mask(Strided mask) {
    require(mask.dtype() == DType.BOOL && isDense(mask), "nonzero", mask);
  }

  public static void positions(Strided mask, Strided positions) {
    mask(mask);
    boolean agree =
        isIndex(positions)
            && positions.layout().dim() == 1
            && isDense(positions)
            && isWritable(positions);
    require(agree, "nonzero", mask, positions);
  }

  public static void repeats(Strided counts, Strided y) {
    boolean agree = isIndex(counts) && isDense(counts) && isIndex(y) && isDense(y) && isWritable(y);
    require(agree, "repeats", counts, y);
  }

  private static boolean areCounts(Strided counts) {
    return isIndex(counts) && counts.layout().dim() == 1 && isDense(counts) && isWritable(counts);
  }

  public static void count(Strided positions, Strided counts) {
    boolean agree = isIndex(positions) && isDense(positions) && areCounts(counts);
    require(agree, "bincount", positions, counts);
  }

  public static void histogram(Strided x, Strided counts) {
    boolean agree = x.dtype().isFloating() && isDense(x) && areCounts(counts);
    require(agree, "histc", x, counts);
  }

  // ---- order and scans

  /** Elements of a dimension and their positions: {@code count} of each line. */
  public static void ordered(
      String name, Strided x, int dim, long count, Strided values, Strided indices) {
    boolean agree =
        isWith(values.shape(), x.shape(), dim, count)
            && isWith(indices.shape(), x.shape(), dim, count)
            && values.dtype() == x.dtype()
            && isIndex(indices)
            && isDense(values)
            && isDense(indices)
            && isWritable(values)
            && isWritable(indices);
    require(agree, name, x, values, indices);
  }

  /** All elements and their positions. */
  public static void ordered(String name, Strided x, Strided values, Strided indices) {
    boolean agree =
        areAlike(x, values)
            && isIndex(indices)
            && indices.shape().equals(x.shape())
            && isDense(values)
            && isDense(indices)
            && isWritable(values)
            && isWritable(indices);
    require(agree, name, x, values, indices);
  }

  public static void rows(Strided x, Strided indices) {
    boolean agree =
        x.layout().dim() == 2
            && isDense(x)
            && isIndex(indices)
            && isDense(indices)
            && indices.layout().dim() == 1
            && indices.numel() == x.layout().size(0)
            && isWritable(indices);
    require(agree, "sortRows", x, indices);
  }

  public static void search(Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    boolean agree =
        sorted.dtype() == x.dtype()
            && isDense(sorted)
            && isDense(x)
            && isDense(y)
            && isIndex(y)
            && isWritable(y)
            && y.shape().equals(x.shape())
            && (sorted.layout().dim() == 1
                || isWith(sorted.shape(), x.shape(), x.layout().dim() - 1, lastSize(sorted)));
    if (order != null) {
      agree = agree && isIndex(order) && isDense(order) && order.shape().equals(sorted.shape());
      require(agree, "searchsorted", sorted, order, x, y);
    } else {
      require(agree, "searchsorted", sorted, x, y);
    }
  }

  private static long lastSize(Strided x) {
    return x.layout().dim() == 0 ? -1 : x.layout().size(-1);
  }

  public static void scan(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(y) && isWritable(y), "scan", x, y);
  }

  // ---- matrices, convolution and pooling

  public static void matmul(Strided a, Strided b, Strided y) {
    int rank = y.layout().dim();
    boolean agree =
        rank >= 2
            && a.layout().dim() == rank
            && b.layout().dim() == rank
            && a.dtype() == y.dtype()
            && b.dtype() == y.dtype()
            && y.dtype() != DType.BOOL
            && a.layout().size(-1) == b.layout().size(-2)
            && y.layout().size(-2) == a.layout().size(-2)
            && y.layout().size(-1) == b.layout().size(-1)
            && (y.layout().size(-1) <= 1 || y.layout().stride(-1) == 1 || y.layout().numel() == 0)
            && isWritable(y);
    for (int i = 0; agree && i < rank - 2; i++) {
      long size = y.layout().size(i);
      agree = a.layout().size(i) == size && b.layout().size(i) == size;
    }
    require(agree, "matmul", a, b, y);
  }

  private static boolean areImages(DType dtype, Strided... images) {
    boolean agree = dtype.isFloating();
    for (Strided image : images) {
      agree = agree && image.dtype() == dtype && image.layout().dim() == 4 && isDense(image);
    }
    return agree;
  }

  public static void biasedConv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    conv2d(x, weight, y, window, groups, y);
    boolean agree =
        bias == null
            || (bias.dtype() == y.dtype()
                && bias.layout().dim() == 1
                && bias.layout().size(0) == y.layout().size(1)
                && isDense(bias));
    if (!agree) {
      throw changed("conv2d", present(x, weight, bias, y));
    }
  }

  /** Images, kernels and results, of which any one is what is computed. */
  public static void conv2d(
      Strided images, Strided kernels, Strided results, Window window, int groups, Strided out) {
    boolean agree = areImages(out.dtype(), images, kernels, results) && isWritable(out);
    if (agree) {
      Shape from = images.shape();
      Shape kernel = kernels.shape();
      Shape to = results.shape();
      agree =
          to.size(0) == from.size(0)
              && to.size(1) == kernel.size(0)
              && kernel.size(0) % groups == 0
              && from.size(1) == groups * kernel.size(1)
              && kernel.size(2) == window.kernelHeight()
              && kernel.size(3) == window.kernelWidth()
              && to.size(2) == window.outputHeight(from.size(2), Rounding.FLOOR)
              && to.size(3) == window.outputWidth(from.size(3), Rounding.FLOOR);
    }
    require(agree, "conv2d", images, kernels, results);
  }

  public static void maxPool2d(Strided x, Strided y, Strided positions) {
    boolean agree =
        areImages(y.dtype(), x, y)
            && x.layout().size(0) == y.layout().size(0)
            && x.layout().size(1) == y.layout().size(1)
            && positions.shape().equals(y.shape())
            && isIndex(positions)
            && isDense(positions)
            && isWritable(y)
            && isWritable(positions);
    require(agree, "maxPool2d", x, y, positions);
  }

  public static void maxUnpool2d(Strided g, Strided positions, Strided x) {
    boolean agree =
        areImages(x.dtype(), g, x)
            && x.layout().size(0) == g.layout().size(0)
            && x.layout().size(1) == g.layout().size(1)
            && positions.shape().equals(g.shape())
            && isIndex(positions)
            && isDense(positions)
            && isWritable(x);
    require(agree, "maxUnpool2d", g, positions, x);
  }

  // ---- optimizer steps

  /** A parameter, its gradient and the state of its optimizer, all but the gradient written. */
  public static void step(String name, Strided parameter, Strided gradient, Strided... state) {
    boolean agree = areAlike(gradient, parameter) && isDense(gradient);
    agree = agree && isDense(parameter) && isWritable(parameter);
    for (Strided buffer : state) {
      agree = agree && areAlike(buffer, parameter) && isDense(buffer) && isWritable(buffer);
    }
    if (!agree) {
      Strided[] all = new Strided[state.length + 2];
      all[0] = parameter;
      all[1] = gradient;
      System.arraycopy(state, 0, all, 2, state.length);
      throw changed(name, all);
    }
  }
}
