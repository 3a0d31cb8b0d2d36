"""Random streams: random.safetensors.

A tensor's name is a recipe, and the tensor what it gives:

    recipe = stream "/" seed "/" draw { ";" draw } [ "#" index ] [ "@" from ":" to ]
    draw   = function "(" [ argument { "," argument } ] ")"

Seed the stream, make the draws in their order, take the draw with that index (from 0; the last one if there is none), and
of its elements those in from .. to - 1 (all if there is no range). Seeds and integers are decimal, numbers are decimal as
Python's repr writes them, dtypes are bool u8 i8 i16 i32 i64 f16 bf16 f32 f64.

The stream `torch` is torch.manual_seed(seed), with the draws

    rand(dtype,n)  randn(dtype,n)  uniform(dtype,n,low,high)  normal(dtype,n,mean,std)  exponential(dtype,n,rate)
    geometric(dtype,n,p)  log_normal(dtype,n,mean,std)  cauchy(dtype,n,median,scale)
    randint(dtype,n,low,high)  random(dtype,n)  random(dtype,n,high)  bernoulli(dtype,n,p)  randperm(n)  randperm(n,dtype)
    multinomial(n,replacement,w0,w1,...)                                       float32 weights, replacement 0 or 1
    multinomial_rows(dtype,rows,slots,n,replacement)                           weights as weights_of gives them
    dropout(dtype,n,p)                                                         functional.dropout of ones, in training
    sparse(dtype,rows,columns,sparsity,std)                                    nn.init.sparse_
    bernoulli_each(dtype,n,p)                                                  torch.bernoulli of a tensor of p
    bernoulli_by(dtype,n,type,p,step)                                          bernoulli_ by a tensor of another dtype
    poisson(dtype,n,rate,step)  binomial(dtype,n,count,step,p,step)
    normal_mean(dtype,n,mean,step,std)  normal_std(dtype,n,mean,std,step)  normal_each(dtype,n,mean,step,type,std,step)
    state()  restore(i)       the bytes of get_rng_state(); set_rng_state of what draw i gave, which it gives again

where a number and a step stand for the tensor of number + i * step, computed in float64.

The stream `numpy` is numpy.random.RandomState(seed), with the draws

    rand(n)  normal(n,mean,std)  randint(n,low,high)  permutation(n)
    shuffle(n,columns)               shuffles the rows of arange(n * columns).reshape(n, columns); 1-d if columns is 0
"""

import numpy
import torch

from tensorfile import save

DTYPES = {
    "bool": torch.bool,
    "u8": torch.uint8,
    "i8": torch.int8,
    "i16": torch.int16,
    "i32": torch.int32,
    "i64": torch.int64,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f32": torch.float32,
    "f64": torch.float64,
}
SEEDS = [0, 42, 2**40 + 5, -1]
SIZES = [1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 1000, 100003]


def ramp(dtype, n, start, step):
    return torch.tensor([float(start) + i * float(step) for i in range(n)], dtype=torch.float64).to(DTYPES[dtype])


def weights_of(dtype, rows, slots):
    eighths = [[((7 * i + 3 * j) % 11 + 1) / 8 for j in range(slots)] for i in range(rows)]
    return torch.tensor(eighths, dtype=DTYPES[dtype])


