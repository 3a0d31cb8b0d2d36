package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.nn.MultiheadAttention.Weighed;
import dev.chagres.nn.MultiheadAttention.Weights;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Attention of several heads with tensors that are given, and keys beside those of the operands.
 */
@OnEveryDevice
class HeadsTest {
  private static final Masks NONE = MultiheadAttention.masks();

  private static Heads of(MultiheadAttention layer, Heads.Options options) {
    Map<String, ? extends Tensor> own = layer.namedParameters();
    var out = new Affine(own.get("out_proj.weight"), own.get("out_proj.bias"));
    return new Heads(2, List.of(own.get("in_proj_weight")), own.get("in_proj_bias"), out, options);
  }

  private static void assertNear(Tensor expected, Tensor got) {
    assertTrue(got.allclose(expected, 1e-5, 1e-6), () -> got + " is not " + expected);
  }

  @Test
  void theFunctionIsTheLayersForward() {
    var layer = new MultiheadAttention(4, 2);
    Tensor query = Tensor.randn(3, 2, 4);
    Tensor key = Tensor.randn(5, 2, 4);
    Tensor value = Tensor.randn(5, 2, 4);
    Masks masks = NONE.attnMask(Tensor.randn(3, 5));
    Heads heads = of(layer, Heads.options());
    assertTrue(
        Functional.multiHeadAttentionForward(query, key, value, heads, masks)
            .equal(layer.attend(query, key, value, masks)));
    Weighed got = Functional.multiHeadAttentionForwardWithWeights(query, key, value, heads, masks);
    Weighed expected = layer.weighed(query, key, value, masks, Weights.EACH_HEAD);
    assertTrue(got.output().equal(expected.output()));
    assertTrue(got.weights().equal(expected.weights()));
  }

  @Test
  void moreKeysAreAlwaysSeen() {
    var options = MultiheadAttention.options().addBiasKv().addZeroAttn();
    var layer = new MultiheadAttention(4, 2, options);
    assertEquals(
        List.of(
            "in_proj_weight",
            "in_proj_bias",
            "bias_k",
            "bias_v",
            "out_proj.weight",
            "out_proj.bias"),
        List.copyOf(layer.stateDict().keySet()));
    Tensor x = Tensor.randn(5, 3, 4);
    Tensor later = Tensor.ones(DType.BOOL, 5, 5).triu(1);
    Tensor padding = Tensor.zeros(DType.BOOL, 3, 5);
    padding.at("1, 3:").fill_(true);
    padding.at("2, :").fill_(true);
    for (Masks masks :
        List.of(
            NONE,
            NONE.attnMask(later),
            NONE.isCausal(),
            NONE.keyPaddingMask(padding),
            NONE.keyPaddingMask(padding).isCausal(),
            NONE.attnMask(Tensor.randn(5, 5)).isCausal())) {
      Weighed weighed = layer.weighed(x, x, x, masks, Weights.EACH_HEAD);
      assertEquals(Shape.of(3, 2, 5, 7), weighed.weights().shape());
      assertTrue(weighed.weights().at("..., 5:").gt(0).all().isTrue());
      assertNear(weighed.output(), layer.attend(x, x, x, masks));
    }
    assertNear(layer.attend(x, x, x, NONE.attnMask(later)), layer.attend(x, x, x, NONE.isCausal()));
    Weighed causal = layer.weighed(x, x, x, NONE.isCausal(), Weights.AVERAGED);
    assertTrue(causal.weights().at("..., :5").triu(1).eq(0).all().isTrue());
  }

