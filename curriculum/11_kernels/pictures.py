"""What a student's kernels move, and what roof they stand under."""

import time

import numpy as np
from matplotlib.figure import Figure

from tinytorch.kernels import cpu, gpu
from tinytorch.kernels.device import cuda
from tinytorch_ls.lesson import Slider, picture
from tinytorch_ls.simulator.cache import Cache
from tinytorch_ls.simulator.simulate import simulated
from tinytorch_ls.simulator.turns import interpreted

_BLUE, _ORANGE, _GREEN, _GREY = "#2563eb", "#ea580c", "#16a34a", "#999999"


def _plain(axes):
    axes.spines[["top", "right"]].set_visible(False)


def _ones(*shape):
    return np.ones(shape, np.float32)


@picture(
    "blocked",
    "How many numbers your tiles fetch, beside a core that holds this many.",
    controls=[Slider("size", "numbers that the core holds", 16, 160, 48, 16)],
)
def draw_fetched(size):
    names = ("your tiles of 4 × 4", "three loops", "each number once")
    fetched = []
    before, cpu.BLOCK = cpu.BLOCK, 4
    for kernel in (cpu.blocked_kernel, _by_rows):
        cache = Cache(int(size))
        matrices = [cache.watch(_ones(12, 12)) for _ in range(3)]
        with interpreted():
            kernel(*matrices)
        fetched.append(cache.fetched)
    cpu.BLOCK = before
    figure = Figure(figsize=(5.2, 2.4))
    axes = figure.subplots()
    bars = axes.barh(names, [*fetched, 3 * 144], color=[_BLUE, _ORANGE, _GREY])
    axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
    axes.set_xlim(0, 2700)
    axes.set_xlabel("numbers fetched, for 12 × 12 matrices")
    axes.invert_yaxis()
    _plain(axes)
    figure.subplots_adjust(left=0.33, right=0.97, bottom=0.22, top=0.97)
    return figure


def _by_rows(a, b, out):
    for i in range(12):
        for j in range(12):
            out[i, j] = sum(a[i, k] * b[k, j] for k in range(12))


@cuda.jit
def _read_every(a, stride, out):
    i = cuda.grid(1)
    out[i] = a[i * stride]


@picture(
    "guard",
    "Where the 32 addresses of a warp fall: each box is a sector of 32 bytes, 8 numbers.",
    controls=[Slider("stride", "numbers from one lane to the next", 1, 8, 2, 1)],
)
def draw_sectors(stride):
    stride = int(stride)
    with simulated() as reports:
        gpu.vector_add_kernel[1, 32](_ones(32), _ones(32), _ones(32))
        _read_every[1, 32](_ones(256), stride, _ones(32))
    figure = Figure(figsize=(5.2, 2.6))
    above, below = figure.subplots(2, 1)
    own, other = (report.on("a")[0].sectors for report in reports)
    _draw_sectors(above, 1, own, "your kernel reads a[i]")
    _draw_sectors(below, stride, other, f"a kernel that reads a[{stride} * i]")
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.82, hspace=1.0)
    return figure


