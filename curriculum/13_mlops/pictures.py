"""What a student's registry, detector, canary and service do, drawn."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import tinytorch.autograd  # noqa: F401 - records
from tinytorch.data import DataLoader, TensorDataset, load_digits
from tinytorch.layers import manual_seed
from tinytorch.mlops import canary, drift, http, loop, registry, retraining, service
from tinytorch.mlops.local import serving
from tinytorch.mlops.metrics import LATENCY_BUCKETS
from tinytorch.networks import MLP
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer
from tinytorch_ls.lesson import Slider, picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_REQUESTS = 150
_FIRST, _CHILD = "version 1", "its child"


def _plain(axes):
    axes.spines[["top", "right"]].set_visible(False)


@picture("rollback", "Your events, and what they leave: which version was live when.")
def draw_stage():
    with tempfile.TemporaryDirectory() as folder:
        models = registry.Registry(folder, now=lambda: 0.0)
        versions = [models.save("digits", {"w": np.full(2, n)}) for n in range(1, 5)]
        for number in (1, 3, 4):
            models.promote(versions[number - 1])
        models.rollback(versions[3])
        models.promote(versions[1])
        models.rollback(versions[1])
        models.rollback(versions[2])
        events = models.history("digits")
    figure = Figure(figsize=(5.4, 2.8))
    axes = figure.subplots()
    for place in range(1, len(events) + 1):
        pile = registry.live_versions(events[:place])
        for depth, number in enumerate(pile):
            live = depth == len(pile) - 1
            axes.barh(depth, 0.9, left=place - 0.45, color=_BLUE if live else "#dbe4f5", height=0.8)
            colour = "white" if live else "#555555"
            axes.text(place, depth, str(number), ha="center", va="center", color=colour)
    axes.set_xticks(
        range(1, len(events) + 1),
        [f"{action}\n{'' if action == 'promote' else 'to '}{number}" for action, number in events],
        fontsize=9,
    )
    axes.set_yticks([])
    axes.set_ylim(-0.6, 2.7)
    axes.set_title("blue: the live version; below it what a rollback brings", fontsize=10)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.subplots_adjust(left=0.03, right=0.98, top=0.88, bottom=0.2)
    return figure


@picture(
    "ks-distance",
    "Two samples as curves, and the greatest distance that you found. Move one.",
    controls=[Slider("shift", "shift of the window", -2.0, 2.0, 0.5, 0.1)],
)
def draw_distance(shift):
    rng = np.random.default_rng(0)
    reference, window = rng.normal(size=60), rng.normal(size=40) + shift
    distance = drift.ks_statistic(reference, window)
    figure = Figure(figsize=(5.2, 3.4))
    axes = figure.subplots()
    places = np.sort(np.concatenate([reference, window]))
    curves = []
    for sample, colour, name in ((reference, _GREY, "reference"), (window, _BLUE, "window")):
        curve = np.searchsorted(np.sort(sample), places, side="right") / len(sample)
        axes.step(places, curve, where="post", color=colour, label=f"{name}, {len(sample)} values")
        curves.append(curve)
    at = int(np.argmax(np.abs(curves[0] - curves[1])))
    axes.vlines(places[at], curves[0][at], curves[1][at], color=_ORANGE, linewidth=2.5)
    axes.set_xlim(-4, 4)
    axes.set_xlabel("value of a feature")
    axes.set_ylabel("fraction that is at most that")
    axes.set_title(f"distance {distance:.3f}", fontsize=10, color=_ORANGE)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    _plain(axes)
    figure.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.15)
    return figure


@picture(
    "spend",
    "A hundred series of windows in which nothing changes: how many have cried wolf by then.",
    controls=[Slider("alpha", "alpha", 0.01, 0.3, 0.05, 0.01)],
)
def draw_spending(alpha):
    looks = np.arange(1, 51)
    figure = Figure(figsize=(5.2, 3.4))
    axes = figure.subplots()
    each = 1 - (1 - alpha) ** looks
    levels = np.array([drift.spend(alpha, int(look)) for look in looks])
    axes.plot(looks, 100 * each, color=_ORANGE, label=f"alpha = {alpha:.2f} at each look")
    axes.plot(looks, 100 * (1 - np.cumprod(1 - levels)), color=_BLUE, label="your parts of it")
    axes.axhline(100 * alpha, color=_GREY, linewidth=0.8, linestyle="--")
    axes.set_ylim(0, 103)
    axes.set_xlabel("looks so far, independent of each other")
    axes.set_ylabel("of 100 with a false alarm")
    axes.legend(frameon=False, fontsize=9)
    _plain(axes)
    figure.subplots_adjust(left=0.13, right=0.97, top=0.95, bottom=0.15)
    return figure


class _Street:
    """Windows of digits; from a day on they stand to the side."""

    def __init__(self):
        digits = load_digits()
        order = np.random.default_rng(0).permutation(len(digits))
        images, labels = digits[:]
        self.images, self.labels = images.data.reshape(-1, 8, 8)[order], labels.data[order]
        self.rng = np.random.default_rng(1)

    def day(self, moved, rows=100):
        chosen = self.rng.integers(1000, len(self.images), rows)
        images = self.images[chosen]
        if moved:
            images = np.pad(images, ((0, 0), (0, 0), (1, 0)))[:, :, :8]
        return images.reshape(rows, 64).astype(np.float32), self.labels[chosen]

    def known(self, rows):
        return self.images[rows].reshape(-1, 64).astype(np.float32)


@picture(
    "watch-drift",
    "Your drift dashboard: each row a pixel, each column a window. The camera moves at window 7.",
    controls=[Slider("share", "share of the digits that move", 0.0, 1.0, 0.5, 0.1)],
)
def draw_dashboard(share):
    street = _Street()
    detector = drift.DriftDetector(street.known(slice(0, 500)), alpha=0.05)
    reports = []
    for window in range(1, 13):
        rows, _ = street.day(False)
        count = round(share * 100) if window >= 7 else 0
        if count:
            rows = np.concatenate([street.day(True, count)[0], rows[count:]])
        reports.append(detector.check(rows))
    figure = Figure(figsize=(5.4, 4.6))
    map_axes, line_axes = figure.subplots(2, 1, sharex=True, height_ratios=(1.7, 1))
    figure.subplots_adjust(left=0.13, right=0.89, top=0.94, bottom=0.11, hspace=0.12)
    distances = np.array([report.distances for report in reports]).T
    days = np.arange(1, 13)
    extent = (0.5, 12.5, 64, 0)
    shown = map_axes.imshow(
        distances, aspect="auto", cmap="Blues", vmin=0, vmax=0.6, extent=extent,
        interpolation="nearest",
    )  # fmt: skip
    figure.colorbar(shown, ax=[map_axes, line_axes], label="distance D", fraction=0.03, pad=0.02)
    for report in reports:
        map_axes.scatter(
            [report.window] * len(report.features), np.array(report.features, float) + 0.5,
            s=6, color=_ORANGE, marker="s",
        )  # fmt: skip
    map_axes.set_ylabel("pixel")
    map_axes.set_title("orange: has changed, at the level of that window", fontsize=10)
    smallest = [max(report.p_values.min(), 1e-30) for report in reports]
    line_axes.plot(days, smallest, "o-", color=_BLUE, markersize=4, label="smallest p-value")
    levels = [report.level / 64 for report in reports]
    line_axes.plot(days, levels, "--", color=_ORANGE, linewidth=1, label="its limit")
    for report in reports:
        if report.drifted:
            line_axes.axvspan(report.window - 0.5, report.window + 0.5, color="#fde8dc", zorder=0)
    line_axes.set_yscale("log")
    line_axes.set_ylim(1e-31, 10)
    line_axes.set_yticks([1, 1e-10, 1e-20, 1e-30])
    line_axes.set_xticks(days)
    line_axes.set_xlabel("window of 100 digits")
    line_axes.legend(frameon=False, fontsize=9, loc="lower left")
    _plain(line_axes)
    return figure


@picture(
    "look",
    "Your canary: the interval of the difference narrows until it clears the margin, or 0.",
    controls=[Slider("errors", "the challenger errs in %", 1, 15, 5, 1)],
)
def draw_canary(errors):
    rng, trial = np.random.default_rng(3), canary.Canary("v2")
    seen, wrong, counts, ends = 0, [0, 0], [], []
    while trial.verdict == "continue" and seen < trial.limit:
        count = min(25 * 2**trial.looks, trial.limit)
        wrong[0] += int(rng.binomial(9 * (count - seen), 0.05))
        wrong[1] += int(rng.binomial(count - seen, errors / 100))
        seen = count
        trial.outcomes = {"champion": (wrong[0], 9 * seen), "challenger": (wrong[1], seen)}
        trial.look()
        z = canary.z_of(drift.spend(trial.alpha, trial.looks))
        pair = trial.outcomes["challenger"], trial.outcomes["champion"]
        counts.append(seen)
        ends.append(canary.difference_interval(*pair, z))
    low, high = 100 * np.array(ends).T
    figure = Figure(figsize=(5.2, 3.6))
    axes = figure.subplots()
    colour = {"roll out": _GREEN, "roll back": _ORANGE}.get(trial.verdict, _GREY)
    axes.vlines(counts, low, high, color=_BLUE, linewidth=3)
    axes.vlines(counts[-1], low[-1], high[-1], color=colour, linewidth=5)
    axes.axhline(0, color=_GREY, linewidth=0.8)
    axes.axhline(2, color=_GREEN, linewidth=1, linestyle="--")
    axes.text(15_500, 2.3, "margin", fontsize=9, color=_GREEN, ha="right")
    axes.set_xscale("log")
    ticks = [25, 100, 400, 1600, 6400]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(20, 16_000)
    axes.set_ylim(-12, 30)
    axes.set_xlabel("outcomes of the challenger")
    axes.set_ylabel("points worse than the champion")
    verdict = trial.verdict if trial.verdict != "continue" else "no verdict yet"
    axes.set_title(f"{verdict} after {seen:,} outcomes", fontsize=10, color=colour)
    _plain(axes)
    figure.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.15)
    return figure


@picture("answer-over-http", "What 150 requests took: the model by itself, and over your routes.")
def draw_latencies():
    manual_seed(0)
    model = service.predictor(MLP((64, 64, 10)))
    running = service.PredictionService(service.Deployment("v1", model), (64,))
    row = np.linspace(0, 1, 64).tolist()
    with serving(http.application(running)) as client:
        over_http = _timed(lambda: client.post("/predict", {"inputs": [row]}))
    alone = _timed(lambda: running.predict([row]))
    figure = Figure(figsize=(5.2, 3.2))
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
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])  # room for the legend
    axes.legend(frameon=False, fontsize=9, loc="upper center")
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


def _small():
    return MLP((64, 48, 10))


def _trained(inputs, labels):
    generator = manual_seed(0)
    model = _small()
    loader = DataLoader(TensorDataset(inputs, labels), 32, shuffle=True, generator=generator)
    Trainer(model, Adam(model.parameters(), lr=3e-3)).fit(loader, epochs=20)
    return model


def _trained_on_nonsense(inputs, labels):
    return _trained(inputs, Tensor(np.random.default_rng(3).permutation(labels.data)))


@dataclass
class _Day:
    """Whom a day's users asked, how many of them in vain, and what happened then."""

    asked: dict[str, int]
    wrong: dict[str, int]
    told: list[str]


