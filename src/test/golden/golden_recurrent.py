"""Recurrent layers: recurrent.safetensors.

Each `<case>` is a module made after manual_seed(42), called in training mode after manual_seed(7):

    <case>/state/<key>    the values that it begins with
    <case>/in             the input, padded where there are lengths
    <case>/lengths        of the sequences, which are packed then
    <case>/h0, c0         the state that it is given, if any
    <case>/out            the output, padded with 0
    <case>/h, c           the state that it ends with
    <case>/cotangent, cotangent_h, cotangent_c
    <case>/grad/...       the gradients of the sum of the products of the three with these: of in, h0, c0 and each parameter

`training/losses` are those of ten steps of Adam for a network of an LSTM and a Linear layer, with the numbers that RecurrentTest
says.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cases import cotangent_of, sample
from tensorfile import save


def make():
    tensors = {}

    def add(case, constructor, x, lengths=None, state=None, **padding):
        torch.manual_seed(42)
        module = constructor()
        for key, value in module.state_dict().items():
            tensors[f"{case}/state/{key}"] = value.clone()
        x = x.requires_grad_()
        state = None if state is None else [s.requires_grad_() for s in state]
        given = state if state is None or len(state) == 2 else state[0]
        torch.manual_seed(7)
        if isinstance(module, nn.RNNCellBase):
            ended = module(x, given)
            out = ended[0] if isinstance(ended, tuple) else ended
        elif lengths is None:
            out, ended = module(x, given)
        else:
            tensors[f"{case}/lengths"] = torch.tensor(lengths)
            first = module.batch_first
            packed = pack_padded_sequence(x, lengths, first, enforce_sorted=lengths == sorted(lengths, reverse=True))
            out, ended = module(packed, given)
            out, _ = pad_packed_sequence(out, first)
        ended = ended if isinstance(ended, tuple) else (ended,)
        loss = (out * cotangent_of(out)).sum()
        tensors[f"{case}/in"] = x
        tensors[f"{case}/out"] = out
        tensors[f"{case}/cotangent"] = cotangent_of(out)
        for name, value in zip("hc", ended):
            by = cotangent_of(value) * 0.7
            tensors[f"{case}/{name}"] = value
            tensors[f"{case}/cotangent_{name}"] = by
            loss = loss + (value * by).sum()
        loss.backward()
        tensors[f"{case}/grad/in"] = x.grad
        for name, value in zip(("h0", "c0"), state or ()):
            tensors[f"{case}/{name}"] = value
            tensors[f"{case}/grad/{name}"] = value.grad
        for key, value in module.named_parameters():
            tensors[f"{case}/grad/{key}"] = value.grad

    x = lambda *s: sample("recurrent x", s or (5, 3, 4))  # noqa: E731
    s = lambda *shape: sample(f"recurrent {shape}", shape)  # noqa: E731
    kinds = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
    for name, kind in kinds.items():
        states = 2 if kind is nn.LSTM else 1
        given = lambda *shape: [s(*shape) * (0.5 + i) for i in range(states)]  # noqa: E731,B023
        add(name, lambda: kind(4, 6), x())
        add(f"{name}_state", lambda: kind(4, 6), x(), state=given(1, 3, 6))
        add(f"{name}_no_bias", lambda: kind(4, 6, bias=False, batch_first=True), x(3, 5, 4))
        add(f"{name}_both", lambda: kind(4, 6, 2, bidirectional=True), x(), state=given(4, 3, 6))
        add(f"{name}_dropout", lambda: kind(4, 6, 3, dropout=0.4, batch_first=True), x(3, 5, 4))
        add(f"{name}_alone", lambda: kind(4, 6, 2), x(5, 4), state=given(2, 6))
        add(f"{name}_packed", lambda: kind(4, 6, 2), x(), lengths=[5, 3, 1], state=given(2, 3, 6))
        both = {"num_layers": 2, "bidirectional": True, "dropout": 0.3, "batch_first": True}
        add(f"{name}_unsorted", lambda: kind(4, 6, **both), x(3, 5, 4), lengths=[2, 4, 4], state=given(4, 3, 6))
    add("rnn_relu", lambda: nn.RNN(4, 6, 2, nonlinearity="relu", bidirectional=True), x(), lengths=[5, 5, 2])
    projected = lambda **a: lambda: nn.LSTM(4, 6, 2, proj_size=3, **a)  # noqa: E731
    add("lstm_projected", projected(), x(), state=[s(2, 3, 3), s(2, 3, 6)])
    add("lstm_projected_packed", projected(bidirectional=True, bias=False), x(), lengths=[1, 5, 2])
    cells = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
    for name, kind in cells.items():
        given = [s(3, 6), s(3, 6) * 0.5][: 2 if name == "lstm" else 1]
        add(f"{name}_cell", lambda: kind(4, 6), x(3, 4), state=given)
        add(f"{name}_cell_alone", lambda: kind(4, 6, bias=False), x(4))
    add("rnn_cell_relu", lambda: nn.RNNCell(4, 6, nonlinearity="relu"), x(3, 4))
    tensors["training/losses"] = training()
    save("recurrent", tensors)


def training():
    torch.manual_seed(42)
    lstm = nn.LSTM(3, 16, 2, dropout=0.1)
    head = nn.Linear(16, 1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=1e-2)
    x, y = torch.randn(12, 8, 3), torch.randn(8, 1)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(head(lstm(x)[0][-1]), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)
