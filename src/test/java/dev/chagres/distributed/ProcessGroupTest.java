package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.cuda.CudaStream;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Collective operations of two ranks in one process. */
@OnCuda(devices = 2)
class ProcessGroupTest {
  static final List<Device> DEVICES = List.of(Device.cuda(0), Device.cuda(1));

  private static Tensor on(ProcessGroup group, DType dtype, double... values) {
    return Tensor.of(values).to(dtype).to(group.device());
  }

  private static Tensor on(ProcessGroup group, double... values) {
    return on(group, DType.FLOAT32, values);
  }

  private static void expect(Tensor x, double... values) {
    assertArrayEquals(values, x.to(DType.FLOAT64).cpu().toDoubleArray());
  }

  /** Runs both ranks, each in a scope of its own. */
  private static void both(Consumer<ProcessGroup> body) {
    ProcessGroup.spawn(
        DEVICES,
        group -> {
          try (var _ = Scope.open()) {
            body.accept(group);
          }
        });
  }

  @Test
  void ranksKnowWhoTheyAre() {
    List<ProcessGroup> groups = ProcessGroup.ofDevices(DEVICES.reversed());
    for (int i = 0; i < 2; i++) {
      assertEquals(i, groups.get(i).rank());
      assertEquals(2, groups.get(i).worldSize());
      assertEquals(Device.cuda(1 - i), groups.get(i).device());
    }
    assertEquals("ProcessGroup(rank 1 of 2 on cuda:0)", groups.get(1).toString());
    groups.forEach(ProcessGroup::close);
  }

