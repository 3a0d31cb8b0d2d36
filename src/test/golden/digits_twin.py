"""Two classifiers of the digits data set, trained in PyTorch: digits.txt holds what the Java examples must reproduce.

    python digits_twin.py [--threads 2] [--double]

Both are trained by Adam (its defaults but the learning rate) on the cross entropy, in batches of 64.

Rows 0, 5, 10, ... of digits.csv.gz are held out (360 of 1,797). Pixels are divided by 16. The order of random draws, all
from torch.manual_seed(42): the model's parameters as its layers are constructed, then one torch.randperm(n) per epoch,
whose entries 64 at a time are the batches (the last one is smaller). The loss of an epoch is the mean over its samples, of
the batch losses as they came while training.

Models, rates and epochs are chosen so that rounding stays small: one thread, two threads and float64 arithmetic from the same
initial values agree in the first five digits of every loss; so do, for the convolutions, 14 runs from initial values that
were moved by a unit in the last place. With ReLUs behind the convolutions they would not: where an activation is 0 but for
rounding, its gradient is there or not. GELU's slope does not jump.
"""

import argparse
import gzip
from pathlib import Path

import numpy
import torch
from torch import nn

from tensorfile import RESOURCES

DATA = Path(__file__).resolve().parents[2] / "examples" / "resources" / "digits.csv.gz"
EPOCHS = {"mlp": 30, "cnn": 15}
RATES = {"mlp": 3e-3, "cnn": 2e-3}


def load(dtype=torch.float32):
    with gzip.open(DATA, "rt") as lines:
        table = torch.from_numpy(numpy.loadtxt(lines, delimiter=",", dtype=numpy.int64))
    images = (table[:, :64].to(dtype) / 16).view(-1, 1, 8, 8)
    labels = table[:, 64]
    held_out = torch.arange(len(labels)) % 5 == 0
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def mlp():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.GELU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 10),
    )


def train(name, dtype=torch.float32):
    """Yields a line per epoch, then the mean loss and the number of right answers over the held-out rows."""
    images, labels, test_images, test_labels = load(dtype)
    torch.manual_seed(42)
    model = {"mlp": mlp, "cnn": cnn}[name]().to(dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATES[name])
    loss_fn = nn.CrossEntropyLoss()
    n = len(labels)
    for epoch in range(1, EPOCHS[name] + 1):
        model.train()
        total = 0.0
        order = torch.randperm(n)
        for start in range(0, n, 64):
            batch = order[start : start + 64]
            optimizer.zero_grad()
            loss = loss_fn(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        yield f"{name} epoch {epoch} loss {total / n:.6g}"
    model.eval()
    with torch.no_grad():
        output = model(test_images)
        correct = (output.argmax(1) == test_labels).sum().item()
        yield f"{name} held-out loss {loss_fn(output, test_labels).item():.6g}"
    yield f"{name} held-out correct {correct} of {len(test_labels)}"


def make():
    torch.set_num_threads(2)
    lines = [line for name in EPOCHS for line in train(name)]
    (RESOURCES / "digits.txt").write_text("\n".join(lines) + "\n")
    print(f"digits.txt: {lines[EPOCHS['mlp'] + 1]}, {lines[-1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--double", action="store_true", help="compute in float64, from the same initial values")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in EPOCHS:
        for line in train(name, torch.float64 if arguments.double else torch.float32):
            print(line, flush=True)


if __name__ == "__main__":
    main()
