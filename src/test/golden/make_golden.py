"""Makes the expected values of the tests from PyTorch and numpy.

    pip install -r requirements.txt
    python make_golden.py [--list] [family ...]

Without arguments every family is made again. The results go to src/test/resources/golden and are committed, so the tests
need no Python. Each family is a module here that says at its top what its file holds.
"""

import argparse
import importlib
import platform

import numpy
import torch

from tensorfile import RESOURCES

MODULES = {
    "random": "golden_random",
    "layouts": "golden_layouts",
    "strides": "golden_strides",
    "indexing": "golden_indexing",
    "ranges": "golden_ranges",
    "casts": "golden_casts",
    "seeds": "seeds",
    "digits": "digits_twin",
    "unary": "golden_unary",
    "binary": "golden_binary",
    "reduce": "golden_reduce",
    "shape": "golden_shape",
    "matrix": "golden_matrix",
    "nn": "golden_nn",
    "transformer": "golden_transformer",
    "recurrent": "golden_recurrent",
    "print": "golden_print",
    "opdb": "golden_opdb",
    "places": "golden_places",
    "edges": "golden_edges",
    "exact": "golden_exact",
    "halves": "golden_halves",
    "dtypes": "golden_dtypes",
    "autocast": "golden_autocast",
    "names": "golden_names",
    "loader": "golden_loader",
    "schedules": "golden_schedules",
    "layers": "golden_layers",
    "optimizers": "golden_optimizers",
    "resampling": "golden_resampling",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the families and stop")
    parser.add_argument("family", nargs="*", metavar="family", help="one of: " + " ".join(MODULES))
    arguments = parser.parse_args()
    unknown = set(arguments.family) - set(MODULES)
    if unknown:
        parser.error("no such family: " + " ".join(sorted(unknown)))
    if arguments.list:
        print("\n".join(MODULES))
        return
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    for family in arguments.family or MODULES:
        importlib.import_module(MODULES[family]).make()
    RESOURCES.mkdir(parents=True, exist_ok=True)
    (RESOURCES / "VERSIONS.txt").write_text(
        f"torch {torch.__version__}\n"
        f"numpy {numpy.__version__}\n"
        f"python {platform.python_version()}\n"
        f"machine {platform.machine()}\n"
        f"torch's CPU code {torch.backends.cpu.get_cpu_capability()}\n"
    )


if __name__ == "__main__":
    main()
