"""Views, joining, splitting and indexing: shape.safetensors (see cases.py).

The argument `index` of `get` lists one item an axis: an integer, a slice [start, stop, step] with nulls, "..." , "newaxis",
or {"tensor": i}, the i-th operand after the first (int64 positions or a mask). `put` and `put_add` write their last operand
there (x[index] = y, and index_put_ with accumulate), giving the new x.
"""

import torch

from cases import F32, F64, I32, I64, Family, sample

X = sample("shape", (2, 3, 4))
M = sample("matrix", (4, 5))


def add_views(family):
    def method(op, case, x, *arguments, **names):
        """The case of x.op(*arguments), where names say what the arguments are."""
        family.add(op, case, lambda t: getattr(t, op)(*arguments), [x], names)

    method("view", "flat", X, 24, shape=[24])
    method("view", "inferred", X, 4, -1, shape=[4, -1])
    method("view", "ones", X, 1, 2, 1, 12, shape=[1, 2, 1, 12])
    method("view", "to_scalar", torch.tensor([2.5]), [], shape=[])
    method("reshape", "inferred", X, -1, 6, shape=[-1, 6])
    method("reshape", "empty", torch.zeros(0, 3), 3, 0, shape=[3, 0])
    family.add("reshape", "of_transpose", lambda t: t.reshape(12, 2), [X.permute(2, 0, 1)], {"shape": [12, 2]})
    for a, b in ((0, 1), (-1, 0), (1, 1)):
        method("transpose", f"{a}_{b}", X, a, b, dim0=a, dim1=b)
    method("permute", "201", X, 2, 0, 1, dims=[2, 0, 1])
    method("permute", "negative", X, -1, 0, -2, dims=[-1, 0, -2])
    method("expand", "ones", sample("e", (3, 1)), 3, 4, size=[3, 4])
    method("expand", "more_axes", sample("e", (3, 1)), 2, -1, 4, size=[2, -1, 4])
    method("expand", "scalar", torch.tensor(2.5), 2, 2, size=[2, 2])
    method("narrow", "middle", X, 2, 1, 2, dim=2, start=1, length=2)
    method("narrow", "empty", X, 0, 2, 0, dim=0, start=2, length=0)
    method("select", "first", X, 1, 0, dim=1, index=0)
    method("select", "negative", X, -1, -2, dim=-1, index=-2)
    for dim in (0, 2, -1, 3):
        method("unsqueeze", f"{dim}", X, dim, dim=dim)
    ones = sample("ones", (1, 3, 1, 2))
    family.add("squeeze", "all", lambda t: t.squeeze(), [ones])
    method("squeeze", "0", ones, 0, dim=0)
    method("squeeze", "-2", ones, -2, dim=-2)
    method("squeeze", "not_one", ones, 1, dim=1)
    family.add("flatten", "all", lambda t: t.flatten(), [X])
    family.add("flatten", "from1", lambda t: t.flatten(1), [X], {"start_dim": 1})
    family.add("flatten", "to1", lambda t: t.flatten(0, 1), [X], {"start_dim": 0, "end_dim": 1})
    family.add("flatten", "scalar", lambda t: t.flatten(), [torch.tensor(2.5)])
    method("repeat", "same", X[0].clone(), 2, 3, repeats=[2, 3])
    method("repeat", "more_axes", X[0].clone(), 2, 1, 2, repeats=[2, 1, 2])
    method("repeat", "none", X[0].clone(), 0, 1, repeats=[0, 1])
    method("flip", "0", X, [0], dims=[0])
    method("flip", "12", X, [1, -1], dims=[1, -1])
    for op in ("tril", "triu"):
        for diagonal in (0, 1, -2):
            method(op, f"{diagonal}", M, diagonal, diagonal=diagonal)
        family.add(op, "batch", lambda t, o=op: getattr(t, o)(), [X])


