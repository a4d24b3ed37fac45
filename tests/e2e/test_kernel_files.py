"""A kernel in CUDA C: opened, judged at its line and passed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import start
from playwright.sync_api import Browser, expect

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.course.read import read_course
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, serving

FILE, TAB = "tinytorch/kernels/vector_add.cu", "vector_add.cu"
BODY = "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n    out[i] = a[i] + b[i];\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> StudentFolder:
    """A student's folder with module 11 begun."""
    folder = StudentFolder(
        tmp_path_factory.mktemp("course") / "my-course", read_course(curriculum_folder())
    )
    folder.begin("kernels")
    start.write_settings(folder.root)
    return folder


@pytest.fixture(scope="module")
def workbench(
    browser: Browser, course: StudentFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    home = tmp_path_factory.mktemp("home")
    with serving(home, course.root, trust=False) as url:
        bench = Workbench(browser, url)
        yield bench
        bench.close()


def with_body(source: str, body: str) -> str:
    """The file with this in the place of the stub's line."""
    place = form_of(FILE).writing_place(source, "vector_add")
    assert place
    start = place.offset - place.column
    return source[:start] + body + source[source.index("\n", start) + 1 :]


def test_a_kernel_goes_from_its_stub_to_the_tick(
    workbench: Workbench, course: StudentFolder
) -> None:
    stub = course.source(FILE)
    workbench.row("The same kernel in CUDA C").click()
    expect(workbench.tab(TAB)).to_be_visible()
    expect(workbench.lens("○ Not written")).to_be_visible()
    expect(workbench.lenses("Debug step")).to_have_count(0)
    expect(workbench.page.locator(".statusbar")).to_contain_text("CUDA C++")
    workbench.write(TAB, with_body(stub, BODY))
    expect(workbench.lens("✗ Failing")).to_be_visible()
    expect(workbench.line("Out of bounds")).to_be_visible()
    workbench.shot("70-kernel-failing")
    guarded = BODY.replace("    out[i]", "    if (i < n) out[i]")
    workbench.write(TAB, with_body(stub, guarded))
    expect(workbench.lens("✓ Passed")).to_be_visible()
    workbench.shot("71-kernel-passed")


def test_what_a_kernel_moves_stands_beside_it_and_turn_by_turn_in_the_lesson(
    workbench: Workbench,
) -> None:
    """After the test above: the kernel passes."""
    expect(workbench.line("out[i] = a[i]")).to_contain_text("4 sectors")
    workbench.click_lens("FLOPs")
    threads = workbench.lesson().get_by_role("region", name="Threads and addresses")
    expect(threads.get_by_role("heading")).to_have_text("Threads and addresses of vector_add")
    expect(threads.locator("svg rect.on").first).to_be_visible()
    first = threads.get_by_role("status").inner_text()
    workbench.shot("72-kernel-threads")
    threads.get_by_role("button", name="Next turn").click()
    expect(threads.get_by_role("status")).not_to_have_text(first)
    threads.get_by_role("button", name="Close").click()
    expect(threads).to_have_count(0)
