"""What contributors are told to run is there: commands, tasks, debugging, hooks, links."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import Any

import pytest
import yaml
from stages import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def hooks() -> list[dict[str, str]]:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    return [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]


@pytest.mark.parametrize("text", [GUIDE, README], ids=["CONTRIBUTING", "README"])
def test_every_command_and_link_of_the_text_exists(text: str) -> None:
    scripts = read("package.json")["scripts"]
    for name in re.findall(r"npm run (\w+)", text):
        assert name in scripts
    for link in re.findall(r"\]\(([^)#]+?)\)", text):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_the_tasks_run_scripts_that_exist() -> None:
    scripts = read("package.json")["scripts"]
    tasks = {task["label"]: task for task in read(".vscode/tasks.json")["tasks"]}
    for task in tasks.values():
        assert task.get("script", "start") in scripts
        assert set(task.get("dependsOn", [])) <= set(tasks)
    launches = read(".vscode/launch.json")["configurations"]
    assert {launch["preLaunchTask"] for launch in launches if "preLaunchTask" in launch} <= set(
        tasks
    )


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_is_a_tool_that_the_set_up_brings(hook: dict[str, str]) -> None:
    program, *words = hook["entry"].split()
    if program == "node":
        assert (ROOT / words[0]).is_file()
    else:
        assert program == ".venv/bin/python"
        assert importlib.util.find_spec(words[1]), words[1]


def test_the_setting_that_shows_messages_is_the_one_the_client_reads() -> None:
    """A language client reads `trace.server` below its own id."""
    client = (ROOT / "vscode-extension" / "src" / "server.ts").read_text(encoding="utf-8")
    found = re.search(r'new LanguageClient\(\s*"(\w+)"', client)
    assert found
    settings = read("vscode-extension/package.json")["contributes"]["configuration"]["properties"]
    assert f"{found[1]}.trace.server" in settings
