package dev.chagres.backend.cpu;

import dev.chagres.backend.ImageKernels;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of images as matrix products, where {@link DirectConvolution} is not the faster way:
 * the windows of an image become the columns of a matrix, which the weight multiplies. Images are
 * shared out over the threads; a single one leaves them to the product, and so do images with few
 * results, whose columns are one matrix. A 1x1 window that takes every pixel needs no columns.
 */
final class Convolution implements ImageKernels {
  /** Multiplications that are worth another thread. */
  private static final double GRAIN = 1 << 20;

  /** At most so many partial sums of a weight's gradient, and so many bytes of them. */
  private static final long PARTS = 16;

  private static final long PART_BYTES = 1 << 24;

  /** Results of an image up to which images make one matrix with others, and how many all have. */
  private static final long NARROW = 64;

  private static final long MOST_COLUMNS = 256;

  /**
   * Elements of a weight from which that is worth the copies, and of a matrix of columns at most.
   */
  private static final long LARGE_WEIGHT = 1 << 16;

  private static final long MOST_ELEMENTS = 1 << 24;

  /** Elements of columns that are worth another thread. */
  private static final long COPIED = 1 << 15;

  private final WorkerTeam team;
  private final Gemm gemm;
  private final Elementwise elementwise;
  private final DirectConvolution direct;
  private final BesideConvolution beside;
  private final Pooling pooling;

  Convolution(WorkerTeam team, Gemm gemm, Elementwise elementwise) {
    this.team = team;
    this.gemm = gemm;
    this.elementwise = elementwise;
    direct = new DirectConvolution(team, elementwise);
    beside = new BesideConvolution(team);
    pooling = new Pooling(team, elementwise);
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
      long[] geometry = window.geometry(channels, image, result);
      return new Sizes(
          dtype,
          image.size(0),
          groups,
          channels,
          weight.size(0) / groups,
          channels * window.kernelHeight() * window.kernelWidth(),
          image.size(2) * image.size(3),
          result.size(2) * result.size(3),
          geometry);
    }

    /** Returns whether the columns of an image are the image itself. */
    boolean isPointwise() {
      boolean one = geometry[3] == 1 && geometry[4] == 1 && geometry[5] == 1 && geometry[6] == 1;
      return one && geometry[7] == 0 && geometry[8] == 0;
    }

    long columnBytes() {
      return isPointwise()
          ? 0
          : Math.multiplyExact(Math.multiplyExact(depth, places), (long) dtype.size());
    }

    double work() {
      return (double) groups * features * depth * places;
    }

    /** Whether a large weight would be read for each of several images with few results. */
    boolean isNarrow() {
      return images > 1 && places <= NARROW && features * depth >= LARGE_WEIGHT;
    }

    private MemorySegment slice(MemorySegment base, long index, long elements) {
      return base.asSlice(index * elements * dtype.size());
    }

    /** Returns the channels of one group of one image. */
    MemorySegment image(MemorySegment base, long image, long group) {
      return slice(base, image * groups + group, channels * pixels);
    }

    Matrix weight(MemorySegment base, long group) {
      return Matrix.contiguous(slice(base, group, features * depth), dtype, features, depth);
    }

    /** Returns the features of one group of one result. */
    Matrix result(MemorySegment base, long image, long group) {
      return Matrix.contiguous(
          slice(base, image * groups + group, features * places), dtype, features, places);
    }

