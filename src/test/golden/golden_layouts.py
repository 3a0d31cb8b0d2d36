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
    "transposedExponential": lambda d: torch.zeros(5, 4, dtype=d).t().exponential_(0.5),
    "narrowGeometric": lambda d: torch.zeros(4, 6, dtype=d).narrow(1, 0, 5).t().geometric_(0.2),
    "steppedLogNormal": lambda d: torch.zeros(6, 8, dtype=d)[:, ::2].t().log_normal_(0.5, 0.25),
    "transposedCauchy": lambda d: torch.zeros(3, 4, dtype=d).t().cauchy_(1, 2),
    "transposedWords": lambda d: torch.zeros(3, 4, dtype=d).t().random_(),
    "transposedBernoulliBy": lambda d: torch.zeros(3, 4, dtype=d).t().bernoulli_(torch.linspace(0, 1, 12, dtype=d).view(4, 3)),
    "rowsBernoulliBy": lambda d: torch.zeros(3, 4, dtype=d).bernoulli_(torch.linspace(0, 1, 4, dtype=d)),
    "permutedBernoulliBy": lambda d: torch.zeros(2, 3, 4, dtype=d).permute(1, 2, 0).bernoulli_(
        torch.linspace(0, 1, 24, dtype=torch.float32).view(4, 2, 3).permute(2, 0, 1)),
    "transposedBernoulli2": lambda d: torch.bernoulli(torch.linspace(0, 1, 12, dtype=d).view(3, 4).t()),
    "transposedBernoulli3": lambda d: torch.bernoulli(torch.ones(3, 4, dtype=d).t(), 0.5),
    "transposedPoisson": lambda d: torch.poisson(torch.arange(12).to(d).view(3, 4).t()),
    "columnsBinomial": lambda d: torch.binomial(torch.full((3, 4), 40, dtype=d).t(), torch.linspace(0, 1, 3, dtype=d)),
    "transposedRandintLike": lambda d: torch.randint_like(torch.zeros(3, 4, dtype=d).t(), 5, 50),
    "transposedNormalMean": lambda d: torch.normal(torch.arange(20).to(d).view(4, 5).t(), 0.5),
    "columnsNormalEach": lambda d: torch.normal(torch.arange(4).to(d).view(4, 1), torch.arange(5).to(d)),
    "transposedMultinomial": lambda d: torch.multinomial(torch.linspace(0.1, 1, 24, dtype=d).view(6, 4).t(), 3),
    "transposedMultinomialOne": lambda d: torch.multinomial(torch.linspace(0.1, 1, 24, dtype=d).view(6, 4).t(), 1),
    "transposedMultinomialAgain": lambda d: torch.multinomial(torch.linspace(0.1, 1, 24, dtype=d).view(6, 4).t(), 3, True),
    "expandedMultinomial": lambda d: torch.multinomial(torch.linspace(0.1, 1, 6, dtype=d).expand(3, 6), 3),
    "steppedMultinomial": lambda d: torch.multinomial(torch.linspace(0.1, 1, 12, dtype=d)[::2], 3),
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
