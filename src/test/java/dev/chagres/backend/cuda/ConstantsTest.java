package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A number becomes an element of a device as one of the CPU, to the bit. */
class ConstantsTest {
  private static final List<Number> NUMBERS =
      List.of(
          0,
          1,
          -1,
          2,
          255,
          256,
          -129,
          70_000,
          1L << 40,
          (1L << 53) + 1,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          0.0,
          -0.0,
          0.5,
          -1.5,
          1e-3,
          0.1,
          3.14159f,
          65504.0,
          65519.9,
          65520.0,
          1e-8,
          6e-8,
          1e-40,
          1.00390625,
          1.01171875,
          3e38,
          1e30,
          3e9,
          -7.9,
          100.7,
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY);

  @ParameterizedTest
  @EnumSource(DType.class)
  void bitsAreThoseOfTheCpu(DType dtype) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Long.BYTES);
      for (Number number : NUMBERS) {
        Strided expected = CpuBackend.instance().transfers().constant(number, dtype);
        memory.set(ValueLayout.JAVA_LONG, 0, Constants.bits(number, dtype));
        assertArrayEquals(
            expected.pointer().asSlice(0, dtype.size()).toArray(ValueLayout.JAVA_BYTE),
            memory.asSlice(0, dtype.size()).toArray(ValueLayout.JAVA_BYTE),
            number + " in " + dtype);
      }
    }
  }
}
