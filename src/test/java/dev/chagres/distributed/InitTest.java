package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Shape;
import dev.chagres.cuda.CudaStream;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Ranks that find each other over TCP: threads here, whose errors are at hand; {@link
 * ProcessesTest} has processes.
 */
@OnCuda(devices = 2)
class InitTest {
  private static ProcessGroup.Options options(int rank, StoreServer server) {
    return ProcessGroup.options(rank, 2)
        .master("localhost", server.port())
        .timeout(Duration.ofSeconds(30));
  }

  private static ProcessGroup init(ProcessGroup.Options options, StoreServer server) {
    return options.rank() == 0 ? Rendezvous.init(options, server) : ProcessGroup.init(options);
  }

  private static ProcessGroup init(int rank, StoreServer server) {
    return init(options(rank, server), server);
  }

  @Test
  void ranksComeTogether() throws Exception {
    StoreServer server = StoreServer.open(0);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Callable<Double> first = () -> sum(0, server);
      Future<Double> one = threads.submit(first);
      Future<Double> two = threads.submit(() -> sum(1, server));
      assertEquals(6, one.get());
      assertEquals(6, two.get());
    }
  }

  private static double sum(int rank, StoreServer server) {
    try (var group = init(rank, server);
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
    StoreServer server = StoreServer.open(0);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Future<String> waits =
          threads.submit(
              () -> {
                try (var group = init(0, server)) {
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
                try (var group = init(1, server)) {
                  group.barrier();
                  group.abort("enough");
                }
              })
          .get();
      String message = waits.get();
      assertTrue(message.endsWith(": the process group was aborted: enough"), message);
    }
  }

  private static String failing(Callable<?> rank) {
    return assertThrows(IllegalStateException.class, rank::call).getMessage();
  }

  /** Ranks that meet at a store are compared where that is asked for. */
  @Test
  void callsAreComparedWhereThatIsAskedFor() throws Exception {
    StoreServer server = StoreServer.open(0);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Future<String> first = threads.submit(() -> failing(() -> differing(0, server)));
      Future<String> second = threads.submit(() -> failing(() -> differing(1, server)));
      String all = first.get() + "\n" + second.get();
      assertTrue(
          all.contains("has broadcast from rank 0 of 2 float32 as its call 2, where rank 1 has")
              || all.contains("has allReduce SUM of 1 float32 as its call 2, where rank 0 has"),
          all);
      assertTrue(all.contains(": the process group was aborted: rank "), all);
    }
  }

  private static Void differing(int rank, StoreServer server) {
    try (var group = init(options(rank, server).compared(), server);
        var _ = Scope.open()) {
      group.barrier();
      if (rank == 0) {
        group.broadcast(Tensor.ones(2).to(group.device()), 0);
      } else {
        group.allReduce(Tensor.ones(1).to(group.device()));
      }
      while (true) {
        CudaStream.current(group.device()).synchronize();
        group.barrier();
      }
    }
  }

  /** What each has called is known to all, also of those that are elsewhere. */
  @Test
  void whoDoesNotComeIsNamedByTheOthers() throws Exception {
    StoreServer server = StoreServer.open(0);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Future<String> waits = threads.submit(() -> failing(() -> late(0, server)));
      Future<String> away = threads.submit(() -> failing(() -> late(1, server)));
      String why =
          "the process group was aborted: rank 0 waits for call 2, allReduce SUM of 1 int32, for"
              + " more than 2 s; the last calls are of rank 0: 2, allReduce SUM of 1 int32; of rank"
              + " 1: 1, allReduce SUM of 1 int32";
      assertEquals("barrier: " + why, waits.get());
      assertEquals("allReduce: " + why, away.get());
    }
  }

  private static Void late(int rank, StoreServer server) {
    try (var group = init(options(rank, server).timeout(Duration.ofSeconds(2)), server)) {
      group.barrier();
      for (int i = 0; rank == 1 && i < 600 && group.aborted() == null; i++) {
        LockSupport.parkNanos(100_000_000);
      }
      group.barrier();
      return null;
    }
  }
}
