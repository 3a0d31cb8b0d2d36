"""Steps of training in PyTorch: networks, losses and optimizers."""

import torch
from torch import nn
from torch.nn import functional as F

import data
import torch_operands as on
from torch_operands import below, in_tf32, positive, signed

def begun(model):
    """Gives a model the first parameters that it has on every side."""
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.from_numpy(data.weights(i, tuple(p.shape))))
    return model.to(on.device)


def step(optimizer, forward):
    def run():
        optimizer.zero_grad()
        loss = forward()
        loss.backward()
        optimizer.step()
        return loss

    return run


WARM_UPS = 3


def captured(recipe):
    """A step that is captured in a graph; on the CPU, where there are none, it goes on as it is."""

    def made(*sizes):
        run = recipe(*sizes)
        if on.device.type != "cuda":
            for _ in range(WARM_UPS):
                run()
            return run
        beside = torch.cuda.Stream(on.device)
        beside.wait_stream(torch.cuda.current_stream(on.device))
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                run()
        torch.cuda.current_stream(on.device).wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = run()

        def replay():
            graph.replay()
            return result

        return replay

    return made


def scalar():
    x, y = torch.tensor([1.0], device=on.device), torch.tensor([2.0], device=on.device)
    w = torch.tensor([1.0], requires_grad=True, device=on.device)

    def run():
        loss = (w * x - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(w.grad * 0.01)
        w.grad.zero_()
        return loss

    return run


def line(points):
    x = positive(1, points, 1)
    y = x * 2 + 1
    model, criterion = begun(nn.Linear(1, 1)), nn.MSELoss()
    return step(torch.optim.SGD(model.parameters(), lr=0.1), lambda: criterion(model(x), y))


def hidden():
    x = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 0], [0, 0], [0, 1]], device=on.device)
    y = torch.tensor([0, 1, 2, 0, 0, 2], device=on.device)
    model = begun(nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3)))
    criterion = nn.CrossEntropyLoss()
    return step(torch.optim.SGD(model.parameters(), lr=0.01), lambda: criterion(model(x), y))


def perceptron(*widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def classifier(model, x, compiled=lambda model: model, **options):
    y = below(2, 10, len(x))
    model, criterion = begun(model), nn.CrossEntropyLoss()
    called = compiled(model)
    return step(torch.optim.Adam(model.parameters(), lr=1e-3, **options), lambda: criterion(called(x), y))


def sequences(layer, called):
    """Classes of sequences by what a layer makes of their last place."""

    def made(width, batch, length):
        x, y = positive(1, batch, length, width), below(2, 10, batch)
        body, head = layer(width), nn.Linear(width, 10)
        criterion = nn.CrossEntropyLoss()
        parameters = begun(nn.ModuleList([body, head])).parameters()
        return step(torch.optim.Adam(parameters, lr=1e-3), lambda: criterion(head(called(body, x)[:, -1]), y))

    return made


def in_a_graph():
    """Options of an Adam whose step can be captured."""
    return {"capturable": on.device.type == "cuda"}


def convolution(a, b, kernel, stride):
    return nn.Conv2d(a, b, kernel, stride=stride, padding=kernel // 2, bias=False)


class Residual(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = convolution(a, b, 3, stride), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = convolution(b, b, 3, 1), nn.BatchNorm2d(b)
        past = nn.Identity() if a == b and stride == 1 else nn.Sequential(convolution(a, b, 1, stride), nn.BatchNorm2d(b))
        self.downsample = past

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(y)) + self.downsample(x)).relu()


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = convolution(3, 64, 7, 2), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
        self.blocks = nn.ModuleList(block for a, b, s in widths for block in (Residual(a, b, s), Residual(b, b, 1)))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 1000)

    def forward(self, x):
        y = self.maxpool(self.bn1(self.conv1(x)).relu())
        for block in self.blocks:
            y = block(y)
        return self.fc(self.avgpool(y).flatten(1))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads = width // 64
        self.ln1 = nn.LayerNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.ln2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, x):
        q, k, v = self.attention(self.ln1(x)).unflatten(-1, (3, self.heads, 64)).permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = x + self.projection(seen.transpose(1, 2).flatten(2))
        return y + self.mlp(self.ln2(y))


