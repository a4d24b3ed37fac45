"""A headless Chromium from npm with its libraries and a font, for a system that has none."""

from __future__ import annotations

import shutil

from setup import NPM_OPTIONS, npm, workbench_node
from stages import ROOT, digest, is_done, mark_done, run
from tools import UNPACKED, system_browser

_PACKAGE = ROOT / "tests" / "browser"
_FONTS = """<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def install_browser() -> None:
    """Make sure that there is a browser for the tests."""
    if system_browser() is None:
        unpack()


def unpack() -> None:
    """Fetch the package and unpack it; `install_workbench` brought the Node that it wants."""
    key = digest([_PACKAGE / "package-lock.json", _PACKAGE / "unpack.mjs"], str(ROOT))
    if (UNPACKED / "chromium").is_file() and is_done("browser", key):
        return
    shutil.rmtree(UNPACKED, ignore_errors=True)
    UNPACKED.mkdir(parents=True)
    commands = [[npm(), "ci", *NPM_OPTIONS], [workbench_node(), _PACKAGE / "unpack.mjs"]]
    title = "Chromium for the tests (70 MB)"
    run("browser", title, commands, cwd=_PACKAGE, env={"TMPDIR": str(UNPACKED)})
    fonts = _FONTS.format(fonts=UNPACKED / "fonts", cache=UNPACKED / "fonts-cache")
    (UNPACKED / "fonts.conf").write_text(fonts)
    mark_done("browser", key)
