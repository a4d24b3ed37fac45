"""The whole loop on real digits: deploy, drift, retrain, canary, roll out; or roll back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tinytorch.data import DataLoader, TensorDataset, load_digits
from tinytorch.layers import Module, manual_seed
from tinytorch.mlops import DriftDetector, Loop, Registry, RetrainingTrigger
from tinytorch.networks import MLP
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer

WINDOW = 100


def build() -> Module:
    return MLP((64, 48, 10))


class Traffic:
    """Digits that nobody trained on, without end; from a moment on, the camera hangs crooked."""

    def __init__(self) -> None:
        digits = load_digits()
        images, labels = digits[:]
        order = np.random.default_rng(0).permutation(len(digits))
        self.images = images.data.reshape(len(digits), 64)[order]
        self.labels = labels.data[order]
        self.known = slice(0, 700)  # what the first model is trained on
        self.shifted = False
        self.rng = np.random.default_rng(1)
        self.unseen = iter(range(1000, 1797))

    def window(self) -> tuple[np.ndarray, np.ndarray]:
        rows = [next(self.unseen) for _ in range(WINDOW)]
        if not self.shifted:
            return self.images[rows], self.labels[rows]
        return shift(self.images[rows]), self.labels[rows]

    def shift(self) -> None:
        """From now on each digit stands a pixel to the right; digits may come again."""
        self.shifted = True
        self.unseen = iter(self.rng.permutation(np.tile(np.arange(1000, 1797), 5)).tolist())


def shift(images: np.ndarray) -> np.ndarray:
    moved = np.zeros_like(images).reshape(-1, 8, 8)
    moved[:, :, 1:] = images.reshape(-1, 8, 8)[:, :, :-1]
    return moved.reshape(-1, 64)


def train(inputs: Tensor, labels: Tensor) -> Module:
    """A real training run, from a fixed seed."""
    generator = manual_seed(0)
    model = build()
    loader = DataLoader(
        TensorDataset(inputs, labels), batch_size=32, shuffle=True, generator=generator
    )
    Trainer(model, Adam(model.parameters(), lr=3e-3)).fit(loader, epochs=30)
    return model


def train_on_nonsense(inputs: Tensor, labels: Tensor) -> Module:
    """What a broken pipeline does: the labels are those of other pictures."""
    return train(inputs, Tensor(np.random.default_rng(3).permutation(labels.data)))


def begin(folder: Path, traffic: Traffic, retrain: Any, **settings: Any) -> Loop:
    registry = Registry(folder, now=lambda: 0.0)  # equal ids, and so an equal split, in each run
    known = traffic.images[traffic.known], traffic.labels[traffic.known]
    first = train(Tensor(known[0]), Tensor(known[1]))
    registry.promote(registry.save("digits", first.state_dict(), {"samples": 700}))
    return Loop(
        "digits",
        registry,
        build,
        retrain,
        DriftDetector(traffic.images[700:1000].reshape(-1, 64), alpha=0.01),
        RetrainingTrigger(**{"minimum_samples": 400, "cooldown": 0, **settings}),
        {"fraction": 0.4, "limit": 800},
    )


def errors(loop: Loop, traffic: Traffic) -> float:
    inputs, labels = traffic.window()
    return float(np.mean(np.array(loop.service.predict(inputs).labels) != labels))


async def ask(app: Any, inputs: Any) -> tuple[Any, list[Any], str]:
    """What twenty users, and then Prometheus, get over HTTP."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        health = (await client.get("/health")).json()
        answers = [
            await client.post(
                "/predict", json={"inputs": inputs}, headers={"X-Request-ID": f"user {number}"}
            )
            for number in range(20)
        ]
        metrics = (await client.get("/metrics")).text
    return health, [answer.json() for answer in answers], metrics


def kinds(loop: Loop) -> list[tuple[str, int]]:
    return [(event.kind, event.version) for event in loop.events]


