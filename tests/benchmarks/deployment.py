"""Measures two deployed models as MLPerf does, against this machine's roof, and compressed.

Run `python tests/benchmarks/deployment.py`; it takes about half a minute. Each time is of this
machine, and the tables end with its name. No pass and no fail: read the ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch.benchmarking import (
    Timer,
    compare,
    count_work,
    measure_machine,
    median,
    offline,
    peak_memory,
    report,
    roofline,
    server,
    single_stream,
    summarize,
)
from tinytorch.cnn import LeNet
from tinytorch.compression import (
    QuantizedLinear,
    SparseMatrix,
    apply_masks,
    model_bytes,
    pack,
    prune_magnitude,
    unpack,
)
from tinytorch.data import DataLoader, load_digits, random_split
from tinytorch.layers import Linear, Module, manual_seed
from tinytorch.mlops import predictor
from tinytorch.networks import MLP
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer


def scenarios(name: str, model: Module, images: np.ndarray) -> dict[str, Any]:
    """A model in MLPerf's three scenarios; the server's users ask at half of what it can do."""
    predict = predictor(model)

    def one(row: int) -> Any:
        return predict(images[row : row + 1])

    def many(rows: Sequence[int]) -> Any:
        return predict(images[rows[0] : rows[-1] + 1])

    rows = range(len(images))
    alone = single_stream(one, rows)
    alone = single_stream(one, rows)  # the first one warmed up
    typical = median(alone.latencies)
    return {
        f"{name} single-stream": alone,
        f"{name} server": server(one, rows, 0.5 / typical, 20 * typical),
        f"{name} offline": offline(many, rows, batch_size=64),
    }


def against_the_roof(models: dict[str, tuple[Module, np.ndarray]]) -> dict[str, Any]:
    """For batches of 1 and of 256: how much of what the machine could do is done."""
    machine, rows = measure_machine(), {}
    for name, (model, images) in models.items():
        for batch in (1, 256):
            x, predict = images[:batch], predictor(model)
            work = count_work(model, Tensor(x))
            seconds = median(Timer().measure(lambda: predict(x)))  # noqa: B023 - called at once
            rows[f"{name}, batch of {batch}"] = {
                "FLOPs/byte": work.intensity,
                "GFLOP/s": work.flops / seconds / 1e9,
                "roof": roofline(work.intensity, machine) / 1e9,
                "peak MB": peak_memory(lambda: predict(x)) / 1e6,  # noqa: B023
            }
    return rows


def compressed() -> dict[str, Any]:
    """A LeNet trained on the digits, then pruned, trained on and packed as int8."""
    generator = manual_seed(0)
    training, held_out = random_split(load_digits(), [1400, 397], generator=generator)
    loader = DataLoader(training, batch_size=64, shuffle=True, generator=generator)
    test, model = DataLoader(held_out, batch_size=397), LeNet(8)
    trainer = Trainer(model, Adam(model.parameters(), lr=2e-3))
    trainer.fit(loader, epochs=40)
    size, rows = model_bytes(model), {}
    rows["trained"] = {"bytes": size, "smaller": 1.0, **trainer.evaluate(test)}
    masks = prune_magnitude(model, 0.83)
    rows["83 % pruned"] = {"bytes": size, "smaller": 1.0, **trainer.evaluate(test)}
    trainer = Trainer(model, Adam(model.parameters(), lr=1e-3))
    for _ in range(25):
        for batch in loader:
            trainer.train_epoch([batch])
            apply_masks(model, masks)
    rows["trained on"] = {"bytes": size, "smaller": 1.0, **trainer.evaluate(test)}
    packed = pack(model)
    model.load_state_dict(unpack(packed))
    small = model_bytes(packed)
    rows["sparse int8"] = {"bytes": small, "smaller": size / small, **trainer.evaluate(test)}
    return rows


def layers_of_other_kinds() -> dict[str, Any]:
    """The same 512 x 512 layer dense, 90 % sparse and in int8: fewer bytes need not be faster."""
    manual_seed(0)
    linear, x = Linear(512, 512), Tensor(np.ones((64, 512), np.float32))
    prune_magnitude(linear, 0.9)
    sparse, quantized = SparseMatrix.from_dense(linear.weight), QuantizedLinear(linear, x)
    dense = predictor(linear)
    return {
        "dense float32": summarize(Timer().measure(lambda: dense(x.data))),
        "90 % sparse": summarize(Timer().measure(lambda: sparse.linear(x))),
        "int8": summarize(Timer().measure(lambda: quantized(x))),
    }


def main() -> None:
    """Print the tables."""
    images = load_digits()[:][0].data
    models: dict[str, tuple[Module, np.ndarray]] = {
        "MLP": (MLP((64, 48, 10)), images.reshape(-1, 64)),
        "LeNet": (LeNet(8), images),
    }
    rows: dict[str, Any] = {}
    for name, (model, inputs) in models.items():
        rows |= scenarios(name, model, inputs)
    print(report("seconds", {name: result.columns() for name, result in rows.items()}))
    mlp, lenet = (predictor(model) for model, _ in models.values())
    flat, square = images[:64].reshape(64, 64), images[:64]
    pairs = Timer(repeats=50).measure_pairs(lambda: lenet(square), lambda: mlp(flat))
    print("\n", report("batch of 64", {"MLP over LeNet": compare(*pairs)}), sep="")
    print("\n", report("roof", against_the_roof(models)), sep="")
    print("\n", report("LeNet on digits", compressed()), sep="")
    print("\n", report("512 x 512 layer", layers_of_other_kinds()), sep="")


if __name__ == "__main__":
    main()
