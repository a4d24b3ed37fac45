"""pip for a Python that comes without it: one known release from PyPI, checked, run as a wheel.

Debian's python3 has `venv` but not `ensurepip`; python3-venv, which has it, needs a root password.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

from stages import CACHE, StageError

_NAME = "pip-25.3-py3-none-any.whl"
_SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"
_ADVICE = "Install Python's venv package (on Debian: sudo apt-get install python3-venv)."


def venv_commands(folder: Path, python: Path) -> list[Sequence[str | Path]]:
    """What makes a virtual environment with pip in it; `python` is its interpreter."""
    if _has("venv", "ensurepip"):
        return [[sys.executable, "-m", "venv", folder]]
    if not _has("venv"):
        raise StageError(f"This Python has no `venv` module. {_ADVICE}")
    wheel = fetched_wheel()
    return [
        [sys.executable, "-m", "venv", "--without-pip", folder],
        [python, wheel / "pip", "install", "--no-index", wheel],
    ]


def fetched_wheel() -> Path:
    """The wheel, downloaded once. Raises StageError."""
    wheel = CACHE / _NAME
    if not (wheel.is_file() and _is_genuine(wheel.read_bytes())):
        try:
            content = _download()
        except (OSError, ValueError) as error:
            raise StageError(f"pip could not be fetched: {error}\n  {_ADVICE}") from error
        wheel.parent.mkdir(parents=True, exist_ok=True)
        wheel.write_bytes(content)
    return wheel


def _download() -> bytes:
    """The wheel from the index that pip would ask."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    with urllib.request.urlopen(index, timeout=60) as page:
        found = re.search(rf'href="([^"#]*/{re.escape(_NAME)})[#"]', page.read().decode())
    if found is None:
        raise ValueError(f"{index} does not list {_NAME}")
    with urllib.request.urlopen(urljoin(index, found[1]), timeout=60) as file:
        content = file.read()
    if not _is_genuine(content):
        raise ValueError(f"{_NAME} from {index} is not the release that was published")
    return content


def _is_genuine(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == _SHA256


def _has(*modules: str) -> bool:
    command = [sys.executable, "-c", f"import {', '.join(modules)}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
