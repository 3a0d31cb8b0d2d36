"""Images of another size, of bytes and antialiased, and by factors that leave a size as it is: resampling.safetensors.

Each `<number>` has `in`, `out`, and of float64 `grad`, the gradient of `in` for the `cotangent` of `out`; its metadata are the
arguments of interpolate: mode, size or scale_factor, antialias, align_corners and recompute_scale_factor.
"""

import itertools

import torch
from torch.nn.functional import interpolate

from cases import cotangent_of, sample
from tensorfile import save

SIZES = [{"size": s} for s in ((4, 5), (13, 20), (7, 4), (1, 2), (3, 11))]
FACTORS = [{"scale_factor": (0.4, 1.7)}, {"scale_factor": (0.55, 0.4), "recompute_scale_factor": True}]


def image(name, shape, dtype):
    if dtype is not torch.uint8:
        return sample(name, shape, dtype)
    generator = torch.Generator().manual_seed(len(name))
    return torch.randint(0, 256, shape, generator=generator).to(torch.uint8)


def make():
    tensors, metadata = {}, {}

    def add(x, args):
        key = str(len(metadata))
        metadata[key] = args
        tensors[f"{key}/in"] = x.clone()
        differentiable = x.dtype is torch.float64
        out = interpolate(x.requires_grad_() if differentiable else x, **args)
        tensors[f"{key}/out"] = out
        if differentiable:
            tensors[f"{key}/cotangent"] = cotangent_of(out)
            (tensors[f"{key}/grad"],) = torch.autograd.grad(out, x, cotangent_of(out))

    kinds = list(itertools.product(("bilinear", "bicubic"), (False, True), (False, True)))
    for mode, antialias, aligned in kinds:
        for size in SIZES + FACTORS:
            args = {"mode": mode, "antialias": antialias, "align_corners": aligned, **size}
            add(image("few channels", (2, 3, 7, 9), torch.uint8), args)
            add(image("many", (1, 5, 6, 11), torch.uint8), args)
            if antialias:
                add(image("floats", (1, 2, 7, 9), torch.float32), args)
                add(image("doubles", (1, 1, 5, 6), torch.float64), args)
        wide = {"mode": mode, "antialias": antialias, "align_corners": aligned}
        add(image("a wide one", (1, 1, 3, 300), torch.uint8), {**wide, "size": (2, 3)})
        add(image("a spot", (2, 2, 1, 2), torch.uint8), {**wide, "size": (3, 3)})
    bytes_like_edges = torch.tensor([0, 255, 255, 0, 0, 255], dtype=torch.uint8).view(1, 1, 2, 3)
    add(bytes_like_edges, {"mode": "bicubic", "antialias": False, "align_corners": False, "size": (5, 7)})
    for mode, shape, factors in (("linear", (1, 2, 5), (1.1,)), ("bilinear", (1, 1, 5, 6), (1.1, 1.7)), ("trilinear", (1, 1, 3, 2, 4), (1.4, 1.3, 1.3))):
        leaving = {"mode": mode, "antialias": False, "align_corners": False, "scale_factor": factors}
        add(image(f"a size that stays {shape}", shape, torch.float64), leaving)
    save("resampling", tensors, metadata)
