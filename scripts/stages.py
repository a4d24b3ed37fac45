"""Stages of the set-up: each runs only when its inputs have changed, shows that it is alive, and
keeps what it printed. Standard library only: this runs before anything is installed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
_TAIL = 25
_BEAT_SECONDS = 15


class StageError(Exception):
    """A stage failed: what the person has to know, and the command that helps."""


def digest(paths: Iterable[Path], *words: str) -> str:
    """A digest of files, folders of files, and words."""
    state = hashlib.sha256("\n".join(words).encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                state.update(str(file.relative_to(ROOT)).encode())
                state.update(file.read_bytes())
    return state.hexdigest()


def is_done(name: str, key: str) -> bool:
    """Whether a stage was carried out for these very inputs."""
    stamp = CACHE / "stamps" / name
    return stamp.is_file() and stamp.read_text() == key


def mark_done(name: str, key: str) -> None:
    stamp = CACHE / "stamps" / name
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def run(
    name: str,
    title: str,
    commands: Sequence[Sequence[str | Path]],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run commands one after the other, with a line every few seconds. Raises StageError."""
    log = CACHE / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"  {title} …", flush=True)
    start = time.monotonic()
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(title, start, stop), daemon=True)
    beat.start()
    try:
        with log.open("wb") as stream:
            for command in commands:
                words = [str(word) for word in command]
                done = subprocess.run(
                    words,
                    cwd=cwd,
                    env={**_outer_environment(), **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
                if done.returncode:
                    raise StageError(_failure(title, words, log))
    finally:
        stop.set()
        beat.join()
    print(f"  {title}: done in {time.monotonic() - start:.0f} s", flush=True)


def _outer_environment() -> dict[str, str]:
    """The environment without what `npm start` told this script of its own Node and package."""
    own = ("npm_config_user_agent", "npm_config_local_prefix", "npm_node_execpath", "npm_execpath")
    prefixes = ("npm_package_", "npm_lifecycle_")
    kept = (name for name in os.environ if name not in own and not name.startswith(prefixes))
    return {name: os.environ[name] for name in kept}


def _beat(title: str, start: float, stop: threading.Event) -> None:
    while not stop.wait(_BEAT_SECONDS):
        print(f"  {title}: {time.monotonic() - start:.0f} s …", flush=True)


def _failure(title: str, words: Sequence[str], log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
    tail = "\n".join(f"    {line}" for line in lines)
    return f"{title} failed.\n{tail}\n  command: {' '.join(words)}\n  whole log: {log}"


def main(action: Callable[[], int]) -> None:
    """Run a script's action; errors that are worded for people end it with status 2."""
    try:
        sys.exit(action())
    except StageError as error:
        print(f"tinytorch: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
