"""A failure as words: short, in order, and safe in Markdown."""

from __future__ import annotations

from markdown_it import MarkdownIt

from tinytorch_ls.feedback.verdict import Failure
from tinytorch_ls.feedback.words import failure_markdown, failure_text, in_short

FULL = Failure(
    headline="a.add(b) is not what it should be.",
    call="a.add(b)",
    inputs=(("a", "[1, 2]"), ("b", "[3]")),
    got="[4, 2]",
    expected="[4, 5]",
    difference="at [1]: got 2, expected 5",
    because="b is stretched",
    mistake="Ignores *broadcasting*",
    help="Use `np.add`.\n\nIt stretches.",
    output="printed\n",
)


def test_text_has_the_facts_first_and_the_help_apart() -> None:
    assert failure_text(FULL) == (
        "a.add(b) is not what it should be.\n"
        "  a         [1, 2]\n"
        "  b         [3]\n"
        "  call      a.add(b)\n"
        "  got       [4, 2]\n"
        "  expected  [4, 5]\n"
        "  first     at [1]: got 2, expected 5\n"
        "  because   b is stretched\n"
        "This behaves like: Ignores *broadcasting*.\n"
        "help: Use `np.add`.\n\nIt stretches.\n"
        "Your code printed:\nprinted"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert failure_text(Failure("ValueError: bad")) == "ValueError: bad"
    assert failure_markdown(Failure("ValueError: bad")) == "**ValueError: bad**"


def test_markdown_shows_code_as_code_and_help_as_a_quote() -> None:
    tokens = MarkdownIt("commonmark").parse(failure_markdown(FULL))
    fences = [token for token in tokens if token.type == "fence"]
    assert "call      a.add(b)" in fences[0].content
    assert fences[1].content == "printed\n"
    assert any(token.type == "blockquote_open" for token in tokens)
    text = MarkdownIt("commonmark").render(failure_markdown(FULL))
    assert "<em>Ignores *broadcasting*</em>" in text


def test_a_headline_with_marks_of_markdown_stays_as_written() -> None:
    html = MarkdownIt("commonmark").render(failure_markdown(Failure("a*b*c <b> [x](y) `z` \\n")))
    assert html == "<p><strong>a*b*c &lt;b&gt; [x](y) `z` \\n</strong></p>\n"


def test_no_value_of_a_student_can_leave_its_block() -> None:
    escape = "```\n# not a heading\n````\n"
    failure = Failure("wrong", got=escape, output=escape)
    tokens = MarkdownIt("commonmark").parse(failure_markdown(failure))
    assert [token.type for token in tokens].count("fence") == 2
    assert not any(token.type == "heading_open" for token in tokens)


def test_everything_is_capped() -> None:
    long = "x" * 100_000
    failure = Failure(
        long, long, (("a", long),), long, long, long, long, mistake="m", help="h", output=long
    )
    for text in (failure_text(failure), failure_markdown(failure)):
        assert len(text) < 5000
        assert "x…" in text


def test_a_fact_reads_as_the_end_of_a_sentence() -> None:
    failure = Failure("wrong", fact="The sign is *flipped*", help="Turn it.")
    assert failure_text(failure) == "wrong\nIn short: the sign is *flipped*.\nhelp: Turn it."
    text = MarkdownIt("commonmark").render(failure_markdown(failure))
    assert "In short: <em>the sign is *flipped*</em>" in text
    assert "In short: NumPy warns" in failure_text(Failure("wrong", fact="NumPy warns of it"))


def test_in_short_it_stands_behind_code_without_marks_of_code() -> None:
    assert in_short(Failure("`mean` gave None.")) == "mean gave None."
