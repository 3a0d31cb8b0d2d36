"""The workloads in PyTorch, eager."""

import functools
import math

import torch
from torch import nn
from torch.nn import functional as F

import data

recipes = {}

device = torch.device("cpu")


def use(name):
    """Makes operands on a GPU from here on, where all float32 is computed in float32.

    A rehearsal is held on the CPU where there is none.
    """
    global device
    if name == "rehearsal":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return
    if not torch.cuda.is_available():
        raise SystemExit(f"PyTorch {torch.__version__} has no CUDA here")
    device = torch.device(name)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.zeros(1, device=device)


def finish():
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def dropped():
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def reserved():
    """How much of a GPU's memory was taken at most since the last workload was dropped."""
    return torch.cuda.max_memory_reserved(device) if device.type == "cuda" else None


def version():
    if torch.cuda.is_available():
        return (
            f"PyTorch {torch.__version__} (CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, "
            f"{torch.cuda.get_device_name()})"
        )
    blas = "MKL" if torch.backends.mkl.is_available() else "no MKL"
    return f"PyTorch {torch.__version__} ({blas}, {torch.backends.cpu.get_cpu_capability()})"


def set_threads(threads):
    torch.set_num_threads(threads)


def array(result):
    result = result.detach().cpu()
    return (result.float() if result.dtype in (torch.bfloat16, torch.float16) else result).numpy()


@functools.lru_cache(maxsize=4)
def kept(make, seed, *shape):
    """Numbers that are kept on the CPU for the next workload on a GPU, as making them takes long."""
    return make(seed, *shape)


def made(make, seed, *shape):
    keep = device.type == "cuda" and math.prod(shape) >= 10_000_000
    return torch.from_numpy(kept(make, seed, *shape) if keep else make(seed, *shape)).to(device)


def signed(seed, *shape):
    return made(data.signed, seed, *shape)


def positive(seed, *shape):
    return made(data.positive, seed, *shape)


def below(seed, bound, *shape):
    return torch.from_numpy(data.below(seed, bound, *shape)).to(device)


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
        x, y, out = signed(1, *shape), signed(2, *shape), torch.empty(shape, device=device)
        return lambda: operation(x, y, out=out)

    return recipe


def of(make, operation):
    """A recipe of what one function makes of the sizes and another works on."""

    def recipe(*sizes):
        operands = make(*sizes)
        return lambda: operation(*operands)

    return recipe


def gradient(operation):
    """The gradient of a result's sum with weights."""

    def recipe(*shape):
        x, weights = signed(1, *shape).requires_grad_(), signed(2, *shape)
        return lambda: torch.autograd.grad(operation(x), x, weights)[0]

    return recipe


def arithmetic(a, b, c, d):
    return (a + b) * c - d


def four(*shape):
    return tuple(signed(seed, *shape) for seed in (1, 2, 3, 4))


def bell(a, b):
    return ((a - b).square() * -0.5).exp()


def gelu_written_out(x):
    return x * 0.5 * ((x * 0.5**0.5).erf() + 1)


recipes |= {
    "add": two(torch.add),
    "add, into out": into_out(torch.add),
    "add a number": one(lambda x: x + 1.5),
    "sub": two(torch.sub),
    "mul": two(torch.mul),
    "div": two(torch.div, positive),
    "pow": two(torch.pow, positive),
    "maximum": two(torch.maximum),
    "lt": two(torch.lt),
    "where": two(lambda x, y: torch.where(x < 0, x, y)),
    "lerp": two(lambda x, y: torch.lerp(x, y, 0.3)),
    "addcmul": two(lambda x, y: torch.addcmul(x, x, y)),
    "exp": one(torch.exp),
    "log": one(torch.log, positive),
    "tanh": one(torch.tanh),
    "gelu": one(F.gelu),
    "erf": one(torch.erf),
    "sin": one(torch.sin),
    "sigmoid": one(torch.sigmoid),
    "sqrt": one(torch.sqrt, positive),
    "neg": one(torch.neg),
    "abs": one(torch.abs),
    "relu": one(torch.relu),
    "floor": one(torch.floor),
    "square": one(torch.square),
    "clamp": one(lambda x: x.clamp(-0.5, 0.5)),
    "to float64": one(lambda x: x.double()),
    "to int32": one(lambda x: (x * 100).int()),
    "chain: (a + b) * c - d": of(four, arithmetic),
    "chain: exp(-(a - b)^2 / 2)": two(bell),
    "chain: gelu written out": one(gelu_written_out),
}

