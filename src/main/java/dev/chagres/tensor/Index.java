package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** One item of an indexing expression, what stands between the commas of numpy's {@code x[...]}. */
public sealed interface Index {

  /** One position; the dimension goes. */
  record At(long position) implements Index {}

  /**
   * A range {@code start:stop:step}; an absent end is the end of the dimension, and negative ones
   * count from it. A negative step, which PyTorch has not, walks backwards as numpy's does, but
   * what is read is a copy.
   */
  record Slice(OptionalLong start, OptionalLong stop, long step) implements Index {
    /** Checks that the ends are there, though they may be empty. */
    public Slice {
      given("Slice", "start", start);
      given("Slice", "stop", stop);
    }
  }

  /** As many whole dimensions as the other items leave: {@code ...}. */
  record Ellipsis() implements Index {}

  /** A new dimension of size 1: {@code None}. */
  record NewAxis() implements Index {}

  /**
   * Positions that an int64 or int32 tensor names, or those where a bool tensor is true; as in
   * PyTorch a uint8 tensor is a mask too, not 0 for true.
   */
  record Of(Tensor tensor) implements Index {
    /** Checks that there is a tensor. */
    public Of {
      given("Of", "tensor", tensor);
    }
  }

  /** Several positions, of which a list is made in Python: {@code [0, 2]}. */
  record Each(List<Long> positions) implements Index {
    /** Keeps a copy of the list. */
    public Each {
      positions = List.copyOf(each("Each", "a position", given("Each", "positions", positions)));
    }
  }

  /** Whether each position is named, of which a list is made in Python: {@code [True, False]}. */
  record Flags(List<Boolean> flags) implements Index {
    /** Keeps a copy of the list. */
    public Flags {
      flags = List.copyOf(each("Flags", "a flag", given("Flags", "flags", flags)));
    }
  }

  /** Returns one position. */
  static Index at(long position) {
    return new At(position);
  }

  /** Returns a whole dimension: {@code :}. */
  static Index all() {
    return new Slice(OptionalLong.empty(), OptionalLong.empty(), 1);
  }

  /** Returns the positions from {@code start} to before {@code stop}. */
  static Index slice(long start, long stop) {
    return slice(start, stop, 1);
  }

  /**
   * Returns every {@code step}-th position from {@code start} to before {@code stop}, backwards if
   * the step is negative.
   */
  static Index slice(long start, long stop, long step) {
    return new Slice(OptionalLong.of(start), OptionalLong.of(stop), step);
  }

  /** Returns the positions from {@code start} on: {@code start:}. */
  static Index from(long start) {
    return new Slice(OptionalLong.of(start), OptionalLong.empty(), 1);
  }

  /** Returns the positions before {@code stop}: {@code :stop}. */
  static Index to(long stop) {
    return new Slice(OptionalLong.empty(), OptionalLong.of(stop), 1);
  }

  /** Returns every {@code step}-th position: {@code ::step}, backwards if it is negative. */
  static Index every(long step) {
    return new Slice(OptionalLong.empty(), OptionalLong.empty(), step);
  }

  /** Returns as many whole dimensions as the other items leave: {@code ...}. */
  static Index ellipsis() {
    return new Ellipsis();
  }

  /** Returns a new dimension of size 1: {@code None}. */
  static Index newAxis() {
    return new NewAxis();
  }

  /**
   * Returns several positions, in this order and as often as they are named; negative ones count
   * from the end. What is read is a copy. Two such items are walked together, as two tensors are:
   * {@code x.index(Index.of(0, 2), Index.of(1, 3))} has the elements (0, 1) and (2, 3).
   */
  static Index of(long... positions) {
    return new Each(LongStream.of(given("of", "positions", positions)).boxed().toList());
  }

  /** Returns the positions of a dimension, a flag for each, where the flag is true. */
  static Index of(boolean first, boolean... others) {
    List<Boolean> flags = new ArrayList<>();
    flags.add(first);
    for (boolean flag : given("of", "others", others)) {
      flags.add(flag);
    }
    return new Flags(flags);
  }

  /** Returns the positions that a tensor names. */
  static Index of(Tensor tensor) {
    return new Of(given("of", "tensor", tensor));
  }
}
