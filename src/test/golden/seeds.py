"""The programs that the project began with, in PyTorch and numpy: seeds.txt holds their numbers, one quantity a line:

    program.quantity: value value ...

Programs: scalar (w * x on three points), line (a line through five points), update and module (two layers classify six
points, by hand and by nn.Module), numpy_line and torch_line (a line through 80 noisy points), layers (initial values) and
batches (linear regression in mini-batches).
"""

import numpy
import torch
import torch.nn.functional as F
from torch import nn

from tensorfile import RESOURCES

POINTS = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 0], [0, 0], [0, 1]])
CLASSES = torch.tensor([0, 1, 2, 0, 0, 2])


def scalar():
    w = torch.tensor([1.0], requires_grad=True)
    loss = None
    for _ in range(20):
        for x, y in ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0)):
            loss = (w * x - y) ** 2
            loss.backward()
            w.data -= 0.01 * w.grad
            w.grad.zero_()
    yield "w", w
    yield "prediction", w * 4
    yield "loss", loss


def line():
    x = torch.tensor([1.4, 5, 11, 16, 21])
    target = torch.tensor([14.4, 29.6, 62, 85.5, 113.4])
    inputs = torch.stack((x, torch.ones(5)), dim=1)
    torch.manual_seed(42)
    w = torch.rand(2, requires_grad=True)
    yield "initial", w
    losses = []
    for _ in range(1000):
        loss = (inputs.mv(w) - target).pow(2).sum()
        loss.backward()
        w.data -= 1e-4 * w.grad
        w.grad.zero_()
        losses.append(loss.item())
    yield "losses", losses[::200] + losses[-1:]
    yield "w", w


def accuracy(output):
    return (output.argmax(1) == CLASSES).float().mean().item()


def update():
    torch.manual_seed(42)
    parameters = [torch.randn(*shape, requires_grad=True) for shape in ((2, 5), (5,), (5, 3), (3,))]
    w1, b1, w2, b2 = parameters

    def forward():
        return torch.matmul(F.relu(torch.matmul(POINTS, w1) + b1), w2) + b2

    losses, accuracies = [], []
    for epoch in range(1000):
        loss = F.nll_loss(F.log_softmax(forward(), dim=1), CLASSES)
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= 0.01 * p.grad
                p.grad.zero_()
            if epoch % 200 == 199:
                losses.append(loss.item())
                accuracies.append(accuracy(forward()))
    yield "losses", losses
    yield "accuracies", accuracies


class TwoLayers(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.linear1 = nn.Linear(inputs, hidden)
        self.linear2 = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.linear2(F.relu(self.linear1(x)))


def module():
    torch.manual_seed(42)
    model = TwoLayers(2, 5, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    losses, accuracies = [], []
    for epoch in range(1000):
        optimizer.zero_grad()
        loss = criterion(model(POINTS), CLASSES)
        loss.backward()
        optimizer.step()
        if epoch % 200 == 199:
            losses.append(loss.item())
            accuracies.append(accuracy(model(POINTS)))
    yield "losses", losses
    yield "accuracies", accuracies


def noisy_line():
    """80 training points of y = 1 + 2 x + noise, shuffled; numpy's stream is left after the shuffle."""
    numpy.random.seed(42)
    x = numpy.random.rand(100, 1)
    y = 1 + 2 * x + 0.1 * numpy.random.randn(100, 1)
    order = numpy.arange(100)
    numpy.random.shuffle(order)
    return order, x[order[:80]], y[order[:80]]


def numpy_line():
    order, x, y = noisy_line()
    yield "order", order
    yield "x", x[:4]
    yield "y", y[:4]
    numpy.random.seed(42)
    b, w = numpy.random.randn(1), numpy.random.randn(1)
    yield "initial", [*b, *w]
    for _ in range(1000):
        error = b + w * x - y
        b, w = b - 0.1 * 2 * error.mean(), w - 0.1 * 2 * (x * error).mean()
    yield "final", [*b, *w]
    solution = numpy.linalg.lstsq(numpy.hstack((numpy.ones_like(x), x)), y, rcond=None)[0]
    yield "closed_form", solution


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.Parameter(torch.randn(1))
        self.w = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.b + self.w * x


def torch_line():
    _, x, y = noisy_line()
    x, y = torch.as_tensor(x).float(), torch.as_tensor(y).float()
    torch.manual_seed(42)
    model = Line()
    yield "initial", [model.b.item(), model.w.item()]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_fn = nn.MSELoss(reduction="mean")
    losses = []
    for _ in range(1000):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    yield "losses", [losses[0], losses[9], losses[99], losses[-1]]
    yield "final", [model.b.item(), model.w.item()]


def layers():
    torch.manual_seed(42)
    linear = nn.Linear(1, 1)
    yield "linear", [linear.weight.item(), linear.bias.item()]
    torch.manual_seed(42)
    sequence = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 1))
    for name, value in sequence.state_dict().items():
        yield name, value


def batches():
    """All draws in order: features (torch, 42), noise and w (numpy, 42), one torch.randperm(1000) an epoch."""
    torch.manual_seed(42)
    numpy.random.seed(42)
    features = torch.randn(1000, 2)
    labels = 2 * features[:, 0] - 3.4 * features[:, 1] + 4.2
    labels += torch.tensor(numpy.random.normal(0, 0.01, size=1000), dtype=torch.float32)
    w = torch.tensor(numpy.random.normal(0, 0.01, (2, 1)), dtype=torch.float32).requires_grad_()
    b = torch.zeros(1, requires_grad=True)
    yield "initial", w

    def squared_loss(output, y):
        return (output - y.view(output.size())) ** 2 / 2

    losses = []
    for _ in range(3):
        order = torch.randperm(1000)
        for start in range(0, 1000, 10):
            rows = order[start : start + 10]
            loss = squared_loss(torch.mm(features.index_select(0, rows), w) + b, labels.index_select(0, rows)).sum()
            loss.backward()
            for p in (w, b):
                p.data -= 0.03 * p.grad / 10
                p.grad.zero_()
        losses.append(squared_loss(torch.mm(features, w) + b, labels).mean().item())
    yield "losses", losses
    yield "w", w
    yield "b", b


def numbers(value):
    """Shortest text that gives each value back in its own precision."""
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    flat = numpy.asarray(value).reshape(-1)
    if flat.dtype == numpy.float64 and numpy.array_equal(flat.astype(numpy.float32).astype(numpy.float64), flat):
        flat = flat.astype(numpy.float32)
    return " ".join(numpy.format_float_positional(v, trim="-") if v.dtype.kind == "f" else str(v) for v in flat)


def make():
    lines = [
        f"{program.__name__}.{name}: {numbers(value)}"
        for program in (scalar, line, update, module, numpy_line, torch_line, layers, batches)
        for name, value in program()
    ]
    (RESOURCES / "seeds.txt").write_text("\n".join(lines) + "\n")
    print(f"seeds.txt: {len(lines)} lines")


if __name__ == "__main__":
    make()
