"""A package of the course's own that is gone is no fault of the code that met it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

from tinytorch_ls.course import needs

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
    assert verdict.failure.headline == "lab/try is not run: greenlet is not installed."
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
