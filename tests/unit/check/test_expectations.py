"""What is known of a test's expectations by reading it."""

from __future__ import annotations

import ast

import pytest
from small_course import SmallCourse

from tinytorch_ls.check.expectations import expectation_complaints, expects


def _test(line: str) -> ast.FunctionDef:
    (found,) = ast.parse(f"def test_it(expect):\n    {line}\n").body
    assert isinstance(found, ast.FunctionDef)
    return found


@pytest.mark.parametrize(
    "call", ["expect(1).equals(1", "expect.raises(ValueError, f", "expect.compiles(kernel"]
)
def test_every_expectation_tells_a_reason(small: SmallCourse, call: str) -> None:
    box = small.read().module("box")
    told, silent = _test(f'{call}, because="it is so")'), _test(f"{call})")
    assert expects(told)
    assert list(expectation_complaints(box, told)) == []
    (complaint,) = expectation_complaints(box, silent)
    assert complaint.message.startswith("an expectation of `test_it` has no `because`")
