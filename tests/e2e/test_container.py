"""The container's set-up, run on a bare copy of the project: no environment, no home."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from bare import Machine


@pytest.fixture
def container(machine: Machine) -> Path:
    return machine.project


def test_the_course_is_begun(container: Path) -> None:
    python = container / ".venv" / "bin" / "python"
    status = subprocess.run(
        [python, "-m", "tinytorch_ls", "status", "--json"],
        cwd=container / "my-course",
        capture_output=True,
        text=True,
        check=False,
    )
    assert status.returncode == 1, status.stderr  # no step has passed yet
    data = json.loads(status.stdout)
    assert data["next"] == "setup/greet"
    assert data["modules"][0]["begun"]


def test_the_configuration_names_what_the_set_up_made(container: Path) -> None:
    settings = json.loads((container / "my-course" / ".vscode" / "settings.json").read_text())
    assert Path(settings["tinytorch.interpreter"]).is_file()
    configuration = json.loads((container / ".devcontainer" / "devcontainer.json").read_text())
    named = configuration["customizations"]["vscode"]["settings"]["tinytorch.interpreter"]
    inside = named.replace("${containerWorkspaceFolder}", str(container))
    assert Path(inside) == Path(settings["tinytorch.interpreter"])


def test_the_extension_carries_the_course(container: Path) -> None:
    attach = (container / ".devcontainer" / "attach.sh").read_text()
    package = container / "vscode-extension" / "dist" / "tinytorch.vsix"
    assert str(package.relative_to(container)) in attach
    with zipfile.ZipFile(package) as archive:
        wheels = [name for name in archive.namelist() if name.endswith(".whl")]
    assert len(wheels) == 1
