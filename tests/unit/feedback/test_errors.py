"""A failure has the call and what it was given; an error's help is about that error."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.advice import error_help
from tinytorch_ls.runner.report import Raised

pytestmark = pytest.mark.slow

LIBRARY = """\
import numpy as np


def grow(x):
    return x + 1.0
"""
HEAD = "import numpy as np\n\n\ndef grow(x):\n"


def _lab(tmp_path: Path, body: str) -> Lab:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    tests = f"""\
def loudly(function, *args):
    return function(*args)

@step("try")
def test_grow(expect):
    expect(lab.grow(np.array([0.5]))).equals(np.array([1.5]), because="one more")
    x = np.array([1.0, 2.0])
{lines}
"""
    return Lab(tmp_path, LIBRARY, tests, symbols=("grow",))


@pytest.mark.parametrize(
    "body",
    [
        "for _ in range(2):\n    y = lab.grow(x)\nexpect(y).equals(x, because='so')",
        "with np.errstate(all='ignore'):\n    y = lab.grow(x)\nexpect(y).equals(x, because='so')",
        "expect(loudly(lab.grow, x)).equals(x, because='so')",
        "expect([lab.grow(x) for _ in range(2)]).equals(x, because='so')",
        "expect(sum(lab.grow(x) for _ in range(2))).equals(x, because='so')",
        "expect(lab.grow(x=x)).equals(x, because='so')",
    ],
)
def test_an_error_comes_with_the_call_and_the_inputs_before_it(tmp_path: Path, body: str) -> None:
    code = HEAD + "    if len(x) > 1:\n        x -= 5.0\n        raise KeyError('odd')\n"
    judged = _lab(tmp_path, body).judge(code + "    return x + 1.0\n")
    failure = judged.verdict.failure
    assert failure
    assert failure.headline.startswith("KeyError")
    assert "grow" in failure.call
    assert dict(failure.inputs).get("x") == "numpy.array([1.0, 2.0], dtype=float64)"


def test_a_wrong_value_shows_what_the_call_was_given_and_not_what_it_made_of_it(
    tmp_path: Path,
) -> None:
    body = "expect(lab.grow(x)).equals(np.array([2.0, 3.0]), because='one more')"
    judged = _lab(tmp_path, body).judge(
        HEAD + "    if len(x) > 1:\n        x -= x.max()\n    return x + 1.0\n"
    )
    failure = judged.verdict.failure
    assert failure
    assert failure.inputs == (("x", "numpy.array([1.0, 2.0], dtype=float64)"),)


def test_what_a_loop_of_the_call_takes_from_the_result_is_no_input(tmp_path: Path) -> None:
    body = "expect([each * 2 for each in lab.grow(x)]).equals([4.0, 6.0], because='so')"
    judged = _lab(tmp_path, body).judge(HEAD + "    return x + float(len(x))\n")
    failure = judged.verdict.failure
    assert failure
    assert dict(failure.inputs) == {"x": "numpy.array([1.0, 2.0], dtype=float64)"}


@pytest.mark.parametrize(
    ("code", "line", "headline", "help_"),
    [
        (
            HEAD + "    breakpoint()\n    return x + 1.0\n",
            (5,),
            "A breakpoint stands here.",
            "*Debug step*",
        ),
        (
            HEAD + "    import pdb; pdb.set_trace()\n\n\ndef beyond():\n    return 1\n",
            (5,),
            "A breakpoint stands here.",
            "`pdb.set_trace()` waits",
        ),
        (
            "from crate import lid\n" + LIBRARY,
            (1,),
            "ModuleNotFoundError",
            "`from tinytorch.crate import ...`",
        ),
        (
            "from tinytorch.lab import lid\n" + LIBRARY,
            (1,),
            "ImportError",
            "take this line out",
        ),
        (LIBRARY.replace("numpy", "numpi"), (1,), "ModuleNotFoundError", "It is called `numpy`."),
        (HEAD + "    if True:\n\treturn x\n", (6,), "Tabs and blanks", "*Convert"),
        (LIBRARY + "<<<<<<< HEAD\n=======\n>>>>>>> x\n", (6,), "A merge left", "Keep one"),
        (
            "import math\nfrom __future__ import annotations\n",
            (1,),
            "A line stands above",
            "Move this line",
        ),
        (HEAD + "    sum = 1.0\n    return sum(x)\n", (6,), "TypeError", "another name"),
        (HEAD + "    return np.maximun(x, 0)\n", (5,), "AttributeError", ""),
    ],
)
def test_help_fits_the_error_and_stands_on_its_line(
    tmp_path: Path, code: str, line: tuple[int, ...], headline: str, help_: str
) -> None:
    verdict = _lab(tmp_path, "pass").judge(code).verdict
    assert verdict.failure
    assert verdict.failure.headline.startswith(headline)
    assert help_ in verdict.failure.help
    assert verdict.where
    assert verdict.where.line in line


@pytest.mark.parametrize(
    ("code", "look", "fact"),
    [
        ("return {}", "lab.grow(x)['far']", "Leaves out 'far'"),
        ("return x", "lab.grow(x)()", "Gives a numpy.ndarray, which can't be called"),
        ("return x", "lab.grow(x).far", "Gives a numpy.ndarray, which has no `far`"),
    ],
)
def test_what_a_test_does_not_find_in_a_result_is_no_fault_of_a_line(
    tmp_path: Path, code: str, look: str, fact: str
) -> None:
    tests = f"""\
