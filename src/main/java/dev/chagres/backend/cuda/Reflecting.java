package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import java.lang.ref.Reference;
import java.util.List;

/**
 * Reflections of large matrices, in panels of a few columns: a block makes those of a panel, and
 * products apply them to what lies beside it.
 */
final class Reflecting {
  private static final String FILE = "factor.cu";

  /** As in {@code factor.cu}. */
  private static final int PANEL = 32;

  private static final int MOST_BLOCKS = 65_535;

  private final CudaDevice device;

  Reflecting(CudaDevice device) {
    this.device = device;
  }

  private static long rows(Strided a) {
    return a.layout().size(-1);
  }

  private static long columns(Strided a) {
    return a.layout().size(-2);
  }

  private static int batch(Strided a) {
    return Math.toIntExact(a.numel() / Math.max(1, rows(a) * columns(a)));
  }

  private Launch launch(String kernel, Strided a) {
    return device.launch(FILE, kernel + "<" + Types.of(a) + ">").integer(batch(a));
  }

  private void runOver(Launch launch, long items, Strided a) {
    launch.run(
        Grid.of(device.blocks(items), Math.min(batch(a), MOST_BLOCKS)),
        Grid.of(CudaDevice.BLOCK),
        0);
  }

  /**
   * Parts of matrices of a batch, from a row and a column on.
   *
   * @param transposed whether products take their transposes
   */
  private record Part(
      Strided of, long row, long column, long rows, long columns, Transposed transposed) {
    Part(Strided of, long row, long column, long rows, long columns) {
      this(of, row, column, rows, columns, Transposed.NO);
    }

    /** The same part; products take its transpose. */
    Part turned() {
      return turned(Transposed.YES);
    }

    Part turned(Transposed turned) {
      return new Part(of, row, column, rows, columns, turned);
    }

    Cublas.Matrices matrices() {
      long leading = Reflecting.rows(of);
      long address = CudaDevice.address(of) + (row + column * leading) * of.dtype().size();
      return new Cublas.Matrices(address, transposed, leading, leading * Reflecting.columns(of));
    }
  }

  /** {@code c = a b}. */
  private void multiply(Part a, Part b, Part c) {
    multiply(new double[] {1, 0}, a, b, c);
  }

  /** {@code c -= a b}. */
  private void subtract(Part a, Part b, Part c) {
    multiply(new double[] {-1, 1}, a, b, c);
  }

  private void multiply(double[] scales, Part a, Part b, Part c) {
    Cublas.Sizes sizes =
        new Cublas.Sizes(
            Math.toIntExact(c.rows),
            Math.toIntExact(c.columns),
            Math.toIntExact(a.transposed == Transposed.NO ? a.columns : a.rows),
            batch(c.of));
    device
        .cublas()
        .exactGemm(c.of.dtype(), sizes, scales, a.matrices(), b.matrices(), c.matrices());
    for (Part part : List.of(a, b, c)) {
      Reference.reachabilityFence(part.of);
    }
  }

  /** {@code c} becomes the products of {@code a}, or of its transposes, with {@code b}. */
  void multiply(Transposed transposed, Strided a, Strided b, Strided c) {
    multiply(whole(a).turned(transposed), whole(b), whole(c));
  }

  private static Part whole(Strided a) {
    return new Part(a, 0, 0, rows(a), columns(a));
  }

  // ---- a panel

  /**
   * The product of a panel's reflections, {@code 1 - V T V^T}.
   *
   * @param k the panel's first row and column
   */
  private record Panel(long k, Strided v, Strided triangle) implements AutoCloseable {
    @Override
    public void close() {
      v.storage().free();
      triangle.storage().free();
    }
  }

