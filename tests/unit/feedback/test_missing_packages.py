"""A package of the course's own that is gone is no fault of the code that met it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab

from tinytorch_ls.course import needs

pytestmark = pytest.mark.slow

LIBRARY = "def grow(x):\n    return x + 1\n"
TESTS = """\
import sys

sys.modules["greenlet"] = sys.modules["torch"] = None  # as if they were not installed


@step("try")
def test_grow(expect):
    expect(lab.grow(1)).equals(2, because="one more")
    expect(lab.grow(2)).equals(3, because="one more")
"""
RAISES = """\


@step("try")
def test_error(expect):
    expect.raises(ValueError, lab.grow, -1, because="it is negative")
"""
DIRECTLY = "def grow(x):\n    import greenlet\n    return x + 1\n"
IN_OTHER_WORDS = """\
def grow(x):
    try:
        import greenlet
    except ImportError as error:
        raise ImportError("grow needs greenlet: pip install greenlet") from error
    return x + 1
"""
ABROAD = "def grow(x):\n    import nowhere_at_all\n    return x + 1\n"
AT_THE_TOP = f"import sys\n\nsys.modules['greenlet'] = None\nimport greenlet\n\n\n{LIBRARY}"
BY_HAND = "def grow(x):\n    raise ModuleNotFoundError('gone', name='greenlet')\n"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "_installed", lambda name: name != "greenlet")
    monkeypatch.setattr(needs, "_is_known", lambda _: False)


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("code", [DIRECTLY, IN_OTHER_WORDS, AT_THE_TOP])
def test_a_step_that_meets_it_is_not_run(tmp_path: Path, code: str) -> None:
    verdict = Lab(tmp_path, LIBRARY, TESTS + RAISES, symbols=("grow",)).judge(code).verdict
    assert verdict.state == "not run"
    assert verdict.failure
    assert verdict.failure.headline == "“Try” is not run: greenlet is not installed."
    assert "-m pip install greenlet`" in verdict.failure.help
    assert not verdict.failure.mistake


@pytest.mark.parametrize("code", [DIRECTLY, BY_HAND, AT_THE_TOP])
def test_no_error_gets_there_that_names_a_package_which_is_installed(
    tmp_path: Path, code: str
) -> None:
    judged = Lab(tmp_path, LIBRARY, TESTS, symbols=("grow",)).judge(code)
    assert judged.verdict.state == "failing"


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize(
    "code",
    [
        "def grow(x):\n    import torch\n    return x + 1\n",
        "def grow(x):\n    if x == 1:\n        return 3\n    import greenlet\n",
    ],
)
def test_what_the_code_does_wrong_besides_is_told(tmp_path: Path, code: str) -> None:
    more = (
        '\n\n@step("try")\ndef test_two(expect):\n    expect(lab.grow(2)).equals(3, because="b")\n'
    )
    judged = Lab(tmp_path, LIBRARY, TESTS + more, symbols=("grow",)).judge(code)
    assert judged.verdict.state == "failing"


ONE_TEST = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(1)).equals(2, because="one more")
"""
USES = "def grow(x):\n    import hull\n    return x + 1\n"
AT_ITS_TOP = "import hull\n\n\n" + LIBRARY


