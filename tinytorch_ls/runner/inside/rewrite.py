"""Compiles lesson tests so that each operand of a call is seen before the call is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from tinytorch_ls.runner.report import Frame

SEE = "__tinytorch_see__"  # the name under which a rewritten text finds `Witness.see`
BEGIN = "__tinytorch_begin__"  # and `Witness.begin`
TURNS = "__tinytorch_turns__"  # and `Witness.turns`
_SEEN = (ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript)
_HELD = (ast.List, ast.Tuple, ast.Dict)
_TAKING_TURNS = ("list", "tuple", "dict", "set", "sorted", "next", "zip", "enumerate")
_WANTED = ("because", "mentions")


@dataclass(frozen=True)
class Script:
    """A file of tests or pictures, compiled, with what its expectations call."""

    code: CodeType
    calls: dict[int, str]
    source: str


def script_of(source: str, path: str) -> Script:
    """The text of a file, compiled. Raises SyntaxError, ValueError."""
    tree = ast.parse(source, path)
    calls = calls_by_line(tree, source)
    witnessed(tree, source)
    return Script(compile(tree, path, "exec", dont_inherit=True), calls, source)


def witnessed(tree: ast.AST, source: str) -> None:
    """Let every operand of the calls inside functions be seen; places in the text stay."""
    lines = source.encode("utf-8").splitlines(keepends=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            rewriter = Operands(lines)
            node.body = [rewriter.visit(statement) for statement in node.body]
            if node.name.startswith("test"):  # a helper's statements are a part of its caller's
                _begin_statements(node)


def _begin_statements(block: ast.AST) -> None:
    """Say before each statement of a block that one begins."""
    for name in ("body", "orelse", "finalbody"):
        statements: list[ast.stmt] = getattr(block, name, [])
        told: list[ast.stmt] = []
        for statement in statements:
            if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                _begin_statements(statement)
            if not _is_docstring(statement):
                told.append(_begin_at(statement))
            told.append(statement)
        statements[:] = told
    for handler in getattr(block, "handlers", ()):
        _begin_statements(handler)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _begin_at(statement: ast.stmt) -> ast.stmt:
    call = ast.Call(ast.Name(BEGIN, ast.Load()), [], [])
    begin = ast.Expr(call)
    for new in (begin, call, call.func):
        ast.copy_location(new, statement)
        new.end_lineno, new.end_col_offset = new.lineno, new.col_offset
    return begin


class Operands(ast.NodeTransformer):
    """Wraps what a call, an operator, an index or a property takes."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node  # the walk comes to it by itself

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _is_expect(node.func):
            return self.generic_visit(node)  # the value of an expectation is no operand
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _TAKING_TURNS:
            node.args = [_turns(argument) for argument in node.args]
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.seen(node.func.value)
        node.args = [self.seen(argument) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg not in _WANTED:
                keyword.value = self.seen(keyword.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and not _is_expect(node):
            node.value = self.seen(node.value)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = _turns(node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = _turns(node.iter)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        node.left, node.right = self.seen(node.left), self.seen(node.right)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        node.operand = self.seen(node.operand)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        node.left = self.seen(node.left)
        node.comparators = [self.seen(comparator) for comparator in node.comparators]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value, node.slice = self.seen(node.value), self.seen(node.slice)
        return node

    def seen(self, node: ast.expr) -> ast.expr:
        """The operand, handed through `see`."""
        if isinstance(node, ast.Starred):
            node.value = self.seen(node.value)
            return node
        held = isinstance(node, _HELD) and not _is_literal(node)
        if not (held or isinstance(node, _SEEN)) or _is_ours(node):
            return node
        label, made = segment(self.lines, node), _is_made(node)
        said: list[ast.expr] = [ast.Constant(label), ast.Constant(made)]
        call = ast.Call(ast.Name(SEE, ast.Load()), [node, *said], [])
        for new in (call, call.func, *said):
            ast.copy_location(new, node)
        return call


def _turns(node: ast.expr) -> ast.expr:
    """What a test goes through, handed through `turns`."""
    if isinstance(node, ast.Starred):
        return node
    call = ast.Call(ast.Name(TURNS, ast.Load()), [node], [])
    for new in (call, call.func):
        ast.copy_location(new, node)
    return call


def _is_made(node: ast.expr) -> bool:
    """Whether an operand is what another call of the test gave, and not put together for it."""
    inner = list(_made(node))
    return any(inner) or (bool(inner) and not _is_construction(node))


def _made(node: ast.expr) -> Iterator[bool]:
    """Of each operand inside that is seen already, whether a call gave it."""
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Name(id=name), args=[_, _, ast.Constant(value=bool(made))]) if (
                name == SEE
            ):
                yield made
            case _:
                pass


def _is_construction(node: ast.expr) -> bool:
    """A list, an array of NumPy's, an object of a class, or a part of one."""
    match node:
        case ast.List() | ast.Tuple() | ast.Dict() | ast.Attribute():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name[0].isupper()
        case ast.Call(func=ast.Attribute(value=ast.Call(args=[ast.Name(id="np"), *_]))):
            return True
        case _:
            return False


def _is_literal(node: ast.expr) -> bool:
    """Whether an expression is numbers and texts alone, as in [[1.0, -2.0]]."""
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _is_ours(node: ast.expr) -> bool:
    """Whether an operand is seen already, or is the recorder itself."""
    return _is_seen(node) or (isinstance(node, ast.Name) and node.id == "expect")


def _is_seen(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name == SEE
        case _:
            return False


def _is_expect(function: ast.expr) -> bool:
    """`expect` itself, or a method of what it gives; not `expect.raises`, which calls."""
    match function:
        case ast.Name(id="expect"):
            return True
        case ast.Attribute(value=ast.Call(func=ast.Name(id="expect"))):
            return True
        case _:
            return False


def calls_by_line(tree: ast.AST, source: str) -> dict[int, str]:
    """The source of what each `expect(...)`, `expect.raises(...)` and so on is handed.

    Every line of the statement has it, since Python versions differ in which of them a call is.
    """
    calls: dict[int, str] = {}
    lines = source.encode("utf-8").splitlines(keepends=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and (text := _expected_call(lines, node)):
            numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            calls.update(dict.fromkeys(numbers, text))
    return calls


def _expected_call(lines: list[bytes], statement: ast.Expr) -> str | None:
    """What a statement of a test hands to `expect`; None where it hands it nothing."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Name(id="expect"), args=[argument]):
                return segment(lines, argument)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="expect"), attr="raises")):
                return _call_text(lines, node)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="expect"), attr="compiles"), args=[kernel, *_]
            ):
                return segment(lines, kernel)
            case _:
                pass
    return None


def _call_text(lines: list[bytes], node: ast.Call) -> str:
    """`expect.raises(ValueError, a.add, b, because=...)` as "a.add(b)"."""
    function, *args = (segment(lines, arg) for arg in node.args[1:])
    keywords = [
        f"{keyword.arg}={segment(lines, keyword.value)}"
        for keyword in node.keywords
        if keyword.arg not in _WANTED
    ]
    return f"{function}({', '.join([*args, *keywords])})"


def segment(lines: list[bytes], node: ast.expr) -> str:
    """The source of an expression in one line; columns count bytes of UTF-8."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    found = lines[first : last + 1]
    found[-1] = found[-1][: node.end_col_offset]
    found[0] = found[0][node.col_offset :]
    return " ".join(line.decode("utf-8", "replace").strip() for line in found)


def call_at(source: str, place: Frame) -> str:
    """The expression at a place of a test, such as the call that an error left; "" if unknown."""
    if place.column is None or place.end_column is None:
        return _statements(source).get(place.line, "")
    lines = source.splitlines()[place.line - 1 : place.end_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][: place.end_column]
    lines[0] = lines[0][place.column :]
    text = " ".join(line.strip() for line in lines)
    return "" if text.startswith(("expect(", "expect.")) else text


@lru_cache(maxsize=16)
def _statements(source: str) -> dict[int, str]:
    """The expression of the innermost statement in each line, but for expectations."""
    found: dict[int, str] = {}
    lines = source.encode("utf-8").splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt) or (value := _expression(node)) is None:
            continue
        text = segment(lines, value)
        if not text.startswith(("expect(", "expect.")):
            has_body = isinstance(node, ast.For | ast.While | ast.If)
            last = value.end_lineno if has_body else node.end_lineno
            numbers = range(node.lineno, (last or node.lineno) + 1)
            found.update(dict.fromkeys(numbers, text))
    return found


def _expression(statement: ast.stmt) -> ast.expr | None:
    """What a statement computes; of one with a body, what its head does."""
    match statement:
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return():
            return statement.value
        case ast.For():
            return statement.iter
        case ast.While() | ast.If() | ast.Assert():
            return statement.test
        case _:
            return None
