"""The registry: what it promises, and that a crash at any system call breaks none of it."""

from __future__ import annotations

import builtins
import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from tinytorch.mlops import CorruptModel, ModelVersion, Registry, storage
from tinytorch.tensor import Tensor

CALLS = ("open", "write", "fsync", "link", "unlink", "close")


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "0.weight": rng.normal(size=(3, 5)).astype(np.float32),
        "0.bias": rng.normal(size=3).astype(np.float32),
        "steps": np.array(7),
    }


def assert_same(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models", now=lambda: 1000.0)


# Versions


def test_what_is_saved_is_loaded_to_the_bit(registry: Registry) -> None:
    version = registry.save("digits", weights(), {"accuracy": 0.97})
    assert (version.number, version.parent, version.created) == (1, None, 1000)
    assert version.metadata == {"accuracy": 0.97}
    again = Registry(registry.root).version("digits", 1)
    assert again == version
    assert_same(registry.load(again), weights())


def test_tensors_are_saved_as_their_arrays_even_if_they_are_views(registry: Registry) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    version = registry.save("m", {"w": Tensor(array).T})
    assert_same(registry.load(version), {"w": array.T})


def test_weights_are_named_by_their_bytes_and_kept_once(registry: Registry) -> None:
    first = registry.save("a", weights())
    second = registry.save("b", dict(reversed(weights().items())), {"other": True})
    third = registry.save("a", weights(1))
    assert first.digest == second.digest != third.digest
    files = {path.name: path.read_bytes() for path in (registry.root / "weights").iterdir()}
    assert set(files) == {f"{v.digest}.safetensors" for v in (first, third)}
    for name, content in files.items():
        assert hashlib.sha256(content).hexdigest() + ".safetensors" == name
    assert_same(safetensors.numpy.load(files[f"{first.digest}.safetensors"]), weights())


def test_an_id_stands_for_the_weights_the_metadata_and_the_whole_past(registry: Registry) -> None:
    def chain(metadata: Any, seed: int, name: str) -> ModelVersion:
        other = Registry(registry.root / name, now=lambda: 1000.0)
        first = other.save("m", weights(seed), metadata)
        return other.save("m", weights(9), {}, parent=first)

    one, same = chain({"a": 1, "b": 2}, 0, "x"), chain({"b": 2, "a": 1}, 0, "y")
    other_data, other_weights = chain({"a": 1, "b": 3}, 0, "z"), chain({"a": 1, "b": 2}, 1, "w")
    assert one.id == same.id
    assert one.digest == other_data.digest == other_weights.digest
    assert len({one.id, other_data.id, other_weights.id}) == 3


def test_a_lineage_leads_to_the_first_version(registry: Registry) -> None:
    first = registry.save("m", weights(0))
    second = registry.save("m", weights(1), parent=first)
    registry.save("m", weights(2), parent=first)
    fourth = registry.save("m", weights(3), parent=second)
    assert [v.number for v in registry.lineage(fourth)] == [4, 2, 1]
    assert [v.number for v in registry.versions("m")] == [1, 2, 3, 4]


def test_changed_weights_are_found_out_and_mended_by_saving_them_again(registry: Registry) -> None:
    version = registry.save("m", weights())
    path = registry.root / "weights" / f"{version.digest}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptModel, match="m version 1"):
        registry.load(version)
    path.unlink()
    with pytest.raises(CorruptModel, match="0 bytes"):
        registry.load(version)
    path.write_bytes(content)
    registry.save("m", weights())
    assert_same(registry.load(version), weights())


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "weights", "ä", "a\n"])
def test_a_name_that_is_no_plain_folder_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(ValueError, match="can't name"):
        registry.save(name, weights())
    assert not list(registry.root.rglob("versions"))


def test_what_can_not_be_written_down_is_refused(registry: Registry) -> None:
    with pytest.raises(TypeError, match="JSON"):
        registry.save("m", weights(), {"loss": float("nan")})
    with pytest.raises(TypeError, match="JSON"):
        registry.save("m", weights(), {"model": object()})
    with pytest.raises(ValueError, match="single weight"):
        registry.save("m", {})
    registry.save("n", weights())
    with pytest.raises(KeyError, match=r"no version 3; it has \[1\]"):
        registry.version("n", 3)


# Stages


def test_a_stage_goes_back_step_by_step(registry: Registry) -> None:
    one, two, three = (registry.save("m", weights(i)) for i in range(3))
    with pytest.raises(LookupError, match="no version in production"):
        registry.current("m")
    for version in (one, two, three):
        registry.promote(version)
    assert registry.current("m") == three
    assert registry.rollback(three) == two
    assert registry.rollback(two) == one
    with pytest.raises(LookupError, match="nothing in production before version 1"):
        registry.rollback(one)
    registry.promote(three)
    assert registry.rollback(three) == one
    assert registry.history("m")[:4] == [
        ("promote", 1), ("promote", 2), ("promote", 3), ("rollback", 2),
    ]  # fmt: skip
    with pytest.raises(LookupError):
        registry.current("m", "staging")


def test_rolling_back_what_is_not_current_changes_nothing(registry: Registry) -> None:
    one, two, three = (registry.save("m", weights(i)) for i in range(3))
    for version in (one, two, three):
        registry.promote(version)
    assert registry.rollback(two) == three
    assert registry.current("m") == three


