"""Draws the picture of a step with the student's code, and sends it as PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

from tinytorch_ls.lesson import Declared, Pad, Slider
from tinytorch_ls.runner.inside.ink import ink
from tinytorch_ls.runner.inside.kept import prepared
from tinytorch_ls.runner.job import Job

_DOTS = 110  # an inch


def draw(job: Job, names: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
    """Send the picture of the job's one step; `names` are those of the file that draws it."""
    wanted = job.steps[0].partition("/")[2]
    for function in _pictures(names):
        declared: Declared = function.tinytorch_picture
        if declared.step != wanted:
            continue
        sliders = [
            replace(each, value=job.values.get(each.name, each.value))
            for each in declared.controls
            if isinstance(each, Slider)
        ]
        pads = [each for each in declared.controls if isinstance(each, Pad)]
        values: dict[str, Any] = {slider.name: slider.value for slider in sliders}
        values |= {pad.name: ink(job.strokes.get(pad.name, ()), pad.size) for pad in pads}
        made = [prepared(job, declared.prepare)] if declared.prepare else []
        png = _png(function(*made, **values), at_once=bool(declared.controls))
        told = {"sliders": [asdict(each) for each in sliders], "pads": [asdict(p) for p in pads]}
        send({"picture": {"png": png, "caption": declared.caption, **told}})
        return


def _png(figure: Any, *, at_once: bool) -> str:
    """The figure as PNG in base64; `savefig` draws twice, for which nobody waits who moves a
    slider."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    if at_once:
        figure.set_dpi(_DOTS)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(buffer)
    else:
        figure.savefig(buffer, format="png", dpi=_DOTS, bbox_inches="tight")
    return base64.b64encode(buffer.getvalue()).decode()


def _pictures(names: dict[str, Any]) -> Iterator[Any]:
    return (value for value in names.values() if hasattr(value, "tinytorch_picture"))
