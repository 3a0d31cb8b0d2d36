"""dtypes.safetensors.gz: the dtypes of the results of PyTorch's functions for operands of every dtype, or that it refuses.

The form is that of golden_opdb.py without results and gradients: the first small samples of each entry of op_db, and where it
is a function of two operands also its first sample with a 0-d tensor, and with each kind of Python number, on the right. The
tensors of the dtype that the samples were asked for are converted; those in the file are not converted yet. To a dtype that
is not floating a floating tensor is converted as `x.nan_to_num(1).abs().clamp(1, 100)`. A case's metadata also has

    results    ten words for the dtypes in the order of DTYPES, to which all tensors are converted
    pairs      ten rows of ten words: the first tensor is converted to the row's dtype, all others to the column's; only where
               there are two tensors or more
    in_place, in_place_pairs   the same of the form in place, where there is one

A word has a letter for each tensor of the result (see LETTERS; "." for what is no tensor, "?" for a dtype that the library has
not), or says that there is none: "x" where PyTorch refuses the operands, "-" where it merely has no kernel for them.
"""

import itertools
import warnings
import zlib

import torch

from cases import BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, SHORT, U8
from golden_opdb import Operands, Unsuited, check, mapped, reason_to_leave_out, seed, tensors_in
from tensorfile import save

DTYPES = (BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64)
LETTERS = dict(zip(DTYPES, "buasilhgfd"))
SAMPLES = 3
SEEN = 60
LARGEST = 125
NUMBERS = (2, 2.5, True)


class Sample:
    """Values of a sample, in the form that Operands takes."""

    def __init__(self, first, args, kwargs):
        self.input, self.args, self.kwargs = first, tuple(args), kwargs


def converted(tensor, dtype):
    if tensor.dtype.is_floating_point and not dtype.is_floating_point:
        tensor = tensor.nan_to_num(1).abs().clamp(1, 100)
    return tensor.to(dtype, copy=True)


def word(function, operands, dtypes):
    """What comes of the operands of these dtypes."""
    *args, kwargs = mapped(operands.values, lambda tensor: dtypes[operands.number(tensor)])
    seed(42)
    try:
        out = function(*args, **kwargs)
    except Exception as e:
        return "-" if "not implemented for" in str(e) or "not yet implemented" in str(e) else "x"
    outs = list(tensors_in(out))
    return "".join(LETTERS.get(tensor.dtype, "?") for tensor in outs) or "."


def words(function, operands, asked, pairs):
    def one(first, second):
        tensors = []
        dtypes = itertools.chain([first], itertools.repeat(second))
        for tensor in operands.tensors:
            own = tensor.detach()
            tensors.append(converted(own, next(dtypes)) if tensor.dtype == asked else own.clone())
        return word(function, operands, tensors)

    if pairs:
        return [" ".join(one(first, second) for second in DTYPES) for first in DTYPES]
    return [one(dtype, dtype) for dtype in DTYPES]


def described(op, sample, asked):
    operands = Operands(sample)
    check(operands.tensors, LARGEST)
    metadata = {"variant": op.variant_test_name, "dtype": SHORT[asked], **operands.arguments(op)}
    count = sum(tensor.dtype == asked for tensor in operands.tensors)
    if count == 0:
        raise Unsuited("no tensor to convert")
    metadata["results"] = words(op.op, operands, asked, False)
    if set(metadata["results"]) <= {"x", "-"}:
        raise Unsuited("never defined")
    in_place = op.inplace_variant if isinstance(sample.input, torch.Tensor) and sample.input.dtype == asked else None
    if in_place:
        metadata["in_place"] = words(in_place, operands, asked, False)
    if count > 1:
        metadata["pairs"] = words(op.op, operands, asked, True)
        if in_place:
            metadata["in_place_pairs"] = words(in_place, operands, asked, True)
    return {f"a{i}": tensor.detach() for i, tensor in enumerate(operands.tensors)}, metadata


def samples_of(op, asked):
    seed(zlib.crc32(f"{op.name}{op.variant_test_name}".encode()))
    try:
        samples = list(itertools.islice(op.sample_inputs("cpu", asked), SEEN))
    except (RuntimeError, TypeError, NotImplementedError):
        return
    for sample in samples:
        yield Sample(sample.input, sample.args, sample.kwargs), True
    if type(op).__name__ == "BinaryUfuncInfo":
        first = next(s for s in samples if isinstance(s.args[0], torch.Tensor) and s.input.dim() > 0)
        point = first.args[0].reshape(-1)[0].clone()
        yield Sample(first.input, (point, *first.args[1:]), first.kwargs), False
        for number in NUMBERS:
            yield Sample(first.input, (number, *first.args[1:]), first.kwargs), False


def cases_of(op):
    supported = op.supported_dtypes("cpu")
    asked = next((dtype for dtype in (F32, I64, BOOL, F64) if dtype in supported), None)
    taken = 0
    for sample, counts in samples_of(op, asked) if asked else ():
        if counts and taken == SAMPLES:
            continue
        try:
            case = described(op, sample, asked)
        except (Unsuited, RuntimeError, TypeError, ValueError):
            continue
        taken += counts
        yield case


def make():
    from torch.testing._internal.common_methods_invocations import op_db

    warnings.simplefilter("ignore")
    tensors, metadata, counts = {}, {"torch": torch.__version__}, {}
    for op in op_db:
        if reason_to_leave_out(op.name):
            continue
        for own, described_case in cases_of(op):
            key = f"{op.name}/{counts.setdefault(op.name, 0)}"
            counts[op.name] += 1
            tensors |= {f"{key}/{name}": tensor for name, tensor in own.items()}
            metadata[key] = described_case
    save("dtypes", tensors, metadata, compressed=True)
    print(f"{sum(counts.values())} cases of {len(counts)} names")
