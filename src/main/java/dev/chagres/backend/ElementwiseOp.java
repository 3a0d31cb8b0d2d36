package dev.chagres.backend;

import dev.chagres.core.DType;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * What the elementwise doors and kernels need to know of an operation: its dtype rule and its cost
 * are data.
 */
public sealed interface ElementwiseOp permits UnaryOp, BinaryOp, TernaryOp {
  String name();

  /** Returns the name of its Java method: {@code floorDivide} for FLOOR_DIVIDE. */
  default String methodName() {
    return methodName(name());
  }

  /** Returns a constant's name as a Java method has it. */
  static String methodName(String constant) {
    StringBuilder method = new StringBuilder();
    for (String word : constant.split("_", -1)) {
      String small = word.toLowerCase(Locale.ROOT);
      method.append(method.isEmpty() ? small : word.charAt(0) + small.substring(1));
    }
    return method.toString();
  }

  Domain domain();

  Result result();

  Cost cost();

  /** Returns the dtype in which the kernel runs for operands that promote to {@code common}. */
  default DType computeType(DType common) {
    return domain() == Domain.FLOATING && !common.isFloating() ? DType.FLOAT32 : common;
  }

  /** Returns the dtype of the result for a kernel that runs in {@code compute}. */
  default DType resultType(DType compute) {
    return result() == Result.PREDICATE ? DType.BOOL : compute;
  }

  /** The dtypes for which an operation has a kernel. */
  enum Domain {
    /** Floating types; integers and bool are computed in the default float, float32. */
    FLOATING(DType::isFloating),
    /** Floating types; integers and bool are refused. */
    REAL(DType::isFloating),
    /** Integers and floating types. */
    NUMERIC(type -> type != DType.BOOL),
    /** Integers and bool. */
    INTEGRAL(type -> !type.isFloating()),
    /** Integers. */
    INTEGER(DType::isInteger),
    /** Everything. */
    ANY(_ -> true);

    /** A bit for each dtype, as every operation asks. */
    private final long dtypes;

    Domain(Predicate<DType> holds) {
      long held = 0;
      for (DType type : DType.values()) {
        held |= holds.test(type) ? 1L << type.ordinal() : 0;
      }
      dtypes = held;
    }

    public boolean holds(DType type) {
      return (dtypes >>> type.ordinal() & 1) != 0;
    }
  }

  /** How the result's type follows from the operands'. */
  enum Result {
    /** The type that the operands were promoted to. */
    SAME,
    /** Bool. */
    PREDICATE
  }

  /** How long a float32 element takes, which decides what is worth a second thread. */
  enum Cost {
    /** As long as its memory: below about 0.2 ns. */
    CHEAP,
    /** About 0.5 ns: a short polynomial, a division with a correction. */
    MEDIUM,
    /** About 2 ns or more: several polynomials, a function of two operands. */
    COSTLY
  }
}
