"""What a compiler says of a kernel that a test wants to have compiled."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinytorch_ls.compile.assembler import Program, run_program
from tinytorch_ls.compile.result import (
    Compiled,
    CompileError,
    CompileResult,
    NotRun,
)
from tinytorch_ls.forms.unwritten import step_of_message
from tinytorch_ls.runner.inside.kernel_faults import compiler_fault
from tinytorch_ls.runner.report import Frame
from tinytorch_ls.runner.values import CompiledValue

ASKED = ("float64", "spills", "warnings")
"""What a test may want the code to be without."""


class Lacking(BaseException):
    """Ends a test that can't be run here; its one argument says why."""


@dataclass(frozen=True)
class Asked:
    """A kernel, for which arguments, and what its code should be without."""

    kernel: Any
    types: tuple[Any, ...]
    without: tuple[str, ...]

    @property
    def file(self) -> Path | None:
        """The file of CUDA C that the kernel is."""
        match self.kernel:
            case Path():
                return self.kernel
            case str():
                return Path(self.kernel)
            case _:
                return None


def compiled_value(
    asked: Asked, program: Program = run_program
) -> tuple[CompiledValue, tuple[Frame, ...]]:
    """What a test sees of a kernel's code, and the places of a complaint.

    Raises Lacking where a compiler is not here, NotImplementedError of a kernel that is a stub,
    ValueError for something to be without that is not known.
    """
    if unknown := [name for name in asked.without if name not in ASKED]:
        raise ValueError(f"code can be without {', '.join(ASKED)}, not {unknown[0]}")
    result = _in_c(asked.file, asked) if asked.file else _in_python(asked, program)
    match result:
        case NotRun(reason=reason):
            raise Lacking(reason.splitlines()[0])
        case Compiled():
            found = next(_asked_about(asked, result), None)
            if found:
                return _complaint((found,))
            return CompiledValue(None), ()
        case _:
            return _complaint(result.errors[-1:] if asked.file is None else result.errors[:1])


def _complaint(errors: tuple[CompileError, ...]) -> tuple[CompiledValue, tuple[Frame, ...]]:
    seen = compiler_fault(errors)
    return CompiledValue(seen.fault, seen.message), seen.frames


def _in_c(file: Path, asked: Asked) -> CompileResult:
    from tinytorch_ls.compile.cuda_c import compile_file

    return compile_file(file, lines="float64" in asked.without)


def _in_python(asked: Asked, program: Program) -> CompileResult:
    from tinytorch_ls.compile.python_kernel import arguments_of, compile_kernel

    for message in _stubs(asked.kernel):
        raise NotImplementedError(message)
    return compile_kernel(
        asked.kernel,
        *arguments_of(asked.types),
        lines="float64" in asked.without,
        program=program if "spills" in asked.without else None,
    )


def _stubs(kernel: Any) -> Iterator[str]:
    """What the stubs say that a kernel is, or that it calls: a compiler would take them."""
    from tinytorch_ls.compile.python_kernel import functions_of

    for function in functions_of(kernel):
        yield from (str(each) for each in function.__code__.co_consts if step_of_message(each))


def _asked_about(asked: Asked, made: Compiled) -> Iterator[CompileError]:
    """What a test wants the code to be without, and what it has."""
    file, line = _head(asked)
    if "float64" in asked.without:
        yield from (_in_double(file, each) for each in made.double_lines)
    if "warnings" in asked.without:
        for warning in made.warnings:
            yield CompileError(
                warning.file, warning.line, warning.column, warning.message, kind="warning"
            )
    if "spills" in asked.without:
        for name, needed in made.resources.items():
            if needed.spilled_bytes:
                what = name if asked.file else _name(asked.kernel)
                message = (
                    f"`{what}` needs more registers than a thread has: {needed.spilled_bytes} "
                    "bytes go to slow memory and back."
                )
                yield CompileError(file, line, 0, message, kind="spills")


def _head(asked: Asked) -> tuple[str, int]:
    if asked.file:
        return str(asked.file), 1
    from tinytorch_ls.compile.python_kernel import head_of

    return head_of(asked.kernel)


def _name(kernel: Any) -> str:
    return str(getattr(kernel, "__name__", "the kernel"))


def _in_double(file: str, line: int) -> CompileError:
    """A line that computes with float64: at its literal, where it has one."""
    source = linecache.getline(file, line)
    start, end = len(source) - len(source.lstrip()), len(source.rstrip())
    text = source[start:end]
    if found := _literal(text):
        end = start + found[1]
        start += found[0]
        message = f"`{source[start:end]}` is a float64, and this line computes with it."
    else:
        message = "This line computes in float64."
    return CompileError(file, line, start, message, kind="float64", end_column=end)


def _literal(text: str) -> tuple[int, int] | None:
    """The first number with a point that no call, such as `np.float32(...)`, converts."""
    try:
        tree: ast.AST = ast.parse(text)
    except SyntaxError:  # the head of a block, or a part of a statement
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    converted = [part for call in calls for part in call.args if len(call.args) == 1]
    numbers = (
        (node.col_offset, node.end_col_offset or 0)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is float and node not in converted
    )
    return min(numbers, default=None) if text.isascii() else None
