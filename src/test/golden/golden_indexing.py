"""What texts between the brackets of x[...] read, with lists of positions among them: indexing.txt has a line per case,

    sizes | text | sizes of the result | its elements

of the numbers 0, 1, ... in row-major order; "error" in place of the last two where PyTorch raises.
"""

import random

import torch

from tensorfile import RESOURCES

FIXED = """[0, 2] | [-1] | [] | [1, 1, 0] | :, [0, 2] | [0, 2], [1, 3] | [0, 2], :, [1, 3] | ..., [0] | None, [0, 2] | [0, 2], None, [1, 3]
 [0, 2], 1 | 1, [0, 2] | 1, :, [0, 2] | [0, 2], :, 1 | [0, 1], [2] | [0, 1], [0, 1, 2] | [3] | [-4] | [0, 2], [4] | 1:, [0, 2], ::2
 [0], [0], [0] | [], [] | [], [0] | [0, 1], [] | [0], [0], [0], [0] | ..., [4, 0], None | [0, 2], ... | [2], ..., [1, 0]"""


def item(size):
    kind = random.randrange(8)
    if kind < 4:
        return str([random.randrange(-size, size) for _ in range(random.choice([1, 2, 2, 2, 3]))])
    if kind == 4:
        return str(random.randrange(-size, size))
    return random.choice([":", "1:", ":-1", "::2", "None"])


def cases():
    random.seed(7)
    sizes = (3, 4, 5)
    yield from ((sizes, " ".join(text.split())) for line in FIXED.split("\n") for text in line.split("|"))
    for _ in range(80):
        sizes = tuple(random.randrange(1, 5) for _ in range(random.randrange(1, 5)))
        yield sizes, ", ".join(item(size) for size in sizes[: random.randrange(1, len(sizes) + 1)])


def commas(numbers):
    return ",".join(map(str, numbers))


def make():
    lines = []
    for sizes, text in cases():
        x = torch.arange(torch.Size(sizes).numel()).view(sizes)
        try:
            y = eval(f"x[{text}]")
            result = f"{commas(y.shape)} | {commas(y.flatten().tolist())}"
        except IndexError:
            result = "error"
        lines.append(f"{commas(sizes)} | {text} | {result}")
    (RESOURCES / "indexing.txt").write_text("\n".join(lines) + "\n")
    print(f"indexing.txt: {len(lines)} cases")
