"""Layers, losses, optimizer trajectories and default initial values: nn.safetensors (see cases.py).

Operands are in the order of torch.nn.functional's arguments: input, weight, bias, or input, target, weight; absent ones are
left out and named in the argument `absent`. batch_norm's operands are input, weight, bias, running_mean, running_var, its
results the output and the two running statistics afterwards.

Optimizers (`sgd/...`, `adam/...`, ...): in0 is a parameter of 6 elements, in1 (5, 6) its gradients in five steps, out
(5, 6) its values after each; the arguments are those of the optimizer.

Initial values: `init/<expression>/<name in state_dict>` after manual_seed(42), or the first 8 values under `@head` and the
sum in float64 under `@sum` where the parameter is long.
"""

import torch
import torch.nn.functional as F
from torch import nn

from cases import BF16, F16, F32, F64, I64, Family, sample

NAN, INF = float("nan"), float("inf")


def add_linear(family):
    x, w, b = sample("lin x", (4, 3)), sample("lin w", (5, 3)), sample("lin b", (5,))
    family.add("linear", "bias", F.linear, [x, w, b])
    family.add("linear", "no_bias", F.linear, [x, w])
    family.add("linear", "vector", F.linear, [x[0].clone(), w, b])
    family.add("linear", "batch3", F.linear, [sample("lin x3", (2, 2, 3)), w, b])
    family.add("linear", "f64", F.linear, [x.double(), w.double(), b.double()])
    family.add("linear", "empty_batch", F.linear, [torch.zeros(0, 3), w, b])


def add_convolutions(family):
    def conv(case, input_shape, weight_shape, bias=True, dtype=torch.float32, **args):
        operands = [sample(f"conv {case} x", input_shape, dtype), sample(f"conv {case} w", weight_shape, dtype)]
        if bias:
            operands.append(sample(f"conv {case} b", weight_shape[:1], dtype))
        family.add("conv2d", case, lambda *t: F.conv2d(*t, **args), operands, args)

    conv("plain", (2, 3, 5, 6), (4, 3, 3, 3))
    conv("no_bias", (1, 2, 5, 5), (3, 2, 3, 3), bias=False)
    conv("stride", (1, 2, 7, 6), (3, 2, 3, 2), stride=[2, 1])
    conv("padding", (1, 2, 4, 4), (3, 2, 3, 3), padding=[1, 2])
    conv("same", (1, 2, 4, 5), (3, 2, 3, 3), padding="same")
    conv("dilation", (1, 2, 7, 7), (3, 2, 3, 3), dilation=[2, 3])
    conv("groups", (2, 4, 5, 5), (6, 2, 3, 3), groups=2)
    conv("depthwise", (1, 3, 5, 5), (3, 1, 3, 3), groups=3, padding=1)
    conv("pointwise", (2, 3, 4, 4), (5, 3, 1, 1))
    conv("everything", (2, 4, 8, 9), (4, 2, 3, 2), stride=[2, 3], padding=[2, 1], dilation=[1, 2], groups=2)
    conv("f64", (1, 2, 5, 5), (3, 2, 3, 3), dtype=F64, padding=1)
    conv("unbatched", (2, 5, 5), (3, 2, 3, 3))
    conv("whole", (2, 3, 4, 4), (2, 3, 4, 4))


