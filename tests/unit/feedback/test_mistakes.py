"""A recorded mistake is named where the evidence leaves one, and only for its own cause."""

from __future__ import annotations

from pathlib import Path

import kept
import pytest
from lab import Lab

from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.mistakes import MistakeBook
from tinytorch_ls.forms.python.lines import plain_line
from tinytorch_ls.runner.client import Runner

LIBRARY = """\
def share(x, parts):
    if parts == 0:
        return 0.0
    return x / parts


def product(x, parts):
    return x * parts * 1.0
"""
TESTS = """\
@step("try")
def test_share(expect):
    expect(lab.share(6.0, 4)).equals(1.5, because="6 over 4")
    expect(lab.share(6.0, 0)).equals(0.0, because="no parts, no share")

@step("try")
def test_product(expect):
    expect(lab.product(2.0, 3)).equals(6.0, because="2 times 3")
"""
MISTAKES = """\
#### Forgets that there may be no parts
```python
def share(x, parts):
    return x / parts
```
Ask for 0 first.

#### Divides the other way
```python
def share(x, parts):
    return parts / x
```
Turn it around.

#### Divides the other way round
```python
def share(x, parts):
    return 1 / (x / parts)
```
Turn it around.
"""
PRODUCT = "\n\ndef product(x, parts):\n    return x * parts * 1.0\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, LIBRARY, TESTS, symbols=("share", "product"), mistakes=MISTAKES)


def _named(lab: Lab, code: str) -> tuple[str, str]:
    failure = lab.judge(code + PRODUCT).verdict.failure
    assert failure
    return failure.mistake, failure.fact


def test_a_mistake_that_ends_in_an_error_is_named_by_the_same_line(lab: Lab) -> None:
    code = "def share(total, count):\n    return total / count\n"
    assert _named(lab, code) == ("Forgets that there may be no parts", "")


def test_a_slow_run_that_ends_early_is_compared_as_far_as_it_came(lab: Lab) -> None:
    code = """\
import time


def share(x, parts):
    end = time.process_time() + 0.6
    while time.process_time() < end:
        pass
    return x / parts
"""
    judged = lab.judge(code + PRODUCT)
    assert [test.name for test in judged.run.tests] == ["example", "test_share"]
    assert judged.verdict.failure
    assert judged.verdict.failure.mistake == "Forgets that there may be no parts"


def test_the_same_error_of_another_line_is_another_cause(lab: Lab) -> None:
    code = "def share(x, parts):\n    piece = 1 / parts * 1.0\n    return x * piece\n"
    mistake, _ = _named(lab, code)
    assert mistake == ""


def test_the_same_part_of_another_line_is_the_same_cause(lab: Lab) -> None:
    code = "def share(x, parts):\n    ä, of_each = 'ä', x / parts\n    return of_each\n"
    assert _named(lab, code) == ("Forgets that there may be no parts", "")


def test_an_import_that_fails_is_named_without_a_run_of_any_mistake(lab: Lab) -> None:
    judged = lab.judge("import crate\n" + LIBRARY)
    assert judged.verdict.failure
    assert judged.verdict.failure.fact
    course = read_course(lab.root / "course")
    book = MistakeBook(course, Runner(course))
    assert kept.run(book.names(judged.run, lab.root / "student"))
    assert not book.runs


def test_two_mistakes_that_no_test_tells_apart_are_not_named(lab: Lab) -> None:
    mistake, _ = _named(lab, "def share(x, parts):\n    return parts / x\n")
    assert mistake == ""


EXCHANGED = """\
#### Exchanges the two
```python
def share(x, parts):
    return x * parts * 1.0


def product(x, parts):
    return x / parts
```
`share` multiplies and `product` divides.
"""


def test_a_mistake_of_two_functions_is_not_named_where_one_of_them_is_right(tmp_path: Path) -> None:
    lab = Lab(tmp_path, LIBRARY, TESTS, symbols=("share", "product"), mistakes=EXCHANGED)
    share = "def share(x, parts):\n    return x * parts * 1.0\n"
    assert _named(lab, share)[0] == "Computes `product`"
    both = share + PRODUCT.replace("x * parts * 1.0", "x / parts")
    failure = lab.judge(both).verdict.failure
    assert failure
    assert failure.mistake == "Exchanges the two"


def test_another_function_of_the_file_is_named_beside_the_recorded_ones(lab: Lab) -> None:
    code = "def share(x, parts):\n    return parts * x * 1.0\n"
    assert _named(lab, code) == ("Computes `product`", "")


ROOTS = """\
def least(x):
    if x < 0:
        raise ValueError("a negative number has no root")
    return x


def root(x):
    return least(x) ** 0.5


def size(x):
    return abs(x)
"""
SIZES = """\
@step("try")
def test_size(expect):
    expect(lab.size(-4.0)).equals(4.0, because="4 to the left")
"""


def test_an_error_of_another_function_is_not_what_that_function_gives(tmp_path: Path) -> None:
    lab = Lab(tmp_path, ROOTS, SIZES, symbols=("root", "size"))
    code = ROOTS.replace("return abs(x)", "return least(x)")
    failure = lab.judge(code).verdict.failure
    assert failure
    assert failure.headline.startswith("ValueError")
    assert failure.mistake == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = y / 2", "a=b/2  # half", True),
        ("x = y / 2", "x = y / 3", False),
        ("return np.exp(-x)", "return np.exp(-value)", True),
        ("return np.exp(-x)", "return np.log(-x)", False),
        ("return len(x)", "return sum(x)", False),
        ("x = y - z", "x = z - y", True),
        ("x = y - y", "x = y - z", False),
    ],
)
def test_lines_are_compared_without_names_blanks_and_comments(
    one: str, other: str, same: bool
) -> None:
    lines = (plain_line(f"def f():\n    {line}\n", 2) for line in (one, other))
    first, second = lines
    assert first
    assert (first == second) == same


