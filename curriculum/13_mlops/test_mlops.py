"""Step tests of module 13."""

import asyncio

import numpy as np

from tinytorch.mlops import Canary, Deployment, PredictionService, http
from tinytorch.mlops.local import serving
from tinytorch_ls.lesson import step


def total(batch):
    """Two classes: the sum of an input, and its negative."""
    sums = batch.sum(axis=1)
    return np.stack([sums, -sums], axis=1)


def new_service(predict=total):
    return PredictionService(Deployment("v1", predict), (3,), max_batch=4)


def counted(client, name):
    """The lines of one counter in what Prometheus reads; other lines have times in them."""
    return [line for line in client.get("/metrics").text.splitlines() if line.startswith(name)]


def place_of_the_model(application):
    """Where a model computes: nobody else is served by a loop while it computes in there."""
    seen = []

    def watched(batch):
        try:
            asyncio.get_running_loop()
            seen.append("in the loop that serves all")
        except RuntimeError:
            seen.append("in a thread of its own")
        return total(batch)

    with serving(application(new_service(watched))) as client:
        client.post("/predict", {"inputs": [[1.0, 2.0, 3.0]]})
    return next(iter(seen), "nowhere")


@step("answer-over-http")
def test_predict_answers_with_classes(expect):
    with serving(http.application(new_service())) as client:
        inputs = {"inputs": [[1.0, 2.0, 3.0], [-4.0, 0.0, 1.0]]}
        expect(client.post("/predict", inputs).status).equals(
            200, because="POST /predict is there, and the request is a good one"
        )
        expect(client.post("/predict", inputs).json()["labels"]).equals(
            [0, 1], because="the first input's sum is above 0, the second's below"
        )


@step("answer-over-http")
def test_predict_answers_with_all_that_the_service_says(expect):
    with serving(http.application(new_service())) as client:
        answer = client.post("/predict", {"inputs": [[1.0, 2.0, 3.0]]}).json()
        expect(sorted(answer)).equals(
            ["arm", "labels", "request_id", "scores", "version"],
            because="a prediction has five fields, and each may be asked for later",
        )
        expect(answer["version"]).equals("v1", because="v1 is the version that answers")
        expect(answer["scores"]).equals([[6.0, -6.0]], because="1 + 2 + 3 is 6")


@step("answer-over-http")
def test_predict_keeps_the_name_of_a_request(expect):
    with serving(http.application(new_service())) as client:
        inputs = {"inputs": [[1.0, 2.0, 3.0]]}
        names = {
            client.post("/predict", inputs, {"X-Request-ID": name}).json()["request_id"]
            for name in ("user-7", "user-8")
        }
        expect(sorted(names & {"user-7", "user-8"})).equals(
            ["user-7", "user-8"], because="the header X-Request-ID names a request"
        )


@step("answer-over-http")
def test_health_names_who_answers(expect):
    with serving(http.application(new_service())) as client:
        expect(client.get("/health").status).equals(200, because="GET /health is there")
        expect(client.get("/health").json()).equals(
            {"status": "ok", "version": "v1", "challenger": None},
            because="v1 answers alone, so there is no challenger",
        )


@step("answer-over-http")
def test_health_says_who_answers_now(expect):
    service = new_service()
    with serving(http.application(service)) as client:
        service.deploy(Deployment("v2", total))
        expect(client.get("/health").json()["version"]).equals(
            "v2", because="v2 was deployed after the application was made"
        )
        service.try_out(Deployment("v3", total), Canary("v3"))
        expect(client.get("/health").json()).equals(
            {"status": "ok", "version": "v2", "challenger": "v3"},
            because="v3 is tried out beside v2",
        )


@step("answer-over-http")
def test_metrics_are_text_for_prometheus(expect):
    with serving(http.application(new_service())) as client:
        client.post("/predict", {"inputs": [[1.0, 2.0, 3.0], [-4.0, 0.0, 1.0], [1.0, 1.0, 1.0]]})
        answer = client.get("/metrics")
        expect(answer.status).equals(200, because="GET /metrics is there")
        expect(answer.kind).mentions("text/plain", because="Prometheus reads text, no JSON")
        expect(counted(client, "tinytorch_predictions_total")).equals(
            [
                'tinytorch_predictions_total{label="0",version="v1"} 2.0',
                'tinytorch_predictions_total{label="1",version="v1"} 1.0',
            ],
            because="two of three inputs were of class 0",
        )


@step("answer-over-http")
def test_a_wrong_input_is_refused_in_words(expect):
    with serving(http.application(new_service())) as client:
        answer = client.post("/predict", {"inputs": [[1.0, 2.0, 3.0], [1.0, 2.0]]})
        expect(answer.status).equals(422, because="the second input has two numbers, not three")
        expect(answer.json()["detail"][0]["loc"]).equals(
            ["body", "inputs", 1], because="the place of what is wrong is told"
        )


@step("answer-over-http")
def test_what_is_no_request_is_counted(expect):
    with serving(http.application(new_service())) as client:
        client.post("/predict", {"input": [[1.0, 2.0, 3.0]]})
        expect(counted(client, "tinytorch_requests_total")).equals(
            ['tinytorch_requests_total{status="422",version="v1"} 1.0'],
            because="a request without `inputs` is refused, and counted as 422",
        )


@step("answer-over-http")
def test_the_model_computes_beside_the_loop(expect):
    expect(place_of_the_model(http.application)).equals(
        "in a thread of its own", because="/health has to be answered while the model computes"
    )
