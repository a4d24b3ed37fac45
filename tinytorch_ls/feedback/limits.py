"""What is said of a step whose run reached a limit or ended early."""

from __future__ import annotations

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.runner.report import Limit


def limit_failure(step: Step, limit: Limit, output: str) -> Failure:
    """The limit, the step, and the next move."""
    headline, advice = _words(limit)
    return Failure(f"{step.id} {headline}", help=advice, output=output)


def _words(limit: Limit) -> tuple[str, str]:
    detail = limit.detail
    match limit.kind:
        case "time":
            return (
                f"was stopped: it ran for {detail} without an end.",
                "Look for a loop whose condition stays true.",
            )
        case "memory":
            return (
                f"was stopped: it took more than {detail} of memory.",
                "Look for a list or an array that grows in a loop, or a shape with too many zeros.",
            )
        case "file-size":
            return (
                f"was stopped: it wrote or printed more than {detail}.",
                "Look for a print inside a loop that does not end.",
            )
        case "processes":
            return (
                f"was stopped: it called {detail}.",
                "A step may not start or signal other processes.",
            )
        case "write":
            return (
                f"was stopped: it tried to change {detail}.",
                "A step may write only in the folder that its test hands it. Nothing was changed.",
            )
        case "exit":
            return (
                f"ended Python: {detail}.",
                "Return a value or raise an error; leave `exit` to the program that calls you.",
            )
        case "crash":
            return (
                f"crashed Python ({detail}).",
                "Python rarely crashes by itself: look for ctypes, or for endless recursion.",
            )
