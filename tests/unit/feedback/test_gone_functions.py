"""A function that was deleted or renamed is said to be gone, whoever looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

LIBRARY = """\
def gelu(x):
    return x


def helper(x):
    return x


def relu(x):
    return gelu(x) + helper(1)
"""
HEAD = "def gelu(x):\n    return x\n\n\ndef helper(x):\n    return x\n\n\n"
BY_MODULE = '@step("try")\ndef test_it(expect):\n    expect(lab.relu(1)).equals(2, because="so")\n'
BY_NAME = f"from tinytorch.lab import relu\n\n\n{BY_MODULE.replace('lab.', '')}"
EXAMPLE = ">>> relu(1)\n2"
LOOKED_FOR = "The test looks for `relu`. If you renamed or deleted it, *Reset step* puts it back."


@pytest.mark.parametrize("tests", [BY_MODULE, BY_NAME])
@pytest.mark.parametrize("example", [EXAMPLE, ">>> 1"])
@pytest.mark.parametrize("code", [HEAD, HEAD + "def relu_(x):\n    return x + 1\n"])
def test_the_step_says_what_its_tests_look_for(
    tmp_path: Path, tests: str, example: str, code: str
) -> None:
    lab = Lab(tmp_path, LIBRARY, tests, symbols=("relu",), example=example)
    failure = lab.judge(code).verdict.failure
    assert failure
    assert failure.help == LOOKED_FOR


def test_of_several_functions_the_one_is_named(tmp_path: Path) -> None:
    lab = Lab(tmp_path, LIBRARY, BY_MODULE, symbols=("gelu", "relu"), example=EXAMPLE)
    failure = lab.judge(HEAD).verdict.failure
    assert failure
    assert failure.help == LOOKED_FOR


def test_a_call_of_one_that_the_course_has_does_not_name_another(tmp_path: Path) -> None:
    lab = Lab(tmp_path, LIBRARY, BY_MODULE, symbols=("relu",))
    code = LIBRARY.replace("def helper(x):", "def helped(x):")
    failure = lab.judge(code).verdict.failure
    assert failure
    assert failure.fact == "`helper` is not in the file"
    assert failure.help.startswith("The course's file has a `helper`, and yours has not.")


def test_a_misspelt_name_is_compared_with_what_is_there(tmp_path: Path) -> None:
    lab = Lab(tmp_path, LIBRARY, BY_MODULE, symbols=("relu",))
    failure = lab.judge(LIBRARY.replace("+ helper(1)", "+ helpr(1)")).verdict.failure
    assert failure
    assert failure.help == "Perhaps `helper` is meant."
