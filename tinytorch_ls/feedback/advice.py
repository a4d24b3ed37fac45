"""The next move after an error of Python's that beginners meet often."""

from __future__ import annotations

import ast
import re
from typing import Literal

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.slips import ASYNC, LOOKED_FOR
from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import UNREACHED, Change, Deviation, Raised
from tinytorch_ls.runner.values import Bool, Nothing, Other, Plain, Wanted

NO_RETURN = "Your code gave `None`. A function without `return` gives `None`, and so does `print(...)`: look whether a `return` is missing."
STILL_NONE = ("A value is still `None`", "Nothing was put where the test looks.")
UNRECORDED = "`None` means that nothing was recorded on the way: compute with the tensors themselves, without `.data` and `detach()`."
_OF_A_CAST = "Look for a cast, or for an array of another dtype that joins in."
_OF_FLOAT64 = f"{_OF_A_CAST} NumPy makes float64 where no dtype is named: of Python's fractions, in `np.zeros`, and of whole numbers that it divides."
_LONGEST = 60  # of an operand's text
_NO_CALL = (
    "This is a function that was not called. With parentheses behind its name it is: `name()`."
)
_WARNED = "NumPy warns here, and a test takes the warning for an error."
_SILENT = 'Where the inf or nan is right, compute it inside `with np.errstate({}="ignore"):`.'
_ONE_NUMBER = "`float`, `int` and the functions of `math` take one number. NumPy's functions, such as `np.exp`, take a whole array; `.item()` reads the number of an array that has one."
_OF_A_TENSOR = (
    "Hands a Tensor to a function of NumPy's",
    "NumPy's functions take arrays: that of a tensor `t` is `t.data`. What they give is an array again.",
)
_OF_PYTORCH = (
    "Hands what is no tensor of PyTorch's to a function of PyTorch's",
    "PyTorch's functions take PyTorch's own tensors; the `Tensor` of this course is the one that you write. The step is to be written with NumPy: the array of a tensor `t` is `t.data`.",
)
_AXIS = "NumPy's words are `axis` and `keepdims`; `dim` and `keepdim` are PyTorch's."
_PLAIN = "A number of Python's came here, and it has no such attribute. Make of it what you expect first, or look where it comes from."
_NO_NAME = "Python knows no variable of this name here. Compare it with the names in the `def` line; a module has to be imported above, and what belongs to the object stands behind `self.`."
_FUNCTIONS = ("function", "method", "builtin_function_or_method")
_LACKS = re.compile(r"'([\w.]+)' object has no attribute '(\w+)'")
_UNPACKED = re.compile(r"(too many|not enough) values to unpack")
_MORE_OR_FEWER = {"too many": "more", "not enough": "fewer"}
_CALLED = re.compile(r"([\w.<>]+)\(\) .*argument")
_NO_FUNCTION = re.compile(r"'([\w.]+)' object is not callable")
_TELLING: dict[str, dict[str, tuple[str, str]]] = {
    "RuntimeWarning": {
        "overflow": (
            "Overflows",
            f"A number is too large for its dtype here. Look for `exp` or a power of a large number. {_SILENT.format('over')}",
        ),
        "divide by zero": (
            "Divides by zero, or takes the logarithm of it",
            f"{_WARNED} {_SILENT.format('divide')}",
        ),
        "invalid value": (
            "Makes nan",
            f"Infinity minus infinity, infinity times or over 0, 0 over 0, or a root of a negative number. {_WARNED} {_SILENT.format('invalid')}",
        ),
        "Mean of empty slice": (
            "Takes the mean of no numbers",
            f"NumPy's `mean` warns of it also inside `np.errstate`. The sum over the count is 0 / 0 there, which is nan. {_SILENT.format('invalid')}",
        ),
        "": ("NumPy warns of it", f"{_WARNED} Avoid the operation that it names."),
    },
    "KeyError": {
        "": (
            "Asks a dict for a key that is not in it",
            "`d.get(key)` gives `None` in place of this error.",
        ),
    },
    "StopIteration": {
        "": (
            "Takes more than there is",
            "`next` was called once more than the test has values for.",
        ),
    },
    "RecursionError": {
        "": (
            "Calls nest too deep",
            "Python lets about 1,000 calls nest. Does the function call itself without end? Perhaps through an operator: `a + b` on tensors calls `add`, and `layer(x)` calls `forward`. Where it has an end, a loop with a list of what waits goes as deep as you like.",
        ),
    },
    "TypeError": {
        "must be Tensor, not": _OF_PYTORCH,
        "expected Tensor as element": _OF_PYTORCH,
        "'function'": ("A function that was not called", _NO_CALL),
        "object is not callable": (
            "Calls what is no function",
            "Parentheses call a function, and this is none. A property such as `t.shape` is read without them.",
        ),
        "only 0-dimensional arrays": (
            "Hands an array to a function for one number",
            _ONE_NUMBER,
        ),
        "only length-1 arrays": (
            "Hands an array to a function for one number",
            _ONE_NUMBER,
        ),
        "takes arrays, not a Tensor": _OF_A_TENSOR,
        "called like that, takes arrays": _OF_A_TENSOR,
        "unexpected keyword argument 'out'": _OF_A_TENSOR,
        "Tensor.mean() got an unexpected keyword argument 'dtype'": _OF_A_TENSOR,
        "unexpected keyword argument 'dim'": ("PyTorch's word for NumPy's", _AXIS),
        "unexpected keyword argument 'keepdim'": ("PyTorch's word for NumPy's", _AXIS),
        "unexpected keyword argument 'axis'": (
            "NumPy's word for PyTorch's",
            "The tensor's words are `dim` and `keepdim`.",
        ),
        "missing": (
            "An argument is missing",
            "Compare the call with the `def` line of what it calls.",
        ),
        "positional argument": (
            "Too many arguments",
            "Compare the call with the `def` line of what it calls.",
        ),
        "cannot be interpreted as an integer": ("A number that must be whole is not", ""),
        "unsupported operand": ("An operator between things that don't go together", ""),
        "not subscriptable": ("An index on something that has none", ""),
        "returned non-iterator": (
            "`__iter__` gives no iterator",
            "With `yield` in it a function hands out one value after the other; `return` ends it with the first.",
        ),
        "not iterable": ("A loop over something that has no items", ""),
        "should return None": (
            "`__init__` gives something back",
            "Python makes the object; `__init__` fills it and returns nothing.",
        ),
    },
    "ValueError": {
        "truth value of an array": (
            "Asks one question of a whole array",
            "`if` wants one answer, and an array has one for each element. `np.where(test, a, b)` chooses element by element, `np.maximum(a, b)` takes the greater of each two.",
        ),
        "could not be broadcast": (
            "Shapes that don't fit",
            "Counted from the right, lengths must be equal or 1. A reduction with `keepdims=True` leaves the 1.",
        ),
        "not enough values to unpack": (
            "Takes more parts than there are",
            "Count the names on the left: a shape has one number for each dimension.",
        ),
        "too many values to unpack": (
            "Takes fewer parts than there are",
            "A loop over a dict gives its keys alone; `.items()` gives pairs.",
        ),
        "can only convert an array of size 1": ("Takes many numbers for one", ""),
        "matmul": (
            "Shapes that don't fit",
            "`@` is the product of matrices, whose inner lengths must be equal: (n, k) by (k, m). `*` multiplies number by number.",
        ),
        "cannot reshape": ("A shape with another number of elements", ""),
    },
    "AxisError": {
        "": (
            "A dimension that is not there",
            "The axis is fixed, or it is counted from the wrong end: an array of n dimensions has 0 to n - 1.",
        ),
    },
    "IndexError": {
        "only integers, slices": (
            "An index of a kind that NumPy does not take",
            "Whole numbers, slices, lists and arrays are indices. Of a Tensor, `.data` is one.",
        ),
        "arrays used as indices": (
            "An index of numbers that are neither whole nor bool",
            "An index says which places, by whole numbers, or for each place whether, by bools.",
        ),
        "tuple index": (
            "A place of a tuple that is not there",
            "A shape has one length for each dimension: that of a vector, such as (3,), has one.",
        ),
        "": ("An index that is not there", "A row of n has the places 0 to n - 1."),
    },
    "AttributeError": {
        "'NoneType' object": (
            "A value is `None`",
            "Often it comes from a function without a `return`.",
        ),
        "'float' object": ("A plain number where more is expected", _PLAIN),
        "'int' object": ("A plain number where more is expected", _PLAIN),
        "": (
            "Reads what the object does not have",
            "Compare the name with the one under which it was kept.",
        ),
    },
    "NameError": {"": ("Uses a name that is not there", _NO_NAME)},
    "UnboundLocalError": {"": ("Uses a name before it has a value", _NO_NAME)},
    "EOFError": {
        "": (
            "Asks for input",
            "A test has nobody who could type an answer, so `input()` can't be used here.",
        )
    },
    "ModuleNotFoundError": {
        "": (
            "Imports what is not there",
            "This package is not installed here, and no step needs it: the packages that a step needs "
            "are imported in its file already.",
        ),
    },
    "NotImplementedError": {"": ("Not finished", "A line still says that this is not written.")},
}


