"""What torch.autocast chooses, and what mixed precision computes: autocast.txt has a line per fact,

    cpu f16 name f32,f32: f16 f16       result dtypes of a function of operands of these dtypes, under autocast to f16
    cuda name choice                    in which of PyTorch's lists for GPUs a function is (from its header autocast_mode.h)
    model.quantity: value value ...     a forward and backward pass under autocast to bfloat16, see mlp() and cnn()
    curve.quantity: value value ...     losses, scales and norms of a training in float16, see curve()
"""

import re
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from tensorfile import RESOURCES

DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
SQUARE = (4, 4)
BATCH = (2, 4, 4)

# Functions of operands of these shapes; an integer operand is classes.
FUNCTIONS = {
    "matmul": (torch.matmul, SQUARE, SQUARE),
    "matmulVector": (torch.matmul, SQUARE, (4,)),
    "mm": (torch.mm, SQUARE, SQUARE),
    "bmm": (torch.bmm, BATCH, BATCH),
    "mv": (torch.mv, SQUARE, (4,)),
    "dot": (torch.dot, (4,), (4,)),
    "addmm": (torch.addmm, SQUARE, SQUARE, SQUARE),
    "baddbmm": (torch.baddbmm, BATCH, BATCH, BATCH),
    "addbmm": (torch.addbmm, SQUARE, BATCH, BATCH),
    "addmv": (torch.addmv, (4,), SQUARE, (4,)),
    "addr": (torch.addr, SQUARE, (4,), (4,)),
    "linear": (F.linear, SQUARE, SQUARE, (4,)),
    "conv2d": (F.conv2d, (1, 2, 4, 4), (3, 2, 3, 3), (3,)),
    "vecdot": (torch.linalg.vecdot, SQUARE, SQUARE),
    "attention": (F.scaled_dot_product_attention, BATCH, BATCH, BATCH),
    "maskedAttention": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, torch.zeros(4, 4, dtype=q.dtype)),
        BATCH,
        BATCH,
        BATCH,
    ),
    "multiDot": (lambda a, b, c: torch.linalg.multi_dot([a, b, c]), SQUARE, SQUARE, SQUARE),
    "einsum": (lambda a, b: torch.einsum("ij,jk->ik", a, b), SQUARE, SQUARE),
    "tensordot": (lambda a, b: torch.tensordot(a, b, 1), SQUARE, SQUARE),
    "prod": (torch.prod, SQUARE),
    "prodDim": (lambda x: torch.prod(x, 0), SQUARE),
    "trace": (torch.trace, SQUARE),
    "quantile": (lambda x: torch.quantile(x, 0.5), SQUARE),
    "nanquantile": (lambda x: torch.nanquantile(x, 0.5, 0), SQUARE),
    "cdist": (torch.cdist, SQUARE, SQUARE),
    "mseLoss": (F.mse_loss, SQUARE, SQUARE),
    "l1Loss": (F.l1_loss, SQUARE, SQUARE),
    "smoothL1Loss": (F.smooth_l1_loss, SQUARE, SQUARE),
    "huberLoss": (F.huber_loss, SQUARE, SQUARE),
    "nllLoss": (lambda x: F.nll_loss(x, torch.tensor([0, 1, 2, 3])), SQUARE),
    "crossEntropy": (lambda x: F.cross_entropy(x, torch.tensor([0, 1, 2, 3])), SQUARE),
    "binaryCrossEntropyWithLogits": (F.binary_cross_entropy_with_logits, SQUARE, SQUARE),
    "cat": (lambda a, b: torch.cat([a, b]), SQUARE, SQUARE),
    "stack": (lambda a, b: torch.stack([a, b]), SQUARE, SQUARE),
    "indexCopy": (lambda a, b: a.index_copy(0, torch.tensor([0, 1, 2, 3]), b), SQUARE, SQUARE),
    "cholesky": (lambda x: torch.linalg.cholesky(x + 8 * torch.eye(4, dtype=x.dtype)), SQUARE),
    "inv": (lambda x: torch.linalg.inv(x + 8 * torch.eye(4, dtype=x.dtype)), SQUARE),
    "solve": (lambda a, b: torch.linalg.solve(a + 8 * torch.eye(4, dtype=a.dtype), b), SQUARE, SQUARE),
    "qr": (torch.linalg.qr, SQUARE),
    "svd": (torch.linalg.svd, SQUARE),
    "svdvals": (torch.linalg.svdvals, SQUARE),
    "eigh": (torch.linalg.eigh, SQUARE),
    "eigvalsh": (torch.linalg.eigvalsh, SQUARE),
    "lstsq": (lambda a, b: torch.linalg.lstsq(a, b).solution, SQUARE, SQUARE),
    "pinverse": (torch.pinverse, SQUARE),
    "matrixRank": (torch.linalg.matrix_rank, SQUARE),
    "cond": (torch.linalg.cond, SQUARE),
    "exp": (torch.exp, SQUARE),
    "log": (lambda x: torch.log(x.abs() + 1), SQUARE),
    "pow": (lambda x: x.pow(3), SQUARE),
    "sum": (torch.sum, SQUARE),
    "mean": (torch.mean, SQUARE),
    "cumsum": (lambda x: x.cumsum(0), SQUARE),
    "norm": (torch.norm, SQUARE),
    "softmax": (lambda x: x.softmax(1), SQUARE),
    "logSoftmax": (lambda x: x.log_softmax(1), SQUARE),
    "layerNorm": (lambda x: F.layer_norm(x, (4,)), SQUARE),
    "relu": (torch.relu, SQUARE),
    "gelu": (F.gelu, SQUARE),
    "add": (torch.add, SQUARE, SQUARE),
    "mul": (torch.mul, SQUARE, SQUARE),
    "atan2": (torch.atan2, SQUARE, SQUARE),
    "addcmul": (torch.addcmul, SQUARE, SQUARE, SQUARE),
    "where": (lambda a, b: torch.where(a > 0, a, b), SQUARE, SQUARE),
    "maxPool2d": (lambda x: F.max_pool2d(x, 2), (1, 2, 4, 4)),
}


