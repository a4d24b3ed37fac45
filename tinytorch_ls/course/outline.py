"""A lesson as an outline: its headings, and what stands under each as the author wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

_ANCHOR = re.compile(r"\s*\{#([^}]*)\}\s*$")
_OPENING = re.compile(r"^ {0,3}(?:`{3,}|~{3,})\w", re.MULTILINE)
_MARKER = re.compile(r"\s*(?:\d+[.)]|[-*+])\s*")


@dataclass(frozen=True)
class Item:
    """One item of a list."""

    text: str  # Markdown, without the marker and its indentation
    line: int


@dataclass(frozen=True)
class Block:
    """One block of Markdown between two headings."""

    kind: str  # markdown-it's: "paragraph_open", "fence", "ordered_list_open" ...
    text: str  # as written; of a code block its content
    line: int
    language: str = ""  # of a code block
    closed: bool = True  # of a code block: whether it ends where its author meant it to
    items: tuple[Item, ...] = ()  # of a list


@dataclass(frozen=True)
class Part:
    """A heading, and what stands under it up to the next heading of any level."""

    level: int  # 0 for what stands before the first heading
    title: str
    anchor: str | None  # "add" of `## Add {#add}`
    line: int
    blocks: tuple[Block, ...]
    first: int  # 0-based lines of the whole part, the heading left out
    end: int


@dataclass(frozen=True)
class Outline:
    """A Markdown text in parts."""

    lines: tuple[str, ...]
    front_matter: str | None
    front_matter_line: int  # of its first line of content
    parts: tuple[Part, ...]

    def text(self, first: int, end: int) -> str:
        """The lines from `first` up to `end`, 0-based, without blank lines around them."""
        return "\n".join(self.lines[first:end]).strip("\n")


def read_outline(text: str) -> Outline:
    """The outline of a Markdown text. Only headings outside quotes and lists count."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens = MarkdownIt("commonmark").use(front_matter_plugin).parse("\n".join(lines))
    front = next((t for t in tokens if t.type == "front_matter"), None)
    start = front.map[1] if front and front.map else 0
    return Outline(
        lines=tuple(lines),
        front_matter=front.content if front else None,
        front_matter_line=2,
        parts=tuple(_parts(tokens, lines, start)),
    )


def _parts(tokens: list[Token], lines: list[str], start: int) -> list[Part]:
    headings = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0]
    bounds = [*headings, len(tokens)]
    parts = [Part(0, "", None, start + 1, _blocks(tokens[: bounds[0]], lines), start, 0)]
    for index, after in zip(headings, bounds[1:], strict=True):
        first, end = _map(tokens[index])
        written = tokens[index + 1].content
        anchor = _ANCHOR.search(written)
        parts.append(
            Part(
                level=int(tokens[index].tag[1:]),
                title=written[: anchor.start()] if anchor else written,
                anchor=anchor[1] if anchor else None,
                line=first + 1,
                blocks=_blocks(tokens[index + 3 : after], lines),
                first=end,
                end=len(lines),
            )
        )
    return [
        _closed(part, following) for part, following in zip(parts, [*parts[1:], None], strict=True)
    ]


def _closed(part: Part, following: Part | None) -> Part:
    if following is None:
        return part
    return Part(
        part.level, part.title, part.anchor, part.line, part.blocks, part.first, following.line - 1
    )


def _blocks(tokens: list[Token], lines: list[str]) -> tuple[Block, ...]:
    found: list[Block] = []
    for index, token in enumerate(tokens):
        if token.level or token.nesting == -1 or token.type in ("inline", "front_matter"):
            continue
        first, end = _map(token)
        if token.type == "fence":
            language = token.info.split()[0] if token.info.strip() else ""
            closed = _is_closed(token, lines[first + 1 : end])
            found.append(Block("fence", token.content, first + 1, language, closed))
        else:
            text = "\n".join(lines[first:end]).strip("\n")
            found.append(Block(token.type, text, first + 1, items=_items(tokens[index:], lines)))
    return tuple(found)


def _is_closed(fence: Token, lines: list[str]) -> bool:
    """Whether a block of code has an end of its own, and not that of the block behind it."""
    last = lines[-1].strip() if lines else ""
    return last.startswith(fence.markup) and not _OPENING.search(fence.content)


def _items(tokens: list[Token], lines: list[str]) -> tuple[Item, ...]:
    if not tokens[0].type.endswith("_list_open"):
        return ()
    items: list[Item] = []
    for token in tokens[1:]:
        if token.level == 0:
            break
        if token.type == "list_item_open" and token.level == 1:
            first, end = _map(token)
            items.append(Item(_without_marker(lines[first:end]), first + 1))
    return tuple(items)


def _without_marker(lines: list[str]) -> str:
    marker = _MARKER.match(lines[0])
    width = marker.end() if marker else 0
    rest = [line[min(width, len(line) - len(line.lstrip())) :] for line in lines[1:]]
    return "\n".join([lines[0][width:], *rest]).strip()


def _map(token: Token) -> tuple[int, int]:
    """The 0-based first line of a token, and the line behind it."""
    return (token.map[0], token.map[1]) if token.map else (0, 0)
