"""The form of CUDA C: what is found in a text, and how it is changed, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.kernels import gpu
from tinytorch_ls.forms.cuda_c import symbols
from tinytorch_ls.forms.cuda_c import tokens as cuda_tokens
from tinytorch_ls.forms.cuda_c.form import CUDA_C
from tinytorch_ls.forms.cuda_c.tokens import Token, tokens
from tinytorch_ls.forms.form import Hole
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.libclang import unit

LIBRARY = Path(gpu.__file__).parent
HERE = Path()
TWO = """\
// Two kernels.
constexpr int TILE = 16;  // a `{` in a comment opens nothing

// Twice a number. Given.
__device__ float twice(float x) { return 2.0f * x; }

extern "C" __global__ void __launch_bounds__(256)
    double_all(const float* x, float* out, int n) {
    // out = 2 x
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = twice(x[i]);  // "}" and '{' are texts
}

extern "C" __global__ void copy(const float* x, float* out, int n) {
    int i = threadIdx.x;
    out[i] = x[i];
}
"""
SCAFFOLD = "TODO: Double.\n\nSTEP-BY-STEP IMPLEMENTATION:\n1. Never write `*/` here."
HOLES = (Hole("double_all", "kernels/double", SCAFFOLD),)
STUB = CUDA_C.stub(TWO, HOLES, HERE)


def body_of(source: str, name: str) -> str:
    return CUDA_C.definitions(source)[name].whole.of(source)


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.cu")), ids=lambda file: file.name)
def test_every_file_of_the_library_is_read(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert CUDA_C.fault_in(source) is None
    kernels = source.count("__global__")
    found = CUDA_C.definitions(source).values()
    heads = [each.signature.of(source) for each in found]
    assert sum("__global__" in head for head in heads) == kernels


def test_functions_are_found_to_the_character() -> None:
    found = CUDA_C.definitions(TWO)
    assert list(found) == ["twice", "double_all", "copy"]
    double = found["double_all"]
    assert double.whole.of(TWO).startswith('extern "C" __global__ void __launch_bounds__(256)')
    assert (double.first_line, double.last_line) == (7, 12)
    assert double.identifier.of(TWO) == "double_all"
    assert TWO[double.first_statement.offset :].startswith("int i = blockIdx")
    assert CUDA_C.signature(TWO, "copy") == ("const float * x", "float * out", "int n")
    assert CUDA_C.parameters(TWO, "copy") == ("x", "out", "n")
    assert CUDA_C.gives_nothing(TWO, "copy")
    assert not CUDA_C.gives_nothing(TWO, "twice")
    assert CUDA_C.given_functions(TWO) == {"twice"}


def test_functions_of_a_struct_stand_behind_its_name() -> None:
    source = "struct Sum {\n    static float zero() { return 0.0f; }\n};\nint one() { return 1; }\n"
    assert list(CUDA_C.definitions(source)) == ["Sum.zero", "one"]
    assert CUDA_C.is_class(source, "Sum")
    assert list(CUDA_C.definitions('extern "C" {\nvoid f() {}\n}\n')) == ["f"]
    assert list(CUDA_C.definitions("float a[] = {1, 2};\nvoid f();\nvoid g() {}\n")) == ["g"]


def test_each_token_is_handed_out_a_few_times_however_long_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the time for a file of twenty thousand kernels grows with its length, not its square."""
    handed: list[int] = []

    class Counting(tuple[Token, ...]):
        def __iter__(self) -> Iterator[Token]:
            handed.append(len(self))
            return super().__iter__()

        def __getitem__(self, key: Any) -> Any:
            found = super().__getitem__(key)
            handed.append(len(found) if isinstance(key, slice) else 1)
            return found

    for module in (cuda_tokens, symbols):
        monkeypatch.setattr(module, "tokens", lambda source: Counting(tokens(source)))
    most: list[float] = []
    for count in (50, 500):
        handed.clear()
        kernels = (
            f"// {n}\n__global__ void f{n}(int x) {{\n// {n}\nx++; }}\n" for n in range(count)
        )
        assert len(symbols.parts("".join(kernels))) == count
        most.append(sum(handed) / count)
    assert most[1] < 2 * most[0]  # finding a place takes a little more steps in a long one