@step("try")
def test_grow(expect):
    x = np.array([0.5])
    expect({look}).equals(1.5, because="one more")
"""
    right = "class Found:\n    far = 1.5\n    def __getitem__(self, key): return 1.5\n"
    right += "    def __call__(self): return 1.5\n\ndef grow(x):\n    return Found()\n"
    lab = Lab(tmp_path, right, tests, symbols=("grow",))
    failure = lab.judge(HEAD + f"    {code}\n").verdict.failure
    assert failure
    assert failure.fact == fact


@pytest.mark.parametrize(
    ("look", "maker"), [("lab.grow(x)", "grow"), ("sorted(y)", "sorted(y)"), ("y", "grow")]
)
def test_another_kind_is_of_what_the_test_looks_at(tmp_path: Path, look: str, maker: str) -> None:
    tests = f"""\
@step("try")
def test_grow(expect):
    x = [0.5]
    y = lab.grow(x)
    expect({look}).equals([1.5], because="one more")
"""
    right = "def grow(x):\n    return [x[0] + 1.0]\n"
    lab = Lab(tmp_path, right, tests, symbols=("grow",))
    failure = lab.judge("def grow(x):\n    return ['1.5']\n").verdict.failure
    assert failure
    assert failure.headline == f"`{maker}` gave a list of str; a list of float was wanted."


def test_an_array_in_place_of_a_tensor_comes_with_the_ways_out(tmp_path: Path) -> None:
    tests = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(Tensor([0.5]))).equals([1.5], because="one more")
"""
    head = "from tinytorch.tensor import Tensor\n\n"
    lab = Lab(tmp_path, head + "def grow(x):\n    return x + 1\n", head + tests, symbols=("grow",))
    failure = lab.judge(head + "def grow(x):\n    return x.data + 1\n").verdict.failure
    assert failure
    assert failure.headline == "`grow` gave an array; a Tensor was wanted."
    assert "`wrap(array)` makes one" in failure.help


