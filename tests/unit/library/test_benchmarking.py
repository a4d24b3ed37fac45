"""Benchmarking: its statistics by simulation, its queues by their formulas, its counts by hand."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch import benchmarking, operation
from tinytorch.activations import softmax
from tinytorch.benchmarking import (
    Machine,
    Timer,
    bootstrap_interval,
    bound_verdict,
    call_flops,
    compare,
    count_work,
    device_times,
    false_alarm_rate,
    fastest,
    fresh_times,
    measure_machine,
    median,
    offline,
    peak_memory,
    percentile,
    poisson_arrivals,
    pooled_percentile,
    queries_needed,
    report,
    roofline,
    server,
    single_stream,
    summarize,
    trace,
)
from tinytorch.cnn import LeNet
from tinytorch.environment import SystemInfo
from tinytorch.networks import MLP, summary
from tinytorch.tensor import Tensor

FEW = settings(max_examples=30)


class VirtualClock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def costs(clock: VirtualClock, seconds: list[float]) -> Any:
    """A function whose calls take `seconds`, one after the other."""
    left = iter(seconds)
    return lambda *_: clock.advance(next(left))


# The timer


def test_the_timer_leaves_out_the_warm_up_and_keeps_every_sample() -> None:
    clock = VirtualClock()
    timer = Timer(repeats=4, warmup=2, clock=clock)
    samples = timer.measure(costs(clock, [9, 8, 1, 4, 2, 3]))
    assert samples == [1, 4, 2, 3]
    assert timer.samples == samples


def test_a_sample_of_several_calls_is_their_mean() -> None:
    clock = VirtualClock()
    timer = Timer(repeats=2, warmup=0, calls=2, clock=clock)
    assert timer.measure(costs(clock, [1, 2, 5, 6])) == [1.5, 5.5]


def test_pairs_alternate_in_a_drawn_order_and_stay_paired() -> None:
    clock, order = VirtualClock(), []

    def arm(name: str, seconds: float) -> Any:
        def run() -> None:
            order.append(name)
            clock.advance(seconds)

        return run

    timer = Timer(repeats=40, warmup=1, clock=clock)
    before, after = timer.measure_pairs(arm("a", 2.0), arm("b", 1.0))
    assert (before, after) == ([2.0] * 40, [1.0] * 40)
    pairs = ["".join(order[i : i + 2]) for i in range(2, len(order), 2)]
    assert set(pairs) == {"ab", "ba"}
    assert 8 <= pairs.count("ab") <= 32


@pytest.mark.parametrize("settings", [{"repeats": 0}, {"calls": 0}, {"warmup": -1}])
def test_a_timer_that_would_measure_nothing_is_refused(settings: dict[str, Any]) -> None:
    name, value = next(iter(settings.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        Timer(**settings)


# Percentiles and intervals


@FEW
@given(
    samples=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    percent=st.floats(0, 100),
)
def test_percentiles_are_those_of_numpy(samples: list[float], percent: float) -> None:
    wanted = np.percentile(samples, percent)
    assert percentile(samples, percent) == pytest.approx(wanted, rel=1e-9, abs=1e-6)
    assert median(samples) == pytest.approx(np.median(samples), rel=1e-9, abs=1e-6)


def test_percentiles_sort_what_they_get_and_leave_it_as_it_was() -> None:
    samples = [9.0, 1.0, 5.0]
    assert (percentile(samples, 0), median(samples), percentile(samples, 100)) == (1, 5, 9)
    assert percentile(samples, 75) == 7
    assert samples == [9, 1, 5]


@pytest.mark.parametrize(
    ("samples", "percent", "part"),
    [([], 50, "at least one"), ([1.0], 101, "101"), ([1.0, float("nan")], 50, "nan")],
)
def test_a_percentile_of_nothing_is_refused(
    samples: list[float], percent: float, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        percentile(samples, percent)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_bootstrap_interval_holds_the_truth_as_often_as_it_says(confidence: float) -> None:
    rng, runs = np.random.default_rng(1), 600
    hits = 0
    for _ in range(runs):
        samples = rng.lognormal(0.0, 0.5, size=30)  # its median is 1
        low, high = bootstrap_interval(samples, confidence=confidence, resamples=500, generator=rng)
        hits += low <= 1 <= high
    assert hits / runs == pytest.approx(confidence, abs=0.04)


def test_the_bootstrap_takes_any_statistic_and_repeats_itself() -> None:
    samples = np.random.default_rng(0).normal(5.0, 1.0, size=400)
    low, high = bootstrap_interval(samples, np.mean)
    assert (low + high) / 2 == pytest.approx(samples.mean(), abs=0.01)
    assert high - low == pytest.approx(2 * 1.96 * samples.std() / 20, rel=0.1)
    assert bootstrap_interval(samples, np.mean) == (low, high)


def test_a_summary_holds_the_samples_in_six_numbers() -> None:
    summary = summarize([float(i) for i in range(101)])
    assert (summary.count, summary.minimum, summary.median) == (101, 0, 50)
    assert (summary.p90, summary.p99) == (90, 99)
    assert summary.low < 50 < summary.high


# The comparison


def noisy_times(rng: np.random.Generator, seconds: float, pairs: int) -> np.ndarray:
    """5 % noise, and one time in twenty something disturbs the machine."""
    times = seconds * np.exp(rng.normal(0, 0.05, pairs))
    return times * np.where(rng.random(pairs) < 0.05, rng.uniform(1, 5, pairs), 1)


def decisions(seconds: float, runs: int, pairs: int = 30, alpha: float = 0.05) -> list[str]:
    rng = np.random.default_rng(2)
    return [
        compare(
            noisy_times(rng, 1.0, pairs),
            noisy_times(rng, seconds, pairs),
            alpha=alpha,
            resamples=500,
            generator=rng,
        ).decision
        for _ in range(runs)
    ]


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_two_equal_speeds_are_told_apart_no_more_often_than_alpha(alpha: float) -> None:
    runs = 800
    wrong = sum(decision != "undecided" for decision in decisions(1.0, runs, alpha=alpha))
    three_sigma = 3 * (alpha * (1 - alpha) / runs) ** 0.5
    assert wrong / runs < alpha + three_sigma
    assert wrong / runs > alpha - 2 * three_sigma  # else it would be too shy to be of use


def test_an_a_a_test_counts_every_decision_as_a_false_alarm() -> None:
    answers = iter(["faster", "undecided", "slower", "undecided", "undecided"])
    drawn: list[list[float]] = []

    def times() -> list[float]:
        drawn.append([float(len(drawn))])
        return drawn[-1]

    assert false_alarm_rate(lambda *_: next(answers), times, experiments=5) == 0.4
    assert len(drawn) == 10


def test_the_rate_of_compare_is_the_one_that_it_promises() -> None:
    rng = np.random.default_rng(2)
    rate = false_alarm_rate(
        lambda a, b: compare(a, b, resamples=500, generator=rng).decision,
        lambda: noisy_times(rng, 1.0, 30),
        experiments=400,
    )
    assert 0.02 < rate < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_a_five_percent_difference_is_found_in_nine_of_ten_experiments() -> None:
    assert decisions(1 / 1.05, 300, pairs=50).count("faster") > 270
    assert decisions(1.05, 300, pairs=50).count("slower") > 270


def test_a_comparison_states_the_speedup_and_its_interval() -> None:
    rng = np.random.default_rng(3)
    result = compare(noisy_times(rng, 2.0, 60), noisy_times(rng, 1.0, 60))
    assert result.decision == "faster"
    assert result.low < 2 < result.high
    assert result.low < result.speedup < result.high
    assert result.high - result.low < 0.2
    assert result.p_value <= result.alpha


def test_a_candidate_that_takes_longer_is_slower() -> None:
    result = compare([1.0] * 9, [2.0] * 9)
    assert (result.decision, result.speedup) == ("slower", pytest.approx(0.5))


def test_the_same_times_twice_decide_nothing() -> None:
    times = np.linspace(1, 2, 20)
    assert compare(times, times).decision == "undecided"


@pytest.mark.parametrize(
    ("baseline", "candidate", "alpha", "part"),
    [
        ([1.0] * 9, [1.0] * 8, 0.05, "9 .* 8"),
        ([1.0] * 5, [2.0] * 5, 0.05, "take 6"),
        ([1.0] * 9, [0.0] * 9, 0.05, "above 0"),
        ([1.0] * 9, [1.0] * 9, 1.5, "alpha"),
    ],
)
def test_samples_that_can_not_decide_are_refused(
    baseline: list[float], candidate: list[float], alpha: float, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        compare(baseline, candidate, alpha)


# MLPerf's scenarios


def test_single_stream_sends_one_query_after_the_other() -> None:
    clock = VirtualClock()
    result = single_stream(costs(clock, [3, 1, 2]), ["a", "b", "c"], clock)
    assert result.latencies.tolist() == [3, 1, 2]
    assert (result.seconds, result.throughput) == (6, 0.5)


def test_offline_answers_every_sample_once_and_counts_samples_not_batches() -> None:
    clock, seen = VirtualClock(), []

    def query(batch: Sequence[int]) -> None:
        seen.append(list(batch))
        clock.advance(2.0)

    result = offline(query, list(range(7)), batch_size=3, clock=clock)
    assert seen == [[0, 1, 2], [3, 4, 5], [6]]
    assert result.throughput == pytest.approx(7 / 6)
    assert result.latencies.tolist() == [2, 4, 6]


def test_arrivals_are_a_poisson_process() -> None:
    arrivals = poisson_arrivals(50.0, 40_000, np.random.default_rng(0))
    gaps = np.diff(arrivals)
    assert gaps.mean() == pytest.approx(1 / 50, rel=0.02)
    assert gaps.std() == pytest.approx(1 / 50, rel=0.02)  # an exponential's mean is its deviation
    counts = np.bincount(arrivals.astype(int))[:-1]
    assert counts.var() == pytest.approx(counts.mean(), rel=0.15)  # and so is a Poisson's


@pytest.mark.parametrize("load", [0.5, 0.8])
@pytest.mark.parametrize("queue", ["M/D/1", "M/M/1"])
def test_the_mean_time_in_the_queue_is_that_of_pollaczek_and_khinchine(
    load: float, queue: str
) -> None:
    clock, rng, service, count = VirtualClock(), np.random.default_rng(4), 0.01, 120_000
    drawn = rng.exponential(service, count) if queue == "M/M/1" else np.full(count, service)
    result = server(
        costs(clock, drawn.tolist()),
        range(count),
        rate=load / service,
        bound=1.0,
        clock=clock,
        wait=clock.advance,
    )
    spread = 2.0 if queue == "M/M/1" else 1.0  # E[S²] / E[S]²
    wanted = load * service * spread / (2 * (1 - load))
    assert result.waiting.mean() == pytest.approx(wanted, rel=0.06)
    assert result.latencies.mean() == pytest.approx(wanted + service, rel=0.06)
    assert result.utilization == pytest.approx(load, rel=0.03)
    if queue == "M/M/1":  # the whole distribution is known: exponential, mean service / (1 - load)
        beyond = percentile(result.latencies, 99)
        assert beyond == pytest.approx(-np.log(0.01) * service / (1 - load), rel=0.1)


def test_arrival_times_stay_as_drawn_when_the_system_is_late() -> None:
    def run(slow: float) -> Any:
        clock = VirtualClock()
        query = costs(clock, [slow] + [0.001] * 99)
        return server(query, range(100), 100.0, 0.1, clock=clock, wait=clock.advance)

    fast, stalled = run(0.001), run(10.0)
    arrivals = poisson_arrivals(100.0, 100, np.random.default_rng(0))
    finished = stalled.latencies + arrivals
    assert stalled.latencies[1] == pytest.approx(arrivals[0] + 10.001 - arrivals[1])
    assert np.all(np.diff(finished) > 0)
    assert stalled.seconds == pytest.approx(finished[-1])
    assert stalled.latencies[50] > 9  # one stall makes all those behind it late
    assert fast.latencies.max() < 0.02
    assert fast.latencies.min() == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("service", "count", "verdict"),
    [(0.001, 1000, "met"), (0.009, 1000, "missed"), (0.001, 20, "undecided")],
)
def test_the_verdict_says_so_when_too_few_queries_were_sent(
    service: float, count: int, verdict: str
) -> None:
    clock = VirtualClock()
    result = server(
        costs(clock, [service] * count), range(count), 100.0, 0.02, 99, clock, clock.advance
    )
    assert result.verdict == verdict
    assert (result.within_bound >= 0.99) == (verdict != "missed")


def test_five_coins_decide_only_when_all_fall_on_one_side() -> None:
    found = [bound_verdict(late, 5, 50) for late in range(6)]  # 1 in 32 at either end, then 6
    assert found == ["met", *["undecided"] * 4, "missed"]
    assert bound_verdict(0, 10, 0.5) == "met"
    assert bound_verdict(10, 10, 0.5) == "undecided"


def test_an_answer_exactly_at_the_bound_is_in_time() -> None:
    clock = VirtualClock()
    clock.now = 0.0
    result = server(costs(clock, [0.25] * 8), range(8), 1e-9, 0.25, 50, clock, clock.advance)
    at_the_bound = replace(result, latencies=np.full(8, 0.25))
    assert at_the_bound.within_bound == 1
    assert result.rate == 1e-9


def test_a_server_waits_for_its_users_by_itself() -> None:
    result = server(lambda _: None, range(20), rate=2000.0, bound=60.0, percent=50)
    assert result.verdict == "met"
    assert result.waiting.min() >= 0
    assert result.seconds >= poisson_arrivals(2000.0, 20, np.random.default_rng(0))[-1]


def test_a_result_as_a_row_has_its_percentiles() -> None:
    result = benchmarking.ScenarioResult("s", np.arange(101.0)[::-1], 50.0, 200)
    wanted = {"samples": 200, "p50": 50, "p90": 90, "p99": 99, "throughput": 4}
    assert result.columns() == wanted
    assert single_stream(lambda _: None, "ab", lambda: 1.0).throughput == np.inf


def test_a_system_slower_than_its_users_never_catches_up() -> None:
    clock = VirtualClock()
    result = server(costs(clock, [0.02] * 2000), range(2000), 100.0, 0.1, 99, clock, clock.advance)
    assert result.verdict == "missed"
    assert result.throughput == pytest.approx(50, rel=0.01)  # not the 100 that were asked for
    assert result.latencies[-1] > 15
    assert result.utilization > 0.99


def test_a_system_at_the_edge_gets_a_wrong_verdict_no_more_often_than_alpha() -> None:
    late = np.random.default_rng(5).binomial(2000, 0.01, size=2000)
    verdicts = [bound_verdict(int(count), 2000, 99) for count in late]
    assert verdicts.count("met") / 2000 < 0.05 + 0.015
    assert verdicts.count("missed") / 2000 < 0.05 + 0.015
    assert verdicts.count("met") > 20
    assert verdicts.count("missed") > 20


def test_the_number_of_queries_is_the_one_that_mlperf_prints() -> None:
    assert [queries_needed(percent) for percent in (90, 95, 99)] == [23886, 50425, 262742]


@pytest.mark.parametrize(
    ("run", "part"),
    [
        (lambda: single_stream(print, []), "single_stream"),
        (lambda: server(print, [], 1.0, 1.0), "server"),
        (lambda: server(print, [1], 0.0, 1.0), "rate"),
        (lambda: offline(print, [], 1), "offline"),
        (lambda: offline(print, [1], 0), "batch_size"),
        (lambda: bound_verdict(1, 10, 100), "100"),
        (lambda: bound_verdict(1, 10, -0.5), r"-0\.5"),
        (lambda: queries_needed(0), "not at 0"),
        (lambda: queries_needed(100), "not at 100"),
    ],
)
def test_a_scenario_that_can_not_run_is_refused(run: Any, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        run()


# Work, machines, memory


def test_a_matrix_product_counts_two_flops_for_each_pair_it_multiplies() -> None:
    a, b = Tensor(np.ones((5, 3, 4), dtype=np.float32)), Tensor(np.ones((4, 6), dtype=np.float32))
    work = count_work(lambda x: x.matmul(b), a)
    assert work.flops == 2 * 5 * 3 * 4 * 6
    assert work.nbytes == 4 * (5 * 3 * 4 + 4 * 6 + 5 * 3 * 6)
    assert work.intensity == pytest.approx(720 / 696)


def test_work_adds_up_over_operations_and_an_operation_counts_once() -> None:
    x = Tensor(np.ones((8, 10), dtype=np.float32))
    assert count_work(lambda x: x.mean(dim=1), x).flops == 80  # not a sum and a division too
    assert count_work(lambda x: (x + x) * 2, x).flops == 160
    assert count_work(lambda x: x.reshape(10, 8).T[1:], x) == benchmarking.Work(0, 0)
    assert count_work(lambda x: softmax(x, 1), x).nbytes == 2 * 320


def test_tensors_passed_by_name_count_as_well() -> None:
    a, b = Tensor(np.ones((3, 4), dtype=np.float32)), Tensor(np.ones((4, 6), dtype=np.float32))
    by_name = count_work(lambda x: x.matmul(other=b), a)
    assert by_name == count_work(lambda x: x.matmul(b), a)
    assert trace(lambda x: x.sum(dim=1, keepdim=True), a)[0].result.shape == (3, 1)
    assert benchmarking.Work(3, 0).intensity == np.inf


def test_the_work_of_an_mlp_is_that_of_its_layers() -> None:
    model = MLP((10, 7, 3))
    work = count_work(model, Tensor(np.ones((5, 10), dtype=np.float32)))
    assert work.flops == 5 * (2 * 10 * 7 + 7 + 7 + 2 * 7 * 3 + 3)
    floats = (50 + 70 + 7 + 35) + (35 + 35) + (35 + 21 + 3 + 15)
    assert work.nbytes == 4 * floats


def test_the_products_of_a_lenet_are_those_of_its_summary() -> None:
    model, shape = LeNet(28).eval(), (3, 1, 28, 28)
    calls = trace(model, Tensor(np.zeros(shape, dtype=np.float32)))
    assert call_flops(calls[0]) == 3 * 6 * 28 * 28 * (2 * 25 + 1)
    products = [call for call in calls if call.operation.__name__ in ("conv2d", "linear")]
    found = sum(call_flops(call) - call.result.size for call in products)  # without the biases
    assert found == summary(model, shape).flops


def test_a_trace_leaves_the_recorder_and_the_inputs_as_they_were() -> None:
    before = operation.install(None)
    operation.install(before)
    x = Tensor([1.0, 2.0])
    calls = trace(lambda x: x.mul(3.0).sum(), x)
    assert [call.operation.__name__ for call in calls] == ["mul", "sum"]
    assert calls[0].result is calls[1].args[0]
    assert calls[1].result.tolist() == 9
    assert not x.requires_grad
    with pytest.raises(ZeroDivisionError):
        trace(lambda _: 1 / 0, x)
    with pytest.raises(RuntimeError, match="traced"):
        trace(lambda x: x.sum().backward(), x)
    assert operation.install(before) is before


def test_the_roofline_is_a_slope_and_then_a_roof() -> None:
    machine = Machine(peak=100e9, bandwidth=20e9)
    assert machine.ridge == 5
    assert roofline(0, machine) == 0
    assert roofline(0.25, machine) == 5e9
    assert roofline(5, machine) == 100e9
    assert roofline(80, machine) == 100e9
    with pytest.raises(ValueError, match="-1"):
        roofline(-1, machine)


def test_a_machine_is_its_best_run() -> None:
    ticks = iter([0.0, 4.0, 10.0, 12.0, 20.0, 28.0, 30.0, 34.0])  # products 4, 2; copies 8, 4
    machine = measure_machine(size=32, nbytes=4096, repeats=2, clock=lambda: next(ticks))
    assert machine.peak == 2 * 32**3 / 2.0
    assert machine.bandwidth == 4096 / 4.0


def test_this_machine_has_a_peak_and_a_bandwidth() -> None:
    machine = measure_machine(size=128, nbytes=1 << 20, repeats=2)
    assert machine.peak > 1e6
    assert machine.bandwidth > 1e6


def test_peak_memory_is_the_most_that_was_held_at_one_time() -> None:
    million = 1_000_000

    def two_then_one() -> None:
        np.zeros(2 * million, dtype=np.uint8)
        kept = np.zeros(3 * million, dtype=np.uint8)
        del kept
        np.zeros(1 * million, dtype=np.uint8)

    held = np.zeros(50 * million, dtype=np.uint8)  # before, and so not counted
    assert peak_memory(two_then_one) == pytest.approx(3 * million, rel=0.01)
    assert peak_memory(lambda: None) < 10_000
    assert held.size
    assert not tracemalloc.is_tracing()


def test_peak_memory_leaves_a_running_trace_alone() -> None:
    tracemalloc.start()
    try:
        np.zeros(10_000_000, dtype=np.uint8)  # a peak from before
        assert peak_memory(lambda: np.zeros(10)) < 10_000
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_a_failing_function_stops_the_trace() -> None:
    with pytest.raises(ZeroDivisionError):
        peak_memory(lambda: 1 / 0)
    assert not tracemalloc.is_tracing()


def test_a_report_is_a_table_and_data_and_names_the_machine() -> None:
    info = SystemInfo("Linux", 2, {"python": "3.11.7", "numpy": "2.4.6"}, gpu=False)
    rows = {"naive": {"seconds": 0.123456, "ratio": 1.0}, "tiled": {"seconds": 0.02}}
    result = report("matmul", rows, info)
    assert str(result).splitlines() == [
        "matmul  seconds  ratio",
        "----------------------",
        "naive    0.1235      1",
        "tiled      0.02",
        "",
        "Linux, 2 cores, python 3.11.7, numpy 2.4.6",
    ]
    data = json.loads(result.json())
    assert data["rows"] == rows
    assert data["machine"]["cores"] == 2


def test_a_report_takes_summaries_comparisons_and_scenarios() -> None:
    clock = VirtualClock()
    served = server(lambda _: clock.advance(0.01), range(500), 50.0, 0.1, 90, clock, clock.advance)
    rows = {
        "a": summarize([1.0, 2.0, 3.0]),
        "b": compare([2.0] * 9, [1.0] * 9),
        "c": single_stream(costs(VirtualClock(), [1.0, 2.0]), "xy"),
        "d": served,
    }
    result = report("t", rows)
    for part in ("median", "faster", "in time", "verdict", "met"):
        assert part in str(result)
    row = json.loads(result.json())["rows"]["d"]
    assert (row["samples"], row["offered"]) == (500, 50)
    assert row["p50"] == pytest.approx(percentile(served.latencies, 50))
    assert row["utilization"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("late", "queries", "alpha"), [(5, 3, 0.05), (-1, 3, 0.05), (0, 9, 7.0)])
def test_a_verdict_of_counts_that_cannot_be_is_refused(
    late: int, queries: int, alpha: float
) -> None:
    with pytest.raises(ValueError, match="bound_verdict needs 0 <= late <= queries"):
        bound_verdict(late, queries, 99, alpha)


def test_a_bound_is_a_time_above_zero() -> None:
    with pytest.raises(ValueError, match="a bound is above 0 seconds, not -1"):
        server(len, [[1]], rate=1, bound=-1)


# What published benchmarks get wrong


def test_a_device_is_waited_for_in_each_sample() -> None:
    clock = VirtualClock()
    done = 0.0

    def launch() -> None:
        nonlocal done
        clock.advance(0.25)
        done = max(done, clock.now) + 4.0

    def synchronize() -> None:
        clock.now = max(clock.now, done)

    timer = Timer(repeats=3, warmup=1, clock=clock)
    assert timer.measure(launch) == [0.25] * 3
    synchronize()
    assert device_times(launch, synchronize, timer) == [4.25] * 3


def test_an_answer_is_never_asked_for_twice() -> None:
    asked: list[int] = []
    timer = Timer(repeats=3, warmup=2, calls=2)
    fresh_times(asked.append, range(8), timer)
    assert asked == list(range(8))
    with pytest.raises(ValueError, match="8 calls need as many inputs, not 7"):
        fresh_times(asked.append, range(7), timer)


def test_the_winner_is_measured_again() -> None:
    clock = VirtualClock()
    variants = {
        "lucky": costs(clock, [1, 1, 1, 3, 3, 3]),
        "steady": costs(clock, [2, 2, 2]),
    }
    assert fastest(variants, Timer(repeats=3, warmup=0, clock=clock)) == ("lucky", 3)


def test_a_small_group_counts_by_its_samples() -> None:
    groups = [np.arange(1.0, 1000.0), [5000.0]]
    assert pooled_percentile(groups, 50) == 500.5
    assert pooled_percentile(groups, 99) < 1000
