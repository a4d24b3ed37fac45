"""Formulas as a terminal shows them: readable, never another formula, and code left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch_ls.course.locate import curriculum_folder
from tinytorch_ls.feedback.formulas import as_plain_text, with_plain_formulas, without_ticks
from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.feedback.words import failure_markdown, failure_text

READABLE = {
    r"\frac{1}{1+e^{-x}}": "1 / (1 + e⁻ˣ)",
    r"\sigma(x) = \frac{e^{x}}{1 + e^{x}}": "σ(x) = eˣ / (1 + eˣ)",
    r"C_{ij} = \sum_k A_{ik} B_{kj}": "Cᵢⱼ = ∑ₖ Aᵢₖ Bₖⱼ",
    r"\sum_{i=1}^{n} x_i^2": "∑ᵢ₌₁ⁿ xᵢ²",
    r"\hat{y} = XW^\top + b": "ŷ = XWᵀ + b",
    r"\max(x, 0)": "max(x, 0)",
    r"\max_i x_i": "maxᵢ xᵢ",
    r"x\log x": "x log x",
    r"3.4\cdot10^{38}": "3.4 · 10³⁸",
    r"n\times m \le k": "n × m ≤ k",
    r"0.25^{10} \approx 10^{-6}": "0.25¹⁰ ≈ 10⁻⁶",
    r"\log \mathrm{softmax}(x)_i = x_i - \log \sum_j e^j": "log softmax(x)ᵢ = xᵢ - log ∑ⱼ eʲ",
    r"\tfrac{1}{2}\Bigl(1 + \mathrm{erf}\bigl(x/\sqrt{2}\bigr)\Bigr)": "½(1 + erf(x/√2))",
    r"\frac{QK^\top}{\sqrt{d_k}}": "QKᵀ / √dₖ",
    r"\frac{\partial L}{\partial x}": "∂L / ∂x",
    r"\hat{m}_t = \frac{m_t}{1-\beta_1^t}": "m̂ₜ = mₜ / (1 - β₁ᵗ)",
    r"\sqrt{x^2+1} + \exp(x)": "√(x² + 1) + exp(x)",
    r"\sigma'(x) \leq \frac14": "σ′(x) ≤ ¼",
    r"x \in \mathbb{R}^n": "x ∈ ℝⁿ",
    r"\lfloor n / s\rfloor + 1": "⌊n / s⌋ + 1",
    r"\left\{ |x| \right.": "{ |x|",
}
AMBIGUOUS = {
    r"\frac{1}{n}\sum_i x_i": "(1 / n) ∑ᵢ xᵢ",
    r"\frac{a}{b}(c + d)": "(a / b) (c + d)",
    r"\frac{a}{b}^2": "(a / b)²",
    r"\frac{a}{bc}": "a / (bc)",
    r"\frac{\frac{a}{b}}{c}": "(a / b) / c",
    r"\frac{a}{\frac{b}{c}}": "a / (b / c)",
    r"a/\frac{b}{c}": "a/(b / c)",
    r"x\,\frac{-s}{2 + s}": "x (-s) / (2 + s)",
    r"\sqrt{x^2}": "√(x²)",
    r"e^{x_i}": "e^(xᵢ)",
    r"e^{-|x|}": "e^(-|x|)",
    r"{a + b}^2": "(a + b)²",
    r"\frac{1}{f(x)}": "1 / f(x)",
    r"\frac{1}{f(x)g(x)}": "1 / (f(x)g(x))",
    r"-x - -y": "-x - -y",
}
LEFT = (
    r"\begin{pmatrix} 1 & 2 \end{pmatrix}",
    r"a \\ b",
    "{x",
    "x}",
    "x^",
    r"\frac{a}",
    r"\hat{xy}",
    "{" * 2000 + "x" + "}" * 2000,
)


@pytest.mark.parametrize(("latex", "plain"), READABLE.items())
def test_a_formula_reads_as_text(latex: str, plain: str) -> None:
    assert with_plain_formulas(f"It is ${latex}$.") == f"It is {plain}."
    assert with_plain_formulas(f"$${latex}$$") == plain


@pytest.mark.parametrize(("latex", "plain"), AMBIGUOUS.items())
def test_brackets_keep_a_line_from_meaning_something_else(latex: str, plain: str) -> None:
    assert with_plain_formulas(f"${latex}$") == plain


@pytest.mark.parametrize("latex", LEFT)
def test_what_has_no_form_in_a_line_stays(latex: str) -> None:
    assert with_plain_formulas(f"${latex}$") == f"${latex}$"


def test_a_command_not_known_stays_with_its_groups_and_the_rest_is_read() -> None:
    assert with_plain_formulas(r"$\foo{a_{b}}{c} + x^2$") == r"\foo{a_{b}}{c} + x²"


@pytest.mark.parametrize(
    "markdown",
    [
        "```python\nprice = '$x^2$'\n```",
        "~~~\n$x^2$",
        "`$x^2$` and ``a ` $y^2$``",
        "It costs $5, not $10.",
        "a $ b $ c",
        r"\$x^2\$",
        "$a\n\nb$",
    ],
)
def test_code_and_prices_stay(markdown: str) -> None:
    assert with_plain_formulas(markdown) == markdown


def test_the_help_of_a_failure_is_readable_where_it_is_text() -> None:
    failure = Failure("a is wrong.", got="'$x^2$'", help="Use $e^{-x}$, not `$`.", output="$x^2$")
    assert "help: Use e⁻ˣ, not `$`." in failure_text(failure)
    assert failure_text(failure).count("$x^2$") == 2  # what the student's code said
    assert "$e^{-x}$" in failure_markdown(failure)


@pytest.mark.parametrize(
    "lesson", sorted(curriculum_folder().glob("*/lesson.md")), ids=lambda path: path.parent.name
)
def test_every_formula_of_the_course_is_readable(lesson: Path) -> None:
    text = with_plain_formulas(lesson.read_text(encoding="utf-8"))
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    assert not re.search(r"\\[A-Za-z]+|\$[^$\n]*[\\^_]", prose)


@given(st.text(alphabet=r"\$`~{}^_ab+-/()[]. fracsqt'|" + "\n"))
def test_whatever_stands_in_a_text_it_is_shown(markdown: str) -> None:
    shown = with_plain_formulas(markdown)
    if "$" not in markdown:
        assert shown == markdown


@given(st.text(alphabet="ab$x^2{}\\ \n"))
def test_a_block_of_code_is_never_changed(code: str) -> None:
    block = f"```\n{code}\n```\n"
    assert with_plain_formulas(f"$x^2$\n{block}$x^2$") == f"x²\n{block}x²"


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("`backward` now says *how* it moves.", "backward now says how it moves."),
        ("Paths: $2^{30}$, in 30 visits.", "Paths: 2³⁰, in 30 visits."),
        ("2 * 3 is 6, and 3 * 2 as well.", "2 * 3 is 6, and 3 * 2 as well."),
    ],
)
def test_a_notification_has_no_marks_of_markdown(sentence: str, shown: str) -> None:
    assert as_plain_text(sentence) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`add(*args, **kwargs)` has no TODO.", "add(*args, **kwargs) has no TODO."),
        ("``a`b`` is code, and so is `c`.", "a`b is code, and so is c."),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("one ` alone", "one ` alone"),
    ],
)
def test_code_loses_its_backticks_and_nothing_else(text: str, shown: str) -> None:
    assert without_ticks(text) == shown
