package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How ranks find each other; two processes meet at the store, but without GPUs. */
class RendezvousTest {
  private static final String HERE = "localhost";

  private static TcpStore.Deadline soon() {
    return TcpStore.Deadline.in(Duration.ofSeconds(20));
  }

  private static TcpStore connect(StoreServer server) {
    return TcpStore.connect(HERE, server.port(), soon());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theStoreKeepsAndWaits() throws Exception {
    try (var server = StoreServer.open(0);
        var one = connect(server);
        var two = connect(server);
        var threads = Executors.newSingleThreadExecutor()) {
      one.set("a", "1");
      assertArrayEquals(bytes("1"), two.get("a", 0));
      assertNull(two.get("b", 30));
      Future<byte[]> later = threads.submit(() -> two.get("b", 20_000));
      one.set("b", new byte[300]);
      assertEquals(300, later.get().length);
      assertEquals(1, one.add("c"));
      assertEquals(2, one.add("c"));
    }
  }

  @Test
  void whoGoesWithoutAWordIsNoticed() throws Exception {
    try (var server = StoreServer.open(0);
        var one = connect(server);
        var two = connect(server)) {
      var heard = new CompletableFuture<String>();
      var never = new CompletableFuture<String>();
      one.watch("rank 0", heard::complete);
      two.watch("rank 1", never::complete);
      two.leave();
      try (var three = connect(server)) {
        three.watch("rank 2", never::complete);
      }
      assertEquals(
          "rank 2 has gone without closing its process group", heard.get(20, TimeUnit.SECONDS));
      assertTrue(!never.isDone());
    }
  }

  @Test
  void oneTellsTheOthersToEnd() throws Exception {
    var heard = new CompletableFuture<String>();
    var late = new CompletableFuture<String>();
    var over = new CompletableFuture<String>();
    var server = StoreServer.open(0);
    try (var one = connect(server);
        var two = connect(server);
        var three = connect(server)) {
      one.watch("rank 1", heard::complete);
      two.abort("no more");
      assertEquals("no more", heard.get(20, TimeUnit.SECONDS));
      three.watch("rank 2", late::complete);
      assertEquals("no more", late.get(20, TimeUnit.SECONDS));
    }
    server.close();
    var another = StoreServer.open(0);
    try (var watching = connect(another)) {
      watching.watch("rank 1", over::complete);
      another.close();
      Thread.sleep(100);
      assertTrue(!over.isDone(), "an orderly end is no failure");
    }
  }

  private static ProcessGroup.Options options(int rank, int size, int port, int millis) {
    return ProcessGroup.options(rank, size).master(HERE, port).timeout(Duration.ofMillis(millis));
  }

  private static String failure(Runnable call) {
    return assertThrows(IllegalStateException.class, call::run).getMessage();
  }

  @Test
  void whoDoesNotComeIsNamed() throws Exception {
    try (var server = StoreServer.open(0);
        var threads = Executors.newFixedThreadPool(2)) {
      List<Future<String>> told =
          List.of(0, 2).stream()
              .map(
                  rank ->
                      threads.submit(
                          () -> {
                            try (var store = connect(server)) {
                              return failure(
                                  () ->
                                      Rendezvous.awaitAll(
                                          store,
                                          options(rank, 4, server.port(), 500),
                                          TcpStore.Deadline.in(Duration.ofMillis(500))));
                            }
                          }))
              .toList();
      for (Future<String> each : told) {
        assertEquals(
            "init: ranks 1, 3 of 4 did not come to localhost:" + server.port() + " within 0.5 s",
            each.get());
      }
      try (var store = connect(server)) {
        assertEquals(
            "init: there are two ranks 2",
            failure(() -> Rendezvous.awaitAll(store, options(2, 4, 1, 100), soon())));
        assertEquals(
            "init: rank 0 is one of 4 ranks, and rank 1 one of 2",
            failure(() -> Rendezvous.awaitAll(store, options(1, 2, 1, 100), soon())));
      }
    }
    try (var server = StoreServer.open(0);
        var store = connect(server)) {
      assertTrue(
          failure(
                  () ->
                      Rendezvous.awaitAll(
                          store,
                          options(1, 2, 7, 100),
                          TcpStore.Deadline.in(Duration.ofMillis(100))))
              .startsWith("init: rank 0 of 2 did not come to localhost:7 within 0.1 s"));
    }
  }

  @Test
  void wrongAddressesAreTold() throws IOException {
    try (var silent = new Socket()) {
      silent.bind(new InetSocketAddress(0)); // nobody else's, but it does not listen
      int port = silent.getLocalPort();
      String nobody =
          failure(() -> TcpStore.connect(HERE, port, TcpStore.Deadline.in(Duration.ofMillis(200))));
      assertTrue(
          nobody.startsWith("init: nobody answered at localhost:" + port + " for 0.2 s,"), nobody);
    }
    try (var server = StoreServer.open(0)) {
      String taken = failure(() -> StoreServer.open(server.port()));
      assertTrue(
          taken.startsWith("init: rank 0 cannot listen at port " + server.port() + ": "), taken);
    }
  }

  @Test
  void theEnvironmentIsRead() {
    var all =
        Map.of(
            "MASTER_ADDR",
            "node7",
            "MASTER_PORT",
            "1234",
            "RANK",
            "3",
            "WORLD_SIZE",
            "4",
            "LOCAL_RANK",
            "1");
    ProcessGroup.Options options = Environment.read(all);
    assertEquals("node7", options.master().getHostString());
    assertEquals(1234, options.master().getPort());
    assertEquals(3, options.rank());
    assertEquals(4, options.worldSize());
    assertEquals(Device.cuda(1), options.device());
    assertEquals(Duration.ofMinutes(10), options.timeout());
    assertEquals(ProcessGroup.Options.Calls.TRUSTED, options.calls());
    var detailed = new HashMap<>(all);
    detailed.put("TORCH_DISTRIBUTED_DEBUG", "DETAIL");
    assertEquals(ProcessGroup.Options.Calls.COMPARED, Environment.read(detailed).calls());
    assertTrue(
        failure(() -> Environment.read(Map.of())).startsWith("init: the environment has no RANK;"));
    var bad = Map.of("MASTER_ADDR", "node7", "MASTER_PORT", "1234", "RANK", "x", "WORLD_SIZE", "4");
    assertEquals("init: RANK is no number: x", failure(() -> Environment.read(bad)));
  }

  @Test
  void processesMeet() throws Exception {
    try (var server = StoreServer.open(0);
        var store = connect(server);
        var watch = connect(server)) {
      var heard = new CompletableFuture<String>();
      watch.watch("rank 0", heard::complete);
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  Programs.testPath(),
                  OtherRank.class.getName(),
                  Integer.toString(server.port()))
              .inheritIO()
              .start();
      try {
        Rendezvous.awaitAll(store, options(0, 2, server.port(), 20_000), soon());
        assertArrayEquals(bytes("here"), store.get("from 1", 20_000));
        store.set("from 0", "go on");
        assertEquals(0, process.waitFor());
        assertEquals(
            "rank 1 has gone without closing its process group", heard.get(20, TimeUnit.SECONDS));
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void theStoreComparesCalls() {
    try (var server = StoreServer.open(0);
        var one = connect(server);
        var two = connect(server)) {
      assertNull(one.differing("1", 2, 0, "a"));
      assertNull(two.differing("1", 2, 1, "a"));
      assertNull(two.differing("1", 2, 1, "b"), "the first meeting was over");
      assertEquals("rank 1 has b", one.differing("1", 2, 0, "c"));
    }
  }
}
