"""Neovim, a plain client that we did not write, with the very lines that docs/editors.md shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import tools
from student import RIGHT, WRONG, Student

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).parent / "drive_neovim.lua"


def test_a_student_works_in_neovim(student: Student, tmp_path: Path) -> None:
    settings = tmp_path / "tinytorch.lua"
    settings.write_text(documented_settings(), encoding="utf-8")
    for name, code in {"wrong": WRONG, "right": RIGHT}.items():
        (tmp_path / name).write_text(student.with_greet(code), encoding="utf-8")
    seen = tmp_path / "seen.json"
    command = [tools.neovim(), "--headless", "-n", "-i", "NONE", "-u", settings, "-S", DRIVER]
    done = subprocess.run(
        [*command, student.path],
        cwd=student.root,
        env={
            **os.environ,
            "PATH": f"{installed_command(tmp_path)}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "XDG_STATE_HOME": str(tmp_path),
            "SEEN": str(seen),
            "WRONG": str(tmp_path / "wrong"),
            "RIGHT": str(tmp_path / "right"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert seen.is_file(), done.stdout + done.stderr
    saw = json.loads(seen.read_text(encoding="utf-8"))
    assert "problem" not in saw, saw["problem"] + done.stderr

    assert saw["lenses"][:4] == ["○ Not written", "Run step test", "Hint 2/3", "Explain"]
    assert "Meet the loop — not written" in saw["hover"]
    assert "Drop the blanks around" in saw["hover"]
    assert saw["lesson"] == "# Meet the loop"
    failure = next(each for each in saw["diagnostics"] if each["code"] == "setup/greet")
    assert failure["lnum"] == student.line("{name.strip() or")
    assert failure["message"].startswith('greet("   ") is not what it should be.')
    assert saw["left"] == []
    assert "name.strip() or 'you'" in student.source


def documented_settings() -> str:
    """The Lua of docs/editors.md."""
    document = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    _, _, rest = document.partition("```lua\n")
    return rest.partition("```\n")[0]


def installed_command(folder: Path) -> Path:
    """A folder with the command `tinytorch`, as pip writes it."""
    place = folder / "bin"
    place.mkdir()
    command = place / "tinytorch"
    command.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.append({str(ROOT)!r})\n"
        "from tinytorch_ls.cli import main\nsys.exit(main())\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    return place
