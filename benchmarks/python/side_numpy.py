"""The workloads in numpy. What it has no function for is written out as its users do."""

import ctypes
import glob
import os

import numpy as np

from data import below, positive, signed

EPS = np.float32(1e-5)


def openblas():
    """Which OpenBLAS numpy brought, and which processor it takes this one for."""
    for library in glob.glob(os.path.join(os.path.dirname(np.__file__), "..", "numpy.libs", "lib*openblas*")):
        loaded = ctypes.CDLL(library)
        for suffix in ("64_", ""):
            try:
                config = getattr(loaded, f"scipy_openblas_get_config{suffix}")
                core = getattr(loaded, f"scipy_openblas_get_corename{suffix}")
            except AttributeError:
                continue
            config.restype = core.restype = ctypes.c_char_p
            return f"{' '.join(config().decode().split()[:2])}, core {core().decode()}"
    return "BLAS unknown"


def version():
    return f"numpy {np.__version__} ({openblas()})"


def set_threads(threads):
    """OPENBLAS_NUM_THREADS was read when numpy was loaded."""


def array(result):
    return np.asarray(result)


def one(operation, make=signed):
    def recipe(*shape):
        x = make(1, *shape)
        return lambda: operation(x)

    return recipe


def two(operation, make=signed):
    def recipe(*shape):
        x, y = make(1, *shape), make(2, *shape)
        return lambda: operation(x, y)

    return recipe


def into_out(operation):
    def recipe(*shape):
        x, y, out = signed(1, *shape), signed(2, *shape), np.empty(shape, np.float32)
        return lambda: operation(x, y, out=out)

    return recipe


def of(make, operation):
    """A recipe of what one function makes of the sizes and another works on."""

    def recipe(*sizes):
        operands = make(*sizes)
        return lambda: operation(*operands)

    return recipe


half, tenth3, point5 = np.float32(0.5), np.float32(0.3), np.float32(-0.5)
root_half = np.float32(0.5**0.5)


def arithmetic(*shape):
    a, b, c, d = (signed(seed, *shape) for seed in (1, 2, 3, 4))
    return lambda: (a + b) * c - d


def softmax(x, axis=1):
    e = np.exp(x - x.max(axis, keepdims=True))
    e /= e.sum(axis, keepdims=True)
    return e


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    x -= np.log(np.exp(x).sum(1, keepdims=True))
    return x


def logsumexp(x):
    m = x.max(1, keepdims=True)
    return (np.log(np.exp(x - m).sum(1, keepdims=True)) + m)[:, 0]


def cross_entropy(n, m):
    x, classes, rows = signed(1, n, m), below(2, m, n), np.arange(n)
    return lambda: -log_softmax(x)[rows, classes].mean()


def layer_norm(n, m):
    x, weight, bias = signed(1, n, m), positive(3, m), signed(4, m)

    def run():
        centred = x - x.mean(1, keepdims=True)
        return centred / np.sqrt(np.square(centred).mean(1, keepdims=True) + EPS) * weight + bias

    return run


def scatter_add(x, index):
    out = x.copy()
    np.add.at(out, index, x)
    return out


def copied(x, y):
    np.copyto(y, x)
    return y


def positions(n):
    return signed(1, n), below(2, n, n)


def distinct(n):
    """Whole numbers, each once, so that there is but one order."""
    return ((np.arange(n) * 618_033 % n).astype(np.float32),)


def rows(n, m):
    return signed(1, n, m), below(2, n, n)


def along_rows(n, m):
    return signed(1, n, m), below(2, m, n, m)


def orders_of_rows(n, m):
    """Each row in an order of its own: every position has one source."""
    return signed(1, n, m), below(2, m, n, m).argsort(1, kind="stable")


def put_along_rows(x, index):
    out = x.copy()
    np.put_along_axis(out, index, x, 1)
    return out


def scatter_add_along_rows(x, index):
    out = x.copy()
    np.add.at(out, (np.arange(len(x))[:, None], index), x)
    return out


def matmul(*s):
    a, b = (signed(1, s[0], s[0]), signed(2, s[0], s[0])) if len(s) == 1 else (signed(1, s[0], s[1]), signed(2, s[1], s[2]))
    return lambda: a @ b


def largest(x, k=10):
    part = np.partition(x, -k, axis=-1)[..., -k:]
    return np.sort(part, axis=-1)[..., ::-1]


def square(n):
    return signed(1, n, n), signed(2, n, n)


