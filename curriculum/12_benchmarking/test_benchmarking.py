"""Step tests of module 12."""

import tracemalloc

import numpy as np

from tinytorch import benchmarking
from tinytorch.activations import relu, softmax
from tinytorch.cnn import Conv2d, LeNet, avg_pool2d, im2col, max_pool2d, pad2d
from tinytorch.kernels import gpu
from tinytorch.layers import Linear, linear
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step
from tinytorch_ls.simulator.simulate import simulated


class Clock:
    """Time that passes only when it is told to, and `tick` seconds with each look at it."""

    def __init__(self, tick=0.0):
        self.now, self.tick = 100.0, tick

    def __call__(self):
        seen = self.now
        self.now += self.tick
        return seen

    def advance(self, seconds):
        self.now += seconds


def costs(clock, *seconds):
    """A function whose calls take these seconds, one after the other; then each takes the last."""
    left = list(seconds)

    def run(*_):
        clock.advance(left.pop(0) if len(left) > 1 else left[0])

    return run


def floats(*shape):
    return Tensor(np.ones(shape, np.float32))


@step("sample")
def test_one_call_is_timed(expect):
    clock = Clock()
    timer = benchmarking.Timer(clock=clock)
    expect(timer.sample(costs(clock, 3.0))).equals(3.0, because="the call took 3 seconds")


@step("sample")
def test_the_mean_of_several_calls(expect):
    clock = Clock()
    timer = benchmarking.Timer(calls=4, clock=clock)
    seen = []
    run = costs(clock, 1.0, 2.0, 3.0, 6.0)

    def function():
        seen.append(len(seen))
        run()

    expect(timer.sample(function)).equals(3.0, because="4 calls took 12 seconds")
    expect(len(seen)).equals(4, because="a sample makes its calls and no others")


@step("sample")
def test_the_clock_is_read_twice(expect):
    clock = Clock(tick=1.0)
    timer = benchmarking.Timer(calls=4, clock=clock)
    expect(timer.sample(costs(clock, 4.0))).equals(
        4.25, because="the clock's own second is shared by the four calls between two looks at it"
    )


@step("measure")
def test_the_warm_up_is_not_among_the_samples(expect):
    clock = Clock()
    timer = benchmarking.Timer(repeats=4, warmup=2, clock=clock)
    expect(timer.measure(costs(clock, 9.0, 8.0, 1.0, 4.0, 2.0, 3.0, 7.0))).equals(
        [1.0, 4.0, 2.0, 3.0], because="two calls warm up, then come four samples, as they were"
    )
    expect(timer.samples).equals([1.0, 4.0, 2.0, 3.0], because="the timer keeps them")


@step("measure")
def test_a_second_measurement_begins_anew(expect):
    clock = Clock()
    timer = benchmarking.Timer(repeats=2, warmup=0, clock=clock)
    first = timer.measure(costs(clock, 1.0, 2.0))
    expect(timer.measure(costs(clock, 5.0, 4.0))).equals(
        [5.0, 4.0], because="these are the samples of the second function alone"
    )
    expect(timer.samples).equals([5.0, 4.0], because="the timer keeps the last measurement")
    expect(first).equals([1.0, 2.0], because="who has the first measurement keeps it")


@step("measure")
def test_a_warm_up_is_a_call_and_no_sample(expect):
    clock, seen = Clock(), []
    timer = benchmarking.Timer(repeats=2, warmup=3, calls=5, clock=clock)

    def function():
        seen.append(len(seen))
        clock.advance(float(len(seen)))

    expect(timer.measure(function)).equals(
        [6.0, 11.0], because="calls 4 to 8 take 6 seconds on average, calls 9 to 13 take 11"
    )
    expect(len(seen)).equals(13, because="3 calls warm up, and 2 samples have 5 calls each")


@step("measure")
def test_each_sample_has_two_looks_of_its_own(expect):
    clock = Clock(tick=1.0)
    benchmarking.Timer(repeats=3, warmup=2, clock=clock).measure(costs(clock, 0.0))
    expect(clock.now - 100.0).equals(6.0, because="three samples look twice each, a warm-up never")


@step("percentile")
def test_the_middle_of_five(expect):
    expect(benchmarking.percentile([1.0, 2.0, 4.0, 8.0, 16.0], 50)).equals(
        4.0, because="two are below 4 and two above"
    )


@step("percentile")
def test_samples_are_put_in_order_first(expect):
    samples = [9.0, 1.0, 5.0]
    expect(benchmarking.percentile(samples, 0)).equals(1.0, because="the least is 1")
    expect(benchmarking.percentile(samples, 100)).equals(9.0, because="the greatest is 9")
    expect(samples).equals([9.0, 1.0, 5.0], because="the samples stay in the order they came in")


@step("percentile")
def test_between_two_samples_on_a_straight_line(expect):
    expect(benchmarking.percentile([8.0, 1.0, 4.0, 2.0], 90)).equals(
        6.8, because="position 2.7 lies 7 tenths of the way from 4 to 8"
    )
    expect(benchmarking.percentile(np.array([3.0, 7.0]), 25)).equals(
        4.0, because="position 0.25 lies a quarter of the way from 3 to 7"
    )


@step("percentile")
def test_equal_samples_all_count(expect):
    expect(benchmarking.percentile([1.0, 5.0, 1.0, 1.0], 50)).equals(
        1.0, because="of four samples three are 1"
    )


@step("percentile")
def test_the_tail_of_a_hundred(expect):
    samples = [float(i) for i in range(100, 0, -1)]
    expect(benchmarking.percentile(samples, 99)).equals(
        99.01, because="99 % of the 99 gaps between 100 samples is position 98.01"
    )
    expect(benchmarking.percentile([7.0], 99)).equals(7.0, because="one sample is all there is")


@step("percentile")
def test_the_median_is_the_middle(expect):
    expect(benchmarking.median([9.0, 1.0, 5.0, 90.0, 2.0])).equals(
        5.0, because="5 is the third of five in order"
    )
    expect(benchmarking.median(np.array([9.0, 1.0, 5.0, 90.0]))).equals(
        7.0, because="of four, the middle lies halfway between 5 and 9"
    )
    expect(benchmarking.median([2.0, 1.0])).equals(1.5, because="halfway between 1 and 2")


@step("bootstrap")
def test_equal_samples_leave_no_doubt(expect):
    expect(benchmarking.bootstrap_interval([2.0] * 5)).equals(
        (2.0, 2.0), because="whatever is drawn, the median is 2"
    )


