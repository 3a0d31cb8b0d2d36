"""The learning rates of PyTorch's schedulers: schedules.txt holds one case a line, the rates of the first group at step 0, 1, 2 …,
then those of the second after " | ", and, where momentum is cycled, its values after another:

    case: rate rate … | rate rate … | momentum momentum …

The optimizer has two groups, of rates 0.1 and 0.03.
"""

import torch
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

from torch.optim.swa_utils import SWALR

from tensorfile import RESOURCES

STEPS = 40
# Losses with plateaus, a step up, and steps too small to count.
LOSSES = [1.0, 0.8, 0.8, 0.80001, 0.7999, 0.79, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4] + [0.4 - i * 1e-5 for i in range(24)]

CASES = {
    "step": lambda o: StepLR(o, 7),
    "step gamma": lambda o: StepLR(o, 3, 0.9),
    "multi step": lambda o: MultiStepLR(o, [5, 9, 9, 30]),
    "multi step gamma": lambda o: MultiStepLR(o, [4, 20], 0.3),
    "constant": lambda o: ConstantLR(o),
    "constant factor": lambda o: ConstantLR(o, 0.7, 11),
    "linear": lambda o: LinearLR(o),
    "linear warm-up": lambda o: LinearLR(o, 0.01, 1.0, 17),
    "linear down": lambda o: LinearLR(o, 1.0, 0.0, 12),
    "exponential": lambda o: ExponentialLR(o, 0.93),
    "polynomial": lambda o: PolynomialLR(o),
    "polynomial power": lambda o: PolynomialLR(o, 30, 0.9),
    "cosine": lambda o: CosineAnnealingLR(o, 30),
    "cosine least": lambda o: CosineAnnealingLR(o, 9, 0.001),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, 8),
    "restarts longer": lambda o: CosineAnnealingWarmRestarts(o, 3, 2, 0.002),
    "lambda": lambda o: LambdaLR(o, lambda e: 1 / (1 + e)),
    "lambdas": lambda o: LambdaLR(o, [lambda e: 0.95**e, lambda e: e // 10]),
    "multiplicative": lambda o: MultiplicativeLR(o, lambda e: 1 - e / 50),
    "one cycle": lambda o: OneCycleLR(o, 0.5, total_steps=40),
    "one cycle linear": lambda o: OneCycleLR(
        o, [0.5, 0.2], total_steps=40, anneal_strategy="linear", pct_start=0.25, base_momentum=0.7, max_momentum=0.9
    ),
    "one cycle three": lambda o: OneCycleLR(
        o, 0.5, total_steps=40, three_phase=True, div_factor=10, final_div_factor=100, cycle_momentum=False
    ),
    "cyclic": lambda o: CyclicLR(o, 0.01, 0.2, step_size_up=5),
    "cyclic halves": lambda o: CyclicLR(
        o, [0.01, 0.02], [0.2, 0.1], step_size_up=4, step_size_down=7, mode="triangular2", base_momentum=0.6, max_momentum=0.95
    ),
    "cyclic range": lambda o: CyclicLR(o, 0.01, 0.2, step_size_up=6, mode="exp_range", gamma=0.95, cycle_momentum=False),
    "cyclic own": lambda o: CyclicLR(o, 0.01, 0.2, step_size_up=3, step_size_down=5, scale_fn=lambda x: 1 / x**2),
    "cyclic own steps": lambda o: CyclicLR(
        o, 0.01, 0.2, step_size_up=3, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations", cycle_momentum=False
    ),
    "sequential cyclic": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.5, 99), CyclicLR(o, 0.01, 0.4, step_size_up=5, cycle_momentum=False)], [6]
    ),
    "sequential": lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 5), CosineAnnealingLR(o, 30)], [5]),
    "sequential three": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.1, 20), ExponentialLR(o, 0.9), CosineAnnealingWarmRestarts(o, 6)], [4, 20]
    ),
    "sequential first none": lambda o: SequentialLR(o, [ConstantLR(o, 0.1, 20), StepLR(o, 6)], [0]),
    "sequential polynomial": lambda o: SequentialLR(o, [LinearLR(o), PolynomialLR(o, 25, 2.0), MultiStepLR(o, [3])], [8, 33]),
    "sequential one cycle": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.5, 99), OneCycleLR(o, 0.4, total_steps=60, cycle_momentum=False)], [6]
    ),
    "swa": lambda o: SWALR(o, 0.05),
    "swa linear": lambda o: SWALR(o, [0.2, 0.001], anneal_epochs=7, anneal_strategy="linear"),
    "swa at once": lambda o: SWALR(o, 0.05, anneal_epochs=0),
    "chained": lambda o: ChainedScheduler([ConstantLR(o, 0.1, 20), ExponentialLR(o, 0.9)]),
    "chained sequential": lambda o: ChainedScheduler(
        [SequentialLR(o, [LinearLR(o), ExponentialLR(o, 0.95)], [5]), StepLR(o, 10, 0.5)]
    ),
    "plateau": lambda o: ReduceLROnPlateau(o),
    "plateau patience": lambda o: ReduceLROnPlateau(o, patience=2, factor=0.5, cooldown=3, min_lr=0.01),
    "plateau groups": lambda o: ReduceLROnPlateau(o, patience=0, factor=0.3, min_lr=[0.02, 0.001]),
    "plateau absolute": lambda o: ReduceLROnPlateau(o, patience=1, threshold=0.05, threshold_mode="abs", eps=1e-3),
    "plateau greatest": lambda o: ReduceLROnPlateau(o, mode="max", patience=4, threshold=0.1),
    "plateau greatest absolute": lambda o: ReduceLROnPlateau(o, mode="max", patience=4, threshold=0.1, threshold_mode="abs"),
}


def optimizer():
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    return torch.optim.SGD([{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.03}], lr=0.1, momentum=0.5)


def line(case, make):
    chosen = optimizer()
    scheduler = make(chosen)
    columns = [[], [], []]
    for step in range(STEPS):
        for column, group in zip(columns, chosen.param_groups):
            column.append(group["lr"])
        columns[2].append(chosen.param_groups[0]["momentum"])
        assert scheduler.get_last_lr() == [column[-1] for column in columns[:2]]
        chosen.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(LOSSES[step])
        elif step < STEPS - 1:
            scheduler.step()
    if set(columns[2]) == {0.5}:
        columns.pop()
    return case + ": " + " | ".join(" ".join(map(repr, column)) for column in columns)


def make():
    lines = [line(case, maker) for case, maker in CASES.items()]
    (RESOURCES / "schedules.txt").write_text("\n".join(lines) + "\n")
