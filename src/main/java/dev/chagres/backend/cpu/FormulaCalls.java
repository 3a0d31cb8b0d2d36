package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.Strided;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The door to the kernel of formulas: its structs are written in words of eight bytes. */
final class FormulaCalls {
  /** Words of a {@code struct ch_formula}, {@code ch_value} and {@code ch_step}. */
  static final int FORMULA_WORDS = 8;

  static final int VALUE_WORDS = 5;
  static final int STEP_WORDS = 9;

  private FormulaCalls() {}

  /** How a value is walked: {@code ch_value_kind}. */
  enum Walk {
    MOVING,
    HELD,
    GATHERED,
    ROW,
    NUMBER;

    long code() {
      return switch (this) {
        case MOVING -> CH_VALUE_MOVING();
        case HELD -> CH_VALUE_HELD();
        case GATHERED -> CH_VALUE_GATHERED();
        case ROW -> CH_VALUE_ROW();
        case NUMBER -> CH_VALUE_NUMBER();
      };
    }
  }

  /** What a step is: {@code ch_step_kind}. */
  enum Move {
    UNARY,
    BINARY,
    TERNARY,
    WHERE,
    CAST;

    long code() {
      return switch (this) {
        case UNARY -> CH_STEP_UNARY();
        case BINARY -> CH_STEP_BINARY();
        case TERNARY -> CH_STEP_TERNARY();
        case WHERE -> CH_STEP_WHERE();
        case CAST -> CH_STEP_CAST();
      };
    }
  }

  /** A struct that is written word by word. */
  static final class Words {
    private final MemorySegment memory;
    private long count;

    Words(MemorySegment memory) {
      this.memory = memory;
    }

    MemorySegment memory() {
      return memory;
    }

    /** Returns the address of a word. */
    long address(long word) {
      return memory.address() + word * Long.BYTES;
    }

    void add(long word) {
      memory.setAtIndex(ValueLayout.JAVA_LONG, count++, word);
    }

    /** The first three words of a {@code ch_value} in memory. */
    void add(Walk walk, Strided values) {
      add(walk.code());
      add(values.dtype().size());
      add(values.pointer().address());
    }
  }

  /**
   * Returns the number of the step that divided an integer by zero, or -1 if none did.
   *
   * @param room for rows and numbers, and a word, where this offset says
   */
  static int run(MemorySegment formula, long from, long count, MemorySegment room, long word) {
    Kernels.require();
    int status = ch_formula_run(formula, from, count, room, room.asSlice(word, Long.BYTES));
    if (status == CH_DIVIDE_BY_ZERO()) {
      return (int) room.get(ValueLayout.JAVA_LONG, word);
    }
    Kernels.check(status);
    return -1;
  }
}
