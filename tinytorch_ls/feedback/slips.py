"""Slips that the code around an error shows, and its words don't: a hidden name, a wrong import."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import Raised

ASYNC = (
    "A function that begins with `async def` computes nothing when it is called: the call gives a "
    "coroutine. Write `def`."
)
LOOKED_FOR = "The test looks for {names}. If you renamed or deleted it, *Reset step* puts it back."
_PACKAGES = ("numpy", "math", "typing", "dataclasses", "collections", "functools", "itertools")
_UNKNOWN = re.compile(r"No module named '([\w.]+)'")
_NOT_IN_PACKAGE = re.compile(r"cannot import name '(\w+)' from 'tinytorch'")
_NOT_FOUND = re.compile(
    r"name '(\w+)' is not defined"
    r"|module 'tinytorch\.[\w.]+' has no attribute '(\w+)'"
    r"|cannot import name '(\w+)' from 'tinytorch\."
)
_HALF_READ = re.compile(r"partially initialized module 'tinytorch\.([\w.]+)'")
_DEBUGGER = re.compile(r"(?:\w+\.)?set_trace\(\)")
_PROPERTY = re.compile(r"\.(size|shape|ndim|dtype|nbytes|device|T|mT|grad|requires_grad)\(")
_NAME = re.compile(r"(?:name|variable) '(\w+)'")


@dataclass(frozen=True)
class Slip:
    """What went wrong in fact, and the way out."""

    title: str
    help: str


_IMPORTS_ITSELF = Slip(
    "The file imports itself",
    "What stands in this file needs no import in it: take this line out.",
)


def slip(
    error: Raised,
    source: str,
    line: int,
    modules: frozenset[str],
    given: str = "",
    module: str = "",
) -> Slip | None:
    """The slip behind an error at a line of this text; `modules` are those of `tinytorch`, `given`
    is the file as the course has it, `module` its name."""
    if found := _import_of_what_is_half_read(error.message, source, line, module):
        return found
    if "'coroutine'" in error.message:
        return Slip("A call gives a coroutine, and no result", say(ASYNC))
    match error.type:
        case "BdbQuit":
            return Slip(
                "Stops for a debugger",
                f"`{_debugger(source, line)}` waits for a keyboard, and a test has none. Take it "
                "out, and use *Debug step*.",
            )
        case "ModuleNotFoundError" | "ImportError":
            return _not_in_module(error.message, source, given) or _wrong_import(
                error.message, modules, module
            )
        case "NameError" | "UnboundLocalError":
            return _unknown_name(error, source, given)
        case "TypeError" if "object is not callable" in error.message:
            return _hidden(source, line, error.message, given) or _called_property(source, line)
        case _:
            return None


def not_found(message: str) -> str | None:
    """The name that an error says a module has not."""
    found = _NOT_FOUND.match(message)
    return next(filter(None, found.groups())) if found else None


def looked_for(name: str) -> Slip:
    """That a test does not find a function of the step."""
    return Slip(f"`{name}` is not in the file", say(LOOKED_FOR, names=f"`{name}`"))


def _line(source: str, line: int) -> str:
    """The text of a line; "" where there is none."""
    return "".join(source.split("\n")[line - 1 : line])


def _debugger(source: str, line: int) -> str:
    """How a line calls for a debugger."""
    found = _DEBUGGER.search(_line(source, line))
    return found[0] if found else "breakpoint()"


def _import_of_what_is_half_read(message: str, source: str, line: int, module: str) -> Slip | None:
    """A file that imports itself, or what imports it."""
    found = _HALF_READ.search(message)
    if found is None:
        return None
    text = _line(source, line)
    if module == found[1] and re.search(rf"\b{module.rpartition('.')[2]}\b", text):
        return _IMPORTS_ITSELF
    return Slip(
        "Two files import each other",
        f"`{found[1]}` is read up to an import only, so it has no such name yet. Take the import "
        "out of the earlier module, or put it into the function that needs it.",
    )


def _wrong_import(message: str, modules: frozenset[str], module: str) -> Slip | None:
    found = _UNKNOWN.search(message) or _NOT_IN_PACKAGE.search(message)
    if found is None:
        return None
    name = found[1].rpartition(".")[2]
    inside = found.re is _NOT_IN_PACKAGE or found[1].startswith("tinytorch.")
    if name == module and not inside:
        return _IMPORTS_ITSELF
    if name in modules and not inside:
        return Slip(
            f"Looks for `{name}` beside the package",
            f"It is a module of `tinytorch`: write `from tinytorch.{name} import ...`.",
        )
    if name in modules and found[1].count(".") > 1:
        holder = found[1].rpartition(".")[0]
        return Slip(
            f"Looks for `{name}` inside of `{holder}`",
            f"It stands beside that package: write `from tinytorch.{name} import ...`.",
        )
    if near := _misspelt(name, [*_PACKAGES, *modules]):
        return near
    return _file_gone(found[1].removeprefix("tinytorch.")) if inside else None


def _not_in_module(message: str, source: str, given: str) -> Slip | None:
    """A name that a module of the course has not, and the file imports one that is nearly so."""
    name = not_found(message)
    return _misspelt(name, {*_imports(given), *_imports(source)} - {name}) if name else None


def _misspelt(name: str, known: Iterable[str]) -> Slip | None:
    """A name that is none of these, and nearly one of them."""
    near = get_close_matches(name, known, 1, 0.75)
    if not near or near[0] == name:
        return None
    return Slip(f"`{name}` is misspelt", f"It is called `{near[0]}`.")


def _file_gone(name: str) -> Slip:
    file = f"tinytorch/{name.replace('.', '/')}.py"
    return Slip(
        f"{file} is not there",
        f"This line imports it, and the course has no such file. If {file} was a file of your own, "
        "bring it back or give it its old name; else take the import out.",
    )


def _unknown_name(error: Raised, source: str, given: str) -> Slip | None:
    found = _NAME.search(error.message)
    if found is None:
        return None
    name = found[1]
    if error.type == "UnboundLocalError" and hasattr(builtins, name):
        return _hides(name)
    if error.type == "NameError" and (missing := _missing_import(name, source, given)):
        return missing
    if error.type == "NameError" and name in _defined(given) - _defined(source):
        return Slip(
            f"`{name}` is not in the file",
            f"The course's file has a `{name}`, and yours has not. If you renamed or deleted it, "
            "your editor's Undo or the *Reset step* of its step brings it back.",
        )
    near = get_close_matches(name, sorted(_names(source) - {name}), 1, 0.75)
    if near:
        return Slip("Uses a name that is not there", f"Perhaps `{near[0]}` is meant.")
    return None


def _missing_import(name: str, source: str, given: str) -> Slip | None:
    """An import that the course's file has, or that everyone writes, and this text has not."""
    if name in _imports(source):
        return None
    title = f"The import of `{name}` is missing"
    if line := _imports(given).get(name):
        return Slip(
            title,
            f"Write `{line}` at the top of the file; *Reset step* brings the line back too.",
        )
    usual = "import numpy as np" if name == "np" else f"import {name}" if name in _PACKAGES else ""
    return Slip(title, f"Write `{usual}` at the top of the file.") if usual else None


