package dev.chagres.backend.cpu;

import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of many images that lie side by side in vectors, where that is the faster way: of
 * whole vectors of images, with many features, where a stride or short rows keep {@link
 * DirectConvolution} from reading images as they lie. Each place of the results is a sum of its
 * own, of those taps that meet the image. The threads share the kernels.
 */
final class BesideConvolution {
  /** Multiplications that are worth another thread. */
  private static final double GRAIN = 1 << 20;

  /** Elements to lay out that are worth another thread. */
  private static final long COPIED = 1 << 15;

  /** How much of the vectors have to be images, or channels. */
  private static final double FILLED = 0.6;

  private static final long FEWEST_ROWS = 8;

  /** Products of a sum below which laying out what they are made of costs more than that gains. */
  private static final long SHALLOWEST = 64;

  /** Bytes of the images that lie side by side, at most. */
  private static final long MOST_BYTES = 1 << 22;

  /** Places of a channel's images that are laid out at once for the gradient of kernels. */
  private static final long PLACES = 1 << 12;

  private static final long MOST_IMAGES = 256;

  /** Places of an image's results up to which pixels are laid out that no kernel meets. */
  private static final long FEW_PLACES = 4;

  private final WorkerTeam team;

  BesideConvolution(WorkerTeam team) {
    this.team = team;
  }

  /** Looked at when it is first wanted, as the kernels are loaded then. */
  private static final class Vectors {
    static final long BYTES = ProductCalls.vectorBytes();
    static final long ROWS = ImageCalls.besideRows();
  }

  private static long lanes(DType dtype) {
    return Vectors.BYTES / dtype.size();
  }

  /** With vectors of 32 bytes at least there are two in a row of a tile. */
  private static long panel(DType dtype) {
    return 2 * lanes(dtype);
  }

  private static boolean isFilled(long count, long lanes) {
    return count >= FILLED * (Math.ceilDiv(count, lanes) * lanes);
  }

  /** One group of a convolution, or of the gradient of its images. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and nobody else sees it
  private record Plan(
      DType dtype, boolean back, long images, long groups, long features, long[] geometry) {

    static Plan of(
        Shape image, Shape weight, Shape result, Window window, int groups, DType dtype) {
      long[] geometry = window.geometry(weight.size(1), image, result);
      return new Plan(dtype, false, image.size(0), groups, weight.size(0) / groups, geometry);
    }

    Plan turned() {
      return new Plan(dtype, true, images, groups, features, geometry);
    }

    long taps() {
      return geometry[3] * geometry[4];
    }

    /** Channels of what the results are sums of. */
    long depth() {
      return back ? features : geometry[0];
    }

    long rows() {
      return back ? geometry[0] : features;
    }

    long tiles() {
      return Math.ceilDiv(rows(), Vectors.ROWS);
    }

    long imagePixels() {
      return geometry[1] * geometry[2];
    }

    long resultPixels() {
      return geometry[11] * geometry[12];
    }

    long sources() {
      return back ? resultPixels() : imagePixels();
    }

    long places() {
      return back ? imagePixels() : resultPixels();
    }

    /** Images that lie side by side at once. */
    long beside() {
      return Math.min(images, panel(dtype));
    }

    long besideBytes() {
      long wide = Math.ceilDiv(beside(), lanes(dtype)) * Vectors.BYTES;
      return Math.multiplyExact(Math.multiplyExact(depth(), wide) + Vectors.BYTES, sources());
    }

    boolean isWorthwhile() {
      return Vectors.BYTES >= 32
          && Math.max(geometry[3], geometry[4]) <= ImageCalls.besideTaps()
          && isFilled(images, lanes(dtype))
          && rows() >= FEWEST_ROWS
          && !isSparse()
          && depth() * taps() >= SHALLOWEST
          && besideBytes() <= MOST_BYTES;
    }

    /** Whether there are pixels that no kernel meets, which would be laid out in vain. */
    boolean isSparse() {
      return geometry[3] < geometry[5] || geometry[4] < geometry[6];
    }