def error_name(
    error: Raised, *, in_student_code: bool = True, silent: bool = False
) -> tuple[str, str]:
    """What an error is in words, and what to do about it; ("", "") where its own words say enough.

    Outside of the student's code, a test met something in what the student's code gave, or left
    behind where it is `silent`: where nothing that it should give comes back.
    """
    if not in_student_code and (found := _of_result(error, silent=silent)):
        return found
    told = _TELLING.get(error.type, {})
    title, way_out = next((told[part] for part in told if part in error.message), ("", ""))
    return title, say(_NO_NAME) if way_out == _NO_NAME else way_out


def _of_result(error: Raised, *, silent: bool) -> tuple[str, str] | None:
    """What came of a call in which a test did not find what it wanted; None for other errors."""
    if error.type == "KeyError":
        return f"Leaves out {error.message}", ""
    if found := _UNPACKED.match(error.message):
        return f"Gives {_MORE_OR_FEWER[found[1]]} parts than the test takes", ""
    if found := _LACKS.match(error.message):
        if silent and found[1] == "NoneType":
            return STILL_NONE
        return _of_kind(found[1], f"which has no `{found[2]}`")
    if found := _NO_FUNCTION.match(error.message):
        return _of_kind(found[1], "which can't be called")
    return None


def _of_kind(kind: str, what_it_is: str) -> tuple[str, str]:
    if kind == "NoneType":
        return "Gives nothing back", NO_RETURN
    if kind in _FUNCTIONS:
        return "Gives a function, not its result", _NO_CALL
    return f"Gives {a(kind)}, {what_it_is}", ""