def add_pools(family):
    image = sample("pool", (2, 2, 6, 7))

    def pool(op, case, function, x=image, **args):
        family.add(op, case, lambda t: function(t, **args), [x], args)

    maximum = lambda t, **a: F.max_pool2d(t, **a)  # noqa: E731
    pool("max_pool2d", "plain", maximum, kernel_size=2)
    pool("max_pool2d", "stride1", maximum, kernel_size=[3, 2], stride=1)
    pool("max_pool2d", "padding", maximum, kernel_size=3, stride=2, padding=1)
    pool("max_pool2d", "dilation", maximum, kernel_size=2, stride=1, dilation=[2, 3])
    pool("max_pool2d", "ceil", maximum, kernel_size=3, stride=2, ceil_mode=True)
    pool("max_pool2d", "ceil_padding", maximum, kernel_size=2, stride=2, padding=1, ceil_mode=True)
    pool("max_pool2d", "negative", maximum, x=-image.abs() - 1, kernel_size=3, stride=2, padding=1)
    holes = torch.tensor([[[1.0, NAN, -INF, -INF], [2.0, 3.0, -INF, -INF], [5.0, 5.0, 0.0, -0.0], [5.0, 4.0, -0.0, 0.0]]])
    pool("max_pool2d", "holes", maximum, x=holes, kernel_size=2)
    average = lambda t, **a: F.avg_pool2d(t, **a)  # noqa: E731
    pool("avg_pool2d", "plain", average, kernel_size=2)
    pool("avg_pool2d", "stride1", average, kernel_size=[3, 2], stride=1)
    pool("avg_pool2d", "padding", average, kernel_size=3, stride=2, padding=1)
    pool("avg_pool2d", "padding_excluded", average, kernel_size=3, stride=2, padding=1, count_include_pad=False)
    pool("avg_pool2d", "ceil", average, kernel_size=3, stride=2, ceil_mode=True)
    pool("avg_pool2d", "ceil_padding", average, kernel_size=2, stride=2, padding=1, ceil_mode=True)
    adaptive = lambda t, **a: F.adaptive_avg_pool2d(t, **a)  # noqa: E731
    pool("adaptive_avg_pool2d", "one", adaptive, output_size=1)
    pool("adaptive_avg_pool2d", "uneven", adaptive, output_size=[4, 3])


def add_softmax(family):
    rows = torch.tensor([[1.0, 2.0, 3.0], [1000.0, 1001.0, 999.0], [-1000.0, 0.0, -INF], [NAN, 1.0, 2.0]])
    cube = sample("softmax", (2, 3, 4))
    for op in ("softmax", "log_softmax"):
        function = getattr(F, op)
        family.add(op, "rows", lambda t, f=function: f(t, dim=1), [rows], {"dim": 1})
        for dim in (0, 1, -1):
            family.add(op, f"cube{dim}", lambda t, f=function, d=dim: f(t, dim=d), [cube], {"dim": dim})
        family.add(op, "f64", lambda t, f=function: f(t, dim=1), [cube.double()], {"dim": 1})
        family.add(op, "all_minus_inf", lambda t, f=function: f(t, dim=0), [torch.full((3,), -INF)], {"dim": 0})
        family.add(op, "scalar", lambda t, f=function: f(t, dim=0), [torch.tensor(2.0)], {"dim": 0})
        family.add(op, "empty", lambda t, f=function: f(t, dim=1), [torch.zeros(0, 3)], {"dim": 1})


def add_classification_losses(family):
    logits, target = sample("ce", (5, 4)), torch.tensor([0, 3, 1, 3, 2])
    weight = torch.tensor([0.5, 2.0, 1.0, 0.25])
    options = {
        "mean": {},
        "sum": {"reduction": "sum"},
        "none": {"reduction": "none"},
        "ignore": {"ignore_index": 3},
        "ignore_none": {"ignore_index": 3, "reduction": "none"},
    }
    smooth = {
        "smooth": {"label_smoothing": 0.1},
        "smooth_sum": {"label_smoothing": 0.1, "reduction": "sum"},
        "smooth_none": {"label_smoothing": 0.1, "reduction": "none"},
        "smooth_ignore": {"label_smoothing": 0.2, "ignore_index": 1},
    }
    log_probabilities = F.log_softmax(logits, 1)
    for case, args in {**options, **smooth}.items():
        for op, function, x in (("cross_entropy", F.cross_entropy, logits), ("nll_loss", F.nll_loss, log_probabilities)):
            if op == "nll_loss" and case in smooth:
                continue
            family.add(op, case, lambda t, y, f=function, a=args: f(t, y, **a), [x, target], args)
            family.add(
                op, f"{case}_weight", lambda t, y, w, f=function, a=args: f(t, y, w.detach(), **a), [x, target, weight], args
            )
    everything_ignored = torch.full((5,), -100)
    family.add("cross_entropy", "all_ignored", F.cross_entropy, [logits, everything_ignored])
    family.add("cross_entropy", "unbatched", F.cross_entropy, [logits[0].clone(), torch.tensor(2)])
    pixels, labels = sample("ce pixels", (2, 3, 2, 2)), torch.tensor([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])
    family.add("cross_entropy", "pixels", F.cross_entropy, [pixels, labels])
    family.add("nll_loss", "pixels", F.nll_loss, [F.log_softmax(pixels, 1), labels])
    family.add("cross_entropy", "large", F.cross_entropy, [logits * 1000, target])
    family.add("cross_entropy", "f64", F.cross_entropy, [logits.double(), target])
    probabilities = F.softmax(sample("ce p", (5, 4)), 1)
    for case, args in {"mean": {}, "sum": {"reduction": "sum"}, "none": {"reduction": "none"}, **smooth}.items():
        if "ignore_index" in args:
            continue
        function = lambda t, p, a=args: F.cross_entropy(t, p, **a)  # noqa: E731
        family.add("cross_entropy", f"probabilities_{case}", function, [logits, probabilities], args)
    weighted = lambda t, p, w: F.cross_entropy(t, p, w.detach())  # noqa: E731
    family.add("cross_entropy", "probabilities_weight", weighted, [logits, probabilities, weight])


