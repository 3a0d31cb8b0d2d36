"""Elementwise operations of one operand: unary.safetensors (see cases.py).

Cases: f32 and f64 (awkward values), i64, bool, f16, bf16, empty (0, 3), scalar (0-d) and, where it differs, more.
"""

import math

import torch
import torch.nn.functional as F

from cases import BF16, BOOL, F16, F32, F64, I8, I32, I64, U8, Family

AWKWARD = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.999, 3.7, -3.7, 1e-3, -1e-6, 10.0, -10.0, 20.5, 88.5, -103.0,
    math.pi / 2, 12345.678, 1e30, -1e30, math.inf, -math.inf, math.nan,
]  # fmt: skip
DENORMAL = {F32: [1e-40, -1e-45], F64: [1e-310, -5e-324]}

FLOATING = {
    name: getattr(torch, name)
    for name in (
        "sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh "
        "atanh erf erfc sigmoid"
    ).split()
}
KEEPING = {name: getattr(torch, name) for name in "neg abs sign square relu".split()}
ROUNDING = {name: getattr(torch, name) for name in "floor ceil round trunc".split()}
PREDICATES = {name: getattr(torch, name) for name in "logical_not isnan isinf isfinite".split()}
# operation, prefix of the case's name, function, arguments
ACTIVATIONS = [
    ("silu", "", F.silu, {}),
    ("gelu", "", F.gelu, {}),
    ("gelu", "tanh_", lambda x: F.gelu(x, approximate="tanh"), {"approximate": "tanh"}),
    ("softplus", "", F.softplus, {}),
    ("softplus", "beta_", lambda x: F.softplus(x, beta=2.0, threshold=5.0), {"beta": 2.0, "threshold": 5.0}),
    ("logsigmoid", "", F.logsigmoid, {}),
    ("leaky_relu", "", F.leaky_relu, {}),
    ("leaky_relu", "slope_", lambda x: F.leaky_relu(x, 0.25), {"negative_slope": 0.25}),
    ("elu", "", F.elu, {}),
    ("elu", "alpha_", lambda x: F.elu(x, 0.5), {"alpha": 0.5}),
    ("nan_to_num", "", torch.nan_to_num, {}),
]


def floats(dtype):
    return torch.tensor(AWKWARD + DENORMAL[dtype], dtype=dtype)


def add_common(family, op, function, args=None):
    for name, dtype in (("f32", F32), ("f64", F64)):
        family.add(op, name, function, [floats(dtype)], args)
    family.add(op, "empty", function, [torch.zeros(0, 3)], args, gradients=False)
    family.add(op, "scalar", function, [torch.tensor(1.25, dtype=F64)], args)


def add_halves(family, op, function):
    values = [0.0, -0.0, 0.5, 1.0, -1.0, 2.5, -3.25, 7.0, 1e-5, math.inf, -math.inf, math.nan]
    for name, dtype in (("f16", F16), ("bf16", BF16)):
        family.add(op, name, function, [torch.tensor(values, dtype=dtype)], gradients=False)


def add_integers(family, op, function, dtypes=(I64,), boolean=True):
    for dtype in dtypes:
        values = [0, 1, 2, 5, 127, 255] if dtype == U8 else [0, 1, 2, -1, -3, 5, 127, -128]
        family.add(op, str(dtype).removeprefix("torch."), function, [torch.tensor(values, dtype=dtype)])
    if boolean:
        family.add(op, "bool", function, [torch.tensor([True, False])])


def add_clamp(family):
    x = torch.tensor([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, math.nan, math.inf, -math.inf])
    bounds = {"both": (-1.0, 1.0), "low": (-0.5, None), "high": (None, 0.5), "crossed": (1.0, -1.0), "integers": (-1, 1)}
    for case, (low, high) in bounds.items():
        args = {"min": low, "max": high}
        family.add("clamp", case, lambda t, a=args: torch.clamp(t, **a), [x], args)
    args = {"min": -1, "max": 2}
    family.add("clamp", "i64", lambda t: torch.clamp(t, **args), [torch.tensor([-5, 0, 5])], args)
    args = {"min": -1.5, "max": 1.5}
    family.add("clamp", "i64_float", lambda t: torch.clamp(t, **args), [torch.tensor([-5, 0, 5])], args)


def make():
    family = Family("unary")
    for op, function in FLOATING.items():
        add_common(family, op, function)
        add_halves(family, op, function)
        add_integers(family, op, function)
    for op in ("sin", "cos", "tan"):
        huge = torch.tensor([1e5, -3e6, 1e8, 1e15, 1e20], dtype=F64)
        family.add(op, "huge_f32", FLOATING[op], [huge.float()])
        family.add(op, "huge_f64", FLOATING[op], [huge])
    for op, function in KEEPING.items():
        add_common(family, op, function)
        add_halves(family, op, function)
        add_integers(family, op, function, (U8, I8, I32, I64), boolean=op in ("sign", "square"))
    halves = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 8388609.0, -8388608.5, 1e10])
    for op, function in ROUNDING.items():
        add_common(family, op, function)
        add_halves(family, op, function)
        add_integers(family, op, function, boolean=False)
        family.add(op, "ties", function, [halves])
    for op, function in PREDICATES.items():
        add_common(family, op, function)
        add_integers(family, op, function)
    family.add("bitwise_not", "bool", torch.bitwise_not, [torch.tensor([True, False])])
    add_integers(family, "bitwise_not", torch.bitwise_not, (U8, I8, I32, I64), boolean=False)
    for op, prefix, function, args in ACTIVATIONS:
        family.add(op, f"{prefix}f32", function, [floats(F32)], args)
        family.add(op, f"{prefix}f64", function, [floats(F64)], args)
        if not prefix:
            family.add(op, "empty", function, [torch.zeros(0, 3)], args, gradients=False)
    add_clamp(family)
    family.save()
