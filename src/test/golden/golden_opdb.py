"""opdb_*.safetensors.gz: PyTorch's own sample inputs, and what PyTorch makes of them.

The cases come from torch.testing._internal.common_methods_invocations.op_db, in one file for each class of entry there. A
case is named `<op>/<number>` and holds

    a0, a1, ...       its tensors, each once however often it is used
    o0, o1, ...       the tensors of the result
    g0, g2, ...       the gradients that reach a0, a2, ... from the cotangents of cases.cotangent_of; of float64 alone
    metadata          `<op>/<number>` -> a JSON object:
      variant, dtype  the entry's variant, and the dtype that its samples were asked for
      args            all arguments by PyTorch's names, in its order
      optional        the names of those that have their default
      result          what is not a tensor in the result, in place of o0, ...
      leaves          the numbers of the tensors that require gradients
      throws          PyTorch's message, where the arguments are wrong; there are no results then

An argument is a number (an int has no point), a flag, a string, null, a list of arguments, or an object of one key:
{"tensor": 2}, {"float": "nan"}, {"dtype": "float32"}, {"slice": [start, stop, step]}, {"ellipsis": true}, {"other": text}.
Before each call the generator was seeded with 42. The file's metadata also has `torch`, its version, and opdb_other's has
`left out`, the entries that have no cases, with the reason.
"""

import inspect
import itertools
import json
import random
import sys
import types
import unittest
import warnings
import zlib

import numpy
import torch

from cases import SHORT, cotangent_of
from tensorfile import save

# A package that the database imports for tests of its own alone.
_expecttest = types.ModuleType("expecttest")
_expecttest.TestCase = unittest.TestCase
sys.modules.setdefault("expecttest", _expecttest)

BUDGET = 24000  # bytes of tensors for each entry and dtype, in the most compact form
LARGEST = 200  # elements of a tensor; of an entry and dtype without such samples, GREATEST
GREATEST = 1000
SEEN = 400  # samples that are looked at
COUNTS = {
    torch.float64: 10, torch.float32: 8, torch.int64: 6, torch.bool: 4, torch.uint8: 4, torch.float16: 3, torch.bfloat16: 3,
}  # fmt: skip

SPARSE = "sparse tensors"
COMPLEX = "complex numbers"
FFT = "Fourier transforms"
SPECIAL = "Bessel-like functions and orthogonal polynomials"
UNINITIALISED = "the values of the result are arbitrary"
INTERNAL = "not a public function of PyTorch"
OPERATOR = "an operator of Python: a number on the left"
COPY = "a view's copy, made for compilers"
CUDA = "runs on CUDA alone"
MASKED = "torch.masked, a prototype"
WINDOWS = "torch.signal, windows for Fourier transforms"
RANDOMISED = "a randomised algorithm"
MISNAMED = "the entry calls randn_like"

LEFT_OUT = {
    "to_sparse": SPARSE,
    "stft": FFT, "istft": FFT,
    "view_as_real": COMPLEX, "view_as_complex": COMPLEX, "complex": COMPLEX, "polar": COMPLEX, "real": COMPLEX,
    "imag": COMPLEX, "conj": COMPLEX, "conj_physical": COMPLEX, "resolve_conj": COMPLEX, "resolve_neg": COMPLEX,
    "cfloat": COMPLEX, "cdouble": COMPLEX, "chalf": COMPLEX, "linalg.eig": COMPLEX, "linalg.eigvals": COMPLEX,
    "i0": SPECIAL, "special.i0e": SPECIAL, "special.i1": SPECIAL, "special.i1e": SPECIAL, "special.zeta": SPECIAL,
    "special.airy_ai": SPECIAL,
    "empty": UNINITIALISED, "empty_like": UNINITIALISED, "new_empty": UNINITIALISED, "new_empty_strided": UNINITIALISED,
    "empty_strided": UNINITIALISED, "empty_permuted": UNINITIALISED, "resize_": UNINITIALISED, "resize_as_": UNINITIALISED,
    "native_group_norm": INTERNAL, "native_layer_norm": INTERNAL, "native_batch_norm": INTERNAL, "hash_tensor": INTERNAL,
    "native_dropout_backward": INTERNAL, "max_pool2d_with_indices_backward": INTERNAL, "constant_pad_nd": INTERNAL,
    "grid_sampler_2d": INTERNAL, "grid_sampler_3d": INTERNAL, "unsafe_chunk": INTERNAL, "unsafe_split": INTERNAL,
    "svd_lowrank": RANDOMISED, "pca_lowrank": RANDOMISED, "rand_like": MISNAMED,
}  # fmt: skip