def test_two_alarms_about_one_version_roll_back_once(registry: Registry) -> None:
    versions = [registry.save("m", weights(i)) for i in range(5)]
    for version in versions:
        registry.promote(version)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: registry.rollback(versions[-1]).number, range(16)))
    assert found == [4] * 16
    assert registry.history("m")[5:] == [("rollback", 4)]


def test_writers_at_one_time_get_numbers_of_their_own(registry: Registry) -> None:
    def save(seed: int) -> int:
        return Registry(registry.root).save("m", weights(seed % 4), {"seed": seed}).number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(save, range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert sorted(v.metadata["seed"] for v in registry.versions("m")) == list(range(40))
    for version in registry.versions("m"):
        assert_same(registry.load(version), weights(version.metadata["seed"] % 4))


# Crashes


def grow(registry: Registry) -> None:
    """What the crashes interrupt: a new version and its promotion."""
    first = registry.version("m", 1)
    registry.promote(registry.save("m", weights(1), {"second": True}, parent=first))


def assert_sound(root: Path) -> int:
    """Everything that the registry shows is whole; returns the current version's number."""
    registry = Registry(root)
    for version in registry.versions("m"):
        assert_same(registry.load(version), weights(0 if version.number == 1 else 1))
        assert registry.lineage(version)[-1].number == 1
    current = registry.current("m")
    assert current in registry.versions("m")
    return current.number


def interrupt(call: str, at: int, what: Any) -> Any:
    """`os.call`, but its `at`-th call does `what` after half of the work of a write."""
    original, count = getattr(os, call), 0

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == at:
            if call == "write":
                original(args[0], args[1][: len(args[1]) // 2])
            what()
        return original(*args, **kwargs)

    return interrupted


def fail() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def begin(root: Path) -> None:
    registry = Registry(root)
    registry.promote(registry.save("m", weights(0)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not run: this system has no fork")
@pytest.mark.parametrize("call", CALLS)
def test_a_process_killed_at_any_system_call_leaves_a_sound_registry(
    tmp_path: Path, call: str
) -> None:
    killed = 0
    for at in range(1, 100):
        root = tmp_path / str(at)
        begin(root)
        child = os.fork()
        if child == 0:
            try:
                die = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
                setattr(os, call, interrupt(call, at, die))
                grow(Registry(root))
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert_sound(root)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            assert assert_sound(root) == 2
            break
        killed += 1
        grow(Registry(root))  # what was left behind is in nobody's way
        assert assert_sound(root) > 1
        Registry(root).tidy(older_than=-1)
        assert storage.unfinished_files(root) == []
        assert assert_sound(root) > 1
    assert killed >= 3


@pytest.mark.parametrize("call", CALLS)
def test_an_error_at_any_system_call_is_raised_and_leaves_a_sound_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    failed = 0
    for at in range(1, 100):
        root = tmp_path / str(at)
        begin(root)
        with monkeypatch.context() as patch:
            patch.setattr(os, call, interrupt(call, at, fail))
            try:
                grow(Registry(root))
            except OSError as error:
                failed += error.errno == errno.ENOSPC
            else:
                break
        assert_sound(root)
        if call != "unlink":
            assert storage.unfinished_files(root) == []
        grow(Registry(root))
        assert assert_sound(root) > 1
    assert failed >= 3


def test_a_writer_killed_again_and_again_loses_nothing_that_it_reported(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np\n"
        "from tinytorch.mlops import Registry\n"
        "registry = Registry(sys.argv[1])\n"
        "while True:\n"
        "    n = len(registry.versions('m'))\n"
        "    big = np.full(300_000, n, dtype=np.float32)\n"
        "    version = registry.save('m', {'w': big})\n"
        "    registry.promote(version)\n"
        "    print(version.number, flush=True)\n"
    )
    reported, rng = 0, np.random.default_rng(0)
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        reported = int(child.stdout.readline())
        end = time.monotonic() + rng.uniform(0, 0.1)
        while time.monotonic() < end:
            pass
        child.kill()
        rest = child.stdout.read().splitlines()
        child.wait()
        reported = int(rest[-1]) if rest and rest[-1] else reported
        registry = Registry(tmp_path)
        assert registry.current("m").number >= reported
        for version in registry.versions("m"):
            values = registry.load(version)["w"]
            assert np.all(values == version.number - 1)
    assert reported >= 3


def test_bytes_reach_the_disk_before_their_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("write", "fsync", "link"):
        original = getattr(os, name)

        def logged(*args: Any, name: str = name, original: Any = original) -> Any:
            calls.append(name)
            return original(*args)

        monkeypatch.setattr(os, name, logged)
    assert storage.write_new(tmp_path / "file", b"content")
    wanted = ["write", "fsync", "link"] + (["fsync"] if os.name == "posix" else [])
    assert calls == wanted


def test_replacing_a_file_fails_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    storage.replace(path, b"old")
    monkeypatch.setattr(os, "replace", lambda *_: fail())
    with pytest.raises(OSError, match="No space"):
        storage.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# Without the extra


def test_a_missing_package_is_named_with_the_way_to_get_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def blocked(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.startswith("safetensors")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(ImportError, match=r"safetensors: pip install 'tinytorch\[deploy\]'"):
        registry.save("m", weights())
