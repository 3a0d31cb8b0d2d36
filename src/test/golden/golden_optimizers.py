"""Trajectories of PyTorch's optimizers: optimizers.safetensors holds, for each case and dtype,

    case/start/0, case/start/1   two parameters (6) and (2, 3), each in a group, the second with half the learning rate
    case/gradients/0, …          their gradients (5, …) at five steps
    case/values/0, …             their values (5, …) after each
    case/middle/<name>           the state dict after three steps, flattened: state.0.exp_avg, param_groups.0.lr …

and in its metadata the options. Cases of LBFGS have one group and no gradients: the loss is `valley`, case/losses holds that of each
of four steps, case/values has as many, and case/middle is the state after two.
"""

import torch

from cases import sample
from tensorfile import save

CASES = {
    "RMSprop": {
        "plain": {},
        "options": {"lr": 0.02, "alpha": 0.9, "eps": 1e-4},
        "weight_decay": {"weight_decay": 0.1},
        "momentum": {"momentum": 0.5},
        "centered": {"centered": True},
        "maximize": {"maximize": True},
        "everything": {"lr": 0.02, "alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.1, "maximize": True},
    },
    "Adagrad": {
        "plain": {},
        "options": {"lr": 0.1, "lr_decay": 0.1, "eps": 1e-3},
        "weight_decay": {"weight_decay": 0.1},
        "initial": {"initial_accumulator_value": 0.5},
        "maximize": {"maximize": True, "weight_decay": 0.2},
    },
    "Adadelta": {
        "plain": {},
        "options": {"lr": 0.5, "rho": 0.8, "eps": 1e-3},
        "weight_decay": {"weight_decay": 0.1},
        "maximize": {"maximize": True},
    },
    "Adamax": {
        "plain": {},
        "options": {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4},
        "weight_decay": {"weight_decay": 0.1},
        "maximize": {"maximize": True},
    },
    "NAdam": {
        "plain": {},
        "options": {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "momentum_decay": 0.1},
        "weight_decay": {"weight_decay": 0.1},
        "decoupled": {"weight_decay": 0.1, "decoupled_weight_decay": True},
        "maximize": {"maximize": True, "weight_decay": 0.1},
    },
    "RAdam": {
        "plain": {"lr": 0.05},
        "options": {"lr": 0.05, "betas": (0.8, 0.85), "eps": 1e-4},
        "long": {"lr": 0.05, "betas": (0.95, 0.9)},
        "weight_decay": {"weight_decay": 0.1, "betas": (0.8, 0.85)},
        "decoupled": {"weight_decay": 0.1, "decoupled_weight_decay": True, "betas": (0.8, 0.85)},
        "maximize": {"maximize": True, "betas": (0.8, 0.85)},
    },
    "ASGD": {
        "plain": {},
        "options": {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 2},
        "averaged": {"lr": 0.1, "t0": 1, "weight_decay": 0.1},
        "maximize": {"lr": 0.1, "maximize": True},
    },
    "Rprop": {
        "plain": {},
        "options": {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.05, 0.2)},
        "maximize": {"maximize": True},
    },
}
LBFGS = {
    "plain": {"lr": 0.1, "max_iter": 7},
    "history": {"lr": 0.05, "history_size": 3, "max_iter": 8},
    "evaluations": {"lr": 0.1, "max_iter": 10, "max_eval": 4},
    "tolerances": {"lr": 0.1, "tolerance_grad": 5.0, "tolerance_change": 1e-3},
    "wolfe": {"line_search_fn": "strong_wolfe", "max_iter": 5},
    "wolfe history": {"line_search_fn": "strong_wolfe", "max_iter": 6, "history_size": 2, "lr": 0.5},
}


def valley(a, b):
    """Rosenbrock's function of each pair."""
    return (1 - a).square().sum() + 5 * (b.flatten() - a.square()).square().sum()


def flat(prefix, value, into):
    """Tensors and numbers of nested dicts and lists by path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else None
    if isinstance(value, tuple) or (isinstance(value, list) and all(isinstance(v, int) for v in value) and value):
        into[prefix] = torch.tensor(value, dtype=torch.float64 if isinstance(value[0], float) else None)
    elif items is not None:
        for name, part in items:
            flat(f"{prefix}.{name}", part, into)
    elif isinstance(value, torch.Tensor):
        into[prefix] = value.detach().clone()
    elif isinstance(value, (bool, int, float)):
        into[prefix] = torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)


def state_of(optimizer):
    state = {}
    flat("", optimizer.state_dict(), state)
    return {name.removeprefix("."): value for name, value in state.items()}


def make():
    tensors, metadata = {}, {}
    starts = [sample("optimizers start", (6,)), sample("optimizers start 2", (2, 3))]
    gradients = [sample("optimizers steps", (5, 6)), sample("optimizers steps 2", (5, 2, 3))]
    gradients[0][2, 3] = 0
    gradients[0][:, 5] = 0
    gradients[0][3, 0] = 1e-12
    for suffix, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        for kind, cases in CASES.items():
            for case, options in cases.items():
                key = f"{kind}/{case}/{suffix}"
                metadata[key] = options
                parameters = [torch.nn.Parameter(start.to(dtype, copy=True)) for start in starts]
                constructor = getattr(torch.optim, kind)
                first = constructor(parameters[:1], **options).param_groups[0]["lr"]
                groups = [{"params": parameters[:1]}, {"params": parameters[1:], "lr": first / 2}]
                optimizer = constructor(groups, **options)
                values = [[], []]
                for step in range(5):
                    for i, parameter in enumerate(parameters):
                        parameter.grad = gradients[i][step].to(dtype)
                    optimizer.step()
                    for i, parameter in enumerate(parameters):
                        values[i].append(parameter.detach().clone())
                    if step == 2:
                        tensors.update({f"{key}/middle/{name}": value for name, value in state_of(optimizer).items()})
                for i in range(2):
                    tensors[f"{key}/start/{i}"] = starts[i].to(dtype)
                    tensors[f"{key}/gradients/{i}"] = gradients[i].to(dtype)
                    tensors[f"{key}/values/{i}"] = torch.stack(values[i])
        for case, options in LBFGS.items():
            key = f"LBFGS/{case}/{suffix}"
            metadata[key] = options
            parameters = [torch.nn.Parameter(start.to(dtype, copy=True)) for start in starts]
            optimizer = torch.optim.LBFGS(parameters, **options)

            def closure():
                optimizer.zero_grad()
                loss = valley(*parameters)
                loss.backward()
                return loss

            values, losses = [[], []], []
            for step in range(4):
                losses.append(optimizer.step(closure).detach())
                for i, parameter in enumerate(parameters):
                    values[i].append(parameter.detach().clone())
                if step == 1:
                    tensors.update({f"{key}/middle/{name}": value for name, value in state_of(optimizer).items()})
            for i in range(2):
                tensors[f"{key}/start/{i}"] = starts[i].to(dtype)
                tensors[f"{key}/values/{i}"] = torch.stack(values[i])
            tensors[f"{key}/losses"] = torch.stack(losses)
    save("optimizers", tensors, metadata, compressed=True)
