"""Matrix products: matrix.safetensors (see cases.py)."""

import torch

from cases import F64, I64, Family, sample


def add_products(family):
    def pair(op, case, left, right, dtype=torch.float32):
        operands = [sample(f"{op} {case} a", left, dtype), sample(f"{op} {case} b", right, dtype)]
        family.add(op, case, getattr(torch, op), operands)

    pair("mm", "small", (2, 3), (3, 4))
    pair("mm", "f64", (3, 5), (5, 2), F64)
    pair("mm", "row", (1, 4), (4, 3))
    pair("mm", "column", (4, 1), (1, 3))
    pair("mm", "inner0", (2, 0), (0, 3))
    pair("mm", "rows0", (0, 3), (3, 2))
    pair("mm", "columns0", (2, 3), (3, 0))
    pair("mm", "odd", (17, 19), (19, 13))
    pair("mv", "small", (2, 3), (3,))
    pair("mv", "inner0", (2, 0), (0,))
    pair("dot", "small", (5,), (5,))
    pair("dot", "empty", (0,), (0,))
    pair("outer", "small", (3,), (4,))
    pair("outer", "empty", (0,), (4,))
    pair("bmm", "small", (3, 2, 4), (3, 4, 5))
    pair("bmm", "batch0", (0, 2, 4), (0, 4, 5))
    pair("bmm", "inner0", (2, 2, 0), (2, 0, 3))
    ranks = {
        "1_1": ((3,), (3,)),
        "1_2": ((3,), (3, 4)),
        "2_1": ((2, 3), (3,)),
        "2_2": ((2, 3), (3, 4)),
        "1_3": ((3,), (2, 3, 4)),
        "3_1": ((2, 4, 3), (3,)),
        "2_3": ((5, 3), (2, 3, 4)),
        "3_2": ((2, 5, 3), (3, 4)),
        "3_3": ((2, 5, 3), (2, 3, 4)),
        "3_3_broadcast": ((1, 5, 3), (2, 3, 4)),
        "4_3": ((2, 2, 2, 3), (2, 3, 4)),
        "4_4_broadcast": ((2, 1, 2, 3), (1, 3, 3, 2)),
        "4_1": ((2, 1, 2, 3), (3,)),
        "1_4": ((3,), (2, 1, 3, 2)),
        "1_1_empty": ((0,), (0,)),
        "2_1_inner0": ((2, 0), (0,)),
        "3_3_batch0": ((0, 2, 3), (1, 3, 4)),
        "3_2_inner0": ((2, 3, 0), (0, 2)),
    }
    for case, (left, right) in ranks.items():
        pair("matmul", case, left, right)
    pair("matmul", "3_2_f64", (2, 3, 4), (4, 2), F64)
    family.add("mm", "i64", torch.mm, [torch.tensor([[1, -2], [3, 4]]), torch.tensor([[5, 6], [7, -8]])])
    transposed = [sample("t a", (4, 3)), sample("t b", (5, 4))]
    family.add("mm", "transposed", lambda a, b: torch.mm(a.t(), b.t()), transposed, {"transposed": [0, 1]})
    special = torch.tensor([[float("inf"), 1.0], [0.0, float("nan")]])
    family.add("mm", "nan", torch.mm, [special, torch.tensor([[0.0, 1.0], [2.0, 0.0]])], gradients=False)


def add_sums(family):
    a, b = sample("addmm a", (2, 3)), sample("addmm b", (3, 4))
    for case, c in (("full", (2, 4)), ("row", (4,)), ("column", (2, 1)), ("one", ())):
        family.add("addmm", case, torch.addmm, [sample(f"addmm {case}", c), a, b])
    c = sample("addmm full", (2, 4))
    args = {"beta": 0.5, "alpha": -2.0}
    family.add("addmm", "scaled", lambda x, y, z: torch.addmm(x, y, z, **args), [c, a, b], args)
    holes = torch.full((2, 4), float("nan"))
    args0 = {"beta": 0.0, "alpha": 1.0}
    family.add("addmm", "beta0_nan", lambda x, y, z: torch.addmm(x, y, z, **args0), [holes, a, b], args0)
    empty = [c, torch.zeros(2, 0), torch.zeros(0, 4)]
    family.add("addmm", "inner0", lambda x, y, z: torch.addmm(x, y, z, **args), empty, args)
    family.add("addmm", "f64", lambda x, y, z: torch.addmm(x, y, z, **args), [c.double(), a.double(), b.double()], args)


def make():
    family = Family("matrix")
    add_products(family)
    add_sums(family)
    family.save()