def reason_to_leave_out(name):
    if name in LEFT_OUT:
        return LEFT_OUT[name]
    if name.endswith("_copy") and name != "index_copy":
        return COPY
    if name.startswith("__") and name != "__getitem__":
        return OPERATOR
    if name.startswith("_") and name != "__getitem__" or name.startswith("torch."):
        return INTERNAL
    if any(word in name for word in ("bessel", "polynomial")):
        return SPECIAL
    prefixes = {"sparse.": SPARSE, "fft.": FFT, "jiterator_": CUDA, "masked.": MASKED, "signal.windows.": WINDOWS}
    return next((reason for prefix, reason in prefixes.items() if name.startswith(prefix)), None)


# Arguments that say where and how a result lies.
PLACES = ("device", "requires_grad", "layout", "pin_memory", "memory_format", "_stacklevel", "size_average", "generator")


class Unsuited(Exception):
    """A sample that cannot be kept: too large, of a dtype that the library has not, not reproducible."""


def seed(value):
    torch.manual_seed(value)
    random.seed(value)
    numpy.random.seed(value % 2**32)


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def check(tensors, largest=GREATEST):
    for tensor in tensors:
        if tensor.layout != torch.strided or tensor.device.type != "cpu":
            raise Unsuited(str(tensor.layout))
        if tensor.dtype not in SHORT or tensor.numel() > largest or tensor.dim() > 64:
            raise Unsuited(f"{tensor.dtype} {tuple(tensor.shape)}")


