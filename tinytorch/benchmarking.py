"""Measures speed and memory so that the numbers hold: samples, intervals, decisions, scenarios."""

from __future__ import annotations

import json
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from tinytorch.environment import SystemInfo, system_info
from tinytorch.operation import Recorder, install, recording
from tinytorch.tensor import Tensor

Clock = Callable[[], float]
"""A function that returns the time in seconds, such as `time.perf_counter`."""

Samples = Sequence[float] | np.ndarray
"""One number a measurement."""

VIEWS = ("reshape", "transpose", "flatten", "__getitem__")
"""The operations that look at what is there and move nothing."""


class Timer:
    """Times a function: calls it a few times first to warm up, then keeps every sample.

    The first calls are slower (caches are cold, kernels get compiled), so `warmup` of them are not
    timed. Each of the `repeats` samples is the mean of `calls` calls: take more than one where a
    call is shorter than a microsecond, which a clock can't resolve. Garbage collection stays on,
    since a program pays for it.
    """

    samples: list[float]  # seconds a call, in the order in which they were taken

    def __init__(
        self, repeats: int = 30, warmup: int = 3, calls: int = 1, clock: Clock = time.perf_counter
    ) -> None:
        """Keep the settings. Raises ValueError for less than one repeat or call. Given."""
        if repeats < 1 or calls < 1 or warmup < 0:
            raise ValueError(
                f"Timer needs repeats >= 1, calls >= 1 and warmup >= 0, "
                f"not repeats={repeats}, calls={calls}, warmup={warmup}"
            )
        self.repeats, self.warmup, self.calls, self.clock = repeats, warmup, calls, clock
        self.samples = []

    def sample(self, function: Callable[[], Any]) -> float:
        """One sample of `function`: the mean time of `calls` calls, in seconds."""
        start = self.clock()
        for _ in range(self.calls):
            function()
        return (self.clock() - start) / self.calls

    def measure(self, function: Callable[[], Any]) -> list[float]:
        """`repeats` samples of `function`, in seconds a call; they are also kept in `samples`."""
        for _ in range(self.warmup):
            function()
        self.samples = [self.sample(function) for _ in range(self.repeats)]
        return self.samples

    def measure_pairs(
        self,
        baseline: Callable[[], Any],
        candidate: Callable[[], Any],
        generator: np.random.Generator | None = None,
    ) -> tuple[list[float], list[float]]:
        """`repeats` samples of each, taken in turn, for `compare`: (baseline's, candidate's).

        A machine that slows down for a second slows both of a pair, so their ratio is fair. Which
        one goes first is drawn for each pair, since the second finds warmer caches.
        """
        generator = fixed_unless(generator)
        for _ in range(self.warmup):
            baseline()
            candidate()
        before: list[float] = []
        after: list[float] = []
        arms = [(baseline, before), (candidate, after)]
        for _ in range(self.repeats):
            for turn in generator.permutation(2):
                function, samples = arms[turn]
                samples.append(self.sample(function))
        return before, after


def percentile(samples: Samples, percent: float) -> float:
    """The value below which `percent` of the samples lie, from the samples in sorted order.

    Of n sorted samples, number 0 is the 0th percentile and number n - 1 the 100th; between two
    samples the value lies on the straight line from one to the next. That is definition 7 of
    Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, and NumPy's default.
    Raises ValueError for no samples, a nan among them, or a percent outside 0 … 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {percent}")
    check_samples(samples, "percentile")
    ordered = sorted(samples)
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def median(samples: Samples) -> float:
    """The 50th percentile: the middle sample, or the mean of the two in the middle."""
    return percentile(samples, 50)


def bootstrap_interval(
    samples: Samples,
    statistic: Callable[..., Any] = np.median,
    confidence: float = 0.95,
    resamples: int = 2000,
    generator: np.random.Generator | None = None,
) -> tuple[float, float]:
    """Where the true value of `statistic` lies, in about `confidence` of all experiments.

    Draws n of the n samples with replacement, `resamples` times, takes the statistic of each draw
    and cuts off both tails: the percentile bootstrap of Efron, "Bootstrap Methods", 1979. For the
    median of 30 timings, 93 to 97 of 100 such 95 % intervals hold the truth; with 10 samples
    fewer do. `statistic` is called with a matrix, a draw in each row, and `axis=1`.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not at {confidence}")
    check_samples(samples, "bootstrap_interval")
    values = np.asarray(samples)
    draws = fixed_unless(generator).integers(0, len(values), size=(resamples, len(values)))
    estimates = statistic(values[draws], axis=1)
    tail = 100 * (1 - confidence) / 2
    return percentile(estimates, tail), percentile(estimates, 100 - tail)


