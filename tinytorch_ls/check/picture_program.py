"""What draws a module's pictures in a process of its own.

Arguments: the folder of the library, the file of the pictures, and their names. What came of each
is a line of JSON in the file `results` of the working folder.
"""

from __future__ import annotations

import io
import json
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from tinytorch_ls.lesson import Declared, Pad, Slider


def main() -> None:
    """Draw them; the first drawing of a process, which takes long, is none of theirs."""
    library, path, *names = sys.argv[1:]
    sys.path.insert(0, library)
    matplotlib.use("agg")
    _save(Figure())
    with Path("results").open("w", encoding="utf-8", buffering=1) as results:
        for result in _draw(path, names):
            results.write(json.dumps(result) + "\n")


def _draw(path: str, names: list[str]) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {"__name__": "step_pictures", "__file__": path}
    try:
        text = Path(path).read_text(encoding="utf-8")
        exec(compile(text, path, "exec", dont_inherit=True), found)
    except BaseException as error:
        yield _failure(error, path)
        return
    for name in names:
        yield _drawn(found[name], path)


def _drawn(picture: Any, path: str) -> dict[str, Any]:
    began, idle = time.process_time(), _idle()
    try:
        declared: Declared = picture.tinytorch_picture
        made = [dict(declared.prepare())] if declared.prepare else []
        for values in _values(declared):
            figure = picture(*made, **values)
            if not isinstance(figure, Figure):
                return {"error": "", "kind": type(figure).__name__}
            _save(figure)
    except BaseException as error:
        return _failure(error, path)
    return {"seconds": time.process_time() - began, "idle": _idle() - idle}


def _idle() -> float:
    """Seconds so far in which this thread wanted nothing of the processor, as in a sleep.

    Linux tells for how long a thread has run, and for how long others kept it from that; where
    nobody does, a clock that stands still.
    """
    try:
        ran, kept, _ = Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    return time.monotonic() - (int(ran) + int(kept)) / 1e9


def _values(declared: Declared) -> list[dict[str, Any]]:
    """What its controls are at first; then the least and the most of them."""
    ends = ("value", "least", "most") if declared.controls else ("value",)
    return [{control.name: _value(control, end) for control in declared.controls} for end in ends]


def _value(control: Slider | Pad, end: str) -> Any:
    """A value of a control; a pad is empty, or black."""
    match control:
        case Slider():
            return getattr(control, end)
        case Pad(size=size):
            return np.full((size, size), 1 if end == "most" else 0, dtype=np.float32)


def _save(figure: Any) -> None:
    figure.savefig(io.BytesIO(), format="png", dpi=110, bbox_inches="tight")


def _failure(error: BaseException, path: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return {"error": f"{type(error).__name__}: {error}", "line": lines[-1] if lines else None}