def torch_draw(function, args, earlier):
    if function == "state":
        return torch.get_rng_state()
    if function == "restore":
        torch.set_rng_state(earlier[int(args[0])])
        return earlier[int(args[0])].clone()
    if function == "randperm":
        return torch.randperm(int(args[0]), dtype=DTYPES[args[1]] if len(args) > 1 else torch.int64)
    if function == "multinomial_rows":
        rows, slots, n, replacement = (int(a) for a in args[1:])
        return torch.multinomial(weights_of(args[0], rows, slots), n, replacement == 1)
    if function == "multinomial":
        weights = torch.tensor([float(w) for w in args[2:]])
        return torch.multinomial(weights, int(args[0]), args[1] == "1")
    dtype, n = DTYPES[args[0]], int(args[1])
    if function == "randint":
        return torch.randint(int(args[2]), int(args[3]), (n,), dtype=dtype)
    if function == "random":
        return torch.empty(n, dtype=dtype).random_(*(int(a) for a in args[2:]))
    if function == "bernoulli_by":
        return torch.empty(n, dtype=dtype).bernoulli_(ramp(args[2], n, *args[3:]))
    if function == "poisson":
        return torch.poisson(ramp(args[0], n, *args[2:]))
    if function == "binomial":
        return torch.binomial(ramp(args[0], n, *args[2:4]), ramp(args[0], n, *args[4:]))
    if function == "normal_mean":
        return torch.normal(ramp(args[0], n, *args[2:4]), float(args[4]))
    if function == "normal_std":
        return torch.normal(float(args[2]), ramp(args[0], n, *args[3:]))
    if function == "normal_each":
        return torch.normal(ramp(args[0], n, *args[2:4]), ramp(args[4], n, *args[5:]))
    if function == "sparse":
        return torch.nn.init.sparse_(torch.empty(n, int(args[2]), dtype=dtype), float(args[3]), float(args[4]))
    numbers = [float(a) for a in args[2:]]
    if function == "dropout":
        return torch.nn.functional.dropout(torch.ones(n, dtype=dtype), *numbers)
    if function == "bernoulli_each":
        return torch.bernoulli(torch.full((n,), *numbers, dtype=dtype))
    fill = {
        "rand": lambda y: y.uniform_(),
        "randn": lambda y: y.normal_(),
        "uniform": lambda y: y.uniform_(*numbers),
        "normal": lambda y: y.normal_(*numbers),
        "exponential": lambda y: y.exponential_(*numbers),
        "bernoulli": lambda y: y.bernoulli_(*numbers),
        "geometric": lambda y: y.geometric_(*numbers),
        "log_normal": lambda y: y.log_normal_(*numbers),
        "cauchy": lambda y: y.cauchy_(*numbers),
    }
    return fill[function](torch.empty(n, dtype=dtype))


def numpy_draw(state, function, args):
    n = int(args[0])
    if function == "shuffle":
        columns = int(args[1])
        rows = numpy.arange(n * columns).reshape(n, columns) if columns else numpy.arange(n)
        state.shuffle(rows)
        return torch.from_numpy(rows)
    values = {
        "rand": lambda: state.rand(n),
        "normal": lambda: state.normal(float(args[1]), float(args[2]), n),
        "randint": lambda: state.randint(int(args[1]), int(args[2]), n),
        "permutation": lambda: state.permutation(n),
    }[function]()
    return torch.from_numpy(numpy.asarray(values))


def parse(recipe):
    """The stream, the seed, the draws as (function, arguments), the index and the range of a recipe."""
    recipe, _, span = recipe.partition("@")
    recipe, _, index = recipe.partition("#")
    stream, seed, draws = recipe.split("/", 2)
    calls = []
    for draw in draws.split(";"):
        function, _, rest = draw.partition("(")
        calls.append((function, [a for a in rest.rstrip(")").split(",") if a]))
    span = tuple(int(s) for s in span.split(":")) if span else None
    return stream, int(seed), calls, int(index) if index else len(calls) - 1, span


def run(recipe):
    stream, seed, calls, index, span = parse(recipe)
    if stream == "torch":
        torch.manual_seed(seed)
        results = []
        for function, args in calls:
            results.append(torch_draw(function, args, results))
    else:
        state = numpy.random.RandomState(seed)
        results = [numpy_draw(state, *call) for call in calls]
    result = results[index]
    return result if span is None else result[span[0] : span[1]].clone()


def ends(recipe, n):
    """A long draw is kept by its ends: enough to see the whole stream's position."""
    return [recipe] if n <= 100 else [f"{recipe}@0:4", f"{recipe}@{n - 20}:{n}"]


