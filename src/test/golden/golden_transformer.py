"""Layers of transformers: transformer.safetensors.

Each `<case>` is a module made after manual_seed(42), called in training mode after manual_seed(7):

    <case>/state/<key>    the values that it begins with
    <case>/in0, ...       query, key and value, or the input alone
    <case>/padding, mask  its masks, where it has some
    <case>/out            the result
    <case>/weights        of attention, where they were asked for
    <case>/grad/in0, ...  the gradients of the inputs: of the sum of the products of the result and `cotangent`, and of the
                          squares of the weights
    <case>/grad/<key>     and those of the parameters
"""

import torch
from torch import nn

from cases import cotangent_of, sample
from tensorfile import save


def make():
    tensors = {}

    def add(case, constructor, inputs, padding=None, mask=None, **args):
        torch.manual_seed(42)
        module = constructor()
        for key, value in module.state_dict().items():
            tensors[f"{case}/state/{key}"] = value.clone()
        inputs = [x.requires_grad_() for x in inputs]
        if padding is not None:
            tensors[f"{case}/padding"] = padding
        if mask is not None:
            tensors[f"{case}/mask"] = mask
        torch.manual_seed(7)
        if isinstance(module, nn.MultiheadAttention):
            three = inputs if len(inputs) == 3 else inputs * 3
            out, weights = module(*three, key_padding_mask=padding, attn_mask=mask, **args)
        elif isinstance(module, nn.TransformerEncoder):
            out, weights = module(*inputs, src_key_padding_mask=padding, mask=mask, **args), None
        elif isinstance(module, nn.Transformer):
            masks = {"src_key_padding_mask": padding, "memory_key_padding_mask": padding, "tgt_mask": mask}
            out, weights = module(*inputs, **masks), None
        elif isinstance(module, (nn.TransformerDecoder, nn.TransformerDecoderLayer)):
            out, weights = module(*inputs, memory_key_padding_mask=padding, tgt_mask=mask), None
        else:
            out, weights = module(*inputs, src_key_padding_mask=padding, src_mask=mask, **args), None
        tensors[f"{case}/cotangent"] = cotangent_of(out)
        loss = (out * cotangent_of(out)).sum()
        tensors[f"{case}/out"] = out
        if weights is not None:
            tensors[f"{case}/weights"] = weights
            loss = loss + weights.square().sum()
        loss.backward()
        for i, x in enumerate(inputs):
            tensors[f"{case}/in{i}"] = x
            tensors[f"{case}/grad/in{i}"] = x.grad
        for key, value in module.named_parameters():
            tensors[f"{case}/grad/{key}"] = value.grad

    causal = torch.ones(5, 5).triu(1).bool()
    late = torch.tensor([[False] * 5, [False, False, False, True, True], [False, True, False, False, True]])
    added = sample("transformer added", (5, 5)).masked_fill(causal, float("-inf"))
    batch, three = (5, 3, 6), [sample(f"transformer {n}", s) for n, s in (("q", (5, 3, 6)), ("k", (4, 3, 5)), ("v", (4, 3, 7)))]
    x = lambda: [sample("transformer x", batch)]  # noqa: E731
    first = lambda: [sample("transformer x", batch).transpose(0, 1).contiguous()]  # noqa: E731
    attention = lambda **a: lambda: nn.MultiheadAttention(6, 2, **a)  # noqa: E731
    bare = {"need_weights": False}
    add("attention", attention(), x(), **bare)
    add("attention_weights", attention(), x())
    add("attention_each", attention(batch_first=True), first(), average_attn_weights=False)
    add("attention_other", attention(kdim=5, vdim=7), [t.clone() for t in three], **bare)
    add("attention_no_bias", attention(bias=False), [t.clone() for t in x() * 3], **bare)
    add("attention_single", attention(), [sample("transformer one", (5, 6))], mask=causal, **bare)
    add("attention_masks", attention(), x(), padding=late, mask=causal, **bare)
    add("attention_added", attention(batch_first=True), first(), mask=added, **bare)
    add("attention_padding", attention(), x(), padding=late)
    add("attention_each_mask", attention(), x(), mask=(sample("transformer heads", (6, 5, 5)) > 1), **bare)
    add("attention_dropout", attention(dropout=0.4), x(), padding=late, **bare)
    add("attention_dropout_weights", attention(dropout=0.4), x())
    more = {"add_bias_kv": True, "add_zero_attn": True}
    add("attention_more", attention(**more), x(), padding=late, mask=causal)
    add("attention_more_dropout", attention(dropout=0.4, batch_first=True, **more), first(), mask=added, **bare)
    layer = lambda **a: lambda: nn.TransformerEncoderLayer(6, 2, 8, **a)  # noqa: E731
    add("layer_silu", layer(activation=nn.functional.silu), x())
    add("layer", layer(), x())
    add("layer_gelu", layer(activation="gelu", norm_first=True, batch_first=True), first(), padding=late, mask=causal)
    add("layer_no_bias", layer(bias=False, dropout=0.0, layer_norm_eps=1e-3), x(), mask=added)
    encoder = lambda norm: lambda: nn.TransformerEncoder(  # noqa: E731
        nn.TransformerEncoderLayer(6, 2, 8, norm_first=True), 2, norm=norm, enable_nested_tensor=False
    )
    add("encoder", encoder(None), x(), padding=late)
    add("encoder_norm", encoder(nn.LayerNorm(6)), x())
    memory = lambda: sample("transformer memory", (5, 3, 6))  # noqa: E731
    shorter = torch.ones(4, 4).triu(1).bool()
    two = lambda: [sample("transformer x", batch)[:4].clone(), memory()]  # noqa: E731
    both = lambda: [t.transpose(0, 1).contiguous() for t in two()]  # noqa: E731
    decoding = lambda **a: lambda: nn.TransformerDecoderLayer(6, 2, 8, **a)  # noqa: E731
    add("decoder_layer", decoding(), two())
    first_gelu = {"activation": "gelu", "norm_first": True, "batch_first": True}
    add("decoder_layer_gelu", decoding(**first_gelu), both(), padding=late, mask=shorter)
    add("decoder_layer_no_bias", decoding(bias=False, dropout=0.0, layer_norm_eps=1e-3), two(), padding=late)
    add("decoder", lambda: nn.TransformerDecoder(decoding(norm_first=True)(), 2), two(), mask=shorter)
    add("decoder_norm", lambda: nn.TransformerDecoder(decoding()(), 2, nn.LayerNorm(6)), two())
    whole = {"num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8}
    add("whole", lambda: nn.Transformer(6, 2, **whole), two()[::-1], padding=late, mask=shorter)
    add("whole_first", lambda: nn.Transformer(6, 2, bias=False, **whole, **first_gelu), both()[::-1])
    add(
        "whole_given",
        lambda: nn.Transformer(
            6, 2, custom_encoder=encoder(nn.LayerNorm(6))(), custom_decoder=nn.TransformerDecoder(decoding()(), 1)
        ),
        two()[::-1],
    )
    save("transformer", tensors)