@dataclass(frozen=True)
class Summary:
    """Samples in seven numbers; all but `count` have the samples' unit."""

    count: int
    minimum: float
    median: float
    low: float  # the median's 95 % interval
    high: float
    p90: float
    p99: float


def summarize(samples: Samples) -> Summary:
    """The median of `samples` with its 95 % interval, their minimum and their slow tail. Given."""
    low, high = bootstrap_interval(samples)
    return Summary(
        count=len(samples),
        minimum=min(samples),
        median=median(samples),
        low=low,
        high=high,
        p90=percentile(samples, 90),
        p99=percentile(samples, 99),
    )


@dataclass(frozen=True)
class Comparison:
    """What paired samples say of a candidate beside a baseline."""

    decision: Literal["faster", "slower", "undecided"]
    speedup: float  # the baseline's time over the candidate's: 2.0 is twice as fast
    low: float  # the speedup's interval, at confidence 1 - alpha
    high: float
    p_value: float
    alpha: float


def p_value_of(ratios: np.ndarray, resamples: int, generator: np.random.Generator) -> float:
    """How often chance alone would favour one side as much as these log ratios (pairs,) do.

    The share of `resamples` random flips of sign whose sum of signed ranks is as far from 0 as the
    one observed; the observation counts as one of them, so the share is never 0.
    """
    signed = signed_ranks(ratios)
    flips = generator.choice([-1, 1], size=(resamples, len(ratios)))
    flipped = flips @ np.abs(signed)
    extreme = np.count_nonzero(np.abs(flipped) >= abs(signed.sum()))
    return (1 + extreme) / (1 + resamples)


def decided(
    p_value: float, alpha: float, speedup: float
) -> Literal["faster", "slower", "undecided"]:
    """Nothing above `alpha`; below, what the speedup says."""
    if p_value > alpha:
        return "undecided"
    return "faster" if speedup > 1 else "slower"


def compare(
    baseline: Samples,
    candidate: Samples,
    alpha: float = 0.05,
    resamples: int = 2000,
    generator: np.random.Generator | None = None,
) -> Comparison:
    """Whether the candidate is faster than the baseline, from samples taken in pairs.

    Of two that are equally fast it calls one faster in at most `alpha` of all experiments: with
    equal speed, each pair is as likely to have come out the other way round, so the signed ranks
    of the log ratios are compared with those under `resamples` random flips of sign (Wilcoxon,
    "Individual Comparisons by Ranking Methods", 1945; the p-value as Phipson and Smyth, 2010).
    With 50 pairs, 5 % noise and one time in twenty disturbed, 9 of 10 experiments find 5 %.
    Raises ValueError for unpaired samples and for too few pairs to decide at `alpha`.
    """
    check_pairs(baseline, candidate, alpha)
    generator = fixed_unless(generator)
    ratios = np.log(np.divide(baseline, candidate))
    p_value = p_value_of(ratios, resamples, generator)
    low, high = np.exp(bootstrap_interval(ratios, np.median, 1 - alpha, resamples, generator))
    speedup = math.exp(median(ratios))
    decision = decided(p_value, alpha, speedup)
    return Comparison(decision, speedup, float(low), float(high), p_value, alpha)