def torch_recipes():
    for n in SIZES:
        for dtype in ("f32", "f64"):
            yield from ends(f"torch/42/randn({dtype},{n})", n)
            if n in (1, 17, 33, 100003):
                yield from ends(f"torch/42/rand({dtype},{n})", n)
                yield from ends(f"torch/42/uniform({dtype},{n},-0.3,0.45)", n)
                yield from ends(f"torch/42/normal({dtype},{n},2.5,0.1)", n)
                yield from ends(f"torch/42/exponential({dtype},{n},1.7)", n)
        if n in (1, 2, 7, 33, 1000, 100003):
            yield from ends(f"torch/42/randperm({n})", n)
            yield from ends(f"torch/42/bernoulli(f32,{n},0.3)", n)
    for dtype in ("f32", "f64"):
        yield f"torch/42/dropout({dtype},40,0.3)"
        yield f"torch/42/bernoulli_each({dtype},40,0.7)"
    for dtype in ("f16", "bf16"):
        for n in (3, 16, 17, 33):
            yield f"torch/42/rand({dtype},{n})"
            yield f"torch/42/randn({dtype},{n})"
    for dtype in DTYPES:
        yield f"torch/42/bernoulli({dtype},9,0.5)"
        yield f"torch/42/randint({dtype},9,0,2)"
    for low, high in ((0, 1), (0, 10), (-5, 100), (0, 2**28 - 1), (0, 2**28), (-(2**40), 2**50), (-(2**63), 2**63 - 1)):
        yield f"torch/42/randint(i64,7,{low},{high})"
    yield "torch/42/randint(i32,7,-2147483648,2147483647)"
    yield "torch/42/randint(f32,7,-3,4)"
    for replacement in (0, 1):
        yield f"torch/42/multinomial(1,{replacement},0.1,0.2,0.3,0.4)"
        yield f"torch/42/multinomial(4,{replacement},0.1,0.2,0.3,0.4)"
    yield "torch/42/multinomial(12,1,1.0,0.0,3.0)"
    mixed = (
        "randn(f32,3);rand(f32,5);randn(f64,3);randn(f32,17);randint(i64,5,0,10);randperm(11);bernoulli(f32,9,0.5);"
        "rand(f64,401);randn(f32,1);randn(f64,20);rand(f32,3)"
    )
    for seed in SEEDS:
        yield f"torch/{seed}/rand(f32,5)"
        yield f"torch/{seed}/randn(f64,3)"
        for index in range(mixed.count(";") + 1):
            yield f"torch/{seed}/{mixed}#{index}" + ("@390:401" if index == 7 else "")
    yield "torch/42/randn(f32,3);rand(f32,5);state()"
    yield from parameter_recipes()
    yield from stream_recipes()


FLOATING = ("f16", "bf16", "f32", "f64")