def results(y):
    return [y] if isinstance(y, torch.Tensor) else list(y)


def dtypes():
    for low in ("f16", "bf16"):
        for name, (function, *shapes) in FUNCTIONS.items():
            cases = {("f32",) * len(shapes), (low,) * len(shapes), ("f64",) * len(shapes)}
            if len(shapes) > 1:
                cases |= {(low,) + ("f32",) * (len(shapes) - 1), ("f32",) + (low,) * (len(shapes) - 1)}
            for case in sorted(cases):
                torch.manual_seed(1)
                operands = [torch.randn(shape).to(DTYPES[d]) for shape, d in zip(shapes, case)]
                try:
                    with torch.autocast("cpu", dtype=DTYPES[low]):
                        found = [NAMES[y.dtype] if y.dtype in NAMES else "other" for y in results(function(*operands))]
                except RuntimeError:
                    continue  # of no dtype that PyTorch has there
                yield f"cpu {low} {name} {','.join(case)}: {' '.join(found)}"


def cuda():
    """PyTorch's lists for GPUs, from the header that is installed with it."""
    header = (Path(torch.__file__).parent / "include" / "ATen" / "autocast_mode.h").read_text()
    lists = {
        "LOWER_PRECISION_FP": "LOW",
        "FP32": "FLOAT32",
        "FP32_SET_OPT_DTYPE": "FLOAT32",
        "PROMOTE": "WIDEST",
    }
    for word, choice in lists.items():
        body = re.search(r"#define AT_FORALL_" + word + r"\(_\)((?:.*\\\n)*.*\n)", header).group(1)
        for name in sorted(set(re.findall(r"_\((\w+)", body))):
            yield f"cuda {name} {choice}"


def mlp():
    return nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 4))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 4))


def model(name, make, shape):
    torch.manual_seed(42)
    net = make()
    x = torch.randn(shape)
    y = torch.randint(0, 4, (shape[0],))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = net(x)
        loss = F.cross_entropy(out, y)
    loss.backward()
    yield f"{name}.out", out.float()
    yield f"{name}.loss", loss
    for key, parameter in net.named_parameters():
        assert parameter.grad.dtype == torch.float32
        yield f"{name}.{key}", parameter.grad


def curve():
    """Two batches of eight for each step, with a scale that is too great at first, and clipping."""
    torch.manual_seed(42)
    net = mlp()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**22, growth_interval=4)
    x = torch.randn(16, 8)
    y = torch.randint(0, 4, (16,))
    losses, scales, norms = [], [], []
    for _ in range(24):
        optimizer.zero_grad()
        total = 0
        for part in range(2):
            rows = slice(8 * part, 8 * part + 8)
            with torch.autocast("cpu", dtype=torch.float16):
                loss = F.cross_entropy(net(x[rows]), y[rows]) / 2
            scaler.scale(loss).backward()
            total += loss.item()
        scaler.unscale_(optimizer)
        norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5).item())
        scaler.step(optimizer)
        scaler.update()
        losses.append(total)
        scales.append(scaler.get_scale())
    yield "curve.losses", torch.tensor(losses)
    yield "curve.scales", torch.tensor(scales)
    yield "curve.norms", torch.tensor(norms)


def make():
    lines = [*dtypes(), *cuda()]
    for name, values in [*model("mlp", mlp, (6, 8)), *model("cnn", cnn, (3, 1, 6, 6)), *curve()]:
        lines.append(f"{name}: " + " ".join(f"{value:.9g}" for value in values.detach().flatten().tolist()))
    (RESOURCES / "autocast.txt").write_text("\n".join(lines) + "\n")
