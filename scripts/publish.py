"""Builds the extension, checks what would be published, and publishes it only with `--really`."""

from __future__ import annotations

import argparse
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from setup import VSIX, build_extension
from stages import ROOT, StageError, main, run

EXTENSION = ROOT / "vscode-extension"
MOST_BYTES = 1_000_000  # packed, of all that is beside the wheel
OVSX = "ovsx@0.10"
_PICTURES = "https://raw.githubusercontent.com/tinytorch/tinytorch-vscode/main/"
_PARTS = ("package.json", "package.nls.json", "README.md", "CHANGELOG.md", "LICENSE.txt")


@dataclass(frozen=True)
class Registry:
    """Where extensions are published, and what that takes."""

    name: str
    token: str  # the variable of the environment that has it; the program reads it itself
    command: Sequence[str]


REGISTRIES = (
    Registry("Open VSX", "OVSX_PAT", ("npx", "--yes", OVSX, "publish", str(VSIX))),
    Registry(
        "Visual Studio Marketplace",
        "VSCE_PAT",
        ("npx", "vsce", "publish", "--packagePath", str(VSIX)),
    ),
)


def publish(
    words: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    *,
    build: Callable[[], None] = build_extension,
    carry_out: Callable[..., None] = run,
) -> int:
    """Build, check and, if it is really meant, publish. Raises StageError."""
    really = _options(words).really
    build()
    wrong = list(complaints(VSIX, released=really))
    if wrong:
        raise StageError("\n  ".join(["this can't be published:", *wrong]))
    print(f"  {VSIX.name}: {weight(VSIX) / 1e6:.2f} MB beside its wheel")
    missing = [each.token for each in REGISTRIES if not environment.get(each.token)]
    if really and missing:
        raise StageError(f"set {' and '.join(missing)} in the environment")
    for registry in REGISTRIES:
        if really:
            carry_out("publish", registry.name, [registry.command], cwd=EXTENSION)
        else:
            print(f"  {registry.name}, with {registry.token}: {' '.join(registry.command)}")
    if not really:
        print("  Nothing was published: `--really` does it.")
    return 0


def weight(vsix: Path) -> int:
    """The bytes that a package takes without the wheel of the course."""
    with zipfile.ZipFile(vsix) as package:
        return sum(e.compress_size for e in package.infolist() if not e.filename.endswith(".whl"))


def complaints(vsix: Path, *, released: bool) -> Iterator[str]:
    """What keeps a package from being published; of one that is `released` a date is wanted."""
    with zipfile.ZipFile(vsix) as package:
        names = package.namelist()
    there = {name.removeprefix("extension/").lower() for name in names}
    yield from (f"{part} is not in it" for part in _PARTS if part.lower() not in there)
    if len([name for name in names if name.endswith(".whl")]) != 1:
        yield "it does not carry one wheel of the course"
    if (bytes_ := weight(vsix)) > MOST_BYTES:
        most = MOST_BYTES / 1e6
        yield f"it has {bytes_ / 1e6:.2f} MB beside its wheel; {most:.0f} MB is the most"
    yield from _picture_complaints()
    yield from _changelog_complaints(dated=released)


def _picture_complaints() -> Iterator[str]:
    """A registry shows what lies at whole addresses only."""
    for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", _text("README.md")):
        if not link.startswith(_PICTURES):
            yield f"the README's picture {link} has no whole address below {_PICTURES}"
        elif not (ROOT / link.removeprefix(_PICTURES)).is_file():
            yield f"the README's picture {link} is not in this repository"


def _changelog_complaints(*, dated: bool) -> Iterator[str]:
    version = json.loads(_text("package.json"))["version"]
    heading = re.search(rf"^## \[{re.escape(version)}\] - (.+)$", _text("CHANGELOG.md"), re.M)
    if heading is None:
        yield f"the CHANGELOG says nothing of {version}"
    elif dated and not re.fullmatch(r"\d{4}-\d\d-\d\d", heading[1]):
        yield f"the CHANGELOG gives {version} no date"


def _text(file: str) -> str:
    return (EXTENSION / file).read_text(encoding="utf-8")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="npm run release --", description=__doc__)
    tokens = " and ".join(each.token for each in REGISTRIES)
    parser.add_argument("--really", action="store_true", help=f"publish, with tokens in {tokens}")
    return parser.parse_args(words)


if __name__ == "__main__":
    main(publish)
