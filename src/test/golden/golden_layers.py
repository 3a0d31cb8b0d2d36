"""Layers of PyTorch made after manual_seed(42): layers.safetensors holds for each case its parameters (`case/parameter/name`), inputs
(`case/input/0` …) and output (`case/output`), and in its metadata the text that the layer prints as. Cases that end in `sized` were
called with `output_size`; AdaptiveLogSoftmaxWithLoss has `each`, `log_prob` and `predict` beside its output, the loss."""

import torch
from torch import nn

from tensorfile import save

VOLUME, IMAGE, LINE, ROWS = (2, 4, 4, 5, 6), (2, 4, 5, 6), (2, 4, 9), (3, 4)

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
    "Conv3d": (lambda: nn.Conv3d(4, 6, (2, 3, 2), stride=(1, 2, 1), padding=1, dilation=(2, 1, 1), groups=2), VOLUME),
    "Conv3d same": (lambda: nn.Conv3d(4, 2, (4, 2, 3), padding="same", bias=False), VOLUME),
    "ConvTranspose3d": (lambda: nn.ConvTranspose3d(4, 6, (3, 2, 2), stride=2, padding=(1, 0, 1), output_padding=1, groups=2), VOLUME),
    "MaxPool3d": (nn.MaxPool3d((2, 3, 2), 2, 1), VOLUME),
    "AvgPool3d": (nn.AvgPool3d(3, 2, 1, ceil_mode=True), VOLUME),
    "AdaptiveAvgPool3d": (nn.AdaptiveAvgPool3d((3, None, 4)), VOLUME),
    "AdaptiveMaxPool1d": (nn.AdaptiveMaxPool1d(4), LINE),
    "AdaptiveMaxPool2d": (nn.AdaptiveMaxPool2d((None, 4)), IMAGE),
    "AdaptiveMaxPool3d": (nn.AdaptiveMaxPool3d((3, 2, 4)), VOLUME),
    "InstanceNorm1d": (nn.InstanceNorm1d(4), LINE),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), IMAGE),
    "InstanceNorm3d": (lambda: nn.InstanceNorm3d(4, eps=0.5), VOLUME[1:]),
    "LocalResponseNorm": (nn.LocalResponseNorm(3, 0.5), IMAGE),
    "Dropout1d": (nn.Dropout1d(0.25), LINE),
    "Dropout2d": (nn.Dropout2d(), IMAGE),
    "Dropout3d": (nn.Dropout3d(), VOLUME),
    "AlphaDropout": (nn.AlphaDropout(0.25), ROWS),
    "FeatureAlphaDropout": (nn.FeatureAlphaDropout(), IMAGE),
    "RReLU": (nn.RReLU(), ROWS),
    "Unfold": (nn.Unfold((2, 3), padding=1), IMAGE),
    "Fold": (nn.Fold((4, 5), 2), (2, 12, 12)),
    "PixelShuffle": (nn.PixelShuffle(2), IMAGE),
    "PixelUnshuffle": (nn.PixelUnshuffle(3), (2, 1, 3, 6)),
    "ChannelShuffle": (nn.ChannelShuffle(2), IMAGE),
    "Upsample": (nn.Upsample(scale_factor=2), IMAGE),
    "FractionalMaxPool2d": (nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.7)), IMAGE),
    "FractionalMaxPool3d": (nn.FractionalMaxPool3d((2, 1, 2), output_size=(2, 3, 4)), VOLUME),
    "LPPool1d": (nn.LPPool1d(4.0, 3, stride=2, ceil_mode=True), LINE),
    "LPPool2d": (nn.LPPool2d(2.0, 2), IMAGE),
    "LPPool3d": (nn.LPPool3d(float("inf"), (2, 3, 2), stride=(1, 2, 1)), VOLUME),
    "Conv1d replicate": (lambda: nn.Conv1d(4, 2, 3, padding=2, dilation=2, padding_mode="replicate"), LINE),
    "Conv2d circular": (lambda: nn.Conv2d(4, 2, 3, padding=(2, 1), stride=2, padding_mode="circular"), IMAGE),
    "Conv3d reflect": (lambda: nn.Conv3d(4, 2, (3, 2, 4), padding="same", padding_mode="reflect"), VOLUME),
    "Upsample size": (nn.Upsample((7, 4), mode="bilinear", align_corners=True), IMAGE),
}

