"""Which files of a student's were saved since the last look, by their times and sizes."""

from __future__ import annotations

from collections.abc import Iterator

from tinytorch_ls.forms.known import has_form
from tinytorch_ls.workspace.folder import StudentFolder

_Stamp = tuple[int, int, int]  # time of the last change, size, inode


class Look:
    """Looks again and again at the files that steps may run on."""

    def __init__(self, folder: StudentFolder) -> None:
        self.folder = folder
        self.seen = self._stamps()
        self.lost: set[str] = set()  # were gone or empty at the last look, for the first time

    def saved(self) -> list[str]:
        """The files that were written, made or removed since the last look.

        One that is gone or empty counts once it is so twice: an editor that saves may first empty
        or rename a file.
        """
        now = self._stamps()
        changed = [f for f in {**self.seen, **now} if now.get(f) != self.seen.get(f)]
        lost = {file for file in changed if not now.get(file, (0, 0, 0))[1]}
        settled = [file for file in changed if file not in lost or file in self.lost]
        self.lost = lost.difference(settled)
        for file in settled:
            if file in now:
                self.seen[file] = now[file]
            else:
                del self.seen[file]
        return settled

    def _stamps(self) -> dict[str, _Stamp]:
        return {file: stamp for file in self._files() if (stamp := self._stamp(file))}

    def _files(self) -> Iterator[str]:
        """Those that a module teaches, and those of the student's own beside them."""
        taught = {file for module in self.folder.course.modules for file in module.files}
        own = filter(has_form, (self.folder.root / "tinytorch").rglob("*"))
        yield from sorted(taught | {p.relative_to(self.folder.root).as_posix() for p in own})

    def _stamp(self, file: str) -> _Stamp | None:
        try:
            status = self.folder.path(file).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
