"""What a student's own timers, queues and roofs show of times and machines."""

import numpy as np
from matplotlib.figure import Figure

from tinytorch import benchmarking
from tinytorch.activations import relu, softmax
from tinytorch.cnn import LeNet
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import Slider, picture

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"
_PAPER = {
    "facecolor": "white",
    "edgecolor": "none",
    "pad": 1.5,
}  # behind words that a line may cross


class _Clock:
    """Time that passes only when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


def _plain(axes):
    axes.spines[["top", "right"]].set_visible(False)


@picture(
    "percentile",
    "1,000 latencies of about 1 ms, of which some are slow, and your percentiles of them.",
    controls=[Slider("slow", "slow ones, %", 0, 20, 5, 1)],
)
def draw_latencies(slow):
    rng = np.random.default_rng(0)
    times = np.exp(rng.normal(0, 0.15, 1000))
    times *= np.where(rng.random(1000) < slow / 100, rng.uniform(2, 8, 1000), 1)
    figure = Figure(figsize=(5.2, 3.2))
    axes = figure.subplots()
    axes.hist(times, bins=np.linspace(0, 10, 101), color=_BLUE, alpha=0.45)
    axes.set_yscale("log")
    marks = [
        ("median", benchmarking.median(times), _BLUE),
        ("mean", float(np.mean(times)), _GREY),
        ("p90", benchmarking.percentile(times, 90), _GREEN),
        ("p99", benchmarking.percentile(times, 99), _ORANGE),
    ]
    for place, (name, value, colour) in enumerate(marks):
        axes.axvline(value, color=colour, linewidth=1.4)
        axes.text(0.68, 0.92 - 0.09 * place, f"{name} {value:.2f} ms", color=colour,
                  transform=axes.transAxes, fontsize=9, bbox=_PAPER)  # fmt: skip
    axes.set_xlim(0, 10)
    axes.set_xlabel("milliseconds")
    axes.set_ylabel("how many, of 1,000")
    _plain(axes)
    figure.subplots_adjust(left=0.13, right=0.98, top=0.96, bottom=0.16)
    return figure


@picture(
    "bootstrap",
    "Twenty experiments with the same code, whose median is 1 ms: each with your interval.",
    controls=[Slider("count", "samples in each", 5, 60, 10, 5)],
)
def draw_intervals(count):
    figure = Figure(figsize=(5.2, 3.6))
    axes = figure.subplots()
    rng, held = np.random.default_rng(3), 0
    for number in range(20):
        samples = rng.lognormal(0, 0.5, int(count))
        low, high = benchmarking.bootstrap_interval(samples, resamples=400, generator=rng)
        holds = low <= 1 <= high
        held += holds
        colour = _BLUE if holds else _ORANGE
        axes.plot([low, high], [number, number], color=colour, linewidth=2)
        axes.plot(benchmarking.median(samples), number, "o", color=colour, markersize=3.5)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlim(0, 3)
    axes.set_yticks([])
    axes.set_xlabel("milliseconds")
    axes.set_title(f"{held} of 20 intervals hold the true median", fontsize=10)
    _plain(axes)
    figure.subplots_adjust(left=0.04, right=0.98, top=0.9, bottom=0.15)
    return figure


@picture(
    "pairs",
    "The same code as baseline and candidate, on a machine that grows slower meanwhile.",
    controls=[Slider("drift", "slower at the end, %", 0, 30, 10, 5)],
)
def draw_drift(drift):
    figure = Figure(figsize=(5.2, 5.0))
    for axes, paired in zip(figure.subplots(2, 1, sharex=True), (False, True), strict=True):
        rng, clock = np.random.default_rng(1), _Clock()
        seen = {"baseline": [], "candidate": []}

        def run(name, clock=clock, rng=rng, seen=seen):
            seconds = (1 + drift / 100 * clock.now / 60) * np.exp(rng.normal(0, 0.01))
            clock.advance(seconds)
            seen[name].append((clock.now, seconds))

        timer = benchmarking.Timer(30, warmup=0, clock=clock)
        arms = [lambda run=run: run("baseline"), lambda run=run: run("candidate")]
        if paired:
            before, after = timer.measure_pairs(*arms, rng)
        else:
            before, after = (list(timer.measure(arm)) for arm in arms)
        for (name, points), colour in zip(seen.items(), (_GREY, _BLUE), strict=True):
            axes.plot(*np.transpose(points), "o", color=colour, markersize=3.5, label=name)
        ratio = float(np.exp(np.median(np.log(np.divide(before, after)))))
        way = "in pairs" if paired else "one block, then the other"
        axes.set_title(f"{way}: {ratio - 1:+.1%} faster", fontsize=10)
        axes.set_ylabel("a call takes, s")
        _plain(axes)
    axes.set_xlabel("time of day, s")
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    figure.subplots_adjust(left=0.17, right=0.98, top=0.94, bottom=0.1, hspace=0.22)
    return figure


@picture(
    "serve",
    "A system that answers in 1 ms, alone, and more and more users.",
    controls=[Slider("bound", "bound, ms", 2, 30, 10, 1)],
)
def draw_load(bound):
    loads = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
    figure = Figure(figsize=(5.2, 3.6))
    axes = figure.subplots()
    found = {50: [], 99: []}
    even = []
    for load in loads:
        for arrivals in (
            benchmarking.poisson_arrivals(load, 2000, np.random.default_rng(0)),
            np.arange(2000) / load,
        ):
            clock = _Clock()
            latencies, _ = benchmarking.serve(
                lambda _, clock=clock: clock.advance(1.0), range(2000), arrivals, clock,
                clock.advance,
            )  # fmt: skip
            if arrivals[0] > 0:
                for percent, values in found.items():
                    values.append(benchmarking.percentile(latencies, percent))
            else:
                even.append(benchmarking.percentile(latencies, 99))
    rates = [1000 * load for load in loads]
    axes.plot(rates, found[99], "o-", color=_ORANGE, markersize=3.5, label="p99")
    axes.plot(rates, found[50], "o-", color=_BLUE, markersize=3.5, label="median")
    axes.plot(rates, even, "--", color=_GREY, label="p99, if they came evenly")
    axes.axhline(bound, color="black", linewidth=0.8)
    good = [rate for rate, late in zip(rates, found[99], strict=True) if late <= bound]
    if good:
        axes.axvline(good[-1], color=_GREEN, linewidth=0.8, linestyle=":")
        axes.text(good[-1] - 8, 0.93 * 32, f"{good[-1]:.0f} a second are in time", fontsize=9,
                  color=_GREEN, ha="right")  # fmt: skip
    axes.set_ylim(0, 32)
    axes.set_xlabel("queries a second")
    axes.set_ylabel("latency, ms")
    axes.legend(frameon=False, fontsize=9, loc="center left")
    _plain(axes)
    figure.subplots_adjust(left=0.11, right=0.98, top=0.96, bottom=0.14)
    return figure


@picture("machine", "The roof of this machine, measured by you, and your own operations under it.")
def draw_roofline():
    machine = benchmarking.measure_machine(512, 1 << 26, 3)
    rng = np.random.default_rng(0)

    def numbers(*shape):
        return Tensor(rng.normal(size=shape).astype(np.float32))

    big, wide, other = numbers(384, 384), numbers(2048, 2048), numbers(2048, 2048)
    small, image = numbers(1, 64), numbers(64, 1, 8, 8)
    lenet, mlp = LeNet(8).eval(), MLP((64, 128, 10))
    operations = {
        "add": (lambda x: x + other, wide),
        "relu": (relu, wide),
        "softmax": (lambda x: softmax(x, 1), wide),
        "matmul 384": (lambda x: x.matmul(big), big),
        "LeNet, 64 images": (lenet, image),
        "MLP, 64 images": (mlp, numbers(64, 64)),
        "MLP, 1 image": (mlp, small),
    }
    figure = Figure(figsize=(5.2, 4.2))
    axes = figure.subplots()
    reach = np.geomspace(0.03, 300, 80)
    roof = [benchmarking.roofline(float(x), machine) / 1e9 for x in reach]
    axes.loglog(reach, roof, color="black", linewidth=1.4)
    timer = benchmarking.Timer(5, warmup=2)
    for name, (function, x) in operations.items():
        work = benchmarking.count_work(function, x)
        seconds = min(timer.measure(lambda function=function, x=x: function(x)))
        reached = work.flops / seconds / 1e9
        axes.plot(work.intensity, reached, "o", color=_BLUE, markersize=5)
        axes.annotate(name, (work.intensity, reached), xytext=(5, -9), fontsize=9,
                      textcoords="offset points")  # fmt: skip
    axes.set_title(
        f"{machine.peak / 1e9:.0f} GFLOP/s, {machine.bandwidth / 1e9:.1f} GB/s, "
        f"ridge at {machine.ridge:.0f} FLOPs a byte",
        fontsize=10,
    )
    axes.set_xlabel("FLOPs a byte")
    axes.set_ylabel("GFLOP/s")
    _plain(axes)
    figure.subplots_adjust(left=0.13, right=0.97, top=0.92, bottom=0.12)
    return figure


@picture(
    "claim-best",
    "Twenty variants that are equally fast: what each seems to take, and the winner asked again.",
    controls=[Slider("seed", "another day", 0, 20, 0, 1)],
)
def draw_luck(seed):
    rng, clock = np.random.default_rng(int(seed)), _Clock()
    seen = []

    def run():
        clock.advance(float(np.exp(rng.normal(0, 0.05))))

    class Noting(benchmarking.Timer):
        """Notes the median of each measurement."""

        def measure(self, function):
            samples = super().measure(function)
            seen.append(benchmarking.median(samples))
            return samples

    timer = Noting(30, warmup=0, clock=clock)
    _, again = benchmarking.fastest({f"variant {i}": run for i in range(20)}, timer)
    figure = Figure(figsize=(5.2, 3.4))
    axes = figure.subplots()
    first = seen[:20]
    axes.plot(range(20), first, "o", color=_GREY)
    winner = int(np.argmin(first))
    axes.plot(winner, first[winner], "o", color=_ORANGE, label="the best of 20")
    axes.plot(winner, again, "o", color=_BLUE, label="the same, measured anew")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_ylim(0.95, 1.05)
    axes.set_xticks([])
    axes.set_xlabel("variant")
    axes.set_ylabel("median, ms")
    axes.set_title(
        f"{1 / first[winner] - 1:+.1%} faster, it seems; {1 / again - 1:+.1%} when asked again",
        fontsize=10,
    )
    axes.legend(frameon=False, fontsize=9)
    _plain(axes)
    figure.subplots_adjust(left=0.15, right=0.98, top=0.9, bottom=0.1)
    return figure
