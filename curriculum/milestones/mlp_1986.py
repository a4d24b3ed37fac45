"""1986: Rumelhart, Hinton and Williams let a network find its hidden layer: XOR by backpropagation.

David Rumelhart, Geoffrey Hinton and Ronald Williams, "Learning representations by back-propagating
errors", Nature 323, 1986. What changed because of it:

1. The rule for hidden units that had been missing since 1969 became known to everyone.
2. "Representation" became the word: hidden units invent the features that people had written.
3. XOR was an exercise: in the book beside the paper it took two hidden units 558 passes.
4. Others had the derivatives before (Linnainmaa 1970, Werbos 1974); here it was seen to learn.
5. Three years later LeCun's network read the digits of American postcodes; module 09 trains it.

Run it: python curriculum/milestones/mlp_1986.py [PICTURE.png]
"""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tinytorch.autograd  # noqa: F401 - switches the recorder on
from tinytorch.activations import Tanh, sigmoid
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.optim import SGD
from tinytorch.tensor import Tensor

INPUTS = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = Tensor([[0.0], [1.0], [1.0], [0.0]])
PICTURES = Path(__file__).parents[1] / "08_optimizers" / "pictures.py"


def learn(
    seed: int = 0, epochs: int = 500, progress: Callable[[int, float], Any] | None = None
) -> tuple[list[float], list[float]]:
    """Train from random weights, and tell `progress` each epoch and its loss.

    Returns the loss of each epoch and the four answers.
    """
    manual_seed(seed)
    model = MLP((2, 4, 1), Tanh)
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    losses: list[float] = []
    for epoch in range(1, epochs + 1):
        optimizer.zero_grad()
        loss = ((sigmoid(model(INPUTS)) - XOR) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if progress is not None:
            progress(epoch, losses[-1])
    return losses, sigmoid(model(INPUTS)).flatten().tolist()


def show(epoch: int, loss: float) -> None:
    """A line for the first epoch, for each of the tens to 100, and for every hundredth."""
    if epoch == 1 or epoch % 100 == 0 or (epoch < 100 and epoch % 10 == 0):
        print(f"epoch {epoch:3}: loss {loss:.5f}")


if __name__ == "__main__":
    losses, answers = learn(progress=show)
    print(f"loss: {losses[0]:.3f} before, {losses[-1]:.5f} after {len(losses)} epochs")
    print("answers:", ", ".join(f"{answer:.3f}" for answer in answers))
    for name in sys.argv[1:]:
        runpy.run_path(str(PICTURES))["draw_xor"]().savefig(name)
