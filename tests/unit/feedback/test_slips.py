"""What an error's words don't tell, and the code around it does."""

from __future__ import annotations

import pytest

from tinytorch_ls.feedback.slips import slip
from tinytorch_ls.runner.report import Raised

MODULES = frozenset({"tensor", "activations"})


def _slip(code: str, *, line: int | None = None):
    """The slip behind the error with which a text ends."""
    try:
        exec(compile(code, "x.py", "exec"), {"__name__": "x"})
    except Exception as error:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        assert trace
        raised = Raised(type(error).__name__, str(error), ())
        return slip(raised, code, line or trace.tb_lineno, MODULES)
    raise AssertionError("the code works")


@pytest.mark.parametrize(
    ("code", "title", "help_"),
    [
        ("from tensor import Tensor\n", "Looks for `tensor`", "`from tinytorch.tensor import ...`"),
        ("import activations\n", "Looks for `activations`", "`from tinytorch.activations import"),
        ("import numpi as np\n", "`numpi` is misspelt", "`numpy`"),
        (
            "def f(values):\n    size = len(values)\n    return siez\nf([1])\n",
            "Uses a name that is not there",
            "Perhaps `size` is meant",
        ),
        (
            "def f(sum):\n    return sum([1, 2])\nf(3)\n",
            "A variable hides Python's own `sum`",
            "another name",
        ),
        (
            "max = 3\ndef f(x):\n    return max(x, 0)\nf(1)\n",
            "A variable hides Python's own `max`",
            "another name",
        ),
        (
            "def f(x):\n    max = max(x, 0)\n    return max\nf(1)\n",
            "A variable hides Python's own `max`",
            "another name",
        ),
    ],
)
def test_a_slip_is_named_with_the_way_out(code: str, title: str, help_: str) -> None:
    found = _slip(code)
    assert found
    assert found.title.startswith(title)
    assert help_ in found.help


@pytest.mark.parametrize(
    "code",
    [
        "import scipy_that_is_nowhere\n",
        "def f():\n    return qqq\nf()\n",
        "x = 3\nx(4)\n",
        "1 / 0\n",
    ],
)
def test_what_the_code_does_not_show_is_not_named(code: str) -> None:
    assert _slip(code) is None


HALF_READ = "cannot import name 'Tensor' from partially initialized module 'tinytorch.tensor' (x)"


@pytest.mark.parametrize(
    ("message", "line", "title"),
    [
        ("No module named 'tensor'", "from tensor import Tensor", "The file imports itself"),
        (HALF_READ, "from tinytorch.tensor import Tensor", "The file imports itself"),
        (HALF_READ, "from tinytorch import activations", "Two files import each other"),
    ],
)
def test_a_file_that_imports_itself_is_not_told_how_to(message: str, line: str, title: str) -> None:
    found = slip(Raised("ImportError", message, ()), line, 1, MODULES, module="tensor")
    assert found
    assert found.title == title


def test_a_misspelt_name_of_a_module_of_the_course_is_told_from_the_files_imports() -> None:
    error = Raised("ImportError", "cannot import name 'Moduel' from 'tinytorch.layers'", ())
    line = "from tinytorch.layers import Moduel\n"
    found = slip(error, line, 1, MODULES, "from tinytorch.layers import Linear, Module\n")
    assert found
    assert found.help == "It is called `Module`."
    assert slip(error, line, 1, MODULES, "from tinytorch.layers import Linear\n") is None


def test_a_module_that_stands_beside_a_package_is_told_from_a_file_that_is_gone() -> None:
    error = Raised("ModuleNotFoundError", "No module named 'tinytorch.autograd.tensor'", ())
    found = slip(error, "from .tensor import Tensor\n", 1, MODULES, module="autograd.engine")
    assert found
    assert "`from tinytorch.tensor import ...`" in found.help


def test_a_debugger_in_a_test_is_told_from_an_error() -> None:
    found = slip(Raised("BdbQuit", "", ()), "breakpoint()\n", 1, MODULES)
    assert found
    assert "*Debug step*" in found.help


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    return x.size(0)", ("`size` is a value", "`t.size(0)` is `t.shape[0]`")),
        ("    rows, columns = x.shape()", ("`shape` is a value", "without parentheses.")),
        ("    return x.matmul(y.T())", ("`T` is a value", "without parentheses.")),
    ],
)
def test_a_property_that_is_called_as_in_pytorch_is_named(
    line: str, words: tuple[str, str]
) -> None:
    error = Raised("TypeError", "'int' object is not callable", ())
    found = slip(error, f"def f(x, y):\n{line}\n", 2, MODULES)
    assert found
    assert all(part in found.help for part in words)
    assert found.help.endswith(".")


GIVEN = "import math\nimport numpy as np\nfrom lab.marks import operation, other as o\n"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("np", "`import numpy as np`"),
        ("math", "`import math`"),
        ("operation", "`from lab.marks import operation`"),
        ("o", "`from lab.marks import other as o`"),
    ],
)
def test_an_import_that_the_course_has_and_the_text_has_not_is_named(name: str, line: str) -> None:
    error = Raised("NameError", f"name '{name}' is not defined", ())
    found = slip(error, f"def f():\n    return {name}\n", 2, MODULES, GIVEN)
    assert found
    assert found.title == f"The import of `{name}` is missing"
    assert line in found.help
    assert "*Reset step*" in found.help


def test_a_usual_import_that_the_course_has_not_is_named_without_a_reset() -> None:
    error = Raised("NameError", "name 'math' is not defined", ())
    found = slip(error, "def f():\n    return math.pi\n", 2, MODULES)
    assert found
    assert found.help == "Write `import math` at the top of the file."


def test_a_file_of_ones_own_that_is_gone_is_named() -> None:
    for message in (
        "No module named 'tinytorch.helpers'",
        "cannot import name 'helpers' from 'tinytorch' (unknown location)",
    ):
        kind = "ModuleNotFoundError" if message.startswith("No") else "ImportError"
        found = slip(Raised(kind, message, ()), "", 1, MODULES)
        assert found
        assert found.title == "tinytorch/helpers.py is not there"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("    return input('value? ')\n", "`input` is the parameter here, and no function"),
        ("    input = input + 1\n    return input(2)\n", "A variable hides Python's own `input`"),
    ],
)
def test_a_parameter_that_hides_a_function_of_pythons_is_told_from_a_variable(
    body: str, title: str
) -> None:
    source = f"def relu(input):\n{body}"
    error = Raised("TypeError", "'numpy.ndarray' object is not callable", ())
    given = "def relu(input):\n    return 1\n"
    found = slip(error, source, source.count("\n"), MODULES, given)
    assert found
    assert found.title == title
    assert ("keeps its name" in found.help) == ("parameter" in title)
    assert ("Give it another name" in found.help) == ("parameter" not in title)
    assert ("of the class `ndarray`" in found.help) == ("parameter" in title)


def test_a_parameter_that_hides_another_function_says_how_that_is_called() -> None:
    error = Raised("TypeError", "'int' object is not callable", ())
    source = "def f(x, max):\n    return max(x, 0)\n"
    found = slip(error, source, 2, MODULES, source)
    assert found
    assert "`builtins.max(...)`" in found.help
