"""The form of a file of CUDA C."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from tinytorch_ls.forms.cuda_c.broken import mended
from tinytorch_ls.forms.cuda_c.documentation import (
    documentation,
    with_documentation,
    writing_place,
)
from tinytorch_ls.forms.cuda_c.lost import lost, with_lost
from tinytorch_ls.forms.cuda_c.meaning import (
    has_no_code,
    imports,
    is_class,
    meaning,
    symbol_digest,
    words,
)
from tinytorch_ls.forms.cuda_c.mutants import mutants
from tinytorch_ls.forms.cuda_c.oddities import oddities
from tinytorch_ls.forms.cuda_c.statements import plain_line, spot
from tinytorch_ls.forms.cuda_c.stub import stub, unwritten
from tinytorch_ls.forms.cuda_c.symbols import definitions
from tinytorch_ls.forms.cuda_c.transplant import transplant
from tinytorch_ls.forms.cuda_c.unreadable import fault_in, fault_in_bytes, unreadable
from tinytorch_ls.forms.cuda_c.work import (
    bound,
    delegate,
    given_functions,
    gives_nothing,
    giving,
    lambdas,
    loose_lines,
    parameters,
    reads,
    signature,
    taught_lines,
    taught_work,
    work_in,
)
from tinytorch_ls.forms.form import Form, Oddity


def _with_imports(into: str, names: Iterable[str], donor: str) -> str:  # noqa: ARG001
    """The text: no kernel of the course includes a file."""
    return into


def _with_prologue(code: str, name: str, reference: str, library: Path) -> str:  # noqa: ARG001
    """The code: a kernel begins with no checks that are given."""
    return code


def _no_lost_checks(
    source: str,  # noqa: ARG001
    symbols: Collection[str],  # noqa: ARG001
    stub: str,  # noqa: ARG001
) -> tuple[Oddity, ...]:
    """None: a kernel begins with no checks that are given."""
    return ()


class _CudaC:
    """What is asked of a step's file, answered by its tokens and, where it is, by libclang."""

    name = "CUDA C"
    fence = "cuda"
    head = 'first line, `extern "C" __global__ void name(...)`'
    placeholder = "`__trap();` line"
    debugs = False
    packages = ("libclang",)
    extra = "cuda"

    definitions = staticmethod(definitions)
    is_class = staticmethod(is_class)
    has_no_code = staticmethod(has_no_code)
    imports = staticmethod(imports)
    meaning = staticmethod(meaning)
    symbol_digest = staticmethod(symbol_digest)
    words = staticmethod(words)
    documentation = staticmethod(documentation)
    writing_place = staticmethod(writing_place)
    plain_line = staticmethod(plain_line)
    spot = staticmethod(spot)
    bound = staticmethod(bound)
    reads = staticmethod(reads)
    giving = staticmethod(giving)
    gives_nothing = staticmethod(gives_nothing)
    parameters = staticmethod(parameters)
    unwritten = staticmethod(unwritten)
    oddities = staticmethod(oddities)
    lost_checks = staticmethod(_no_lost_checks)
    fault_in = staticmethod(fault_in)
    fault_in_bytes = staticmethod(fault_in_bytes)
    unreadable = staticmethod(unreadable)

    stub = staticmethod(stub)
    transplant = staticmethod(transplant)
    lost = staticmethod(lost)
    with_lost = staticmethod(with_lost)
    with_imports = staticmethod(_with_imports)
    with_prologue = staticmethod(_with_prologue)
    with_documentation = staticmethod(with_documentation)
    mended = staticmethod(mended)

    given_functions = staticmethod(given_functions)
    taught_lines = staticmethod(taught_lines)
    taught_work = staticmethod(taught_work)
    work_in = staticmethod(work_in)
    loose_lines = staticmethod(loose_lines)
    lambdas = staticmethod(lambdas)
    signature = staticmethod(signature)
    delegate = staticmethod(delegate)
    mutants = staticmethod(mutants)


CUDA_C: Form = _CudaC()