@threadpool_limits.wrap(limits=1)
def test_a_drift_is_noticed_retrained_tried_out_and_rolled_out(tmp_path: Path) -> None:
    traffic = Traffic()
    loop = begin(tmp_path, traffic, train)
    assert errors(loop, traffic) < 0.1
    for _ in range(4):
        assert loop.observe(*traffic.window()) == []  # quiet while all is well

    traffic.shift()
    broken = errors(loop, traffic)
    assert broken > 0.3
    assert [event.kind for event in loop.observe(*traffic.window())] == ["drifted", "waiting"]
    for _ in range(30):
        if ("rolled out", 2) in kinds(loop):
            break
        loop.observe(*traffic.window())
    assert kinds(loop) == [
        ("deployed", 1), ("drifted", 1), ("waiting", 1), ("waiting", 1), ("waiting", 1),
        ("retrained", 2), ("rolled out", 2),
    ]  # fmt: skip
    assert errors(loop, traffic) < broken / 3

    registry = Registry(tmp_path)
    live = registry.current("digits")
    assert (live.number, live.metadata["samples"]) == (2, 400)
    assert [version.number for version in registry.lineage(live)] == [2, 1]
    for _ in range(4):
        assert loop.observe(*traffic.window()) == []  # the new normal

    again = Loop("digits", registry, build, train, loop.detector, loop.trigger)
    rows = traffic.window()[0]
    assert again.service.predict(rows).scores == loop.service.predict(rows).scores

    loop.rollback()
    assert Registry(tmp_path).current("digits").number == 1
    assert loop.service.live.champion.version == "digits-1"
    assert errors(loop, traffic) > 0.3
    with pytest.raises(LookupError, match="before version 1"):
        loop.rollback()


@threadpool_limits.wrap(limits=1)
def test_a_model_trained_on_nonsense_is_rolled_back_by_itself(tmp_path: Path) -> None:
    traffic = Traffic()
    loop = begin(tmp_path, traffic, train_on_nonsense, cooldown=1e9)
    traffic.shift()
    before = errors(loop, traffic)
    for _ in range(30):
        if ("rolled back", 2) in kinds(loop):
            break
        loop.observe(*traffic.window())
    assert kinds(loop)[-2:] == [("retrained", 2), ("rolled back", 2)]
    registry = Registry(tmp_path)
    assert registry.current("digits").number == 1
    assert [version.number for version in registry.versions("digits")] == [1, 2]  # it is kept
    assert loop.service.live.challenger is None
    assert loop.service.live.champion.version == "digits-1"
    assert errors(loop, traffic) == pytest.approx(before, abs=0.15)
    (event,) = loop.observe(*traffic.window())
    assert event.kind == "waiting"  # for the cooldown
    assert "trained" in event.detail


@threadpool_limits.wrap(limits=1)
def test_the_loop_is_seen_over_http_and_in_its_metrics(tmp_path: Path) -> None:
    traffic = Traffic()
    loop = begin(tmp_path, traffic, train)
    traffic.shift()
    for _ in range(4):
        loop.observe(*traffic.window())
    health, answers, metrics = asyncio.run(ask(loop.service.app, traffic.window()[0][:1].tolist()))
    assert health == {"status": "ok", "version": "digits-1", "challenger": "digits-2"}
    assert {answer["version"] for answer in answers} == {"digits-1", "digits-2"}
    assert "tinytorch_drift_alarms_total 1.0" in metrics
    assert 'tinytorch_live_model{version="digits-1"} 1.0' in metrics
    assert 'tinytorch_requests_total{status="200",version="digits-2"}' in metrics


def test_without_anything_in_production_there_is_nothing_to_serve(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.save("digits", build().state_dict())
    with pytest.raises(LookupError, match="promote one"):
        Loop(
            "digits", registry, build, train,
            DriftDetector(np.zeros((30, 64))), RetrainingTrigger(),
        )  # fmt: skip
