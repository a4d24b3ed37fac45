"""A lesson as an outline: its headings, and what stands under each as the author wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytorch_ls.course.outline import read_outline

TEXT = """\
---
id: box
---
before

# Title
Prose with `code`
on two lines.

## Add {#add}

- one
  more
- two `x`
  - inner

1. first
2) second

```python
# no heading
>>> 1
```
> # quoted, no heading
"""


def test_parts_begin_at_headings_and_keep_their_lines() -> None:
    outline = read_outline(TEXT)
    assert outline.front_matter == "id: box"
    found = [(part.level, part.title, part.anchor, part.line) for part in outline.parts]
    assert found == [(0, "", None, 4), (1, "Title", None, 6), (2, "Add", "add", 10)]
    before, title, _ = outline.parts
    assert outline.text(before.first, before.end) == "before"
    assert outline.text(title.first, title.end) == "Prose with `code`\non two lines."


def test_items_have_their_text_and_line() -> None:
    blocks = read_outline(TEXT).parts[2].blocks
    items = [(item.text, item.line) for block in blocks for item in block.items]
    assert items == [
        ("one\nmore", 12),
        ("two `x`\n- inner", 14),
        ("first", 17),
        ("second", 18),
    ]


def test_a_block_of_code_has_its_content_language_and_line() -> None:
    fence = next(block for block in read_outline(TEXT).parts[2].blocks if block.kind == "fence")
    assert (fence.text, fence.language, fence.line) == ("# no heading\n>>> 1\n", "python", 20)


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_endings_make_no_difference(eol: str) -> None:
    assert read_outline(TEXT.replace("\n", eol)) == read_outline(TEXT)


@pytest.mark.parametrize("text", ["", "---\n", "---\nid: box\n", "\n---\nid: box\n---\n", "text"])
def test_without_closed_front_matter_at_the_top_there_is_none(text: str) -> None:
    assert read_outline(text).front_matter is None


@settings(max_examples=60)
@given(st.text(alphabet="#-`>*1. \n\t{}ab😀\x0c\x85\u2028", max_size=80))
def test_any_text_has_an_outline_whose_parts_follow_each_other(text: str) -> None:
    outline = read_outline(text)
    lines = [part.line for part in outline.parts]
    assert lines == sorted(lines)
    assert outline.parts[-1].end == len(outline.lines) or len(outline.parts) == 1
    for part in outline.parts:
        for block in part.blocks:
            assert 1 <= block.line <= len(outline.lines)
