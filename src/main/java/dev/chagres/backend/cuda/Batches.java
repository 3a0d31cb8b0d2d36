package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Halves;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization of (rows, channels, n): sums over parts of the rows, by their sizes alone;
 * then what each channel is shifted and scaled by; then what is written.
 */
record Batches(CudaDevice device, Strided x, long rows, long channels, long n) {
  private static final String FILE = "norm.cu";
  private static final int MOST_BLOCKS = 1 << 16;

  /**
   * Numbers of a channel of which a part consists at least, and how many parts there are at most.
   */
  private static final long PART = 1 << 13;

  private static final long MOST_PARTS = 128;

  static Batches of(CudaDevice device, Strided x) {
    return new Batches(device, x, x.layout().size(0), x.layout().size(1), x.layout().size(2));
  }

  private double count() {
    return (double) rows * n;
  }

  void normalize(
      BatchNormForm form,
      @Nullable Strided weight,
      @Nullable Strided bias,
      @Nullable Strided mean,
      @Nullable Strided variance,
      Strided y,
      Strided statistics) {
    long parts = form.training() ? parts() : 0;
    withPlaces(
        parts,
        (sums, places) -> {
          if (form.training()) {
            sum(null, null, sums);
          }
          run(
              launch("batch_norm_places")
                  .integer(channels)
                  .integer(n)
                  .integer(parts)
                  .float64(count())
                  .float64(form.momentum())
                  .float64(form.eps())
                  .pointer(x)
                  .pointer(sums)
                  .pointerOrNull(weight)
                  .pointerOrNull(bias)
                  .pointerOrNull(mean)
                  .pointerOrNull(variance)
                  .pointer(statistics)
                  .pointer(places));
          put(null, x, places, y);
        });
  }

  void slopes(
      BatchNormForm form,
      Strided g,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias) {
    boolean summed = form.training() || gweight != null || gbias != null;
    long parts = summed ? parts() : 0;
    withPlaces(
        parts,
        (sums, places) -> {
          if (summed) {
            sum(g, statistics, sums);
          }
          run(
              launch("batch_slope_places")
                  .integer(channels)
                  .integer(parts)
                  .float64(count())
                  .pointer(sums)
                  .pointerOrNull(weight)
                  .pointer(statistics)
                  .pointer(places)
                  .pointerOrNull(gweight)
                  .pointerOrNull(gbias));
          if (gx != null) {
            put(g, form.training() ? x : null, places, gx);
          }
        });
  }

  private Launch launch(String kernel) {
    return device.launch(FILE, kernel + "<" + Types.of(x) + ">");
  }

  /** Runs a kernel with a thread for each channel. */
  private void run(Launch launch) {
    launch.run(
        Grid.of(Math.toIntExact(Math.ceilDiv(channels, CudaDevice.BLOCK))),
        Grid.of(CudaDevice.BLOCK),
        0);
  }

  private void withPlaces(long parts, BiConsumer<Strided, Strided> task) {
    Elementwise.withTemporary(
        x.like(Shape.of(parts, 2, channels), DType.FLOAT64),
        sums ->
            Elementwise.withTemporary(
                x.like(Shape.of(4, channels), Halves.computed(x.dtype())),
                places -> task.accept(sums, places)));
  }

  private long part() {
    return Math.max(Math.ceilDiv(PART, n), Math.ceilDiv(rows, MOST_PARTS));
  }

  private long parts() {
    return Math.ceilDiv(rows, part());
  }

  private void sum(@Nullable Strided g, @Nullable Strided statistics, Strided sums) {
    long part = part();
    long each = Math.min(part, rows) * n;
    Cut cut = n == 1 ? Cut.beside(each, channels) : Cut.alone(each);
    cut.to(launch("batch_sums").integer(rows).integer(channels).integer(n))
        .integer(part)
        .pointerOrNull(g)
        .pointer(x)
        .pointerOrNull(statistics)
        .pointer(sums)
        .run(
            Grid.of(cut.blocks(channels, MOST_BLOCKS), (int) parts()),
            Grid.of(CudaDevice.BLOCK),
            0);
  }

  private void put(@Nullable Strided g, @Nullable Strided read, Strided places, Strided y) {
    boolean across = n == 1;
    long lines = across ? rows : rows * channels;
    long width = across ? channels : n;
    Cut cut = Cut.alone(width);
    launch("batch_put")
        .integer(lines)
        .integer(channels)
        .integer(width)
        .integer(cut.along())
        .integer(across ? 1 : 0)
        .pointerOrNull(g)
        .pointerOrNull(read)
        .pointer(places)
        .pointer(y)
        .run(Grid.of(cut.blocks(lines, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }
}
