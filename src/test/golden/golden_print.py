"""How tensors and modules print: print.json, an object of three lists.

tensors: {dtype, shape, values, text}. `values` are in row-major order, non-finite ones as "nan", "inf", "-inf"; in place of
`values` a long tensor has `arange`: [start, step], element i being start + i * step computed in its dtype. `requires_grad`
is true where it was set; `options` are the arguments of torch.set_printoptions.

gradients: {expression, text}: the text of the expression, in terms of x = ones(2, 2) and w = [1, 2], which both require
gradients.

modules: {expression, text}: the repr of a module, in PyTorch's constructor syntax.
"""

import json
import math

import torch
from torch import nn

from cases import BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, SHORT, U8
from tensorfile import RESOURCES

NAN, INF = math.nan, math.inf

# dtype, shape, values
PLAIN = [
    (F32, [], [2.5]), (F32, [], [3.0]), (F32, [], [-0.0]), (F32, [], [0.1]), (F32, [], [1e-8]), (F32, [], [123456789.0]),
    (F32, [], [NAN]), (F32, [], [INF]), (F32, [], [-INF]), (F64, [], [math.pi]), (I64, [], [7]), (I32, [], [-7]),
    (BOOL, [], [True]), (U8, [], [255]), (F16, [], [1.5]), (BF16, [], [1.5]), (F32, [], [16777216.0]), (F32, [], [1e38]),
    (F32, [], [99999.0]), (F32, [], [99999999.0]), (F32, [], [100000000.0]), (F32, [], [0.001]), (F32, [], [0.0001]),
    (F32, [], [0.00009]),
    (F32, [0], []), (F32, [0, 3], []), (F32, [2, 0], []), (I64, [0], []), (F64, [0], []), (BOOL, [0], []),
    (F32, [1], [0.5]), (F32, [3], [1.0, 2.0, 3.0]), (F32, [3], [0.0, 0.0, 0.0]), (F32, [3], [1.0, -2.0, 3.0]),
    (F32, [3], [1.5, 2.25, 3.125]), (F32, [3], [1.0, 2.5, -3.0]), (F32, [4], [0.1, 0.22, 0.333, 0.4444]),
    (F32, [3], [10.0, 100.0, 1000.0]), (F32, [3], [1.0, 1000.5, 2.0]), (F32, [3], [1.0, 1001.5, 0.5]),
    (F32, [3], [0.001, 1.0, 999.0]), (F32, [3], [0.001, 1.0, 1001.0]), (F32, [2], [1e-5, 1.0]), (F32, [2], [1e-4, 1.0]),
    (F32, [3], [100000.0, 1.0, 2.0]), (F32, [3], [1e8, 1.0, 2.0]), (F32, [3], [1e9, 2e9, 1.0]), (F32, [2], [123456.789, 0.5]),
    (F32, [3], [1e-10, 2e-10, -3e-10]), (F32, [3], [1e20, -1e-20, 0.0]), (F32, [2], [1e38, 1e-38]), (F32, [2], [1e-45, 0.0]),
    (F32, [3], [1.0, NAN, 2.0]), (F32, [3], [1.5, NAN, 2.0]), (F32, [4], [NAN, INF, -INF, 0.5]), (F32, [3], [NAN, INF, -INF]),
    (F32, [2], [INF, 1.0]), (F32, [2], [-INF, 1e10]), (F32, [2], [-0.0, 0.5]), (F32, [2], [0.99999, 1.00001]),
    (F32, [3], [0.12345678, 12.345678, 123.45678]), (F32, [3], [-0.5, -10.25, 100.125]), (F32, [2], [99999.5, 1.0]),
    (F64, [3], [1.0, 2.0, 3.0]), (F64, [3], [0.1, 1e-9, 5.0]), (F64, [2], [1e300, 1e-300]), (F64, [2], [1.23456789012, 2.0]),
    (F16, [3], [1.0, 0.333, -65504.0]), (BF16, [3], [1.0, 0.333, 3e38]), (F16, [2], [1e-7, 1.0]),
    (I64, [3], [1, -20, 300]), (I64, [2], [2**63 - 1, -(2**63)]), (I32, [3], [1, 2, 3]), (I16, [2], [-300, 4]),
    (I8, [2], [-128, 127]), (U8, [3], [0, 7, 255]), (BOOL, [3], [True, False, True]),
    (F32, [2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), (F32, [2, 3], [0.5, -1.25, 300.0, 4.0, 5.5, 6.0]),
    (I64, [2, 2], [1, 20, 300, -4]), (BOOL, [2, 2], [True, False, False, True]), (F64, [2, 1], [0.5, 1.5]),
    (F32, [2, 2, 3], [float(v) for v in range(12)]), (F32, [1, 1, 1], [0.25]), (I32, [2, 1, 2], [1, 2, 3, 4]),
    (F32, [2, 2, 1, 2], [v / 4 for v in range(8)]),
    (F32, [2, 2], [1e-6, 1.0, 1000.0, 1e6]), (F32, [2, 2], [NAN, 1.0, INF, -2.0]), (F32, [2, 0, 3], []),
]  # fmt: skip

# dtype, shape, start, step
LONG = [
    (F32, [1000], 0.0, 1.0), (F32, [1001], 0.0, 1.0), (I64, [1001], 0, 1), (F64, [2000], 0.0, 0.25), (I32, [30], 0, 1),
    (F32, [30], 0.0, 0.5), (F32, [16], 0.0, 0.125), (I64, [20], 0, 1000), (I64, [16], 0, 1), (F32, [4, 12], 0.0, 1.0),
    (F32, [3, 25], 0.0, 0.5), (F32, [40, 40], 0.0, 1.0), (I64, [40, 40], 0, 1), (F32, [6, 200], 0.0, 1.0),
    (F32, [200, 6], 0.0, 1.0), (F32, [10, 11, 12], 0.0, 1.0), (F32, [2, 3, 200], 0.0, 0.25), (F32, [1200, 1], 0.0, 1.0),
    (F32, [7, 7, 7, 7], 0.0, 1.0), (BOOL, [1500], 0, 1), (F32, [100], 0.0, 1.0), (U8, [28], 0, 9), (F32, [2, 2, 1001], 0.0, 1.0),
]  # fmt: skip

OPTIONS = [
    ({"precision": 2}, (F32, [3], [0.12345, 1.5, -2.0])),
    ({"precision": 8}, (F32, [2], [0.12345678, 1.5])),
    ({"precision": 0}, (F32, [2], [0.6, 1.4])),
    ({"sci_mode": True}, (F32, [2], [0.5, 100.0])),
    ({"sci_mode": False}, (F32, [2], [1e-6, 1e6])),
    ({"linewidth": 40}, (F32, [12], [v / 2 for v in range(12)])),
    ({"threshold": 5, "edgeitems": 2}, (I64, [8], list(range(8)))),
    ({"threshold": 5, "edgeitems": 1}, (F32, [4, 4], [float(v) for v in range(16)])),
]

# What the expressions below may use: x, w and torch.
GRADIENTS = (
    "x; w; x * 2; 2 * x; x + 1; x - w; x / w; x ** 2; -x; x @ x; x.mv(w); w.dot(w); x.mm(x); x.sum(); x.mean(); x.t(); x.view(4); "
    "x.reshape(4, 1); x.exp(); x.log(); x.relu(); x.sigmoid(); x.tanh(); x[0]; x[:, 1]; x.clone(); x.sum(0); x.max(); "
    "x.abs(); x.sqrt(); x.unsqueeze(0); x.transpose(0, 1); x.pow(3); x.softmax(1); x.log_softmax(1); torch.cat([w, w]); "
    "torch.stack([w, w]); (x * 1e6 + 0.5).double(); w.detach(); (x * w).sum().detach(); x.expand(2, 2, 2)[0]; x.std(); x > 0; "
    "torch.nn.functional.mse_loss(x, x * 2); torch.nn.functional.cross_entropy(x, torch.tensor([0, 1])); x.data; x.flatten(); "
    "torch.where(x > 0, x, w); x.permute(1, 0); x.squeeze(); torch.addmm(w, x, x); torch.nn.functional.linear(x, x, w); "
    "torch.nn.functional.linear(x, x)"
).split("; ")

MODULES = [
    "Linear(3, 5)", "Linear(3, 5, bias=False)", "ReLU()", "Sigmoid()", "Tanh()", "GELU()", "GELU(approximate='tanh')",
    "LeakyReLU(0.2)", "ELU(0.5)", "SiLU()", "Softplus()", "LogSigmoid()", "Softmax(dim=1)", "LogSoftmax(dim=-1)", "Identity()",
    "Flatten()", "Flatten(2, 3)", "Unflatten(1, (2, 3))", "Dropout()", "Dropout(0.25)", "Conv1d(1, 2, 3)",
    "Conv2d(1, 8, 3)", "Conv2d(1, 8, 3, padding=1)", "Conv2d(4, 8, (3, 5), stride=2, padding=(1, 2), dilation=2, groups=2)",
    "Conv2d(1, 8, 3, bias=False)", "Conv2d(1, 8, 3, padding='same')", "MaxPool2d(2)",
    "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)", "AvgPool2d(2)", "AdaptiveAvgPool2d(1)", "AdaptiveAvgPool2d((2, 3))",
    "BatchNorm1d(4)", "BatchNorm2d(4, eps=0.001, momentum=0.2)", "LayerNorm(4)", "LayerNorm((2, 4), eps=1e-6)",
    "GroupNorm(2, 4)", "Embedding(10, 3)", "Embedding(10, 3, padding_idx=0)", "RNN(2, 3)", "LSTM(2, 3, num_layers=2)",
    "GRU(2, 3, batch_first=True)", "ZeroPad2d(1)", "Upsample(scale_factor=2)", "CrossEntropyLoss()", "MSELoss()", "L1Loss()",
    "NLLLoss()", "BCELoss()", "BCEWithLogitsLoss()", "MultiheadAttention(4, 2)", "TransformerEncoderLayer(4, 2)",
    "Sequential()", "Sequential(Linear(3, 5), ReLU(), Linear(5, 1))",
    "Sequential(Conv2d(1, 8, 3), ReLU(), MaxPool2d(2), Dropout(0.2), Flatten(), Linear(1352, 10))",
    "Sequential(Sequential(Linear(2, 2), ReLU()), Linear(2, 1))",
    "ModuleList([Linear(2, 2), ReLU()])", "ModuleList([Linear(2, 2), Linear(2, 2), ReLU()])",
    "ModuleDict({'a': Linear(2, 2), 'b': ReLU()})",
]  # fmt: skip


def number(value):
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def entry(dtype, shape, **rest):
    return {"dtype": str(dtype).removeprefix("torch."), "shape": shape, **rest}


def tensors():
    for dtype, shape, values in PLAIN:
        tensor = torch.tensor(values, dtype=dtype).reshape(shape)
        yield entry(dtype, shape, values=[number(v) for v in values], text=str(tensor))
    for dtype, shape, values in ((F32, [2], [1.0, 2.5]), (F64, [], [2.0]), (F32, [0], []), (F32, [2, 2], [1.0, -2.0, 3.5, 4.0])):
        tensor = torch.tensor(values, dtype=dtype).reshape(shape).requires_grad_()
        yield entry(dtype, shape, values=values, requires_grad=True, text=str(tensor))
    for dtype, shape, start, step in LONG:
        count = math.prod(shape)
        tensor = (start + torch.arange(count, dtype=I64 if dtype == BOOL else dtype) * step).to(dtype).reshape(shape)
        yield entry(dtype, shape, arange=[start, step], text=str(tensor))
    for options, (dtype, shape, values) in OPTIONS:
        torch.set_printoptions(profile="default", sci_mode=None)
        torch.set_printoptions(**options)
        tensor = torch.tensor(values, dtype=dtype).reshape(shape)
        yield entry(dtype, shape, values=values, options=options, text=str(tensor))
    torch.set_printoptions(profile="default", sci_mode=None)


def gradients():
    x = torch.ones(2, 2, requires_grad=True)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    for expression in GRADIENTS:
        yield {"expression": expression, "text": str(eval(expression, {"x": x, "w": w, "torch": torch}))}


def modules():
    for expression in MODULES:
        yield {"expression": expression, "text": repr(eval(expression, vars(nn)))}


def make():
    lists = {"tensors": list(tensors()), "gradients": list(gradients()), "modules": list(modules())}
    rows = ",\n".join(
        f'"{name}":[\n' + ",\n".join(json.dumps(item, separators=(",", ":"), ensure_ascii=False) for item in items) + "\n]"
        for name, items in lists.items()
    )
    (RESOURCES / "print.json").write_text("{" + rows + "}\n")
    print(f"print.json: {', '.join(f'{len(v)} {k}' for k, v in lists.items())}, {len(rows)} bytes")
