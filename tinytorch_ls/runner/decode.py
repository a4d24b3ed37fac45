"""A report as it comes from a process, made into its dataclasses again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from tinytorch_ls.compile.result import KernelCode, Resources
from tinytorch_ls.machine.report import Branch, Place, Report, Traffic, Turn
from tinytorch_ls.runner.report import (
    Binding,
    Call,
    Change,
    Deviation,
    Effect,
    Expected,
    Facts,
    Frame,
    Limit,
    NoneRead,
    Observation,
    Raised,
    StepRun,
    TestRun,
    Told,
    UnderWay,
    Writing,
)
from tinytorch_ls.runner.values import (
    ArrayValue,
    Bool,
    Bounds,
    CompiledValue,
    Fault,
    MappingValue,
    Nothing,
    Number,
    Other,
    Parts,
    Plain,
    RaisedValue,
    ReturnedValue,
    SequenceValue,
    Spot,
    TensorValue,
    Text,
    TypeName,
    Wanted,
    WantedCode,
    WantedError,
    Written,
)


def step_run(data: dict[str, Any]) -> StepRun:
    """The report that a process sent."""
    fields: dict[str, Any] = {
        **data,
        "tests": tuple(map(_test, data["tests"])),
        "limit": Limit(**data["limit"]) if data["limit"] else None,
        "stopped_in": _frame(data["stopped_in"]),
        "under_way": under_way(data["under_way"]),
        "bindings": bindings(data["bindings"]),
        "stack": tuple(filter(None, map(_frame, data["stack"]))),
        "launches": tuple(map(_launch, data["launches"])),
        "codes": codes(data["codes"]),
    }
    return StepRun(**fields)


def with_turned(run: StepRun, data: dict[str, dict[str, Any]]) -> StepRun:
    """A report with the conditions that are why its tests failed, by the tests' names."""
    turned = {test: Frame(**where) for test, where in data.items()}
    tests = tuple(replace(test, turned=turned.get(test.name)) for test in run.tests)
    return replace(run, tests=tests)


def under_way(data: dict[str, Any] | None) -> UnderWay | None:
    """What a test was at."""
    return UnderWay(**data) if data else None


def codes(data: dict[str, Any]) -> dict[str, KernelCode]:
    """What a compiler made of kernels, by name."""
    return {name: kernel_code(each) for name, each in data.items()}


def kernel_code(data: dict[str, Any]) -> KernelCode:
    """What it made of one."""
    needed = Resources(**data["resources"]) if data["resources"] else None
    return KernelCode(needed, tuple(data["double_lines"]), data["refused"])


def _launch(data: dict[str, Any]) -> Report:
    fields: dict[str, Any] = {
        **data,
        "grid": tuple(data["grid"]),
        "block": tuple(data["block"]),
        "faults": (),  # a failure tells of them
        "traffic": tuple(Traffic(**_placed(each)) for each in data["traffic"]),
        "branches": tuple(Branch(**_placed(each)) for each in data["branches"]),
        "turns": tuple(Turn(**_turn(each)) for each in data["turns"]),
        "doubles": tuple(Place(**each) for each in data["doubles"]),
    }
    return Report(**fields)


def _placed(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "place": Place(**data["place"])}


def _turn(data: dict[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(data[name]) for name in ("shape", "threads", "elements")}
    return {**_placed(data), **lists}


def bindings(data: Sequence[dict[str, Any]]) -> tuple[Binding, ...]:
    """What the variables of a step were."""
    return tuple(map(_binding, data))


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
        "install": (),  # it is looked for here
        "strayed": None,  # nobody knows it there
        "turned": None,  # it comes after the report
        "calls": tuple(map(_call, data["calls"])),
        "nested": tuple((outer, inner) for outer, inner in data["nested"]),
    }
    return TestRun(**fields)


def _writing(data: dict[str, Any] | None) -> Writing | None:
    return Writing(Frame(**data["where"]), data["parameter"]) if data else None


def _call(data: dict[str, Any]) -> Call:
    fields: dict[str, Any] = {
        **data,
        "value": plain_of(data["value"]) if data["value"] else None,
        "shares": tuple(data["shares"]),
        "changes": tuple(data["changes"]),
        "returned_from": _frame(data["returned_from"]),
        "trail": tuple(data["trail"]),
        "effects": tuple(map(_effect, data["effects"])),
        "miswrote": None,  # nobody knows it there
    }
    return Call(**fields)


def _effect(data: dict[str, Any]) -> Effect:
    values = tuple(map(plain_of, data["values"]))
    return Effect(data["path"], values, tuple(Frame(**where) for where in data["wheres"]))


