package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnEveryDevice
class ValuesTest {

  @ParameterizedTest
  @EnumSource(DType.class)
  void readsOneElementOfEveryDtypeAtItsPlace(DType dtype) {
    Tensor x = Tensor.of(new double[] {0, 1, 0, 3}).to(dtype).reshape(2, 2);
    double last = dtype == DType.BOOL ? 1 : 3;
    assertEquals(last, x.get(1, 1).item());
    assertEquals((long) last, x.get(1, 1).itemLong());
    assertEquals(0, x.t().get(0, 1).item());
    assertEquals(1, x.t().get(1, 0).item());
    assertEquals(1, x.get(0, 1).reshape(1, 1, 1).item());
  }

  @Test
  void keepsTheSignAndTheWidthOfIntegers() {
    assertEquals(255, Tensor.of(new long[] {255}).to(DType.UINT8).itemLong());
    assertEquals(-1, Tensor.of(new long[] {255}).to(DType.INT8).itemLong());
    assertEquals(-300, Tensor.of(new long[] {-300}).to(DType.INT16).item());
    assertEquals(Long.MAX_VALUE, Tensor.scalar(Long.MAX_VALUE).itemLong());
    assertEquals(-7, Tensor.of(new double[] {-7.9}).itemLong());
  }

  @Test
  void readsHalfPrecisionExactly() {
    assertEquals(-65504, Tensor.of(new double[] {-65504}).to(DType.FLOAT16).item());
    assertEquals(0x1p-24, Tensor.of(new double[] {0x1p-24}).to(DType.FLOAT16).item());
    assertEquals(0x1.fep127, Tensor.of(new double[] {0x1.fep127}).to(DType.BFLOAT16).item());
    assertEquals(-0x1p-126, Tensor.of(new double[] {-0x1p-126}).to(DType.BFLOAT16).item());
    assertEquals(Double.NaN, Tensor.of(new double[] {Double.NaN}).to(DType.BFLOAT16).item());
  }

  @Test
  void refusesAnItemThatIsNotOne() {
    var several = assertThrows(IllegalStateException.class, () -> Tensor.zeros(2, 3).item());
    assertEquals("item: a tensor of shape (2, 3) has 6 elements, not one", several.getMessage());
    assertThrows(IllegalStateException.class, () -> Tensor.zeros(0).itemLong());
    Tensor nan = Tensor.of(new double[] {Double.NaN});
    assertThrows(ArithmeticException.class, nan::itemLong);
    assertThrows(ArithmeticException.class, () -> Tensor.full(Shape.scalar(), 0x1p63).itemLong());
    assertEquals(Long.MIN_VALUE, Tensor.full(Shape.scalar(), -0x1p63).itemLong());
  }

  @Test
  void copiesElementsInRowMajorOrder() {
    Tensor x = Tensor.arange(6).reshape(2, 3);
    assertArrayEquals(new long[] {0, 3, 1, 4, 2, 5}, x.t().toLongArray());
    assertArrayEquals(new int[] {1, 4}, x.select(1, 1).toIntArray());
    assertArrayEquals(new float[] {0, 2, 3, 5}, x.slice(1, 0, 3, 2).toFloatArray());
    assertArrayEquals(new double[] {2, 2, 2}, x.get(0, 2).expand(3).toDoubleArray());
    assertArrayEquals(new boolean[] {false, true, true}, x.get(0).toBooleanArray());
    assertArrayEquals(new float[0], Tensor.zeros(0, 3).toFloatArray());
  }

  @Test
  void convertsWithoutRecordingAndWithoutTouchingTheTensor() {
    Tensor x = Tensor.of(new double[] {1.5, -2.5}).requiresGrad_();
    long version = x.storage().version();
    assertArrayEquals(new double[] {3, -5}, x.mul(2).toDoubleArray());
    assertArrayEquals(new long[] {1, -2}, x.toLongArray());
    float[] copy = x.toFloatArray();
    copy[0] = 9;
    assertEquals(1.5, x.get(0).item());
    assertEquals(version, x.storage().version());
  }

  @Test
  void refusesWhatNoJavaArrayCanHold() {
    Tensor x = Tensor.zeros(1).expand(1L << 32);
    var refused = assertThrows(IllegalStateException.class, x::toFloatArray);
    assertEquals(
        "toFloatArray: a Java array cannot hold the 4294967296 elements of shape (4294967296,); use"
            + " readOnlySegment()",
        refused.getMessage());
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void sharesTheMemoryOfAContiguousTensor() {
    Tensor x = Tensor.arange(6).reshape(2, 3);
    Tensor row = x.get(1);
    long version = x.storage().version();
    MemorySegment memory = row.segment();
    assertEquals(24, memory.byteSize());
    assertEquals(3, memory.getAtIndex(ValueLayout.JAVA_LONG, 0));
    memory.setAtIndex(ValueLayout.JAVA_LONG, 2, 50);
    assertEquals(50, x.get(1, 2).itemLong());
    assertEquals(version + 1, x.storage().version());
    assertEquals(0, x.slice(0, 2, 2, 1).segment().byteSize());
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void lendsItsMemoryForReadingWithoutCountingAWrite() {
    Tensor x = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    Tensor y = x.square().sum();
    long version = x.storage().version();
    MemorySegment memory = x.detach().slice(0, 1, 3, 1).readOnlySegment();
    assertEquals(8, memory.byteSize());
    assertEquals(2, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
    assertTrue(memory.isReadOnly());
    assertThrows(
        IllegalArgumentException.class, () -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 7));
    assertThrows(IllegalArgumentException.class, () -> memory.fill((byte) 0));
    assertThrows(ReadOnlyBufferException.class, () -> memory.asByteBuffer().put(0, (byte) 0));
    assertEquals(version, x.storage().version());
    y.backward();
    assertArrayEquals(new float[] {2, 4, 6}, x.grad().toFloatArray());
    x.detach().fill_(5);
    assertEquals(5, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0), "writes are seen");
    assertEquals(0, x.detach().slice(0, 2, 2, 1).readOnlySegment().byteSize());
    Tensor gaps = Tensor.zeros(2, 3).t();
    var refused = assertThrows(IllegalStateException.class, gaps::readOnlySegment);
    assertTrue(refused.getMessage().startsWith("readOnlySegment: "), refused::getMessage);
    x.storage().free();
    assertThrows(IllegalStateException.class, x.detach()::readOnlySegment);
    assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_FLOAT, 0));
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void refusesTheMemoryOfATensorWithGaps() {
    Tensor x = Tensor.zeros(2, 3).t();
    var refused = assertThrows(IllegalStateException.class, x::segment);
    assertEquals(
        "segment: the elements of a tensor with shape (3, 2), strides [1, 3], offset 0 do not lie"
            + " in row-major order without gaps; call contiguous() first",
        refused.getMessage());
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void refusesTheMemoryOfAFreedTensor() {
    Tensor x = Tensor.zeros(3);
    MemorySegment memory = x.segment();
    x.storage().free();
    assertThrows(IllegalStateException.class, x::segment);
    assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_FLOAT, 0));
  }

  @Test
  void lendsReadOnlyMemoryForReading() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
      Tensor x = Tensor.of(numbers.asReadOnly(), DType.FLOAT32, 3);
      MemorySegment memory = x.segment();
      assertEquals(3, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 2));
      assertThrows(
          IllegalArgumentException.class, () -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 7));
    }
  }
}