    Matrix columns(MemorySegment base) {
      return Matrix.contiguous(base, dtype, depth, places);
    }
  }

  /** What is done with some images, with memory for the columns of one. */
  @FunctionalInterface
  private interface ImageTask {
    void run(long image, MemorySegment geometry, MemorySegment columns);
  }

  private static void forImages(Sizes sizes, long from, long to, ImageTask task) {
    try (Scratch geometry = ImageCalls.stored(sizes.geometry);
        Scratch columns = Scratch.take(sizes.columnBytes())) {
      for (long image = from; image < to; image++) {
        task.run(image, geometry.segment(), columns.segment());
      }
    }
  }

  private void share(Sizes sizes, ImageTask task) {
    team.run(
        sizes.images,
        Grain.positions(GRAIN, sizes.work()),
        (from, to) -> forImages(sizes, from, to, task));
  }

  /** Returns the columns of one group of one image. */
  private static Matrix columns(
      Sizes sizes, MemorySegment image, MemorySegment geometry, MemorySegment memory) {
    if (sizes.isPointwise()) {
      return sizes.columns(image);
    }
    ImageCalls.im2col(sizes.dtype, geometry, sizes.places, image, memory);
    return sizes.columns(memory);
  }

  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    elementwise.inFloat32(
        bias == null ? new Strided[] {x, weight, y} : new Strided[] {x, weight, bias, y},
        wide -> {
          Strided level = bias == null ? null : wide[2];
          forward(wide[0], wide[1], level, window, groups, wide[wide.length - 1]);
        });
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    elementwise.inFloat32(
        new Strided[] {g, weight, gx},
        wide -> inputGradient(wide[0], wide[1], window, groups, wide[2]));
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    elementwise.inFloat32(
        new Strided[] {g, x, gw},
        wide -> weightGradient(wide[0], wide[1], window, groups, wide[2]));
  }

  private void forward(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    if (y.numel() == 0
        || direct.forward(x, weight, bias, window, groups, y)
        || beside.forward(x, weight, bias, window, groups, y)) {
      return;
    }
    Sizes sizes = Sizes.of(x.shape(), weight.shape(), y.shape(), window, groups, y.dtype());
    MemorySegment px = x.pointer();
    MemorySegment pw = weight.pointer();
    MemorySegment py = y.pointer();
    MemorySegment pb = bias == null ? null : bias.pointer();
    if (sizes.isNarrow()) {
      forBlocks(
          sizes,
          block -> {
            block.read(px);
            if (pb != null) {
              block.spread(pb.asSlice(block.group * sizes.features * sizes.dtype.size()));
            }
            Matrix columns = block.columns();
            gemm.multiply(
                1, sizes.weight(pw, block.group), columns, pb == null ? 0 : 1, block.results());
            block.results(py, true);
          });
      return;
    }
    LoopNest spread =
        LoopNest.of(
            new long[] {sizes.features, sizes.places},
            new long[] {1, 0},
            new long[] {sizes.places, 1});
    share(
        sizes,
        (image, geometry, memory) -> {
          for (long group = 0; group < sizes.groups; group++) {
            Matrix columns = columns(sizes, sizes.image(px, image, group), geometry, memory);
            Matrix result = sizes.result(py, image, group);
            if (pb != null) {
              MemorySegment values = pb.asSlice(group * sizes.features * sizes.dtype.size());
              elementwise.copy(sizes.dtype, values, sizes.dtype, result.at(), spread);
            }
            gemm.multiply(1, sizes.weight(pw, group), columns, pb == null ? 0 : 1, result);
          }
        });
  }

  private void inputGradient(Strided g, Strided weight, Window window, int groups, Strided gx) {
    if (g.numel() == 0 || gx.numel() == 0) {
      clear(gx);
      return;
    }
    if (direct.inputGradient(g, weight, window, groups, gx)
        || beside.inputGradient(g, weight, window, groups, gx)) {
      return;
    }
    Sizes sizes = Sizes.of(gx.shape(), weight.shape(), g.shape(), window, groups, gx.dtype());
    MemorySegment pg = g.pointer();
    MemorySegment pw = weight.pointer();
    MemorySegment pgx = gx.pointer();
    if (sizes.isNarrow()) {
      forBlocks(
          sizes,
          block -> {
            block.results(pg, false);
            Matrix weights = sizes.weight(pw, block.group).transposed();
            gemm.multiply(1, weights, block.results(), 0, block.columns());
            block.write(pgx);
          });
      return;
    }
    share(
        sizes,
        (image, geometry, memory) -> {
          for (long group = 0; group < sizes.groups; group++) {
            MemorySegment into = sizes.image(pgx, image, group);
            Matrix columns = sizes.columns(sizes.isPointwise() ? into : memory);
            gemm.multiply(
                1,
                sizes.weight(pw, group).transposed(),
                sizes.result(pg, image, group),
                0,
                columns);
            if (!sizes.isPointwise()) {
              ImageCalls.col2im(sizes.dtype, geometry, sizes.places, memory, into);
            }
          }
        });
  }

  /**
   * Adds up the images' shares in parts that depend on the sizes only, so that the sum does not
   * depend on threads.
   */
  private void weightGradient(Strided g, Strided x, Window window, int groups, Strided gw) {
    if (g.numel() == 0 || x.numel() == 0) {
      clear(gw);
      return;
    }
    Sizes sizes = Sizes.of(x.shape(), gw.shape(), g.shape(), window, groups, gw.dtype());
    long bytes = gw.numel() * gw.dtype().size();
    long parts = Math.clamp(PART_BYTES / bytes, 1, Math.min(PARTS, sizes.images));
    long each = (sizes.images + parts - 1) / parts;
    long used = (sizes.images + each - 1) / each;
    if (beside.weightGradient(g, x, window, groups, gw)
        || direct.weightGradient(g, x, window, groups, gw, used, each)) {
      return;
    }
    MemorySegment pg = g.pointer();
    MemorySegment px = x.pointer();
    if (sizes.isNarrow()) {
      forBlocks(
          sizes,
          block -> {
            block.read(px);
            block.results(pg, false);
            Matrix sum = sizes.weight(gw.pointer(), block.group);
            Matrix columns = block.columns().transposed();
            gemm.multiply(1, block.results(), columns, block.first == 0 ? 0 : 1, sum);
          });
      return;
    }
    if (used == 1) {
      weightGradient(sizes, pg, px, 0, sizes.images, gw.pointer());
      return;
    }
    try (Scratch sums = Scratch.take(used * bytes)) {
      MemorySegment base = sums.segment();
      team.run(
          used,
          Grain.positions(GRAIN, sizes.work() * each),
          (from, to) -> {
            for (long part = from; part < to; part++) {
              long end = Math.min(sizes.images, (part + 1) * each);
              weightGradient(sizes, pg, px, part * each, end, base.asSlice(part * bytes));
            }
          });
      Kernels.reduce(
          ReduceOp.SUM, gw.dtype(), 1, used, gw.numel(), base, 0, gw.numel(), 1, gw.pointer());
    }
  }

  private void weightGradient(
      Sizes sizes, MemorySegment g, MemorySegment x, long from, long to, MemorySegment gw) {
    forImages(
        sizes,
        from,
        to,
        (image, geometry, memory) -> {
          for (long group = 0; group < sizes.groups; group++) {
            Matrix columns = columns(sizes, sizes.image(x, image, group), geometry, memory);
            double kept = image == from ? 0 : 1;
            gemm.multiply(
                1,
                sizes.result(g, image, group),
                columns.transposed(),
                kept,
                sizes.weight(gw, group));
          }
        });
  }

  // ---- images that make one matrix with others

  @FunctionalInterface
  private interface BlockTask {
    void run(Block block);
  }

  /** Runs a task for one block of images after the other, whose steps the threads share. */
  private void forBlocks(Sizes sizes, BlockTask task) {
    long columns = Math.min(MOST_COLUMNS, MOST_ELEMENTS / sizes.depth);
    long most = Math.clamp(columns / sizes.places, 1, sizes.images);
    long each = Math.ceilDiv(sizes.images, Math.ceilDiv(sizes.images, most));
    long bytes = each * sizes.places * sizes.dtype.size();
    try (Scratch geometry = ImageCalls.stored(sizes.geometry);
        Scratch windows = Scratch.take(Math.multiplyExact(sizes.depth, bytes));
        Scratch results = Scratch.take(Math.multiplyExact(sizes.features, bytes))) {
      for (long first = 0; first < sizes.images; first += each) {
        long count = Math.min(each, sizes.images - first);
        for (long group = 0; group < sizes.groups; group++) {
          task.run(
              new Block(
                  sizes,
                  group,
                  first,
                  count,
                  geometry.segment(),
                  windows.segment(),
                  results.segment()));
        }
      }
    }
  }

  /** One group of some images, whose windows and results lie side by side in rows. */
  private final class Block {
    final Sizes sizes;
    final long group;
    final long first;
    final long count;
    private final MemorySegment geometry;
    private final MemorySegment windows;
    private final MemorySegment results;

    Block(
        Sizes sizes,
        long group,
        long first,
        long count,
        MemorySegment geometry,
        MemorySegment windows,
        MemorySegment results) {
      this.sizes = sizes;
      this.group = group;
      this.first = first;
      this.count = count;
      this.geometry = geometry;
      this.windows = windows;
      this.results = results;
    }

    private long width() {
      return count * sizes.places;
    }

    Matrix columns() {
      return Matrix.contiguous(windows, sizes.dtype, sizes.depth, width());
    }

    Matrix results() {
      return Matrix.contiguous(results, sizes.dtype, sizes.features, width());
    }

    private MemorySegment part(MemorySegment rows, long image) {
      return rows.asSlice(image * sizes.places * sizes.dtype.size());
    }

    /** Does something with each image, shared out. */
    private void each(long elements, LongConsumer task) {
      team.run(
          count,
          Math.max(1, COPIED / (elements * sizes.places)),
          (from, to) -> {
            for (long image = from; image < to; image++) {
              task.accept(image);
            }
          });
    }

    /** Lays out the windows of images. */
    void read(MemorySegment images) {
      each(
          sizes.depth,
          image ->
              ImageCalls.im2col(
                  sizes.dtype,
                  geometry,
                  width(),
                  sizes.image(images, first + image, group),
                  part(windows, image)));
    }

    /** Adds up windows to images. */
    void write(MemorySegment images) {
      each(
          sizes.depth,
          image ->
              ImageCalls.col2im(
                  sizes.dtype,
                  geometry,
                  width(),
                  part(windows, image),
                  sizes.image(images, first + image, group)));
    }

    /** Copies rows to the images' results, or these to the rows. */
    void results(MemorySegment images, boolean out) {
      long[] shape = {sizes.features, sizes.places};
      long[] apart = {width(), 1};
      long[] dense = {sizes.places, 1};
      LoopNest copy = out ? LoopNest.of(shape, apart, dense) : LoopNest.of(shape, dense, apart);
      each(
          sizes.features,
          image -> {
            MemorySegment own = sizes.result(images, first + image, group).at();
            MemorySegment row = part(results, image);
            elementwise.copy(sizes.dtype, out ? row : own, sizes.dtype, out ? own : row, copy);
          });
    }

    /** Sets every row of the results to a number of its own. */
    void spread(MemorySegment numbers) {
      LoopNest rows =
          LoopNest.of(
              new long[] {sizes.features, width()}, new long[] {1, 0}, new long[] {width(), 1});
      elementwise.copy(sizes.dtype, numbers, sizes.dtype, results, rows);
    }
  }

  private static void clear(Strided x) {
    x.pointer().asSlice(0, x.numel() * x.dtype().size()).fill((byte) 0);
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    pooling.maxPool2d(x, window, y, positions);
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    pooling.maxUnpool2d(g, positions, x);
  }
}
