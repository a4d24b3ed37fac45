"""1958: Rosenblatt's perceptron learns to tell zeros from all other handwritten digits.

Run it: python curriculum/milestones/perceptron_1958.py
"""

import numpy as np

from tinytorch.data import load_digits, random_split
from tinytorch.networks import Perceptron
from tinytorch.tensor import Tensor


def learn(seed: int = 0) -> tuple[list[int], float]:
    """Train on four fifths of the digits.

    Returns how many mistakes each epoch made, and the accuracy on the last fifth.
    """
    images, digits = load_digits().tensors
    pixels, is_zero = images.flatten(1), (digits == 0).data.astype(np.float32)
    train, held_out = random_split(load_digits(), [0.8, 0.2], np.random.default_rng(seed))
    perceptron = Perceptron(64)
    mistakes = perceptron.fit(pixels[train.indices], Tensor(is_zero[train.indices]))
    answers = perceptron(pixels[held_out.indices]).data
    return mistakes, float((answers == is_zero[held_out.indices]).mean())


if __name__ == "__main__":
    mistakes, accuracy = learn()
    print(f"mistakes in each epoch: {mistakes}")
    print(f"accuracy on digits it never saw: {accuracy:.1%}")
