package dev.chagres.backend.cpu;

import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import java.lang.foreign.MemorySegment;

/** Pooling of planes, which the threads share out. */
record Pooling(WorkerTeam team, Elementwise elementwise) {
  void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    elementwise.inFloat32(
        new Strided[] {x, y}, wide -> maximum(wide[0], window, wide[1], positions));
  }

  void maxUnpool2d(Strided g, Strided positions, Strided x) {
    elementwise.inFloat32(new Strided[] {g, x}, wide -> spread(wide[0], positions, wide[1]));
  }

  private void maximum(Strided x, Window window, Strided y, Strided positions) {
    if (y.numel() == 0) {
      return;
    }
    long planes = x.shape().size(0) * x.shape().size(1);
    long pixels = pixels(x);
    long places = pixels(y);
    long size = x.dtype().size();
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    MemorySegment pp = positions.pointer();
    long[] sizes = window.geometry(1, x.shape(), y.shape());
    double elements = (double) window.kernelHeight() * window.kernelWidth();
    team.run(
        planes,
        Grain.positions(Grain.MOVE / 4.0, places * elements),
        (from, to) -> {
          try (Scratch geometry = ImageCalls.stored(sizes)) {
            ImageCalls.maxPool2d(
                x.dtype(),
                to - from,
                geometry.segment(),
                px.asSlice(from * pixels * size),
                py.asSlice(from * places * size),
                pp.asSlice(from * places * Long.BYTES));
          }
        });
  }

  private void spread(Strided g, Strided positions, Strided x) {
    if (x.numel() == 0) {
      return;
    }
    long pixels = pixels(x);
    long places = pixels(g);
    long size = x.dtype().size();
    MemorySegment pg = g.pointer();
    MemorySegment pp = positions.pointer();
    MemorySegment px = x.pointer();
    team.run(
        x.shape().size(0) * x.shape().size(1),
        Grain.positions(Grain.MOVE, pixels + places),
        (from, to) ->
            ImageCalls.maxUnpool2d(
                x.dtype(),
                to - from,
                pixels,
                places,
                pg.asSlice(from * places * size),
                pp.asSlice(from * places * Long.BYTES),
                px.asSlice(from * pixels * size)));
  }

  private static long pixels(Strided images) {
    return images.shape().size(2) * images.shape().size(3);
  }
}
