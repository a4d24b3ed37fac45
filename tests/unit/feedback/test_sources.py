"""What a wrong kind is said of: the student's function, or what a test made of its value."""

from __future__ import annotations

import pytest

from tinytorch_ls.feedback.advice import NO_RETURN, deviation_words
from tinytorch_ls.runner.report import Deviation


@pytest.mark.parametrize(
    ("call", "function", "said"),
    [
        ("relu(x)", "relu", "`relu` gave None"),
        ("layers.relu(x)", "relu", "`relu` gave None"),
        ("a + b", "Tensor.add", "`add` gave None"),
        ("t.shape", "Tensor.shape", "`shape` gave None"),
        ("t[0]", "Tensor.__getitem__", "`__getitem__` gave None"),
        ("system_info().cores", "system_info", "`system_info().cores` is None"),
        ("relu(x).tolist()", "relu", "`relu(x).tolist()` gave None"),
        ("relu(x) + 1", "relu", "`relu(x) + 1` gave None"),
        ("sorted(answer)", "relu", "`sorted(answer)` gave None"),
        ("answer[0]", "relu", "`answer[0]` gave None"),
        ("node.args[0]", "Node.__init__", "`node.args[0]` is None"),
        ("node.args", "Node.__init__", "`node.args` is None"),
    ],
)
def test_the_function_gave_what_its_own_call_gave(call: str, function: str, said: str) -> None:
    headline, help_text = deviation_words(Deviation("kind", "None", "int"), call, function)
    assert headline == f"{said}; an int was wanted."
    own = said.startswith(f"`{function.rpartition('.')[2]}` gave")
    assert help_text == (NO_RETURN if own else "")


def test_a_tuple_that_the_test_wrote_is_not_the_functions() -> None:
    """The student's `shaped` gives one thing: it has no parts."""
    strays = Deviation("kind", "None", "tuple of int", at=1)
    part = " as part 2 of its tuple"
    said, help_text = deviation_words(strays, "(shaped(a), shaped(b))", "shaped", part=part)
    assert said == "`shaped` gave None; a tuple of int was wanted."
    assert help_text == NO_RETURN
    said, _ = deviation_words(strays, "shaped(a)", "shaped", part=part)
    assert said == "`shaped` gave None as part 2 of its tuple; a tuple of int was wanted."