@pytest.mark.parametrize(
    ("code", "headline", "difference"),
    [
        ("{'n': 1, 'far': 'a'}", "lab.grow(x) is not what it should be.", "at key 'far'"),
        ("{'n': 1, 'far': '1.5'}", "lab.grow(x) is not what it should be.", "at key 'far'"),
        ("[1, None, 1.5]", "`grow` gave a list of None or float or int", ""),
        (
            "{'n': 1, 'far': np.array([1.5, 2.0])}",
            "lab.grow(x) is not what it should be.",
            "at key 'far': a NumPy array came",
        ),
    ],
)
def test_of_a_dict_of_many_things_the_wrong_one_is_told(
    tmp_path: Path, code: str, headline: str, difference: str
) -> None:
    tests = """\
@step("try")
def test_grow(expect):
    x = [0.5]
    expect(lab.grow(x)).equals({"n": 1, "far": [1.5, 2.0]}, because="one more")
"""
    right = "import numpy as np\n\ndef grow(x):\n    return {'n': 1, 'far': [1.5, 2.0]}\n"
    lab = Lab(tmp_path, right, tests, symbols=("grow",))
    failure = lab.judge_change("{'n': 1, 'far': [1.5, 2.0]}", code).verdict.failure
    assert failure
    assert failure.headline.startswith(headline)
    assert failure.difference.startswith(difference)


def test_a_mistake_that_ends_in_an_error_of_another_file_is_named(tmp_path: Path) -> None:
    """Though a function of that file has the name of the student's."""
    tests = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(1)).equals(2, because="one more")
    expect(lab.grow(-1)).equals(0, because="one more, and no size is below 0")
"""
    right = "from tinytorch import crate\n\ndef grow(x):\n    return crate.grow(max(x, 0), x)\n"
    wrong = right.replace("max(x, 0)", "x")
    forgets = f"#### Forgets the floor\n```python\n{wrong[wrong.index('def') :]}```\nThere is one."
    lab = Lab(tmp_path, right, tests, symbols=("grow",), mistakes=forgets)
    given = "def grow(size, x):\n    if size < 0:\n        raise ValueError('no size')\n"
    lab.write("library/tinytorch/crate.py", given + "    return x + 1\n")
    failure = lab.judge("# mine\n" + wrong).verdict.failure
    assert failure
    assert failure.mistake == "Forgets the floor"


def test_a_file_in_another_encoding_is_said_to_be(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "pass")
    (tmp_path / "student/tinytorch/lab.py").write_bytes(LIBRARY.encode("utf-16"))
    verdict = lab.judge_file().verdict
    assert verdict.failure
    assert "UTF-16" in verdict.failure.headline
    assert "UTF-8" in verdict.failure.help


@pytest.mark.parametrize(
    ("body", "help_"),
    [
        ("return x.base.sum()", "`x.base` is `None`. Nothing was put there yet."),
        ("return x.base.sum()", "ask first: `if x.base is None`"),
        ("return double(x.base)", "In line 7 `x.base` is `None`."),
        ("return double(forgets(x))", "`forgets(…)` gave `None`: look whether a `return`"),
        ("return x.sort() + 1", "`x.sort()` changes what stands before the dot"),
        ("return {}.get('far').near", "`{}.get(…)` gives `None` for a key that is not in"),
    ],
)
def test_what_was_none_is_told_where_it_came_from(tmp_path: Path, body: str, help_: str) -> None:
    given = "def double(y):\n    return y.sum()\n\n\n"
    code = "import numpy as np\n" + given + f"def grow(x):\n    {body}\n"
    code += "\n\ndef forgets(x):\n    x + 1\n"
    tests = """\
@step("try")
def test_grow(expect):
    expect(lab.grow(np.array([0.5]))).equals(1.5, because="one more")
"""
    right = "def double(y):\n    return y\n\n\ndef grow(x):\n    return 1.5\n"
    verdict = Lab(tmp_path, right, tests, symbols=("grow",)).judge(code).verdict
    assert verdict.failure
    assert help_ in verdict.failure.help


@pytest.mark.parametrize(
    ("answer", "headline", "help_"),
    [
        ("gradient, gradient", "`mul_vjp` gave a list for argument 2, `far`; None was wanted.", ""),
        ("None, None", "`mul_vjp` gave None for argument 1, `near`; a list was wanted.", ""),
    ],
)
def test_of_several_gradients_the_wrong_one_is_told(
    tmp_path: Path, answer: str, headline: str, help_: str
) -> None:
    tests = """\
@step("try")
def test_mul(expect):
    expect(lab.mul_vjp([1.5], [2.5], 1, 2)).equals(([1.5], None), because="the second is constant")
