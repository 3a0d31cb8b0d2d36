package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.Device;
import dev.chagres.data.Batch;
import dev.chagres.memory.Scope;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Module;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two ranks, each with a process and a GPU of its own; the second one is started as launchers do.
 */
@OnCuda(devices = 2)
class ProcessesTest {
  @TempDir private Path folder;

  /** What both found; each is what it says, or what ended it. */
  private record Both<T>(T first, String second, int status) {}

  /** Runs rank 0 here and rank 1 in a process. */
  private <T> Both<T> both(
      String what, Map<String, String> environment, Function<ProcessGroup, T> first)
      throws IOException, InterruptedException {
    StoreServer server = StoreServer.open(0);
    Path said = folder.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(command(what))
            .redirectError(Redirect.INHERIT)
            .redirectOutput(said.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "MASTER_ADDR",
                "localhost",
                "MASTER_PORT",
                "" + server.port(),
                "RANK",
                "1",
                "WORLD_SIZE",
                "2",
                "LOCAL_RANK",
                "1"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      var options =
          ProcessGroup.options(0, 2)
              .master("localhost", server.port())
              .timeout(Duration.ofMinutes(1));
      if (environment.containsKey("TORCH_DISTRIBUTED_DEBUG")) {
        options = options.compared();
      }
      T found;
      try (var group = Rendezvous.init(options, server);
          var _ = Scope.open()) {
        found = first.apply(group);
      }
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), "rank 1 did not end");
      return new Both<>(found, Files.readString(said).strip(), process.exitValue());
    } finally {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  /** Returns a Java as this one is, which runs one rank. */
  private static List<String> command(String what) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    for (String name : List.of("chagres.cuda.path", "chagres.cache")) {
      command.add("-D" + name + "=" + System.getProperty(name, ""));
    }
    command.addAll(List.of("-cp", Programs.testPath(), RankProcess.class.getName(), what));
    return command;
  }

  @Test
  void collectivesReachOtherProcesses() throws Exception {
    Both<List<String>> both =
        both(
            "collectives",
            Map.of(),
            group -> {
              List<String> found = RankProcess.collectives(group);
              group.barrier();
              return found;
            });
    assertEquals(String.join("\n", both.first), both.second);
    assertEquals(0, both.status);
    assertEquals(
        List.of(
            "SUM float32 [3.0, 4.0, 6.0, 7.0]",
            "MAX float32 [2.0, 2.0, 3.0, 4.0]",
            "broadcast [2.0, 2.0, 3.0, 3.0]",
            "allGather [1.0, 2.0, 3.0, 4.0, 2.0, 2.0, 3.0, 3.0]",
            "reduce [3.0, 4.0, 6.0, 7.0]",
            "reduceScatter [3.0, 4.0, 6.0, 7.0]",
            "letters [2.0, 2.0, 3.0, 3.0, 1.0, 2.0, 3.0, 4.0]"),
        both.first.subList(0, 7));
  }

  /** With the losses of one device that has the whole batch. */
  @Test
  void aModelLearnsInTwoProcesses() throws Exception {
    Both<double[]> both =
        both(
            "training",
            Map.of(),
            group -> {
              double[] found = RankProcess.training(group);
              group.barrier();
              return found;
            });
    assertEquals(Arrays.toString(both.first), both.second);
    assertEquals(0, both.status);
    double[] alone = alone();
    assertArrayEquals(alone, both.first, 1e-5);
    assertTrue(alone[alone.length - 1] < 0.8 * alone[0], "it learns at all");
  }

  private static double[] alone() {
    var data = RankProcess.data();
    Chagres.manualSeed(7);
    Device device = Device.cuda(0);
    Module model = RankProcess.net().to(device);
    var optimizer = new SGD(model.parameters(), SGD.options().lr(0.2).momentum(0.9));
    double[] curve = new double[12];
    for (int step = 0; step < curve.length; step++) {
      try (var _ = Scope.open()) {
        optimizer.zeroGrad();
        long from = step % 3 * 4L;
        Batch batch = data.batch(LongStream.range(from, from + 4).toArray());
        Tensor scores = model.call(batch.x().to(device));
        Tensor loss = new CrossEntropyLoss().call(scores, batch.y().to(device));
        loss.backward();
        optimizer.step();
        curve[step] = loss.item();
      }
    }
    return curve;
  }

  /** Both hear it, whichever comes second. */
  @Test
  void anotherShapeIsToldToBoth() throws Exception {
    Both<String> both =
        both(
            "another shape",
            Map.of("TORCH_DISTRIBUTED_DEBUG", "DETAIL"),
            group ->
                assertThrows(
                        IllegalStateException.class,
                        () -> {
                          group.allReduce(RankProcess.on(group, 1, 2));
                          group.barrier();
                        })
                    .getMessage());
    String ours = "allReduce SUM of 2 float32";
    String theirs = "allReduce SUM of 3 float32";
    String told = "rank 1 has " + theirs + " as its call 1, where rank 0 has " + ours;
    String toldHere = "rank 0 has " + ours + " as its call 1, where rank 1 has " + theirs;
    for (String message : List.of(both.first, both.second)) {
      assertTrue(message.contains(told) || message.contains(toldHere), () -> "" + both);
    }
    assertEquals(1, both.status);
  }

  @Test
  void aProcessThatGoesIsNamed() throws Exception {
    Both<String> both =
        both(
            "leaving",
            Map.of(),
            group ->
                assertThrows(
                        IllegalStateException.class,
                        () -> {
                          while (true) {
                            group.barrier();
                          }
                        })
                    .getMessage());
    assertEquals(
        "barrier: the process group was aborted: rank 1 has gone without closing its process group",
        both.first);
  }

  /** As where LOCAL_RANK was forgotten: NCCL takes no GPU twice. */
  @Test
  void twoProcessesOnOneGpuAreRefused() throws Exception {
    var failure =
        assertThrows(
            RuntimeException.class,
            () -> both("collectives", Map.of("LOCAL_RANK", "0"), ProcessGroup::rank));
    assertTrue(String.valueOf(failure.getMessage()).contains("invalid usage"), failure::toString);
  }
}
