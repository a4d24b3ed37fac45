"""1998: LeCun's LeNet reads handwritten digits that it never saw.

Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, "Gradient-based learning applied to
document recognition", Proceedings of the IEEE 86, 1998. What changed because of it:

1. Nobody chose what to look at in an image: one gradient through the whole system learned it.
2. Windows that are carried over the image made 60,000 weights enough.
3. Banks read cheques with it, several million a day.
4. MNIST, the digits of that paper, became what everyone compares with.
5. In 2012 the same idea, larger and on two GPUs, won ImageNet by ten points.

Run it: python curriculum/milestones/lenet_1998.py [PICTURE.png]
"""

import runpy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tinytorch.cnn import LeNet
from tinytorch.data import DataLoader, load_digits, random_split
from tinytorch.layers import manual_seed
from tinytorch.optim import Adam, CosineAnnealingLR
from tinytorch.training import Trainer, cross_entropy

EPOCHS = 15
SMOOTHED = partial(cross_entropy, label_smoothing=0.1)
PICTURES = Path(__file__).parents[1] / "09_training" / "pictures.py"


def learn(
    seed: int = 0, progress: Callable[[dict[str, float]], Any] | None = None
) -> list[dict[str, float]]:
    """Train on four fifths of the digits; `val_accuracy` in the history is on the last fifth."""
    manual_seed(seed)
    train, held_out = random_split(load_digits(), [0.8, 0.2])
    model = LeNet(input_size=8, channels=(16, 32))
    optimizer = Adam(model.parameters(), lr=3e-3)
    schedule = CosineAnnealingLR(optimizer, T_max=EPOCHS)
    trainer = Trainer(model, optimizer, SMOOTHED, scheduler=schedule)
    batches = DataLoader(train, batch_size=32, shuffle=True)
    return trainer.fit(batches, DataLoader(held_out, 256), EPOCHS, progress)


def show(record: dict[str, float]) -> None:
    """One line for an epoch."""
    print(
        f"epoch {record['epoch']:2}: loss {record['loss']:.4f}, "
        f"accuracy on digits it never saw {record['val_accuracy']:.1%}",
        flush=True,
    )


if __name__ == "__main__":
    learn(progress=show)
    for name in sys.argv[1:]:
        runpy.run_path(str(PICTURES))["draw_lenet"]().savefig(name)
