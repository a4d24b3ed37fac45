"""1969: Minsky and Papert show what one perceptron can't learn, and two layers can compute: XOR.

Run it: python curriculum/milestones/xor_1969.py
"""

from tinytorch.networks import Perceptron, xor_network
from tinytorch.tensor import Tensor

INPUTS = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = Tensor([0, 1, 1, 0])


def perceptron_tries(epochs: int = 1000) -> list[int]:
    """How many of the four answers it gets wrong in each epoch. A 0 would mean that it can."""
    return Perceptron(2).fit(INPUTS, XOR, epochs)


def two_layers_answer() -> list[float]:
    """The answers of the network of which the weights were set by hand."""
    return xor_network()(INPUTS).flatten().tolist()


if __name__ == "__main__":
    mistakes = perceptron_tries()
    print(f"the perceptron after {len(mistakes)} epochs: still {mistakes[-1]} mistakes in each")
    print(f"two layers, set by hand: {two_layers_answer()}")
