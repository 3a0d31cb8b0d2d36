package dev.chagres.backend.cuda;

import dev.chagres.backend.ImageKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.Halves;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of images as matrix products: the windows of some images become the columns of
 * matrices, which the weight multiplies. A 1x1 window that takes every pixel needs no columns.
 */
final class Convolution implements ImageKernels {
  private static final String FILE = "conv.cu";

  /** Bytes of columns that are made at once, unless one image has more. */
  private static final long COLUMN_BYTES = 1L << 28;

  /** Sizes whose sums, as of an image and its padding, have room in 32 bits. */
  private static final long MOST_SHORT = 1L << 28;

  private final CudaDevice device;
  private final Products products;
  private final Elementwise elementwise;

  Convolution(CudaDevice device, Products products, Elementwise elementwise) {
    this.device = device;
    this.products = products;
    this.elementwise = elementwise;
  }

  /**
   * The sizes of one convolution; {@code depth} is the length of a column, {@code places} the
   * number of window positions.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and nobody else sees it
  private record Sizes(
      DType dtype,
      long images,
      long groups,
      long channels,
      long features,
      long depth,
      long pixels,
      long places,
      long[] geometry) {

    static Sizes of(
        Shape image, Shape weight, Shape result, Window window, int groups, DType dtype) {
      long channels = image.size(1) / groups;
      return new Sizes(
          dtype,
          image.size(0),
          groups,
          channels,
          weight.size(0) / groups,
          channels * window.kernelHeight() * window.kernelWidth(),
          image.size(2) * image.size(3),
          result.size(2) * result.size(3),
          window.geometry(channels, image, result));
    }

    /** Returns whether the columns of an image are the image itself. */
    boolean isPointwise() {
      boolean one = geometry[3] == 1 && geometry[4] == 1 && geometry[5] == 1 && geometry[6] == 1;
      return one && geometry[7] == 0 && geometry[8] == 0;
    }

    long columnBytes() {
      return Math.multiplyExact(Math.multiplyExact(groups * depth, places), (long) dtype.size());
    }

    /** Returns how many images' columns are made at once. */
    long atOnce() {
      return Math.clamp(COLUMN_BYTES / Math.max(1, columnBytes()), 1, images);
    }

    /** Returns the type of index that a kernel needs for a number of elements. */
    String index(long numel) {
      boolean fits = Arrays.stream(geometry).allMatch(size -> size < MOST_SHORT);
      return fits ? Layouts.index(numel) : "long long";
    }

    /** Returns what is between the angles of a kernel's name. */
    String types(long numel) {
      return "<" + Types.of(dtype) + ", " + index(numel) + ">";
    }

