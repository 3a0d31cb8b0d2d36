"""edges.safetensors.gz: values and first gradients at the awkward points of the functions that have some.

The cases are kept as those of golden_opdb.py are. Awkward are kinks, jumps, poles, the ends of a domain, zeros, ties, NaN and
infinities; each case is there in float32 and in float64.
"""

import itertools
import math
import warnings
from types import SimpleNamespace

import torch

from cases import F32, F64
from golden_opdb import worked_out
from tensorfile import save

INF, NAN = math.inf, math.nan
POINTS = [-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, INF, -INF, NAN]
POLES = [-2.0, -1.0]
PAIRS = list(itertools.product(POINTS, POINTS))
# Zeros, ties, infinities and NaN in rows of four.
ROWS = [
    [1, 1, 0, 1], [0, 0, 0, 0], [2, 2, 2, 2], [NAN, 1, NAN, 1], [INF, INF, 1, 0], [-INF, -INF, -INF, -INF], [-1, 1, -1, 0.5],
    [-INF, 1, 1, -INF], [0, 3, -3, 3], [0, 2, 0, 3], [INF, -INF, 0, 1],
]  # fmt: skip
FINITE = [row for row in ROWS if all(map(math.isfinite, row))]
NUMBERS = [row for row in ROWS if not any(map(math.isnan, row))]
ORDERS = [-INF, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, INF]

UNARY = (
    "abs sign sgn sqrt rsqrt reciprocal square exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh "
    "asinh acosh atanh erf erfc erfinv logit sinc lgamma digamma nan_to_num round floor ceil trunc frac sigmoid neg positive "
    "deg2rad rad2deg angle special.entr special.ndtr special.ndtri special.log_ndtr special.erfcx "
    "nn.functional.relu nn.functional.silu nn.functional.gelu"
).split()
BINARY = (
    "pow float_power maximum minimum fmax fmin atan2 hypot xlogy special.xlog1py copysign heaviside logaddexp logaddexp2 "
    "remainder fmod div mul sub add floor_divide nextafter ldexp"
).split()


def found(name):
    function = torch
    for part in name.split("."):
        function = getattr(function, part)
    return function


class Edges:
    def __init__(self):
        self.tensors, self.metadata, self.counts = {}, {"torch": torch.__version__}, {}

    def add(self, name, *args, **kwargs):
        """A call for each dtype; lists become tensors that require gradients."""
        for dtype in (F32, F64):

            def made(value, dtype=dtype):
                is_list = isinstance(value, list)
                return torch.tensor(value, dtype=dtype, requires_grad=True) if is_list else value

            op = SimpleNamespace(name=name, op=found(name), variant_test_name="")
            first, *rest = map(made, args)
            sample = SimpleNamespace(
                input=first, args=tuple(rest), kwargs={key: made(value) for key, value in kwargs.items()}
            )
            own, described = worked_out(op, sample, dtype)
            number = self.counts.get(name, 0)
            self.counts[name] = number + 1
            self.tensors |= {f"{name}/{number}/{key}": tensor for key, tensor in own.items()}
            self.metadata[f"{name}/{number}"] = described


def elementwise(edges):
    apart = {"digamma": POLES, "special.log_ndtr": [-INF, -1e30], "nn.functional.gelu": [INF, -INF]}
    for name in UNARY:
        points = [*POINTS, -3.0, 1e30, -1e30]
        edges.add(name, [x for x in points if x not in apart.get(name, [])])
        if name in apart:
            edges.add(name, apart[name])
    for order in (1, 2):
        edges.add("special.polygamma", order, [-0.0, 0.0, 0.5, 1.0, 2.0, NAN])
        edges.add("special.polygamma", order, POLES)
        edges.add("special.polygamma", order, [INF, -INF])
    left, right = map(list, zip(*PAIRS))
    for name in BINARY:
        edges.add(name, left, right)
    for mode in ("floor", "trunc"):
        edges.add("div", left, right, rounding_mode=mode)
    for number in (-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, INF, -INF, NAN):
        edges.add("pow", POINTS, number)
    for number in (-2.0, 0.0, 1.0, INF):
        edges.add("pow", torch.tensor(number), POINTS)
        edges.add("xlogy", torch.tensor(number), POINTS)
        edges.add("xlogy", POINTS, number)
        edges.add("remainder", POINTS, number)
        edges.add("fmod", POINTS, number)
        edges.add("copysign", POINTS, number)
    for low, high in ((-1.0, 1.0), (1.0, -1.0), (0.0, None), (None, 0.0), (NAN, 1.0), (-INF, INF)):
        edges.add("clamp", POINTS, low, high)
    edges.add("clamp", left, right, [0.0] * len(left))
    edges.add("clamp", left, [-1.0] * len(left), right)
    edges.add("nan_to_num", POINTS, 0.5, 1.0, -1.0)
    edges.add("logit", POINTS, 0.25)
    mask = torch.tensor([x > 0 for x in left])
    edges.add("where", mask, left, right)
    edges.add("lerp", left, right, 0.5)
    edges.add("lerp", left, right, [0.0, 1.0, 0.5] * 40 + [INF])
    for name in ("nn.functional.l1_loss", "nn.functional.smooth_l1_loss", "nn.functional.huber_loss", "nn.functional.mse_loss"):
        edges.add(name, left, right, reduction="none")
    edges.add("nn.functional.binary_cross_entropy_with_logits", left, right, reduction="none")


