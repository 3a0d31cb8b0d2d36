"""Reductions: reduce.safetensors (see cases.py).

`dim` is absent for a full reduction, an integer or a list; max and min along a `dim` give out0 (values) and out1 (indices).
`expand` is a shape that the operand is expanded to before. norm is torch.linalg.vector_norm with the order `p`.
"""

import math
import warnings

import torch

from cases import BF16, F16, F32, F64, I8, I32, I64, SHORT, U8, Family, sample

warnings.filterwarnings("ignore", message=".*degrees of freedom.*")

SUMS = {"sum": torch.sum, "mean": torch.mean}
MANY_DIMS = [None, 0, 1, -1, [0, 2], [-1, 1], [0, 1, 2]]
ONE_DIM = [None, 0, 1, -1]
NAN, INF = math.nan, math.inf
CUBE = sample("reduce cube", (2, 3, 4))
TIES = torch.tensor([[2.0, 5.0, 5.0, 1.0], [3.0, 3.0, 3.0, 3.0], [-1.0, -2.0, -1.0, -2.0]])
HOLES = torch.tensor([[1.0, NAN, 3.0, -1.0], [INF, 2.0, -INF, 0.0], [-0.0, 0.0, NAN, NAN]])


def arguments(dim, keepdim):
    args = {} if dim is None else {"dim": dim}
    if keepdim:
        args["keepdim"] = True
    return args


def case_name(dim, keepdim, suffix=""):
    name = "full" if dim is None else "dim" + "_".join(map(str, dim)) if isinstance(dim, list) else f"dim{dim}"
    return name + ("_keep" if keepdim else "") + suffix


def add_dims(family, op, function, x, dims, extra=None, suffix=""):
    """One case for each dim, kept or not; a full reduction with keepdim is left out, because not every operation has it."""
    for dim in dims:
        for keepdim in (False, True) if dim is not None else (False,):
            args = arguments(dim, keepdim) | (extra or {})
            name = case_name(dim, keepdim, suffix)
            family.add(op, name, lambda t, a=args: function(t, **a), [x], args)


def add_sums(family):
    for op, function in SUMS.items():
        add_dims(family, op, function, CUBE, MANY_DIMS)
        add_dims(family, op, function, HOLES, [None, 0, 1], suffix="_holes")
        for dtype in (F16, BF16, F64):
            add_dims(family, op, function, CUBE.to(dtype), [None, 1], suffix="_" + SHORT[dtype])
        family.add(op, "scalar", function, [torch.tensor(2.5)])
        family.add(op, "empty", function, [torch.zeros(0, 3)])
        family.add(op, "empty_dim0", lambda t, f=function: f(t, dim=0), [torch.zeros(0, 3)], {"dim": 0})
        family.add(op, "empty_dim1", lambda t, f=function: f(t, dim=1), [torch.zeros(0, 3)], {"dim": 1})
    wide = torch.tensor([[100, 100, 100], [-100, -100, -100]])
    for dtype in (I8, I32, I64):
        add_dims(family, "sum", torch.sum, wide.to(dtype), [None, 1], suffix="_" + SHORT[dtype])
    family.add("sum", "full_u8", torch.sum, [torch.tensor([200, 100], dtype=U8)])
    family.add("sum", "full_bool", torch.sum, [torch.tensor([True, True, False])])
    args = {"dtype": F64}
    family.add("sum", "to_f64", lambda t: torch.sum(t, **args), [CUBE], args)
    args = {"dtype": F32}
    family.add("mean", "i64_to_f32", lambda t: torch.mean(t, **args), [wide], args)
    tenths = torch.full((1, 1), 0.1)
    family.add("sum", "expanded_tenths", lambda t: t.expand(100000, 3).sum(0), [tenths], {"expand": [100000, 3], "dim": 0})


def add_products(family):
    add_dims(family, "prod", torch.prod, CUBE, ONE_DIM)
    zeros = CUBE[0].clone()
    zeros[0, 1] = 0
    zeros[2, 0] = zeros[2, 3] = 0
    add_dims(family, "prod", torch.prod, zeros, [None, 0, 1], suffix="_zeros")
    one_zero = CUBE[0].clone()
    one_zero[1, 2] = 0
    family.add("prod", "one_zero", torch.prod, [one_zero])
    family.add("prod", "i32", torch.prod, [torch.tensor([3, -4, 5], dtype=I32)])
    family.add("prod", "bool", torch.prod, [torch.tensor([True, True])])
    family.add("prod", "empty", torch.prod, [torch.zeros(0)])


