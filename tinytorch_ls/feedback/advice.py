"""The next move after an error of Python's that beginners meet often."""

from __future__ import annotations

from tinytorch_ls.course.model import Step
from tinytorch_ls.runner.report import Plain, Raised

_NO_RETURN = "Your code gave `None`. A function without `return` gives `None`, and so does `print(...)`: look whether a `return` is missing."
_NO_CALL = (
    "This is a function that was not called. With parentheses behind its name it is: `name()`."
)
_FUNCTIONS = ("function", "method", "builtin_function_or_method")
_TELLING = {
    "RuntimeWarning": {
        "": "NumPy warns here, and a test takes the warning for an error. Avoid the operation that it names; where the lesson wants the inf or nan, put it inside `with np.errstate(...)`.",
    },
    "KeyError": {
        "": "The dict has no such key. `d.get(key)` gives `None` in place of this error.",
    },
    "TypeError": {
        "'function'": _NO_CALL,
        "object is not callable": "Parentheses call a function, and this is none. A property such as `t.shape` is read without them.",
        "only 0-dimensional arrays": "The functions of `math` take one number. NumPy's, such as `np.exp`, take a whole array.",
        "unexpected keyword argument 'dim'": "NumPy's words are `axis` and `keepdims`; `dim` and `keepdim` are PyTorch's.",
        "unexpected keyword argument 'keepdim'": "NumPy's words are `axis` and `keepdims`; `dim` and `keepdim` are PyTorch's.",
    },
    "ValueError": {
        "truth value of an array": "`if` wants one answer, and an array has one for each element. `np.where(test, a, b)` chooses element by element.",
        "could not be broadcast": "Counted from the right, lengths must be equal or 1. A reduction with `keepdims=True` leaves the 1.",
        "too many values to unpack": "A loop over a dict gives its keys alone; `.items()` gives pairs.",
    },
    "AttributeError": {
        "'NoneType' object": "A value is `None` here. Often it comes from a function without a `return`.",
    },
}


def error_help(step: Step, error: Raised, in_student_code: bool) -> str:
    """What to do about `error`, in one or two sentences; "" where the error says enough."""
    names = ", ".join(f"`{symbol.name}`" for symbol in step.symbols)
    if error.syntax_error:
        return "Python can't read the file from this place on. Look for a bracket or quote that is still open, or a missing colon."
    match error.type:
        case "AttributeError" | "TypeError" if (
            not in_student_code and "'NoneType'" in error.message
        ):
            return _NO_RETURN
        case "AttributeError" | "ImportError" if not in_student_code and names:
            return f"The test looks for {names}. If you renamed or deleted it, *Reset step* puts it back."
        case "TypeError" if not in_student_code and "argument" in error.message:
            return f"The test calls {names} with the parameters that its stub had. Compare your `def` line with it; *Reset step* shows the stub again."
        case "RecursionError":
            return "The function calls itself without end, perhaps through an operator: `a + b` on tensors calls `add`, and `layer(x)` calls `forward`."
        case "NameError" | "UnboundLocalError":
            return "Python knows no variable of this name here. Check its spelling, and whether it needs `self.` before it."
        case "IndentationError" | "TabError":
            return "Use one kind of indentation in the file: four spaces a level."
        case "EOFError":
            return "A test has nobody who could type an answer, so `input()` can't be used here."
        case "ModuleNotFoundError":
            return "This package is not part of the course's environment. The steps need NumPy and your own modules only."
        case _:
            told = _TELLING.get(error.type, {})
            return next((told[part] for part in told if part in error.message), "")


def value_help(value: Plain, wanted: Plain) -> str:
    """What to do about a value of a kind that beginners return by accident; "" for others."""
    if value["kind"] == "none" and wanted["kind"] != "none":
        return _NO_RETURN
    return _NO_CALL if value.get("type") in _FUNCTIONS else ""
