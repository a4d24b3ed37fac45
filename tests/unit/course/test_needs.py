"""What a module needs: what is asked for, what is missing, and what brings it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tinytorch_ls.course import needs
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.needs import (
    PACKAGES,
    core_packages,
    lacking,
    lacking_behind,
    lacking_core,
    lacks_in,
    lacks_within,
)
from tinytorch_ls.course.read import read_course

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


def test_the_course_itself_needs_what_its_project_depends_on() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    always = [each for each in project["dependencies"] if ";" not in each]
    assert sorted(core_packages()) == sorted(re.split(r"[<>=]", each)[0] for each in always)
    assert lacking_core() is None


def test_a_failed_import_is_a_lack_only_of_a_package_that_is_the_courses_and_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "_installed", lambda name: name not in ("pyyaml", "numba"))
    monkeypatch.setattr(needs, "_is_known", lambda _: False)
    found = lacking_behind(("yaml.nodes",))
    assert found
    assert found.reason == "numba and pyyaml are not installed"
    assert found.install[-2:] == ("numba", "pyyaml")
    assert lacking_behind(("numpy", "torch", "tinytorch.numba")) is None


def test_a_package_whose_files_are_gone_is_missing_whatever_pip_believes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("half_gone", "half_there"):
        record = tmp_path / f"{name}-1.0.dist-info/METADATA"
        record.parent.mkdir()
        record.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (tmp_path / "half_there.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PACKAGES, "deploy", ("half-gone", "half-there"))
    found = lacking(("deploy",))
    assert found
    assert found.reason == "half-gone is not installed"
    assert found.install[-4:] == ("install", "--force-reinstall", "--no-deps", "half-gone==1.0")


def test_a_lack_of_a_language_is_one_of_its_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module = read_course(curriculum_folder()).module("kernels")
    monkeypatch.setattr(needs, "_installed", lambda name: name != "libclang")
    ((lack, steps),) = lacks_in(module).items()
    assert lack.reason == "libclang is not installed"
    in_cuda_c = [s for s in module.steps if any(y.file.endswith(".cu") for y in s.symbols)]
    assert set(in_cuda_c) <= set(steps) < set(module.steps)
    monkeypatch.undo()
    assert not lacks_in(read_course(curriculum_folder()).module("tensor"))


def test_what_a_package_needs_itself_is_missed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [*lacks_within(("deploy",))]
    gone = ("llvmlite", "anyio")  # of numba; of fastapi, and of its starlette
    monkeypatch.setattr(needs, "_is_known", lambda name: name not in gone)
    (of_numba,) = lacks_within(())
    assert of_numba.reason == "llvmlite, which numba needs, is not installed"
    assert of_numba.install[-1] == "numba"
    assert len([*lacks_within(("deploy",))]) == 2
