package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.cuda.CudaGraph;
import dev.chagres.cuda.CudaStream;
import dev.chagres.distributed.DataParallel;
import dev.chagres.distributed.Parallel;
import dev.chagres.distributed.ProcessGroup;
import dev.chagres.nn.Linear;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

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

  private static void says(String name, Device device, Executable call) {
    Exception error = assertThrows(IllegalStateException.class, call);
    String start = name + ": " + device + " is not available: ";
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
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
    int index = none.index();
    says("memoryAllocated", none, () -> Cuda.memoryAllocated(index));
    says("getDeviceName", none, () -> Cuda.getDeviceName(index));
    says("isBf16Supported", none, () -> Cuda.isBf16Supported(index));
    says("emptyCache", none, () -> Cuda.emptyCache(index));
    says("synchronize", none, () -> Cuda.synchronize(none));
    says("CudaStream", none, () -> new CudaStream(none));
    says("current", none, () -> CudaStream.current(none));
    says("capture", none, () -> CudaGraph.capture(CudaGraph.options().device(none), () -> {}));
    var layer = new Linear(2, 2);
    says("DataParallel", none, () -> new DataParallel(layer, () -> layer, List.of(none)));
    says("spawn", none, () -> ProcessGroup.spawn(List.of(none), _ -> {}));
    says("scatter", none, () -> Parallel.scatter(Tensor.ones(2), List.of(none)));
    says("gather", none, () -> Parallel.gather(List.of(Tensor.ones(2)), none));
    Cuda.synchronize();
    Cuda.synchronize(Device.cpu());
  }
}