"""
    right = "def mul_vjp(gradient, output, near, far):\n    return gradient, None\n"
    lab = Lab(tmp_path, right, tests, symbols=("mul_vjp",))
    failure = lab.judge_change("return gradient, None", f"return {answer}").verdict.failure
    assert failure
    assert (failure.headline.replace(" of float", ""), failure.help) == (headline, help_)


def test_of_other_tuples_the_wrong_part_is_told(tmp_path: Path) -> None:
    tests = """\
@step("try")
def test_parts(expect):
    expect(lab.parts(3)).equals((3, [3]), because="once bare and once in a list")
"""
    lab = Lab(tmp_path, "def parts(x):\n    return x, [x]\n", tests, symbols=("parts",))
    failure = lab.judge_change("return x, [x]", "return x, (x,)").verdict.failure
    assert failure
    assert failure.headline == (
        "`parts` gave a tuple of int as part 2 of its tuple; a list of int was wanted."
    )


@pytest.mark.parametrize(
    ("look", "body", "headline"),
    [
        (
            "lab.same(x) is x",
            "list(x)",
            "`lab.same(x)` and `x` are two different objects; one and the same object was wanted.",
        ),
        (
            "x is not lab.same(x)",
            "list(x)",
            "`x` and `lab.same(x)` are two different objects; one and the same object was wanted.",
        ),
        ("lab.same(x) is None", "None", "lab.same(x) is None is not what it should be."),
        ("lab.same(x) == x", "[1]", "lab.same(x) == x is not what it should be."),
    ],
)
def test_a_comparison_of_identity_says_what_came_and_what_was_wanted(
    tmp_path: Path, look: str, body: str, headline: str
) -> None:
    tests = f"""\
@step("try")
def test_same(expect):
    x = [0.5]
    expect({look}).equals({" is x" in look or " == " in look}, because="it is the list itself")
"""
    lab = Lab(tmp_path, "def same(x):\n    return x\n", tests, symbols=("same",))
    failure = lab.judge_change("return x", f"return {body}").verdict.failure
    assert failure
    assert failure.headline == headline


def test_a_copy_that_should_be_one_is_told_as_well(tmp_path: Path) -> None:
    tests = """\
@step("try")
def test_copy(expect):
    x = [0.5]
    expect(lab.copy(x) is x).equals(False, because="it is a copy")
"""
    lab = Lab(tmp_path, "def copy(x):\n    return list(x)\n", tests, symbols=("copy",))
    failure = lab.judge_change("return list(x)", "return x").verdict.failure
    assert failure
    assert failure.headline == (
        "`lab.copy(x)` and `x` are one and the same object; two different objects were wanted."
    )


@pytest.mark.parametrize("body", ["lab.grow(x)", "lab.grow(x).sum()", "lab.grow(x) + 1.0"])
def test_an_async_function_is_named_and_nothing_of_the_courses_own_is_printed(
    tmp_path: Path, body: str
) -> None:
    tests = f"""\
@step("try")
def test_grow(expect):
    x = np.array([1.0, 2.0])
    expect({body}).equals(x, because="so")
"""
    lab = Lab(tmp_path, LIBRARY, tests, symbols=("grow",))
    failure = lab.judge("async def grow(x):\n    return x + 1.0\n").verdict.failure
    assert failure
    assert failure.help.startswith("A function that begins with `async def` computes nothing")
    assert not failure.output


@pytest.mark.parametrize(
    ("message", "is_helped"),
    [
        ("Subset.__getitem__() missing 1 required positional argument: 'index'", True),
        ("__len__() takes 0 positional arguments but 1 was given", True),
        ("Subset() takes no arguments", False),
        ("'float' object cannot be interpreted as an integer argument", False),
    ],
)
def test_the_parameters_of_a_function_are_named_where_it_is_one_of_the_step(
    message: str, is_helped: bool
) -> None:
    step = read_course(curriculum_folder()).steps["dataloader/subset"]
    told = error_help(step, Raised("TypeError", message, ()), in_student_code=False)
    assert ("the parameters that its stub had" in told) == is_helped
