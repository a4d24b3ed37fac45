"""What a tired author gets wrong, and the complaint that says what it is, where, and what to do.

Each slip is made in a course that is otherwise sound; the complaint that names it must be among
those that are told, at its line, and the guide must explain each of them.
"""

# ruff: noqa: E501  # a complaint stands as it is told, in one line

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from complaints import explained
from kept import check
from small_course import PICTURE, SmallCourse

from tinytorch_ls.course.model import Complaint


@dataclass(frozen=True)
class Slip:
    """A change of one file, and the complaint that tells its author of it."""

    file: str
    old: str
    new: str
    below: int  # lines from the place of the change to that of the complaint
    message: str


SLIPS = {
    "front matter unclosed": Slip(
        "lesson",
        "  - Add what is in two boxes\n---\n",
        "  - Add what is in two boxes\n",
        -6,
        "the front matter is not closed: end it with a line of ---",
    ),
    "file without folder": Slip(
        "lesson",
        "files: [tinytorch/box.py]",
        "files: [box.py]",
        0,
        "the file `box.py` is not of the form tinytorch/name.py",
    ),
    "file backslash": Slip(
        "lesson",
        "files: [tinytorch/box.py]",
        "files: [tinytorch\\box.py]",
        0,
        "the file `tinytorch\\box.py` is not of the form tinytorch/name.py",
    ),
    "id differs from folder": Slip(
        "lesson", "id: box", "id: boxes", 0, "the folder is 01_box, but the id is `boxes`"
    ),
    "number in id": Slip(
        "lesson", "id: box", "id: 01_box", 0, "the folder is 01_box, but the id is `01_box`"
    ),
    "step heading level 3": Slip(
        "lesson",
        "## Add two boxes {#add}",
        "### Add two boxes {#add}",
        0,
        "`Add two boxes` is a heading of level 3; a step has ##",
    ),
    "step heading level 1": Slip(
        "lesson",
        "## Add two boxes {#add}",
        "# Add two boxes {#add}",
        0,
        "`Add two boxes` is a heading of level 1; a step has ##",
    ),
    "section heading level 2 instead of 3": Slip(
        "lesson",
        "### Hints\n1. Which",
        "## Hints\n1. Which",
        0,
        "`Hints` is a heading of level 2; a part of a step has ###",
    ),
    "section heading level 4": Slip(
        "lesson",
        "### Hints\n1. Which",
        "#### Hints\n1. Which",
        0,
        "`Hints` is a heading of level 4; a part of a step has ###",
    ),
    "mistakes heading level 3": Slip(
        "lesson",
        "#### Shrinks",
        "### Shrinks",
        0,
        "`Shrinks` is a heading of level 3; a mistake has ####",
    ),
    "mistakes heading level 5": Slip(
        "lesson",
        "#### Shrinks",
        "##### Shrinks",
        0,
        "`Shrinks` is a heading of level 5; a mistake has ####",
    ),
    "heading without blank": Slip(
        "lesson",
        "### Hints\n1. Which",
        "###Hints\n1. Which",
        0,
        "`###Hints` is no heading: put a blank behind the #",
    ),
    "heading lower case": Slip(
        "lesson",
        "### Step-by-step\n1. Add `step`",
        "### Step by step\n1. Add `step`",
        0,
        "unknown heading `Step by step`; it is `### Step-by-step`",
    ),
    "heading typo": Slip(
        "lesson",
        "### Mistakes\n#### Shrinks",
        "### Mistake\n#### Shrinks",
        0,
        "unknown heading `Mistake`; it is `### Mistakes`",
    ),
    "hints singular": Slip(
        "lesson",
        "### Hints\n1. Which",
        "### Hint\n1. Which",
        0,
        "unknown heading `Hint`; it is `### Hints`",
    ),
    "unclosed fence in example": Slip(
        "lesson",
        ">>> grow(3, 4)\n7\n```\n",
        ">>> grow(3, 4)\n7\n",
        -1,
        "the code that begins here is not closed: end it with ```",
    ),
    "unclosed fence in mistake": Slip(
        "lesson",
        "    return x - step\n```\n",
        "    return x - step\n",
        -2,
        "the code that begins here is not closed: end it with ```",
    ),
    "fence closed with two ticks": Slip(
        "lesson",
        "    return x - step\n```\n",
        "    return x - step\n``\n",
        -2,
        "the code that begins here is not closed: end it with ```",
    ),
    "tilde fence closed by ticks": Slip(
        "lesson",
        "#### Shrinks\n```python",
        "#### Shrinks\n~~~python",
        1,
        "the code that begins here is not closed: end it with ```",
    ),
    "fence without language": Slip(
        "lesson",
        "### Example\n```python\n>>> grow",
        "### Example\n```\n>>> grow",
        1,
        "the block has no language: begin it with ```python",
    ),
    "fence py": Slip(
        "lesson",
        "#### Shrinks\n```python",
        "#### Shrinks\n```py",
        1,
        "the block is `py`, not `python`",
    ),
    "example without prompt": Slip(
        "lesson", ">>> grow(3, 4)\n7", "grow(3, 4)\n7", -1, "the example has no `>>> ` line"
    ),
    "example prompt without blank": Slip(
        "lesson",
        ">>> grow(3, 4)\n7",
        ">>>grow(3, 4)\n7",
        -1,
        "the example is not written as a session: line 1 lacks blank after >>>: '>>>grow(3, 4)'",
    ),
    "anchor without hash": Slip(
        "lesson", "{#add}", "{add}", 0, "`{add}` names no step: write `{#add}`"
    ),
    "anchor with capital": Slip(
        "lesson", "{#add}", "{#Add}", 0, "`{#Add}`: use small letters, digits and hyphens"
    ),
    "anchor with underscore": Slip(
        "lesson", "{#add}", "{#add_two}", 0, "`{#add_two}`: use small letters, digits and hyphens"
    ),
    "anchor twice": Slip(
        "lesson", "{#add}", "{#grow}", 0, "the step `grow` stands twice in this lesson"
    ),
    "anchor blank": Slip(
        "lesson", "{#add}", "{# add}", 0, "`{# add}`: use small letters, digits and hyphens"
    ),
    "class symbol": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `box.py: Box`",
        0,
        "`box.py: Box` is a class; name the functions that the step teaches: `Box.__init__`, `Box.add`",
    ),
    "symbol with parens": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `box.py: Box.add()`",
        0,
        "write a symbol as `tensor.py: Tensor.add`",
    ),
    "symbol with dotted module": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `tinytorch.box: Box.add`",
        0,
        "`tinytorch.box` is none of the module's files: `box.py`",
    ),
    "symbol without backticks": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- box.py: Box.add",
        0,
        "write a symbol as `tensor.py: Tensor.add`",
    ),
    "symbol without class": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `box.py: add`",
        0,
        "the library has no `box.py: add`; it has `Box.add`",
    ),
    "symbol in no list": Slip(
        "lesson", "- `box.py: Box.add`", "`box.py: Box.add`", -1, "`### Write` has no list"
    ),
    "symbol of other file": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `lid.py: close`",
        0,
        "`lid.py` is none of the module's files: `box.py`",
    ),
    "symbol taught twice": Slip(
        "lesson",
        "- `box.py: Box.add`",
        "- `box.py: grow`",
        0,
        "`box.py: grow` is taught by `grow` already",
    ),
    "mistake with own name": Slip(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "def shrink(x, step=1):\n    return x - step",
        -2,
        "the mistake `Shrinks` defines `shrink`; box/grow teaches `grow`",
    ),
    "mistake without def": Slip(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "return x - step",
        0,
        "the mistake `Shrinks` has no definition: begin with its `def` line",
    ),
    "mistake with import on top": Slip(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "import math\ndef grow(x, step=1):\n    return x - step",
        0,
        "the mistake `Shrinks` has more than definitions",
    ),
    "mistake feedback missing": Slip(
        "lesson",
        "The number became smaller. Add the step.\n",
        "",
        -5,
        "the mistake `Shrinks` has no feedback below its code",
    ),
    "hints as paragraphs": Slip(
        "lesson",
        "1. Which operator adds?\n2. It is `+`.\n3. `x + step`",
        "Which operator adds?\n\nIt is `+`.\n\n`x + step`",
        -1,
        "`### Hints` has no list",
    ),
    "hints as one item": Slip(
        "lesson",
        "1. Which operator adds?\n2. It is `+`.\n3. `x + step`",
        "1. Which operator adds?\n   It is `+`.\n   `x + step`",
        -1,
        "box/grow has 1 hints; it needs 3 rungs",
    ),
    "title missing": Slip("lesson", "# Boxes\nA box", "A box", -9, "the lesson has no `# Title`"),
    "equivalent without reason": Slip(
        "lesson",
        "### In the real world\nA counter",
        "### Equivalent mutants\n- `return x + step` → `return x`\n\n### In the real world\nA counter",
        1,
        "write it as `old line` → `new line`: the reason",
    ),
    "equivalent with blank diff": Slip(
        "lesson",
        "### In the real world\nA counter",
        "### Equivalent mutants\n- `x+step` -> `x`: because.\n\n### In the real world\nA counter",
        1,
        "no mutant changes `x+step` into `x`; one changes `return x + step` into `return x`",
    ),
    "toml missing quote": Slip(
        "toml", '"01_box"', "01_box", 0, "not valid TOML: Unclosed array (at line 3, column 13)"
    ),
    "toml folder missing": Slip(
        "toml", '"02_lid"', '"03_lid"', 0, "module `03_lid` has no lesson.md"
    ),
    "toml id only": Slip("toml", '"02_lid"', '"lid"', 0, "module `lid` is not of the form NN_id"),
    "toml trailing text": Slip(
        "toml",
        'title = "Boxes"',
        'title: "Boxes"',
        0,
        "not valid TOML: Expected '=' after a key in a key/value pair (at line 1, column 6)",
    ),
    "milestone year text": Slip(
        "toml",
        "year = 1957",
        'year = "1957"',
        -1,
        "a milestone needs `year` (int), `title` (str) and `step` (str)",
    ),
    "milestone step unknown": Slip(
        "toml",
        'step = "box/both"',
        'step = "both"',
        0,
        "the milestone names the step `both`, which no lesson has",
    ),
    "milestone single bracket": Slip(
        "toml",
        "[[milestones]]",
        "[milestones]",
        0,
        "`milestones` is not a list: begin each with [[milestones]]",
    ),
    "modules string": Slip(
        "toml",
        'modules = ["01_box", "02_lid"]',
        'modules = "01_box, 02_lid"',
        0,
        '`modules` is not a list: write it as ["01_first", "02_second"]',
    ),
    "module key": Slip("toml", "modules =", "module =", -2, "the course names no modules"),
    "test wrong number": Slip(
        "tests",
        "equals(5, because",
        "equals(6, because",
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: Box(box.grow(3)).add(Box(1)).value: got 5, wanted 6 (too small by 1)",
    ),
    "fact left open that is none": Slip(
        "tests",
        "equals(5, because",
        "equals(5, free=('type',), because",
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up raised ValueError: free names some of kind, dtype, memory, changes, not ('type',)",
    ),
    "fact left open without a tuple": Slip(
        "tests",
        "equals(5, because",
        "equals(5, free='dtype', because",
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up raised ValueError: free names some of kind, dtype, memory, changes, not 'dtype'",
    ),
    "test compares list w array": Slip(
        "tests",
        "expect(Box(box.grow(3)).add(Box(1)).value).equals(5,",
        "import numpy as np\n\n    expect([box.grow(3), 2]).equals(np.array([4, 2]),",
        2,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: [box.grow(3), 2]: got [4, 2], wanted numpy.array([4, 2], dtype=int64) (a list came, a Tensor was wanted)",
    ),
    "test compares array w list": Slip(
        "tests",
        "expect(Box(box.grow(3)).add(Box(1)).value).equals(5,",
        "import numpy as np\n\n    expect(np.array([box.grow(3), 2])).equals([4, 3],",
        2,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: np.array([box.grow(3), 2]): got numpy.array([4, 2], dtype=int64), wanted [4, 3] (a NumPy array came, a Tensor or a list was wanted)",
    ),
    "array wanted list wrong shape": Slip(
        "tests",
        "expect(Box(box.grow(3)).add(Box(1)).value).equals(5,",
        "import numpy as np\n\n    expect(np.array([[box.grow(3), 2]])).equals([4, 2],",
        2,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: np.array([[box.grow(3), 2]]): got numpy.array([[4, 2]], dtype=int64), wanted [4, 2] (a NumPy array came, a Tensor or a list was wanted)",
    ),
    "int wanted str": Slip(
        "tests",
        "equals(5, because",
        'equals("5", because',
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: Box(box.grow(3)).add(Box(1)).value: got 5, wanted '5' (an int came, a string was wanted)",
    ),
    "plain assert": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        "assert Box(box.grow(3)).add(Box(1)).value == 5",
        -1,
        "`test_grown_boxes_add_up` uses no `expect`",
    ),
    "expect ==": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        "expect(Box(box.grow(3)).add(Box(1)).value == 5)",
        0,
        "`expect(…)` alone asks nothing: add .equals(…, because=…)",
    ),
    "expect nothing asked": Slip(
        "tests",
        '.equals(5, because="4 and 1 make 5")',
        "",
        0,
        "`expect(…)` alone asks nothing: add .equals(…, because=…)",
    ),
    "no because": Slip(
        "tests",
        '.equals(5, because="4 and 1 make 5")',
        ".equals(5)",
        0,
        "an expectation of `test_grown_boxes_add_up` has no `because`: tell the student the reason",
    ),
    "expect misspelled method": Slip(
        "tests",
        ".equals(5, because",
        ".equal(5, because",
        0,
        "`expect(…)` has no `equal`; it has equals, mentions, between",
    ),
    "expect not a parameter": Slip(
        "tests",
        "def test_grown_boxes_add_up(expect)",
        "def test_grown_boxes_add_up()",
        0,
        "`test_grown_boxes_add_up` uses `expect` and does not take it as an argument",
    ),
    "unknown fixture": Slip(
        "tests",
        "def test_grown_boxes_add_up(expect)",
        "def test_grown_boxes_add_up(expect, monkeypatch)",
        0,
        "`test_grown_boxes_add_up` takes `monkeypatch`; a step test may take expect, rng, tmp_path",
    ),
    "step not imported": Slip(
        "tests",
        "from tinytorch_ls.lesson import step\n",
        "",
        2,
        "the tests can't be imported: NameError: name 'step' is not defined",
    ),
    "step mark with id": Slip(
        "tests",
        '@step("both")',
        '@step("box/both")',
        1,
        "the lesson has no step `box/both`; it has `both`",
    ),
    "step mark without call": Slip(
        "tests",
        '@step("both")',
        "@step",
        1,
        '`test_grown_boxes_add_up` is marked with no step: write @step("name") above it',
    ),
    "step mark unquoted": Slip(
        "tests",
        '@step("both")',
        "@step(both)",
        1,
        '`test_grown_boxes_add_up` is marked with no step: write @step("name") above it',
    ),
    "pytest.mark.step": Slip(
        "tests",
        '@step("both")',
        '@pytest.mark.step("both")',
        1,
        '`test_grown_boxes_add_up` is marked with no step: write @step("name") above it',
    ),
    "raises as with": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        "with expect.raises(TypeError):\n        box.grow(None)",
        0,
        "`expect.raises` is called, without `with`: (Error, function, *args, because=…)",
    ),
    "raises called": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        'expect.raises(TypeError, box.grow(None), because="None is no number")',
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up raised TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'",
    ),
    "raises other error": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        'expect.raises(ValueError, box.grow, None, because="None is no number")',
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: box.grow(None): got TypeError: unsupported operand type(s) for +: 'NoneType' and 'int', wanted ValueError (TypeError was raised, ValueError was wanted)",
    ),
    "raises nothing": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        'expect.raises(ValueError, box.grow, 3, because="None is no number")',
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: box.grow(3): got no error; it returned 4, wanted ValueError (no error was raised, ValueError was wanted)",
    ),
    "mentions absent": Slip(
        "tests",
        'expect(Box(box.grow(3)).add(Box(1)).value).equals(5, because="4 and 1 make 5")',
        'expect.raises(TypeError, box.grow, None, mentions=("number",), because="None is no number")',
        0,
        "the library fails box/both with seed 0: test_grown_boxes_add_up: box.grow(None): got TypeError: unsupported operand type(s) for +: 'NoneType' and 'int', wanted TypeError with a message that names 'number' (the message does not name 'number')",
    ),
    "test named not test_": Slip(
        "tests",
        "def test_grown_boxes_add_up",
        "def grown_boxes_add_up",
        0,
        "`grown_boxes_add_up` is never run: begin its name with test_",
    ),
    "tests in class": Slip(
        "tests",
        '@step("both")\ndef test_grown_boxes_add_up(expect):\n    expect',
        'class TestBoth:\n  @step("both")\n  def test_grown_boxes_add_up(self, expect):\n    expect',
        0,
        "`TestBoth` is never run: write a test as a plain function",
    ),
    "wrong attribute": Slip(
        "tests",
        "box.grow(3, 4)).equals",
        "box.groww(3, 4)).equals",
        0,
        "the library fails box/grow with seed 0: test_grow_adds_the_step raised AttributeError: module 'tinytorch.box' has no attribute 'groww'",
    ),
    "picture wrong mark": Slip(
        "pictures",
        '@picture("grow", "How it grows.")',
        '@picture("box/grow", "How it grows.")',
        1,
        "the lesson has no step `box/grow`; it has `grow`",
    ),
    "picture no caption": Slip(
        "pictures",
        '@picture("grow", "How it grows.")',
        '@picture("grow")',
        0,
        "the picture `draw_grow` fails: TypeError: picture() missing 1 required positional argument: 'caption'",
    ),
    "picture pyplot show": Slip(
        "pictures",
        "    return figure",
        "    import matplotlib.pyplot as plt\n    plt.show()",
        -3,
        "the picture `draw_grow` returns no figure: NoneType; return a matplotlib.figure.Figure",
    ),
    "picture axes": Slip(
        "pictures",
        "    figure.subplots().plot([box.grow(x) for x in range(3)])\n    return figure",
        "    axes = figure.subplots()\n    axes.plot([box.grow(x) for x in range(3)])\n    return axes",
        -2,
        "the picture `draw_grow` returns no figure: Axes; return a matplotlib.figure.Figure",
    ),
    "picture with argument": Slip(
        "pictures",
        "def draw_grow():",
        "def draw_grow(rng):",
        0,
        "the picture `draw_grow` fails: TypeError: draw_grow() missing 1 required positional argument: 'rng'",
    ),
    "picture import student": Slip(
        "pictures",
        "from tinytorch import box",
        "from box import grow",
        0,
        "the picture `draw_grow` fails: ModuleNotFoundError: No module named 'box'",
    ),
    "first hint holds the key line": Slip(
        "lesson",
        "1. Which operator adds?",
        "1. It is `x + step`.",
        -1,
        "the first hint of box/grow shows code of the reference, `x + step`: nudge first",
    ),
    "hint twice": Slip(
        "lesson",
        "2. It is `+`.",
        "2. which operator  adds",
        -2,
        "hint 2 of box/grow says what hint 1 says",
    ),
    "mistake without the default": Slip(
        "lesson",
        "def grow(x, step=1):\n    return x - step",
        "def grow(x, step):\n    return x - step",
        -2,
        "the mistake `Shrinks` has `grow(x, step)`; a student is given `grow(x, step=1)`",
    ),
    "mistake with other names": Slip(
        "lesson",
        "def add(self, other):\n    return Box(self.value - other.value)",
        "def add(self, box: int, /, *more):\n    return Box(self.value - box.value)",
        -2,
        "the mistake `Subtracts` has `add(self, box, /, *more)`; a student is given `add(self, other)`",
    ),
    "lambda in the module": Slip(
        "box",
        "class Box:",
        "double = lambda x: grow(x, x)\n\n\nclass Box:",
        0,
        "`double` is a lambda, which can't say whose it is: make it a function",
    ),
    "lambda in a class": Slip(
        "box",
        "    def __init__(self, value):",
        "    twice: object = lambda self: self.add(self)\n\n    def __init__(self, value):",
        0,
        "`Box.twice` is a lambda, which can't say whose it is: make it a function",
    ),
    "example free of nonsense": Slip(
        "lesson",
        ">>> Box(3).add(Box(4)).value\n7",
        ">>> Box(3).add(Box(4)).value  # free: dtypes\n7",
        -1,
        "an example leaves `dtypes` free; it may be kind, dtype, memory, changes",
    ),
    "extra that no need names": Slip(
        "tests",
        "from tinytorch import box\n",
        "from onnx import checker\n\nfrom tinytorch import box\n",
        0,
        "`onnx` is not in every installation: write `needs: [deploy]`",
    ),
    "body with syntax error": Slip(
        "box", "return x + step", "retrun x + step", 0, "not Python: invalid syntax"
    ),
    "example output wrong": Slip(
        "lesson",
        ">>> Box(3).add(Box(4)).value\n7",
        ">>> Box(3).add(Box(4)).value\n8",
        0,
        "the example of box/add: `Box(3).add(Box(4)).value` prints 7, not 8",
    ),
    "example unknown name": Slip(
        "lesson",
        ">>> Box(3).add(Box(4)).value\n7",
        ">>> np.array(3)\narray(3)",
        0,
        "the example of box/add: `np.array(3)` raises NameError: name 'np' is not defined",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_named_where_it_was_made(small: SmallCourse, name: str) -> None:
    slip = SLIPS[name]
    path = _file(small, slip.file)
    line = small.change(path, slip.old, slip.new) + slip.below
    found = check(small.read(), modules=["box"]).complaints
    assert Complaint(path, line, slip.message) in [
        Complaint(each.file, each.line, each.message) for each in found
    ], "\n".join(map(str, found))
    for complaint in found:
        assert explained(complaint.message), f"explain in docs/authors.md: {complaint.message}"


def test_a_mistake_may_take_more_than_a_student_is_given(small: SmallCourse) -> None:
    small.change(
        small.lesson,
        "def grow(x, step=1):\n    return x - step",
        "def grow(x, step=1, seen=[]):\n    return x - step",
    )
    assert check(small.read(), steps=["box/grow"]).complaints == ()


def test_two_mistakes_that_read_clocks_of_their_own_are_not_told_apart(small: SmallCourse) -> None:
    small.change(
        small.lesson,
        "    return x - step\n",
        "    import time\n\n    return x + time.perf_counter()\n",
    )
    line = small.line(small.lesson, "#### Ignores the step")
    small.change(
        small.lesson,
        "    return x + 1\n",
        "    import time\n\n    return x + time.monotonic()\n",
    )
    (found,) = check(small.read(), steps=["box/grow"]).complaints
    assert (found.line, found.message) == (
        line, "no test tells `Ignores the step` from `Shrinks`"
    )  # fmt: skip


def _file(small: SmallCourse, name: str) -> Path:
    pictures = small.folder / "01_box/pictures.py"
    if name == "pictures":
        pictures.write_text(PICTURE, encoding="utf-8")
    files = {"lesson": small.lesson, "tests": small.tests, "toml": small.toml, "box": small.box}
    return files.get(name, pictures)
