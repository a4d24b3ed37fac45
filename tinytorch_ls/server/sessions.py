"""The students' folders that are served; most windows have one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tinytorch_ls.server.session import OpenFile, Session


class Sessions:
    """One session a folder, in the order in which they were found."""

    def __init__(self) -> None:
        self.by_root: dict[Path, Session] = {}
        self.recent: Session | None = None  # of the file that the client touched last

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self.by_root.values()))

    def __len__(self) -> int:
        return len(self.by_root)

    def add(self, session: Session) -> None:
        self.by_root[session.folder.root] = session

    def drop(self, session: Session) -> None:
        self.by_root.pop(session.folder.root, None)
        if self.recent is session:
            self.recent = None

    def of(self, folder: str | None) -> Session | None:
        """The session of a folder; of none in particular: the one that is worked in."""
        if folder is not None:
            return self.by_root.get(Path(folder))
        return self.recent or next(iter(self), None)

    def around(self, path: Path) -> Session | None:
        """The session of the folder that a path lies in; of nested ones the innermost."""
        path = path.resolve()
        return next((self.by_root[p] for p in (path, *path.parents) if p in self.by_root), None)

    def opened(self, uri: str) -> tuple[Session, OpenFile] | None:
        """The session and the open file of a URI, if it is one that a module teaches."""
        for session in self:
            if opened := session.files.get(uri):
                self.recent = session
                return session, opened
        return None
