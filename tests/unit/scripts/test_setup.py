"""The set-up leaves alone what belongs to another checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import setup


@pytest.mark.parametrize("linked", [".", "vscode-extension", None])
def test_packages_that_are_a_link_to_another_checkouts_are_not_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: str | None
) -> None:
    ran: list[Any] = []
    root, other = tmp_path / "root", tmp_path / "other"
    for folder in (root / "vscode-extension", other):
        folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (root / name).write_text("{}", encoding="utf-8")
    if linked:
        (root / linked / "node_modules").symlink_to(other)
    monkeypatch.setattr(setup, "ROOT", root)
    monkeypatch.setattr(setup, "digest", lambda *_: "key")
    monkeypatch.setattr(setup, "is_done", lambda *_: False)
    monkeypatch.setattr(setup, "mark_done", lambda *_: None)
    monkeypatch.setattr(setup, "npm", lambda: "npm")
    monkeypatch.setattr(setup, "run", lambda *words: ran.append(words))
    setup.install_npm_packages()
    assert bool(ran) is (linked is None)
