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
    """Whether a function, or a struct, comes from a template."""
    return declaration.get_num_template_arguments() > 0


def written_out(declaration: Any) -> Any:
    """The definition of a function that comes from a template; None where it has none."""
    line = _pattern(declaration).location.line
    found = _at(_unit_of(declaration).cursor, declaration.spelling, line)
    return found if found is not None and found.is_definition() else None


def method_written_out(method: Any) -> Any:
    """The definition of a method of a struct that comes from a template; None where it has none."""
    struct = method.semantic_parent
    found = _at(_unit_of(struct).cursor, struct.spelling, _pattern(struct).location.line)
    line = _pattern(method).location.line if _pattern(method) else method.location.line
    for each in children(found) if found is not None else ():
        if each.location.line != line or each.kind != method.kind or not each.is_definition():
            continue
        named = kind_of(each) == "CONSTRUCTOR" or each.spelling == method.spelling
        if named and len(list(each.get_arguments())) == len(list(method.get_arguments())):
            return each
    return None


def _pattern(declaration: Any) -> Any:
    return installed().conf.lib.clang_getSpecializedCursorTemplate(declaration)


def _unit_of(declaration: Any) -> Any:
    """The file, read with the template's parameters as they are here."""
    pattern = _pattern(declaration)
    file = str(pattern.location.file)
    source = _sources.get(file)
    if source is None:
        source = _sources[file] = "".join(linecache.getlines(file)).encode()
    start = pattern.extent.start.offset
    end = _end_of_parameters(source, start)
    names = "".join(_meanings(declaration, pattern))
    lines = source[start:end].count(b"\n")
    text = source[:start] + names.encode() + b"\n" * lines + source[end:]
    return unit_of(file, text.decode("utf-8", "replace"))


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


def _at(cursor: Any, name: str, line: int) -> Any:
    """The function or the struct of this name that stands at a line."""
    for each in children(cursor):
        if kind_of(each) in ("FUNCTION_DECL", "STRUCT_DECL", "CLASS_DECL"):
            if (each.spelling, each.location.line) == (name, line):
                return each
        elif kind_of(each) in ("LINKAGE_SPEC", "UNEXPOSED_DECL", "NAMESPACE"):
            found = _at(each, name, line)
            if found is not None:
                return found
    return None
