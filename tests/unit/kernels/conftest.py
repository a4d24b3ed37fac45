"""A CuPy that is played by the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from host_cuda import HostModule, on_host_gpu

from tinytorch.kernels import compiled, source


@pytest.fixture(scope="session")
def _compiled_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cuda-on-host")


@pytest.fixture(params=[0, 7], ids=["in-order", "shuffled"])
def host_gpu(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _compiled_here: Path
) -> Iterator[None]:
    """`.cu` files run on the host: with threads in order, and in an order drawn at random."""
    cupy: Any = ModuleType("cupy")
    device = SimpleNamespace(attributes={"MultiProcessorCount": 1})
    cupy.RawModule, cupy.asarray = HostModule, on_host_gpu
    cupy.cuda = SimpleNamespace(Device=lambda: device)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(HostModule, "folder", _compiled_here, raising=False)
    monkeypatch.setattr(HostModule, "seed", request.param)
    known = compiled.module, compiled.multiprocessors, source.loaded
    for each in known:
        each.cache_clear()
    yield
    for each in known:
        each.cache_clear()
