"""The form of a file of Python."""

from __future__ import annotations

from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.python.bound import bound, gives_nothing, giving, parameters
from tinytorch_ls.forms.python.broken import mended
from tinytorch_ls.forms.python.delegate import delegate
from tinytorch_ls.forms.python.documentation import (
    documentation,
    with_documentation,
    writing_place,
)
from tinytorch_ls.forms.python.given import given_functions
from tinytorch_ls.forms.python.imported import imports
from tinytorch_ls.forms.python.imports import reads, with_imports
from tinytorch_ls.forms.python.lines import plain_line, spot
from tinytorch_ls.forms.python.lost import lost, with_lost
from tinytorch_ls.forms.python.lost_checks import lost_checks
from tinytorch_ls.forms.python.meaning import has_no_code, is_class, meaning, symbol_digest, words
from tinytorch_ls.forms.python.mutants import mutants
from tinytorch_ls.forms.python.oddities import oddities
from tinytorch_ls.forms.python.prologue import with_prologue
from tinytorch_ls.forms.python.stub import stub, unwritten
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.forms.python.unreadable import fault_in, fault_in_bytes, unreadable
from tinytorch_ls.forms.python.work import (
    lambdas,
    loose_lines,
    signature,
    taught_lines,
    taught_work,
    work_in,
)


class _Python:
    """What is asked of a step's file, answered by Python's syntax tree."""

    name = "Python"
    fence = "python"
    head = "`def` line"
    placeholder = "`raise NotImplementedError` line"
    debugs = True
    packages = ()
    extra = ""

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
    lost_checks = staticmethod(lost_checks)
    fault_in = staticmethod(fault_in)
    fault_in_bytes = staticmethod(fault_in_bytes)
    unreadable = staticmethod(unreadable)

    stub = staticmethod(stub)
    transplant = staticmethod(transplant)
    lost = staticmethod(lost)
    with_lost = staticmethod(with_lost)
    with_imports = staticmethod(with_imports)
    with_prologue = staticmethod(with_prologue)
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


PYTHON: Form = _Python()
