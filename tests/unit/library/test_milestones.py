"""The four milestones run from fixed seeds and reach what the course promises of them."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MILESTONES = Path(__file__).parents[3] / "curriculum" / "milestones"


def milestone(name: str) -> dict[str, Any]:
    return runpy.run_path(str(MILESTONES / f"{name}.py"))


@pytest.mark.parametrize("seed", [0, 1])
def test_1958_the_perceptron_stops_making_mistakes_and_knows_new_zeros(seed: int) -> None:
    mistakes, accuracy = milestone("perceptron_1958")["learn"](seed)
    assert mistakes[0] > 10
    assert mistakes[-1] == 0
    assert accuracy > 0.98  # always saying "no zero" reaches 0.90


def test_1969_a_perceptron_never_learns_xor_and_two_layers_compute_it() -> None:
    story = milestone("xor_1969")
    mistakes = story["perceptron_tries"](epochs=300)
    assert len(mistakes) == 300
    assert min(mistakes) >= 1
    assert story["two_layers_answer"]() == [0, 1, 1, 0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_1986_backpropagation_learns_xor_from_random_weights(seed: int) -> None:
    losses, answers = milestone("mlp_1986")["learn"](seed)
    assert losses[0] > 0.2  # it starts by guessing: a half for everything has 0.25
    assert losses[-1] < 0.01
    assert [round(answer, 1) for answer in answers] == [0, 1, 1, 0]


def test_1998_lenet_reads_97_percent_of_digits_it_never_saw() -> None:
    history = milestone("lenet_1998")["learn"](seed=0)
    assert history[0]["val_accuracy"] < 0.9
    assert history[-1]["val_accuracy"] >= 0.97


def test_a_milestone_runs_as_its_first_lines_say() -> None:
    program = [sys.executable, str(MILESTONES / "mlp_1986.py")]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "after 500 epochs" in ran.stdout
