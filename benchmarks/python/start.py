"""A whole program, as short as it is written: one addition, one product, its result; then the memory that it took."""

import sys

if sys.argv[1] == "torch":
    import torch

    x = torch.ones(2, 2)
    print(str((x + x) @ x).replace("\n", " "), flush=True)
elif sys.argv[1] == "numpy":
    import numpy as np

    x = np.ones((2, 2), np.float32)
    print(str((x + x) @ x).replace("\n", " "), flush=True)
else:
    import numexpr as ne
    import numpy as np

    x = np.ones((2, 2), np.float32)
    print(str(ne.evaluate("x + x") @ x).replace("\n", " "), flush=True)

with open("/proc/self/status") as status:
    print(next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM")))
