"""Ranges of numbers: ranges.txt has a line per call,

    arange dtype start end step: the elements
    linspace dtype start end steps: the elements

or "refused" for the elements where PyTorch raises. Numbers are written so that they read back exactly, integers without a point.
Left out are steps that are 0 as an integer narrower than int64: there PyTorch repeats the start, which the library refuses.
"""

import random

import torch

from tensorfile import RESOURCES

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
MOST = 40


def line(name, call, dtype, *numbers):
    try:
        elements = " ".join(map(repr, call(*numbers, dtype=dtype).tolist()))
    except (RuntimeError, NotImplementedError, ValueError):
        elements = "refused"
    return f"{name} {str(dtype).removeprefix('torch.')} {' '.join(map(repr, numbers))}: {elements}"


def number(rng, low, high):
    """An integer, or a floating number, which may be whole."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randint(low, high)
    if kind == 1:
        return float(rng.randint(low, high))
    return rng.randint(4 * low, 4 * high) / 4 if kind == 2 else rng.uniform(low, high)


def aranges(rng):
    yield torch.int64, 0, 5.5, 1
    yield torch.int64, 0, 2, 0.5
    yield torch.int64, 2**62, 2**62 + 7, 2
    for _ in range(240):
        dtype = rng.choice(INTEGERS + FLOATS)
        start, end = number(rng, -12, 24), number(rng, -12, 24)
        step = number(rng, -4, 4) if rng.randrange(4) else rng.choice((0, 1, -1, 0.5, -0.25, 3))
        repeats = dtype in INTEGERS and dtype != torch.int64 and int(step) == 0 and step != 0
        if step == 0 or (abs((end - start) / step) < MOST and not repeats):
            yield dtype, start, end, step


def linspaces(rng):
    yield torch.int64, 0.9, 10.9, 5
    yield torch.uint8, 0.0, 300.0, 3
    yield torch.bool, 0.0, 1.0, 2
    yield torch.int64, -(2.0**62), 2.0**62, 5
    for _ in range(100):
        yield rng.choice(INTEGERS[1:]), rng.uniform(-120, 120), rng.uniform(-120, 120), rng.randrange(MOST)
    for _ in range(100):
        scale = 10.0 ** rng.randint(-3, 3)
        yield rng.choice(FLOATS[2:]), scale * rng.uniform(-5, 5), scale * rng.uniform(-5, 5), rng.randrange(MOST)


def make():
    rng = random.Random(20260301)
    lines = [line("arange", torch.arange, *call) for call in aranges(rng)]
    lines += [line("linspace", torch.linspace, *call) for call in linspaces(rng)]
    (RESOURCES / "ranges.txt").write_text("\n".join(lines) + "\n")
    print(f"ranges.txt: {len(lines)} cases")
