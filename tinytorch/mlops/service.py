"""Answers requests for predictions, and changes its model without missing one."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinytorch.checks import checked_flags
from tinytorch.layers import Module
from tinytorch.mlops.canary import Arm, Canary
from tinytorch.mlops.extras import extra
from tinytorch.mlops.metrics import Metrics
from tinytorch.operation import recording
from tinytorch.tensor import Tensor

Predict = Callable[[np.ndarray], np.ndarray]
"""(n, …) float32 inputs to (n, classes) scores."""


class InvalidInput(ValueError):  # noqa: N818 - named for what is wrong
    """An input that no prediction can be made of; `location` is the path to the wrong field."""

    def __init__(self, location: Sequence[str | int], message: str) -> None:
        """What is wrong, and where. Given."""
        super().__init__(f"{'.'.join(map(str, location))}: {message}")
        self.location, self.message = tuple(location), message


class ModelFailure(RuntimeError):  # noqa: N818 - named for what is wrong
    """A model answered with something that is no score."""


@dataclass(frozen=True)
class Deployment:
    """A model that can answer: its version's name and its function."""

    version: str
    predict: Predict


@dataclass(frozen=True)
class Prediction:
    """The answer to one request of n inputs."""

    request_id: str
    version: str
    arm: Arm
    labels: list[int]  # (n,) the class with the highest score
    scores: list[list[float]]  # (n, classes)


@dataclass(frozen=True)
class Live:
    """Who answers now. Replaced as a whole, so a request sees either all of a change or nothing."""

    champion: Deployment
    challenger: Deployment | None = None
    canary: Canary | None = None

    def arm(self, request_id: str) -> Arm:
        """Who answers a request: the canary says so, if one is out. Given."""
        return self.canary.arm(request_id) if self.canary and self.challenger else "champion"

    def of(self, arm: Arm) -> Deployment:
        """The deployment of an arm. Given."""
        if arm == "challenger" and self.challenger:
            return self.challenger
        return self.champion


