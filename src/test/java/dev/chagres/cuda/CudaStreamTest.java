package dev.chagres.cuda;

import static dev.chagres.testing.TestDevice.runsLate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.Scope;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams and events, and what becomes of memory that several streams use. */
@OnCuda
class CudaStreamTest {
  private static final Device GPU = Device.cuda(0);

  /** More than a stripe keeps, so that a block that is freed is the next one to be taken. */
  private static final int LARGE = 1 << 19;

  private final CudaStream first = CudaStream.defaultStream(GPU);
  private final CudaStream stream = new CudaStream(GPU);

  @BeforeEach
  void finish() {
    Memory.emptyCache(); // else marks of what tests before left would be put into streams
    Cuda.synchronize();
  }

  private static Tensor there(double value, long size) {
    return Tensor.empty(GPU, size).fill_(value);
  }

  private static long address(Tensor x) {
    return RawMemory.of(x.storage()).address();
  }

  private static void assertAll(double expected, Tensor x) {
    float[] values = x.toFloatArray();
    float[] same = new float[values.length];
    Arrays.fill(same, (float) expected);
    assertArrayEquals(same, values);
  }

  // ---- which stream

  @Test
  void workGoesToTheStreamInUse() {
    assumeTrue(runsLate(), "only the emulator can be asked to work late");
    Tensor x = there(1, 4);
    Cuda.synchronize();
    try (var _ = stream.use()) {
      assertEquals(stream, CudaStream.current(GPU));
      assertAll(1, x); // which waits
      Tensor y = x.add(1);
      assertFalse(stream.query());
      assertTrue(first.query());
      stream.synchronize();
      assertTrue(stream.query());
      assertAll(2, y);
    }
    assertEquals(first, CudaStream.current(GPU));
    x.add(1);
    assertTrue(stream.query());
    assertFalse(first.query());
  }

  @Test
  void usesNest() {
    var other = new CudaStream(GPU);
    assertNotEquals(stream, other);
    try (var _ = stream.use()) {
      try (var _ = other.use()) {
        assertEquals(other, CudaStream.current(GPU));
      }
      assertEquals(stream, CudaStream.current(GPU));
    }
    assertEquals(first, CudaStream.current(GPU));
  }

  @Test
  void aUseIsOfOneThread() throws InterruptedException {
    AtomicReference<CudaStream> seen = new AtomicReference<>();
    AtomicReference<RuntimeException> thrown = new AtomicReference<>();
    try (var use = stream.use()) {
      Thread thread =
          Thread.startVirtualThread(
              () -> {
                seen.set(CudaStream.current(GPU));
                thrown.set(assertThrows(IllegalStateException.class, use::close));
              });
      thread.join();
    }
    assertEquals(first, seen.get());
    assertTrue(thrown.get().getMessage().contains("in use by"), thrown.get().getMessage());
  }

  @Test
  void productsFollowTheStream() {
    Tensor a = Tensor.randn(GPU, 5, 7);
    Tensor b = Tensor.randn(GPU, 7, 3);
    float[] expected = a.matmul(b).toFloatArray();
    Tensor there;
    try (var _ = stream.use()) {
      there = a.matmul(b);
      assertTrue(!runsLate() || !stream.query());
      assertTrue(first.query());
    }
    first.waitStream(stream);
    assertArrayEquals(expected, there.toFloatArray());
  }

  @Test
  void numbersThatAreKeptAreThereInEachStream() {
    Tensor x = there(1, 4);
    Cuda.synchronize();
    Tensor number = Tensor.scalar(1234.5);
    x.mul(number); // not done yet, when it runs late
    try (var _ = stream.use()) {
      assertAll(1234.5, x.mul(number));
    }
  }

  @Test
  void streamsAreDealtOutInTurn() {
    CudaStream again = new CudaStream(GPU);
    for (int i = 1; i < 32; i++) {
      assertNotEquals(again, new CudaStream(GPU));
    }
    assertEquals(again, new CudaStream(GPU));
    assertTrue(again.toString().startsWith("CudaStream(cuda:0, "), again.toString());
  }

  @Test
  void theCpuHasNoStreams() {
    var e = assertThrows(IllegalArgumentException.class, () -> new CudaStream(Device.cpu()));
    assertEquals("CudaStream: only GPUs have streams, not cpu", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> CudaStream.current(Device.cpu()));
  }

  // ---- order

  @Test
  void aStreamWaitsForAnother() {
    Tensor x = there(3, 1000);
    Tensor y;
    try (var _ = stream.use()) {
      stream.waitStream(first);
      y = x.mul(x);
    }
    first.waitStream(stream);
    assertAll(10, y.add(1));
  }

  @Test
  void aStreamWaitsForAnEvent() {
    Tensor x = there(3, 1000);
    CudaEvent made = first.recordEvent();
    Tensor y;
    CudaEvent multiplied = new CudaEvent();
    try (var _ = stream.use()) {
      stream.waitEvent(made);
      y = x.mul(x);
      multiplied.record(stream);
    }
    first.waitEvent(multiplied);
    assertAll(10, y.add(1));
  }

  @Test
  @OnCuda(devices = 2)
  void aStreamWaitsForOneOfAnotherDevice() {
    var other = new CudaStream(Device.cuda(1));
    Tensor x = Tensor.empty(Device.cuda(1), 100).fill_(5);
    Tensor near;
    try (var _ = other.use();
        var _ = stream.use()) {
      other.waitStream(CudaStream.defaultStream(Device.cuda(1)));
      near = x.add(1).to(GPU);
    }
    first.waitStream(stream);
    assertAll(12, near.mul(2));
  }

