"""halves.safetensors: numbers and 0-d tensors beside 16-bit floats, to the bit.

The form is that of golden_opdb.py. Products and quotients take a number on the right in float32, other operations round it
to the 16 bits first; so each result tells which it was. 75 elements are some vectors and a rest. Of compositions only those
elements are kept where PyTorch's result is the formula's in float32, rounded once, as its vectors fuse some steps. So too
of sums with a factor, which PyTorch rounds to the 16 bits: its vectors round the sum alone, and what is left of a row
beside them, or lies with gaps, the product too.
"""

import torch

from cases import BF16, F16, SHORT
from tensorfile import save

NUMBERS = (0.7, 1.3, 3.1, -0.1)
RIGHT = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "remainder": torch.remainder, "fmod": torch.fmod,
    "floor_divide": torch.floor_divide, "pow": torch.pow, "eq": torch.eq, "lt": torch.lt, "ge": torch.ge,
    "clamp_min": torch.clamp_min, "clamp_max": torch.clamp_max, "rsub": torch.rsub,
}  # fmt: skip
TENSORS_ALONE = {"atan2": torch.atan2, "maximum": torch.maximum, "hypot": torch.hypot}


def lerp(x, y, weight):
    return x + weight * (y - x) if abs(weight) < 0.5 else y - (y - x) * (1 - torch.tensor(weight))


def plain(weight, function, *operands):
    return function(*(operand.float() for operand in operands), weight)


# The function, its formula in float32, the names of its tensors and of its number.
COMPOSED = {
    "lerp": (torch.lerp, lerp, ("self", "end"), "weight"),
    "addcmul": (
        lambda x, y, z, value: torch.addcmul(x, y, z, value=value),
        lambda x, y, z, value: x + torch.tensor(value) * y * z,
        ("self", "tensor1", "tensor2"),
        "value",
    ),
    "addcdiv": (
        lambda x, y, z, value: torch.addcdiv(x, y, z, value=value),
        lambda x, y, z, value: x + torch.tensor(value) * y / z,
        ("self", "tensor1", "tensor2"),
        "value",
    ),
}


SCALED = {
    "add": (torch.add, lambda x, y, alpha: x + y * alpha),
    "sub": (torch.sub, lambda x, y, alpha: x - y * alpha),
    "rsub": (torch.rsub, lambda x, y, alpha: y - x * alpha),
}


class Cases:
    def __init__(self):
        self.tensors = {}
        self.metadata = {"torch": torch.__version__}
        self.count = 0

    def add(self, op, form, operands, arguments, out):
        key = f"{op}/{self.count}"
        self.count += 1
        self.tensors |= {f"{key}/a{i}": tensor.clone() for i, tensor in enumerate(operands)} | {f"{key}/o0": out}
        dtype = SHORT[operands[0].dtype]
        self.metadata[key] = {"variant": form, "dtype": dtype, "args": arguments, "optional": []}


def values(name, dtype):
    generator = torch.Generator().manual_seed(len(name) * 100 + ord(name[0]))
    return (torch.rand(75, generator=generator) * 4 + 0.5).to(dtype)


def make():
    cases = Cases()
    for dtype in (F16, BF16):
        x, y, z = (values(name, dtype) for name in ("x", "yy", "zzz"))
        for number in NUMBERS:
            for op, function in RIGHT.items():
                # Bounds and what is equal to the number would else be none of the elements.
                one = torch.cat([x[:-2], torch.tensor([number, -number], dtype=dtype)])
                cases.add(op, "number", [one], {"self": {"tensor": 0}, "other": number}, function(one, number))
            for op, function in (RIGHT | TENSORS_ALONE).items():
                for other in (torch.float32, torch.float64):
                    point = torch.tensor(number, dtype=other)
                    pair = {"self": {"tensor": 0}, "other": {"tensor": 1}}
                    cases.add(op, "0-d on the right", [x, point], pair, function(x, point))
                    if op != "pow" or number > 0:
                        cases.add(op, "0-d on the left", [point, x], pair, function(point, x))
            for op, (function, formula, names, parameter) in COMPOSED.items():
                operands = (x, y, z)[: len(names)]
                known = function(*operands, number) == plain(number, formula, *operands).to(dtype)
                operands = [operand[known] for operand in operands]
                out = plain(number, formula, *operands).to(dtype)
                arguments = {name: {"tensor": i} for i, name in enumerate(names)} | {parameter: number}
                cases.add(op, "number", operands, arguments, out)
            for op, (function, formula) in SCALED.items():
                operands = (x, y)
                out = plain(torch.tensor(number, dtype=dtype).float(), formula, *operands).to(dtype)
                known = function(*operands, alpha=number) == out
                arguments = {"self": {"tensor": 0}, "other": {"tensor": 1}, "alpha": number}
                cases.add(op, "factor", [operand[known] for operand in operands], arguments, out[known])
    save("halves", cases.tensors, cases.metadata, compressed=True)