def _imports(source: str) -> dict[str, str]:
    """The names that a text imports at its top level, each with a line that does it."""
    found: dict[str, str] = {}
    for node in _tree(source):
        match node:
            case ast.Import(names=names):
                head = ""
            case ast.ImportFrom(module=module, names=names, level=level):
                head = f"from {'.' * level}{module or ''} "
            case _:
                continue
        found.update((a.asname or a.name, f"{head}import {ast.unparse(a)}") for a in names)
    return found


def _hidden(source: str, line: int, message: str, given: str) -> Slip | None:
    """A function of Python's own whose name the function around a line gives to a variable."""
    called = {
        node.func.id
        for node in _nodes(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    }
    bound = _bound(source, line)
    name = next((name for name in sorted(called & bound) if hasattr(builtins, name)), None)
    if name is None:
        return None
    kept = name in _given_parameters(source, line, given)
    return _parameter(name, message) if kept else _hides(name)


def _called_property(source: str, line: int) -> Slip | None:
    """A value of a tensor that a line calls, as PyTorch's `t.size()` may have taught it."""
    found = _PROPERTY.search(_line(source, line))
    if found is None:
        return None
    name = found[1]
    more = (
        " PyTorch's `t.size()` is `t.shape` here, and `t.size(0)` is `t.shape[0]`."
        if name == "size"
        else ""
    )
    help_text = f"`{name}` is a value here: read it without parentheses.{more}"
    return Slip(f"Calls `{name}`, which is no function", help_text)


def _hides(name: str) -> Slip:
    return Slip(
        f"A variable hides Python's own `{name}`",
        f"`{name}` is a variable here, since something is assigned to it. Give it another name.",
    )


def _parameter(name: str, message: str) -> Slip:
    """A parameter, which is named as the course names it and is to keep its name."""
    kind = message.partition("'")[2].partition("'")[0].rpartition(".")[2]
    own = (
        "a test has nobody who could type an answer."
        if name == "input"
        else f"to call Python's own, write `builtins.{name}(...)` and `import builtins` above."
    )
    return Slip(
        f"`{name}` is the parameter here, and no function",
        f"In this function `{name}` is what was handed in, of the class `{kind}`, and Python's "
        f"`{name}` is hidden. The parameter keeps its name; {own}",
    )


def _given_parameters(source: str, line: int, given: str) -> set[str]:
    """The parameters that the function around a line has in the course's file too, and that no
    line of it assigns to."""
    functions = _functions(source, line)
    if not functions:
        return set()
    inside = list(ast.walk(functions[-1]))
    stored = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    kept = {
        argument.arg
        for node in _nodes(given)
        if isinstance(node, ast.FunctionDef) and node.name == functions[-1].name
        for argument in ast.walk(node.args)
        if isinstance(argument, ast.arg)
    }
    return {node.arg for node in inside if isinstance(node, ast.arg)} & kept - stored


def _functions(source: str, line: int) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions around a line, the innermost last."""
    return [
        node
        for node in _nodes(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]


def _bound(source: str, line: int) -> set[str]:
    """The names that the innermost function around a line, or the file itself, gives values to."""
    functions = _functions(source, line)
    places: list[ast.AST] = [*functions[-1:], *(n for n in _tree(source) if _assigns(n))]
    names: set[str] = set()
    for place in places:
        for node in ast.walk(place):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
    return names


def _assigns(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)


def _names(source: str) -> set[str]:
    """The names of a file that stand for something, and Python's own."""
    found = {name for name in dir(builtins) if name[0] != "_"}
    for node in _nodes(source):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name)
            case _:
                pass
    return found


def _defined(source: str) -> set[str]:
    """The functions and classes that stand at a text's top level."""
    return {
        node.name
        for node in _tree(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _nodes(source: str) -> Iterator[ast.AST]:
    for statement in _tree(source):
        yield from ast.walk(statement)


def _tree(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
