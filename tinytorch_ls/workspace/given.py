"""Files that the course gives to a student's folder: made once, renewed while unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.assistants import AGENTS, CLAUDE
from tinytorch_ls.workspace.files import read_source, write_whole
from tinytorch_ls.workspace.paths import GIVEN_RECORD, place

_README = """# My TinyTorch

Your own deep-learning framework, one function at a time.

- `tinytorch/` is yours: each file is one lesson. Find a `TODO`, write it, save.
- `.tinytorch/` is the course's memory: your progress, and your files from before each reset.
- `AGENTS.md` asks assistants that write code to tutor you and not to solve your steps.
  `CLAUDE.md` leads those to it that look there. Change or delete both as you like: the course
  doesn't bring back what you changed.

In the editor, open the TinyTorch view. In a terminal, `tinytorch status` says where you are.
"""

GIVEN: Mapping[str, str] = {"README.md": _README, "AGENTS.md": AGENTS, "CLAUDE.md": CLAUDE}


def make_given(root: Path, library: Path) -> None:
    """Make the files that were never there. What was deleted stays deleted. Raises Refused."""
    record = _record(root)
    new = [file for file in GIVEN if file not in record and not (root / file).exists()]
    _write(root, library, new, record)


def renew_given(root: Path, library: Path) -> list[Path]:
    """Bring the files that the student has left as they were to those of today. Raises Refused."""
    record = _record(root)
    old = [file for file in GIVEN if _is_as_given(root, file, record)]
    changed = [file for file in old if record[file] != _digest(GIVEN[file])]
    _write(root, library, changed, record)
    return [root / file for file in changed]


def _write(root: Path, library: Path, files: Iterable[str], record: dict[str, str]) -> None:
    written: dict[str, str] = {}
    for file in files:
        write_whole(place(root, file, library=library), GIVEN[file])
        written[file] = _digest(GIVEN[file])
    if written:
        text = json.dumps({**record, **written}, indent=2, sort_keys=True) + "\n"
        write_whole(place(root, GIVEN_RECORD, library=library), text)


def _is_as_given(root: Path, file: str, record: Mapping[str, str]) -> bool:
    try:
        return _digest(read_source(root / file)) == record.get(file)
    except Refused:
        return False


def _digest(text: str) -> str:
    """The same for every form of line ends: version control may have changed them."""
    return hashlib.sha256("\n".join(text.splitlines()).encode()).hexdigest()


def _record(root: Path) -> dict[str, str]:
    """The digests of what was given, by file; one that can't be read says nothing."""
    try:
        read: Any = json.loads(read_source(root / GIVEN_RECORD))
    except (Refused, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {str(file): str(digest) for file, digest in cast("dict[Any, Any]", read).items()}
