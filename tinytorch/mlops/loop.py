"""The whole loop: deploy, watch, retrain, try out, roll out or roll back; and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinytorch.layers import Module
from tinytorch.mlops.canary import Canary
from tinytorch.mlops.drift import DriftDetector
from tinytorch.mlops.registry import ModelVersion, Registry
from tinytorch.mlops.retraining import RetrainingTrigger
from tinytorch.mlops.service import Deployment, PredictionService, predictor
from tinytorch.tensor import Tensor

Train = Callable[[Tensor, Tensor], Module]
"""A training run: (n, …) inputs and (n,) labels, new since the drift, to a trained model."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to a deployed model."""

    kind: Literal["deployed", "drifted", "waiting", "retrained", "rolled out", "rolled back"]
    version: int  # the version it happened to
    detail: str


class Loop:
    """Keeps one model of a registry alive. Feed it the traffic with `observe`.

    It may be stopped and started again at any moment: what is live stands in the registry.
    """

    def __init__(
        self,
        name: str,
        registry: Registry,
        build: Callable[[], Module],
        train: Train,
        detector: DriftDetector,
        trigger: RetrainingTrigger,
        canary: Mapping[str, Any] | None = None,
    ) -> None:
        """Serve what `name` has in production. `build` makes an untrained model for its weights.

        `canary` holds settings of `Canary`, such as its fraction. Raises LookupError if nothing
        has been promoted yet.
        """
        self.name, self.registry, self.build, self.train = name, registry, build, train
        self.detector, self.trigger, self.canary_settings = detector, trigger, canary or {}
        self.current = registry.current(name)
        self.challenger: ModelVersion | None = None
        shape = tuple(detector.shape)
        self.service = PredictionService(self._deployment(self.current), shape)
        self.events = [Event("deployed", self.current.number, f"{self.current.digest:.12}…")]
        self.served = 0
        self._forget()

    def observe(self, inputs: np.ndarray, labels: np.ndarray) -> list[Event]:
        """Serve a window of requests (n, …), learn how they should have been answered, and act.

        Returns what happened. In a real service the true labels (n,) come later, from users or
        from people who look at samples.
        """
        before = len(self.events)
        for number, (value, label) in enumerate(zip(inputs, labels, strict=True)):
            answer = self.service.predict([value], f"{self.served + number}")
            self.service.feedback(answer.arm, answer.labels[0] == label)
        self.served += len(inputs)
        if self.challenger is not None:
            self.judge(self.challenger)
        else:
            self.watch(inputs, labels)
        return self.events[before:]

    def watch(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Look for drift; from then on collect labelled samples until a training run is due."""
        if not self.drifted:
            report = self.detector.check(inputs)
            if not report.drifted:
                return
            self.drifted = True
            self.service.metrics.record_drift()
            self._say("drifted", self.current, f"{len(report.features)} features in a window")
        self.inputs.append(inputs)
        self.labels.append(labels)
        decision = self.trigger.decide(True, sum(map(len, self.labels)))
        if decision.retrain:
            self.retrain(decision.reason)
        else:
            self._say("waiting", self.current, decision.reason)

    def retrain(self, reason: str) -> None:
        """Train on what was collected, keep the result as a child of the live version, try it."""
        inputs, labels = np.concatenate(self.inputs), np.concatenate(self.labels)
        model = self.train(Tensor(inputs), Tensor(labels))
        metadata = {"reason": reason, "samples": len(labels)}
        version = self.registry.save(self.name, model.state_dict(), metadata, self.current)
        self.challenger = version
        canary = Canary(version.id, **self.canary_settings)
        self.service.try_out(self._deployment(version), canary)
        self._say("retrained", version, reason)

    def judge(self, challenger: ModelVersion) -> None:
        """Follow the canary's verdict, once there is one."""
        canary = self.service.live.canary
        if canary is None or canary.verdict == "continue":
            return
        wrong, old_wrong = (
            "{} of {}".format(*canary.outcomes[arm]) for arm in ("challenger", "champion")
        )
        self.challenger = None
        if canary.verdict == "roll out":
            self.registry.promote(challenger)
            self.detector.reset(np.concatenate(self.inputs))
            self._forget()
        self._serve_current()
        kind = "rolled out" if canary.verdict == "roll out" else "rolled back"
        self._say(kind, challenger, f"{wrong} wrong, the champion's {old_wrong}")

    def rollback(self) -> None:
        """Take the live version out of production, by hand; the one before it answers again.

        Raises LookupError if there was none before it.
        """
        bad, self.challenger = self.current, None
        self.registry.rollback(bad)
        self._serve_current()
        self._say("rolled back", bad, "by hand")

    def _serve_current(self) -> None:
        """Answer with what the registry has in production, and with that alone. Given."""
        self.current = self.registry.current(self.name)
        self.service.deploy(self._deployment(self.current))

    def _deployment(self, version: ModelVersion) -> Deployment:
        """A version of the registry as a model that answers. Given."""
        model = self.build()
        model.load_state_dict(self.registry.load(version))
        return Deployment(f"{version.name}-{version.number}", predictor(model))

    def _forget(self) -> None:
        """Begin to watch anew. Given."""
        self.drifted = False
        self.inputs: list[np.ndarray] = []
        self.labels: list[np.ndarray] = []

    def _say(self, kind: Any, version: ModelVersion, detail: str) -> None:
        self.events.append(Event(kind, version.number, detail))