recipes |= {
    "copy": one(torch.clone),
    "copy, into out": two(lambda x, y: y.copy_(x)),
    "copy transposed": one(lambda x: x.t().contiguous()),
    "copy channels last": one(lambda x: x.permute(0, 2, 3, 1).contiguous()),
    "copy every second": of(lambda n: (signed(1, 2 * n)[::2],), lambda x: x.contiguous()),
    "cat": two(lambda x, y: torch.cat((x, y))),
    "cat columns": two(lambda x, y: torch.cat((x, y), 1)),
    "add a row": of(lambda n, m: (signed(1, n, m), signed(2, m)), torch.add),
    "add a column": of(lambda n, m: (signed(1, n, m), signed(2, n, 1)), torch.add),
    "add a row to a column": of(lambda n, m: (signed(1, n, 1), signed(2, m)), torch.add),
    "add transposed": of(lambda n, m: (signed(1, n, m), signed(2, m, n).t()), torch.add),
    "add two transposed": of(lambda n, m: (signed(1, n, m).t(), signed(2, n, m).t()), torch.add),
    "add every second": of(lambda n: 2 * (signed(1, 2 * n)[::2],), torch.add),
    "exp of every second": of(lambda n: (signed(1, 2 * n)[::2],), torch.exp),
    "exp of a part of the columns": of(lambda n, m: (signed(1, n, 2 * m)[:, 1 : m + 1],), torch.exp),
}


def layer_norm_operands(m):
    return {"weight": positive(3, m), "bias": signed(4, m), "eps": 1e-5}


def layer_norm(n, m):
    x, rest = signed(1, n, m), layer_norm_operands(m)
    return lambda: F.layer_norm(x, (m,), **rest)


def layer_norm_gradient(n, m):
    rest = layer_norm_operands(m)
    return gradient(lambda x: F.layer_norm(x, (m,), **rest))(n, m)


def cross_entropy_gradient(n, m):
    x, classes = signed(1, n, m).requires_grad_(), below(2, m, n)
    return lambda: torch.autograd.grad(F.cross_entropy(x, classes), x)[0]


recipes |= {
    "sum": one(torch.sum, positive),
    "mean": one(torch.mean, positive),
    "var": one(torch.var),
    "norm": one(torch.norm),
    "max": one(torch.max),
    "argmax": one(torch.argmax),
    "sum rows": one(lambda x: x.sum(1)),
    "sum columns": one(lambda x: x.sum(0)),
    "sum rows of the transposed": one(lambda x: x.t().sum(1)),
    "sum the middle": one(lambda x: x.sum(1)),
    "sum all but the channels": one(lambda x: x.sum((0, 2, 3))),
    "sum every second": of(lambda n: (positive(1, 2 * n)[::2],), torch.sum),
    "var of rows": one(lambda x: x.var(1)),
    "max of rows": one(lambda x: x.amax(1)),
    "max of columns": one(lambda x: x.amax(0)),
    "argmax of rows": one(lambda x: x.argmax(1)),
    "logsumexp of rows": one(lambda x: x.logsumexp(1)),
    "softmax": one(lambda x: x.softmax(1)),
    "softmax of columns": one(lambda x: x.softmax(0)),
    "log softmax": one(lambda x: x.log_softmax(1)),
    "softmax, forward and backward": gradient(lambda x: x.softmax(1)),
    "log softmax, forward and backward": gradient(lambda x: x.log_softmax(1)),
    "cross entropy": of(lambda n, m: (signed(1, n, m), below(2, m, n)), F.cross_entropy),
    "cross entropy, forward and backward": cross_entropy_gradient,
    "layer norm": layer_norm,
    "layer norm, forward and backward": layer_norm_gradient,
}


def convolution_operands(features, kernel, n, channels, height, width):
    return signed(1, n, channels, height, width), signed(2, features, channels, kernel, kernel)


