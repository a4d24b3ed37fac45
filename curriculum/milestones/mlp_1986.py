"""1986: Rumelhart, Hinton and Williams let a network find its hidden layer: XOR by backpropagation.

Run it: python curriculum/milestones/mlp_1986.py
"""

from tinytorch.activations import Tanh, sigmoid
from tinytorch.layers import manual_seed
from tinytorch.networks import MLP
from tinytorch.optim import SGD
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer, binary_cross_entropy_with_logits

INPUTS = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = Tensor([[0], [1], [1], [0]])


def learn(seed: int = 0, epochs: int = 500) -> tuple[list[float], list[float]]:
    """Train from random weights. Returns the loss of each epoch and the four answers."""
    manual_seed(seed)
    model = MLP((2, 4, 1), Tanh)
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    trainer = Trainer(model, optimizer, binary_cross_entropy_with_logits, metric=None)
    history = trainer.fit([(INPUTS, XOR)], epochs=epochs)
    answers = sigmoid(model(INPUTS)).flatten().tolist()
    return [record["loss"] for record in history], answers


if __name__ == "__main__":
    losses, answers = learn()
    print(f"loss: {losses[0]:.3f} before, {losses[-1]:.5f} after {len(losses)} epochs")
    print("answers:", ", ".join(f"{answer:.3f}" for answer in answers))
