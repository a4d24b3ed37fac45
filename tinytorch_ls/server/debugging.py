"""How a client debugs a step: the script to start, and where to stop first."""

from __future__ import annotations

import sys
from contextlib import suppress

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.feedback.standing_in import standing_texts
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.processes import DEBUG_SCRIPT, PACKAGE_ROOT, debug_environment
from tinytorch_ls.runner.reference import Survey
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.positions import lines_of, position
from tinytorch_ls.server.protocol import (
    DEBUG_CONFIGURATION,
    DebugConfiguration,
    PathRule,
    Place,
    StepParams,
)
from tinytorch_ls.server.runs import NOT_TRUSTED
from tinytorch_ls.server.session import Session

_NO_DEBUGGER = (
    "A kernel in CUDA C has thousands of threads, and no debugger here stops in them. What a run "
    "finds is marked at its line."
)


async def debug_configuration(ls: TinyTorchServer, params: StepParams) -> DebugConfiguration | None:
    """What a client starts to debug a step; None where nothing may run."""
    step = ls.step(params.step)
    session = ls.session(params.folder)
    if session is None or not ls.trusted:
        ls.warn(say(NOT_TRUSTED))
        return None
    if not can_debug(step):
        ls.warn(say(_NO_DEBUGGER))
        return None
    root, tests = session.folder.root, session.course.module(step.module_id).tests
    return DebugConfiguration(
        name=say("Debug {step}", step=titled(step)),
        program=str(PACKAGE_ROOT / DEBUG_SCRIPT),
        args=(str(root), str(tests), step.name, await _brief(session, step)),
        cwd=str(root),
        env=debug_environment(),
        python=sys.executable,
        rules=(
            PathRule(str(tests), include=True),
            PathRule(f"{root}/**", include=True),
            PathRule(f"{PACKAGE_ROOT / 'tinytorch_ls'}/**", include=False),
            PathRule(f"{PACKAGE_ROOT / 'tinytorch'}/**", include=False),
        ),
        breakpoint=_first_statement(ls, session, step),
    )


FEATURES = {DEBUG_CONFIGURATION: debug_configuration}


def can_debug(step: Step) -> bool:
    """Whether a debugger stops in the code of a step."""
    return all(form_of(symbol.file).debugs for symbol in step.symbols)


async def _brief(session: Session, step: Step) -> str:
    """What the script needs to know of a step beside its tests, as JSON."""
    surveys: dict[str, Survey] = {}
    with suppress(OSError):
        surveys = await session.runner.surveyed(step.module_id, (step.id,))
    survey = surveys.get(step.id)
    module = session.course.module(step.module_id)
    brief = {
        "reference": survey.told if survey else "{}",
        "example": step.example if survey else "",
        "modules": module.imports,
        "functions": [(str(session.folder.path(each.file)), each.name) for each in step.symbols],
        "overlay": standing_texts(session.folder, module),
    }
    return as_json(brief)


def _first_statement(ls: TinyTorchServer, session: Session, step: Step) -> Place | None:
    for symbol in step.symbols:
        try:
            source = session.source(symbol.file)
            found = form_of(symbol.file).definitions(source).get(symbol.name)
        except (SyntaxError, Refused):
            return None
        if found:
            line = position(lines_of(source), found.first_statement).line
            return Place(ls.uri_of(session, symbol.file), line)
    return None