def test_structs_that_nest_without_end_are_refused() -> None:
    source = "struct A { " * 5000 + "}" * 5000
    with pytest.raises(SyntaxError, match="nest too deeply"):
        CUDA_C.definitions(source)
    assert CUDA_C.fault_in(source)


def test_a_stub_says_what_to_do_and_whose_it_is() -> None:
    assert "    /* TODO: Double.\n\n       out = 2 x\n\n       STEP-BY-STEP" in STUB
    assert "1. Never write `* /` here.\n    */\n    __trap();  // kernels/double is yours" in STUB
    assert CUDA_C.unwritten(STUB) == {"double_all": "kernels/double"}
    assert CUDA_C.fault_in(STUB) is None
    place = CUDA_C.writing_place(STUB, "double_all")
    assert place
    assert STUB[place.offset :].startswith("__trap();")
    for name in ("twice", "copy"):
        assert body_of(STUB, name) == body_of(TWO, name)


def test_what_is_written_over_the_stub_is_no_stub() -> None:
    line = "__trap();  // kernels/double is yours to write"
    written = STUB.replace(line, "int i = threadIdx.x; out[i] = 2 * x[i];")
    assert CUDA_C.unwritten(written) == {}
    assert CUDA_C.oddities(written, ["double_all"]) == ()
    kept = STUB.replace(line, f"int i = threadIdx.x;\n    {line}")
    assert CUDA_C.unwritten(kept) == {}
    (odd,) = CUDA_C.oddities(kept, ["double_all"])
    assert odd.place.of(kept) == line
    assert odd.message.startswith("Your code stops at this `__trap()` line")


def test_a_transplant_brings_the_library_back_to_the_byte() -> None:
    assert CUDA_C.transplant(STUB, "double_all", TWO) == TWO
    assert CUDA_C.transplant(TWO, "double_all", STUB) == STUB
    with pytest.raises(Refused, match="`gone` is not in the lesson's code"):
        CUDA_C.transplant(TWO, "gone", TWO)


def test_what_is_gone_comes_back_where_it_stood() -> None:
    without = TWO.replace(body_of(TWO, "double_all") + "\n\n", "")
    assert list(CUDA_C.definitions(without)) == ["twice", "copy"]
    assert CUDA_C.transplant(without, "double_all", TWO) == TWO
    assert CUDA_C.lost(without, STUB) == ("double_all",)
    again = CUDA_C.with_lost(without, STUB)
    assert again.count("\n") == without.count("\n")
    assert CUDA_C.unwritten(again) == {"double_all": "kernels/double"}


TEXTS = st.text(st.sampled_from(list("ax1{}()[]\"'/*\\ \n\t;,<>=é∑")), max_size=60)


@given(above=TEXTS, inside=TEXTS, below=TEXTS, windows=st.booleans())
def test_a_transplant_leaves_every_other_byte(
    above: str, inside: str, below: str, windows: bool
) -> None:
    source = f"{above}\nvoid f(int n) {{{inside}}}\n{below}"
    source = source.replace("\n", "\r\n") if windows else source
    try:
        place = CUDA_C.definitions(source)["f"].whole
        changed = CUDA_C.transplant(source, "f", "void f(int n) {\n    n = 1;\n}")
    except (SyntaxError, KeyError, Refused):
        return
    start, rest = place.start.offset, len(source) - place.end.offset
    assert changed[:start] == source[:start]
    assert changed[len(changed) - rest :] == source[place.end.offset :]
    assert "n = 1;" in body_of(changed, "f")


