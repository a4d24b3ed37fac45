"""1998: LeCun's LeNet reads handwritten digits.

Run it: python curriculum/milestones/lenet_1998.py
"""

from collections.abc import Callable
from typing import Any

from tinytorch.cnn import LeNet
from tinytorch.data import DataLoader, load_digits, random_split
from tinytorch.layers import manual_seed
from tinytorch.optim import Adam, CosineAnnealingLR
from tinytorch.training import Trainer

EPOCHS = 20


def learn(
    seed: int = 0, progress: Callable[[dict[str, float]], Any] | None = None
) -> list[dict[str, float]]:
    """Train on four fifths of the digits; `val_accuracy` in the history is on the last fifth."""
    manual_seed(seed)
    train, held_out = random_split(load_digits(), [0.8, 0.2])
    model = LeNet(input_size=8, channels=(16, 32))
    optimizer = Adam(model.parameters(), lr=3e-3)
    trainer = Trainer(model, optimizer, scheduler=CosineAnnealingLR(optimizer, T_max=EPOCHS))
    batches = DataLoader(train, batch_size=32, shuffle=True)
    return trainer.fit(batches, DataLoader(held_out, 256), EPOCHS, progress)


def show(record: dict[str, float]) -> None:
    """One line for an epoch."""
    print(
        f"epoch {record['epoch']:2}: loss {record['loss']:.4f}, "
        f"accuracy on digits it never saw {record['val_accuracy']:.1%}"
    )


if __name__ == "__main__":
    learn(progress=show)
