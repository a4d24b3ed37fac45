"""Counts what a service does, in the text format that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable

from tinytorch.mlops.extras import extra

LATENCY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""The upper ends, in seconds, of the histogram's buckets."""


class Metrics:
    """The counters of one service: requests, predictions, latency, the live version, drift.

    Names and units follow Prometheus' conventions: base units (seconds) and `_total` for what only
    grows. Each object has its own registry, so two services in a process don't mix.
    """

    def __init__(self) -> None:
        """Every counter at 0. Given. Raises ImportError without the extra `deploy`."""
        prometheus = extra("prometheus_client", "counting requests")
        self.registry = prometheus.CollectorRegistry()
        self.requests = prometheus.Counter(
            "tinytorch_requests_total", "Requests answered.",
            ["version", "status"], registry=self.registry,
        )  # fmt: skip
        self.predictions = prometheus.Counter(
            "tinytorch_predictions_total", "Predictions of each class.",
            ["version", "label"], registry=self.registry,
        )  # fmt: skip
        self.latency = prometheus.Histogram(
            "tinytorch_request_seconds", "From a request's arrival to its answer.",
            ["version"], buckets=LATENCY_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.live = prometheus.Gauge(
            "tinytorch_live_model", "1 for the version that answers.",
            ["version"], registry=self.registry,
        )  # fmt: skip
        self.drift = prometheus.Counter(
            "tinytorch_drift_alarms_total", "Windows of inputs that had drifted.",
            registry=self.registry,
        )  # fmt: skip

    def record_request(self, version: str, status: int, seconds: float) -> None:
        """Count a request that `version` answered with the HTTP status `status`."""
        self.requests.labels(version, status).inc()
        self.latency.labels(version).observe(seconds)

    def record_predictions(self, version: str, labels: Iterable[int]) -> None:
        """Count the classes that `version` predicted."""
        for label in labels:
            self.predictions.labels(version, label).inc()

    def record_live(self, version: str) -> None:
        """From now on `version` answers."""
        self.live.clear()
        self.live.labels(version).set(1)

    def record_drift(self) -> None:
        """Count a window that had drifted. Given."""
        self.drift.inc()

    def text(self) -> str:
        """Everything in Prometheus' text format. Given."""
        return extra("prometheus_client", "showing metrics").generate_latest(self.registry).decode()
