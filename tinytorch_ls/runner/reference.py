"""What a survey of the reference tells the runs of a step on other code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from tinytorch_ls.runner.encode import as_json
from tinytorch_ls.runner.report import EXAMPLE, Facts, StepRun, TestRun, Told
from tinytorch_ls.runner.strayed import explained
from tinytorch_ls.runner.values import Plain


@dataclass(frozen=True)
class Survey:
    """The run of the reference, and what it tells as JSON: written once, handed to many runs."""

    run: StepRun
    told: str

    @staticmethod
    def of(run: StepRun) -> Survey:
        return Survey(run, as_json(told_by(run)))


def told_by(survey: StepRun) -> dict[str, Told]:
    """For each test the facts of its values by their place, and the values of the example."""
    told: dict[str, Told] = {}
    for test in survey.tests:
        seen: Counter[int] = Counter()
        facts: dict[str, Facts] = {}
        values: dict[str, Plain] = {}
        for observation in test.observations:
            place = f"{observation.line}:{seen[observation.line]}"
            seen[observation.line] += 1
            facts[place] = observation.facts
            if test.name == EXAMPLE:
                values[place] = observation.value
        told[test.name] = Told(facts, values)
    return told


def beside(run: StepRun, survey: StepRun) -> StepRun:
    """A run whose tests say which of the step's functions they call, as the survey saw it."""
    known = {test.name: test for test in survey.tests}
    tests = (_told(test, known[test.name]) if test.name in known else test for test in run.tests)
    return replace(run, tests=tuple(tests))


def _told(test: TestRun, survey: TestRun) -> TestRun:
    """A test with what the reference called in it, for each of its values too."""
    pairs = zip(test.observations, survey.observations, strict=False)
    seen = tuple(replace(ours, called=theirs.called) for ours, theirs in pairs)
    rest = test.observations[len(seen) :]
    told = replace(test, called=survey.called, observations=(*seen, *rest))
    return explained(told, survey)
