package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of images as they lie, without a matrix of patches, where that is the faster way:
 * with vectors of 32 bytes at least, many features, and windows that move by single pixels (of the
 * kernels' gradient by any number) along rows that are not too short.
 */
final class DirectConvolution {
  /** Multiplications that are worth another thread. */
  private static final double GRAIN = 1 << 20;

  /** Elements of a kernel between which this is the faster way; measured on 9 shapes. */
  private static final long SHALLOWEST = 64;

  private static final long DEEPEST = 1152;

  private static final long FEWEST_ROWS = 8;

  /** How much of the rows that are computed has to be results. */
  private static final double USED = 0.85;

  /** How much of the vectors of a pixel's channels has to be channels. */
  private static final double FILLED = 0.6;

  /** How many times as large as the images or results a frame around them may be. */
  private static final double LARGEST_FRAME = 4;

  private final WorkerTeam team;
  private final Elementwise elementwise;

  DirectConvolution(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  /** Looked at when it is first wanted, as the kernels are loaded then. */
  private static final class Vectors {
    static final long BYTES = ProductCalls.vectorBytes();
  }

  /** One group of one convolution with a stride of 1. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and nobody else sees it
  private record Plan(DType dtype, long features, boolean turned, long[] geometry) {
    static Plan of(Shape x, Shape weight, Shape y, Window window, int groups, DType dtype) {
      return new Plan(dtype, weight.size(0) / groups, false, window.geometry(weight.size(1), x, y));
    }

    /** The gradient of a convolution is one with the kernels turned around. */
    static Plan turned(Shape g, Shape weight, Shape gx, Window window, int groups, DType dtype) {
      long high = (window.kernelHeight() - 1) * window.dilationHeight() - window.paddingHeight();
      long wide = (window.kernelWidth() - 1) * window.dilationWidth() - window.paddingWidth();
      Window back =
          new Window(
              window.kernelHeight(),
              window.kernelWidth(),
              window.strideHeight(),
              window.strideWidth(),
              high,
              wide,
              window.dilationHeight(),
              window.dilationWidth());
      return new Plan(dtype, weight.size(1), true, back.geometry(weight.size(0) / groups, g, gx));
    }

    long depth() {
      return geometry[0] * geometry[3] * geometry[4];
    }

    long places() {
      return geometry[11] * geometry[12];
    }

    private double pitch() {
      return geometry[12] + (geometry[4] - 1.0) * geometry[10];
    }

    private double frame(long rows) {
      return geometry[0] * (rows + (geometry[3] - 1.0) * geometry[9]) * pitch();
    }

    boolean isWorthwhile() {
      double most = geometry[0] * (double) Math.max(geometry[1] * geometry[2], places());
      return Vectors.BYTES >= 32
          && geometry[5] == 1
          && geometry[6] == 1
          && geometry[7] >= 0
          && geometry[8] >= 0
          && features >= FEWEST_ROWS
          && depth() >= SHALLOWEST
          && depth() <= DEEPEST
          && geometry[12] >= USED * pitch()
          && frame(geometry[11]) <= LARGEST_FRAME * most;
    }

    long packedBytes() {
      return (features + 7) * depth() * dtype.size();
    }

    long workBytes(long rows) {
      return depth() * Long.BYTES + ((long) frame(rows)) * dtype.size() + 128;
    }
  }

  /** Computes y if this is the faster way. */
  boolean forward(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    Plan plan = Plan.of(x.shape(), weight.shape(), y.shape(), window, groups, y.dtype());
    if (!plan.isWorthwhile()) {
      return false;
    }
    run(plan, groups, x, weight, bias, y);
    return true;
  }

  /** Computes gx if this is the faster way. */
  boolean inputGradient(Strided g, Strided weight, Window window, int groups, Strided gx) {
    Plan plan = Plan.turned(g.shape(), weight.shape(), gx.shape(), window, groups, gx.dtype());
    if (!plan.isWorthwhile()) {
      return false;
    }
    run(plan, groups, g, weight, null, gx);
    return true;
  }

  /** Images are shared out, and if there are few of them the rows of their results. */
  private void run(
      Plan plan, int groups, Strided x, Strided weight, @Nullable Strided bias, Strided y) {
    long images = x.shape().size(0);
    long height = plan.geometry[11];
    double work = (double) groups * plan.features * plan.depth() * plan.places();
    long threads = (long) Math.clamp(images * work / GRAIN, 1, team.threads());
    long bands = images >= threads ? 1 : Math.min(height, (threads + images - 1) / images);
    long each = plan.packedBytes();
    MemorySegment px = x.pointer();
    MemorySegment pw = weight.pointer();
    MemorySegment py = y.pointer();
    MemorySegment pb = bias == null ? null : bias.pointer();
    long size = plan.dtype.size();
    long stepX = plan.geometry[0] * plan.geometry[1] * plan.geometry[2];
    long stepY = plan.features * plan.places();
    try (Scratch geometry = ImageCalls.stored(plan.geometry);
        Scratch packed = Scratch.take(groups * each)) {
      MemorySegment sizes = geometry.segment();
      MemorySegment kernels = packed.segment();
      for (long group = 0; group < groups; group++) {
        ImageCalls.conv2dPack(
            plan.dtype,
            sizes,
            plan.features,
            plan.turned,
            pw.asSlice(group * plan.features * plan.depth() * size),
            kernels.asSlice(group * each));
      }
      team.run(
          images * bands,
          Grain.positions(GRAIN, work / bands),
          (from, to) -> {
            try (Scratch memory = Scratch.take(plan.workBytes((height + bands - 1) / bands))) {
              for (long i = from; i < to; i = bands == 1 ? to : i + 1) {
                long band = i % bands;
                for (long group = 0; group < groups; group++) {
                  long place = i / bands * groups + group;
                  ImageCalls.conv2d(
                      plan.dtype,
                      sizes,
                      bands == 1 ? to - from : 1,
                      groups * stepX,
                      groups * stepY,
                      plan.features,
                      height * band / bands,
                      height * (band + 1) / bands,
                      px.asSlice(place * stepX * size),
                      kernels.asSlice(group * each),
                      pb == null ? MemorySegment.NULL : pb.asSlice(group * plan.features * size),
                      py.asSlice(place * stepY * size),
                      memory.segment());
                }
              }
            }
          });
    }
  }

  /**
   * Computes the gradient of the kernels if this is the faster way: in parts, {@code each} images
   * in each, which are then added up. A single part is left to products that threads can share.
   */
  boolean weightGradient(
      Strided g, Strided x, Window window, int groups, Strided gw, long parts, long each) {
    DType dtype = gw.dtype();
    long[] geometry = window.geometry(gw.shape().size(1), x.shape(), g.shape());
    long channels = geometry[0];
    long lanes = Vectors.BYTES / dtype.size();
    long wide = (channels + lanes - 1) / lanes * lanes;
    double frame =
        (geometry[1] + 2.0 * geometry[7]) * (geometry[2] + 2.0 * geometry[8]) * (double) wide;
    double most = wide * (double) Math.max(geometry[1] * geometry[2], geometry[11] * geometry[12]);
    if (Vectors.BYTES < 32
        || channels < FILLED * wide
        || frame > LARGEST_FRAME * most
        || parts == 1) {
      return false;
    }
    long images = x.shape().size(0);
    long features = gw.shape().size(0) / groups;
    long taps = geometry[3] * geometry[4];
    long stepX = channels * geometry[1] * geometry[2];
    long stepG = features * geometry[11] * geometry[12];
    long size = dtype.size();
    long count = gw.numel();
    double work = (double) count * geometry[11] * geometry[12] * each;
    MemorySegment pg = g.pointer();
    MemorySegment px = x.pointer();
    try (Scratch stored = ImageCalls.stored(geometry);
        Scratch sums = Scratch.take((parts + 1) * count * size)) {
      MemorySegment base = sums.segment();
      team.run(
          parts,
          Grain.positions(GRAIN, work),
          (from, to) -> {
            try (Scratch memory = Scratch.take(((long) frame) * size)) {
              for (long part = from; part < to; part++) {
                long first = part * each;
                for (long group = 0; group < groups; group++) {
                  long place = first * groups + group;
                  ImageCalls.conv2dWeight(
                      dtype,
                      stored.segment(),
                      Math.min(each, images - first),
                      groups * stepG,
                      groups * stepX,
                      features,
                      pg.asSlice(place * stepG * size),
                      px.asSlice(place * stepX * size),
                      base.asSlice((part * count + group * features * taps * channels) * size),
                      memory.segment());
                }
              }
            }
          });
      MemorySegment total = base.asSlice(parts * count * size);
      Kernels.reduce(ReduceOp.SUM, dtype, 1, parts, count, base, 0, count, 1, total);
      long[] sizes = {groups * features, channels, taps};
      long[] strides = {taps * channels, 1, channels};
      long[] contiguous = {taps * channels, taps, 1};
      elementwise.copy(dtype, total, dtype, gw.pointer(), LoopNest.of(sizes, strides, contiguous));
    }
    return true;
  }
}