@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    fault = CUDA_C.fault_in(text)
    assert fault is None or 1 <= fault.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("right", "wrong", "line", "fact"),
    [
        ("x[i];\n}", "x[i];\n", 14, "This `{` is not closed"),
        ("out[i] = x[i];", "out[i = x[i];", 16, "This `[` is not closed"),
        ("out[i] = x[i];", "out[i]] = x[i];", 16, "This `]` closes nothing"),
        ("out[i] = x[i];", 'out[i] = "x;', 16, 'This " is not closed'),
    ],
)
def test_a_bracket_without_a_partner_is_named_at_its_line(
    right: str, wrong: str, line: int, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit, "is_here", lambda: False)
    found = CUDA_C.fault_in(TWO.replace(right, wrong))
    assert found
    assert (found.line, found.fact) == (line, fact)
    assert found.help


@pytest.mark.skipif(not unit.is_here(), reason="libclang is not installed")
@pytest.mark.parametrize(
    ("right", "wrong", "line", "fact"),
    [
        (
            "threadIdx.x;\n    out",
            "threadIdx.x\n    out",
            15,
            "A `;` is missing after the declaration",
        ),
        (
            "out[i] = x[i];",
            "out[i] = ;",
            16,
            "A value is missing here, or stands in the wrong place",
        ),
        ("out[i] = x[i];", "for i in n: out[i] = x[i];", 16, "A `(` is missing after `for`"),
        (
            "// Two kernels.",
            "#include <stdio.h>",
            1,
            "There is no `stdio.h` here: a kernel is compiled without headers",
        ),
    ],
)
def test_what_the_grammar_refuses_is_said_in_words(
    right: str, wrong: str, line: int, fact: str
) -> None:
    found = CUDA_C.fault_in(TWO.replace(right, wrong))
    assert found
    assert (found.line, found.fact) == (line, fact)


def test_a_name_that_is_unknown_leaves_the_file_readable() -> None:
    assert CUDA_C.fault_in(TWO.replace("out[i] = x[i]", "out[j] = y[i]")) is None


def test_a_merge_s_marks_and_another_encoding_are_told() -> None:
    marked = CUDA_C.fault_in(f"<<<<<<< HEAD\n{TWO}=======\n>>>>>>> main\n")
    assert marked
    assert (marked.line, marked.fact) == (1, "A merge left its marks in this file")
    wide = CUDA_C.fault_in_bytes(TWO.encode("utf-16"))
    assert wide
    assert wide.fact == "This file is saved as UTF-16, and the compiler reads UTF-8"


@pytest.mark.parametrize(
    ("sign", "fact"),
    [
        ("\0", "A NUL byte stands in this line, and the compiler reads none"),
        ("\ud800", "Half of a character stands in this line"),
    ],
)
def test_what_is_no_text_is_told(sign: str, fact: str) -> None:
    found = CUDA_C.fault_in(TWO.replace("int i = threadIdx.x;", f"int i = {sign};"))
    assert found
    assert (found.line, found.fact) == (15, fact)
    assert CUDA_C.has_no_code("\0\0")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("x[i];\n}", "x[i];"),
        ("out[i] = x[i];", "out[i = ;"),
        ("int i = threadIdx.x;", "int i = ("),
    ],
)
def test_a_broken_kernel_is_found_by_its_margin(right: str, wrong: str) -> None:
    broken = TWO.replace(right, wrong)
    mended = CUDA_C.mended(broken, ["copy"])
    assert list(mended.broken) == ["copy"]
    assert CUDA_C.transplant(mended.text, "copy", TWO) == TWO
    with pytest.raises(Refused, match="has a syntax error in line"):
        CUDA_C.mended(broken, ["double_all"])


def test_comments_and_blanks_mean_nothing() -> None:
    other = TWO.replace("// out = 2 x", "/* twice */").replace("    if (i", "  if  ( i")
    assert CUDA_C.meaning(other) == CUDA_C.meaning(TWO)
    assert CUDA_C.symbol_digest(other, "double_all") == CUDA_C.symbol_digest(TWO, "double_all")
    changed = TWO.replace("i < n", "i <= n")
    assert CUDA_C.symbol_digest(changed, "double_all") != CUDA_C.symbol_digest(TWO, "double_all")
    assert CUDA_C.meaning(changed, ["double_all"]) == CUDA_C.meaning(TWO, ["double_all"])


