package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Sequences of several lengths: PyTorch's {@code torch.nn.utils.rnn}. Padded ones are (length,
 * batch, …), or with {@link Order#BATCH_FIRST} (batch, length, …). Gradients flow through all of
 * these.
 */
public final class Sequences {
  /** Steps of a recurrent layer come one after the other: nobody waits for more. */
  private static final long MOST_STEPS = 1 << 24;

  private Sequences() {}

  /** Whether sequences come in the order of their lengths. */
  public enum Sorting {
    /** The longest comes first; another order is an error. */
    ENFORCED,
    /** They may come in any order, which is kept with them. */
    NEEDED
  }

  /** On which side what is missing is put. */
  public enum PaddingSide {
    /** Behind the sequence. */
    RIGHT,
    /** Before it. */
    LEFT
  }

  /**
   * Sequences of one length.
   *
   * @param output the sequences
   * @param lengths how many steps of each are its own
   */
  public record Padded(Tensor output, Tensor lengths) {
    /** Checks that both are there. */
    public Padded {
      given("Padded", "output", output);
      given("Padded", "lengths", lengths);
    }
  }

  // ---- packing

  /** Packs padded sequences (length, batch, …), the longest first, without their padding. */
  public static PackedSequence packPaddedSequence(Tensor input, Tensor lengths) {
    return packPaddedSequence(input, lengths, Order.SEQUENCE_FIRST, Sorting.ENFORCED);
  }

  /** Packs padded sequences, the longest first, without their padding. */
  public static PackedSequence packPaddedSequence(Tensor input, Tensor lengths, Order order) {
    return packPaddedSequence(input, lengths, order, Sorting.ENFORCED);
  }

  /**
   * Packs padded sequences without their padding.
   *
   * @param lengths of each sequence, integers
   * @throws IllegalArgumentException if a length is not positive or more than there is, or they
   *     come in another order than is enforced
   */
  public static PackedSequence packPaddedSequence(
      Tensor input, Tensor lengths, Order order, Sorting sorting) {
    String name = "packPaddedSequence";
    given(name, "lengths", lengths);
    given(name, "sorting", sorting);
    Tensor x = lengthFirst(name, input, order);
    long[] each = lengths(name, lengths, x, 1);
    Plan plan = Plan.of(name, each, sorting);
    long batch = x.size(1);
    Tensor rows = x.flatten(0, 1).indexSelect(0, plan.positions(batch).to(x.device()));
    if (sorting == Sorting.ENFORCED) {
      return new PackedSequence(rows, plan.batchSizes(), null, null);
    }
    Tensor sorted = Tensor.of(plan.order);
    return new PackedSequence(
        rows, plan.batchSizes(), sorted.to(x.device()), sorted.argsort().to(x.device()));
  }

  /** Packs sequences (length, …), the longest first. */
  public static PackedSequence packSequence(List<? extends Tensor> sequences) {
    return packSequence(sequences, Sorting.ENFORCED);
  }

  /** Packs sequences (length, …). */
  public static PackedSequence packSequence(List<? extends Tensor> sequences, Sorting sorting) {
    given("packSequence", "sorting", sorting);
    Tensor padded = padSequence(sequences);
    long[] lengths = sequences.stream().mapToLong(sequence -> sequence.size(0)).toArray();
    return packPaddedSequence(padded, Tensor.of(lengths), Order.SEQUENCE_FIRST, sorting);
  }

  /** Pads packed sequences with 0 to the longest: (length, batch, …). */
  public static Padded padPackedSequence(PackedSequence sequence) {
    return padPackedSequence(sequence, Order.SEQUENCE_FIRST, 0);
  }

  /** Pads packed sequences with 0 to the longest, in the order that the batch had. */
  public static Padded padPackedSequence(PackedSequence sequence, Order order) {
    return padPackedSequence(sequence, order, 0);
  }

  /** Pads packed sequences to the longest, in the order that the batch had. */
  public static Padded padPackedSequence(
      PackedSequence sequence, Order order, double paddingValue) {
    given("padPackedSequence", "sequence", sequence);
    return padPackedSequence(sequence, order, paddingValue, sequence.batchSizes().size());
  }

  /**
   * Pads packed sequences to a length, in the order that the batch had.
   *
   * @throws IllegalArgumentException if a sequence is longer
   */
  public static Padded padPackedSequence(
      PackedSequence sequence, Order order, double paddingValue, long totalLength) {
    String name = "padPackedSequence";
    given(name, "sequence", sequence);
    given(name, "order", order);
    List<Long> sizes = sequence.batchSizes();
    if (totalLength < sizes.size() || totalLength > MOST_STEPS) {
      throw new IllegalArgumentException(
          name + ": a length of " + totalLength + " for sequences of up to " + sizes.size());
    }
    Tensor data = sequence.data();
    int batch = Math.toIntExact(sizes.getFirst());
    Tensor sorted = sequence.sortedIndices();
    long[] places = sorted == null ? LongStream.range(0, batch).toArray() : sorted.toLongArray();
    long[] lengths = new long[batch];
    long[] positions = new long[Math.toIntExact(data.size(0))];
    int at = 0;
    for (int step = 0; step < sizes.size(); step++) {
      for (int i = 0; i < sizes.get(step); i++) {
        if (places[i] < 0 || places[i] >= batch) {
          throw new IllegalArgumentException(
              name + ": sequence " + places[i] + " of " + batch + " is not in the batch");
        }
        int place = (int) places[i];
        positions[at++] =
            order == Order.BATCH_FIRST ? place * totalLength + step : (long) step * batch + place;
        lengths[place]++;
      }
    }
    long[] lead = order == Order.BATCH_FIRST ? two(batch, totalLength) : two(totalLength, batch);
    Shape rows = data.shape().with(0, batch * totalLength);
    Tensor empty = Tensor.full(data.device(), rows, paddingValue, data.dtype());
    Tensor padded = empty.indexCopy(0, Tensor.of(positions).to(data.device()), data);
    return new Padded(padded.unflatten(0, lead), Tensor.of(lengths));
  }

  private static long[] two(long first, long second) {
    return new long[] {first, second};
  }

  // ---- padding

  /** Pads sequences (length, …) with 0 to the longest: (length, batch, …). */
  public static Tensor padSequence(List<? extends Tensor> sequences) {
    return padSequence(sequences, Order.SEQUENCE_FIRST, 0);
  }

  /** Pads sequences (length, …) with 0 behind their ends to the longest. */
  public static Tensor padSequence(List<? extends Tensor> sequences, Order order) {
    return padSequence(sequences, order, 0);
  }

  /** Pads sequences (length, …) behind their ends to the longest. */
  public static Tensor padSequence(
      List<? extends Tensor> sequences, Order order, double paddingValue) {
    return padSequence(sequences, order, paddingValue, PaddingSide.RIGHT);
  }

  /**
   * Pads sequences (length, …) to the longest. The result has the dtype of the first, to which the
   * others are cast.
   *
   * @throws IllegalArgumentException if there is none, or their other sizes differ
   */
  public static Tensor padSequence(
      List<? extends Tensor> sequences, Order order, double paddingValue, PaddingSide side) {
    String name = "padSequence";
    each(name, "a sequence", given(name, "sequences", sequences));
    given(name, "order", order);
    given(name, "side", side);
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException(name + ": there is no sequence");
    }
    Tensor first = sequences.getFirst();
    long longest = 0;
    for (Tensor sequence : sequences) {
      if (sequence.dim() == 0
          || !sequence
              .shape()
              .slice(1, sequence.dim())
              .equals(first.shape().slice(1, first.dim()))) {
        throw new IllegalArgumentException(
            name
                + ": sequences (length, …) have the same sizes but for the length, and these are "
                + first.shape()
                + " and "
                + sequence.shape());
      }
      longest = Math.max(longest, sequence.size(0));
    }
    List<Tensor> padded = new ArrayList<>();
    for (Tensor given : sequences) {
      Tensor sequence = given.to(first.dtype());
      Shape missing = sequence.shape().with(0, longest - sequence.size(0));
      Tensor filled = Tensor.full(first.device(), missing, paddingValue, first.dtype());
      padded.add(
          Tensor.cat(
              side == PaddingSide.RIGHT ? List.of(sequence, filled) : List.of(filled, sequence),
              0));
    }
    return Tensor.stack(padded, order == Order.BATCH_FIRST ? 0 : 1);
  }

  /** Returns the sequences (length, …) of padded ones (length, batch, …): views. */
  public static List<Tensor> unpadSequence(Tensor padded, Tensor lengths) {
    return unpadSequence(padded, lengths, Order.SEQUENCE_FIRST);
  }

  /** Returns the sequences (length, …) of padded ones: views. */
  public static List<Tensor> unpadSequence(Tensor padded, Tensor lengths, Order order) {
    String name = "unpadSequence";
    given(name, "lengths", lengths);
    Tensor x = lengthFirst(name, padded, order);
    long[] each = lengths(name, lengths, x, 0);
    return IntStream.range(0, each.length)
        .mapToObj(i -> x.select(1, i).narrow(0, 0, each[i]))
        .toList();
  }

  /** Returns the sequences (length, …) of packed ones, in the order that the batch had: views. */
  public static List<Tensor> unpackSequence(PackedSequence sequences) {
    given("unpackSequence", "sequences", sequences);
    Padded padded = padPackedSequence(sequences);
    return unpadSequence(padded.output(), padded.lengths());
  }

  private static Tensor lengthFirst(String name, Tensor input, Order order) {
    given(name, "input", input);
    given(name, "order", order);
    if (input.dim() < 2) {
      throw new IllegalArgumentException(
          name + ": sequences are (length, batch, …), not " + input.shape());
    }
    return order == Order.BATCH_FIRST ? input.transpose(0, 1) : input;
  }

  /** Returns the lengths of sequences (length, batch, …), from the least one on. */
  private static long[] lengths(String name, Tensor lengths, Tensor x, long least) {
    long batch = x.size(1);
    if (lengths.dtype().isFloating() || lengths.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": lengths of " + lengths.dtype());
    }
    long[] each = lengths.to(DType.INT64).toLongArray();
    if (lengths.dim() != 1 || each.length != batch) {
      throw new IllegalArgumentException(
          name + ": lengths " + lengths.shape() + " of " + batch + " sequences");
    }
    long bound = Math.min(x.size(0), MOST_STEPS);
    for (long length : each) {
      if (length < least || length > bound) {
        throw new IllegalArgumentException(
            name + ": a length of " + length + " is not from " + least + " to " + bound);
      }
    }
    return each;
  }

  /** The order of sequences by their lengths. */
  private static final class Plan {
    private final long[] lengths;
    private final long[] order;

    private Plan(long[] lengths, long[] order) {
      this.lengths = lengths;
      this.order = order;
    }

    static Plan of(String name, long[] lengths, Sorting sorting) {
      long[] order =
          IntStream.range(0, lengths.length)
              .boxed()
              .sorted(Comparator.comparingLong(i -> -lengths[i]))
              .mapToLong(Integer::longValue)
              .toArray();
      boolean sorted = Arrays.equals(order, LongStream.range(0, order.length).toArray());
      if (sorting == Sorting.ENFORCED && !sorted) {
        throw new IllegalArgumentException(
            name
                + ": the lengths "
                + Arrays.toString(lengths)
                + " grow; Sorting.NEEDED lets sequences come in any order");
      }
      return new Plan(lengths, order);
    }

    private long length(int i) {
      return lengths[Math.toIntExact(order[i])];
    }

    List<Long> batchSizes() {
      List<Long> sizes = new ArrayList<>();
      int left = order.length;
      for (long step = 0; left > 0; step++) {
        while (left > 0 && length(left - 1) <= step) {
          left--;
        }
        if (left > 0) {
          sizes.add((long) left);
        }
      }
      return sizes;
    }

    /** Where the steps are among those of padded sequences (length * batch). */
    Tensor positions(long batch) {
      long all = LongStream.of(lengths).reduce(0, Math::addExact);
      Tensor positions = Tensor.empty(Device.cpu(), DType.INT64, all);
      MemorySegment memory = positions.segment();
      long at = 0;
      long step = 0;
      for (long size : batchSizes()) {
        for (int i = 0; i < size; i++) {
          memory.setAtIndex(ValueLayout.JAVA_LONG, at++, step * batch + order[i]);
        }
        step++;
      }
      return positions;
    }
  }
}
