"""exact.safetensors.gz: what the samples and edges of some special functions are, to the last digit.

Where PyTorch's own values are some steps of their dtype off, they cannot say whether the library's are right. For the
functions below this file holds, under the names of opdb_*.safetensors.gz and edges.safetensors.gz (`edges/` before the
latter), `o0`, the value, and `g0` or `g1`, the gradient that comes of cases.cotangent_of: worked out with mpmath in 60
digits from the numbers that the operands hold, and rounded to the dtype once. Where the function has no finite value, or an
operand is not finite, the element is PyTorch's.
"""

import math

import mpmath
import torch
from mpmath import mp, mpf

from cases import cotangent_of
from tensorfile import load, save

mp.dps = 60
LARGEST = 1e6  # from there on the series take too long


def density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def log_ndtr(x):
    return mpmath.log1p(-mpmath.ncdf(-x)) if x > 0 else mpmath.log(mpmath.ncdf(x))


def erfcx(x):
    return mpmath.exp(x * x) * mpmath.erfc(x)


def igamma(a, x):
    """The regularized lower incomplete gamma function, by its series; of what is greater than 0."""
    if a <= 0 or x < 0:
        raise ValueError
    term = total = 1 / mpmath.gamma(a + 1)
    k = 0
    while term > total * mp.eps or k < x:
        k += 1
        term *= x / (a + k)
        total += term
    return x**a * mpmath.exp(-x) * total


# A function of the numbers of a call, and the derivative by the last of them.
FUNCTIONS = {
    "digamma": (mpmath.digamma, lambda x: mpmath.polygamma(1, x)),
    "polygamma": (mpmath.polygamma, lambda n, x: mpmath.polygamma(n + 1, x)),
    "special.polygamma": (mpmath.polygamma, lambda n, x: mpmath.polygamma(n + 1, x)),
    "igamma": (igamma, lambda a, x: x ** (a - 1) * mpmath.exp(-x) / mpmath.gamma(a)),
    "igammac": (lambda a, x: 1 - igamma(a, x), lambda a, x: -(x ** (a - 1)) * mpmath.exp(-x) / mpmath.gamma(a)),
    "special.erfcx": (erfcx, lambda x: 2 * x * erfcx(x) - 2 / mpmath.sqrt(mpmath.pi)),
    "special.ndtr": (mpmath.ncdf, density),
    "special.log_ndtr": (log_ndtr, lambda x: density(x) / mpmath.ncdf(x)),
}  # fmt: skip


def exact(function, numbers, otherwise):
    """The value, or what PyTorch has where there is none."""
    if not all(map(math.isfinite, numbers)) or abs(numbers[-1]) > LARGEST:
        return otherwise
    try:
        value = function(*(int(x) if isinstance(x, int) else mpf(x) for x in numbers))
    except (ValueError, ZeroDivisionError):
        return otherwise
    return float(value) if mpmath.isfinite(value) else otherwise


def elements(function, operands, like):
    operands = [x.expand(like.shape).flatten().tolist() if isinstance(x, torch.Tensor) else [x] * like.numel() for x in operands]
    values = [exact(function, numbers, old) for *numbers, old in zip(*operands, like.flatten().tolist())]
    return torch.tensor(values, dtype=torch.float64).to(like.dtype).reshape(like.shape)


def cofactors(matrix):
    """The derivative of the determinant by each element."""
    n = len(matrix)
    slopes = torch.empty_like(matrix, dtype=torch.float64)
    for i in range(n):
        for j in range(n):
            rest = mpmath.matrix([[matrix[k, l].item() for l in range(n) if l != j] for k in range(n) if k != i])
            slopes[i, j] = (-1) ** (i + j) * float(mpmath.det(rest))
    return slopes


def work_out(file, prefix, found):
    tensors, metadata = load(file)
    for case, described in metadata.items():
        name = case.split("/")[0]
        operand = tensors.get(f"{case}/a0")
        if name == "matrix_exp" and operand.dtype in (torch.float16, torch.bfloat16):
            found[f"{case}/o0"] = torch.linalg.matrix_exp(operand.double()).to(operand.dtype)
        elif prefix and name == "linalg.det":
            cotangent = cotangent_of(tensors[f"{case}/o0"]).double()
            found[f"{prefix}{case}/g0"] = (cofactors(operand) * cotangent).to(operand.dtype)
        if name not in FUNCTIONS or f"{case}/o0" not in tensors:
            continue
        values = [
            tensors[f"{case}/a{x['tensor']}"] if isinstance(x, dict) and "tensor" in x else x
            for x in described["args"].values()
        ]
        value, slope = FUNCTIONS[name]
        # polygamma's order comes first, and as an argument it is the second of the method.
        operands = sorted(values, key=lambda x: isinstance(x, torch.Tensor))
        result = tensors[f"{case}/o0"]
        found[f"{prefix}{case}/o0"] = elements(value, operands, result)
        last = max((i for i in range(3) if f"{case}/g{i}" in tensors), default=None)
        if last is not None:
            gradient = tensors[f"{case}/g{last}"]
            if gradient.shape == result.shape:
                cotangent = cotangent_of(result).double()
                slopes = elements(slope, operands, torch.full_like(result, math.nan, dtype=torch.float64))
                exactly = (slopes * cotangent).to(gradient.dtype)
                found[f"{prefix}{case}/g{last}"] = torch.where(exactly.isnan(), gradient, exactly)


def make():
    found = {}
    for family in ("unary", "binary", "linalg", "other"):
        work_out(f"opdb_{family}.safetensors.gz", "", found)
    work_out("edges.safetensors.gz", "edges/", found)
    save("exact", found, compressed=True)