def add_joins(family):
    a, b, c = sample("a", (2, 3)), sample("b", (2, 1)), sample("c", (2, 2))
    family.add("cat", "dim1", lambda *t: torch.cat(t, 1), [a, b, c], {"dim": 1})
    family.add("cat", "dim-2", lambda *t: torch.cat(t, -2), [a, a + 1], {"dim": -2})
    family.add("cat", "empty", lambda *t: torch.cat(t, 0), [a, torch.zeros(0, 3)], {"dim": 0})
    family.add("cat", "legacy_empty", lambda *t: torch.cat(t, 0), [torch.zeros(0), a], {"dim": 0})
    family.add("cat", "mixed", lambda *t: torch.cat(t, 0), [torch.arange(3), torch.tensor([1.5])], {"dim": 0})
    family.add("cat", "f32_f64", lambda *t: torch.cat(t, 0), [a, a.double()], {"dim": 0})
    for dim in (0, 1, 2, -1):
        family.add("stack", f"dim{dim}", lambda *t, d=dim: torch.stack(t, d), [a, a * 2], {"dim": dim})
    family.add("split", "size", lambda t: t.split(2, 1), [M], {"split_size": 2, "dim": 1})
    family.add("split", "sizes", lambda t: t.split([1, 3, 0], 0), [M], {"split_size": [1, 3, 0], "dim": 0})
    family.add("chunk", "uneven", lambda t: t.chunk(3, -1), [M], {"chunks": 3, "dim": -1})
    family.add("chunk", "fewer", lambda t: t.chunk(4, 0), [sample("six", (6,))], {"chunks": 4, "dim": 0})
    family.add("unbind", "0", lambda t: t.unbind(), [M[:3, :2].clone()], {"dim": 0})
    family.add("unbind", "1", lambda t: t.unbind(1), [M[:3, :2].clone()], {"dim": 1})


def to_index(item, tensors):
    if isinstance(item, list):
        return slice(*item)
    if isinstance(item, dict):
        return tensors[item["tensor"]]
    return {"...": ..., "newaxis": None}[item] if isinstance(item, str) else item


def index_of(items, tensors):
    return tuple(to_index(item, tensors) for item in items)


def add_indexing(family):
    def get(case, index, *tensors, x=X):
        family.add("get", case, lambda t, *i: t[index_of(index, i)], [x, *tensors], {"index": index})

    rows, columns = torch.tensor([1, 0, 1]), torch.tensor([3, -1, 0])
    get("integer", [1])
    get("negative", [-1, -2])
    get("element", [1, 2, 3])
    get("slice", [[None, None, None], [1, 3, None]])
    get("step", [[None, None, None], [None, None, 2], [1, None, 2]])
    get("clipped", [[0, 100, None], [-100, 2, None]])
    get("nothing", [[2, 1, None]])
    get("dots", ["...", 1])
    get("dots_between", [0, "...", [None, 2, None]])
    get("newaxis", ["newaxis", 1, "newaxis", "..."])
    get("tensor", [{"tensor": 0}], rows)
    get("tensor_2d", [{"tensor": 0}], torch.tensor([[0, 1], [1, -1]]))
    get("tensor_second", [[None, None, None], {"tensor": 0}], columns.clamp(-1, 2))
    get("tensors", [{"tensor": 0}, [None, None, None], {"tensor": 1}], rows, columns)
    get("tensors_adjacent", [[None, None, None], {"tensor": 0}, {"tensor": 1}], columns.clamp(-1, 2), columns)
    get("tensors_broadcast", [{"tensor": 0}, {"tensor": 1}], rows.reshape(3, 1), torch.tensor([0, 2]))
    get("tensor_integer", [{"tensor": 0}, 1], rows)
    get("tensor_i32", [{"tensor": 0}], rows.to(I32))
    get("tensor_empty", [{"tensor": 0}], torch.zeros(0, dtype=I64))
    get("mask", [{"tensor": 0}], X > 0)
    get("mask_rows", [{"tensor": 0}], torch.tensor([False, True]))
    get("mask_front", [{"tensor": 0}], X[:, :, 0] > 0)
    get("mask_none", [{"tensor": 0}], torch.zeros(2, 3, 4, dtype=torch.bool))
    get("mask_column", [[None, None, None], {"tensor": 0}], torch.tensor([True, False, True]))

    def put(case, index, value, *tensors):
        def assign(t, *rest):
            result = t.clone()
            result[index_of(index, rest[:-1])] = rest[-1]
            return result

        family.add("put", case, assign, [X, *tensors, value], {"index": index})

    put("integer", [1], sample("put", (3, 4)))
    put("broadcast", [[None, None, None], 1], torch.tensor(2.5))
    put("step", [[None, None, None], [None, None, 2]], sample("put", (4,)))
    put("tensor", [{"tensor": 0}], sample("put", (2, 3, 4)), torch.tensor([1, 0]))
    put("mask", [{"tensor": 0}], torch.tensor(0.0), X > 0)

    def accumulate(t, i, j, y):
        return t.clone().index_put_((i, j), y, accumulate=True)

    index = [{"tensor": 0}, {"tensor": 1}]
    repeated = [torch.tensor([1, 1, 0]), torch.tensor([2, 2, 0]), sample("put", (3, 4))]
    family.add("put_add", "repeated", accumulate, [X, *repeated], {"index": index})