  private Panel panel(Strided a, Strided tau, long k) {
    long reflections = tau.layout().size(-1);
    long width = Math.min(PANEL, reflections - k);
    long rows = rows(a) - k;
    Panel panel =
        new Panel(
            k,
            a.like(Shape.of(batch(a), width, rows), a.dtype()),
            a.like(Shape.of(batch(a), width, width), a.dtype()));
    Launch copy = launch("reflection_columns", a).integer(rows(a)).integer(rows(a) * columns(a));
    runOver(copy.integer(k).integer(width).pointer(a).pointer(panel.v), rows, a);
    Elementwise.withTemporary(
        a.like(panel.triangle.shape(), a.dtype()),
        products -> {
          Part v = whole(panel.v);
          multiply(v.turned(), v, whole(products));
          Launch triangle = launch("reflection_triangle", a).integer(width).integer(reflections);
          triangle
              .integer(k)
              .pointer(tau)
              .pointer(products)
              .pointer(panel.triangle)
              .run(Grid.of(Math.min(batch(a), MOST_BLOCKS)), Grid.of(PANEL), 0);
        });
    return panel;
  }

  /** {@code c} becomes {@code H c} or {@code c H}, for a panel's product or its transpose. */
  private void apply(Panel panel, Side side, Transposed transposed, Part c) {
    DType dtype = c.of.dtype();
    long width = columns(panel.v);
    boolean left = side == Side.LEFT;
    Shape shape =
        left ? Shape.of(batch(c.of), c.columns, width) : Shape.of(batch(c.of), width, c.rows);
    Part v = whole(panel.v);
    Part triangle = whole(panel.triangle).turned(transposed);
    Elementwise.withTemporary(
        c.of.like(shape, dtype),
        seen ->
            Elementwise.withTemporary(
                c.of.like(shape, dtype),
                turned -> {
                  Part first = whole(seen);
                  Part second = whole(turned);
                  if (left) {
                    multiply(v.turned(), c, first);
                    multiply(triangle, first, second);
                    subtract(v, second, c);
                  } else {
                    multiply(c, v, first);
                    multiply(first, triangle, second);
                    subtract(second, v.turned(), c);
                  }
                }));
  }

  // ---- all panels

  /** {@code a} becomes R and the reflections below it. */
  void qr(Strided a, Strided tau) {
    long least = tau.layout().size(-1);
    for (long k = 0; k < least; k += PANEL) {
      long width = Math.min(PANEL, least - k);
      Launch own = launch("qr", a).integer(rows(a)).integer(columns(a)).integer(k).integer(width);
      own.pointer(a)
          .pointer(tau)
          .run(Grid.of(Math.min(batch(a), MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
      long rest = columns(a) - k - width;
      if (rest > 0) {
        try (Panel panel = panel(a, tau, k)) {
          apply(panel, Side.LEFT, Transposed.YES, new Part(a, k, k + width, rows(a) - k, rest));
        }
      }
    }
  }

  /** The first columns of the product of the reflections in {@code a} go to {@code q}. */
  void orthogonal(Strided a, Strided tau, Strided q) {
    Launch unit = launch("unit_columns", q).divisor(rows(q)).integer(columns(q));
    runOver(unit.pointer(q), rows(q) * columns(q), q);
    for (long k = last(tau); k >= 0; k -= PANEL) {
      try (Panel panel = panel(a, tau, k)) {
        Part part = new Part(q, k, k, rows(q) - k, columns(q) - k);
        apply(panel, Side.LEFT, Transposed.NO, part);
      }
    }
  }

  /** {@code b} is multiplied by the product of reflections, or by its transpose. */
  void times(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    boolean left = side == Side.LEFT;
    boolean back = left == (transposed == Transposed.NO);
    long last = last(tau);
    for (long step = 0; step <= last; step += PANEL) {
      long k = back ? last - step : step;
      try (Panel panel = panel(a, tau, k)) {
        Part part =
            left
                ? new Part(b, k, 0, rows(b) - k, columns(b))
                : new Part(b, 0, k, rows(b), columns(b) - k);
        apply(panel, side, transposed, part);
      }
    }
  }

  /** Returns where the last panel begins; negative if there is none. */
  private static long last(Strided tau) {
    return Math.floorDiv(tau.layout().size(-1) - 1, PANEL) * (long) PANEL;
  }
}
