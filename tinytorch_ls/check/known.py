"""What was found sound before: the reports of a course's steps, by the digest of what they rest on.

A step of which anything is wrong is not kept: it is proven again, and its complaints are of now.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinytorch_ls.cache import cache_folder, write_cache
from tinytorch_ls.check.proof import StepReport


class Known:
    """Reports by name and digest, in a file of the user's cache."""

    def __init__(self, curriculum: Path | None) -> None:
        self.file = _file(curriculum) if curriculum else None
        self.reports: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            self.reports = json.loads(self.file.read_text(encoding="utf-8")) if self.file else {}

    def holds(self, name: str, digest: str) -> bool:
        """Whether what goes by that name was sound, and rests on the same."""
        with contextlib.suppress(KeyError, TypeError):
            return self.reports[name]["digest"] == digest
        return False

    def report(self, name: str, digest: str) -> StepReport | None:
        """That of a step that was sound."""
        if self.holds(name, digest):
            with contextlib.suppress(KeyError, TypeError):
                return StepReport(**self.reports[name]["report"])
        return None

    def keep(self, name: str, digest: str, report: StepReport | None = None) -> None:
        """Remember what is sound, from now on, whatever ends this check."""
        self.reports[name] = {"digest": digest, "report": asdict(report) if report else None}
        if self.file:
            with contextlib.suppress(OSError):  # without it the next check takes longer
                write_cache(self.file, json.dumps(self.reports).encode())


def _file(curriculum: Path) -> Path:
    name = hashlib.sha256(str(curriculum.resolve()).encode()).hexdigest()[:16]
    return Path(cache_folder(), f"check-{name}.json")
