"""What a picture prepares with the student's code, such as a trained network: made once, and kept
until a file changes that it was made with.

It lies in the folder that outlives runs, with the digest of each of the files.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch_ls.runner.job import Job

_SOURCES = "sources"  # the name of what tells of the files, among the arrays


def prepared(job: Job, prepare: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """The arrays that `prepare` makes, or made with the same files."""
    place = Path(job.cache, f"picture-{_digest(f'{job.root} {job.steps[0]}'.encode())}.npz")
    found = _read(place, job)
    return found if found is not None else _make(place, job, prepare)


def _make(place: Path, job: Job, prepare: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    made = {name: np.asarray(value) for name, value in prepare().items()}
    modules = [name for name in sys.modules if name.partition(".")[0] == "tinytorch"]
    with suppress(OSError):  # then the next picture waits again
        new = place.with_name(f"{place.stem}-{os.getpid()}.npz")
        np.savez(new, allow_pickle=False, **made, **{_SOURCES: np.asarray(_told(job, modules))})
        new.replace(place)
    return made


def _read(place: Path, job: Job) -> dict[str, Any] | None:
    """What was kept, if all files are as they were."""
    try:
        with np.load(place, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        told = str(kept.pop(_SOURCES))
        return kept if told == _told(job, json.loads(told)) else None
    except (OSError, EOFError, ValueError, LookupError, ImportError, zipfile.BadZipFile):
        return None


def _told(job: Job, modules: Any) -> str:
    """The digest of each module's file, and of what draws, as JSON."""
    digests = {name: _source(name) for name in sorted(modules) if name}
    return json.dumps({**digests, "": _digest(Path(job.tests).read_bytes())})


def _source(module: str) -> str:
    """The digest of the file that this run imports a module from."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return "none"
    loader: Any = spec.loader
    return _digest(loader.get_data(spec.origin))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
