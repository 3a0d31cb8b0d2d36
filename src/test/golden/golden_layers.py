"""Layers of PyTorch made after manual_seed(42): layers.safetensors holds for each case its parameters (`case/parameter/name`), inputs
(`case/input/0` …) and output (`case/output`), and in its metadata the text that the layer prints as."""

import torch
from torch import nn

from tensorfile import save

IMAGE, LINE, ROWS = (2, 4, 5, 6), (2, 4, 9), (3, 4)

ONE = {
    "LeakyReLU": (nn.LeakyReLU(0.2), ROWS),
    "ELU": (nn.ELU(), ROWS),
    "CELU": (nn.CELU(0.5), ROWS),
    "SELU": (nn.SELU(), ROWS),
    "Hardtanh": (nn.Hardtanh(), ROWS),
    "ReLU6": (nn.ReLU6(), ROWS),
    "Hardsigmoid": (nn.Hardsigmoid(), ROWS),
    "Hardswish": (nn.Hardswish(), ROWS),
    "Softplus": (nn.Softplus(2.0, 1.5), ROWS),
    "LogSigmoid": (nn.LogSigmoid(), ROWS),
    "Mish": (nn.Mish(), ROWS),
    "Softsign": (nn.Softsign(), ROWS),
    "Tanhshrink": (nn.Tanhshrink(), ROWS),
    "Hardshrink": (nn.Hardshrink(), ROWS),
    "Softshrink": (nn.Softshrink(0.25), ROWS),
    "Threshold": (nn.Threshold(0.1, 20.0), ROWS),
    "Softmin": (nn.Softmin(1), ROWS),
    "GLU": (nn.GLU(), ROWS),
    "PReLU": (nn.PReLU(4, 0.1), IMAGE),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), LINE),
    "Conv1d same": (lambda: nn.Conv1d(4, 2, 4, padding="same", dilation=2, bias=False), LINE),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), LINE),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 6, (3, 2), stride=2, padding=(1, 0), output_padding=1, dilation=2), IMAGE),
    "MaxPool1d": (nn.MaxPool1d(3, 2, 1), LINE),
    "AvgPool1d": (nn.AvgPool1d(3, 2, 1), LINE),
    "Unfold": (nn.Unfold((2, 3), padding=1), IMAGE),
    "Fold": (nn.Fold((4, 5), 2), (2, 12, 12)),
    "PixelShuffle": (nn.PixelShuffle(2), IMAGE),
    "PixelUnshuffle": (nn.PixelUnshuffle(3), (2, 1, 3, 6)),
    "Upsample": (nn.Upsample(scale_factor=2), IMAGE),
    "Upsample size": (nn.Upsample((7, 4), mode="bilinear", align_corners=True), IMAGE),
}

LOSSES = {
    "KLDivLoss": (nn.KLDivLoss(reduction="batchmean"), 2),
    "BCELoss": (nn.BCELoss(), 2),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss(), 2),
    "SoftMarginLoss": (nn.SoftMarginLoss(), 2),
    "PoissonNLLLoss": (nn.PoissonNLLLoss(full=True), 2),
    "GaussianNLLLoss": (nn.GaussianNLLLoss(), 3),
    "TripletMarginLoss": (nn.TripletMarginLoss(), 3),
    "MarginRankingLoss": (nn.MarginRankingLoss(0.5), 3),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss(0.1), 3),
}


def signs(count):
    return torch.randint(0, 2, count).float() * 2 - 1


def operands(case, count):
    rows = [torch.rand(ROWS) for _ in range(count)]
    if case in ("HingeEmbeddingLoss", "SoftMarginLoss", "MarginRankingLoss"):
        rows[-1] = signs(ROWS)
    elif case == "CosineEmbeddingLoss":
        rows[-1] = signs(ROWS[:1])
    return rows


def make():
    tensors, texts = {}, {}

    def add(case, layer, inputs):
        for name, value in layer.state_dict().items():
            tensors[f"{case}/parameter/{name}"] = value
        for i, value in enumerate(inputs):
            tensors[f"{case}/input/{i}"] = value
        tensors[f"{case}/output"] = layer(*inputs).detach()
        texts[case] = str(layer)

    for case, (layer, shape) in ONE.items():
        torch.manual_seed(42)
        made = layer() if not isinstance(layer, nn.Module) else layer
        add(case, made, [torch.randn(shape)])
    for case, (loss, count) in LOSSES.items():
        torch.manual_seed(42)
        add(case, loss, operands(case, count))
    save("layers", tensors, texts)
