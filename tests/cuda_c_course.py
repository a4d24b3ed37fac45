"""A course of one module that teaches two kernels in one file of CUDA C."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.folder import StudentFolder

FILE = "tinytorch/kernels/pair.cu"
LIBRARY = """\
// Two kernels.

// Twice a number. Given.
__device__ float twice(float x) { return 2.0f * x; }

extern "C" __global__ void doubled(const float* x, float* out, int n) {
    // out = 2 x
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = twice(x[i]);
    }
}

extern "C" __global__ void filled(float* out, float value, int n) {
    // out = value
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = value;
}
"""
DOUBLED = """\
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = twice(x[i]);
    }
"""
"""A body that is right."""
LESSON = """\
---
id: pair
title: A pair of kernels
files: [tinytorch/kernels/pair.cu]
minutes: 5
outcomes: [Write kernels]
---

# A pair of kernels
Two kernels.

## Double all {#doubled}
Each thread doubles a number.

### Write
- `pair.cu: doubled`

### Step-by-step
1. Double the number that is this thread's.

### Example
```python
>>> 2 * 3
6
```

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
#### No guard
```cuda
extern "C" __global__ void doubled(const float* x, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    out[i] = twice(x[i]);
}
```
Threads beyond the end have no number.

#### Adds two
```cuda
extern "C" __global__ void doubled(const float* x, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = x[i] + 2.0f;
}
```
Two was added.

### When it passes
It doubles.

### In the real world
It takes 2 seconds.

## Fill all {#filled}
Each thread writes a number.

### Write
- `pair.cu: filled`

### Step-by-step
1. Write the number.

### Example
```python
>>> 1 + 1
2
```

### Hints
1. One.
2. Two.
3. Three.

### Mistakes
#### Writes 0
```cuda
extern "C" __global__ void filled(float* out, float value, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = 0.0f;
}
```
It was 0.

#### Writes the place
```cuda
extern "C" __global__ void filled(float* out, float value, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = i;
}
```
It was the place.

### When it passes
It fills.

### In the real world
It takes 2 seconds.

## What you can do now
Two things, in 2 seconds.

## How PyTorch does it
So.

## Think about it
- What?

  Answer: That.
"""
TESTS = """\
from pathlib import Path

import numpy as np

from tinytorch.kernels.source import own_kernel
from tinytorch_ls.lesson import step
from tinytorch_ls.simulator.simulate import simulated


@step("doubled")
def test_five_numbers(expect):
    x, out = np.array([1, 2, 4, 8, 16], np.float32), np.zeros(5, np.float32)
    with simulated():
        own_kernel("pair", "doubled")[2, 4](x, out, np.int32(5))
    expect(out).equals(np.array([2, 4, 8, 16, 32], np.float32), because="each is doubled")


@step("filled")
def test_three_numbers(expect):
    out = np.zeros(3, np.float32)
    with simulated():
        own_kernel("pair", "filled")[1, 4](out, np.float32(7), np.int32(3))
    expect(out).equals(np.array([7, 7, 7], np.float32), because="each is 7")
"""


def cuda_c_course(root: Path) -> StudentFolder:
    """A student who has begun the module."""
    lesson, library = root / "course" / "01_pair", root / "library"
    for place, text in {
        root / "course/course.toml": (
            'title = "Kernels"\nlibrary = "../library"\nmodules = ["01_pair"]\n'
        ),
        lesson / "lesson.md": LESSON,
        lesson / "test_pair.py": TESTS,
        library / "tinytorch/__init__.py": (
            "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
        ),
        library / FILE: LIBRARY,
    }.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    course = read_course(root / "course")
    assert not course.complaints
    folder = StudentFolder(root / "student", course)
    folder.begin("pair")
    return folder
