"""A course of one step, which teaches a kernel: it reads a matrix by its columns."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.folder import StudentFolder

FILE = "tinytorch/lab.py"
RIGHT = """\
@cuda.jit
def columns_kernel(a, out):
    tile = cuda.shared.array((32, 32), np.float32)
    t = cuda.threadIdx.x
    tile[t, 0] = a[t, 0]
    cuda.syncthreads()
    if t % 2 == 0:
        out[t] = np.float32(2.0) * tile[t, 0]
"""
_LIBRARY = f'''\
"""A kernel."""

import numpy as np
from tinytorch.kernels.device import cuda


{RIGHT.replace("(a, out):", '(a, out):{0}    """out[t] = 2 a[t, 0] for even t."""', 1)}'''
_LESSON = """\
---
id: lab
title: Lab
files: [tinytorch/lab.py]
minutes: 10
outcomes: [Try something]
---

# Lab
To try something.

## Columns {#columns}
A warp reads a column.

### Write
- `lab.py: columns_kernel`

### Step-by-step
1. Read it.

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
#### Nothing
```python
@cuda.jit
def columns_kernel(a, out):
    out[cuda.threadIdx.x] = 0.0
```
Nothing was read.

### When it passes
It was read.

### In the real world
It takes 2 seconds.
"""
_TESTS = """\
import numpy as np
from tinytorch import lab
from tinytorch_ls.lesson import step
from tinytorch_ls.simulator.simulate import simulated


@step("columns")
def test_columns(expect):
    a = np.arange(1024, dtype=np.float32).reshape(32, 32)
    out = np.zeros(32, np.float32)
    with simulated():
        lab.columns_kernel[1, 32](a, out)
    expect(out[::2]).equals(2 * a[::2, 0], because="each even thread doubles a number")
"""


def kernel_course(root: Path) -> StudentFolder:
    """The course, and the folder of a student who has begun it."""
    texts = {
        "course/course.toml": 'title = "Lab"\nlibrary = "../library"\nmodules = ["01_lab"]\n',
        "course/01_lab/lesson.md": _LESSON,
        "course/01_lab/test_lab.py": _TESTS,
        "library/tinytorch/__init__.py": (
            "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
        ),
        f"library/{FILE}": _LIBRARY.replace("{0}", "\n"),
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder = StudentFolder(root / "my-course", read_course(root / "course"))
    folder.begin("lab")
    return folder
