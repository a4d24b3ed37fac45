"""How long a picture takes to be drawn again, once a slider was moved or a digit written.

    python tests/benchmarks/drawing.py

Each picture that has controls is drawn with the library's code, as the lesson view asks for it:
with a pause between two drawings, then one at once after the other, as when a slider is dragged.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.runner.client import Picture, Runner, RunRequest

ROUNDS = 20
PAUSE = 0.3  # in seconds
ZERO = [0.5, 0.2, 0.35, 0.35, 0.35, 0.65, 0.5, 0.8, 0.65, 0.65, 0.65, 0.35, 0.5, 0.2]
STEPS = (
    "activations/leaky-relu",
    "activations/softmax",
    "optimizers/descend",
    "training/lenet-1998",
)


async def main() -> None:
    """Draw each and print a table."""
    runner = Runner(read_course(curriculum_folder()))
    await runner.warm()
    print(f"{'milliseconds':24}{'first':>9}{'median':>9}{'95 %':>9}{'dragged':>9}")
    for step in STEPS:
        picture, first = await drawn(runner, step, {}, {})
        paused = [await again(runner, step, picture, n / ROUNDS, PAUSE) for n in range(ROUNDS)]
        dragged = [await again(runner, step, picture, n / ROUNDS, 0) for n in range(ROUNDS)]
        late = statistics.quantiles(paused, n=20)[-1]
        times = (first, statistics.median(paused), late, statistics.median(dragged))
        print(f"{step:24}" + "".join(f"{each:9.0f}" for each in times), flush=True)
    await runner.close()


async def again(runner: Runner, step: str, picture: Picture, part: float, pause: float) -> float:
    """The milliseconds of one more drawing, with sliders so far along their way."""
    await asyncio.sleep(pause)
    values = {s.name: s.least + part * (s.most - s.least) for s in picture.sliders}
    _, took = await drawn(runner, step, values, {pad.name: [ZERO] for pad in picture.pads})
    return took


async def drawn(
    runner: Runner,
    step: str,
    values: Mapping[str, float],
    strokes: Mapping[str, Sequence[Sequence[float]]],
) -> tuple[Picture, float]:
    began = time.perf_counter()
    request = RunRequest(step.partition("/")[0], (step,))
    picture = await runner.picture(request, values, strokes)
    assert picture, f"{step} was not drawn"
    return picture, 1000 * (time.perf_counter() - began)


asyncio.run(main())
