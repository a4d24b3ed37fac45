"""Messages that no client should send: each request gets one answer, and the server goes on."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from lsp_client import ROOT
from raw import RawClient, initialize, raw_client
from student import RIGHT, Student

from tinytorch_ls.course.model import Course
from tinytorch_ls.server.protocol import PARAMS
from tinytorch_ls.server.registry import COMMANDS, FEATURES
from tinytorch_ls.workspace.folder import StudentFolder

NOT_INITIALIZED, INVALID_REQUEST, NO_METHOD = -32002, -32600, -32601
INVALID_PARAMS, PARSE_ERROR = -32602, -32700
ENDING = ("initialize", "shutdown", "exit")
METHODS = [
    *(method for method in FEATURES if method not in ENDING),
    "workspace/executeCommand",
    "$/setTrace",
    "window/workDoneProgress/cancel",
    "no/such/method",
]


@pytest_asyncio.fixture(loop_scope="session")
async def raw() -> AsyncIterator[RawClient]:
    async with raw_client() as raw:
        yield raw


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(
    tmp_path_factory: pytest.TempPathFactory, course: Course
) -> AsyncIterator[RawClient]:
    """A server for all tests that don't end it."""
    folder = StudentFolder(tmp_path_factory.mktemp("served"), course)
    folder.begin("setup")
    async with raw_client() as served:
        await served.start(folder.root, initializationOptions={"trusted": False})
        yield served


def junk(random: random.Random, depth: int = 3) -> Any:
    """Any JSON, often with the names that params have."""
    kinds = ["null", "bool", "number", "text"] + ["list", "object"] * 2 * (depth > 0)
    match random.choice(kinds):
        case "null":
            return None
        case "bool":
            return random.random() < 0.5
        case "number":
            return random.choice([0, -1, 1.5, 2**31, 2**70, 10**400])
        case "text":
            return random.choice(["", "setup/greet", "file:///x.py", "\ud800", "0", "untitled:1"])
        case "list":
            return [junk(random, depth - 1) for _ in range(random.randrange(4))]
        case _:
            names = ["textDocument", "uri", "position", "line", "character", "range", "start"]
            names += ["end", "context", "command", "arguments", "step", "folder", "jsonrpc", "id"]
            chosen = random.sample(names, random.randrange(6))
            return {name: junk(random, depth - 1) for name in chosen}


def nearly(random: random.Random, student: Student) -> Any:
    """Params that are right but for one field."""
    place = {"line": 3, "character": 4}
    params: dict[str, Any] = {
        "textDocument": {"uri": student.uri},
        "position": place,
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
        "command": random.choice([*COMMANDS, "no.such"]),
        "arguments": ["setup/greet"],
        "step": "setup/greet",
    }
    params[random.choice(list(params))] = junk(random)
    return params


async def test_each_request_gets_one_answer(served: RawClient, student: Student) -> None:
    chance = random.Random(1)
    numbers = [f"junk {number}" for number in range(1000)]
    for number in numbers:
        params = junk(chance) if chance.random() < 0.5 else nearly(chance, student)
        message = {"jsonrpc": "2.0", "id": number, "method": chance.choice(METHODS)}
        served.send(message if chance.random() < 0.1 else {**message, "params": params})
    answers = [await served.answer(number) for number in numbers]
    assert all(("result" in answer) != ("error" in answer) for answer in answers)
    assert "result" in await served.ask("tinytorch/course", {})
    assert all(len(served.answers[number]) == 1 for number in numbers)


async def test_none_of_them_is_a_fault_of_the_server(served: RawClient, student: Student) -> None:
    chance = random.Random(7)
    for _ in range(300):
        answer = await served.ask(chance.choice(METHODS), nearly(chance, student))
        assert answer.get("error", {}).get("code") in {None, INVALID_PARAMS, NO_METHOD}, answer
    assert not [each for each in served.said if "in TinyTorch itself" in str(each)]


async def test_params_of_another_type_are_invalid(served: RawClient) -> None:
    for method in PARAMS:
        answer = await served.ask(method, [1, 2])
        assert answer["error"]["code"] == INVALID_PARAMS, method


async def test_so_are_arguments(served: RawClient) -> None:
    for command in COMMANDS:
        for arguments in ([5], [["a"]], [None], ["a", "b", "c"], "text", [{}], ["relative"]):
            params = {"command": command, "arguments": arguments}
            answer = await served.ask("workspace/executeCommand", params)
            assert answer["error"]["code"] == INVALID_PARAMS, (command, arguments)
    assert not (ROOT / "relative").exists()