class PredictionService:
    """A model behind `predict`, and behind HTTP in `app`. Safe to use from several threads."""

    live: Live
    metrics: Metrics

    def __init__(
        self,
        champion: Deployment,
        input_shape: tuple[int, ...],
        max_batch: int = 256,
        metrics: Metrics | None = None,
    ) -> None:
        """Serve `champion`, whose inputs have `input_shape` each, `max_batch` at most a request.
        Given."""
        self.input_shape, self.max_batch = input_shape, max_batch
        self.metrics = metrics or Metrics()
        self._turn, self._change = threading.Lock(), threading.Lock()
        self.deploy(champion)

    def deploy(self, champion: Deployment) -> None:
        """Answer with `champion` from now on. Requests that have begun end with their old model.
        Given."""
        with self._change:
            self.live = Live(champion)
            self.metrics.record_live(champion.version)

    def try_out(self, challenger: Deployment, canary: Canary) -> None:
        """Let `challenger` answer the requests that `canary` gives it. Given."""
        with self._change:
            self.live = replace(self.live, challenger=challenger, canary=canary)

    def predict(self, inputs: Any, request_id: str | None = None) -> Prediction:
        """The classes of (n, …) `inputs`. Raises InvalidInput that names the wrong one.

        A request without an id gets one. Where a challenger fails, that counts against it and the
        champion answers; where the champion fails, its error is raised.
        """
        live, request_id = self.live, request_id or uuid.uuid4().hex
        arm = live.arm(request_id)
        batch = self.checked(inputs, live.of(arm))
        arm, scores = self.answer(live, arm, batch)
        version, labels = live.of(arm).version, scores.argmax(axis=1).tolist()
        self.metrics.record_predictions(version, labels)
        return Prediction(request_id, version, arm, labels, scores.tolist())

    def answer(self, live: Live, arm: Arm, batch: np.ndarray) -> tuple[Arm, np.ndarray]:
        """Who answered, and its (n, classes) scores: the arm, or the champion where it fails.

        A challenger's failure counts against it; a champion's is raised.
        """
        try:
            return arm, self.scores(live.of(arm), batch)
        except Exception:
            if arm == "champion":
                raise
        self.feedback("challenger", False)
        return "champion", self.scores(live.champion, batch)

    @checked_flags
    def feedback(self, arm: Arm, correct: bool) -> None:
        """Tell the canary, if one is out, how a prediction of `arm` turned out. Given."""
        with self._turn:
            if self.live.canary:
                self.live.canary.record(arm, correct)

    def checked(self, inputs: Any, deployment: Deployment) -> np.ndarray:
        """The inputs as an array; a request that holds none is counted as a 422. Given."""
        start = time.perf_counter()
        try:
            return checked_inputs(inputs, self.input_shape, self.max_batch)
        except InvalidInput:
            self.metrics.record_request(deployment.version, 422, time.perf_counter() - start)
            raise

    def scores(self, deployment: Deployment, batch: np.ndarray) -> np.ndarray:
        """(n, classes) finite scores, counted as a 200, or a 500 if there are none. Given.

        One batch at a time: a second one would only take the cores from the first.
        """
        start, status = time.perf_counter(), 500
        try:
            with self._turn:
                scores = np.asarray(deployment.predict(batch))
            if scores.ndim != 2 or len(scores) != len(batch) or not np.isfinite(scores).all():
                raise ModelFailure(
                    f"{deployment.version} gave scores of shape {scores.shape} for {len(batch)} "
                    f"inputs, {np.count_nonzero(~np.isfinite(scores))} of them not finite"
                )
            status = 200
            return scores
        finally:
            self.metrics.record_request(deployment.version, status, time.perf_counter() - start)

    @property
    def app(self) -> Any:
        """The service as an ASGI application: POST /predict, GET /health, GET /metrics. Given."""
        extra("fastapi", "serving predictions over HTTP")
        from tinytorch.mlops.http import application

        return application(self)

    def serve(self, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Answer over HTTP until the process is told to stop. Given."""
        extra("uvicorn", "serving predictions over HTTP").run(self.app, host=host, port=port)


def predictor(model: Module) -> Predict:
    """A model as a function of arrays, in eval mode and without gradients."""
    model.eval()

    def predict(batch: np.ndarray) -> np.ndarray:
        with recording(False):
            return model(Tensor(batch)).data

    return predict


def checked_inputs(inputs: Any, shape: tuple[int, ...], max_batch: int) -> np.ndarray:
    """(n, *shape) float32 inputs. Raises InvalidInput that names the first wrong one. Given."""
    if isinstance(inputs, np.ndarray):
        inputs = list(inputs) if inputs.ndim else None
    if not isinstance(inputs, list | tuple) or not 1 <= len(inputs) <= max_batch:
        found = f"{len(inputs)}" if isinstance(inputs, list | tuple) else type(inputs).__name__
        raise InvalidInput(["inputs"], f"1 to {max_batch} inputs are wanted in a list, not {found}")
    return np.stack([checked_input(value, shape, number) for number, value in enumerate(inputs)])


def checked_input(value: Any, shape: tuple[int, ...], number: int) -> np.ndarray:
    """One input as float32. Raises InvalidInput for a wrong shape, for what is no number, for nan
    and infinity."""
    array = as_numbers(value, shape, number)
    if array.shape != shape:
        raise InvalidInput(["inputs", number], f"has shape {array.shape}; {shape} is wanted")
    floats = to_float32(array)
    bad = np.argwhere(~np.isfinite(floats))
    if len(bad):
        place = bad[0].tolist()
        raise InvalidInput(["inputs", number, *place], "is not a finite float32")
    return floats


def as_numbers(value: Any, shape: tuple[int, ...], number: int) -> np.ndarray:
    """One input as an array of numbers. Raises InvalidInput for anything else. Given."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise InvalidInput(["inputs", number], f"rows differ in length; {shape} wanted") from None
    if array.shape == shape and (array.dtype.kind not in "iuf" or holds_bool(value)):
        raise InvalidInput(["inputs", number], "holds something that is no number")
    return array


def to_float32(array: np.ndarray) -> np.ndarray:
    """An array in float32; what is too large for it is infinite. Given."""
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def holds_bool(value: Any) -> bool:
    """Whether there is a bool in nested lists, which NumPy would take for 0 or 1. Given."""
    if isinstance(value, list | tuple):
        return any(holds_bool(part) for part in value)
    return isinstance(value, bool)
