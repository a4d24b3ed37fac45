"""A kernel in the editor: beside each access stands what warps moved there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from kernel_course import FILE, RIGHT, kernel_course
from lsp_client import Client
from student import compiled

from tinytorch_ls.forms.python.transplant import transplant
from tinytorch_ls.workspace.folder import StudentFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> StudentFolder:
    return kernel_course(tmp_path_factory.mktemp("kernels"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def editor(folder: StudentFolder) -> AsyncIterator[Client]:
    async with Client(folder.root, options={"curriculum": str(folder.course.folder)}) as client:
        yield client


async def saved(editor: Client, folder: StudentFolder, kernel: str) -> str:
    """The address of the file, once what was saved is tested."""
    path = folder.path(FILE)
    if path.as_uri() not in editor.texts:
        editor.open(path)
    await editor.settled("lab")
    editor.write(path, transplant(folder.source(FILE), "columns_kernel", kernel))
    await editor.settled("lab")
    return path.as_uri()


async def hints(editor: Client, uri: str) -> dict[str, tuple[str, ...]]:
    """What stands behind which text."""
    lines, found = editor.texts[uri].split("\n"), dict[str, tuple[str, ...]]()
    for hint in await editor.inlay_hints(uri):
        before = lines[hint.position.line][: hint.position.character].split("= ")[-1].strip()
        assert isinstance(hint.label, str)
        found[before] = (*found.get(before, ()), hint.label)
    return found


SLOW = {
    "a[t, 0]": ("32 sectors, 4 would do",),
    "tile[t, 0]": ("31 extra turns",),
    "np.float32(2.0) * tile[t, 0]": ("15 extra turns · lanes 50 %",),
    "out[t]": ("4 sectors, 2 would do · lanes 50 %",),
}


async def test_each_access_says_what_a_warp_moved(editor: Client, folder: StudentFolder) -> None:
    uri = await saved(editor, folder, RIGHT)
    assert await hints(editor, uri) == SLOW
    assert "inlay hints" in editor.refreshed


async def test_where_the_figures_come_from_is_said(editor: Client, folder: StudentFolder) -> None:
    uri = await saved(editor, folder, RIGHT)
    by_label = {hint.label: hint.tooltip for hint in await editor.inlay_hints(uri)}
    tooltip = by_label["32 sectors, 4 would do"]
    assert tooltip
    text = tooltip if isinstance(tooltip, str) else tooltip.value
    assert "Requests by warps: 1. Sectors of 32 bytes that they moved: 32;" in text
    assert "`columns_kernel[1, 32]`" in text
    assert "Not run on a GPU" in text


async def test_better_code_has_better_figures(editor: Client, folder: StudentFolder) -> None:
    uri = await saved(editor, folder, RIGHT.replace("[t, 0]", "[0, t]"))
    found = await hints(editor, uri)
    assert found["a[0, t]"] == ("4 sectors",)
    assert "tile[0, t]" not in found  # nothing is to be said of it


async def test_a_line_that_was_changed_since_says_nothing(
    editor: Client, folder: StudentFolder
) -> None:
    uri = await saved(editor, folder, RIGHT)
    text = editor.texts[uri].replace("import numpy", "\nimport numpy")
    editor.change(uri, text.replace("= a[t, 0]", "= a[t, 1]"))
    other = {name: said for name, said in SLOW.items() if name not in ("a[t, 0]", "tile[t, 0]")}
    assert await hints(editor, uri) == other


async def test_a_lens_has_the_work_and_the_roofline_s_word(
    editor: Client, folder: StudentFolder
) -> None:
    """4 sectors of `a` by columns are 32, and 4 of `out`; 16 lanes multiply once."""
    uri = await saved(editor, folder, RIGHT)
    titles = [lens.command.title for lens in await editor.lenses(uri) if lens.command]
    assert "1,152 bytes · 16 FLOPs · 0.014 a byte: memory-bound (H100)" in titles


async def test_a_lens_has_what_the_compiler_makes_of_a_kernel(
    editor: Client, folder: StudentFolder
) -> None:
    """Of 64 warps there are 32: a block has one, and no more than 32 blocks may be there."""
    uri = await saved(editor, folder, RIGHT)
    title = await compiled(editor, uri)
    assert "4,096 bytes shared" in title
    assert "occupancy 50 %, limited by the number of blocks" in title
    assert ("float64",) not in (await hints(editor, uri)).values()


async def test_a_line_in_double_precision_says_so(editor: Client, folder: StudentFolder) -> None:
    double = RIGHT.replace("np.float32(2.0)", "1.9999999999")
    uri = await saved(editor, folder, double)
    first = {hint.label: str(hint.tooltip) for hint in await editor.inlay_hints(uri)}
    assert "From the types in the simulator" in first["float64"]  # also of a step that fails
    await compiled(editor, uri)
    found = {hint.label: hint for hint in await editor.inlay_hints(uri)}
    line = editor.texts[uri].split("\n")[found["float64"].position.line]
    assert line == "        out[t] = 1.9999999999 * tile[t, 0]"
    assert found["float64"].position.character == len(line)


async def test_the_map_has_each_turn_of_the_first_block(
    editor: Client, folder: StudentFolder
) -> None:
    uri = await saved(editor, folder, RIGHT)
    found = await editor.ask("tinytorch/threads", {"step": "lab/columns"})
    assert (found.kernel, found.block, found.threads) == ("columns_kernel", "32", 32)
    read, filled, taken, written = found.turns
    line = editor.texts[uri].split("\n")[read.line]
    assert (read.text, "tile[t, 0] = a[t, 0]" in line) == ("a[t, 0]", True)
    assert (read.array, read.memory, read.kind, list(read.shape)) == (
        "a",
        "global",
        "read",
        [32, 32],
    )
    assert list(read.elements) == [32 * lane for lane in range(32)]
    assert (filled.memory, filled.kind, taken.kind) == ("shared", "write", "read")
    assert list(written.threads) == list(range(0, 32, 2))


async def test_a_step_that_is_not_written_has_no_map(editor: Client, folder: StudentFolder) -> None:
    await saved(editor, folder, folder.stub(FILE))
    assert await editor.ask("tinytorch/threads", {"step": "lab/columns"}) is None
