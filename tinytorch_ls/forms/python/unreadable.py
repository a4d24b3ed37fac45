"""Why Python can't read a file: the line that is at fault, what is wrong with it, the next move."""

from __future__ import annotations

import re

from tinytorch_ls.forms.faults import SAVE_AS_UTF_8, merge_mark, not_utf_8, null_byte
from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.python.symbols import definitions
from tinytorch_ls.forms.python.syntax_slips import slip_of
from tinytorch_ls.messages import say

_READER = "Python"
_CURLY = re.compile(r"invalid (?:non-printable )?character")
_QUOTES = "“”„‘’«»"
_TEXT = re.compile(
    r"""#[^\n]*|("{3}|'{3})(?:\\.|.)*?(?:\1|\Z)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S
)
"""A comment, or a text in quotes."""
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A comment in the first two lines that says how a file is saved; Python believes it."""
_DECODING = re.compile(
    r"^unknown encoding|^encoding problem|is not a text encoding|codec can't decode"
)
_RAISE = re.compile(r"raise NotImplementedError\([^()]*\)")
_OF_THE_RAISE = re.compile(r"raise NotImplementedError\(|\bto write[\"']\)$")
"""What is left of a stub's `raise`: its beginning, or its end."""
_OUTSIDE = re.compile(r"'(\w+)' (?:outside|not properly in) (?:async )?(function|loop)")
_CODE = re.compile(r"^[ \t]*(?:(?:async )?(?:def|class) \w+[(:]|@\w+|raise \w+)", re.M)


def unreadable(source: str, kind: str, message: str, line: int) -> Unreadable:
    """What is wrong with a text that gave an error of this kind, with these words, at a line."""
    if marked := merge_mark(source, line):
        return marked
    if opening := _open_text(source):
        quote, first = opening
        return Unreadable(
            first,
            say("The text that begins with `{quote}` in this line has no end", quote=quote),
            say(
                "Put `{quote}` in a line of its own where the text ends. Python reads what stands "
                "below as text, and the words of the next text as code.",
                quote=quote,
            ),
        )
    if "from __future__" in message:
        return Unreadable(
            _first_statement(source),
            say("A line stands above `from __future__`"),
            say(
                "Python wants `from __future__ import annotations` before all other code. Move "
                "this line below it."
            ),
        )
    if kind == "TabError" or "tabs and spaces" in message:
        return Unreadable(
            line,
            say("Tabs and blanks are mixed in the indentation"),
            say(
                "They look alike and count differently. Let the editor convert them: *Convert "
                "Indentation to Spaces* in the command palette."
            ),
        )
    if _joins_the_raise(source, line):
        return Unreadable(
            line,
            say("Your code and the `raise NotImplementedError` line have become one line here"),
            say("That `raise` goes once you write: delete what is left of it in this line."),
        )
    if outside := _OUTSIDE.match(message):
        return Unreadable(line, *_outside(*outside.groups()))
    if _CURLY.match(message) and any(quote in message for quote in _QUOTES):
        return Unreadable(
            line,
            say("These are quotes of a text, not of code: {message}", message=message),
            say("Code copied from a page may have them. Type `'` or `\"` in their place."),
        )
    if found := slip_of(message, "".join(source.split("\n")[line - 1 : line])):
        return Unreadable(line, *found)
    if advice := _indent_help(message):
        fact = say("The indentation is wrong: {message}", message=message)
        return Unreadable(line, fact, advice)
    if "null byte" in message:
        return null_byte(source, line, _READER)
    if _DECODING.search(message):
        if cookie := _cookie(source):
            return cookie
        return Unreadable(
            1,
            say("This file is not saved as UTF-8"),
            say(SAVE_AS_UTF_8),
        )
    return Unreadable(
        line,
        say("Python can't read this file: {message}", message=message.rstrip("?.")),
        say(
            "Look here and in the line above for a bracket or quote that is still open, or a "
            "missing colon."
        ),
    )


def _joins_the_raise(source: str, line: int) -> bool:
    """Whether a line is what is left of a stub's `raise`, and something else."""
    text = "".join(source.splitlines()[line - 1 : line]).strip()
    return bool(_OF_THE_RAISE.search(text)) and not _RAISE.fullmatch(text)


def _outside(word: str, what: str) -> tuple[str, str]:
    """What is wrong with a statement that stands outside of what it belongs to, and what to do."""
    if what == "function":
        return (
            say("This `{word}` stands outside of every function", word=word),
            say(
                "It begins too far left: its function ended above it. Begin it under the lines of "
                "its function, four blanks further in than `def`."
            ),
        )
    return (
        say("This `{word}` stands outside of every loop", word=word),
        say("It ends or goes on with a loop, so it belongs below a `for` or a `while`."),
    )


def _indent_help(message: str) -> str:
    """What to do about an indentation of which Python says this; "" for all else."""
    if "unexpected indent" in message:
        return say(
            "This line stands further in than the one above, and nothing there opens a block. "
            "Begin it under the line above."
        )
    if "unexpected unindent" in message:
        return say(
            "This line begins further left while what stands above, such as a decorator or a "
            "`try`, is not finished. Begin it under the line above, or finish that first."
        )
    if "unindent does not match" in message:
        return say("This line begins between two levels. Count its blanks: four for each level.")
    if "expected an indented block" in message:
        return say(
            "The line above ends in a colon, so something has to stand below it, four blanks "
            "further in. `pass` is enough."
        )
    return ""


def fault_in_bytes(data: bytes) -> Unreadable | None:
    """What is wrong with a file that is not UTF-8; None if it is."""
    return not_utf_8(data, _READER)


def fault_in(source: str) -> Unreadable | None:
    """What keeps Python from reading a text; None where nothing does."""
    try:
        definitions(source)
    except SyntaxError as error:
        return unreadable(source, type(error).__name__, error.msg, error.lineno or 1)
    return None


def _cookie(source: str) -> Unreadable | None:
    """The comment that says how the file is saved; None where none does."""
    for number, line in enumerate(source.split("\n")[:2], 1):
        if found := _COOKIE.match(line):
            return Unreadable(
                number,
                say(
                    "This line says that the file is saved as `{encoding}`, and it is not",
                    encoding=found[1],
                ),
                say("Delete the line: the files of the course are UTF-8, as Python reads them."),
            )
    return None


def _open_text(source: str) -> tuple[str, int] | None:
    """The triple quote that is not closed, and so takes in the code behind it; its line."""
    odd = [quote for quote in ('"""', "'''") if source.count(quote) % 2]
    for found in _TEXT.finditer(source) if odd else ():
        quote = found[0][:3]
        if quote in odd and (_CODE.search(found[0]) or not found[0].endswith(quote, 3)):
            return quote, source.count("\n", 0, found.start()) + 1
    return None


def _first_statement(source: str) -> int:
    """The first line that is neither empty, a comment nor a part of the file's docstring."""
    quote = ""
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if quote:
            quote = "" if quote in text else quote
        elif found := re.match(r'[rRuU]?("""|\'\'\')', text):
            quote = "" if text.count(found[1]) > 1 else found[1]
        elif text and not text.startswith(("#", '"', "'")):
            return number
    return 1
