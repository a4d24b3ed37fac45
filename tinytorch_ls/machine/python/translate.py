"""Python's statements, and whole kernels: from a function and its arguments to the form."""

from __future__ import annotations

import ast
from dataclasses import replace
from types import FunctionType
from typing import Any, cast

from tinytorch_ls.machine import form
from tinytorch_ls.machine.emitter import converted
from tinytorch_ls.machine.numbers import BOOL, INT64, dtype_of_number
from tinytorch_ls.machine.python import calls
from tinytorch_ls.machine.python.emitter import Environment, FunctionFrame, LoopFrame, frame_of
from tinytorch_ls.machine.python.expressions import Expressions, element_of, unit_of
from tinytorch_ls.machine.python.source import shortened
from tinytorch_ls.machine.python.things import (
    CudaName,
    Device,
    Known,
    Range,
    Several,
    Thing,
    Together,
    View,
    declared_view,
    number,
    whole,
    words,
)
from tinytorch_ls.machine.refused import LocatedError, UnsupportedError
from tinytorch_ls.machine.report import raise_at
from tinytorch_ls.machine.values import is_array

DEEPEST = 40  # calls within calls


class Translator(Expressions):
    """Translates one kernel, with all that it calls."""

    def __init__(self, frame: FunctionFrame) -> None:
        super().__init__(frame)
        self.statement_call: ast.Call | None = None  # whose value nobody wants

    def body(self, statements: list[ast.stmt]) -> None:
        """Statements in a row; none behind one that leads away."""
        for statement in statements:
            if self.dead:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Any statement."""
        match node:
            case ast.Expr(value=value):
                self.expression_statement(value)
            case ast.Assign(targets=targets, value=value):
                self.assignment(node, targets, value)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assign(target, self.visit(value), node)
            case ast.AugAssign():
                self.augmented(node)
            case ast.If():
                self.branch(node)
            case ast.While():
                self.while_loop(node)
            case ast.For():
                self.for_loop(node)
            case ast.Break() | ast.Continue():
                self.leave(node)
            case ast.Return(value=value):
                self.give(node, value)
            case ast.Raise(exc=error):
                self.raised(node, error)
            case ast.Assert(test=test):
                self.asserted(node, test)
            case ast.Pass():
                pass
            case ast.Try():
                raise self.source.refused(node, "a kernel can't catch exceptions")
            case _:
                raise self.source.refused(node, "this is not for kernels")

    def expression_statement(self, node: ast.expr) -> None:
        """An expression for what it does."""
        self.statement_call = node if isinstance(node, ast.Call) else None
        found = self.visit(node)
        self.statement_call = None
        if isinstance(found, CudaName) and found.path:
            raise self.source.refused(
                node, f"cuda.{found.path} is not called without its parentheses"
            )
        if isinstance(found, form.Expression):
            self.emit(form.Evaluate(self.source.place(node), found))

    def discarded(self, node: ast.Call) -> bool:
        """Whether nobody wants what a call gives."""
        return node is self.statement_call

    def assignment(self, node: ast.stmt, targets: list[ast.expr], value: ast.expr) -> None:
        """a = b = value."""
        found = self.visit(value)
        if len(targets) > 1 or isinstance(targets[0], ast.Tuple):
            found = self.held(found, node)
        for target in targets:
            self.assign(target, found, node)

    def assign(self, target: ast.expr, thing: Thing, node: ast.stmt) -> None:
        """target = thing."""
        match target:
            case ast.Name(id=name):
                self.bind(name, thing, node)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                things = self.spread(thing, node.value if isinstance(node, ast.Assign) else target)
                if len(things) != len(parts):
                    raise self.source.refused(
                        node, f"{len(parts)} targets and {len(things)} values"
                    )
                for part, each in zip(parts, things, strict=True):
                    self.assign(part, each, node)
            case ast.Attribute(value=inner, attr=name) if self.is_record(inner):
                field = self.field(target, cast(View, self.visit(inner)), name)
                self.write(target, field, thing)
            case ast.Subscript():
                base = self.visit(target.value)
                if not isinstance(base, View):
                    raise self.source.refused(target, f"{words(base)} has no elements to write")
                self.write(target, self.part(target, base), thing)
            case _:
                raise self.source.refused(
                    target, "only variables and elements of arrays are assigned"
                )

    def write(self, target: ast.Subscript | ast.Attribute, view: View, thing: Thing) -> None:
        """array[index] = thing."""
        if view.dtype.names and not view.free:
            raise self.source.unsupported(target, "a record is written field by field")
        if view.free:
            raise self.source.unsupported(
                target, "a thread writes one element, not a part of an array"
            )
        value = number(thing)
        if value is None or (value.dtype.kind == "c" and view.dtype.kind != "c"):
            raise self.source.refused(
                target, f"an element of {view.dtype} can't become {words(thing)}"
            )
        place = self.source.place(target)
        self.emit(form.Store(place, element_of(view), converted(value, view.dtype)))

    def augmented(self, node: ast.AugAssign) -> None:
        """target op= value; an element of an array is read and written."""
        target = node.target
        if isinstance(target, ast.Subscript):
            base = self.visit(target.value)
            if not isinstance(base, View):
                raise self.source.refused(target, f"{words(base)} has no elements to write")
            view = self.part(target, base)
            if view.free:
                raise self.source.unsupported(target, "a thread writes one element at a time")
            held = self.held(view, node)
            assert isinstance(held, View)
            value = self.held(self.visit(node.value), node) if calls_something(node.value) else None
            old = self.loaded(held, target)
            right = self.visit(node.value) if value is None else value
            self.write(target, held, self.binary(target, node.op, old, right))
            return
        left, right = self.in_order(_read(target), node.value)
        self.assign(target, self.binary(target, node.op, left, right), node)

    # Calls.

    def call(self, node: ast.Call) -> Thing:
        """A call."""
        function = self.visit(node.func)
        if any(isinstance(each, ast.Starred) for each in node.args):
            raise self.source.refused(node, "arguments are given one by one")
        nodes = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = self.in_order(*nodes)
        names = [None] * len(node.args) + [keyword.arg for keyword in node.keywords]
        match function:
            case Device(function=called):
                return self.inlined(node, called, given, names)
            case CudaName(path=path):
                order = calls.SIGNATURES.get(path, ())
                return calls.call_cuda(self, node, path, _ordered(given, names, order))
            case Known(value=value) if number(function) is None:
                return calls.call_known(self, node, value, given)
            case _:
                raise self.source.refused(node, f"{words(function)} can't be called")

    def inlined(
        self, node: ast.Call, called: Any, given: list[Thing], names: list[str | None]
    ) -> Thing:
        """A device function, where it is called."""
        if self.frame.depth > DEEPEST:
            raise self.source.refused(
                node, "a device function that calls itself is not for kernels"
            )
        prefix = f"{self.frame.prefix}{called.__name__}@{node.lineno}:{node.col_offset}:"
        outer, environment = self.frame, self.env
        result: Thing | None = None
        while True:
            frame = frame_of(called, prefix, outer.depth + 1)
            frame.result = result
            arguments = self.arguments(node, frame, given, names)
            with self.collected() as body:
                self.frame, self.env, self.dead = frame, {}, False
                for name, value in arguments.items():
                    self.bind(name, value, frame.source.node.body[0])
                self.body(frame.source.node.body)
                self.frame, self.env, self.dead = outer, environment, False
            if frame.wider is None:
                break
            result = frame.wider
        self.emit(form.Inline(self.source.place(node), tuple(body)))
        if frame.result is not None:
            return frame.result
        never = isinstance(frame.source.node.body[-1], ast.Raise)  # as one that isn't written yet
        return Known(0 if never else None)

    def arguments(
        self, node: ast.Call, frame: FunctionFrame, given: list[Thing], names: list[str | None]
    ) -> dict[str, Thing]:
        """The parameters of a device function, with what they are."""
        parameters = [each.arg for each in frame.source.node.args.args]
        found = dict(zip(parameters, given[: names.count(None)], strict=False))
        found |= {n: v for n, v in zip(names, given, strict=True) if n is not None}
        defaults = frame.function.__defaults__ or ()
        late = parameters[len(parameters) - len(defaults) :]
        for name, value in zip(late, defaults, strict=True):
            found.setdefault(name, Known(value))
        if set(found) != set(parameters) or names.count(None) > len(parameters):
            raise self.source.refused(
                node,
                f"{frame.function.__name__} takes {len(parameters)} argument(s) "
                f"({', '.join(parameters)}), and is given {len(given)}",
            )
        return {name: found[name] for name in parameters}

    def give(self, node: ast.Return, value: ast.expr | None) -> None:
        """return value."""
        thing: Thing = Known(None) if value is None else self.visit(value)
        if isinstance(thing, Known) and thing.value is None:
            pass
        elif not self.frame.depth:
            raise self.source.refused(node, "a kernel returns nothing: it writes to its arrays")
        else:
            name = "~result"
            self.frame.returns = True
            if self.frame.result is None:
                self.frame.result = self.together(name, thing, thing)
            together = self.shared_meaning(name, self.frame.result, thing)
            if together is None:
                raise self.source.refused(node, f"the function gives {self.unlike[name]}")
            if together != self.frame.result:
                self.frame.wider = together
            else:
                self.convert(together, thing, node)
        self.emit(form.Return(self.source.place(node)))
        self.dead = True

    def raised(self, node: ast.Raise, error: ast.expr | None) -> None:
        """raise error."""
        thing = Known(RuntimeError("raise")) if error is None else self.visit(error)
        value = thing.value if isinstance(thing, Known) else None
        if isinstance(value, type) and issubclass(value, BaseException):
            value = value()
        if not isinstance(value, BaseException):
            raise self.source.refused(node, "an exception has constant arguments")
        self.emit(form.Raise(self.source.place(node), value))
        self.dead = True

    def asserted(self, node: ast.Assert, test: ast.expr) -> None:
        """assert test."""
        place = self.source.place(node)
        failed = form.Operation(BOOL, "not", (self.test_of(self.visit(test), test),))
        error = AssertionError(f"assert {shortened(test)}")
        self.emit(form.If(place, failed, (form.Raise(place, error),)))

    # Branches and loops.

    def branch(self, node: ast.If) -> None:
        """if: each variable is afterwards what both ways made of it."""
        test = self.visit(node.test)
        if isinstance(test, Known) and (number(test) is None or isinstance(test.value, bool)):
            self.body(node.body if test.value else node.orelse)
            return
        decided = self.test_of(test, node.test)
        before = dict(self.env)
        with self.collected() as yes:
            self.body(node.body)
            env_yes, dead_yes = self.env, self.dead
        self.env, self.dead = dict(before), False
        with self.collected() as no:
            self.body(node.orelse)
            env_no, dead_no = self.env, self.dead
        self.dead = dead_yes and dead_no
        if dead_yes or dead_no:
            self.env = env_no if dead_yes else env_yes
        else:
            self.env = self.merged(env_yes, env_no, yes, no, node)
        self.emit(form.If(self.source.place(node.test), decided, tuple(yes), tuple(no)))

    def merged(
        self,
        env_yes: Environment,
        env_no: Environment,
        yes: list[form.Statement],
        no: list[form.Statement],
        node: ast.stmt,
    ) -> Environment:
        """The variables behind two ways, to the ends of which conversions are added."""
        for one, other in ((env_yes, env_no), (env_no, env_yes)):
            for name in one.keys() - other.keys():
                if self.is_read_outside(name, node):
                    other.update(self.unwritten(name, one[name], node))
        together: Environment = {}
        for name in {**env_yes, **env_no}:
            a, b = env_yes.get(name), env_no.get(name)
            if name not in env_yes or name not in env_no:
                together[name] = a if name in env_yes else b
            elif a is not None and b is not None:
                together[name] = a if a == b else self.shared_meaning(name, a, b)
            else:
                together[name] = None
        for env, out in ((env_yes, yes), (env_no, no)):
            self.env = env
            with self.collected() as more:
                self.settle({n: t for n, t in together.items() if n in env}, node)
            out.extend(more)
        return together

    def looped(self, node: ast.For | ast.While, turn: Any) -> tuple[form.Statement, ...]:
        """A loop whose `turn()` translates its body, once its variables' types are known.

        A variable that the body assigns is at the head what it was before or what a turn made of
        it; what that is shows only when the body has been read, so it is read until it agrees.
        """
        entry = dict(self.env)
        head: Environment = dict(entry)
        assigned, early = assigned_in(node), dict[str, ast.expr]()
        while True:
            loop = LoopFrame(head, assigned)
            self.env = dict(head)
            self.frame.loops.append(loop)
            turn(loop)
            self.frame.loops.pop()
            orelse = self.behind(loop, node)
            early |= loop.early
            if loop.wider is None:
                break
            head = loop.wider
        for name, at in loop.early.items():  # no way through the loop gives it a value
            raise self.unbound(at, name)
        self.env = entry
        self.settle({n: t for n, t in head.items() if n in entry}, node)
        self.env = dict(head)
        for name in head.keys() - entry.keys():
            if name in early or self.is_read_outside(name, node):
                self.unwritten(name, head[name], node)
        return orelse

    def unwritten(self, name: str, thing: Thing | None, node: ast.stmt) -> Environment:
        """A variable to which a part of a statement gives a value: before it, it holds anything."""
        value = number(thing) if thing is not None else None
        if value is None:
            return {}
        array = self.arrays.setdefault(
            (f"{self.frame.prefix}{name}", node), form.Array(name, "local", value.dtype, 0, ())
        )
        place = self.source.place(node)
        element = form.Element(array, value.dtype, whole(0))
        local = self.local(name, value.dtype)
        self.emit(form.Assign(place, local, form.Load(value.dtype, element, place)))
        return {name: local}

    def is_read_outside(self, name: str, node: ast.stmt) -> bool:
        """Whether the function reads a variable elsewhere than in a statement."""
        inside = set(map(id, ast.walk(node)))
        return any(
            isinstance(each, ast.Name)
            and each.id == name
            and isinstance(each.ctx, ast.Load)
            and id(each) not in inside
            for each in ast.walk(self.source.node)
        )

    def end_turn(self, loop: LoopFrame, node: ast.stmt) -> None:
        """The variables as the loop's head wants them."""
        wider = self.settle(loop.head, node)
        if wider is not None:
            loop.wider = wider if loop.wider is None else {**loop.wider, **wider}

    def leave(self, node: ast.Break | ast.Continue) -> None:
        """break and continue."""
        loop = self.frame.loops[-1]
        self.end_turn(loop, node)
        place = self.source.place(node)
        self.emit(form.Break(place) if isinstance(node, ast.Break) else form.Continue(place))
        self.dead = True

    def while_loop(self, node: ast.While) -> None:
        """while."""
        parts: dict[str, Any] = {}

        def turn(loop: LoopFrame) -> None:
            with self.collected() as before:
                test = self.test_of(self.visit(node.test), node.test)
            parts["test"] = form.After(BOOL, tuple(before), test) if before else test
            with self.collected() as body:
                self.body(node.body)
                if not self.dead:
                    self.end_turn(loop, node)
            parts["body"] = tuple(body)

        orelse = self.looped(node, turn)
        place = self.source.place(node.test)
        self.emit(form.While(place, parts["test"], parts["body"], (), orelse))

    def behind(self, loop: LoopFrame, node: ast.For | ast.While) -> tuple[form.Statement, ...]:
        """The loop's else, which leaves the variables as a `break` does."""
        self.env, self.dead = dict(loop.head), False
        with self.collected() as orelse:
            self.body(node.orelse)
            if not self.dead:
                self.end_turn(loop, node)
        self.dead = False
        return tuple(orelse)

    def for_loop(self, node: ast.For) -> None:
        """for, over a range, an array or a tuple."""
        over = self.visit(node.iter)
        match over:
            case Range():
                self.counted(node, over, None)
            case _:
                end = calls.length_of(self, node.iter, over)
                self.counted(node, Range(whole(0), end, whole(1)), self.held(over, node))

    def counted(self, node: ast.For, over: Range, held: Thing | None) -> None:
        """A loop over a range; `held` is what its numbers are the places in."""
        parts: dict[str, Any] = {}
        dtype = over.start.dtype
        position = f"{node.lineno}:{node.col_offset}"
        counter = form.Local(dtype, f"{self.frame.prefix}~turn{position}")
        start = self.temporary(over.start, node.iter)
        stop = self.temporary(over.stop, node.iter)
        step = self.temporary(over.step, node.iter)

        def turn(loop: LoopFrame) -> None:
            with self.collected() as body:
                self.assign(node.target, self.of_turn(node, counter, held), node)
                self.body(node.body)
                if not self.dead:
                    self.end_turn(loop, node)
            parts["body"] = tuple(body)

        orelse = self.looped(node, turn)
        place = self.source.place(node.iter)
        self.emit(form.For(place, counter, start, stop, step, parts["body"], orelse))

    def of_turn(self, node: ast.For, counter: form.Local, held: Thing | None) -> Thing:
        """What the target of a loop is in a turn."""
        if held is None:
            return counter
        if isinstance(held, Together):
            return Several(tuple(self.of_turn(node, counter, part) for part in held.parts))
        if isinstance(held, Range):
            far = form.Operation(INT64, "*", (counter, converted(held.step, INT64)))
            return form.Operation(INT64, "+", (converted(held.start, INT64), far))
        name = f"~over{node.lineno}"
        self.env[name], self.env["~at"] = held, counter
        where: dict[str, Any] = {"ctx": ast.Load()}
        index = ast.Name("~at", **where)
        found = ast.Subscript(ast.Name(name, **where), index, **where)
        for each in ast.walk(found):
            ast.copy_location(each, node.iter)
        thing = self.visit(found)
        del self.env[name], self.env["~at"]
        return thing

    # Arrays.

    def declared(self, node: ast.Call, space: Any, shape: Any, dtype: form.DType) -> View:
        """A shared or local array: one for each place in the source where it is made."""
        key = self.frame.prefix, node
        array = self.arrays.get(key)
        if array is None:
            ndim = 1 if shape is None else len(shape)
            array = form.Array(self.target(node, space), space, dtype, ndim, shape)
            self.arrays[key] = array
        return declared_view(array)

    def target(self, node: ast.Call, space: str) -> str:
        """The variable that is given what a call makes."""
        for statement in ast.walk(self.source.node):
            if isinstance(statement, ast.Assign) and statement.value is node:
                target = statement.targets[0]
                if isinstance(target, ast.Name):
                    return target.id
        return f"a {space} array"

    def indexed(self, node: ast.Call, view: View, index: Thing) -> View:
        """The element that an atomic changes."""
        name = "~atomic"
        self.env[name], self.env["~at"] = view, index
        load: dict[str, Any] = {"ctx": ast.Load()}
        found = ast.Subscript(ast.Name(name, **load), ast.Name("~at", **load), **load)
        for each in ast.walk(found):
            ast.copy_location(each, node)
        part = self.part(found, view)
        del self.env[name], self.env["~at"]
        return part


