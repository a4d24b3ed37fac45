"""A kernel's source, rewritten so that the simulator sees each access, loop and CUDA call.

Lines and columns stay as they are, so tracebacks and breakpoints stay on the student's lines.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType
from typing import TypeVar

from tinytorch_ls.machine.python.source import NoSourceError, definition, parsed
from tinytorch_ls.machine.report import Place

Node = TypeVar("Node", bound=ast.AST)

READ, WRITE, TICK, DIVIDE = "__read", "__write", "__tick", "__divide"


@dataclass(frozen=True)
class Site:
    """One place in a kernel that touches memory, loops or calls CUDA."""

    place: Place
    target: str  # the variable that the result is assigned to, or ""


@dataclass(frozen=True)
class Instrumented:
    """A function with calls of READ, WRITE, TICK and DIVIDE in it, and its sites."""

    code: CodeType
    sites: tuple[Site, ...]  # numbered from the `first` that it was asked for


def instrument(function: FunctionType, cuda_names: frozenset[str], first: int) -> Instrumented:
    """Rewrite a kernel; `cuda_names` are the names by which it calls numba's `cuda`.

    Raises NoSourceError where its source is not to be had.
    """
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename))
    return _instrument(
        text, code.co_filename, function.__name__, code.co_firstlineno, cuda_names, first
    )


def closure_of(function: FunctionType) -> Mapping[str, object]:
    """The variables of an enclosing function that a kernel uses."""
    cells = function.__closure__ or ()
    return {
        name: cell.cell_contents
        for name, cell in zip(function.__code__.co_freevars, cells, strict=True)
    }


@lru_cache(maxsize=256)
def _instrument(
    text: str, file: str, name: str, line: int, cuda_names: frozenset[str], first: int
) -> Instrumented:
    found = definition(parsed(text), name, line)
    if found is None:
        raise NoSourceError(f"the source of kernel {name} is not in {file} any more")
    node = deepcopy(found)  # it is rewritten in place, and the tree serves other kernels too
    rewriter = _Rewriter(file, name, text.splitlines(), cuda_names, first)
    rewriter.add_head(node)
    body = [rewritten for statement in node.body for rewritten in rewriter.statement(statement)]
    bare = ast.arguments(
        posonlyargs=[], args=[ast.arg(a.arg) for a in node.args.args], kwonlyargs=[],
        kw_defaults=[], defaults=[],
    )  # fmt: skip
    again = ast.FunctionDef(name=name, args=bare, body=body, decorator_list=[])
    if hasattr(node, "type_params"):
        again.type_params = []  # pyright: ignore[reportAttributeAccessIssue]
    module = ast.Module([ast.copy_location(again, node)], [])
    compiled = compile(ast.fix_missing_locations(module), file, "exec", dont_inherit=True)
    (code,) = (each for each in compiled.co_consts if isinstance(each, CodeType))
    return Instrumented(code, tuple(rewriter.sites))


class _Rewriter(ast.NodeTransformer):
    """Rewrites one function, in place."""

    def __init__(
        self, file: str, function: str, lines: list[str], cuda_names: frozenset[str], first: int
    ) -> None:
        self.file = file
        self.function = function
        self.lines = lines
        self.cuda_names = cuda_names
        self.first = first
        self.sites: list[Site] = []
        self.target = ""
        self.temporaries = 0

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        result: ast.stmt | list[ast.stmt] = self.visit(node)
        return result if isinstance(result, list) else [result]

    def add_head(self, node: ast.FunctionDef) -> None:
        """The first site: the function's own name, for what concerns it as a whole."""
        start = self._character(node.lineno, node.col_offset)
        end = start + len(f"def {node.name}")
        place = Place(self.file, node.lineno, start, node.lineno, end, self.function)
        self.sites.append(Site(place, ""))

    def site(self, node: ast.stmt | ast.expr) -> ast.Constant:
        """The number of a new site at `node`."""
        end_line = node.end_lineno or node.lineno
        place = Place(
            self.file,
            node.lineno,
            self._character(node.lineno, node.col_offset),
            end_line,
            self._character(end_line, node.end_col_offset or 0),
            self.function,
        )
        self.sites.append(Site(place, self.target))
        return ast.Constant(self.first + len(self.sites) - 1)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """array[index], read."""
        base, index = self.visit(node.value), self._index(node.slice)
        return _at(node, _call(READ, base, index, self.site(node)))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """a / b as a GPU divides: inf and nan in place of ZeroDivisionError."""
        left, right = self.visit(node.left), self.visit(node.right)
        return _at(node, self._combined(node.op, left, right))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """cuda.something(...): with its site."""
        function = node.func if _root(node.func) in self.cuda_names else self.visit(node.func)
        arguments = [self.visit(each) for each in node.args]
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if isinstance(node.func, ast.Attribute) and _root(node.func) in self.cuda_names:
            keywords.append(ast.keyword("site", self.site(node)))
        return _at(node, ast.Call(function, arguments, keywords))

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        """target = value, where a target may be array[index]."""
        first = node.targets[0]
        self.target = first.id if isinstance(first, ast.Name) else ""
        value = self.visit(node.value)
        self.target = ""
        if isinstance(first, ast.Subscript) and len(node.targets) == 1:
            return [self._write(first, value)]
        after: list[ast.stmt] = []
        targets = [self._target(target, after) for target in node.targets]
        return [_at(node, ast.Assign(targets, value)), *after]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        """target op= value; of array[index], a read and a write."""
        value = self.visit(node.value)
        match node.target:
            case ast.Name(id=name):
                combined = self._combined(node.op, ast.Name(name, ast.Load()), value)
                return [_at(node, ast.Assign([ast.Name(name, ast.Store())], combined))]
            case ast.Subscript() as target:
                base, index = self._fresh(), self._fresh()
                keep: list[ast.stmt] = [
                    ast.Assign([ast.Name(base, ast.Store())], self.visit(target.value)),
                    ast.Assign([ast.Name(index, ast.Store())], self._index(target.slice)),
                ]
                read = _call(READ, _load(base), _load(index), self.site(target))
                combined = self._combined(node.op, _at(target, read), value)
                write = _call(WRITE, combined, _load(base), _load(index), self.site(target))
                return [_at(node, each) for each in [*keep, ast.Expr(_at(target, write))]]
            case _:
                return [_at(node, ast.AugAssign(node.target, node.op, value))]

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        """A loop that counts its turns."""
        after: list[ast.stmt] = []
        target = self._target(node.target, after)
        loop = ast.For(
            target, self.visit(node.iter), [self._tick(node), *after, *self._body(node.body)],
            self._body(node.orelse),
        )  # fmt: skip
        return [_at(node, loop)]

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        """A loop that counts its turns."""
        body = [self._tick(node), *self._body(node.body)]
        return [_at(node, ast.While(self.visit(node.test), body, self._body(node.orelse)))]

    def visit_If(self, node: ast.If) -> ast.stmt:
        """if, with its bodies rewritten."""
        test = self.visit(node.test)
        return _at(node, ast.If(test, self._body(node.body), self._body(node.orelse)))

    def _body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [each for statement in statements for each in self.statement(statement)]

    def _tick(self, loop: ast.For | ast.While) -> ast.stmt:
        """Counts a turn; its site is the head of the loop, without the body."""
        head = loop.iter if isinstance(loop, ast.For) else loop.test
        return _at(head, ast.Expr(_at(head, _call(TICK, self.site(head)))))

    def _combined(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> ast.expr:
        if isinstance(operator, ast.Div):
            return _call(DIVIDE, left, right)
        return ast.BinOp(left, operator, right)

    def _target(self, node: ast.expr, after: list[ast.stmt]) -> ast.expr:
        """A target to assign to; what has to be written to memory then goes to `after`."""
        match node:
            case ast.Subscript():
                name = self._fresh()
                after.append(self._write(node, _load(name)))
                return _at(node, ast.Name(name, ast.Store()))
            case ast.Tuple() | ast.List():
                elements = [self._target(each, after) for each in node.elts]
                return _at(node, ast.Tuple(elements, ast.Store()))
            case _:
                return node

    def _write(self, target: ast.Subscript, value: ast.expr) -> ast.stmt:
        base, index = self.visit(target.value), self._index(target.slice)
        write = _at(target, _call(WRITE, value, base, index, self.site(target)))
        return _at(target, ast.Expr(write))

    def _index(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Tuple():
                return _at(node, ast.Tuple([self._index(e) for e in node.elts], ast.Load()))
            case ast.Slice():
                parts = (node.lower, node.upper, node.step)
                given = [ast.Constant(None) if p is None else self.visit(p) for p in parts]
                return _at(node, _call("slice", *given))
            case _:
                return self.visit(node)

    def _fresh(self) -> str:
        self.temporaries += 1
        return f"__kept{self.temporaries}"

    def _character(self, line: int, byte_column: int) -> int:
        if line > len(self.lines) or self.lines[line - 1].isascii():
            return byte_column
        return len(self.lines[line - 1].encode()[:byte_column].decode(errors="replace"))


def _root(node: ast.expr) -> str | None:
    """`cuda` of `cuda.shared.array`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_load(name), list(arguments), [])


def _at(where: ast.AST, node: Node) -> Node:
    return ast.copy_location(node, where)
