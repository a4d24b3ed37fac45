"""What the course and its modules need of packages and devices, and whether it is here."""

from __future__ import annotations

import ctypes
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.messages import say

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

_IMPORTED = {
    "cuda-bindings": "cuda",
    "libclang": "clang",
    "markdown-it-py": "markdown_it",
    "nvidia-cuda-nvcc": "nvidia",
    "nvidia-cuda-nvrtc": "nvidia",
    "nvidia-nvvm": "nvidia",
    "pyyaml": "yaml",
}
"""What is imported of a package, where that is not its name."""

_NEEDED = "{module}, which {user} needs, is not installed"
_BROKEN = "{module}, which {user} needs, is installed and can't be imported here ({error})"
_BROKEN_ITSELF = "{user} is installed and can't be imported here ({error})"
_AGAIN = ("--force-reinstall", "--no-deps")
_NAME = re.compile(r"[\w.-]+")
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
        if lack := _lacking_packages(PACKAGES[need], f"tinytorch[{need}]"):
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
    found = (_lacking_packages(form.packages, f"tinytorch[{form.extra}]") for form in forms)
    return next(filter(None, found), None)


def lacks_in(module: Module) -> dict[Lack, tuple[Step, ...]]:
    """All that steps of a module can't be run without, each with these steps."""
    found: dict[Lack, tuple[Step, ...]] = {}
    for step in module.steps:
        if lack := lacking_of(module, step):
            found[lack] = (*found.get(lack, ()), step)
    return found


@lru_cache(maxsize=1)
def core_packages() -> tuple[str, ...]:
    """The packages that the course depends on everywhere, whatever extras are wanted."""
    return _required("tinytorch")


def _required(package: str) -> tuple[str, ...]:
    """The packages that one depends on everywhere, whatever extras are wanted."""
    try:
        wanted = requires(package) or ()
    except PackageNotFoundError:
        return ()
    names = (_NAME.match(each) for each in wanted if ";" not in each)
    return tuple(found[0] for found in names if found)


def lacking_core() -> Lack | None:
    """Those of them that are not here."""
    return _lacking_packages(core_packages())


def lacks_within(needs: Iterable[str]) -> Iterator[Lack]:
    """What the packages of the course and of these needs want, and what they want, and is gone."""
    users = [*core_packages(), *(name for need in needs for name in PACKAGES[need])]
    known = set(users)
    for user in users:
        for name in _required(user):
            if name in known:
                continue
            known.add(name)
            users.append(name)
            if not _is_known(name):
                yield Lack(say(_NEEDED, module=name, user=user), _pip(user))


def packages_here(needs: Iterable[str]) -> dict[str, str]:
    """The packages of the course and of these needs that are here, and what is imported of each."""
    names = [*core_packages(), *(name for need in needs for name in PACKAGES[need])]
    return {name: _imported(name) for name in names if _installed(name)}


def broken_among(errors: Mapping[str, str]) -> Iterator[Lack]:
    """What packages lack whose import ended in an error; not of those that need another of them."""
    for name, error in errors.items():
        if errors.keys().isdisjoint(_required(name)):
            yield Lack(say(_BROKEN_ITSELF, user=name, error=error), _pip(*_AGAIN, _as_known(name)))


def lacking_behind(modules: Sequence[str], package: str = "") -> Lack | None:
    """What the course lacks, where that is why one of these modules could not be imported.

    `package` is the one that imports them, where the code itself does not.
    """
    wanted = {module.partition(".")[0] for module in modules}
    if any(_imported(name) in wanted and not _installed(name) for name in core_packages()):
        return lacking_core()
    users = [name for name in _all_packages() if _imported(name) == package]
    gone = [module for module in modules if not _is_on_disk(module)]
    return _lack_within(users[0], gone[0], _period()) if users and gone else None


@lru_cache(maxsize=64)
def _lack_within(user: str, module: str, _period: int) -> Lack:
    """That a package which the course uses can't find a module: one of its own, or another's."""
    top = module.partition(".")[0]
    halves = _brought_by(top)
    if top == _imported(user):
        reason = say("{user} is not whole here: it has no {module}", user=user, module=module)
    else:
        reason = say(_NEEDED, module=module, user=user)
    if not halves:
        return Lack(reason, _pip(user))  # pip looks for what it needs
    return Lack(reason, _pip(*_AGAIN, *map(_as_known, halves)))


def broken_behind(module: str, package: str, error: str) -> Lack | None:
    """That a package which the course uses is here and broken, or one is that it needs.

    `package` is the one that the code imports, and `module` the one whose import ended in `error`.
    """
    user = next((name for name in _all_packages() if _imported(name) == package), None)
    if user is None:
        return None
    if module == package:
        reason = say(_BROKEN_ITSELF, user=user, error=error)
    else:
        reason = say(_BROKEN, module=module, user=user, error=error)
    halves = _brought_by(module)
    return Lack(reason, _pip(*_AGAIN, *(map(_as_known, halves) if halves else (user,))))


def _brought_by(module: str) -> Sequence[str]:
    return packages_distributions().get(module, ())


def _lacking_packages(packages: Iterable[str], brought_by: str = "") -> Lack | None:
    """Those that are not here; what brings them is a requirement, or else they themselves."""
    missing = [name for name in packages if not _installed(name)]
    if not missing:
        return None
    names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    verb = "is" if len(missing) == 1 else "are"
    reason = f"{names} {verb} not installed"
    if halves := [name for name in missing if _is_known(name)]:  # pip believes that they are there
        return Lack(reason, _pip(*_AGAIN, *map(_as_known, halves)))
    return Lack(reason, _pip(brought_by) if brought_by else _pip(*missing))


def _pip(*wanted: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-m", "pip", "install", *wanted


def _as_known(package: str) -> str:
    """The same version again: others were installed for it."""
    return f"{package}=={version(package)}"


def extras_with(module: str) -> tuple[str, ...]:
    """The extras of `tinytorch` that bring what is imported by this name, if any does."""
    return tuple(extra for extra, names in PACKAGES.items() if module in map(_imported, names))


def _all_packages() -> tuple[str, ...]:
    """Those that the course uses, of whatever extra."""
    return (*core_packages(), *(name for names in PACKAGES.values() for name in names))


def _imported(package: str) -> str:
    return _IMPORTED.get(package, package.replace("-", "_"))


def _is_quoted(word: str) -> bool:
    return word == sys.executable or "[" in word


def _installed(package: str) -> bool:
    return _is_there(package, _period())


def _period() -> int:
    """What is looked up holds until this is another number."""
    return int(time.monotonic() / _FRESH_SECONDS)


@lru_cache(maxsize=64)
def _is_there(package: str, _period: int) -> bool:
    """Whether it is installed: a tree of lessons asks for each step, and it takes a while."""
    known = package == "cupy" or _is_known(package)  # several distributions bring cupy
    return known and PathFinder.find_spec(_imported(package)) is not None


def _is_on_disk(module: str) -> bool:
    """Whether a module is there to be imported; none is imported for that."""
    places: Sequence[str] | None = None
    for count in range(1, module.count(".") + 2):
        spec = PathFinder.find_spec(".".join(module.split(".")[:count]), places)
        if spec is None:
            return False
        places = spec.submodule_search_locations or ()
    return True


def _is_known(package: str) -> bool:
    """Whether pip says that it is installed; its files may be gone."""
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
