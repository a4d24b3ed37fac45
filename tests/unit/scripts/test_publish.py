"""What would be published is whole and small, and nothing is published unless it is meant."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import publish
import pytest
import setup
from stages import StageError

TOKENS = {"OVSX_PAT": "one", "VSCE_PAT": "two"}


@pytest.fixture(scope="module")
def vsix() -> Path:
    """The package as the set-up builds it."""
    setup.build_extension()
    return setup.VSIX


class Registries:
    """Takes the place of the programs that would publish."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, _name: str, title: str, _commands: Sequence[Any], *, cwd: Path) -> None:
        assert cwd == publish.EXTENSION
        self.ran.append(title)


def attempt(registries: Registries, words: list[str], tokens: dict[str, str]) -> int:
    return publish.publish(words, tokens, build=lambda: None, carry_out=registries.run)


@pytest.mark.slow
def test_the_package_is_small_and_whole(vsix: Path) -> None:
    assert publish.weight(vsix) < publish.MOST_BYTES
    assert list(publish.complaints(vsix, released=False)) == []


def test_the_package_has_the_words_of_each_language(vsix: Path) -> None:
    with zipfile.ZipFile(vsix) as package:
        names = set(package.namelist())
    assert {"extension/package.nls.de.json", "extension/l10n/bundle.l10n.de.json"} <= names


@pytest.mark.usefixtures("vsix")
def test_nothing_is_published_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    registries = Registries()
    assert attempt(registries, [], TOKENS) == 0
    assert registries.ran == []
    out = capsys.readouterr().out
    assert "Nothing was published" in out
    assert "one" not in out.split()


@pytest.mark.usefixtures("vsix")
def test_a_token_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_changelog_complaints", lambda **_: iter(()))
    registries = Registries()
    with pytest.raises(StageError, match="set VSCE_PAT in the environment"):
        attempt(registries, ["--really"], {"OVSX_PAT": "one"})
    assert registries.ran == []


@pytest.mark.usefixtures("vsix")
def test_it_is_published_where_it_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_changelog_complaints", lambda **_: iter(()))
    registries = Registries()
    assert attempt(registries, ["--really"], TOKENS) == 0
    assert registries.ran == ["Open VSX", "Visual Studio Marketplace"]


@pytest.mark.usefixtures("vsix")
def test_a_version_without_a_date_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = tmp_path / "extension"
    extension.mkdir()
    (extension / "package.json").write_text('{"version": "3.0.0"}')
    (extension / "README.md").write_text("![A](https://example.org/a.png) ![B](../b.png)")
    (extension / "CHANGELOG.md").write_text("## [3.0.0] - not released yet\n")
    monkeypatch.setattr(publish, "EXTENSION", extension)
    with pytest.raises(StageError) as told:
        attempt(Registries(), ["--really"], TOKENS)
    assert "gives 3.0.0 no date" in str(told.value)
    assert str(told.value).count("has no whole address") == 2


def test_a_package_that_lacks_something_is_complained_of(tmp_path: Path) -> None:
    path = tmp_path / "poor.vsix"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("extension/package.json", "{}")
        package.writestr("extension/dist/extension.js", bytes(publish.MOST_BYTES + 1))
    told = "\n".join(publish.complaints(path, released=False))
    for part in ("README.md is not in it", "one wheel", "1.00 MB beside its wheel"):
        assert part in told
