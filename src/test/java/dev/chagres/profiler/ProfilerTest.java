package dev.chagres.profiler;

import static dev.chagres.autograd.Backward.Option.CREATE_GRAPH;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.chagres.core.Shape;
import dev.chagres.linalg.Linalg;
import dev.chagres.memory.Storage;
import dev.chagres.nn.BatchNorm1d;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.SGD;
import dev.chagres.profiler.Profile.Call;
import dev.chagres.profiler.Profile.Kernel;
import dev.chagres.profiler.Profile.Row;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilerTest {

  /** Returns what was called, as {@code operation kernel}, and how often. */
  private static Map<String, Long> calls(Runnable code) {
    return Profiler.run(code).calls().stream()
        .collect(
            Collectors.groupingBy(
                call -> call.operation() + " " + call.kernel(),
                TreeMap::new,
                Collectors.counting()));
  }

  private static Row only(Runnable code) {
    List<Row> rows = Profiler.run(code).rows();
    assertEquals(1, rows.size(), rows::toString);
    return rows.getFirst();
  }

  // ---- what is counted

  @Test
  void bytesAreThoseOfTheElementsThatThereAre() {
    Tensor x = Tensor.ones(3, 4);
    Tensor row = Tensor.ones(4);
    assertEquals(48 + 16 + 48, only(() -> x.mul(row)).bytes());
    assertEquals(48 + 4 + 48, only(() -> x.mul(2)).bytes());
    assertEquals(48 + 48 + 12, only(() -> x.gt(x)).bytes());
    assertEquals(48 + 12, only(() -> x.sum(1)).bytes());
    assertEquals(
        24 + 8 + 24, only(() -> x.narrow(1, 0, 2).add(x.select(0, 0).narrow(0, 0, 2))).bytes());
    assertEquals(48 + 96, only(() -> x.to(FLOAT64)).bytes());
    assertEquals(4 + 48, only(() -> Tensor.zeros(3, 4)).bytes());
    Tensor positions = Tensor.of(0, 2);
    assertEquals(16 + 32 + 32, only(() -> x.indexSelect(0, positions)).bytes());
  }

  @Test
  void aRowCanBeRead() {
    var kernel = new Profile.Kernel("matmul", 1000, 2_500_000, 3 << 10, 25_000_000);
    assertEquals("matmul: 1,000 calls, 2.50 ms, 3.0 KiB, 10.0 GFLOP/s", kernel.toString());
    var all = new Profile.Kernel("exp", 1, 1500, 128, 0);
    assertEquals("exp: 1 call, 1.5 us, 128 B", new Row(all, List.of(all), 0, 0, 0).toString());
    assertEquals(
        "exp: 1 call, 1.5 us, 128 B; 64 B allocated",
        new Row(all, List.of(all), 1, 64, 64).toString());
  }

  @Test
  void floatingOperationsAreThoseOfProducts() {
    Tensor a = Tensor.ones(2, 3);
    Tensor b = Tensor.ones(3, 4);
    Row product = only(() -> a.matmul(b));
    assertEquals(2 * 2 * 3 * 4, product.floatingOperations());
    assertEquals(24 + 48 + 32, product.bytes());
    Tensor batch = Tensor.ones(1).expand(5, 2, 3);
    assertEquals(2 * 5 * 2 * 3 * 4, only(() -> batch.matmul(b)).floatingOperations());
    assertEquals(0, only(() -> a.mul(a)).floatingOperations());
    Tensor integers = a.to(INT64);
    assertEquals(0, only(() -> integers.matmul(integers.t())).floatingOperations());
  }

  /** 2 images of 4 channels, 8 x 8; 6 kernels in 2 groups, 3 x 3: 6 x 6 pixels each. */
  @Test
  void floatingOperationsOfConvolutionsAreTheSameOnTheWayBack() {
    Tensor x = Tensor.ones(2, 4, 8, 8).requiresGrad_();
    Tensor weight = Tensor.ones(6, 2, 3, 3).requiresGrad_();
    Profile profile =
        Profiler.run(
            () ->
                Functional.conv2d(x, weight, null, Conv2d.options().groups(2))
                    .backward(Tensor.ones(2, 6, 6, 6)));
    long expected = 2L * (2 * 6 * 6 * 6) * (2 * 3 * 3);
    Map<String, Long> found =
        profile.calls().stream()
            .filter(call -> call.floatingOperations() > 0)
            .collect(Collectors.toMap(Call::kernel, Call::floatingOperations));
    assertEquals(
        Map.of("conv2d", expected, "conv2dInput", expected, "conv2dWeight", expected), found);
    assertEquals(3 * expected, profile.total().floatingOperations());
  }

  @Test
  void aStepOfTrainingIsCountedToTheByte() {
    Tensor x = Tensor.ones(5, 3);
    Linear layer = new Linear(3, 2);
    SGD optimizer = new SGD(layer.parameters(), SGD.options().lr(0.1));
    Profile profile =
        Profiler.run(
            () -> {
              layer.call(x).sum().backward();
              optimizer.step();
            });
    assertEquals(
        Map.of(
            "linear", 1L,
            "sum", 1L,
            "backward", 1L,
            "AddmmBackward", 1L,
            "Optimizer.step", 1L),
        profile.rows().stream().collect(Collectors.toMap(Row::name, Row::calls)));
    Map<String, Long> bytes =
        profile.rows().stream().collect(Collectors.toMap(Row::name, Row::bytes));
    // The bias is copied into the result, to which the product is added.
    assertEquals((8 + 40) + (60 + 24 + 80), bytes.get("linear"));
    assertEquals(40 + 4, bytes.get("sum"));
    // The gradient of the sum is one number, seen as (5, 2); x wants none.
    assertEquals(4 + 60 + 24 + 8, bytes.get("AddmmBackward"));
    assertEquals(3 * (24 + 8), bytes.get("Optimizer.step"));
    assertEquals(2 * 2 * (5 * 3 * 2), profile.total().floatingOperations());
  }

  // ---- names

  @Test
  void rowsAreNamedByWhatTheProgramCalls() {
    Tensor x = Tensor.ones(3, 4);
    Tensor classes = Tensor.of(0, 1, 2);
    assertEquals(Map.of("mul mul", 1L), calls(() -> x.mul(x)));
    assertEquals(Map.of("add_ add", 1L), calls(() -> x.add_(1)));
    BatchNorm1d norm = new BatchNorm1d(4);
    assertEquals(Map.of("batchNorm batchNorm", 1L, "add_ add", 1L), calls(() -> norm.call(x)));
    assertEquals(Map.of("mean sum", 1L, "mean div", 1L), calls(() -> x.mean()));
    assertEquals(Map.of("relu relu", 1L), calls(() -> new ReLU().call(x)));
    assertEquals(
        Map.of("relu relu", 1L, "tanh tanh", 1L),
        calls(() -> new Sequential(new ReLU(), new dev.chagres.nn.Tanh()).call(x)));
    assertTrue(
        calls(() -> Functional.crossEntropy(x, classes)).keySet().stream()
            .allMatch(name -> name.startsWith("crossEntropy ")));
    assertTrue(
        calls(() -> Linalg.inv(Tensor.eye(3))).keySet().stream()
            .allMatch(name -> name.startsWith("inv ") || name.startsWith("eye ")));
    assertEquals(Map.of(), calls(() -> x.t().unsqueeze(0)));
  }

  @Test
  void functionsThatCallFunctionsLeaveTheNameToThose() {
    Tensor x = Tensor.ones(3);
    assertEquals(1L, calls(() -> Autograd.checkpoint(y -> y.exp(), x)).get("exp exp"));
    assertEquals(1L, calls(() -> Autograd.checkpoint(new ReLU()::call, x)).get("relu relu"));
    assertEquals(1L, calls(() -> Autograd.checkpoint(Tensor::exp, x)).get("exp exp"));
    assertEquals(Map.of("exp exp", 1L), calls(() -> Autograd.noGrad(() -> x.exp())));
  }

  @Test
  void gradientsAreNamedByTheirNodes() {
    Tensor x = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor y = x.exp().sum();
    assertEquals(Map.of("backward copy", 1L, "ExpBackward mul", 1L), calls(() -> y.backward()));
    Tensor z = x.exp().sum();
    assertEquals(
        Map.of("grad copy", 2L, "ExpBackward mul", 2L, "sum sum", 1L, "MulBackward mul", 1L),
        calls(
            () -> {
              Tensor first = Autograd.grad(z, x, CREATE_GRAPH);
              Autograd.grad(first.sum(), x);
            }));
  }

  /** A rule that the user wrote consists of operations that the user calls. */
  @Test
  void hooksAreTheProgram() {
    Tensor x = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor y = x.neg();
    y.registerHook(g -> g.tanh());
    Map<String, Long> found = calls(() -> y.backward(Tensor.ones(2)));
    assertEquals(1L, found.get("tanh tanh"));
    assertEquals(1L, found.get("NegBackward neg"));
  }

  // ---- time

  @Test
  void timesOfKernelsAddUpToNoMoreThanAll() {
    Tensor x = Tensor.ones(100, 100);
    Profile profile =
        Profiler.run(
            () -> {
              for (int i = 0; i < 20; i++) {
                x.matmul(x).softmax(1).sum();
              }
            });
    assertEquals(60, profile.total().calls());
    assertTrue(profile.total().nanos() <= profile.nanos());
    long end = 0;
    for (Call call : profile.calls()) {
      assertTrue(call.nanos() >= 0 && call.startNanos() >= end, "one after the other");
      end = call.startNanos() + call.nanos();
    }
    assertTrue(end <= profile.nanos());
    List<Long> times = profile.rows().stream().map(Row::nanos).toList();
    assertEquals(times.stream().sorted((a, b) -> Long.compare(b, a)).toList(), times);
    assertEquals(profile.total().nanos(), times.stream().mapToLong(time -> time).sum());
  }

  // ---- memory

  @Test
  void memoryIsCountedByOperation() {
    Tensor x = Tensor.ones(1000, 100);
    Profile profile =
        Profiler.run(
            () -> {
              for (int i = 0; i < 3; i++) {
                x.exp().storage().free();
              }
              x.sum(1);
              Storage.allocate(77).free();
            });
    Map<String, Row> rows =
        profile.rows().stream().collect(Collectors.toMap(Row::name, row -> row));
    assertEquals(3, rows.get("exp").allocations());
    assertEquals(3 * 400_000, rows.get("exp").allocatedBytes());
    assertEquals(1, rows.get("sum").allocations());
    assertEquals(4_000, rows.get("sum").allocatedBytes());
    assertEquals(77, rows.get("allocate").allocatedBytes());
    assertEquals(0, rows.get("allocate").calls());
    // Each of the three was freed before the next.
    assertTrue(rows.get("exp").peakBytes() >= 800_000);
    assertTrue(rows.get("exp").peakBytes() - rows.get("sum").peakBytes() >= 390_000);
    assertEquals(1_204_077, profile.total().allocatedBytes());
    assertEquals(rows.get("exp").peakBytes(), profile.total().peakBytes());
  }

  // ---- starting and ending

  @Test
  void oneRunsAtATime() throws InterruptedException {
    try (Profiler profiler = Profiler.start()) {
      for (Throwable e :
          List.of(
              assertThrows(IllegalStateException.class, Profiler::start),
              assertThrows(IllegalStateException.class, () -> Profiler.run(() -> {})))) {
        assertTrue(e.getMessage().contains("a profiler runs already"), e::getMessage);
        assertTrue(e.getMessage().contains("ProfilerTest.oneRunsAtATime"), e::getMessage);
      }
      var thrown = new ArrayList<Throwable>();
      Thread other =
          Thread.ofPlatform()
              .start(() -> thrown.add(assertThrows(IllegalStateException.class, Profiler::start)));
      other.join();
      assertEquals(1, thrown.size());
      Tensor.ones(1);
      assertEquals(1, profiler.profile().total().calls(), "the first goes on");
    }
    assertEquals(0, Profiler.run(() -> {}).total().calls());
  }

  @Test
  void whatHappensAfterTheEndIsNotNoted() {
    Tensor x = Tensor.ones(2);
    Profiler profiler = Profiler.start();
    x.add(1);
    assertEquals(1, profiler.profile().total().calls());
    x.add(1);
    Profile profile = profiler.stop();
    x.add(1);
    assertEquals(2, profile.total().calls());
    assertEquals(2, profiler.profile().total().calls());
    assertEquals(profile.nanos(), profiler.stop().nanos());
  }

  @Test
  void allThreadsAreSeen() throws InterruptedException {
    Tensor x = Tensor.ones(10);
    int threads = 4;
    CountDownLatch ready = new CountDownLatch(threads);
    try (Profiler profiler = Profiler.start()) {
      List<Thread> all =
          IntStream.range(0, threads)
              .mapToObj(
                  i ->
                      (i == 0 ? Thread.ofVirtual() : Thread.ofPlatform().name("worker " + i))
                          .start(
                              () -> {
                                ready.countDown();
                                for (int k = 0; k < 100; k++) {
                                  x.mul(x);
                                }
                              }))
              .toList();
      for (Thread thread : all) {
        thread.join();
      }
      Profile profile = profiler.stop();
      Row row = profile.rows().getFirst();
      assertEquals(100 * threads, row.calls());
      assertEquals(100 * threads * 3 * 40, row.bytes());
      assertEquals(100 * threads, row.allocations());
      Map<Long, Long> byThread =
          profile.calls().stream()
              .collect(Collectors.groupingBy(Call::threadId, Collectors.counting()));
      assertEquals(all.stream().collect(Collectors.toMap(Thread::threadId, _ -> 100L)), byThread);
    }
  }

  @Test
  void onlyTheFirstCallsAreKept() {
    Recorder recorder = new Recorder(3);
    for (int i = 0; i < 5; i++) {
      recorder.note(new Call("f", "k", INT64, List.of(), 1, "main", i, 1, 10, 0));
      recorder.note(new Profile.Allocation("f", 1, i, 100, 100 + i));
    }
    Profile profile = recorder.profile();
    assertEquals(3, profile.calls().size());
    assertEquals(3, profile.allocations().size());
    assertEquals(4, profile.leftOut());
    Row row = profile.rows().getFirst();
    assertEquals(new Kernel("f", 5, 5, 50, 0), row.all());
    assertEquals(
        List.of(5L, 500L, 104L), List.of(row.allocations(), row.allocatedBytes(), row.peakBytes()));
    assertTrue(recorder.stop());
    assertFalse(recorder.stop());
    recorder.note(new Call("f", "k", INT64, List.of(), 1, "main", 9, 1, 10, 0));
    assertEquals(5, recorder.profile().total().calls());
  }

  // ---- as text and as a file

  private static Profile sample() {
    Recorder recorder = new Recorder(10);
    recorder.note(
        new Call(
            "linear",
            "matmul",
            FLOAT64,
            List.of(Shape.of(2, 3)),
            1,
            "main",
            1_000,
            2_500_000,
            3_000,
            5_000_000));
    recorder.note(
        new Call("linear", "copy", FLOAT64, List.of(), 1, "main", 2_600_000, 500_000, 1 << 20, 0));
    recorder.note(new Call("mul", "mul", FLOAT64, List.of(), 2, "", 3_200_000, 1_000_000, 24, 0));
    recorder.note(new Profile.Allocation("mul", 1, 4_000, 1536, 2048));
    recorder.stop();
    return recorder.profile();
  }

  @Test
  void theTableHasARowForEachOperation() {
    String table = sample().table();
    assertEquals(
        """
        operation  calls  self time   share    bytes  GFLOP/s  allocated     peak
        ---------  -----  ---------  ------  -------  -------  ---------  -------
        linear         2    3.00 ms   75.0%  1.0 MiB      1.7
          matmul       1    2.50 ms   62.5%  2.9 KiB      2.0
          copy         1   500.0 us   12.5%  1.0 MiB
        mul            1    1.00 ms   25.0%     24 B             1.5 KiB  2.0 KiB
        ---------  -----  ---------  ------  -------  -------  ---------  -------
        total          3    4.00 ms  100.0%  1.0 MiB      1.3    1.5 KiB  2.0 KiB
        """,
        table.substring(0, table.lastIndexOf('\n', table.length() - 2) + 1));
    assertTrue(table.endsWith(" from start to end\n"), table);
    assertTrue(table.contains("\n4.00 ms in kernels, "), table);
    assertEquals(table, sample().toString().replaceAll("[\\d.]+ .s from", time(table)));
    String first = sample().table(1);
    assertTrue(first.contains("linear") && !first.contains("\nmul"), first);
    assertTrue(first.contains("total          3"), first);
    assertTrue(sample().table(0).contains("total"));
    assertThrows(IllegalArgumentException.class, () -> sample().table(-1));
  }

  private static String time(String table) {
    return table.replaceAll("(?s).*, ([\\d.]+ .s from).*", "$1");
  }

  @Test
  void anEmptyProfileIsATableToo() {
    String table = Profiler.run(() -> {}).table();
    assertTrue(table.startsWith("operation"), table);
    assertTrue(table.contains("\ntotal"), table);
  }

  @Test
  void theTraceIsWhatChromeReads(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("trace.json");
    Profile profile = sample();
    profile.save(file);
    JsonObject trace = new Gson().fromJson(Files.readString(file), JsonObject.class);
    assertEquals("ms", trace.get("displayTimeUnit").getAsString());
    JsonArray events = trace.getAsJsonArray("traceEvents");
    List<JsonObject> bars = of("X", events);
    assertEquals(
        List.of("linear: matmul", "linear: copy", "mul"),
        bars.stream().map(bar -> bar.get("name").getAsString()).toList());
    JsonObject first = bars.getFirst();
    assertEquals(1.0, first.get("ts").getAsDouble());
    assertEquals(2500.0, first.get("dur").getAsDouble());
    assertEquals(1, first.get("tid").getAsLong());
    JsonObject about = first.getAsJsonObject("args");
    assertEquals("linear", about.get("operation").getAsString());
    assertEquals("float64", about.get("dtype").getAsString());
    assertEquals("(2, 3)", about.get("shapes").getAsString());
    assertEquals(3_000, about.get("bytes").getAsLong());
    assertEquals(5_000_000, about.get("floating operations").getAsLong());
    List<JsonObject> memory = of("C", events);
    assertEquals(1, memory.size());
    assertEquals(2048, memory.getFirst().getAsJsonObject("args").get("bytes").getAsLong());
    assertEquals(
        List.of("chagres", "main", "virtual thread"),
        of("M", events).stream()
            .map(event -> event.getAsJsonObject("args").get("name").getAsString())
            .toList());
    long process = ProcessHandle.current().pid();
    for (JsonElement event : events) {
      assertEquals(process, event.getAsJsonObject().get("pid").getAsLong());
    }
  }

  private static List<JsonObject> of(String phase, JsonArray events) {
    List<JsonObject> found = new ArrayList<>();
    for (JsonElement event : events) {
      if (event.getAsJsonObject().get("ph").getAsString().equals(phase)) {
        found.add(event.getAsJsonObject());
      }
    }
    return found;
  }

  @Test
  void aTraceThatCannotBeWrittenIsAnError(@TempDir Path folder) {
    assertThrows(IOException.class, () -> sample().save(folder.resolve("no/such/folder.json")));
  }
}
