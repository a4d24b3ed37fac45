"""What a compiler makes of the kernels that a step launched: told after its verdict, kept on disk.

A compiler takes about a second, and a save runs all steps behind the one that was written; so what
came of a kernel is kept until the kernel, what it calls or the kinds of its arguments change.

The library is imported where it is used: by then it is the one that the student's files belong to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import CodeType
from typing import Any

from tinytorch_ls.compile.assembler import Program
from tinytorch_ls.compile.result import ARCHITECTURE, Compiled, Failed, KernelCode
from tinytorch_ls.machine.observed import Launched
from tinytorch_ls.machine.values import is_array
from tinytorch_ls.runner.decode import kernel_code
from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.inside.launches import Launches

_COMPILERS = ("numba-cuda", "nvidia-cuda-nvrtc", "nvidia-cuda-nvcc")


def codes_of(launches: Launches, folder: str, program: Program) -> dict[str, KernelCode]:
    """What came of each kernel, by name; nothing of one where no compiler is here."""
    found: dict[str, KernelCode] = {}
    for name, launched in launches.found.items():
        place = Path(folder, f"kernel-{_key(launched)}.json")
        code = _kept(place)
        if code is None and (code := _compiled(launched, program)):
            with suppress(OSError):
                place.write_text(as_json(code), encoding="utf-8")
        if code:
            found[name] = code
    return found


def _kept(place: Path) -> KernelCode | None:
    with suppress(OSError, ValueError, TypeError, LookupError):
        return kernel_code(json.loads(place.read_text(encoding="utf-8")))
    return None


def _compiled(launched: Launched, program: Program) -> KernelCode | None:
    from tinytorch_ls.compile.cuda_c import compile_source
    from tinytorch_ls.compile.python_kernel import compile_kernel

    kernel, name = launched.kernel, launched.report.kernel
    if _is_in_c(kernel):
        compiling = partial(compile_source, kernel.text, str(kernel.path), lines=True)
    else:
        arguments = launched.arguments
        compiling = partial(compile_kernel, kernel, *arguments, lines=True, program=program)
    match compiling():
        case Compiled(resources=resources, double_lines=lines):
            # Of a kernel in Python there is one, whose name says its types too.
            one = resources.get(name) or next(iter(resources.values()), None)
            return KernelCode(one, lines) if one else None
        case Failed(errors=errors):
            return KernelCode(None, refused=errors[0].message)
        case _:
            return None


def _is_in_c(kernel: Any) -> bool:
    from tinytorch.kernels.source import SourceKernel

    return isinstance(kernel, SourceKernel)


def _key(launched: Launched) -> str:
    return sha256(repr([*_versions(), ARCHITECTURE, *_meaning(launched)]).encode()).hexdigest()[:32]


@cache
def _versions() -> tuple[str, ...]:
    found: list[str] = []
    for package in _COMPILERS:
        with suppress(PackageNotFoundError):
            found.append(version(package))
    return tuple(found)


def _meaning(launched: Launched) -> Iterator[object]:
    """All that the code of a kernel depends on."""
    if _is_in_c(launched.kernel):
        yield launched.report.kernel
        yield launched.kernel.text
        return
    from tinytorch_ls.compile.python_kernel import functions_of, globals_of

    for function in functions_of(launched.kernel):
        yield _told(function.__code__)
        known = globals_of(function).items()
        yield [pair for pair in known if isinstance(pair[1], (bool, int, float, tuple))]
        yield [cell.cell_contents for cell in function.__closure__ or ()]
    yield [_kind(argument) for argument in launched.arguments]


def _told(code: CodeType) -> tuple[object, ...]:
    """What Python was told to do in a function, and in which lines."""
    constants = (_told(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    names = (code.co_names, code.co_varnames, code.co_freevars)
    return code.co_code, code.co_linetable, code.co_firstlineno, names, tuple(constants)


def _kind(argument: Any) -> str:
    if is_array(argument):
        return f"{argument.dtype}[{argument.ndim}]"
    return type(argument).__name__
