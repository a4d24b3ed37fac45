"""What numba says of a function that it can't compile, in one sentence and at its place."""

from __future__ import annotations

import ast
import linecache
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any, cast

from tinytorch_ls.compile.result import CompileError
from tinytorch_ls.compile.type_words import listed, type_words, types_in

_LONGEST = 60  # of an expression that is quoted
_MOST = 200  # of numba's own words
Line = tuple[str, int]  # a file and a line of it


@dataclass(frozen=True)
class Fact:
    """What is wrong, and which expression of the line it is about."""

    kind: str
    words: str
    is_about: Callable[[ast.AST], bool]


def is_refusal(error: BaseException) -> bool:
    """Whether an error is a compiler's, numba's or numba-cuda's, of what it was to compile."""
    return is_refusal_class(type(error))


def is_refusal_class(category: type[BaseException]) -> bool:
    """Whether errors or warnings of this class are a compiler's."""
    return any(
        kind.__module__.startswith(("numba.", "numba_cuda.")) and kind.__module__.endswith("errors")
        for kind in category.__mro__
    )


def refusal(error: BaseException, is_ours: Callable[[str], bool]) -> tuple[CompileError, ...]:
    """The complaint at each line of our files that it concerns: callers first, its cause last."""
    text = _COLOUR.sub("", str(error))
    places = list(dict.fromkeys(_places(error, text, is_ours)))
    return tuple(_complaint(_fact(text), *place) for place in reversed(places))


def refusal_words(error: BaseException) -> str:
    """The same where no line of ours is known."""
    return f"numba can't compile this: {_fact(_COLOUR.sub('', str(error))).words}."


def _places(error: BaseException, text: str, is_ours: Callable[[str], bool]) -> Iterator[Line]:
    """The lines that an error concerns, the innermost first.

    numba leaves them out of many errors, but what it was looking at knows its own.
    """
    said = [(os.path.abspath(m["file"]), int(m["line"])) for m in _PLACE.finditer(text)]  # noqa: PTH100
    said += [(m["file"], int(m["line"])) for m in _RAISED_FROM.finditer(text)]
    found = [place for place in said if is_ours(place[0])]
    for value in [error, *_values_in_reach(error)] if not found else ():
        with suppress(Exception):  # these are numba's own objects, of any kind
            place = cast(Any, value).loc
            if is_ours(place.filename):
                found.append((str(place.filename), int(place.line)))
                break
    yield from found


def _values_in_reach(error: BaseException) -> Iterator[object]:
    """The local variables of the stack that an error came through, innermost first."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        yield from frame.f_locals.values()


def _complaint(fact: Fact, file: str, line: int) -> CompileError:
    node = _node(file, line, fact.is_about)
    line = node.lineno if node else line
    source = linecache.getline(file, line)
    start, end = len(source) - len(source.lstrip()), len(source.rstrip())
    if isinstance(node, ast.expr):
        start, end = _characters(source, node.col_offset), _end(source, node)
    text = source[start:end]
    if isinstance(node, ast.FunctionDef):  # the whole of it is meant
        text = node.name
        start = source.find(text)
        end = start + len(text)
    what = f"`{text}`" if 0 < len(text) <= _LONGEST else "this line"
    message = f"numba can't compile {what}: {fact.words}."
    return CompileError(file, line, start, message, kind=fact.kind, end_column=end)


def _node(file: str, line: int, is_about: Callable[[ast.AST], bool]) -> ast.expr | ast.stmt | None:
    """What an error at a line is about: an expression of the line, or where the line is the head
    of a function, a part of the function or the whole of it."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and line in _head(node):
            return next(filter(is_about, _parts(node)), node)
    here = (n for n in _parts(tree) if isinstance(n, ast.expr) and n.lineno == line == n.end_lineno)
    return next(filter(is_about, here), None)


def _head(node: ast.FunctionDef) -> range:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return range(first, node.lineno + 1)


def _parts(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    return (part for part in ast.walk(node) if isinstance(part, ast.expr | ast.stmt))


def _characters(source: str, column: int) -> int:
    return len(source.encode()[:column].decode(errors="replace"))


def _end(source: str, node: ast.expr) -> int:
    return _characters(source, node.end_col_offset or 0)


def _fact(text: str) -> Fact:
    """What numba says is wrong, without the advice and the stack of its own passes."""
    for pattern, made in _KNOWN:
        if found := pattern.search(text):
            return made(found)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if not _NOISE.match(line)] or lines or ["it does not say why"]
    return Fact("other", wanted[0][:_MOST].rstrip("."), _nothing)


def _name(found: re.Match[str]) -> Fact:
    return Fact("name", "nothing has this name", _is_name(found["name"]))


def _global(found: re.Match[str]) -> Fact:
    name, kind = found["name"], found["kind"].rpartition(".")[2]
    if kind == "function":
        return Fact("function", f"`{name}` is a plain Python function", _calls(name))
    return Fact("global", f"`{name}` is {type_words(kind)}, which it can't use", _is_name(name))


def _attribute(found: re.Match[str]) -> Fact:
    name, owner = found["name"], found["type"]
    if module := _MODULE.match(owner):
        words = f"it knows no `{name}` of `{module['name']}`"
    else:
        words = f"{type_words(owner)} has no `{name}`"
    return Fact("attribute", words, _is_attribute(name))


def _no_member(found: re.Match[str]) -> Fact:
    words = f"it knows no `{found['name']}` of `{found['module']}`"
    return Fact("attribute", words, _is_attribute(found["name"]))