@step("bootstrap")
def test_draws_with_replacement(expect, rng):
    expect(benchmarking.bootstrap_interval([1.0, 2.0, 3.0], np.max, 0.9, generator=rng)).equals(
        (2.0, 3.0), because="1 draw in 27 has the maximum 1, 7 have 2 and 19 have 3"
    )
    expect(benchmarking.bootstrap_interval([1.0, 2.0, 3.0], np.min, 0.9, generator=rng)).equals(
        (1.0, 2.0), because="1 draw in 27 has the minimum 3, 7 have 2 and 19 have 1"
    )


@step("bootstrap")
def test_half_of_what_is_cut_goes_at_either_end(expect, rng):
    expect(benchmarking.bootstrap_interval([0.0, 1.0], np.mean, 0.4, generator=rng)).equals(
        (0.5, 0.5), because="30 % go at either end, and only 25 % of the draws have a mean of 0"
    )
    expect(benchmarking.bootstrap_interval([0.0, 1.0], np.mean, 0.7, generator=rng)).equals(
        (0.0, 1.0), because="15 % go at either end, and 25 % of the draws have a mean of 0"
    )


@step("bootstrap")
def test_the_ends_are_percentiles(expect, rng):
    seen = []

    def numbered(draws, axis=None):  # noqa: ARG001 - as np.median has it
        """0, 1, 2 … for one draw after the other, whether they come together or alone."""
        seen.extend(range(len(seen), len(seen) + (len(draws) if np.ndim(draws) > 1 else 1)))
        return np.array(seen, float) if np.ndim(draws) > 1 else float(seen[-1])

    found = benchmarking.bootstrap_interval([1.0, 2.0, 3.0], numbered, 0.9, 101, rng)
    expect(found).equals(
        (5.0, 95.0), because="of 101 draws with the statistics 0 to 100, 5 % go at either end"
    )


@step("bootstrap")
def test_the_interval_of_a_mean(expect, rng):
    samples = rng.normal(5.0, 1.0, 400)
    low, high = benchmarking.bootstrap_interval(samples, np.mean, resamples=400, generator=rng)
    half = 1.96 * samples.std() / 20
    expect((samples.mean() - low) / half).between(
        0.75, 1.25, because="the mean of 400 wanders by 1.96 of its standard errors"
    )
    expect((high - samples.mean()) / half).between(0.75, 1.25, because="it does so on both sides")


@step("bootstrap")
def test_resamples_are_as_many_as_asked_for(expect, rng):
    low, high = benchmarking.bootstrap_interval(rng.normal(size=50), resamples=1, generator=rng)
    expect(low == high).equals(True, because="the only draw is both ends")


@step("bootstrap")
def test_the_generator_decides(expect, rng):
    samples = rng.normal(size=40).tolist()
    first, second, third = (
        benchmarking.bootstrap_interval(
            samples, np.mean, resamples=50, generator=np.random.default_rng(seed)
        )
        for seed in (1, 1, 2)
    )
    expect(first == second).equals(True, because="two generators of one seed draw alike")
    expect(first == third).equals(False, because="another seed draws otherwise")
    again = [benchmarking.bootstrap_interval(samples, resamples=50) for _ in range(2)]
    expect(again[0] == again[1]).equals(
        True, because="without a generator, equal samples give equal answers"
    )


def paired(seed, repeats=40, warmup=1, calls=1):
    """In which order the two arms were called, and what was measured. No seed: no generator."""
    clock, order = Clock(), []

    def arm(name, seconds):
        def run():
            order.append(name)
            clock.advance(seconds)

        return run

    timer = benchmarking.Timer(repeats, warmup, calls, clock)
    generator = None if seed is None else np.random.default_rng(seed)
    found = timer.measure_pairs(arm("a", 2.0), arm("b", 1.0), generator)
    called = "".join(order)
    behind = called[2 * warmup :]
    return [behind[i : i + 2] for i in range(0, len(behind), 2)], found, called[: 2 * warmup]


@step("pairs")
def test_each_keeps_its_own_samples(expect):
    _, found, _ = paired(0, repeats=6)
    expect(found).equals(
        ([2.0] * 6, [1.0] * 6), because="the baseline takes 2 seconds and the candidate 1"
    )


@step("pairs")
def test_both_are_in_each_pair(expect, rng):
    pairs, _, _ = paired(rng.integers(1000))
    expect([sorted(pair) for pair in pairs]).equals(
        [["a", "b"]] * 40, because="between two samples of the one lies one of the other"
    )


@step("pairs")
def test_who_is_first_is_drawn_for_each_pair(expect, rng):
    pairs, _, _ = paired(rng.integers(1000), repeats=60)
    expect(pairs.count("ab")).between(
        12, 48, because="in about half of 60 pairs the baseline goes first"
    )
    changes = sum(pairs[i] != pairs[i + 1] for i in range(59))
    expect(changes).between(
        10, 49, because="a drawn order changes from one pair to the next about every second time"
    )


@step("pairs")
def test_both_are_warmed_up(expect):
    clock = Clock()
    timer = benchmarking.Timer(repeats=3, warmup=2, clock=clock)
    before, after = timer.measure_pairs(
        costs(clock, 9.0, 8.0, 2.0), costs(clock, 7.0, 6.0, 1.0), np.random.default_rng(0)
    )
    expect(before).equals([2.0] * 3, because="two slow calls of the baseline are not timed")
    expect(after).equals([1.0] * 3, because="nor are two of the candidate")
    _, _, first = paired(0, warmup=3)
    expect(sorted(first)).equals(["a", "a", "a", "b", "b", "b"], because="each has three of them")
    _, _, called = paired(0, repeats=1, warmup=3, calls=2)
    expect(sorted(called)).equals(
        ["a", "a", "a", "b", "b", "b"], because="a warm-up is one call, however many a sample has"
    )


@step("pairs")
def test_a_sample_has_its_calls(expect):
    clock = Clock()
    timer = benchmarking.Timer(repeats=2, warmup=0, calls=2, clock=clock)
    found = timer.measure_pairs(
        costs(clock, 1.0, 2.0, 5.0, 6.0), costs(clock, 3.0, 4.0, 7.0, 9.0), np.random.default_rng(0)
    )
    expect(found).equals(([1.5, 5.5], [3.5, 8.0]), because="each sample is the mean of two calls")


@step("pairs")
def test_a_function_beside_itself(expect, rng):
    clock = Clock()
    timer, same = benchmarking.Timer(repeats=3, warmup=0, clock=clock), costs(clock, 2.0)
    expect(timer.measure_pairs(same, same, rng)).equals(
        ([2.0] * 3, [2.0] * 3), because="an A/A test has the same code on both sides"
    )


