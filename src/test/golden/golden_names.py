"""names.txt: the public names of torch.Tensor, and the functions of torch, torch.linalg and torch.special.

A line has a name and where it is: `abs Tensor torch`, `linalg.inv linalg`. Names that begin with an underscore are left aside,
and so are the operators of Python.
"""

import inspect

import torch

from tensorfile import RESOURCES

MODULES = {"": torch, "linalg.": torch.linalg, "special.": torch.special}


def public(holder):
    return [name for name in dir(holder) if not name.startswith("_")]


def make():
    places = {name: ["Tensor"] for name in public(torch.Tensor)}
    for prefix, module in MODULES.items():
        for name in public(module):
            if inspect.isroutine(getattr(module, name)):
                places.setdefault(prefix + name, []).append(prefix.rstrip(".") or "torch")
    RESOURCES.mkdir(parents=True, exist_ok=True)
    lines = [" ".join([name, *places[name]]) for name in sorted(places)]
    (RESOURCES / "names.txt").write_text("\n".join(lines) + "\n")
