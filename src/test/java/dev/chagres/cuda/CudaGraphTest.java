package dev.chagres.cuda;

import static dev.chagres.testing.TestDevice.runsLate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Transfer;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.Scope;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Work that is captured and replayed, its memory, and what cannot be captured. */
@OnCuda
class CudaGraphTest {
  private static final Device GPU = Device.cuda(0);

  @BeforeEach
  void finish() {
    Memory.emptyCache();
    Cuda.synchronize();
  }

  private static Tensor there(double value, long... sizes) {
    return Tensor.empty(GPU, sizes).fill_(value);
  }

  private static long address(Tensor x) {
    return RawMemory.of(x.storage()).address();
  }

  private static void assertAll(double expected, Tensor x) {
    for (float value : x.toFloatArray()) {
      assertEquals((float) expected, value);
    }
  }

  private static String message(Runnable body) {
    return assertThrows(IllegalStateException.class, () -> CudaGraph.capture(body)).getMessage();
  }

  // ---- replays

  @Test
  void aReplayDoesWhatWasCaptured() {
    Tensor x = there(1, 1000);
    Tensor sum = there(0, 1000);
    try (var graph = CudaGraph.capture(() -> sum.add_(x.mul(2).add(1)))) {
      assertAll(0, sum); // nothing was done yet
      for (int i = 1; i <= 3; i++) {
        x.fill_(i);
        assertSame(sum, graph.replay());
      }
      assertAll(3 + 5 + 7, sum);
    }
  }

  @Test
  void theBodyRunsOnce() {
    int[] runs = {0};
    Tensor x = there(1, 4);
    try (var graph = CudaGraph.capture(() -> count(runs, x))) {
      graph.replay();
      assertNull(graph.replay());
      assertNull(graph.result());
    }
    assertEquals(1, runs[0]);
    assertAll(3, x);
  }

  private static void count(int[] runs, Tensor x) {
    runs[0]++;
    x.add_(1);
  }

  @Test
  void warmUpsRunAsUsual() {
    Tensor x = there(0, 4);
    try (var graph = CudaGraph.capture(CudaGraph.options().warmUps(3), () -> x.add_(1))) {
      assertAll(3, x);
      graph.replay();
      assertAll(4, x);
    }
    try (var graph =
        CudaGraph.capture(CudaGraph.options().warmUps(1), (Runnable) () -> x.add_(1))) {
      assertAll(5, x);
      assertNull(graph.replay());
      assertAll(6, x);
    }
  }

  @Test
  void replaysGoToTheCurrentStream() {
    Tensor x = there(1, 100);
    Tensor y = there(0, 100);
    var stream = new CudaStream(GPU);
    try (var graph = CudaGraph.capture(() -> y.add_(x))) {
      graph.replay();
      try (var _ = stream.use()) {
        graph.replay(); // behind the one in the other stream
        assertTrue(!runsLate() || !stream.query());
        assertAll(2, y);
      }
      graph.replay();
      assertAll(3, y);
    }
  }

  @Test
  void productsAndSingleNumbersAreCaptured() {
    Tensor a = Tensor.randn(GPU, 5, 7);
    Tensor b = Tensor.randn(GPU, 7, 3);
    Tensor bias = Tensor.randn(GPU, 3);
    Tensor number = Tensor.scalar(77.25); // of the CPU
    Supplier<Tensor> body = () -> bias.addmm(a, b).mul(number).add(a.matmul(b));
    try (var graph = CudaGraph.capture(body)) {
      for (int i = 0; i < 3; i++) {
        a.copy_(Tensor.randn(5, 7));
        assertArrayEquals(body.get().toFloatArray(), graph.replay().toFloatArray());
      }
    }
  }

  @Test
  void pinnedMemoryIsReadAnew() {
    Tensor batch = Tensor.ones(1000).pinMemory();
    try (var graph = CudaGraph.capture(() -> batch.to(GPU, Transfer.NON_BLOCKING).mul(2))) {
      for (int i = 0; i < 3; i++) {
        batch.fill_(i);
        assertAll(2 * i, graph.replay());
      }
    }
  }