def reductions(edges):
    for name in ("amax", "amin"):
        edges.add(name, NUMBERS, 1)
    for name in ("max", "min", "median", "nanmedian", "sum", "nansum", "mean", "nanmean"):
        edges.add(name, ROWS, 1)
    for row in ROWS:
        for name in ("amax", "amin", "max", "min", "median", "nanmedian", "prod", "norm", "cumprod"):
            edges.add(name, row, 0) if name == "cumprod" else edges.add(name, row)
    for name in ("cummax", "cummin", "logcumsumexp", "cumsum", "logsumexp", "softmax", "log_softmax", "sort"):
        edges.add(name, ROWS, 1)
    edges.add("aminmax", NUMBERS, dim=1)
    edges.add("mode", NUMBERS, 1)
    for k in (1, 2, 3):
        edges.add("kthvalue", FINITE, k, 1)
        edges.add("kthvalue", [[3.0, 1.0, 2.0, NAN], [INF, 0.0, -INF, 1.0]], k, 1)
    edges.add("topk", [[3.0, 1.0, 2.0, NAN], [INF, 0.0, -INF, 1.0]], 2, 1)
    for q in (0.0, 0.5, 0.4, 1.0):
        edges.add("quantile", ROWS, q, 1)
        edges.add("nanquantile", ROWS, q, 1)
    for correction in (0, 1, 4):
        for name in ("std", "var", "std_mean", "var_mean"):
            edges.add(name, FINITE, 1, correction=correction)
    for name in ("std", "var"):
        edges.add(name, [2.0])
        edges.add(name, [[2.0], [0.0]], 1, correction=0)
        edges.add(name, ROWS, 1, correction=1)
    for order in ORDERS:
        edges.add("norm", ROWS, order, 1)
        edges.add("linalg.vector_norm", ROWS, order, 1)
        edges.add("norm", FINITE, order)
        if order > 0:
            edges.add("renorm", FINITE, order, 0, 1.0)
    edges.add("renorm", FINITE, 2.0, 0, 0.0)
    for order in ("fro", 1, -1, INF, -INF):
        edges.add("linalg.matrix_norm", [[1.0, -1.0], [1.0, 1.0]], order)
        edges.add("linalg.matrix_norm", [[0.0, 0.0], [0.0, 0.0]], order)
    edges.add("cov", [[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]])


def distances(edges):
    near, far = [[1.0, 2.0], [0.0, 0.0], [1.0, -1.0]], [[1.0, 2.0], [1.0, 0.0]]
    for order in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, INF):
        edges.add("cdist", near, far, order)
        edges.add("nn.functional.pdist", [[1.0, 2.0], [1.0, 2.0], [1.0, 0.0]], order)
        edges.add("dist", [1.0, 2.0], [1.0, 2.0], order)
        edges.add("dist", [1.0, 2.0], [1.0, 3.0], order)
        edges.add("dist", [1.0, 2.0], [2.0, 3.0], order)


def scattering(edges):
    places = torch.tensor([[0, 0, 1, 1], [2, 2, 2, 0]])
    for values in ([[1, 1, 0, 0], [0, 0, 0, 1]], [[0, 2, 0, 3], [0, 4, 5, 1]], [[NAN, 1, INF, INF], [-INF, -INF, 2, 1]]):
        for reduce in ("sum", "prod", "mean", "amax", "amin"):
            for own in (True, False):
                into = [[1.0, 0.0, 2.0], [1.0, 5.0, 0.0]]
                edges.add("scatter_reduce", into, 1, places, values, reduce=reduce, include_self=own)
                if reduce != "sum":
                    line = [1.0, 0.0, 0.0, NAN]
                    edges.add(
                        "index_reduce", line, 0, torch.tensor([0, 0, 1, 2]), values[0], reduce=reduce, include_self=own
                    )


def matrices(edges):
    for matrix in (
        [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [0.0, 2.0]],
        [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    ):  # fmt: skip
        edges.add("linalg.det", matrix)


def make():
    warnings.simplefilter("ignore")
    edges = Edges()
    for part in (elementwise, reductions, distances, scattering, matrices):
        part(edges)
    save("edges", edges.tensors, edges.metadata, compressed=True)
    print(f"{sum(edges.counts.values())} cases of {len(edges.counts)} names")
