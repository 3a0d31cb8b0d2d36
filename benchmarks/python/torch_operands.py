"""PyTorch's device, what is made on it, and recipes of one operation; eager and compiled sides share it."""

import functools
import math

import torch

import data

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
