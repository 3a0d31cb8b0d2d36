package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.io.Safetensors;
import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.nn.MultiheadAttention.Weighed;
import dev.chagres.nn.MultiheadAttention.Weights;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Layers of transformers, beside what golden_transformer.py has had PyTorch compute. */
@OnEveryDevice
class TransformerTest {
  private static final Path FILE =
      Path.of("src", "test", "resources", "golden", "transformer.safetensors");

  private static MultiheadAttention attention(MultiheadAttention.Options options) {
    return new MultiheadAttention(6, 2, options);
  }

  private static TransformerEncoderLayer layer(TransformerEncoderLayer.Options options) {
    return new TransformerEncoderLayer(6, 2, options.dimFeedforward(8));
  }

  private static TransformerDecoderLayer decoding(TransformerEncoderLayer.Options options) {
    return new TransformerDecoderLayer(6, 2, options.dimFeedforward(8));
  }

  private static Transformer whole(TransformerEncoderLayer.Options layer) {
    var options = Transformer.options().numEncoderLayers(1).numDecoderLayers(1);
    return new Transformer(6, 2, options.layer(layer.dimFeedforward(8)));
  }

  private static Map<String, Supplier<Module>> cases() {
    var heads = MultiheadAttention.options();
    var layer = TransformerEncoderLayer.options();
    Map<String, Supplier<Module>> cases = new TreeMap<>();
    for (String plain : List.of("", "_weights", "_single", "_masks", "_padding", "_each_mask")) {
      cases.put("attention" + plain, () -> new MultiheadAttention(6, 2));
    }
    cases.put("attention_each", () -> attention(heads.batchFirst()));
    cases.put("attention_added", () -> attention(heads.batchFirst()));
    cases.put("attention_other", () -> attention(heads.kdim(5).vdim(7)));
    cases.put("attention_no_bias", () -> attention(heads.bias(Bias.NONE)));
    cases.put("attention_dropout", () -> attention(heads.dropout(0.4)));
    cases.put("attention_dropout_weights", () -> attention(heads.dropout(0.4)));
    cases.put("attention_more", () -> attention(heads.addBiasKv().addZeroAttn()));
    var more = heads.addBiasKv().addZeroAttn().batchFirst();
    cases.put("attention_more_dropout", () -> attention(more.dropout(0.4)));
    cases.put("layer", () -> layer(layer));
    var gelu = TransformerEncoderLayer.Activation.GELU;
    cases.put("layer_gelu", () -> layer(layer.activation(gelu).normFirst().batchFirst()));
    cases.put("layer_no_bias", () -> layer(layer.bias(Bias.NONE).dropout(0).layerNormEps(1e-3)));
    cases.put("layer_silu", () -> layer(layer.activation(Functional::silu)));
    cases.put("encoder", () -> new TransformerEncoder(layer(layer.normFirst()), 2));
    cases.put(
        "encoder_norm",
        () -> new TransformerEncoder(layer(layer.normFirst()), 2, new LayerNorm(6)));
    cases.put("decoder_layer", () -> decoding(layer));
    var first = layer.activation(gelu).normFirst().batchFirst();
    cases.put("decoder_layer_gelu", () -> decoding(first));
    cases.put(
        "decoder_layer_no_bias",
        () -> decoding(layer.bias(Bias.NONE).dropout(0).layerNormEps(1e-3)));
    cases.put("decoder", () -> new TransformerDecoder(decoding(layer.normFirst()), 2));
    cases.put("decoder_norm", () -> new TransformerDecoder(decoding(layer), 2, new LayerNorm(6)));
    cases.put("whole", () -> whole(layer));
    cases.put("whole_first", () -> whole(first.bias(Bias.NONE)));
    cases.put(
        "whole_given",
        () ->
            new Transformer(
                new TransformerEncoder(layer(layer.normFirst()), 2, new LayerNorm(6)),
                new TransformerDecoder(decoding(layer), 1)));
    return cases;
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @TestFactory
  Stream<DynamicTest> layersAreTorchs() throws IOException {
    Map<String, Tensor> golden = new TreeMap<>(Safetensors.load(FILE));
    Set<String> names = new java.util.TreeSet<>();
    golden.keySet().forEach(key -> names.add(key.substring(0, key.indexOf('/'))));
    assertEquals(names, cases().keySet());
    return names.stream().map(name -> dynamicTest(name, () -> check(golden, name)));
  }

  private static void check(Map<String, Tensor> golden, String name) {
    Chagres.manualSeed(42);
    Module module = cases().get(name).get();
    List<String> keys = new ArrayList<>();
    module
        .stateDict()
        .forEach(
            (key, value) -> {
              keys.add(key);
              assertTrue(golden.get(name + "/state/" + key).equal(value), key);
            });
    long wanted = golden.keySet().stream().filter(k -> k.startsWith(name + "/state/")).count();
    assertEquals(wanted, keys.size());
    Tensor padding = golden.get(name + "/padding");
    Tensor mask = golden.get(name + "/mask");
    List<Tensor> in = new ArrayList<>();
    for (int i = 0; golden.containsKey(name + "/in" + i); i++) {
      in.add(golden.get(name + "/in" + i).clone().requiresGrad_());
    }
    Chagres.manualSeed(7);
    Tensor weights = golden.get(name + "/weights");
    Weighed made = run(module, in, padding, mask, weights);
    GoldenCases.assertClose(golden.get(name + "/out"), made.output(), name);
    Tensor loss = made.output().mul(golden.get(name + "/cotangent")).sum();
    if (weights != null) {
      GoldenCases.assertClose(weights, made.weights(), name + " weights");
      loss = loss.add(made.weights().square().sum());
    }
    loss.backward();
    for (int i = 0; i < in.size(); i++) {
      GoldenCases.assertClose(golden.get(name + "/grad/in" + i), in.get(i).grad(), name + i);
    }
    module
        .namedParameters()
        .forEach(
            (key, value) ->
                GoldenCases.assertClose(golden.get(name + "/grad/" + key), value.grad(), key));
  }

  private static Masks masks(Tensor padding, Tensor mask) {
    Masks masks = MultiheadAttention.masks();
    masks = padding == null ? masks : masks.keyPaddingMask(padding);
    return mask == null ? masks : masks.attnMask(mask);
  }

  private static Weighed run(
      Module module, List<Tensor> in, Tensor padding, Tensor mask, Tensor weights) {
    Tensor x = in.getFirst();
    Masks target = masks(null, mask);
    Masks memory = masks(padding, null);
    if (module instanceof Transformer whole) {
      var all = Transformer.masks().src(memory).tgt(target).memory(memory);
      Tensor y = whole.transform(x, in.get(1), all);
      return new Weighed(y, y);
    }
    if (module instanceof TransformerDecoder decoder) {
      Tensor y = decoder.decode(x, in.get(1), target, memory);
      return new Weighed(y, y);
    }
    if (module instanceof TransformerDecoderLayer layer) {
      Tensor y = layer.decode(x, in.get(1), target, memory);
      return new Weighed(y, y);
    }
    Masks masks = masks(padding, mask);
    if (module instanceof TransformerEncoder encoder) {
      Tensor y = encoder.encode(x, masks);
      return new Weighed(y, y);
    }
    if (module instanceof TransformerEncoderLayer layer) {
      Tensor y = layer.encode(x, masks);
      return new Weighed(y, y);
    }
    var attention = (MultiheadAttention) module;
    Tensor key = in.size() == 3 ? in.get(1) : x;
    Tensor value = in.size() == 3 ? in.get(2) : x;
    if (weights == null) {
      Tensor y = attention.attend(x, key, value, masks);
      return new Weighed(y, y);
    }
    return attention.weighed(
        x, key, value, masks, weights.dim() == 4 ? Weights.EACH_HEAD : Weights.AVERAGED);
  }

  @Test
  void callsAreThoseWithoutMasks() {
    var attention = new MultiheadAttention(4, 2);
    Tensor x = Tensor.randn(5, 3, 4);
    Tensor other = Tensor.randn(7, 3, 4);
    Masks none = MultiheadAttention.masks();
    assertTrue(attention.call(x).equal(attention.attend(x, x, x, none)));
    assertTrue(attention.call(x, other, other).equal(attention.attend(x, other, other, none)));
    assertEquals(Shape.of(5, 3, 4), attention.call(x, other, other).shape());
    var layer = new TransformerEncoderLayer(4, 2);
    layer.eval();
    var encoder = new TransformerEncoder(layer, 2);
    assertTrue(encoder.call(x).equal(layer.call(layer.call(x))));
    assertTrue(encoder.encode(x, none).equal(encoder.call(x)));
    assertThrows(IllegalArgumentException.class, () -> attention.call(x, x));
  }

  @Test
  void callsOfTwoAreThoseWithoutMasks() {
    Tensor tgt = Tensor.randn(5, 3, 4);
    Tensor memory = Tensor.randn(7, 3, 4);
    Masks none = MultiheadAttention.masks();
    var layer = new TransformerDecoderLayer(4, 2);
    layer.eval();
    assertTrue(layer.call(tgt, memory).equal(layer.decode(tgt, memory, none, none)));
    var decoder = new TransformerDecoder(layer, 2);
    Tensor twice = layer.call(layer.call(tgt, memory), memory);
    assertTrue(decoder.call(tgt, memory).equal(twice));
    assertTrue(decoder.decode(tgt, memory, none, none).equal(twice));
    var whole = new Transformer(4, 2, Transformer.options().numEncoderLayers(1));
    whole.eval();
    Tensor y = whole.call(memory, tgt);
    assertEquals(tgt.shape(), y.shape());
    assertTrue(y.equal(whole.transform(memory, tgt, Transformer.masks())));
    assertTrue(y.equal(whole.decoder().call(tgt, whole.encoder().call(memory))));
    Tensor later = Transformer.generateSquareSubsequentMask(5);
    assertEquals(10, later.eq(Double.NEGATIVE_INFINITY).sum().item());
    assertTrue(
        apart(
                layer.decode(tgt, memory, none.isCausal(), none),
                layer.decode(tgt, memory, none.attnMask(later), none))
            < 1e-6);
    for (Module module : List.of(layer, decoder, whole)) {
      assertThrows(IllegalArgumentException.class, () -> module.call(tgt));
      assertThrows(IllegalArgumentException.class, () -> module.call(tgt, memory, tgt));
    }
    assertThrows(IllegalArgumentException.class, () -> new TransformerDecoder(layer, -1));
  }

  /** However a module is called, and by whom. */
  @Test
  void hooksRunAroundEveryCall() {
    Tensor x = Tensor.randn(5, 3, 4);
    Masks masks = MultiheadAttention.masks().isCausal();
    var layer = new TransformerEncoderLayer(4, 2);
    var decoderLayer = new TransformerDecoderLayer(4, 2);
    List<String> ran = new ArrayList<>();
    for (Module part : List.of(layer, decoderLayer)) {
      part.namedModules()
          .forEach(
              (path, module) -> {
                if (path.isEmpty() || path.endsWith("attn")) {
                  module.registerForwardHook(
                      (_, inputs, output) -> {
                        ran.add(path + inputs.size());
                        return output.neg();
                      });
                }
              });
    }
    layer.eval();
    decoderLayer.eval();
    layer.call(x);
    layer.encode(x, masks);
    assertEquals(List.of("self_attn3", "1", "self_attn3", "1"), ran);
    ran.clear();
    decoderLayer.decode(x, x, masks, masks);
    assertEquals(List.of("self_attn3", "multihead_attn3", "2"), ran);
    ran.clear();
    var whole =
        new Transformer(new TransformerEncoder(layer, 1), new TransformerDecoder(decoderLayer, 1));
    whole.registerForwardHook((_, inputs, _) -> inputs.getFirst());
    assertSame(x, whole.transform(x, x.neg(), Transformer.masks()));
    assertEquals(List.of("self_attn3", "1", "self_attn3", "multihead_attn3", "2"), ran);

    var attention = new MultiheadAttention(4, 2);
    var plain = attention.weighed(x, x, x, masks, Weights.AVERAGED);
    attention.registerForwardHook((_, _, output) -> output.neg());
    var hooked = attention.weighed(x, x, x, masks, Weights.AVERAGED);
    assertTrue(hooked.output().equal(plain.output().neg()));
    assertTrue(hooked.weights().equal(plain.weights()));
    assertTrue(apart(attention.attend(x, x, x, masks), hooked.output()) < 1e-6);
  }

  /** As PyTorch's deep copies do. */
  @Test
  void copiesOfALayerAreFrozenAndInTheModeThatItIs() {
    var layer = new TransformerEncoderLayer(4, 2);
    layer.eval();
    Module attention = layer.namedModules().get("self_attn");
    attention.train();
    attention.requiresGrad_(false);
    Chagres.manualSeed(3);
    var encoder = new TransformerEncoder(layer, 2);
    Tensor drawn = Tensor.rand(1);
    for (int i = 0; i < 2; i++) {
      Map<String, Module> parts = encoder.namedModules();
      assertFalse(parts.get("layers." + i).isTraining());
      assertTrue(parts.get("layers." + i + ".self_attn").isTraining());
      encoder
          .namedParameters()
          .forEach((name, p) -> assertEquals(!name.contains("self_attn"), p.requiresGrad(), name));
    }
    Chagres.manualSeed(3);
    assertTrue(drawn.equal(Tensor.rand(1)));
  }

  @Test
  void causalSightIsThatOfACausalMask() {
    var attention = new MultiheadAttention(4, 2);
    Tensor x = Tensor.randn(5, 3, 4);
    Tensor later = Tensor.ones(DType.BOOL, 5, 5).triu(1);
    Tensor padding = Tensor.zeros(DType.BOOL, 3, 5);
    padding.select(0, 1).narrow(0, 2, 3).fill_(1);
    Masks causal = MultiheadAttention.masks().isCausal();
    Masks masked = MultiheadAttention.masks().attnMask(later);
    for (Masks[] two :
        new Masks[][] {
          {causal, masked}, {causal.keyPaddingMask(padding), masked.keyPaddingMask(padding)}
        }) {
      Tensor expected = attention.attend(x, x, x, two[1]);
      assertTrue(apart(expected, attention.attend(x, x, x, two[0])) < 1e-6);
      for (Masks masks : two) {
        Weighed weighed = attention.weighed(x, x, x, masks, Weights.EACH_HEAD);
        assertTrue(apart(expected, weighed.output()) < 1e-6);
        assertEquals(Shape.of(3, 2, 5, 5), weighed.weights().shape());
      }
    }
  }

  private static double apart(Tensor a, Tensor b) {
    return a.sub(b).abs().amax().item();
  }

  @Test
  void whatSeesNothingIsZeroOrWithWeightsNaN() {
    var attention = new MultiheadAttention(4, 2);
    Tensor x = Tensor.randn(2, 1, 4);
    Masks none = MultiheadAttention.masks().keyPaddingMask(Tensor.ones(DType.BOOL, 1, 2));
    // The bias of the projection begins at 0.
    assertEquals(0, attention.attend(x, x, x, none).abs().sum().item());
    assertTrue(
        attention.weighed(x, x, x, none, Weights.AVERAGED).output().isnan().all().item() == 1);
  }

  @Test
  void refusesWhatDoesNotFit() {
    var uneven = assertThrows(IllegalArgumentException.class, () -> new MultiheadAttention(5, 2));
    assertEquals(
        "MultiheadAttention: embedDim 5 is not a positive multiple of 2 heads",
        uneven.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new MultiheadAttention(0, 1));
    assertThrows(IllegalArgumentException.class, () -> MultiheadAttention.options().kdim(0));
    assertThrows(IllegalArgumentException.class, () -> MultiheadAttention.options().dropout(2));
    var attention = new MultiheadAttention(4, 2);
    Tensor x = Tensor.ones(5, 3, 4);
    Masks none = MultiheadAttention.masks();
    for (Tensor[] bad :
        new Tensor[][] {
          {x, Tensor.ones(5, 2, 4), Tensor.ones(5, 2, 4)},
          {x, x, Tensor.ones(4, 3, 4)},
          {x.select(1, 0), x, x},
          {Tensor.ones(4), Tensor.ones(4), Tensor.ones(4)}
        }) {
      assertThrows(
          IllegalArgumentException.class, () -> attention.attend(bad[0], bad[1], bad[2], none));
    }
    for (Masks bad :
        List.of(
            none.keyPaddingMask(Tensor.zeros(DType.BOOL, 3, 4)),
            none.keyPaddingMask(Tensor.zeros(DType.BOOL, 2, 5)),
            none.keyPaddingMask(Tensor.zeros(DType.BOOL, 5)),
            none.keyPaddingMask(Tensor.zeros(DType.INT64, 3, 5)),
            none.attnMask(Tensor.zeros(DType.BOOL, 5)),
            none.attnMask(Tensor.zeros(DType.BOOL, 4, 5)),
            none.attnMask(Tensor.zeros(DType.BOOL, 5, 5, 5)))) {
      assertThrows(IllegalArgumentException.class, () -> attention.attend(x, x, x, bad));
      assertThrows(
          IllegalArgumentException.class, () -> attention.weighed(x, x, x, bad, Weights.AVERAGED));
    }
    Tensor alone = x.select(1, 0);
    Masks batched = none.keyPaddingMask(Tensor.zeros(DType.BOOL, 1, 5));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> attention.attend(alone, alone, alone, batched))
            .getMessage();
    assertEquals("MultiheadAttention: keyPaddingMask is (5,) here, not (1, 5)", message);
    var layer = new TransformerEncoderLayer(4, 2);
    assertThrows(IllegalArgumentException.class, () -> new TransformerEncoder(layer, -1));
    assertThrows(IllegalArgumentException.class, () -> new TransformerEncoder(layer, 10_001));
  }

  @Test
  void anActivationOfFeedForwardIsOneOfALayer() {
    var options = TransformerEncoderLayer.options();
    assertSame(
        TransformerEncoderLayer.Activation.RELU, options.activation(Activation.RELU).activation());
    assertSame(
        TransformerEncoderLayer.Activation.GELU, options.activation(Activation.GELU).activation());
    Tensor x = Tensor.of(-1.0, 0.5, 2.0);
    Tensor y = options.activation(Activation.GELU_TANH).activation().apply(x);
    assertTrue(y.equal(Functional.gelu(x, GELU.Approximate.TANH)));
  }
}
