"""What a function's wrong values have in common, as a name: each sentence is a fact about them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinytorch_ls.feedback.advice import STILL_NONE, UNRECORDED, of_gradients
from tinytorch_ls.runner.report import Observation
from tinytorch_ls.runner.values import Nothing


@dataclass(frozen=True)
class Name:
    """What code behaves like, or what its wrong values show; and the way out."""

    title: str
    help: str  # Markdown; "" where the title says enough
    kind: Literal["mistake", "fact"] = "mistake"


# By the name of a likeness, the most telling first; {} is its number or word.
_WORDS: dict[str, tuple[str, str]] = {
    "none": ("Gives nothing back", ""),
    "no-error": ("Lets it pass without an error", "Raise the error before the work begins."),
    "left-alone": (
        "Leaves the error to what it calls",
        "Python or NumPy stopped, with words of their own. Check first, and raise an error that "
        "says what came.",
    ),
    "other-error": ("Raises another error: {}", ""),
    "message": (
        "Raises the right error with other words",
        "The message is read by whoever made the call: name what came, as the TODO says.",
    ),
    "not-finite": (
        "inf or nan where a finite number is right",
        "Look for `exp` of a large number, for a division by 0, or for the logarithm of 0.",
    ),
    "made-finite": ("A finite number where inf or nan is right", ""),
    "nan-for-inf": ("nan where inf is right", ""),
    "spaces": ("Right but for blanks and line breaks", ""),
    "case": ("Right but for capital letters", ""),
    "braces": (
        "Shows the braces and not what they stand for",
        "An `f` before the quote puts the value in their place.",
    ),
    "marks": ("Right but for the punctuation", "Compare every mark between the words."),
    "order": ("The right ones, in another order", ""),
    "missing": ("Leaves out {}", ""),
    "extra": ("Adds {}", ""),
    "opposite": ("Says {}", "Every answer is the opposite: turn the condition around."),
    "input": (
        "Gives back what it was given",
        "What the call was given came out as it was.",
    ),
    "transposed": ("Transposed", "Rows and columns are exchanged."),
    "shape": ("The right numbers in another shape", "Look at the shape, and at `keepdim`."),
    "first-item": ("Only the first number", "The numbers behind the first are missing."),
    "first-row": ("Only the first row", "The rows behind the first are missing."),
    "axis": ("Along dimension {}", "Look which dimension disappears."),
    "instead": ("Takes the {}", ""),
    "reduced": ("Reduced over everything", "One number came for all."),
    "length": ("The right numbers, but too many or too few", "Look at both ends of the range."),
    "negative": ("The sign is flipped", "Each number is minus the wanted one."),
    "absolute": ("The sign is lost", "Each number is the wanted one without its sign."),
    "complement": ("One minus what is right", "Each number and the wanted one add up to 1."),
    "reciprocal": ("Upside down", "Each number is 1 over the wanted one: divide the other way."),
    "zero": ("Zeros everywhere", ""),
    "truncated": ("The fractions are cut off", "Look for whole-number division, `int` or a cast."),
    "rough": ("Right to about three digits", "An approximation, or a rounded constant."),
    "reversed": ("In the opposite order", ""),
    "reversed-last": ("Each row in the opposite order", ""),
    "column-major": ("Read column after column", "The numbers go row after row."),
    "shifted": ("Shifted by one", "Every number stands one place too far: look at the indices."),
    "shifted-back": ("Shifted by one", "Every number stands one place too early."),
    "sorted": ("Sorted", "The numbers are right, in the order of their size."),
    "times-length": (
        "{} times too large",
        "The input has a length of {}, or several that make it: look for a sum that should be a "
        "mean.",
    ),
    "over-length": (
        "{} times too small",
        "The input has a length of {}, or several that make it: look for a mean that should be a "
        "sum, or for a length that is left out.",
    ),
    "exponential": ("The exponential of what is right", ""),
    "logarithm": ("The logarithm of what is right", ""),
    "square": ("The square of what is right", ""),
    "root": ("The square root of what is right", ""),
    "factor": ("{} times what is right", ""),
    "at-negative": ("Right but where the input is negative", ""),
    "at-zero": ("Right but where the input is zero", ""),
    "at-positive": ("Right but where the input is positive", ""),
    "clipped-above": ("Nothing is larger than {}", "Larger numbers were cut off at {}."),
    "clipped-below": ("Nothing is smaller than {}", "Smaller numbers were cut off at {}."),
    "edge": ("Right but at the {} place", "Look at the ends of the loop or the slice."),
    "offset": ("Off by the same amount everywhere", "Here each number is off by {}."),
}
EXAMPLE_ANSWER = Name(
    "Always gives the answer of the example", "Use what the function is given.", kind="fact"
)
RAISES = Name(
    "Refuses what is right",
    "This error is the code's own, and the call is one that should work: look at the condition "
    "above the `raise`, and at the values that it was asked of.",
    kind="fact",
)
NO_GRADIENT = Name("Lets no gradient through", UNRECORDED, kind="fact")
_ALONE = (
    "none",
    "no-error",
    "left-alone",
    "other-error",
    "message",
    "not-finite",
    "made-finite",
    "nan-for-inf",
    "reduced",
)
"""Likenesses that say enough of one value."""
_OF_INFINITIES = {"made-finite", "nan-for-inf"}
"""Of a value that has inf or nan in it, and so can't show what is between two numbers."""
_SAME_NUMBER = ("factor", "offset", "clipped-above", "clipped-below", "instead")
"""Likenesses that mean something over several values only if their number or word is the same."""
_ANY = {"axis": Name("Along another dimension", _WORDS["axis"][1], kind="fact")}
"""Those that are true without their number, and how they are said where it is not the same."""
_COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
_QUESTIONS = ("all", "any", "allclose", "array_equal", "shares_memory", "isfinite", "startswith")
_READERS = ("tolist", "numpy", "item")  # what a test reads a result by