  @Test
  void severalGraphsAreApart() {
    Tensor x = there(1, 1000);
    List<CudaGraph<Tensor>> graphs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int factor = i;
      graphs.add(CudaGraph.capture(() -> x.mul(factor).add(1)));
    }
    x.fill_(10);
    graphs.forEach(CudaGraph::replay);
    for (int i = 0; i < 4; i++) {
      assertAll(10 * i + 1, graphs.get(i).result());
    }
    graphs.forEach(CudaGraph::close);
  }

  // ---- streams

  @Test
  void streamsForkAndJoin() {
    Tensor x = there(2, 1000);
    var side = new CudaStream(GPU);
    side.synchronize();
    try (var graph =
        CudaGraph.capture(
            () -> {
              var main = CudaStream.current(GPU);
              Tensor doubled = x.mul(2);
              side.waitStream(main);
              Tensor squared;
              CudaEvent done;
              try (var _ = side.use()) {
                squared = doubled.mul(doubled);
                done = side.recordEvent();
              }
              Tensor more = doubled.add(1);
              main.waitEvent(done);
              return squared.add(more);
            })) {
      assertTrue(side.query(), "the stream itself has nothing to do");
      x.fill_(5);
      assertAll(100 + 11, graph.replay());
    }
  }

  @Test
  void aStreamThatIsNotJoinedIsAnError() {
    Tensor x = there(2, 1000);
    var side = new CudaStream(GPU);
    String message =
        message(
            () -> {
              try (var _ = side.use()) {
                x.add_(1);
              }
            });
    assertTrue(message.startsWith("capture: a stream has work at the end"), message);
    var other = new CudaStream(GPU);
    assertTrue(
        message(() -> CudaStream.current(GPU).waitStream(other))
            .contains("has no part in the graph that is captured"));
    CudaEvent before = other.recordEvent();
    assertTrue(
        message(() -> CudaStream.current(GPU).waitEvent(before))
            .contains("the event is not of the graph"));
    x.add_(1);
    assertAll(3, x);
  }

  @Test
  void anEventOfAGraphIsReachedOnlyThere() {
    Tensor x = there(2, 10);
    CudaEvent within = new CudaEvent();
    try (var _ =
        CudaGraph.capture(
            () -> {
              x.add_(1);
              within.record(CudaStream.current(GPU));
            })) {
      var stream = CudaStream.current(GPU);
      assertThrows(IllegalStateException.class, () -> stream.waitEvent(within));
    }
  }

  @Test
  void otherThreadsGoOn() throws InterruptedException {
    Tensor x = there(1, 1000);
    AtomicReference<Object> seen = new AtomicReference<>();
    try (var graph =
        CudaGraph.capture(
            () -> {
              Tensor y = x.add(1);
              Thread thread =
                  Thread.startVirtualThread(
                      () -> seen.set(Tensor.ones(GPU, 8).add(x.get(0)).sum().item()));
              try {
                thread.join();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return y;
            })) {
      assertEquals(16.0, seen.get());
      assertAll(2, graph.replay());
    }
  }

  // ---- what a graph cannot do

  @Test
  void whatTheHostReadsIsRefusedByName() {
    Tensor x = there(1, 10);
    assertEquals(
        "item: reads from a GPU whose work is being captured and not done; read after replay()",
        message(() -> x.sum().item()));
    assertTrue(message(() -> x.toFloatArray()).startsWith("toFloatArray: reads"));
    assertTrue(message(() -> x.cpu()).startsWith("cpu: reads"));
    assertTrue(message(() -> x.nonzero()).startsWith("nonzero: reads"));
    assertTrue(message(() -> x.maskedSelect(x.gt(0))).startsWith("maskedSelect: reads"));
    assertTrue(message(() -> Tensor.ones(10).to(GPU)).startsWith("to: copies from the CPU"));
    assertTrue(message(() -> x.copy_(Tensor.ones(10))).startsWith("copy_: copies from the CPU"));
    assertTrue(message(() -> Cuda.synchronize()).startsWith("synchronize: waits"));
    assertTrue(
        message(() -> CudaStream.current(GPU).synchronize()).startsWith("synchronize: waits"));
    assertTrue(message(() -> CudaStream.current(GPU).query()).startsWith("query: waits"));
    assertTrue(message(() -> CudaGraph.capture(() -> x.add_(1))).startsWith("capture: this"));
    try (var other = CudaGraph.capture(() -> x.add_(1))) {
      assertTrue(message(() -> other.replay()).startsWith("replay: a graph cannot"));
    }
    assertAll(1, x);
  }

  @Test
  void whatTheBodyCatchesIsAnErrorNevertheless() {
    Tensor x = there(1, 10);
    String message =
        message(
            () -> {
              assertThrows(IllegalStateException.class, () -> x.sum().item());
              x.add_(1);
            });
    assertTrue(message.startsWith("item: reads"), message);
    assertAll(1, x);
  }

  @Test
  void anErrorOfTheBodyLeavesNothing() {
    Tensor x = there(1, 10);
    Tensor[] left = new Tensor[1];
    var thrown = new UnsupportedOperationException("mine");
    assertSame(
        thrown,
        assertThrows(
            UnsupportedOperationException.class,
            () ->
                CudaGraph.capture(
                    (Runnable)
                        () -> {
                          left[0] = x.add(1);
                          throw thrown;
                        })));
    left[0].fill_(3);
    assertAll(3, left[0]);
    try (var graph = CudaGraph.capture(() -> x.add_(1))) {
      graph.replay();
    }
    assertAll(2, x);
  }

  @Test
  void optionsAndUseAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> CudaGraph.options().device(Device.cpu()));
    assertThrows(IllegalArgumentException.class, () -> CudaGraph.options().warmUps(-1));
    Tensor x = there(1, 10);
    var graph = CudaGraph.capture(() -> x.add_(1));
    graph.close();
    graph.close();
    assertEquals(
        "replay: the graph is closed",
        assertThrows(IllegalStateException.class, graph::replay).getMessage());
  }

  @Test
  void badIndicesAreReportedAfterAReplay() {
    Tensor x = there(1, 10);
    Tensor at = Tensor.zeros(GPU, 3).toLong();
    try (var graph = CudaGraph.capture(() -> x.indexSelect(0, at))) {
      assertAll(1, graph.replay());
      at.fill_(11);
      graph.replay();
      var e = assertThrows(IndexOutOfBoundsException.class, () -> graph.result().sum().item());
      assertTrue(e.getMessage().contains("index 11 is out of range"), e.getMessage());
      at.fill_(9);
      assertAll(1, graph.replay());
      at.fill_(-20);
      try (var _ = new CudaStream(GPU).use()) {
        CudaStream.current(GPU).waitStream(CudaStream.defaultStream(GPU));
        graph.replay();
        assertThrows(IndexOutOfBoundsException.class, Cuda::synchronize);
      }
    }
    Cuda.synchronize();
  }

  /** Of more launches that may report something than a stream remembers between two looks. */
  @Test
  void theFirstOfManyLaunchesIsNamed() {
    Tensor x = there(1, 10);
    Tensor y = there(1, 2);
    Tensor good = Tensor.zeros(GPU, 1).toLong();
    Tensor bad = there(11, 1).toLong();
    Runnable body =
        () -> {
          x.indexSelect(0, bad);
          try (var _ = Scope.open()) {
            for (int i = 0; i < 4100; i++) {
              y.indexSelect(0, good);
            }
          }
        };
    try (var graph = CudaGraph.capture(body)) {
      for (int replay = 0; replay < 2; replay++) {
        graph.replay();
        var e = assertThrows(IndexOutOfBoundsException.class, Cuda::synchronize);
        assertTrue(e.getMessage().contains("dimension of size 10"), e.getMessage());
      }
    }
  }

  @Test
  void launchBlockingWaitsForReplays() {
    Tensor x = there(1, 10);
    Tensor at = there(11, 3).toLong();
    Cuda.setLaunchBlocking(true);
    try (var graph = CudaGraph.capture(() -> x.indexSelect(0, at))) {
      assertThrows(IndexOutOfBoundsException.class, graph::replay);
    } finally {
      Cuda.setLaunchBlocking(false);
    }
  }

  // ---- random numbers

  @Test
  void replaysDrawWhatEagerCallsDraw() {
    Tensor kept = there(0, 600);
    Supplier<Tensor> body =
        () -> kept.bernoulli_(0.3).add(Tensor.randn(GPU, 600)).add(Tensor.randperm(GPU, 600));
    Generator standard = Generator.standard(GPU);
    standard.manualSeed(7);
    List<float[]> eager = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      eager.add(body.get().toFloatArray());
    }
    long[] end = standard.getState().toLong().toLongArray();
    standard.manualSeed(7);
    try (var graph = CudaGraph.capture(body)) {
      assertArrayEquals(eager.get(0), graph.replay().toFloatArray());
      assertArrayEquals(eager.get(1), body.get().toFloatArray());
      assertArrayEquals(eager.get(2), graph.replay().toFloatArray());
      assertArrayEquals(eager.get(3), graph.replay().toFloatArray());
      assertArrayEquals(end, standard.getState().toLong().toLongArray());
      standard.manualSeed(7);
      assertArrayEquals(eager.get(0), graph.replay().toFloatArray());
      standard.manualSeed(8);
      assertNotEquals(eager.get(0)[5], graph.replay().toFloatArray()[5]);
    }
  }

  @Test
  void aSeedInAGraphCountsInEachReplay() {
    Generator own = new Generator(GPU, 3);
    float[] first = own.normal(0, 1, 100).toFloatArray();
    float[] second = own.normal(0, 1, 100).toFloatArray();
    try (var graph =
        CudaGraph.capture(
            () -> {
              own.manualSeed(3);
              Tensor bytes = own.getState();
              Tensor x = own.normal(0, 1, 100);
              own.setState(bytes);
              return List.of(x, own.normal(0, 1, 100), own.normal(0, 1, 100));
            })) {
      own.manualSeed(99);
      own.normal(0, 1, 100);
      for (int i = 0; i < 2; i++) {
        List<Tensor> drawn = graph.replay();
        assertArrayEquals(first, drawn.get(0).toFloatArray());
        assertArrayEquals(first, drawn.get(1).toFloatArray());
        assertArrayEquals(second, drawn.get(2).toFloatArray());
      }
    }
  }

  @Test
  void ownGeneratorsAreCaptured() {
    Generator own = new Generator(GPU, 3);
    float[] eager = own.randn(DType.FLOAT32, 100).toFloatArray();
    own.manualSeed(3);
    try (var graph = CudaGraph.capture(() -> own.normal(0, 1, 100))) {
      assertArrayEquals(eager, graph.replay().toFloatArray());
      assertNotEquals(eager[0], graph.replay().toFloatArray()[0]);
    }
  }

  // ---- memory

  @Test
  void whatAGraphUsesIsNotGivenToOthers() {
    Tensor x = there(3, 1 << 19);
    Tensor small = there(4, 8);
    long address = address(x);
    long smallAddress = address(small);
    try (var graph = CudaGraph.capture(() -> x.add(small.get(0)).mul(2).add(1))) {
      long result = address(graph.result());
      x.storage().free();
      small.storage().free();
      Memory.emptyCache(); // does not wait for it
      List<Tensor> others = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Tensor large = there(7, 1 << 19);
        Tensor little = there(7, 8);
        assertNotEquals(address, address(large));
        assertNotEquals(smallAddress, address(little));
        assertNotEquals(result, address(large));
        others.add(large);
        others.add(little);
      }
      assertAll(15, graph.replay());
      others.forEach(each -> assertAll(7, each));
    }
  }

  @Test
  void whatIsFreedWithinAGraphIsUsedAgainThere() {
    Tensor x = there(1, 1 << 19);
    long[] before = new long[2];
    try (var graph =
        CudaGraph.capture(
            () -> {
              for (int i = 0; i < 2; i++) {
                try (var _ = Scope.open()) {
                  Tensor y = x.add(i);
                  before[i] = address(y);
                  x.copy_(y);
                }
              }
            })) {
      assertEquals(before[0], before[1]);
      graph.replay();
      assertAll(2, x);
    }
  }

  /** Though it lies in memory of a stream that the later graph could have got. */
  @Test
  void aResultOfAClosedGraphThatIsFreedInAnotherOneIsReadInEachReplay() {
    Tensor x = there(1, 1000);
    Tensor result;
    try (var graph = CudaGraph.capture(() -> x.mul(2))) {
      result = graph.replay();
    }
    Tensor y = there(0, 1000);
    Runnable body =
        () -> {
          y.copy_(result.add(1));
          result.storage().free();
          for (int i = 0; i < 3; i++) {
            there(7, 1000);
          }
        };
    try (var graph = CudaGraph.capture(body)) {
      for (int replay = 0; replay < 3; replay++) {
        graph.replay();
        assertAll(3, y);
        y.fill_(0);
      }
    }
  }

  @Test
  void memoryComesBackWhenTheGraphIsClosed() {
    Tensor x = there(3, 1 << 19);
    Memory.emptyCache(GPU);
    MemoryStats before = Memory.stats(GPU);
    var graph = CudaGraph.capture(() -> x.add(1).mul(2).sum());
    Tensor result = graph.replay();
    Memory.emptyCache(GPU);
    assertTrue(Memory.stats(GPU).reservedBytes() >= before.reservedBytes() + (2 << 20));
    graph.close();
    assertEquals(8.0 * (1 << 19), result.item()); // it keeps its value
    result.storage().free();
    Memory.emptyCache(GPU);
    MemoryStats after = Memory.stats(GPU);
    assertEquals(before.liveBytes(), after.liveBytes());
    assertEquals(before.reservedBytes(), after.reservedBytes());
  }

  @Test
  void aFailedCaptureKeepsNoMemory() {
    Tensor x = there(3, 1 << 19);
    Memory.emptyCache(GPU);
    MemoryStats before = Memory.stats(GPU);
    for (int i = 0; i < 3; i++) {
      assertThrows(
          IllegalStateException.class, () -> CudaGraph.capture(() -> x.add(1).sum().item()));
    }
    Memory.emptyCache(GPU);
    assertEquals(before.liveBytes(), Memory.stats(GPU).liveBytes());
    assertEquals(before.reservedBytes(), Memory.stats(GPU).reservedBytes());
  }

  @Test
  void whatTheCollectorFindsIsHeldAndAnUnreachableGraphIsClosed() throws InterruptedException {
    Memory.emptyCache(GPU);
    long before = Memory.stats(GPU).reservedBytes();
    replayWithoutInputs();
    for (int i = 0; i < 100 && Memory.stats(GPU).reservedBytes() > before; i++) {
      System.gc();
      Thread.sleep(20);
      Memory.emptyCache(GPU);
    }
    assertTrue(Memory.stats(GPU).reservedBytes() <= before);
  }

  private static CudaGraph<Tensor> ofDroppedInput(long[] address) {
    Tensor x = there(3, 1 << 19);
    address[0] = address(x);
    return CudaGraph.capture(() -> x.add(1).mul(2));
  }

  private static void replayWithoutInputs() throws InterruptedException {
    long[] address = new long[1];
    var graph = ofDroppedInput(address);
    long live = Memory.stats(GPU).liveBytes();
    for (int i = 0; i < 100 && Memory.stats(GPU).liveBytes() == live; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertTrue(Memory.stats(GPU).liveBytes() < live, "the input was collected");
    for (int i = 0; i < 5; i++) {
      assertNotEquals(address[0], address(there(7, 1 << 19)));
    }
    assertAll(8, graph.replay());
  }

  @Test
  void streamsShareNoMemoryWithinAGraph() {
    Tensor x = there(2, 3000);
    var side = new CudaStream(GPU);
    try (var graph =
        CudaGraph.capture(
            () -> {
              var main = CudaStream.current(GPU);
              Tensor shared = x.mul(2);
              side.waitStream(main);
              Tensor there;
              try (var _ = side.use()) {
                there = shared.add(1);
              }
              long address = address(shared);
              shared.storage().free(); // while the other stream uses it
              Tensor next = x.mul(3);
              assertNotEquals(address, address(next));
              main.waitStream(side);
              return there.add(next);
            })) {
      assertAll(5 + 6, graph.replay());
    }
  }
}