def _no_call(found: re.Match[str]) -> Fact:
    name, types = found["name"], types_in(" ".join(found["types"].split()))
    said = [type_words(each) for each in types]
    match name, said:
        case "getitem" | "static_getitem", [array, index, *_]:
            return Fact("index", f"{array} takes no {_bare(index)} as index", _is_subscript)
        case "setitem", [array, index, _] if types[1].startswith("float"):
            return Fact("index", f"{array} takes no {_bare(index)} as index", _is_subscript)
        case "setitem", [array, index, value]:
            words = f"{array} can't be set to {value} at {index}"
            return Fact("index", words, _is_subscript)
        case "array", _ if _DEVICE_ARRAY.search(found.string):
            words = "the shape of such an array has to be a constant, known before the launch"
            return Fact("call", words, _calls(name))
        case _ if sign := _SIGNS.get(name.removeprefix("i")) or _SIGNS.get(name):
            return Fact("operator", f"there is no `{sign}` for {listed(said)}", _is_operator)
        case _:
            return Fact("call", f"it has no `{name}` for {listed(said)}", _calls(name))


def _bare(words: str) -> str:
    """A kind of value without its article."""
    return words.removeprefix("a ").removeprefix("an ")


def _unlike(found: re.Match[str]) -> Fact:
    name = found["name"].partition(".")[0]
    kinds = f"{type_words(found['one'])} on one path and {type_words(found['other'])} on another"
    if not name.isidentifier():
        return Fact("unlike", f"a value is {kinds}", _nothing)
    return Fact("unlike", f"`{name}` is {kinds}", _is_name(name))


def _unsupported(found: re.Match[str]) -> Fact:
    name = found["name"].removeprefix("numpy.")
    return Fact("call", f"it has no `np.{name}`, or not as it is used here", _calls(name))


def _vague(found: re.Match[str]) -> Fact:
    name = found["name"]
    if "list(undefined)" in found["rest"]:
        return Fact("vague", "it can't tell what the list will hold", _is_list)
    about = _is_name(name) if name.isidentifier() else _nothing
    return Fact("vague", f"it can't tell of what type `{name}` is", about)


def _argument(found: re.Match[str]) -> Fact:
    kind = type_words(found["kind"].rpartition(".")[2])
    return Fact("argument", f"it was given {kind}, which it can't take", _nothing)


def _statement(found: re.Match[str]) -> Fact:
    if found["with"]:
        return Fact("unsupported", "it has no `with` inside a function", _is_with)
    words = {"LOAD_BUILD_CLASS": "class", "IMPORT_NAME": "import"}
    what = words.get(found["code"], "statement of this kind")
    return Fact("unsupported", f"it has no {what} inside a function", _nothing)


def _no_memory(_: re.Match[str]) -> Fact:
    return Fact("unsupported", "a kernel can't make a list, a dict or an array", _is_made)


def _no_try(_: re.Match[str]) -> Fact:
    return Fact("unsupported", "a kernel can't catch exceptions", _is_try)


def _nothing(_: ast.AST) -> bool:
    return False


def _is_name(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Name) and node.id == name


def _is_attribute(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Attribute) and node.attr == name


def _calls(name: str) -> Callable[[ast.AST], bool]:
    def is_call(node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                return called == name.rpartition(".")[2]
            case _:
                return False

    return is_call


def _is_subscript(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript)


def _is_with(node: ast.AST) -> bool:
    return isinstance(node, ast.With)


def _is_list(node: ast.AST) -> bool:
    return isinstance(node, ast.List) and not node.elts


def _is_made(node: ast.AST) -> bool:
    return isinstance(node, ast.List | ast.Dict | ast.ListComp | ast.Call)


def _is_try(node: ast.AST) -> bool:
    return isinstance(node, ast.Try)


def _is_operator(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.Compare | ast.UnaryOp)


_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "matmul": "@", "and_": "&", "or_": "|", "xor": "^", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "neg": "-", "contains": "in",
}  # fmt: skip
_DEVICE_ARRAY = re.compile(r"(?:shared|local)\.array")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_RAISED_FROM = re.compile(r"Raised from (?P<file>\S.*?) \((?P<line>\d+)\)")
_MODULE = re.compile(r"Module\(<module '(?P<name>[\w.]+)'")
_NOISE = re.compile(r"Failed in |File \"|During: |<source|\^|>>> |def ")
_KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Fact]], ...] = (
    (re.compile(r"NameError: name '(?P<name>\w+)' is not defined"), _name),
    (
        re.compile(
            r"Untyped global name '(?P<name>\w+)':\s+Cannot determine Numba type of "
            r"<class '(?P<kind>[\w.]+)'>"
        ),
        _global,
    ),
    (re.compile(r"Unknown attribute '(?P<name>\w+)' of type (?P<type>.+)"), _attribute),
    (re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"), _no_member),
    (
        re.compile(
            r"No implementation of function .*?>>> (?P<name>[\w.]+)\((?P<types>.*?)\)\s*$",
            re.M | re.S,
        ),
        _no_call,
    ),
    (re.compile(r"Cannot unify (?P<one>.+?) and (?P<other>.+?) for '(?P<name>[^']+)'"), _unlike),
    (re.compile(r"Use of unsupported NumPy function '(?P<name>[\w.]+)'"), _unsupported),
    (re.compile(r"Cannot infer the type of variable '(?P<name>[^']+)'(?P<rest>.*)"), _vague),
    (re.compile(r"Cannot determine Numba type of <class '(?P<kind>[\w.]+)'>"), _argument),
    (
        re.compile(r"unsupported opcode \((?P<code>\w+)\)|The '(?P<with>with) .*not supported"),
        _statement,
    ),
    (re.compile(r"NRT required but not enabled"), _no_memory),
    (re.compile(r"no attribute 'set_try_status'"), _no_try),
)
"""What numba says, the most telling first: of an error inside another one, the outer one."""
