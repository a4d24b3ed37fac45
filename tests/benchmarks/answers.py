"""How much of what can go wrong is caught and named, and whether right answers pass.

    python tests/benchmarks/answers.py [-v | --accept] [STEP...]

Runs the answers of `tests/answers`, which people wrote who had seen neither the tests nor the
recorded mistakes. A name may be wrong where the same answer, tested with other inputs, is not
called so any more: those are printed, to be read, and so are names that nobody has read yet beside
their answers (`tests/answers/names.md`). The mutants of the reference are those of `tinytorch
check`, which proves what it has not proven before. With `-v`, each wrong answer with its name, and
what was not caught. With `--accept`, nothing but this: the names are recorded as read, and those
that are new are printed. Read them beside the answers before you commit.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "answers"))

from corpus import Answer, answers
from names import accept, unread
from outcomes import Outcome, doubted, outcomes, refused

from tinytorch_ls.check.run import check
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course


def main(arguments: list[str]) -> None:
    """Print the figures, or record the names."""
    steps = tuple(argument for argument in arguments if not argument.startswith("-"))
    began = time.monotonic()
    if "--accept" in arguments:
        _accept(steps)
    else:
        _print_figures(steps, told="-v" in arguments)
    print(f"{time.monotonic() - began:.0f} s")


def _accept(steps: tuple[str, ...]) -> None:
    judged = asyncio.run(outcomes(_chosen("wrong", steps)))
    for name in unread(judged):
        print(name)
    accept(judged)
    print(
        f"stopped for their time, and so without a name: {sum(bool(o.run.limit) for o in judged)}"
    )


def _print_figures(steps: tuple[str, ...], *, told: bool) -> None:
    right, wrong = _chosen("right", steps), _chosen("wrong", steps)
    refusals = asyncio.run(refused(right))
    failing = asyncio.run(doubted(wrong))
    caught = [each for each in failing if each.caught]
    if told:
        for each in failing:
            print(_line(each))
    for each in failing:
        if each.doubtful:
            print(f"perhaps wrongly named: {_line(each)}")
    for name in unread(failing):
        print(f"name not read yet: {name}")
    for each in refusals:
        print(f"refused: {_line(each)}")
    named = sum(bool(each.name) for each in caught)
    print(f"wrong answers caught   {_share(len(caught), len(failing))}")
    print(f"of these named         {_share(named, len(caught))}")
    print(f"perhaps wrongly named  {sum(each.doubtful for each in caught)}")
    print(f"right answers refused  {len(refusals)} of {len(right)}")
    print(f"mutants caught         {_mutants(steps)}")
    print(f"marks outside the step {sum(each.outside for each in caught)}")


def _chosen(kind: str, steps: tuple[str, ...]) -> list[Answer]:
    found = answers("right" if kind == "right" else "wrong")
    return [answer for answer in found if not steps or answer.step.startswith(steps)]


def _mutants(steps: tuple[str, ...]) -> str:
    """How many of the mutants that change what the reference does are caught; sound steps count."""
    course = read_course(curriculum_folder())
    chosen = [step for step in course.steps if step.startswith(steps or "")]
    report = check(course, steps=chosen, fresh=False)
    for complaint in report.complaints:
        print(f"{complaint.file}:{complaint.line}: {complaint.message}")
    made, equal = (sum(getattr(s, of) for s in report.steps) for of in ("mutants", "declared"))
    killed = sum(step.killed for step in report.steps)
    return f"{_share(killed, made - equal)}; {equal} more are equivalent, with the reason"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / max(whole, 1):.1%})"


def _line(outcome: Outcome) -> str:
    answer, verdict = outcome.answer, outcome.verdict
    failure = verdict.failure
    if failure is None:
        return f"{answer.step}: {answer.title} → {verdict.state}"
    seen = [
        "~".join(("", *test.observations[-1].likenesses))[:90]
        for test in outcome.run.tests
        if not test.passed and test.observations
    ]
    facts = (failure.got[:60], failure.expected[:60], failure.difference[:50], str(seen[:4]))
    line = verdict.where.line if verdict.where else 0
    return (
        f"{answer.step}: {answer.title} → {outcome.name or '—'}\n"
        f"      {failure.headline.splitlines()[0][:100]} | {' | '.join(facts)} | line {line}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
