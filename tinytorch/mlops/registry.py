"""Keeps every model that was ever trained: what it is, where it came from, which one is live.

```
models/
  weights/<sha256>.safetensors     named by what is in them, so none is ever changed or kept twice
  <name>/versions/1.json           version 1: its weights, its parent, its metadata
  <name>/stages/production/1.json  the first event of a stage: a promotion or a rollback
```

Files are only ever added, whole, so a crash at any moment leaves every version as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.mlops import storage
from tinytorch.mlops.extras import extra
from tinytorch.tensor import Tensor

Weights = Mapping[str, Tensor] | Mapping[str, np.ndarray]
"""Arrays by name, such as a module's `state_dict()`."""


class CorruptModel(Exception):  # noqa: N818 - named for what is wrong
    """A file of the registry no longer holds what was written to it."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a model."""

    name: str
    number: int  # 1, 2, 3, … of this name
    digest: str  # the SHA-256 of its weights' file
    parent: str | None  # the id of the version it was trained from
    metadata: Mapping[str, Any]  # what its author wrote down: data, settings, accuracy
    created: float  # seconds since 1970
    id: str  # the SHA-256 of all of the above: one id, one history


class Registry:
    """A folder of models. Several processes may use it at one time."""

    root: Path

    def __init__(self, root: Path | str, now: Callable[[], float] = time.time) -> None:
        """The registry in the folder `root`, which is made when something is saved. Given."""
        self.root, self.now = Path(root), now

    def keep(self, content: bytes) -> str:
        """Keep the bytes of weights under their own SHA-256, once; returns that digest.

        A file of that name that no longer holds them is written anew.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self.weights_path(digest)
        if not storage.write_new(path, content) and path.read_bytes() != content:
            storage.replace(path, content)
        return digest

    def save(
        self,
        name: str,
        weights: Weights,
        metadata: dict[str, Any] | None = None,
        parent: ModelVersion | None = None,
    ) -> ModelVersion:
        """The next version of `name`. Its weights are on the disk before its number exists.

        Raises ValueError for a name that can't be a folder, TypeError for metadata that isn't JSON.
        """
        check_name(name)
        record = {
            "digest": self.keep(to_safetensors(weights)),
            "parent": parent.id if parent else None,
            "metadata": metadata or {},
            "created": self.now(),
        }
        return self.version(name, storage.append(self.versions_of(name), canonical(record)))

    def load(self, version: ModelVersion) -> dict[str, np.ndarray]:
        """The version's weights. Raises CorruptModel if the file isn't what was saved."""
        path = self.weights_path(version.digest)
        content = path.read_bytes() if path.is_file() else b""
        found = hashlib.sha256(content).hexdigest()
        if found != version.digest:
            raise CorruptModel(
                f"{version.name} version {version.number} should have the weights "
                f"{version.digest:.12}…, but {path} holds {len(content)} bytes of {found:.12}…"
            )
        return from_safetensors(content)

    def lineage(self, version: ModelVersion) -> list[ModelVersion]:
        """The version, the one it was trained from, and so on to the first."""
        by_id = {other.id: other for other in self.versions(version.name)}
        line = [version]
        while line[-1].parent is not None:
            if line[-1].parent not in by_id:
                raise CorruptModel(f"the parent {line[-1].parent:.12}… of version "
                                   f"{line[-1].number} of {version.name} is missing")  # fmt: skip
            line.append(by_id[line[-1].parent])
        return line

    def rollback(self, bad: ModelVersion, stage: str = "production") -> ModelVersion:
        """Take `bad` out of `stage`; what was current before is current again, and returned.

        If `bad` is no longer current, nothing changes: somebody else was quicker. Raises
        LookupError if nothing was current before it.
        """
        while True:
            events = self.history(bad.name, stage)
            live = live_versions(events)
            if live[-1:] != [bad.number]:
                return self.current(bad.name, stage)
            if len(live) < 2:
                raise LookupError(f"{bad.name} has nothing in {stage} before version {bad.number}")
            event = self.event("rollback", live[-2])
            if storage.take_number(self.stage(bad.name, stage), len(events) + 1, event):
                return self.version(bad.name, live[-2])

    def promote(self, version: ModelVersion, stage: str = "production") -> None:
        """Make `version` the current one of `stage`. Given."""
        self.version(version.name, version.number)  # it has to be there
        storage.append(self.stage(version.name, stage), self.event("promote", version.number))

    def current(self, name: str, stage: str = "production") -> ModelVersion:
        """The version that is live in `stage`. Raises LookupError if there is none. Given."""
        live = live_versions(self.history(name, stage))
        if not live:
            raise LookupError(f"{name} has no version in {stage}: promote one")
        return self.version(name, live[-1])

    def version(self, name: str, number: int) -> ModelVersion:
        """Version `number` of `name`. Raises KeyError if there is none, naming those that are.
        Given."""
        path = self.versions_of(name) / f"{number}.json"
        if not path.is_file():
            raise KeyError(f"{name} has no version {number}; it has {self._numbers(name)}")
        record = _read_json(path)
        identity = hashlib.sha256(canonical({"name": name, "number": number, **record}))
        return ModelVersion(name=name, number=number, id=identity.hexdigest(), **record)

    def versions(self, name: str) -> list[ModelVersion]:
        """Every version of `name`, the oldest first. Given."""
        return [self.version(name, number) for number in self._numbers(name)]

    def history(self, name: str, stage: str = "production") -> list[tuple[str, int]]:
        """What happened to `stage`, the oldest first: ("promote", 2), ("rollback", 1). Given."""
        folder = self.stage(name, stage)
        numbers = range(1, storage.last_number(folder) + 1)
        events = (_read_json(folder / f"{number}.json") for number in numbers)
        return [(event["action"], event["version"]) for event in events]

    def event(self, action: str, number: int) -> bytes:
        """A promotion or a rollback to version `number`, now, as it stands in a stage. Given."""
        return canonical({"version": number, "action": action, "time": self.now()})

    def tidy(self, older_than: float = 3600) -> int:
        """Remove the unfinished files of writers that stopped, `older_than` seconds ago. Given."""
        limit = time.time() - older_than
        old = [path for path in storage.unfinished_files(self.root) if _modified(path) <= limit]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def versions_of(self, name: str) -> Path:
        """The folder of the versions of `name`. Given."""
        check_name(name)
        return self.root / name / "versions"

    def stage(self, name: str, stage: str) -> Path:
        """The folder of the events of a stage of `name`. Given."""
        check_name(name)
        check_name(stage)
        return self.root / name / "stages" / stage

    def weights_path(self, digest: str) -> Path:
        """Where the weights of that digest are, or belong. Given."""
        return self.root / "weights" / f"{digest}.safetensors"

    def _numbers(self, name: str) -> list[int]:
        """The numbers of the versions of `name`. Given."""
        return list(range(1, storage.last_number(self.versions_of(name)) + 1))


def live_versions(events: Sequence[tuple[str, int]]) -> list[int]:
    """The versions that a stage can go back to, the current one last: what its events leave.

    A promotion puts its version on top, a rollback takes the top one off.
    """
    live: list[int] = []
    for action, number in events:
        if action == "promote":
            live.append(number)
        else:
            live.pop()
    return live


def to_safetensors(weights: Weights, metadata: Mapping[str, str] | None = None) -> bytes:
    """The weights as a safetensors file. Raises ValueError if there are none. Given."""
    if not weights:
        raise ValueError("a model without a single weight is not worth a file")
    numpy = extra("safetensors.numpy", "saving a model")
    arrays = {name: _array(values) for name, values in weights.items()}
    return numpy.save(arrays, metadata=dict(metadata) if metadata else None)


def from_safetensors(content: bytes) -> dict[str, np.ndarray]:
    """The weights in the bytes of a safetensors file, by name. Given."""
    return extra("safetensors.numpy", "loading a model").load(content)


def _array(values: Tensor | np.ndarray) -> np.ndarray:
    """A contiguous array, as safetensors wants it. Given."""
    return np.array(values.data if isinstance(values, Tensor) else values, order="C")


def canonical(record: Mapping[str, Any]) -> bytes:
    """JSON that is the same for equal records. Raises TypeError for what JSON can't say. Given."""
    try:
        return json.dumps(record, sort_keys=True, indent=1, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise TypeError(f"metadata has to be JSON: {error}") from None


def _read_json(path: Path) -> dict[str, Any]:
    """The record in `path`. Raises CorruptModel if it is none. Given."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorruptModel(f"{path} is not readable: {error}") from None


def check_name(name: str) -> None:
    """Raises ValueError for a name that isn't one plain folder. Given."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name == "weights":
        raise ValueError(
            f"{name!r} can't name a model or a stage: take letters, digits, '.', '_' and '-'"
            + (" (but not 'weights', which is taken)" if name == "weights" else "")
        )


def _modified(path: Path) -> float:
    """When a file was last written, in seconds since 1970. Given."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its writer has finished
        return float("inf")