def parameter_recipes():
    """The functions with parameters, in every dtype that they are defined for, each drawn twice."""
    for dtype in FLOATING:
        for draw in (
            "exponential({},19,0.25)", "log_normal({},19,0.5,0.75)", "cauchy({},19,-1.5,2.25)", "bernoulli_each({},19,0.4)",
            "poisson({},40,0.0,0.7)", "normal_mean({},19,-2.0,0.3,1.7)", "normal_std({},19,0.3,0.0,0.2)",
            "normal_each({},19,5.0,-0.3,f32,0.1,0.15)", "normal_each({},7,5.0,-0.3,f64,0.1,0.15)",
            "normal_each({},7,5.0,-0.3,i32,0.0,2.0)", "multinomial_rows({},3,300,5,1)", "multinomial_rows({},3,300,1,0)",
        ):  # fmt: skip
            draw = draw.format(dtype)
            yield f"torch/42/{draw};{draw};rand(f32,1)#0"
            yield f"torch/42/{draw};{draw};rand(f32,1)#1"
            yield f"torch/42/{draw};{draw};rand(f32,1)"
    for dtype in ("f32", "f64"):
        for draw in (
            f"binomial({dtype},40,0.0,3.0,0.05,0.025)", f"binomial({dtype},20,1000.0,5000.0,0.9,-0.045)",
            f"binomial({dtype},9,4.5,0.25,-0.25,0.2)", f"poisson({dtype},30,9.0,977.0)",
            f"multinomial_rows({dtype},3,300,7,0)", f"multinomial_rows({dtype},2,11,11,0)",
        ):  # fmt: skip
            yield f"torch/42/{draw};{draw};rand(f32,1)#1"
            yield f"torch/42/{draw};{draw};rand(f32,1)"
    yield from ends("torch/42/poisson(f64,20000,0.0,0.002)", 20000)
    yield from ends("torch/42/binomial(f64,20000,0.0,0.02,0.0,0.00005)", 20000)
    for dtype in DTYPES:
        for kind in FLOATING:
            yield f"torch/42/bernoulli_by({dtype},9,{kind},0.0,0.125)"
        yield f"torch/42/random({dtype},9);random({dtype},9);rand(f32,1)#1"
        yield f"torch/42/random({dtype},9);random({dtype},9);rand(f32,1)"
        yield f"torch/42/random({dtype},9,2)"
        if dtype != "bool":
            yield f"torch/42/geometric({dtype},19,0.3);geometric({dtype},19,0.003)"
            yield f"torch/42/geometric({dtype},9,1e-09);rand(f32,1)#0"
            yield f"torch/42/randperm(1,{dtype})"
            yield f"torch/42/randperm(100,{dtype});rand(f32,1)#0"
            yield f"torch/42/randperm(100,{dtype});rand(f32,1)"
    yield "torch/42/randperm(2049,f16)@2000:2049"
    yield "torch/42/randperm(1000,bf16)@900:1000"
    for dtype in FLOATING:
        yield f"torch/42/geometric({dtype},5,1e-320)"
        for low, high in ((-2049, 2051), (2047, 2070), (-65504, 65505), (257, 60001)):
            yield f"torch/42/randint({dtype},9,{low},{high});rand(f32,1)#0"
    for dtype in ("bf16", "f32", "f64"):
        for low, high in (
            (0, 2**40), (-(2**40) - 1, 2**40 + 7), (2**24 - 5, 2**24 + 9), (-(2**63), 2**63 - 1), (0, 2**63 - 1),
            (2**53 - 2**45, 2**53 + 2**46 + 3), (-(2**53) - 2**46 - 1, 1),
        ):  # fmt: skip
            yield f"torch/42/randint({dtype},9,{low},{high})"


def stream_recipes():
    """States that are read and restored between draws: also in the middle of a pair of normal numbers."""
    draws = "randn(f32,3);state();randn(f64,2);exponential(f32,3,1.0);restore(1);randn(f64,2);log_normal(f32,3,0.0,1.0);state()"
    for seed in SEEDS:
        for index in (1, 2, 5, 6, 7) if seed == 42 else (2, 5, 6):
            yield f"torch/{seed}/{draws}#{index}"
    yield "torch/42/state();rand(f32,624);state();rand(f32,1);restore(2);rand(f32,1);state()#5"
    yield "torch/42/state();rand(f32,624);state();rand(f32,1);restore(2);rand(f32,1);state()#6"
    yield "torch/42/state();rand(f32,2000);restore(0);rand(f32,2)"
    for dtype in ("f16", "bf16"):
        yield f"torch/42/dropout({dtype},40,0.3)"
    for draw in ("dropout(f32,40,0.5)", "dropout(f64,3,0.0)", "dropout(f64,3,1.0)", "dropout(f32,0,0.5)"):
        yield f"torch/42/{draw};{draw};rand(f32,1)"
    for draw in ("sparse(f32,7,3,0.4,0.01)", "sparse(f64,4,5,0.0,2.0)", "sparse(f32,1,2,1.0,2.0)"):
        yield f"torch/42/{draw};{draw}"
        yield f"torch/42/{draw};{draw};rand(f32,1)"


def numpy_recipes():
    for n in SIZES:
        for draw in (f"rand({n})", f"normal({n},0.0,1.0)", f"permutation({n})"):
            yield from ends(f"numpy/42/{draw}", n)
    mixed = (
        "rand(3);normal(3,0.0,1.0);shuffle(7,0);normal(4,3.0,0.2);randint(5,0,10);randint(3,5,6);randint(4,-3,1099511627776);"
        "shuffle(5,2);permutation(6);randint(3,0,4294967296);normal(1,0.0,1.0)"
    )
    for seed in (0, 42, 2**32 - 1):
        for index in range(mixed.count(";") + 1):
            yield f"numpy/{seed}/{mixed}#{index}"


def make():
    recipes = [*torch_recipes(), *numpy_recipes()]
    save("random", {recipe: run(recipe) for recipe in recipes})
