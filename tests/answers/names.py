"""The names that wrong answers are given, each read beside the answer and found true.

`names.md` has a line an answer, so that what changes by a lesson's words is a diff to be read. What
was stopped for its time has no line: how far it came is chance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from corpus import FOLDER
from outcomes import Outcome

RECORD = FOLDER / "names.md"
_TITLE = "# Names of wrong answers: read beside the code, and true\n"
_STEP = re.compile(r"^## (.+)\n\n((?:- .+\n)*)", re.M)

Names = Mapping[str, frozenset[str]]
"""The lines of each step."""


def recorded() -> Names:
    """What was read."""
    text = RECORD.read_text(encoding="utf-8")
    return {step: frozenset(lines.splitlines()) for step, lines in _STEP.findall(text)}


def given(outcomes: Iterable[Outcome]) -> Names:
    """What is to be read: the names that these answers get."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        if outcome.caught and outcome.called and not outcome.run.limit:
            found[outcome.answer.step].add(_line(outcome))
    return {step: frozenset(lines) for step, lines in found.items()}


def unread(outcomes: Iterable[Outcome]) -> list[str]:
    """The names that are given and were not read yet, each with its step."""
    known = recorded()
    return [
        f"{step} {line}"
        for step, lines in given(outcomes).items()
        for line in sorted(lines - known.get(step, frozenset()))
    ]


def accept(outcomes: Iterable[Outcome]) -> None:
    """Record the names of all answers to some steps in place of what stands there.

    What stands there of an answer that was stopped this time is kept.
    """
    judged = list(outcomes)
    names = {step: set(lines) for step, lines in recorded().items()}
    stopped = tuple(_head(outcome) for outcome in judged if outcome.run.limit)
    for step in {outcome.answer.step for outcome in judged}:
        names[step] = {line for line in names.get(step, ()) if line.startswith(stopped)}
    for step, lines in given(judged).items():
        names[step] |= lines
    parts = [
        f"## {step}\n\n" + "".join(f"{line}\n" for line in sorted(lines))
        for step, lines in sorted(names.items())
        if lines
    ]
    RECORD.write_text("\n".join([_TITLE, *parts]), encoding="utf-8")


def _line(outcome: Outcome) -> str:
    return f"{_head(outcome)}{outcome.called}"


def _head(outcome: Outcome) -> str:
    answer = outcome.answer
    title = f"{answer.symbol}: {answer.title}" if answer.symbol else answer.title
    return f"- {title} → "