def likeness(
    unmet: Sequence[Observation], function: str = "", *, silent: bool = False
) -> Name | None:
    """What all wrong values of a function show; the most telling, where they show several things.

    What few numbers show ("~") has to be seen in two values that differ. The first is the one that
    the name stands beside, so it has to show it; of the others those count that could: of values
    the values, of errors the errors. A `silent` function is to return nothing.
    """
    if not unmet or unmet[0].deviation:
        return None  # another kind, dtype... is what the headline says
    unmet = [unmet[0], *(u for u in unmet[1:] if _could_show(u, function) and _alike(u, unmet[0]))]
    seen = [_codes(each) for each in unmet]
    several = len({each.wanted for each in unmet}) > 1
    for kind in _WORDS:
        found = [codes[kind] for codes in seen if kind in codes]
        sure = not any(code.doubtful for code in found)
        if silent and kind == "none" and kind in seen[0]:
            return Name(*STILL_NONE, kind="fact")
        if kind == "none" and kind in seen[0] and of_gradients(unmet[0].call):
            return NO_GRADIENT
        if kind == "none" and not isinstance(unmet[0].value, Nothing):
            continue  # a part of it is None: something came back
        if kind in _ALONE and kind in seen[0]:
            return _name(kind, seen[0][kind].rest)
        if kind == "input" and any(_is_of_operand(each.call, function) for each in unmet):
            continue  # of course it is as it was
        if kind == "opposite" and not all(_is_said(each.call, function) for each in unmet):
            continue  # a test asks something about a value: no condition of the function's
        if len(found) == len(seen) and (several or sure):
            rests = {code.rest for code in found}
            if kind == "opposite":
                return _name(kind, _exchanged(unmet))
            if len(rests) == 1 or kind not in _SAME_NUMBER or (kind, sure) == ("offset", True):
                return _name(kind, found[0].rest) if len(rests) == 1 else _several(kind, found[0])
    return None


def _could_show(unmet: Observation, function: str) -> bool:
    """Whether a wrong value is the function's own, and wrong by more than is looked at."""
    beyond = bool(unmet.likenesses) and set(unmet.likenesses) <= _OF_INFINITIES
    return (
        not unmet.deviation
        and unmet.expected.kind != "compiles"
        and "near" not in unmet.likenesses
        and not beyond
        and _is_value_of(function, unmet.call)
    )