def test_of_a_block_the_head_alone_counts() -> None:
    one, other = "if x > 3:\n    y = 1\n", "if a > 3:\n    z = 2\n    z = 3\n"
    assert plain_line(one, 1) == plain_line(other, 1)
    assert plain_line(one, 2) != plain_line(one, 1)
    assert plain_line("def (", 1) == ""


DEEP = """\
def depth(n):
    steps = 0
    while n > steps:
        steps += 1
    return steps
"""
DEEP_TESTS = """\
@step("try")
def test_depth(expect):
    expect(lab.depth(5)).equals(5, because="five steps")

@step("try")
def test_great_depth(expect):
    expect(lab.depth(5000)).equals(5000, because="five thousand steps")
"""
DEEP_MISTAKE = """\
#### Calls itself
```python
def depth(n):
    def down(n):
        return 0 if n == 0 else down(n - 1) + 1

    return down(n)
```
Use a loop.
"""


def test_calls_that_nest_too_deep_are_one_mistake_whatever_their_names(tmp_path: Path) -> None:
    lab = Lab(tmp_path, DEEP, DEEP_TESTS, symbols=("depth",), mistakes=DEEP_MISTAKE)
    own = "def depth(n):\n    if not n:\n        return 0\n    return 1 + depth(n - 1)\n"
    judged = lab.judge(own).verdict.failure
    assert judged
    assert judged.mistake == "Calls itself"
    endless = lab.judge("def depth(n):\n    return depth(n)\n").verdict.failure
    assert endless
    assert (endless.mistake, endless.fact) == ("", "Calls nest too deep")


CLOCK = """\
import time


def read(clock=time.perf_counter, offset=0.0):
    return clock() + offset
"""
CLOCK_TESTS = """\
@step("try")
def test_read(expect):
    expect(lab.read(clock=lambda: -3.0)).equals(-3.0, because="by this clock it is -3 s")

@step("try")
def test_offset(expect):
    expect(lab.read(lambda: -4.0, 2.0)).equals(-2.0, because="-4 and 2 are -2")
"""
CLOCK_MISTAKES = """\
#### Reads a clock of its own
```python
def read(clock=time.perf_counter, offset=0.0):
    return time.perf_counter() + offset
```
Read the clock that came.

#### Turns it around
```python
def read(clock=time.perf_counter, offset=0.0):
    return -clock() - offset
```
Leave it as it is.
"""


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        ("time.time() + offset", "Reads a clock of its own"),
        ("offset - time.time()", ""),
        ("clock() + 9.0", ""),
        ("str(time.time())", ""),
        ("-clock() - offset", "Turns it around"),
        ("-clock() - 2 * offset", ""),
    ],
)
def test_a_value_that_is_another_in_each_run_is_known_by_its_kind(
    tmp_path: Path, given: str, mistake: str
) -> None:
    lab = Lab(tmp_path, CLOCK, CLOCK_TESTS, symbols=("read",), mistakes=CLOCK_MISTAKES)
    head = "import time\n\n\ndef read(clock=time.perf_counter, offset=0.0):\n"
    failure = lab.judge(f"{head}    return {given}\n").verdict.failure
    assert failure
    assert failure.mistake == mistake


def test_what_a_mistake_raises_may_be_worded_anew_in_each_run(tmp_path: Path) -> None:
    mistakes = """\
#### Waits for a better time
```python
def read(clock=time.perf_counter, offset=0.0):
    raise RuntimeError(f"not at {time.perf_counter()}")
```
It is always time.

#### Turns it around
```python
def read(clock=time.perf_counter, offset=0.0):
    return -clock() - offset
```
Leave it as it is.
"""
    lab = Lab(tmp_path, CLOCK, CLOCK_TESTS, symbols=("read",), mistakes=mistakes)
    head = "import time\n\n\ndef read(clock=time.perf_counter, offset=0.0):\n"
    for kind, name in (("RuntimeError", "Waits for a better time"), ("ValueError", "")):
        failure = lab.judge(
            f'{head}    raise {kind}(f"not at {{time.perf_counter()}}")\n'
        ).verdict.failure
        assert failure
        assert failure.mistake == name


def test_another_function_is_named_though_its_errors_have_another_name(tmp_path: Path) -> None:
    library = (
        "def given(y, name):\n"
        "    if y is None:\n        raise ValueError(f'{name}: no y')\n"
        "    return y\n\n\n"
        "def less(x, y):\n    return x - given(y, 'less')\n\n\n"
        "def more(x, y):\n    return x + given(y, 'more')\n"
    )
    tests = (
        '@step("try")\ndef test_less(expect):\n'
        '    expect(lab.less(6, 4)).equals(2, because="4 fewer")\n\n'
        '@step("try")\ndef test_more(expect):\n'
        '    expect(lab.more(6, 4)).equals(10, because="4 further")\n\n'
        '@step("try")\ndef test_no_y(expect):\n'
        '    expect.raises(ValueError, lab.less, 6, None, mentions=("less",), because="no y")\n'
    )
    lab = Lab(tmp_path, library, tests, symbols=("less", "more"))
    failure = lab.judge_change("x - given", "x + given").verdict.failure
    assert failure
    assert failure.mistake == "Computes `more`"