@pytest.fixture
def hull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Installs a package of this text, which the course needs; gives what code finds it by."""
    monkeypatch.setattr(needs, "core_packages", lambda: ("hull",))
    monkeypatch.setattr(needs, "_installed", lambda _: True)
    place = tmp_path / "site-packages"

    def install(text: str) -> str:
        (place / "hull").mkdir(parents=True)
        (place / "hull/__init__.py").write_text(text)
        return f"import sys\n\nsys.path.insert(0, {str(place)!r})\n"

    return install


@pytest.mark.parametrize("code", [USES, AT_ITS_TOP])
@pytest.mark.parametrize(
    ("text", "reason", "install"),
    [
        ("import hull_core", "hull_core, which hull needs, is not installed", "install hull`"),
        ("import hull.inner", "hull is not whole here: it has no hull.inner", "install hull`"),
        (
            "try:\n    import hull_core\nexcept ImportError as error:\n    raise ImportError('x')",
            "hull_core, which hull needs, is not installed",
            "install hull`",
        ),
    ],
)
def test_nor_is_one_a_fault_that_such_a_package_needs_itself(
    tmp_path: Path, hull: Callable[[str], str], code: str, text: str, reason: str, install: str
) -> None:
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    verdict = lab.judge(hull(text) + code).verdict
    assert verdict.failure
    assert verdict.state == "not run"
    assert verdict.failure.headline == f"“Try” is not run: {reason}."
    assert install in verdict.failure.help


@pytest.mark.parametrize("code", [USES, AT_ITS_TOP])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("from hull import inner", "ImportError: cannot import name 'inner' from"),
        ("import ctypes\n\nctypes.CDLL('/nowhere/libhull.so')", "OSError: /nowhere/libhull.so:"),
        ("raise ImportError('libhull.so.3: no such file')", "ImportError: libhull.so.3: no such"),
        ("raise RuntimeError('another ABI')", "RuntimeError: another ABI"),
        ("def (:", "SyntaxError: "),
        (
            "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ImportError from error",
            "ImportError)",
        ),
    ],
)
def test_nor_is_one_that_is_there_and_broken(
    tmp_path: Path, hull: Callable[[str], str], code: str, text: str, error: str
) -> None:
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    verdict = lab.judge(hull(text) + code).verdict
    assert verdict.state == "not run"
    assert verdict.failure
    fact = "“Try” is not run: hull is installed and can't be imported here"
    assert verdict.failure.headline.startswith(f"{fact} ({error}")
    assert "--force-reinstall" in verdict.failure.help


IN_A_FUNCTION = """\
class Deep:
    pass


def use():
    raise ImportError("use needs a display")
"""


@pytest.mark.parametrize(
    "code",
    [
        "import hull\n\n\ndef grow(x):\n    raise ImportError('mine')\n",
        "import hull\nfrom hull import nothing\n\n\n" + LIBRARY,
        "import hull\n\nraise OSError('mine')\n" + LIBRARY,
        "import hull\n\n\ndef grow(x):\n    hull.use()\n",
        "import hull\n\n\ndef grow(x):\n    raise SyntaxError('mine')\n",
    ],
)
def test_an_error_of_the_code_is_its_own_where_it_uses_a_package_that_can_be_imported(
    tmp_path: Path, hull: Callable[[str], str], code: str
) -> None:
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    assert lab.judge(hull(IN_A_FUNCTION) + code).verdict.state == "failing"


@pytest.mark.parametrize("error", ["RecursionError", "MemoryError"])
def test_what_the_code_leaves_too_little_for_is_not_called_broken(
    tmp_path: Path, hull: Callable[[str], str], error: str
) -> None:
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    assert lab.judge(hull(f"raise {error}") + USES).verdict.state == "failing"


def test_what_the_code_imports_itself_is_its_own_though_the_course_needs_it_not(
    tmp_path: Path, hull: Callable[[str], str]
) -> None:
    path = hull("def found():\n    return 1\n")
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    for name in ("hull_core", "hull.inner"):
        verdict = lab.judge(f"{path}import hull\nimport {name}\n\n\n{LIBRARY}").verdict
        assert verdict.state == "failing", name


def test_no_word_is_said_of_what_other_modules_need(tmp_path: Path) -> None:
    """NumPy alone is not enough for kernels, nor for a service."""
    verdict = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",)).judge(ABROAD).verdict
    assert verdict.failure
    assert verdict.failure.help == (
        "This package is not installed here, and no step needs it: the packages that a step needs "
        "are imported in its file already."
    )


def test_a_package_of_the_students_own_choice_is_theirs_with_all_that_it_needs(
    tmp_path: Path, hull: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hull("import hull_core")
    monkeypatch.setattr(needs, "core_packages", lambda: ("numpy",))
    lab = Lab(tmp_path, LIBRARY, ONE_TEST, symbols=("grow",))
    assert lab.judge(path + AT_ITS_TOP).verdict.state == "failing"


def test_what_pip_believes_to_be_there_is_installed_again_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "core_packages", lambda: ("matplotlib",))
    monkeypatch.setattr(needs, "_is_on_disk", lambda module: module != "PIL.Image")
    found = needs.lacking_behind(("PIL.Image",), "matplotlib")
    assert found
    assert found.reason == "PIL.Image, which matplotlib needs, is not installed"
    assert found.install[-3:-1] == ("--force-reinstall", "--no-deps")
    assert found.install[-1].startswith("pillow==")
