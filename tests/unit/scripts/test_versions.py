"""One version for the course and the extension, and the changelog has it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from stages import ROOT


def stated_by(file: str) -> str:
    return json.loads((ROOT / file).read_text(encoding="utf-8"))["version"]


def released() -> str:
    found = re.search(r"^## \[(\d.*?)\]", text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert found
    return found[1]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_both_packages_and_the_changelog_have_one_version() -> None:
    found = re.search(r'^version = "(.*)"', text(ROOT / "pyproject.toml"), re.MULTILINE)
    assert found
    files = ("package.json", "package-lock.json", "vscode-extension/package.json")
    assert {stated_by(file) for file in files} | {released()} == {found[1]}
