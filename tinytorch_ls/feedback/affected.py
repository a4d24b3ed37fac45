"""What a save may have changed beyond the steps of its own file, and what changed unseen."""

from __future__ import annotations

from collections.abc import Mapping

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.workspace.depends import Imports
from tinytorch_ls.workspace.folder import StudentFolder


def dependents(folder: StudentFolder, file: str) -> list[Module]:
    """The modules that a student has begun whose steps run on a file of another module."""
    imports = Imports((folder.root, folder.course.library), {})
    return [
        module
        for module in folder.modules_begun()
        if file not in module.files and file in imports.needed_by(module)
    ]


def means_the_same(file: str, old: str | None, new: str) -> bool:
    """Whether two texts of a file do the same; one that can't be read is another."""
    meaning = form_of(file).meaning
    try:
        return old is not None and meaning(old) == meaning(new)
    except SyntaxError:
        return False


def changed_unseen(
    folder: StudentFolder, module: Module, texts: Mapping[str, str] | None = None
) -> list[Step]:
    """The steps whose code is not that of their last run: as `texts` has it, else on the disk.

    Raises Refused, SyntaxError.
    """
    known = folder.texts(module) if texts is None else texts
    stubs = set(folder.stubs(module, known).values())
    broken = folder.broken_parts(module, known)  # what is wrong with them is said in their files
    whole = [step for step in module.steps if broken.isdisjoint(s.file for s in step.symbols)]
    return [step for step in whole if _is_changed(folder, step, known, stubs)]


def _is_changed(
    folder: StudentFolder, step: Step, texts: Mapping[str, str], stubs: set[str]
) -> bool:
    """Whether the step's code is not that of its last run; a stub never run is as it should be."""
    known = folder.progress.of(step.id)
    if not step.symbols or (known.digest == "" and step.id in stubs):
        return False
    return known.digest != folder.digest(step, texts)
