"""Has the checks of the tests share their warm processes."""

from __future__ import annotations

import kept
import pytest


@pytest.fixture(autouse=True)
def _kept_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinytorch_ls.check.lab.default_strategy", kept.strategy_of)
