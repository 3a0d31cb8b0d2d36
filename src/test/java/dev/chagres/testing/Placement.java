package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The ways in which the elements of a tensor may lie in memory. Each is a view of a carrier, so
 * that gradients flow through it and what lies around the elements can be watched.
 */
public enum Placement {
  CONTIGUOUS,
  /** Contiguous, but not from the start of the storage. */
  OFFSET,
  /** The last two dimensions swapped. */
  TRANSPOSED,
  /** All dimensions in reverse. */
  REVERSED_DIMS,
  /** Every second element of the last dimension. */
  STEPPED,
  /** Every third slice of the first dimension: a batch with gaps. */
  STEPPED_BATCH,
  /** Rows with gaps between them. */
  PADDED,
  /** The first dimension has a stride of 0. */
  EXPANDED,
  /** The last dimension has a stride of 0. */
  EXPANDED_LAST,
  /** All strides are 0. */
  EXPANDED_ALL,
  /** A dimension of size 1 whose stride is not what row-major order would give. */
  WIDE_ONE;

  /** The placements that a shape admits. */
  public static List<Placement> of(long... sizes) {
    List<Placement> fitting = new ArrayList<>();
    for (Placement placement : values()) {
      if (placement.fits(sizes)) {
        fitting.add(placement);
      }
    }
    return fitting;
  }

  boolean fits(long... sizes) {
    int rank = sizes.length;
    return switch (this) {
      case CONTIGUOUS, OFFSET -> true;
      case STEPPED -> rank > 0;
      case TRANSPOSED, PADDED -> rank > 1;
      case STEPPED_BATCH -> rank > 1;
      case REVERSED_DIMS -> rank > 2;
      case EXPANDED -> rank > 0 && sizes[0] > 1;
      case EXPANDED_LAST -> rank > 1 && sizes[rank - 1] > 1;
      case EXPANDED_ALL -> rank > 1 && Indices.numel(sizes) > 1;
      case WIDE_ONE -> oneAt(sizes) >= 0;
    };
  }

  /** Returns whether elements may share memory, so that nothing can be written in place. */
  public boolean repeats() {
    return switch (this) {
      case EXPANDED, EXPANDED_LAST, EXPANDED_ALL -> true;
      case CONTIGUOUS,
          OFFSET,
          TRANSPOSED,
          REVERSED_DIMS,
          STEPPED,
          STEPPED_BATCH,
          PADDED,
          WIDE_ONE ->
          false;
    };
  }

  private static int oneAt(long... sizes) {
    for (int d = sizes.length - 1; d >= 0; d--) {
      if (sizes[d] == 1) {
        return d;
      }
    }
    return -1;
  }

  /** Returns the shape of what the view is taken of. */
  public long[] carrier(long... sizes) {
    int rank = sizes.length;
    if (rank == 0) {
      return this == CONTIGUOUS ? new long[0] : new long[] {5};
    }
    long[] shape = sizes.clone();
    switch (this) {
      case CONTIGUOUS -> {}
      case OFFSET -> shape[0] += 3;
      case TRANSPOSED -> {
        shape[rank - 1] = sizes[rank - 2];
        shape[rank - 2] = sizes[rank - 1];
      }
      case REVERSED_DIMS -> {
        for (int d = 0; d < rank; d++) {
          shape[d] = sizes[rank - 1 - d];
        }
      }
      case STEPPED -> shape[rank - 1] = 2 * sizes[rank - 1] + 1;
      case STEPPED_BATCH -> shape[0] = 3 * sizes[0] + 1;
      case PADDED -> shape[rank - 1] += 3;
      case EXPANDED -> shape[0] = 1;
      case EXPANDED_LAST -> shape[rank - 1] = 1;
      case EXPANDED_ALL -> {
        for (int d = 0; d < rank; d++) {
          shape[d] = Math.min(1, sizes[d]);
        }
      }
      case WIDE_ONE -> shape[oneAt(sizes)] = 3;
    }
    return shape;
  }

  /** Returns the view of a shape of its carrier. */
  public Tensor view(Tensor carrier, long... sizes) {
    int rank = sizes.length;
    if (rank == 0) {
      return this == CONTIGUOUS ? carrier : carrier.select(0, 3);
    }
    return switch (this) {
      case CONTIGUOUS -> carrier;
      case OFFSET -> carrier.narrow(0, 2, sizes[0]);
      case TRANSPOSED -> carrier.transpose(-1, -2);
      case REVERSED_DIMS -> {
        int[] dims = new int[rank];
        for (int d = 0; d < rank; d++) {
          dims[d] = rank - 1 - d;
        }
        yield carrier.permute(dims);
      }
      case STEPPED -> carrier.slice(-1, 1, 2 * sizes[rank - 1] + 1, 2);
      case STEPPED_BATCH -> carrier.slice(0, 1, 3 * sizes[0] + 1, 3);
      case PADDED -> carrier.narrow(-1, 1, sizes[rank - 1]);
      case EXPANDED, EXPANDED_LAST, EXPANDED_ALL -> carrier.expand(sizes);
      case WIDE_ONE -> carrier.narrow(oneAt(sizes), 1, 1);
    };
  }

  /**
   * A tensor in this placement, and the carrier around it. In an expanded one, elements that share
   * memory have the value of the last of them.
   */
  public record Placed(Tensor tensor, Tensor carrier) {
    /** Returns the bits of the carrier's elements that are not the tensor's. */
    public List<Long> surroundings() {
      BitSet covered = new BitSet();
      Cells.forEachPosition(tensor.layout(), position -> covered.set(Math.toIntExact(position)));
      long[] all = Cells.bits(carrier);
      List<Long> around = new ArrayList<>();
      for (int i = 0; i < all.length; i++) {
        if (!covered.get(i)) {
          around.add(all[i]);
        }
      }
      return around;
    }
  }

  /** Returns the elements of a tensor in this placement, on its device. */
  public Placed place(Tensor given) {
    long[] sizes = given.shape().toArray();
    DType dtype = given.dtype();
    Tensor carrier = Tensor.empty(Device.cpu(), dtype, carrier(sizes));
    MemorySegment memory = RawMemory.of(carrier.storage());
    for (long i = 0; i < carrier.numel(); i++) {
      // Seven nowhere else; NaN where there is one, so that a stray read spoils any sum.
      Cells.write(memory, dtype, i, dtype.isFloating() ? Double.NaN : 7);
    }
    Tensor view = view(carrier, sizes);
    long[] bits = Cells.bits(given);
    int[] at = {0};
    Cells.forEachPosition(
        view.layout(), position -> Cells.writeBits(memory, dtype.size(), position, bits[at[0]++]));
    if (given.isCpu()) {
      return new Placed(view, carrier);
    }
    Tensor there = carrier.to(given.device());
    return new Placed(view(there, sizes), there);
  }
}
