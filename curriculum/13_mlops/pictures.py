"""How long a student's service takes to answer."""

import time

import numpy as np
from matplotlib.figure import Figure

from tinytorch.layers import manual_seed
from tinytorch.mlops import Deployment, PredictionService, http, predictor
from tinytorch.mlops.local import serving
from tinytorch.mlops.metrics import LATENCY_BUCKETS
from tinytorch.networks import MLP
from tinytorch_ls.lesson import picture

_BLUE, _ORANGE = "#2563eb", "#ea580c"
_REQUESTS = 150


@picture("answer-over-http", "What 150 requests took: the model by itself, and over your routes.")
def draw_latencies():
    manual_seed(0)
    service = PredictionService(Deployment("v1", predictor(MLP((64, 64, 10)))), (64,))
    row = np.linspace(0, 1, 64).tolist()
    with serving(http.application(service)) as client:
        over_http = _timed(lambda: client.post("/predict", {"inputs": [row]}))
    alone = _timed(lambda: service.predict([row]))
    figure = Figure(figsize=(6.4, 3.0))
    axes = figure.subplots()
    edges = np.geomspace(0.05, 50, 61)
    for times, colour, name in ((alone, _BLUE, "service.predict"), (over_http, _ORANGE, "HTTP")):
        label = f"{name}: median {np.median(times):.2f} ms"
        axes.hist(np.clip(times, 0.05, 50), edges, color=colour, alpha=0.8, label=label)
    for bucket in LATENCY_BUCKETS:
        if bucket <= 0.05:
            axes.axvline(1000 * bucket, color="#999999", linewidth=0.6, linestyle=":")
    axes.set_xscale("log")
    axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_xlabel("milliseconds (dotted: the buckets that /metrics counts in)")
    axes.set_ylabel("requests")
    axes.legend(frameon=False, fontsize=8, loc="upper center")
    figure.tight_layout()
    return figure


def _timed(call):
    """The milliseconds of many calls, after one that warms up."""
    call()
    times = []
    for _ in range(_REQUESTS):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return times
