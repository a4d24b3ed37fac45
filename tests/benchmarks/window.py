"""How long the window lets a student wait, and what it holds in memory.

    python tests/benchmarks/window.py

A workbench with the extension and one without it open the same file in turn, in one run: from the
URL to the first line of code, and to the first lens. Then, with the extension: from Ctrl+S to the
first mark, from F5 to the stop, and the memory of extension host, server and warm process (the
share of each, as Linux counts it). Beside it stands a cold pytest of the same test. It runs the
extension that was packaged last; let nothing else run on the machine.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlparse

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

import start
import tools
from benchmarks.feedback import ADD, COLD_ROUNDS, changed, cold_pytest
from playwright.sync_api import Browser, sync_playwright

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, launch, serving

ROUNDS = 5
PAUSE = 5.0  # in seconds: what rests on the step is tested after each save, until then
FILE, TAB = "tinytorch/tensor.py", "tensor.py"
CODE, LENS = ".view-line span span", ".codelens-decoration a"
MARK, STOP = ".squiggly-error", ".debug-top-stack-frame-line"
PARTS = {
    "extension host": "--type=extensionHost",
    "server": "tinytorch_ls lsp",
    "warm process": "tinytorch_ls.runner.inside.zygote",
}


def main() -> None:
    """Measure all of it and print a table."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        home = Path(scratch)
        folder = StudentFolder(home / "course", read_course(curriculum_folder()))
        folder.begin("tensor")
        solve(folder, [s for s in folder.course.module("tensor").steps if s.symbols], "tensor")
        start.write_settings(folder.root)
        browser = launch(stack.enter_context(sync_playwright()), tools.browser())
        with ExitStack() as opened:
            urls = {
                extension: opened.enter_context(
                    serving(
                        made(home / str(extension)), folder.root, trust=False, extension=extension
                    )
                )
                for extension in (False, True)
            }
            openings(browser, folder, urls)
        place = made(home / "window")  # the only one: a workbench keeps what a closed page ran in
        url = stack.enter_context(serving(place, folder.root, trust=False))
        bench = Workbench(browser, opening(url, folder))
        in_the_window(bench, folder)
        memory(place)
        bench.close()
        browser.close()
        tell("cold pytest of tensor/add", [cold_pytest(folder.root) for _ in range(COLD_ROUNDS)])


def openings(browser: Browser, folder: StudentFolder, urls: dict[bool, str]) -> None:
    """From the URL to code and lens; the first opening of each, which fills caches, is left out."""
    code: dict[bool, list[float]] = {False: [], True: []}
    lens: list[float] = []
    for _ in range(ROUNDS + 1):
        for extension, url in urls.items():
            began = time.perf_counter()
            bench = Workbench(browser, opening(url, folder))
            code[extension].append(until_seen(bench, CODE, began))
            if extension:
                lens.append(until_seen(bench, LENS, began))
            bench.close()
    tell("URL to code, empty workbench", code[False][1:])
    tell("URL to code, with the extension", code[True][1:])
    tell("URL to the first lens", lens[1:])


def in_the_window(bench: Workbench, folder: StudentFolder) -> None:
    """From a save to its mark, and from *Debug step* to the stop."""
    right = folder.source(FILE)
    *_, wrong = changed(folder, *ADD)
    marks: list[float] = []
    stops: list[float] = []
    until_seen(bench, LENS, 0)  # the course has opened its first step: the cursor stays from now on
    for _ in range(ROUNDS):
        bench.write(TAB, right)
        bench.page.wait_for_function("!document.querySelector('.squiggly-error')")
        bench.go_to(TAB, right, "return wrap(left + right)")
        bench.page.keyboard.press("End")
        for _ in range(len("left + right)")):
            bench.page.keyboard.press("Backspace")
        bench.page.keyboard.type("left - right)")
        time.sleep(PAUSE)
        began = time.perf_counter()
        bench.page.keyboard.press("Control+S")
        marks.append(until_seen(bench, MARK, began))
    tell("Ctrl+S to the first mark", marks)
    for _ in range(ROUNDS):
        bench.go_to(TAB, wrong, "def add(self")
        bench.page.locator(LENS).filter(has_text="Failing", visible=True).first.wait_for()
        began = time.perf_counter()
        bench.page.keyboard.press("F5")
        stops.append(until_seen(bench, STOP, began))
        bench.page.keyboard.press("Shift+F5")
        bench.page.wait_for_function("!document.querySelector('.debug-top-stack-frame-line')")
    tell("F5 to the stop", stops)
    bench.write(TAB, right)


def until_seen(bench: Workbench, selector: str, began: float) -> float:
    bench.page.locator(selector).filter(visible=True).first.wait_for()
    return 1000 * (time.perf_counter() - began)


def opening(url: str, folder: StudentFolder) -> str:
    """The URL that opens the file too."""
    file = f"vscode-remote://{urlparse(url).netloc}{folder.root / FILE}"
    return f"{url}&payload={quote(json.dumps([['openFile', file]]))}"


def memory(home: Path) -> None:
    """What each part of the extension holds: those processes that came from its workbench."""
    ours = set(descendants(home))
    for name, words in PARTS.items():
        sizes = [size(pid) for pid in ours if words in command(pid)]
        print(f"{name:36}{sum(sizes):9.0f} MB of memory")


def descendants(home: Path) -> Iterator[int]:
    """The processes of the workbench that has its data in a folder."""
    parents = {int(each.name): parent(int(each.name)) for each in Path("/proc").glob("[0-9]*")}
    top = {pid for pid in parents if str(home / "data") in command(pid)}
    for pid in parents:
        above: int | None = pid
        while above and above not in top:
            above = parents.get(above)
        if above:
            yield pid


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def size(pid: int) -> float:
    """Its share of the memory that it uses, in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def tell(name: str, times: list[float]) -> None:
    """A row of the table."""
    print(f"{name:36}{statistics.median(times):9.0f} ms, at most {max(times):.0f}", flush=True)


if __name__ == "__main__":
    main()
