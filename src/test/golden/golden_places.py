"""Where the results of PyTorch's own samples lie, for operands in several orders of memory: places.txt.gz has a line per case,

    op/number order: sizes of the result/its strides ...

with the names of golden_opdb.py. The orders of a case's tensors are

    plain     row-major
    turned    the last two dimensions are swapped in memory
    reversed  all dimensions are in reverse in memory
    last      the second dimension is the innermost one, from three dimensions on
    first     the first tensor is turned, the others are plain
    stepped   every second element of the last dimension of a tensor with more

An order that is none of its own for a case's shapes is left out. The stride of a size of 1, which says nothing, is "_".
"""

import gzip
import json
import warnings

import torch

import golden_opdb
from tensorfile import RESOURCES, load

ORDERS = ("plain", "turned", "reversed", "last", "first", "stepped")


def memory_order(order, number, dims):
    """The dimensions of a tensor from the outermost in memory to the innermost."""
    plain = list(range(dims))
    if dims < 2 or order == "first" and number > 0:
        return plain
    if order in ("turned", "first"):
        return plain[:-2] + [dims - 1, dims - 2]
    if order == "reversed":
        return plain[::-1]
    if order == "last" and dims > 2:
        return [0] + plain[2:] + [1]
    return plain


def laid(order, number, tensor):
    x = tensor.detach()
    if order == "stepped" and x.dim() > 0:
        wide = torch.zeros((*x.shape[:-1], 2 * x.shape[-1] + 1), dtype=x.dtype)
        return wide[..., 1::2].copy_(x)
    dims = memory_order(order, number, x.dim())
    dense = x.permute(dims).clone(memory_format=torch.contiguous_format)
    return dense.permute([dims.index(i) for i in range(x.dim())])


def text(x):
    strides = ",".join(str(s) if n > 1 and x.numel() else "_" for n, s in zip(x.shape, x.stride()))
    return f"{','.join(map(str, x.shape))}/{strides}"


def places(op, operands):
    """The orders of memory, each with where the results lie."""
    seen = set()
    for order in ORDERS:
        tensors = [laid(order, i, x) for i, x in enumerate(operands.tensors)]
        strides = tuple(x.stride() for x in tensors)
        if strides in seen:
            continue
        seen.add(strides)
        *args, kwargs = golden_opdb.mapped(operands.values, lambda x: tensors[operands.number(x)])
        golden_opdb.seed(42)
        try:
            results = list(golden_opdb.tensors_in(op(*args, **kwargs)))
        except RuntimeError:
            continue  # a view that there is not of such operands
        if any(x.dim() > 1 for x in results):
            yield order, results


def samples(op):
    """The cases of golden_opdb.cases_of, each with its sample."""
    plain = golden_opdb.worked_out
    found = []

    def noted(op, sample, dtype):
        case = plain(op, sample, dtype)
        found.append((sample, case))
        return case

    golden_opdb.worked_out = noted
    try:
        supported = op.supported_dtypes("cpu")
        chosen = [case for dtype in golden_opdb.COUNTS if dtype in supported for case in golden_opdb.cases_of(op, dtype)]
    finally:
        golden_opdb.worked_out = plain
    return [(next(s for s, c in found if c is case), case) for case in chosen]


def make():
    from torch.testing._internal.common_methods_invocations import op_db

    warnings.simplefilter("ignore")
    families = ("unary", "binary", "reduce", "nn", "linalg", "other")
    files = {name: load(f"opdb_{name}.safetensors.gz") for name in families}
    counts = {}
    others = 0
    lines = []
    for op in op_db:
        if golden_opdb.reason_to_leave_out(op.name):
            continue
        tensors, metadata = files[golden_opdb.family(op)]
        for sample, (own, described) in samples(op):
            key = f"{op.name}/{counts.setdefault(op.name, 0)}"
            counts[op.name] += 1
            known = json.loads(json.dumps(described)) == metadata.get(key)
            known = known and all(tensors[f"{key}/{name}"].shape == own[name].shape for name in own)
            if not known:
                others += 1  # samples that are made from a set, in another order in each process
                continue
            if any(name in sample.kwargs for name in golden_opdb.PLACES):
                continue
            for order, results in places(op.op, golden_opdb.Operands(sample)):
                lines.append(f"{key} {order}: {' '.join(map(text, results))}")
        counts[op.name] = counts.get(op.name, 0) + len(golden_opdb.errors_of(op))
    whole = "\n".join(lines) + "\n"
    (RESOURCES / "places.txt.gz").write_bytes(gzip.compress(whole.encode(), 9, mtime=0))
    print(f"places.txt.gz: {len(lines)} cases; {others} samples are not those of opdb's files")
