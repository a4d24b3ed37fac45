"""Files of a student's that were there and are gone: they are made anew only if that is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from tinytorch_ls.course.model import Module
from tinytorch_ls.messages import say
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.diagnostics import publish
from tinytorch_ls.server.session import Session


def lost_files(session: Session, module: Module) -> list[str]:
    """The files of a module that the student had, and that are not there now."""
    gone = [file for file in module.files if not session.folder.path(file).exists()]
    known = len(gone) == len(module.files) and _was_begun(session, module)
    return [file for file in gone if known or file in session.tested]


async def is_wanted_anew(ls: TinyTorchServer, files: Sequence[str]) -> bool:
    """Say which files are gone, and offer to begin them anew."""
    which, anew = ", ".join(files), say("Begin anew")
    if len(files) == 1:
        text = say(
            "{file} is not there any more. If you moved or renamed it, put it back under its old "
            "name.",
            file=which,
        )
    else:
        text = say(
            "{files} are not there any more. If you moved or renamed them, put them back under "
            "their old names.",
            files=which,
        )
    return await ls.offer(text, anew)


def forget(ls: TinyTorchServer, session: Session, module: Module, files: Sequence[str]) -> None:
    """Take back what was said of files while they were gone."""
    if not files:
        return
    for step in module.steps:
        session.verdicts.pop(step.id, None)
    for file in files:
        publish(ls, session, file)


def _was_begun(session: Session, module: Module) -> bool:
    """Whether an earlier session has tested a step of it; one may ask for hints before that."""
    known = (session.folder.progress.of(step.id) for step in module.steps)
    return any(step.digest or step.state != "todo" for step in known)