@step("pairs")
def test_a_generator_repeats_the_orders(expect):
    first, second, third = (paired(seed)[0] for seed in (1, 1, 2))
    expect(first == second).equals(True, because="two generators of one seed draw alike")
    expect(first == third).equals(False, because="another seed draws another order")
    clock = Clock()
    timer = benchmarking.Timer(repeats=2, clock=clock)
    expect(timer.measure_pairs(costs(clock, 2.0), costs(clock, 1.0))).equals(
        ([2.0, 2.0], [1.0, 1.0]), because="it may be left out"
    )
    expect(sorted(set(paired(None)[0]))).equals(
        ["ab", "ba"], because="then too it is drawn for each pair who goes first"
    )


@step("p-value")
def test_six_of_six_on_one_side(expect, rng):
    ratios = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    expect(benchmarking.p_value_of(ratios, 4000, rng)).between(
        0.021, 0.043, because="of 64 ways to flip six signs, 2 are as one-sided: 0.031"
    )
    expect(benchmarking.p_value_of(-ratios, 4000, rng)).between(
        0.021, 0.043, because="it is the same the other way round"
    )


@step("p-value")
def test_it_is_never_nothing(expect, rng):
    expect(benchmarking.p_value_of(np.linspace(0.1, 0.2, 40), 199, rng)).equals(
        0.005, because="what was seen is one of 200 ways, and the only one of its kind"
    )


@step("p-value")
def test_balanced_pairs_say_nothing(expect, rng):
    expect(benchmarking.p_value_of(np.array([0.1, -0.2]), 50, rng)).equals(
        1.0, because="every flip is as far from 0 as 1 - 2"
    )


@step("p-value")
def test_an_outlier_counts_by_its_rank(expect, rng):
    ratios = np.array([5.0, -0.1, -0.2, -0.3, -0.4, -0.5])
    expect(benchmarking.p_value_of(ratios, 4000, rng)).between(
        0.40, 0.48, because="28 of the 64 ways are as far from 0 as 6 - 15, whatever the 5.0 is"
    )


@step("compare")
def test_the_decision(expect):
    cases = [(0.2, 0.05, 1.5), (0.01, 0.05, 1.5), (0.01, 0.05, 0.9), (0.05, 0.05, 1.1),
             (0.04, 0.01, 2.0), (0.15, 0.2, 0.5), (0.01, 0.05, 1.0), (0.5, 0.05, 0.7)]  # fmt: skip
    expect([benchmarking.decided(*case) for case in cases]).equals(
        ["undecided", "faster", "slower", "faster", "undecided", "slower", "slower", "undecided"],
        because="above alpha nothing is decided, else a speedup above 1 is faster",
    )


@step("compare")
def test_twice_as_fast(expect, rng):
    result = benchmarking.compare([2.0] * 9, [1.0] * 9, generator=rng)
    expect(result.speedup).equals(2.0, because="each pair is 2 seconds to 1")
    expect((result.low, result.high)).equals((2.0, 2.0), because="no pair says anything else")
    expect(result.decision).equals("faster", because="nine of nine pairs say so")
    expect(result.alpha).equals(0.05, because="it keeps the alpha it decided by")


@step("compare")
def test_pairs_belong_together(expect, rng):
    baseline = [1.0, 1.4, 1.1, 1.7, 1.2, 1.5, 1.3, 1.6]
    ratios = [1.25, 1.5, 3.0, 1.1, 2.0, 1.2, 1.6, 1.8]
    result = benchmarking.compare(baseline, np.divide(baseline, ratios), generator=rng)
    expect(result.speedup).equals(
        1.5491933, because="the middle two ratios are 1.5 and 1.6, and the middle of their logs is"
    )
    expect(result.low).between(1.05, 1.5, because="the interval begins below the speedup")
    expect(result.high).between(1.6, 3.05, because="it ends above")
    expect(result.p_value).between(
        0.0, 0.03, because="8 of 8 pairs on one side are 2 of 256 ways to flip them"
    )


@step("compare")
def test_an_outlier_does_not_move_the_interval(expect, rng):
    result = benchmarking.compare([2.0] * 8 + [64.0], [1.0] * 9, generator=rng)
    expect((result.low, result.high)).equals(
        (2.0, 2.0), because="the median of nine is 2, unless five of them are drawn as the 64"
    )


@step("compare")
def test_alpha_and_resamples_are_used(expect, rng):
    ratios = np.exp([-0.05, 0.02, 0.06, -0.01, 0.07, 0.03, 0.08, 0.09, -0.04])
    baseline = np.linspace(1.0, 2.0, 9)
    shy, bold = (
        benchmarking.compare(baseline, baseline / ratios, alpha, generator=rng)
        for alpha in (0.05, 0.3)
    )
    expect(shy.p_value).between(0.06, 0.26, because="3 of 9 pairs say slower, with small ranks")
    expect((shy.decision, bold.decision)).equals(
        ("undecided", "faster"), because="that is too often for alpha 0.05, and not for 0.3"
    )
    expect(bold.high - bold.low < shy.high - shy.low).equals(
        True, because="an interval that may miss in 30 % is narrower"
    )
    few = benchmarking.compare(np.linspace(2.0, 3.0, 40), np.ones(40), resamples=99, generator=rng)
    expect(few.p_value).equals(0.01, because="1 of 100 is the least that 99 resamples can say")


@step("compare")
def test_a_comparison_repeats_itself(expect, rng):
    baseline, candidate = np.exp(rng.normal(0, 0.1, (2, 30)))
    first, second, third = (
        benchmarking.compare(
            baseline, candidate, resamples=200, generator=np.random.default_rng(seed)
        )
        for seed in (1, 1, 2)
    )
    expect(first == second).equals(True, because="two generators of one seed draw alike")
    expect(first == third).equals(False, because="another seed draws otherwise")
    again = [benchmarking.compare(baseline, candidate, resamples=50) for _ in range(2)]
    expect(again[0] == again[1]).equals(
        True, because="without a generator, equal samples give equal answers"
    )


@step("false-alarms")
def test_every_decision_is_a_false_alarm(expect):
    drawn = iter([1, 1, 1, 2, 3, 1, 2, 2, 5, 5, 1, 4, 6, 6, 7, 7])

    def decide(baseline, candidate):
        if baseline == candidate:
            return "undecided"
        return "faster" if baseline > candidate else "slower"

    expect(benchmarking.false_alarm_rate(decide, lambda: [next(drawn)], 8)).equals(
        0.375, because="in 3 of 8 experiments two draws of the same were told apart"
    )


