"""What is said in comments of CUDA C: read out of them, and written into them."""

from __future__ import annotations

import re
import textwrap

_LINES = re.compile(r"^[ \t]*//[ \t]?", re.M)


def said(comment: str) -> str:
    """The words of a comment, without its signs and its indentation."""
    if comment.startswith("/*"):
        inside = comment.removeprefix("/*").removesuffix("*/")
        first, *others = inside.split("\n")
        return "\n".join([first.strip(), *textwrap.dedent("\n".join(others)).split("\n")]).strip()
    return _LINES.sub("", comment).strip()


def block(text: str, indent: str) -> str:
    """A text as a comment in /* */, its lines one below the other."""
    first, *others = text.replace("*/", "* /").split("\n")
    inner = indent + "   "
    lines = [f"/* {first}", *(inner + line if line.strip() else "" for line in others)]
    return "\n".join(lines) + (f"\n{indent}*/" if others else " */")