def _draw_sectors(axes, step, sectors, who):
    """256 numbers in a row, those of every step-th lane in colour, with a line between sectors."""
    wanted = [lane * step for lane in range(32)]
    numbers = np.zeros((1, 256))
    for place in wanted:
        numbers[0, place // 8 * 8 : place // 8 * 8 + 8] = 0.35
    numbers[0, wanted] = 1
    axes.imshow(numbers, cmap="Blues", vmin=0, vmax=1.3, aspect="auto", interpolation="nearest")
    axes.vlines(np.arange(0, 257, 8) - 0.5, -0.5, 0.5, color="white", linewidth=1.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(
        f"{who}: 128 bytes wanted,\n{sectors} sectors, {32 * sectors} bytes moved", fontsize=10
    )


@picture("tiled", "What your two products move, line by line: 64 × 64, in sectors of 32 bytes.")
def draw_traffic():
    a, b = _ones(64, 64), _ones(64, 64)
    figure = Figure(figsize=(5.2, 4.8))
    above, below = figure.subplots(2, 1)
    totals, colours = [], {"a": _BLUE, "b": _ORANGE, "out": _GREY}
    for place, kernel in enumerate((gpu.naive_matmul, gpu.tiled_matmul)):
        with simulated() as reports:
            kernel(a, b)
        start = 0
        for name, colour in colours.items():
            moved = sum(each.sectors for each in reports[0].on(name))
            above.barh(place, moved, left=start, color=colour, label=name if place == 0 else None)
            start += moved
        above.text(start + 400, place, f"{start:,}", va="center", fontsize=9)
        totals.append(2 * 64**3 / (32 * start))
    above.set_yticks((0, 1), ("naive", "tiled"))
    above.set_xlim(0, 42_000)
    above.set_xlabel("sectors")
    above.invert_yaxis()
    above.legend(frameon=False, fontsize=9, loc="lower right")
    bars = below.bar(("naive", "tiled", "at its least"), [*totals, 64 / 6], color=_GREEN)
    below.bar_label(bars, fmt="%.2f", fontsize=9)
    below.set_ylabel("FLOPs per byte")
    for axes in (above, below):
        _plain(axes)
    figure.subplots_adjust(left=0.14, right=0.97, bottom=0.07, top=0.98, hspace=0.35)
    return figure


@picture("compiled", "Your kernels under the roof of this machine: 256 × 256 matrices.")
def draw_roofline():
    a, b = (
        np.random.default_rng(seed).normal(size=(256, 256)).astype(np.float32) for seed in (1, 2)
    )
    flops, least = cpu.matmul_work(256, 256, 256)
    kernels = (
        ("outer products", cpu.matmul_vectorized, 2 / 16, _ORANGE),
        ("tiles", cpu.matmul_blocked, 2 * 64 / 16, _BLUE),
        ("all cores", cpu.matmul_parallel, 2 * 64 / 4, _GREEN),
        ("NumPy's @", np.matmul, flops / least, _GREY),
    )
    rates = [flops / _seconds(kernel, a, b) / 1e9 for _, kernel, _, _ in kernels]
    source, copy = np.ones(2**22, np.float32), np.empty(2**22, np.float32)
    bandwidth = 2 * source.nbytes / _seconds(np.copyto, copy, source) / 1e9
    peak = max(rates)
    figure = Figure(figsize=(5.2, 3.8))
    axes = figure.subplots()
    intensities = np.logspace(-4, 9, 60, base=2)
    roof = [cpu.attainable(each, 1, peak, bandwidth) for each in intensities]
    axes.loglog(intensities, roof, color="black", linewidth=1.2)
    for (name, _, intensity, colour), rate in zip(kernels, rates, strict=True):
        axes.plot(intensity, rate, "o", color=colour, label=f"{name}: {rate:.1f} GFLOP/s")
    axes.set_xlabel("FLOPs per byte, as the loops move them")
    axes.set_ylabel("GFLOP/s, measured")
    axes.set_title(
        f"roof: a copy's {bandwidth:.0f} GB/s, and the fastest product seen", fontsize=10
    )
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    _plain(axes)
    figure.subplots_adjust(left=0.14, right=0.97, bottom=0.14, top=0.92)
    return figure


def _seconds(function, *arguments):
    """The shortest of three calls, after one that may compile."""
    function(*arguments)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - began)
    return min(times)


@picture(
    "softmax",
    "Your warp on its way through a row: what each lane holds after so many of its columns.",
    controls=[Slider("turns", "columns of a lane", 1, 4, 1, 1)],
)
def draw_softmax(turns):
    x = np.sin(np.arange(128) * 0.37).astype(np.float32) * 3 + np.arange(128, dtype=np.float32) / 40
    columns = 32 * int(turns)
    with simulated():
        part = gpu.online_softmax(x[None, :columns])[0]
        whole = gpu.online_softmax(x[None])[0]
    figure = Figure(figsize=(5.2, 4.4))
    above, below = figure.subplots(2, 1, sharex=True)
    above.bar(
        range(128), x, color=[_BLUE if place < columns else "#dddddd" for place in range(128)]
    )
    above.axhline(x[:columns].max(), color=_ORANGE, linewidth=1)
    above.set_title(f"{columns} columns: the peak so far is {x[:columns].max():.2f}", fontsize=10)
    below.bar(range(128), whole, color="#dddddd", label="of the whole row")
    below.bar(range(columns), part, color=_BLUE, alpha=0.6, label=f"of the first {columns}")
    below.set_title(f"your softmax; its sum is {part.sum():.4f}", fontsize=10)
    below.legend(frameon=False, fontsize=9)
    for axes in (above, below):
        _plain(axes)
    below.set_xlabel("column")
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.11, top=0.93, hspace=0.25)
    return figure


@picture("training-step", "Your network on the simulated GPU: what each launch moves.")
def draw_launches():
    rng = np.random.default_rng(0)
    x, first, second = (
        rng.normal(size=shape).astype(np.float32) for shape in ((10, 8), (8, 12), (12, 3))
    )
    with simulated() as reports:
        z = gpu.tiled_matmul(x, first)
        hidden = gpu.fused_bias_gelu(z, np.zeros(12, np.float32))
        gpu.online_softmax(gpu.tiled_matmul(hidden, second))
    names = ("x @ W₁", "bias + GELU", "@ W₂", "softmax")
    figure = Figure(figsize=(5.2, 2.8))
    axes = figure.subplots()
    start = np.zeros(4)
    for kind, colour in (("read", _BLUE), ("write", _ORANGE)):
        moved = [
            sum(each.sectors for each in report.traffic if each.kind == kind) for report in reports
        ]
        axes.barh(names, moved, left=start, color=colour, label=kind)
        start += moved
    for place, total in enumerate(start):
        axes.text(total + 0.6, place, f"{total:.0f}", va="center", fontsize=9)
    axes.set_xlabel("sectors of 32 bytes")
    axes.set_xlim(0, 50)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    _plain(axes)
    figure.subplots_adjust(left=0.22, right=0.97, bottom=0.18, top=0.97)
    return figure