def _life(first, train, days, rollback=None):
    """Days of a street whose camera is moved on day 4; on one morning the version is taken back."""
    street, seen = _Street(), []
    with tempfile.TemporaryDirectory() as folder:
        models = registry.Registry(Path(folder), now=lambda: 0.0)
        models.promote(models.save("digits", first.state_dict()))
        running = loop.Loop(
            "digits", models, _small, train,
            drift.DriftDetector(street.known(slice(700, 1000)), alpha=0.01),
            retraining.RetrainingTrigger(minimum_samples=400, cooldown=0),
            {"fraction": 0.4, "limit": 800},
        )  # fmt: skip
        answered = running.service.feedback
        for number in range(1, days + 1):
            day = _Day(Counter(), Counter(), [])
            if number == rollback:
                running.rollback()
                day.told.append("taken back")
            is_first = running.current.number == 1

            def noted(arm, correct, day=day, is_first=is_first):
                who = _FIRST if is_first and arm == "champion" else _CHILD
                day.asked[who] += 1
                day.wrong[who] += not correct
                answered(arm, correct)

            running.service.feedback = noted
            day.told += [event.kind for event in running.observe(*street.day(number >= 4))]
            seen.append(day)
    return seen


@picture(
    "the-loop",
    "What 100 users got wrong each day, and from which version: with right labels, and mixed up.",
)
def draw_life():
    street = _Street()
    first = _trained(Tensor(street.known(slice(0, 700))), Tensor(street.labels[:700]))
    lives = (
        ("the labels of days 4 to 7 are right", _life(first, _trained, 10, rollback=10)),
        ("they are mixed up", _life(first, _trained_on_nonsense, 10)),
    )
    figure = Figure(figsize=(5.4, 5.6))
    for axes, (title, days) in zip(figure.subplots(2, 1, sharex=True), lives, strict=True):
        below = np.zeros(len(days))
        for who, colour in ((_FIRST, _BLUE), (_CHILD, _GREEN)):
            wrong = np.array([day.wrong[who] for day in days])
            axes.bar(range(1, len(days) + 1), wrong, bottom=below, color=colour, label=who)
            below += wrong
        for number, (day, total) in enumerate(zip(days, below, strict=True), 1):
            axes.text(number, total + 2, f"{total:.0f}", ha="center", fontsize=8.5)
            if told := [kind for kind in day.told if kind != "waiting"]:
                axes.text(number, 136, told[0], ha="center", va="top", rotation=90, fontsize=8.5)
        axes.set_ylim(0, 138)
        axes.set_yticks(range(0, 101, 25))
        axes.set_xticks(range(1, len(days) + 1))
        axes.set_ylabel("wrong, of 100")
        axes.set_title(title, fontsize=10)
        _plain(axes)
    figure.axes[0].legend(frameon=False, fontsize=9, loc="upper left")
    figure.axes[1].set_xlabel("day; on day 4 the camera is moved")
    figure.subplots_adjust(left=0.11, right=0.98, top=0.95, bottom=0.09, hspace=0.17)
    return figure