def false_alarm_rate(
    decide: Callable[[Samples, Samples], str],
    times: Callable[[], Samples],
    experiments: int = 200,
) -> float:
    """How often `decide` tells two equals apart, as a fraction of `experiments`: an A/A test.

    Each experiment draws both arms from the same `times`, so every answer of `decide` but
    "undecided" is a false alarm. Kohavi and others, "Controlled Experiments on the Web", 2009.
    """
    decisions = [decide(times(), times()) for _ in range(experiments)]
    return sum(decision != "undecided" for decision in decisions) / experiments


@dataclass(frozen=True)
class ScenarioResult:
    """How a system answered the queries of one of MLPerf's scenarios. Times are in seconds.

    Given.
    """

    scenario: str
    latencies: np.ndarray  # (queries,) from a query's arrival to its answer, in order of arrival
    seconds: float  # from the scenario's start to the last answer
    samples: int  # how many were answered: the queries, or more if a query is a batch

    @property
    def throughput(self) -> float:
        """Samples answered in a second."""
        return self.samples / self.seconds if self.seconds > 0 else math.inf

    def columns(self) -> dict[str, Any]:
        """The result as a row of a report; latencies in seconds."""
        return {
            "samples": self.samples,
            "p50": percentile(self.latencies, 50),
            "p90": percentile(self.latencies, 90),
            "p99": percentile(self.latencies, 99),
            "throughput": self.throughput,
        }


@dataclass(frozen=True)
class ServerResult(ScenarioResult):
    """The server scenario's result: how late answers were, why, and whether that is good enough.

    Given.
    """

    waiting: np.ndarray  # (queries,) the part of each latency that was spent in the queue
    rate: float  # queries a second that were asked for
    bound: float
    percent: float
    verdict: Literal["met", "missed", "undecided"]

    @property
    def within_bound(self) -> float:
        """The fraction of the queries that were answered within the bound."""
        return float(np.mean(self.latencies <= self.bound))

    @property
    def utilization(self) -> float:
        """The fraction of the time in which the system was busy; near 1 it can't keep up."""
        return float(np.sum(self.latencies - self.waiting) / self.seconds)

    def columns(self) -> dict[str, Any]:
        """The result as a row of a report; latencies in seconds."""
        return {
            **super().columns(),
            "offered": self.rate,
            "utilization": self.utilization,
            "bound": self.bound,
            "in time": self.within_bound,
            "verdict": self.verdict,
        }


def single_stream(
    query: Callable[[Any], Any], samples: Sequence[Any], clock: Clock = time.perf_counter
) -> ScenarioResult:
    """One query at a time, each sent when the last was answered: MLPerf's single-stream.

    Its number is the 90th percentile of the latencies. Warm `query` up before.
    Source: Reddi et al., "MLPerf Inference Benchmark", 2020.
    """
    check_some(samples, "single_stream")
    times = [clock()]
    for sample in samples:
        query(sample)
        times.append(clock())
    return ScenarioResult("single-stream", np.diff(times), times[-1] - times[0], len(samples))


def poisson_arrivals(rate: float, count: int, generator: np.random.Generator) -> np.ndarray:
    """(count,) times, in seconds, at which `count` independent users ask, `rate` a second.

    The gaps between them are exponential with mean 1 / rate.
    """
    if not rate > 0:
        raise ValueError(f"the rate of queries must be above 0 a second, not {rate}")
    return np.cumsum(generator.exponential(1 / rate, size=count))