    private long at(long base, long index, long elements) {
      return base + index * elements * dtype.size();
    }
  }

  /** What is done with some images, from one on, and their columns. */
  @FunctionalInterface
  private interface Task {
    void run(long from, long count, long columns);
  }

  /** Runs a task on some images after the others, with memory for their columns. */
  private void forImages(Sizes s, long images, Task task) {
    long some = s.isPointwise() ? s.images : s.atOnce();
    try (var memory = device.workspace(s.isPointwise() ? 1 : some * s.columnBytes())) {
      for (long from = 0; from < s.images; from += some) {
        long count = Math.min(some, s.images - from);
        long first = s.at(images, from, s.groups * s.channels * s.pixels);
        task.run(from, count, s.isPointwise() ? first : memory.address());
      }
    }
  }

  /** Fills the columns of images. */
  private void columns(Sizes s, long images, long from, long count, long columns) {
    if (!s.isPointwise()) {
      columns(s, images, from, count, 1, columns);
    }
  }

  /** Fills the columns of images, so many of which lie side by side: 1, or all. */
  private void columns(Sizes s, long images, long from, long count, long beside, long columns) {
    long numel = count * s.groups * s.depth * s.places;
    device
        .launch(FILE, "im2col" + s.types(numel))
        .integer(numel)
        .struct(s.geometry)
        .integer(beside)
        .integer(s.groups * s.channels)
        .address(s.at(images, from, s.groups * s.channels * s.pixels))
        .address(columns)
        .share(numel);
  }

  /** The two ways through images and groups: the longer one is a batch of one call. */
  @FunctionalInterface
  private interface Batch {
    void run(long image, long group, boolean images, long count);
  }

  private static void batches(long images, long groups, Batch batch) {
    if (images >= groups) {
      for (long group = 0; group < groups; group++) {
        batch.run(0, group, true, images);
      }
    } else {
      for (long image = 0; image < images; image++) {
        batch.run(image, 0, false, groups);
      }
    }
  }

  /** Matrices of images and groups, from one on; in a batch of images or of groups. */
  private static Products.Block block(
      Sizes s, long base, long image, long group, boolean images, long rows, long columns) {
    long each = rows * columns;
    return new Products.Block(
        s.at(base, image * s.groups + group, each),
        rows,
        columns,
        false,
        images ? s.groups * each : each);
  }

  /** The weight of a group, the same for all images. */
  private static Products.Block weight(
      Sizes s, long base, long group, boolean images, boolean turned) {
    long each = s.features * s.depth;
    return new Products.Block(
        s.at(base, group, each), s.features, s.depth, turned, images ? 0 : each);
  }

  /** The products are added to the bias, which each element of the result is before. */
  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    Sizes s = Sizes.of(x.shape(), weight.shape(), y.shape(), window, groups, y.dtype());
    if (bias != null) {
      Layout images = bias.layout().unsqueeze(1).unsqueeze(2).expand(y.shape());
      elementwise.copy(bias.with(images), y);
    }
    if (s.depth == 0) {
      if (bias == null) {
        clear(y);
      }
      return;
    }
    double beta = bias == null ? 0 : 1;
    long px = CudaDevice.address(x);
    long pw = CudaDevice.address(weight);
    long py = CudaDevice.address(y);
    forImages(
        s,
        px,
        (from, some, columns) -> {
          columns(s, px, from, some, columns);
          batches(
              some,
              s.groups,
              (image, group, images, count) ->
                  products.multiply(
                      s.dtype,
                      count,
                      weight(s, pw, group, images, false),
                      block(s, columns, image, group, images, s.depth, s.places),
                      beta,
                      block(s, py, from + image, group, images, s.features, s.places)));
        });
    keep(x, weight, y);
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    if (g.numel() == 0 || gx.numel() == 0) {
      clear(gx);
      return;
    }
    Sizes s = Sizes.of(gx.shape(), weight.shape(), g.shape(), window, groups, gx.dtype());
    long pg = CudaDevice.address(g);
    long pw = CudaDevice.address(weight);
    long pgx = CudaDevice.address(gx);
    forImages(
        s,
        pgx,
        (from, some, columns) -> {
          batches(
              some,
              s.groups,
              (image, group, images, count) ->
                  products.multiply(
                      s.dtype,
                      count,
                      weight(s, pw, group, images, true),
                      block(s, pg, from + image, group, images, s.features, s.places),
                      0,
                      block(s, columns, image, group, images, s.depth, s.places)));
          if (!s.isPointwise()) {
            long numel = some * s.groups * s.channels * s.pixels;
            device
                .launch(FILE, "col2im" + s.types(numel))
                .integer(numel)
                .struct(s.geometry)
                .address(columns)
                .address(s.at(pgx, from, s.groups * s.channels * s.pixels))
                .share(numel);
          }
        });
    keep(g, weight, gx);
  }

  /**
   * One product for some images: their columns lie side by side, and so do the gradients, which are
   * put so first. One for each image would have few elements in its result, and few blocks at work.
   */
  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    if (g.numel() == 0 || x.numel() == 0) {
      clear(gw);
      return;
    }
    Sizes s = Sizes.of(x.shape(), gw.shape(), g.shape(), window, groups, gw.dtype());
    long pg = CudaDevice.address(g);
    long px = CudaDevice.address(x);
    long pgw = CudaDevice.address(gw);
    long rows = s.groups * s.features;
    long some = s.atOnce();
    boolean single = some == 1;
    try (var memory = device.workspace(single && s.isPointwise() ? 1 : some * s.columnBytes());
        var turned = device.workspace(single ? 1 : s.at(0, some, rows * s.places))) {
      for (long from = 0; from < s.images; from += some) {
        long count = Math.min(some, s.images - from);
        long columns = memory.address();
        long slopes = turned.address();
        if (single) {
          slopes = s.at(pg, from, rows * s.places);
          columns = s.isPointwise() ? s.at(px, from, s.groups * s.depth * s.places) : columns;
          columns(s, px, from, 1, columns);
        } else {
          columns(s, px, from, count, count, columns);
          sideBySide(s, g, from, count, turned.storage());
        }
        long length = count * s.places;
        products.multiply(
            s.dtype,
            s.groups,
            new Products.Block(slopes, s.features, length, false, s.features * length),
            new Products.Block(columns, s.depth, length, true, s.depth * length),
            from == 0 ? 0 : 1,
            weight(s, pgw, 0, false, false));
      }
    }
    keep(g, x, gw);
  }

  /** Copies images (count, rows, places) from one on to (rows, count, places). */
  private void sideBySide(Sizes s, Strided g, long from, long count, Storage to) {
    long rows = s.groups * s.features;
    Shape shape = Shape.of(rows, count, s.places);
    long start = g.layout().offset() + from * rows * s.places;
    Layout some = Layout.of(shape, new long[] {s.places, rows * s.places, 1}, start);
    Layout all = Layout.of(shape, new long[] {count * s.places, s.places, 1}, 0);
    elementwise.copy(g.with(some), new Strided(to, s.dtype, all));
  }

  /** Keeps memory that was known by its address from being collected until now. */
  private static void keep(Strided... operands) {
    for (Strided operand : operands) {
      Reference.reachabilityFence(operand.storage());
    }
  }

  private void clear(Strided x) {
    device.fill(CudaDevice.address(x), 0, x.numel() * x.dtype().size());
  }

  /** The maximum of each window and its position. */
  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    if (y.numel() == 0) {
      return;
    }
    Sizes s = Sizes.of(x.shape(), y.shape(), y.shape(), window, 1, x.dtype());
    device
        .launch(FILE, "max_pool" + s.types(y.numel()))
        .integer(y.numel())
        .struct(s.geometry)
        .pointer(x)
        .pointer(y)
        .pointer(positions)
        .share(y.numel());
  }

  /**
   * The sums of what has the same position in a plane. Halves add up in float32, and are rounded
   * once at last.
   */
  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    if (x.numel() == 0) {
      return;
    }
    if (Halves.isHalf(x.dtype())) {
      Elementwise.withTemporary(
          x.like(x.shape(), DType.FLOAT32),
          wide -> {
            unpool(g, positions, wide);
            elementwise.copy(wide, x);
          });
    } else {
      unpool(g, positions, x);
    }
  }

  private void unpool(Strided g, Strided positions, Strided x) {
    clear(x);
    if (g.numel() > 0) {
      device
          .launch(FILE, "max_unpool<" + Types.of(g) + ", " + Layouts.index(g.numel()) + ">")
          .integer(g.numel())
          .integer(g.layout().size(2) * g.layout().size(3))
          .integer(x.layout().size(2) * x.layout().size(3))
          .pointer(g)
          .pointer(positions)
          .pointer(x)
          .share(g.numel());
    }
  }
}
