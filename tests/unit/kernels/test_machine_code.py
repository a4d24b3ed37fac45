"""What the matrix product's machine code for a Hopper GPU holds; no GPU and no driver is needed.

A GPU's own measure is in docs/kernels.md. This holds what made it so: a loop that is nearly all
multiply-adds, short enough to stay near the cores, and with nothing put away in slow memory.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tinytorch.kernels import compiled
from tinytorch_ls.compile.assembler import assembler, installed, run_program
from tinytorch_ls.compile.cuda_c import compile_file
from tinytorch_ls.compile.result import ARCHITECTURE, NotRun

INSTRUCTION_BYTES = 16
PERCENT = {"16_aligned": 91.5, "16_ragged": 89.0, "8_aligned": 90.5, "8_ragged": 86.0}
INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+ )?\s*(?P<name>[\w.]+)(?P<rest>[^;]*);")
LABEL = re.compile(r"(?P<name>\.L_x_\d+):")

Loop = list[str]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The lines of each kernel of matmul.cu, disassembled."""
    ptxas, nvdisasm = assembler(), installed("nvidia-cuda-nvdisasm", "nvdisasm")
    result = compile_file(Path(compiled.__file__).with_name("matmul.cu"))
    if isinstance(result, NotRun) or ptxas is None or nvdisasm is None:
        pytest.skip("not run: NVRTC, ptxas or nvdisasm is missing (pip install 'tinytorch[dev]')")
    ptx = tmp_path_factory.mktemp("sass") / "matmul.ptx"
    ptx.write_text(result.ptx, encoding="utf-8")  # pyright: ignore[reportAttributeAccessIssue]
    binary = str(ptx.with_suffix(".cubin"))
    said = run_program([ptxas, f"-arch={ARCHITECTURE}", str(ptx), "-o", binary])
    assert Path(binary).exists(), said
    parts = re.split(r"\n\s*\.section\s+\.text\.matmul_", run_program([nvdisasm, "-c", binary]))
    return {part.partition(",")[0]: part.splitlines() for part in parts[1:]}


def inner_loop(lines: list[str]) -> Loop:
    """The names of its instructions: from where a branch leads back to, to that branch."""
    names: list[str] = []
    labels: dict[str, int] = {}
    loops: list[Loop] = []
    for line in lines:
        if label := LABEL.match(line.strip()):
            labels[label["name"]] = len(names)
        elif instruction := INSTRUCTION.search(line):
            names.append(instruction["name"])
            target = re.search(r"\.L_x_\d+", instruction["rest"])
            if names[-1] == "BRA" and target and target[0] in labels:
                loops.append(names[labels[target[0]] :])
    return max(loops, key=lambda loop: sum(name == "FFMA" for name in loop))


def test_each_kernel_has_its_machine_code(code: dict[str, list[str]]) -> None:
    assert set(code) == set(PERCENT)


@pytest.mark.parametrize("name", PERCENT)
def test_the_inner_loop_is_multiply_adds_and_little_else(
    name: str, code: dict[str, list[str]]
) -> None:
    loop = inner_loop(code[name])
    multiply_adds = sum(each == "FFMA" for each in loop)
    assert multiply_adds == 1024  # 8 lines of 16 × 8, or 16 of 8 × 8
    assert loop.count("LDS.128") == (48 if name.startswith("16") else 64)
    assert 100 * multiply_adds / len(loop) >= PERCENT[name]
    assert len(loop) * INSTRUCTION_BYTES <= 20 * 1024


@pytest.mark.parametrize("name", PERCENT)
def test_no_register_is_put_away_in_local_memory(name: str, code: dict[str, list[str]]) -> None:
    found = [match["name"] for line in code[name] if (match := INSTRUCTION.search(line))]
    assert len(found) > 2048
    assert not [each for each in found if each.startswith(("LDL", "STL"))]


@pytest.mark.parametrize("name", ["16_aligned", "8_aligned"])
def test_rows_that_start_on_16_bytes_are_read_and_written_four_numbers_at_a_time(
    name: str, code: dict[str, list[str]]
) -> None:
    reads = {each for each in inner_loop(code[name]) if each.startswith("LDG")}
    assert all(".128" in each for each in reads)
    assert reads
    text = "\n".join(code[name])
    assert "STG.E.128" in text
    assert not re.search(r"STG\.E \S", text)
