package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/**
 * A random indexing expression for an array of some sizes, and what it names, an element at a time:
 * numbers, ranges in both directions, new dimensions, an ellipsis, tensors of positions that
 * broadcast with each other, and masks of one or two dimensions.
 */
final class RandomIndex {
  /**
   * What an item makes of the dimensions that it covers.
   *
   * @param from the first of them
   * @param places the index in them, for each position of a range or of the index tensors together
   */
  private record Part(Kind kind, int from, long[][] places) {}

  private enum Kind {
    NUMBER,
    RANGE,
    NEW,
    PICK
  }

  private final Random random;
  private final long[] sizes;
  private final List<Index> items = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();
  private final long[] common;
  private final StringBuilder text = new StringBuilder();

  RandomIndex(Random random, long... sizes) {
    this.random = random;
    this.sizes = sizes;
    long[][] shapes = {{}, {1}, {2}, {3}, {2, 2}, {1, 3}, {3, 1}, {0}};
    this.common = shapes[random.nextInt(shapes.length)];
    int skipped = random.nextInt(sizes.length + 1);
    int ellipsis = random.nextInt(3) == 0 ? random.nextInt(sizes.length - skipped + 1) : -1;
    int dim = 0;
    int named = 0;
    while (named <= sizes.length - skipped) {
      if (random.nextInt(8) == 0) {
        add("None", Index.newAxis(), Kind.NEW, dim, new long[1][0]);
      }
      if (named >= ellipsis && ellipsis >= 0) {
        items.add(Index.ellipsis());
        text.append("..., ");
        for (int i = 0; i < skipped; i++) {
          whole(dim++);
        }
        ellipsis = -1;
      }
      if (named == sizes.length - skipped) {
        break;
      }
      int covered = item(dim, sizes.length - skipped - named);
      dim += covered;
      named += covered;
    }
    while (dim < sizes.length) {
      whole(dim++);
    }
  }

  private void add(String name, Index item, Kind kind, int from, long[]... places) {
    text.append(name).append(", ");
    items.add(item);
    parts.add(new Part(kind, from, places));
  }

  private void whole(int dim) {
    parts.add(new Part(Kind.RANGE, dim, each(sizes[dim])));
  }

  private static long[][] each(long size) {
    long[][] places = new long[(int) size][1];
    Arrays.setAll(places, i -> new long[] {i});
    return places;
  }

  /** Adds an item for a dimension, or for two; returns for how many. */
  private int item(int dim, int left) {
    long size = sizes[dim];
    switch (random.nextInt(size == 0 ? 2 : 6)) {
      case 0, 1 -> range(dim);
      case 2 -> {
        long at = random.nextInt((int) size);
        long sign = random.nextBoolean() ? at : at - size;
        Index number = random.nextBoolean() ? Index.at(sign) : Index.of(scalar(sign));
        add("" + sign, number, Kind.NUMBER, dim, new long[] {at});
      }
      case 3 -> {
        if (common.length == 1) {
          return mask(dim, left > 1 && sizes[dim + 1] > 0 && random.nextBoolean() ? 2 : 1);
        }
        positions(dim);
      }
      default -> positions(dim);
    }
    return 1;
  }

  private static Tensor scalar(long value) {
    return Tensor.scalar(value, DType.INT16);
  }

