"""The prediction service: over HTTP, through a hot swap, beside a failing challenger."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tinytorch.mlops import (
    Canary,
    Deployment,
    InvalidInput,
    Metrics,
    ModelFailure,
    PredictionService,
)
from tinytorch.mlops.local import Client, serving

SHAPE = (2, 3)


def model(sign: float) -> Any:
    """Two classes: the input's sum and its negative, times `sign`."""

    def predict(batch: np.ndarray) -> np.ndarray:
        assert batch.dtype == np.float32
        total = batch.sum(axis=(1, 2))
        return sign * np.stack([total, -total], axis=1)

    return predict


def broken(_: np.ndarray) -> np.ndarray:
    raise RuntimeError("out of order")


@pytest.fixture
def service() -> PredictionService:
    return PredictionService(Deployment("v1", model(1)), SHAPE, max_batch=4)


def sample(service: PredictionService, name: str, **labels: str) -> float | None:
    """One sample of the metrics' text, as Prometheus' own parser reads it, or None."""
    for family in text_string_to_metric_families(service.metrics.text()):
        for found in family.samples:
            if (found.name, found.labels) == (name, labels):
                return found.value
    return None


@pytest.fixture
def url(service: PredictionService) -> Iterator[str]:
    """A real server on a real port."""
    with serving(service.app) as client:
        yield client.url


POSITIVE = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
NEGATIVE = [[-1, -2, -3], [-4, -5, -6]]


def test_predictions_come_over_http(url: str) -> None:
    answer = httpx.post(
        f"{url}/predict",
        json={"inputs": [POSITIVE, NEGATIVE, POSITIVE]},
        headers={"X-Request-ID": "abc"},
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "request_id": "abc",
        "version": "v1",
        "arm": "champion",
        "labels": [0, 1, 0],
        "scores": [[21, -21], [-21, 21], [21, -21]],
    }


@pytest.mark.parametrize(
    ("body", "location", "message"),
    [
        ({"inputs": [POSITIVE, [[1, 2, 3]]]}, ["body", "inputs", 1], "(1, 3)"),
        ({"inputs": [[[1, 2], [3]]]}, ["body", "inputs", 0], "differ in length"),
        ({"inputs": [[[1, 2, "x"], [4, 5, 6]]]}, ["body", "inputs", 0], "no number"),
        ({"inputs": [[[1, 2, None], [4, 5, 6]]]}, ["body", "inputs", 0], "no number"),
        ({"inputs": [POSITIVE, [[1, 2, True], [4, 5, 6]]]}, ["body", "inputs", 1], "no number"),
        ({"inputs": [[[1, 2, 3], [4, 1e39, 6]]]}, ["body", "inputs", 0, 1, 1], "finite"),
        ({"inputs": []}, ["body", "inputs"], "1 to 4 inputs"),
        ({"inputs": [POSITIVE] * 5}, ["body", "inputs"], "not 5"),
        ({"inputs": 3}, ["body", "inputs"], "list"),
        ({}, ["body", "inputs"], "required"),
        ({"inputs": [POSITIVE], "input": 1}, ["body", "input"], "not permitted"),
    ],
)
def test_a_wrong_request_is_told_which_field_is_wrong(
    url: str, body: Any, location: list[Any], message: str
) -> None:
    answer = httpx.post(f"{url}/predict", json=body)
    assert answer.status_code == 422
    detail = answer.json()["detail"][0]
    assert detail["loc"] == location
    assert message in detail["msg"]


def test_nan_and_what_is_no_json_are_refused(url: str) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b'{"inputs": [[[1, 2, NaN], [4, 5, 6]]]}', b"{"):
        answer = httpx.post(f"{url}/predict", content=body, headers=headers)
        assert answer.status_code == 422
    assert httpx.get(f"{url}/predict").status_code == 405


