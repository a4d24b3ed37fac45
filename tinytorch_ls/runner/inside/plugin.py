"""Lesson tests under plain pytest: `pytest -p tinytorch_ls.runner.inside.plugin`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tinytorch_ls.runner.inside.expect import Expect, Unmet, unmet_text
from tinytorch_ls.runner.inside.rewrite import calls_by_line


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Expect:
    """The same recorder that the course's own runner hands to a test."""
    source = Path(request.path).read_text(encoding="utf-8")
    return Expect(calls_by_line(ast.parse(source), source))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with the seed of an ordinary run."""
    return np.random.default_rng(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """An expectation that is not met fails the test with its difference."""
    try:
        yield
    except Unmet:
        recorder = cast(pytest.Function, item).funcargs["expect"]
        pytest.fail(unmet_text(cast(Expect, recorder).observations[-1]), pytrace=False)