  @Test
  void allStreamsAreWaitedFor() {
    Tensor x = there(1, 4);
    Cuda.synchronize();
    try (var _ = stream.use()) {
      x.add(1);
    }
    Cuda.synchronize(GPU);
    assertTrue(stream.query());
  }

  @Test
  void faultsAreThrownByTheirStream() {
    Tensor x = there(1, 4).toInt();
    Cuda.synchronize();
    try (var _ = stream.use()) {
      Tensor zero = Tensor.zeros(GPU, 4).toInt();
      x.remainder(zero);
    }
    first.synchronize();
    assertThrows(ArithmeticException.class, stream::synchronize);
    stream.synchronize();
    try (var _ = stream.use()) {
      x.indexSelect(0, Tensor.of(new long[] {7}).to(GPU));
    }
    assertThrows(IndexOutOfBoundsException.class, Cuda::synchronize);
    Cuda.synchronize();
  }

  // ---- events

  @Test
  void eventsTellTheTime() {
    CudaEvent start = first.recordEvent(CudaEvent.timed());
    Tensor x = there(3, 100_000).sin();
    CudaEvent end = first.recordEvent(CudaEvent.timed());
    if (runsLate()) {
      assertFalse(end.query());
      assertThrows(IllegalStateException.class, () -> start.elapsedTime(end));
    }
    end.synchronize();
    assertTrue(end.query());
    double time = start.elapsedTime(end);
    assertTrue(time > 0 && time < 60_000, time + " ms");
    assertEquals(100_000, x.numel());
  }

  @Test
  void eventsSayWhatTheyLack() {
    CudaEvent plain = first.recordEvent();
    CudaEvent timed = CudaEvent.timed();
    assertTrue(timed.query());
    timed.synchronize();
    var e = assertThrows(IllegalStateException.class, () -> plain.elapsedTime(timed));
    assertEquals("elapsedTime: both events must be CudaEvent.timed()", e.getMessage());
    e = assertThrows(IllegalStateException.class, () -> timed.elapsedTime(timed));
    assertEquals("elapsedTime: both events must have been recorded", e.getMessage());
  }

  @Test
  @OnCuda(devices = 2)
  void anEventBelongsToADevice() {
    CudaEvent event = first.recordEvent();
    var other = CudaStream.defaultStream(Device.cuda(1));
    assertThrows(IllegalArgumentException.class, () -> event.record(other));
    other.waitEvent(event);
    other.synchronize();
    assertTrue(!runsLate() || event.query());
  }

  // ---- memory

  @Test
  void memoryBelongsToItsStream() {
    long here;
    long there;
    try (var _ = Scope.open()) {
      here = address(there(1, LARGE));
    }
    try (var _ = stream.use()) {
      try (var _ = Scope.open()) {
        there = address(there(1, LARGE));
        assertNotEquals(here, there);
      }
      try (var _ = Scope.open()) {
        assertEquals(there, address(there(2, LARGE)));
      }
    }
    try (var _ = Scope.open()) {
      assertEquals(here, address(there(2, LARGE)));
    }
  }

  @Test
  void memoryThatAnotherStreamUsesIsNotReused() {
    for (long size : new long[] {8, 3000, LARGE}) {
      Tensor x = there(3, size);
      long address = address(x);
      Cuda.synchronize();
      Tensor y;
      try (var _ = stream.use()) {
        y = x.add(1);
      }
      x.storage().free();
      assertFalse(runsLate() && stream.query());
      for (int i = 0; i < 20; i++) {
        Tensor next = there(7, size);
        assertTrue(address(next) != address || stream.query());
      }
      first.synchronize();
      stream.synchronize();
      assertAll(4, y);
    }
  }

  @Test
  void scopesAndProductsHoldWhatOtherStreamsUse() {
    Tensor y;
    long address;
    try (var scope = Scope.open()) {
      Tensor x = Tensor.ones(GPU, 64, 64);
      address = address(x);
      Cuda.synchronize();
      try (var _ = stream.use()) {
        y = scope.keep(x.matmul(x));
      }
    }
    for (int i = 0; i < 20; i++) {
      Tensor next = Tensor.empty(GPU, 64, 64).fill_(5);
      assertTrue(address(next) != address || stream.query());
    }
    first.synchronize();
    stream.synchronize();
    assertAll(64, y);
  }

  @Test
  void heldMemoryComesBack() {
    Memory.emptyCache(GPU);
    MemoryStats before = Memory.stats(GPU);
    Tensor x = there(3, LARGE);
    Cuda.synchronize();
    try (var _ = stream.use()) {
      x.neg().storage().free();
    }
    x.storage().free();
    MemoryStats held = Memory.stats(GPU);
    assertEquals(before.liveBytes(), held.liveBytes());
    assertEquals(before.liveStorages(), held.liveStorages());
    assertTrue(held.reservedBytes() >= before.reservedBytes() + 8 * LARGE);
    Memory.emptyCache(GPU);
    assertTrue(stream.query(), "it was waited for");
    assertEquals(before.reservedBytes(), Memory.stats(GPU).reservedBytes());
  }

  @Test
  void usesAreRecordedByHand() {
    Tensor x = there(3, LARGE);
    long address = address(x);
    Cuda.synchronize();
    try (var _ = stream.use()) {
      there(1, 4); // something that is not done
    }
    x.recordStream(stream);
    x.storage().free();
    assertTrue(!runsLate() || address(there(7, LARGE)) != address);
    assertThrows(IllegalArgumentException.class, () -> Tensor.ones(2).recordStream(stream));
  }
}
