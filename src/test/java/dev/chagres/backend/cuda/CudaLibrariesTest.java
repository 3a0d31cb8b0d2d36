package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.cuda.CudaLibraries.CudaFolders;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where CUDA is looked for, and what is said where it is not; no library is used here. */
class CudaLibrariesTest {
  @TempDir private Path folder;

  private static String reason(Path where) {
    String before = System.getProperty(CudaLibraries.PROPERTY);
    System.setProperty(CudaLibraries.PROPERTY, where.toString());
    try {
      CudaLibraries.Outcome outcome = CudaLibraries.find();
      assertEquals(0, outcome.deviceCount());
      return outcome.reason();
    } finally {
      if (before == null) {
        System.clearProperty(CudaLibraries.PROPERTY);
      } else {
        System.setProperty(CudaLibraries.PROPERTY, before);
      }
    }
  }

  @Test
  void aLibraryThatCannotBeLoadedIsNamed() throws IOException {
    Path broken = Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
    String reason = reason(folder);
    assertTrue(reason.startsWith(broken + " cannot be loaded: "), reason);
  }

  @Test
  void homesAndPackagesOfPythonAreLookedThrough() throws IOException {
    Path home = Files.createDirectories(folder.resolve("cuda/lib64")).getParent();
    Path virtual = folder.resolve("venv");
    Path packages = virtual.resolve("lib/python3.11/site-packages/nvidia");
    Path cublas = Files.createDirectories(packages.resolve("cublas/lib"));
    Path nvrtc = Files.createDirectories(packages.resolve("cuda_nvrtc/lib"));
    Files.createDirectories(packages.resolve("cudnn/include"));
    List<Path> found =
        CudaFolders.of(Map.of("CUDA_HOME", home.toString(), "VIRTUAL_ENV", virtual.toString()));
    assertEquals(home.resolve("lib64"), found.getFirst());
    List<Path> ours = found.stream().filter(each -> each.startsWith(virtual)).toList();
    assertEquals(List.of(cublas, nvrtc), ours);
    List<Path> none = CudaFolders.of(Map.of("CUDA_HOME", "", "VIRTUAL_ENV", folder + "/no"));
    assertTrue(none.stream().noneMatch(each -> each.startsWith(folder)), none.toString());
  }

  @Test
  void anEnvironmentOfCondaIsLookedThrough() throws IOException {
    Path conda = folder.resolve("conda");
    Path toolkit = Files.createDirectories(conda.resolve("targets/x86_64-linux/lib"));
    Path packages = conda.resolve("lib/python3.13/site-packages/nvidia");
    Path pip = Files.createDirectories(packages.resolve("cu13/lib"));
    List<Path> found = CudaFolders.of(Map.of("CONDA_PREFIX", conda.toString()));
    List<Path> ours = found.stream().filter(each -> each.startsWith(conda)).toList();
    assertEquals(List.of(conda.resolve("lib"), toolkit, pip), ours);
  }

  @Test
  void toolkitsBesideTheUsualOneAreLookedThroughTheNewestFirst() throws IOException {
    Path local = folder.resolve("usr/local");
    Path usual = Files.createDirectories(local.resolve("cuda/lib64"));
    Path older = Files.createDirectories(local.resolve("cuda-12.8/lib64"));
    Path newer = Files.createDirectories(local.resolve("cuda-13.0/lib64"));
    assertEquals(List.of(usual, newer, older), CudaFolders.of(Map.of(), folder));
  }

  @Test
  void thePackagesOfThePathsPythonAreLookedThrough() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("torch/bin"));
    Path packages = folder.resolve("torch/lib/python3.12/site-packages/nvidia");
    Path pip = Files.createDirectories(packages.resolve("cu13/lib"));
    Map<String, String> environment = Map.of("PATH", "/nowhere::" + bin);
    assertTrue(!CudaFolders.of(environment).contains(pip), "there is no Python yet");
    Files.createFile(bin.resolve("python3"));
    assertTrue(CudaFolders.of(environment).contains(pip));
  }

  @Test
  void anOlderDriverHasAFunctionUnderItsFirstName() {
    MemorySegment function = MemorySegment.ofAddress(64);
    SymbolLookup older = name -> name.equals("cuOne") ? Optional.of(function) : Optional.empty();
    assertEquals(function, Driver.first(older, "cuOne_v2", "cuOne"));
    var e = assertThrows(NoSuchElementException.class, () -> Driver.first(older, "cuTwo"));
    assertEquals("the NVIDIA driver has no cuTwo", e.getMessage());
  }

  @Test
  void theLibrariesAreNoNewerThanTheDriverAndKnowTheGpu() {
    assertEquals(13, CudaLibraries.newest(13000, 90));
    assertEquals(13, CudaLibraries.newest(14010, 120));
    assertEquals(12, CudaLibraries.newest(12040, 90));
    assertEquals(13, CudaLibraries.newest(13000, 75));
    assertEquals(12, CudaLibraries.newest(13000, 70));
    assertEquals(11, CudaLibraries.newest(11080, 70));
  }

  @Test
  void theTargetIsTheDevicesOwnOrTheNextBelow() {
    List<Integer> known = List.of(75, 80, 90, 100);
    assertEquals(
        new Modules.Target("--gpu-architecture=sm_90", true, "13.0"),
        Modules.Target.of(9, 0, known, "13.0"));
    assertEquals(
        new Modules.Target("--gpu-architecture=compute_80", false, "13.0"),
        Modules.Target.of(8, 7, known, "13.0"));
    assertEquals(
        new Modules.Target("--gpu-architecture=compute_100", false, "13.0"),
        Modules.Target.of(13, 1, known, "13.0"));
    Exception thrown =
        assertThrows(IllegalStateException.class, () -> Modules.Target.of(6, 1, known, "13.0"));
    assertTrue(thrown.getMessage().contains("compute capability 6.1"), thrown.getMessage());
  }
}
