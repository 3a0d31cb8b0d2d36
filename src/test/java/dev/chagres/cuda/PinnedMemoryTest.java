package dev.chagres.cuda;

import static dev.chagres.testing.TestDevice.runsLate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Transfer;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pinned memory, and copies that nobody waits for. */
@OnCuda
class PinnedMemoryTest {
  private static final Device GPU = Device.cuda(0);
  private static final Device CPU = Device.cpu();

  private final CudaStream stream = CudaStream.defaultStream(GPU);

  private static long address(Tensor x) {
    return RawMemory.of(x.storage()).address();
  }

  @BeforeEach
  void finish() {
    Memory.emptyCache(); // else marks of what tests before left would be put into streams
    Cuda.synchronize();
  }

  // ---- pinned tensors

  @Test
  void pinnedTensorsAreCopies() {
    Tensor x = Tensor.randn(3, 5);
    Tensor pinned = x.pinMemory();
    assertFalse(x.isPinned());
    assertTrue(pinned.isPinned());
    assertTrue(pinned.narrow(0, 1, 2).isPinned());
    assertSame(pinned, pinned.pinMemory());
    assertTrue(pinned.device().isCpu());
    assertArrayEquals(x.toFloatArray(), pinned.toFloatArray());
    assertArrayEquals(x.add(1).toFloatArray(), pinned.add_(1).toFloatArray());
    assertNotEquals(x.sum().item(), pinned.sum().item());
    assertFalse(pinned.add(1).isPinned());
  }

  @Test
  void pinnedTensorsAreLaidOutAlike() {
    Tensor x = Tensor.randn(3, 5).t();
    Tensor pinned = x.pinMemory();
    assertEquals(x.layout().strides().length, pinned.layout().strides().length);
    assertArrayEquals(x.layout().strides(), pinned.layout().strides());
    assertArrayEquals(x.toFloatArray(), pinned.toFloatArray());
    Tensor every = Tensor.randn(8).slice(0, 0, 8, 2);
    assertArrayEquals(every.toFloatArray(), every.pinMemory().toFloatArray());
    assertTrue(Tensor.empty(0, 3).pinMemory().isPinned());
    assertEquals(3, Tensor.scalar(3).pinMemory().item());
  }

  @Test
  void gradientsFlowThrough() {
    Tensor x = Tensor.randn(4).requiresGrad_();
    Tensor pinned = x.pinMemory();
    pinned.mul(3).sum().backward();
    assertArrayEquals(new float[] {3, 3, 3, 3}, x.grad().toFloatArray());
    Tensor y = Tensor.randn(4).pinMemory().requiresGrad_();
    y.to(GPU, Transfer.NON_BLOCKING).mul(2).sum().backward();
    assertArrayEquals(new float[] {2, 2, 2, 2}, y.grad().toFloatArray());
  }

  @Test
  void onlyTheCpuHasPinnedMemory() {
    Tensor x = Tensor.ones(GPU, 2);
    assertFalse(x.isPinned());
    var e = assertThrows(IllegalArgumentException.class, x::pinMemory);
    assertEquals(
        "pinMemory: only tensors of the CPU can be pinned, not one on cuda:0", e.getMessage());
  }

  @Test
  void pinnedMemoryIsKeptAndCounted() {
    MemoryStats before = Memory.pinnedStats();
    MemoryStats pageable = Memory.stats();
    Tensor x = Tensor.empty(1 << 20).pinMemory();
    assertEquals(before.liveBytes() + (4 << 20), Memory.pinnedStats().liveBytes());
    assertEquals(pageable.limitBytes(), Memory.stats().limitBytes());
    long address = address(x);
    x.storage().free();
    assertEquals(address, address(Tensor.empty(1 << 20).pinMemory()), "it was used by no stream");
  }

