"""One function of a source text: what an editor shows of it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from tinytorch_ls.forms.text import Position, Span


@dataclass(frozen=True)
class Definition:
    """A function or method, by the places that are asked for whatever language it is written in."""

    name: str  # "relu", "Tensor.add", "Tensor.shape.setter", "outer.<locals>.inner"
    whole: Span  # from the first decorator, or `def`, to the end of the last statement
    signature: Span  # its head, up to where the body opens: from `def` or `async` to the colon
    identifier: Span  # the name in it
    first_statement: Position  # where the code starts that a student wrote

    @property
    def first_line(self) -> int:
        return self.whole.start.line

    @property
    def last_line(self) -> int:
        return self.whole.end.line