def error_help(step: Step, error: Raised, *, in_student_code: bool, silent: bool = False) -> str:
    """What to do about `error`, in one or two sentences; "" where the error says enough."""
    names = ", ".join(f"`{symbol.name}`" for symbol in step.symbols)
    if error.type == UNREACHED:
        return say(
            "With the library's code it gets there. Look at what your code gives it to go through: it is empty here, or ends too soon."
        )
    match error.type:
        case "AttributeError" | "TypeError" if (
            not in_student_code and "'NoneType'" in error.message
        ):
            return STILL_NONE[1] if silent else say(NO_RETURN)
        case "AttributeError" | "ImportError" if not in_student_code and _is_gone(step, error):
            return say(LOOKED_FOR, names=names)
        case "TypeError" if not in_student_code and _is_call_of(step, error):
            return say(
                "The test calls {names} with the parameters that its stub had. Compare your `def` line with it; *Reset step* shows the stub again.",
                names=names,
            )
        case _:
            return error_name(error, in_student_code=in_student_code)[1]


def _is_call_of(step: Step, error: Raised) -> bool:
    """Whether Python refused the arguments of a function of the step, which it names."""
    called = _CALLED.match(error.message)
    return bool(called) and _as_called(called[1]) in {_as_called(s.name) for s in step.symbols}


def _as_called(name: str) -> str:
    """The last part of a qualified name; of a constructor the class."""
    return name.removesuffix(".__init__").rpartition(".")[2]


def _is_gone(step: Step, error: Raised) -> bool:
    """Whether what a test did not find is a symbol of the step, and no attribute of a result."""
    lacks = _LACKS.match(error.message)
    if (
        lacks and not lacks[1][:1].isupper()
    ):  # a kind of Python's or NumPy's: no class of a lesson's
        return False
    names = (symbol.name.rpartition(".")[2] for symbol in step.symbols)
    return any(f"'{name}'" in error.message for name in names)


def value_help(value: Plain, wanted: Wanted, *, silent: bool = False) -> str:
    """What to do about a value of a kind that beginners return by accident; "" for others."""
    match value:
        case Nothing() if not isinstance(wanted, Nothing):
            return STILL_NONE[1] if silent else say(NO_RETURN)
        case Other(type="coroutine"):
            return say(ASYNC)
        case Other(type=kind) if kind in _FUNCTIONS:
            return say(_NO_CALL)
        case _:
            return ""


