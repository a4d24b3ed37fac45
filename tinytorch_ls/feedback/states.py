"""A step's state as a sign and in words: lens, tree, hover and terminal say the same."""

from __future__ import annotations

from dataclasses import dataclass

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.verdict import FunctionState, State
from tinytorch_ls.messages import say


@dataclass(frozen=True)
class Wording:
    """How a state is shown."""

    sign: str  # one character
    label: str  # a word or two, as a sentence begins


WORDINGS: dict[State, Wording] = {
    "todo": Wording("○", "Not written"),
    "failing": Wording("✗", "Failing"),
    "passed": Wording("✓", "Passed"),
    "blocked": Wording("⊘", "Blocked"),
    "not run": Wording("–", "Not run"),
}
RUNNING = Wording("…", "Running")
TYPING = Wording("…", "Typing")  # what it is like is said once its student pauses
UNREADABLE = Wording("✗", "Can't be read")  # its file, so no run can say what the step is like
STALE = Wording("…", "Being tested again")  # something that it runs on has changed

UNTESTED = Wording("…", "Written, not tested yet")  # in a terminal, where a save tests nothing


def wording(
    state: State, *, blocked_by: Step | None = None, running: bool = False, stale: bool = False
) -> Wording:
    """The sign and the words of a state; of a blocked one with the title of what it waits for."""
    plain = STALE if stale else RUNNING if running else WORDINGS[state]
    if plain is WORDINGS["blocked"] and blocked_by:
        return Wording(plain.sign, say("Blocked by {step}", step=titled(blocked_by)))
    return spoken(plain)


def sign_of(state: FunctionState) -> str:
    """The sign of one function of a step that has several."""
    return RUNNING.sign if state == "waiting" else WORDINGS[state].sign


def spoken(plain: Wording) -> Wording:
    """A wording in the reader's language."""
    return Wording(plain.sign, say(plain.label))
