"""How steps stand by their code as it is now, which no run may have seen."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from tinytorch_ls.cli.context import mark
from tinytorch_ls.course.model import Module
from tinytorch_ls.feedback.affected import changed_unseen
from tinytorch_ls.feedback.not_run import state_of
from tinytorch_ls.feedback.states import UNTESTED, spoken, wording
from tinytorch_ls.feedback.verdict import State
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.folder import StudentFolder


@dataclass(frozen=True)
class Standing:
    """How one step stands."""

    state: State  # what its last run said
    tested: bool = True  # whether that run saw the code that is there now, if any is written

    @property
    def sign(self) -> str:
        return mark(self.state) if self.tested else UNTESTED.sign

    @property
    def label(self) -> str:
        return wording(self.state).label if self.tested else spoken(UNTESTED).label


def standings(folder: StudentFolder, module: Module) -> dict[str, Standing]:
    """How each step of a module stands; as it was last seen where a file can't be read now."""
    found = {step.id: Standing(state_of(folder, step)) for step in module.steps}
    with suppress(Refused, SyntaxError):
        changed = changed_unseen(folder, module) if folder.begun(module) else []
        stubs = Counter(folder.stubs(module).values()) if changed else Counter[str]()
        for step in changed:
            if found[step.id].state == "not run":
                continue
            is_stub = stubs[step.id] == len(step.symbols)
            found[step.id] = Standing("todo") if is_stub else Standing(found[step.id].state, False)
    return found
