"""Templates: libclang shows the pattern alone, so what is called is read again as if written out.

In the place of `template <int WIDTH>` stands `constexpr int WIDTH = 4;`, on the same line, so that
every line of the file stays where it was.
"""

from __future__ import annotations

import linecache
from typing import Any

from tinytorch_ls.libclang.unit import installed, unit_of
from tinytorch_ls.machine.cuda_c.clang import children, kind_of, printed

STRUCTS = ("STRUCT_DECL", "CLASS_DECL", "CLASS_TEMPLATE")


def is_template(declaration: Any) -> bool:
    """Whether a function, a method or a struct comes from a template."""
    if kind_of(declaration) == "CXX_METHOD":  # of which libclang does not count the arguments
        pattern = _pattern(declaration)
        return pattern is not None and kind_of(pattern) == "FUNCTION_TEMPLATE"
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
    """The file, read with the template's parameters as they are here.

    And with those of the struct around a method: what stands behind is replaced first.
    """
    file = str(_pattern(declaration).location.file)
    text = _sources.get(file)
    if text is None:
        text = _sources[file] = "".join(linecache.getlines(file)).encode()
    while kind_of(declaration) != "TRANSLATION_UNIT":
        if is_template(declaration):
            text = _filled_in(text, declaration)
        declaration = declaration.semantic_parent
    return unit_of(file, text.decode("utf-8", "replace"))


def _filled_in(source: bytes, declaration: Any) -> bytes:
    """The text with one template's parameters as they are here."""
    pattern = _pattern(declaration)
    start = pattern.extent.start.offset
    end = _end_of_parameters(source, start)
    # a struct has no constants of its own kind but static ones
    static = "static " if kind_of(pattern.semantic_parent) in STRUCTS else ""
    names = "".join(_meanings(declaration, pattern, static))
    lines = source[start:end].count(b"\n")
    return source[:start] + names.encode() + b"\n" * lines + source[end:]


_sources: dict[str, bytes] = {}


def forget() -> None:
    """The files may have changed."""
    _sources.clear()


def _meanings(declaration: Any, pattern: Any, static: str) -> list[str]:
    found: list[str] = []
    parameters = [e for e in children(pattern) if kind_of(e).startswith("TEMPLATE_")]
    for parameter, value in zip(parameters, _arguments(declaration, parameters), strict=False):
        if kind_of(parameter) == "TEMPLATE_TYPE_PARAMETER":
            found.append(f"using {parameter.spelling} = {value}; ")
        else:
            kind = parameter.type.spelling
            found.append(f"{static}constexpr {kind} {parameter.spelling} = {value}; ")
    return found


def _arguments(declaration: Any, parameters: list[Any]) -> list[str]:
    """What a template's parameters are here, as it is written in C++."""
    if kind_of(declaration) == "CXX_METHOD":
        return _printed_arguments(printed(declaration), declaration.spelling)
    return [
        declaration.get_template_argument_type(number).spelling
        if kind_of(parameter) == "TEMPLATE_TYPE_PARAMETER"
        else str(declaration.get_template_argument_value(number))
        for number, parameter in enumerate(parameters)
    ]


def _printed_arguments(text: str, name: str) -> list[str]:
    """`fetch<false, 4>(int n)`: "false" and "4"."""
    found, depth = [""], 0
    for letter in text[text.index(f"{name}<") + len(name) :]:
        depth += (letter in "<(") - (letter in ">)")
        if depth == 0:
            break
        if letter == "," and depth == 1:
            found.append("")
        elif letter != "<" or depth > 1:
            found[-1] += letter
    return [each.strip() for each in found]


def _end_of_parameters(source: bytes, start: int) -> int:
    """Behind the `>` that closes `template <…>`."""
    depth = 0
    for at in range(source.index(b"<", start), len(source)):
        depth += (source[at : at + 1] in b"<(") - (source[at : at + 1] in b">)")
        if depth == 0:
            return at + 1
    return start


def _at(cursor: Any, name: str, line: int) -> Any:
    """The function, method or struct of this name that stands at a line."""
    for each in children(cursor):
        kind, found = kind_of(each), (each.spelling, each.location.line)
        if kind in ("FUNCTION_DECL", "CXX_METHOD", *STRUCTS) and found == (name, line):
            return each
        if kind in ("LINKAGE_SPEC", "UNEXPOSED_DECL", "NAMESPACE", *STRUCTS):
            found = _at(each, name, line)
            if found is not None:
                return found
    return None
