package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ChagresTest {
  @Test
  void aSeedRepeatsTheNumbers() {
    Chagres.manualSeed(0);
    assertEquals("tensor([0.4963, 0.7682, 0.0885, 0.1320, 0.3074])", Tensor.rand(5).toString());
    Chagres.manualSeed(0);
    assertEquals(0.49625658988952637, Tensor.rand(1).item());
  }

  @Test
  void threadsCanBeSet() {
    int before = Chagres.getNumThreads();
    try {
      Chagres.setNumThreads(1);
      assertEquals(1, Chagres.getNumThreads());
      assertThrows(IllegalArgumentException.class, () -> Chagres.setNumThreads(0));
    } finally {
      Chagres.setNumThreads(before);
    }
  }

  @Test
  void theDoctorNamesTheLibraries() {
    String report = Chagres.doctor();
    for (String part :
        new String[] {
          "chagres", "java", "libchagres", "openblas", "threads", "cuda      ", "memory of cpu"
        }) {
      assertTrue(report.contains(part), report);
    }
    assertTrue(report.contains(Cuda.report().lines().findFirst().orElseThrow()), report);
    assertFalse(report.contains("missing:"), report);
    assertEquals(Device.cpu(), Chagres.memoryStats().device());
    assertFalse(Chagres.version().isEmpty());
  }

  @Test
  void cudaSaysWhyNot() {
    assertEquals(Cuda.deviceCount() > 0, Cuda.isAvailable());
    assertEquals(Cuda.isAvailable(), Cuda.whyNot().isEmpty());
    Device none = Device.cuda(Cuda.deviceCount());
    Exception error = assertThrows(IllegalStateException.class, () -> Tensor.ones(1).to(none));
    String start = "to: " + none + " is not available: ";
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    if (!Cuda.isAvailable()) {
      assertEquals(start + Cuda.whyNot(), error.getMessage());
    }
    Cuda.synchronize();
    Cuda.synchronize(Device.cpu());
  }
}
