"""How long a training step takes beside PyTorch's, on the same threads (two), in one run.

    python tests/benchmarks/training.py [ROUNDS [THREADS]]

Each library trains in a process of its own, both from the same weights on the same batch; the
processes take turns, a few steps at a time, so what else the machine does hits all alike. A ratio
is the median over the rounds of ours divided by PyTorch's in the same round; 1 is as fast. On a
machine that others use, look at "least" instead: the shortest step of all, and the ratio of those,
with one thread where two are never free at once. "As taught" runs what the lessons teach;
"accelerated" calls `tinytorch.accelerate.accelerate()` first. At the end the losses are
compared, so it is known that all did the same work.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

ROUNDS, STEPS, WARMUP, BATCH = 40, 5, 10, 64
THREADS = 2
LIBRARIES = ("pytorch", "as taught", "accelerated")
MODELS = {"784-256-10 MLP": (784,), "LeNet, two convolutions, 28x28": (1, 28, 28)}
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # settings that make NumPy slower than it is


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else THREADS
    print(f"training step, batch {BATCH}, Adam, {threads} threads, {rounds} rounds of {STEPS}")
    columns = f"{'median ms':>11}{'ratio':>8}{'least ms':>10}{'ratio':>8}{'peak MB':>9}"
    print(f"{'':32}{columns}{'of it training':>16}")
    for model in MODELS:
        compare(model, rounds, threads)
    print()
    overheads()


def compare(model: str, rounds: int, threads: int) -> None:
    """Train one model in all libraries by turns and print a line for each."""
    workers = {library: Worker(library, model, threads) for library in LIBRARIES}
    times: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    least: dict[str, float] = dict.fromkeys(LIBRARIES, math.inf)
    for _ in range(rounds):
        for library, worker in workers.items():
            answer = worker.ask(STEPS)
            times[library].append(answer["seconds"])
            least[library] = min(least[library], answer["least"])
    ends = {library: worker.ask(0) for library, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    losses = [end["loss"] for end in ends.values()]
    if max(losses) - min(losses) > 1e-2 * max(losses) + 1e-4:
        raise SystemExit(f"{model}: the losses differ, {losses}: not the same work")
    print(f"{model} (loss {losses[0]:.5f} after {WARMUP + rounds * STEPS} steps in each)")
    for library in LIBRARIES:
        pairs = zip(times[library], times["pytorch"], strict=True)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        end = ends[library]
        print(
            f"  {library:30}{statistics.median(times[library]) * 1e3:11.2f}{ratio:8.2f}"
            f"{least[library] * 1e3:10.2f}{least[library] / least['pytorch']:8.2f}"
            f"{end['peak_mb']:9.0f}{end['training_mb']:16.0f}"
        )


class Worker:
    """A process that trains when it is asked to."""

    def __init__(self, library: str, model: str, threads: int) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in SLOWED}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
            environment[name] = str(threads)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--train", library, model],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.ask(WARMUP)

    def ask(self, steps: int) -> dict[str, float]:
        """Train for so many steps: median and least seconds of one, the loss, memory in MB."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(steps, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def train(library: str, model: str) -> None:
    """Answer each number on standard input with that many steps."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((BATCH, *MODELS[model])).astype(np.float32)
    labels = rng.integers(0, 10, BATCH)
    make = pytorch_step if library == "pytorch" else tinytorch_step
    step = make(model, images, labels, library == "accelerated")
    before = peak_mb()
    loss = math.nan
    for line in sys.stdin:
        seconds: list[float] = []
        for _ in range(int(line)):
            start = time.perf_counter()
            loss = step()
            seconds.append(time.perf_counter() - start)
        answer = {"seconds": statistics.median(seconds or [0.0]), "loss": loss}
        answer |= {"least": min(seconds, default=math.inf)}
        answer |= {"peak_mb": peak_mb(), "training_mb": peak_mb() - before}
        print(json.dumps(answer), flush=True)


def tinytorch_step(model: str, images: Any, labels: Any, fast: bool) -> Callable[[], float]:
    """One step of ours; it returns the loss."""
    from tinytorch.cnn import LeNet
    from tinytorch.networks import MLP
    from tinytorch.optim import Adam
    from tinytorch.tensor import Tensor
    from tinytorch.training import cross_entropy

    if fast:
        from tinytorch.accelerate import accelerate

        accelerate()
    net = MLP([784, 256, 10]) if "MLP" in model else LeNet()
    start(parameter.data for parameter in net.parameters())
    x, y = Tensor(images), Tensor(labels)
    optimizer = Adam(net.parameters())

    def step() -> float:
        optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def pytorch_step(model: str, images: Any, labels: Any, _: bool) -> Callable[[], float]:
    """One step of PyTorch's; it returns the loss."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if "MLP" in model:
        layers = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)]
    else:
        layers = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        layers += [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()]
        layers += [nn.Linear(84, 10)]
    net = nn.Sequential(*layers)
    start(parameter.detach().numpy() for parameter in net.parameters())
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(net.parameters())

    def step() -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def start(arrays: Any) -> None:
    """Fill the parameters with numbers that are the same in every library."""
    rng = np.random.default_rng(1)
    for array in arrays:
        bound = 1 / math.sqrt(math.prod(array.shape[1:]))
        array[...] = rng.uniform(-bound, bound, array.shape)


def peak_mb() -> float:
    """The most memory this process has held so far."""
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def overheads() -> None:
    """Print what one operation costs on top of NumPy, on tensors too small for arithmetic."""
    from tinytorch import autograd, operation
    from tinytorch.tensor import Tensor

    a, b = np.ones((2, 2), np.float32), np.ones((2, 2), np.float32)
    x, y = Tensor(a), Tensor(b)
    tracked = Tensor(a).requires_grad_()
    rows: list[tuple[str, Callable[[], Any], Callable[[], Any], Callable[[], Any]]] = [
        ("add", lambda: a + b, lambda: x + y, lambda: tracked + y),
        ("mul by a number", lambda: a * 2.0, lambda: x * 2.0, lambda: tracked * 2.0),
        ("matmul", lambda: a @ b, lambda: x @ y, lambda: tracked @ y),
        ("exp", lambda: np.exp(a), lambda: x.exp(), lambda: tracked.exp()),
        ("sum", lambda: a.sum(0), lambda: x.sum(0), lambda: tracked.sum(0)),
        ("reshape", lambda: a.reshape(4), lambda: x.reshape(4), lambda: tracked.reshape(4)),
    ]
    print("one call on 2 x 2 numbers, in microseconds (median)")
    print(f"{'':20}{'NumPy':>9}{'tensor':>9}{'no recorder':>13}{'recorded':>10}")
    for name, plain, ours, recorded in rows:
        before = operation.install(None)
        bare = microseconds(ours)
        operation.install(before)
        print(
            f"{name:20}{microseconds(plain):9.2f}{microseconds(ours):9.2f}{bare:13.2f}"
            f"{microseconds(recorded):10.2f}"
        )
    assert autograd.record is not None


def microseconds(call: Callable[[], Any], repeats: int = 41, calls: int = 500) -> float:
    """The median time of one call."""
    times: list[float] = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - begin) / calls * 1e6)
    return statistics.median(times)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(*sys.argv[2:4])
    else:
        main()
