"""What of a wrong answer differs from run to run, and how that is compared: by its kind alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinytorch_ls.runner.report import Observation, StepRun, TestRun
from tinytorch_ls.runner.values import ArrayValue, Bounds, Number, Plain, TensorValue

Place = tuple[str, int]
"""A test, and which of its values; -1 is the error that left it."""


@dataclass(frozen=True)
class Unsteady:
    """The places of a run at which another run of the same code had something else."""

    places: frozenset[Place] = frozenset()
    everywhere: bool = False  # what a run might come to if all of it were unsteady

    def __and__(self, other: Unsteady) -> Unsteady:
        """What is unsteady in both."""
        return Unsteady(self.places & other.places)

    def __contains__(self, place: Place) -> bool:
        return self.everywhere or place in self.places


STEADY = Unsteady()
ANYWHERE = Unsteady(everywhere=True)


def unsteady(one: StepRun, again: StepRun) -> Unsteady:
    """Where two runs of the same code differ, such as in a time that it took."""
    return Unsteady(frozenset(_differing(one, again)))


def kind_of(seen: Observation) -> tuple[str, ...]:
    """What is left to say of a value that is another in each run: what it is, and which side."""
    return (*_form(seen.value), _side(seen))


def _differing(one: StepRun, again: StepRun) -> Iterator[Place]:
    for ours, theirs in zip(one.tests, again.tests, strict=False):
        pairs = zip(ours.observations, theirs.observations, strict=False)
        for place, (first, second) in enumerate(pairs):
            if first.value != second.value:
                yield ours.name, place
        if _words(ours) != _words(theirs):
            yield ours.name, -1


def _words(test: TestRun) -> str:
    return test.raised.message if test.raised else ""


def _form(value: Plain) -> tuple[str, ...]:
    match value:
        case TensorValue():
            return ("Tensor", *_form(value.array))
        case ArrayValue():
            return ("array", value.dtype, str(value.shape))
        case Number():
            return ("number", value.type)
        case _:
            return (type(value).__name__,)


def _side(seen: Observation) -> str:
    """Whether a number is below or above what is wanted; "" where that means nothing."""
    if not isinstance(seen.value, Number):
        return ""
    match seen.expected.value:
        case Number(value=wanted):
            low = high = wanted
        case Bounds(low=low, high=high):
            pass
        case _:
            return ""
    value = seen.value.value
    return "below" if value < low else "above" if value > high else ""