    double work() {
      return (double) features * geometry[0] * taps() * resultPixels();
    }
  }

  /** Computes y if this is the faster way. */
  boolean forward(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    Plan plan = Plan.of(x.shape(), weight.shape(), y.shape(), window, groups, y.dtype());
    if (!plan.isWorthwhile()) {
      return false;
    }
    run(plan, x, weight, bias, y);
    return true;
  }

  /** Computes gx if this is the faster way. */
  boolean inputGradient(Strided g, Strided weight, Window window, int groups, Strided gx) {
    Plan plan = Plan.of(gx.shape(), weight.shape(), g.shape(), window, groups, gx.dtype()).turned();
    if (!plan.isWorthwhile()) {
      return false;
    }
    run(plan, g, weight, null, gx);
    return true;
  }

  private void run(Plan plan, Strided x, Strided weight, @Nullable Strided bias, Strided y) {
    DType dtype = plan.dtype;
    long size = dtype.size();
    long tiles = plan.tiles();
    long kernels = plan.features * plan.geometry[0] * plan.taps();
    long stepX = plan.groups * plan.depth() * plan.sources();
    long stepY = plan.groups * plan.rows() * plan.places();
    MemorySegment px = x.pointer();
    MemorySegment pw = weight.pointer();
    MemorySegment py = y.pointer();
    MemorySegment pb = bias == null ? null : bias.pointer();
    try (Scratch geometry = ImageCalls.stored(plan.geometry);
        Scratch images = Scratch.take(plan.besideBytes())) {
      for (long group = 0; group < plan.groups; group++) {
        MemorySegment groupKernels = pw.asSlice(group * kernels * size);
        MemorySegment level =
            pb == null ? MemorySegment.NULL : pb.asSlice(group * plan.features * size);
        for (long first = 0; first < plan.images; first += plan.beside()) {
          long count = Math.min(plan.beside(), plan.images - first);
          MemorySegment from0 =
              px.asSlice((first * stepX + group * plan.depth() * plan.sources()) * size);
          MemorySegment to0 =
              py.asSlice((first * stepY + group * plan.rows() * plan.places()) * size);
          team.run(
              plan.depth(),
              Math.max(1, COPIED / (count * plan.sources())),
              (from, to) ->
                  ImageCalls.besideImages(
                      dtype,
                      plan.depth(),
                      plan.sources(),
                      count,
                      stepX,
                      from,
                      to,
                      from0,
                      images.segment()));
          team.run(
              tiles,
              Grain.positions(GRAIN, count * plan.work() / tiles),
              (from, to) -> {
                try (Scratch work = Scratch.take(ImageCalls.besideBytes())) {
                  ImageCalls.beside(
                      dtype,
                      geometry.segment(),
                      plan.features,
                      plan.back,
                      count,
                      stepY,
                      from,
                      to,
                      images.segment(),
                      groupKernels,
                      level,
                      to0,
                      work.segment());
                }
              });
        }
      }
    }
  }

  /** Computes the gradient of the kernels if this is the faster way. */
  boolean weightGradient(Strided g, Strided x, Window window, int groups, Strided gw) {
    Plan plan = Plan.of(x.shape(), gw.shape(), g.shape(), window, groups, gw.dtype());
    DType dtype = plan.dtype;
    long channels = plan.depth();
    if (Vectors.BYTES < 32
        || !isFilled(channels, lanes(dtype))
        || plan.features < FEWEST_ROWS
        || plan.imagePixels() > PLACES / lanes(dtype)
        || (plan.isSparse() && plan.resultPixels() > FEW_PLACES)) {
      return false;
    }
    long size = dtype.size();
    long tiles = plan.tiles();
    long width = panel(dtype);
    long panels = Math.ceilDiv(channels, width);
    long kernels = plan.features * channels * plan.taps();
    long each = Math.clamp(PLACES / plan.imagePixels(), 1, Math.min(plan.images, MOST_IMAGES));
    long stepX = plan.groups * channels * plan.imagePixels();
    long stepG = plan.groups * plan.features * plan.resultPixels();
    MemorySegment pg = g.pointer();
    MemorySegment px = x.pointer();
    MemorySegment pgw = gw.pointer();
    try (Scratch geometry = ImageCalls.stored(plan.geometry);
        Scratch images = Scratch.take(panels * width * plan.imagePixels() * each * size);
        Scratch slopes = Scratch.take(tiles * Vectors.ROWS * plan.resultPixels() * each * size)) {
      for (long group = 0; group < plan.groups; group++) {
        MemorySegment sums = pgw.asSlice(group * kernels * size);
        for (long first = 0; first < plan.images; first += each) {
          long begin = first;
          long count = Math.min(each, plan.images - first);
          MemorySegment ofX =
              px.asSlice((first * stepX + group * channels * plan.imagePixels()) * size);
          MemorySegment ofG =
              pg.asSlice((first * stepG + group * plan.features * plan.resultPixels()) * size);
          // Panels of the images and tiles of the slopes, one after the other.
          team.run(
              panels + tiles,
              Math.max(1, COPIED / (count * width * plan.imagePixels())),
              (from, to) -> {
                if (from < panels) {
                  ImageCalls.besideChannels(
                      dtype,
                      width,
                      channels,
                      plan.imagePixels(),
                      count,
                      stepX,
                      from,
                      Math.min(to, panels),
                      ofX,
                      images.segment());
                }
                if (to > panels) {
                  ImageCalls.besideChannels(
                      dtype,
                      Vectors.ROWS,
                      plan.features,
                      plan.resultPixels(),
                      count,
                      stepG,
                      Math.max(from, panels) - panels,
                      to - panels,
                      ofG,
                      slopes.segment());
                }
              });
          team.run(
              tiles,
              Grain.positions(GRAIN, count * plan.work() / tiles),
              (from, to) -> {
                try (Scratch work = Scratch.take(Vectors.ROWS * plan.taps() * width * size)) {
                  ImageCalls.besideWeight(
                      dtype,
                      geometry.segment(),
                      plan.features,
                      count,
                      from,
                      to,
                      slopes.segment(),
                      images.segment(),
                      begin > 0,
                      sums,
                      work.segment());
                }
              });
        }
      }
    }
    return true;
  }
}
