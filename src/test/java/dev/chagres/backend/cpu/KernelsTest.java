package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.ffi.kernels.KernelsLibrary;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KernelsTest {

  @BeforeAll
  static void load() {
    Kernels.require();
  }

  private static String name(int family, int op) {
    MemorySegment name = KernelsLibrary.ch_op_name(family, op);
    return name.equals(MemorySegment.NULL) ? "" : name.reinterpret(64).getString(0);
  }

  private static void assertNames(int family, Enum<?>[] operations) {
    for (Enum<?> operation : operations) {
      assertEquals(operation.name(), name(family, operation.ordinal()));
    }
    assertEquals("", name(family, operations.length));
  }

  @Test
  void theOperationsHaveOneOrder() {
    assertNames(KernelsLibrary.CH_FAMILY_UNARY(), UnaryOp.values());
    assertNames(KernelsLibrary.CH_FAMILY_BINARY(), BinaryOp.values());
    assertNames(KernelsLibrary.CH_FAMILY_REDUCE(), ReduceOp.values());
    assertNames(KernelsLibrary.CH_FAMILY_TERNARY(), TernaryOp.values());
  }

  @Test
  void theDigestTellsOrdersApart() {
    ReduceOp[] reversed = ReduceOp.values();
    reversed[0] = ReduceOp.PROD;
    reversed[1] = ReduceOp.SUM;
    assertNotEquals(Kernels.digest(1, ReduceOp.values()), Kernels.digest(1, reversed));
  }

  @Test
  void theDtypesHaveOneOrder() {
    int[] codes = {
      KernelsLibrary.CH_BOOL(),
      KernelsLibrary.CH_UINT8(),
      KernelsLibrary.CH_INT8(),
      KernelsLibrary.CH_INT16(),
      KernelsLibrary.CH_INT32(),
      KernelsLibrary.CH_INT64(),
      KernelsLibrary.CH_FLOAT16(),
      KernelsLibrary.CH_BFLOAT16(),
      KernelsLibrary.CH_FLOAT32(),
      KernelsLibrary.CH_FLOAT64()
    };
    assertEquals(DType.values().length, codes.length);
    for (DType dtype : DType.values()) {
      assertEquals(dtype.ordinal(), codes[dtype.ordinal()], dtype.name());
    }
  }

  /** A short call is linked otherwise than a long one: both must do the same. */
  @Test
  void shortAndLongCallsAgree() {
    for (long n : new long[] {Kernels.SMALL - 1, Kernels.SMALL, Kernels.SMALL + 1}) {
      Strided x = TestArrays.random(new java.util.Random(n), DType.FLOAT32, n);
      Strided y = TestArrays.empty(DType.FLOAT32, n);
      Strided wide = TestArrays.empty(DType.FLOAT64, n);
      Kernels.unary1d(UnaryOp.NEG, DType.FLOAT32, n, x.pointer(), 1, y.pointer(), 1);
      TestArrays.forEach(
          Shape.of(n), i -> assertEquals(-TestArrays.get(x, i), TestArrays.get(y, i)));
      Kernels.binary1d(
          BinaryOp.SUB, DType.FLOAT32, n, y.pointer(), 1, x.pointer(), 0, y.pointer(), 1);
      double first = TestArrays.get(x, 0);
      TestArrays.forEach(
          Shape.of(n),
          i -> assertEquals((float) (-TestArrays.get(x, i) - first), TestArrays.get(y, i)));
      Kernels.copy1d(DType.FLOAT32, DType.FLOAT64, n, x.pointer(), 1, wide.pointer(), 1);
      TestArrays.forEach(
          Shape.of(n), i -> assertEquals(TestArrays.get(x, i), TestArrays.get(wide, i)));
    }
  }

  @Test
  void whatAKernelReportsBecomesAnException() {
    for (long n : new long[] {3, Kernels.SMALL + 3}) {
      Strided x = TestArrays.random(new java.util.Random(1), DType.INT32, n);
      Strided zero = TestArrays.of(DType.INT32, Shape.of(1), 0);
      Strided y = TestArrays.empty(DType.INT32, n);
      var division =
          assertThrows(
              ArithmeticException.class,
              () ->
                  Kernels.binary1d(
                      BinaryOp.REMAINDER,
                      DType.INT32,
                      n,
                      x.pointer(),
                      1,
                      zero.pointer(),
                      0,
                      y.pointer(),
                      1));
      assertEquals("integer division by zero", division.getMessage());
      var missing =
          assertThrows(
              AssertionError.class,
              () -> Kernels.unary1d(UnaryOp.EXP, DType.INT32, n, x.pointer(), 1, y.pointer(), 1));
      assertTrue(missing.getMessage().contains("no kernel"), missing.getMessage());
    }
    Strided state = TestArrays.empty(DType.UINT8, RandomCalls.generatorBytes());
    Strided zeros =
        TestArrays.of(
            DType.UINT8,
            Shape.of(RandomCalls.torchStateBytes()),
            new double[(int) RandomCalls.torchStateBytes()]);
    assertThrows(
        IllegalArgumentException.class,
        () -> RandomCalls.generatorImport(state.pointer(), zeros.pointer()));
  }

  @Test
  void smallCallsHaveTheTypesOfTheirFunctions() {
    Kernels.require();
    assertEquals(KernelsLibrary.ch_unary_1d$descriptor(), Kernels.SmallUnary.TYPE);
    assertEquals(KernelsLibrary.ch_binary_1d$descriptor(), Kernels.SmallBinary.TYPE);
    assertEquals(KernelsLibrary.ch_copy_1d$descriptor(), Kernels.SmallCopy.TYPE);
  }
}
