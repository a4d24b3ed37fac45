"""The command as a terminal runs it: a process of its own, on the real course."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import library_root

ROOT = library_root()


def _run(
    folder: Path, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tinytorch_ls", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_a_student_works_through_a_module(tmp_path: Path) -> None:
    assert _run(tmp_path, "start").returncode == 0
    begun = _run(tmp_path, "test", "setup/greet")
    assert (begun.returncode, begun.stderr) == (1, "")
    assert begun.stdout.startswith("○ setup/greet")
    assert _run(tmp_path, "solve", "setup").returncode == 0
    passed = _run(tmp_path / "tinytorch", "test", "setup", "--json")
    assert (passed.returncode, passed.stderr) == (0, "")
    assert {step["state"] for step in json.loads(passed.stdout)["steps"]} == {"passed"}
    status = _run(tmp_path, "status")
    assert status.returncode == 1
    assert "✓ setup/greet" in status.stdout


def test_files_of_the_students_dont_hide_ours(tmp_path: Path) -> None:
    _run(tmp_path, "start")
    for name in ("random.py", "json.py", "numpy.py", "pathlib.py"):
        (tmp_path / name).write_text("raise RuntimeError('the wrong one')\n")
    status = _run(tmp_path, "status")
    assert (status.returncode, status.stderr) == (1, "")


def test_a_terminal_without_our_signs_is_no_error(tmp_path: Path) -> None:
    _run(tmp_path, "start")
    plain = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    status = _run(tmp_path, "status", env=plain)
    assert (status.returncode, status.stderr) == (1, "")
    assert "? setup/greet" in status.stdout
    assert json.loads(_run(tmp_path, "status", "--json", env=plain).stdout)["next"]


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    _run(tmp_path, "start")
    command = f"'{sys.executable}' -m tinytorch_ls explain setup/greet | true"
    for _ in range(3):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only here can a folder in use be removed")
def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir '{gone}' && exec '{sys.executable}' -m tinytorch_ls status"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tinytorch: the folder that you are in is gone; change to another\n"


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("test", "--help")])
def test_help_is_no_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = _run(tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


PACKAGES = {  # what is imported, who needs it, and a command that does
    "yaml": ("pyyaml", "status"),
    "markdown_it": ("markdown-it-py", "status"),
    "mdurl": ("mdurl, which markdown-it-py needs,", "doctor"),
    "mdit_py_plugins": ("mdit-py-plugins", "start"),
    "lsprotocol": ("lsprotocol", "lsp"),
    "attr": ("attr, which lsprotocol needs,", "lsp"),
    "pygls": ("pygls", "lsp"),
}


@pytest.mark.parametrize("module", PACKAGES)
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import ctypes\nctypes.CDLL('libhull.so')", "OSError: libhull.so"),
        ("raise ImportError('two lines\\nof words')", "ImportError: two lines"),
        ("x = (", "SyntaxError"),
    ],
)
def test_a_package_that_is_broken_is_told_in_a_line_with_the_way_out(
    tmp_path: Path, module: str, code: str, error: str
) -> None:
    package, command = PACKAGES[module]
    packages = tmp_path / "site-packages"
    (packages / module).mkdir(parents=True)
    (packages / module / "__init__.py").write_text(code)
    path = {"PYTHONPATH": os.pathsep.join([str(packages), str(ROOT)])}
    ended = _run(tmp_path, command, env=path)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    said = f"tinytorch: {package} is installed and can't be imported here ({error}"
    assert line.startswith(said)
    (known,) = packages_distributions()[module]
    again = f"pip install --force-reinstall --no-deps {known}=={version(known)}`"
    assert again.lower() in line.lower()


def test_a_package_that_is_not_whole_is_told_so(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    (packages / "markdown_it").mkdir(parents=True)
    (packages / "markdown_it" / "__init__.py").write_text("class MarkdownIt: ...")
    path = {"PYTHONPATH": os.pathsep.join([str(packages), str(ROOT)])}
    ended = _run(tmp_path, "status", env=path)
    told = "tinytorch: markdown-it-py is not whole here: it has no markdown_it.token: run `"
    assert ended.stderr.startswith(told)
