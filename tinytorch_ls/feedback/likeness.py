"""What a function's wrong values have in common, as a name: each sentence is a fact about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinytorch_ls.runner.report import Observation


@dataclass(frozen=True)
class Name:
    """What code behaves like, and the way out."""

    title: str
    help: str  # Markdown; "" where the title says enough


# By the name of a likeness; {} is its number or word.
_WORDS: dict[str, tuple[str, str]] = {
    "none": ("Gives nothing back", ""),
    "no-error": ("Lets it pass without an error", "Raise the error before the work begins."),
    "other-error": ("Raises another error: {}", ""),
    "message": (
        "Raises the right error with other words",
        "The message is read by whoever made the call: name what came, as the TODO says.",
    ),
    "input": (
        "Gives the input back unchanged",
        "What the call was given came out as it was. Look whether the result is used.",
    ),
    "braces": (
        "Shows the braces and not what they stand for",
        "An `f` before the quote puts the value in their place.",
    ),
    "missing": ("A part is missing: {}", ""),
    "extra": ("There is too much: {}", ""),
    "spaces": ("Right but for the spaces", "Compare blanks and line breaks."),
    "case": ("Right but for capital letters", ""),
    "marks": ("Right but for the punctuation", "Compare every mark between the words."),
    "opposite": ("Says True for False", "Every answer is the opposite: turn the condition around."),
    "transposed": ("Transposed", "Rows and columns are exchanged."),
    "shape": ("The right numbers in another shape", "Look at the shape, and at `keepdim`."),
    "first-row": ("Only the first row", "The rows behind the first are missing."),
    "reduced": ("Reduced over everything", "One number came: reduce along one dimension."),
    "length": ("The right numbers, but not so many", "Look at both ends of the range."),
    "not-finite": (
        "Overflows, or divides by zero",
        "A number is inf or nan where a finite one was wanted. Look for `exp` of a large number, "
        "or for a division.",
    ),
    "made-finite": ("Hides inf or nan", "The finite numbers are right; the others are not."),
    "negative": ("The sign is flipped", "Each number is minus the wanted one."),
    "reciprocal": ("Upside down", "Each number is 1 over the wanted one: divide the other way."),
    "complement": ("One minus what was wanted", "Each number and the wanted one add up to 1."),
    "absolute": ("The sign is lost", "Each number is the wanted one without its sign."),
    "square": ("The square of what was wanted", ""),
    "root": ("The square root of what was wanted", ""),
    "exponential": ("The exponential of what was wanted", ""),
    "logarithm": ("The logarithm of what was wanted", ""),
    "truncated": ("The fractions are cut off", "Look for whole-number division, `int` or a cast."),
    "reversed": ("In the opposite order", ""),
    "reversed-last": ("Each row in the opposite order", ""),
    "column-major": ("Read column after column", "The numbers go row after row."),
    "shifted": ("Shifted by one", "Every number stands one place too far: look at the indices."),
    "shifted-back": ("Shifted by one", "Every number stands one place too early."),
    "sorted": ("Sorted", "The numbers are right, in the order of their size."),
    "axis": ("Along another dimension: {}", "Look which dimension disappears."),
    "instead": ("Takes the {}", ""),
    "at-negative": ("Right but where the input is negative", ""),
    "at-zero": ("Right but where the input is zero", ""),
    "at-positive": ("Right but where the input is positive", ""),
    "edge": ("Right but at the {} place", "Look at the ends of the loop or the slice."),
    "clipped-above": ("Nothing is larger than {}", "Larger numbers were cut off at {}."),
    "clipped-below": ("Nothing is smaller than {}", "Smaller numbers were cut off at {}."),
    "rough": ("Right to three digits", "An approximation, or a rounded constant."),
    "zero": ("Zeros everywhere", ""),
    "times-length": (
        "{} times too large",
        "{} is a length of the input: look for a sum that should be a mean.",
    ),
    "over-length": (
        "{} times too small",
        "{} is a length of the input: look for a mean that should be a sum.",
    ),
    "factor": ("{} times the wanted number", ""),
    "offset": ("Off by one and the same amount", "Each number is off by {}."),
}
EXAMPLE_ANSWER = Name("Always gives the answer of the example", "Use what the function is given.")
_DEVIATIONS = {
    "kind": "Gives another kind of value",
    "dtype": "Gives another dtype",
    "memory": "Gives no copy",
    "changes": "Writes into what it is given",
}
_FACTS = ("none", "no-error", "other-error", "message", "not-finite", "made-finite", "reduced")
"""True of one value alone; the others are shown if all wrong values of a function agree."""
_ALSO = ("edge", "rough", "shape", "offset", "factor", "clipped-below", "clipped-above", "sorted")
"""Shown where nothing else is seen: they are true beside others that say more."""


def likeness(unmet: Sequence[Observation]) -> Name | None:
    """The one thing that the wrong values of a function show, if they show one."""
    if not unmet:
        return None
    if strays := unmet[0].deviation:
        return Name(_DEVIATIONS[strays.fact], "")
    first = {code.partition(":")[0]: code for code in reversed(unmet[0].likenesses)}
    for fact in _FACTS:
        if fact in first:
            return _name(first[fact])
    kinds = set(first)
    for other in unmet[1:]:
        if other.expected.kind == "equals" and not other.deviation:
            kinds &= {code.partition(":")[0] for code in other.likenesses}
    telling = kinds - set(_ALSO)
    left = sorted(telling) if telling else [kind for kind in _ALSO if kind in kinds]
    return _name(first[left[0]]) if left and len(telling) < 2 else None


def _name(code: str) -> Name:
    kind, _, rest = code.partition(":")
    title, help_text = _WORDS[kind]
    word = rest if kind in ("missing", "extra") else rest.partition(":")[0]
    return Name(title.replace("{}", word), help_text.replace("{}", word))
