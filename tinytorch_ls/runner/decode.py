"""A report as it comes from a process, made into its dataclasses again."""

from __future__ import annotations

from typing import Any

from tinytorch_ls.runner.report import (
    Binding,
    Expected,
    Frame,
    Limit,
    Observation,
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
    }
    return TestRun(**fields)


def _observation(data: dict[str, Any]) -> Observation:
    fields: dict[str, Any] = {**data, "expected": Expected(**data["expected"])}
    return Observation(**fields)


def _raised(data: dict[str, Any] | None) -> Raised | None:
    if data is None:
        return None
    fields: dict[str, Any] = {**data, "frames": tuple(Frame(**frame) for frame in data["frames"])}
    return Raised(**fields)


def _frame(data: dict[str, Any] | None) -> Frame | None:
    return Frame(**data) if data else None
