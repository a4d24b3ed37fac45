"""A save is of a course: what it changes elsewhere is tested, faults are shown where they are."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lsp_client import Client
from lsprotocol import types
from student import Student, codes

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.workspace.changes import solve

USE = "from tinytorch.helpers import ONE\n"
TENSOR, ACTIVATIONS = "tinytorch/tensor.py", "tinytorch/activations.py"
WRAP = "    array = np.asarray(array) if isinstance(array, np.generic) else array"
MAX_OF_SIZE = "self.data.max(axis=dim, keepdims=keepdim)"


@pytest.fixture
def further(student: Student) -> Student:
    """A student who has written modules 01 and 02."""
    for module in ("tensor", "activations"):
        student.folder.begin(module)
        steps = [s for s in student.folder.course.module(module).steps if s.symbols]
        solve(student.folder, steps, module)
    return student


def _with(path: Path, old: str, new: str) -> str:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    return text.replace(old, new)


async def _of(client: Client, uri: str, step: str) -> list[types.Diagnostic]:
    """The diagnostics of a step once its file has some that are linked to another place."""
    found = await client.published(
        uri, lambda found: any(each.code == step and each.related_information for each in found)
    )
    return [each for each in found if each.code == step]


async def _all(client: Client, module: str, wanted: Callable[[set[str]], bool]) -> set[str]:
    """Wait until the states of a module are as wanted; nothing of it runs then."""
    while not wanted(states := set((await client.states(module)).values())):
        client.heard.clear()
        await client.heard.wait()
    return states


async def test_a_save_tests_the_other_modules_that_run_on_the_file(
    client: Client, further: Student
) -> None:
    tensor, activations = further.folder.path(TENSOR), further.folder.path(ACTIVATIONS)
    uri = client.open(tensor)
    await client.command("tinytorch.runModule", "activations")
    right = client.texts[uri]
    client.write(
        tensor,
        _with(
            tensor,
            WRAP,
            WRAP.replace("np.asarray(array)", "[]").replace("else array", "else array + 1"),
        ),
    )
    await _all(client, "activations", lambda states: "passed" not in states)
    await client.published(activations.as_uri(), bool)
    client.write(tensor, right)
    await _all(client, "activations", lambda states: states == {"passed"})
    await client.published(activations.as_uri(), lambda found: not found)


@pytest.mark.parametrize("outside", [False, True])
async def test_a_file_that_is_as_before_once_it_can_be_read_frees_what_waited_for_it(
    client: Client, further: Student, outside: bool
) -> None:
    tensor = further.folder.path(TENSOR)
    right = tensor.read_text(encoding="utf-8")
    if not outside:
        client.open(tensor)
    await client.command("tinytorch.runModule", "tensor")
    await client.command("tinytorch.runModule", "activations")

    def write(path: Path, text: str) -> None:
        if outside:
            path.write_text(text, encoding="utf-8")
            client.tell_of(path)
        else:
            client.write(path, text)

    write(tensor, right.replace("def strides(", "def strides((", 1))
    await _all(client, "activations", lambda states: states == {"blocked"})
    write(tensor, right)
    await _all(client, "activations", lambda states: states == {"passed"})


async def test_what_was_written_outside_the_editor_tests_what_runs_on_it(
    client: Client, student: Student
) -> None:
    for module in ("tensor", "activations"):
        student.folder.begin(module)
    written = [s for s in student.folder.course.module("activations").steps if s.symbols]
    solve(student.folder, written, "activations")
    client.open(student.folder.path(ACTIVATIONS))
    await _all(client, "activations", lambda states: states == {"blocked"})
    written = [s for s in student.folder.course.module("tensor").steps if s.symbols]
    solve(student.folder, written, "tensor")
    client.open(student.folder.path(TENSOR))
    await _all(client, "activations", lambda states: states == {"passed"})


async def test_what_is_tested_again_is_shown_as_such(client: Client, further: Student) -> None:
    tensor = further.folder.path(TENSOR)
    uri = client.open(tensor)
    client.open(further.folder.path(ACTIVATIONS))
    await client.command("tinytorch.runModule", "activations")
    client.write(tensor, client.texts[uri] + "\nwhile False: pass\n")
    labels: set[str] = set()
    while "Being tested again" not in labels:
        client.heard.clear()
        labels |= {step.label for m in (await client.course()).modules for step in m.steps}
        if "Being tested again" not in labels:
            await client.heard.wait()
    await client.settled("activations")


async def test_a_helper_of_the_students_own_is_tested_by_what_imports_it(
    client: Client, further: Student
) -> None:
    helpers, tensor = further.root / "tinytorch/helpers.py", further.folder.path(TENSOR)
    helpers.write_text("def plus(a, b):\n    return a + b\n", encoding="utf-8")
    text = _with(tensor, "wrap(left + right)", "wrap(plus(left, right))")
    text = text.replace(
        "import numpy as np\n", "import numpy as np\nfrom tinytorch import helpers\n", 1
    )
    tensor.write_text(text.replace("plus(", "helpers.plus("), encoding="utf-8")
    client.open(helpers)
    client.write(helpers, "def plus(a, b):\n    return a - b\n")
    found = await client.published(tensor.as_uri(), lambda found: "tensor/add" in codes(found))
    assert found
    client.write(helpers, "def plus(a, b):\n    return a + c\n")
    (there,) = await client.published(helpers.as_uri(), bool)
    assert there.code == "tensor/add"
    assert there.range.start == types.Position(1, 15)


@pytest.mark.parametrize("gone", [False, True])
async def test_a_helper_that_can_not_be_imported_takes_the_ticks_away(
    client: Client, further: Student, gone: bool
) -> None:
    helpers, tensor = further.root / "tinytorch/helpers.py", further.folder.path(TENSOR)
    helpers.write_text("ONE = 1\n", encoding="utf-8")
    text = _with(tensor, "import numpy as np\n", "import numpy as np\n" + USE)
    tensor.write_text(text, encoding="utf-8")
    client.open(tensor)
    client.open(helpers)
    await client.command("tinytorch.runModule", "tensor")
    assert (await client.step("tensor/add")).state == "passed"
    if gone:
        helpers.unlink()
        client.tell_of(helpers)
    else:
        client.write(helpers, "ONE = (1\n")
    deadline = time.monotonic() + 30
    while (await client.step("tensor/add")).state == "passed":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    helpers.write_text("ONE = 1\n", encoding="utf-8")  # as it was when its module passed
    if gone:
        client.tell_of(helpers)
    else:
        client.write(helpers, "ONE = 1\n")
    while (await client.step("tensor/add")).state != "passed":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_fault_in_an_earlier_module_is_marked_there_and_at_the_step(
    client: Client, further: Student
) -> None:
    tensor, activations = further.folder.path(TENSOR), further.folder.path(ACTIVATIONS)
    uri = client.open(activations)
    text = _with(tensor, WRAP, WRAP.replace("array, np.generic", "aray, np.generic"))
    tensor.write_text(text, encoding="utf-8")
    await client.command("tinytorch.runStep", "activations/relu")
    await client.settled("activations")
    (there,) = await _of(client, tensor.as_uri(), "activations/relu")
    (here,) = await _of(client, uri, "activations/relu")
    assert there.range.start.line == text[: text.index("aray,")].count("\n")
    assert "NameError: name 'aray' is not defined" in there.message
    assert here.related_information
    assert there.related_information
    assert tensor.as_uri() in [each.location.uri for each in here.related_information]
    met = [each.location for each in there.related_information]  # more steps may have been run
    assert {each.uri for each in met} == {uri}
    assert here.range in [each.range for each in met]


async def test_a_given_helper_has_one_diagnostic_that_is_linked_with_each_step_it_breaks(
    client: Client, further: Student
) -> None:
    tensor, activations = further.folder.path(TENSOR), further.folder.path(ACTIVATIONS)
    text = _with(tensor, WRAP, WRAP.replace("else array", "else array + 1"))
    uri, other = client.open(tensor), client.open(activations)
    client.write(tensor, text)
    await client.settled("tensor")
    await client.command("tinytorch.runModule", "activations")
    place = (uri, text[: text.index("def wrap")].count("\n"))
    met: list[tuple[str, types.Diagnostic]] = []
    for where in (uri, other):
        found = await client.published(
            where, lambda found, where=where: all(_links(each, place, where) for each in found)
        )
        met += [(where, each) for each in found if (where, each.range.start.line) != place]
    assert {"tensor/add", "tensor/index", "activations/relu"} <= {str(e.code) for _, e in met}
    places = {(where, each.range.start.line) for where, each in met}
    found = await client.published(
        uri, lambda found: any(places <= _linked(each) for each in found)
    )
    (once,) = [each for each in found if each.range.start.line == place[1]]
    assert once.message.startswith("“Add, with broadcasting”, ")
    assert " more fail because of this: " in once.message.splitlines()[0]


def _linked(diagnostic: types.Diagnostic) -> set[tuple[str, int]]:
    related = diagnostic.related_information or []
    return {(each.location.uri, each.location.range.start.line) for each in related}


def _links(diagnostic: types.Diagnostic, place: tuple[str, int], where: str) -> bool:
    """Whether a diagnostic is at a place or linked to it, or only waits for another step."""
    waits = diagnostic.severity != types.DiagnosticSeverity.Error
    at_place = (where, diagnostic.range.start.line) == place
    return waits or at_place or place in _linked(diagnostic)


async def test_a_step_waits_for_an_earlier_one_and_is_tested_once_that_is_mended(
    client: Client, further: Student
) -> None:
    tensor = further.folder.path(TENSOR)
    uri = client.open(tensor)
    right = client.texts[uri]
    client.write(tensor, _with(tensor, "return wrap(left + right)", "return wrap(left * right)"))
    await client.published(uri, lambda found: "tensor/add" in codes(found))
    states = await client.states("tensor")
    assert states["tensor/add"] == "failing"
    assert "failing" not in {state for step, state in states.items() if step != "tensor/add"}
    waiting = [step for step, state in states.items() if state == "blocked"]
    assert waiting
    assert any("Blocked by “Add" in str(each) for each in await client.lenses(uri))
    client.write(tensor, right)
    await _all(client, "tensor", lambda states: states == {"passed"})


async def test_a_step_of_several_functions_marks_each_and_counts_the_right_ones(
    client: Client, further: Student
) -> None:
    tensor = further.folder.path(TENSOR)
    uri = client.open(tensor)
    text = _with(tensor, "return wrap(left - right)", "return wrap(right - left)")
    text = text.replace("return wrap(left * right)", "return wrap(left + right)")
    client.write(tensor, text)
    found = await client.published(uri, lambda found: codes(found).count("tensor/arithmetic") == 2)
    marked = [each.message for each in found if each.code == "tensor/arithmetic"]
    assert [".sub(" in message for message in marked].count(True) == 1
    assert [".mul(" in message for message in marked].count(True) == 1
    assert len({each.range.start.line for each in found if each.code == "tensor/arithmetic"}) == 2
    await client.settled("tensor")
    step = await client.step("tensor/arithmetic")
    assert step.detail.startswith("1 of 3 functions right. ")
    titles = [str(lens.command and lens.command.title) for lens in await client.lenses(uri)]
    assert "✗ Failing · 1 of 3 functions right" in titles
    page = await client.ask("tinytorch/page", {"step": "tensor/arithmetic"})
    signs = {each.name: each.sign for each in page.result.functions}
    assert signs == {"Tensor.sub": "✗", "Tensor.mul": "✗", "Tensor.neg": "✓"}


async def test_a_module_that_needs_what_is_not_here_is_not_run(tmp_path: Path) -> None:
    """The extra is named by a curriculum of its own; the packages are hidden from the server."""
    curriculum = tmp_path / "curriculum"
    shutil.copytree(curriculum_folder(), curriculum)
    lesson = curriculum / "00_setup/lesson.md"
    lesson.write_text(_with(lesson, "minutes: 40", "minutes: 40\nneeds: [gpu]"), encoding="utf-8")
    lesson.with_name("lesson.de.md").unlink()  # it would have to say the same
    options = {"curriculum": str(curriculum)}
    async with Client(tmp_path, options=options, env={"CUDA_VISIBLE_DEVICES": ""}) as client:
        await client.command("tinytorch.startCourse", str(tmp_path / "my-course"))
        step = await client.step("setup/greet")
        assert (step.state, step.label) == ("not run", "Not run")
        (outcome, *_) = await client.command("tinytorch.runModule", "setup")
        assert outcome["state"] == "not run"
        await client.until(client.said("Setup: its steps are not run, because "))
        assert not any(client.diagnostics.values())
        assert (await client.step("setup/greet")).detail.startswith("“Meet the loop” is not run: ")


WITHOUT = (
    "from tinytorch_ls.course.needs import PACKAGES; PACKAGES['deploy'] = ('no-such-package',); "
    "from tinytorch_ls.cli import main; main(['lsp'])"
)


async def test_steps_that_wait_for_the_line_that_fails_add_nothing_to_it(tmp_path: Path) -> None:
    async with Client(tmp_path) as client:
        await client.command("tinytorch.startCourse", str(tmp_path / "my-course"))
        for step in (await client.course()).modules[0].steps:
            await client.command("tinytorch.solveStep", step.id)
        path = tmp_path / "my-course/tinytorch/environment.py"
        text = path.read_text(encoding="utf-8").replace("def greet(", "@njit\ndef greet(", 1)
        path.write_text(text, encoding="utf-8")
        uri = client.open(path)
        outcomes = await client.command("tinytorch.runModule", "setup")
        assert [each["state"] for each in outcomes].count("blocked") > 1
        (shown,) = client.diagnostics[uri]
        assert shown.message.startswith("NameError: name 'njit' is not defined")


async def test_a_step_that_passed_is_not_run_once_its_package_is_taken_away(
    tmp_path: Path,
) -> None:
    curriculum, package = tmp_path / "curriculum", tmp_path / "package"
    shutil.copytree(curriculum_folder(), curriculum)
    lesson = curriculum / "00_setup/lesson.md"
    lesson.write_text(_with(lesson, "minutes: 40", "minutes: 40\nneeds: [deploy]"), "utf-8")
    lesson.with_name("lesson.de.md").unlink()
    package.touch()
    program = (
        "import pathlib; from tinytorch_ls.course import needs; from tinytorch_ls.cli import main; "
        f"needs._installed = lambda _: pathlib.Path({str(package)!r}).exists(); main(['lsp'])"
    )
    options = {"curriculum": str(curriculum)}
    async with Client(tmp_path, options=options, program=("-c", program)) as client:
        await client.command("tinytorch.startCourse", str(tmp_path / "my-course"))
        await client.command("tinytorch.solveStep", "setup/greet")
        await client.command("tinytorch.runStep", "setup/greet")
        assert (await client.step("setup/greet")).state == "passed"
        package.unlink()
        step = await client.step("setup/greet")
        assert (step.state, step.label) == ("not run", "Not run")
        package.touch()
        assert (await client.step("setup/greet")).state == "passed"


@pytest.mark.parametrize("installs", [True, False])
async def test_what_a_module_lacks_is_told_to_a_client_that_can_install_it_and_said_in_others(
    tmp_path: Path, installs: bool
) -> None:
    curriculum = tmp_path / "curriculum"
    shutil.copytree(curriculum_folder(), curriculum)
    lesson = curriculum / "00_setup/lesson.md"
    text = _with(lesson, "minutes: 40", "minutes: 40\nneeds: [deploy]")
    lesson.write_text(text, encoding="utf-8")
    options = {"curriculum": str(curriculum), "install": installs}
    async with Client(tmp_path, options=options, program=("-c", WITHOUT)) as client:
        await client.command("tinytorch.startCourse", str(tmp_path / "my-course"))
        setup, tensor, *_ = (await client.course()).modules
        assert tensor.lack is None
        assert setup.lack.reason == "no-such-package is not installed"
        assert list(setup.lack.install)[1:] == ["-I", "-m", "pip", "install", "tinytorch[deploy]"]
        uri = client.open(tmp_path / "my-course/tinytorch/environment.py")
        commands = [lens.command for lens in await client.lenses(uri) if lens.command]
        found = [list(c.arguments or ()) for c in commands if c.command == "tinytorch.install"]
        assert found == ([["setup"]] * 5 if installs else [])
        await client.command("tinytorch.runModule", "setup")
        said = client.said("Setup: its steps are not run, because no-such-package is not installed")
        assert said() is not installs


async def test_an_import_that_stops_all_steps_is_one_diagnostic_from_first_to_last(
    client: Client, student: Student
) -> None:
    student.solve()
    uri = client.open(student.path)
    wrong = client.texts[uri].replace("import platform\n", "import platform\nimport tensor\n")
    assert wrong != client.texts[uri]
    student.folder.begin("tensor")
    client.write(student.path, wrong)
    seen: list[int] = []

    def all_told() -> bool:
        found = list(client.diagnostics.get(uri, ()))
        seen.append(len(found))
        return any("In short: looks for `tensor`" in each.message for each in found)

    await client.until(all_told)
    await client.settled("setup")
    await client.until(lambda: all_told())
    assert max(seen) == 1
