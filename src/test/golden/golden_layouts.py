"""Random numbers in tensors that are not contiguous: random_layouts.txt has a line per case and dtype,

    name dtype: strides of the result; its elements in row-major order; the next uniform float32

each after torch.manual_seed(3). PyTorch fills in the order in which elements lie in memory, gives what is made "like" a tensor
that order, and draws normal numbers one by one where a tensor is not contiguous.
"""

import torch
import torch.nn.functional as F

from tensorfile import RESOURCES

CASES = {
    "narrowNormal": lambda d: torch.zeros(4, 6, dtype=d).narrow(1, 0, 5).normal_(0, 1),
    "transposedNormal": lambda d: torch.zeros(3, 4, dtype=d).t().normal_(0, 1),
    "steppedNormal": lambda d: torch.zeros(6, 8, dtype=d)[:, ::2].t().normal_(1, 2),
    "transposedUniform": lambda d: torch.zeros(4, 4, dtype=d).t().uniform_(0, 1),
    "transposedBernoulli": lambda d: torch.zeros(3, 2, dtype=d).t().bernoulli_(0.5),
    "transposedRandom": lambda d: torch.zeros(3, 4, dtype=d).t().random_(0, 100),
    "narrowRandom": lambda d: torch.zeros(4, 6, dtype=d).narrow(1, 0, 5).random_(-7, 2**20),
    "permutedRandomInt64": lambda d: torch.zeros(2, 3, 4, dtype=torch.int64).permute(1, 2, 0).random_(0, 2**40),
    "transposedRandintOut": lambda d: torch.randint(3, 90, (4, 3), out=torch.zeros(3, 4, dtype=d).t()),
    "transposedRandnLike": lambda d: torch.randn_like(torch.zeros(5, 4, dtype=d).t()),
    "narrowRandnLike": lambda d: torch.randn_like(torch.zeros(4, 6, dtype=d).narrow(1, 0, 5)),
    "permutedRandLike": lambda d: torch.rand_like(torch.zeros(2, 3, 4, dtype=d).permute(1, 2, 0)),
    "rowsRandLike": lambda d: torch.rand_like(torch.zeros(4, dtype=d).expand(3, 4)),
    "columnsRandLike": lambda d: torch.rand_like(torch.zeros(3, 1, dtype=d).expand(3, 4)),
    "middleRandLike": lambda d: torch.rand_like(torch.zeros(3, 1, 2, dtype=d).permute(2, 1, 0).expand(2, 3, 3)),
    "transposedDropout": lambda d: F.dropout(torch.ones(3, 4, dtype=d).t(), 0.5),
}


def make():
    lines = []
    for name, call in CASES.items():
        for dtype in (torch.float32, torch.float64):
            torch.manual_seed(3)
            result = call(dtype)
            parts = (result.stride(), result.flatten().tolist(), [torch.rand(1).item()])
            text = "; ".join(" ".join(repr(number) for number in part) for part in parts)
            lines.append(f"{name} {str(dtype).removeprefix('torch.')}: {text}")
    (RESOURCES / "random_layouts.txt").write_text("\n".join(lines) + "\n")
    print(f"random_layouts.txt: {len(lines)} cases")
