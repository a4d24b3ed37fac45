"""What is said of a step whose run reached a limit or ended early."""

from __future__ import annotations

from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.messages import say
from tinytorch_ls.runner.report import Frame, Limit, Walked


def limit_failure(who: str, limit: Limit, output: str, where: Frame | None = None) -> Failure:
    """The limit, the step or the file that reached it, and the next move. `where` is what ran."""
    headline, advice = _words(who, limit, where)
    return Failure(headline, help=advice, output=output)


def _words(step: str, limit: Limit, where: Frame | None) -> tuple[str, str]:
    match limit.kind:
        case "endless" | "slow" | "stuck" | "waiting" | "busy":
            return _of_time(step, limit, where)
        case _:
            return _of_deeds(step, limit)


def _of_time(step: str, limit: Limit, where: Frame | None) -> tuple[str, str]:
    """What took too long."""
    told = {"step": step, "detail": limit.detail, "lines": _lines(where)}
    match limit.kind:
        case "endless" if limit.walked in ("__next__", "__getitem__"):
            return (
                say(
                    "{step} was stopped after {detail}: a loop goes on for ever, since "
                    "`{method}`{lines} has something more each time.",
                    **told,
                    method=limit.walked,
                ),
                _end_of(limit.walked),
            )
        case "endless":
            return (
                say(
                    "{step} was stopped after {detail}: it had not come out of the loop{lines}.",
                    **told,
                ),
                _end_of(limit.walked),
            )
        case "slow":
            return (
                say("{step} was stopped: it was still working after {detail}.", **told),
                say(
                    "It gets on, but too slowly; it was busy{lines}. Look for work that is done "
                    "again and again, or for a loop over numbers that NumPy can do at once.",
                    **told,
                ),
            )
        case "stuck":
            return (
                say(
                    "{step} was stopped after {detail}: it had not come back{lines}.",
                    **{**told, "lines": _lines_from(where)},
                ),
                say(
                    "Look at what that line calls: on what does it work, how much of it is there, "
                    "and does it end?"
                ),
            )
        case "waiting":
            return (
                say("{step} was stopped after {detail}.", **told),
                say(
                    "It was waiting{lines}: for a sleep, a lock, a thread or the network. A step "
                    "needs to wait for nothing.",
                    **told,
                ),
            )
        case _:
            return (
                say("{step} could not be tested: nothing had begun after {detail}.", **told),
                say(
                    "This says nothing about your code. The machine seems busy: save again when it "
                    "is not."
                ),
            )


def _end_of(walked: Walked | None) -> str:
    """What a loop without an end lacks."""
    match walked:
        case None:
            return say(
                "Follow the condition of that loop: which line makes it false, and is it reached?"
            )
        case "iterator":
            return say(
                "What this `for` goes through has no end of its own. Go through something that "
                "ends, or leave the loop with `break` or `return`: is that line reached?"
            )
        case "sentinel":
            return say(
                "`iter(function, value)` ends once the function gives that very value: does it "
                "ever?"
            )
        case "growing":
            return say(
                "The list gets longer while the `for` goes through it, so its end is never "
                "reached. Put what is new into another list, or go through a copy."
            )
        case "generator":
            return say(
                "A generator ends where its function returns, and whoever goes through it waits "
                "for that. Which line ends this loop, and is it reached?"
            )
        case "__next__":
            return say(
                "A `for` ends where `__next__` raises StopIteration. Which line does so, and is it "
                "reached?"
            )
        case "__getitem__":
            return say(
                "A `for` over an object with `__getitem__` and no `__iter__` asks for 0, 1, 2, … "
                "and ends at IndexError; its length is not asked for. Raise IndexError for what "
                "lies behind the last one."
            )


def _of_deeds(step: str, limit: Limit) -> tuple[str, str]:
    """What took too much, or is not allowed."""
    told = {"step": step, "detail": limit.detail}
    match limit.kind:
        case "memory":
            return (
                say("{step} was stopped: it took more than {detail} of memory.", **told),
                say(
                    "Look for a list or an array that grows in a loop, or a shape with too many "
                    "zeros."
                ),
            )
        case "file-size":
            return (
                say("{step} was stopped: it wrote or printed more than {detail}.", **told),
                say("Look for a print inside a loop that does not end."),
            )
        case "processes":
            return (
                say("{step} was stopped: it called {detail}.", **told),
                say("A step may not start or signal other processes."),
            )
        case "write":
            return (
                say("{step} was stopped: it tried to change {detail}.", **told),
                say(
                    "A step may write only in the folder that its test hands it. Nothing was "
                    "changed."
                ),
            )
        case "network":
            return (
                say("{step} was stopped: it tried to reach {detail}.", **told),
                say("A step may use this machine's own address only: 127.0.0.1."),
            )
        case "exit":
            return (
                say("{step} ended Python: {detail}.", **told),
                say(
                    "Return a value or raise an error; leave `exit` to the program that calls you."
                ),
            )
        case _:
            return (
                say("{step} crashed Python ({detail}).", **told),
                say(
                    "Python rarely crashes by itself: look for ctypes, for endless recursion, or "
                    "for an `os.close` of what the code has not opened."
                ),
            )


def _lines(where: Frame | None) -> str:
    """Where, as the end of a clause: " in lines 12–15"."""
    if where is None:
        return ""
    if where.end_line > where.line:
        return say(" in lines {first}–{last}", first=where.line, last=where.end_line)
    return say(" in line {line}", line=where.line)


def _lines_from(where: Frame | None) -> str:
    """From where, likewise."""
    if where is None:
        return ""
    if where.end_line > where.line:
        return say(" from lines {first}–{last}", first=where.line, last=where.end_line)
    return say(" from line {line}", line=where.line)
