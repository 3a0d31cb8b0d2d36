"""GPT-2's architecture, trained in PyTorch as src/examples/java/Gpt.java trains it.

    python gpt_twin.py

writes gpt.txt, the losses of 50 steps with the options of the test, and what a model writes whose weights are in
gpt2-tiny.safetensors, under the names and in the layout in which GPT-2's are published; and byte-pairs, a vocabulary in the
files of GPT-2's, with the tokens of a text. Needs the package tokenizers.

The order of random draws, all from torch.manual_seed: the parameters as the layers are constructed, then again in the order
of the model's names, then the starts of the windows of each step (and what dropout draws).
"""

import argparse
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from tokenizers import ByteLevelBPETokenizer

from tensorfile import RESOURCES, save

DATA = Path(__file__).resolve().parents[2] / "examples" / "resources" / "locks.txt"


class SelfAttention(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.p = heads, dropout
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        self.resid_dropout = nn.Dropout(dropout)

    def forward(self, x):
        q, k, v = self.c_attn(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.p if self.training else 0)
        return self.resid_dropout(self.c_proj(y.transpose(1, 2).flatten(2)))


class FeedForward(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.dropout(self.c_proj(self.act(self.c_fc(x))))


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads, dropout)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = FeedForward(width, dropout)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width, dropout=0.0):
        super().__init__()
        self.context = context
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(context, width)
        self.drop = nn.Dropout(dropout)
        self.h = nn.Sequential(*[Block(width, heads, dropout) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)
        for name, p in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(p, 0, 0.02 / math.sqrt(2 * layers))
            elif p.dim() == 2:
                nn.init.normal_(p, 0, 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, x):
        y = self.drop(self.wte(x) + self.wpe(torch.arange(x.shape[1])))
        return self.ln_f(self.h(y)) @ self.wte.weight.T


def rate(most, step, warm_up, steps):
    if step < warm_up:
        return most * (step + 1) / warm_up
    part = (step - warm_up) / max(1, steps - warm_up)
    return most * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * part)))


def losses(dropout, steps=50, context=32, batch=8):
    torch.manual_seed(1337)
    text = DATA.read_text()
    characters = sorted(set(text))
    tokens = torch.tensor([characters.index(c) for c in text])
    model = Gpt(len(characters), context, layers=2, heads=2, width=64, dropout=dropout)
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(1e-3, step, 20, steps)
        starts = torch.randint(0, len(tokens) - context, (batch,))
        places = starts[:, None] + torch.arange(context)
        x, y = tokens[places], tokens[places + 1]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        yield step + 1, loss.item()


def published():
    """Weights under the published names, those of products as (in, out), and what the model writes with them."""
    characters = sorted(set(DATA.read_text()))
    torch.manual_seed(7)
    model = Gpt(len(characters), 16, layers=2, heads=2, width=16)
    for name, p in model.named_parameters():
        nn.init.normal_(p, 0, 0.1 if name.endswith("bias") else 2)
    tensors = {}
    for name, p in model.state_dict().items():
        turned = name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))
        tensors[name] = (p.T if turned else p).contiguous()
    for layer in range(2):
        tensors[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(16, 16)).view(1, 1, 16, 16)
    written = [characters.index(c) for c in "The "]
    with torch.no_grad():
        for _ in range(40):
            written.append(model(torch.tensor([written[-16:]]))[0, -1].argmax().item())
    return tensors, "".join(characters[t] for t in written)


def byte_pairs(folder):
    """A vocabulary of byte pairs as GPT-2's, learned from the text, and how it cuts some words."""
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train([str(DATA)], vocab_size=400, min_frequency=2, show_progress=False)
    folder.mkdir(exist_ok=True)
    tokenizer.save_model(str(folder))
    (folder / "text.txt").write_text(HARD)
    return tokenizer.encode(HARD).ids


HARD = "The gates, 41 of them:  don't you'll\n\n  caf\u00e9 \u4e2d\u6587 \U0001f600\tend  "

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    torch.set_num_threads(1)
    weights, written = published()
    save("gpt2-tiny", weights)
    with open(RESOURCES / "gpt.txt", "w") as out:
        for p in (0.0, 0.1):
            for step, loss in losses(p):
                print(f"dropout {p} step {step} loss {loss:.6f}", file=out)
        print("published: " + written.replace("\n", "\\n"), file=out)
        print("pairs: " + " ".join(map(str, byte_pairs(RESOURCES / "byte-pairs"))), file=out)