def serve(
    query: Callable[[Any], Any],
    samples: Sequence[Any],
    arrivals: np.ndarray,
    clock: Clock,
    wait: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Answers one query after the other as they arrive: (latencies, waiting), both (queries,).

    `arrivals` (queries,) are in seconds from the start, and stay as they are however late the
    system is. A latency counts from the *arrival*, so a query that waited for others has their
    time in it; `waiting` is that part of it. `wait` passes the seconds until the next arrival.
    """
    begin = clock()
    latencies, waiting = np.empty(len(samples)), np.empty(len(samples))
    for number, sample in enumerate(samples):
        due = begin + arrivals[number]
        if clock() < due:
            wait(due - clock())
        waiting[number] = clock() - due
        query(sample)
        latencies[number] = clock() - due
    return latencies, waiting


def server(
    query: Callable[[Any], Any],
    samples: Sequence[Any],
    rate: float,
    bound: float,
    percent: float = 99,
    clock: Clock = time.perf_counter,
    wait: Callable[[float], None] | None = None,
    generator: np.random.Generator | None = None,
) -> ServerResult:
    """Queries that arrive when users send them, `rate` a second: MLPerf's server scenario.

    The arrival times are drawn before anything runs and are kept however late the system is: see
    `serve`. The bound is met if `percent` of all queries are answered within `bound` seconds: see
    `bound_verdict`. `wait` passes the time until the next arrival; None sleeps for it. Given.
    """
    check_some(samples, "server")
    if not bound > 0:
        raise ValueError(f"server: a bound is above 0 seconds, not {bound}")
    arrivals = poisson_arrivals(rate, len(samples), fixed_unless(generator))
    latencies, waiting = serve(query, samples, arrivals, clock, wait or sleep)
    verdict = bound_verdict(int(np.sum(latencies > bound)), len(arrivals), percent)
    seconds = arrivals[-1] + latencies[-1]
    return ServerResult(
        "server", latencies, seconds, len(arrivals), waiting, rate, bound, percent, verdict
    )


def bound_verdict(
    late: int, queries: int, percent: float, alpha: float = 0.05
) -> Literal["met", "missed", "undecided"]:
    """Whether `percent` of queries are in time, when `late` of those that were sent were not.

    "met" (or "missed") if a system at the very edge would have so few (or so many) late ones in
    at most `alpha` of all runs, by the binomial distribution; between the two, more queries are
    needed: see `queries_needed`. The late ones of a queue come in bunches, so near the edge the
    chance of a wrong verdict is larger than alpha. Raises ValueError for counts or chances that
    cannot be.
    """
    if not (0 <= late <= queries and 0 < alpha < 1):
        raise ValueError(
            f"bound_verdict needs 0 <= late <= queries and 0 < alpha < 1, "
            f"not {late}, {queries} and {alpha}"
        )
    if not 0 < percent < 100:
        raise ValueError(f"percent lies between 0 and 100, not at {percent}")
    allowed = 1 - percent / 100
    if binomial_at_most(late, queries, allowed) <= alpha:
        return "met"
    if 1 - binomial_at_most(late - 1, queries, allowed) <= alpha:
        return "missed"
    return "undecided"


def queries_needed(percent: float, confidence: float = 0.99) -> int:
    """How many queries tell a tail latency to a twentieth of the tail, at `confidence`.

    z² p (1 - p) / margin² with margin = (1 - p) / 20: 262,742 for the 99th percentile.
    Source: MLPerf Inference Rules, "Number of queries".
    """
    if not 0 < percent < 100:
        raise ValueError(f"percent lies between 0 and 100, not at {percent}")
    fraction = percent / 100
    margin = (1 - fraction) / 20
    z = statistics.NormalDist().inv_cdf((1 + confidence) / 2)
    return round(z**2 * fraction * (1 - fraction) / margin**2)


def offline(
    query: Callable[[Sequence[Any]], Any],
    samples: Sequence[Any],
    batch_size: int,
    clock: Clock = time.perf_counter,
) -> ScenarioResult:
    """All samples at once, answered in batches: MLPerf's offline. Its number is the throughput.

    `query` is called with `batch_size` samples, and at the end with what is left. Everything
    arrived at the start, so the latency of a batch counts from there.
    """
    check_some(samples, "offline")
    if batch_size < 1:
        raise ValueError(f"offline needs a batch_size of at least 1, not {batch_size}")
    begin = clock()
    latencies: list[float] = []
    for start in range(0, len(samples), batch_size):
        query(samples[start : start + batch_size])
        latencies.append(clock() - begin)
    return ScenarioResult("offline", np.asarray(latencies), latencies[-1], len(samples))


@dataclass(frozen=True)
class Work:
    """What a computation costs, whatever machine runs it."""

    flops: int  # additions and multiplications of floating-point numbers
    nbytes: int  # read from and written to memory, each operand and result of an operation once

    @property
    def intensity(self) -> float:
        """FLOPs for each byte that is moved. Given."""
        return self.flops / self.nbytes if self.nbytes else math.inf


@dataclass(frozen=True)
class Call:
    """One call of an operation: `operation(*args, **kwargs)` gave `result`."""

    operation: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Tensor

    @property
    def operands(self) -> list[Tensor]:
        """The tensors among the arguments. Given."""
        return [v for v in (*self.args, *self.kwargs.values()) if isinstance(v, Tensor)]


def trace(function: Callable[..., Any], *inputs: Tensor) -> list[Call]:
    """The operations that `function(*inputs)` calls on what comes from its inputs or is learned.

    A recorder writes them down, as in module 07, which asks for tensors that require a gradient:
    so the inputs do, while it runs, and every result. An operation that is made of others counts
    as one. Other threads must not compute gradients meanwhile. Given.
    """
    calls: list[Call] = []

    def record(operation: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        with recording(False):
            result = _differentiable(operation(*args, **kwargs))
        calls.append(Call(operation, args, kwargs, result))
        return result

    previous = install(Recorder(record, _no_backward))
    try:
        function(*(_differentiable(value) for value in inputs))
    finally:
        install(previous)
    return calls


def count_work(function: Callable[..., Any], *inputs: Tensor) -> Work:
    """The FLOPs and bytes of the operations of `function(*inputs)`, by `trace`.

    A matrix product (…, n, k) by (k, m) is 2 n k m FLOPs, a convolution 2 for each weight and each
    output element it meets, a reduction one for each element it reads, and everything else one for
    each element it writes, though an `exp` costs a processor more. (`networks.summary` counts the
    sums of products alone.) Bytes are those between memory and an operation if nothing stays in a
    cache.
    """
    calls = trace(function, *inputs)
    flops = sum(call_flops(call) for call in calls)
    moved = [call for call in calls if call.operation.__name__ not in VIEWS]
    nbytes = sum(value.nbytes for call in moved for value in (*call.operands, call.result))
    return Work(flops, nbytes)


def call_flops(call: Call) -> int:
    """The FLOPs of one operation, by the rules of `count_work`."""
    name, operands, result = call.operation.__name__, call.operands, call.result
    with_bias = result.size if len(operands) > 2 else 0
    match name:
        case "matmul" | "linear":
            return 2 * result.size * operands[0].shape[-1] + with_bias
        case "conv2d":
            weight = operands[1]  # (out, in, height, width)
            return 2 * result.size * (weight.size // weight.shape[0]) + with_bias
        case "sum" | "mean" | "max" | "max_pool2d" | "avg_pool2d":
            return operands[0].size
        case _ if name in VIEWS or name in ("pad2d", "im2col"):
            return 0
        case _:
            return result.size


@dataclass(frozen=True)
class Machine:
    """What a machine can do at best."""

    peak: float  # FLOP/s
    bandwidth: float  # bytes/s between processor and memory

    @property
    def ridge(self) -> float:
        """The intensity, in FLOPs a byte, from which on arithmetic is the limit, not memory.

        Given.
        """
        return self.peak / self.bandwidth


def roofline(intensity: float, machine: Machine) -> float:
    """The FLOP/s that a computation of that intensity (FLOPs a byte) can reach on `machine`.

    min(peak, intensity * bandwidth). Source: Williams, Waterman and Patterson, "Roofline: An
    Insightful Visual Performance Model", 2009.
    """
    if intensity < 0:
        raise ValueError(f"an intensity is at least 0 FLOPs a byte, not {intensity}")
    return min(machine.peak, intensity * machine.bandwidth)


def measure_machine(
    size: int = 1024, nbytes: int = 1 << 28, repeats: int = 5, clock: Clock = time.perf_counter
) -> Machine:
    """The peak and the bandwidth that NumPy reaches here, each the best of `repeats`.

    The peak is that of a float32 matrix product of `size` squared, the bandwidth that of copying
    half of `nbytes` (read and written, as STREAM counts), which should not fit a cache. The best,
    since a limit is what nothing exceeds: whatever disturbs a run makes it slower. What stays in a
    cache moves faster than memory does, and may go beyond this roof.
    """
    timer = Timer(repeats, clock=clock)
    square = np.ones((size, size), dtype=np.float32)
    source = np.ones(nbytes // 2, dtype=np.uint8)
    target = np.empty_like(source)
    product_time = min(timer.measure(lambda: square @ square))
    copy_time = min(timer.measure(lambda: np.copyto(target, source)))
    return Machine(2 * size**3 / product_time, 2 * source.nbytes / copy_time)


def peak_memory(function: Callable[[], Any]) -> int:
    """The most bytes that `function` held at one time, beyond what was held before it.

    Counts what Python's and NumPy's allocators hand out (`tracemalloc`). What BLAS, numba or a GPU
    take for themselves is not in it, and neither are pages that the system keeps for the process.
    A call under it is several times slower, so don't time and weigh in one run.
    """
    with memory_traced():
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        function()
        _, peak = tracemalloc.get_traced_memory()
    return peak - before


def device_times(
    launch: Callable[[], Any], synchronize: Callable[[], Any], timer: Timer
) -> list[float]:
    """Samples, in seconds, of work that `launch` only asks for and `synchronize` waits for.

    A GPU takes an order and returns at once, so what passes until then is not the work's time.
    """

    def finish() -> None:
        launch()
        synchronize()

    return timer.measure(finish)


def fresh_times(answer: Callable[[Any], Any], inputs: Sequence[Any], timer: Timer) -> list[float]:
    """Samples, in seconds, of `answer`, which never meets an input twice.

    A cache, of the program's or the processor's, answers a second time without the work. Raises
    ValueError if there are fewer inputs than calls, those of the warm-up included.
    """
    check_enough(inputs, timer)
    unseen = iter(inputs)
    return timer.measure(lambda: answer(next(unseen)))


def fastest(variants: Mapping[str, Callable[[], Any]], timer: Timer) -> tuple[str, float]:
    """The name of the variant with the least median, and its median in a measurement of its own.

    The least of many noisy medians is low by luck as well as by speed, and only the choice may
    use that luck.
    """
    medians = {name: median(timer.measure(variant)) for name, variant in variants.items()}
    winner = min(medians, key=medians.__getitem__)
    return winner, median(timer.measure(variants[winner]))


def pooled_percentile(groups: Sequence[Samples], percent: float) -> float:
    """The percentile of the samples of all `groups` together, in their unit.

    The mean of the groups' percentiles is the percentile of nothing: a group of ten counts as
    much in it as one of a million.
    """
    return percentile(np.concatenate(groups), percent)


@dataclass(frozen=True)
class Report:
    """Measurements side by side: `str()` gives a table, `json()` the same as data. Given."""

    title: str
    info: SystemInfo
    rows: Mapping[str, Mapping[str, Any]]  # a row's name -> a column's name -> a value

    def __str__(self) -> str:
        columns = list(dict.fromkeys(name for row in self.rows.values() for name in row))
        table = [[self.title, *columns]]
        for name, row in self.rows.items():
            table.append([name, *(_readable(row.get(column, "")) for column in columns)])
        widths = [max(len(line[i]) for line in table) for i in range(len(columns) + 1)]
        lines = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in table
        ]
        machine = f"{self.info.system}, {self.info.cores} cores, {_versions(self.info)}"
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", machine])

    def json(self) -> str:
        """The title, the machine and the rows as JSON."""
        data = {"title": self.title, "machine": asdict(self.info), "rows": self.rows}
        return json.dumps(data, indent=2, default=float)


def report(title: str, rows: Mapping[str, Any], info: SystemInfo | None = None) -> Report:
    """A report of `rows`: each a mapping of columns, a scenario's result, or a Summary or the like.

    It names the machine, without which no time means anything. Given.
    """
    return Report(title, info or system_info(), {name: _columns(row) for name, row in rows.items()})


def _columns(row: Any) -> Mapping[str, Any]:
    """A row of a report as names and values. Given."""
    match row:
        case Mapping():
            return row
        case ScenarioResult():
            return row.columns()
        case _:
            return asdict(row)


def fixed_unless(generator: np.random.Generator | None) -> np.random.Generator:
    """`generator`, or one with a fixed seed, so that equal samples give equal answers. Given."""
    return np.random.default_rng(0) if generator is None else generator


def check_samples(samples: Samples, name: str) -> None:
    """Raises ValueError for no samples and for a nan among them. Given."""
    if len(samples) == 0:
        raise ValueError(f"{name} needs at least one sample")
    if any(math.isnan(value) for value in samples):
        raise ValueError(f"{name} can't order nan, which is among the {len(samples)} samples")


def check_enough(inputs: Sequence[Any], timer: Timer) -> None:
    """Raises ValueError if `timer` makes more calls than there are inputs. Given."""
    calls = timer.warmup + timer.repeats * timer.calls
    if len(inputs) < calls:
        raise ValueError(f"{calls} calls need as many inputs, not {len(inputs)}")


def check_some(samples: Sequence[Any], name: str) -> None:
    """Raises ValueError if there is nothing to query with. Given."""
    if len(samples) == 0:
        raise ValueError(f"{name} needs at least one sample to send")


def check_pairs(baseline: Samples, candidate: Samples, alpha: float) -> None:
    """Raises ValueError for samples that are no pairs, or too few to decide at `alpha`. Given."""
    if len(baseline) != len(candidate):
        raise ValueError(
            f"compare needs pairs: {len(baseline)} samples of the baseline "
            f"and {len(candidate)} of the candidate"
        )
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
    fewest = math.ceil(1 + math.log2(1 / alpha))  # below, even n of n is no rare event
    if len(baseline) < fewest:
        raise ValueError(f"{len(baseline)} pairs can't decide at alpha={alpha}: take {fewest}")
    times = np.asarray([baseline, candidate])
    if not (times > 0).all():
        raise ValueError(f"compare needs times above 0, but the least is {times.min()}")


def signed_ranks(values: np.ndarray) -> np.ndarray:
    """The place of each size among all sizes, from 1 on, with the sign of the value. Given."""
    return np.sign(values) * (np.abs(values).argsort().argsort() + 1)


@contextmanager
def memory_traced() -> Iterator[None]:
    """Count what is allocated in a `with` block. Given."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        yield
    finally:
        if not tracing:
            tracemalloc.stop()


def sleep(seconds: float) -> None:
    """Pass `seconds`, awake for the last millisecond: `time.sleep` wakes up late. Given."""
    end = time.perf_counter() + seconds
    if seconds > 1e-3:
        time.sleep(seconds - 1e-3)
    while time.perf_counter() < end:
        pass


def binomial_at_most(count: int, trials: int, chance: float) -> float:
    """The chance of at most `count` successes in `trials`. Given."""
    if count >= trials:
        return 1.0
    numbers = range(count + 1)
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(chance) + (trials - k) * math.log1p(-chance)
        for k in numbers
    ]  # fmt: skip
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _differentiable(value: Any) -> Any:
    """A float tensor as one that requires a gradient; anything else as it is. Given."""
    if not isinstance(value, Tensor) or value.dtype.kind != "f":
        return value
    return value.detach().requires_grad_()


def _no_backward(*_: Any) -> None:
    """What a tracing recorder does in place of `backward`: refuse. Given."""
    raise RuntimeError("nothing goes backward while operations are traced")


def _readable(value: Any) -> str:
    """Four significant digits of a number. Given."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _versions(info: SystemInfo) -> str:
    """The packages of a machine and their versions, in a line. Given."""
    return ", ".join(f"{name} {version}" for name, version in info.versions.items())
