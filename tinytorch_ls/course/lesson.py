"""Reads one `lesson.md`: front matter, steps and sections, with a complaint for each flaw."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from tinytorch_ls.course.freedom import FACTS, free_in
from tinytorch_ls.course.front_matter import FrontMatter, read_front_matter
from tinytorch_ls.course.kept import keep, kept
from tinytorch_ls.course.model import (
    QUESTIONS,
    Complaint,
    Equivalent,
    Mistake,
    Module,
    Question,
    Section,
    Step,
    Symbol,
)
from tinytorch_ls.course.outline import Block, Item, Outline, Part, read_outline
from tinytorch_ls.course.slips import levelled, near, open_blocks, stuck_headings, unnamed
from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.texts import text_of

HEADINGS = (
    "Write",
    "Step-by-step",
    "Example",
    "Hints",
    "Mistakes",
    "When it passes",
    "In the real world",
    "Equivalent mutants",
)
_ALWAYS = ("When it passes", "In the real world")
_WRITING = ("Step-by-step", "Example", "Hints", "Mistakes")
_SYMBOL = re.compile(r"`([\w./]+\.\w+):\s*([\w.]+)`")
_EQUIVALENT = re.compile(r"`([^`]+)`\s*(?:→|->)\s*(?:`([^`]*)`|removed)\s*:\s*(.+)", re.DOTALL)
_ANSWER = re.compile(r"^Answer:\s", re.MULTILINE)
_ANCHOR = re.compile(r"[a-z0-9][a-z0-9-]*")


def read_lesson(path: Path, number: int) -> tuple[Module | None, tuple[Complaint, ...]]:
    """The module that a lesson describes, as far as it can be read, and what is wrong with it."""
    try:
        text = text_of(path)
    except OSError as error:
        return None, (Complaint(path, 1, f"the lesson can't be read: {error.strerror}"),)
    except UnicodeDecodeError as error:
        return None, (Complaint(path, 1, f"the lesson is not UTF-8: {error.reason}"),)
    return _read(path, number, text)


@lru_cache(maxsize=64)
def _read(path: Path, number: int, text: str) -> tuple[Module | None, tuple[Complaint, ...]]:
    """The same text is the same lesson: one that is being written is read again and again."""
    if module := kept(path, number, text):
        return module, ()
    reader = _Reader(path, read_outline(text))
    module = reader.module(number)
    swallowed = tuple(Complaint(path, *slip, stops=True) for slip in open_blocks(reader.parts))
    complaints = swallowed or tuple(reader.complaints)  # the others would follow from it
    if module and not complaints:
        keep(path, number, text, module)
    return module, complaints


def _short(file: str) -> str:
    return f"`{Path(file).name}`"


def _items_of(part: Part | None) -> list[Item]:
    return [item for block in part.blocks for item in block.items] if part else []


def _question(item: Item) -> Question:
    """A list item as a question, and the answer that stands below it."""
    text, *answer = _ANSWER.split(item.text, maxsplit=1)
    return Question(text.strip(), "".join(answer).strip(), item.line)


class _Reader:
    def __init__(self, path: Path, outline: Outline) -> None:
        self.path = path
        self.outline = outline
        self.complaints: list[Complaint] = []
        self.parts, self.slips = levelled(outline.parts, HEADINGS)
        self.taught: dict[Symbol, str] = {}  # by which step

    def complain(self, line: int, message: str, *, stops: bool = False) -> None:
        self.complaints.append(Complaint(self.path, line, message, stops))

    def text(self, part: Part) -> str:
        return self.outline.text(part.first, part.end)

    def prose(self, part: Part | None) -> str:
        return self.text(part) if part else ""

    def module(self, number: int) -> Module | None:
        front = read_front_matter(self.outline, self.complain)
        if front is None:
            return None
        self.tell_slips()
        first = next((part for part in self.parts if part.level == 1), None)
        if first is None:
            self.complain(1, "the lesson has no `# Title`")
        elif not self.text(first):
            self.complain(first.line, "the lesson has no introduction below its title")
        for part in self.parts:
            if part.level == 1 and part is not first:
                message = f"`# {part.title}` is a second title; a section has ##"
                self.complain(part.line, message)
        steps: list[Step] = []
        sections: list[Section] = []
        for part, parts in self.chapters():
            if part.anchor is None:
                sections.append(self.section(part, parts))
            elif self.good_anchor(part, [step.name for step in steps]):
                steps.append(self.step(front.id, front.files, part, parts))
        if not steps:
            self.complain(1, "the lesson has no step: a heading such as `## Add {#add}`")
        seconds = self.seconds(front, [step.name for step in steps])
        return Module(
            id=front.id,
            number=number,
            title=front.title,
            folder=self.path.parent,
            files=front.files,
            minutes=front.minutes,
            outcomes=front.outcomes,
            introduction=self.prose(first),
            steps=tuple(replace(step, seconds=seconds.get(step.name)) for step in steps),
            sections=tuple(sections),
            needs=front.needs,
            uses=front.uses,
        )

    def section(self, part: Part, parts: list[Part]) -> Section:
        if flaw := unnamed(part):
            self.complain(part.line, flaw)
        body = self.outline.text(part.first, parts[-1].end if parts else part.end)
        asked = _items_of(part) if part.title == QUESTIONS else []
        return Section(part.title, body, part.line, tuple(map(_question, asked)))

    def seconds(self, front: FrontMatter, steps: list[str]) -> Mapping[str, float]:
        """The processor time of the steps that need more or less of it than others."""
        for name in front.seconds:
            if name not in steps:
                message = f"`seconds` names the step `{name}`, which this lesson has not"
                self.complain(front.seconds_line, message)
        return front.seconds

    def tell_slips(self) -> None:
        """What stands where it is not read as what it was meant to be."""
        for line, message in (*self.slips, *stuck_headings(self.parts)):
            self.complain(line, message)

    def chapters(self) -> Iterator[tuple[Part, list[Part]]]:
        """Each level-2 heading with the deeper parts up to the next."""
        chapter: Part | None = None
        inside: list[Part] = []
        for part in self.parts:
            if part.level <= 2:
                if chapter:
                    yield chapter, inside
                chapter, inside = (part if part.level == 2 else None), []
            else:
                inside.append(part)
        if chapter:
            yield chapter, inside

    def good_anchor(self, part: Part, taken: list[str]) -> bool:
        anchor = part.anchor or ""
        if not _ANCHOR.fullmatch(anchor):
            self.complain(part.line, f"`{{#{anchor}}}`: use small letters, digits and hyphens")
        elif anchor in taken:
            self.complain(part.line, f"the step `{anchor}` stands twice in this lesson")
        else:
            return True
        return False

    def step(self, module: str, files: tuple[str, ...], part: Part, parts: list[Part]) -> Step:
        named: dict[str, Part] = {}
        mistakes: list[Part] = []
        current = ""
        for inner in parts:
            if inner.level == 3:
                current = inner.title
                meant = near(current, HEADINGS) if current not in HEADINGS else None
                if meant and meant not in [other.title for other in parts]:
                    self.complain(inner.line, f"unknown heading `{current}`; it is `### {meant}`")
                    current = meant
                elif current not in HEADINGS:
                    known = ", ".join(HEADINGS)
                    self.complain(inner.line, f"unknown heading `{current}`; a step has {known}")
                elif current in named:
                    self.complain(inner.line, f"`### {current}` stands twice in this step")
                named.setdefault(current, inner)
            elif inner.level == 4 and current == "Mistakes":
                mistakes.append(inner)
            else:
                self.complain(inner.line, f"`{inner.title}` stands under no heading that takes it")
        self.require(part, named)
        symbols = tuple(self.symbols(part.anchor or "", named.get("Write"), files))
        form = form_of(symbols[0].file if symbols else "")
        return Step(
            id=f"{module}/{part.anchor}",
            title=part.title,
            explanation=self.text(part),
            symbols=symbols,
            instructions=self.items(named.get("Step-by-step")),
            example=self.example(named.get("Example")),
            hints=self.items(named.get("Hints")),
            mistakes=tuple(filter(None, (self.mistake(inner, form) for inner in mistakes))),
            real_world=self.prose(named.get("In the real world")),
            unlocked=" ".join(self.prose(named.get("When it passes")).split()),
            line=part.line,
            equivalents=tuple(self.equivalents(named.get("Equivalent mutants"))),
            lines={title: inner.line for title, inner in named.items()},
            instruction_lines=tuple(item.line for item in _items_of(named.get("Step-by-step"))),
        )

    def require(self, part: Part, named: dict[str, Part]) -> None:
        if not self.text(part):
            self.complain(part.line, f"the step `{part.anchor}` has no explanation")
        for title in (*(_WRITING if "Write" in named else ()), *_ALWAYS):
            if title not in named:
                self.complain(part.line, f"the step `{part.anchor}` has no `### {title}`")

    def symbols(self, step: str, part: Part | None, files: tuple[str, ...]) -> Iterator[Symbol]:
        for symbol, line in self.named_symbols(part, files):
            if symbol in self.taught:
                message = f"`{symbol}` is taught by `{self.taught[symbol]}` already"
                self.complain(line, message, stops=True)
            else:
                self.taught[symbol] = step
                yield symbol

    def named_symbols(
        self, part: Part | None, files: tuple[str, ...]
    ) -> Iterator[tuple[Symbol, int]]:
        if part and not any(block.items for block in part.blocks):
            self.complain(part.line, f"`### {part.title}` has no list", stops=True)
        for block in part.blocks if part else ():
            for item in block.items:
                found = _SYMBOL.findall(item.text)
                if not found:
                    self.complain(
                        item.line, "write a symbol as `tensor.py: Tensor.add`", stops=True
                    )
                for short, name in found:
                    file = next((f for f in files if f == short or f.endswith(f"/{short}")), None)
                    if file:
                        yield Symbol(file, name), item.line
                    elif files:
                        known = ", ".join(map(_short, files))
                        message = f"`{short}` is none of the module's files: {known}"
                        self.complain(item.line, message, stops=True)

    def items(self, part: Part | None) -> tuple[str, ...]:
        if part is None:
            return ()
        items = [item.text for item in _items_of(part)]
        if not items:
            self.complain(part.line, f"`### {part.title}` has no list")
        if "" in items:
            self.complain(part.line, f"an item of `### {part.title}` is empty")
        return tuple(items)

    def example(self, part: Part | None) -> str:
        if part is None:
            return ""
        block = self.code(part, form_of(""))
        if block is None:
            return ""
        try:
            found = doctest.DocTestParser().get_examples(block.text, "example")
        except ValueError as error:
            words = str(error).replace(" of the docstring for example", "")
            self.complain(block.line, f"the example is not written as a session: {words}")
            return ""
        if not found:
            self.complain(block.line, "the example has no `>>> ` line")
        for name in (name for line in found for name in free_in(line.source)):
            if name not in FACTS:
                message = f"an example leaves `{name}` free; it may be {', '.join(FACTS)}"
                self.complain(block.line, message)
        return block.text if found else ""

    def code(self, part: Part, form: Form) -> Block | None:
        fence = next((block for block in part.blocks if block.kind == "fence"), None)
        if fence is None:
            self.complain(part.line, f"`{part.title}` has no ```{form.fence} block")
        elif not fence.language:
            self.complain(fence.line, f"the block has no language: begin it with ```{form.fence}")
        elif fence.language != form.fence:
            self.complain(fence.line, f"the block is `{fence.language}`, not `{form.fence}`")
        else:
            return fence
        return None

    def mistake(self, part: Part, form: Form) -> Mistake | None:
        block = self.code(part, form)
        if block is None:
            return None
        loose: tuple[int, ...] = ()
        fault: SyntaxError | None = None
        try:
            loose = form.loose_lines(block.text)
            defined = bool(form.definitions(block.text))
        except SyntaxError as error:
            defined, fault = loose[:1] != (1,), error
        if loose and not defined:
            message = f"the mistake `{part.title}` has no definition: begin with its {form.head}"
            self.complain(block.line + loose[0], message)
            return None
        if fault:
            line = block.line + (fault.lineno or 1)
            self.complain(line, f"the mistake `{part.title}` is not {form.name}: {fault.msg}")
            return None
        if loose:
            message = f"the mistake `{part.title}` has more than definitions"
            self.complain(block.line + loose[0], message)
        feedback = "\n\n".join(other.text for other in part.blocks if other is not block)
        if not feedback:
            self.complain(part.line, f"the mistake `{part.title}` has no feedback below its code")
        return Mistake(part.title, block.text, feedback, part.line)

    def equivalents(self, part: Part | None) -> Iterator[Equivalent]:
        for block in part.blocks if part else ():
            for item in block.items:
                found = _EQUIVALENT.match(item.text)
                if found:
                    yield Equivalent(found[1], found[2] or "", found[3].strip(), item.line)
                else:
                    self.complain(item.line, "write it as `old line` → `new line`: the reason")
