package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Memory that others write to: positions, masks and divisors that change while they are read, which
 * may give any result but must not lead outside the tensors or end the process; tensors that get
 * other memory, shapes and dtypes meanwhile; and bools that are neither 0 nor 1.
 */
class UnrulyMemoryTest {
  private static final long NANOSECONDS = 200_000_000;

  /** Calls a read again and again while another thread writes; returns how often. */
  private static long during(Runnable write, Supplier<Tensor> read) throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!over.get()) {
                    write.run();
                  }
                });
    long calls = 0;
    try {
      long end = System.nanoTime() + NANOSECONDS;
      while (System.nanoTime() < end) {
        try {
          var _ = read.get();
        } catch (IndexOutOfBoundsException e) {
          assertTrue(e.getMessage().contains("out of range"), e::getMessage);
        } catch (ArithmeticException e) {
          assertTrue(e.getMessage().contains("division by zero"), e::getMessage);
        } catch (ConcurrentModificationException e) {
          assertTrue(e.getMessage().contains("changed by another thread"), e::getMessage);
        }
        calls++;
      }
    } finally {
      over.set(true);
      writer.join();
    }
    return calls;
  }

  @Test
  void positionsThatChangeAfterTheirCheckStayInside() throws InterruptedException {
    int n = 1 << 14;
    Tensor index = Tensor.zeros(DType.INT64, n);
    Tensor x = Tensor.ones(n);
    Tensor rows = Tensor.ones(n, 2);
    Runnable write =
        () -> {
          index.fill_(1L << 44);
          index.fill_(0);
        };
    assertTrue(during(write, () -> x.gather(0, index)) > 0);
    assertTrue(during(write, () -> x.indexSelect(0, index)) > 0);
    assertTrue(during(write, () -> rows.indexSelect(0, index)) > 0);
    assertTrue(during(write, () -> x.scatterAdd(0, index, x)) > 0);
    assertTrue(during(write, () -> rows.indexAdd(0, index, rows)) > 0);
    assertTrue(during(write, () -> x.scatterReduce(0, index, x, Reduce.AMAX)) > 0);
    assertTrue(during(write, () -> rows.indexReduce(0, index, rows, Reduce.PROD)) > 0);
    assertTrue(during(write, () -> rows.index(Index.of(index), Index.of(index))) > 0);
    Index[] both = {Index.of(index), Index.of(index.narrow(0, 0, 1))};
    assertTrue(during(write, () -> rows.indexPut(x, Accumulate.ACCUMULATE, both)) > 0);
    assertTrue(during(write, () -> x.take(index)) > 0);
    assertTrue(during(write, () -> x.putFlat(index, x)) > 0);
    assertTrue(during(write, () -> rows.takeAlongDim(index.view(n, 1), 0)) > 0);
    assertTrue(during(write, () -> rows.indexFill(0, index, 1)) > 0);
    assertEquals(n, x.sum().item());
    assertEquals(2 * n, rows.sum().item());
  }

  @Test
  void aMaskThatChangesAfterItWasCountedFillsNoMoreThanItsRoom() throws InterruptedException {
    Tensor mask = Tensor.zeros(DType.BOOL, 1 << 18);
    Runnable write =
        () -> {
          mask.fill_(1);
          mask.fill_(0);
        };
    assertTrue(during(write, mask::nonzero) > 0);
    Tensor x = Tensor.zeros(1 << 18);
    Tensor source = Tensor.zeros(1 << 18);
    assertTrue(during(write, () -> x.maskedScatter(mask, source)) > 0);
    assertTrue(during(write, () -> x.indexPut(source.get(0), Index.of(mask))) > 0);
  }

  @Test
  void aDivisorThatBecomesZeroAfterItsCheckIsNotDividedBy() throws InterruptedException {
    for (DType dtype : List.of(DType.INT64, DType.UINT8)) {
      Tensor y = Tensor.ones(dtype, 4096);
      Tensor x = Tensor.full(Shape.of(4096), 7, dtype);
      Runnable write =
          () -> {
            y.fill_(0);
            y.fill_(1);
          };
      assertTrue(during(write, () -> x.floorDivide(y)) > 0);
      assertTrue(during(write, () -> x.remainder(y)) > 0);
      assertTrue(during(write, () -> x.fmod(y.select(0, 7))) > 0);
    }
  }

  /**
   * The small tensor lies between NaNs: who reads past its end finds one, who writes there destroys
   * one.
   */
  @Test
  void aTensorThatGetsOtherDataMeanwhileIsSeenAsTheOneOrTheOther() throws InterruptedException {
    long few = 4;
    long many = 512;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate((many * many + few * few) * Float.BYTES, 64);
      Tensor around = Tensor.of(memory, DType.FLOAT32, memory.byteSize() / Float.BYTES);
      around.fill_(Double.NaN);
      Tensor small = Tensor.of(memory.asSlice(0, few * few * Float.BYTES), DType.FLOAT32, few, few);
      small.fill_(1);
      Tensor large = Tensor.ones(many, many);
      Tensor wide = Tensor.ones(DType.FLOAT64, few, few);
      Tensor x = Tensor.ones(few, few);
      Tensor index = Tensor.zeros(DType.INT64, few, few);
      Runnable change =
          () -> {
            x.setData(small);
            x.setData(large);
            x.setData(wide);
          };
      List<Supplier<Tensor>> operations =
          List.of(
              x::neg,
              () -> x.add(x),
              () -> x.clone(),
              () -> x.sum(1),
              () -> x.mm(x),
              () -> x.softmax(0),
              () -> x.gather(1, index),
              () -> x.scatterAdd(0, index, small),
              () -> Tensor.where(x.gt(0), x, x),
              () -> Tensor.cat(List.of(x, x)),
              () -> x.relu_().exp(),
              () -> x.zero_().add(1));
      for (Supplier<Tensor> operation : operations) {
        long calls =
            during(
                change,
                () -> {
                  try (var _ = Scope.open()) {
                    Tensor y = operation.get();
                    assertEquals(0, y.isnan().sum().itemLong(), "read past the end");
                    return y;
                  } catch (IllegalArgumentException e) {
                    return x; // two operands that do not fit, one looked at before and one after
                  }
                });
        assertTrue(calls > 0);
        Tensor beyond = around.narrow(0, few * few, many * many);
        assertEquals(many * many, beyond.isnan().sum().itemLong(), "wrote past the end");
        large.fill_(1);
        small.fill_(1);
        wide.fill_(1);
      }
    }
  }

  @Test
  void anyByteButZeroIsTrue() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4);
      memory.copyFrom(MemorySegment.ofArray(new byte[] {0, 1, 2, -1}));
      Tensor x = Tensor.of(memory, DType.BOOL, 4);
      boolean[] truth = {false, true, true, true};
      boolean[] opposite = {true, false, false, false};
      Tensor plain = Tensor.of(truth);
      assertArrayEquals(truth, x.toBooleanArray());
      assertArrayEquals(opposite, x.bitwiseNot().toBooleanArray());
      assertArrayEquals(opposite, x.logicalNot().toBooleanArray());
      assertArrayEquals(new long[] {0, 1, 1, 1}, x.to(DType.INT64).toLongArray());
      assertArrayEquals(new float[] {0, 1, 1, 1}, x.to(DType.FLOAT32).toFloatArray());
      assertArrayEquals(new boolean[] {true, true, true, true}, x.eq(plain).toBooleanArray());
      assertArrayEquals(new boolean[4], x.bitwiseXor(plain).toBooleanArray());
      assertArrayEquals(new boolean[4], plain.gt(x).toBooleanArray());
      assertArrayEquals(truth, x.bitwiseAnd(plain).toBooleanArray());
      assertArrayEquals(truth, x.maximum(plain).toBooleanArray());
      assertArrayEquals(new boolean[] {false, false, false, false}, x.ne(plain).toBooleanArray());
      for (int i = 1; i < 4; i++) {
        Tensor one = x.narrow(0, i, 1).squeeze();
        assertArrayEquals(truth, plain.bitwiseAnd(one).toBooleanArray());
        assertArrayEquals(truth, one.eq(plain).toBooleanArray());
      }
      assertEquals(3, x.sum().itemLong());
      assertArrayEquals(new long[] {1, 2, 3}, x.nonzero().flatten(0).toLongArray());
      assertEquals(
          Tensor.where(plain, Tensor.ones(4), Tensor.zeros(4)).toString(),
          Tensor.where(x, Tensor.ones(4), Tensor.zeros(4)).toString());
      assertEquals("tensor([False,  True,  True,  True])", x.toString());
      assertEquals(1, x.max(0).indices().itemLong());
      assertArrayEquals(new long[] {0, 1, 2, 3}, x.argsort().toLongArray());
    }
  }
}