def _observation(data: dict[str, Any]) -> Observation:
    fields: dict[str, Any] = {
        **data,
        "value": plain_of(data["value"]),
        "expected": _expected(data["expected"]),
        "facts": _facts(data["facts"]),
        "deviation": _deviation(data["deviation"]),
        "likenesses": tuple(data["likenesses"]),
        "frames": tuple(Frame(**frame) for frame in data["frames"]),
        "called": tuple(data["called"]),
        "calls": tuple(map(_call, data["calls"])),
    }
    return Observation(**fields)


def _expected(data: dict[str, Any]) -> Expected:
    value = _decoded(data["value"])
    fields: dict[str, Any] = {**data, "value": value, "free": tuple(data["free"])}
    return Expected(**fields)


@lru_cache(maxsize=1024)
def told_by_test(text: str) -> dict[str, Told]:
    """What a survey told of each test of a step, as `Survey` has written it."""
    return {test: _told(each) for test, each in json.loads(text).items()}


def _told(data: dict[str, Any]) -> Told:
    return Told(
        {place: _facts(each) for place, each in data["facts"].items()},
        {place: plain_of(each) for place, each in data["values"].items()},
    )


def _facts(data: dict[str, Any]) -> Facts:
    fields: dict[str, Any] = {
        "kind": data["kind"],
        "dtypes": tuple(data["dtypes"]),
        "shares": tuple(data["shares"]),
        "changes": tuple(Change(**change) for change in data["changes"]),
        "watched": tuple(data["watched"]),
        "items": tuple(data["items"]),
        "yields": tuple(data["yields"]),
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
    fields: dict[str, Any] = {
        **data,
        "frames": tuple(Frame(**frame) for frame in data["frames"]),
        "fault": _fault(data["fault"]),
        "other": _frame(data["other"]),
        "nones": tuple(map(_none_read, data["nones"])),
        "missing": tuple(data["missing"]),
    }
    return Raised(**fields)


def _none_read(data: dict[str, Any]) -> NoneRead:
    return NoneRead(data["text"], data["kind"], Frame(**data["where"]))


def _fault(data: dict[str, Any] | None) -> Fault | None:
    return Fault(data["kind"], _spot(data["at"]), _spot(data["other"])) if data else None


def _spot(data: dict[str, Any] | None) -> Spot | None:
    return Spot(**data) if data else None


def _frame(data: dict[str, Any] | None) -> Frame | None:
    return Frame(**data) if data else None


def plain_of(data: list[Any]) -> Plain:
    """A value of student code: its kind, then its fields."""
    return _PLAIN[data[0]](*data[1:])


def _decoded(data: list[Any]) -> Wanted:
    return _WANTED[data[0]](*data[1:])


def _sequence(kind: Literal["list", "tuple"], length: int, items: list[Any]) -> Plain:
    return SequenceValue(kind, length, tuple(map(plain_of, items)))


def _mapping(length: int, items: list[Any]) -> Plain:
    return MappingValue(length, tuple((plain_of(key), plain_of(item)) for key, item in items))


def _array(dtype: str, shape: list[int], data: str | None) -> Plain:
    return ArrayValue(dtype, tuple(shape), None if data is None else base64.b64decode(data))


def _tensor(array: list[Any]) -> Plain:
    return TensorValue(plain_of(array))


def _raised_value(kind: str, types: list[str], message: str, by_hand: bool) -> Plain:
    return RaisedValue(kind, tuple(types), message, by_hand)


def _returned(value: list[Any]) -> Plain:
    return ReturnedValue(plain_of(value))


def _compiled(fault: dict[str, Any] | None, message: str) -> Plain:
    return CompiledValue(_fault(fault), message)


def _wanted_code(without: list[str]) -> Wanted:
    return WantedCode(tuple(without))


def _parts(texts: list[str]) -> Wanted:
    return Parts(tuple(texts))


def _wanted_error(kind: str, mentions: list[str]) -> Wanted:
    return WantedError(kind, tuple(mentions))


_PLAIN: dict[str, Callable[..., Plain]] = {
    "Nothing": Nothing,
    "Bool": Bool,
    "Number": Number,
    "Text": Text,
    "TypeName": TypeName,
    "SequenceValue": _sequence,
    "MappingValue": _mapping,
    "ArrayValue": _array,
    "TensorValue": _tensor,
    "Written": Written,
    "Other": Other,
    "RaisedValue": _raised_value,
    "ReturnedValue": _returned,
    "CompiledValue": _compiled,
}
_WANTED: dict[str, Callable[..., Wanted]] = {
    **_PLAIN,
    "Bounds": Bounds,
    "Parts": _parts,
    "WantedError": _wanted_error,
    "WantedCode": _wanted_code,
}