@step("false-alarms")
def test_both_arms_are_drawn_anew(expect):
    drawn = []

    def times():
        drawn.append(len(drawn))
        return drawn[-1:]

    seen = []

    def decide(baseline, candidate):
        seen.append((baseline[0], candidate[0]))
        return "undecided"

    expect(benchmarking.false_alarm_rate(decide, times)).equals(0.0, because="nothing was decided")
    expect(len(set(drawn)) - len({each for pair in seen for each in pair})).equals(
        0, because="every draw is used once"
    )
    expect(len(seen)).equals(200, because="200 experiments are made unless told otherwise")
    expect(len(drawn)).equals(400, because="each draws its own two arms")


@step("false-alarms")
def test_a_rule_that_cries_wolf(expect, rng):
    def one_percent(baseline, candidate):
        ratio = np.mean(baseline) / np.mean(candidate)
        return "faster" if ratio > 1.01 else "slower" if ratio < 1 / 1.01 else "undecided"

    expect(benchmarking.false_alarm_rate(one_percent, lambda: noisy(rng), 300)).between(
        0.80, 1.0, because="means of the same code differ by 1 % in nine of ten experiments"
    )


def noisy(rng, count=30):
    """5 % noise, and one time in twenty something else runs on the machine."""
    times = np.exp(rng.normal(0, 0.05, count))
    return times * np.where(rng.random(count) < 0.05, rng.uniform(1, 5, count), 1)


@step("single-stream")
def test_one_query_after_the_other(expect):
    clock, seen = Clock(), []
    work = costs(clock, 3.0, 1.0, 2.0)

    def query(sample):
        seen.append(sample)
        work()

    result = benchmarking.single_stream(query, ["a", "b", "c"], clock)
    expect(result.latencies).equals(
        np.array([3.0, 1.0, 2.0]), because="each has its own time, in the order they were sent"
    )
    expect(result.seconds).equals(6.0, because="from the first question to the last answer")
    expect(result.samples).equals(3, because="three were answered")
    expect(seen).equals(["a", "b", "c"], because="each sample is sent once, by itself")
    expect(result.scenario).equals("single-stream", because="that is its name in a report")


@step("single-stream")
def test_the_throughput_of_a_single_stream(expect):
    clock = Clock()
    result = benchmarking.single_stream(costs(clock, 0.5), range(8), clock)
    expect(result.throughput).equals(2.0, because="8 answers in 4 seconds")


@step("offline")
def test_batches_and_a_rest(expect):
    clock, seen = Clock(), []
    work = costs(clock, 2.0, 3.0, 1.0)

    def query(batch):
        seen.append(batch)
        work()

    result = benchmarking.offline(query, [1, 2, 3, 4, 5, 6, 7], 3, clock)
    expect(seen).equals([[1, 2, 3], [4, 5, 6], [7]], because="7 samples are two batches and a rest")
    expect(result.latencies).equals(
        np.array([2.0, 5.0, 6.0]),
        because="all arrived at the start, so each waits for those before",
    )
    expect(result.seconds).equals(6.0, because="the last answer came after 6 seconds")


@step("offline")
def test_samples_are_counted_and_not_batches(expect):
    clock = Clock()
    result = benchmarking.offline(costs(clock, 0.5), range(10), 4, clock)
    expect(result.samples).equals(10, because="ten samples were answered")
    expect(result.throughput).equals(10 / 1.5, because="10 samples in three batches of 0.5 seconds")
    expect(result.scenario).equals("offline", because="that is its name in a report")


@step("offline")
def test_one_batch_may_hold_all(expect):
    clock = Clock()
    result = benchmarking.offline(costs(clock, 2.0), range(3), 64, clock)
    expect(result.latencies).equals(np.array([2.0]), because="three samples fit into one batch")
    single = benchmarking.offline(costs(clock, 2.0), range(3), 1, clock)
    expect(single.latencies).equals(
        np.array([2.0, 4.0, 6.0]), because="a batch may have one sample"
    )


@step("offline")
def test_the_seconds_are_the_last_latency(expect):
    clock = Clock(tick=1.0)
    result = benchmarking.offline(costs(clock, 2.0), range(4), 2, clock)
    expect(result.latencies).equals(
        np.array([3.0, 6.0]), because="each look takes a second here, one behind each batch"
    )
    expect(result.seconds).equals(6.0, because="the last answer was there with the last look")


@step("arrivals")
def test_as_many_as_asked_for_in_order(expect, rng):
    arrivals = benchmarking.poisson_arrivals(50.0, 500, rng)
    expect(arrivals.shape).equals((500,), because="500 users ask")
    expect(bool(np.all(np.diff(arrivals, prepend=0.0) > 0))).equals(
        True, because="each comes after the one before, and the first after the start"
    )


@step("arrivals")
def test_gaps_are_exponential(expect, rng):
    gaps = np.diff(benchmarking.poisson_arrivals(50.0, 10_000, rng), prepend=0.0)
    expect(50 * gaps.mean()).between(0.93, 1.07, because="50 a second are 0.02 seconds apart")
    expect(50 * gaps.std()).between(
        0.9, 1.1, because="the gaps of an exponential wander by as much as their mean"
    )
    expect(float(np.mean(50 * gaps < 0.1))).between(
        0.08, 0.11, because="9.5 % of the gaps are shorter than a tenth of the mean"
    )
    expect(float(np.mean(50 * gaps > 3.0))).between(
        0.038, 0.062, because="5 % are longer than three times the mean"
    )


@step("arrivals")
def test_each_gap_is_drawn_by_itself(expect, rng):
    gaps = np.diff(benchmarking.poisson_arrivals(50.0, 2000, rng))
    expect(float(np.mean(gaps[1:] > gaps[:-1]))).between(
        0.42, 0.58, because="a gap is longer than the one before it about every second time"
    )
    last = [benchmarking.poisson_arrivals(4.0, 4, rng)[-1] for _ in range(300)]
    expect(float(np.mean(np.array(last) > 1.0))).between(
        0.30, 0.57, because="four at 4 a second: in 43 % of all runs the last comes after a second"
    )


