"""A failure has the call and what it was given; an error's help is about that error."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
import numpy as np


def grow(x):
    return x + 1.0
"""
HEAD = "import numpy as np\n\n\ndef grow(x):\n"


def _lab(tmp_path: Path, body: str) -> Lab:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    tests = f"""\
def loudly(function, *args):
    return function(*args)

@step("try")
def test_grow(expect):
    expect(lab.grow(np.array([0.5]))).equals(np.array([1.5]), because="one more")
    x = np.array([1.0, 2.0])
{lines}
"""
    return Lab(tmp_path, LIBRARY, tests, symbols=("grow",))


@pytest.mark.parametrize(
    "body",
    [
        "for _ in range(2):\n    y = lab.grow(x)\nexpect(y).equals(x, because='so')",
        "with np.errstate(all='ignore'):\n    y = lab.grow(x)\nexpect(y).equals(x, because='so')",
        "expect(loudly(lab.grow, x)).equals(x, because='so')",
        "expect([lab.grow(x) for _ in range(2)]).equals(x, because='so')",
        "expect(sum(lab.grow(x) for _ in range(2))).equals(x, because='so')",
        "expect(lab.grow(x=x)).equals(x, because='so')",
    ],
)
def test_an_error_comes_with_the_call_and_the_inputs_before_it(tmp_path: Path, body: str) -> None:
    code = HEAD + "    if len(x) > 1:\n        x -= 5.0\n        raise KeyError('odd')\n"
    judged = _lab(tmp_path, body).judge(code + "    return x + 1.0\n")
    failure = judged.verdict.failure
    assert failure
    assert failure.headline.startswith("KeyError")
    assert "grow" in failure.call
    assert dict(failure.inputs).get("x") == "numpy.array([1.0, 2.0], dtype=float64)"


def test_a_wrong_value_shows_what_the_call_was_given_and_not_what_it_made_of_it(
    tmp_path: Path,
) -> None:
    body = "expect(lab.grow(x)).equals(np.array([2.0, 3.0]), because='one more')"
    judged = _lab(tmp_path, body).judge(
        HEAD + "    if len(x) > 1:\n        x -= x.max()\n    return x + 1.0\n"
    )
    failure = judged.verdict.failure
    assert failure
    assert failure.inputs == (("x", "numpy.array([1.0, 2.0], dtype=float64)"),)


def test_what_a_loop_of_the_call_takes_from_the_result_is_no_input(tmp_path: Path) -> None:
    body = "expect([each * 2 for each in lab.grow(x)]).equals([4.0, 6.0], because='so')"
    judged = _lab(tmp_path, body).judge(HEAD + "    return x + float(len(x))\n")
    failure = judged.verdict.failure
    assert failure
    assert dict(failure.inputs) == {"x": "numpy.array([1.0, 2.0], dtype=float64)"}


@pytest.mark.parametrize(
    ("code", "line", "headline", "help_"),
    [
        (HEAD + "    breakpoint()\n    return x + 1.0\n", (5, 6), "BdbQuit", "*Debug step*"),
        (
            "from crate import lid\n" + LIBRARY,
            (1,),
            "ModuleNotFoundError",
            "`from tinytorch.crate import ...`",
        ),
        (LIBRARY.replace("numpy", "numpi"), (1,), "ModuleNotFoundError", "It is called `numpy`."),
        (HEAD + "    if True:\n\treturn x\n", (6,), "Tabs and blanks", "*Convert"),
        (LIBRARY + "<<<<<<< HEAD\n=======\n>>>>>>> x\n", (6,), "A merge left", "Keep one"),
        (
            "import math\nfrom __future__ import annotations\n",
            (1,),
            "A line stands above",
            "Move this line",
        ),
        (HEAD + "    sum = 1.0\n    return sum(x)\n", (6,), "TypeError", "another name"),
        (HEAD + "    return np.maximun(x, 0)\n", (5,), "AttributeError", ""),
    ],
)
def test_help_fits_the_error_and_stands_on_its_line(
    tmp_path: Path, code: str, line: tuple[int, ...], headline: str, help_: str
) -> None:
    verdict = _lab(tmp_path, "pass").judge(code).verdict
    assert verdict.failure
    assert verdict.failure.headline.startswith(headline)
    assert help_ in verdict.failure.help
    assert verdict.where
    assert verdict.where.line in line


def test_a_file_in_another_encoding_is_said_to_be(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "pass")
    (tmp_path / "student/tinytorch/lab.py").write_bytes(LIBRARY.encode("utf-16"))
    verdict = lab.judge_file().verdict
    assert verdict.failure
    assert "UTF-16" in verdict.failure.headline
    assert "UTF-8" in verdict.failure.help
