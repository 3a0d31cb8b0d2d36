package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@OnEveryDevice(blocking = true)
class EmbeddingTest {
  @Test
  void looksRowsUpAndTheirGradientsAddUp() {
    Chagres.manualSeed(1);
    var layer = new Embedding(5, 3);
    Tensor x = Tensor.of(new long[][] {{1, 4}, {1, 1}});
    Tensor y = layer.call(x);
    assertEquals(Shape.of(2, 2, 3), y.shape());
    assertTrue(y.detach().equal(layer.weight().detach().indexSelect(0, x.flatten()).view(2, 2, 3)));
    y.sum().backward();
    assertArrayEquals(
        new double[] {0, 3, 0, 0, 1}, layer.weight().grad().select(1, 0).toDoubleArray());
    assertEquals(Shape.of(3), layer.call(Tensor.scalar(2).toLong()).shape());
    assertEquals(Shape.of(0, 3), layer.call(Tensor.zeros(DType.INT64, 0)).shape());
  }

  @Test
  void thePaddingsRowIsZeroAndStays() {
    var layer = new Embedding(4, 2, Embedding.options().paddingIdx(-1));
    assertEquals(0, layer.weight().select(0, 3).abs().sum().item());
    assertTrue(layer.weight().select(0, 2).abs().sum().item() > 0);
    layer.call(Tensor.of(3L, 3L, 0L)).sum().backward();
    assertArrayEquals(
        new double[] {1, 0, 0, 0}, layer.weight().grad().select(1, 1).toDoubleArray());
  }

  @Test
  void gradientsCanBeDifferentiated() {
    Chagres.manualSeed(2);
    Tensor weight = Tensor.randn(DType.FLOAT64, 4, 3).requiresGrad_();
    Tensor x = Tensor.of(1L, 3L, 1L, 0L);
    for (var options :
        List.of(
            Embedding.options(),
            Embedding.options().paddingIdx(1),
            Embedding.options().scaleGrad(Embedding.ScaleGrad.BY_FREQ).paddingIdx(0))) {
      // Where the gradient is not that of the function, by the options, its own derivative is.
      if (options.equals(Embedding.options())) {
        GradCheck.gradcheck(w -> Functional.embedding(x, w, options).square(), weight);
      }
      GradCheck.gradgradcheck(w -> Functional.embedding(x, w.mul(1), options), weight);
    }
  }

  @Test
  void longRowsAreShortenedInTheWeight() {
    Tensor table = Tensor.of(new double[][] {{3, 4}, {0.3, 0.4}, {6, 8}});
    Tensor y = Functional.embedding(Tensor.of(0L, 1L, 0L), table, Embedding.options().maxNorm(1));
    assertTrue(y.allclose(Tensor.of(new double[][] {{0.6, 0.8}, {0.3, 0.4}, {0.6, 0.8}})));
    assertTrue(table.allclose(Tensor.of(new double[][] {{0.6, 0.8}, {0.3, 0.4}, {6, 8}})));
    Functional.embedding(Tensor.of(2L), table, Embedding.options().maxNorm(7).normType(1));
    assertTrue(table.select(0, 2).allclose(Tensor.of(3, 4.0)));
  }

  @Test
  void aTableThatExistsIsSharedAndStaysAsItIs() {
    Tensor table = Tensor.arange(6).toFloat().view(3, 2);
    var layer = Embedding.fromPretrained(table);
    assertFalse(layer.weight().requiresGrad());
    table.fill_(7);
    assertEquals(7, layer.call(Tensor.of(2L)).max().item());
  }

  @Test
  void aBagOfEachRowOfAMatrixTakesWeights() {
    var bag = new EmbeddingBag(5, 3, EmbeddingBag.options().mode(EmbeddingBag.Mode.SUM));
    Tensor rows = Tensor.of(new long[][] {{0, 4}, {2, 2}});
    Tensor weights = Tensor.of(new double[][] {{1, 0.5}, {2, -1}});
    Tensor vectors = bag.weight().index(Index.of(rows));
    assertTrue(bag.call(rows, weights).allclose(vectors.mul(weights.unsqueeze(-1)).sum(1)));
    assertThrows(IllegalArgumentException.class, () -> bag.call(rows, Tensor.of(0, 1)));
  }

  @Test
  void printsAsPyTorchDoes() {
    assertEquals("Embedding(10, 3)", new Embedding(10, 3).toString());
    var options = Embedding.options().paddingIdx(-1);
    assertEquals("Embedding(5, 3, padding_idx=4)", new Embedding(5, 3, options).toString());
    options = options.maxNorm(1).normType(1.5).scaleGrad(Embedding.ScaleGrad.BY_FREQ);
    assertEquals(
        "Embedding(5, 3, padding_idx=4, max_norm=1.0, norm_type=1.5, scale_grad_by_freq=True)",
        new Embedding(5, 3, options).toString());
    assertEquals(List.of("weight"), List.copyOf(new Embedding(5, 3).stateDict().keySet()));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refusesWhatIsNoRow() {
    Tensor weight = Tensor.ones(5, 3);
    for (long bad : new long[] {5, -1}) {
      assertThrows(
          IndexOutOfBoundsException.class, () -> Functional.embedding(Tensor.of(0, bad), weight));
    }
    refused(
        "embedding: row numbers are int64 or int32, not float32",
        () -> Functional.embedding(Tensor.ones(2), weight));
    refused(
        "embedding: a weight is (count, dim), not (5,)",
        () -> Functional.embedding(Tensor.of(0L), Tensor.ones(5)));
    Tensor repeated = Tensor.full(Shape.of(1, 3), 2.0).expand(5, 3);
    assertEquals(Shape.of(1, 3), Functional.embedding(Tensor.of(4L), repeated).shape());
    refused(
        "embedding: maxNorm shortens rows of the weight, which share memory, as after expand;"
            + " clone() it first",
        () -> Functional.embedding(Tensor.of(4L), repeated, Embedding.options().maxNorm(1)));
    refused(
        "Embedding: paddingIdx 5 is none of 5 rows",
        () -> new Embedding(5, 3, Embedding.options().paddingIdx(5)));
    refused("Embedding: -1 vectors of 3", () -> new Embedding(-1, 3));
  }
}
