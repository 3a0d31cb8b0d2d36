"""Conversions of every dtype to every other: casts.safetensors has "<from> <to> x" and "<from> <to> y" with y = x.to(to).

Beside ordinary values there are the edges: NaN, infinities, numbers just inside and outside each integer type, halves between two
numbers of the narrower type, denormals, and what overflows. PyTorch leaves a floating number that an integer type cannot hold to the
processor, and converts it in another way in vectors than alone; elements on which the two disagree are left out.
"""

import itertools

import torch

from tensorfile import NAMES, save

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def edges():
    values = [0.0, -0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, -0.5, -0.75, -1.0, -1.5, 3.75, 1e-3, 1e3, 12345.678, 1e10, -1e10]
    values += [float("nan"), float("inf"), -float("inf"), 65504.0, 65519.0, 65520.0, 65536.0, 1e39, -1e39, 3.3895e38, 3.4e38, 1e300]
    values += [6.0e-8, 2.98e-8, 2.981e-8, 8.9e-8, 6.1e-5, 5.9605e-8, 1e-38, 1e-40, 1.4e-45, 9.2e-41, 4.6e-41, 1e-320]
    for dtype in INTEGERS:
        info = torch.iinfo(dtype)
        for edge in (info.min, info.max):
            values += [float(edge), edge - 0.75, edge - 0.25, edge + 0.25, edge + 0.75, edge - 1.0, edge + 1.0]
    for bits in (8, 11, 24, 53):
        for k in (1, 2, 3, 5):
            values += [2.0**bits + k, 2.0**bits + k / 2, 1 + k * 2.0**-bits, -(1 + k * 2.0**-bits)]
    return values


def whole():
    values = [0, 1, 2, 3, -1, -2, 127, 128, 129, 255, 256, 257, 258, 511, 2049, 2051, 32767, 32768, 65535, 65536, 65519, 65520]
    values += [2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**53 + 3, 2**63 - 1, -(2**63), 2**62 + 2**38 + 1]
    return values + [-value for value in values if value > -(2**63)]


def source(dtype):
    if dtype == torch.bool:
        return torch.tensor([True, False, True])
    if dtype.is_floating_point:
        return torch.tensor(edges(), dtype=torch.float64).to(dtype)
    return torch.tensor(whole(), dtype=torch.int64).to(dtype)


def same(a, b):
    return (a == b) | ((a != a) & (b != b))


def make():
    tensors = {}
    for before, after in itertools.product(NAMES, NAMES):
        x = source(before)
        many = x.repeat_interleave(64).to(after)[::64]
        alone = torch.stack([element.clone().to(after) for element in x])
        agreed = same(many, alone)
        key = f"{before} {after} ".replace("torch.", "")
        tensors[key + "x"], tensors[key + "y"] = x[agreed], many[agreed]
    save("casts", tensors)
