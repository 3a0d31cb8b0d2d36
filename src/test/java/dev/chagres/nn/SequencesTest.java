package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.nn.Sequences.PaddingSide;
import dev.chagres.nn.Sequences.Sorting;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Packing and padding, as PyTorch 2.13 does it. */
@OnEveryDevice
class SequencesTest {
  /** Three sequences (length 3, batch 3), of numbers that tell where they are. */
  private static Tensor padded() {
    return Tensor.of(
        List.of(List.of(1.0, 10.0, 100.0), List.of(2.0, 20.0, 0.0), List.of(3.0, 0.0, 0.0)));
  }

  @Test
  void packsTheLongestFirst() {
    PackedSequence packed = Sequences.packPaddedSequence(padded(), Tensor.of(3, 2, 1));
    PackedSequence turned =
        Sequences.packPaddedSequence(padded().t(), Tensor.of(3, 2, 1), Order.BATCH_FIRST);
    assertTrue(turned.data().equal(packed.data()));
    assertTrue(Sequences.padPackedSequence(turned, Order.BATCH_FIRST).output().equal(padded().t()));
    assertEquals(List.of(3L, 2L, 1L), packed.batchSizes());
    assertTrue(packed.data().equal(Tensor.of(1.0, 10, 100, 2, 20, 3).to(packed.data().dtype())));
    assertNull(packed.sortedIndices());
    var again = Sequences.padPackedSequence(packed);
    assertTrue(again.output().equal(padded()));
    assertEquals(List.of(3L, 2L, 1L), list(again.lengths()));
  }

  private static List<Long> list(Tensor x) {
    return java.util.Arrays.stream(x.toLongArray()).boxed().toList();
  }

  @Test
  void sortsWhatComesInAnyOrder() {
    Tensor x = padded().flip(1);
    PackedSequence packed =
        Sequences.packPaddedSequence(x.t(), Tensor.of(1, 2, 3), Order.BATCH_FIRST, Sorting.NEEDED);
    assertTrue(packed.data().equal(Tensor.of(1.0, 10, 100, 2, 20, 3).to(packed.data().dtype())));
    assertEquals(List.of(2L, 1L, 0L), list(assertPresent(packed.sortedIndices())));
    assertEquals(List.of(2L, 1L, 0L), list(assertPresent(packed.unsortedIndices())));
    var again = Sequences.padPackedSequence(packed, Order.BATCH_FIRST, -1, 5);
    assertEquals(Shape.of(3, 5), again.output().shape());
    assertEquals(List.of(1L, 2L, 3L), list(again.lengths()));
    assertTrue(again.output().select(0, 0).equal(Tensor.of(100.0, -1, -1, -1, -1).to(x.dtype())));
    assertTrue(again.output().select(0, 2).equal(Tensor.of(1.0, 2, 3, -1, -1).to(x.dtype())));
  }

  private static Tensor assertPresent(Tensor x) {
    assertNotNull(x);
    return x;
  }

  /** Of equal lengths the first comes first, as where PyTorch sorts them. */
  @Test
  void leavesEqualLengthsInTheirOrder() {
    PackedSequence packed =
        Sequences.packSequence(
            List.of(Tensor.ones(2), Tensor.ones(3), Tensor.ones(2)), Sorting.NEEDED);
    assertEquals(List.of(1L, 0L, 2L), list(assertPresent(packed.sortedIndices())));
    assertEquals(List.of(1L, 0L, 2L), list(assertPresent(packed.unsortedIndices())));
    assertEquals(List.of(3L, 3L, 1L), packed.batchSizes());
  }

  @Test
  void padsAndUnpads() {
    List<Tensor> sequences = List.of(Tensor.ones(2, 4), Tensor.ones(3, 4), Tensor.ones(1, 4));
    Tensor right = Sequences.padSequence(sequences);
    assertEquals(Shape.of(3, 3, 4), right.shape());
    assertEquals(24, right.sum().item());
    Tensor left = Sequences.padSequence(sequences, Order.BATCH_FIRST, 7, PaddingSide.LEFT);
    assertEquals(List.of(7.0, 7.0, 1.0), list64(left.select(0, 2).select(1, 0)));
    Tensor lengths = Tensor.of(2, 3, 1);
    assertTrue(Sequences.padSequence(sequences, Order.BATCH_FIRST).equal(right.transpose(0, 1)));
    List<Tensor> back = Sequences.unpadSequence(right, lengths);
    for (int i = 0; i < 3; i++) {
      assertTrue(sequences.get(i).equal(back.get(i)));
    }
    assertEquals(
        Shape.of(2, 4),
        Sequences.unpadSequence(right.transpose(0, 1), lengths, Order.BATCH_FIRST).get(0).shape());
  }

