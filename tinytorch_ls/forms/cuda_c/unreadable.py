"""Why a file of CUDA C can't be read: the line that is at fault, what is wrong, the next move."""

from __future__ import annotations

from tinytorch_ls.forms.cuda_c.symbols import definitions
from tinytorch_ls.forms.faults import merge_mark, not_utf_8, null_byte
from tinytorch_ls.forms.form import Unreadable

_READER = "the compiler"
_HELP = {
    "A `;`": "In C each statement ends with `;`: declarations and calls too.",
    "A `)`": "Count the round brackets of this line: each `(` has its `)`.",
    "is not closed": "Look below it for the end of what it opens; the editor shows the partner of "
    "the bracket at the cursor.",
    "closes nothing": "One bracket too many stands here, or its partner above is missing.",
    "without headers": "Take the line out: threadIdx, expf, printf and the like are there without "
    "one.",
}
_ANY = "Look here and at the end of the line above for a `;`, a bracket or a quote that is missing."


def unreadable(source: str, kind: str, message: str, line: int) -> Unreadable:  # noqa: ARG001
    """What is wrong with a text that gave an error with these words, at a line."""
    if marked := merge_mark(source, line):
        return marked
    if "\0" in source:
        return null_byte(source, line, _READER)
    return Unreadable(line, message, next((h for w, h in _HELP.items() if w in message), _ANY))


def fault_in(source: str) -> Unreadable | None:
    """What keeps a text from being read; None where nothing does."""
    try:
        definitions(source)
    except SyntaxError as error:
        return unreadable(source, type(error).__name__, error.msg, error.lineno or 1)
    return None


def fault_in_bytes(data: bytes) -> Unreadable | None:
    """What is wrong with a file that is not UTF-8; None if it is."""
    return not_utf_8(data, _READER)
