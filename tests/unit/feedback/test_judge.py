"""Each way in which a run can end becomes the verdict that a student reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_course import SmallCourse

from tinytorch_ls.course.model import Step
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback.judge import judge
from tinytorch_ls.feedback.likeness import Name
from tinytorch_ls.feedback.verdict import Failure, Verdict
from tinytorch_ls.feedback.words import failure_text
from tinytorch_ls.runner.inside.compare import first_difference
from tinytorch_ls.runner.inside.describe import describe, wanted_text
from tinytorch_ls.runner.inside.plain import plain
from tinytorch_ls.runner.report import (
    EXAMPLE,
    Expected,
    Frame,
    Limit,
    Observation,
    Raised,
    StepRun,
    TestRun,
    UnderWay,
)
from tinytorch_ls.runner.values import (
    Bounds,
    Other,
    Parts,
    Plain,
    RaisedValue,
    ReturnedValue,
    TensorValue,
    WantedError,
)

SOURCE = "def grow(x, step=1):\n    return x - step\n"
TESTS = Path("/course/01_box/test_box.py")


@pytest.fixture
def step(small: SmallCourse) -> Step:
    return small.step("box/grow")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    (folder / "tinytorch").mkdir(parents=True)
    (folder / "tinytorch/box.py").write_text(SOURCE)
    return folder


def _observation(value: Any, expected: Expected, call: str = "box.grow(x)") -> Observation:
    return Observation(
        call,
        8,
        value,
        expected,
        "3 and 4 make 7",
        False,
        {"x": "3"},
        got=describe(value),
        wanted=wanted_text(expected),
        difference=first_difference(value, expected) or "",
    )


def _unmet(value: Any, expected: Expected, returned: Frame | None = None) -> StepRun:
    test = TestRun("test_grow", 7, (_observation(value, expected),), None, returned)
    return StepRun("box/grow", (TestRun("test_first", 3, ()), test), output="hi\n", seconds=0.5)


def _equals(value: Any, wanted: Any, **options: Any) -> StepRun:
    return _unmet(plain(value), Expected(plain(wanted), 1e-5, 1e-7, **options))


def _failed(verdict: Verdict) -> Failure:
    assert verdict.state == "failing"
    assert verdict.failure
    return verdict.failure


def test_a_run_that_passes_passes(step: Step, root: Path) -> None:
    run = StepRun("box/grow", (TestRun("test_grow", 7, ()),), seconds=0.25)
    assert judge(step, run, root, TESTS) == Verdict("box/grow", "passed", seconds=0.25)


def test_an_unmet_expectation_has_all_its_parts(step: Step, root: Path) -> None:
    returned = Frame(str(root / "tinytorch/box.py"), "grow", 2, 2, 4, 19)
    verdict = judge(step, _equals(-1, 7, dtype=None), root, TESTS)
    assert _failed(verdict) == Failure(
        headline="box.grow(x) is not what it should be.",
        call="box.grow(x)",
        inputs=(("x", "3"),),
        got="-1",
        expected="7",
        difference="too small by 8",
        because="3 and 4 make 7",
        test="test_grow",
        output="hi\n",
    )
    assert verdict.expectation == Frame(str(TESTS), "test_grow", 8, 8)
    assert verdict.where == Frame(str(root / "tinytorch/box.py"), "grow", 1, 1, 4, 8)
    moved = judge(step, _unmet(plain(-1), Expected(plain(7)), returned), root, TESTS)
    assert moved.where == returned


def test_the_message_reads_from_fact_to_reason(step: Step, root: Path) -> None:
    array = np.array([[1.0, 2.0], [3.0, 5.0]], dtype=np.float32)
    verdict = judge(step, _equals(array, [[1.0, 2.0], [3.0, 4.0]]), root, TESTS)
    assert failure_text(_failed(verdict)).splitlines()[1:] == [
        "  x         3",
        "  call      box.grow(x)",
        "  got       numpy.array([[1.0, 2.0], [3.0, 5.0]], dtype=float32)",
        "  expected  [[1.0, 2.0], [3.0, 4.0]]",
        "  first     a NumPy array came, a Tensor or a list was wanted",
        "  because   3 and 4 make 7",
        "Your code printed:",
        "hi",
    ]


@pytest.mark.parametrize(
    ("value", "wanted", "difference"),
    [
        (3.0, 5.0, "too small by 2.0"),
        (
            np.array([1.0, 2.0]),
            np.array([1.0, 3.0]),
            "at [1]: got 2.0, expected 3.0 (1 of 2 differ)",
        ),
        (True, False, ""),
        (float("nan"), 1.0, ""),
    ],
)
def test_the_first_difference_stands_beside_both_values_where_it_adds_to_them(
    step: Step, root: Path, value: Any, wanted: Any, difference: str
) -> None:
    assert _failed(judge(step, _equals(value, wanted), root, TESTS)).difference == difference


def test_each_kind_of_expectation_says_what_was_wanted(step: Step, root: Path) -> None:
    mentions = Expected(Parts(("shape", "(2, 3)")))
    failure = _failed(judge(step, _unmet(plain("dtype"), mentions), root, TESTS))
    assert failure.expected == "text with 'shape' and '(2, 3)'"
    assert failure.difference == "'shape' is not in it"
    between = Expected(Bounds(0.5, 2.0))
    failure = _failed(judge(step, _unmet(plain(3.0), between), root, TESTS))
    assert failure.expected == "a number from 0.5 to 2.0"
    assert failure.difference == "too large by 1.0"


@pytest.mark.parametrize(
    ("value", "got", "difference"),
    [
        (
            ReturnedValue(plain(3)),
            "no error; it returned 3",
            "",
        ),
        (
            RaisedValue("KeyError", ("KeyError",), "x"),
            "KeyError: x",
            "",
        ),
        (
            RaisedValue("ValueError", ("ValueError",), ""),
            "ValueError",
            "the message does not name '(2, 3)'",
        ),
    ],
)
def test_an_error_that_was_wanted_is_shown_as_one(
    step: Step, root: Path, value: Plain, got: str, difference: str
) -> None:
    wanted = WantedError("ValueError", ("(2, 3)",))
    returned = Frame(str(root / "tinytorch/box.py"), "grow", 2, 2)
    verdict = judge(step, _unmet(value, Expected(wanted), returned), root, TESTS)
    failure = _failed(verdict)
    assert failure.expected == "ValueError with a message that names '(2, 3)'"
    assert failure.got == got
    assert failure.difference == difference
    assert verdict.where
    assert verdict.where.line == 1  # the definition: where it returned is not what is wrong


def test_a_mistake_is_named_with_its_feedback(step: Step, root: Path) -> None:
    names = {"grow": Name("Shrinks", "The number became smaller.")}
    failure = _failed(judge(step, _equals(-1, 7), root, TESTS, names))
    assert (failure.mistake, failure.help) == ("Shrinks", "The number became smaller.")
    text = failure_text(failure)
    assert "This behaves like: Shrinks.\nhelp: The number became smaller." in text


def _raises(root: Path, kind: str, message: str, *, inside: bool = True, **more: Any) -> StepRun:
    frames = (
        Frame(str(TESTS), "test_grow", 8, 8, 4, 20),
        Frame(str(root / "tinytorch/box.py"), "grow", 2, 2, 11, 15),
    )
    error = Raised(kind, message, frames if inside else frames[:1], **more)
    return StepRun("box/grow", (TestRun("test_grow", 7, (), error),))


def test_an_error_stands_on_the_students_line(step: Step, root: Path) -> None:
    verdict = judge(step, _raises(root, "ValueError", "bad\nworse"), root, TESTS)
    assert _failed(verdict).headline == "ValueError: bad"
    assert verdict.where == Frame(str(root / "tinytorch/box.py"), "grow", 2, 2, 11, 15)
    assert verdict.expectation == Frame(str(TESTS), "test_grow", 8, 8, 4, 20)
    assert (
        _failed(judge(step, _raises(root, "ValueError", ""), root, TESTS)).headline == "ValueError"
    )


@pytest.mark.parametrize(
    ("kind", "message", "inside", "help_"),
    [
        ("NameError", "name 'y' is not defined", True, "Python knows no variable"),
        ("UnboundLocalError", "x", True, "Python knows no variable"),
        ("RecursionError", "maximum recursion depth", True, "through an operator"),
        ("RecursionError", "maximum recursion depth", False, "1,000 calls nest"),
        ("AttributeError", "no attribute 'grow'", False, "The test looks for `grow`"),
        ("AttributeError", "'int' object has no attribute 'tolist'", False, ""),
        ("AttributeError", "'int' object has no attribute 'grow'", False, ""),
        ("AttributeError", "'Lab' object has no attribute 'grow'", False, "*Reset step*"),
        ("AttributeError", "'int' has no attribute", True, "Compare the name"),
        (
            "AttributeError",
            "'NoneType' object has no attribute 'x'",
            False,
            "a `return` is missing",
        ),
        ("AttributeError", "'NoneType' object has no attribute 'x'", True, "without a `return`"),
        ("TypeError", "'NoneType' object is not subscriptable", False, "a `return` is missing"),
        ("TypeError", "unsupported operand: 'function' and 'int'", True, "`name()`"),
        ("TypeError", "'tuple' object is not callable", True, "without them"),
        ("TypeError", "_sum() got an unexpected keyword argument 'dim'", True, "`axis`"),
        ("TypeError", "only 0-dimensional arrays can be converted", True, "`np.exp`"),
        ("TypeError", "np.exp takes arrays, not a Tensor: the array", True, "`t.data`"),
        ("TypeError", "Tensor.sum() got an unexpected keyword argument 'out'", True, "`t.data`"),
        ("TypeError", "relu(): argument 'input' must be Tensor, not Tensor", True, "with NumPy"),
        ("TypeError", "expected Tensor as element 0 in argument 0", True, "PyTorch's own tensors"),
        ("ValueError", "The truth value of an array is ambiguous", True, "`np.where("),
        ("ValueError", "operands could not be broadcast together", True, "`keepdims=True`"),
        ("ValueError", "too many values to unpack (expected 2)", True, "`.items()`"),
        ("ValueError", "too many values to unpack (expected 2)", False, ""),
        ("TypeError", "iter() returned non-iterator of type 'list'", False, "With `yield` in it"),
        ("ValueError", "bad", True, ""),
        ("KeyError", "'numpy'", True, "`d.get(key)`"),
        ("RuntimeWarning", "divide by zero", True, '`with np.errstate(divide="ignore"):`'),
        ("RuntimeWarning", "overflow encountered in exp", True, "too large for its dtype"),
        ("TypeError", "grow() takes 1 positional argument", False, "with the parameters"),
        ("TypeError", "unsupported operand", False, ""),
        ("EOFError", "", True, "`input()` can't be used"),
        ("ModuleNotFoundError", "No module named 'scipy'", True, "not installed here"),
        ("ZeroDivisionError", "division by zero", True, ""),
    ],
)
def test_errors_that_beginners_meet_come_with_the_next_move(
    step: Step, root: Path, kind: str, message: str, inside: bool, help_: str
) -> None:
    run = _raises(root, kind, message, inside=inside)
    found = _failed(judge(step, run, root, TESTS)).help
    assert help_ in found
    assert bool(found) == bool(help_)


@pytest.mark.parametrize(
    ("value", "help_"),
    [(plain(None), "a `return` is missing"), (plain(len), "With parentheses"), (plain(-1), "")],
)
def test_values_that_slip_out_by_accident_come_with_the_next_move(
    step: Step, root: Path, value: Any, help_: str
) -> None:
    run = _unmet(value, Expected(plain(7)))
    found = _failed(judge(step, run, root, TESTS)).help
    assert help_ in found
    assert bool(found) == bool(help_)


def test_a_tensor_that_holds_no_array_is_described(step: Step, root: Path) -> None:
    tensor = TensorValue(Other("list"))
    failure = _failed(judge(step, _unmet(tensor, Expected(plain([1.0]))), root, TESTS))
    assert failure.got == "a Tensor whose data is an object of class list, not an array"


def test_a_syntax_error_is_explained_at_the_line_that_is_at_fault(step: Step, root: Path) -> None:
    text = "x = 1\nfrom __future__ import annotations\n"
    (root / "tinytorch/box.py").write_text(text)
    message = "from __future__ imports must occur at the beginning of the file"
    verdict = judge(step, _raises(root, "SyntaxError", message, syntax_error=True), root, TESTS)
    assert _failed(verdict).headline == "A line stands above `from __future__`."
    assert "Move this line below it" in _failed(verdict).help
    assert verdict.where
    assert verdict.where.line == 1


def test_a_stub_is_still_to_do(step: Step, root: Path) -> None:
    run = _raises(root, "NotImplementedError", "", unwritten="box/grow")
    verdict = judge(step, run, root, TESTS)
    assert (verdict.state, verdict.failure) == ("todo", None)
    assert verdict.where


def test_a_step_that_calls_a_stub_is_blocked_by_it(small: SmallCourse, root: Path) -> None:
    run = _raises(root, "NotImplementedError", "", unwritten="box/add")
    course = read_course(small.folder)
    verdict = judge(course.steps["box/grow"], run, root, TESTS, course=course)
    assert (verdict.state, verdict.blocked_by) == ("blocked", "box/add")
    assert verdict.failure == Failure(
        "“Grow a number” calls “Add two boxes”, which is not written yet.",
        help="Write “Add two boxes” first; this step is tested again then.",
    )


def test_a_step_that_is_not_begun_does_not_fail_for_what_its_tests_met_before_it(
    step: Step, root: Path
) -> None:
    stub = 'def grow(x, step=1):\n    raise NotImplementedError("box/grow is yours to write")\n'
    (root / "tinytorch/box.py").write_text(stub)
    for run in (_equals(-1, 7), _raises(root, "IndexError", "index 7 is not in it")):
        verdict = judge(step, run, root, TESTS)
        assert (verdict.state, verdict.marks) == ("todo", ())
    (root / "tinytorch/box.py").write_text(SOURCE)
    assert judge(step, _equals(-1, 7), root, TESTS).state == "failing"


def test_a_stub_behind_a_real_failure_doesnt_hide_it(step: Step, root: Path) -> None:
    wrong = _equals(-1, 7).tests[1]
    later = _raises(root, "NotImplementedError", "", unwritten="box/add").tests[0]
    verdict = judge(step, StepRun("box/grow", (wrong, later)), root, TESTS)
    assert _failed(verdict).difference == "too small by 8"


LIMITS = {
    "endless": (
        "10 s",
        "“Grow a number” was stopped after 10 s: it had not come out of the loop in line 2.",
        "condition",
    ),
    "slow": ("10 s", "“Grow a number” was stopped: it was still working after 10 s.", "too slowly"),
    "stuck": (
        "10 s",
        "“Grow a number” was stopped after 10 s: it had not come back from line 2.",
        "what that line calls",
    ),
    "waiting": (
        "60 s, computing for 0.1 s of them",
        "“Grow a number” was stopped after 60 s, computing for 0.1 s of them.",
        "waiting in line 2",
    ),
    "busy": (
        "5 s",
        "“Grow a number” could not be tested: nothing had begun after 5 s.",
        "nothing about your code",
    ),
    "network": (
        "example.org:80",
        "“Grow a number” was stopped: it tried to reach example.org:80.",
        "127.0.0.1",
    ),
    "memory": ("1 GiB", "“Grow a number” was stopped: it took more than 1 GiB of memory.", "grows"),
    "file-size": (
        "64 MiB",
        "“Grow a number” was stopped: it wrote or printed more than 64 MiB.",
        "print",
    ),
    "processes": ("os.fork", "“Grow a number” was stopped: it called os.fork.", "other processes"),
    "write": (
        "/etc/x",
        "“Grow a number” was stopped: it tried to change /etc/x.",
        "Nothing was changed",
    ),
    "exit": ("exit(3)", "“Grow a number” ended Python: exit(3).", "Return a value"),
    "crash": ("signal SIGSEGV", "“Grow a number” crashed Python (signal SIGSEGV).", "ctypes"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_a_limit_names_the_step_and_the_next_move(step: Step, root: Path, kind: Any) -> None:
    detail, headline, help_ = LIMITS[kind]
    stopped = Frame(str(root / "tinytorch/box.py"), "grow", 2, 2)
    run = StepRun("box/grow", (), Limit(kind, detail), stopped, "printed")
    verdict = judge(step, run, root, TESTS)
    failure = _failed(verdict)
    assert failure.headline == headline
    assert help_ in failure.help
    assert failure.output == "printed"
    assert verdict.where == stopped
    unknown = judge(step, StepRun("box/grow", (), Limit(kind, detail)), root, TESTS)
    assert unknown.where
    assert unknown.where.line == 1


def test_an_endless_loop_is_named_whole_and_marked_at_its_head(step: Step, root: Path) -> None:
    stopped = Frame(str(root / "tinytorch/box.py"), "grow", 2, 5)
    verdict = judge(step, StepRun("box/grow", (), Limit("endless", "10 s"), stopped), root, TESTS)
    assert "the loop in lines 2–5" in _failed(verdict).headline
    assert verdict.where
    assert (verdict.where.line, verdict.where.end_line) == (2, 2)


def test_a_stop_in_given_code_is_marked_where_the_steps_own_function_was(
    step: Step, root: Path
) -> None:
    file = root / "tinytorch/box.py"
    text = file.read_text(encoding="utf-8").rstrip("\n")
    helper = text.count("\n") + 4
    file.write_text(f"{text}\n\n\ndef helper():\n    while True:\n        pass\n", encoding="utf-8")
    own, given = Frame(str(file), "grow", 2, 2), Frame(str(file), "helper", helper + 1, helper + 2)
    other = Frame(str(root / "tinytorch/other.py"), "other", 2, 2)
    run = StepRun("box/grow", (), Limit("endless", "10 s"), given, stack=(other, own, given))
    verdict = judge(step, run, root, TESTS)
    assert verdict.where == own
    assert verdict.marks[0].function == "grow"
    at_its_head = replace(given, end_line=given.line)
    assert verdict.marks[0].related == ((at_its_head, "it was here"),)
    assert f"lines {given.line}–{given.end_line}" in _failed(verdict).headline
    alone = judge(step, replace(run, stack=(other, given)), root, TESTS)
    assert alone.where == at_its_head
    assert not alone.marks[0].related


def test_a_stop_has_the_call_that_was_under_way(step: Step, root: Path) -> None:
    stopped = Frame(str(root / "tinytorch/box.py"), "grow", 2, 2)
    met = UnderWay("test_grow", 7, "box.grow(x)", {"x": "3"})
    run = StepRun("box/grow", (), Limit("endless", "10 s"), stopped, under_way=met)
    for each in (run, replace(run, stopped_in=None)):
        verdict = judge(step, each, root, TESTS)
        failure = _failed(verdict)
        assert (failure.call, failure.inputs, failure.test) == (
            "box.grow(x)",
            (("x", "3"),),
            "test_grow",
        )
        assert verdict.expectation == Frame(str(TESTS), "test_grow", 7, 7)
    of_example = replace(run, under_way=replace(met, test=EXAMPLE, line=0))
    assert judge(step, of_example, root, TESTS).expectation is None


def test_a_step_without_a_test_never_passes(step: Step, root: Path) -> None:
    assert "has no test" in _failed(judge(step, StepRun("box/grow", ()), root, TESTS)).headline


@pytest.mark.parametrize("text", [None, "def grow(:\n", "x = 1\n", b"\xff"])
def test_a_verdict_needs_no_readable_file(step: Step, root: Path, text: str | bytes | None) -> None:
    path = root / "tinytorch/box.py"
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert judge(step, _equals(-1, 7), root, TESTS).where is None
