"""What LSP has no words for: the course's own requests, commands and notifications."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsp_client import Client
from pygls.exceptions import JsonRpcException
from student import FILE, LATER, RIGHT, Student, failing

INVALID_PARAMS = -32602


async def test_the_course_is_a_tree(client: Client, student: Student) -> None:
    tree = await client.course()
    assert tree.title == "TinyTorch: build a deep-learning framework"
    assert tree.folder == str(student.root)
    assert tree.trusted is True
    assert tree.complaints == []
    assert tree.next == "setup/greet"
    setup, tensor = tree.modules[:2]
    assert (setup.id, setup.number, setup.begun, setup.passed, setup.total) == (
        "setup",
        0,
        True,
        0,
        5,
    )
    assert (tensor.id, tensor.begun, tensor.steps[0].uri) == ("tensor", False, None)
    greet = setup.steps[0]
    assert (greet.id, greet.title, greet.state) == ("setup/greet", "Meet the loop", "todo")
    assert (greet.running, greet.label, greet.detail) == (False, "Not written", None)
    assert (greet.uri, greet.range) == (student.uri, None)
    assert (greet.hints.shown, greet.hints.total) == (1, 3)


async def test_a_step_of_an_open_file_has_the_place_of_its_name(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    place = (await client.step("setup/greet")).range
    line = student.line("def greet(")
    assert (place.start.line, place.start.character) == (line, 4)
    assert (place.end.line, place.end.character) == (line, 9)


async def test_a_passed_step_counts_and_the_next_one_is_next(
    client: Client, student: Student
) -> None:
    client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    tree = await client.course()
    assert tree.modules[0].passed == 1
    assert tree.next == "setup/system-info"
    await client.until(lambda: client.passed)
    (passed,) = client.passed
    assert (passed.step, passed.title) == ("setup/greet", "Meet the loop")
    assert passed.unlocked.startswith("You can go around the loop now")
    assert (passed.next, passed.moduleDone, passed.milestone) == ("setup/system-info", False, None)


async def test_the_last_step_that_passes_completes_its_module(
    client: Client, student: Student
) -> None:
    student.solve()
    states = await client.command("tinytorch.runModule", "setup")
    assert [each["state"] for each in states] == ["passed"] * 5
    await client.until(lambda: len(client.passed) == 5)
    assert [passed.moduleDone for passed in client.passed] == [False] * 4 + [True]
    assert client.passed[-1].next == "tensor/create"


async def test_the_lesson_of_a_module_that_is_done_begins_with_its_closing(
    client: Client, student: Student
) -> None:
    lesson = await client.ask("tinytorch/lesson", {"module": "setup"})
    assert lesson.markdown.startswith("# Setup\n\nThis course builds")
    student.solve()
    await client.command("tinytorch.runModule", "setup")
    lesson = await client.ask("tinytorch/lesson", {"module": "setup"})
    assert lesson.markdown.startswith("# Setup\n\n## What you can do now")


async def test_a_lesson_is_markdown(client: Client) -> None:
    lesson = await client.ask("tinytorch/lesson", {"step": "setup/greet"})
    assert (lesson.title, lesson.step) == ("Meet the loop", "setup/greet")
    headings = [line for line in lesson.markdown.split("\n") if line.startswith("#")]
    assert headings == [
        "# Meet the loop",
        "## Step by step",
        "## Example",
        "## In the real world",
    ]
    module = await client.ask("tinytorch/lesson", {"module": "setup"})
    assert (module.title, module.step) == ("Setup", None)
    assert "## You will\n\n- Work the loop of this course" in module.markdown


async def test_the_page_of_a_failing_step_says_where_it_fails(
    client: Client, student: Student
) -> None:
    uri = await failing(client, student)
    result = (await client.ask("tinytorch/page", {"step": "setup/greet"})).result
    line = student.line("return f\"Hello, {name or 'you'}")
    assert (result.uri, result.range.start.line, result.function) == (uri, line, "greet")
    assert result.test is None  # it is the example that fails
    client.write(student.path, student.with_greet(LATER))
    await client.settled("setup")
    result = (await client.ask("tinytorch/page", {"step": "setup/greet"})).result
    assert result.test.uri.endswith("/00_setup/test_setup.py")
    client.write(student.path, student.with_greet(RIGHT))
    await client.settled("setup")
    result = (await client.ask("tinytorch/page", {"step": "setup/greet"})).result
    assert (result.uri, result.range, result.test) == (None, None, None)


async def test_a_picture_is_drawn_by_the_students_code_once_it_passes(
    client: Client,
) -> None:
    assert await client.ask("tinytorch/picture", {"step": "activations/relu"}) is None
    await client.command("tinytorch.beginModule", "activations")
    await client.command("tinytorch.solveStep", "activations/relu")
    await client.settled("activations")
    picture = await client.ask("tinytorch/picture", {"step": "activations/relu"})
    assert base64.b64decode(picture.png).startswith(b"\x89PNG\r\n\x1a\n")
    assert "slope" in picture.caption


async def test_a_picture_is_drawn_again_with_other_values_of_its_sliders(client: Client) -> None:
    await client.command("tinytorch.beginModule", "activations")
    await client.command("tinytorch.solveStep", "activations/relu")
    await client.command("tinytorch.solveStep", "activations/leaky-relu")
    await client.settled("activations")
    step = {"step": "activations/leaky-relu"}
    first = await client.ask("tinytorch/picture", step)
    again = await client.ask("tinytorch/picture", {**step, "values": {"slope": 0.1}})
    other = await client.ask("tinytorch/picture", {**step, "values": {"slope": 0.75}})
    assert [slider.name for slider in first.sliders] == ["slope"]
    assert [each.sliders[0].value for each in (first, again, other)] == [0.1, 0.1, 0.75]
    assert first.png == again.png != other.png


async def test_a_debug_configuration_runs_the_step(client: Client, student: Student) -> None:
    uri = client.open(student.path)
    client.write(student.path, student.with_greet(RIGHT.replace("Ready", "Steady")))
    configuration = await client.ask("tinytorch/debugConfiguration", {"step": "setup/greet"})
    assert configuration.name == "Debug “Meet the loop”"
    assert configuration.breakpoint.uri == uri
    assert configuration.breakpoint.line == student.line("Steady")
    run = debugged(configuration)
    assert 'AssertionError: greet("Ada") gave \'Hello, Ada! Steady' in run.stderr
    client.write(student.path, student.with_greet(RIGHT))
    run = debugged(configuration)
    assert run.stdout.splitlines()[-1] == "All tests of this step pass."


def debugged(configuration: Any) -> subprocess.CompletedProcess[str]:
    """The program of a configuration, run without a debugger."""
    return subprocess.run(
        [configuration.python, configuration.program, *configuration.args],
        cwd=configuration.cwd,
        env=vars(configuration.env),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_running_a_step_says_its_state(client: Client, student: Student) -> None:
    student.solve("greet")
    assert await client.command("tinytorch.runStep", "setup/greet") == {
        "step": "setup/greet",
        "state": "passed",
    }
    todo = await client.command("tinytorch.runStep", "setup/time-call")
    assert todo["state"] == "todo"
    await client.until(client.said("“Time a call” is not written yet: put your code in place"))


async def test_a_module_is_begun_once(client: Client, student: Student) -> None:
    result = await client.command("tinytorch.beginModule", "tensor")
    path = student.folder.path("tinytorch/tensor.py")
    assert result["uri"] == path.as_uri()
    assert "tensor/create is yours to write" in path.read_text(encoding="utf-8")
    path.write_text("mine = 1\n", encoding="utf-8")
    await client.command("tinytorch.beginModule", "tensor")
    assert path.read_text(encoding="utf-8") == "mine = 1\n"
    assert (await client.course()).modules[1].begun


async def test_what_the_course_has_not_is_an_error_of_the_request(client: Client) -> None:
    for name, argument in {
        "tinytorch.runStep": "setup/nope",
        "tinytorch.runModule": "nope",
        "tinytorch.hint": "setup/nope",
        "tinytorch.resetStep": "setup/nope",
        "tinytorch.solveStep": "setup/nope",
        "tinytorch.beginModule": "nope",
    }.items():
        kind = "step" if "/" in argument else "module"
        with pytest.raises(JsonRpcException, match=f"the course has no {kind} '{argument}'") as got:
            await client.command(name, argument)
        assert got.value.code == INVALID_PARAMS


@pytest.mark.parametrize("params", [{}, {"step": "setup/nope"}])
async def test_so_is_a_request_for_it(client: Client, params: dict[str, str]) -> None:
    for method in ("lesson", "picture", "debugConfiguration"):
        with pytest.raises(JsonRpcException, match=r"the course has no|no params of") as got:
            await client.ask(f"tinytorch/{method}", params)
        assert got.value.code == INVALID_PARAMS


async def test_before_a_course_is_started_the_tree_can_be_read(tmp_path: Path) -> None:
    async with Client(tmp_path) as client:
        tree = await client.course()
        assert (tree.folder, tree.modules[0].begun) == (None, False)
        assert tree.next is None
        lesson = await client.ask("tinytorch/lesson", {"step": "setup/greet"})
        assert lesson.title == "Meet the loop"
        assert await client.command("tinytorch.runStep", "setup/greet") is None
        await client.until(client.said("There is no course in this folder yet."))


async def test_a_course_that_is_started_is_served(tmp_path: Path) -> None:
    async with Client(tmp_path) as client:
        folder = tmp_path / "my course"
        result = await client.command("tinytorch.startCourse", str(folder))
        assert result["folder"] == str(folder)
        assert result["made"] == [str(folder / FILE)]
        uri = client.open(folder / FILE)
        assert len(await client.lenses(uri)) == 24
        text = client.texts[uri]
        assert (await client.course()).folder == str(folder)
        await client.command("tinytorch.solveStep", "setup/greet")
        client.write(folder / FILE, client.texts[uri], uri)
        assert (await client.states("setup"))["setup/greet"] == "passed"
        assert client.texts[uri] != text


async def test_a_file_of_a_course_that_a_terminal_started_is_served(
    tmp_path: Path, student: Student
) -> None:
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    async with Client(empty) as client:
        assert (await client.course()).folder is None
        uri = client.open(student.path)
        assert len(await client.lenses(uri)) == 24
        assert (await client.course()).folder == str(student.root)


async def test_the_folder_above_and_the_folder_below_are_found(student: Student) -> None:
    for folder in (student.root.parent, student.root / "tinytorch"):
        async with Client(folder) as client:
            assert (await client.course()).folder == str(student.root)


async def test_every_message_is_one_of_the_protocols_document(client: Client) -> None:
    document = Path(__file__).parents[2].joinpath("docs/protocol.md").read_text(encoding="utf-8")
    offered = client.answer.capabilities.execute_command_provider
    assert offered
    for name in offered.commands:
        assert f"`{name}`" in document
    for name in ("course", "lesson", "debugConfiguration", "picture"):
        assert f"`tinytorch/{name}`" in document


async def test_nothing_but_the_protocol_reaches_standard_output(student: Student) -> None:
    """A client that reads the raw stream finds messages only, while student code prints."""
    code = "import sys, os\nprint('at import')\n"
    greet = "def greet(name):\n    print('x' * 999)\n    os.write(1, b'raw')\n    return name\n"
    student.path.write_text(code + student.with_greet(greet), encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, "-m", "tinytorch_ls", "lsp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    messages = [
        request(1, "initialize", {"capabilities": {}, "rootUri": student.root.as_uri()}),
        notification("initialized", {}),
        request(2, "workspace/executeCommand", run_step("setup/greet")),
    ]
    assert server.stdin
    assert server.stdout
    for message in messages:
        server.stdin.write(message)
        server.stdin.flush()
    seen: list[Any] = []
    while not any(message.get("id") == 2 for message in seen):
        seen.append(read_message(server.stdout))
    server.stdin.write(request(3, "shutdown", None) + notification("exit", None))
    server.stdin.flush()
    while rest := read_message(server.stdout):
        seen.append(rest)
    assert server.wait(10) == 0
    server.stdin.close()
    server.stdout.close()
    answer = next(message for message in seen if message.get("id") == 2)
    assert answer["result"] == {"step": "setup/greet", "state": "failing"}


def run_step(step: str) -> dict[str, Any]:
    return {"command": "tinytorch.runStep", "arguments": [step]}


def request(number: int, method: str, params: Any) -> bytes:
    return framed({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, params: Any) -> bytes:
    return framed({"jsonrpc": "2.0", "method": method, "params": params})


def framed(message: dict[str, Any]) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def read_message(stream: Any) -> Any:
    """The next message; anything between two messages is an error. None at the end."""
    length = None
    while line := stream.readline():
        if line == b"\r\n":
            assert length is not None
            return json.loads(stream.read(length))
        name, colon, value = line.partition(b":")
        assert colon
        assert name in (b"Content-Length", b"Content-Type"), line
        if name == b"Content-Length":
            length = int(value)
    return None
