"""The next move after an error of Python's that beginners meet often."""

from __future__ import annotations

from tinytorch_ls.course.model import Step
from tinytorch_ls.runner.report import Raised


def error_help(step: Step, error: Raised, in_student_code: bool) -> str:
    """What to do about `error`, in one or two sentences; "" where the error says enough."""
    names = ", ".join(f"`{symbol.name}`" for symbol in step.symbols)
    if error.syntax_error:
        return "Python can't read the file from this place on. Look for a bracket or quote that is still open, or a missing colon."
    match error.type:
        case "AttributeError" | "ImportError" if not in_student_code and names:
            return f"The test looks for {names}. If you renamed or deleted it, *Reset step* puts it back."
        case "TypeError" if not in_student_code and "argument" in error.message:
            return f"The test calls {names} with the parameters that its stub had. Compare your `def` line with it; *Reset step* shows the stub again."
        case "RecursionError":
            return "The function calls itself without end. An operator such as `+` calls `add`: work on `self.data` inside it."
        case "NameError" | "UnboundLocalError":
            return "Python knows no variable of this name here. Check its spelling, and whether it needs `self.` before it."
        case "IndentationError" | "TabError":
            return "Use one kind of indentation in the file: four spaces a level."
        case "EOFError":
            return "A test has nobody who could type an answer, so `input()` can't be used here."
        case "ModuleNotFoundError":
            return "This package is not part of the course's environment. The steps need NumPy and your own modules only."
        case _:
            return ""
