"""What numexpr can: elementwise expressions and whole sums, each as one loop."""

import numexpr as ne
import numpy as np

from data import positive, signed


def version():
    return f"numexpr {ne.__version__} ({'VML ' + ne.get_vml_version() if ne.use_vml else 'without VML'})"


def set_threads(threads):
    ne.set_num_threads(threads)


def array(result):
    return np.asarray(result)


def evaluate(expression, make=signed):
    """A recipe that evaluates an expression of a, b, c and d, all of one shape."""

    def recipe(*shape):
        operands = {name: make(1 + i, *shape) for i, name in enumerate("abcd") if name in names}
        operands |= constants
        ne.evaluate(expression, operands)
        return lambda: ne.evaluate(expression, operands)

    code = ne.necompiler.getExprNames(expression, {})[0]
    names = [name for name in code if name in "abcd"]
    constants = {name: VALUES[name] for name in code if name not in "abcd"}
    return recipe


# Numbers in an expression would be float64 and make the result so.
VALUES = {
    "half": np.float32(0.5),
    "neghalf": np.float32(-0.5),
    "zero": np.float32(0),
    "number": np.float32(1.5),
    "tenths": np.float32(0.3),
}


def into_out(*shape):
    a, b, out = signed(1, *shape), signed(2, *shape), np.empty(shape, np.float32)
    return lambda: ne.evaluate("a + b", {"a": a, "b": b}, out=out)


recipes = {
    "add": evaluate("a + b"),
    "add, into out": into_out,
    "add a number": evaluate("a + number"),
    "sub": evaluate("a - b"),
    "mul": evaluate("a * b"),
    "div": evaluate("a / b", positive),
    "pow": evaluate("a ** b", positive),
    "lt": evaluate("a < b"),
    "where": evaluate("where(a < zero, a, b)"),
    "lerp": evaluate("a + tenths * (b - a)"),
    "addcmul": evaluate("a + a * b"),
    "exp": evaluate("exp(a)"),
    "log": evaluate("log(a)", positive),
    "tanh": evaluate("tanh(a)"),
    "sin": evaluate("sin(a)"),
    "sqrt": evaluate("sqrt(a)", positive),
    "neg": evaluate("-a"),
    "abs": evaluate("abs(a)"),
    "square": evaluate("a * a"),
    "floor": evaluate("floor(a)"),
    "chain: (a + b) * c - d": evaluate("(a + b) * c - d"),
    "chain: exp(-(a - b)^2 / 2)": evaluate("exp(neghalf * (a - b) * (a - b))"),
}

# Beside Chagres' fused functions.
for chain in [name for name in recipes if name.startswith("chain: ")]:
    recipes[chain + ", fused"] = recipes[chain]