SEVERAL = {
    "Bilinear": (lambda: nn.Bilinear(3, 4, 2), lambda: [torch.randn(5, 3), torch.randn(5, 4)]),
    "EmbeddingBag": (
        lambda: nn.EmbeddingBag(5, 3, mode="max", padding_idx=1),
        lambda: [torch.tensor([0, 1, 2, 2, 4, 3, 0]), torch.tensor([0, 3, 3, 5])],
    ),
    "EmbeddingBag matrix": (lambda: nn.EmbeddingBag(5, 3), lambda: [torch.tensor([[0, 1, 2], [4, 4, 3]])]),
    "CosineSimilarity": (nn.CosineSimilarity, lambda: [torch.randn(IMAGE), torch.randn(IMAGE[1:])]),
    "CosineSimilarity last": (lambda: nn.CosineSimilarity(-1, 0.5), lambda: [torch.randn(ROWS), torch.zeros(ROWS)]),
    "PairwiseDistance": (nn.PairwiseDistance, lambda: [torch.randn(ROWS), torch.randn(ROWS)]),
    "PairwiseDistance kept": (
        lambda: nn.PairwiseDistance(1.5, 0.25, keepdim=True),
        lambda: [torch.randn(ROWS), torch.randn(ROWS[1:])],
    ),
    "MaxUnpool1d": (lambda: nn.MaxUnpool1d(2), lambda: [torch.randn(1, 2, 2), torch.tensor([[[1, 2], [0, 3]]])]),
    "MaxUnpool2d": (lambda: nn.MaxUnpool2d((1, 2), (2, 2)), lambda: [torch.randn(1, 2, 2), torch.tensor([[[0, 2], [8, 11]]])]),
    "MaxUnpool3d": (
        lambda: nn.MaxUnpool3d(2),
        lambda: [torch.randn(1, 1, 1, 1, 2), torch.tensor([5, 14]).view(1, 1, 1, 1, 2)],
    ),
}


def linear_losses():
    classes = lambda: torch.tensor([1, 2, 4, 0, 2])
    return {
        "LinearCrossEntropyLoss": (lambda: nn.LinearCrossEntropyLoss(3, 5), lambda: [torch.randn(5, 3), classes()]),
        "LinearCrossEntropyLoss weighted": (
            lambda: nn.LinearCrossEntropyLoss(
                3, 5, bias=True, weight=torch.rand(5), ignore_index=2, label_smoothing=0.25, reduction="sum"
            ),
            lambda: [torch.randn(5, 3), classes()],
        ),
        "LinearCrossEntropyLoss places": (
            lambda: nn.LinearCrossEntropyLoss(3, 5, out_features=(2, 3), bias=True, reduction="none"),
            lambda: [torch.randn(4, 3), torch.randint(5, (4, 2, 3))],
        ),
        "LinearCrossEntropyLoss probabilities": (
            lambda: nn.LinearCrossEntropyLoss(3, 5, out_features=(2,)),
            lambda: [torch.randn(4, 3), torch.randn(4, 5, 2).softmax(1)],
        ),
        "LinearCrossEntropyLoss single": (lambda: nn.LinearCrossEntropyLoss(3, 5), lambda: [torch.randn(3), torch.tensor(4)]),
    }


SIZED = {
    "ConvTranspose1d sized": (lambda: nn.ConvTranspose1d(4, 2, 3, stride=3, padding=1), lambda: [torch.randn(LINE)], (27,)),
    "ConvTranspose2d sized": (
        lambda: nn.ConvTranspose2d(4, 2, (3, 2), stride=2, padding=(1, 0), output_padding=1, dilation=2),
        lambda: [torch.randn(IMAGE)],
        (2, 2, 11, 14),
    ),
    "ConvTranspose3d sized": (
        lambda: nn.ConvTranspose3d(4, 2, (3, 2, 2), stride=(3, 1, 2)),
        lambda: [torch.randn(VOLUME[1:])],
        (14, 6, 12),
    ),
    "MaxUnpool2d sized": (
        lambda: nn.MaxUnpool2d(2),
        lambda: [torch.randn(1, 2, 2), torch.tensor([[[0, 2], [8, 11]]])],
        (3, 5),
    ),
}