  // ---- to the GPU

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 3 << 20})
  void pinnedMemoryIsNotWaitedFor(int size) {
    Tensor x = Tensor.arange(size).to(DType.FLOAT32).pinMemory();
    float[] expected = x.toFloatArray();
    Tensor there = x.to(GPU, Transfer.NON_BLOCKING);
    long address = address(x);
    x.storage().free(); // and not reused before it has been read
    Tensor next = Tensor.zeros(size).pinMemory();
    assertTrue(size == 0 || address(next) != address || stream.query());
    assertArrayEquals(expected, there.toFloatArray());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 3 << 20})
  void otherMemoryIsReadBefore(int size) {
    for (Transfer transfer : Transfer.values()) {
      Tensor x = Tensor.arange(size).to(DType.FLOAT32);
      float[] expected = x.toFloatArray();
      Tensor there = x.to(GPU, transfer);
      x.fill_(-1);
      assertTrue(!runsLate() || !stream.query(), "nor is it waited for");
      assertArrayEquals(expected, there.toFloatArray());
    }
  }

  @Test
  void muchMemoryGoesThroughLittle() {
    Tensor x = Tensor.randn(1 << 20);
    Tensor[] there = new Tensor[40];
    for (int i = 0; i < there.length; i++) {
      there[i] = x.add(i).to(GPU);
    }
    for (int i = 0; i < there.length; i++) {
      assertEquals(x.add(i).select(0, 17).item(), there[i].select(0, 17).item());
    }
    assertTrue(Memory.pinnedStats().peakBytes() < 128 << 20, Memory.pinnedStats().toString());
  }

  @Test
  void aBlockingCopyFromPinnedMemoryMayBeOverwritten() {
    Tensor x = Tensor.ones(1000).pinMemory();
    Tensor there = x.to(GPU);
    x.fill_(5);
    assertEquals(1000, there.sum().item());
  }

  @Test
  void copiesGoToTheStreamInUse() {
    assumeTrue(runsLate(), "only the emulator can be asked to work late");
    var other = new CudaStream(GPU);
    Tensor x = Tensor.ones(1000).pinMemory();
    Tensor there;
    try (var _ = other.use()) {
      there = x.to(GPU, Transfer.NON_BLOCKING);
    }
    assertFalse(other.query());
    assertTrue(stream.query());
    stream.waitStream(other);
    assertEquals(1000, there.sum().item());
  }

  // ---- to the CPU

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 3 << 20})
  void whatComesBackIsPinnedAndLate(int size) {
    Tensor there = Tensor.arange(size).to(DType.FLOAT32).to(GPU).add(1);
    float[] expected = there.toFloatArray();
    Tensor back = there.to(CPU, Transfer.NON_BLOCKING);
    assertTrue(size == 0 || back.isPinned());
    there.storage().free(); // whoever gets it writes behind the copy
    Tensor next = Tensor.empty(GPU, size).fill_(-1);
    stream.synchronize();
    assertArrayEquals(expected, back.toFloatArray());
    assertEquals(-size, next.sum().item(), size * 1e-6);
  }

  @Test
  void aTargetThatIsFreedIsNotWrittenLater() {
    Tensor there = Tensor.ones(GPU, 1000);
    stream.synchronize();
    Tensor back = there.to(CPU, Transfer.NON_BLOCKING);
    long address = address(back);
    back.storage().free();
    Tensor next = Tensor.zeros(1000).pinMemory();
    assertTrue(address(next) != address || stream.query());
    stream.synchronize();
    assertEquals(0, next.sum().item());
  }

  // ---- copies into tensors

  @Test
  void tensorsAreOverwrittenWithoutWaiting() {
    Tensor x = Tensor.randn(100).pinMemory();
    Tensor there = Tensor.zeros(GPU, 100);
    stream.synchronize();
    assertSame(there, there.copy_(x, Transfer.NON_BLOCKING));
    assertTrue(!runsLate() || !stream.query());
    Tensor back = Tensor.zeros(100).pinMemory();
    assertSame(back, back.copy_(there, Transfer.NON_BLOCKING));
    assertTrue(!runsLate() || !stream.query());
    stream.synchronize();
    assertArrayEquals(x.toFloatArray(), back.toFloatArray());
  }

  @Test
  void whatCannotBeCopiedDirectlyIsCopiedNow() {
    Tensor there = Tensor.randn(GPU, 3, 4);
    Tensor wide = Tensor.zeros(DType.FLOAT64, 2, 3, 4).pinMemory();
    wide.copy_(there, Transfer.NON_BLOCKING);
    assertEquals(2 * there.to(DType.FLOAT64).sum().item(), wide.sum().item(), 1e-12);
    Tensor turned = Tensor.zeros(4, 3).pinMemory().t();
    turned.copy_(there, Transfer.NON_BLOCKING);
    assertArrayEquals(there.toFloatArray(), turned.toFloatArray());
    Tensor pageable = Tensor.zeros(3, 4);
    pageable.copy_(there, Transfer.NON_BLOCKING);
    assertArrayEquals(there.toFloatArray(), pageable.toFloatArray());
    Tensor x = Tensor.randn(3, 4).requiresGrad_();
    Tensor y = Tensor.zeros(GPU, 3, 4);
    y.copy_(x, Transfer.NON_BLOCKING);
    y.mul(2).sum().backward();
    assertEquals(24, x.grad().sum().item());
    Tensor same = Tensor.ones(3);
    assertEquals(6, same.copy_(Tensor.of(1.0, 2, 3).toFloat(), Transfer.NON_BLOCKING).sum().item());
    assertSame(same, same.to(CPU, Transfer.NON_BLOCKING));
  }
}
