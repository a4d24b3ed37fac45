"""What is said of an expression that was None: what it is, and why it may be."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.feedback.slips import Slip
from tinytorch_ls.runner.report import NoneRead, Raised

_IN_PLACE = ("append", "extend", "insert", "remove", "reverse", "shuffle", "sort", "update")
_WHY = {
    "grad": "A gradient is `None` until `backward` brings one.",
    "grad_fn": "A tensor that no recorded operation made has none: a leaf, say.",
}
_ASK = "Where that is right, ask first: `if {} is None`."


def none_in(error: Raised, root: Path) -> Slip | None:
    """What was None in the student's own code, as near to where it came from as is known."""
    own = [read for read in error.nones if Path(read.where.file).is_relative_to(root)]
    return _told(own[-1]) if own else None


def _told(read: NoneRead) -> Slip:
    title, ask = f"`{read.text}` is `None`", _ASK.format(read.text)
    match read.kind:
        case "call":
            return Slip(f"`{read.text}` gives `None`", _of_a_call(read.text))
        case "read":
            why = _WHY.get(read.text.rpartition(".")[2], "Nothing was put there yet.")
            return Slip(title, f"In line {read.where.line} {title}. {why} {ask}")
        case "parameter":
            return Slip(title, f"`{read.text}` came in as `None`. {ask}")
        case "name":
            return Slip(title, f"{title} in line {read.where.line}: look where it gets its value.")


def _of_a_call(text: str) -> str:
    name = text.partition("(")[0].rpartition(".")[2]
    if name in _IN_PLACE:
        return (
            f"`{text}` changes what stands before the dot, and gives `None`. Call it in a line of "
            "its own."
        )
    if name == "get":
        return (
            f"`{text}` gives `None` for a key that is not in the dict. Give a second argument for "
            "that case, or ask first."
        )
    return f"`{text}` gave `None`: look whether a `return` is missing in it."
