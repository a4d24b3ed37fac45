"""The settings of VS Code for a course's folder: what a student has set in it themselves stays."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.workspace.files import read_source, write_whole
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.paths import place

FILE: Final = ".vscode/settings.json"
SETTINGS: Final[dict[str, object]] = {
    "files.autoSave": "off",  # a step is tested when its student says so
    "editor.minimap.enabled": False,
    "editor.wordWrap": "on",
    "editor.inlayHints.maximumLength": 90,  # what a warp moved, several times a line
    "workbench.notifications.position": "bottom-left",  # over neither end of the lesson
    "editor.inlineSuggest.enabled": False,  # who builds a framework writes it; see AGENTS.md
    # A language's own setting wins over a plain one, and a student may have one for all of Python.
    "[python]": {
        "editor.codeActionsOnSave": {"source.fixAll": "never", "source.organizeImports": "never"}
    },
}


def settle(root: Path) -> None:
    """Write what is not set yet; a file that can't be read, or written, is left as it is."""
    with suppress(Refused), locked(root):
        where = place(root, FILE)
        path = where.path()
        now = read_source(path) if path.exists() else "{}"
        if (text := settled(now)) is not None:
            write_whole(where, text)


def settled(text: str) -> str | None:
    """A file of settings with those of the course that it lacks; None where nothing is to do."""
    try:
        known: Any = json.loads(text)
    except ValueError:  # comments, which would be lost, or a slip that is theirs to mend
        return None
    if not isinstance(known, dict) or SETTINGS.keys() <= known.keys():
        return None
    missing = {name: value for name, value in SETTINGS.items() if name not in known}
    return json.dumps({**known, **missing}, indent=2, ensure_ascii=False) + "\n"
