"""An editor's language: lessons that are translated, and the fixed words around them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from lsp_client import Client
from student import WRONG, Student


@pytest_asyncio.fixture(loop_scope="session")
async def german(student: Student) -> AsyncIterator[Client]:
    async with Client(student.root, locale="de") as client:
        yield client


async def test_tree_page_and_lenses_speak_it(german: Client, student: Student) -> None:
    uri = german.open(student.path)
    tree = await german.course()
    setup, tensor = tree.modules[:2]
    assert (setup.title, setup.steps[0].title) == ("Einrichten", "Lerne die Schleife kennen")
    assert setup.steps[0].label == "Nicht geschrieben"
    assert tensor.title == "Tensors"  # no translation yet: the lesson itself
    assert {"Schritt testen", "Erklären"} <= {
        lens.command.title for lens in await german.lenses(uri) if lens.command
    }
    page = await german.ask("tinytorch/page", {"step": "setup/greet"})
    assert [part.title for part in page.parts][1:] == [
        "Schritt für Schritt",
        "Beispiel",
        "In der Welt",
    ]
    page = await german.ask("tinytorch/page", {"module": "setup"})
    assert "Das lernst du" in [part.title for part in page.parts]


async def test_a_failure_is_told_with_its_mistake(german: Client, student: Student) -> None:
    uri = german.open(student.path)
    german.write(student.path, student.with_greet(WRONG))
    title = "Behält die Leerzeichen"
    (found,) = await german.published(uri, lambda told: any(title in d.message for d in told))
    assert "\n  erhalten  " in found.message
    assert "\nDas verhält sich wie: Behält die Leerzeichen.\nHilfe: Die Leer" in found.message
    page = await german.ask("tinytorch/page", {"step": "setup/greet"})
    assert page.result.label == "Schlägt fehl"
    assert page.result.help.startswith("Die Leerzeichen um den Namen sind noch da")
