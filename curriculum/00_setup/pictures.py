"""What a student's stopwatch sees."""

from statistics import mean

from matplotlib.figure import Figure

from tinytorch import environment
from tinytorch_ls.lesson import picture

_CALLS = 100


def _work():
    return sum(range(20_000))


@picture("time-call", "100 calls of the same sum, each timed alone by your time_call.")
def draw_time_call():
    """Each call a dot, in the order in which they ran; the first ones were not warmed up."""
    times = [1e6 * environment.time_call(_work, repeats=1, warmup=0) for _ in range(_CALLS)]
    median = 1e6 * environment.time_call(_work, repeats=_CALLS)
    figure = Figure(figsize=(5.6, 3.0))
    axes = figure.subplots()
    axes.plot(times, ".", color="#2563eb", label="one call")
    axes.axhline(median, color="#ea580c", label="time_call, 100 repeats")
    axes.axhline(mean(times), color="#999999", linestyle="--", label="mean of the dots")
    axes.set_yscale("log")
    axes.set_ylim(min(times) / 2, max(times) * 4)
    axes.set_xlabel("call")
    axes.set_ylabel("microseconds")
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center")
    figure.tight_layout()
    return figure
