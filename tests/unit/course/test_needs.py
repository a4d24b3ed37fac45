"""What a module needs: what is asked for, what is missing, and what brings it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tinytorch_ls.course import needs
from tinytorch_ls.course.needs import PACKAGES, lacking

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_each_need_is_an_extra_with_the_packages_that_it_installs() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def name_of(requirement: str) -> str:
        return re.split(r"[\[<>=; ]", requirement)[0]

    always = {name_of(each) for each in project["dependencies"]}  # an extra may want older ones

    def packages(extra: str) -> set[str]:
        found: set[str] = set()
        for requirement in extras[extra]:
            name = name_of(requirement)
            inner = re.search(r"tinytorch\[(\w+)\]", requirement)
            found |= packages(inner[1]) if inner else {"cupy" if name.startswith("cupy") else name}
        return found - always

    assert {need: set(names) for need, names in PACKAGES.items()} == {
        need: packages(need) for need in PACKAGES
    }


def test_what_is_missing_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert lacking(()) is None
    monkeypatch.setitem(PACKAGES, "deploy", ("numpy", "no-such-a", "no-such-b"))
    found = lacking(("deploy",))
    assert found
    assert found.reason == "no-such-a and no-such-b are not installed"
    assert found.command == f'"{sys.executable}" -I -m pip install "tinytorch[deploy]"'
    monkeypatch.setitem(PACKAGES, "deploy", ("numpy",))
    assert lacking(("deploy",)) is None


def test_a_gpu_is_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "gpu", ())
    monkeypatch.setattr(needs, "_has_device", lambda: False)
    found = lacking(("gpu",))
    assert found
    assert (found.reason, found.command) == ("there is no GPU", "")