class Gpt(nn.Module):
    def __init__(self, vocabulary, layers, width, context):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        y = self.tokens(x) + self.places(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            y = block(y)
        return F.linear(self.norm(y), self.tokens.weight)


def begun_network(model):
    """As begun, but normalizations begin with 1, and what is added with 0."""
    with torch.no_grad():
        for i, (name, p) in enumerate(model.named_parameters()):
            if p.dim() > 1:
                p.copy_(torch.from_numpy(data.weights(i, tuple(p.shape))))
            else:
                p.fill_(0 if name.endswith("bias") else 1)
    return model.to(on.device)


def plain(forward):
    return forward


def in_bfloat16(forward):
    def run():
        with torch.autocast(on.device.type, dtype=torch.bfloat16):
            return forward()

    return run


def resnet(region):
    def recipe(height, width, batch):
        model, criterion = begun_network(ResNet18()), nn.CrossEntropyLoss()
        x, y = positive(1, batch, 3, height, width), below(2, 1000, batch)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
        return step(optimizer, region(lambda: criterion(model(x), y)))

    return recipe


def gpt(vocabulary, layers, width, batch, context, region=plain, compiled=lambda model: model):
    model, criterion = begun_network(Gpt(vocabulary, layers, width, context)), nn.CrossEntropyLoss()
    x, y = below(1, vocabulary, batch, context), below(2, vocabulary, batch * context)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    called = compiled(model)
    return step(optimizer, region(lambda: criterion(called(x).flatten(0, 1), y)))


def optimizer(make):
    def recipe(count, n):
        parameters = [signed(1 + i, n).requires_grad_() for i in range(count)]
        for i, p in enumerate(parameters):
            p.grad = signed(500 + i, n)
        optimizer = make(parameters)

        def run():
            optimizer.step()
            return parameters[-1]

        return run

    return recipe


recipes = {
    "step: scalar": scalar,
    "step: line through points": line,
    "step: hidden layer 2-5-3": hidden,
    "step: MLP, batch": lambda batch: classifier(perceptron(784, 256, 128, 10), positive(1, batch, 784)),
    "step: MLP, width": lambda w: classifier(perceptron(784, w, w, 10), positive(1, 64, 784)),
    "step: MLP, depth": lambda d: classifier(perceptron(784, *[128] * d, 10), positive(1, 64, 784)),
    "step: CNN, batch": lambda batch: classifier(convolutional(), positive(1, batch, 1, 28, 28)),
    "step: scalar, captured": captured(scalar),
    "step: line through points, captured": captured(line),
    "step: hidden layer 2-5-3, captured": captured(hidden),
    "step: MLP, captured, batch": captured(
        lambda batch: classifier(perceptron(784, 256, 128, 10), positive(1, batch, 784), **in_a_graph())
    ),
    "step: CNN, captured, batch": captured(
        lambda batch: classifier(convolutional(), positive(1, batch, 1, 28, 28), **in_a_graph())
    ),
    "step: CNN, tf32, batch": in_tf32(
        lambda batch: classifier(convolutional(), positive(1, batch, 1, 28, 28))
    ),
    "step: LSTM, width, sequences": sequences(
        lambda width: nn.LSTM(width, width, batch_first=True), lambda layer, x: layer(x)[0]
    ),
    "step: GRU, width, sequences": sequences(
        lambda width: nn.GRU(width, width, batch_first=True), lambda layer, x: layer(x)[0]
    ),
    "step: transformer layer, width, sequences": sequences(
        lambda width: nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True),
        lambda layer, x: layer(x),
    ),
    "step: ResNet-18, images, batch": resnet(plain),
    "step: ResNet-18, tf32, images, batch": in_tf32(resnet(plain)),
    "step: ResNet-18, bfloat16, images, batch": resnet(in_bfloat16),
    "step: GPT, layers, width, tokens": lambda *sizes: gpt(512, *sizes),
    "step: GPT, bfloat16, layers, width, tokens": lambda *sizes: gpt(512, *sizes, in_bfloat16),
    "step: GPT, bfloat16, beside torch.compile, layers, width, tokens": lambda *sizes: gpt(
        512, *sizes, in_bfloat16, torch.compile
    ),
    "step: GPT-2 124M, bfloat16, tokens": lambda *sizes: gpt(50257, 12, 768, *sizes, in_bfloat16),
    "step: GPT-2 124M, bfloat16, beside torch.compile, tokens": lambda *sizes: gpt(
        50257, 12, 768, *sizes, in_bfloat16, torch.compile
    ),
    "step: Adam alone, beside torch's fused one": optimizer(lambda p: torch.optim.Adam(p, lr=1e-3, fused=True)),
    "step: Adam alone": optimizer(lambda p: torch.optim.Adam(p, lr=1e-3)),
    "step: RMSprop alone": optimizer(lambda p: torch.optim.RMSprop(p, lr=1e-3)),
    "step: Adagrad alone": optimizer(lambda p: torch.optim.Adagrad(p, lr=1e-3)),
    "step: NAdam alone": optimizer(lambda p: torch.optim.NAdam(p, lr=1e-3)),
    "step: Adadelta alone": optimizer(lambda p: torch.optim.Adadelta(p, lr=0.1)),
    "step: SGD alone": optimizer(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
}
