package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Ranks that find each other over TCP: threads here, since the emulator's devices do not reach into
 * other processes.
 */
@OnCuda(devices = 2)
class InitTest {
  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static ProcessGroup init(int rank, int port) {
    return ProcessGroup.init(
        ProcessGroup.options(rank, 2).master("localhost", port).timeout(Duration.ofSeconds(30)));
  }

  @Test
  void ranksComeTogether() throws Exception {
    int port = freePort();
    try (var threads = Executors.newFixedThreadPool(2)) {
      Callable<Double> first = () -> sum(0, port);
      Future<Double> one = threads.submit(first);
      Future<Double> two = threads.submit(() -> sum(1, port));
      assertEquals(6, one.get());
      assertEquals(6, two.get());
    }
  }

  private static double sum(int rank, int port) {
    try (var group = init(rank, port);
        var _ = Scope.open()) {
      Tensor x = Tensor.full(Shape.of(2), 1 + rank).to(group.device());
      group.allReduce(x);
      double sum = x.sum().item();
      group.barrier();
      return sum;
    }
  }

  @Test
  void oneAbortsTheOther() throws Exception {
    int port = freePort();
    try (var threads = Executors.newFixedThreadPool(2)) {
      Future<String> waits =
          threads.submit(
              () -> {
                try (var group = init(0, port)) {
                  return assertThrows(
                          IllegalStateException.class,
                          () -> {
                            while (true) {
                              group.barrier();
                            }
                          })
                      .getMessage();
                }
              });
      threads
          .submit(
              () -> {
                try (var group = init(1, port)) {
                  group.barrier();
                  group.abort("enough");
                }
              })
          .get();
      String message = waits.get();
      assertTrue(message.endsWith(": the process group was aborted: enough"), message);
    }
  }
}
