"""Where the results of elementwise operations, and of some that turn or replace parts, lie: strides.txt has a line per case,

    name operand...: sizes of the result/its strides

An operand is the numbers 1, 2, ... seen through "sizes/strides", both joined by commas. The stride of a size of 1, which says
nothing, is left out: "_".
"""

import torch

from tensorfile import RESOURCES


def base(shape, *order):
    x = torch.empty(shape)
    return x.permute(order) if order else x


OPERANDS = {
    "front": base((2, 3, 4), 2, 0, 1),
    "middle": base((3, 4, 2), 1, 2, 0),
    "plain": base((4, 2, 3)),
    "row": base((3,)),
    "column": base((4, 1, 1)),
    "between": base((2, 1)),
    "number": base(()),
    "repeated": base((4, 1, 3)).expand(4, 2, 3),
    "turnedRepeated": base((3, 4), 1, 0).unsqueeze(1).expand(4, 2, 3),
    "stepped": base((2, 3, 8), 2, 0, 1)[0:8:2],
    "transposed": base((5, 7), 1, 0),
    "matrix": base((7, 5)),
    "cut": base((7, 9))[:, 2:7],
    "transposedCut": base((9, 7))[2:7].t(),
    "line": base((5,)),
    "images": base((2, 3, 4, 5)),
    "channelsLast": base((2, 4, 5, 3), 0, 3, 1, 2),
    "channels": base((1, 3, 1, 1)),
    "withOne": base((3, 1, 4), 2, 1, 0),
    "oneImage": base((1, 4, 5, 3), 0, 3, 1, 2),
    "empty": base((3, 0, 4), 2, 1, 0),
}
PAIRS = """front front, front middle, middle front, front plain, plain front, front row, row front, front column, column front,
 front between, between front, front number, number front, repeated repeated, repeated front, front repeated,
 turnedRepeated front, front turnedRepeated, repeated plain, turnedRepeated repeated, repeated turnedRepeated, stepped stepped,
 stepped front, front stepped, stepped plain, transposed transposed, transposed matrix, matrix transposed, cut transposed,
 transposed cut, transposedCut transposedCut, transposedCut matrix, matrix transposedCut, transposed line, line transposed,
 images channelsLast, channelsLast images, channelsLast channelsLast, channelsLast channels, channels channelsLast,
 channels images, withOne withOne, withOne number, number withOne, oneImage oneImage, oneImage channels, row between,
 column row, between column, empty number, empty empty"""
TRIPLES = """front front front, front middle plain, plain front middle, row front middle, between row front,
 repeated turnedRepeated front, front number number, number front number, number number middle, channelsLast channels images,
 channels channelsLast images, stepped front plain, transposed matrix matrix, line transposed matrix,
 number line transposedCut"""
UNARY = {
    "exp": torch.exp,
    "clone": torch.clone,
    "toFloat64": lambda x: x.to(torch.float64),
    "zerosLike": torch.zeros_like,
    "onesLike": torch.ones_like,
    "emptyLike": torch.empty_like,
    "fullLike": lambda x: torch.full_like(x, 3),
    "addNumber": lambda x: x + 2,
    "numberSub": lambda x: 2 - x,
    "gtNumber": lambda x: x > 2,
    "clampNumbers": lambda x: x.clamp(2, 5),
    "halfExp": lambda x: x.to(torch.float16).exp(),
    "floorOfIntegers": lambda x: x.to(torch.int32).floor(),
    "floorDivide": lambda x: torch.floor_divide(x.to(torch.int32), 2),
}
TURNED = {
    "flip": lambda x: x.flip(0, 1),
    "rot90": torch.rot90,
    "rot270": lambda x: torch.rot90(x, 3),
}
REPLACED = {
    "selectScatter": lambda x: x.select_scatter(torch.zeros_like(x[0]), 0, 0),
    "sliceScatter": lambda x: x.slice_scatter(torch.zeros_like(x[:1]), 0, 0, 1),
    "diagonalScatter": lambda x: x.diagonal_scatter(torch.zeros_like(x.diagonal())),
}
BINARY = {
    "add": torch.add,
    "lt": torch.lt,
    "addFloat64": lambda x, y: x + y.to(torch.float64),
    "halfMul": lambda x, y: x.to(torch.bfloat16) * y.to(torch.bfloat16),
    "floorDivideIntegers": lambda x, y: torch.floor_divide(x.to(torch.int32), y.to(torch.int32)),
}
TERNARY = {
    "addcmul": torch.addcmul,
    "where": lambda x, y, z: torch.where(x > 2, y, z),
    "clamp": torch.clamp,
    "lerp": torch.lerp,
}


def span(x):
    return 1 + sum((n - 1) * s for n, s in zip(x.shape, x.stride())) if x.numel() else 0


def numbers(x):
    return torch.arange(1, span(x) + 1, dtype=torch.float32).as_strided(x.shape, x.stride())


def commas(numbers):
    return ",".join(map(str, numbers))


def text(x):
    return f"{commas(x.shape)}/{commas(x.stride())}"


def make():
    lines = []

    def cases(functions, rows):
        for names in rows:
            operands = [numbers(OPERANDS[name]) for name in names]
            for name, function in functions.items():
                y = function(*operands)
                strides = commas(s if n > 1 and y.numel() else "_" for n, s in zip(y.shape, y.stride()))
                lines.append(f"{name} {' '.join(map(text, operands))}: {commas(y.shape)}/{strides}")

    cases(UNARY, [[name] for name in OPERANDS])
    planes = {name: operand for name, operand in OPERANDS.items() if operand.dim() > 1}
    cases(TURNED, [[name] for name in planes])
    # Of others PyTorch's results have the operand's gaps.
    cases(REPLACED, [[name] for name, operand in planes.items() if span(operand) <= operand.numel()])
    cases(BINARY, [pair.split() for pair in PAIRS.split(",")])
    cases(TERNARY, [triple.split() for triple in TRIPLES.split(",")])
    (RESOURCES / "strides.txt").write_text("\n".join(lines) + "\n")
    print(f"strides.txt: {len(lines)} cases")