recipes = {
    "add": two(np.add),
    "add, into out": into_out(np.add),
    "add a number": one(lambda x: x + np.float32(1.5)),
    "sub": two(np.subtract),
    "mul": two(np.multiply),
    "div": two(np.divide, positive),
    "pow": two(np.power, positive),
    "maximum": two(np.maximum),
    "lt": two(np.less),
    "where": two(lambda x, y: np.where(x < 0, x, y)),
    "lerp": two(lambda x, y: x + tenth3 * (y - x)),
    "addcmul": two(lambda x, y: x + x * y),
    "exp": one(np.exp),
    "log": one(np.log, positive),
    "tanh": one(np.tanh),
    "sin": one(np.sin),
    "sigmoid": one(lambda x: 1 / (1 + np.exp(-x))),
    "sqrt": one(np.sqrt, positive),
    "neg": one(np.negative),
    "abs": one(np.abs),
    "relu": one(lambda x: np.maximum(x, 0)),
    "floor": one(np.floor),
    "square": one(np.square),
    "clamp": one(lambda x: np.clip(x, point5, half)),
    "to float64": one(lambda x: x.astype(np.float64)),
    "to int32": one(lambda x: (x * 100).astype(np.int32)),
    "chain: (a + b) * c - d": arithmetic,
    "chain: exp(-(a - b)^2 / 2)": two(lambda a, b: np.exp(np.square(a - b) * point5)),
    "copy": one(np.copy),
    "copy, into out": two(copied),
    "copy transposed": one(lambda x: np.ascontiguousarray(x.T)),
    "copy channels last": one(lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1))),
    "copy every second": of(lambda n: (signed(1, 2 * n)[::2],), np.ascontiguousarray),
    "cat": two(lambda x, y: np.concatenate((x, y))),
    "cat columns": two(lambda x, y: np.concatenate((x, y), 1)),
    "add a row": of(lambda n, m: (signed(1, n, m), signed(2, m)), np.add),
    "add a column": of(lambda n, m: (signed(1, n, m), signed(2, n, 1)), np.add),
    "add a row to a column": of(lambda n, m: (signed(1, n, 1), signed(2, m)), np.add),
    "add transposed": of(lambda n, m: (signed(1, n, m), signed(2, m, n).T), np.add),
    "add two transposed": of(lambda n, m: (signed(1, n, m).T, signed(2, n, m).T), np.add),
    "add every second": of(lambda n: 2 * (signed(1, 2 * n)[::2],), np.add),
    "exp of every second": of(lambda n: (signed(1, 2 * n)[::2],), np.exp),
    "exp of a part of the columns": of(lambda n, m: (signed(1, n, 2 * m)[:, 1 : m + 1],), np.exp),
    "sum": one(np.sum, positive),
    "mean": one(np.mean, positive),
    "var": one(lambda x: x.var(ddof=1)),
    "norm": one(np.linalg.norm),
    "max": one(np.max),
    "argmax": one(np.argmax),
    "sum rows": one(lambda x: x.sum(1)),
    "sum columns": one(lambda x: x.sum(0)),
    "sum rows of the transposed": one(lambda x: x.T.sum(1)),
    "sum the middle": one(lambda x: x.sum(1)),
    "sum all but the channels": one(lambda x: x.sum((0, 2, 3))),
    "sum every second": of(lambda n: (positive(1, 2 * n)[::2],), np.sum),
    "var of rows": one(lambda x: x.var(1, ddof=1)),
    "max of rows": one(lambda x: x.max(1)),
    "max of columns": one(lambda x: x.max(0)),
    "argmax of rows": one(lambda x: x.argmax(1)),
    "logsumexp of rows": one(logsumexp),
    "softmax": one(softmax),
    "softmax of columns": one(lambda x: softmax(x, 0)),
    "log softmax": one(log_softmax),
    "cross entropy": cross_entropy,
    "layer norm": layer_norm,
    "gather": of(positions, np.take),
    "index by a tensor": of(positions, lambda x, i: x[i]),
    "scatter add": of(positions, scatter_add),
    "gather along rows": of(along_rows, lambda x, i: np.take_along_axis(x, i, 1)),
    "scatter along rows": of(orders_of_rows, put_along_rows),
    "scatter add along rows": of(along_rows, scatter_add_along_rows),
    "scatter add rows by an expanded index": of(rows, scatter_add),
    "index select rows": of(rows, lambda x, i: x.take(i, 0)),
    "index add rows": of(rows, scatter_add),
    "masked select": one(lambda x: x[x > 0]),
    "sort": one(np.sort),
    "sort rows": one(lambda x: np.sort(x, 1)),
    "argsort": of(distinct, np.argsort),
    "topk": one(largest),
    "topk of rows": one(largest),
    "cumsum": one(np.cumsum),
    "cumsum of rows": one(lambda x: x.cumsum(1)),
    "cumsum of columns": one(lambda x: x.cumsum(0)),
    "matmul": matmul,
    "matmul, into out": of(lambda n: (*square(n), np.empty((n, n), np.float32)), np.matmul),
    "matmul, first transposed": of(square, lambda a, b: a.T @ b),
    "matmul, second transposed": of(square, lambda a, b: a @ b.T),
    "matmul by a vector": of(lambda n: (signed(1, n, n), signed(2, n)), np.matmul),
    "batched matmul": of(lambda b, n, k, m: (signed(1, b, n, k), signed(2, b, k, m)), np.matmul),
}
