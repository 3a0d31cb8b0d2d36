"""Writes tables.h, the polynomials of lookup.h: python3 native/cpu/tables.py > native/cpu/tables.h (numpy, mpmath).

A function of a >= 0 is cut into 32 pieces of equal width around the multiples of a step; each has a polynomial in the
distance from its middle. Coefficients minimize the largest relative error (Lawson's iteration on Chebyshev nodes); they
are rounded to float32 then.
"""

import mpmath as mp
import numpy as np

mp.mp.dps = 40
PIECES = 32


def normal(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def cubic(x):
    return 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)


ERF_SLOPE = 2 / np.sqrt(np.pi)

# name: what it is, the function, the step, the polynomials' degree, whether the function is odd, and the
# multiple of the distance that is taken off it
TABLES = {
    "tanh": ("tanh(a)", mp.tanh, 19 / 64, 6, True, 0),
    "erf": ("erf(a)", mp.erf, 1 / 8, 4, True, ERF_SLOPE - float(np.float32(ERF_SLOPE))),
    "normal": ("Phi(-a)", lambda a: normal(-a), 3 / 16, 6, False, 0),
    "logistic": ("1 / (1 + exp(a))", lambda a: logistic(-a), 17 / 32, 5, False, 0),
    "cubic": ("1 / (1 + exp(2 sqrt(2 / pi) (a + 0.044715 a^3)))", lambda a: logistic(-cubic(a)), 5 / 32, 6, False, 0),
}


def minimax(values, weights, basis):
    """Coefficients with the least largest |weight * (basis coefficients - value)|."""
    rows, wanted = basis * weights[:, None], values * weights
    share = np.full(len(values), 1 / len(values))
    for _ in range(60):
        root = np.sqrt(share)
        found = np.linalg.lstsq(rows * root[:, None], wanted * root, rcond=None)[0]
        error = np.abs(rows @ found - wanted)
        if error.max() == 0:
            break
        share = share * (error + 1e-3 * error.max())
        share /= share.sum()
    return found


def coefficients(nodes, values, weights, degree, through_zero=False):
    """Float32 coefficients, from the lowest power on."""
    scale = np.abs(nodes).max()
    powers = np.arange(1 if through_zero else 0, degree + 1)
    basis = (nodes[:, None] / scale) ** powers
    best = minimax(np.array([float(v) for v in values]), weights, basis) / scale**powers
    return [0.0] * through_zero + [float(np.float32(c)) for c in best]


def nodes_between(low, high, count):
    u = np.cos((np.arange(count) + 0.5) * np.pi / count)
    return (low + high) / 2 + (high - low) / 2 * u


def piece(function, step, degree, odd, line, k):
    nodes = nodes_between(-step / 2 if k else 0, step / 2, 6 * (degree + 1))
    values = [function(mp.mpf(k * step) + mp.mpf(float(t))) for t in nodes]
    weights = np.array([1 / abs(float(v)) for v in values])
    line = float(np.float32(line))
    values = [v - mp.mpf(line) * mp.mpf(float(t)) for v, t in zip(values, nodes)]
    return coefficients(nodes, values, weights, degree, odd and k == 0)


def hexadecimal(value):
    mantissa, exponent = float(value).hex().split("p")
    return "0" if value == 0 else f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def lines(words):
    return ",\n     ".join(", ".join(words[i : i + 8]) for i in range(0, len(words), 8))


def write(name, comment, *rows):
    bounds = f"[{len(rows)}]" * (len(rows) > 1) + f"[{len(rows[0])}]"
    texts = [lines([hexadecimal(np.float32(v)) for v in row]) for row in rows]
    body = "{" + "},\n    {".join(texts) + "}" if len(rows) > 1 else " " + texts[0]
    print(f"\n/* {comment} */\nstatic const float {name}{bounds} = {{\n    {body}}};")


def logarithms():
    """1/c and logarithms of c of 32 pieces [c - 1/64, c + 1/64] of [1, 2), those from 1.5 on halved; 1 at both sides of 1."""
    middles = [(1 + (i + 0.5) / PIECES) * (1 if i < PIECES / 2 else 0.5) for i in range(PIECES)]
    inverses = [1.0 if i in (0, PIECES - 1) else float(np.float32(1 / c)) for i, c in enumerate(middles)]
    write("log_inverses", "The inverse of a number near the middle of each piece.", inverses)
    write("log_middles", "The logarithms of those numbers.", [float(-mp.log(mp.mpf(r))) for r in inverses])
    exact = [-mp.log(mp.mpf(r), 2) for r in inverses]
    high = [float(mp.nint(v * 4096)) / 4096 for v in exact]
    write("log2_middles", "Those of base 2, to 12 bits after the point.", high)
    write("log2_rests", "The rest of those.", [float(v - mp.mpf(h)) for v, h in zip(exact, high)])
    nodes = nodes_between(-1 / 32, 1 / 32, 80)
    values = [(mp.log1p(mp.mpf(float(r))) - mp.mpf(float(r))) / mp.mpf(float(r)) ** 2 for r in nodes]
    write("log_rest", "(log(1 + r) - r) / r^2, |r| <= 1/32: the powers of r.", coefficients(nodes, values, np.abs(nodes), 3))
    values = [(v + mp.mpf(0.5)) / mp.mpf(float(r)) for v, r in zip(values, nodes)]
    write("log_third", "(log(1 + r) - r + r^2 / 2) / r^3.", coefficients(nodes, values, nodes**2, 4))


if __name__ == "__main__":
    print("/* Written by tables.py, which says how; for lookup.h. */\n#ifndef CHAGRES_TABLES_H\n#define CHAGRES_TABLES_H")
    for name, (comment, function, step, degree, odd, line) in TABLES.items():
        print(f"\n#define {name.upper()}_STEP {hexadecimal(step)}")
        if line:
            print(f"#define {name.upper()}_LINE {hexadecimal(np.float32(line))}")
            comment += f", less {name.upper()}_LINE times the distance"
        pieces = [piece(function, step, degree, odd, line, k) for k in range(PIECES)]
        write(f"{name}_table", f"{comment}: a row for each power.", *np.array(pieces).T)
    logarithms()
    write("exp_table", "2^(i / 16)", [2 ** (i / 16) for i in range(16)])
    print("\n#endif")
