package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.nn.TransformerEncoderLayer.Norm;
import dev.chagres.nn.TransformerEncoderLayer.Options;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What layers of a transformer's encoder and decoder have in common: parts, each of which is added
 * to what it was given, and normalized after that, or before; the last is two linear layers with an
 * activation between them.
 */
abstract sealed class TransformerLayer extends Module
    permits TransformerEncoderLayer, TransformerDecoderLayer {
  private final Options options;
  private final List<MultiheadAttention> attentions = new ArrayList<>();
  private final Linear linear1;
  private final Dropout dropout;
  private final Linear linear2;
  private final List<LayerNorm> norms = new ArrayList<>();
  private final List<Dropout> dropouts = new ArrayList<>();

  /** Makes a layer with attentions of these names before the linear layers. */
  TransformerLayer(long dModel, long nhead, Options options, List<String> names) {
    this.options = given(name(), "options", options);
    Bias bias = options.bias();
    double p = options.dropout();
    var heads = new MultiheadAttention.Options(p, bias, null, null, options.order(), Set.of());
    for (String each : names) {
      attentions.add(register(each, new MultiheadAttention(dModel, nhead, heads)));
    }
    linear1 = register("linear1", new Linear(dModel, options.dimFeedforward(), bias));
    dropout = register("dropout", new Dropout(p));
    linear2 = register("linear2", new Linear(options.dimFeedforward(), dModel, bias));
    for (int i = 1; i <= names.size() + 1; i++) {
      norms.add(register("norm" + i, new LayerNorm(Shape.of(dModel), options.normOptions())));
    }
    for (int i = 1; i <= names.size() + 1; i++) {
      dropouts.add(register("dropout" + i, new Dropout(p)));
    }
  }

  /** Returns another layer with the same options. */
  abstract TransformerLayer another();

  /** Returns one of the attentions. */
  final MultiheadAttention attention(int number) {
    return attentions.get(number);
  }

  /** Returns what a part makes of x. */
  final Tensor part(int number, Tensor x, UnaryOperator<Tensor> function) {
    LayerNorm norm = norms.get(number);
    Dropout dropped = dropouts.get(number);
    return options.norm() == Norm.FIRST
        ? x.add(dropped.call(function.apply(norm.call(x))))
        : norm.call(x.add(dropped.call(function.apply(x))));
  }

  /** The linear layers. */
  final Tensor fed(Tensor x) {
    Tensor wide = linear1.call(x);
    Tensor active = given(name(), "the result of the activation", options.activation().apply(wide));
    return linear2.call(dropout.call(active));
  }

  /**
   * Returns copies of a layer.
   *
   * @throws IllegalArgumentException if the number of layers is negative or above 10,000
   */
  static <L extends TransformerLayer> ModuleList<L> copies(
      String name, L layer, Class<L> kind, int count) {
    TransformerLayer model = given(name, "layer", layer);
    Checks.layers(name, 0, count);
    ModuleList<L> layers = new ModuleList<>();
    for (int i = 0; i < count; i++) {
      layers.append(kind.cast(model.copy(model::another)));
    }
    return layers;
  }
}
