"""Every flaw of a lesson is one complaint with its line, and what is good is read all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from complaints import explained
from hypothesis import given, settings
from hypothesis import strategies as st
from small_course import FILES, SmallCourse

from tinytorch_ls.course.lesson import read_lesson
from tinytorch_ls.course.model import Equivalent, Symbol


def _complaints(path: Path) -> list[tuple[int, str]]:
    complaints = read_lesson(path, 1)[1]
    for complaint in complaints:
        assert explained(complaint.message), f"explain in docs/authors.md: {complaint.message}"
    return [(complaint.line, complaint.message) for complaint in complaints]


def test_a_sound_lesson_is_read_whole(small: SmallCourse) -> None:
    module, complaints = read_lesson(small.lesson, 1)
    assert complaints == ()
    assert module
    assert (module.id, module.number, module.title, module.minutes) == ("box", 1, "Boxes", 10)
    assert module.files == ("tinytorch/box.py",)
    assert module.outcomes == ("Add what is in two boxes",)
    assert module.introduction == "A box holds a number."
    assert [section.title for section in module.sections] == [
        "Reflection",
        "What you can do now",
        "How PyTorch does it",
        "Think about it",
    ]
    assert module.sections[0].text == "What did you learn?"
    (asked,) = module.sections[-1].questions
    assert (asked.text, asked.answer) == ("What is a box for?", "For a number.")
    assert small.lesson.read_text().splitlines()[asked.line - 1] == "- What is a box for?"
    assert module.closing == "You can add boxes, 1000 times a second."
    assert [step.id for step in module.steps] == ["box/grow", "box/add", "box/both"]
    grow, add, both = module.steps
    assert grow.title == "Grow a number"
    assert grow.explanation == "Growing adds a step."
    assert grow.symbols == (Symbol("tinytorch/box.py", "grow"),)
    assert grow.instructions == ("Add `step` to `x`.",)
    assert grow.example == ">>> grow(3, 4)\n7\n"
    assert grow.hints == ("Which operator adds?", "It is `+`.", "`x + step`")
    assert [mistake.title for mistake in grow.mistakes] == ["Shrinks", "Ignores the step"]
    assert grow.mistakes[0].code == "def grow(x, step=1):\n    return x - step\n"
    assert grow.mistakes[0].feedback == "The number became smaller. Add the step."
    assert grow.real_world == "A counter does it 10 times a second."
    assert grow.unlocked == "You can grow any number by 1 or by more."
    assert grow.instruction_lines == (small.line(small.lesson, "1. Add `step` to `x`."),)
    assert grow.line == small.line(small.lesson, "## Grow a number {#grow}")
    assert grow.mistakes[0].line == small.line(small.lesson, "#### Shrinks")
    assert add.lines["Write"] == small.line(small.lesson, "### Write\n- `box.py: Box.add`")
    assert (both.symbols, both.hints, both.example) == ((), (), "")


def test_several_symbols_may_share_an_item_and_a_step(small: SmallCourse) -> None:
    small.change(small.lesson, "- `box.py: grow`", "- `box.py: grow` and `box.py: Box.size`")
    module, complaints = read_lesson(small.lesson, 1)
    assert complaints == ()
    assert module
    assert [str(symbol) for symbol in module.steps[0].symbols] == [
        "box.py: grow",
        "box.py: Box.size",
    ]


def test_equivalent_mutants_are_read(small: SmallCourse) -> None:
    small.change(
        small.lesson,
        "## Add two boxes",
        "### Equivalent mutants\n- `a  + b` → `b + a`: the sum\n  is the same.\n"
        "- `x = 1` -> removed: not used.\n\n## Add two boxes",
    )
    module, complaints = read_lesson(small.lesson, 1)
    assert complaints == ()
    assert module
    line = small.line(small.lesson, "- `a  + b`")
    assert module.steps[0].equivalents == (
        Equivalent("a  + b", "b + a", "the sum\nis the same.", line),
        Equivalent("x = 1", "", "not used.", line + 2),
    )


FLAWS: dict[str, tuple[str, str, str, str]] = {
    # name: (text of the lesson, what stands there instead, where the complaint stands, its words)
    "front matter that is not YAML": (
        "title: Boxes",
        "title: A: b",
        "title",
        "is not YAML: mapping",
    ),
    "a date that is none": ("title: Boxes", "title: 2020-13-45", "id: box", "is not YAML: month"),
    "front matter that is a list": (
        FILES["course/01_box/lesson.md"].split("---\n")[1],
        "- box\n",
        "---",
        "not a list of `name: value` lines",
    ),
    "an unknown name": (
        "minutes: 10",
        "minutes: 10\nneed: [gpu]",
        "need:",
        "unknown name `need`: did you mean `needs`?",
    ),
    "a strange name": (
        "minutes: 10",
        "minutes: 10\ncolour: red",
        "colour:",
        "unknown name `colour`: it may have id, title,",
    ),
    "a used file that is none": (
        "minutes: 10",
        "minutes: 10\nuses: box.py",
        "uses:",
        "the file `box.py` is not of the form tinytorch/name.py",
    ),
    "no introduction": (
        "# Boxes\nA box holds a number.\n",
        "# Boxes\n",
        "# Boxes",
        "the lesson has no introduction below its title",
    ),
    "a pass without a word": (
        "### When it passes\nYou can grow any number by 1 or by more.\n\n",
        "",
        "## Grow a number",
        "the step `grow` has no `### When it passes`",
    ),
    "an integration step of no world": (
        "### In the real world\nA warehouse has 2 of each.\n",
        "",
        "## Both together",
        "the step `both` has no `### In the real world`",
    ),
    "no id": ("id: box\n", "", "---", "needs `id` (str)"),
    "minutes in words": ("minutes: 10", "minutes: ten", "minutes:", "needs `minutes` (int)"),
    "no minutes": ("minutes: 10", "minutes: 0", "minutes:", "`minutes` is not 1 or more"),
    "a name twice": (
        "minutes: 10",
        "minutes: 10\noutcomes: []",
        "outcomes:\n",
        "`outcomes` stands twice in the front matter",
    ),
    "a second title": (
        "## Add two",
        "# More boxes\nSome text.\n\n## Add two",
        "# More boxes",
        "`# More boxes` is a second title; a section has ##",
    ),
    "files as text": ("[tinytorch/box.py]", "tinytorch/box.py", "files:", "needs `files` (list)"),
    "a file outside the library": (
        "[tinytorch/box.py]",
        "[tinytorch/box.py, ../box.py]",
        "files:",
        "the file `../box.py` is not of the form tinytorch/name.py",
    ),
    "no title": ("# Boxes\n", "", "---", "has no `# Title`"),
    "a bad anchor": ("{#both}", "{#Both_Two}", "## Both", "`{#Both_Two}`: use small letters"),
    "an anchor twice": ("{#add}", "{#grow}", "## Add two", "the step `grow` stands twice"),
    "an unknown heading": (
        "### In the real world\nA counter",
        "### In the world\nA lot.\n### In the real world\nA counter",
        "### In the world",
        "unknown heading `In the world`",
    ),
    "a heading twice": (
        "### In the real world\nA counter",
        "### Write\nA lot.\n### In the real world\nA counter",
        "### Write\nA",
        "`### Write` stands twice in this step",
    ),
    "a heading too deep": (
        "#### Shrinks",
        "##### Deep\n\n#### Shrinks",
        "##### Deep",
        "`Deep` stands under no heading that takes it",
    ),
    "a mistake under another heading": (
        "3. `x + step`",
        "3. `x + step`\n#### Lost",
        "#### Lost",
        "`Lost` stands under no heading that takes it",
    ),
    "no explanation": ("Growing adds a step.\n", "", "## Grow", "`grow` has no explanation"),
    "a hint without a word": (
        "3. `x + step`",
        "3.",
        "### Hints",
        "an item of `### Hints` is empty",
    ),
    "no step-by-step": (
        "### Step-by-step\n1. Add `step` to `x`.\n",
        "",
        "## Grow",
        "the step `grow` has no `### Step-by-step`",
    ),
    "no example": (
        "### Example\n```python\n>>> grow(3, 4)\n7\n```\n",
        "",
        "## Grow",
        "the step `grow` has no `### Example`",
    ),
    "a symbol that is none": (
        "- `box.py: grow`",
        "- grow",
        "- grow",
        "write a symbol as `tensor.py: Tensor.add`",
    ),
    "symbols without a list": (
        "- `box.py: grow`",
        "`box.py: grow`",
        "### Write\n`box.py: grow`",
        "`### Write` has no list",
    ),
    "a symbol of another file": (
        "- `box.py: grow`",
        "- `lid.py: grow`",
        "- `lid.py: grow`",
        "`lid.py` is none of the module's files",
    ),
    "a symbol taught twice": (
        "- `box.py: Box.add`",
        "- `box.py: Box.add`\n- `box.py: grow`",
        "- `box.py: grow`\n\n### Step-by-step\n1. Add the two",
        "`box.py: grow` is taught by `grow` already",
    ),
    "hints without a list": (
        "1. Which operator adds?\n2. It is `+`.\n3. `x + step`",
        "Add.",
        "### Hints\nAdd.",
        "`### Hints` has no list",
    ),
    "an example without a prompt": (
        ">>> grow(3, 4)\n7",
        "grow(3, 4)",
        "```python\ngrow(3, 4)",
        "the example has no `>>> ` line",
    ),
    "an example without a block": (
        "```python\n>>> grow(3, 4)\n7\n```",
        "grow(3, 4)",
        "### Example\ngrow(3, 4)",
        "`Example` has no ```python block",
    ),
    "an example in another language": (
        "```python\n>>> grow(3, 4)",
        "```text\n>>> grow(3, 4)",
        "```text",
        "the block is `text`, not `python`",
    ),
    "a mistake without code": (
        "```python\ndef grow(x, step=1):\n    return x - step\n```",
        "",
        "#### Shrinks",
        "`Shrinks` has no ```python block",
    ),
    "a mistake that is not Python": (
        "return x - step",
        "return x -",
        "    return x -\n",
        "the mistake `Shrinks` is not Python",
    ),
    "a mistake with loose code": (
        "def grow(x, step=1):\n    return x - step",
        "x = 1\ndef grow(x, step=1):\n    return x - step",
        "x = 1\ndef grow",
        "the mistake `Shrinks` has more than definitions",
    ),
    "a mistake without feedback": (
        "The number became smaller. Add the step.\n",
        "",
        "#### Shrinks",
        "the mistake `Shrinks` has no feedback below its code",
    ),
    "an equivalent without a reason": (
        "## Add two boxes",
        "### Equivalent mutants\n- `a` → `b`\n\n## Add two boxes",
        "- `a` → `b`",
        "write it as `old line` → `new line`: the reason",
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_one_complaint_with_its_line(small: SmallCourse, flaw: str) -> None:
    old, new, place, words = FLAWS[flaw]
    small.change(small.lesson, old, new)
    text = small.lesson.read_text(encoding="utf-8")
    line = text[: text.index(place)].count("\n") + 1
    found = _complaints(small.lesson)
    assert [number for number, _ in found] == [line], found
    assert words in found[0][1]


def test_a_module_without_files_says_so(small: SmallCourse) -> None:
    line = small.change(small.lesson, "[tinytorch/box.py]", "[]")
    assert _complaints(small.lesson)[0] == (line, "the module names no file")


def test_a_flawed_step_doesnt_hide_the_others(small: SmallCourse) -> None:
    small.change(small.lesson, "return x - step", "return x -")
    small.change(small.lesson, "- `box.py: Box.add`", "- add")
    module, complaints = read_lesson(small.lesson, 1)
    assert module
    assert [step.id for step in module.steps] == ["box/grow", "box/add", "box/both"]
    assert len(module.steps[0].mistakes) == 1
    assert len(complaints) == 2


def test_a_lesson_without_front_matter_or_steps_says_so(small: SmallCourse) -> None:
    small.lesson.write_text("# Boxes\n")
    assert _complaints(small.lesson) == [
        (1, "the lesson has no front matter between two lines of ---")
    ]
    front = FILES["course/01_box/lesson.md"].split("---\n")[1]
    small.lesson.write_text(f"---\n{front}---\n# Boxes\nTo put things in.\n")
    assert _complaints(small.lesson) == [
        (1, "the lesson has no step: a heading such as `## Add {#add}`")
    ]


def test_a_lesson_that_is_no_text_says_so(small: SmallCourse) -> None:
    small.lesson.write_bytes(b"---\nid: b\xe9\n---\n")
    assert _complaints(small.lesson) == [(1, "the lesson is not UTF-8: invalid continuation byte")]
    small.lesson.unlink()
    assert _complaints(small.lesson) == [(1, "the lesson can't be read: No such file or directory")]


def test_a_byte_order_mark_and_windows_lines_are_read(small: SmallCourse) -> None:
    text = small.lesson.read_text(encoding="utf-8")
    plain = read_lesson(small.lesson, 1)
    small.lesson.write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
    assert read_lesson(small.lesson, 1) == plain


_LINES = FILES["course/01_box/lesson.md"].splitlines(keepends=True)


@settings(max_examples=80)
@given(
    st.lists(st.integers(0, len(_LINES) - 1), max_size=6), st.sampled_from(["", "- x\n", "```\n"])
)
def test_a_lesson_with_lines_lost_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, lost: list[int], instead: str
) -> None:
    path = tmp_path_factory.mktemp("lesson") / "lesson.md"
    lines = [instead if number in lost else line for number, line in enumerate(_LINES)]
    path.write_text("".join(lines), encoding="utf-8")
    _, complaints = read_lesson(path, 1)
    for complaint in complaints:
        assert 1 <= complaint.line <= len(_LINES)
        assert "\n" not in complaint.message


def test_the_front_matter_may_name_needs_and_the_time_of_steps(small: SmallCourse) -> None:
    small.change(
        small.lesson, "minutes: 10", "minutes: 10\nneeds: [deploy, gpu]\nseconds: {grow: 30}"
    )
    module, complaints = read_lesson(small.lesson, 1)
    assert complaints == ()
    assert module
    assert module.needs == ("deploy", "gpu")
    assert [step.seconds for step in module.steps] == [30.0, None, None]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("needs: [fpga]", "the need `fpga` is none of deploy, cuda, gpu"),
        ("seconds: 30", "write `seconds` as {step: number}"),
        ("seconds: {shrink: 3}", "`seconds` names the step `shrink`, which this lesson has not"),
        ("seconds: {grow: long}", "`seconds` of `grow` is no number from 0 to 600"),
        ("seconds: {grow: 0}", "`seconds` of `grow` is no number from 0 to 600"),
    ],
)
def test_a_need_or_a_time_that_is_none(small: SmallCourse, line: str, message: str) -> None:
    small.change(small.lesson, "minutes: 10", f"minutes: 10\n{line}")
    number = small.line(small.lesson, line)
    assert _complaints(small.lesson) == [(number, message)]
