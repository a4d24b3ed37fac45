"""A course whose first module teaches a package of two files, and whose second runs on it."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder

FIRST, SECOND, FAR = "tinytorch/pack/first.py", "tinytorch/pack/second.py", "tinytorch/far.py"

_STEP = """\

## {title} {{#{name}}}
To do it.

### Write
- `{file}: {name}`

### Step-by-step
1. Do it.

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
#### Nothing
```python
def {name}(x):
    return x
```
Nothing was done.

### When it passes
It is done.

### In the real world
It takes 2 seconds.
"""
_HEAD = """\
---
id: {id}
title: {title}
files: [{files}]
minutes: 5
outcomes: [Do it]
---

# {title}
To do it.
"""
_WHOLE = """\

## All of it {#all}
What stands runs.

### When it passes
It runs.

### In the real world
It takes 2 seconds.
"""
_LIBRARY = {
    "tinytorch/__init__.py": (
        "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
    ),
    "tinytorch/pack/__init__.py": '''\
"""A package that imports all of its parts."""

from pathlib import Path

import tinytorch

__path__ = [str(at) for top in tinytorch.__path__ if (at := Path(top, "pack")).is_dir()]

from tinytorch.pack.first import Pair, one
from tinytorch.pack.second import both, two

__all__ = ["Pair", "both", "one", "two"]
''',
    FIRST: '''\
"""The first part."""


def one(x):
    """One more."""
    return x + 1


class Pair:
    """Two numbers. Given."""
''',
    SECOND: '''\
"""The second part."""

from tinytorch.pack.first import one


def two(x):
    """Two more."""
    return x + 2


def both(x):
    """Two more, and one."""
    return one(two(x))
''',
    FAR: '''\
"""Far away."""

from tinytorch.pack import two


def near(x):
    """Twice."""
    return 2 * x


def far(x):
    """Two more."""
    return two(x)
''',
}
_TESTS = {
    "01_pack/test_pack.py": """\
from tinytorch.pack import first, second
from tinytorch_ls.lesson import step


@step("one")
def test_one(expect):
    expect(first.one(3)).equals(4, because="3 and 1 make 4")


@step("two")
def test_two(expect):
    expect(second.two(3)).equals(5, because="3 and 2 make 5")


@step("both")
def test_both(expect):
    expect(second.both(3)).equals(6, because="3 and 3 make 6")


@step("all")
def test_all(expect):
    expect(first.one(second.two(1))).equals(4, because="1 and 3 make 4")
""",
    "02_far/test_far.py": """\
from tinytorch import far
from tinytorch_ls.lesson import step


@step("near")
def test_near(expect):
    expect(far.near(3)).equals(6, because="twice 3 is 6")


@step("far")
def test_far(expect):
    expect(far.far(3)).equals(5, because="3 and 2 make 5")
""",
}
_LESSONS = {
    "01_pack/lesson.md": _HEAD.format(id="pack", title="A package", files=f"{FIRST}, {SECOND}")
    + _STEP.format(title="One", name="one", file="first.py")
    + _STEP.format(title="Two", name="two", file="second.py")
    + _STEP.format(title="Both", name="both", file="second.py")
    + _WHOLE,
    "02_far/lesson.md": _HEAD.format(id="far", title="Far", files=FAR)
    + _STEP.format(title="Near", name="near", file="far.py")
    + _STEP.format(title="Far", name="far", file="far.py"),
}


def package_course(root: Path) -> StudentFolder:
    """A student who has written all of it."""
    course, library = root / "course", root / "library"
    files = {library / name: text for name, text in _LIBRARY.items()}
    files |= {course / name: text for name, text in (_TESTS | _LESSONS).items()}
    files[course / "course.toml"] = (
        'title = "Parts"\nlibrary = "../library"\nmodules = ["01_pack", "02_far"]\n'
    )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    read = read_course(course)
    folder = StudentFolder(root / "my-course", read)
    solve(folder, [step for step in read.steps.values() if step.symbols], "all")
    return folder