def test_the_library_s_comment_takes_the_place_of_a_todo_alone() -> None:
    own = "// my own words\n    int i = threadIdx.x; out[i] = 2 * x[i];"
    written = STUB.replace("__trap();  // kernels/double is yours to write", own)
    tidied = CUDA_C.with_documentation(written, "double_all", TWO)
    assert "TODO" not in tidied
    assert f"    // out = 2 x\n    {own}" in tidied
    assert CUDA_C.documentation(written, "copy") is None


def test_a_line_reads_the_same_whatever_its_names_are() -> None:
    other = TWO.replace("out[i] = twice(x[i]);", "out[ k ] = twice( x[k] ) ;").replace(
        "int i = blockIdx", "int k = blockIdx"
    )
    assert CUDA_C.plain_line(TWO, 10) == CUDA_C.plain_line(other, 10)
    assert CUDA_C.plain_line(TWO, 10) != CUDA_C.plain_line(TWO, 15)
    assert CUDA_C.spot(TWO, 10)[:2] == ("double_all", "=")
    assert CUDA_C.spot(TWO, 11)[:2] == ("double_all", "if")
    assert CUDA_C.spot(TWO, 7) == ("double_all", "", "")
    assert CUDA_C.spot(TWO, 2) == ("", "", "")


def test_an_access_is_told_by_its_array_and_what_steers_before_it() -> None:
    line = TWO.split("\n")[10]
    read, stored = line.index("x[i]"), line.index("out[i]")
    assert CUDA_C.spot(TWO, 11, (read, 11, read + 4)) == ("double_all", "if =", "x[]")
    assert CUDA_C.spot(TWO, 11, (stored, 11, stored + 6)) == ("double_all", "if =", "out[]")
    left = TWO.replace("if (i < n) out", "if (i > n) return;\n    out")
    read = left.split("\n")[11].index("x[i]")
    spot = CUDA_C.spot(left, 12, (read, 12, read + 4))
    assert spot == ("double_all", "if return =", "x[]")


def test_code_of_the_reference_is_known_in_prose() -> None:
    work = CUDA_C.taught_work(TWO, "double_all", HERE)
    assert CUDA_C.work_in("blockIdx.x*blockDim.x + threadIdx.x") & work
    assert CUDA_C.work_in("twice(x[i])") & work
    assert not CUDA_C.work_in("threadIdx.x") & work
    assert not CUDA_C.work_in("the block") & work
    assert CUDA_C.taught_lines(TWO, "double_all", HERE) == 2
    assert CUDA_C.loose_lines(TWO) == (2,)


@pytest.mark.skipif(not unit.is_here(), reason="libclang is not installed")
def test_mutants_change_one_thing() -> None:
    source = (LIBRARY / "tiled_matmul.cu").read_text(encoding="utf-8")
    made = CUDA_C.mutants(source, "tiled_matmul", HERE)
    changes = {(mutant.old, mutant.new) for mutant in made}
    assert len(changes) > 90
    assert ("if (row < m && column < n)", "if (row <= m && column < n)") in changes
    assert ("if (row < m && column < n)", "if (row < m)") in changes
    assert [mutant.line for mutant in made if mutant.old == "__syncthreads()"] == [19, 21]
    product = "total += tile_a[y][i] * tile_b[i][x]"
    assert (product, "total -= tile_a[y][i] * tile_b[i][x]") in changes
    assert (product, "") in changes
    assert (
        "int x = threadIdx.x, y = threadIdx.y",
        "int x = threadIdx.y, y = threadIdx.y",
    ) in changes
    for mutant in made:
        assert CUDA_C.fault_in(source.replace(body_of(source, "tiled_matmul"), mutant.code)) is None