def add_other_losses(family):
    x, y = sample("loss x", (3, 4)), sample("loss y", (3, 4))
    p, q = torch.sigmoid(x), torch.sigmoid(y)
    weight, positive = sample("loss w", (4,)).abs(), torch.tensor([1.0, 2.0, 0.5, 3.0])
    edge = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5]), torch.tensor([0.0, 1.0, 1.0, 0.0, 0.25])
    far = torch.tensor([200.0, -200.0, 200.0, -200.0, 0.0])
    for case in ("mean", "sum", "none"):
        args = {"reduction": case}
        for op, inputs in (
            ("mse_loss", [x, y]),
            ("l1_loss", [x, y]),
            ("smooth_l1_loss", [x, y]),
            ("huber_loss", [x, y]),
            ("binary_cross_entropy", [p, q]),
            ("binary_cross_entropy_with_logits", [x, q]),
        ):
            family.add(op, case, lambda a, b, f=getattr(F, op), o=args: f(a, b, **o), inputs, args)
    family.add("mse_loss", "equal", F.mse_loss, [x, x])
    family.add("l1_loss", "equal", F.l1_loss, [x, x])
    args = {"beta": 0.5}
    family.add("smooth_l1_loss", "beta", lambda a, b: F.smooth_l1_loss(a, b, **args), [x, y], args)
    delta = {"delta": 0.5}
    family.add("huber_loss", "delta", lambda a, b: F.huber_loss(a, b, **delta), [x, y], delta)
    none = {"reduction": "none"}
    # The target's gradient is infinite at the edge, so only the input's is asked for.
    fixed = lambda f: lambda a, b: f(a, b.detach(), reduction="none")  # noqa: E731
    family.add("binary_cross_entropy", "edge", fixed(F.binary_cross_entropy), list(edge), none)
    family.add("binary_cross_entropy_with_logits", "far", fixed(F.binary_cross_entropy_with_logits), [far, edge[1]], none)
    family.add(
        "binary_cross_entropy", "weight", lambda a, b, w: F.binary_cross_entropy(a, b.detach(), w.detach()), [p, q, weight]
    )
    family.add(
        "binary_cross_entropy_with_logits",
        "pos_weight",
        lambda a, b, w: F.binary_cross_entropy_with_logits(a, b.detach(), pos_weight=w.detach()),
        [x, q, positive],
        {"absent": ["weight"]},
    )


def add_norms(family):
    x, w, b = sample("norm", (3, 2, 4)), sample("norm w", (4,)), sample("norm b", (4,))
    family.add("layer_norm", "affine", lambda t, u, v: F.layer_norm(t, [4], u, v), [x, w, b], {"normalized_shape": [4]})
    family.add("layer_norm", "plain", lambda t: F.layer_norm(t, [4]), [x], {"normalized_shape": [4]})
    args = {"normalized_shape": [2, 4], "eps": 0.01}
    family.add("layer_norm", "two_axes", lambda t: F.layer_norm(t, **args), [x], args)
    one = {"normalized_shape": [4]}
    family.add("layer_norm", "f64", lambda t, u, v: F.layer_norm(t, [4], u, v), [x.double(), w.double(), b.double()], one)
    family.add("layer_norm", "constant", lambda t: F.layer_norm(t, [4]), [torch.full((2, 4), 3.0)], one)
    image = sample("bn", (3, 2, 2, 3))
    weight, bias = sample("bn w", (2,)), sample("bn b", (2,))
    mean, variance = sample("bn m", (2,)), sample("bn v", (2,)).abs() + 0.5
    for training in (True, False):
        for shape, x in (("4d", image), ("2d", image[:, :, 0, 0].clone())):

            def batch_norm(t, u, v, m, s, training=training):
                m, s = m.detach().clone(), s.detach().clone()
                out = F.batch_norm(t, m, s, u, v, training=training, momentum=0.3, eps=1e-3)
                return out, m, s

            args = {"training": training, "momentum": 0.3, "eps": 1e-3}
            case = ("train_" if training else "eval_") + shape
            family.add("batch_norm", case, batch_norm, [x, weight, bias, mean, variance], args)
    table, index = sample("emb", (5, 3)), torch.tensor([[0, 4], [1, 1]])
    family.add("embedding", "plain", lambda i, t: F.embedding(i, t), [index, table])
    family.add("embedding", "f64", lambda i, t: F.embedding(i, t), [index.int(), table.double()])
    often = lambda i, t: F.embedding(i, t, scale_grad_by_freq=True)  # noqa: E731
    family.add("embedding", "by_frequency", often, [index, table], {"scale_grad_by_freq": True})
    family.add("embedding", "padding", lambda i, t: F.embedding(i, t, padding_idx=1), [index, table], {"padding_idx": 1})


