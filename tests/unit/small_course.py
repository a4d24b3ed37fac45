"""A small, sound course with its own library, for tests that break one thing in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinytorch_ls.course.model import Course, Step
from tinytorch_ls.course.read import read_course

FILES = {
    "course/course.toml": """\
title = "Boxes"
library = "../library"
modules = ["01_box", "02_lid"]

[[milestones]]
year = 1957
title = "The first box"
step = "box/both"
""",
    "course/01_box/lesson.md": """\
---
id: box
title: Boxes
files: [tinytorch/box.py]
minutes: 10
outcomes:
  - Add what is in two boxes
---

# Boxes
A box holds a number.

## Grow a number {#grow}
Growing adds a step.

### Write
- `box.py: grow`

### Step-by-step
1. Add `step` to `x`.

### Example
```python
>>> grow(3, 4)
7
```

### Hints
1. Which operator adds?
2. It is `+`.
3. `x + step`

### Mistakes
#### Shrinks
```python
def grow(x, step=1):
    return x - step
```
The number became smaller. Add the step.

#### Ignores the step
```python
def grow(x, step=1):
    return x + 1
```
The step is always 1. Use `step`.

### When it passes
You can grow any number by 1 or by more.

### In the real world
A counter does it 10 times a second.

## Add two boxes {#add}
The sum goes in a new box.

### Write
- `box.py: Box.add`

### Step-by-step
1. Add the two values.
2. Put the sum in a new box.

### Example
```python
>>> Box(3).add(Box(4)).value
7
```

### Hints
1. Both values are in `.value`.
2. A new box is `Box(...)`.
3. `Box(self.value + other.value)`

### Mistakes
#### Subtracts
```python
def add(self, other):
    return Box(self.value - other.value)
```
The values were subtracted. Add them.

#### Changes the first box
```python
def add(self, other):
    self.value += other.value
    return self
```
The first box changed. Make a new one.

### When it passes
Two boxes become one.

### In the real world
A warehouse adds 2000 boxes a day.

## Both together {#both}
Run what stands already.

| first | second | both |
|---|---|---|
| 3 | 4 | 7 |

### When it passes
Growing and adding work together.

### In the real world
A warehouse has 2 of each.

## Reflection
What did you learn?

## What you can do now
You can add boxes, 1000 times a second.

## How PyTorch does it
It has no box.

## Think about it
- What is a box for?

  Answer: For a number.
""",
    "course/01_box/test_box.py": """\
from tinytorch import box
from tinytorch.box import Box
from tinytorch_ls.lesson import step


@step("grow")
def test_grow_adds_the_step(expect):
    expect(box.grow(3, 4)).equals(7, because="3 and 4 make 7")


@step("grow")
def test_grow_has_a_step_of_one(expect):
    expect(box.grow(3)).equals(4, because="the step is 1 where none is given")


@step("add")
def test_add_sums_the_values(expect):
    a, b = Box(3), Box(4)
    expect(a.add(b).value).equals(7, because="3 and 4 make 7")
    expect(a.value).equals(3, because="the first box stays")


@step("both")
def test_grown_boxes_add_up(expect):
    expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")
""",
    "course/02_lid/lesson.md": """\
---
id: lid
title: Lids
files: [tinytorch/lid.py]
minutes: 5
outcomes: [Close a box]
---

# Lids
A lid closes a box.

## Close a box {#close}
Grow it, then double it.

### Write
- `lid.py: close`

### Step-by-step
1. Grow `x`, then double it.

### Example
```python
>>> close(3)
8
```

### Hints
1. Use `grow`.
2. Double with `*`.
3. `grow(x) * 2`

### Mistakes
#### Forgets to double
```python
def close(x):
    return grow(x)
```
It was not doubled.

#### Doubles first
```python
def close(x):
    return grow(x * 2)
```
It was doubled before it grew.

### When it passes
A lid closes any box.

### In the real world
A lid weighs 20 grams.

## What you can do now
You can close boxes, 1000 times a second.

## How PyTorch does it
It has no lid.

## Think about it
- What is a lid for?

  Answer: For a box.
""",
    "course/02_lid/test_lid.py": """\
from tinytorch import lid
from tinytorch_ls.lesson import step


@step("close")
def test_close_grows_and_doubles(expect):
    expect(lid.close(3)).equals(8, because="3 grows to 4, and twice 4 is 8")
""",
    "library/tinytorch/__init__.py": """\
from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
""",
    "library/tinytorch/box.py": '''\
"""Boxes."""


def grow(x, step=1):
    """`x`, larger by `step`."""
    return x + step


class Box:
    """A number in a box."""

    def __init__(self, value):
        """Given."""
        self.value = value

    def add(self, other):
        """A new box with the sum."""
        return Box(self.value + other.value)
''',
    "library/tinytorch/lid.py": '''\
"""Lids."""

from tinytorch.box import grow


def close(x):
    """Twice what `x` grows to."""
    return grow(x) * 2
''',
}
PICTURE = """\
from matplotlib.figure import Figure

from tinytorch import box
from tinytorch_ls.lesson import picture


@picture("grow", "How it grows.")
def draw_grow():
    figure = Figure()
    figure.subplots().plot([box.grow(x) for x in range(3)])
    return figure
"""


@dataclass(frozen=True)
class SmallCourse:
    """The course on a disk, to be broken."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "course"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def lesson(self) -> Path:
        return self.folder / "01_box/lesson.md"

    @property
    def tests(self) -> Path:
        return self.folder / "01_box/test_box.py"

    @property
    def box(self) -> Path:
        return self.library / "tinytorch/box.py"

    @property
    def toml(self) -> Path:
        return self.folder / "course.toml"

    def write(self) -> None:
        for name, text in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def read(self) -> Course:
        return read_course(self.folder)

    def step(self, step_id: str) -> Step:
        return self.read().steps[step_id]

    def change(self, path: Path, old: str, new: str) -> int:
        """Replace the only place of `old` in a file; return the line on which it begins."""
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def line(self, path: Path, text: str) -> int:
        """The line on which the only place of `text` in a file begins."""
        return self.change(path, text, text)
