"""The workloads of Workloads.java in numpy and PyTorch, and the same small protocol.

    python3 twins.py torch|numpy

A request is a line `<seconds><tab><name>`, an answer the median nanoseconds of a call, or `-` where this side has no such workload.
"""

import statistics
import sys
import time

THREADS = 2


def torch_workloads():
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    all = {}

    for n in (1, 16, 1000, 1_000_000):
        label = f"{n}" if n < 1_000_000 else "1e6"

        def add(n=n):
            a, b = torch.rand(n), torch.rand(n)
            return lambda: torch.add(a, b)

        def add_out(n=n):
            a, b, out = torch.rand(n), torch.rand(n), torch.empty(n)
            return lambda: torch.add(a, b, out=out)

        all[f"add {label}"] = add
        all[f"add {label}, into out"] = add_out

    def exp():
        a = torch.rand(1_000_000)
        return lambda: torch.exp(a)

    def sum():
        a = torch.rand(1_000_000)
        return lambda: torch.sum(a)

    all["exp 1e6"] = exp
    all["sum 1e6"] = sum

    for n in (16, 32, 64, 128, 256, 512, 1024, 2048):

        def matmul(n=n):
            a, b = torch.rand(n, n), torch.rand(n, n)
            return lambda: torch.matmul(a, b)

        all[f"matmul {n}"] = matmul

    def scalar():
        x, y = torch.tensor([1.0]), torch.tensor([2.0])
        w = torch.tensor([1.0], requires_grad=True)

        def run():
            loss = (w * x - y).pow(2).sum()
            loss.backward()
            with torch.no_grad():
                w.sub_(w.grad * 0.01)
            w.grad.zero_()

        return run

    def step(model, optimizer, loss):
        def run():
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()

        return run

    def line():
        x = torch.rand(80, 1)
        y = x * 2 + 1
        model = nn.Linear(1, 1)
        criterion = nn.MSELoss()
        return step(model, torch.optim.SGD(model.parameters(), lr=0.1), lambda: criterion(model(x), y))

    def hidden():
        x = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 0], [0, 0], [0, 1]])
        y = torch.tensor([0, 1, 2, 0, 0, 2])
        model = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3))
        criterion = nn.CrossEntropyLoss()
        return step(model, torch.optim.SGD(model.parameters(), lr=0.01), lambda: criterion(model(x), y))

    def mlp():
        x, y = torch.rand(64, 784), torch.randint(0, 10, (64,))
        model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
        criterion = nn.CrossEntropyLoss()
        return step(model, torch.optim.Adam(model.parameters(), lr=1e-3), lambda: criterion(model(x), y))

    all["step: scalar"] = scalar
    all["step: line through 80 points"] = line
    all["step: hidden layer 2-5-3"] = hidden
    all["step: MLP 784-256-128-10, Adam"] = mlp
    return f"PyTorch {torch.__version__}", all


def numpy_workloads():
    import os

    os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)
    import numpy as np

    rng = np.random.default_rng(0)
    all = {}

    def rand(*shape):
        return rng.random(shape, dtype=np.float32)

    for n in (1, 16, 1000, 1_000_000):
        label = f"{n}" if n < 1_000_000 else "1e6"

        def add(n=n):
            a, b = rand(n), rand(n)
            return lambda: np.add(a, b)

        def add_out(n=n):
            a, b, out = rand(n), rand(n), rand(n)
            return lambda: np.add(a, b, out=out)

        all[f"add {label}"] = add
        all[f"add {label}, into out"] = add_out

    def exp():
        a = rand(1_000_000)
        return lambda: np.exp(a)

    def sum():
        a = rand(1_000_000)
        return lambda: np.sum(a)

    all["exp 1e6"] = exp
    all["sum 1e6"] = sum

    for n in (16, 32, 64, 128, 256, 512, 1024, 2048):

        def matmul(n=n):
            a, b = rand(n, n), rand(n, n)
            return lambda: np.matmul(a, b)

        all[f"matmul {n}"] = matmul
    return f"numpy {np.__version__}", all


def measure(task, seconds):
    """The median over batches of the time of a call, in ns; a batch lasts about a twentieth of the time."""
    clock = time.perf_counter_ns
    start = clock()
    task()
    once = max(1, clock() - start)
    calls = max(1, int(seconds * 1e9 / 20 / once))
    times = []
    end = clock() + int(seconds * 1e9)
    while clock() < end or not times:
        start = clock()
        for _ in range(calls):
            task()
        took = clock() - start
        times.append(took / calls)
        calls = max(1, int(calls * seconds * 1e9 / 20 / max(1, took)))
    return statistics.median(times)


def main():
    side = sys.argv[1]
    version, workloads = torch_workloads() if side == "torch" else numpy_workloads()
    print(version, flush=True)
    tasks = {}
    for line in sys.stdin:
        seconds, name = line.rstrip("\n").split("\t")
        if name not in workloads:
            print("-", flush=True)
            continue
        if name not in tasks:
            tasks.clear()
            tasks[name] = workloads[name]()
            measure(tasks[name], float(seconds))
        print(measure(tasks[name], float(seconds)), flush=True)


main()