LOSSES = {
    "MultiMarginLoss": (nn.MultiMarginLoss(2, 0.5), 2),
    "MultiLabelMarginLoss": (nn.MultiLabelMarginLoss(), 2),
    "MultiLabelSoftMarginLoss": (nn.MultiLabelSoftMarginLoss(), 2),
    "CTCLoss": (nn.CTCLoss(1), 1),
    "KLDivLoss": (nn.KLDivLoss(reduction="batchmean"), 2),
    "BCELoss": (nn.BCELoss(), 2),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss(), 2),
    "SoftMarginLoss": (nn.SoftMarginLoss(), 2),
    "PoissonNLLLoss": (nn.PoissonNLLLoss(full=True), 2),
    "GaussianNLLLoss": (nn.GaussianNLLLoss(), 3),
    "TripletMarginLoss": (nn.TripletMarginLoss(), 3),
    "TripletMarginWithDistanceLoss": (nn.TripletMarginWithDistanceLoss(), 3),
    "TripletMarginWithDistanceLoss own": (
        nn.TripletMarginWithDistanceLoss(
            distance_function=lambda x, y: (x - y).abs().amax(1), margin=0.25, swap=True, reduction="none"
        ),
        3,
    ),
    "MarginRankingLoss": (nn.MarginRankingLoss(0.5), 3),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss(0.1), 3),
}


def signs(count):
    return torch.randint(0, 2, count).float() * 2 - 1


def operands(case, count):
    rows = [torch.rand(ROWS) for _ in range(count)]
    if case in ("HingeEmbeddingLoss", "SoftMarginLoss", "MarginRankingLoss"):
        rows[-1] = signs(ROWS)
    elif case == "MultiMarginLoss":
        rows[-1] = torch.tensor([1, 3, 0])
    elif case == "MultiLabelMarginLoss":
        rows[-1] = torch.tensor([[3, 0, -1, 1], [-1, 2, 1, 0], [2, 1, 0, 3]])
    elif case == "CTCLoss":
        steps = torch.randn(6, 3, 4).log_softmax(2)
        return [steps, torch.tensor([0, 2, 2, 3, 3, 2, 0]), torch.tensor([6, 5, 6]), torch.tensor([3, 1, 3])]
    elif case == "CosineEmbeddingLoss":
        rows[-1] = signs(ROWS[:1])
    return rows


def add_adaptive(tensors, texts):
    """A loss of rare classes; also divided so that Python rounds the quotient of features down."""
    for case, features, classes, cutoffs, options in (
        ("AdaptiveLogSoftmaxWithLoss", 6, 12, [3, 5, 9], {"div_value": 1.5, "head_bias": True}),
        ("AdaptiveLogSoftmaxWithLoss defaults", 20, 8, [4], {}),
        ("AdaptiveLogSoftmaxWithLoss divided", 7, 4, [2], {"div_value": 0.1}),
    ):
        torch.manual_seed(42)
        layer = nn.AdaptiveLogSoftmaxWithLoss(features, classes, cutoffs, **options)
        for name, value in layer.state_dict().items():
            tensors[f"{case}/parameter/{name}"] = value.clone()
        x, target = 3 * torch.randn(9, features), torch.randint(0, classes, (9,))
        x.requires_grad_()
        result = layer(x, target)
        result.loss.backward()
        values = {
            "input/0": x.detach(),
            "input/1": target,
            "output": result.loss.detach(),
            "each": result.output.detach(),
            "gradient": x.grad,
            "log_prob": layer.log_prob(x).detach(),
            "predict": layer.predict(x),
        }
        tensors.update({f"{case}/{name}": value for name, value in values.items()})
        texts[case] = str(layer)


def make():
    tensors, texts = {}, {}

    def add(case, layer, inputs, **size):
        for name, value in layer.state_dict().items():
            tensors[f"{case}/parameter/{name}"] = value.clone()
        for i, value in enumerate(inputs):
            tensors[f"{case}/input/{i}"] = value
        torch.manual_seed(43)
        tensors[f"{case}/output"] = layer(*inputs, **size).detach()
        texts[case] = str(layer)

    for case, (layer, shape) in ONE.items():
        torch.manual_seed(42)
        made = layer() if not isinstance(layer, nn.Module) else layer
        add(case, made, [torch.randn(shape)])
    torch.use_deterministic_algorithms(False)  # unpooling has none, and needs none: no two of its positions are the same
    for case, (layer, inputs) in (SEVERAL | linear_losses()).items():
        torch.manual_seed(42)
        add(case, layer(), inputs())
    for case, (layer, inputs, size) in SIZED.items():
        torch.manual_seed(42)
        add(case, layer(), inputs(), output_size=size)
    torch.use_deterministic_algorithms(True)
    for case, (loss, count) in LOSSES.items():
        torch.manual_seed(42)
        add(case, loss, operands(case, count))
    add_adaptive(tensors, texts)
    save("layers", tensors, texts)