def add_attention(family):
    def attention(case, q, k, v, mask=None, dtype=F32, **args):
        operands = [sample(f"attention {case} {name}", shape, dtype) for name, shape in (("q", q), ("k", k), ("v", v))]
        operands += [] if mask is None else [mask]
        family.add(
            "scaled_dot_product_attention",
            case,
            lambda a, b, c, m=None: F.scaled_dot_product_attention(a, b, c, attn_mask=m, **args),
            operands,
            args,
        )

    attention("plain", (2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 7))
    attention("matrices", (5, 4), (6, 4), (6, 3))
    attention("f64", (2, 5, 4), (2, 6, 4), (2, 6, 3), dtype=F64)
    attention("f16", (2, 5, 8), (2, 6, 8), (2, 6, 8), dtype=F16)
    attention("bf16", (2, 5, 8), (2, 6, 8), (2, 6, 8), dtype=BF16, is_causal=True)
    attention("causal", (1, 2, 6, 4), (1, 2, 6, 4), (1, 2, 6, 4), is_causal=True)
    attention("causal_wide", (2, 3, 4), (2, 7, 4), (2, 7, 4), is_causal=True)
    attention("causal_tall", (2, 7, 4), (2, 3, 4), (2, 3, 4), is_causal=True)
    attention("scale", (2, 3, 4), (2, 5, 4), (2, 5, 4), scale=-0.3)
    attention("broadcast", (2, 1, 3, 4), (1, 3, 5, 4), (5, 6))
    attention("gqa", (2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 6), enable_gqa=True)
    attention("gqa_uneven", (4, 3, 4), (2, 5, 4), (1, 5, 6), enable_gqa=True)
    attention("long", (1, 2, 70, 16), (1, 2, 90, 16), (1, 2, 90, 16))
    attention("long_causal", (2, 90, 16), (2, 90, 16), (2, 90, 16), is_causal=True, dtype=F64)
    seen = sample("attention seen", (2, 3, 5)) > 0
    seen[1, 2] = False
    attention("mask", (2, 3, 4), (2, 5, 4), (2, 5, 4), mask=seen)
    attention("mask_rows", (2, 3, 4), (2, 5, 4), (2, 5, 4), mask=torch.tensor([True, False, True, True, False]))
    added = sample("attention added", (3, 5)).masked_fill(~seen[1], -INF)
    attention("added", (2, 3, 4), (2, 5, 4), (2, 5, 4), mask=added)
    attention("added_f32_f16", (2, 3, 4), (2, 5, 4), (2, 5, 4), mask=sample("attention more", (2, 1, 5)), dtype=F16)


