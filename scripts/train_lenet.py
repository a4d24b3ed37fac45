"""Makes `tinytorch/lenet.npz`, the trained LeNet that module 10 compresses, by module 09's recipe.

    python scripts/train_lenet.py [FILE]

The weights are those of the last of 15 epochs; none was chosen by its accuracy. Beside them stand
the numbers of the 359 digits that were held out. The digits and seeds are the same on every
machine; sums in another order change the last bits, and with them what the training ends at.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np

import tinytorch.autograd  # noqa: F401 - records
from tinytorch.cnn import LeNet
from tinytorch.data import DataLoader, load_digits, random_split
from tinytorch.layers import manual_seed
from tinytorch.optim import Adam, CosineAnnealingLR
from tinytorch.training import Trainer, cross_entropy

FILE = Path(__file__).parents[1] / "tinytorch" / "lenet.npz"


def main(arguments: list[str]) -> None:
    """Train, say how well it reads, and write the file."""
    manual_seed(0)
    train, held_out = random_split(load_digits(), [0.8, 0.2])
    model = LeNet(input_size=8, channels=(16, 32))
    optimizer = Adam(model.parameters(), lr=3e-3)
    schedule = CosineAnnealingLR(optimizer, T_max=15)
    loss = partial(cross_entropy, label_smoothing=0.1)
    trainer = Trainer(model, optimizer, loss, scheduler=schedule)
    trainer.fit(DataLoader(train, 32, shuffle=True), epochs=15)
    print(trainer.evaluate(DataLoader(held_out, 359)))
    state = {name: tensor.data for name, tensor in model.state_dict().items()}
    places = np.sort(np.asarray(held_out.indices)).astype(np.int16)
    file = Path(arguments[0]) if arguments else FILE
    np.savez_compressed(file, held_out=places, **state)
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
