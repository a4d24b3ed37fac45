"""Templates: libclang shows the pattern alone, so what is called is read again as if written out.

In the place of `template <int WIDTH>` stands `constexpr int WIDTH = 4;`, on the same line, so that
every line of the file stays where it was.
"""

from __future__ import annotations

import linecache
from typing import Any

from tinytorch_ls.libclang.unit import installed, unit_of
from tinytorch_ls.machine.cuda_c.clang import children, kind_of


def is_template(declaration: Any) -> bool:
    """Whether a function that is called comes from a template."""
    return declaration.get_num_template_arguments() > 0


def written_out(declaration: Any) -> Any:
    """The definition of a function that comes from a template; None where it has none."""
    pattern = installed().conf.lib.clang_getSpecializedCursorTemplate(declaration)
    file = str(pattern.location.file)
    source = _sources.get(file)
    if source is None:
        source = _sources[file] = "".join(linecache.getlines(file)).encode()
    start = pattern.extent.start.offset
    end = _end_of_parameters(source, start)
    names = "".join(_meanings(declaration, pattern))
    lines = source[start:end].count(b"\n")
    text = source[:start] + names.encode() + b"\n" * lines + source[end:]
    unit = unit_of(file, text.decode("utf-8", "replace"))
    return _function(unit.cursor, declaration.spelling, pattern.location.line)


_sources: dict[str, bytes] = {}


def forget() -> None:
    """The files may have changed."""
    _sources.clear()


def _meanings(declaration: Any, pattern: Any) -> list[str]:
    found: list[str] = []
    parameters = [e for e in children(pattern) if kind_of(e).startswith("TEMPLATE_")]
    for number, parameter in enumerate(parameters):
        if kind_of(parameter) == "TEMPLATE_TYPE_PARAMETER":
            type_ = declaration.get_template_argument_type(number).spelling
            found.append(f"using {parameter.spelling} = {type_}; ")
        else:
            value = declaration.get_template_argument_value(number)
            kind = parameter.type.spelling
            found.append(f"constexpr {kind} {parameter.spelling} = {value}; ")
    return found


def _end_of_parameters(source: bytes, start: int) -> int:
    """Behind the `>` that closes `template <…>`."""
    depth = 0
    for at in range(source.index(b"<", start), len(source)):
        depth += (source[at : at + 1] in b"<(") - (source[at : at + 1] in b">)")
        if depth == 0:
            return at + 1
    return start


def _function(cursor: Any, name: str, line: int) -> Any:
    for each in children(cursor):
        if kind_of(each) == "FUNCTION_DECL" and each.spelling == name:
            if each.location.line == line and each.is_definition():
                return each
        elif kind_of(each) in ("LINKAGE_SPEC", "UNEXPOSED_DECL", "NAMESPACE"):
            found = _function(each, name, line)
            if found is not None:
                return found
    return None
