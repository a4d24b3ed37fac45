"""Runs the text of a test as the course does: rewritten, with what it handed over seen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch_ls.runner.inside.expect import Expect, Unmet
from tinytorch_ls.runner.inside.rewrite import script_of
from tinytorch_ls.runner.inside.witness import Witness
from tinytorch_ls.runner.report import Facts, Observation


class Tensor:
    """Known by its name."""

    __module__ = "tinytorch.tensor"

    def __init__(self, data: Any) -> None:
        self.data = np.array(data, dtype=np.float64)


@dataclass
class Layer:
    """An object with parts."""

    weight: Any
    rate: float = 0.5


Layer.__module__ = "tinytorch.layers"


@dataclass(frozen=True)
class Ran:
    """What a test of one text recorded."""

    observations: list[Observation]
    facts: dict[str, Facts]  # by place


def run(body: str, names: Mapping[str, Any], reference: Mapping[str, Facts] | None = None) -> Ran:
    """Run the body of a test function in which these names are known."""
    source = f"def test(expect):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    script = script_of(source, "test.py")
    witness = Witness()
    space: dict[str, Any] = {"__name__": "step_tests", "np": np, "Tensor": Tensor, "Layer": Layer}
    space |= {**names, **witness.hooks()}
    exec(script.code, space)
    expect = Expect(script.calls, witness, reference)
    with suppress(Unmet):
        space["test"](expect)
    found: dict[str, Facts] = {}
    for seen in expect.observations:
        number = sum(place.startswith(f"{seen.line}:") for place in found)
        found[f"{seen.line}:{number}"] = seen.facts
    return Ran(expect.observations, found)


def beside(body: str, right: Mapping[str, Any], wrong: Mapping[str, Any]) -> Observation:
    """The last observation of a test, beside the facts of the right code in the same test."""
    return run(body, wrong, run(body, right).facts).observations[-1]
