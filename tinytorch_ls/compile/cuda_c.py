"""Compiles CUDA C by NVRTC, NVIDIA's compiler as a library; no GPU is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tinytorch_ls.compile.assembler import resources
from tinytorch_ls.compile.double import double_lines
from tinytorch_ls.compile.result import (
    ARCHITECTURE,
    Compiled,
    CompileError,
    CompileResult,
    Failed,
    NotRun,
)


def compile_file(
    path: Path, architecture: str = ARCHITECTURE, *, lines: bool = False
) -> CompileResult:
    """Compile a `.cu` file as CuPy would. An unreadable file raises OSError."""
    source = path.read_text(encoding="utf-8")
    return compile_source(source, str(path), architecture, lines=lines)


def compile_source(
    source: str, name: str, architecture: str = ARCHITECTURE, *, lines: bool = False
) -> CompileResult:
    """Compile a text; `name` is the file that its errors are reported in.

    With `lines` it is told which of them compute in double precision.
    """
    try:
        bindings: Any = import_module("cuda.bindings.nvrtc")
        bindings.nvrtcVersion()
    except (ImportError, RuntimeError) as error:
        return NotRun(
            "compiling CUDA C needs cuda-bindings and nvidia-cuda-nvrtc: "
            f"pip install 'tinytorch[cuda]' ({error})"
        )
    compiled, log, ptx = _run(bindings, source, architecture, lines)
    found = tuple(_complaints(log, name, source))
    if compiled:
        doubles = double_lines(ptx, str(Path.cwd() / _NAME)) if lines else ()
        return Compiled(ptx, found, resources(log), doubles)
    errors = tuple(each for each in found if each.severity == "error")
    return Failed(errors or (_of_assembler(log, name, source),))


def _run(nvrtc: Any, source: str, architecture: str, lines: bool) -> tuple[bool, str, str]:
    """Whether it compiled, what the compiler said, and the PTX."""
    program = _given(nvrtc.nvrtcCreateProgram(source.encode(), _NAME.encode(), 0, [], []))
    try:
        options = [f"--gpu-architecture={architecture}".encode(), *_OPTIONS]
        options += [b"--generate-line-info"] if lines else []
        (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
        log = b" " * _given(nvrtc.nvrtcGetProgramLogSize(program))
        nvrtc.nvrtcGetProgramLog(program, log)
        text = log.rstrip(b"\0").decode("utf-8", "replace")
        if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
            return False, text, ""
        ptx = b" " * _given(nvrtc.nvrtcGetPTXSize(program))
        nvrtc.nvrtcGetPTX(program, ptx)
        return True, text, ptx.rstrip(b"\0").decode()
    finally:
        nvrtc.nvrtcDestroyProgram(program)


def _given(result: Any) -> Any:
    """The value of a call that also returns a status. Raises RuntimeError for a failure."""
    status, value = result
    if int(status) != 0:
        raise RuntimeError(f"NVRTC failed: {status}")
    return value


def _complaints(log: str, name: str, source: str) -> Iterator[CompileError]:
    """The errors and warnings of a log; the caret below the line that it quotes tells the column.

    The quoted line has lost no blanks, but it stands two further to the right.
    """
    lines = log.splitlines()
    for number, text in enumerate(lines):
        if found := _COMPLAINT.match(text):
            line = int(found["line"])
            caret = next(
                (each for each in lines[number + 1 : number + 5] if _CARET.match(each)), ""
            )
            byte = max(caret.find("^") - _quoted_indent(lines, number, source, line), 0)
            column = _character(source, line, byte)
            severity = "error" if "error" in found["severity"] else "warning"
            yield CompileError(name, line, column, found["message"], severity)


def _of_assembler(log: str, name: str, source: str) -> CompileError:
    """An error without a line, as the assembler gives it, at the function that it names."""
    errors = [line.partition(":")[2].strip() for line in log.splitlines() if "error" in line]
    message = (errors or [log.strip()])[0][:300]
    function = _FUNCTION.search(message)
    if much := _TOO_MUCH.search(message):
        has, most = (f"{int(number, 16):,}" for number in much.groups())
        message = f"a block of this kernel has {has} bytes of shared memory; it may have {most}"
    head = re.search(rf"\b{function[1]}\s*\(", source) if function else None
    before = source[: head.start()] if head else ""
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
    return CompileError(name, line, column, message)


def _quoted_indent(lines: list[str], number: int, source: str, line: int) -> int:
    """How far to the right of the source the log quotes it."""
    rows = source.splitlines()
    if number + 1 < len(lines) and 0 < line <= len(rows):
        return max(lines[number + 1].find(rows[line - 1].rstrip()), 0)
    return 0


def _character(source: str, line: int, byte: int) -> int:
    """A column counted in bytes of UTF-8 as one counted in characters."""
    rows = source.splitlines()
    text = rows[line - 1] if 0 < line <= len(rows) else ""
    return len(text.encode()[:byte].decode(errors="replace"))


_NAME = "kernel.cu"
_OPTIONS = (b"--std=c++17", b"--ptxas-options=-v")
_COMPLAINT = re.compile(
    r"kernel\.cu\((?P<line>\d+)\): (?P<severity>(?:catastrophic )?error|warning)(?: #\S+)?: "
    r"(?P<message>.*)"
)
_FUNCTION = re.compile(r"[Ff]unction '(\w+)'")
_TOO_MUCH = re.compile(r"too much shared data \((0x[0-9a-f]+) bytes, (0x[0-9a-f]+) max\)")
_CARET = re.compile(r"\s*\^\s*$")
