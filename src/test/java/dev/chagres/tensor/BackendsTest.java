package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.core.Device;
import dev.chagres.profiler.Profiler;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;

/** Nothing stands between an operation and its kernel unless somebody observes. */
class BackendsTest {
  private static void isBare() {
    assertSame(CpuBackend.instance(), Backends.cpu());
    assertSame(CpuBackend.instance(), Backends.of(Device.cpu()));
  }

  private static void isObserved() {
    assertNotSame(CpuBackend.instance(), Backends.cpu());
    assertNotSame(CpuBackend.instance(), Backends.of(Device.cpu()));
  }

  @Test
  void aProfilerStandsThereOnlyWhileItRuns() {
    isBare();
    try (Profiler profiler = Profiler.start()) {
      isObserved();
      profiler.stop();
      isBare();
    }
    isBare();
    Profiler.run(BackendsTest::isObserved);
    isBare();
    assertThrows(
        ArithmeticException.class,
        () ->
            Profiler.run(
                () -> {
                  throw new ArithmeticException();
                }));
    isBare();
  }

  @Test
  void theFlightRecorderStandsThereOnlyWhileItRecords() {
    isBare();
    try (Recording recording = new Recording()) {
      isBare();
      recording.start();
      isObserved();
      Profiler.run(BackendsTest::isObserved);
      isObserved();
      try (Recording second = new Recording()) {
        second.start();
        recording.stop();
        isObserved();
      }
      isBare();
    }
    isBare();
  }

  @Test
  void whoEndsTwiceEndsNoOther() {
    Profiler first = Profiler.start();
    first.close();
    try (Profiler second = Profiler.start()) {
      first.close();
      first.stop();
      isObserved();
      assertEquals(0, second.profile().rows().size());
    }
  }
}