def add_gathers(family):
    index = torch.tensor([[0, 4, 2], [1, 1, 1], [3, 0, 0], [2, 2, 4]])
    rows = torch.tensor([[0, 3, 1, 1, 2], [2, 2, 2, 0, 3]])
    family.add("gather", "dim1", lambda t, i: t.gather(1, i), [M, index], {"dim": 1})
    family.add("gather", "dim0", lambda t, i: t.gather(0, i), [M, rows], {"dim": 0})
    family.add("gather", "narrow", lambda t, i: t.gather(-1, i), [M, index[:2, :1].clone()], {"dim": -1})
    family.add("scatter_add", "dim1", lambda t, i, s: t.scatter_add(1, i, s), [M, index, sample("s", (4, 3))], {"dim": 1})
    family.add("scatter_add", "dim0", lambda t, i, s: t.scatter_add(0, i, s), [M, rows, sample("s", (2, 5))], {"dim": 0})
    distinct = torch.tensor([[0, 4, 2], [1, 0, 3], [3, 0, 1], [2, 1, 4]])
    family.add("scatter", "dim1", lambda t, i, s: t.scatter(1, i, s), [M, distinct, sample("s", (4, 3))], {"dim": 1})
    picks = torch.tensor([2, 0, 2])
    family.add("index_select", "dim0", lambda t, i: t.index_select(0, i), [M, picks], {"dim": 0})
    family.add("index_select", "dim-1", lambda t, i: t.index_select(-1, i), [X, picks], {"dim": -1})
    family.add("index_select", "none", lambda t, i: t.index_select(0, i), [M, picks[:0].clone()], {"dim": 0})
    family.add("index_add", "dim0", lambda t, i, s: t.index_add(0, i, s), [M, picks, sample("ia", (3, 5))], {"dim": 0})
    mask = torch.tensor([[True], [False], [True], [False]])
    family.add("masked_fill", "value", lambda t, m: t.masked_fill(m, -1.5), [M, mask], {"value": -1.5})
    family.add("masked_fill", "inf", lambda t, m: t.masked_fill(m, float("-inf")), [M, M > 0], {"value": float("-inf")})
    family.add("masked_fill", "i64", lambda t, m: t.masked_fill(m, 7), [torch.arange(4), mask[:, 0].clone()], {"value": 7})
    family.add("masked_select", "broadcast", torch.masked_select, [M, mask])
    family.add("nonzero", "2d", torch.nonzero, [torch.tensor([[0, 3], [0, 0], [2, -1]])])
    family.add("one_hot", "3", lambda t: torch.nn.functional.one_hot(t, 3), [torch.tensor([[0, 2], [1, 1]])], {"num_classes": 3})
    for descending in (False, True):
        x = torch.tensor([[3.0, -1.0, float("nan"), 3.0, 0.0], [2.0, 2.0, 1.0, float("inf"), -float("inf")]])
        args = {"dim": 1, "descending": descending, "stable": True}
        family.add("sort", f"{descending}".lower(), lambda t, a=args: tuple(torch.sort(t, **a)), [x], args)
    family.add("topk", "2", lambda t: tuple(t.topk(2, 1)), [M], {"k": 2, "dim": 1})


def make():
    family = Family("shape")
    add_views(family)
    add_joins(family)
    add_indexing(family)
    add_gathers(family)
    family.save()
