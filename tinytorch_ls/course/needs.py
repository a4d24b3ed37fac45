"""What a module may need beyond the course's own packages, and whether it is here."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.forms.known import form_of

_COMPILERS = (
    "libclang",
    "numba-cuda",
    "nvidia-nvvm",
    "nvidia-cuda-nvcc",
    "nvidia-cuda-nvrtc",
    "cuda-bindings",
)
PACKAGES: dict[str, tuple[str, ...]] = {
    "deploy": ("fastapi", "onnx", "prometheus-client", "safetensors", "uvicorn"),
    "cuda": _COMPILERS,
    "gpu": (*_COMPILERS, "cupy"),
}
"""The packages of each extra of `tinytorch` that a lesson may name."""

_FRESH_SECONDS = 2.0  # after which what was installed meanwhile is seen


@dataclass(frozen=True)
class Lack:
    """Something that a module needs and that is not here."""

    reason: str  # "onnx and uvicorn are not installed"
    install: tuple[str, ...] = ()  # the program that brings it, and its arguments; where one does

    @property
    def command(self) -> str:
        """The same as it is typed into a shell; "" where nothing brings it."""
        return " ".join(f'"{word}"' if _is_quoted(word) else word for word in self.install)


def lacking(needs: Iterable[str]) -> Lack | None:
    """The first of the needs that is not met here."""
    for need in needs:
        if lack := _lacking_packages(PACKAGES[need], need):
            return lack
        if need == "gpu" and not _has_device():
            return Lack("there is no GPU")
    return None


def lacking_of(module: Module, step: Step) -> Lack | None:
    """The first that a step can't be run without: of its module's needs, or of its language.

    An integration step has the languages of the files that it runs on.
    """
    if lack := lacking(module.needs):
        return lack
    files = [symbol.file for symbol in step.symbols] or module.uses
    forms = {form.name: form for form in map(form_of, files)}.values()
    found = (_lacking_packages(form.packages, form.extra) for form in forms)
    return next(filter(None, found), None)


def _lacking_packages(packages: Iterable[str], extra: str) -> Lack | None:
    missing = [name for name in packages if not _installed(name)]
    if not missing:
        return None
    names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    verb = "is" if len(missing) == 1 else "are"
    pip = (sys.executable, "-I", "-m", "pip", "install", f"tinytorch[{extra}]")
    return Lack(f"{names} {verb} not installed", pip)


def _is_quoted(word: str) -> bool:
    return word == sys.executable or "[" in word


def _installed(package: str) -> bool:
    return _is_there(package, int(time.monotonic() / _FRESH_SECONDS))


@lru_cache(maxsize=64)
def _is_there(package: str, _period: int) -> bool:
    """Whether it is installed: a tree of lessons asks for each step, and it takes a while."""
    if package == "cupy":  # several distributions bring it
        return find_spec("cupy") is not None
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


@lru_cache(maxsize=1)
def _has_device() -> bool:
    """Whether NVIDIA's driver is here and knows a device."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int(0)
        return (
            not driver.cuInit(0)
            and not driver.cuDeviceGetCount(ctypes.byref(count))
            and bool(count.value)
        )
    except (OSError, AttributeError):
        return False