def deviation_words(
    strays: Deviation, call: str, function: str | None, parameter: str = "", part: str = ""
) -> tuple[str, str]:
    """The fact in which a value is not as it should be, and the way out.

    `parameter` is what the function calls an input that it changed, `part` which item of a tuple is
    meant. What a test reads from an object no function gave: "`x.grad` is a list".
    """
    name = function.rpartition(".")[2] if function else ""
    name = "" if name == "__init__" else name  # which gives nothing: the class gives an object
    what = f"`{name or call}`"
    if strays.at is not None and (item := _item(call, strays.at)):
        call, part = item, ""
    gave, value, source = f"{what} gave", f"What {what} gave", _source(call, name)
    if source == "read":
        gave, value = f"`{call}` is", f"`{call}`"
    match strays.fact:
        case "kind" if strays.yields:
            return f"{what} yields {a(strays.got)}; {a(strays.wanted)} was wanted.", ""
        case "kind":
            gave = f"`{call}` gave" if source == "more" else gave
            none = strays.got == "None" and source == "function" and name and not part
            way_out = say(NO_RETURN) if none else ""
            if (strays.got, strays.wanted) == ("array", "Tensor"):
                way_out = _OF_AN_ARRAY
            if strays.got == "coroutine":
                way_out = say(ASYNC)
            if of_gradients(call) and strays.got.endswith("None"):
                way_out = UNRECORDED
            return f"{gave} {a(strays.got)}{part}; {a(strays.wanted)} was wanted.", way_out
        case "dtype":
            fact = f"{gave} {strays.got}; {strays.wanted} was wanted."
            return fact, _OF_FLOAT64 if strays.got.startswith("float64") else _OF_A_CAST
        case "memory" if not strays.got:
            fact = f"{value} has memory of its own; it should share that of `{strays.wanted}`."
            return fact, "A copy was made on the way: the array itself is wanted, or a view of it."
        case "memory":
            fact = f"{value} shares its memory with `{strays.got}`."
            return fact, "A later change of one would change the other: give a new array."
        case "changes" if strays.change and strays.got:
            return _changed(what, strays.change, parameter)
        case "changes":
            return f"{what} left `{strays.wanted}` as it was; it should change.", ""


def of_gradients(call: str) -> bool:
    """Whether a test looks at what `gradients` found, and at no result of the function itself."""
    return call.startswith("gradients(")


def _item(call: str, at: int) -> str:
    """What stands at a place of a tuple or list that a test wrote itself; "" where it wrote none."""
    match _expression(call):
        case ast.Tuple(elts=items) | ast.List(elts=items) if at < len(items):
            return ast.unparse(items[at])
        case _:
            return ""


def _source(call: str, name: str) -> Literal["function", "read", "more"]:
    """Where the value comes from that a test looks at: from the step's function itself, read from
    something, or made of what the function gave, as by `sorted(answer)`."""
    if of_gradients(call):
        return "more"
    special = not name or name.startswith("__")  # as `x[0]` calls `__getitem__`
    match _expression(call):
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return "function" if special or called == name else "more"
        case ast.Attribute(attr=read):
            return "function" if read == name else "read"
        case ast.Subscript():
            return "read" if not name else "function" if special else "more"
        case None:
            return "function"
        case looked_at:  # `a + b` is the function's own, `f(a) + b` is not
            own = special or not re.search(rf"\b{re.escape(name)}\b", ast.unparse(looked_at))
            return "function" if own else "more"


def _expression(call: str) -> ast.expr | None:
    try:
        return ast.parse(call, mode="eval").body
    except SyntaxError:
        return None


def identity_words(call: str, value: Plain) -> str:
    """What is wrong where a test asks whether two things are one; "" where it asks another thing."""
    match _expression(call), value:
        case ast.Compare(
            left=one, ops=[ast.Is() | ast.IsNot() as way], comparators=[other]
        ), Bool():
            if isinstance(other, ast.Constant):
                return ""
            same = value.value == isinstance(way, ast.Is)
            told = (_ONE, f"{_TWO} were wanted") if same else (_TWO, f"{_ONE} was wanted")
            both = f"`{ast.unparse(one)}` and `{ast.unparse(other)}`"
            return f"{both} are {told[0]}; {told[1]}."
        case _:
            return ""


_OF_AN_ARRAY = (
    "NumPy gives arrays. The operations of tensors give Tensors; inside such an operation, "
    "`wrap(array)` makes one."
)
_ONE, _TWO = "one and the same object", "two different objects"
_WRITTEN = (
    "`x -= m`, `x[...] = ...` and `out=` write into the array that came in. `x = x - m` makes a "
    "new one."
)
_SET = (
    "`x.shape = ...` and `t.data = ...` change what came in. `x.reshape(...)` and `x.astype(...)` "
    "make a new one."
)


def _changed(what: str, change: Change, parameter: str) -> tuple[str, str]:
    own = f" `{parameter}`" if parameter not in ("", change.label) else ""
    label = change.label if len(change.label) < _LONGEST else f"{change.label[:_LONGEST]}…"
    place = f"`{label}{change.place}` was {change.before}, is {change.after}"
    return f"{what} changed its input{own}: {place}.", _SET if change.form else _WRITTEN


def a(kind: str) -> str:
    """A kind with its article: "a Tensor", "an array", "None"."""
    if kind == "None":
        return kind
    return f"an {kind}" if kind[0].lower() in "aeio" else f"a {kind}"