  /** Also of an integer's, which loses fractions, as in PyTorch. */
  @Test
  void whatIsPaddedHasTheFirstsDtype() {
    Tensor floats = Tensor.of(new double[] {1.5, 2.5}, DType.FLOAT32).requiresGrad_();
    Tensor doubles = Tensor.of(new double[] {0.1, -2.7}, DType.FLOAT64).requiresGrad_();
    Tensor integers = Tensor.of(7L, 8, 9);
    Tensor narrow = Sequences.padSequence(List.of(floats, doubles), Order.SEQUENCE_FIRST, -1);
    assertEquals(DType.FLOAT32, narrow.dtype());
    assertEquals(List.of(1.5, (double) 0.1f, 2.5, (double) -2.7f), list64(narrow.flatten()));
    narrow.sum().backward();
    assertTrue(floats.grad().equal(Tensor.ones(2)));
    assertTrue(doubles.grad().equal(Tensor.ones(DType.FLOAT64, 2)));
    Tensor whole =
        Sequences.padSequence(
            List.of(integers, doubles, floats), Order.BATCH_FIRST, 2.9, PaddingSide.LEFT);
    assertEquals("[[7, 8, 9], [2, 0, -2], [2, 1, 2]]", whole.tolist().toString());
    assertEquals(
        "[[true, false], [false, true]]",
        Sequences.padSequence(List.of(Tensor.of(true), Tensor.of(0L, 2))).tolist().toString());
    PackedSequence packed = Sequences.packSequence(List.of(integers, doubles));
    assertEquals(DType.INT64, packed.data().dtype());
    assertEquals(
        "padSequence: sequences (length, …) have the same sizes but for the length, and these are"
            + " (1, 2) and (2, 3)",
        assertThrows(
                IllegalArgumentException.class,
                () -> Sequences.padSequence(List.of(Tensor.ones(1, 2), Tensor.ones(2, 3))))
            .getMessage());
  }

  private static List<Double> list64(Tensor x) {
    return java.util.Arrays.stream(x.toDoubleArray()).boxed().toList();
  }

  @Test
  void gradientsFlowThrough() {
    Tensor x = Tensor.randn(DType.FLOAT64, 4, 3, 2).requiresGrad_();
    Tensor lengths = Tensor.of(2, 4, 1);
    GradCheck.gradcheck(
        t -> Sequences.packPaddedSequence(t, lengths, Order.SEQUENCE_FIRST, Sorting.NEEDED).data(),
        x);
    PackedSequence packed =
        Sequences.packPaddedSequence(x, lengths, Order.SEQUENCE_FIRST, Sorting.NEEDED);
    GradCheck.gradcheck(
        t -> Sequences.padPackedSequence(packed.withData(t), Order.BATCH_FIRST, 1, 6).output(),
        packed.data().detach().requiresGrad_());
    GradCheck.gradcheck(
        (a, b) -> Sequences.padSequence(List.of(a, b)),
        Tensor.randn(DType.FLOAT64, 2, 2).requiresGrad_(),
        Tensor.randn(DType.FLOAT64, 3, 2).requiresGrad_());
  }

  @Test
  void refusesWhatDoesNotFit() {
    Tensor x = padded();
    PackedSequence packed = Sequences.packPaddedSequence(x, Tensor.of(3, 2, 1));
    for (Supplier<?> bad :
        List.<Supplier<?>>of(
            () -> Sequences.packPaddedSequence(x, Tensor.of(1, 2, 3)),
            () -> Sequences.packPaddedSequence(x, Tensor.of(3, 2, 0)),
            () -> Sequences.packPaddedSequence(x, Tensor.of(4, 2, 1)),
            () -> Sequences.packPaddedSequence(x, Tensor.of(3, 2)),
            () -> Sequences.packPaddedSequence(x, Tensor.of(3.0, 2, 1)),
            () -> Sequences.packPaddedSequence(Tensor.ones(3), Tensor.of(3, 2, 1)),
            () -> Sequences.padPackedSequence(packed, Order.SEQUENCE_FIRST, 0, 2),
            () -> Sequences.packSequence(List.of()),
            () -> Sequences.packSequence(List.of(Tensor.ones(1), Tensor.ones(2))),
            () -> Sequences.padSequence(List.of(Tensor.ones(1, 2), Tensor.ones(2, 3))),
            () -> Sequences.unpadSequence(x, Tensor.of(3, 2)),
            () -> packed.withData(Tensor.ones(5)),
            () -> new PackedSequence(Tensor.ones(3), List.of(1L, 2L), null, null),
            () -> new PackedSequence(Tensor.ones(0), List.of(), null, null),
            () -> new PackedSequence(Tensor.ones(3), List.of(3L), Tensor.of(0, 1, 2), null))) {
      assertThrows(IllegalArgumentException.class, bad::get);
    }
  }

  @Test
  void unpackedSequencesAreThoseThatWerePacked() {
    List<Tensor> all =
        List.of(Tensor.arange(3).toFloat(), Tensor.arange(5).toFloat(), Tensor.ones(1));
    List<Tensor> back = Sequences.unpackSequence(Sequences.packSequence(all, Sorting.NEEDED));
    assertEquals(3, back.size());
    for (int i = 0; i < 3; i++) {
      assertTrue(back.get(i).equal(all.get(i)), back::toString);
    }
    Tensor lengths = Tensor.of(0L, 3L, 1L);
    assertEquals(0, Sequences.unpadSequence(padded(), lengths).getFirst().numel());
    assertThrows(
        IllegalArgumentException.class, () -> Sequences.packPaddedSequence(padded(), lengths));
  }
}