  @Test
  void staticKeysTakeThePlaceOfProjectedOnes() {
    var layer = new MultiheadAttention(4, 2);
    Tensor query = Tensor.randn(3, 2, 4);
    Tensor key = Tensor.randn(5, 2, 4);
    Tensor weight = layer.namedParameters().get("in_proj_weight");
    Tensor keys = Functional.linear(key, weight.narrow(0, 4, 4));
    Tensor values = Functional.linear(key, weight.narrow(0, 8, 4));
    Heads.Options given =
        Heads.options()
            .staticK(keys.view(5, 4, 2).transpose(0, 1))
            .staticV(values.view(5, 4, 2).transpose(0, 1));
    Tensor other = Tensor.randn(5, 2, 4);
    assertNear(
        layer.attend(query, key, key, NONE),
        Functional.multiHeadAttentionForward(query, other, other, of(layer, given), NONE));
  }

  @Test
  void everyTensorHasItsGradient() {
    Tensor query = Tensor.randn(DType.FLOAT64, 2, 1, 4).requiresGrad_();
    Tensor key = Tensor.randn(DType.FLOAT64, 3, 1, 4).requiresGrad_();
    Tensor weight = Tensor.randn(DType.FLOAT64, 12, 4).requiresGrad_();
    Tensor bias = Tensor.randn(DType.FLOAT64, 12).requiresGrad_();
    Tensor out = Tensor.randn(DType.FLOAT64, 4, 4).requiresGrad_();
    Tensor more = Tensor.randn(DType.FLOAT64, 4).requiresGrad_();
    GradCheck.gradcheck(
        in ->
            List.of(
                Functional.multiHeadAttentionForward(
                    in.get(0),
                    in.get(1),
                    in.get(1),
                    new Heads(
                        2,
                        List.of(in.get(2)),
                        in.get(3),
                        new Affine(in.get(4), null),
                        Heads.options().bias(in.get(5), in.get(5).neg()).addZeroAttn()),
                    NONE)),
        List.of(query, key, weight, bias, out, more));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refuseWhatDoesNotFit() {
    var layer = new MultiheadAttention(4, 2);
    Tensor x = Tensor.randn(5, 3, 4);
    refused(
        "MultiheadAttention: a query (5, 3, 6) for projections (12, 4)",
        () -> layer.attend(Tensor.randn(5, 3, 6), x, x, NONE));
    refused(
        "MultiheadAttention: attnMask is (5, 5) here, not (5, 4)",
        () -> layer.attend(x, x, x, NONE.attnMask(Tensor.randn(5, 4))));
    refused(
        "MultiheadAttention: attnMask is (6, 5, 5) here, not (3, 5, 5)",
        () -> layer.attend(x, x, x, NONE.attnMask(Tensor.randn(3, 5, 5))));
    refused(
        "MultiheadAttention: keyPaddingMask is (3, 5) here, not (5, 3)",
        () -> layer.attend(x, x, x, NONE.keyPaddingMask(Tensor.randn(5, 3))));
    Heads.Options none = Heads.options();
    Tensor row = Tensor.ones(4);
    refused(
        "multiHeadAttentionForward: biasK and biasV beside static keys or values",
        () -> none.bias(row, row).staticK(Tensor.ones(6, 5, 2)));
    refused(
        "multiHeadAttentionForward: staticK is (6, 5, 2) here, not (6, 4, 2)",
        () ->
            Functional.multiHeadAttentionForward(
                x, x, x, of(layer, none.staticK(Tensor.ones(6, 4, 2))), NONE));
    refused(
        "multiHeadAttentionForward: biasK (3,) has other than 4 numbers",
        () ->
            Functional.multiHeadAttentionForward(
                x, x, x, of(layer, none.bias(Tensor.ones(3), row)), NONE));
    Tensor weight = Tensor.ones(4, 4);
    var out = new Affine(weight, null);
    refused(
        "multiHeadAttentionForward: one weight for queries, keys and values, or three, not 2",
        () -> new Heads(2, List.of(weight, weight), null, out, none));
    refused(
        "multiHeadAttentionForward: a size of 4 for 3 heads",
        () ->
            Functional.multiHeadAttentionForward(
                x, x, x, new Heads(3, List.of(weight, weight, weight), null, out, none), NONE));
  }
}
