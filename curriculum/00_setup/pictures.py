"""What a student's stopwatch sees."""

import time
from statistics import mean

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from tinytorch import environment
from tinytorch_ls.lesson import picture

_CALLS = 100


def _work():
    return sum(range(20_000))


def _timed():
    """What time_call makes of 100 calls, and the time of each by the clock that it read."""
    shown = []

    def clock():
        shown.append(time.perf_counter())
        return shown[-1]

    median = environment.time_call(_work, repeats=_CALLS, warmup=0, clock=clock)
    calls = zip(shown[::2], shown[1::2], strict=True)  # read before and after each call
    return 1e6 * median, [1e6 * (end - start) for start, end in calls]


@picture("time-call", "100 calls of the same sum, and what your time_call makes of them.")
def draw_time_call():
    """Each call a dot, in the order in which they ran; the first ones were not warmed up."""
    median, times = _timed()
    figure = Figure(figsize=(5.2, 2.7))
    axes = figure.subplots()
    axes.plot(times, ".", color="#2563eb", label="one call")
    axes.axhline(median, color="#ea580c", label="your time_call")
    axes.axhline(mean(times), color="#999999", linestyle="--", label="mean of the dots")
    axes.set_yscale("log", subs=[])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_ylim(min(times) / 2, max(times) * 4)
    axes.set_xlabel("call")
    axes.set_ylabel("microseconds")
    axes.legend(frameon=False, fontsize=9, ncols=3, loc="upper center", columnspacing=1)
    figure.tight_layout()
    return figure