OPTIMIZERS = {
    "sgd": (
        torch.optim.SGD,
        {
            "plain": {"lr": 0.1},
            "momentum": {"lr": 0.1, "momentum": 0.9},
            "dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
            "nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
            "weight_decay": {"lr": 0.1, "weight_decay": 0.05},
            "maximize": {"lr": 0.1, "maximize": True},
            "everything": {"lr": 0.03, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1, "maximize": True},
        },
    ),
    "adam": (
        torch.optim.Adam,
        {
            "plain": {},
            "options": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-4},
            "weight_decay": {"lr": 0.05, "weight_decay": 0.1},
            "amsgrad": {"lr": 0.05, "amsgrad": True},
            "maximize": {"lr": 0.05, "maximize": True, "amsgrad": True, "weight_decay": 0.01},
        },
    ),
    "adamw": (
        torch.optim.AdamW,
        {
            "plain": {},
            "options": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.2},
            "no_decay": {"lr": 0.05, "weight_decay": 0.0},
            "amsgrad": {"lr": 0.05, "amsgrad": True},
            "maximize": {"lr": 0.05, "maximize": True},
        },
    ),
    "rmsprop": (
        torch.optim.RMSprop,
        {"plain": {}, "everything": {"lr": 0.02, "alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.1}},
    ),
    "adagrad": (torch.optim.Adagrad, {"plain": {}, "everything": {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}}),
}


def add_optimizers(family):
    start, steps = sample("optim start", (6,)), sample("optim steps", (5, 6))
    start[1] = 0
    steps[2, 3] = 0
    steps[:, 5] = 0
    steps[3, 0] = 1e-12
    for op, (constructor, cases) in OPTIMIZERS.items():
        for case, args in cases.items():
            dtypes = [("", torch.float32), ("_f64", F64)]
            # an eps of 1e-8 is 0 in 16 bits, where a gradient of 0 then gives NaN
            if op == "sgd" or args.get("eps") == 1e-4:
                dtypes += [("_f16", torch.float16), ("_bf16", torch.bfloat16)]
            for suffix, dtype in dtypes:

                def run(initial, gradients, make=constructor, options=args):
                    parameter = nn.Parameter(initial.clone())
                    optimizer = make([parameter], **{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})
                    values = []
                    for gradient in gradients:
                        parameter.grad = gradient.clone()
                        optimizer.step()
                        values.append(parameter.detach().clone())
                    return torch.stack(values)

                family.add(op, case + suffix, run, [start.to(dtype), steps.to(dtype)], args, gradients=False)


INITIAL = {
    "Linear(2,5)": lambda: nn.Linear(2, 5),
    "Linear(784,256)": lambda: nn.Linear(784, 256),
    "Linear(3,2,bias=False)": lambda: nn.Linear(3, 2, bias=False),
    "Conv2d(1,8,3)": lambda: nn.Conv2d(1, 8, 3),
    "Conv2d(4,6,(3,2),groups=2)": lambda: nn.Conv2d(4, 6, (3, 2), groups=2),
    "Sequential(Linear(3,5),Linear(5,1))": lambda: nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 1)),
    "Embedding(7,3)": lambda: nn.Embedding(7, 3),
    "BatchNorm2d(3)": lambda: nn.BatchNorm2d(3),
    "LayerNorm(4)": lambda: nn.LayerNorm(4),
    "RNN(2,3)": lambda: nn.RNN(2, 3),
    "LSTM(2,3)": lambda: nn.LSTM(2, 3),
    "GRU(2,3)": lambda: nn.GRU(2, 3),
    "MultiheadAttention(4,2)": lambda: nn.MultiheadAttention(4, 2),
    "MLP": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
}
INITIALIZERS = {
    "xavier_uniform_": lambda t: nn.init.xavier_uniform_(t),
    "xavier_normal_": lambda t: nn.init.xavier_normal_(t),
    "kaiming_uniform_": lambda t: nn.init.kaiming_uniform_(t),
    "kaiming_normal_": lambda t: nn.init.kaiming_normal_(t),
    "trunc_normal_": lambda t: nn.init.trunc_normal_(t),
    "orthogonal_": lambda t: nn.init.orthogonal_(t),
}


def add_initial_values(family):
    for expression, constructor in INITIAL.items():
        torch.manual_seed(42)
        for name, value in constructor().state_dict().items():
            key = f"init/{expression}/{name}"
            if value.numel() <= 128:
                family.tensors[key] = value
            else:
                family.tensors[f"{key}@head"] = value.reshape(-1)[:8].clone()
                family.tensors[f"{key}@sum"] = value.double().sum()
    for name, fill in INITIALIZERS.items():
        torch.manual_seed(42)
        family.tensors[f"init/{name}/(5,4)"] = fill(torch.empty(5, 4))


def make():
    family = Family("nn")
    add_linear(family)
    add_convolutions(family)
    add_pools(family)
    add_softmax(family)
    add_classification_losses(family)
    add_other_losses(family)
    add_norms(family)
    add_attention(family)
    add_optimizers(family)
    add_initial_values(family)
    family.save()
