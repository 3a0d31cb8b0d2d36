"""Elementwise operations of two operands, and where, lerp, addcmul, addcdiv: binary.safetensors (see cases.py).

A Python number as an operand is the argument `scalar`, on the right, or on the left where `side` is "left".

promotion.json: the dtype of a result from the dtypes of two operands, by torch.result_type. `tensors` pairs tensors of one
or more axes, `zero_dim` a tensor of axes with one of none, `scalar` a tensor of axes with a Python bool, int or float,
`zero_dim_scalar` a tensor of no axes with one. Keys are "float32 int64". `default` is torch's default floating dtype.
"""

import itertools
import json
import math

import torch

from cases import BOOL, F16, F32, F64, I8, I16, I32, I64, SHORT, U8, Family, sample
from tensorfile import RESOURCES

AWKWARD = [0.0, -0.0, 1.0, -1.5, 2.5, -3.0, 1e-40, math.inf, -math.inf, math.nan]

ARITHMETIC = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "floor_divide": torch.floor_divide,
    "remainder": torch.remainder,
    "fmod": torch.fmod,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "atan2": torch.atan2,
}
COMPARISONS = {name: getattr(torch, name) for name in "eq ne lt le gt ge".split()}
LOGICAL = {name: getattr(torch, name) for name in "logical_and logical_or logical_xor".split()}
BITWISE = {name: getattr(torch, name) for name in "bitwise_and bitwise_or bitwise_xor".split()}
NO_BOOL = {"sub", "floor_divide", "remainder", "fmod", "pow"}


def integers(dtype, values):
    return torch.tensor(values).to(dtype)


def add_floats(family, op, function, args=None):
    """All pairs of awkward values, then gradients through broadcasting over friendly ones."""
    for dtype in (F32, F64):
        left, right = torch.cartesian_prod(*[torch.tensor(AWKWARD, dtype=dtype)] * 2).T.contiguous()
        differentiable = dtype == F64 and op != "floor_divide"
        family.add(op, SHORT[dtype], function, [left.clone(), right.clone()], args, gradients=differentiable)
    differentiable = op != "floor_divide"
    family.add(op, "empty", function, [torch.zeros(0, 3), torch.ones(3)], args, gradients=False)
    family.add(op, "zero_dim", function, [torch.tensor(5.5), torch.tensor(2.0)], args, differentiable)
    name = f"{op} broadcast"
    operands = [sample(name, (2, 1, 3)).abs() + 0.5, sample(name + "2", (4, 1)).abs() + 0.5]
    family.add(op, "broadcast", function, operands, args, differentiable)


def add_integers(family, op, function, args=None):
    """Signs in all four combinations; divisors are not 0, exponents not negative, no quotient overflows."""
    divides = op in ("div", "floor_divide", "remainder", "fmod")
    right = [1, 2, 3, 7] if op == "pow" else [1, -2, 3, 7] if divides else [0, 1, -2, 3, 100]
    for dtype in (U8, I8, I16, I32, I64):
        unsigned = dtype == U8
        left = [0, 1, 7, 200] if unsigned else [0, 1, -7, 7, 100, -128]
        values = [abs(v) for v in right] if unsigned else right
        family.add(op, SHORT[dtype], function, [integers(dtype, left).reshape(-1, 1), integers(dtype, values)], args)
    if op not in NO_BOOL and not (args and "rounding_mode" in args):
        both = torch.tensor([True, False])
        family.add(op, "bool", function, [both.reshape(2, 1), both], args)


