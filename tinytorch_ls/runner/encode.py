"""What is said to a process and by it, as JSON that `decode.py` reads."""

from __future__ import annotations

import base64
import json
from typing import Any, get_args

from tinytorch_ls.runner.values import Wanted

_VALUES = frozenset(get_args(Wanted))


def as_json(thing: object) -> str:
    """Dataclasses as their fields, without a copy of what is in them; of values also the kind."""
    return json.dumps(thing, default=_encoded)


def _encoded(thing: object) -> object:
    if isinstance(thing, bytes):
        return base64.b64encode(thing).decode("ascii")
    fields: dict[str, Any] = vars(thing)
    return [type(thing).__name__, *fields.values()] if type(thing) in _VALUES else fields
