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
    return StepRun(
        **{
            **data,
            "tests": tuple(map(_test, data["tests"])),
            "limit": Limit(**data["limit"]) if data["limit"] else None,
            "stopped_in": _frame(data["stopped_in"]),
            "bindings": tuple(map(_binding, data["bindings"])),
        }
    )


def _binding(data: dict[str, Any]) -> Binding:
    return Binding(**{**data, "shape": tuple(data["shape"])})


def _test(data: dict[str, Any]) -> TestRun:
    return TestRun(
        **{
            **data,
            "observations": tuple(map(_observation, data["observations"])),
            "raised": _raised(data["raised"]),
            "returned_from": _frame(data["returned_from"]),
        }
    )


def _observation(data: dict[str, Any]) -> Observation:
    return Observation(**{**data, "expected": Expected(**data["expected"])})


def _raised(data: dict[str, Any] | None) -> Raised | None:
    if data is None:
        return None
    return Raised(**{**data, "frames": tuple(Frame(**frame) for frame in data["frames"])})


def _frame(data: dict[str, Any] | None) -> Frame | None:
    return Frame(**data) if data else None