def add_mixed(family, op, function, args=None):
    three = torch.tensor([1.5, 2.5, -3.5])
    pairs = {
        "i64_f32": (integers(I64, [7, -8, 9]), three),
        "f16_f32": (three.to(F16), three),
        "f32_f64": (three, torch.tensor([2.0, 0.1, 3.0], dtype=F64)),
        "u8_i8": (integers(U8, [200, 7, 3]), integers(I8, [3, 2, 2])),
        "bool_i32": (torch.tensor([True, False, True]), integers(I32, [3, 2, 2])),
        "f32_zero_dim_f64": (three, torch.tensor(2.1, dtype=F64)),
        "i64_zero_dim_f32": (integers(I64, [7, -8, 9]), torch.tensor(2.5)),
        "u8_zero_dim_i64": (integers(U8, [200, 7, 3]), torch.tensor(3)),
    }
    for case, operands in pairs.items():
        if not (op in NO_BOOL and case.startswith("bool")):
            family.add(op, case, function, operands, args, gradients=op != "floor_divide")


def add_scalars(family, op, function, args=None):
    tensors = {
        "f32": torch.tensor([1.5, -2.5, 0.0, 7.0]),
        "i64": integers(I64, [7, -8, 0, 1]),
        "u8": integers(U8, [7, 250, 0, 1]),
        "bool": torch.tensor([True, False]),
    }
    for (name, tensor), scalar in itertools.product(tensors.items(), (3, 2.5)):
        if name == "bool" and (op in NO_BOOL or isinstance(scalar, float)) or (args and name == "bool"):
            continue
        case = f"{name}_{type(scalar).__name__}"
        everything = {**(args or {}), "scalar": scalar}
        differentiable = op != "floor_divide"
        family.add(op, case, lambda t, s=scalar: function(t, s), [tensor], everything, differentiable)


def add_left_scalars(family):
    left = {
        "sub": lambda s, t: s - t,
        "div": lambda s, t: s / t,
        "pow": lambda s, t: torch.pow(s, t),
        "floor_divide": lambda s, t: s // t,
        "remainder": lambda s, t: torch.remainder(s, t),
    }
    tensors = {"f32": torch.tensor([1.5, -2.5, 0.25, 7.0]), "i64": integers(I64, [7, 8, 2, 1])}
    for (op, function), (name, tensor), scalar in itertools.product(left.items(), tensors.items(), (3, 2.5)):
        case = f"{type(scalar).__name__}_{name}"
        args = {"scalar": scalar, "side": "left"}
        family.add(op, case, lambda t, f=function, s=scalar: f(s, t), [tensor], args, op not in ("floor_divide", "remainder"))
    x = torch.tensor([0.0, -0.0, 1.0, -1.5, 4.0, math.inf, -math.inf, math.nan])
    for exponent in (0, 1, 2, 3, -1, -2, 0.5, -0.5, 0.0, math.nan):
        family.add("pow", f"by_{exponent}", lambda t, e=exponent: t**e, [x], {"scalar": exponent})
    for base in (0.0, 1.0, 2.0):
        family.add("pow", f"of_{base}", lambda t, b=base: b**t, [x], {"scalar": base, "side": "left"})


def add_many_operands(family):
    x, y, z = (sample(f"three {i}", (3, 4)) for i in range(3))
    condition = torch.tensor([[True], [False], [True]])
    family.add("where", "f32", torch.where, [condition, x, y])
    family.add("where", "broadcast", torch.where, [torch.tensor([True, False, True, False]), x[:, :1].clone(), y[:1].clone()])
    family.add("where", "nan_unselected", torch.where, [condition, x, torch.full((3, 4), math.nan)])
    family.add("where", "i64_f32", torch.where, [condition, torch.arange(4), y])
    family.add("where", "zero_dim", torch.where, [condition, x, torch.tensor(2.0, dtype=F64)])
    family.add("where", "bool", torch.where, [condition, condition, ~condition])
    family.add("lerp", "scalar", lambda a, b: torch.lerp(a, b, 0.3), [x, y], {"weight": 0.3})
    family.add("lerp", "scalar_large", lambda a, b: torch.lerp(a, b, 0.7), [x, y], {"weight": 0.7})
    family.add("lerp", "tensor", torch.lerp, [x, y, z])
    family.add("addcmul", "f32", torch.addcmul, [x, y, z])
    family.add("addcmul", "value", lambda a, b, c: torch.addcmul(a, b, c, value=-0.5), [x, y, z], {"value": -0.5})
    family.add("addcmul", "broadcast", torch.addcmul, [x, y[:, :1].clone(), z[:1].clone()])
    family.add("addcdiv", "f32", torch.addcdiv, [x, y, z])
    doubles = [x.double(), y.double(), z.double()]
    family.add("addcdiv", "value", lambda a, b, c: torch.addcdiv(a, b, c, value=2.0), doubles, {"value": 2.0})
    family.add("addcmul", "i64", torch.addcmul, [torch.arange(3), torch.arange(3), torch.tensor([2, 3, 4])])


