"""What is shown between a verdict and what is told after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tinytorch_ls.feedback.verdict import State, Verdict
from tinytorch_ls.runner.report import Binding

OLD = Verdict("box/grow", "failing", bindings=(Binding("grow", 1, "y", (2,), "int64"),))
NEW = (Binding("grow", 1, "y", (3,), "float32"),)


def test_what_variables_were_stays_until_it_is_told_anew() -> None:
    passed = Verdict("box/grow", "passed")
    assert passed.until_told(OLD).bindings == OLD.bindings
    assert passed.until_told(OLD).state == "passed"
    assert passed.until_told(None) == passed


@pytest.mark.parametrize("state", ["failing", "blocked", "todo"])
def test_a_step_that_does_not_pass_has_told_all(state: State) -> None:
    assert Verdict("box/grow", state).until_told(OLD).bindings == ()
    told = replace(OLD, state=state, bindings=NEW)
    assert told.until_told(OLD) == told
