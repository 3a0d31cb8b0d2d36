"""The batches of PyTorch's DataLoader and the draws of its samplers: loader.txt holds one case a line:

    case: the samples of each batch, batches divided by " | ", passes by " || ", then " # " and a number drawn after it all
"""

import torch
from torch.utils.data import (
    ChainDataset,
    DataLoader,
    IterableDataset,
    RandomSampler,
    StackDataset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    get_worker_info,
    random_split,
)

from tensorfile import RESOURCES

WEIGHTS = [0.5, 0.0, 3.0, 1.0, 0.25, 2.0, 1.0]


class Noisy(torch.utils.data.Dataset):
    """Ten samples, each its index plus what its worker draws."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return index + torch.rand((), dtype=torch.float64)


class Shares(IterableDataset):
    """The numbers below `size` that are `worker` modulo the number of workers, with noise."""

    def __init__(self, size, noise=False):
        self.size, self.noise = size, noise

    def __iter__(self):
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        for i in range(worker, self.size, workers):
            yield torch.tensor(float(i)) + (torch.rand(()) if self.noise else 0)


class Uneven(IterableDataset):
    """Worker w has w * 3 + 1 samples: w * 100, w * 100 + 1 ..."""

    def __iter__(self):
        info = get_worker_info()
        for i in range(info.id * 3 + 1):
            yield torch.tensor(info.id * 100 + i)


def flat(batch):
    """The tensors of a batch, also of a batch of stacked samples."""
    return [x for part in batch for x in flat(part)] if isinstance(batch, (list, tuple)) else [batch]


def text(batch):
    return " ; ".join(" ".join(map(repr, x.tolist())) for x in flat(batch))


def passes(loader, count=2):
    return " || ".join(" | ".join(text(batch) for batch in loader) for _ in range(count))


def cases():
    ten = TensorDataset(torch.arange(10))
    for workers in (0, 1, 2, 3):
        kw = {"num_workers": workers}
        for size in (3, 5):
            yield f"sequential {size} workers {workers}", lambda: DataLoader(ten, batch_size=size, **kw)
            yield f"shuffled {size} workers {workers}", lambda: DataLoader(ten, batch_size=size, shuffle=True, **kw)
            yield f"dropped {size} workers {workers}", lambda: DataLoader(
                ten, batch_size=size, shuffle=True, drop_last=True, **kw)
            yield f"generator {size} workers {workers}", lambda: DataLoader(
                ten, batch_size=size, shuffle=True, generator=torch.Generator().manual_seed(7), **kw)
        yield f"noisy workers {workers}", lambda: DataLoader(Noisy(), batch_size=2, shuffle=True, **kw)
        yield f"weighted workers {workers}", lambda: DataLoader(
            ten, batch_size=3, sampler=WeightedRandomSampler(WEIGHTS, 8), **kw)
        yield f"replacement workers {workers}", lambda: DataLoader(
            ten, batch_size=16, sampler=RandomSampler(ten, replacement=True, num_samples=70), **kw)
        yield f"subset workers {workers}", lambda: DataLoader(
            ten, batch_size=2, sampler=SubsetRandomSampler([1, 3, 5, 7, 9]), **kw)
        yield f"stream workers {workers}", lambda: DataLoader(Shares(11), batch_size=3, **kw)
        yield f"stream dropped workers {workers}", lambda: DataLoader(Shares(11), batch_size=3, drop_last=True, **kw)
        yield f"stream noisy workers {workers}", lambda: DataLoader(Shares(7, True), batch_size=2, **kw)
        yield f"chain workers {workers}", lambda: DataLoader(ChainDataset([Shares(5), Shares(0), Shares(4, True)]), batch_size=2, **kw)
        stacked = StackDataset(ten, TensorDataset(torch.arange(10) * 10, torch.arange(10) / 4), Noisy())
        yield f"stack workers {workers}", lambda: DataLoader(stacked, batch_size=4, shuffle=True, **kw)
        if workers:
            yield f"uneven workers {workers}", lambda: DataLoader(Uneven(), batch_size=2, **kw)


def samplers():
    ten = range(10)
    yield "random", lambda g: RandomSampler(ten, generator=g)
    yield "random 25", lambda g: RandomSampler(ten, num_samples=25, generator=g)
    yield "random 4", lambda g: RandomSampler(ten, num_samples=4, generator=g)
    yield "random 20", lambda g: RandomSampler(ten, num_samples=20, generator=g)
    yield "random with replacement 40", lambda g: RandomSampler(ten, replacement=True, num_samples=40, generator=g)
    yield "random with replacement 32", lambda g: RandomSampler(ten, replacement=True, num_samples=32, generator=g)
    yield "subset", lambda g: SubsetRandomSampler([5, 2, 8, 8, 1], generator=g)
    yield "weighted", lambda g: WeightedRandomSampler(WEIGHTS, 20, generator=g)
    yield "weighted without replacement", lambda g: WeightedRandomSampler(WEIGHTS, 6, replacement=False, generator=g)


def splits():
    for fractions in ([0.5, 0.5], [0.7, 0.2, 0.1], [0.33, 0.33, 0.34], [0.1, 0.9]):
        g = torch.Generator().manual_seed(3)
        parts = random_split(range(11), fractions, generator=g)
        yield f"split {fractions}", " | ".join(" ".join(map(str, part)) for part in parts), torch.rand((), generator=g)


def make():
    torch.multiprocessing.set_sharing_strategy("file_system")
    lines = []
    for name, maker in cases():
        torch.manual_seed(42)
        lines.append(f"{name}: {passes(maker())} # {torch.rand(()).item()!r}")
    for name, maker in samplers():
        for given in (True, False):
            torch.manual_seed(42)
            g = torch.Generator().manual_seed(7) if given else None
            sampler = maker(g)
            drawn = " || ".join(" ".join(map(str, sampler)) for _ in range(2))
            after = torch.rand((), generator=g).item()
            lines.append(f"{name} {'given' if given else 'standard'}: {drawn} # {after!r}")
    lines += [f"{name}: {text} # {after.item()!r}" for name, text, after in splits()]
    RESOURCES.joinpath("loader.txt").write_text("\n".join(lines) + "\n")
