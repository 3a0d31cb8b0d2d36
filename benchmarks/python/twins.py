"""The sides in Python: `python3 twins.py torch|torch.compile|numpy|numexpr THREADS [DEVICE]`.

Requests and answers are those that Service.java describes.
"""

import gc
import importlib
import os
import re
import statistics
import sys
import time
import traceback

STEPS_COMPARED = 3
MOST = 4096
NUMBER = r"[0-9]+(?:e[0-9]+)?"
SIZES = re.compile(rf" ({NUMBER}(?:x{NUMBER})*)(?=[ ,]|$)")


def parse(name):
    """Takes a name apart: its words, and the sizes in it."""
    sizes = [int(float(size)) for match in SIZES.finditer(name) for size in match.group(1).split("x")]
    return SIZES.sub("", name), sizes


def digest(result):
    """What is compared of a result, given as an array of numpy."""
    import numpy as np

    flat = np.ascontiguousarray(result).reshape(-1)
    count = flat.size
    used = min(count, MOST)
    at = np.arange(used, dtype=np.int64) * count // used
    values = flat[at].astype(np.float64)
    factors = 1 + np.arange(used) % 7
    return f"{count} {values.sum()!r} {(values * factors).sum()!r} {np.abs(values).sum()!r}".replace("np.float64(", "").replace(")", "")


def measure(task, finish, seconds):
    """The median over batches of the time of a call, in ns; a batch lasts about a twentieth of the time.

    At its end it waits for what was called, where a call may return before its work is done.
    """
    clock = time.perf_counter_ns
    start = clock()
    task()
    finish()
    once = max(1, clock() - start)
    if once > seconds * 1e9:
        return once
    calls = max(1, int(seconds * 1e9 / 20 / once))
    times = []
    end = clock() + int(seconds * 1e9)
    while clock() < end or not times:
        start = clock()
        for _ in range(calls):
            task()
        finish()
        took = clock() - start
        times.append(took / calls)
        calls = max(1, int(calls * seconds * 1e9 / 20 / max(1, took)))
    return statistics.median(times)


def peak():
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))


class Service:
    def __init__(self, side):
        self.side = side
        self.task = None

    def answer(self, request, *arguments):
        return getattr(self, request)(*arguments)

    def check(self, name):
        words, sizes = parse(name)
        recipe = self.side.recipes.get(words)
        if recipe is None:
            return "-"
        self.task = recipe(*sizes)
        if self.task is None:
            return "-"
        for _ in range(STEPS_COMPARED if name.startswith("step") else 1):
            result = self.task()
        return digest(self.side.array(result))

    def time(self, name, seconds):
        return measure(self.task, getattr(self.side, "finish", lambda: None), float(seconds))

    def drop(self):
        self.task = None
        gc.collect()
        getattr(self.side, "dropped", lambda: None)()
        return ""

    def reserved(self):
        bytes = getattr(self.side, "reserved", lambda: None)()
        return "-" if bytes is None else bytes

    def peak(self):
        return peak()


def main():
    name, threads = sys.argv[1], int(sys.argv[2])
    # What a library prints is no answer.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    side = importlib.import_module({"torch.compile": "side_compile"}.get(name, f"side_{name}"))
    side.set_threads(threads)
    if len(sys.argv) > 3:
        side.use(sys.argv[3])
    print(f"= {side.version()}", file=answers)
    service = Service(side)
    for line in sys.stdin:
        try:
            answer = service.answer(*line.rstrip("\n").split("\t"))
            print(f"= {answer}", file=answers)
        except Exception as e:
            traceback.print_exc()
            print(f"! {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}", file=answers)


if __name__ == "__main__":
    main()
