"""A kernel in CUDA C: opened, judged at its line and passed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tinytorch_ls.forms.known import form_of
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

FILE, TAB = "tinytorch/kernels/vector_add.cu", "vector_add.cu"
BODY = "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n    out[i] = a[i] + b[i];\n"


@pytest.fixture(scope="module")
def course(course: StudentFolder) -> StudentFolder:
    """The course with module 11 begun too."""
    course.begin("kernels")
    return course


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
    expect(workbench.lesson().locator("h1")).to_be_visible()  # the welcome has come to its end
    workbench.fold("00 Setup")  # so that all of module 11 is on the screen
    workbench.expand("11 Kernels")
    workbench.take("The same kernel in CUDA C")
    expect(workbench.tab(TAB)).to_be_visible()
    expect(workbench.lens("○ Not written")).to_be_visible()
    expect(workbench.lenses("Debug step")).to_have_count(0)
    expect(workbench.page.locator(".statusbar")).to_contain_text("CUDA C++")
    workbench.write(TAB, with_body(stub, BODY))
    expect(workbench.lens("✗ Failing")).to_be_visible()
    until(lambda: "Out of bounds" in workbench.behind_lines())
    workbench.shot("70-kernel-failing")
    guarded = BODY.replace("    out[i]", "    if (i < n) out[i]")
    workbench.write(TAB, with_body(stub, guarded))
    expect(workbench.lens("✓ Passed")).to_be_visible()
    workbench.shot("71-kernel-passed")


def test_what_a_kernel_moves_stands_beside_it_and_turn_by_turn_in_the_lesson(
    workbench: Workbench,
) -> None:
    """After the test above: the kernel passes."""
    expect(workbench.line("if (i < n) out[i]")).to_contain_text("4 sectors")
    workbench.click_lens("Thread map")
    threads = workbench.lesson().get_by_role("region", name="Threads and addresses")
    expect(threads.get_by_role("heading")).to_have_text("Threads and addresses of vector_add")
    expect(threads.locator("svg rect.on").first).to_be_visible()
    first = threads.get_by_role("status").inner_text()
    workbench.shot("72-kernel-threads")
    threads.get_by_role("button", name="Next turn").click()
    expect(threads.get_by_role("status")).not_to_have_text(first)
    threads.get_by_role("button", name="Close").click()
    expect(threads).to_have_count(0)
