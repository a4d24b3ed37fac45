"""Whatever a machine's settings or a student's other files say, right code passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tinytorch_ls.runner.processes import (
    DEBUG_SCRIPT,
    PACKAGE_ROOT,
    debug_environment,
    module_command,
    package_folders,
    quiet_environment,
)

OWN_PROCESSES = True  # which these tests kill, or start with other variables

RIGHT = """\
import random
import tempfile
import warnings

import numpy


def first(x):
    warnings.warn("this is no error", RuntimeWarning)
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    return int(numpy.array(x)) + 1 + 0 * random.randrange(9)
"""
SETTINGS = {
    "MPLBACKEND": "no_such_backend",
    "MATPLOTLIBRC": "/no/such/file",
    "PYTHONWARNINGS": "error",
    "PYTHONSAFEPATH": "1",
    "PYTHONINSPECT": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "2",
    "PYTHONNOUSERSITE": "1",
    "PYTHONPLATLIBDIR": "nowhere",
    "PYTHONIOENCODING": "ascii",
    "PYTHONSTARTUP": "/no/such/file",
    "LC_ALL": "xx_XX.nonsense",
    "LANG": "tr_TR.ISO-8859-9",
    "OMP_NUM_THREADS": "many",
    "NUMBA_ENABLE_CUDASIM": "1",
    "NPY_PROMOTION_STATE": "legacy",
    "TMPDIR": "/no/such/folder",
}
SHADOWS = ("resource.py", "random.py", "numpy.py", "json.py", "sitecustomize.py", "warnings.py")
DRAWS = """\
import matplotlib.pyplot
def first(x):
    return x + len(matplotlib.pyplot.subplots()[0].axes)
"""


@pytest.mark.parametrize("name", SETTINGS)
async def test_a_setting_of_the_machine_fails_no_right_code(
    bench: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, SETTINGS[name])
    run = await bench.first(RIGHT)
    assert run.passed, run


async def test_a_broken_backend_fails_no_code_that_draws(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLBACKEND", "no_such_backend")
    assert (await bench.first(DRAWS)).passed


@pytest.fixture
def shadows(bench: Any) -> Path:
    """A student's folder in which files have the names of Python's modules."""
    for name in SHADOWS:
        (bench.root / name).write_text("print('mine'); raise SystemExit(1)\n", encoding="utf-8")
        (bench.root / "tinytorch" / name).write_text("raise SystemExit(1)\n", encoding="utf-8")
    return bench.root


@pytest.mark.parametrize("said", ["working folder", "PYTHONPATH", "sys.path"])
async def test_names_of_python_s_modules_beside_the_course_fail_no_right_code(
    bench: Any, shadows: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    match said:
        case "working folder":
            monkeypatch.chdir(shadows)
        case "PYTHONPATH":
            monkeypatch.setenv("PYTHONPATH", f"{shadows}{os.pathsep}{shadows / 'tinytorch'}")
        case _:
            monkeypatch.setattr(sys, "path", [str(shadows), *sys.path])
    run = await bench.first(RIGHT)
    assert run.passed, run


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a name")
async def test_the_library_s_never_passes_for_what_is_no_file(bench: Any) -> None:
    for place in (bench.library, bench.root):
        (place / "tinytorch/helper.py").write_text("ONE = 1\n", encoding="utf-8")
    code = "from tinytorch.helper import ONE\n\n\ndef first(x):\n    return x + ONE\n"
    assert (await bench.first(code)).passed
    (bench.root / "tinytorch/helper.py").unlink()
    os.mkfifo(bench.root / "tinytorch/helper.py")
    (test,) = (await bench.first(code)).tests
    assert test.raised.message == (
        "tinytorch/helper.py of your folder is no file, so it can't be imported"
    )


PROBE = """\
def main():
    import json, sys
    print(json.dumps([sys.path, sys.flags.no_user_site, hash("a")]))
"""


def test_a_process_of_ours_looks_where_an_isolated_one_does_and_has_one_order_of_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, strange = tmp_path / "ours", tmp_path / "strange"
    for folder in (ours, strange):
        folder.mkdir()
    (ours / "probe.py").write_text(PROBE, encoding="utf-8")
    monkeypatch.syspath_prepend(ours)
    monkeypatch.setenv("PYTHONPATH", str(strange))
    monkeypatch.setenv("PYTHONUSERBASE", str(strange))

    def told(*command: str) -> list[Any]:
        done = subprocess.run(
            command,
            cwd=strange,
            env=quiet_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    first, second = told(*module_command("probe")), told(*module_command("probe"))
    isolated = told(sys.executable, "-I", "-c", f"{PROBE}\nmain()")
    known = {str(PACKAGE_ROOT), *package_folders(), *isolated[0]}
    assert first == second
    assert [place for place in first[0] if place not in known] == []
    assert set(isolated[0]) <= set(first[0])
    assert first[1] == isolated[1] == 1
    assert str(strange) not in first[0]


async def test_what_a_sitecustomize_says_and_sets_is_no_result(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment's own, which no option of Python's leaves out but those that break it."""
    noisy = "print('hello', flush=True); import warnings; warnings.simplefilter('error')"
    place = tmp_path / "noisy.py"
    place.write_text(
        f"import sys\nwith open(sys.argv[1], encoding='utf-8') as file: boot = file.read()\n"
        f"{noisy}\nsys.argv.pop(0)\nsys.path[0] = sys.argv[0].rpartition('/')[0]\n"
        "names = {'__name__': '__main__', '__file__': sys.argv[0]}\n"
        "exec(compile(boot, sys.argv[0], 'exec'), names)\n",
        encoding="utf-8",
    )
    for module in ("fork", "spare"):
        name = f"tinytorch_ls.runner.{module}"
        command = sys.modules[name].module_command  # pyright: ignore[reportAttributeAccessIssue]

        def with_noise(module: str, command: Any = command) -> list[str]:
            python, _, boot, *rest = command(module)
            return [python, "-s", str(place), boot, *rest]

        monkeypatch.setattr(f"{name}.module_command", with_noise)
    run = await bench.first(RIGHT)
    assert run.passed, run


def test_the_debugged_step_is_safe_from_both(bench: Any, shadows: Path) -> None:
    bench.write(RIGHT)
    settings = {**SETTINGS, "PYTHONPATH": str(shadows), "PYTHONHOME": "/no/such/folder"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        environment = {**os.environ, **debug_environment()}
    done = subprocess.run(
        [
            sys.executable,
            str(PACKAGE_ROOT / DEBUG_SCRIPT),
            str(bench.root),
            str(bench.tests),
            "first",
        ],
        cwd=shadows,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "All tests of this step pass." in done.stdout, done.stderr
    assert done.returncode == 0