def mapped(value, function):
    """The same value with function(tensor) in the place of each tensor."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(mapped(item, function) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, function) for key, item in value.items()}
    return value


class Operands:
    """The tensors of a sample, each once; fresh copies for each call."""

    def __init__(self, sample):
        self.values = (sample.input, *sample.args, sample.kwargs)
        self.tensors = []
        for tensor in tensors_in(self.values):
            if self.number(tensor) is None:
                self.tensors.append(tensor)

    def number(self, tensor):
        return next((i for i, known in enumerate(self.tensors) if known is tensor), None)

    def leaves(self):
        return [i for i, tensor in enumerate(self.tensors) if tensor.requires_grad]

    def call(self, op, gradients):
        """Calls op on copies; returns these and the result."""
        copies = []
        for tensor in self.tensors:
            copy = tensor.detach().clone(memory_format=torch.contiguous_format)
            copies.append(copy.requires_grad_() if gradients and tensor.requires_grad else copy)
        *args, kwargs = mapped(self.values, lambda tensor: copies[self.number(tensor)])
        seed(42)
        return copies, op(*args, **kwargs)

    def as_json(self, value):
        if isinstance(value, torch.Tensor):
            return {"tensor": self.number(value)}
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            return {"float": str(value)}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, (numpy.integer, numpy.floating)):
            return self.as_json(value.item())
        if isinstance(value, (list, tuple, range)):
            return [self.as_json(item) for item in value]
        if isinstance(value, slice):
            return {"slice": [value.start, value.stop, value.step]}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, (torch.device, torch.layout, torch.memory_format, type)):
            return {"other": str(value)}
        raise Unsuited(f"an argument of {type(value)}")

    def arguments(self, op):
        """All arguments by name, and the names of those that have their default."""
        *args, kwargs = self.values
        names, defaults = signature(op, args, kwargs)
        if len(args) > len(names):
            names, defaults = [*names[:1], *(str(i) for i in range(1, len(args)))], {}
        named = dict(zip(names, args)) | kwargs
        optional = [name for name in named if name in defaults and is_same_plain(named[name], defaults[name])]
        optional += [name for name in defaults if name not in named]
        named = {name: value for name, value in (defaults | named).items() if name != "reduce" or value is not None}
        if "out" in kwargs:
            raise Unsuited("out")
        kept = [name for name in (*names, *(n for n in named if n not in names)) if name in named and name not in PLACES]
        return {
            "args": {name: self.as_json(named[name]) for name in kept},
            "optional": [name for name in kept if name in optional],
        }


def is_same_plain(a, b):
    return type(a) is type(b) and not isinstance(a, torch.Tensor) and a == b


def signature(op, args, kwargs):
    """The names of the parameters in order, and the defaults of those that have one."""
    plain = op.op if getattr(op.op, "__name__", "") == "<lambda>" or op.name.startswith("nn.functional.") else None
    short = op.name.removeprefix("nn.functional.").replace("linalg.", "linalg_").replace("special.", "special_")
    return (
        named_parameters(plain)
        or named_by_schema(short, args, {k: v for k, v in kwargs.items() if k not in PLACES})
        or named_parameters(op.op)
        or named_parameters(getattr(torch, op.name, None))
        or (["self", *(str(i) for i in range(1, len(args)))], {})
    )


def named_by_schema(name, args, kwargs):
    packet = getattr(torch.ops.aten, name, None)
    if not hasattr(packet, "overloads"):
        return None
    try:
        overloads = [torch._C._jit_resolve_packet(f"aten::{name}", *args, **kwargs)]
    except (RuntimeError, TypeError):
        overloads = [o for o in packet.overloads() if "out" not in o]
    for overload in overloads:
        arguments = getattr(packet, overload)._schema.arguments
        names = [a.name for a in arguments]
        if len(args) <= sum(not a.kwarg_only for a in arguments) and set(kwargs) <= set(names[len(args) :]):
            defaults = {a.name: a.default_value for a in arguments if a.has_default_value()}
            return names, {n: None if n == "dtype" else value for n, value in defaults.items()}
    return None


def named_parameters(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    named = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    if any(p.kind is p.VAR_POSITIONAL for p in named):
        return None
    return [p.name for p in named], {p.name: p.default for p in named if p.default is not p.empty}


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(7.25), b.nan_to_num(7.25))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or a != a and b != b


def worked_out(op, sample, dtype):
    """The tensors and the metadata of one sample."""
    operands = Operands(sample)
    check(operands.tensors)
    _, out = operands.call(op.op, False)
    if not same(out, operands.call(op.op, False)[1]):
        raise Unsuited("not reproducible")
    metadata = {"variant": op.variant_test_name, "dtype": SHORT[dtype], **operands.arguments(op)}
    outs = list(tensors_in(out))
    check(outs)
    tensors = {f"a{i}": tensor.detach() for i, tensor in enumerate(operands.tensors)}
    tensors |= {f"o{i}": tensor.detach() for i, tensor in enumerate(outs)}
    if not outs:
        metadata["result"] = operands.as_json(out)
    if operands.leaves():
        gradients(op, operands, metadata, tensors)
    return tensors, metadata


def gradients(op, operands, metadata, tensors):
    try:
        copies, out = operands.call(op.op, True)
        outs = [y for y in tensors_in(out) if y.requires_grad]
        leaves = operands.leaves()
        cotangents = [cotangent_of(y.detach()) for y in outs]
        found = torch.autograd.grad(outs, [copies[i] for i in leaves], cotangents, allow_unused=True) if outs else []
    except RuntimeError:
        return
    if outs and all(g is None or g.dtype in SHORT for g in found):
        metadata["leaves"] = leaves
        found = [torch.zeros(g.shape, dtype=g.dtype) if g is not None and g._is_zerotensor() else g for g in found]
        tensors |= {f"g{i}": g for i, g in zip(leaves, found) if g is not None}


def suited(samples, largest):
    found = []
    for sample in samples:
        try:
            check(Operands(sample).tensors, largest)
            found.append(sample)
        except Unsuited:
            continue
    return found


def parts(samples, count):
    """The samples in as many parts of neighbours; of each part the first that can be kept is."""
    count = min(count, len(samples))
    return [samples[i * len(samples) // count : (i + 1) * len(samples) // count] for i in range(count)]


def size(case):
    """Bytes: a float64 that came of a float32 or an integer would compress to half or less, but few do."""
    return sum(tensor.numel() * tensor.element_size() for tensor in case[0].values()) + 150


def own_samples(op, dtype, differentiable):
    """Smaller samples of entries all of whose own, or their results, are too large."""
    from torch.testing._internal.common_methods_invocations import SampleInput, make_tensor

    def make(*shape):
        return make_tensor(shape, dtype=dtype, device="cpu", low=-5, high=5, requires_grad=differentiable)

    if op.name == "kron":
        shapes = [((2, 3), (3, 2)), ((2, 3), (2,)), ((3,), (2, 3)), ((2, 1, 2), (2, 3)), ((), (2, 3)), ((0, 2), (3, 2))]
        yield from (SampleInput(make(*a), args=(make(*b),)) for a, b in shapes)
    elif op.name == "slice_scatter":
        for dim, start, end, step in ((0, 0, 4, 1), (0, 1, 3, 1), (1, 0, 5, 2), (-1, 1, 100, 1), (2, -2, None, 1), (1, 3, 1, 1)):
            x = make(4, 5, 3)
            size = x.shape[dim]
            at = slice(start, end, step)
            shape = [len(range(size)[at]) if i == dim % 3 else x.shape[i] for i in range(3)]
            yield SampleInput(x, args=(make(*shape), dim, start, end, step))
    elif op.name == "nn.functional.ctc_loss":
        for reduction, zero in (("none", False), ("mean", True), ("sum", False)):
            logits = make(6, 2, 4).detach().log_softmax(2).requires_grad_(differentiable)
            args = (torch.tensor([[1, 2, 2], [3, 1, 0]]), (6, 5), (3, 2))
            yield SampleInput(logits, args=args, kwargs={"reduction": reduction, "zero_infinity": zero})


def cases_of(op, dtype):
    """The chosen samples of one dtype; those of reference_inputs too where only values are compared."""
    differentiable = dtype is torch.float64 and op.supports_autograd
    wanted = op.sample_inputs if dtype is torch.float64 or not op.reference_inputs_func else op.reference_inputs
    seed(zlib.crc32(f"{op.name}{op.variant_test_name}{dtype}".encode()))
    try:
        samples = list(itertools.islice(wanted("cpu", dtype, requires_grad=differentiable), SEEN))
    except (RuntimeError, TypeError, NotImplementedError):
        return []
    samples = suited(samples, LARGEST) or suited(samples, GREATEST)
    return chosen_of(op, dtype, samples) or chosen_of(op, dtype, list(own_samples(op, dtype, differentiable)))


def chosen_of(op, dtype, samples):
    chosen = []
    for part in parts(samples, COUNTS[dtype]):
        for sample in part[:5]:
            try:
                chosen.append(worked_out(op, sample, dtype))
                break
            except (Unsuited, RuntimeError, TypeError, ValueError, NotImplementedError):
                continue
    while len(chosen) > 2 and sum(map(size, chosen)) > BUDGET:
        del chosen[max(range(len(chosen)), key=lambda i: size(chosen[i]))]
    return [case for case in chosen if size(case) <= BUDGET]


def errors_of(op):
    found = []
    if op.error_inputs_func is None:
        return found
    seed(zlib.crc32(op.name.encode()))
    for error in itertools.islice(op.error_inputs("cpu"), 24):
        try:
            operands = Operands(error.sample_input)
            check(operands.tensors)
            arguments = operands.arguments(op)
        except (Unsuited, RuntimeError, TypeError, ValueError):
            continue
        try:
            operands.call(op.op, False)
        except Exception as e:
            tensors = {f"a{i}": tensor.detach() for i, tensor in enumerate(operands.tensors)}
            message = str(e).split("\n")[0][:200]
            found.append((tensors, {"variant": op.variant_test_name, **arguments, "throws": message}))
    return found


def family(op):
    if op.name.startswith("nn.functional."):
        return "nn"
    if op.name.startswith("linalg."):
        return "linalg"
    kinds = {"UnaryUfuncInfo": "unary", "BinaryUfuncInfo": "binary", "ReductionOpInfo": "reduce"}
    return kinds.get(type(op).__name__, "other")


def make():
    from torch.testing._internal.common_methods_invocations import op_db

    warnings.simplefilter("ignore")
    files = {name: ({}, {"torch": torch.__version__}) for name in ("unary", "binary", "reduce", "nn", "linalg", "other")}
    left_out = {}
    counts = {}
    for op in op_db:
        reason = reason_to_leave_out(op.name)
        if reason:
            left_out[op.name] = reason
            continue
        tensors, metadata = files[family(op)]
        supported = op.supported_dtypes("cpu")
        cases = [case for dtype in COUNTS if dtype in supported for case in cases_of(op, dtype)] + errors_of(op)
        counts.setdefault(op.name, 0)
        for own, described in cases:
            key = f"{op.name}/{counts[op.name]}"
            counts[op.name] += 1
            tensors |= {f"{key}/{name}": tensor for name, tensor in own.items()}
            metadata[key] = described
    for name in (name for name, count in counts.items() if count == 0):
        left_out[name] = "no sample can be kept"
    files["other"][1]["left out"] = left_out
    for name, (tensors, metadata) in files.items():
        save(f"opdb_{name}", tensors, metadata, compressed=True)
    print(f"{sum(counts.values())} cases of {len(counts)} names, {len(left_out)} left out")
