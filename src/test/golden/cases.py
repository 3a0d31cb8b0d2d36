"""The shape of every file of operation cases.

A case is named `<op>/<case>` and holds

    in0, in1, ...     the operands, in the order of the operation's tensor arguments
    out               the result; out0, out1, ... where there are several
    cotangent         the gradient given to the result (cotangent0, ... where there are several), with
    grad0, grad2, ... the gradients that reach those operands that are floating and matter
    metadata          `<op>/<case>` -> a JSON object of all other arguments, by PyTorch's names; absent if there are none

Non-finite numbers in the JSON are the strings "nan", "inf" and "-inf".
"""

import zlib

import torch

from tensorfile import save

F16, BF16, F32, F64 = torch.float16, torch.bfloat16, torch.float32, torch.float64
BOOL, U8, I8, I16, I32, I64 = torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64

SHORT = {
    BOOL: "bool", U8: "u8", I8: "i8", I16: "i16", I32: "i32", I64: "i64",
    F16: "f16", BF16: "bf16", F32: "f32", F64: "f64",
}  # fmt: skip


def sample(name, shape, dtype=F32):
    """Reproducible values of three decimals, distinct for practical purposes."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    values = torch.randn(shape, generator=generator, dtype=F64)
    return ((values * 1000).round() / 1000).to(dtype)


def cotangent_of(out):
    """Values of both signs, none of them 0."""
    n = out.numel()
    return ((torch.arange(n) % 7 - 3) * 0.5 + 0.25).to(out.dtype).reshape(out.shape)


def as_json(value):
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, (list, tuple)):
        return [as_json(v) for v in value]
    return value


class Family:
    """The cases of one file."""

    def __init__(self, name):
        self.name = name
        self.tensors = {}
        self.metadata = {}

    def add(self, op, case, function, inputs, args=None, gradients=True):
        """Runs function(*inputs) and keeps operands, results and gradients; `args` are kept as they are."""
        key = f"{op}/{case}"
        if f"{key}/in0" in self.tensors or f"{key}/out" in self.tensors:
            raise ValueError(f"{key} is there already")
        leaves = [x.clone().requires_grad_() if gradients and x.is_floating_point() else x.clone() for x in inputs]
        out = function(*leaves)
        several = isinstance(out, (tuple, list))
        outs = list(out) if several else [out]
        for i, x in enumerate(inputs):
            self.tensors[f"{key}/in{i}"] = x
        for i, y in enumerate(outs):
            self.tensors[f"{key}/out{i if several else ''}"] = y.detach()
        if args:
            self.metadata[key] = {k: as_json(v) for k, v in args.items()}
        tracked = [i for i, y in enumerate(outs) if y.requires_grad]
        wanted = [i for i, x in enumerate(leaves) if x.requires_grad]
        if not tracked or not wanted:
            return
        cotangents = [cotangent_of(outs[i].detach()) for i in tracked]
        found = torch.autograd.grad([outs[i] for i in tracked], [leaves[i] for i in wanted], cotangents, allow_unused=True)
        for i, g in zip(tracked, cotangents):
            self.tensors[f"{key}/cotangent{i if several else ''}"] = g
        for i, g in zip(wanted, found):
            if g is not None:
                self.tensors[f"{key}/grad{i}"] = g

    def save(self):
        save(self.name, self.tensors, self.metadata)
