"""1969: Minsky and Papert show what one perceptron can't learn, and two layers can compute: XOR.

Marvin Minsky and Seymour Papert, "Perceptrons: an introduction to computational geometry", MIT
Press, 1969. What changed because of it:

1. It was proved what one layer can't decide: XOR, and (from parts) whether a drawing is connected.
2. Two layers can, but no rule was known for the weights of a hidden unit.
3. Money and people left the field for more than ten years.
4. Research turned to programs of rules that people wrote.
5. The answer, errors sent backward through the layers, made its way in 1986.

Run it: python curriculum/milestones/xor_1969.py [PICTURE.png]
"""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinytorch.networks import Perceptron, xor_network
from tinytorch.tensor import Tensor

INPUTS = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = Tensor([0, 1, 1, 0])
PICTURES = Path(__file__).parents[1] / "04_networks" / "pictures.py"


def perceptron_tries(
    epochs: int = 1000, progress: Callable[[int, int], Any] | None = None
) -> list[int]:
    """How many of the four answers it gets wrong in each epoch. A 0 would mean that it can."""
    perceptron = Perceptron(2)
    mistakes: list[int] = []
    while len(mistakes) < epochs and 0 not in mistakes:
        mistakes += perceptron.fit(INPUTS, XOR, epochs=1)
        if progress is not None:
            progress(len(mistakes), mistakes[-1])
    return mistakes


def two_layers_answer() -> list[float]:
    """The answers of the network of which the weights were set by hand."""
    return xor_network()(INPUTS).flatten().tolist()


def show(epoch: int, mistakes: int) -> None:
    """A line for each of the first five epochs, and for every two hundredth."""
    if epoch <= 5 or epoch % 200 == 0:
        print(f"epoch {epoch:4}: {mistakes} mistakes")


if __name__ == "__main__":
    mistakes = perceptron_tries(progress=show)
    print(f"the perceptron after {len(mistakes)} epochs: still {mistakes[-1]} mistakes in each")
    print(f"two layers, set by hand: {two_layers_answer()}")
    for name in sys.argv[1:]:
        runpy.run_path(str(PICTURES))["draw_circle"]().savefig(name)