def promotion():
    def tensor(dtype, axes):
        return torch.ones([2] * axes, dtype=dtype)

    def name(dtype):
        return str(dtype).removeprefix("torch.")

    def table(left_axes, right):
        return {
            f"{name(a)} {right_name}": name(torch.result_type(tensor(a, left_axes), value))
            for a in SHORT
            for right_name, value in right.items()
        }

    scalars = {"bool": True, "int": 1, "float": 1.0}
    tables = {
        "default": name(torch.get_default_dtype()),
        "tensors": table(1, {name(b): tensor(b, 1) for b in SHORT}),
        "zero_dim": table(1, {name(b): tensor(b, 0) for b in SHORT}),
        "scalar": table(1, scalars),
        "zero_dim_scalar": table(0, scalars),
    }
    text = json.dumps(tables, separators=(",", ":")).replace("},", "},\n")
    (RESOURCES / "promotion.json").write_text(text + "\n")
    print(f"promotion.json: {len(text)} bytes")


def make():
    family = Family("binary")
    for op, function in ARITHMETIC.items():
        add_floats(family, op, function)
        add_integers(family, op, function)
        add_mixed(family, op, function)
        if op not in ("maximum", "minimum", "atan2"):
            add_scalars(family, op, function)
    for mode in ("trunc", "floor"):
        args = {"rounding_mode": mode}
        prefix = Prefixed(family, mode + "_")
        divide = lambda a, b, m=mode: torch.div(a, b, rounding_mode=m)  # noqa: E731
        add_floats(prefix, "div", divide, args)
        add_integers(prefix, "div", divide, args)
        add_scalars(prefix, "div", divide, args)
    for op in ("add", "sub"):
        function = getattr(torch, op)
        x, y = sample(f"{op} alpha", (2, 3)), sample(f"{op} alpha2", (3,))
        family.add(op, "alpha", lambda a, b, f=function: f(a, b, alpha=2.5), [x, y], {"alpha": 2.5})
        whole = [torch.arange(3), torch.tensor([1, -1, 5])]
        family.add(op, "alpha_i64", lambda a, b, f=function: f(a, b, alpha=3), whole, {"alpha": 3})
    family.add("rsub", "f32", torch.rsub, [sample("rsub", (2, 3)), sample("rsub2", (3,))])
    family.add("rsub", "scalar", lambda t: torch.rsub(t, 2), [sample("rsub", (2, 3))], {"scalar": 2})
    for op, function in {**COMPARISONS, **LOGICAL}.items():
        add_floats(family, op, function)
        add_integers(family, op, function)
        add_mixed(family, op, function)
        if op in COMPARISONS:
            add_scalars(family, op, function)
    for op, function in BITWISE.items():
        add_integers(family, op, function)
        family.add(op, "u8_i16", function, [integers(U8, [200, 7]), integers(I16, [-3, 300])])
        family.add(op, "i64_int", lambda t, f=function: f(t, 6), [integers(I64, [5, -9])], {"scalar": 6})
    add_left_scalars(family)
    add_many_operands(family)
    family.save()
    promotion()


class Prefixed:
    """A family that puts a prefix before every case's name."""

    def __init__(self, family, prefix):
        self.family, self.prefix = family, prefix

    def add(self, op, case, *rest, **options):
        self.family.add(op, self.prefix + case, *rest, **options)