  private void range(int dim) {
    long size = sizes[dim];
    OptionalLong start = end(size);
    OptionalLong stop = end(size);
    long step = (1 + random.nextInt(3)) * (random.nextBoolean() ? 1 : -1);
    List<long[]> places = new ArrayList<>();
    for (long i = step > 0 ? 0 : size - 1; i >= 0 && i < size; i += step > 0 ? 1 : -1) {
      long first = start.isEmpty() ? (step > 0 ? 0 : size - 1) : wrapped(start, size);
      first = Math.clamp(first, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
      boolean begun = step > 0 ? i >= first : i <= first;
      boolean ended =
          stop.isPresent() && (step > 0 ? i >= wrapped(stop, size) : i <= wrapped(stop, size));
      if (begun && !ended && (i - first) % step == 0) {
        places.add(new long[] {i});
      }
    }
    Index item = new Index.Slice(start, stop, step);
    add(item.toString(), item, Kind.RANGE, dim, places.toArray(new long[0][]));
  }

  private OptionalLong end(long size) {
    return random.nextInt(3) == 0
        ? OptionalLong.empty()
        : OptionalLong.of(random.nextInt((int) (2 * size) + 5) - size - 2);
  }

  private static long wrapped(OptionalLong end, long size) {
    return end.getAsLong() < 0 ? end.getAsLong() + size : end.getAsLong();
  }

  /** A tensor of positions that broadcasts to the common shape. */
  private void positions(int dim) {
    long[] own = common.clone();
    for (int i = 0; i < own.length; i++) {
      own[i] = own[i] > 0 && random.nextInt(4) == 0 ? 1 : own[i];
    }
    if (own.length == 2 && random.nextInt(3) == 0) {
      own = new long[] {own[1]};
    }
    long size = sizes[dim];
    long[] values = new long[Indices.numel(own)];
    Arrays.setAll(values, i -> random.nextInt((int) (2 * size)) - size);
    long[][] places = new long[Indices.numel(common)][];
    for (int i = 0; i < places.length; i++) {
      long[] at = Indices.of(i, common);
      long[] mine = new long[own.length];
      for (int d = 0; d < mine.length; d++) {
        mine[d] = own[d] == 1 ? 0 : at[at.length - own.length + d];
      }
      places[i] = new long[] {Math.floorMod(values[Indices.flat(own, mine)], size)};
    }
    DType dtype = random.nextBoolean() ? DType.INT64 : DType.INT32;
    Tensor tensor = Cells.tensor(dtype, own, values);
    boolean number = own.length == 0; // a scalar is a number
    String name = "tensor" + Shape.of(own) + Arrays.toString(values);
    if (number) {
      add(name, Index.of(tensor), Kind.NUMBER, dim, new long[] {Math.floorMod(values[0], size)});
    } else {
      add(name, Index.of(tensor), Kind.PICK, dim, places);
    }
  }

  /** A mask that is true as often as there are common positions, or once. */
  private int mask(int dim, int dims) {
    long[] covered = Arrays.copyOfRange(sizes, dim, dim + dims);
    int count = Indices.numel(covered);
    int wanted = common[0] > 0 && random.nextInt(4) == 0 ? 1 : (int) common[0];
    if (wanted > count) {
      range(dim);
      return 1;
    }
    double[] truth = new double[count];
    for (int found = 0; found < wanted; ) {
      int at = random.nextInt(count);
      found += truth[at] == 0 ? 1 : 0;
      truth[at] = 1;
    }
    List<long[]> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (truth[i] != 0) {
        places.add(Indices.of(i, covered));
      }
    }
    long[][] all = new long[(int) common[0]][];
    Arrays.setAll(all, i -> places.get(wanted == 1 ? 0 : i));
    DType dtype = random.nextInt(4) == 0 ? DType.UINT8 : DType.BOOL;
    Tensor mask = Cells.tensor(dtype, covered, truth);
    add("mask" + Arrays.toString(truth), Index.of(mask), Kind.PICK, dim, all);
    return dims;
  }

  // ---- what it names

  Index[] items() {
    return items.toArray(new Index[0]);
  }

  private boolean isPick(Part part) {
    return part.kind == Kind.PICK;
  }

  /** The place of the index tensors' dimensions among the others, or -1 if there are none. */
  private int placeOfPicks() {
    List<Part> kept = parts.stream().filter(part -> part.kind != Kind.NUMBER).toList();
    int first = -1;
    int last = -1;
    for (int i = 0; i < kept.size(); i++) {
      if (isPick(kept.get(i))) {
        first = first < 0 ? i : first;
        last = i;
      }
    }
    boolean neighbours = first < 0 || kept.subList(first, last + 1).stream().allMatch(this::isPick);
    return neighbours ? first : 0;
  }

  private List<Part> ranges() {
    return parts.stream().filter(p -> p.kind == Kind.RANGE || p.kind == Kind.NEW).toList();
  }

  /** The shape of the index tensors together: not all may be as large as they could be. */
  private long[] together() {
    Shape shape = Shape.scalar();
    for (Index item : items) {
      if (item instanceof Index.Of(Tensor tensor) && tensor.dim() > 0) {
        boolean mask = tensor.dtype() == DType.BOOL || tensor.dtype() == DType.UINT8;
        Shape own = mask ? Shape.of(tensor.ne(0).sum().itemLong()) : tensor.shape();
        shape = Shape.broadcast(shape, own);
      }
    }
    return shape.toArray();
  }

  long[] resultSizes() {
    List<Long> result = new ArrayList<>();
    for (Part range : ranges()) {
      result.add((long) range.places.length);
    }
    int place = placeOfPicks();
    if (place >= 0) {
      result.addAll(place, Arrays.stream(together()).boxed().toList());
    }
    return result.stream().mapToLong(Long::longValue).toArray();
  }

  /** The index of the element that is at an index of the result. */
  long[] source(long... at) {
    int place = placeOfPicks();
    long[] together = place < 0 ? new long[0] : together();
    long[] index = new long[sizes.length];
    int next = 0;
    for (Part part : parts) {
      long[] found;
      switch (part.kind) {
        case NUMBER -> found = part.places[0];
        case PICK -> {
          long[] mine = new long[common.length];
          for (int d = 0; d < together.length; d++) {
            long position = at[place + d];
            mine[common.length - together.length + d] = position;
          }
          found = part.places[Indices.flat(common, mine)];
        }
        default -> {
          int result = place < 0 || next < place ? next : next + together.length;
          found = part.places[(int) at[result]];
          next++;
        }
      }
      System.arraycopy(found, 0, index, part.from, found.length);
    }
    return index;
  }

  @Override
  public String toString() {
    return "[" + text + "]";
  }
}
