"""A check of the checker: each flaw that `tinytorch check` can find, planted in a small course.

Every case breaks one thing in a course that is otherwise sound, and must bring exactly the
complaints that are named, each with its file and line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from complaints import explained
from kept import check
from small_course import PICTURE, SmallCourse

from tinytorch_ls.check import pace, reference
from tinytorch_ls.check.structure import seen_in, structure_complaints
from tinytorch_ls.course.model import Complaint
from tinytorch_ls.feedback.mistakes import mistaken


@dataclass(frozen=True)
class Flaw:
    """One change of the course, and the complaint that it must bring."""

    file: str  # "lesson", "tests", "box" (the library) or "toml"
    old: str
    new: str
    at: str  # the file of the complaint
    place: str  # the text of that file at which the line begins
    words: str  # in the complaint
    others: int = 0  # further complaints that follow from the same flaw
    module: str = "box"


def _read(small: SmallCourse, module: str) -> list[Complaint]:
    """What is found without running anything."""
    course = small.read()
    taught = [each for each in course.modules if each.id == module]
    return [*course.complaints, *(found for each in taught for found in seen_in(course, each))]


def _complaints(small: SmallCourse, module: str) -> list[Complaint]:
    return list(check(small.read(), modules=[module]).complaints)


def _file(small: SmallCourse, name: str) -> Path:
    places = {
        "lesson": small.lesson,
        "tests": small.tests,
        "box": small.box,
        "toml": small.toml,
        "lid": small.library / "tinytorch/lid.py",
        "lid lesson": small.folder / "02_lid/lesson.md",
    }
    return places[name]


def _assert_found(
    small: SmallCourse,
    flaw: Flaw,
    complaints_of: Callable[[SmallCourse, str], list[Complaint]] = _complaints,
) -> None:
    small.change(_file(small, flaw.file), flaw.old, flaw.new)
    complaints = complaints_of(small, flaw.module)
    for complaint in complaints:
        assert explained(complaint.message), f"explain in docs/authors.md: {complaint.message}"
    path = _file(small, flaw.at)
    text = path.read_text(encoding="utf-8")
    assert flaw.place in text
    line = text[: text.index(flaw.place)].count("\n") + 1
    found = [c for c in complaints if flaw.words in c.message]
    assert [(c.file, c.line) for c in found] == [(path, line)], "\n".join(map(str, complaints))
    assert len(complaints) == 1 + flaw.others, "\n".join(map(str, complaints))


def test_a_sound_course_has_no_complaint(small: SmallCourse) -> None:
    report = check(small.read())
    assert report.complaints == ()
    counts = [(s.id, s.tests, s.mistakes, s.mutants, s.killed, s.declared) for s in report.steps]
    assert counts == [
        ("box/grow", 2, 2, 3, 3, 0),
        ("box/add", 1, 2, 5, 5, 0),
        ("box/both", 1, 0, 0, 0, 0),
        ("lid/close", 1, 2, 6, 6, 0),
    ]


STRUCTURE = {
    "a lesson that can't be read": Flaw(
        "lesson", "minutes: 10\n", "", "lesson", "---", "the front matter needs `minutes`"
    ),
    "a course that can't be read": Flaw(
        "toml", "modules = [", "modules [", "toml", "modules [", "not valid TOML"
    ),
    "a file that the library lacks": Flaw(
        "lesson",
        "[tinytorch/box.py]",
        "[tinytorch/box.py, tinytorch/crate.py]",
        "lesson",
        "---",
        "the library has no tinytorch/crate.py",
    ),
    "a library that is not Python": Flaw(
        "box", "return x + step", "return x +", "box", "    return x +", "not Python"
    ),
    "a symbol that the library lacks": Flaw(
        "lesson",
        "- `box.py: Box.add`",
        "- `box.py: Box.plus`",
        "lesson",
        "- `box.py: Box.plus`",
        "the library has no `box.py: Box.plus`",
        others=1,  # and `Box.add` is no step's
    ),
    "too few hints": Flaw(
        "lesson",
        "2. It is `+`.\n",
        "",
        "lesson",
        "### Hints\n1. Which",
        "box/grow has 2 hints; it needs 3 rungs",
    ),
    "too few mistakes": Flaw(
        "lesson",
        "#### Ignores the step\n```python\ndef grow(x, step=1):\n    return x + 1\n```\n"
        "The step is always 1. Use `step`.\n",
        "",
        "lesson",
        "### Mistakes\n#### Shrinks",
        "box/grow has 1 mistakes; it needs 2",
    ),
    "a real world without a number": Flaw(
        "lesson",
        "does it 10 times",
        "does it many times",
        "lesson",
        "### In the real world\nA counter",
        "box/grow: the real world needs a number",
    ),
    "an integration step that shows nothing": Flaw(
        "lesson",
        "| first | second | both |\n|---|---|---|\n| 3 | 4 | 7 |\n",
        "",
        "lesson",
        "## Both together",
        "box/both shows nothing: give it an `### Example`, a picture or a table",
    ),
    "an integration step without a number": Flaw(
        "lesson",
        "A warehouse has 2 of each.",
        "A warehouse has some.",
        "lesson",
        "### In the real world\nA warehouse has",
        "box/both: the real world needs a number",
    ),
    "two sentences for a pass": Flaw(
        "lesson",
        "Two boxes become one.",
        "Two boxes become one. All `a.b` of them!",
        "lesson",
        "### When it passes\nTwo",
        "box/add: `### When it passes` has 2 sentences; it says one",
    ),
    "a lesson without a closing": Flaw(
        "lesson",
        "## How PyTorch does it\nIt has no box.\n\n",
        "",
        "lesson",
        "  Answer: For a number.",
        "the lesson has no `## How PyTorch does it` with a text",
    ),
    "a closing before the end": Flaw(
        "lesson",
        "## Both together",
        "## What you can do now\nLeave.\n\n## Both together",
        "lesson",
        "## What you can do now\nLeave",
        "`## What you can do now` stands before the last step",
    ),
    "too many questions": Flaw(
        "lesson",
        "- What is a box for?",
        "- What?\n- Is it?\n- A box?",
        "lesson",
        "## Think about it",
        "`## Think about it` lists 3 questions; it asks one or two",
        others=2,
    ),
    "a question without an answer": Flaw(
        "lesson",
        "  Answer: For a number.",
        "  For a number.",
        "lesson",
        "- What is a box for?",
        "a question has no answer: below it, in its item, a paragraph `Answer: …`",
    ),
    "code in the step-by-step": Flaw(
        "lesson",
        "2. Put the sum in a new box.",
        "2. Put it\n   in a new box: `Box( self.value+other.value )`.",
        "lesson",
        "   in a new box: `Box(",
        "step-by-step shows code of the reference, `Box( self.value+other.value )`:",
    ),
    "an assignment in the step-by-step": Flaw(
        "lesson",
        "1. Add the two values.",
        "1. Add the two values: `total = self.value + other.value`.",
        "lesson",
        "1. Add the two values:",
        "step-by-step shows code of the reference, `total = self.value + other.value`:",
    ),
    "code inside other code of the step-by-step": Flaw(
        "lesson",
        "1. Add the two values.",
        "1. Add the two values: `answer = round(self.value + other.value)`.",
        "lesson",
        "1. Add the two values:",
        "shows code of the reference, `answer = round(self.value + other.value)`:",
    ),
    "a formula in the step-by-step": Flaw(
        "lesson",
        "1. Add the two values.",
        "1. Add the two values: `−(self.value + other.value)`.",
        "lesson",
        "1. Add the two values:",
        "step-by-step shows code of the reference, `−(self.value + other.value)`:",
    ),
    "code among the words of the step-by-step": Flaw(
        "lesson",
        "1. Add the two values.",
        "1. Compute self.value + other.value, and keep it - for now.",
        "lesson",
        "1. Compute",
        "step-by-step shows code of the reference, `self.value + other.value`:",
    ),
    "a function that is neither taught nor given": Flaw(
        "box",
        '        """Given."""',
        '        """A box."""',
        "box",
        "    def __init__",
        "`Box.__init__` is no step's, and its docstring doesn't say Given.",
    ),
    "a body that is too long": Flaw(
        "box",
        "    return x + step",
        "    return (" + "\n" * 20 + "        x + step\n    )",
        "box",
        "def grow",
        "has 22 lines; a step's body has at most about 15",
    ),
    "a step without a test": Flaw(
        "lesson",
        "## Reflection",
        "## Alone {#alone}\nRun.\n\n## Reflection",
        "lesson",
        "## Alone",
        "box/alone has no test",
        others=3,  # it has no word for its pass, no real world, and shows nothing
    ),
    "a test of no step": Flaw(
        "tests",
        '@step("both")',
        '@step("all")',
        "tests",
        "def test_grown_boxes",
        "the lesson has no step `all`",
        1,
    ),
    "a test that sleeps": Flaw(
        "tests",
        "def test_grown_boxes_add_up(expect):\n",
        "def test_grown_boxes_add_up(expect):\n    import time; time.sleep(0.01)\n",
        "tests",
        "    import time",
        "`test_grown_boxes_add_up` sleeps: each save would wait for it",
    ),
    "a test without a mark": Flaw(
        "tests",
        '@step("both")\n',
        "",
        "tests",
        "def test_grown_boxes",
        "`test_grown_boxes_add_up` is marked with no step",
        1,
    ),
    "a test that gives no reason": Flaw(
        "tests",
        'because="the step is 1 where none is given"',
        'because=" "',
        "tests",
        "    expect(box.grow(3)).equals",
        "a `because` of `test_grow_has_a_step_of_one` is empty",
    ),
    "a test that expects nothing": Flaw(
        "tests",
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        "assert box.grow(3) == 4",
        "tests",
        "def test_grow_has_a_step",
        "`test_grow_has_a_step_of_one` uses no `expect`",
    ),
    "a test that hides another": Flaw(
        "tests",
        "test_grow_has_a_step_of_one",
        "test_grow_adds_the_step",
        "tests",
        'def test_grow_adds_the_step(expect):\n    expect(box.grow(3)).equals(4, because="the step',
        "`test_grow_adds_the_step` stands twice",
    ),
    "a test that is never run": Flaw(
        "tests",
        '@step("both")\ndef test_grown',
        'async def test_later(expect): pass\n\n\n@step("both")\ndef test_grown',
        "tests",
        "async def test_later",
        "`test_later` is never run",
    ),
    "tests that are not Python": Flaw(
        "tests", "a, b = Box(3), Box(4)", "a, b = Box(3", "tests", "    a, b", "not Python"
    ),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_flaw_of_the_files_is_found(small: SmallCourse, name: str) -> None:
    _assert_found(small, STRUCTURE[name], _read)


def test_tests_that_are_not_there_are_missed(small: SmallCourse) -> None:
    small.tests.unlink()
    (complaint,) = _complaints(small, "box")
    assert str(complaint) == f"{small.lesson}:1: the module has no test_box.py"


def test_files_that_are_no_text_are_named(small: SmallCourse) -> None:
    for path in (small.tests, small.box):
        path.write_bytes(b"x = '\xe9'\n")
    assert [str(c) for c in _complaints(small, "box")] == [f"{small.box}:1: not UTF-8"]
    small.write()
    small.tests.write_bytes(b"x = '\xe9'\n")
    assert [str(c) for c in _complaints(small, "box")] == [f"{small.tests}:1: not UTF-8"]


def test_a_picture_of_no_step_is_found(small: SmallCourse) -> None:
    path = small.folder / "01_box/pictures.py"
    path.write_text(PICTURE.replace('"grow"', '"gone"'))
    (complaint,) = _complaints(small, "box")
    assert str(complaint) == f"{path}:8: the lesson has no step `gone`"
    path.write_text("def draw(:\n")
    (complaint,) = _complaints(small, "box")
    assert str(complaint).startswith(f"{path}:1: not Python")


# The order of five letters in a set where Python's hashes have the seed 0, as in each run.
_ORDER = subprocess.run(
    [sys.executable, "-c", "print(list({'a', 'b', 'c', 'd', 'e'}))"],
    env={**os.environ, "PYTHONHASHSEED": "0"},
    capture_output=True,
    text=True,
    check=True,
).stdout.strip()

PROOFS = {
    "the library fails its tests": Flaw(
        "tests",
        'equals(7, because="3 and 4 make 7")\n\n\n@step("grow")',
        'equals(8, because="3 and 4 make 8")\n\n\n@step("grow")',
        "tests",
        "    expect(box.grow(3, 4))",
        "the library fails box/grow with seed 0: test_grow_adds_the_step: box.grow(3, 4): got 7, "
        "wanted 8",
    ),
    "the tests can't be imported": Flaw(
        "tests",
        "from tinytorch import box\n",
        "import nothing\n",
        "tests",
        "import nothing",
        "the tests can't be imported: ModuleNotFoundError",
    ),
    "a result that depends on the seed": Flaw(
        "tests",
        "def test_grow_has_a_step_of_one(expect):\n",
        "def test_grow_has_a_step_of_one(expect, rng):\n"
        '    expect(rng.integers(3) < 2).equals(True, because="it depends")\n',
        "tests",
        "    expect(rng",
        "the library fails box/grow with seed",
    ),
    "a bound that one draw in ten misses": Flaw(
        "tests",
        "def test_grow_has_a_step_of_one(expect):\n",
        "def test_grow_has_a_step_of_one(expect, rng):\n"
        '    expect(box.grow(rng.random(), 0)).between(0, 0.9, because="it is rarely more")\n',
        "tests",
        "    expect(box.grow(rng",
        "the library fails box/grow with seed",
    ),
    "a test whose expectation is never reached": Flaw(
        "tests",
        "    expect(box.grow(3)).equals",
        "    for value in ():\n        expect(value).equals",
        "tests",
        '@step("grow")\ndef test_grow_has_a_step',
        "`test_grow_has_a_step_of_one` of box/grow expects nothing of what it runs",
    ),
    "an example that prints something else": Flaw(
        "lesson",
        ">>> grow(3, 4)\n7",
        ">>> grow(3, 4)\n8",
        "lesson",
        ">>> grow(3, 4)\n8",
        "the example of box/grow: `grow(3, 4)` prints 7, not 8",
    ),
    "an example that fails": Flaw(
        "lesson",
        ">>> grow(3, 4)\n7",
        ">>> gorw(3, 4)\n7",
        "lesson",
        ">>> gorw",
        "NameError",
    ),
    "a symbol that no test needs": Flaw(
        "lesson",
        "- `box.py: grow`",
        "- `box.py: grow`\n- `box.py: Box.__init__`",
        "lesson",
        "### Write\n- `box.py: grow`",
        "the tests of box/grow pass while `box.py: Box.__init__` is not written",
        others=1,  # nor is a mutant of it noticed
    ),
    "a stub that fails for another reason": Flaw(
        "lesson",
        ">>> grow(3, 4)\n7",
        ">>> try:\n...     total = grow(3, 4)\n... except NotImplementedError:\n"
        "...     total = 1 / 0\n>>> total\n7",
        "lesson",
        "### Write\n- `box.py: grow`",
        "the stub of `box.py: grow` fails for another reason: example raised "
        "ZeroDivisionError: division by zero",
    ),
    "a test that needs nothing of its step": Flaw(
        "tests",
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        'expect(3 + 1).equals(4, because="3 and 1 make 4")',
        "tests",
        '@step("grow")\ndef test_grow_has_a_step_of_one',
        "`test_grow_has_a_step_of_one` of box/grow passes while nothing is written",
    ),
    "an integration test that passes on the stubs": Flaw(
        "tests",
        "Box(box.grow(3)).add(Box(1)).value",
        "Box(5).value",
        "tests",
        '@step("both")',
        "`test_grown_boxes_add_up` of box/both passes while nothing is written",
    ),
    "an example that needs nothing of its step": Flaw(
        "lesson",
        ">>> grow(3, 4)\n7",
        ">>> 3 + 4\n7",
        "lesson",
        "### Example\n```python\n>>> 3",
        "`example` of box/grow passes while nothing is written",
    ),
    "a value that comes out otherwise each time": Flaw(
        "tests",
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        "import time\n\n    expect(box.grow(3) + time.perf_counter_ns() * 1e-20).equals(\n"
        '        4, because="the step is 1"\n    )',
        "tests",
        "    expect(box.grow(3) + time",
        "`test_grow_has_a_step_of_one` of box/grow sees another value in a second run with the "
        "same seed: box.grow(3) + time.perf_counter_ns() * 1e-20",
    ),
    "a value that hangs on the order of a set": Flaw(
        "tests",
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        'expect([box.grow(3), *{"a", "b", "c"}][1:]).equals(\n'
        '        list({"a", "b", "c"}), because="a set has three"\n    )',
        "tests",
        "    expect([box.grow(3), *{",
        "`test_grow_has_a_step_of_one` of box/grow sees another value with hash seed",
    ),
    "a result that hangs on the order of a set": Flaw(
        "tests",
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        'order = sorted({"a", "b", "c", "d", "e"}, key=lambda _: box.grow(3))\n'
        f'    expect(order).equals({_ORDER}, because="it depends")',
        "tests",
        "    expect(order)",
        "the library fails box/grow with hash seed",
    ),
    "a mistake that passes": Flaw(
        "lesson",
        "    return x - step",
        "    return step + x",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` passes every test of box/grow",
    ),
    "a mistake that dies of a name of its own": Flaw(
        "lesson",
        "    return x - step",
        "    return x - stepp",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` dies of its own NameError: name 'stepp' is not defined",
    ),
    "a mistake that names a parameter which nothing has": Flaw(
        "lesson",
        "    return x - step",
        "    return round(x - step, ndigts=0)",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` dies of its own TypeError: 'ndigts' is an invalid keyword argument",
    ),
    "a mistake that misspells a parameter of the course's": Flaw(
        "lesson",
        "    return x - step",
        "    return Box(valu=x).value - step",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` dies of its own TypeError: Box.__init__() got an unexpected keyword",
    ),
    "a mistake that imports what is not there": Flaw(
        "lesson",
        "    return x - step",
        "    from tinytorch.box import shrink\n    return shrink(x, step)",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` dies of its own ImportError: cannot import name 'shrink'",
    ),
    "a mistake that asks for what nobody has": Flaw(
        "lesson",
        "    return x - step",
        "    return x.shrunk(step)",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` dies of its own AttributeError: 'int' object has no attribute "
        "'shrunk'",
    ),
    "two mistakes that no test tells apart": Flaw(
        "lesson",
        "    return x + 1\n",
        "    return -(step - x)\n",
        "lesson",
        "#### Ignores the step",
        "no test tells `Ignores the step` from `Shrinks`",
    ),
    "a mistake of another step": Flaw(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "def shrink(x, step=1):\n    return x - step",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` defines `shrink`; box/grow teaches `grow`",
    ),
    "a mistake that is a class": Flaw(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "class grow:\n    pass",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` passes every test of box/grow",
    ),
    "a mistake that ends Python": Flaw(
        "lesson",
        "    return x - step",
        "    raise SystemExit",
        "lesson",
        "#### Shrinks",
        "the mistake `Shrinks` ends in a limit (exit), so it is never named",
    ),
    "a mutant that survives": Flaw(
        "box",
        "    return x + step",
        "    return max(0, x + step)",
        "box",
        "    return max(0, x + step)",
        "no test of box/grow notices `return max(0, x + step)` → `return max(1, x + step)`",
        others=2,  # max(-1, …), and the arguments exchanged
    ),
    "an equivalent that no mutant makes": Flaw(
        "lesson",
        "## Add two boxes",
        "### Equivalent mutants\n- `return x` → `return y`: they are alike.\n\n## Add two boxes",
        "lesson",
        "- `return x` →",
        "no mutant changes `return x` into `return y`",
    ),
    "an equivalent that a test catches": Flaw(
        "lesson",
        "## Add two boxes",
        "### Equivalent mutants\n- `return x + step` → `return x`: alike.\n\n## Add two boxes",
        "lesson",
        "- `return x + step` →",
        "`return x` is declared equivalent, but a test catches it",
    ),
    "a step that needs a later one": Flaw(
        "box",
        "    return x + step",
        "    return Box(x).add(Box(step)).value",
        "lesson",
        "## Grow a number",
        "box/grow needs what is taught later: example raised NotImplementedError",
    ),
    "an import of a later module": Flaw(
        "box",
        "        return Box(self.value + other.value)\n",
        "        return Box(self.value + other.value)\n\n\nfrom tinytorch import lid\n",
        "box",
        "from tinytorch import lid",
        "tinytorch.lid is taught after box",
        others=3,  # and so no step runs without it
    ),
    "a later module used inside a function": Flaw(
        "box",
        "    return x + step",
        "    from importlib import import_module\n\n    import_module('tinytorch.lid')\n"
        "    return x + step",
        "lesson",
        "## Grow a number",
        "box/grow needs what is taught later",
        others=3,  # box/both too; and no test notices whether it is imported
    ),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_flaw_that_only_a_run_shows_is_found(small: SmallCourse, name: str) -> None:
    _assert_found(small, PROOFS[name])


LONG_TEST = Flaw(
    "tests",
    "    expect(box.grow(3)).equals",
    "    for _ in range(500_000):\n        pass\n    expect(box.grow(3)).equals",
    "tests",
    '@step("grow")\ndef test_grow_has_a_step',
    "s of the processor; a test that each save runs may take 0.004 s",
)


def test_a_test_that_takes_long_is_found(
    small: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "_LONGEST_TEST", 0.004)
    monkeypatch.setattr(pace, "slowness", lambda: 1.0)
    _assert_found(small, LONG_TEST)


def test_a_slow_machine_is_no_flaw_of_a_test(
    small: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "_LONGEST_TEST", 0.004)
    monkeypatch.setattr(pace, "slowness", lambda: 1000.0)
    small.change(small.tests, LONG_TEST.old, LONG_TEST.new)
    assert _complaints(small, "box") == []


def test_an_equivalent_that_is_declared_is_no_complaint(small: SmallCourse) -> None:
    small.change(small.box, "    return x + step", "    return 0 + x + step")
    small.change(
        small.lesson,
        "## Add two boxes",
        "### Equivalent mutants\n- `return 0 + x + step` → `return x + step`: 0 adds nothing.\n\n"
        "## Add two boxes",
    )
    report = check(small.read(), modules=["box"])
    assert report.complaints == ()
    assert report.steps[0].declared == 1
    assert report.steps[0].killed == report.steps[0].mutants - 1


def test_step_by_step_may_name_things_and_show_other_code(small: SmallCourse) -> None:
    small.change(
        small.lesson,
        "1. Add the two values.",
        "1. Add `self.value` and `other`'s, as in `3 + 4`; `Box`, `-1` and `x +` are bits.",
    )
    assert list(structure_complaints(small.read().module("box"), small.library)) == []


def test_given_checks_are_no_part_of_what_is_taught(small: SmallCourse) -> None:
    """No test is needed for them, no mistake need repeat them, and they may be long."""
    checks = "".join(f"    if step == {-n}:\n        raise ValueError(x)\n" for n in range(1, 12))
    small.change(small.box, "    return x + step", f"{checks}    return x + step")
    small.change(
        small.tests,
        'equals(4, because="the step is 1 where none is given")',
        'equals(4, because="the step is 1 where none is given")\n'
        '    expect.raises(ValueError, box.grow, 3, -7, because="a box grows")',
    )
    report = check(small.read(), modules=["box"])
    assert report.complaints == ()
    assert report.steps[0].mutants == report.steps[0].killed == 3
    step = small.step("box/grow")
    (text,) = mistaken(step, step.mistakes[0], small.library).values()
    assert "    raise ValueError(x)\n    return x - step\n" in text


def test_a_test_of_given_checks_alone_proves_nothing(small: SmallCourse) -> None:
    checks = "    if step < 0:\n        raise ValueError(step)\n"
    small.change(small.box, "    return x + step", f"{checks}    return x + step")
    small.change(
        small.tests,
        'expect(box.grow(3)).equals(4, because="the step is 1 where none is given")',
        'expect.raises(ValueError, box.grow, 3, -1, because="a box grows")',
    )
    messages = [complaint.message for complaint in _complaints(small, "box")]
    assert "`test_grow_has_a_step_of_one` of box/grow passes while nothing is written" in messages


def test_a_module_of_integration_alone_needs_what_it_uses(small: SmallCourse) -> None:
    lesson, tests = small.folder / "02_lid/lesson.md", small.folder / "02_lid/test_lid.py"
    text = lesson.read_text()
    written, closing = text.index("### Write"), text.index("### When it passes")
    table = "| box | closed |\n|---|---|\n| 3 | 8 |\n\n"
    lesson.write_text(text[:written] + table + text[closing:])
    lid = small.library / "tinytorch/lid.py"
    lid.write_text(lid.read_text().replace("Twice what", "Given. Twice what"))
    passes = "`test_close_grows_and_doubles` of lid/close passes while nothing is written"
    assert [complaint.message for complaint in _complaints(small, "lid")] == [passes]
    small.change(lesson, "minutes: 5", "uses: [box]\nminutes: 5")
    assert _complaints(small, "lid") == []
    small.change(tests, "lid.close(3)", "2 * 4")
    assert [complaint.message for complaint in _complaints(small, "lid")] == [passes]


def test_a_mistake_may_die_of_a_name_that_somebody_has(small: SmallCourse) -> None:
    small.change(small.lesson, "    return x - step", "    return x.append(step)")
    assert _complaints(small, "box") == []


def test_a_broken_lesson_leaves_the_proofs_of_the_others(small: SmallCourse) -> None:
    small.change(small.lesson, "- `box.py: Box.add`", "- Box.add")
    report = check(small.read())
    assert [step.id for step in report.steps] == ["lid/close"]
    assert {complaint.file for complaint in report.complaints} == {small.lesson}


def test_complaints_about_the_text_leave_the_proofs_of_the_module(small: SmallCourse) -> None:
    small.change(small.lesson, "3. `x + step`\n", "")
    small.change(small.lesson, "    return Box(self.value - other.value)", "    return Box(self.")
    small.change(small.lesson, "    return x - step", "    return step + x")
    report = check(small.read(), modules=["box"])
    assert [step.id for step in report.steps] == ["box/grow", "box/add", "box/both"]
    assert [complaint.message for complaint in report.complaints] == [
        "the mistake `Subtracts` is not Python: '(' was never closed",
        "box/grow has 2 hints; it needs 3 rungs",
        "box/add has 1 mistakes; it needs 2",
        "the mistake `Shrinks` passes every test of box/grow",
    ]


def test_pictures_that_cannot_be_read_leave_the_proofs_of_the_steps(small: SmallCourse) -> None:
    (small.folder / "01_box/pictures.py").write_text("def draw(:\n")
    report = check(small.read(), modules=["box"])
    assert len(report.steps) == 3
    assert [complaint.message for complaint in report.complaints] == ["not Python: invalid syntax"]


def test_an_endless_example_is_stopped(small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinytorch_ls.check.examples._SECONDS", 5.0)  # the others are right
    small.change(small.lesson, ">>> grow(3, 4)\n7", ">>> while True: pass")
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "the example of box/grow: it runs for more than 5.0 s"
    assert complaint.line == small.line(small.lesson, "### Example\n```python\n>>> while")


def test_examples_and_pictures_run_where_no_stranger_s_file_can_stand(small: SmallCourse) -> None:
    """Neither the working folder nor one that the environment names is where Python looks."""
    small.change(
        small.lesson,
        ">>> grow(3, 4)\n7",
        ">>> import sys\n>>> grow(3, 4), '' in sys.path\n(7, False)",
    )
    path = small.folder / "01_box/pictures.py"
    here = "    import os, sys\n    assert not {'', os.getcwd()} & {*sys.path}\n    return figure"
    path.write_text(PICTURE.replace("    return figure", here), encoding="utf-8")
    assert _complaints(small, "box") == []


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("", "", "", ""),
        ("Figure()\n", "Figure(size=3)\n", "    figure =", "the picture `draw_grow` fails: "),
        ("return figure", "return 3", "@", "the picture `draw_grow` returns no figure: int"),
        ("from tinytorch import box", "import boxes", "import boxes", "fails: ModuleNotFoundError"),
        ("figure = Figure()", "raise SystemExit", "    raise", "fails: SystemExit"),
        ("    return figure", "    import os; os._exit(0)", "@", "the process that drew it ended"),
        ("box.grow(x)", "[0 for _ in range(10**6)][0]", "@", "takes 0 s; it may take 0.001 s"),
    ],
)
def test_a_picture_is_drawn(
    small: SmallCourse, monkeypatch: pytest.MonkeyPatch, old: str, new: str, at: str, message: str
) -> None:
    path = small.folder / "01_box/pictures.py"
    text = PICTURE.replace(old, new) if old else PICTURE
    path.write_text(text, encoding="utf-8")
    if "takes" in message:
        monkeypatch.setattr("tinytorch_ls.check.pictures._SECONDS", 0.001)
    found = _complaints(small, "box")
    line = text[: text.index("\n" + at)].count("\n") + 2 if at else 0
    line += at == "@"  # the line of a decorated function is that of its `def`
    assert [(c.file, c.line) for c in found] == ([(path, line)] if at else [])
    assert all(message in complaint.message for complaint in found)


def test_a_picture_is_drawn_at_both_ends_of_its_sliders(small: SmallCourse) -> None:
    path = small.folder / "01_box/pictures.py"
    slid = PICTURE.replace("import picture", "import Slider, picture").replace(
        '"How it grows.")', '"How it grows.", controls=[Slider("n", "n", 1, 5, 2, 1)])'
    )
    path.write_text(slid.replace("draw_grow()", "draw_grow(n)"), encoding="utf-8")
    assert _complaints(small, "box") == []
    path.write_text(
        slid.replace("draw_grow()", "draw_grow(n)").replace("box.grow(x)", "box.grow(x) / (n - 1)"),
        encoding="utf-8",
    )
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "the picture `draw_grow` fails: ZeroDivisionError: division by zero"
    path.write_text(slid, encoding="utf-8")
    (complaint,) = _complaints(small, "box")
    assert "unexpected keyword argument 'n'" in complaint.message


def test_a_picture_is_drawn_with_an_empty_and_a_black_pad_and_what_it_prepares(
    small: SmallCourse,
) -> None:
    path = small.folder / "01_box/pictures.py"
    written = PICTURE.replace("import picture", "import Pad, picture").replace(
        '"How it grows.")',
        '"How it grows.", controls=[Pad("ink", "Write", 4)], prepare=lambda: {"n": 2})',
    )
    path.write_text(written.replace("draw_grow()", "draw_grow(made, ink)"), encoding="utf-8")
    assert _complaints(small, "box") == []
    fails = "    assert made['n'] == 2 and ink.shape == (4, 4) and not ink.all()\n    figure ="
    path.write_text(
        written.replace("draw_grow()", "draw_grow(made, ink)").replace("    figure =", fails),
        encoding="utf-8",
    )
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "the picture `draw_grow` fails: AssertionError: "


def test_a_picture_is_drawn_once_its_step_passes(small: SmallCourse) -> None:
    path = small.folder / "01_box/pictures.py"
    path.write_text(
        PICTURE.replace("return figure", "return box.Box(3).add(box.Box(4)) and figure")
    )
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "the picture `draw_grow` needs what is taught after box/grow"
    assert complaint.line == small.line(path, "def draw_grow")
    assert explained(complaint.message)
    path.write_text(path.read_text().replace('@picture("grow"', '@picture("add"'))
    assert _complaints(small, "box") == []


def test_an_endless_picture_is_stopped(small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinytorch_ls.check.pictures._WAIT", 3.0)
    path = small.folder / "01_box/pictures.py"
    path.write_text(PICTURE.replace("    return figure", "    while True: pass"), encoding="utf-8")
    (complaint,) = _complaints(small, "box")
    assert complaint.message.startswith("the picture `draw_grow` has no end")


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").is_file(), reason="Linux tells it")
def test_a_picture_that_waits_is_found(small: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinytorch_ls.check.pictures._SECONDS", 0.5)
    path = small.folder / "01_box/pictures.py"
    slow = PICTURE.replace(
        "    return figure", "    import time\n    time.sleep(2)\n    return figure"
    )
    path.write_text(slow, encoding="utf-8")
    messages = [complaint.message for complaint in _complaints(small, "box")]
    assert "the picture `draw_grow` waits for 2 s; a student waits with it" in messages


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('@picture("grow", "How it grows.")', '@lesson.picture("grow", "How it grows.")'),
        ('@picture("grow", "How it grows.")', '@picture(step="grow", caption="How it grows.")'),
        ('@picture("grow", "How it grows.")\ndef', '@picture("grow", "Grows.")\nasync def'),
    ],
)
def test_a_picture_that_no_proof_would_see_is_found(small: SmallCourse, old: str, new: str) -> None:
    text = PICTURE.replace("import picture", "import picture\nimport tinytorch_ls.lesson as lesson")
    (small.folder / "01_box/pictures.py").write_text(text.replace(old, new))
    (complaint,) = _complaints(small, "box")
    assert complaint.message.startswith("`draw_grow` is not seen as a picture: write @picture(")
    assert explained(complaint.message)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('@picture("grow", "How it grows.")\n', "", "picture('grow', 'Grows.')"),
        ("import picture", "import picture as drawn", "picture as drawn"),
    ],
)
def test_a_picture_that_is_marked_under_another_name_is_found(
    small: SmallCourse, old: str, new: str, name: str
) -> None:
    text = PICTURE.replace(old, new).replace("@picture", "@drawn")
    by_call = "" if "@" in text else "\n\nlater = picture('grow', 'Grows.')(draw_grow)\n"
    (small.folder / "01_box/pictures.py").write_text(text + by_call)
    (complaint,) = _complaints(small, "box")
    assert complaint.message.startswith(f"`{name}` is not seen as a picture: write @picture(")
    assert explained(complaint.message)


def test_a_second_mark_of_a_function_is_found(small: SmallCourse) -> None:
    mark = '@picture("grow", "How it grows.")\n'
    text = PICTURE.replace(mark, mark + '@picture("add", "Another.")\n')
    (small.folder / "01_box/pictures.py").write_text(text)
    small.change(small.tests, '@step("both")\n', '@step("both")\n@step("add")\n')
    assert [complaint.message for complaint in _complaints(small, "box")] == [
        "`test_grown_boxes_add_up` has two marks @step: only the first counts",
        "`draw_grow` has two marks @picture: only the first counts",
    ]


def test_a_picture_that_hides_another_is_found(small: SmallCourse) -> None:
    second = '\n\n@picture("add", "Again.")\ndef draw_grow(): return Figure()\n'
    (small.folder / "01_box/pictures.py").write_text(PICTURE + second)
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "`draw_grow` stands twice"


def test_a_second_picture_of_a_step_is_found(small: SmallCourse) -> None:
    path = small.folder / "01_box/pictures.py"
    path.write_text(
        PICTURE + '\n\n@picture("grow", "Again.")\ndef draw_again(): return draw_grow()\n'
    )
    (complaint,) = _complaints(small, "box")
    assert complaint.message == "`draw_again` is a second picture of box/grow: one is shown"