def _alike(one: Observation, other: Observation) -> bool:
    """Whether both tell of values, or both of errors."""
    return (one.expected.kind == "raises") == (other.expected.kind == "raises")


def _is_value_of(function: str, call: str) -> bool:
    """Whether what a test hands to `expect` is what a function gives, and not computed with it.

    Where a call does not name the function, as with an operator's, it is taken to be so.
    """
    name, node = function.rpartition(".")[2], _expression(call)
    if node is None or not name or name.startswith("__"):
        return True
    parts = _parts(node)
    named = any(_gives(each, name) for each in ast.walk(node))
    return not named or any(_gives(_unread(part, name), name) for part in parts)


def _expression(call: str) -> ast.expr | None:
    """What a test hands to `expect`; None for a text that is no expression."""
    try:
        return ast.parse(f"({call})", mode="eval").body
    except SyntaxError:
        return None


def _parts(node: ast.expr) -> list[ast.expr]:
    """The values that an expression has side by side, or itself alone."""
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


def _unread(node: ast.expr, function: str) -> ast.expr:
    """An expression without what reads its value, where that is not the function itself."""
    while not _gives(node, function):
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _READERS:
                node = inner
            case ast.Attribute(value=inner, attr="data"):
                node = inner
            case _:
                break
    return node


def _gives(node: ast.AST, name: str) -> bool:
    """Whether an expression is the function's own value, also where a helper calls it."""
    named = [node.func, *node.args] if isinstance(node, ast.Call) else [node]
    return any(
        (isinstance(each, ast.Attribute) and each.attr == name)
        or (isinstance(each, ast.Name) and each.id == name)
        for each in named
    )


def _is_of_operand(call: str, function: str) -> bool:
    """Whether a test looks at what it handed over before, or at a part of it, and at no result.

    Such as `x.tolist()`, or `made.weight, made.bias` of a layer that the function gave before.
    """
    name, node = function.rpartition(".")[2], _expression(call)
    if node is None:
        return False
    return all(_is_held(_unread(part, name), name) for part in _parts(node))


def _is_held(node: ast.expr, function: str) -> bool:
    """Whether an expression is a name, or an attribute of one that is not the function itself."""
    while isinstance(node, ast.Attribute) and node.attr != function:
        node = node.value
    return isinstance(node, ast.Name)


def _is_said(call: str, function: str) -> bool:
    """Whether a truth is what a function says, and not what a test finds out about a value."""
    own, node = function.rpartition(".")[2], _expression(call)
    return node is None or all(_says(_unread(part, own), own) for part in _parts(node))


def _says(node: ast.expr, own: str) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name == own
        case ast.BoolOp(values=values):
            return all(_says(each, own) for each in values)
        case ast.Compare(ops=ops):
            return own in _COMPARISONS and not any(isinstance(op, ast.Is | ast.IsNot) for op in ops)
        case ast.Call(func=ast.Name(id="bool")):
            return own in (*_COMPARISONS, "__bool__")
        case ast.Call(func=ast.Name(id=name), args=[_, *_]):
            return not hasattr(builtins, name)  # a helper of the test's may hand on what it says
        case ast.Call(func=ast.Attribute(attr=name)) if name in _QUESTIONS:
            return name == own
        case _:
            return not own or any(_gives(each, own) for each in ast.walk(node))


def _exchanged(unmet: Sequence[Observation]) -> str:
    """What came for what, where each answer is the opposite of what is wanted."""
    wanted = {each.wanted for each in unmet}
    return "False for True" if wanted == {"True"} else "True for False"


@dataclass(frozen=True)
class _Code:
    rest: str
    doubtful: bool


def _codes(unmet: Observation) -> dict[str, _Code]:
    found: dict[str, _Code] = {}
    for text in unmet.likenesses:
        kind, _, rest = text.lstrip("~").partition(":")
        found.setdefault(kind, _Code(rest, text.startswith("~")))
    return found


def _several(kind: str, first: _Code) -> Name:
    return _ANY.get(kind) or _name(kind, first.rest)


def _name(kind: str, rest: str) -> Name:
    title, help_text = _WORDS[kind]
    return Name(title.replace("{}", rest), help_text.replace("{}", rest), kind="fact")