  @Test
  void reductionsOfAllDtypes() {
    both(
        group -> {
          for (DType dtype :
              List.of(
                  DType.FLOAT32,
                  DType.FLOAT64,
                  DType.FLOAT16,
                  DType.BFLOAT16,
                  DType.UINT8,
                  DType.INT8,
                  DType.INT32,
                  DType.INT64)) {
            double rank = group.rank();
            for (ReduceOp op : ReduceOp.values()) {
              Tensor x = on(group, dtype, 2 + rank, 7 - rank, 0);
              group.allReduce(x, op);
              double[] wanted =
                  switch (op) {
                    case SUM -> new double[] {5, 13, 0};
                    case PRODUCT -> new double[] {6, 42, 0};
                    case MIN -> new double[] {2, 6, 0};
                    case MAX -> new double[] {3, 7, 0};
                    case AVG ->
                        dtype.isFloating() ? new double[] {2.5, 6.5, 0} : new double[] {2, 6, 0};
                  };
              expect(x, wanted);
            }
          }
          Tensor large = Tensor.of((1L << 60) + group.rank()).to(group.device());
          group.allReduce(large);
          assertEquals((1L << 61) + 1, large.cpu().itemLong());
          for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.MAX)) {
            Tensor any = on(group, group.rank(), 0, 1).gt(0);
            group.allReduce(any, op);
            expect(any, 1, 0, 1);
          }
          Tensor all = on(group, group.rank(), 0, 1).gt(0);
          group.allReduce(all, ReduceOp.PRODUCT);
          expect(all, 0, 0, 1);
        });
  }

  @Test
  void reducesToOne() {
    both(
        group -> {
          Tensor x = on(group, 1 + group.rank(), 5);
          Tensor y = on(group, 3);
          group.reduce(List.of(x, y), 1, ReduceOp.SUM);
          expect(x, group.rank() == 1 ? new double[] {3, 10} : new double[] {1, 5});
          expect(y, group.rank() == 1 ? 6 : 3);
        });
  }

  @Test
  void copiesOfAllDtypes() {
    both(
        group -> {
          for (DType dtype : DType.values()) {
            int rank = group.rank();
            Tensor x = on(group, dtype, rank, 1, 0);
            group.broadcast(List.of(x, x.narrow(0, 1, 1)), 1);
            expect(x, 1, 1, 0);
            List<Tensor> all = group.allGather(on(group, dtype, rank, 1 - rank));
            assertEquals(2, all.size());
            expect(all.get(0), 0, 1);
            expect(all.get(1), 1, 0);
            Tensor in = on(group, dtype, 1, rank, rank, 0);
            expect(
                group.allToAll(in),
                rank == 0 ? new double[] {1, 0, 1, 1} : new double[] {0, 0, 1, 0});
          }
        });
  }

  @Test
  void partsOfReductions() {
    both(
        group -> {
          double rank = group.rank();
          Tensor x = on(group, 1, 2, 3, 4 + rank).view(2, 2);
          expect(
              group.reduceScatter(x.t(), ReduceOp.SUM),
              rank == 0 ? new double[] {2, 6} : new double[] {4, 9});
          Tensor out = on(group, 0, 0);
          group.reduceScatter(out, x, ReduceOp.AVG);
          expect(out, rank == 0 ? new double[] {1, 2} : new double[] {3, 4.5});
          Tensor gathered = on(group, 0, 0, 0, 0);
          group.allGather(gathered, out);
          expect(gathered, 1, 2, 3, 4.5);
        });
  }

  @Test
  void messagesOfSeveralShapes() {
    both(
        group -> {
          int rank = group.rank();
          int other = 1 - rank;
          Tensor x = on(group, rank, 2);
          Tensor y = on(group, 0, 0);
          ProcessGroup.together(
              () -> {
                group.send(x, other);
                group.recv(y, other);
              });
          expect(y, other, 2);
          if (rank == 0) {
            group.send(x, 1);
          } else {
            group.recv(x, 0);
          }
          expect(x, 0, 2);
          List<Tensor> outputs =
              rank == 0
                  ? List.of(on(group, 0), on(group, 0, 0))
                  : List.of(on(group, 0, 0, 0), on(group));
          List<Tensor> inputs =
              rank == 0
                  ? List.of(on(group, 1), on(group, 2, 3, 4))
                  : List.of(on(group, 5, 6), on(group));
          group.allToAll(outputs, inputs);
          if (rank == 0) {
            expect(outputs.get(0), 1);
            expect(outputs.get(1), 5, 6);
          } else {
            expect(outputs.get(0), 2, 3, 4);
          }
        });
  }

  /** What comes before and behind in a stream is in its order, also where memory is freed. */
  @Test
  void streamsKeepTheirOrder() {
    both(
        group -> {
          var side = new CudaStream(group.device());
          Tensor x = on(group, 1, 2);
          side.waitStream(CudaStream.current(group.device()));
          Tensor y;
          try (var _ = side.use()) {
            y = x.mul(10).add(group.rank());
            group.allReduce(y);
            y.add_(1);
          }
          Tensor z = x.add(1);
          side.waitStream(CudaStream.current(group.device()));
          try (var _ = side.use()) {
            group.allReduce(z);
          }
          z.storage().free();
          for (int i = 0; i < 20; i++) {
            // would take the block of z, if the other stream were not waited for
            assertEquals(2, Tensor.zeros(group.device(), 2).add(1).sum().item());
          }
          CudaStream.current(group.device()).waitStream(side);
          expect(y, 22, 42);
        });
  }

  @Test
  void oneThreadForBoth() {
    List<ProcessGroup> groups = ProcessGroup.ofDevices(DEVICES);
    try (var _ = Scope.open()) {
      Tensor x = on(groups.get(0), 1, 2);
      Tensor y = on(groups.get(1), 3, 4);
      ProcessGroup.together(
          () -> {
            groups.get(0).allReduce(x);
            groups.get(1).allReduce(y);
          });
      expect(x, 4, 6);
      expect(y, 4, 6);
    }
    groups.forEach(ProcessGroup::close);
  }

  @Test
  void ranksWaitForEachOther() {
    var late = new CountDownLatch(1);
    both(
        group -> {
          if (group.rank() == 1) {
            late.countDown();
          }
          group.barrier();
          assertEquals(0, late.getCount());
        });
  }

  @Test
  void mistakesAreToldBeforeAnythingIsDone() {
    List<ProcessGroup> groups = ProcessGroup.ofDevices(DEVICES);
    ProcessGroup group = groups.get(0);
    try (var _ = Scope.open()) {
      Tensor x = on(group, 1, 2, 3, 4).view(2, 2);
      says(
          IllegalArgumentException.class,
          "allReduce: a tensor is on cpu, and the rank on cuda:0",
          () -> group.allReduce(x.cpu()));
      says(
          IllegalArgumentException.class,
          "broadcast: a tensor (2, 2) has gaps or another order; contiguous() has not",
          () -> group.broadcast(x.t(), 0));
      says(
          IndexOutOfBoundsException.class,
          "broadcast: there is no rank 2 of 2",
          () -> group.broadcast(x, 2));
      says(
          IllegalArgumentException.class,
          "allReduce: NCCL has no SUM of int16",
          () -> group.allReduce(x.to(DType.INT16)));
      says(
          IllegalArgumentException.class,
          "reduce: NCCL has no AVG of bool",
          () -> group.reduce(x.gt(0), 0, ReduceOp.AVG));
      says(
          IllegalArgumentException.class,
          "reduceScatter: the first dimension of (3,) cannot be divided among 2 ranks",
          () -> group.reduceScatter(on(group, 1, 2, 3), ReduceOp.SUM));
      says(
          IllegalArgumentException.class,
          "allGather: an output of 4 elements of float32, where 8 of float32 come",
          () -> group.allGather(x.clone(), x));
      says(
          IllegalArgumentException.class,
          "allToAll: 2 ranks need as many inputs and outputs, not 1 and 2",
          () -> group.allToAll(List.of(x, x), List.of(x)));
      says(IllegalArgumentException.class, "send: rank 0 is this one", () -> group.send(x, 0));
      expect(x.flatten(), 1, 2, 3, 4);
      // the group still works
      Tensor y = on(groups.get(1), 1, 1, 1, 1).view(2, 2);
      ProcessGroup.together(
          () -> {
            group.allReduce(x);
            groups.get(1).allReduce(y);
          });
      expect(x.flatten(), 2, 3, 4, 5);
      groups.forEach(ProcessGroup::close);
      group.close();
      says(
          IllegalStateException.class,
          "allReduce: the process group is closed",
          () -> group.allReduce(x));
    }
    says(
        IllegalArgumentException.class,
        "ofDevices: works on GPUs, not on cpu",
        () -> ProcessGroup.ofDevices(List.of(Device.cpu())));
    says(
        IllegalArgumentException.class,
        "spawn: works on GPUs, not on cpu",
        () -> ProcessGroup.spawn(List.of(Device.cpu()), _ -> {}));
    says(
        IllegalArgumentException.class,
        "ofDevices: one device twice among [cuda:0, cuda:0]",
        () -> ProcessGroup.ofDevices(List.of(Device.cuda(0), Device.cuda(0))));
    says(
        IllegalStateException.class,
        "ofDevices: cuda:9 is not available: there are 2 GPUs, from cuda:0 on",
        () -> ProcessGroup.ofDevices(List.of(Device.cuda(9))));
  }

  static void says(Class<? extends RuntimeException> type, String text, Runnable call) {
    assertEquals(text, assertThrows(type, call::run).getMessage());
  }

  /** One that fails does not leave the other waiting, and what it threw is the cause. */
  @Test
  void whenOneFailsAllEnd() {
    var failure =
        assertThrows(
            IllegalStateException.class,
            () ->
                both(
                    group -> {
                      if (group.rank() == 1) {
                        throw new ArithmeticException("no more");
                      }
                      Tensor x = on(group, 1, 2);
                      group.allReduce(x);
                      var ended = assertThrows(IllegalStateException.class, group::barrier);
                      assertTrue(
                          ended.getMessage().contains("was aborted: rank 1 failed: "),
                          ended::getMessage);
                    }));
    assertEquals("spawn: rank 1 failed: no more", failure.getMessage());
    assertEquals(ArithmeticException.class, failure.getCause().getClass());
    assertEquals(0, failure.getSuppressed().length);
    both(group -> group.barrier()); // the devices still work
  }

  @Test
  void abortedGroupsSaySo() {
    List<ProcessGroup> groups = ProcessGroup.ofDevices(DEVICES);
    groups.get(0).abort("the loss is NaN");
    try (var _ = Scope.open()) {
      says(
          IllegalStateException.class,
          "barrier: the process group was aborted: the loss is NaN".replace("barrier", "allReduce"),
          () -> groups.get(1).barrier());
    }
    groups.forEach(ProcessGroup::close);
    assertFalse(Thread.currentThread().isInterrupted());
  }

  // ---- ranks that differ

  private static String spawned(Duration timeout, Consumer<ProcessGroup> body) {
    return assertThrows(
            IllegalStateException.class, () -> ProcessGroup.spawn(DEVICES, timeout, body))
        .getMessage();
  }

  /** Nobody waits for what will not come: who comes second is told what the first one has. */
  @Test
  void ranksThatCallSomethingElseAreTold() {
    var calls = new CyclicBarrier(2);
    String message =
        spawned(
            Duration.ofMinutes(5),
            group -> {
              Tensor x = on(group, 1, 2, 3);
              group.allReduce(x);
              if (group.rank() == 0) {
                group.broadcast(x, 0);
                await(calls);
              } else {
                await(calls);
                group.allReduce(on(group, 1, 2, 3, 4), ReduceOp.MAX);
              }
            });
    assertEquals(
        "spawn: rank 1 failed: allReduce: rank 1 has allReduce MAX of 4 float32 as its call 2,"
            + " where rank 0 has broadcast from rank 0 of 3 float32",
        message);
    both(ProcessGroup::barrier); // the devices still work
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void messagesOfAnotherSizeAreTold() {
    List<ProcessGroup> groups = ProcessGroup.ofDevices(DEVICES);
    try (var _ = Scope.open()) {
      Tensor x = on(groups.get(0), 1, 2);
      Tensor y = on(groups.get(1), DType.INT32, 1, 2);
      groups.get(0).send(x, 1);
      says(
          IllegalStateException.class,
          "recv: rank 1 has recv from rank 0 of 2 int32 as its call 1, where rank 0 has a message"
              + " from rank 0 to rank 1, 2 float32",
          () -> groups.get(1).recv(y, 0));
    }
    groups.forEach(ProcessGroup::close);
    both(ProcessGroup::barrier);
  }

  /** The same number of elements in another shape is the same to NCCL. */
  @Test
  void shapesMayDiffer() {
    both(
        group -> {
          Tensor x = on(group, 1, 2, 3, 4);
          group.allReduce(group.rank() == 0 ? x : x.view(2, 2));
          expect(x, 2, 4, 6, 8);
        });
  }

  /** One that does not come is not waited for longer than the timeout. */
  @Test
  void whoDoesNotComeIsNamed() {
    var done = new CountDownLatch(1);
    String message =
        spawned(
            Duration.ofSeconds(1),
            group -> {
              Tensor x = on(group, 1, 2);
              group.broadcast(x, 1);
              if (group.rank() == 0) {
                group.allReduce(List.of(x, on(group, DType.INT64, 3)), ReduceOp.SUM);
                CudaStream.current(group.device()).synchronize();
                done.countDown();
              } else {
                waitFor(done);
              }
            });
    assertEquals(
        "spawn: the process group was aborted: rank 0 waits for call 2, allReduce SUM of 2 float32,"
            + " 1 int64, for more than 1 s; the last calls are of rank 0: 2, allReduce SUM of 2"
            + " float32, 1 int64; of rank 1: 1, broadcast from rank 1 of 2 float32",
        message);
    both(ProcessGroup::barrier);
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS), "the other one still waits");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What takes its time is not what others keep waiting: each call has the whole of it. */
  @Test
  void callsThatGetDoneAreNotLate() {
    ProcessGroup.spawn(
        DEVICES,
        Duration.ofSeconds(2),
        group -> {
          try (var _ = Scope.open()) {
            for (int i = 0; i < 6; i++) {
              if (group.rank() == 1) {
                LockSupport.parkNanos(500_000_000);
              }
              group.barrier();
            }
          }
        });
  }

  @Test
  void aTimeoutIsPositive() {
    for (Duration bad : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(2))) {
      says(
          IllegalArgumentException.class,
          "ofDevices: a timeout of " + bad,
          () -> ProcessGroup.ofDevices(DEVICES, bad));
    }
  }
}