def add_extrema(family):
    for op in ("amax", "amin"):
        function = getattr(torch, op)
        extremum = lambda t, f=function, dim=(), keepdim=False: f(t, dim, keepdim)  # noqa: E731
        add_dims(family, op, extremum, CUBE, MANY_DIMS)
        add_dims(family, op, extremum, TIES, [None, 0, 1], suffix="_ties")
        add_dims(family, op, extremum, HOLES, [None, 0, 1], suffix="_holes")
        family.add(op, "empty_dim0", lambda t, f=function: f(t, 0), [torch.zeros(2, 0)], {"dim": 0})
    for op in ("max", "min"):
        function = getattr(torch, op)
        for suffix, x in (("", CUBE), ("_ties", TIES), ("_holes", HOLES)):
            family.add(op, "full" + suffix, function, [x])
            for dim, keepdim in ((0, False), (1, False), (-1, True)):
                args = arguments(dim, keepdim)
                name = case_name(dim, keepdim, suffix)
                family.add(op, name, lambda t, f=function, a=args: tuple(f(t, **a)), [x], args)
        family.add(op, "full_i64", function, [torch.tensor([3, -7, 5])])
        family.add(op, "dim0_i8", lambda t, f=function: tuple(f(t, 0)), [torch.tensor([3, -7, 5], dtype=I8)], {"dim": 0})
        family.add(op, "full_bool", function, [torch.tensor([True, False])])
        family.add(op, "scalar", function, [torch.tensor(2.5)])
    for op in ("argmax", "argmin"):
        function = getattr(torch, op)
        for suffix, x in (("", CUBE), ("_ties", TIES), ("_holes", HOLES)):
            add_dims(family, op, function, x, [None, 0, 1, -1], suffix=suffix)
        add_dims(family, op, function, torch.tensor([[3, 9, 9], [-1, -1, 4]]), [None, 0, 1], suffix="_i64")
        family.add(op, "scalar", function, [torch.tensor(2.5)])


def add_truth(family):
    flags = torch.tensor([[True, False, False], [True, True, True], [False, False, False]])
    for op in ("any", "all"):
        function = getattr(torch, op)
        add_dims(family, op, function, flags, [None, 0, 1, -1])
        family.add(op, "f32", function, [torch.tensor([0.0, -0.0, NAN])])
        family.add(op, "i64", function, [torch.tensor([0, 3])])
        family.add(op, "empty", function, [torch.zeros(0, 3, dtype=torch.bool)])
        family.add(op, "empty_dim0", lambda t, f=function: f(t, 0), [torch.zeros(0, 3, dtype=torch.bool)], {"dim": 0})


def add_spread(family):
    for op in ("std", "var"):
        function = getattr(torch, op)
        add_dims(family, op, function, CUBE, MANY_DIMS)
        for correction in (0, 1, 2):
            args = {"correction": correction}
            family.add(op, f"full_correction{correction}", lambda t, f=function, a=args: f(t, **a), [CUBE], args)
            add_dims(family, op, function, CUBE.double(), [1], args, f"_correction{correction}")
        family.add(op, "one", function, [torch.tensor([3.0])])
        args = {"correction": 0}
        family.add(op, "one_correction0", lambda t, f=function: f(t, correction=0), [torch.tensor([3.0])], args)
        far = torch.tensor([10000.0, 10001.0, 10002.0])
        family.add(op, "far_from_zero", function, [far])
        family.add(op, "constant", function, [torch.full((4,), 2.0)])
    for p in (2, 1, 0, INF, 3):
        args = {"p": float(p)}
        function = lambda t, dim=None, keepdim=False, p=2.0: torch.linalg.vector_norm(t, p, dim, keepdim)  # noqa: E731
        add_dims(family, "norm", function, CUBE, [None, 1, [0, 2]] if p == 2 else [None, 1], args, f"_p{p}")
    family.add("norm", "zeros_p2", lambda t: torch.linalg.vector_norm(t), [torch.zeros(3)], {"p": 2.0})
    large = torch.tensor([[1000.0, 1001.0, 999.0], [-1000.0, -1002.0, -INF], [-INF, -INF, -INF], [INF, 1.0, 2.0]])
    add_dims(family, "logsumexp", torch.logsumexp, CUBE, [0, -1, [0, 2]])
    add_dims(family, "logsumexp", torch.logsumexp, large, [1], suffix="_large")
    family.add("logsumexp", "nan", lambda t: torch.logsumexp(t, 0), [torch.tensor([1.0, NAN])], {"dim": 0})
    for op in ("cumsum", "cumprod"):
        function = getattr(torch, op)
        for dim in (0, 1, -1):
            family.add(op, f"dim{dim}", lambda t, f=function, d=dim: f(t, d), [CUBE], {"dim": dim})
        family.add(op, "i32", lambda t, f=function: f(t, 0), [torch.tensor([2, 3, -4], dtype=I32)], {"dim": 0})


def make():
    family = Family("reduce")
    add_sums(family)
    add_products(family)
    add_extrema(family)
    add_truth(family)
    add_spread(family)
    family.save()