async def test_the_first_request_is_initialize(raw: RawClient, student: Student) -> None:
    raw.notify("textDocument/didOpen", {"textDocument": {"uri": student.uri}})
    raw.request(1, "tinytorch/course", {})
    assert (await raw.answer(1))["error"]["code"] == NOT_INITIALIZED
    raw.request(2, "initialize", {"capabilities": 5})
    assert (await raw.answer(2))["error"]["code"] == INVALID_PARAMS
    await raw.start(student.root)
    raw.request(3, "initialize", initialize(student.root))
    assert (await raw.answer(3))["error"]["code"] == INVALID_REQUEST
    raw.request(4, "tinytorch/course", {})
    assert "result" in await raw.answer(4)


async def test_after_shutdown_nothing_is_asked(raw: RawClient, student: Student) -> None:
    await raw.start(student.root)
    raw.request(1, "shutdown")
    assert (await raw.answer(1))["result"] is None
    raw.request(2, "tinytorch/course", {})
    raw.request(3, "shutdown")
    for number in (2, 3):
        assert (await raw.answer(number))["error"]["code"] == INVALID_REQUEST
    raw.notify("exit")
    assert await raw.process.wait() == 0


async def test_a_shutdown_in_the_middle_of_a_run_is_answered(
    raw: RawClient, student: Student
) -> None:
    student.path.write_text(
        student.with_greet("def greet(name):\n    while True: pass\n"), encoding="utf-8"
    )
    await raw.start(student.root)
    params = {"command": "tinytorch.runStep", "arguments": ["setup/greet"]}
    raw.request(1, "workspace/executeCommand", params)
    raw.request(2, "tinytorch/course", {})
    await raw.answer(2)
    raw.request(3, "shutdown")
    assert (await raw.answer(3))["result"] is None
    await raw.answer(1)


async def test_what_is_no_message_is_an_invalid_request(served: RawClient) -> None:
    call = {"jsonrpc": "2.0", "method": "tinytorch/course"}
    for number, message in enumerate(
        [
            {"method": "tinytorch/course", "params": {}},
            {"jsonrpc": "1.0", "method": "tinytorch/course"},
            {"jsonrpc": "2.0", "method": 5},
        ]
    ):
        served.send({**message, "id": f"no message {number}"})
        answer = await served.answer(f"no message {number}")
        assert answer["error"]["code"] == INVALID_REQUEST, message
    for message in [*({**call, "id": each} for each in ([1], True, None, 1.5)), [call], "text", 7]:
        served.answers.pop(None, None)
        served.send(message)
        assert (await served.answer(None))["error"]["code"] == INVALID_REQUEST, message


async def test_what_is_no_json_is_a_parse_error(served: RawClient) -> None:
    for body in (b"{", b"\xff\xfe", b"[" * 100_000):
        served.answers.pop(None, None)
        served.send_text(body)
        assert (await served.answer(None))["error"]["code"] == PARSE_ERROR


async def test_a_token_that_is_no_id_is_invalid(served: RawClient) -> None:
    for token in ([1], {"a": 1}, 1.5):
        served.notify("$/cancelRequest", {"id": token})
        answer = await served.ask("window/workDoneProgress/cancel", {"token": token})
        assert answer["error"]["code"] == INVALID_PARAMS, token
    assert not [each for each in served.said if "in TinyTorch itself" in str(each)]


async def test_an_answer_that_makes_no_sense_ends_what_waits_for_it(
    raw: RawClient, student: Student
) -> None:
    """The server asks for an edit; a command must not wait for ever."""
    await raw.start(student.root)
    item = {"uri": student.uri, "languageId": "python", "version": 1, "text": student.source}
    raw.notify("textDocument/didOpen", {"textDocument": item})
    params = {"command": "tinytorch.solveStep", "arguments": ["setup/greet"]}
    raw.request(1, "workspace/executeCommand", params)  # RawClient answers the edit with null
    assert (await raw.answer(1))["result"] is None
    assert [each for each in raw.said if "did not take the change" in str(each)]
    raw.request(3, "workspace/executeCommand", {"command": "tinytorch.undo"})
    assert (await raw.answer(3))["result"] is None  # nothing was changed
    student.path.write_text(student.with_greet(RIGHT), encoding="utf-8")
    params = {"command": "tinytorch.runStep", "arguments": ["setup/greet"]}
    raw.request(2, "workspace/executeCommand", params)
    assert (await raw.answer(2))["result"]["state"] == "passed"
