"""What was written with a pointer, as an image: centred, and as large as the field.

So were the digits of the course's data made: a scan was scaled to 32 pixels of height, its
proportions kept. A pen is as thick in all sizes of writing, so the lines are scaled and the pen
is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_PEN = 1 / 16  # of the field: half of the width of a line
_LEAST = 0.15  # of the field that was written in: a dot is not blown up to fill it


def ink(strokes: Iterable[Sequence[float]], size: int) -> Any:
    """An array (size, size) of 0 and 1. A stroke is x, y, x, y… from 0 to 1, of a field whose
    origin is above on the left."""
    lines: list[Any] = [np.column_stack([s[::2], s[1::2]]) for s in strokes if s]
    image = np.zeros((size, size), dtype=np.float32)
    if not lines:
        return image
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    scale = (1 - 2 * _PEN) / max(*(high - low), _LEAST)
    middles = (np.arange(size) + 0.5) / size
    places = np.stack(np.meshgrid(middles, middles), axis=-1)  # x, y of each pixel
    for line in lines:
        moved = 0.5 + (line - (low + high) / 2) * scale
        for start, end in zip(moved, moved[1:] if len(moved) > 1 else moved, strict=False):
            image[_away(places, start, end) <= _PEN] = 1
    return image


def _away(places: Any, start: Any, end: Any) -> Any:
    """How far each place is from the line between two points."""
    way = end - start
    length = float(way @ way)
    along = ((places - start) @ way / length).clip(0, 1) if length else 0 * places[..., 0]
    return np.linalg.norm(places - start - along[..., None] * way, axis=-1)