def _read(target: ast.expr) -> ast.expr:
    """A target as an expression."""
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case _:
            return target


def calls_something(node: ast.expr) -> bool:
    """Whether an expression has a call in it."""
    return any(isinstance(each, ast.Call) for each in ast.walk(node))


def _ordered(given: list[Thing], names: list[str | None], order: tuple[str, ...]) -> list[Thing]:
    """Arguments as the parameters stand, those given by name too."""
    if not any(names):
        return given
    by_name = {n: each for n, each in zip(names, given, strict=True) if n is not None}
    rest = [by_name[name] for name in order[names.count(None) :] if name in by_name]
    return [*given[: names.count(None)], *rest]


def assigned_in(node: ast.AST) -> set[str]:
    """The variables to which a statement gives a value."""
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in names if isinstance(each.ctx, ast.Store)}


def translated(function: FunctionType, arguments: tuple[Any, ...]) -> form.Kernel:
    """A kernel, for arguments of these kinds. Raises RefusedError at the kernel's own line."""
    frame = frame_of(function, "", 0)
    translator = Translator(frame)
    parameters: list[form.Array | form.Local] = []
    names = [each.arg for each in frame.source.node.args.args]
    for name, value in zip(names, arguments, strict=True):
        if is_array(value) and value.dtype.names and unit_of(value.dtype) is None:
            why = f"`{name}` is an array of records with more than numbers in them"
            raise_at(UnsupportedError(f"the simulator does not run this: {why}"), frame.source.head)
        parameter = parameter_of(name, value)
        if parameter is None:
            translator.env[name] = Known(value)
            parameters.append(form.Local(INT64, f"~{name}"))
            continue
        parameters.append(parameter)
        if isinstance(parameter, form.Array):
            view = declared_view(parameter)
            translator.env[name] = replace(view, dtype=value.dtype)
        else:
            translator.env[name] = parameter
    body: list[form.Statement] = []
    wrong: LocatedError | None = None
    try:
        with translator.collected() as body:
            translator.body(frame.source.node.body)
    except LocatedError as error:
        wrong = error
    if wrong is not None:
        raise_at(wrong.error, wrong.place)
    arrays = tuple(translator.arrays.values())
    head = frame.source.head
    return form.Kernel(function.__name__, head, tuple(parameters), arrays, tuple(body))


def parameter_of(name: str, value: Any) -> form.Array | form.Local | None:
    """What an argument is to the kernel; None for what is known when it is compiled."""
    if is_array(value):
        unit: Any = unit_of(value.dtype) if value.dtype.names else value.dtype
        return form.Array(name, "global", unit, value.ndim)
    dtype = dtype_of_number(value)
    return None if dtype is None else form.Local(dtype, name)
