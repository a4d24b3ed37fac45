"""Tests of modules before 07 ask for gradients, whatever the student has of that module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tinytorch.operation import install
from tinytorch.tensor import Tensor
from tinytorch_ls.check.lab import Lab
from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.gradients import gradients, recorder
from tinytorch_ls.runner.report import StepRun

STEP = "layers/batch-statistics"
FILE = "tinytorch/layers.py"
ENGINE = "tinytorch/autograd/engine.py"


@pytest_asyncio.fixture(loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    lab = Lab(read_course(curriculum_folder()))
    yield lab
    await lab.close()


async def _run(lab: Lab, *blocked: str, **texts: str) -> StepRun:
    overlay = {{"layers": FILE, "engine": ENGINE}[name]: text for name, text in texts.items()}
    return await lab.run(lab.course.steps[STEP], overlay, blocked=blocked)


def test_the_outputs_have_weights_that_differ() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    assert gradients(lambda x: x * x, x) == [[2.0, 8.0, 18.0]]


def test_what_left_the_operations_has_no_gradient() -> None:
    one, other = Tensor([1.0]), Tensor([2.0])
    assert gradients(lambda a, b: a * Tensor(b.data), one, other) == [[2.0], None]
    assert gradients(lambda a: Tensor(a.data), one) == [None]


def test_gradients_of_an_earlier_call_don_t_count() -> None:
    x = Tensor([3.0])
    assert gradients(lambda x: x * 2, x) == gradients(lambda x: x * 2, x) == [[2.0]]


def test_the_recorder_from_before_is_back_afterwards() -> None:
    before = install(None)
    try:
        with recorder():
            assert (Tensor([1.0]).requires_grad_() * 2).requires_grad
        assert not (Tensor([1.0]).requires_grad_() * 2).requires_grad
    finally:
        install(before)


async def test_a_broken_engine_of_the_student_fails_no_earlier_step(lab: Lab) -> None:
    assert (await _run(lab, engine="def backward(:\n")).passed


async def test_a_module_that_is_taught_later_is_not_needed_for_it(lab: Lab) -> None:
    assert (await _run(lab, "tinytorch.autograd.engine")).passed


async def test_an_answer_that_leaves_the_operations_fails(lab: Lab) -> None:
    right = lab.source(FILE)
    wrong = right.replace("    centred = input - mean\n", "    centred = input.detach() - mean\n")
    assert wrong != right
    assert not (await _run(lab, layers=wrong)).passed
