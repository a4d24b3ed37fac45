"""The course's fixed words are said in the reader's language, and every table has all of them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.model import CLOSING, PYTORCH, QUESTIONS
from tinytorch_ls.course.read import read_course
from tinytorch_ls.feedback import states
from tinytorch_ls.feedback.limits import limit_failure
from tinytorch_ls.feedback.states import WORDINGS, Wording, wording
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.feedback.words import failure_text
from tinytorch_ls.messages import locale_of_terminal, say, speak, spoken
from tinytorch_ls.runner.report import Frame, Limit

ROOT = Path(__file__).resolve().parents[3] / "tinytorch_ls"
TABLES = sorted((ROOT / "messages").glob("*.json"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("")


def said() -> set[str]:
    """Every text that is said by a literal or a constant, and the few that others have."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}
    constants = {
        target.id: node.value.value
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = (
        (path, node.args[0])
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"
    )
    texts = {str(text) for path, said in calls if (text := _text(said, path, constants))}
    more = (each for each in vars(states).values() if isinstance(each, Wording))
    labels = {each.label for each in (*WORDINGS.values(), *more)}
    return texts | labels | {CLOSING, PYTORCH, QUESTIONS}


def _text(said: ast.expr, path: Path, constants: Mapping[str, object]) -> object:
    match said:
        case ast.Constant(value):
            return value
        case ast.Name(name) | ast.Attribute(attr=name):
            return constants.get(name)
        case _:
            raise AssertionError(f"{path.name} says no plain text: {ast.unparse(said)}")


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_a_table_has_every_text_and_no_other(table: Path) -> None:
    words: dict[str, str] = json.loads(table.read_text(encoding="utf-8"))
    assert set(words) == said()
    for text, translated in words.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", translated))


def test_there_is_a_german_table() -> None:
    assert [path.stem for path in TABLES] == ["de"]


@pytest.mark.parametrize("locale", ["de", "de-AT", "de_DE.UTF-8"])
def test_a_failure_is_told_in_the_words_of_the_locale(locale: str) -> None:
    speak(locale)
    assert spoken() == locale
    told = failure_text(Failure("No.", got="1", expected="2", output="x"))
    assert told == "No.\n  erhalten  1\n  erwartet  2\nDein Code hat ausgegeben:\nx"
    step = next(iter(read_course(curriculum_folder()).steps.values()))
    assert wording("blocked", blocked_by=step).label == f"Wartet auf „{step.title}“"
    assert wording("passed", running=True).label == "Läuft"


def test_a_limit_is_told_in_them_with_its_lines() -> None:
    speak("de")
    told = limit_failure("„Summe“", Limit("endless", "10 s"), "", Frame("a.py", "greet", 3, 4))
    assert told.headline == (
        "„Summe“ wurde nach 10 s angehalten: "
        "Es war nicht aus der Schleife herausgekommen in den Zeilen 3–4."
    )
    assert told.help.startswith("Folge der Bedingung dieser Schleife")


@pytest.mark.parametrize("locale", ["", "C.UTF-8", "fr", "../de", "de/../de"])
def test_other_locales_are_told_in_english(locale: str) -> None:
    speak("de")
    speak(locale)
    assert say("Every step has passed.") == "Every step has passed."


def test_a_terminal_speaks_as_the_system_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert locale_of_terminal() == ""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert locale_of_terminal() == "de_DE.UTF-8"
    monkeypatch.setenv("LC_ALL", "C")
    assert locale_of_terminal() == "C"
