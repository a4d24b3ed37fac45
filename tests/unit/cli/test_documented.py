"""docs/commands.md says what the commands really do: their names, options and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_course import SmallCourse

from tinytorch_ls.course.locate import library_root
from tinytorch_ls.course.needs import PACKAGES

Run = Callable[..., Any]
DOCS = (library_root() / "docs/commands.md").read_text(encoding="utf-8")


def _shape(value: Any, place: str = "") -> set[str]:
    """What a reader may rely on: "steps[].where.line: int" for each value that can be there."""
    match value:
        case dict():
            fields: dict[str, Any] = value
            found = {part for n, item in fields.items() for part in _shape(item, f"{place}.{n}")}
            return found | {f"{place}: object"}
        case list():
            items: list[Any] = value
            found = {part for item in items for part in _shape(item, f"{place}[]")}
            return found | {f"{place}: list"}
        case _:
            return {f"{place}: {type(value).__name__}"}


def _documented(command: str) -> Any:
    """The JSON that the docs show under the heading of a command."""
    section = DOCS.split(f"### `{command}`\n")[1].split("\n### ")[0]
    return json.loads(re.findall(r"```json\n(.*?)```", section, re.DOTALL)[0])


def test_status_has_the_documented_json(run: Run) -> None:
    run("start")
    begun = json.loads(run("status", "--json").out)
    run("solve", "--all")
    run("test")
    done = json.loads(run("status", "--json").out)
    assert done["next"] is None
    wanted = _documented("tinytorch status --json")
    assert _shape([begun, done]) == _shape([wanted, {**wanted, "next": None}])


def test_next_has_the_documented_json(run: Run) -> None:
    run("start")
    following = json.loads(run("next", "--json").out)
    run("solve", "--all")
    run("test")
    done = json.loads(run("next", "--json").out)
    assert done["step"] is None
    wanted = _documented("tinytorch next --json")
    nothing = {name: [] if isinstance(value, list) else None for name, value in wanted.items()}
    assert _shape([following, done]) == _shape([wanted, nothing])


def test_test_has_the_documented_json(small: SmallCourse, home: Path, run: Run) -> None:
    small.change(small.tests, "    expect(box.grow(3))", "    x = 3\n    expect(box.grow(x))")
    run("start", "--module", "lid")
    run("start")
    run("solve", "grow")
    box = home / "tinytorch/box.py"
    box.write_text(box.read_text().replace("return x + step", "return x + step if step > 1 else x"))
    verdicts = json.loads(run("test", "--json").out)
    assert [step["state"] for step in verdicts["steps"]] == ["failing", "todo", "blocked", "todo"]
    run("solve", "box")
    passed = json.loads(run("test", "grow", "--json").out)
    wanted = _documented("tinytorch test --json")
    assert _shape([verdicts, passed]) == _shape([wanted])


def test_check_has_the_documented_json(
    small: SmallCourse, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.change(small.lesson, "    return x - step", "    return x + step")
    lid = small.folder / "02_lid/lesson.md"
    small.change(lid, "minutes:", "needs: [deploy]\nminutes:")
    monkeypatch.setitem(PACKAGES, "deploy", ("no-such-package",))
    report = json.loads(run("check", "--json").out)
    assert _shape(report) == _shape(_documented("tinytorch check --json"))


def test_every_command_and_option_is_documented(run: Run) -> None:
    commands = re.findall(r"^    (\w+)", run("--help").out, re.MULTILINE)
    assert "explain" in commands
    documented = re.findall(r"^\| `tinytorch (\w+)", DOCS, re.MULTILINE)
    assert sorted(documented) == sorted(commands)
    for command in commands:
        line = next(
            line for line in DOCS.splitlines() if line.startswith(f"| `tinytorch {command}")
        )
        options = set(re.findall(r"--\w+", run(command, "--help").out)) - {"--help"}
        assert options == set(re.findall(r"--\w+", line.split("` |")[0])), command


@pytest.mark.parametrize(
    ("words", "status"),
    [(("start",), 0), (("status",), 1), (("test",), 1), (("solve", "nothing"), 2), (("fly",), 2)],
)
def test_the_documented_exit_statuses(run: Run, words: Any, status: int) -> None:
    if words[0] != "start":
        run("start")
    result = run(*words)
    assert result.status == status
    assert bool(result.err) == (status == 2)
    assert re.search(rf"^\| {status} \|", DOCS, re.MULTILINE)
