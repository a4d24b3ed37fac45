"""Looks at the machine: what it has, whether that is enough, and how long code takes on it."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

MINIMUM = {"python": "3.10", "numpy": "1.26"}


@dataclass(frozen=True)
class SystemInfo:
    """What the course needs to know of a machine."""

    system: str  # "Linux", "Darwin" or "Windows"
    cores: int
    versions: Mapping[str, str]  # "python" and each package that is installed
    gpu: bool


def greet(name: str) -> str:
    """The course's greeting: "Hello, Ada! Ready to build tinytorch."

    Blanks around the name are dropped; with no name left, the greeting is to "you".
    """
    return f"Hello, {name.strip() or 'you'}! Ready to build tinytorch."


def package_version(name: str) -> str | None:
    """The installed version of a package, or None. Given."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def has_gpu() -> bool:
    """Whether an NVIDIA driver is loaded on this machine. Given."""
    return os.path.exists("/proc/driver/nvidia/version")  # noqa: PTH110


def system_info(packages: tuple[str, ...] = ("numpy",)) -> SystemInfo:
    """What this machine is: its system, cores, GPU, Python and those `packages` it has."""
    versions = {"python": platform.python_version()}
    for name in packages:
        found = package_version(name)
        if found is not None:
            versions[name] = found
    return SystemInfo(platform.system(), os.cpu_count() or 1, versions, has_gpu())


def version_numbers(text: str) -> tuple[int, ...]:
    """The numbers a version begins with: "3.10.2" gives (3, 10, 2); "1.26rc1": (1, 26). Given."""
    numbers: list[int] = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def check_environment(info: SystemInfo, minimum: Mapping[str, str] = MINIMUM) -> list[str]:
    """Advice for each requirement that `info` does not meet, in the order of `minimum`.

    "numpy is missing: ..." or "numpy 1.20 is too old: ...". A missing GPU is no problem.
    """
    advice: list[str] = []
    for name, wanted in minimum.items():
        found = info.versions.get(name)
        if found is None:
            advice.append(f"{name} is missing: install {name} {wanted} or newer")
        elif version_numbers(found) < version_numbers(wanted):
            advice.append(f"{name} {found} is too old: install {name} {wanted} or newer")
    return advice


def time_call(
    function: Callable[[], Any],
    repeats: int = 5,
    warmup: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The median time of `repeats` calls of `function`, in the clock's unit (seconds).

    `warmup` calls go before and are not timed. Raises ValueError if repeats is below 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}")
    for _ in range(warmup):
        function()
    times: list[float] = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return statistics.median(times)


def environment_report(info: SystemInfo) -> str:
    """The machine and the advice for it, one fact a line. Given."""
    gpu = "a GPU" if info.gpu else "no GPU (none is needed)"
    lines = [f"{info.system}, {info.cores} cores, {gpu}"]
    lines += [f"{name} {found}" for name, found in info.versions.items()]
    return "\n".join(lines + (check_environment(info) or ["ready"]))
