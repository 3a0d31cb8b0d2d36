package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.OnCuda;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every test class says where it holds: on every device, on CUDA, or on the CPU alone, for a reason
 * that is listed here.
 */
class DevicesTest {
  /** Packages of which no class is about a device's numbers. */
  private static final Map<String, String> PACKAGES =
      Map.of(
          "backend", "what backends share, without kernels",
          "backend.cpu", "the CPU's backend itself",
          "backend.cuda", "CUDA's backend itself, also where there is no GPU",
          "check", "the texts of errors",
          "core", "dtypes, shapes and layouts, without memory",
          "ffi", "bindings",
          "memory", "memory of the host; CUDA's allocator has tests of its own",
          "observe", "the backends' decorator, and events of host memory",
          "plot", "draws what was read",
          "profiler", "counts calls, whoever computes");

  private static final Map<String, String> CLASSES = classes();

  private static Map<String, String> classes() {
    Map<String, String> all = new TreeMap<>();
    String build = "the build and the documents";
    List.of("ArchitectureTest", "BenchmarksTest", "ImportsTest", "ReadmeTest", "DevicesTest")
        .forEach(name -> all.put(name, build));
    all.put("ChagresTest", "the library's version and threads");
    all.put("ExamplesTest", "CudaExamplesTest runs them on CUDA");
    all.put("FlatMemoryTest", "how much memory of the host a program needs");
    all.put("autograd.SegmentTest", "graphs without tensors");
    all.put("data.ProgressTest", "prints");
    all.put("distributed.RendezvousTest", "how processes find each other, before a GPU is used");
    all.put("optim.EarlySchedulerTest", "programs of their own, which print");
    all.put("nn.BroadcastWarningsTest", "programs of their own, which print");
    all.put("nn.DropoutWarningTest", "programs of their own, which print");
    all.put("nn.UnregisteredTest", "programs of their own, which print");
    all.put("parity.GradientCoverageTest", "which gradients are tested");
    all.put("parity.TorchDtypesTest", "dtypes, which are decided before a device is asked");
    all.put("parity.TorchGradientsTest", "CudaSamplesTest has the gradients of the samples");
    all.put("parity.TorchNamesTest", "names");
    all.put(
        "parity.TorchPlacesTest", "where results lie, which is decided before a device is asked");
    all.put("parity.TorchSamplesTest", "CudaSamplesTest runs them on CUDA");
    all.put(
        "programs.RandomProgramsTest",
        "expects that a call with a bad index writes nothing, where a GPU leaves out that alone");
    all.put("tensor.BackendsTest", "finds the backends");
    all.put("tensor.FreedMemoryTest", "memory of the host that was freed");
    all.put("tensor.HugeTest", "arrays of more than 2^31 elements, and gigabytes");
    all.put("tensor.IndexListsTest", "what Java gives as an index, before a device is asked");
    all.put("tensor.IndexTextTest", "text");
    all.put("tensor.UnkeptGradientTest", "programs of their own, which print");
    all.put("tensor.KeptLayoutsTest", "CudaKeptLayoutsTest has CUDA's");
    all.put("tensor.NumpyRandomTest", "the CPU's random numbers, which are PyTorch's");
    all.put("tensor.PrinterTest", "the text of tensors of the CPU, which does not name it");
    all.put("tensor.RandomFormsTest", "the CPU's random numbers, which are PyTorch's");
    all.put("tensor.RandomLayoutsTest", "the CPU's random numbers, which are PyTorch's");
    all.put("tensor.RandomStreamsTest", "the CPU's random numbers, which are PyTorch's");
    all.put("tensor.SharedMemoryTest", "memory that Java code shares");
    all.put("tensor.UnrulyMemoryTest", "memory that Java code writes to meanwhile");
    String wrong = "wrong arguments, which are refused before a device is asked";
    all.put("testing.BadInputTest", wrong);
    all.put("testing.NullArgumentsTest", wrong);
    all.put("testing.PublicApiTest", "signatures");
    all.put("testing.DirectionalCheckTest", "a tool of tests");
    String fused = "CudaFusedTest has fewer of them on CUDA, where each formula is compiled";
    List.of("tensor.FusedTest", "tensor.FusedProgramsTest", "testing.FusedRowsTest")
        .forEach(name -> all.put(name, fused));
    String rows = "CudaOpDbTest has its rows on CUDA";
    List.of("UnaryOps", "BinaryOps", "BinaryGradients", "Reductions", "OtherOps")
        .forEach(name -> all.put("testing." + name + "Test", rows));
    return all;
  }

  private static List<Class<?>> tests() throws IOException, URISyntaxException {
    Path root =
        Path.of(DevicesTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path folder =
        Files.isDirectory(root.resolve("dev/chagres/testing"))
            ? root
            : Path.of("target", "test-classes");
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .filter(name -> name.endsWith("Test.class") && !name.contains("$"))
          .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
          .<Class<?>>map(DevicesTest::named)
          .toList();
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, DevicesTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyTestSaysWhereItHolds() throws Exception {
    Map<String, String> wrong = new TreeMap<>();
    int everywhere = 0;
    int cuda = 0;
    Map<String, String> cpu = new TreeMap<>();
    for (Class<?> test : tests()) {
      String name = test.getName().substring("dev.chagres.".length());
      String parent = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : "";
      boolean every = test.isAnnotationPresent(OnEveryDevice.class);
      boolean onCuda = test.isAnnotationPresent(OnCuda.class);
      String reason = CLASSES.getOrDefault(name, PACKAGES.get(parent));
      if (every) {
        everywhere++;
      } else if (onCuda) {
        cuda++;
      } else if (reason == null) {
        wrong.put(name, "needs @OnEveryDevice, or a reason here why it is about the CPU alone");
      } else {
        cpu.put(name, reason);
      }
      if (every && (onCuda || CLASSES.containsKey(name))) {
        wrong.put(name, "is on every device, and on one");
      }
    }
    assertEquals(Map.of(), wrong);
    assertTrue(everywhere > 50 && cuda > 10, () -> "hardly anything runs on CUDA");
    System.out.printf(
        "test classes: %d on every device, %d on CUDA, %d on the CPU alone%n",
        everywhere, cuda, cpu.size());
  }
}
