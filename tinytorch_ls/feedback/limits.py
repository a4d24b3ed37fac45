"""What is said of a step whose run reached a limit or ended early."""

from __future__ import annotations

from tinytorch_ls.course.model import Step
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.runner.report import Frame, Limit


def limit_failure(step: Step, limit: Limit, output: str, where: Frame | None = None) -> Failure:
    """The limit, the step, and the next move. `where` is what ran when it was reached."""
    headline, advice = _words(limit, where)
    return Failure(f"{step.id} {headline}", help=advice, output=output)


def _words(limit: Limit, where: Frame | None) -> tuple[str, str]:
    detail = limit.detail
    match limit.kind:
        case "endless":
            return (
                f"was stopped after {detail}: it had not come out of the loop{_lines(where)}.",
                "Follow the condition of that loop: which line makes it false, and is it reached?",
            )
        case "slow":
            return (
                f"was stopped: it was still working after {detail}.",
                f"It gets on, but too slowly; it was busy{_lines(where)}. Look for work that is "
                "done again and again, or for a loop over numbers that NumPy can do at once.",
            )
        case "stuck":
            return (
                f"was stopped after {detail}: it had not come back{_lines(where, 'from')}.",
                "Look at what that line calls: on what does it work, how much of it is there, and "
                "does it end?",
            )
        case "waiting":
            return (
                f"was stopped after {detail}.",
                f"It was waiting{_lines(where)}: for a sleep, a lock, a thread or the network. "
                "A step needs to wait for nothing.",
            )
        case "busy":
            return (
                f"could not be tested: nothing had begun after {detail}.",
                "This says nothing about your code. The machine seems busy: save again when it is "
                "not.",
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
        case "network":
            return (
                f"was stopped: it tried to reach {detail}.",
                "A step may use this machine's own address only: 127.0.0.1.",
            )
        case "exit":
            return (
                f"ended Python: {detail}.",
                "Return a value or raise an error; leave `exit` to the program that calls you.",
            )
        case "crash":
            return (
                f"crashed Python ({detail}).",
                "Python rarely crashes by itself: look for ctypes, for endless recursion, or for "
                "an `os.close` of what the code has not opened.",
            )


def _lines(where: Frame | None, word: str = "in") -> str:
    """Where, as the end of a clause: " in lines 12–15"."""
    if where is None:
        return ""
    if where.end_line > where.line:
        return f" {word} lines {where.line}–{where.end_line}"
    return f" {word} line {where.line}"
