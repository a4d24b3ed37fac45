"""The functions of a step are told by their code, on Pythons that give it no qualified name too."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import CodeType

import pytest

from tinytorch_ls.runner.inside import watch

SOURCE = """\
def keep(function):
    return function


class One:
    def forward(self):
        return 1


class Two:
    @keep
    def forward(self):
        def forward():
            return 3

        return forward
"""


class _Old:
    """A code object as Python 3.10 has it."""

    def __init__(self, code: CodeType) -> None:
        self.co_filename = code.co_filename
        self.co_name = code.co_name
        self.co_firstlineno = code.co_firstlineno


@pytest.mark.parametrize("kind", [lambda code: code, _Old])
def test_two_functions_of_one_name_are_told_apart(tmp_path: Path, kind) -> None:
    file = tmp_path / "tinytorch/x.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    linecache.checkcache()
    names = watch.Names(
        str(tmp_path), [("tinytorch/x.py", "One.forward"), ("tinytorch/x.py", "Two.forward")]
    )
    space: dict[str, type] = {}
    exec(compile(SOURCE, str(file), "exec"), space)
    one, two = space["One"], space["Two"]
    assert names.named(kind(one.forward.__code__)) == "One.forward"
    assert names.named(kind(two.forward.__code__)) == "Two.forward"
    assert names.named(kind(two().forward().__code__)) is None
    assert names.named(kind(space["keep"].__code__)) is None
