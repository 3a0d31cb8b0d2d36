package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Scaled dot-product attention, beside PyTorch's values in {@link FunctionalTest}. */
@OnEveryDevice(blocking = true)
class AttentionTest {
  private static Tensor attention(Tensor q, Tensor k, Tensor v, Attention.Options options) {
    return Functional.scaledDotProductAttention(q, k, v, options);
  }

  @Test
  void whatSeesNothingIsZeroWithoutGradients() {
    Tensor q = Tensor.randn(2, 4).requiresGrad_();
    Tensor k = Tensor.randn(3, 4).requiresGrad_();
    Tensor v = Tensor.randn(3, 2).requiresGrad_();
    Tensor seen = Tensor.of(new boolean[][] {{false, false, false}, {true, false, true}});
    Tensor y = attention(q, k, v, Attention.options().attnMask(seen));
    assertArrayEquals(new double[2], y.select(0, 0).toDoubleArray());
    y.sum().backward();
    assertArrayEquals(new double[4], q.grad().select(0, 0).toDoubleArray());
    assertEquals(0, k.grad().select(0, 1).abs().sum().item());
    assertTrue(k.grad().isfinite().all().item() == 1);
    assertEquals(Shape.of(2, 2), attention(q, k.narrow(0, 0, 0), v.narrow(0, 0, 0)).shape());
    assertEquals(0, attention(q, k.narrow(0, 0, 0), v.narrow(0, 0, 0)).abs().sum().item());
  }

  private static Tensor attention(Tensor q, Tensor k, Tensor v) {
    return Functional.scaledDotProductAttention(q, k, v);
  }

  @Test
  void gradientsCanBeDifferentiated() {
    var random = new Generator(DefaultDevice.get(), 3);
    Tensor q = random.randn(DType.FLOAT64, 2, 3, 2).requiresGrad_();
    Tensor k = random.randn(DType.FLOAT64, 2, 4, 2).requiresGrad_();
    Tensor v = random.randn(DType.FLOAT64, 2, 4, 2).requiresGrad_();
    Tensor added = random.randn(DType.FLOAT64, 3, 4).requiresGrad_();
    for (var options :
        new Attention.Options[] {Attention.options(), Attention.options().isCausal().scale(0.7)}) {
      GradCheck.gradcheck(
          in -> List.of(attention(in.get(0), in.get(1), in.get(2), options)), List.of(q, k, v));
      GradCheck.gradgradcheck(
          in -> List.of(attention(in.get(0), in.get(1), in.get(2), options)), List.of(q, k, v));
    }
    GradCheck.gradgradcheck(mask -> attention(q, k, v, Attention.options().attnMask(mask)), added);
  }

  @Test
  void dropoutDropsWeightsAndKeepsTheMean() {
    Tensor q = Tensor.zeros(200, 4);
    Tensor k = Tensor.zeros(50, 4);
    Tensor y = attention(q, k, Tensor.ones(50, 1), Attention.options().dropoutP(0.4));
    assertEquals(1, y.mean().item(), 0.05);
    assertTrue(y.std().item() > 0.05);
    Tensor none = attention(q, k, Tensor.ones(50, 1), Attention.options().dropoutP(1));
    assertEquals(0, none.abs().sum().item());
  }

  private static void refused(String message, Executable call) {
    String text = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertEquals("scaledDotProductAttention: " + message, text);
  }

  @Test
  void refusesWhatPyTorchRefuses() {
    Tensor q = Tensor.ones(3, 4);
    Tensor k = Tensor.ones(6, 4);
    var options = Attention.options();
    refused("operands are (…, length, size), not (4,)", () -> attention(Tensor.ones(4), k, k));
    refused(
        "the vectors of a query (3, 4) and a key (6, 5) have different sizes",
        () -> attention(q, Tensor.ones(6, 5), k));
    refused("6 keys and 5 values", () -> attention(q, k, Tensor.ones(5, 4)));
    refused(
        "query, key and value have one floating dtype, not float32, float64 and float32",
        () -> attention(q, k.toDouble(), k));
    refused(
        "query, key and value have one floating dtype, not int64, int64 and int64",
        () -> attention(q.toLong(), k.toLong(), k.toLong()));
    refused(
        "a mask beside isCausal; put both into the mask",
        () -> attention(q, k, k, options.isCausal().attnMask(Tensor.ones(3, 6))));
    refused(
        "a mask of int32 for operands of float32",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(DType.INT32, 3, 6))));
    refused(
        "a mask of float64 for operands of float32",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(DType.FLOAT64, 3, 6))));
    refused(
        "a mask (2, 3, 6) does not broadcast to scores (3, 6)",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(2, 3, 6))));
    refused(
        "the leading dimensions of (4, 3, 2), (2, 6, 2) and (2, 6, 2) do not broadcast; keys and"
            + " values with fewer heads need enableGqa()",
        () -> attention(Tensor.ones(4, 3, 2), Tensor.ones(2, 6, 2), Tensor.ones(2, 6, 2)));
    refused(
        "3 heads of the key for 4 of the query",
        () ->
            attention(
                Tensor.ones(4, 3, 2),
                Tensor.ones(3, 6, 2),
                Tensor.ones(3, 6, 2),
                options.enableGqa()));
    refused(
        "with enableGqa() operands are (…, heads, length, size), not (3, 4) and (6, 4)",
        () -> attention(q, k, k, options.enableGqa()));
    assertThrows(IllegalArgumentException.class, () -> options.dropoutP(1.5));
  }
}
