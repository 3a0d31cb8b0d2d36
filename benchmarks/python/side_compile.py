"""PyTorch with torch.compile: chains, what is made of several operations, and steps of training."""

import shutil

import torch
from torch.nn import functional as F

import torch_operands
from side_torch import arithmetic, bell, four, gelu_written_out
from torch_operands import array, of, one, positive, set_threads, signed, two
from torch_steps import classifier, convolutional, perceptron

if not any(shutil.which(name) for name in ("g++", "clang++", "c++")):
    raise SystemExit("torch.compile needs a C++ compiler, and there is none")


def version():
    return f"{torch_operands.version()}, Inductor"


def compiled(function):
    return torch.compile(function, dynamic=False)


def only(recipe, *known):
    """Compiling takes some ten seconds: only these sizes, which keeps a whole run short."""
    return lambda *sizes: recipe(*sizes) if sizes in known else None


recipes = {
    "chain: (a + b) * c - d": of(four, compiled(arithmetic)),
    "chain: exp(-(a - b)^2 / 2)": two(compiled(bell)),
    "chain: gelu written out": one(compiled(gelu_written_out)),
    "layer norm": lambda n, m: of(
        lambda: (signed(1, n, m), (m,), positive(3, m), signed(4, m)), compiled(F.layer_norm)
    )(),
    "step: MLP, batch": only(
        lambda batch: classifier(perceptron(784, 256, 128, 10), positive(1, batch, 784), compiled), (64,)
    ),
    "step: CNN, batch": only(lambda batch: classifier(convolutional(), positive(1, batch, 1, 28, 28), compiled), (64,)),
}

# Beside Chagres' fused functions.
for chain in [name for name in recipes if name.startswith("chain: ")]:
    recipes[chain + ", fused"] = recipes[chain]