def test_health_names_the_live_versions(url: str, service: PredictionService) -> None:
    wanted = {"status": "ok", "version": "v1", "challenger": None}
    assert httpx.get(f"{url}/health").json() == wanted
    service.try_out(Deployment("v2", model(-1)), Canary("v2"))
    assert httpx.get(f"{url}/health").json() == {**wanted, "challenger": "v2"}
    service.deploy(Deployment("v3", model(-1)))
    assert httpx.get(f"{url}/health").json() == {**wanted, "version": "v3"}


def test_metrics_are_what_prometheus_reads(url: str, service: PredictionService) -> None:
    httpx.post(f"{url}/predict", json={"inputs": [POSITIVE, NEGATIVE, POSITIVE]})
    httpx.post(f"{url}/predict", json={"inputs": [POSITIVE]})
    httpx.post(f"{url}/predict", json={"inputs": [[1]]})
    answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.text == service.metrics.text()
    assert sample(service, "tinytorch_requests_total", version="v1", status="200") == 2
    assert sample(service, "tinytorch_requests_total", version="v1", status="422") == 1
    assert sample(service, "tinytorch_predictions_total", version="v1", label="0") == 3
    assert sample(service, "tinytorch_predictions_total", version="v1", label="1") == 1
    assert sample(service, "tinytorch_request_seconds_count", version="v1") == 3
    assert sample(service, "tinytorch_request_seconds_bucket", version="v1", le="+Inf") == 3
    assert 0 < (sample(service, "tinytorch_request_seconds_sum", version="v1") or 0) < 10
    assert sample(service, "tinytorch_live_model", version="v1") == 1


def test_metrics_count_requests_that_never_reach_the_model(
    url: str, service: PredictionService
) -> None:
    headers = {"Content-Type": "application/json"}
    httpx.post(f"{url}/predict", content=b"{", headers=headers)
    httpx.post(f"{url}/predict", json={})
    httpx.post(f"{url}/predict", json={"inputs": [[1]]})
    httpx.get(f"{url}/predict")
    httpx.get(f"{url}/nowhere")
    counts = {"422": 3, "405": 1, "404": 1, "200": None}
    for status, count in counts.items():
        found = sample(service, "tinytorch_requests_total", version="v1", status=status)
        assert found == count, status


def test_a_request_is_put_into_the_bucket_of_its_latency() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.004, 0.03, 9.0):
        metrics.record_request("v", 200, seconds)
    text = metrics.text()
    for end, count in [("0.001", 1), ("0.005", 2), ("0.02", 2), ("0.05", 3), ("5.0", 3)]:
        assert f'tinytorch_request_seconds_bucket{{le="{end}",version="v"}} {count}.0' in text


def test_two_services_in_a_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.record_drift()
    assert "tinytorch_drift_alarms_total 1.0" in first.text()
    assert "tinytorch_drift_alarms_total 0.0" in second.text()


def test_a_swap_under_load_loses_no_request_and_mixes_no_models(
    service: PredictionService,
) -> None:
    def ask(number: int) -> tuple[str, int]:
        if number == 100:
            service.deploy(Deployment("v2", model(-1)))
        answer = service.predict([POSITIVE])
        return answer.version, answer.labels[0]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(300)))
    assert set(answers) == {("v1", 0), ("v2", 1)}
    for version, count in Counter(version for version, _ in answers).items():
        name = "tinytorch_requests_total"
        assert sample(service, name, version=version, status="200") == count
    assert sample(service, "tinytorch_live_model", version="v1") is None
    assert sample(service, "tinytorch_live_model", version="v2") == 1


def test_a_request_that_has_begun_ends_with_the_model_it_began_with() -> None:
    inside, go = threading.Event(), threading.Event()

    def slow(batch: np.ndarray) -> np.ndarray:
        inside.set()
        assert go.wait(10)
        return model(1)(batch)

    service = PredictionService(Deployment("old", slow), SHAPE)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.predict, [POSITIVE])
        assert inside.wait(10)
        service.deploy(Deployment("new", model(-1)))
        go.set()
        assert answer.result().version == "old"
    assert service.predict([POSITIVE]).version == "new"


