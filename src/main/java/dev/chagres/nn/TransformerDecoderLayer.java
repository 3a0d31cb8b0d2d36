package dev.chagres.nn;

import dev.chagres.nn.MultiheadAttention.Masks;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * A layer of a transformer's decoder (Vaswani et al., 2017): attention of the target to itself,
 * then to the memory, which is what an encoder has made, then two linear layers with an activation
 * between them; each of the three is added to what it was given, and normalized after that, or
 * before. Targets, memories and results are (length, batch, dModel), or, where the options say so,
 * (batch, length, dModel). The options are those of a {@link TransformerEncoderLayer}.
 */
public final class TransformerDecoderLayer extends TransformerLayer {
  private final long dModel;
  private final long nhead;
  private final TransformerEncoderLayer.Options options;

  /** Returns PyTorch's defaults. */
  public static TransformerEncoderLayer.Options options() {
    return TransformerEncoderLayer.options();
  }

  /** Makes a layer with PyTorch's defaults. */
  public TransformerDecoderLayer(long dModel, long nhead) {
    this(dModel, nhead, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a number is not positive, or the heads do not divide the
   *     size
   */
  public TransformerDecoderLayer(long dModel, long nhead, TransformerEncoderLayer.Options options) {
    super(dModel, nhead, options, List.of("self_attn", "multihead_attn"));
    this.dModel = dModel;
    this.nhead = nhead;
    this.options = options;
  }

  @Override
  TransformerDecoderLayer another() {
    return new TransformerDecoderLayer(dModel, nhead, options);
  }

  /** Returns the result of a target and a memory, of which all is seen. */
  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "target and memory", inputs);
    Masks none = MultiheadAttention.masks();
    return decoded(inputs[0], inputs[1], none, none);
  }

  /**
   * Runs the forward pre-hooks, returns the result of a target and a memory, to which attention is
   * masked, and runs the forward hooks.
   */
  public Tensor decode(Tensor tgt, Tensor memory, Masks tgtMasks, Masks memoryMasks) {
    return MaskedCalls.decode(this, tgt, memory, tgtMasks, memoryMasks, this::decoded);
  }

  private Tensor decoded(Tensor tgt, Tensor memory, Masks tgtMasks, Masks memoryMasks) {
    Tensor own = part(0, tgt, x -> attention(0).attend(x, x, x, tgtMasks));
    Tensor seen = part(1, own, x -> attention(1).attend(x, memory, memory, memoryMasks));
    return part(2, seen, this::fed);
  }
}
