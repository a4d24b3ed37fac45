"""A report as it comes from a process, made into its dataclasses again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tinytorch_ls.runner.report import (
    Binding,
    Change,
    Deviation,
    Expected,
    Facts,
    Frame,
    Limit,
    Observation,
    Plain,
    Raised,
    StepRun,
    TestRun,
)


def step_run(data: dict[str, Any]) -> StepRun:
    """The report that `dataclasses.asdict` wrote."""
    fields: dict[str, Any] = {
        **data,
        "tests": tuple(map(_test, data["tests"])),
        "limit": Limit(**data["limit"]) if data["limit"] else None,
        "stopped_in": _frame(data["stopped_in"]),
        "bindings": tuple(map(_binding, data["bindings"])),
    }
    return StepRun(**fields)


def _binding(data: dict[str, Any]) -> Binding:
    fields: dict[str, Any] = {**data, "shape": tuple(data["shape"])}
    return Binding(**fields)


def _test(data: dict[str, Any]) -> TestRun:
    fields: dict[str, Any] = {
        **data,
        "observations": tuple(map(_observation, data["observations"])),
        "raised": _raised(data["raised"]),
        "returned_from": _frame(data["returned_from"]),
        "called": tuple(data["called"]),
        "trail": tuple(data["trail"]),
    }
    return TestRun(**fields)


def _observation(data: dict[str, Any]) -> Observation:
    fields: dict[str, Any] = {
        **data,
        "expected": _expected(data["expected"]),
        "facts": facts_of(data["facts"]),
        "deviation": _deviation(data["deviation"]),
        "likenesses": tuple(data["likenesses"]),
        "frames": tuple(Frame(**frame) for frame in data["frames"]),
        "called": tuple(data["called"]),
    }
    return Observation(**fields)


def _expected(data: dict[str, Any]) -> Expected:
    fields: dict[str, Any] = {**data, "free": tuple(data["free"])}
    return Expected(**fields)


@dataclass(frozen=True)
class Told:
    """What a survey told of one test: by their place, the facts of its values, and of an example
    the values too."""

    facts: Mapping[str, Facts]
    values: Mapping[str, Plain]


NOTHING = Told({}, {})


@lru_cache(maxsize=1024)
def told_by_test(text: str) -> dict[str, Told]:
    """What a survey told of a step, from the JSON of `reference.told_by`."""
    return {
        test: Told({place: facts_of(data) for place, data in told["facts"].items()}, told["values"])
        for test, told in json.loads(text).items()
    }


def facts_of(data: dict[str, Any]) -> Facts:
    """The facts that `asdict` wrote."""
    fields: dict[str, Any] = {
        "kind": data["kind"],
        "dtypes": tuple(data["dtypes"]),
        "shares": tuple(data["shares"]),
        "changes": tuple(Change(**change) for change in data["changes"]),
        "watched": tuple(data["watched"]),
        "items": tuple(data["items"]),
    }
    return Facts(**fields)


def _deviation(data: dict[str, Any] | None) -> Deviation | None:
    if data is None:
        return None
    change = Change(**data["change"]) if data["change"] else None
    fields: dict[str, Any] = {**data, "change": change}
    return Deviation(**fields)


def _raised(data: dict[str, Any] | None) -> Raised | None:
    if data is None:
        return None
    fields: dict[str, Any] = {**data, "frames": tuple(Frame(**frame) for frame in data["frames"])}
    return Raised(**fields)


def _frame(data: dict[str, Any] | None) -> Frame | None:
    return Frame(**data) if data else None