def test_a_canary_splits_the_requests_by_their_id(service: PredictionService) -> None:
    canary = Canary("v2", fraction=0.3)
    service.try_out(Deployment("v2", model(-1)), canary)
    answers = [service.predict([POSITIVE], f"user-{i}") for i in range(400)]
    again = [service.predict([POSITIVE], f"user-{i}") for i in range(400)]
    assert answers == again
    assert 80 < sum(answer.version == "v2" for answer in answers) < 160
    for answer in answers:
        assert answer.arm == canary.arm(answer.request_id)
        assert (answer.version, answer.labels) in [("v1", [0]), ("v2", [1])]


def test_a_challenger_that_fails_is_covered_by_the_champion_and_charged(
    service: PredictionService,
) -> None:
    canary = Canary("bad", fraction=0.5)
    service.try_out(Deployment("bad", broken), canary)
    answers = [service.predict([POSITIVE], str(i)) for i in range(60)]
    assert {(answer.version, answer.labels[0]) for answer in answers} == {("v1", 0)}
    failed = sum(canary.arm(str(i)) == "challenger" for i in range(60))
    assert canary.outcomes["challenger"] == (failed, failed)
    assert sample(service, "tinytorch_requests_total", version="bad", status="500") == failed


@pytest.mark.parametrize(
    ("scores", "part"),
    [(np.full((1, 2), np.nan), "2 of them not finite"), (np.zeros(3), r"shape \(3,\)")],
)
def test_scores_that_are_none_are_a_failure_of_the_model(scores: np.ndarray, part: str) -> None:
    service = PredictionService(Deployment("v1", lambda _: scores), SHAPE)
    with pytest.raises(ModelFailure, match=part):
        service.predict([POSITIVE])
    assert sample(service, "tinytorch_requests_total", version="v1", status="500") == 1


def test_a_failing_champion_answers_500_and_the_next_request_is_served(
    url: str, service: PredictionService
) -> None:
    service.deploy(Deployment("v2", broken))
    assert httpx.post(f"{url}/predict", json={"inputs": [POSITIVE]}).status_code == 500
    service.deploy(Deployment("v3", model(1)))
    assert httpx.post(f"{url}/predict", json={"inputs": [POSITIVE]}).json()["labels"] == [0]


def is_gone(client: Client) -> bool:
    try:
        client.get("/health")
    except OSError:
        return True
    return False


def test_a_client_is_given_answers_refusals_and_the_services_own_error(
    service: PredictionService,
) -> None:
    with serving(service.app) as client:
        answer = client.post("/predict", {"inputs": [POSITIVE]}, {"X-Request-ID": "abc"})
        assert (answer.status, answer.kind) == (200, "application/json")
        assert answer.json()["request_id"] == "abc"
        assert client.get("/nowhere").status == 404
        service.deploy(Deployment("v2", broken))
        with pytest.raises(RuntimeError, match="out of order"):
            client.post("/predict", {"inputs": [POSITIVE]})
        assert client.get("/health").json()["version"] == "v2"
    deadline = time.monotonic() + 10
    while not is_gone(client) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert is_gone(client)


def test_the_wrong_input_is_named_without_http_too(service: PredictionService) -> None:
    with pytest.raises(InvalidInput, match=r"inputs\.1: has shape \(3,\)"):
        service.predict([POSITIVE, [1, 2, 3]])
    with pytest.raises(InvalidInput, match=r"inputs\.0\.0\.2"):
        service.predict(np.array([[[1, 2, np.inf], [4, 5, 6]]]))


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client"])
def test_a_missing_package_is_named_with_the_way_to_get_it(
    service: PredictionService, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    use = {
        "fastapi": lambda: service.app,
        "uvicorn": service.serve,
        "prometheus_client": Metrics,
    }[package]
    monkeypatch.setitem(sys.modules, package, None)
    named = package.replace("_", "-")
    with pytest.raises(ImportError, match=rf"{named}: pip install 'tinytorch\[deploy\]'"):
        use()
