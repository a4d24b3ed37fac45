"""What keeps a file of the student's from being read."""

from __future__ import annotations

from pathlib import Path

from tinytorch_ls.forms.form import Unreadable
from tinytorch_ls.forms.known import form_of


def fault_of(path: Path) -> Unreadable | None:
    """What keeps a file from being read as what it is; None where nothing does."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    form = form_of(path)
    return form.fault_in_bytes(data) or form.fault_in(data.decode("utf-8"))
