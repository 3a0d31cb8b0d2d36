package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.nn.Affine;
import dev.chagres.nn.Attention;
import dev.chagres.nn.Embedding;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Heads;
import dev.chagres.nn.MultiheadAttention;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** The rows of what networks do with sequences. */
final class TorchRowsSequences {
  private TorchRowsSequences() {}

  static void add() {
    row("nn.functional.embedding", "Functional.embedding", TorchRowsSequences::embedding);
    row(
        "nn.functional.scaled_dot_product_attention",
        "Functional.scaledDotProductAttention",
        TorchRowsSequences::attention);
    row(
        "nn.functional.multi_head_attention_forward",
        "Functional.multiHeadAttentionForward, multiHeadAttentionForwardWithWeights",
        TorchRowsSequences::heads);
  }

  private static Tensor embedding(TorchArguments a) {
    Tensor weight = a.self();
    var options = Embedding.options().normType(a.number("norm_type", 2).doubleValue());
    if (a.has("padding_idx")) {
      options = options.paddingIdx(a.integer("padding_idx", 0));
    }
    if (a.has("max_norm")) {
      options = options.maxNorm(a.number("max_norm").doubleValue());
      weight = weight.clone(); // which is shortened
    }
    if (a.flag("scale_grad_by_freq")) {
      options = options.scaleGrad(Embedding.ScaleGrad.BY_FREQ);
    }
    return Functional.embedding(a.tensor("idx"), weight, options);
  }

  /** With the mean of the weights, as PyTorch returns it if nothing else is said. */
  private static List<Tensor> heads(TorchArguments a) {
    long numHeads = a.integer("4", 1);
    List<Tensor> weights =
        a.flag("use_separate_proj_weight")
            ? List.of(
                a.tensor("q_proj_weight"), a.tensor("k_proj_weight"), a.tensor("v_proj_weight"))
            : List.of(a.tensor("5"));
    double dropout = a.number("10").doubleValue();
    var options = Heads.options().dropoutP(a.flag("training") ? dropout : 0);
    options = options.bias(a.tensor("7"), a.tensor("8"));
    options = a.flag("9") ? options.addZeroAttn() : options;
    Affine out = new Affine(a.tensor("11"), a.tensorOrNull("12"));
    Heads heads = new Heads(numHeads, weights, a.tensorOrNull("6"), out, options);
    Tensor mask = a.tensorOrNull("attn_mask");
    var masks = MultiheadAttention.masks();
    if (a.self().size(-1) != a.integer("3", 0)) {
      throw new NotThereException("embed_dim_to_check: another");
    }
    var weighed =
        Functional.multiHeadAttentionForwardWithWeights(
            a.self(),
            a.tensor("1"),
            a.tensor("2"),
            heads,
            mask == null ? masks : masks.attnMask(mask));
    return List.of(weighed.output(), weighed.weights().mean(-3));
  }

  private static Tensor attention(TorchArguments a) {
    var options = Attention.options().dropoutP(a.number("dropout_p", 0).doubleValue());
    options = a.flag("is_causal") ? options.isCausal() : options;
    options = a.flag("enable_gqa") ? options.enableGqa() : options;
    if (a.get("scale") instanceof Number scale) {
      options = options.scale(scale.doubleValue());
    }
    Tensor mask = a.tensorOrNull("attn_mask");
    options = mask == null ? options : options.attnMask(mask);
    return Functional.scaledDotProductAttention(
        a.self(), a.tensor("key"), a.tensor("value"), options);
  }
}
