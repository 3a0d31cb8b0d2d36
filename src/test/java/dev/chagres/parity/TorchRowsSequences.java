package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.nn.Attention;
import dev.chagres.nn.Embedding;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Tensor;

/** The rows of what networks do with sequences. */
final class TorchRowsSequences {
  private TorchRowsSequences() {}

  static void add() {
    row("nn.functional.embedding", "Functional.embedding", TorchRowsSequences::embedding);
    row(
        "nn.functional.scaled_dot_product_attention",
        "Functional.scaledDotProductAttention",
        TorchRowsSequences::attention);
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
