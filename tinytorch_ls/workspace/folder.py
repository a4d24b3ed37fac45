"""The student's folder: their `tinytorch/`, and `.tinytorch/` with what the course remembers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tinytorch_ls.course.model import Course, Milestone, Module, Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace.editor import settle
from tinytorch_ls.workspace.files import read_source, remove, write_whole
from tinytorch_ls.workspace.given import make_given
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.packages import is_part
from tinytorch_ls.workspace.paths import MARK, Place, place, refuse_library
from tinytorch_ls.workspace.progress import Progress
from tinytorch_ls.workspace.stub import stub_file

_INIT = '''"""Your own tinytorch; a module not begun yet comes from the installed one."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
'''


class StudentFolder:
    """One student's work on one course."""

    def __init__(self, root: Path, course: Course) -> None:
        self.root = root.resolve()
        self.course = course
        self.progress = Progress(self.root)
        self._was_there = self.root.is_dir()

    def create(self) -> None:
        """Make what is missing; nothing that is there is touched. Raises Refused.

        A folder that was there and is not any more was moved or deleted: it is not made anew.
        """
        refuse_library(self.root, self.course.library)
        if self._was_there and not self.root.is_dir():
            raise Refused(
                say(
                    "{root} is gone: it was moved or deleted; open it where it is now",
                    root=self.root,
                )
            )
        _make_folder(self.root)
        self._was_there = True
        contents = {
            "tinytorch/__init__.py": _INIT,
            f"{MARK}/.gitignore": "*\n",
        }
        with locked(self.root):
            for file, text in contents.items():
                if not (self.root / file).exists():
                    write_whole(self.place(file), text)
            make_given(self.root, self.course.library)
            if not self.progress.file.exists():
                settle(self.root)
                self.progress.save()

    def begin(self, module_id: str) -> list[Path]:
        """Put the files of a module that are not there yet, as stubs. Raises Refused."""
        self.create()
        made: list[Path] = []
        with locked(self.root):
            for file in self.course.module(module_id).files:
                if not self.path(file).exists():
                    write_whole(self.place(file), self.stub(file))
                    made.append(self.path(file))
        return made

    def place(self, file: str) -> Place:
        """A file that the course may write. Raises Refused for all others."""
        taught = {f for module in self.course.modules for f in module.files}
        return place(self.root, file, taught, self.course.library)

    def write(self, file: str, text: str | None) -> None:
        """Replace a file in one move; None removes it. Raises Refused."""
        where = self.place(file)
        with locked(self.root):
            if text is None:
                remove(where)
            else:
                write_whole(where, text)

    def path(self, file: str) -> Path:
        """Where a file of the library, such as "tinytorch/tensor.py", lies for this student."""
        return self.root / file

    def source(self, file: str) -> str:
        """The student's text of a file. Raises Refused."""
        if not self.path(file).exists():
            start = f"tinytorch start --module {self.module_of(file).id}"
            raise Refused(
                say("{file} is not there; `{start}` brings it back", file=file, start=start)
            )
        return read_source(self.path(file))

    def texts(self, module: Module) -> dict[str, str]:
        """The module's files as they lie on the disk; those that can't be read are left out."""
        texts: dict[str, str] = {}
        for file in module.files:
            with suppress(Refused):
                texts[file] = self.source(file)
        return texts

    def reference(self, file: str) -> str:
        """The library's text of a file. Raises Refused."""
        path = self.course.library / file
        if not path.is_file():
            raise Refused(say("the library has no {file}", file=file))
        return read_source(path)

    def stub(self, file: str) -> str:
        """The file as the student first sees it. Raises Refused where the lesson is broken."""
        source = self.reference(file)
        return stub_file(source, self.module_of(file), file, self.course.library)

    def broken_parts(self, module: Module, texts: Mapping[str, str]) -> frozenset[str]:
        """The parts of packages among a module's files that can't be read: as `texts` has them."""
        parts = (file for file in module.files if is_part(file))
        return frozenset(file for file in parts if not _is_readable(file, texts.get(file)))

    def module_of(self, file: str) -> Module:
        """The module that teaches a file. Raises KeyError."""
        return self.course.module_of(file)

    def file_of(self, path: Path) -> str | None:
        """The course's name of a path, if it is a file that a module teaches."""
        try:
            file = path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            return None
        return file if any(file in module.files for module in self.course.modules) else None

    def begun(self, module: Module) -> bool:
        return any(self.path(file).exists() for file in module.files)

    def modules_begun(self) -> list[Module]:
        return [module for module in self.course.modules if self.begun(module)]

    def all_passed(self, module_id: str) -> bool:
        """Whether every step of a module has passed."""
        steps = self.course.module(module_id).steps
        return all(self.progress.of(step.id).state == "passed" for step in steps)

    def reached(self) -> tuple[Milestone, ...]:
        """The milestones whose step has passed."""
        return tuple(
            milestone
            for milestone in self.course.milestones
            if self.progress.of(milestone.step).state == "passed"
        )

    def next_step(self) -> Step | None:
        """The first step of the course that has not passed, in modules that were begun first."""
        steps = [s for m in self.modules_begun() for s in m.steps]
        steps += list(self.course.steps.values())
        return next((s for s in steps if self.progress.of(s.id).state != "passed"), None)

    def digest(self, step: Step, sources: Mapping[str, str] | None = None) -> str:
        """A digest of the step's symbols as the student has them; "" if they can't be read."""
        try:
            return "-".join(
                form_of(s.file).symbol_digest(
                    sources[s.file] if sources and s.file in sources else self.source(s.file),
                    s.name,
                )
                for s in step.symbols
            )
        except (Refused, SyntaxError):
            return ""

    def stubs(self, module: Module, texts: Mapping[str, str] | None = None) -> dict[str, str]:
        """The step of each symbol of a module that is not written yet. Raises SyntaxError.

        A part of a package that can't be read is left out: the others are read all the same.
        """
        found: dict[str, str] = {}
        known = self.texts(module) if texts is None else texts
        broken = self.broken_parts(module, known)
        for file in module.files:
            if self.path(file).exists() and file not in broken:
                text = known[file] if file in known else self.source(file)
                found.update(form_of(file).unwritten(text))
        return found


def _is_readable(file: str, text: str | None) -> bool:
    if text is None:
        return False
    try:
        form_of(file).definitions(text)
    except SyntaxError:
        return False
    return True


def _make_folder(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            say("{root} can't be made: {reason}", root=root, reason=error.strerror)
        ) from None


def find_folder(path: Path) -> Path | None:
    """The student's folder that `path` is or lies in: the nearest with a `.tinytorch`."""
    for folder in (path.resolve(), *path.resolve().parents):
        if (folder / MARK).is_dir():
            return folder
        if (folder / "tinytorch" / "__init__.py").is_file() and _is_ours(folder):
            return folder
    return None


def _is_ours(folder: Path) -> bool:
    """Whether a folder whose `.tinytorch` was deleted is still a student's."""
    try:
        with (folder / "tinytorch" / "__init__.py").open(encoding="utf-8") as stream:
            text = stream.read(len(_INIT))
    except (OSError, UnicodeDecodeError):
        return False
    return text.startswith(_INIT.splitlines()[0])
