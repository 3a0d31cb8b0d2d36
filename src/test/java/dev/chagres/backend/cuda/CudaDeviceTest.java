package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.backend.Backend;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.OutOfMemoryException;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import dev.chagres.testing.Programs;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory, copies, launches, faults and modules of one device. */
@OnCuda
class CudaDeviceTest {
  private static final String FILE = "runtime_test.cu";

  /** Tests that take all memory of a GPU, which must have it to themselves. */
  private static final String WHOLE_DEVICE = "whole-device";

  private final CudaDevice device = CudaRuntime.device(Device.cuda(0));

  private static MemorySegment pattern(Arena arena, long bytes) {
    MemorySegment memory = arena.allocate(Math.max(1, bytes));
    for (long i = 0; i < bytes; i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + (i >> 11)));
    }
    return memory;
  }

  private Strided longs(long... values) {
    Strided made = Strided.allocate(device.device(), Shape.of(values.length), DType.INT64);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_LONG, values);
      device.upload(memory, CudaDevice.address(made), memory.byteSize());
    }
    return made;
  }

  private long[] read(Strided x) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_LONG, x.numel());
      device.download(CudaDevice.address(x), memory, memory.byteSize());
      return memory.toArray(ValueLayout.JAVA_LONG);
    }
  }

  @Test
  void aFailureThatLastsIsSaidToBeOne() {
    for (int lasting : new int[] {700, 702, 710, 716, 719}) {
      assertTrue(Driver.text(lasting).contains("CUDA_LAUNCH_BLOCKING=1"), Driver.text(lasting));
    }
    assertFalse(Driver.text(1).contains("kernel"), Driver.text(1));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 63, 4096, (1 << 20) - 1, 1 << 20, (3 << 20) + 17})
  void bytesComeBack(long bytes) {
    try (Arena arena = Arena.ofConfined();
        CudaDevice.Workspace first = device.workspace(bytes);
        CudaDevice.Workspace second = device.workspace(bytes)) {
      MemorySegment sent = pattern(arena, bytes);
      MemorySegment copy = arena.allocate(Math.max(1, bytes)).copyFrom(sent);
      device.upload(copy, first.address(), bytes);
      copy.fill((byte) 7); // what was sent is not read again
      device.fill(second.address(), 1, bytes);
      device.copy(first.address(), second.address(), bytes);
      device.fill(first.address(), 2, bytes);
      MemorySegment back = arena.allocate(Math.max(1, bytes));
      device.download(second.address(), back, bytes);
      assertEquals(-1, back.asSlice(0, bytes).mismatch(sent.asSlice(0, bytes)));
      device.download(first.address(), back, bytes);
      for (long i = 0; i < bytes; i++) {
        assertEquals(2, back.get(ValueLayout.JAVA_BYTE, i));
      }
    }
  }

  @Test
  void manyThreadsCopyAtOnce() throws Exception {
    List<Callable<Long>> tasks = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      long seed = t;
      tasks.add(
          () -> {
            long[] values = new long[300_000];
            for (int i = 0; i < values.length; i++) {
              values[i] = seed * values.length + i;
            }
            Strided there = longs(values);
            assertArrayEquals(values, read(there));
            return seed;
          });
    }
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Long> each : executor.invokeAll(tasks)) {
        each.get();
      }
    }
  }

  @Test
  void argumentsArriveInOrderAndWhole() {
    Strided y = Strided.allocate(device.device(), Shape.of(10), DType.FLOAT64);
    device
        .launch(FILE, "echo")
        .pointer(y)
        .integer(-5)
        .integer(-70_000)
        .struct(3, -4, Double.doubleToRawLongBits(0.1))
        .integer(1L << 40)
        .float32(0.5)
        .float64(-1e300)
        .integer(1)
        .run(1);
    double[] found = new double[10];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_DOUBLE, 10);
      device.download(CudaDevice.address(y), memory, memory.byteSize());
      MemorySegment.copy(memory, ValueLayout.JAVA_DOUBLE, 0, found, 0, 10);
    }
    assertArrayEquals(new double[] {-5, -70_000, 3, -4, 0.1, 1L << 40, 0.5, -1e300, 1, 24}, found);
  }

  @Test
  void structsOfBytesArriveToo() {
    Strided y = Strided.allocate(device.device(), Shape.of(10), DType.FLOAT64);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment three = arena.allocate(24);
      three.set(ValueLayout.JAVA_LONG, 0, 11);
      three.set(ValueLayout.JAVA_LONG, 8, 12);
      three.set(ValueLayout.JAVA_DOUBLE, 16, 13);
      device
          .launch(FILE, "echo")
          .pointer(y)
          .integer(0)
          .integer(0)
          .struct(three)
          .integer(0)
          .float32(0)
          .float64(9)
          .integer(0)
          .run(1);
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_DOUBLE, 10);
      device.download(CudaDevice.address(y), memory, memory.byteSize());
      assertEquals(11, memory.getAtIndex(ValueLayout.JAVA_DOUBLE, 2));
      assertEquals(13, memory.getAtIndex(ValueLayout.JAVA_DOUBLE, 4));
      assertEquals(9, memory.getAtIndex(ValueLayout.JAVA_DOUBLE, 7));
    }
  }

  @Test
  void kernelsAreKept() {
    Kernel kernel = device.kernel(FILE, "fill<long long>");
    assertSame(kernel, device.kernel(FILE, "fill<long long>"));
    assertNotEquals(kernel.function(), device.kernel(FILE, "fill<int>").function());
  }

  @Test
  void launchesRunOneAfterTheOther() {
    Strided y = longs(new long[1000]);
    Kernel fill = device.kernel(FILE, "fill<long long>");
    for (int i = 1; i <= 20; i++) {
      device.launch(fill).pointer(y).integer(1000 - i).integer(i).run(1000);
    }
    long[] found = read(y);
    for (int i = 0; i < 1000; i++) {
      assertEquals(Math.min(20, 999 - i), found[i], "element " + i);
    }
  }

  // ---- faults

  private void check(Strided x, String operation) {
    device
        .launch(FILE, "check")
        .pointer(x)
        .integer(x.numel())
        .integer(10)
        .fault(Faults.index(operation, 10, Negatives.FROM_END))
        .run(x.numel());
  }

  @Test
  void theFirstFaultIsThrownOnceAtTheNextSynchronisation() {
    Strided good = longs(1, 2, 3);
    Strided bad = longs(1, 42, 3);
    Strided worse = longs(77);
    check(good, "first");
    device.synchronize();
    check(good, "second");
    check(bad, "third");
    check(worse, "fourth");
    Exception thrown = assertThrows(IndexOutOfBoundsException.class, () -> read(good));
    assertEquals("third: index 42 is out of range for a dimension of size 10", thrown.getMessage());
    assertDoesNotThrow(device::synchronize);
    assertArrayEquals(new long[] {1, 2, 3}, read(good));
    check(worse, "fifth");
    thrown = assertThrows(IndexOutOfBoundsException.class, device::synchronize);
    assertTrue(thrown.getMessage().startsWith("fifth: index 77 "), thrown.getMessage());
  }

  @Test
  void moreLaunchesThanAreRemembered() {
    Strided good = longs(1);
    Strided bad = longs(1000);
    check(bad, "early");
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> {
          for (int i = 0; i < Faults.MOST; i++) {
            check(good, "later");
          }
        });
    device.synchronize();
  }

  @Test
  void aBlockingLaunchThrowsItself() {
    Strided bad = longs(1000);
    CudaRuntime.setLaunchBlocking(true);
    try {
      assertThrows(IndexOutOfBoundsException.class, () -> check(bad, "blocking"));
    } finally {
      CudaRuntime.setLaunchBlocking(false);
    }
    assertDoesNotThrow(device::synchronize);
  }

  /** A program whose kernel writes where no memory is. */
  static final class Failing {
    private static final int BYTES = 64 << 20;

    private Failing() {}

    public static void main(String[] arguments) {
      CudaDevice device = CudaRuntime.device(Device.cuda(0));
      CudaRuntime.setLaunchBlocking(!arguments[0].equals("as ever"));
      Strided x = Strided.allocate(device.device(), Shape.of(1), DType.INT64);
      device.fill(CudaDevice.address(x), 1, Long.BYTES);
      // The word that it reports to is where nothing is.
      Runnable check =
          () -> device.launch(FILE, "check").pointer(x).integer(1).integer(10).struct(64, 1).run(1);
      try {
        switch (arguments[0]) {
          case "graph" -> Capture.of(device.device(), () -> run(check)).graph().replay();
          case "operation" -> withoutMemory(device).neg();
          default -> check.run();
        }
        device.launch(FILE, "fill<long long>").pointer(x).integer(0).integer(5).run(1);
        device.synchronize();
      } catch (CudaException e) {
        System.out.println(e.getMessage());
      }
    }

    private static boolean run(Runnable task) {
      task.run();
      return true;
    }

    /** A tensor in a block of the pool that the driver was given back. */
    private static Tensor withoutMemory(CudaDevice device) {
      Storage block = Storage.allocate(device.device(), BYTES);
      long address = RawMemory.of(block).address();
      block.free();
      Tensor x = Tensor.zeros(device.device(), BYTES / Float.BYTES);
      device.synchronize();
      Driver.free(address);
      return x;
    }
  }

  private static String[] program(Class<?> program, String... arguments) {
    return program(System.getProperty("chagres.cuda.path", ""), program, arguments);
  }

  private static String[] program(String libraries, Class<?> program, String... arguments) {
    List<String> all = new ArrayList<>();
    all.add("@" + Programs.OPTIONS);
    all.add(
        "--patch-module=dev.chagres="
            + Programs.testClasses()
            + File.pathSeparator
            + Programs.RESOURCES);
    all.add("-Dchagres.cuda.path=" + libraries);
    all.add("--module=dev.chagres/" + program.getName());
    all.addAll(List.of(arguments));
    return all.toArray(String[]::new);
  }

  private static String failure(String mode) throws Exception {
    return String.join("\n", Programs.run("java", program(Failing.class, mode)));
  }

  /** A program that says why it has no GPU. */
  static final class WhyNot {
    private WhyNot() {}

    public static void main(String[] arguments) {
      System.out.println(CudaRuntime.whyNot());
    }
  }

  /** The emulator has the libraries of CUDA 13 alone. */
  @Test
  @EnabledIfEnvironmentVariable(named = "CHAGRES_EMULATOR_LAZY", matches = "1")
  void aGpuThatTheNewestLibrariesDoNotKnowNeedsOlderOnes() throws Exception {
    String said = onGpus("70", program(WhyNot.class));
    assertTrue(said.startsWith("libnvrtc.so.12 was not found in "), said);
    assertTrue(
        said.contains(
            "; a GPU of compute capability 7.0 needs it, as CUDA 13 is for 7.5 and more; install it"
                + " (pip install nvidia-cuda-nvrtc-cu12,"),
        said);
  }

  /** Runs a program on GPUs of other compute capabilities, times ten; returns what it printed. */
  private static String onGpus(String capabilities, String... program) throws Exception {
    var builder = new ProcessBuilder(Programs.command("java", program));
    builder.environment().put("CHAGRES_EMULATOR_CAPABILITY", capabilities);
    builder.environment().put("CHAGRES_EMULATOR_DEVICES", "" + capabilities.split(",").length);
    Process process = builder.redirectErrorStream(true).start();
    String said = String.join("\n", process.inputReader().lines().toList());
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  /** A program that says which libraries and GPUs it has, and whether it can use them. */
  static final class Using {
    private Using() {}

    public static void main(String[] arguments) {
      System.out.println(Cuda.report());
      for (int i = 0; i < Cuda.deviceCount(); i++) {
        try {
          System.out.println(Cuda.freeMemory(i) > 0 ? "cuda:" + i + " is used" : "no memory");
        } catch (IllegalStateException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  /** Returns a folder with the emulator's libraries, and more names of them. */
  private static String libraries(Path folder, String... more) throws IOException {
    Path emulator = Path.of(System.getProperty("chagres.cuda.path", "")).toAbsolutePath();
    try (Stream<Path> files = Files.list(emulator)) {
      for (Path file : files.filter(each -> each.toString().contains(".so.")).toList()) {
        Files.createSymbolicLink(folder.resolve(file.getFileName()), file);
      }
    }
    for (String name : more) {
      Files.createSymbolicLink(folder.resolve(name), emulator.resolve("libcuda.so.1"));
    }
    return folder.toString();
  }

  @Test
  @EnabledIfEnvironmentVariable(named = "CHAGRES_EMULATOR_LAZY", matches = "1")
  void ofSeveralGpusTheLibrariesKnowAllIfSuchAreThere() throws Exception {
    // No folder of JUnit's, which warns of links that lead out of it.
    Path folder = Files.createTempDirectory("toolkits");
    try {
      checkLibrariesOfSeveralGpus(folder);
    } finally {
      try (Stream<Path> links = Files.list(folder)) {
        for (Path link : links.toList()) {
          Files.delete(link);
        }
      }
      Files.delete(folder);
    }
  }

  private static void checkLibrariesOfSeveralGpus(Path folder) throws Exception {
    String libraries =
        libraries(
            folder,
            "libnvrtc.so.12",
            "libnvrtc-builtins.so.12.8",
            "libcublas.so.12",
            "libcublasLt.so.12");
    String mixed = onGpus("89,70", program(libraries, Using.class));
    assertTrue(mixed.contains("/libnvrtc.so.12\n"), mixed);
    assertTrue(mixed.contains("/libcublas.so.12\n"), mixed);
    assertTrue(!mixed.contains(".so.13"), mixed);
    assertTrue(mixed.endsWith("cuda:0 is used\ncuda:1 is used"), mixed);
    String newer = onGpus("89,75", program(libraries, Using.class));
    assertTrue(newer.contains("/libnvrtc.so.13\n") && !newer.contains(".so.12"), newer);
    // Of half a toolkit nothing is taken.
    Files.delete(folder.resolve("libcublas.so.12"));
    String half = onGpus("89,70", program(libraries, Using.class));
    assertTrue(half.contains("/libnvrtc.so.13\n") && !half.contains(".so.12"), half);
  }

  @Test
  @EnabledIfEnvironmentVariable(named = "CHAGRES_EMULATOR_LAZY", matches = "1")
  void oneOfSeveralGpusThatIsTooOldForTheLibrariesSaysWhatItNeeds() throws Exception {
    String said = onGpus("70,89", program(Using.class));
    String why =
        "cannot be used: CUDA 13 does not know its compute capability; CUDA 12 knows all GPUs here:"
            + " install it (pip install nvidia-cuda-nvrtc-cu12 nvidia-cublas-cu12), or name its"
            + " folder with -Dchagres.cuda.path=<folder>";
    assertTrue(said.contains("compute capability 7.0, 16384 MiB; " + why + "\n"), said);
    assertTrue(said.contains("compute capability 8.9, 16384 MiB\n"), said);
    assertTrue(said.endsWith("\ncuda:0 " + why + "\ncuda:1 is used"), said);
  }

  @Test
  void aFailedLaunchSaysItsNameWhereEachIsWaitedFor() throws Exception {
    String blocking = failure("blocking");
    assertTrue(blocking.contains(": launch of check: cu"), blocking);
    assertTrue(blocking.contains("CUDA_ERROR_ILLEGAL_ADDRESS"), blocking);
    String graph = failure("graph");
    assertTrue(graph.startsWith("replay: launch of a graph: cu"), graph);
    String operation = failure("operation");
    assertTrue(operation.startsWith("neg: launch of flat1<Unary<unary_op::NEG, "), operation);
    String late = failure("as ever");
    assertTrue(late.contains("with CUDA_LAUNCH_BLOCKING=1 its own launch says so"), late);
  }

  // ---- mistakes

  @Test
  void whatDoesNotCompileShowsTheCompilersWords() {
    Exception thrown =
        assertThrows(
            IllegalStateException.class, () -> device.kernel("broken_test.cu", "broken<float>"));
    assertTrue(thrown.getMessage().contains("undefined_name"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains("broken_test.cu"), thrown.getMessage());
    assertThrows(IllegalStateException.class, () -> device.kernel("no_file.cu", "fill<int>"));
    assertThrows(IllegalStateException.class, () -> device.kernel(FILE, "no_kernel<int>"));
  }

  @Test
  void anOperandOfAnotherDeviceIsRefused() {
    Strided host = Strided.allocate(Shape.of(3), DType.INT64);
    Launch launch = device.launch(FILE, "fill<long long>");
    Exception thrown = assertThrows(IllegalArgumentException.class, () -> launch.pointer(host));
    assertTrue(thrown.getMessage().contains("is on cpu, not on cuda:0"), thrown.getMessage());
  }

  @Test
  void aGridThatCannotBeIsRefusedWithTheDriversWords() {
    Strided y = longs(0);
    Launch launch = device.launch(FILE, "fill<long long>").pointer(y).integer(1).integer(1);
    Exception thrown =
        assertThrows(IllegalStateException.class, () -> launch.run(Grid.of(1), Grid.of(5000), 0));
    assertTrue(thrown.getMessage().contains("CUDA_ERROR_INVALID_VALUE"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains("fill<long long>"), thrown.getMessage());
  }

  @Test
  void aKernelGetsTheSharedMemoryThatItsLaunchesAskFor() throws Exception {
    Kernel room = device.kernel(FILE, "room");
    for (int kibibytes : new int[] {8, 45, 90, 60, 90}) {
      Strided y = longs(0);
      int shared = kibibytes << 10;
      Callable<Object> launch =
          () -> {
            device.launch(room).pointer(y).integer(shared).run(Grid.of(1), Grid.of(32), shared);
            return y;
          };
      try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
        assertSame(y, thread.submit(launch).get()); // a thread without a context
      }
      assertEquals(shared + 5, read(y)[0]);
    }
  }

  @Test
  @Tag(WHOLE_DEVICE)
  void aStreamNeedsNoMoreThanThePoolKeeps() {
    Storage.allocate(device.device(), 64L << 20).free();
    List<Long> taken = takeAll();
    try {
      assertDoesNotThrow(() -> new DeviceStream(device, 1000));
      assertTrue(device.freeMemory() > 1 << 20);
    } finally {
      taken.forEach(Driver::free);
    }
  }

  @Test
  @Tag(WHOLE_DEVICE)
  void aHandleOfCublasNeedsNoMoreThanThePoolKeeps() {
    var stream = new DeviceStream(device, 1001);
    Storage.allocate(device.device(), 64L << 20).free();
    List<Long> taken = takeAll();
    try {
      assertDoesNotThrow(stream::cublas);
      assertTrue(device.freeMemory() > 1 << 20, "the pool gave memory back for its workspace");
    } finally {
      taken.forEach(Driver::free);
    }
  }

  private List<Long> takeAll() {
    List<Long> taken = new ArrayList<>();
    for (long bytes = device.freeMemory(); bytes > 0; bytes /= 2) {
      for (long all = Driver.allocate(bytes); all != 0; all = Driver.allocate(bytes)) {
        taken.add(all);
      }
    }
    return taken;
  }

  /** 4 GiB, of which a few elements are touched. */
  @Test
  void rowsOfMatricesMayBeFartherApartThan32BitsCount() {
    long apart = (1L << 31) + 8;
    Backend cuda = Twins.cuda();
    Storage storage = Storage.allocate(device.device(), 2 * (apart + 32));
    try {
      Strided a = halves(storage, 3, apart, 0);
      Strided y = halves(storage, 2, apart, 16);
      double[] count = {0};
      cuda.elements().copy(Twins.upload(halves(() -> ++count[0], 2, 3)), a);
      Strided b = Twins.upload(halves(() -> 2, 3, 2));
      long before = Memory.stats(device.device()).allocations();
      cuda.matrices().matmul(1, a, b, 0, y);
      assertEquals(before, Memory.stats(device.device()).allocations(), "there is no copy");
      Strided found = Twins.upload(halves(() -> 0, 2, 2));
      cuda.elements().copy(y, found);
      assertArrayEquals(new double[] {12, 12, 30, 30}, Twins.values(Twins.download(found)));
    } finally {
      storage.free();
      Memory.emptyCache(device.device());
    }
  }

  private static Strided halves(Storage storage, long columns, long apart, long offset) {
    Layout layout = Layout.of(Shape.of(2, columns), new long[] {apart, 1}, offset);
    return new Strided(storage, DType.FLOAT16, layout);
  }

  private static Strided halves(DoubleSupplier values, long... sizes) {
    return Twins.of(DType.FLOAT16, Twins.Form.CONTIGUOUS, values, sizes);
  }

  // ---- the pool

  @Test
  void statisticsAndBudgetAreTheDevices() {
    Device here = device.device();
    MemoryStats before = Memory.stats(here);
    Storage big = Storage.allocate(here, 5 << 20);
    MemoryStats with = Memory.stats(here);
    assertTrue(with.liveBytes() >= before.liveBytes() + (5 << 20));
    assertEquals(here, with.device());
    assertThrows(UnsupportedOperationException.class, big::expose);
    long limit = with.limitBytes();
    long budget = with.liveBytes() + (8 << 20);
    Memory.setLimit(here, budget);
    try {
      // No room beside the big one, even if nothing reached all the others any more.
      OutOfMemoryException thrown =
          assertThrows(
              OutOfMemoryException.class, () -> Storage.allocate(here, budget - (4 << 20)));
      assertTrue(thrown.getMessage().startsWith("out of memory on cuda:0: "), thrown.getMessage());
      assertTrue(thrown.getMessage().contains("largest holders:"), thrown.getMessage());
    } finally {
      Memory.setLimit(here, limit);
    }
    big.free();
    Memory.emptyCache(here);
    assertTrue(Memory.stats(here).reservedBytes() < with.reservedBytes());
  }

  @Test
  void cachesAreFreedWhenTheDeviceHasNoMoreMemory() {
    Device here = device.device();
    long piece = device.freeMemory() / 8 * 3;
    Storage first = Storage.allocate(here, piece);
    Storage second = Storage.allocate(here, piece);
    assertThrows(OutOfMemoryException.class, () -> Storage.allocate(here, 2 * piece));
    first.free();
    second.free(); // both are in the pool now, of another size than what follows
    Storage third = Storage.allocate(here, 2 * piece);
    third.free();
    Memory.emptyCache(here);
  }

  @Test
  @Tag(WHOLE_DEVICE)
  void whatTheDeviceHasLeftIsSaidWhereOthersHaveTheRest() {
    Device here = device.device();
    Memory.emptyCache(here);
    List<Long> taken = takeAll();
    try {
      String text =
          assertThrows(OutOfMemoryException.class, () -> Storage.allocate(here, 64L << 20))
              .getMessage();
      assertTrue(text.contains("cuda:0 itself gave no more, though the budget has room: "), text);
      assertTrue(text.contains(" of it are free."), text);
      assertTrue(text.contains("nvidia-smi"), text);
      assertFalse(text.contains("a higher budget"), text);
    } finally {
      taken.forEach(Driver::free);
    }
  }

  @Test
  @OnCuda(devices = 2)
  void devicesExchangeMemory() {
    CudaDevice other = CudaRuntime.device(Device.cuda(1));
    Strided here = longs(1, 2, 3);
    Strided there = Strided.allocate(other.device(), Shape.of(3), DType.INT64);
    device.copyTo(other, CudaDevice.address(here), CudaDevice.address(there), 24);
    device.fill(CudaDevice.address(here), 0, 24);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(24);
      other.download(CudaDevice.address(there), memory, 24);
      assertArrayEquals(new long[] {1, 2, 3}, memory.toArray(ValueLayout.JAVA_LONG));
    }
    assertArrayEquals(new long[3], read(here));
  }
}
