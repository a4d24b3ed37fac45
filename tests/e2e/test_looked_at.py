"""What the window looks like: a step that fails and one that passes, in each theme and size.

The pictures are kept to be looked at; what a machine can see of them is held here.
"""

from __future__ import annotations

import json

import pytest
import setup as project
from playwright.sync_api import FrameLocator, expect

from tinytorch_ls.feedback.mistakes import mistaken
from tinytorch_ls.workspace.changes import solve, solve_change
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

FILE, TAB = "tinytorch/activations.py", "activations.py"
STEP = "activations/leaky-relu"
THEMES = {
    "light": "Default Light Modern",
    "dark": "Default Dark Modern",
    "hc-light": "Default High Contrast Light",
    "hc-dark": "Default High Contrast",
}
SIZES = ((1280, 720), (1920, 1080))
AXE = project.ROOT / "node_modules" / "axe-core" / "axe.min.js"
_FITS = "element => element.scrollWidth <= element.clientWidth"


@pytest.fixture(scope="module")
def sources(course: StudentFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The student's file as it fails in one step, and as it passes."""
    for name in ("tensor", "activations"):
        taught = [step for step in course.course.module(name).steps if step.symbols]
        solve(course, taught, name)
    step = course.course.steps[STEP]
    place = tmp_path_factory.mktemp("right")
    right = str(solve_change(course, [step], STEP, course.source).texts[FILE])
    (place / "tinytorch").mkdir()
    (place / FILE).write_text(right, encoding="utf-8")
    return {"failing": mistaken(step, step.mistakes[0], place)[FILE], "passed": right}


@pytest.fixture(scope="module")
def opened(sources: dict[str, str], workbench: Workbench, course: StudentFolder) -> Workbench:
    assert sources  # written before they are looked for
    expect(workbench.lesson().locator("h1")).to_be_visible()  # the welcome has come to its end
    workbench.expand("02 Activations")
    workbench.take(course.course.steps[STEP].title)
    expect(workbench.tab(TAB)).to_be_visible()
    return workbench


def save(workbench: Workbench, text: str, word: str) -> None:
    """Save a text, and see what is said of the step."""
    workbench.write(TAB, text)
    workbench.go_to(TAB, text, "def leaky_relu(")
    workbench.page.keyboard.press("ArrowDown")
    expect(workbench.lesson().get_by_role("status")).to_contain_text(word)
    if word == "Passed":
        picture = workbench.lesson().locator("figure img")
        until(lambda: picture.evaluate("image => image.naturalWidth > 100"))


def choose_theme(workbench: Workbench, course: StudentFolder, theme: str) -> None:
    """As a setting of the folder, where a test can write it."""
    file = course.root / ".vscode/settings.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["workbench.colorTheme"] = THEMES[theme]
    file.write_text(json.dumps(settings, indent=4), encoding="utf-8")
    kind = {"light": "vs", "dark": "vs-dark", "hc-light": "hc-light", "hc-dark": "hc-black"}[theme]
    workbench.page.wait_for_selector(f".monaco-workbench.{kind}")
    shown = {"hc-dark": "vscode-high-contrast", "hc-light": "vscode-high-contrast-light"}
    expect(
        workbench.lesson().locator(f"body.{shown.get(theme, f'vscode-{theme}')}")
    ).to_be_visible()


def is_laid_out(lesson: FrameLocator) -> bool:
    """Whether the view has its place in the window: it follows a change of size a while later."""
    body = lesson.locator("body")
    box, window = body.page.locator("iframe.webview").bounding_box(), body.page.viewport_size
    if box is None or window is None:
        return False
    width: int = body.evaluate("window.innerWidth")
    return box["x"] + width <= window["width"]


def can_be_read(lesson: FrameLocator) -> None:
    """Nothing is too faint, nothing needs to be scrolled sideways, and the foot is in sight."""
    until(lambda: is_laid_out(lesson))
    for part in ("body", "header", "main", "footer"):
        assert lesson.locator(part).evaluate(_FITS), f"{part} is wider than the view"
    expect(lesson.locator("#actions button").first).to_be_in_viewport(ratio=1)
    view = lesson.locator("body").element_handle().owner_frame()
    assert view
    view.evaluate(AXE.read_text(encoding="utf-8"))
    found = view.evaluate("axe.run(document).then(({ violations }) => violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("state", ["failing", "passed"])
@pytest.mark.parametrize("theme", [*THEMES])
def test_it_can_be_read_in_each_theme(
    opened: Workbench, course: StudentFolder, sources: dict[str, str], theme: str, state: str
) -> None:
    opened.resize(*SIZES[0])
    choose_theme(opened, course, theme)
    save(opened, sources[state], state.capitalize())
    for width, height in SIZES:
        opened.resize(width, height)
        can_be_read(opened.lesson())
        opened.shot(f"50-{theme}-{width}-{state}")


def has_room(workbench: Workbench) -> bool:
    """Whether code and lesson have the window: the tree, once hidden, comes back where it goes to a
    step at that moment."""
    workbench.show_lessons(shown=False)
    return is_laid_out(workbench.lesson())


@pytest.mark.parametrize("width", [1280, 1920])
def test_it_can_be_read_at_200_percent(
    opened: Workbench, course: StudentFolder, sources: dict[str, str], width: int
) -> None:
    choose_theme(opened, course, "light")
    save(opened, sources["failing"], "Failing")
    opened.command("Notifications: Clear All Notifications")
    opened.resize(width // 2, width * 9 // 32)
    until(lambda: has_room(opened))  # there is none for three
    can_be_read(opened.lesson())
    opened.shot(f"51-zoomed-{width}")
    opened.resize(*SIZES[0])
    opened.show_lessons()


def test_a_pass_is_felt_and_moves_nothing_where_that_is_wished(
    opened: Workbench, sources: dict[str, str]
) -> None:
    animation = "element => getComputedStyle(element).animationName"
    foot = opened.lesson().locator("footer.just-passed")
    save(opened, sources["failing"], "Failing")
    save(opened, sources["passed"], "Passed")
    assert foot.evaluate(animation) == "pass"
    opened.page.emulate_media(reduced_motion="reduce")
    try:
        assert foot.evaluate(animation) == "none"
    finally:
        opened.page.emulate_media(reduced_motion="no-preference")


def test_where_there_is_no_room_it_is_a_tab_beside_the_code(
    opened: Workbench, course: StudentFolder
) -> None:
    opened.resize(1000, 700)
    opened.page.reload()
    opened.served().show_lessons()
    opened.row("02 Activations").wait_for()
    title = course.course.steps[STEP].title
    opened.lesson().locator("h1").wait_for()  # it has told how much room it has
    opened.page.locator(".tab").filter(has_text=title).click(button="middle")
    opened.expand("02 Activations")
    opened.take(title, opened.line("def leaky_relu("))
    opened.click_lens("Explain", above="def leaky_relu(")
    expect(opened.page.locator(".tab").filter(has_text=title)).to_be_visible()
    expect(opened.page.locator(".editor-group-container")).to_have_count(1)
    expect(opened.tab(TAB)).to_be_visible()
    opened.shot("52-narrow-code")
    opened.page.locator(".tab").filter(has_text=title).click()
    can_be_read(opened.lesson())
    opened.shot("52-narrow-lesson")
