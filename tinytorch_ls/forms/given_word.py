"""The word by which a function says that students are given it."""

from __future__ import annotations

import re

_GIVEN = re.compile(r"(?:^|\s)Given\.(?:\s|$)")


def says_given(text: str) -> bool:
    """Whether a docstring, or a comment, says "Given."."""
    return _GIVEN.search(text) is not None
