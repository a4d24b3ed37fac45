"""Completions while one types are off in a course's folder, and one switch turns them on."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

KEY = "editor.inlineSuggest.enabled"


def setting(course: StudentFolder) -> object:
    file = course.root / ".vscode/settings.json"
    return json.loads(file.read_text(encoding="utf-8") or "{}").get(KEY) if file.exists() else None


def test_they_are_off_until_the_student_turns_them_on(
    workbench: Workbench, course: StudentFolder
) -> None:
    switch = workbench.page.locator(".statusbar-item", has_text="Completions")
    workbench.tab("environment.py").click()
    expect(switch).to_contain_text("Completions off")
    assert setting(course) is False
    switch.click()
    expect(switch).to_contain_text("Completions on")
    until(lambda: setting(course) is True)
    workbench.shot("60-completions")
