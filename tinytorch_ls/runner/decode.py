"""A report as it comes from a process, made into its dataclasses again."""

from __future__ import annotations

from typing import Any

from tinytorch_ls.runner.report import (
    Binding,
    Call,
    Change,
    Deviation,
    Expected,
    Facts,
    Frame,
    Limit,
    Observation,
    Raised,
    StepRun,
    TestRun,
    Writing,
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
        "wrote": _writing(data["wrote"]),
        "strayed": None,  # nobody knows it there
    }
    return TestRun(**fields)


def _writing(data: dict[str, Any] | None) -> Writing | None:
    return Writing(Frame(**data["where"]), data["parameter"]) if data else None


def _call(data: dict[str, Any]) -> Call:
    fields: dict[str, Any] = {
        **data,
        "shares": tuple(data["shares"]),
        "changes": tuple(data["changes"]),
        "returned_from": _frame(data["returned_from"]),
        "trail": tuple(data["trail"]),
    }
    return Call(**fields)


def _observation(data: dict[str, Any]) -> Observation:
    fields: dict[str, Any] = {
        **data,
        "expected": _expected(data["expected"]),
        "facts": facts_of(data["facts"]),
        "deviation": _deviation(data["deviation"]),
        "likenesses": tuple(data["likenesses"]),
        "frames": tuple(Frame(**frame) for frame in data["frames"]),
        "called": tuple(data["called"]),
        "calls": tuple(map(_call, data["calls"])),
    }
    return Observation(**fields)


def _expected(data: dict[str, Any]) -> Expected:
    fields: dict[str, Any] = {**data, "free": tuple(data["free"])}
    return Expected(**fields)


def facts_by_place(told: dict[str, Any]) -> dict[str, Facts]:
    """What a survey told of one test: the facts of its values, by their place."""
    return {place: facts_of(data) for place, data in told.get("facts", {}).items()}


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
