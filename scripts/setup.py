"""Makes what is missing: the Python environment, the npm packages, the extension, the workbench."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

from pip_wheel import venv_commands
from stages import ROOT, StageError, digest, is_done, mark_done, run
from tools import system_compiler

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
    ROOT / "vscode-extension" / name
    for name in (
        *("src", "webview", "media", "l10n", "esbuild.mjs", ".vscodeignore"),
        *("package.json", "package.nls.json", "package.nls.de.json", "README.md", "CHANGELOG.md"),
    )
]
TORCH = "torch==2.13.0"
# No package's scripts: they build what is not needed here, and want compilers for it.
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund")
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
    place = (platform.python_version(), str(ROOT))
    key = digest([ROOT / "pyproject.toml"], *place)
    full_key = digest([ROOT / "pyproject.toml"], *place, TORCH, *test_extras())
    if python().is_file() and (
        is_done("python-tests", full_key) or (not tests and is_done("python", key))
    ):
        return
    commands = [] if _has_pip() else venv_commands(VENV, python())
    pip = [python(), "-m", "pip", "install", "--disable-pip-version-check"]
    packages = (ROOT / "tinytorch", ROOT / "tinytorch_ls")
    compiled = [python(), "-m", "compileall", "-q", *packages]  # runs of steps write none
    if tests:
        commands.append([*pip, "-e", f"{ROOT}[{','.join(test_extras())}]"])
        commands += [[*pip, *_cpu_index(), TORCH], compiled]
        title = "Python environment with the test tools and PyTorch"
        run("python-tests", title, commands)
        mark_done("python-tests", full_key)
    else:
        run("python", "Python environment", [*commands, [*pip, "-e", str(ROOT)], compiled])
        mark_done("python", key)


def _cpu_index() -> list[str]:
    """PyTorch's index of small builds, if it can be reached: pip would ask it for minutes."""
    with suppress(OSError), urllib.request.urlopen(f"{_CPU_WHEELS}/torch/", timeout=10):
        return ["--extra-index-url", _CPU_WHEELS]
    return []


def _has_pip() -> bool:
    """Whether the environment is whole: making it may have been interrupted."""
    probe = [python(), "-c", "import pip"]
    return python().is_file() and subprocess.run(probe, check=False).returncode == 0


def test_extras() -> list[str]:
    return ["dev"] if system_compiler() else ["dev", "compiler"]


def install_npm_packages() -> None:
    """The packages of the lock file; a link to another checkout's is used as it is.

    `npm ci` empties the folder first, and through a link it would empty the other checkout's.
    """
    if any((ROOT / place / "node_modules").is_symlink() for place in (".", "vscode-extension")):
        return
    key = digest([ROOT / "package-lock.json", ROOT / "package.json"])
    if (ROOT / "node_modules").is_dir() and is_done("npm", key):
        return
    run("npm", "npm packages", [[npm(), "ci", *NPM_OPTIONS]])
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
    """code-server, for a machine without VS Code, and the Node that it wants."""
    if _WINDOWS:
        raise StageError("Install VS Code (https://code.visualstudio.com), then run `npm start`.")
    lock = WORKBENCH / "package-lock.json"
    key = digest([lock], platform.machine(), sys.platform, "without scripts")
    if code_server().is_file() and is_done("workbench", key):
        return
    # What code-server's own script would do, with a compiler: the packages of VS Code in it.
    editor = WORKBENCH / "node_modules" / "code-server" / "lib" / "vscode"
    inner = [npm(), "install", "--omit=dev", *NPM_OPTIONS, "--prefix"]
    commands = [[npm(), "ci", *NPM_OPTIONS], [*inner, editor], [*inner, editor / "extensions"]]
    run("workbench", "workbench (code-server, 250 MB)", commands, cwd=WORKBENCH)
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
