"""VS Code in the browser, as a student meets it: one server, one page, and what is done in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import setup as project
import start
import tools
from playwright.sync_api import Browser, FrameLocator, Locator, Page, Playwright, expect
from playwright.sync_api import TimeoutError as Late

DEADLINE_MS = 60_000
_FIRST_MS = 180_000  # until the server of a window that was opened now has told the course
_TRIES = 5
SCREENSHOTS = Path(os.environ.get("TINYTORCH_ARTIFACTS", project.ROOT / "artifacts" / "e2e"))
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SETTINGS = {
    "workbench.startupEditor": "none",
    "git.openRepositoryInParentFolders": "never",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "telemetry.telemetryLevel": "off",
    "files.autoSave": "off",
    "editor.autoIndent": "none",
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.autoSurround": "never",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.parameterHints.enabled": False,
    "editor.wordBasedSuggestions": "off",
    "editor.suggestOnTriggerCharacters": False,
    "editor.acceptSuggestionOnEnter": "off",
    "editor.minimap.enabled": False,
    "editor.hover.delay": 100,
    "editor.cursorBlinking": "solid",
}


def launch(playwright: Playwright, chromium: tools.Browser) -> Browser:
    """The browser that the tests drive."""
    environment = {**os.environ, **chromium.environment}
    return playwright.chromium.launch(
        executable_path=chromium.path, args=BROWSER_OPTIONS, env=dict(environment)
    )


@contextmanager
def serving(home: Path, folder: Path, *, trust: bool, extension: bool = True) -> Iterator[str]:
    """A workbench with the packaged extension, or none, on a folder; gives its URL."""
    data, extensions = home / "data", home / "extensions"
    file = data / "User" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(_SETTINGS))
    server = [str(project.workbench_node()), str(project.code_server())]
    server += ["--user-data-dir", str(data), "--extensions-dir", str(extensions)]
    environment = {**os.environ, "HOME": str(home)}
    install = [*server, "--install-extension", str(project.VSIX)]
    options: dict[str, Any] = {"env": environment, "stdin": subprocess.DEVNULL, "timeout": 120}
    if extension:
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, **options)
    port = start.free_port()
    flags = ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
    flags += [] if trust else ["--disable-workspace-trust"]
    command = [*server, *flags, "--bind-addr", f"127.0.0.1:{port}"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        start.wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}/?folder={quote(str(folder))}"
    finally:
        process.terminate()
        process.wait()


# A lens that was just scrolled to has its old command until the editor asks for it anew.
_LENSES_ARE_QUIET = """() => {
  const lenses = [...document.querySelectorAll(".codelens-decoration")];
  const now = lenses.map((lens) => lens.outerHTML).join();
  if (now !== window.lensesSeen) [window.lensesSeen, window.lensesSince] = [now, performance.now()];
  return performance.now() - window.lensesSince > 1500;
}"""
_FILLS_ITS_WINDOW = """() => {
  const workbench = document.querySelector(".monaco-workbench");
  const fills = Math.abs(workbench.getBoundingClientRect().height - innerHeight) < 1;
  if (!fills) window.dispatchEvent(new Event("resize"));
  return fills;
}"""
# Without a graphics card what moves without end takes most of a core from what is being run.
_NOTHING_MOVES_WITHOUT_END = """document.addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { animation-iteration-count: 1 !important; }";
  document.head.append(style);
});"""
expect.set_options(timeout=DEADLINE_MS)


class Workbench:
    """One page of the workbench."""

    def __init__(self, browser: Browser, url: str) -> None:
        context = browser.new_context(viewport={"width": 1360, "height": 860})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(DEADLINE_MS)
        context.add_init_script(_NOTHING_MOVES_WITHOUT_END)
        self.page: Page = context.new_page()
        self.page.goto(url)
        self.page.wait_for_selector(".monaco-workbench .activitybar")

    def close(self) -> None:
        self.page.context.close()

    def served(self) -> Workbench:
        """Wait until the course is there; all that comes after is waited for less long."""
        said = self.page.locator(".statusbar")
        expect(said).to_contain_text(re.compile(r"TinyTorch \d+/"), timeout=_FIRST_MS)
        return self

    def resize(self, width: int, height: int) -> None:
        """Give the window a size; VS Code misses one that comes while it still opens."""
        self.page.set_viewport_size({"width": width, "height": height})
        until(lambda: self.page.evaluate(_FILLS_ITS_WINDOW))

    def behind_lines(self) -> str:
        """What is drawn behind the lines of code, and is no part of their text."""
        drawn = "(lines) => lines.map((part) => getComputedStyle(part, '::after').content)"
        drawn += ".filter((text) => text !== 'none').join()"
        return str(self.page.locator(".view-line *").evaluate_all(drawn))

    def shot(self, name: str) -> None:
        """Keep a picture of what the student sees now."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def show_lessons(self, *, shown: bool = True) -> None:
        """Open the TinyTorch view, or hide it."""
        tab = self.page.locator(".activitybar .action-item a[aria-label^='TinyTorch']").first
        tab.wait_for()
        if ("checked" in (tab.locator("xpath=..").get_attribute("class") or "")) != shown:
            tab.click()

    def tab(self, title: str) -> Locator:
        """The tab of an editor that is shown."""
        return self.page.locator(".tab.active").filter(has_text=title)

    def row(self, label: str) -> Locator:
        """A row of the lesson tree."""
        return self.page.locator(".pane-body .monaco-list-row").filter(has_text=label).first

    def lesson(self) -> FrameLocator:
        """The page of the lesson beside the code."""
        return self.page.frame_locator("iframe.webview").frame_locator("#active-frame")

    def expand(self, label: str) -> None:
        """Open a module of the tree; a click is lost on a row that is drawn anew."""
        until(lambda: self._is_expanded(label, "true"))

    def fold(self, label: str) -> None:
        """Close a module of the tree, so that the next ones are on the screen."""
        until(lambda: self._is_expanded(label, "false"))

    def _is_expanded(self, label: str, wanted: str) -> bool:
        row = self.row(label)
        row.wait_for()
        if row.get_attribute("aria-expanded") == wanted:
            return True
        row.click()
        found = self.page.locator(f"[aria-expanded={wanted}]").filter(has_text=label)
        with suppress(Late):
            found.wait_for(timeout=2000)
        return row.get_attribute("aria-expanded") == wanted

    def take(self, step: str, shown: Locator | None = None) -> None:
        """Click a step of the tree until its lesson, or what else is named, is shown.

        A verdict that arrives while the button is down draws the row anew, and the click is lost.
        """
        until(lambda: self._takes(step, shown))

    def _takes(self, step: str, shown: Locator | None) -> bool:
        self.row(step).click()
        try:
            (shown or self.lesson().locator("h1").get_by_text(step)).wait_for(timeout=8_000)
        except Late:
            return False
        return True

    def command(self, title: str) -> None:
        """Run a command of the palette."""
        until(lambda: self._chooses(title))

    def _chooses(self, title: str) -> bool:
        """Whether the palette took the command; a page that changes its focus closes the palette,
        and a key that is pressed meanwhile is lost."""
        box = self.page.locator(".quick-input-widget:visible input").first
        entry = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=title).first
        self.page.keyboard.press("F1")
        try:
            box.fill(f">{title}", timeout=3000)
            entry.click(timeout=5000)
        except Late:
            return False
        return True

    def exception(self) -> str:
        """What is said of an exception, with one blank for many: below its line, beside the call
        stack, or, where the debugger stops at once after going on, among the variables alone."""
        widget = ".exception-widget, .state.label.exception, .repl .expression"
        places = self.page.locator(f"{widget}, .debug-variables .monaco-list-row")
        return " ".join(" ".join(places.all_text_contents()).replace("\\", "").split())

    def close_panel(self) -> None:
        """Give the editor the place of the debug console."""
        self.page.locator(".part.panel .action-label[aria-label^='Hide Panel']").click()
        expect(self.page.locator(".part.panel:visible")).to_have_count(0)

    def click_lens(self, text: str, above: str = "") -> None:
        """Click a lens: the first on the screen, or the one above the line with a text."""
        self.leave_hover()
        if above:
            expect(self.line(above)).to_be_visible()
        self.page.evaluate("window.lensesSeen = undefined")
        self.page.wait_for_function(_LENSES_ARE_QUIET)
        if above:
            place = until(lambda: self.lens_above(text, above))
            self.lens(text, place - 1).click()
        else:
            self.lens(text).click()

    def lens_above(self, text: str, line: str) -> int | None:
        """Which of the lenses with a text, counted from 1, stands right above a line."""
        below = self.line(line).bounding_box()
        for nth in range(self.lenses(text).count()):
            box = self.lens(text, nth).bounding_box()
            if below and box and 0 < below["y"] - box["y"] < 2 * below["height"]:
                return nth + 1
        return None

    def lenses(self, text: str) -> Locator:
        """The lenses on the screen; those scrolled away are hidden elements."""
        return self.page.locator(".codelens-decoration a").filter(has_text=text, visible=True)

    def lens(self, text: str, nth: int = 0) -> Locator:
        """One of the lenses with a text."""
        return self.lenses(text).nth(nth)

    def line(self, text: str) -> Locator:
        """A line of the editor that has this text in it, as Monaco writes blanks."""
        spaced = text.replace(" ", "\u00a0")
        return self.page.locator(".editor-group-container .view-line").filter(has_text=spaced).first

    def write(self, file: str, text: str) -> None:
        """Paste a text over all that stands in an open file, and save it.

        Text that is typed is one edit for each character: minutes for a long file.
        """
        until(lambda: self._pastes(file, text))
        self.page.keyboard.press("Control+Home")
        self.save()

    def enter(self, file: str) -> None:
        """Take the focus into the editor of an open file."""
        self.page.locator(".tab").filter(has_text=file).click()
        self.page.locator(".monaco-editor.focused").wait_for()  # sooner than `expect`, which naps

    def _pastes(self, file: str, text: str) -> bool:
        """Whether the text has arrived; a key pressed while the page changes its focus is lost."""
        self.leave_hover()
        self.enter(file)
        self.page.keyboard.press("Control+A")
        with suppress(Late):
            self.page.locator(".statusbar").get_by_text("selected").first.wait_for(timeout=5_000)
        if not self.page.locator(".statusbar").get_by_text("selected").first.is_visible():
            return False  # it would come on top of what stands there
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+V")
        dirty = self.page.locator(".tab.active.dirty")
        with suppress(Late):
            dirty.wait_for(timeout=10_000)
        return dirty.is_visible()

    def go_to(self, file: str, source: str, text: str) -> None:
        """Put the cursor on the first line of an open file, whose source it is, with a text."""
        number = source[: source.index(text)].count("\n") + 1
        self.enter(file)
        self.page.keyboard.press("Control+G")
        box = self.page.locator(".quick-input-widget:visible input").first
        box.fill(f":{number}")
        box.press("Enter")
        self.page.locator(".quick-input-widget").wait_for(state="hidden")

    def save(self) -> None:
        self.page.keyboard.press("Control+S")
        self.page.wait_for_function("!document.querySelector('.tab.active.dirty')")

    def hover(self, locator: Locator, x: float) -> Locator:
        """Rest the mouse on a place; the hover that opens. A cursor that is set may end it."""
        found = self.page.locator(".monaco-hover:not(.hidden) .hover-contents").first
        for _ in range(_TRIES):
            self.leave_hover()
            locator.hover(position={"x": x, "y": 8})
            with suppress(Late):
                found.wait_for(timeout=DEADLINE_MS / _TRIES)
                break
        return found

    def leave_hover(self) -> None:
        """Take the mouse off the code, so that no hover lies over it."""
        self.page.mouse.move(5, 5)
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".monaco-hover:visible")).to_have_count(0)

    def squiggle_on(self, text: str) -> bool:
        """Whether the red line stands under the line with this text."""
        red = self.page.locator(".squiggly-error").first.bounding_box()
        line = self.line(text).bounding_box()
        if red is None or line is None:
            return False
        return abs(red["y"] - line["y"]) < line["height"]


def until(true: Callable[[], Any], seconds: float = DEADLINE_MS / 1000) -> Any:
    """Wait until `true()` is. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.15)  # each look at a row by its role reads the whole tree
    raise TimeoutError
