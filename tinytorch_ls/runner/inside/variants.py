"""Tries many variants of the library's functions in one process: each in a fork, which has imported
everything and loaded the tests, and in which some functions have another body.

What modules have kept since is as the library left it. So where a variant passes, or can't be put
in so, the whole file is to be tried in its place.
"""

from __future__ import annotations

import inspect
import linecache
import os
import sys
import textwrap
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from inspect import CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

from tinytorch_ls.runner.inside.sources import lay
from tinytorch_ls.runner.job import Replacement, Variant

_FUTURES = 0x01FF_0000  # the flags of code that `from __future__` sets
_WRAPPERS = ("fget", "__func__", "__wrapped__")
"""Under which name a property, a method and a decorator have the function that they hold.

A kernel's is left alone: who runs it reads its text in the file."""


def tried(variant: Variant, passes: Callable[[], bool], fork: Callable[[], int]) -> bool | None:
    """Whether a variant passes; None where it can't be put in."""

    def said() -> bytes:
        with ExitStack() as stack:
            if not all(stack.enter_context(replaced(each)) for each in variant):
                return b"?"
            return b"+" if passes() else b"-"

    # nothing is said by one that was ended
    return {b"?": None, b"+": True}.get(told_by_fork(fork, said, b"?"), False)


def told_by_fork(fork: Callable[[], int], told: Callable[[], bytes], failing: bytes) -> bytes:
    """The byte that is told in a fork of this process; another where an error ends that."""
    reads, writes = os.pipe()
    leave = os._exit  # student code finds another in its place
    pid = fork()
    if pid == 0:
        said = failing
        try:
            said = told()
        finally:
            os.write(writes, said)
            leave(0)
    os.close(writes)
    said = os.read(reads, 1)
    os.close(reads)
    os.waitpid(pid, 0)
    return said


@contextmanager
def replaced(replacement: Replacement) -> Generator[bool]:
    """Give a function another body meanwhile, wherever it was imported to.

    False where that can't be done. What is shown of its file stays otherwise in this process.
    """
    function = _function(_module(replacement.file), replacement.name)
    old = function.__code__ if function else None
    code = _code(replacement, old) if old else None
    if not (function and old and code) or _head(code) != _head(old):
        yield False
        return
    if replacement.line in (0, old.co_firstlineno) and _are_alike(code, old):
        yield False  # what differs are defaults, or decorators
        return
    function.__code__ = code
    if replacement.line:
        _show(replacement, code.co_filename)
    try:
        yield True
    finally:
        function.__code__ = old


def _module(file: str) -> ModuleType:
    name = ".".join(Path(file).with_suffix("").parts).removesuffix(".__init__")
    return sys.modules.get(name) or import_module(name)


def _function(module: ModuleType, name: str) -> FunctionType | None:
    """The function that a definition made, whatever decorators have put around it."""
    found: Any = module
    for part in name.split("."):
        found = cast("dict[str, Any]", vars(found)).get(part)
    for _ in range(8):
        inner: list[Any] = [getattr(found, name, None) for name in _WRAPPERS]
        following = next(filter(callable, inner), None)
        if following is None:
            break
        found = following
    return found if isinstance(found, FunctionType) else None


def _code(replacement: Replacement, old: CodeType) -> CodeType | None:
    """The code of a replacement, compiled as it stands: in its class, in its file, at its line."""
    source, names = textwrap.dedent(replacement.code), replacement.name.split(".")
    for name in reversed(names[:-1]):
        source = f"class {name}:\n{textwrap.indent(source, '    ')}"
    source = "\n" * (replacement.line - len(names)) + source
    flags = old.co_flags & _FUTURES
    code: CodeType | None = compile(source, old.co_filename, "exec", flags, dont_inherit=True)
    for name in names:
        inner = code.co_consts if code else ()
        code = next((c for c in inner if isinstance(c, CodeType) and c.co_name == name), None)
    return code


def _show(replacement: Replacement, file: str) -> None:
    """Have a replacement shown in the place of the definition that stands there: those above it in
    the file have been replaced before."""
    lines, at = linecache.getlines(file)[:], replacement.line - 1
    end = at + len(inspect.getblock(lines[at:]))
    lines[at:end] = f"{replacement.code}\n".splitlines(keepends=True)
    lay("".join(lines), file)


def _head(code: CodeType) -> tuple[object, ...]:
    """What a function's code takes, from its caller and from around it."""
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    stars = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)
    return (*counts, stars, code.co_varnames[: sum(counts[::2])], code.co_freevars)


def _are_alike(one: CodeType, other: CodeType) -> bool:
    """Whether two codes do the same, wherever they stand."""
    same = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags")
    if any(getattr(one, name) != getattr(other, name) for name in same):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(map(_are_equal, one.co_consts, other.co_consts))


def _are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _are_alike(one, other)
    return type(one) is type(other) and repr(one) == repr(other)