@step("arrivals")
def test_the_generator_draws_the_users(expect):
    first, second, third = (
        benchmarking.poisson_arrivals(2.0, 5, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    expect(first).equals(second, because="two generators of one seed draw alike")
    expect(bool(np.any(first == third))).equals(False, because="another seed draws other users")


@step("serve")
def test_users_come_when_they_like(expect):
    clock, waits = Clock(), []

    def wait(seconds):
        waits.append(seconds)
        clock.advance(seconds)

    arrivals = np.array([1.0, 2.0, 2.5, 6.0])
    latencies, waiting = benchmarking.serve(
        costs(clock, 0.5, 2.0, 1.0, 0.75), "abcd", arrivals, clock, wait
    )
    expect(latencies).equals(
        np.array([0.5, 2.0, 2.5, 0.75]),
        because="the third came at 2.5, while the second was served until 4, and was done at 5",
    )
    expect(waiting).equals(
        np.array([0.0, 0.0, 1.5, 0.0]),
        because="of its 2.5 seconds the third spent 1.5 in the queue",
    )
    expect(waits).equals([1.0, 0.5, 1.0], because="the system waits for a user who isn't there yet")


@step("serve")
def test_queries_go_in_order(expect):
    clock, seen = Clock(), []

    def query(sample):
        seen.append((sample, clock() - 100.0))

    arrivals = np.array([0.5, 0.75])
    expect(benchmarking.serve(query, ["a", "b"], arrivals, clock, clock.advance)).equals(
        (np.zeros(2), np.zeros(2)), because="each is answered at once, and nobody waits"
    )
    expect(seen).equals([("a", 0.5), ("b", 0.75)], because="each is sent when its user came")


@step("serve")
def test_one_stall_makes_all_behind_it_late(expect):
    clock = Clock()
    arrivals = np.arange(60) / 10
    query = costs(clock, *[0.01] * 20, 2.0, *[0.01] * 39)
    latencies, waiting = benchmarking.serve(query, range(60), arrivals, clock, clock.advance)
    expect(float(latencies[30])).equals(
        1.1, because="who came a second into the stall waits for the other second, and for ten more"
    )
    expect(float((latencies - waiting)[30])).equals(0.01, because="the work itself was quick")
    expect(int(np.sum(latencies > 0.05))).equals(
        22, because="the stall is met by twenty who came in it, and by one behind them"
    )


@step("serve")
def test_a_wait_that_wakes_late_counts(expect):
    clock = Clock()
    latencies, waiting = benchmarking.serve(
        costs(clock, 1.0), [0, 1], np.array([1.0, 4.0]), clock, lambda s: clock.advance(s + 0.25)
    )
    expect(latencies).equals(
        np.array([1.25, 1.25]), because="a user feels the quarter second by which they were missed"
    )
    expect(waiting).equals(np.array([0.25, 0.25]), because="it was spent before the work began")


@step("verdict")
def test_none_late_of_many(expect):
    expect(benchmarking.bound_verdict(0, 1000, 99)).equals(
        "met", because="at the edge 10 of 1000 would be late, and none in 4 of 100,000 runs"
    )
    expect(benchmarking.bound_verdict(30, 1000, 99)).equals(
        "missed", because="at the edge 30 or more would be late in one of 4.9 million runs"
    )
    expect(benchmarking.bound_verdict(10, 1000, 99)).equals(
        "undecided", because="10 of 1000 are what the edge itself would have"
    )


@step("verdict")
def test_twenty_queries_say_nothing_of_a_p99(expect):
    expect(benchmarking.bound_verdict(0, 20, 99)).equals(
        "undecided", because="a system at the edge has none late of 20 in 82 % of all runs"
    )
    expect([benchmarking.bound_verdict(0, n, 99) for n in (298, 299)]).equals(
        ["undecided", "met"], because="0.99 to the 299 is the first power below 5 %"
    )


@step("verdict")
def test_five_coins(expect):
    expect([benchmarking.bound_verdict(late, 5, 50) for late in range(6)]).equals(
        ["met", "undecided", "undecided", "undecided", "undecided", "missed"],
        because="five of five are one way in 32; four or more are six",
    )


@step("verdict")
def test_alpha_says_how_sure(expect):
    expect([benchmarking.bound_verdict(late, 5, 50, 0.01) for late in (0, 5)]).equals(
        ["undecided", "undecided"], because="one in 32 is more than 1 %"
    )
    expect([benchmarking.bound_verdict(late, 5, 50, 0.2) for late in (1, 4)]).equals(
        ["met", "missed"], because="six in 32 are 0.19"
    )


@step("verdict")
def test_a_chance_of_alpha_itself_is_allowed(expect):
    expect([benchmarking.bound_verdict(late, 1, 50, 0.5) for late in (0, 1)]).equals(
        ["met", "missed"], because="one coin falls on either side in half of all runs"
    )


@step("verdict")
def test_a_tail_may_be_a_tenth_of_a_percent(expect):
    expect([benchmarking.bound_verdict(0, n, 99.9) for n in (2000, 3000)]).equals(
        ["undecided", "met"],
        because="0.999 to the 2,000 is 14 %, to the 3,000 is 5.0 %, below alpha",
    )


@step("verdict")
def test_through_the_server_scenario(expect):
    clock = Clock()
    result = benchmarking.server(
        costs(clock, 0.02), range(150), 100.0, 0.1, 99, clock, clock.advance
    )
    expect(result.verdict).equals("missed", because="50 a second can't answer 100 a second")
    expect(result.throughput).between(48, 51, because="it works without a pause, at its own rate")
    expect(float(result.latencies[-1])).between(
        1.0, 2.0, because="each second leaves 50 more in the queue"
    )


@step("queries")
def test_the_table_of_mlperf(expect):
    expect([benchmarking.queries_needed(percent) for percent in (90, 95, 99)]).equals(
        [23886, 50425, 262742], because="these are the numbers that MLPerf's rules print"
    )


@step("queries")
def test_less_sure_needs_fewer(expect):
    expect(benchmarking.queries_needed(99, 0.95)).equals(
        152122, because="at 95 % z is 1.96, and z² is 0.58 of what it was at 99 %"
    )
    expect(benchmarking.queries_needed(50, 0.9)).equals(
        1082, because="a median to a twentieth of one half: 1.645² · 400"
    )


def flops(function, *inputs):
    """The FLOPs of the first operation that the function calls."""
    return benchmarking.call_flops(benchmarking.trace(function, *inputs)[0])


@step("flops")
def test_a_matrix_product(expect):
    b = floats(4, 6)
    expect(flops(lambda x: x.matmul(b), floats(5, 3, 4))).equals(
        720, because="each of 5 · 3 · 6 outputs adds up 4 products"
    )


@step("flops")
def test_a_layer_with_and_without_a_bias(expect):
    expect(flops(Linear(7, 3), floats(5, 7))).equals(
        225, because="15 outputs of 7 products each, and a bias for each"
    )
    expect(flops(Linear(7, 3, bias=False), floats(5, 7))).equals(
        210, because="15 outputs of 7 products each"
    )


@step("flops")
def test_a_convolution(expect):
    images = floats(2, 3, 6, 7)
    expect(flops(Conv2d(3, 4, 2), images)).equals(
        6000, because="2 · 4 · 5 · 6 outputs meet 3 · 2 · 2 weights each, and a bias"
    )


@step("flops")
def test_reductions_cost_what_they_read(expect):
    x = floats(8, 10)
    found = [flops(function, x) for function in
             (lambda x: x.sum(dim=1), lambda x: x.mean(dim=0), lambda x: x.max())]  # fmt: skip
    expect(found).equals([80, 80, 80], because="each of 80 numbers is taken once")
    images = floats(1, 2, 4, 6)
    found = [flops(lambda x: max_pool2d(x, 2), images), flops(lambda x: avg_pool2d(x, 2), images)]
    expect(found).equals([48, 48], because="pooling reads 48 numbers and writes 12")


@step("flops")
def test_looking_and_moving_cost_nothing(expect):
    x = floats(2, 3, 4, 4)
    found = [
        flops(function, x)
        for function in (
            lambda x: x.reshape(6, 16),
            lambda x: x[1:],
            lambda x: x.transpose(0, 1),
            lambda x: pad2d(x, 1),
            lambda x: im2col(x, 2),
        )
    ]
    expect(found).equals([0, 0, 0, 0, 0], because="nothing is added or multiplied")


@step("flops")
def test_all_else_costs_what_it_writes(expect):
    row = floats(1, 5)
    expect(flops(lambda x: x + row, floats(3, 1))).equals(
        15, because="a column and a row make 15 sums"
    )
    found = [flops(function, floats(4, 6)) for function in (relu, lambda x: softmax(x, 1))]
    expect(found).equals([24, 24], because="one for each number that is written, by convention")


@step("work")
def test_the_work_of_a_product(expect):
    b = floats(4, 6)
    work = benchmarking.count_work(lambda x: x.matmul(b), floats(5, 3, 4))
    expect(work.flops).equals(720, because="90 outputs add up 4 products each")
    expect(work.nbytes).equals(696, because="60 + 24 numbers are read and 90 written, 4 bytes each")


@step("work")
def test_operations_add_up(expect):
    x = floats(8, 10)
    work = benchmarking.count_work(lambda x: (x + x).sum(dim=1), x)
    expect(work.flops).equals(160, because="80 sums, and 80 numbers summed up")
    expect(work.nbytes).equals(
        1312, because="80 + 80 read and 80 written, then 80 read and 8 written: 328 numbers"
    )


@step("work")
def test_operands_by_name_are_read_too(expect):
    weight, bias, seen = floats(6, 4), floats(6), []

    def function(x):
        seen.append(len(seen))
        return linear(x, weight, bias=bias)

    work = benchmarking.count_work(function, floats(5, 4))
    expect(work.nbytes).equals(
        320, because="20 + 24 + 6 numbers are read and 30 written, 4 bytes each"
    )
    expect(len(seen)).equals(1, because="one run is enough to write down what it calls")


@step("work")
def test_a_view_moves_nothing(expect):
    work = benchmarking.count_work(lambda x: x.reshape(10, 8).transpose(0, 1)[1:], floats(8, 10))
    expect((work.flops, work.nbytes)).equals((0, 0), because="the numbers stay where they are")
    padded = benchmarking.count_work(lambda x: pad2d(x, 1), floats(1, 1, 2, 3))
    expect((padded.flops, padded.nbytes)).equals(
        (0, 104), because="padding computes nothing, and moves 6 numbers into 20"
    )


@step("work")
def test_bytes_are_those_of_the_dtype(expect):
    x = Tensor(np.ones((3, 4)))
    work = benchmarking.count_work(lambda x, y: x * y, x, x)
    expect((work.flops, work.nbytes)).equals(
        (12, 288), because="36 numbers of float64 have 8 bytes each"
    )


@step("work")
def test_the_work_of_a_network(expect):
    work = benchmarking.count_work(MLP((10, 7, 3)), floats(5, 10))
    expect(work.flops).equals(995, because="5 · (147 + 7 + 45): a linear layer, relu, another one")
    expect(work.nbytes).equals(
        1224, because="162 numbers for the first layer, 70 for relu and 74 for the second"
    )


@step("roofline")
def test_the_slope(expect):
    machine = benchmarking.Machine(peak=100.25, bandwidth=20.5)
    expect([benchmarking.roofline(x, machine) for x in (0.25, 2.0)]).equals(
        [5.125, 41.0], because="20.5 bytes a second bring 0.25 or 2 FLOPs each"
    )


@step("roofline")
def test_the_roof(expect):
    machine = benchmarking.Machine(peak=100e9, bandwidth=20e9)
    expect([benchmarking.roofline(x, machine) for x in (5.0, 80.0)]).equals(
        [100e9, 100e9], because="beyond 5 FLOPs a byte, arithmetic is the limit"
    )
    expect(benchmarking.roofline(0.0, machine)).equals(0.0, because="no FLOPs, none a second")


@step("machine")
def test_peak_and_bandwidth(expect):
    machine = benchmarking.measure_machine(32, 4096, 2, Clock(tick=0.5))
    expect(machine.peak).equals(
        131072.0, because="a product of 32 × 32 is 2 · 32³ FLOPs, and took half a second"
    )
    expect(machine.bandwidth).equals(
        8192.0, because="2048 bytes were read and 2048 written in half a second"
    )


@step("machine")
def test_the_best_run_counts(expect):
    ticks = iter([0.0, 4.0, 10.0, 12.0, 20.0, 23.0, 30.0, 38.0, 40.0, 44.0, 50.0, 55.0, 60.0])
    machine = benchmarking.measure_machine(16, 800, 3, lambda: next(ticks))
    expect((machine.peak, machine.bandwidth)).equals(
        (4096.0, 200.0),
        because="the products took 4, 2 and 3 seconds, and then the copies 8, 4 and 5",
    )


@step("machine")
def test_one_sample_is_enough(expect):
    machine = benchmarking.measure_machine(8, 160, 1, Clock(tick=1.0))
    expect((machine.peak, machine.bandwidth)).equals((1024.0, 160.0), because="both took a second")


@step("machine")
def test_the_product_is_of_float32(expect):
    tracemalloc.start()
    benchmarking.measure_machine(256, 64, 1, Clock(tick=1.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expect(peak / (4 * 256 * 256)).between(
        1.9, 3.5, because="one or two matrices and their product have 4 bytes a number"
    )


@step("machine")
def test_one_array_is_copied_into_another(expect):
    tracemalloc.start()
    benchmarking.measure_machine(8, 1 << 20, 1, Clock(tick=1.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expect(peak / (1 << 20)).between(
        0.98, 1.4, because="source and target have a million bytes together"
    )


@step("peak-memory")
def test_the_most_at_one_time(expect):
    def two_then_three_then_one():
        np.zeros(200_000, np.uint8)
        kept = np.zeros(300_000, np.uint8)
        del kept
        np.zeros(100_000, np.uint8)

    expect(benchmarking.peak_memory(two_then_three_then_one)).between(
        300_000, 306_000, because="each array is let go before the next comes"
    )


@step("peak-memory")
def test_arrays_that_live_together_add_up(expect):
    sizes = (200_000, 300_000)
    found = benchmarking.peak_memory(lambda: [np.zeros(size, np.uint8) for size in sizes])
    expect(found).between(500_000, 506_000, because="the first is still held when the second comes")


@step("peak-memory")
def test_what_was_there_before_does_not_count(expect):
    tracemalloc.start()
    held = np.zeros(900_000, np.uint8)
    np.zeros(800_000, np.uint8)
    expect(benchmarking.peak_memory(lambda: np.zeros(100_000, np.uint8))).between(
        100_000, 106_000, because="only what the function takes is asked for"
    )
    counted, _ = tracemalloc.get_traced_memory()
    expect(tracemalloc.is_tracing()).equals(
        True, because="who was counting before goes on counting"
    )
    expect(len(held)).equals(900_000, because="it is held all the time")
    expect(counted).between(900_000, 1_000_000, because="and whoever counts it goes on seeing it")
    tracemalloc.stop()


@step("peak-memory")
def test_the_function_is_called_once(expect):
    calls, kept = 0, None

    def keep():
        nonlocal calls, kept
        calls += 1
        kept = np.zeros(100_000, np.uint8)

    found = benchmarking.peak_memory(keep)
    expect(found).between(100_000, 106_000, because="what it leaves behind was held too")
    expect(len(kept)).equals(100_000, because="it is there still")
    expect(calls).equals(1, because="it is called once")
    expect(tracemalloc.is_tracing()).equals(False, because="nobody was counting before")


@step("peak-memory")
def test_an_error_ends_the_counting_too(expect):
    expect.raises(
        ZeroDivisionError, benchmarking.peak_memory, lambda: 1 / 0, because="the error is told"
    )
    expect(tracemalloc.is_tracing()).equals(False, because="counting makes all that follows slow")


class Device:
    """Takes orders in 0.25 seconds each, and works them off one after the other by itself."""

    def __init__(self, clock, *seconds):
        self.clock, self.left, self.free, self.work = clock, list(seconds), 0.0, seconds[-1]
        self.waited = 0

    def launch(self):
        self.clock.advance(0.25)
        seconds = self.left.pop(0) if self.left else self.work
        self.free = max(self.clock.now, self.free) + seconds
        return f"order {len(self.left)}"

    def synchronize(self):
        self.waited += 1
        self.clock.now = max(self.clock.now, self.free)


@step("claim-launch")
def test_the_work_and_not_the_order(expect):
    clock = Clock()
    device = Device(clock, 4.0)
    timer = benchmarking.Timer(repeats=3, warmup=1, clock=clock)
    expect(benchmarking.device_times(device.launch, device.synchronize, timer)).equals(
        [4.25, 4.25, 4.25], because="the device takes the order in 0.25 seconds, and works for 4"
    )


@step("claim-launch")
def test_each_sample_has_its_own_work(expect):
    clock = Clock()
    device = Device(clock, 9.0, 2.0, 5.0, 3.0)
    timer = benchmarking.Timer(repeats=3, warmup=1, clock=clock)
    expect(benchmarking.device_times(device.launch, device.synchronize, timer)).equals(
        [2.25, 5.25, 3.25], because="the warm-up's 9 seconds are over before the first sample"
    )
    expect(timer.samples).equals([2.25, 5.25, 3.25], because="the timer keeps them")


@step("claim-launch")
def test_each_order_is_waited_for(expect):
    clock = Clock()
    device = Device(clock, 4.0)
    timer = benchmarking.Timer(repeats=6, warmup=2, clock=clock)
    benchmarking.device_times(device.launch, device.synchronize, timer)
    expect(device.waited).between(
        8, 10, because="two orders warm up and six are timed, and each has work to wait for"
    )


class Remembers:
    """Works 3 seconds for an input that it hasn't seen, and a sixteenth of one where it has."""

    def __init__(self, clock):
        self.clock, self.seen, self.asked = clock, set(), []

    def __call__(self, value):
        self.clock.advance(0.0625 if value in self.seen else 3.0)
        self.seen.add(value)
        self.asked.append(value)


@step("claim-again")
def test_no_answer_comes_from_the_cache(expect):
    clock = Clock()
    answer = Remembers(clock)
    timer = benchmarking.Timer(repeats=4, warmup=2, clock=clock)
    expect(benchmarking.fresh_times(answer, list("abcdefgh"), timer)).equals(
        [3.0, 3.0, 3.0, 3.0], because="each of the calls has the work to do"
    )
    expect(len(answer.asked)).equals(6, because="2 calls warm up and 4 are timed")
    expect(len(answer.seen)).equals(6, because="no input came twice, the warm-up's neither")


@step("claim-again")
def test_every_call_of_a_sample_is_fresh(expect):
    clock = Clock()
    timer = benchmarking.Timer(repeats=2, warmup=1, calls=3, clock=clock)
    expect(benchmarking.fresh_times(Remembers(clock), range(7), timer)).equals(
        [3.0, 3.0], because="2 samples of 3 calls and a warm-up meet seven inputs"
    )


@step("claim-best")
def test_the_winner_is_measured_anew(expect):
    clock = Clock()
    variants = {
        "steady": costs(clock, 4.0),
        "lucky": costs(clock, 3.0, 3.0, 3.0, 5.0),
        "slow": costs(clock, 7.0),
    }
    timer = benchmarking.Timer(repeats=3, warmup=0, clock=clock)
    expect(benchmarking.fastest(variants, timer)).equals(
        ("lucky", 5.0), because="it won with 3 seconds, and takes 5 when it is asked again"
    )


@step("claim-best")
def test_the_median_chooses_and_the_median_is_told(expect):
    clock = Clock()
    variants = {
        "b": costs(clock, 1.0, 9.0, 9.0, 9.0),
        "c": costs(clock, 4.0, 4.0, 5.0, 8.0, 6.0, 7.0),
        "a": costs(clock, 6.0),
    }
    timer = benchmarking.Timer(repeats=3, warmup=0, clock=clock)
    expect(benchmarking.fastest(variants, timer)).equals(
        ("c", 7.0), because="medians of 9, 4 and 6 choose c; again it took 8, 6 and 7"
    )


@step("claim-best")
def test_one_slow_sample_loses_nothing(expect):
    clock = Clock()
    variants = {"even": costs(clock, 4.0), "once slow": costs(clock, 90.0, 3.0)}
    timer = benchmarking.Timer(repeats=3, warmup=0, clock=clock)
    expect(benchmarking.fastest(variants, timer)).equals(
        ("once slow", 3.0), because="a median of 3 beats one of 4; the mean would be 32"
    )


@step("claim-best")
def test_only_the_winner_is_measured_twice(expect):
    clock = Clock()
    variants = {
        "first": costs(clock, 2.0, 2.0, 2.0, 6.0),
        "second": costs(clock, 3.0, 3.0, 3.0, 1.0),
    }
    timer = benchmarking.Timer(repeats=3, warmup=0, clock=clock)
    expect(benchmarking.fastest(variants, timer)).equals(
        ("first", 6.0), because="who has won is asked once more, and that answer stands"
    )


@step("claim-mean")
def test_all_samples_together(expect):
    groups = [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [100.0, 300.0]]
    expect(benchmarking.pooled_percentile(groups, 50)).equals(
        5.5, because="the middle of all ten lies between 5 and 6"
    )
    expect(benchmarking.pooled_percentile(groups, 90)).equals(
        120.0, because="of ten, position 8.1 lies a tenth of the way from 100 to 300"
    )
    expect(groups).equals(
        [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [100.0, 300.0]],
        because="the groups stay as they are",
    )


@step("claim-mean")
def test_groups_are_arrays_too(expect):
    groups = [np.array([9.0, 1.0]), np.array([4.0]), np.array([3.0, 2.0])]
    expect(benchmarking.pooled_percentile(groups, 75)).equals(
        4.0, because="in order they are 1, 2, 3, 4 and 9"
    )


@step("claim-mean")
def test_equal_latencies_all_count(expect):
    expect(benchmarking.pooled_percentile([[1.0, 1.0], [1.0, 5.0]], 50)).equals(
        1.0, because="three of the four took a second"
    )


def h100():
    """What NVIDIA's data sheet says of an H100 (SXM), in float32."""
    return benchmarking.Machine(peak=67e12, bandwidth=3.35e12)


def traffic(multiply, n=64):
    """FLOPs, and the bytes that a GPU's warps ask of memory, for a product of n × n."""
    a = np.ones((n, n), np.float32)
    with simulated() as reports:
        multiply(a, a)
    (report,) = reports
    return benchmarking.Work(2 * n**3, 32 * report.total("global").sectors)


@step("naive-tiled")
def test_what_tiling_saves(expect):
    naive, tiled = traffic(gpu.naive_matmul), traffic(gpu.tiled_matmul)
    roofs = [benchmarking.roofline(work.intensity, h100()) for work in (naive, tiled)]
    expect(roofs[1] / roofs[0]).between(
        3.5, 12.0, because="a tile is loaded once for a whole block, and bytes are the limit"
    )
    expect(roofs[1] / h100().peak).between(0.01, 0.99, because="neither reaches the roof")
    expect((naive.flops, tiled.flops)).equals(
        (524288, 524288), because="both multiply and add the same numbers"
    )
    expect(naive.nbytes / tiled.nbytes).between(
        3.5, 12.0, because="fewer bytes were asked for, for the same FLOPs"
    )


PIXELS = {"MLP": (64,), "LeNet": (1, 8, 8)}


class Modelled:
    """A network on a machine that does what its roofline allows, 20 microseconds after a call."""

    def __init__(self, name, clock):
        self.name, self.clock = name, clock
        self.model = MLP((64, 128, 10)) if name == "MLP" else LeNet(8).eval()
        self.seconds = {}

    def work(self, images):
        return benchmarking.count_work(self.model, floats(images, *PIXELS[self.name]))

    def __call__(self, images=1):
        """Answer so many images at once."""
        if images not in self.seconds:
            work = self.work(images)
            rate = benchmarking.roofline(work.intensity, machine())
            self.seconds[images] = 20e-6 + work.flops / rate
        self.clock.advance(self.seconds[images])


def machine():
    """A small machine: 50 GFLOP/s, and 10 GB a second."""
    return benchmarking.Machine(peak=50e9, bandwidth=10e9)


def both():
    clock = Clock()
    return Modelled("MLP", clock), Modelled("LeNet", clock), clock


@step("mlp-lenet")
def test_the_work_of_one_image(expect):
    found = {network.name: network.work(1) for network in both()[:2]}
    expect({name: (work.flops, work.nbytes) for name, work in found.items()}).equals(
        {"MLP": (19210, 40784), "LeNet": (74098, 94096)},
        because="two layers and relu, beside two convolutions, two poolings and three layers",
    )


@step("mlp-lenet")
def test_a_batch_makes_the_weights_pay(expect):
    mlp, lenet, _ = both()
    expect([mlp.work(1).intensity, mlp.work(64).intensity]).equals(
        [0.4710181, 6.5237509], because="64 images share one reading of the weights"
    )
    expect([lenet.work(1).intensity, lenet.work(64).intensity]).equals(
        [0.7874724, 4.5418145], because="its images in between are read and written too"
    )


@step("mlp-lenet")
def test_side_by_side(expect, rng):
    mlp, lenet, clock = both()

    def noisily(network):
        def run():
            start = clock.now
            network()
            clock.advance((clock.now - start) * (noisy(rng, 1)[0] - 1))

        return run

    timer = benchmarking.Timer(repeats=60, clock=clock)
    result = benchmarking.compare(*timer.measure_pairs(noisily(lenet), noisily(mlp), rng))
    expect(result.decision).equals("faster", because="the MLP needs 24 microseconds, LeNet 29")
    expect(result.speedup).between(
        1.15, 1.30, because="3.9 times the FLOPs are 1.2 times the time, for one image at a time"
    )


@step("mlp-lenet")
def test_the_three_scenarios(expect):
    rows, met = {}, []
    for network in both()[:2]:
        single = benchmarking.single_stream(lambda _, run=network: run(), range(200), network.clock)
        offline = benchmarking.offline(
            lambda batch, run=network: run(len(batch)), range(640), 64, network.clock
        )
        rows[network.name] = {"one": single.throughput, "batches": offline.throughput}
        for rate in (10_000, 36_000):
            served = benchmarking.server(
                *(lambda _, run=network: run(), range(3000), rate, 0.0008),
                clock=network.clock,
                wait=network.clock.advance,
                generator=np.random.default_rng(0),
            )
            met.append(served.verdict)
    expect([round(row["one"]) for row in rows.values()]).equals(
        [41531, 34003], because="24.1 and 29.4 microseconds an image"
    )
    expect([round(row["batches"]) for row in rows.values()]).equals(
        [1435338, 514413], because="44.6 and 124.4 microseconds for 64 of them"
    )
    expect(met).equals(
        ["met", "met", "met", "missed"],
        because="36,000 a second are more than LeNet's 34,003, so its queue only grows",
    )
    text = str(benchmarking.report("digits", rows))
    expect(text).mentions(
        "MLP", "LeNet", "batches", "cores", because="a report says what was measured, and on what"
    )
