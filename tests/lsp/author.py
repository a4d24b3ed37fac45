"""An author's copy of the curriculum, and what their editor shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lsp_client import Client
from lsprotocol.types import Diagnostic


@dataclass
class Author:
    """A copy of the curriculum."""

    folder: Path

    @property
    def lesson(self) -> Path:
        return self.folder / "00_setup" / "lesson.md"

    @property
    def tests(self) -> Path:
        return self.folder / "00_setup" / "test_setup.py"

    def change(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    @property
    def options(self) -> dict[str, str]:
        return {"curriculum": str(self.folder)}

    @property
    def env(self) -> dict[str, str]:
        """What proofs remember lies beside the curriculum, and goes with it."""
        return {"TMPDIR": str(self.folder.parent)}


async def diagnosed(client: Client, path: Path, words: str) -> Diagnostic:
    """Wait for the one diagnostic of a file with these words."""
    found = await client.published(
        path.as_uri(), lambda found: any(words in each.message for each in found)
    )
    (wanted,) = [each for each in found if words in each.message]
    return wanted


async def mended(client: Client, path: Path) -> None:
    """Wait until nothing is wrong with a file."""
    await client.published(path.as_uri(), lambda found: not found)
