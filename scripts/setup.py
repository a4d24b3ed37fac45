"""Makes what is missing: the Python environment, the npm packages, the extension, the workbench."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from stages import ROOT, StageError, digest, is_done, mark_done, run

VENV = ROOT / ".venv"
VSIX = ROOT / "vscode-extension" / "dist" / "tinytorch.vsix"
WHEELS = ROOT / "vscode-extension" / "wheel"
WORKBENCH = ROOT / "workbench"
_WINDOWS = sys.platform == "win32"
_PACKAGE_SOURCES = [
    ROOT / name
    for name in ("tinytorch", "tinytorch_ls", "curriculum", "pyproject.toml", "README.md")
]
_EXTENSION_SOURCES = [
    ROOT / "vscode-extension" / name for name in ("src", "media", "package.json", "esbuild.mjs")
]
TORCH = "torch==2.13.0"
_CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


def python() -> Path:
    """The interpreter of the project's own environment."""
    return VENV / ("Scripts/python.exe" if _WINDOWS else "bin/python")


def npm() -> str:
    found = shutil.which("npm")
    if found is None:
        raise StageError("npm is missing; it comes with Node.js 20 or newer: https://nodejs.org")
    return found


def set_up(*, tests: bool) -> None:
    """Everything that `npm start` needs, and with `tests` what `npm test` needs beyond that."""
    print("Setting up TinyTorch", flush=True)
    make_environment(tests=tests)
    install_npm_packages()
    build_extension()


def make_environment(*, tests: bool) -> None:
    """`.venv` with the project in it, and for the tests their tools and PyTorch."""
    name = "python-tests" if tests else "python"
    key = digest([ROOT / "pyproject.toml"], platform.python_version(), str(ROOT), TORCH)
    if python().is_file() and (is_done(name, key) or is_done("python-tests", key)):
        return
    commands: list[list[str | Path]] = []
    if not python().is_file():
        _require_venv()
        commands.append([sys.executable, "-m", "venv", VENV])
    pip = [python(), "-m", "pip", "install", "--disable-pip-version-check"]
    commands.append([*pip, "-e", f"{ROOT}[dev]" if tests else str(ROOT)])
    if tests:
        commands.append([*pip, "--extra-index-url", _CPU_WHEELS, TORCH])
    title = "Python environment with the test tools and PyTorch" if tests else "Python environment"
    run(name, title, commands)
    mark_done(name, key)


def _require_venv() -> None:
    probe = "import ensurepip, venv"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode:
        raise StageError("Python's venv module is missing: sudo apt-get install python3-venv")


def install_npm_packages() -> None:
    key = digest([ROOT / "package-lock.json", ROOT / "package.json"])
    if (ROOT / "node_modules").is_dir() and is_done("npm", key):
        return
    run("npm", "npm packages", [[npm(), "ci", "--no-audit", "--no-fund"]])
    mark_done("npm", key)


def build_extension() -> None:
    """The VSIX, with the wheel of the course inside."""
    key = digest([*_PACKAGE_SOURCES, *_EXTENSION_SOURCES, ROOT / "package-lock.json"])
    if VSIX.is_file() and is_done("extension", key):
        return
    shutil.rmtree(WHEELS, ignore_errors=True)
    shutil.copy(ROOT / "LICENSE", ROOT / "vscode-extension" / "LICENSE")
    pip = [python(), "-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps"]
    commands = [[*pip, ROOT, "--wheel-dir", WHEELS], [npm(), "run", "package"]]
    run("extension", "VS Code extension", commands)
    mark_done("extension", key)


def install_workbench() -> None:
    """code-server, for a machine without VS Code; it is built for a Node of its own."""
    lock = WORKBENCH / "package-lock.json"
    key = digest([lock], platform.machine(), sys.platform)
    if code_server().is_file() and is_done("workbench", key):
        return
    _require_build_tools()
    run(
        "workbench-packages",
        "workbench (code-server, 200 MB)",
        [[npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]],
        cwd=WORKBENCH,
    )
    environment = {
        "PATH": f"{workbench_node().parent}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(workbench_node().parent.parent),
    }
    title = "building the workbench (about two minutes)"
    run("workbench", title, [[npm(), "rebuild"]], cwd=WORKBENCH, env=environment)
    mark_done("workbench", key)


def code_server() -> Path:
    return WORKBENCH / "node_modules" / "code-server" / "out" / "node" / "entry.js"


def workbench_node() -> Path:
    """The Node that code-server is built for."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    system = {"darwin": "darwin", "win32": "win"}.get(sys.platform, "linux")
    names = (f"node-{system}-{machine}", f"node-bin-{system}-{machine}")
    modules = WORKBENCH / "node_modules"
    places = [modules / name / "bin" / "node" for name in names]
    return next((place for place in places if place.is_file()), places[0])


def _require_build_tools() -> None:
    missing = [tool for tool in ("gcc", "g++", "make") if shutil.which(tool) is None]
    kerberos = Path("/usr/include/gssapi/gssapi.h")
    if sys.platform == "linux" and not kerberos.exists():
        missing.append("the headers of Kerberos")
    if _WINDOWS:
        raise StageError("Install VS Code (https://code.visualstudio.com), then run `npm start`.")
    if missing:
        raise StageError(
            f"There is no `code` command, so the workbench is built here; {', '.join(missing)} "
            "is missing for that.\n  Install VS Code, or: "
            "sudo apt-get install build-essential libkrb5-dev"
        )
