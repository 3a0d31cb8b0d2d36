"""The workloads in PyTorch, eager."""

import torch
from torch import nn
from torch.nn import functional as F

import torch_operands as on
import torch_steps
from torch_operands import (
    array,
    below,
    dropped,
    finish,
    gradient,
    in_tf32,
    into_out,
    of,
    one,
    positive,
    reserved,
    set_threads,
    signed,
    two,
    use,
    version,
)

recipes = torch_steps.recipes.copy()


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


def squared_error_gradient(*s):
    x, y = signed(1, *s).requires_grad_(), signed(2, *s)
    return lambda: torch.autograd.grad(F.mse_loss(x, y), x)[0]


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
    "squared error, forward and backward": squared_error_gradient,
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


def attention_operands(dtype):
    return lambda *shape: tuple(signed(seed, *shape).to(dtype) for seed in (1, 2, 3))


def attended(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def attention_gradients(dtype):
    def recipe(*shape):
        operands, weights = attention_operands(dtype)(*shape), signed(4, *shape).to(dtype)
        for x in operands:
            x.requires_grad_()
        return lambda: torch.autograd.grad(attended(*operands), operands, weights)[0]

    return recipe


recipes |= {
    "attention": of(attention_operands(torch.float32), attended),
    "attention, bfloat16": of(attention_operands(torch.bfloat16), attended),
    "attention, forward and backward": attention_gradients(torch.float32),
    "attention, bfloat16, forward and backward": attention_gradients(torch.bfloat16),
}


def module_gradients(make):
    def recipe(*images):
        x, module = signed(1, *images).requires_grad_(), make(images[1]).to(on.device)
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
    return ((torch.arange(n, device=on.device) * 618_033 % n).float(),)


def rows(n, m):
    return signed(1, n, m), below(2, n, n)


def along_rows(n, m):
    return signed(1, n, m), below(2, m, n, m)


def orders_of_rows(n, m):
    """Each row in an order of its own: every position has one source."""
    return signed(1, n, m), below(2, m, n, m).argsort(dim=1, stable=True)


def square(n):
    return signed(1, n, n), signed(2, n, n)


def matmul(*s):
    a, b = square(s[0]) if len(s) == 1 else (signed(1, s[0], s[1]), signed(2, s[1], s[2]))
    return lambda: a @ b


def of_dtype(dtype):
    return of(lambda n: tuple(x.to(dtype) for x in square(n)), torch.matmul)


recipes |= {
    "gather": of(positions, lambda x, i: x.gather(0, i)),
    "index by a tensor": of(positions, lambda x, i: x[i]),
    "scatter add": of(positions, lambda x, i: x.scatter_add(0, i, x)),
    "gather along rows": of(along_rows, lambda x, i: x.gather(1, i)),
    "scatter along rows": of(orders_of_rows, lambda x, i: x.scatter(1, i, x)),
    "scatter add along rows": of(along_rows, lambda x, i: x.scatter_add(1, i, x)),
    "scatter add rows by an expanded index": of(rows, lambda x, i: x.scatter_add(0, i[:, None].expand(x.shape), x)),
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
    "matmul, into out": of(lambda n: (*square(n), torch.empty(n, n, device=on.device)), lambda a, b, out: torch.matmul(a, b, out=out)),
    "matmul, first transposed": of(square, lambda a, b: a.t() @ b),
    "matmul, second transposed": of(square, lambda a, b: a @ b.t()),
    "matmul by a vector": of(lambda n: (signed(1, n, n), signed(2, n)), torch.matmul),
    "batched matmul": of(lambda b, n, k, m: (signed(1, b, n, k), signed(2, b, k, m)), torch.matmul),
}
