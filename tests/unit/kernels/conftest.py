"""A CuPy that is played by the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from host_cuda import HostModule, on_host_gpu

from tinytorch.kernels import compiled


@pytest.fixture(scope="session")
def _compiled_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cuda-on-host")


@pytest.fixture(params=[0, 7], ids=["in-order", "shuffled"])
def host_gpu(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _compiled_here: Path
) -> Iterator[None]:
    """`.cu` files run on the host: with threads in order, and in an order drawn at random."""
    cupy: Any = ModuleType("cupy")
    cupy.RawModule, cupy.asarray = HostModule, on_host_gpu
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(HostModule, "folder", _compiled_here, raising=False)
    monkeypatch.setattr(HostModule, "seed", request.param)
    forget = compiled.module.cache_clear
    forget()
    yield
    forget()