def convolution(features, kernel, stride, *images):
    x, weight = convolution_operands(features, kernel, *images)
    return lambda: F.conv2d(x, weight, stride=stride, padding=kernel // 2)


def gradients(forward, inputs):
    """The gradients of a result's sum with weights; the first of them is the result."""
    weights = signed(3, *forward().shape)
    return lambda: torch.autograd.grad(forward(), inputs, weights)[0]


def convolution_gradients(features, kernel, stride, *images):
    x, weight = (operand.requires_grad_() for operand in convolution_operands(features, kernel, *images))
    return gradients(lambda: F.conv2d(x, weight, stride=stride, padding=kernel // 2), (weight, x))


def module_gradients(make):
    def recipe(*images):
        x, module = signed(1, *images).requires_grad_(), make(images[1]).to(device)
        return gradients(lambda: module(x), (x, *module.parameters()))

    return recipe


recipes |= {
    "convolution, features, kernel, stride, images": convolution,
    "convolution, forward and backward, features, kernel, stride, images": convolution_gradients,
    "batch norm, forward and backward, images": module_gradients(nn.BatchNorm2d),
    "max pool, forward and backward, images": module_gradients(lambda _: nn.MaxPool2d(3, 2, 1)),
}


def positions(n):
    return signed(1, n), below(2, n, n)


def distinct(n):
    """Whole numbers, each once, so that there is but one order."""
    return ((torch.arange(n, device=device) * 618_033 % n).float(),)


def rows(n, m):
    return signed(1, n, m), below(2, n, n)


def square(n):
    return signed(1, n, n), signed(2, n, n)


def matmul(*s):
    a, b = square(s[0]) if len(s) == 1 else (signed(1, s[0], s[1]), signed(2, s[1], s[2]))
    return lambda: a @ b


def in_tf32(recipe):
    """Lets products and convolutions of a GPU take their operands in TF32, for this task alone."""

    def allow(allowed):
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed

    def made(*sizes):
        task = recipe(*sizes)

        def run():
            allow(True)
            result = task()
            allow(False)
            return result

        return run

    return made


def of_dtype(dtype):
    return of(lambda n: tuple(x.to(dtype) for x in square(n)), torch.matmul)


recipes |= {
    "gather": of(positions, lambda x, i: x.gather(0, i)),
    "index by a tensor": of(positions, lambda x, i: x[i]),
    "scatter add": of(positions, lambda x, i: x.scatter_add(0, i, x)),
    "gather along rows": of(lambda n, m: (signed(1, n, m), below(2, m, n, m)), lambda x, i: x.gather(1, i)),
    "index select rows": of(rows, lambda x, i: x.index_select(0, i)),
    "index add rows": of(rows, lambda x, i: x.index_add(0, i, x)),
    "masked select": one(lambda x: x.masked_select(x > 0)),
    "sort": one(lambda x: x.sort().values),
    "sort rows": one(lambda x: x.sort(1).values),
    "argsort": of(distinct, torch.argsort),
    "topk": one(lambda x: x.topk(10).values),
    "topk of rows": one(lambda x: x.topk(10, 1).values),
    "cumsum": one(lambda x: x.cumsum(0)),
    "cumsum of rows": one(lambda x: x.cumsum(1)),
    "cumsum of columns": one(lambda x: x.cumsum(0)),
    "matmul": matmul,
    "matmul, tf32": in_tf32(matmul),
    "matmul, bfloat16": of_dtype(torch.bfloat16),
    "matmul, float16": of_dtype(torch.float16),
    "matmul, into out": of(lambda n: (*square(n), torch.empty(n, n, device=device)), lambda a, b, out: torch.matmul(a, b, out=out)),
    "matmul, first transposed": of(square, lambda a, b: a.t() @ b),
    "matmul, second transposed": of(square, lambda a, b: a @ b.t()),
    "matmul by a vector": of(lambda n: (signed(1, n, n), signed(2, n)), torch.matmul),
    "batched matmul": of(lambda b, n, k, m: (signed(1, b, n, k), signed(2, b, k, m)), torch.matmul),
}

# ---- training


def begun(model):
    """Gives a model the first parameters that it has on every side."""
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.from_numpy(data.weights(i, tuple(p.shape))))
    return model.to(device)


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
        if device.type != "cuda":
            for _ in range(WARM_UPS):
                run()
            return run
        beside = torch.cuda.Stream(device)
        beside.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                run()
        torch.cuda.current_stream(device).wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = run()

        def replay():
            graph.replay()
            return result

        return replay

    return made


def scalar():
    x, y = torch.tensor([1.0], device=device), torch.tensor([2.0], device=device)
    w = torch.tensor([1.0], requires_grad=True, device=device)

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
    x = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 0], [0, 0], [0, 1]], device=device)
    y = torch.tensor([0, 1, 2, 0, 0, 2], device=device)
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


def in_a_graph():
    """Options of an Adam whose step can be captured."""
    return {"capturable": device.type == "cuda"}


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
    return model.to(device)


def plain(forward):
    return forward


def in_bfloat16(forward):
    def run():
        with torch.autocast(device.type, dtype=torch.bfloat16):
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


recipes |= {
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
    "step: SGD alone": optimizer(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
}
