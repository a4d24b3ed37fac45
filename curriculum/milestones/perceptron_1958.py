"""1958: Rosenblatt's perceptron learns to tell zeros from all other handwritten digits.

Frank Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in
the brain", Psychological Review 65, 1958. What changed because of it:

1. Nobody wrote down what a zero looks like: examples and a rule for mistakes were enough.
2. A proof followed (Novikoff, 1962): where a line divides the classes, the learning ends.
3. Machines with weights that learn became a field; the Mark I saw through 400 photocells.
4. Predict, compare, correct is the loop that networks are trained by to this day.
5. The hopes were high enough for one small counterexample to bring them down, in 1969.

Run it: python curriculum/milestones/perceptron_1958.py [PICTURE.png]
"""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.data import load_digits, random_split
from tinytorch.networks import Perceptron
from tinytorch.tensor import Tensor

PICTURES = Path(__file__).parents[1] / "04_networks" / "pictures.py"


def learn(
    seed: int = 0, epochs: int = 100, progress: Callable[[int, int], Any] | None = None
) -> tuple[list[int], float]:
    """Train on four fifths of the digits, and tell `progress` each epoch and its mistakes.

    Returns how many mistakes each epoch made, and the accuracy on the last fifth.
    """
    images, digits = load_digits().tensors
    pixels, is_zero = images.flatten(1), (digits == 0).data.astype(np.float32)
    train, held_out = random_split(load_digits(), [0.8, 0.2], np.random.default_rng(seed))
    inputs, targets = pixels[train.indices], Tensor(is_zero[train.indices])
    perceptron = Perceptron(64)
    mistakes: list[int] = []
    while len(mistakes) < epochs and 0 not in mistakes:
        mistakes += perceptron.fit(inputs, targets, epochs=1)
        if progress is not None:
            progress(len(mistakes), mistakes[-1])
    answers = perceptron(pixels[held_out.indices]).data
    return mistakes, float((answers == is_zero[held_out.indices]).mean())


def show(epoch: int, mistakes: int) -> None:
    """One line for an epoch."""
    print(f"epoch {epoch}: {mistakes} mistakes")


if __name__ == "__main__":
    _, accuracy = learn(progress=show)
    print(f"accuracy on digits it never saw: {accuracy:.1%}")
    for name in sys.argv[1:]:
        runpy.run_path(str(PICTURES))["draw_perceptron"]().savefig(name)
