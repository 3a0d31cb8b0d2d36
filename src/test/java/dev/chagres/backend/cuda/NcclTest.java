package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.cuda.Nccl.Array;
import dev.chagres.backend.cuda.Nccl.Reduction;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnCuda(devices = 2)
class NcclTest {
  private static final int RANKS = 2;

  @BeforeEach
  void isThere() {
    Assumptions.assumeTrue(Nccl.whyNot().isEmpty(), Nccl::whyNot);
  }

  private static final List<Device> DEVICES = List.of(Device.cuda(0), Device.cuda(1));

  private static Tensor tensor(int rank, DType dtype, double... values) {
    return Tensor.of(values).to(dtype).to(Device.cuda(rank));
  }

  private static Array array(Tensor x, long count) {
    return new Array(x.storage(), x.dtype(), 0, count);
  }

  private static void expect(Tensor x, double... values) {
    assertArrayEquals(values, x.to(DType.FLOAT64).cpu().toDoubleArray());
  }

  private static void forAll(IntConsumer call) {
    Nccl.group(
        () -> {
          for (int rank = 0; rank < RANKS; rank++) {
            call.accept(rank);
          }
        });
  }

  @Test
  void whatOneThreadDoesForAllRanks() {
    assertTrue(Nccl.version() > 20_000);
    List<Nccl> ranks = Nccl.join(DEVICES);
    try (var _ = Scope.open()) {
      for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)) {
        Tensor[] x = {tensor(0, dtype, 1, 2, 3, 4), tensor(1, dtype, 10, 20, 30, 40)};
        Tensor[] y = {x[0].zerosLike(), x[1].zerosLike()};
        forAll(i -> ranks.get(i).allReduce(Reduction.SUM, array(x[i], 4), array(y[i], 4)));
        expect(y[0], 11, 22, 33, 44);
        expect(y[1], 11, 22, 33, 44);
        forAll(i -> ranks.get(i).reduceScatter(Reduction.MEAN, array(x[i], 4), array(y[i], 2)));
        expect(y[0], 5.5, 11, 33, 44);
        expect(y[1], 16.5, 22, 33, 44);
        forAll(i -> ranks.get(i).allGather(array(x[i], 2), array(y[i], 4)));
        expect(y[0], 1, 2, 10, 20);
        expect(y[1], 1, 2, 10, 20);
        forAll(i -> ranks.get(i).broadcast(1, array(x[i], 3), array(y[i], 3)));
        expect(y[0], 10, 20, 30, 20);
        expect(y[1], 10, 20, 30, 20);
        forAll(
            i -> {
              ranks.get(i).send(1 - i, array(x[i], 1));
              ranks.get(i).receive(1 - i, array(y[i], 1));
            });
        expect(y[0], 10, 20, 30, 20);
        expect(y[1], 1, 20, 30, 20);
      }
    }
    ranks.forEach(Nccl::checkWork);
    ranks.forEach(Nccl::close);
  }

  /** What is computed before is reduced, and what comes behind sees the result. */
  @Test
  void operationsAreInTheOrderOfStreams() throws Exception {
    Nccl.Id id = Nccl.id();
    try (var threads = Executors.newFixedThreadPool(RANKS)) {
      List<Future<double[]>> results =
          List.of(threads.submit(() -> rank(id, 0)), threads.submit(() -> rank(id, 1)));
      for (Future<double[]> result : results) {
        assertArrayEquals(new double[] {32, 52}, result.get());
      }
    }
  }

  private static double[] rank(Nccl.Id id, int rank) {
    try (Nccl nccl = Nccl.join(id, RANKS, rank, DEVICES.get(rank));
        var _ = Scope.open()) {
      assertEquals(rank, nccl.rank());
      Tensor x = tensor(rank, DType.FLOAT64, 1, 2).add(rank).mul(10);
      nccl.allReduce(Reduction.SUM, array(x, 2), array(x, 2));
      return x.add(2).cpu().toDoubleArray();
    }
  }

  @Test
  void mistakesAreTold() {
    List<Nccl> ranks = Nccl.join(DEVICES);
    try (var _ = Scope.open()) {
      Tensor x = tensor(0, DType.FLOAT32, 1, 2);
      Array whole = new Array(x.storage(), DType.INT16, 0, 2);
      assertThrows(
          IllegalArgumentException.class,
          () -> ranks.get(0).allReduce(Reduction.SUM, whole, whole));
      CudaException noRank =
          assertThrows(
              CudaException.class, () -> ranks.get(0).broadcast(2, array(x, 2), array(x, 2)));
      assertTrue(noRank.getMessage().startsWith("ncclBroadcast: invalid argument, result 4"));
      assertThrows(
          ArithmeticException.class,
          () ->
              Nccl.group(
                  () -> {
                    throw new ArithmeticException();
                  }));
      // The group has ended: this waits for the other rank, which gives up.
      ranks.get(0).allReduce(Reduction.SUM, array(x, 2), array(x, 2));
      ranks.forEach(Nccl::abort);
      expect(x, 1, 2);
    }
  }
}
