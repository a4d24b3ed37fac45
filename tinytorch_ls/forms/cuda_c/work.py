"""What is a student's own in a function of CUDA C, and how a function is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from tinytorch_ls.forms.cuda_c.comments import said
from tinytorch_ls.forms.cuda_c.statements import statements
from tinytorch_ls.forms.cuda_c.symbols import Function, definitions
from tinytorch_ls.forms.cuda_c.tokens import Token, code_tokens, tokens
from tinytorch_ls.forms.form import Bound, Giving
from tinytorch_ls.forms.given_word import says_given
from tinytorch_ls.forms.text import Text

_OPERATORS = {
    "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "&&", "||", "<<", ">>", "&", "|",
    "^", "?", "[", "+=", "-=", "*=", "/=",
}  # fmt: skip
_LONGEST = 40  # tokens of a piece of code that is looked for


def given_functions(source: str) -> frozenset[str]:
    """The functions that say "Given.": in the comment above them or with which they begin.

    All are, where the comment at the top of the file says it. Raises SyntaxError.
    """
    found, first = definitions(source), next(iter(tokens(source)), None)
    if first and first.kind == "comment" and says_given(_opening(source)):
        return frozenset(found)
    return frozenset(name for name, each in found.items() if _is_given(source, each))


def _opening(source: str) -> str:
    """The comment that a file begins with."""
    found: list[str] = []
    for token in tokens(source):
        if token.kind != "comment" or "\n\n" in source[: token.start].lstrip():
            break
        found.append(said(token.text))
    return "\n".join(found)


def _is_given(source: str, function: Function) -> bool:
    inside = said(function.words.of(source)) if function.words else ""
    return says_given(said(function.above)) or says_given(inside)


def taught_lines(source: str, name: str, library: Path) -> int:  # noqa: ARG001 - the interface
    """The lines of a body, without the comment with which it begins. Raises SyntaxError."""
    found = definitions(source)[name]
    inside = [t for t in code_tokens(source) if _inside(found, t)]
    text = Text(source)
    ends = [text.at_offset(t.start).line for t in (*inside[:1], *inside[-1:])]
    return ends[-1] - ends[0] + 1 if ends else 0


def _inside(function: Function, token: Token) -> bool:
    return function.body.start.offset <= token.start < function.body.end.offset


@lru_cache(maxsize=16)
def taught_work(source: str, name: str, library: Path) -> frozenset[str]:  # noqa: ARG001
    """Each piece of a body that computes something. Raises SyntaxError."""
    found = statements(source, definitions(source)[name])
    return frozenset(piece for each in found for piece in _pieces(each.tokens))


def work_in(code: str) -> frozenset[str]:
    """What a piece of code computes: all of it, and what stands right of a `=`."""
    found = code_tokens(code.rstrip("; "))
    wholes = [found]
    for place, token in enumerate(found):
        if token.text == "=":
            wholes.append(found[place + 1 :])
    return frozenset(_joined(whole) for whole in wholes if _works(whole))


def loose_lines(code: str) -> tuple[int, ...]:
    """Where a text has something else than functions. Raises SyntaxError."""
    found, text = definitions(code).values(), Text(code)
    places = (each.whole for each in found)
    spans = [(place.start.offset, place.end.offset) for place in places]
    outside = (t for t in code_tokens(code) if not any(a <= t.start < b for a, b in spans))
    return tuple(dict.fromkeys(text.at_offset(token.start).line for token in outside))


def lambdas(source: str) -> Mapping[str, int]:  # noqa: ARG001 - the interface
    """None: a function of C has a name."""
    return {}


def signature(source: str, name: str) -> tuple[str, ...]:
    """How a function is called: its parameters with their types. Raises SyntaxError."""
    return definitions(source)[name].parameters


def parameters(source: str, name: str) -> tuple[str, ...]:
    """The names of its parameters; () where it is not there. Raises SyntaxError."""
    found = definitions(source).get(name)
    return tuple(each.split()[-1] for each in found.parameters) if found else ()


def reads(source: str, name: str) -> frozenset[str]:
    """The names in a function that are not its parameters. Raises SyntaxError."""
    found = definitions(source).get(name)
    if found is None:
        return frozenset()
    names = {t.text for t in code_tokens(source) if t.kind == "word" and _inside(found, t)}
    return frozenset(names - set(parameters(source, name)))


def gives_nothing(source: str, name: str) -> bool:
    """Whether a function is `void`, as a kernel is; False where it is not there. SyntaxError."""
    found = definitions(source).get(name)
    return found is not None and "void" in found.result.split()


def bound(source: str, name: str) -> Iterator[Bound]:  # noqa: ARG001 - the interface
    """None: what a thread's variables were is not one value."""
    return iter(())


def giving(source: str, name: str, lines: Sequence[int]) -> Giving | None:  # noqa: ARG001
    """None: a kernel gives nothing."""
    return None


def delegate(source: str, name: str, other: str) -> str:  # noqa: ARG001 - the interface
    """Nothing: no kernel calls another."""
    return ""


def _pieces(found: Sequence[Token]) -> Iterator[str]:
    for start in range(len(found)):
        for end in range(start + 2, min(len(found), start + _LONGEST) + 1):
            if _works(found[start:end]):
                yield _joined(found[start:end])


def _works(found: Sequence[Token]) -> bool:
    """Whether a piece computes something, or calls a function."""
    inside = [token.text for token in found[1:]]
    called = any(one.kind == "word" and other.text == "(" for one, other in pairwise(found))
    return called or any(text in _OPERATORS for text in inside)


def _joined(found: Sequence[Token]) -> str:
    return " ".join(token.text for token in found)
