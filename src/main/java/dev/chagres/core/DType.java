package dev.chagres.core;

import static dev.chagres.check.Given.given;

import java.util.Arrays;

/**
 * The type of a tensor's elements. The names are numpy's and PyTorch's ({@code float32}, {@code
 * int64}); the order is that of {@code enum ch_dtype} in {@code kernels.h}, so that {@link
 * #ordinal()} is the code that native kernels take.
 */
public enum DType {
  BOOL("bool", 1, Kind.BOOL),
  UINT8("uint8", 1, Kind.INTEGER),
  INT8("int8", 1, Kind.INTEGER),
  INT16("int16", 2, Kind.INTEGER),
  INT32("int32", 4, Kind.INTEGER),
  INT64("int64", 8, Kind.INTEGER),
  FLOAT16("float16", 2, Kind.FLOATING),
  BFLOAT16("bfloat16", 2, Kind.FLOATING),
  FLOAT32("float32", 4, Kind.FLOATING),
  FLOAT64("float64", 8, Kind.FLOATING);

  /** What sort of numbers a type holds; the later kind wins when two are combined. */
  public enum Kind {
    BOOL,
    INTEGER,
    FLOATING
  }

  private static final DType[] ALL = values();
  private static final DType[][] PROMOTIONS = promotions();

  private final String text;
  private final int size;
  private final Kind kind;

  DType(String text, int size, Kind kind) {
    this.text = text;
    this.size = size;
    this.kind = kind;
  }

  /** Returns the size of one element in bytes. */
  public int size() {
    return size;
  }

  public Kind kind() {
    return kind;
  }

  public boolean isFloating() {
    return kind == Kind.FLOATING;
  }

  /**
   * Returns the greatest finite value, as {@code torch.iinfo} and {@code torch.finfo} have it: a
   * {@code Long} of an integer type, a {@code Double} of a floating one.
   *
   * @throws IllegalArgumentException for bool
   */
  public Number max() {
    return switch (this) {
      case BOOL -> throw new IllegalArgumentException("max: not defined for bool");
      case UINT8 -> 255L;
      case INT8, INT16, INT32, INT64 -> Long.MAX_VALUE >> (Long.SIZE - Byte.SIZE * size);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          Math.scalb(2 - Math.scalb(1.0, -fractionBits()), 1 - leastExponent());
    };
  }

  /**
   * Returns the least finite value: a {@code Long} of an integer type, a {@code Double} of a
   * floating one.
   *
   * @throws IllegalArgumentException for bool
   */
  public Number min() {
    return switch (this) {
      case BOOL -> throw new IllegalArgumentException("min: not defined for bool");
      case UINT8 -> 0L;
      case INT8, INT16, INT32, INT64 -> -max().longValue() - 1;
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> -max().doubleValue();
    };
  }

  /**
   * Returns the distance from 1 to the next number.
   *
   * @throws IllegalArgumentException if this is no floating type
   */
  public double eps() {
    checkFloating("eps");
    return Math.scalb(1.0, -fractionBits());
  }

  /**
   * Returns the smallest positive number that is not a denormal.
   *
   * @throws IllegalArgumentException if this is no floating type
   */
  public double tiny() {
    checkFloating("tiny");
    return Math.scalb(1.0, leastExponent());
  }

  private void checkFloating(String name) {
    if (!isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + this);
    }
  }

  private int fractionBits() {
    return switch (this) {
      case FLOAT16 -> 10;
      case BFLOAT16 -> 7;
      case FLOAT32 -> Float.PRECISION - 1;
      default -> Double.PRECISION - 1;
    };
  }

  private int leastExponent() {
    return switch (this) {
      case FLOAT16 -> -14;
      case BFLOAT16, FLOAT32 -> Float.MIN_EXPONENT;
      default -> Double.MIN_EXPONENT;
    };
  }

  /** Returns whether this is one of the integer types; bool is not. */
  public boolean isInteger() {
    return kind == Kind.INTEGER;
  }

  /**
   * Returns the smallest type that holds the values of both, as {@code torch.promote_types} does:
   * the later {@link Kind} wins, then the wider type; uint8 with a signed type gives a wider signed
   * one, float16 with bfloat16 float32.
   */
  public DType promote(DType other) {
    given("promote", "other", other);
    return PROMOTIONS[ordinal()][other.ordinal()];
  }

  /**
   * Returns the type with this name ({@code "float32"}), or throws {@link
   * IllegalArgumentException}.
   */
  public static DType named(String name) {
    given("DType.named", "name", name);
    for (DType type : ALL) {
      if (type.text.equals(name)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "there is no dtype named " + name + "; the names are " + Arrays.toString(ALL));
  }

  private static DType[][] promotions() {
    DType[][] table = new DType[ALL.length][ALL.length];
    for (DType a : ALL) {
      for (DType b : ALL) {
        table[a.ordinal()][b.ordinal()] = combine(a, b);
      }
    }
    return table;
  }

  private static DType combine(DType a, DType b) {
    if (a == b) {
      return a;
    }
    if (a.kind != b.kind) {
      return a.kind.compareTo(b.kind) > 0 ? a : b;
    }
    DType narrow = a.ordinal() < b.ordinal() ? a : b;
    DType wide = narrow == a ? b : a;
    if (narrow == UINT8 && wide == INT8) {
      return INT16;
    }
    if (narrow == FLOAT16 && wide == BFLOAT16) {
      return FLOAT32;
    }
    return wide;
  }

  @Override
  public String toString() {
    return text;
  }
}
