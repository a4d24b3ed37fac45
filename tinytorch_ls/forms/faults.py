"""What keeps a file from being a text at all, whatever language it is in."""

from __future__ import annotations

import codecs
import re

from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.texts import is_empty
from tinytorch_ls.messages import say

SAVE_AS_UTF_8 = (
    "Choose *Change File Encoding* in the command palette, then *Save with Encoding* and UTF-8."
)
_MARK = re.compile(r"^(<{7}|>{7})( |$)", re.M)
_MIDDLE = re.compile(r"(={7}|\|{7})( |\r|$)")  # in a text of the student's it may be a heading
_MERGED = "A merge left its marks in this file"
_MARKS = (  # the longer first: one begins like another
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def merge_mark(source: str, line: int) -> Unreadable | None:
    """The mark that git left in a text, or in the line of an error."""
    if mark := _MARK.search(source):
        return Unreadable(
            source.count("\n", 0, mark.start()) + 1,
            say(_MERGED),
            say(
                "Keep one of the two versions between `<<<<<<<` and `>>>>>>>`, and delete the "
                "other and the three lines of marks."
            ),
        )
    if any(_MIDDLE.match(text) for text in source.split("\n")[line - 1 : line]):
        return Unreadable(
            line,
            say(_MERGED),
            say(
                "Delete this line. Where the code around it stands there twice, keep one of the "
                "two versions."
            ),
        )
    return None


def null_byte(source: str, line: int, reader: str) -> Unreadable:
    """What the NUL bytes of a text tell; `reader` is what can't read them: "Python"."""
    if is_empty(source):
        return Unreadable(
            1,
            say("This file holds NUL bytes and no text"),
            say(
                "A crash or a full disk leaves that. The editor's Undo, or *Timeline*, may have "
                "your text; a reset of one of its steps begins the file anew."
            ),
        )
    if encoding := _wide(source):
        return _saved_as(encoding, 1, reader)
    return Unreadable(
        max(source.count("\n", 0, source.find("\0")) + 1, 1) if "\0" in source else line,
        say("A NUL byte stands in this line, and {reader} reads none", reader=reader),
        say(
            "It is a character that can't be seen, as a crash or a broken copy leaves them. Delete "
            "the line and type it anew."
        ),
    )


def not_utf_8(data: bytes, reader: str) -> Unreadable | None:
    """What is wrong with a file that is not UTF-8; None if it is."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
        encoding = encoding or _wide(data.decode("latin-1")) or say("another encoding")
        return _saved_as(encoding, data.count(b"\n", 0, error.start) + 1, reader)
    return None


def _saved_as(encoding: str, line: int, reader: str) -> Unreadable:
    told = {"encoding": encoding, "reader": reader}
    fact = say("This file is saved as {encoding}, and {reader} reads UTF-8", **told)
    return Unreadable(line, fact, say(SAVE_AS_UTF_8))


def _wide(source: str) -> str:
    """The encoding of which NULs tell, where a text has no mark; "" where they tell of none.

    A sign of code is one byte: the others of its two or four are NULs.
    """
    share = source.count("\0") / max(len(source), 1)
    return "UTF-32" if share > 0.6 else "UTF-16" if share > 0.3 else ""
